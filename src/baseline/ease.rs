//! EASE: one linear layer from all items to all items, in closed form (Steck 2019, equations 4 and 8).
//!
//! With `X` the users' items as 0 and 1, `P = (XᵀX + λ I)⁻¹` and `B = −P / diag(P)` by columns, the
//! diagonal 0: what best tells each item from the others. The score is the history times `B`; unlike
//! the paper, each event is faded by a decay that is chosen on the training part, 1 among them.

mod inverse;

use super::baskets::{Baskets, faded};
use super::popularity::{Popularity, overwrite};
use super::tune::Tuning;
use super::{Baseline, LeftOut, Stop, TrainingLog};

/// The ridge λ, the paper's best for data of this size.
pub const RIDGE: f64 = 500.0;

/// Most items: the inverse of 6,000 takes 12 · 6,000² bytes and about ten seconds on two cores.
pub const MOST_ITEMS: usize = 6_000;

/// The recency decays to choose from, 1 being none; the first one wins a tie.
pub const EASE_DECAYS: [f32; 3] = [0.8, 0.95, 1.0];

/// The weights between items.
pub(super) struct Ease {
    tie_break: Vec<f32>,
    n_items: usize,
    /// `[n_items, n_items]`: row `i − 1` is what item `i` says of each.
    weights: Vec<f32>,
    decay: f32,
}

impl Ease {
    pub(super) fn fit(log: &TrainingLog<'_>) -> Result<Self, LeftOut> {
        let n_items = log.n_items;
        if n_items > MOST_ITEMS {
            let sentence = format!(
                "EASE is left out: {n_items} items are more than the {MOST_ITEMS} whose matrix can be inverted in a few seconds."
            );
            return Err(LeftOut(sentence));
        }
        let [default, ..] = EASE_DECAYS;
        let tuning = Tuning::of(log);
        let trial = Self::with_decay((n_items, log.stop), &tuning.shortened, default);
        let chosen = tuning.best(&EASE_DECAYS, |decay, history, scores| trial.score(decay, history, scores));
        drop(trial);
        Ok(Self::with_decay((n_items, log.stop), &log.sequences, chosen.map_or(default, |(decay, _)| decay)))
    }

    fn with_decay((n_items, stop): (usize, Stop<'_>), sequences: &[&[u32]], decay: f32) -> Self {
        let tie_break = Popularity::fit(n_items, sequences).tie_break();
        Self { tie_break, n_items, weights: weights((n_items, stop), sequences), decay }
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let Some(scores) = scores.get_mut(1..) else { return };
        for (item, factor) in faded(history, decay) {
            let Some(at) = (item as usize).checked_sub(1) else { continue };
            let Some(row) = self.weights.get(at * self.n_items..(at + 1) * self.n_items) else { continue };
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += factor * weight;
            }
        }
    }
}

impl Baseline for Ease {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        self.score(self.decay, history, scores);
    }
}

/// The matrix `B`, row after row.
fn weights((n_items, stop): (usize, Stop<'_>), sequences: &[&[u32]]) -> Vec<f32> {
    let rows = Baskets::of(n_items, sequences).shared((n_items, stop), |_, counts| counts.to_vec());
    let mut gram: Vec<f64> = Vec::with_capacity(n_items * n_items);
    for (at, row) in rows.into_iter().enumerate().skip(1) {
        let row = row.into_iter().enumerate().skip(1);
        gram.extend(row.map(|(other, count)| f64::from(count) + if other == at { RIDGE } else { 0.0 }));
    }
    inverse::invert(&mut gram, n_items, stop);
    let diagonal: Vec<f64> = (0..n_items).map(|at| gram.get(at * n_items + at).copied().unwrap_or(1.0)).collect();
    let width = n_items.max(1);
    let weight = |(place, &value): (usize, &f64)| {
        let (row, column) = (place / width, place % width);
        if row == column { 0.0 } else { -(value / diagonal.get(column).copied().unwrap_or(1.0)) as f32 }
    };
    gram.iter().enumerate().map(weight).collect()
}
