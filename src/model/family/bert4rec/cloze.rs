//! Cloze samples: events of a history hidden behind a mask, to be filled in from both sides.

use crate::random::{EventPlace, Noise};
use crate::window::latest;

/// First layer of the drawings of what is hidden: no dropout has layers from here on.
const DRAWN: usize = 1 << 22;

/// Sampler of cloze tasks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cloze {
    /// Most events of a sample.
    pub(super) len: usize,
    /// Row of the item table that stands for a hidden event.
    pub(super) mask: u32,
    /// Share of the events that are hidden, one at least.
    pub(super) mask_share: f64,
    /// Share of the samples in which the last event is hidden and no other.
    pub(super) last_share: f64,
}

/// A history with hidden events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClozeSample {
    /// Row of the batch that it is from.
    pub(super) row: usize,
    /// Items, and masks.
    pub(super) inputs: Vec<u32>,
    /// Places of the masks among them, in order, and what is hidden there.
    pub(super) hidden: Vec<(usize, u32)>,
}

impl Cloze {
    /// A sample of row `row` of the batch, or nothing where there is no second event to fill in
    /// from.
    ///
    /// Sun et al. 2019, section 3.6, with their published code: of each history a random window, of
    /// it ⌊len · share⌉ events at random, all of them replaced by the mask; or the latest window,
    /// of which the last event alone is hidden, as it will be asked for.
    pub(super) fn sample(&self, row: usize, history: &[u32], noise: Noise) -> Option<ClozeSample> {
        if history.len() < 2 {
            return None;
        }
        let drawn = |layer: usize, position: usize| {
            let place = EventPlace { row, position };
            noise.of_event(DRAWN + layer, place).number()
        };
        if share(drawn(0, 0)) < self.last_share {
            let window = latest(history, self.len);
            return Some(self.hide(row, window, vec![window.len().saturating_sub(1)]));
        }
        let n_windows = history.len().saturating_sub(self.len) + 1;
        let start = (share(drawn(1, 0)) * n_windows as f64) as usize;
        let window = latest(
            history
                .get(..(start + self.len).min(history.len()))
                .unwrap_or(history),
            self.len,
        );
        let n_hidden =
            ((window.len() as f64 * self.mask_share).round() as usize).clamp(1, window.len());
        let mut places: Vec<usize> = (0..window.len()).collect();
        places.sort_by_key(|&at| drawn(2, at));
        places.truncate(n_hidden);
        places.sort_unstable();
        Some(self.hide(row, window, places))
    }

    fn hide(&self, row: usize, window: &[u32], places: Vec<usize>) -> ClozeSample {
        let mut inputs = window.to_vec();
        let hidden = places.into_iter().filter_map(|at| {
            let slot = inputs.get_mut(at)?;
            Some((at, std::mem::replace(slot, self.mask)))
        });
        let hidden = hidden.collect();
        ClozeSample {
            row,
            inputs,
            hidden,
        }
    }
}

/// Even bits as a number from 0 to 1, without 1.
fn share(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOZE: Cloze = Cloze {
        len: 10,
        mask: 99,
        mask_share: 0.3,
        last_share: 0.0,
    };

    #[test]
    fn a_share_of_a_window_is_hidden_and_can_be_put_back() {
        let history: Vec<u32> = (1..=40).collect();
        let mut starts = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let sample = CLOZE.sample(3, &history, Noise::new(seed)).unwrap();
            assert_eq!(
                (sample.row, sample.inputs.len(), sample.hidden.len()),
                (3, 10, 3)
            );
            let mut inputs = sample.inputs.clone();
            for &(at, item) in &sample.hidden {
                assert_eq!(std::mem::replace(&mut inputs[at], item), 99);
            }
            assert!(
                inputs.windows(2).all(|pair| pair[1] == pair[0] + 1),
                "{inputs:?}"
            );
            starts.insert(inputs[0]);
        }
        // Every one of the 31 windows comes up, the latest too.
        assert_eq!(
            (starts.len(), starts.first(), starts.last()),
            (31, Some(&1), Some(&31))
        );
    }

    #[test]
    fn the_last_event_alone_is_hidden_where_that_is_drawn() {
        let last = Cloze {
            last_share: 1.0,
            ..CLOZE
        };
        let sample = last
            .sample(0, &(1..=40).collect::<Vec<u32>>(), Noise::new(1))
            .unwrap();
        assert_eq!((sample.inputs[0], sample.hidden), (31, vec![(9, 40)]));
        let half = Cloze {
            last_share: 0.5,
            ..CLOZE
        };
        let n_last = (0..400).filter(|&row| {
            half.sample(row, &[1, 2, 3, 4, 5, 6, 7], Noise::new(2))
                .unwrap()
                .hidden
                .len()
                == 1
        });
        assert!((150..250).contains(&n_last.count()));
    }

    #[test]
    fn one_event_is_no_sample_and_of_two_one_is_hidden() {
        assert_eq!(CLOZE.sample(0, &[4], Noise::new(1)), None);
        assert_eq!(CLOZE.sample(0, &[], Noise::new(1)), None);
        assert_eq!(
            CLOZE
                .sample(0, &[4, 5], Noise::new(1))
                .unwrap()
                .hidden
                .len(),
            1
        );
    }
}
