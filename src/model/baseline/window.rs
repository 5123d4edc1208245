//! Windowed Markov chain: what came soon after any of the latest items.
//!
//! In training, a pair of events `d` apart counts `1 / d`, for `d` up to [`WINDOW`]. An item's row
//! is divided by its sum to the power [`ROW_NORM_EXPONENT`]: 0 would let popular items drown the
//! rest, 1 would believe a row that was seen once. After a history the rows of the [`LAST_ITEMS`]
//! latest items are added, each counting `decay` times as much as the row of the item after it.
//!
//! How fast the past fades depends on the data, so `decay` is chosen among [`DECAYS`] on the
//! training part. (This takes 0.85 on MovieLens-100K, 0.7 on MovieLens-1M and Amazon Beauty.)

use super::popularity::{PopularityScores, overwrite};
use super::transitions::Transitions;
use super::tune::Tuning;
use super::{Baseline, TrainingLog};

/// Number of events back that a training pair may reach.
pub const WINDOW: usize = 5;

/// Number of the latest events of a history that count.
pub const LAST_ITEMS: usize = 10;

/// Power of its sum by which a row is divided.
pub const ROW_NORM_EXPONENT: f64 = 0.5;

/// The recency decays to choose from; the first one wins a tie.
pub const DECAYS: [f32; 2] = [0.7, 0.85];

/// Sums of rows, the latest item's counting most.
pub(super) struct MarkovWindow {
    tie_break: Vec<f32>,
    transitions: Transitions,
    decay: f32,
}

impl MarkovWindow {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Self {
        let n_items = log.n_items;
        let [default, ..] = DECAYS;
        let tuning = Tuning::for_log(log);
        let trial = Self::with_decay(n_items, &tuning.shortened, default);
        let chosen = tuning.best(&DECAYS, |decay, history, scores| {
            trial.score(decay, history, scores);
        });
        Self::with_decay(
            n_items,
            &log.sequences,
            chosen.map_or(default, |(decay, _)| decay),
        )
    }

    fn with_decay(n_items: usize, sequences: &[&[u32]], decay: f32) -> Self {
        let weights: Vec<f64> = (1..=WINDOW).map(|d| 1.0 / d as f64).collect();
        let mut transitions = Transitions::count(n_items, sequences, &weights);
        transitions.normalise(ROW_NORM_EXPONENT);
        Self {
            tie_break: PopularityScores::fit(n_items, sequences).tie_break(),
            transitions,
            decay,
        }
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let mut factor = 1.0;
        for &item in history.iter().rev().take(LAST_ITEMS) {
            for (next, weight) in self.transitions.row(item) {
                if let Some(score) = scores.get_mut(next as usize) {
                    *score += factor * weight;
                }
            }
            factor *= decay;
        }
    }
}

impl Baseline for MarkovWindow {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}
