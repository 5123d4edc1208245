//! Item-kNN: items that the same users had as the user's latest ones.
//!
//! Two items that `c` users share, of `a` and `b` users, are `c / (sqrt(a b) + shrinkage)` alike:
//! the cosine of Sarwar et al. 2001 with the shrinkage of Bell & Koren 2007, so that a pair met
//! once is believed little. Each item keeps its nearest ones, as many as [`LIKENESSES`] in all
//! allow. The score of an item is the sum over the history of its likeness to each event, faded by
//! a decay. Decay and shrinkage are chosen on the training part.

use super::baskets::{Baskets, faded};
use super::popularity::{PopularityScores, overwrite};
use super::tune::Tuning;
use super::{Baseline, TrainingLog};

/// Most likenesses that are kept in all, the greatest of each item: 160 MB.
pub const LIKENESSES: usize = 20_000_000;

/// Nearest items that are kept of each in any case.
pub const FEWEST_NEIGHBOURS: usize = 100;

/// Values that may be added to the denominator of the cosine; the first one wins a tie.
pub const SHRINKAGES: [f32; 2] = [0.0, 10.0];

/// The recency decays to choose from, 1 being none; the first one wins a tie.
pub const KNN_DECAYS: [f32; 4] = [0.5, 0.7, 0.85, 1.0];

/// Settings that are chosen on the training part.
#[derive(Clone, Copy)]
struct KnnSettings {
    decay: f32,
    shrinkage: f32,
}

/// The nearest items of every item.
pub(super) struct ItemKnn {
    tie_break: Vec<f32>,
    neighbours: Vec<Vec<(u32, f32)>>,
    decay: f32,
}

impl ItemKnn {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Self {
        let ([decay, ..], [shrinkage, ..]) = (KNN_DECAYS, SHRINKAGES);
        let tuning = Tuning::for_log(log);
        let mut best = (KnnSettings { decay, shrinkage }, f64::NEG_INFINITY);
        for shrinkage in SHRINKAGES {
            let trial =
                Self::with_settings(log, &tuning.shortened, KnnSettings { decay, shrinkage });
            let found = tuning.best(&KNN_DECAYS, |decay, history, scores| {
                trial.score(decay, history, scores);
            });
            if let Some((decay, ndcg)) = found.filter(|(_, ndcg)| *ndcg > best.1) {
                best = (KnnSettings { decay, shrinkage }, ndcg);
            }
        }
        Self::with_settings(log, &log.sequences, best.0)
    }

    fn with_settings(log: &TrainingLog<'_>, sequences: &[&[u32]], settings: KnnSettings) -> Self {
        let KnnSettings { decay, shrinkage } = settings;
        let n_items = log.n_items;
        let baskets = Baskets::from_sequences(n_items, sequences);
        let sizes = baskets.sizes(n_items);
        let n_neighbours =
            (LIKENESSES / n_items.max(1)).clamp(FEWEST_NEIGHBOURS, n_items.max(FEWEST_NEIGHBOURS));
        let neighbours = baskets.shared(n_items, log.stop, |item, counts| {
            let own = sizes.get(item as usize).map_or(0.0, |&size| size as f32);
            let likenesses = counts
                .iter()
                .zip(&sizes)
                .enumerate()
                .filter(|(other, (count, _))| **count > 0.0 && *other != item as usize)
                .map(|(other, (count, &size))| {
                    (
                        other as u32,
                        count / ((own * size as f32).sqrt() + shrinkage),
                    )
                })
                .collect();
            nearest(likenesses, n_neighbours)
        });
        Self {
            tie_break: PopularityScores::fit(n_items, sequences).tie_break(),
            neighbours,
            decay,
        }
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        for (item, weight) in faded(history, decay) {
            let Some(neighbours) = self.neighbours.get(item as usize) else {
                continue;
            };
            for &(other, likeness) in neighbours {
                if let Some(score) = scores.get_mut(other as usize) {
                    *score += weight * likeness;
                }
            }
        }
    }
}

impl Baseline for ItemKnn {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}

/// The `n` with the greatest values, ascending by number; of equals those with the smaller numbers.
pub(super) fn nearest(mut all: Vec<(u32, f32)>, n: usize) -> Vec<(u32, f32)> {
    if all.len() > n && n > 0 {
        all.select_nth_unstable_by(n - 1, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(n);
    }
    all.sort_unstable_by_key(|(number, _)| *number);
    all
}
