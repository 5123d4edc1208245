//! Popularity: how often an item occurs in training, the same list for everyone.

use super::{Baseline, TIE_BREAK};

/// Number of training events of each item.
pub(super) struct PopularityScores {
    /// Count of item `i` at `i`; index 0 is padding and 0. Exact up to 2^24 events an item.
    counts: Vec<f32>,
}

impl PopularityScores {
    pub(super) fn fit(n_items: usize, sequences: &[&[u32]]) -> Self {
        let mut counts = vec![0_u64; n_items + 1];
        for &item in sequences.iter().copied().flatten() {
            if let Some(count) = counts.get_mut(item as usize) {
                *count += 1;
            }
        }
        if let Some(padding) = counts.first_mut() {
            *padding = 0;
        }
        Self {
            counts: counts.into_iter().map(|count| count as f32).collect(),
        }
    }

    /// Number of training events of each item, `[n_items + 1]`.
    pub(super) fn counts(&self) -> &[f32] {
        &self.counts
    }

    /// The share of popularity that every reference's scores start from: [`TIE_BREAK`] for the
    /// most popular item, proportionally less for the others.
    pub(super) fn tie_break(&self) -> Vec<f32> {
        let most = self.counts.iter().copied().fold(1.0, f32::max);
        self.counts
            .iter()
            .map(|count| TIE_BREAK * (count / most))
            .collect()
    }
}

impl Baseline for PopularityScores {
    fn scores(&self, _history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.counts);
    }
}

/// Copies `from` over `scores`, whatever their lengths; what is beyond `from` becomes 0.
pub(super) fn overwrite(scores: &mut [f32], from: &[f32]) {
    let both = scores.len().min(from.len());
    let (head, tail) = scores.split_at_mut(both);
    head.copy_from_slice(from.get(..both).unwrap_or(&[]));
    tail.fill(0.0);
}
