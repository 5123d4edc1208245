//! Windowed Markov chain: what came soon after any of the latest items.
//!
//! In training, a pair of events `d` apart counts `1 / d`, for `d` up to [`WINDOW`]. An item's row
//! is divided by its sum to the power [`ROW_NORM_EXPONENT`]: 0 would let popular items drown the
//! rest, 1 would believe a row that was seen once. After a history the rows of the [`LAST_ITEMS`]
//! latest items are added, each counting `decay` times as much as the row of the item after it.
//!
//! How fast the past fades depends on the data, so `decay` is chosen among [`DECAYS`] by NDCG@10
//! on the last *training* event of up to [`TUNING_USERS`] users, after a fit without those events.
//! Validation and test are never looked at. (This takes 0.85 on MovieLens-100K, 0.7 on MovieLens-1M and
//! Amazon Beauty.)

use super::Baseline;
use super::popularity::{Popularity, overwrite};
use super::transitions::Transitions;
use crate::metric::{mid_rank, ndcg_term};

/// How many events back a training pair may reach.
pub const WINDOW: usize = 5;

/// How many of the latest events of a history speak.
pub const LAST_ITEMS: usize = 10;

/// Power of its sum by which a row is divided.
pub const ROW_NORM_EXPONENT: f64 = 0.5;

/// The recency decays to choose from; the first one wins a tie.
pub const DECAYS: [f32; 2] = [0.7, 0.85];

/// Most users that the choice of the decay looks at, taken evenly over all.
const TUNING_USERS: usize = 2_000;

/// Sums of rows, the latest item's counting most.
pub(super) struct MarkovWindow {
    tie_break: Vec<f32>,
    transitions: Transitions,
    decay: f32,
}

impl MarkovWindow {
    pub(super) fn fit(n_items: usize, sequences: &[&[u32]]) -> Self {
        let decay = choose_decay(n_items, sequences);
        Self::with_decay(n_items, sequences, decay)
    }

    pub(super) fn with_decay(n_items: usize, sequences: &[&[u32]], decay: f32) -> Self {
        let weights: Vec<f64> = (1..=WINDOW).map(|d| 1.0 / d as f64).collect();
        let mut transitions = Transitions::count(n_items, sequences, &weights);
        transitions.normalise(ROW_NORM_EXPONENT);
        Self { tie_break: Popularity::fit(n_items, sequences).tie_break(), transitions, decay }
    }
}

impl Baseline for MarkovWindow {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let mut factor = 1.0;
        for &item in history.iter().rev().take(LAST_ITEMS) {
            for (next, weight) in self.transitions.row(item) {
                if let Some(score) = scores.get_mut(next as usize) {
                    *score += factor * weight;
                }
            }
            factor *= self.decay;
        }
    }
}

/// The decay whose chain, fitted without each user's last event, ranks those events best.
fn choose_decay(n_items: usize, sequences: &[&[u32]]) -> f32 {
    let [default, ..] = DECAYS;
    let cut = |sequence: &&'_ [u32]| sequence.len().saturating_sub(1);
    let shortened: Vec<&[u32]> = sequences.iter().map(|s| s.get(..cut(s)).unwrap_or(&[])).collect();
    let every = sequences.len().div_ceil(TUNING_USERS).max(1);
    let mut chain = MarkovWindow::with_decay(n_items, &shortened, default);
    let mut scores = vec![0.0; n_items + 1];
    let mut best = (default, f64::NEG_INFINITY);
    for decay in DECAYS {
        chain.decay = decay;
        let mut ndcg = 0.0;
        for sequence in sequences.iter().step_by(every) {
            if let Some((&target, history)) = sequence.split_last()
                && !history.is_empty()
            {
                chain.scores(history, &mut scores);
                ndcg += ndcg_term(mid_rank(&scores, target as usize, &rivals_left_out(history, target)), 10);
            }
        }
        if ndcg > best.1 {
            best = (decay, ndcg);
        }
    }
    best.0
}

/// Items that a held-out event does not compete with: what the user already had, unless the event
/// is itself a return to such an item.
fn rivals_left_out(history: &[u32], target: u32) -> Vec<u32> {
    if history.contains(&target) {
        return Vec::new();
    }
    let mut seen = history.to_vec();
    seen.sort_unstable();
    seen.dedup();
    seen
}
