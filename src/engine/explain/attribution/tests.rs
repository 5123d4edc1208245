//! Removal, on a model that reads nothing but the gaps between events.

use std::path::Path;

use super::*;
use crate::explain::{Edit, HistoryOf, WhatIf, WhatIfAsk};
use seqscope_base::metric::Seen;
use seqscope_data::{Dataset, FeatureValues, Sequences, Split, Vocab, features, training_mask};
use seqscope_model::{StepInputs, StepScores, TrainStats};

/// A model that likes item 1 the more, the larger the gaps are that it is told of, and reads the
/// last so many events.
struct GapReader {
    n_items: usize,
    window: usize,
}

impl Trainable for GapReader {
    fn n_params(&self) -> usize {
        0
    }
    fn train_step(&mut self, _: &Histories, _: StepInputs) -> Result<(), ModelError> {
        Ok(())
    }
    fn take_stats(&mut self) -> Result<TrainStats, ModelError> {
        Ok(TrainStats::default())
    }
    fn scores(&self, histories: &Histories) -> Result<Vec<f32>, ModelError> {
        let Some(FeatureValues::Real { width: 1, values }) = histories.beside.first() else {
            panic!("one gap an event");
        };
        let rows = (0..histories.n_rows()).flat_map(|row| {
            let range = histories.range(row);
            let first = range.end - range.len().min(self.window);
            let gaps: f32 = values[first..range.end]
                .iter()
                .filter(|gap| gap.is_finite())
                .sum();
            (0..=self.n_items).map(move |item| if item == 1 { 0.05 * gaps } else { 0.0 })
        });
        Ok(rows.collect())
    }
    fn step_scores(&self, _: &Histories) -> Result<StepScores, ModelError> {
        Ok(StepScores::default())
    }
    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let n = history.row(0).len();
        let len = n.min(self.window);
        Ok(Some(AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len,
            first: n - len,
            weights: vec![1.0 / len as f32; len * len],
        }))
    }
    fn save_weights(&self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_weights(&mut self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn save_state(&self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
    fn load_state(&mut self, _: &Path) -> Result<(), ModelError> {
        Ok(())
    }
}

/// One user of six events, with ever longer gaps.
fn prepared(specs: &[FeatureSpec]) -> Prepared {
    let mut items = Vocab::starting_at(1);
    for item in 1..=9 {
        items.intern(&format!("i{item}"));
    }
    let mut prepared = Prepared {
        dataset: Dataset {
            items,
            sequences: Sequences {
                offsets: vec![0, 6],
                item_idx: vec![2, 3, 4, 5, 6, 7],
                time_secs: Some(vec![0, 60, 300, 1000, 5000, 20_000]),
                ..Sequences::default()
            },
            ..Dataset::default()
        },
        split: Split {
            train_len: vec![6],
            valid_len: vec![6],
            ..Split::default()
        },
        ..Prepared::default()
    };
    prepared.features = features(&prepared.dataset, specs, &training_mask(&prepared)).unwrap();
    prepared
}

fn gap() -> Vec<FeatureSpec> {
    vec![FeatureSpec::Gap(seqscope_data::feature::Gap {
        log1p: true,
    })]
}

fn attributed(prepared: &Prepared, specs: &[FeatureSpec], window: usize) -> AnswerAttribution {
    let model = GapReader { n_items: 9, window };
    let asked = AnswerQuestion {
        user_idx: 0,
        history_len: 6,
        target: AnswerTarget::Item(1),
        filter_seen: false,
        tells_test: true,
        features: specs,
        effort: AttributionEffort::default(),
    };
    attribute(&model, prepared, &asked).unwrap()
}

#[test]
fn an_event_away_is_an_event_deleted_by_an_edit_gaps_and_all() {
    let specs = gap();
    let prepared = prepared(&specs);
    let found = attributed(&prepared, &specs, 6);
    assert!(found.has_features && found.n_unread == 0);
    let model = GapReader {
        n_items: 9,
        window: 6,
    };
    let of = HistoryOf::user(&prepared, 0, true);
    let what_if = WhatIf::new(&model, &prepared, &specs, of, Seen::Ranked);
    for (at, without) in found.without.iter().enumerate() {
        let asked = WhatIfAsk {
            edits: vec![Edit::Delete { event: at + 1 }],
            top: 1,
            item_idx: Some(1),
            with_attention: false,
        };
        let item = what_if.answer(&asked).unwrap().item.unwrap();
        assert!(
            (without.probability() - item.after.probability).abs() < 1e-6,
            "{at}"
        );
        assert!((found.answer.probability() - item.before.probability).abs() < 1e-6);
    }
}

/// The model reads the last four of six. Without one of them, the gap to the event before it is
/// measured to an event that the model does not read, and no older event moves up.
#[test]
fn older_events_stay_unread_and_gaps_reach_back_to_them() {
    let specs = gap();
    let prepared = prepared(&specs);
    let found = attributed(&prepared, &specs, 4);
    assert_eq!((found.n_unread, found.first, found.n_events()), (2, 2, 4));
    // Scores of item 1 by hand: 0.05 ln(1 + gap) of the events that are read.
    let times = [0.0, 60.0, 300.0, 1000.0, 5000.0, 20_000.0];
    for gone in 2..6 {
        let kept: Vec<usize> = (0..6).filter(|at| *at != gone).collect();
        let score: f64 = (kept.len() - 3..kept.len())
            .map(|at| 0.05 * f64::ln_1p(times[kept[at]] - times[kept[at - 1]]))
            .sum();
        let chance = score.exp() / (score.exp() + 8.0);
        let told = found.without[gone - 2].probability();
        assert!((told - chance).abs() < 1e-5, "{gone}: {told} {chance}");
    }
}
