//! Explanations: what a model expected before each event of a user.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use seqscope::data::EvalCase;
use seqscope::data::Histories;
use seqscope::explain::{Foresee, foresee, user_view};
use seqscope::model::{AttentionMaps, ModelError, StepInputs, StepScores, TrainStats, Trainable};
use seqscope::run::Part;

use crate::fake::{Fake, LEN, N_ITEMS, Script, walks, walks_of};

/// Before any training: skill 0, so the fake is sure that a walk does not go on (-10), and all
/// other items are equal.
fn untrained() -> Fake {
    Fake::new(Arc::new(Mutex::new(Script::default())), N_ITEMS)
}

/// Sees the last `seq_len` events of the fake's history only.
struct Windowed {
    inner: Fake,
    seq_len: usize,
}

impl Trainable for Windowed {
    fn n_params(&self) -> usize {
        0
    }
    fn train_step(
        &mut self,
        _: &seqscope::data::Histories,
        _: StepInputs,
    ) -> Result<(), ModelError> {
        Ok(())
    }
    fn take_stats(&mut self) -> Result<TrainStats, ModelError> {
        Ok(TrainStats::default())
    }
    fn scores(&self, histories: &seqscope::data::Histories) -> Result<Vec<f32>, ModelError> {
        self.inner.scores(histories)
    }
    fn step_scores(&self, history: &Histories) -> Result<StepScores, ModelError> {
        let history = history.row(0);
        let first = history.len().saturating_sub(self.seq_len);
        Ok(StepScores {
            first,
            ..self
                .inner
                .step_scores(&Histories::of_items(&history[first..]))?
        })
    }
    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let history = history.row(0);
        let first = history.len().saturating_sub(self.seq_len);
        let len = history.len() - first;
        let weights = (0..len * len).map(|at| {
            if at % len <= at / len {
                1.0 / (at / len + 1) as f32
            } else {
                0.0
            }
        });
        Ok(Some(AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len,
            first,
            weights: weights.collect(),
        }))
    }
    fn save_weights(&self, _: &std::path::Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_weights(&mut self, _: &std::path::Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn save_state(&self, _: &std::path::Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_state(&mut self, _: &std::path::Path) -> Result<(), ModelError> {
        Ok(())
    }
}

#[test]
fn every_event_has_its_rank_and_probability_given_the_events_before() {
    let prepared = walks();
    let view = user_view(&untrained(), &prepared, 3, true).unwrap();
    let items: Vec<u32> = view.timeline.iter().map(|step| step.item_idx).collect();
    assert_eq!(items, prepared.dataset.sequences.items(3));
    let parts: Vec<Part> = view.timeline.iter().map(|step| step.part).collect();
    let mut expected = vec![Part::Train; LEN - 2];
    expected.extend([Part::Valid, Part::Test]);
    assert_eq!(parts, expected);

    let first = &view.timeline[0];
    assert_eq!(
        (first.rank, first.probability, first.is_hit(10)),
        (None, None, None)
    );
    for (position, step) in view.timeline.iter().enumerate().skip(1) {
        // `position` items are seen; of the 20 - position others the true one is last.
        let n_ranked = (N_ITEMS - position) as f64;
        assert_eq!((step.position, step.rank), (position, Some(n_ranked)));
        // Its probability is over all items, the seen ones among them.
        let probability =
            f64::from((-10.0_f32).exp()) / (N_ITEMS as f64 - 1.0 + f64::from((-10.0_f32).exp()));
        let found = f64::from(step.probability.unwrap());
        assert!(
            (found - probability).abs() < 1e-6 * probability,
            "{found} {probability}"
        );
        // The others are equal: the five with the smallest indices that were not seen.
        let seen = &items[..position];
        let smallest: Vec<u32> = (1..=N_ITEMS as u32)
            .filter(|i| !seen.contains(i) && *i != step.item_idx)
            .take(5)
            .collect();
        assert_eq!(
            step.top.iter().map(|s| s.item_idx).collect::<Vec<_>>(),
            smallest
        );
        assert_eq!(step.is_hit(10), Some(n_ranked <= 10.0));
    }
    assert_eq!(view.next.len(), 10);
    assert!(
        view.next
            .iter()
            .all(|scored| !items.contains(&scored.item_idx))
    );
    assert_eq!(view.attention, None);
}

#[test]
fn seen_items_stay_in_the_ranking_where_they_are_not_filtered() {
    let view = user_view(&untrained(), &walks(), 3, false).unwrap();
    assert!(
        view.timeline
            .iter()
            .skip(1)
            .all(|step| step.rank == Some(N_ITEMS as f64))
    );
    assert_eq!(
        view.next.iter().map(|s| s.item_idx).collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
}

#[test]
fn a_windowed_model_shows_the_steps_that_its_window_reaches() {
    let model = Windowed {
        inner: untrained(),
        seq_len: 3,
    };
    let view = user_view(&model, &walks(), 0, true).unwrap();
    let positions: Vec<usize> = view.timeline.iter().map(|step| step.position).collect();
    assert_eq!(positions, [5, 6, 7]);
    // Items before the window are seen all the same: 20 - 6 and 20 - 7 remain.
    assert_eq!(
        view.timeline
            .iter()
            .map(|step| step.rank)
            .collect::<Vec<_>>(),
        [None, Some(14.0), Some(13.0)]
    );
    assert_eq!(
        view.attention.map(|maps| (maps.first, maps.len)),
        Some((5, 3))
    );
}

#[test]
fn the_last_step_is_what_an_evaluation_asks() {
    let prepared = walks();
    let view = user_view(&untrained(), &prepared, 7, true).unwrap();
    let history = &prepared.dataset.sequences.items(7)[..LEN - 1];
    let scores = untrained()
        .scores(&seqscope::data::Histories::from_iter([history]))
        .unwrap();
    let mut seen = history.to_vec();
    seen.sort_unstable();
    let target = prepared.dataset.sequences.items(7)[LEN - 1] as usize;
    assert_eq!(
        view.timeline[LEN - 1].rank,
        Some(seqscope::metric::mid_rank(&scores, target, &seen))
    );
}

#[test]
fn events_of_a_global_split_belong_to_their_part_also_when_they_are_no_target() {
    // Three training events, two in the validation part (the last is the target), three in test.
    let mut prepared = walks();
    prepared.split.train_len[0] = 3;
    prepared.split.valid[0] = EvalCase {
        user_idx: 0,
        history_len: 4,
        target_pos: 4,
    };
    // A user with nothing in validation.
    prepared.split.valid.remove(1);
    prepared.split.train_len[1] = 5;
    let parts = |user| -> Vec<Part> {
        user_view(&untrained(), &prepared, user, true)
            .unwrap()
            .timeline
            .iter()
            .map(|step| step.part)
            .collect()
    };
    let in_parts = |n_train, n_valid, n_test| {
        [
            vec![Part::Train; n_train],
            vec![Part::Valid; n_valid],
            vec![Part::Test; n_test],
        ]
        .concat()
    };
    assert_eq!(parts(0), in_parts(3, 2, 3));
    assert_eq!(parts(1), in_parts(5, 0, 3));
}

#[test]
fn users_without_events_and_long_lists_are_no_trouble() {
    let prepared = walks_of(&[8, 0, 1]);
    for user in [1, 99] {
        let view = user_view(&untrained(), &prepared, user, true).unwrap();
        assert_eq!((view.timeline.len(), view.next.len()), (0, 10));
    }
    assert_eq!(
        user_view(&untrained(), &prepared, 2, true)
            .unwrap()
            .timeline
            .len(),
        1
    );
    let asked = Foresee {
        n_ahead: 1,
        top: 1000,
        filter_seen: true,
    };
    let everything = foresee(&untrained(), &prepared, 0, asked).unwrap().concat();
    let had: BTreeSet<u32> = prepared
        .dataset
        .sequences
        .items(0)
        .iter()
        .copied()
        .collect();
    assert_eq!(everything.len(), N_ITEMS - had.len());
    let total = |filter_seen| -> f32 {
        let all = foresee(
            &untrained(),
            &prepared,
            0,
            Foresee {
                filter_seen,
                ..asked
            },
        )
        .unwrap()
        .concat();
        all.iter().map(|scored| scored.probability).sum()
    };
    assert!(
        (total(false) - 1.0).abs() < 1e-5,
        "a softmax over all items"
    );
    assert!(
        total(true) < 1.0 - 1e-5,
        "what is left out keeps its share: {}",
        total(true)
    );
    // As far as there are items left: one fewer to choose from each time, and none twice.
    let lists = foresee(
        &untrained(),
        &prepared,
        0,
        Foresee {
            n_ahead: 1000,
            ..asked
        },
    )
    .unwrap();
    let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
    assert_eq!(lens, (1..=everything.len()).rev().collect::<Vec<_>>());
    let chosen: BTreeSet<u32> = lists.iter().map(|list| list[0].item_idx).collect();
    assert!(chosen.len() == lists.len() && chosen.is_disjoint(&had));
}
