//! First-order Markov chain: what came after the last item, and how often.

use super::Baseline;
use super::popularity::{PopularityScores, overwrite};
use super::transitions::Transitions;

/// Counts of direct successors.
pub(super) struct Markov {
    tie_break: Vec<f32>,
    transitions: Transitions,
}

impl Markov {
    pub(super) fn fit(n_items: usize, sequences: &[&[u32]]) -> Self {
        Self {
            tie_break: PopularityScores::fit(n_items, sequences).tie_break(),
            transitions: Transitions::count(n_items, sequences, &[1.0]),
        }
    }
}

impl Baseline for Markov {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let Some(&last) = history.last() else { return };
        for (next, count) in self.transitions.row(last) {
            if let Some(score) = scores.get_mut(next as usize) {
                *score += count;
            }
        }
    }
}
