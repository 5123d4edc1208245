//! User-kNN: what the users had who are most like this one.
//!
//! The history, faded from its latest event back, is laid over the items of every training user:
//! `likeness = sum of the shared items' weights / sqrt(number of the other's items)`, a cosine but
//! for a factor that is the same for all (Herlocker et al. 1999; the fading is that of V-SkNN,
//! Ludewig & Jannach 2018). Each of the [`NEAREST_USERS`] nearest gives its likeness to each of its
//! items. The decay is chosen on the training part. The user's own training events are one of the
//! neighbours: they can only speak for items that the user had.

use super::Baseline;
use super::baskets::{Baskets, faded};
use super::item_knn::{KNN_DECAYS, nearest};
use super::popularity::{PopularityScores, overwrite};
use super::tune::Tuning;
use super::{LeftOut, TrainingLog};

/// Number of nearest users that count.
pub const NEAREST_USERS: usize = 100;

/// Most pairs of users with an item in common that are looked at, over all items: about a minute.
pub const MOST_USER_PAIRS: u64 = 10_000_000_000;

/// The items of every training user.
pub(super) struct UserKnn {
    tie_break: Vec<f32>,
    baskets: Baskets,
    decay: f32,
}

impl UserKnn {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Result<Self, LeftOut> {
        let n_items = log.n_items;
        let sizes = Baskets::from_sequences(n_items, &log.sequences).sizes(n_items);
        let pairs: u64 = sizes.iter().map(|&size| u64::from(size).pow(2)).sum();
        if pairs > MOST_USER_PAIRS {
            let sentence = format!(
                "User-kNN is left out: {pairs} pairs of users share an item, more than the \
                 {MOST_USER_PAIRS} that are compared in about a minute."
            );
            return Err(LeftOut(sentence));
        }
        let [default, ..] = KNN_DECAYS;
        let tuning = Tuning::for_log(log);
        let trial = Self::with_decay(n_items, &tuning.shortened, default);
        let chosen = tuning.best(&KNN_DECAYS, |decay, history, scores| {
            trial.score(decay, history, scores);
        });
        Ok(Self::with_decay(
            n_items,
            &log.sequences,
            chosen.map_or(default, |(decay, _)| decay),
        ))
    }

    fn with_decay(n_items: usize, sequences: &[&[u32]], decay: f32) -> Self {
        let tie_break = PopularityScores::fit(n_items, sequences).tie_break();
        Self {
            tie_break,
            baskets: Baskets::from_sequences(n_items, sequences),
            decay,
        }
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let mut shared = vec![0.0_f32; self.baskets.n_users()];
        let mut had = std::collections::HashSet::new();
        // An item counts once, as of its latest event.
        for (item, weight) in faded(history, decay).filter(|(item, _)| had.insert(*item)) {
            for &user in self.baskets.users(item) {
                if let Some(sum) = shared.get_mut(user as usize) {
                    *sum += weight;
                }
            }
        }
        let others = shared
            .iter()
            .enumerate()
            .filter(|(_, sum)| **sum > 0.0)
            .map(|(user, sum)| {
                let n_items = self.baskets.items(user).len() as f32;
                (user as u32, sum / n_items.sqrt())
            })
            .collect();
        for (user, likeness) in nearest(others, NEAREST_USERS) {
            for &item in self.baskets.items(user as usize) {
                if let Some(score) = scores.get_mut(item as usize) {
                    *score += likeness;
                }
            }
        }
    }
}

impl Baseline for UserKnn {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}
