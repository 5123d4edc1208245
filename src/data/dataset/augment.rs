//! Training histories changed a little, anew in each epoch, so that no model sees the same one
//! twice.
//!
//! The three changes are those of `CL4SRec` (Xie et al. 2022); `CoSeRec` (Liu et al. 2021) uses
//! them too. Both make two views of a user for a contrastive loss and draw one change for each;
//! here the changed history itself is trained on, and each change is drawn by itself. They are made
//! on positions, not on items, so that whatever belongs to an event goes with it.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Histories, Query};
use seqscope_base::spec::derive_seed;

/// How training histories are changed; by default not at all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Probability that a history is cropped in an epoch.
    pub crop: f64,
    /// Share of a cropped history that is kept.
    pub crop_keep: f64,
    /// Probability that events of a history are hidden in an epoch.
    pub mask: f64,
    /// Share of the events that are hidden.
    pub mask_share: f64,
    /// Probability that a stretch of a history is reordered in an epoch.
    pub reorder: f64,
    /// Share of the history that the stretch takes.
    pub reorder_share: f64,
    /// Synthetic histories beside the users' own, as a share of the users.
    pub synthetic: f64,
    /// The sampler that writes them.
    pub sampler: Sampler,
}

/// A way to write synthetic histories, after having read the training histories.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
    strum::VariantNames,
)]
pub enum Sampler {
    /// A chain of the first order, by counting.
    Markov,
    /// An LSTM by maximum likelihood.
    LanguageModel,
    /// An LSTM like that one, trained on against a discriminator.
    #[default]
    Gan,
}
seqscope_base::spec::choice!(Sampler);

impl Sampler {
    /// Name as a person reads it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Markov => "Markov chain",
            Self::LanguageModel => "language model",
            Self::Gan => "GAN",
        }
    }
}

impl Default for AugmentSpec {
    fn default() -> Self {
        Self {
            crop: 0.0,
            crop_keep: 0.6,
            mask: 0.0,
            mask_share: 0.3,
            reorder: 0.0,
            reorder_share: 0.6,
            synthetic: 0.0,
            sampler: Sampler::default(),
        }
    }
}

seqscope_base::spec::described! { AugmentSpec {
    crop: Float { min: 0.0, max: 1.0 }, Core, "Crop", "", "Probability that, in an epoch, of a \
        user's training history only a stretch is learnt from.", "0: off";
    mask: Float { min: 0.0, max: 1.0 }, Core, "Mask", "", "Probability that, in an epoch, some \
        events of a user's training history are left out.", "0: off";
    reorder: Float { min: 0.0, max: 1.0 }, Core, "Reorder", "", "Probability that, in an epoch, a \
        stretch of a user's training history is shuffled.", "0: off";
    synthetic: Float { min: 0.0, max: 10.0 }, Core, "Synthetic", "", "How many histories a sampler \
        writes for each user, to be learnt from beside the users' own; the neural ones write at \
        most 200 different items.", "0: off";
    sampler: Choice(<Sampler as strum::VariantNames>::VARIANTS.to_vec()), More, "Sampler", "", "What \
        writes them: Markov counts pairs, LanguageModel is an LSTM, Gan the same LSTM trained on \
        against a discriminator; `seqscope gan FILE` judges all three.", "none is best everywhere";
    crop_keep: Float { min: 0.05, max: 1.0 }, More, "Kept by a crop", "", "Length of the stretch \
        that a crop keeps, as a share of the history (CL4SRec's eta).", "CL4SRec tries 0.1 to 0.9";
    mask_share: Float { min: 0.0, max: 0.95 }, More, "Left out by a mask", "", "Share of the \
        events that a mask leaves out (CL4SRec's gamma).", "CL4SRec tries 0.1 to 0.9";
    reorder_share: Float { min: 0.0, max: 1.0 }, More, "Reordered stretch", "", "Length of the \
        stretch that is shuffled, as a share of the history (CL4SRec's beta).", "CL4SRec tries 0.1 to 0.9";
} }

/// One of the changes, with the name of its seed.
#[derive(Clone, Copy, Debug, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
enum HistoryChange {
    Crop,
    Mask,
    Reorder,
}

impl AugmentSpec {
    /// Synthetic histories beside those of so many users.
    #[must_use]
    pub fn n_synthetic(&self, n_users: usize) -> usize {
        // NaN becomes 0.
        (n_users as f64 * self.synthetic).round() as usize
    }

    /// Whether any history is ever changed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        [self.crop, self.mask, self.reorder]
            .iter()
            .any(|&probability| probability > 0.0)
    }

    /// The positions, of a history of `n_events`, that are learnt from, in the order in which they
    /// are learnt; `None` when nothing is changed.
    ///
    /// At least `least` events stay, or all where there are no more. The same seed gives the same
    /// positions, and each change draws from a seed of its own: switching one on leaves the others
    /// as they were. A probability or a share that is NaN counts as 0.
    ///
    /// # Source
    /// Item crop, item mask and item reorder of Xie et al. 2022, in this order. Our mask leaves the
    /// event out instead of writing a mask item in its place, which most families do not have.
    #[must_use]
    pub fn positions(&self, n_events: usize, least: usize, seed: u64) -> Option<Vec<usize>> {
        let mut kept: Vec<usize> = (0..n_events).collect();
        let mut is_changed = false;
        for change in <HistoryChange as strum::IntoEnumIterator>::iter() {
            let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(seed, change.into(), 0));
            let (probability, share) = self.probability_and_share(change);
            let is_drawn = rng.random::<f64>() < probability;
            is_changed |= is_drawn;
            match change {
                _ if !is_drawn => {}
                HistoryChange::Crop => crop(&mut kept, share, least, &mut rng),
                HistoryChange::Mask => mask(&mut kept, share, least, &mut rng),
                HistoryChange::Reorder => reorder(&mut kept, share, &mut rng),
            }
        }
        is_changed.then_some(kept)
    }

    /// Probability and share of a change.
    fn probability_and_share(&self, change: HistoryChange) -> (f64, f64) {
        match change {
            HistoryChange::Crop => (self.crop, self.crop_keep),
            HistoryChange::Mask => (self.mask, self.mask_share),
            HistoryChange::Reorder => (self.reorder, self.reorder_share),
        }
    }

    /// Works as [`AugmentSpec::positions`] does, for a row in which something is asked after some
    /// of the events, `asked` in order.
    ///
    /// The last question stays, and so do the others that the crop does not cut off; nothing is
    /// reordered, since an answer belongs to the events before it.
    fn positions_asked(&self, asked: &[usize], least: usize, seed: u64) -> Option<Vec<usize>> {
        let last = asked.last()?;
        let drawn = Self {
            reorder: 0.0,
            ..*self
        }
        .positions(last + 1, least, seed)?;
        let shift = last - drawn.last()?;
        let first = drawn.first()? + shift;
        let kept = drawn
            .iter()
            .map(|at| at + shift)
            .chain(asked.iter().copied().filter(|at| *at >= first));
        Some(kept.collect::<BTreeSet<usize>>().into_iter().collect())
    }
}

impl Histories {
    /// Every row changed by the seed of its place, with all that is known of its events.
    ///
    /// Times stay in order: of reordered events the items and the features are exchanged, and the
    /// moments are shared out anew. A row without a seed stays as it is.
    #[must_use]
    pub fn augmented(&self, spec: &AugmentSpec, least: usize, seeds: &[u64]) -> Self {
        let mut changed = Self::new();
        let mut events = Vec::with_capacity(self.item_idx.len());
        let mut asked = self.asked.as_slice();
        for row in 0..self.n_rows() {
            let range = self.range(row);
            let of_row;
            (of_row, asked) =
                asked.split_at(asked.iter().take_while(|asked| asked.row == row).count());
            let positions = seeds.get(row).and_then(|&seed| {
                let at: Vec<usize> = of_row.iter().map(|asked| asked.position).collect();
                if at.is_empty() {
                    spec.positions(range.len(), least, seed)
                } else {
                    spec.positions_asked(&at, least, seed)
                }
            });
            let positions = positions.unwrap_or_else(|| (0..range.len()).collect());
            changed.asked.extend(of_row.iter().filter_map(|asked| {
                let position = positions.iter().position(|&at| at == asked.position)?;
                Some(Query { position, ..*asked })
            }));
            let places: Vec<usize> = positions.iter().map(|at| range.start + at).collect();
            let mut times: Vec<i64> = places
                .iter()
                .filter_map(|&at| self.time_secs.get(at).copied())
                .collect();
            times.sort_unstable();
            changed.time_secs.extend(times);
            changed.push(
                &places
                    .iter()
                    .filter_map(|&at| self.item_idx.get(at).copied())
                    .collect::<Vec<u32>>(),
            );
            events.extend(places.into_iter().map(Some));
        }
        changed.beside = self
            .beside
            .iter()
            .map(|values| values.picked(&events))
            .collect();
        changed
    }
}

/// ⌊share · n⌋, at most `n`.
fn part_of(n: usize, share: f64) -> usize {
    ((n as f64 * share).floor() as usize).min(n)
}

/// Keeps a stretch of ⌊share · n⌋ events that begins anywhere.
fn crop(kept: &mut Vec<usize>, share: f64, least: usize, rng: &mut ChaCha8Rng) {
    let len = part_of(kept.len(), share).max(least).min(kept.len());
    let start = rng.random_range(0..=(kept.len() - len) as u64) as usize;
    kept.truncate(start + len);
    kept.drain(..start);
}

/// Leaves out ⌊share · n⌋ events, any of them alike.
fn mask(kept: &mut Vec<usize>, share: f64, least: usize, rng: &mut ChaCha8Rng) {
    let n_hidden = part_of(kept.len(), share).min(kept.len().saturating_sub(least));
    let mut is_hidden = vec![false; kept.len()];
    is_hidden
        .iter_mut()
        .take(n_hidden)
        .for_each(|hidden| *hidden = true);
    is_hidden.shuffle(rng);
    let mut is_hidden = is_hidden.into_iter();
    kept.retain(|_| !is_hidden.next().unwrap_or(false));
}

/// Shuffles a stretch of ⌊share · n⌋ events that begins anywhere.
fn reorder(kept: &mut [usize], share: f64, rng: &mut ChaCha8Rng) {
    let len = part_of(kept.len(), share);
    let start = rng.random_range(0..=(kept.len() - len) as u64) as usize;
    if let Some(stretch) = kept.get_mut(start..start + len) {
        stretch.shuffle(rng);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::FeatureValues;

    const OFF: AugmentSpec = AugmentSpec {
        crop: 0.0,
        crop_keep: 0.6,
        mask: 0.0,
        mask_share: 0.3,
        reorder: 0.0,
        reorder_share: 0.6,
        synthetic: 0.0,
        sampler: Sampler::Gan,
    };

    fn is_increasing(positions: &[usize]) -> bool {
        positions.windows(2).all(|pair| pair[0] < pair[1])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Ten events: ⌊0.6 · 10⌋ = 6 in a row.
        #[test]
        fn a_crop_is_a_stretch_of_its_share(n in 0_usize..60, share in 0.05_f64..=1.0, least in 0_usize..3, seed: u64) {
            let spec = AugmentSpec { crop: 1.0, crop_keep: share, ..OFF };
            let kept = spec.positions(n, least, seed).unwrap();
            let len = ((n as f64 * share).floor() as usize).max(least).min(n);
            prop_assert_eq!(kept.len(), len);
            prop_assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            prop_assert!(kept.last().is_none_or(|&last| last < n));
        }

        #[test]
        fn a_mask_leaves_out_its_share_and_keeps_the_order(n in 0_usize..60, share in 0.0_f64..0.95, seed: u64) {
            let kept = AugmentSpec { mask: 1.0, mask_share: share, ..OFF }.positions(n, 2, seed).unwrap();
            let hidden = ((n as f64 * share).floor() as usize).min(n.saturating_sub(2));
            prop_assert_eq!(kept.len(), n - hidden);
            prop_assert!(is_increasing(&kept));
        }

        #[test]
        fn a_reordering_keeps_every_event_and_moves_only_a_stretch(n in 0_usize..60, share in 0.0_f64..=1.0, seed: u64) {
            let kept = AugmentSpec { reorder: 1.0, reorder_share: share, ..OFF }.positions(n, 2, seed).unwrap();
            let mut sorted = kept.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
            let moved: Vec<usize> = (0..n).filter(|&at| kept[at] != at).collect();
            let span = moved.last().map_or(0, |last| last - moved[0] + 1);
            prop_assert!(span <= (n as f64 * share).floor() as usize);
        }

        #[test]
        fn all_together_keep_different_events_and_the_least_number(n in 0_usize..60, seed: u64) {
            let spec = AugmentSpec { crop: 1.0, mask: 1.0, reorder: 1.0, crop_keep: 0.05, mask_share: 0.9, ..OFF };
            let mut kept = spec.positions(n, 2, seed).unwrap();
            prop_assert!(kept.len() >= n.min(2));
            kept.sort_unstable();
            prop_assert!(is_increasing(&kept) && kept.iter().all(|&at| at < n));
        }
    }

    #[test]
    fn nothing_is_changed_when_all_is_off_or_no_number() {
        assert!(!OFF.is_on() && AugmentSpec::default() == OFF);
        let nan = AugmentSpec {
            crop: f64::NAN,
            mask: f64::NAN,
            ..OFF
        };
        assert!((0..100).all(
            |seed| OFF.positions(20, 2, seed).is_none() && nan.positions(20, 2, seed).is_none()
        ));
    }

    /// About 2,500 of 10,000 histories are cropped: four standard errors are 173.
    #[test]
    fn a_probability_is_a_share_of_histories_and_each_change_has_its_own_draw() {
        let spec = AugmentSpec { crop: 0.25, ..OFF };
        let n_cropped = (0..10_000)
            .filter(|&seed| spec.positions(10, 2, seed).is_some())
            .count();
        assert!((2327..=2673).contains(&n_cropped), "{n_cropped}");
        let both = AugmentSpec {
            reorder: 1.0,
            ..spec
        };
        for seed in 0..200 {
            let mut with_reorder = both.positions(10, 2, seed).unwrap();
            with_reorder.sort_unstable();
            assert_eq!(
                with_reorder,
                spec.positions(10, 2, seed)
                    .unwrap_or_else(|| (0..10).collect())
            );
        }
    }

    /// Every start of a crop of 6 of 10 is about as likely: 5 starts, 2,000 each of 10,000, ± 160.
    #[test]
    fn a_crop_begins_anywhere_alike() {
        let spec = AugmentSpec { crop: 1.0, ..OFF };
        let mut counts = [0_usize; 5];
        (0..10_000).for_each(|seed| counts[spec.positions(10, 2, seed).unwrap()[0]] += 1);
        assert!(
            counts.iter().all(|count| (1840..=2160).contains(count)),
            "{counts:?}"
        );
    }

    /// Two rows: the second is asked after its first, third and fourth event. Items are 10 times
    /// the time.
    fn with_questions() -> Histories {
        let asked = |position: usize| Query {
            row: 1,
            position,
            elapsed_secs: 1.0,
            target: position as f32,
        };
        Histories {
            offsets: vec![0, 3, 8],
            item_idx: vec![10, 20, 30, 10, 20, 30, 40, 50],
            time_secs: vec![1, 2, 3, 1, 2, 3, 4, 5],
            beside: vec![FeatureValues::Index {
                n: 9,
                idx: vec![1, 2, 3, 1, 2, 3, 4, 5],
            }],
            asked: vec![asked(0), asked(2), asked(3)],
        }
    }

    #[test]
    fn what_is_known_of_an_event_goes_with_it_and_times_stay_in_order() {
        let spec = AugmentSpec {
            crop: 0.5,
            mask: 0.5,
            reorder: 1.0,
            reorder_share: 1.0,
            ..OFF
        };
        for seed in 0..200 {
            let changed = with_questions().augmented(&spec, 2, &[seed, seed + 1]);
            let FeatureValues::Index { idx, .. } = &changed.beside[0] else {
                panic!()
            };
            assert!(
                changed
                    .item_idx
                    .iter()
                    .zip(idx)
                    .all(|(item, class)| *item == 10 * class)
            );
            for row in 0..2 {
                let times = &changed.time_secs[changed.range(row)];
                assert_eq!(times.len(), changed.row(row).len());
                assert!(times.is_sorted());
                let mut items: Vec<u32> = changed.row(row).to_vec();
                items.sort_unstable();
                assert!(
                    items
                        .iter()
                        .zip(times)
                        .all(|(item, time)| i64::from(*item) == 10 * time)
                );
            }
        }
    }

    #[test]
    fn a_question_keeps_its_event_and_sees_nothing_later() {
        let spec = AugmentSpec {
            crop: 0.5,
            mask: 0.5,
            reorder: 1.0,
            mask_share: 0.5,
            ..OFF
        };
        let mut n_dropped = 0;
        for seed in 0..200 {
            let changed = with_questions().augmented(&spec, 1, &[seed, seed + 1]);
            let last = changed.asked.last().unwrap();
            assert_eq!((last.row, last.target), (1, 3.0), "the last question stays");
            for asked in &changed.asked {
                // The event asked after is the fourth at most, and those before it are earlier
                // ones.
                let row = &changed.row(1)[..=asked.position];
                assert_eq!(row[asked.position], 10 * (asked.target as u32 + 1));
                assert!(row.is_sorted());
            }
            n_dropped += 3 - changed.asked.len();
        }
        assert!(n_dropped > 50, "{n_dropped}");
        let same = with_questions().augmented(&OFF, 1, &[1, 2]);
        assert_eq!(same, with_questions());
    }
}
