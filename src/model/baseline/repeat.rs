//! Repeat-last: the user's own items again, the last one first.
//!
//! The last event comes first. Each earlier event adds `decay` to the power of how many lie after
//! it: with a decay of 1 the most frequent item comes next, with a small one the latest. The decay
//! is chosen on the training part. Where seen items are left out nothing remains but popularity.

use super::baskets::faded;
use super::popularity::{PopularityScores, overwrite};
use super::tune::Tuning;
use super::{Baseline, TrainingLog};

/// The recency decays to choose from; the first one wins a tie.
pub const REPEAT_DECAYS: [f32; 4] = [0.7, 0.85, 0.95, 1.0];

/// Advantage of the last event over all others: more than any sum over [`super::LONGEST_BASKET`]
/// events.
const LAST_FIRST: f32 = 2_000.0;

/// The history itself, faded.
pub(super) struct RepeatLast {
    tie_break: Vec<f32>,
    decay: f32,
}

impl RepeatLast {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Self {
        let [default, ..] = REPEAT_DECAYS;
        let tie_break = PopularityScores::fit(log.n_items, &log.sequences).tie_break();
        let mut repeat = Self {
            tie_break,
            decay: default,
        };
        let tuning = Tuning::for_log(log);
        let chosen = tuning.best(&REPEAT_DECAYS, |decay, history, scores| {
            repeat.score(decay, history, scores);
        });
        repeat.decay = chosen.map_or(default, |(decay, _)| decay);
        repeat
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let mut above = LAST_FIRST;
        for (item, weight) in faded(history, decay) {
            if let Some(score) = scores
                .get_mut(item as usize)
                .filter(|_| (item as usize) < self.tie_break.len() && item != 0)
            {
                *score += weight + above;
            }
            above = 0.0;
        }
    }
}

impl Baseline for RepeatLast {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}
