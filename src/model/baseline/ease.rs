//! EASE: one linear layer from all items to all items, in closed form (Steck 2019, equations 4 and
//! 8).
//!
//! With `X` the users' items as 0 and 1, `P = (XᵀX + λ I)⁻¹` and `B = −P / diag(P)` by columns, the
//! diagonal 0: what best tells each item from the others. The score is the history times `B`;
//! unlike the paper, each event is faded by a decay that is chosen on the training part, 1 among
//! them.

mod inverse;

use super::baskets::{Baskets, faded};
use super::popularity::{PopularityScores, overwrite};
use super::tune::Tuning;
use super::{Baseline, LeftOut, Stop, TrainingLog};

/// The ridge λ, the paper's best for data of this size.
pub const RIDGE: f64 = 500.0;

/// Bytes for each pair of items while the inverse is worked out: 8 for the matrix in double
/// precision, 4 for the counts before it and the weights after it.
const BYTES_A_PAIR: u64 = 12;

/// Memory that the reference may take unless said otherwise, in MB: that of 6,000 items, which take
/// about ten seconds on two cores. Time grows with the cube of the items.
pub const EASE_MEGABYTES: usize = 432;

/// Limits on the memory that EASE may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EaseMemory {
    /// Limit that the user sets, in MB.
    pub megabytes: usize,
    /// Free memory of the machine, in bytes, where that is known.
    pub free: Option<u64>,
}

impl Default for EaseMemory {
    fn default() -> Self {
        Self {
            megabytes: EASE_MEGABYTES,
            free: None,
        }
    }
}

impl EaseMemory {
    /// Whether so many items may be fitted.
    ///
    /// # Errors
    /// [`LeftOut`] with the cure where they take more than is allowed or free.
    fn check(self, n_items: usize) -> Result<(), LeftOut> {
        const MEGABYTE: u64 = 1_000_000;
        let n = n_items as u64;
        let need = n.saturating_mul(n).saturating_mul(BYTES_A_PAIR);
        let need_told = need.div_ceil(MEGABYTE);
        if need_told > self.megabytes as u64 {
            return Err(LeftOut(format!(
                "EASE is left out: its matrix of {n_items} items takes {need_told} MB, and \
                 `evaluation.ease_memory` allows {}; set it to {need_told} to have it, and mind \
                 that the time grows with the cube of the items.",
                self.megabytes
            )));
        }
        match self.free.filter(|free| need > *free) {
            Some(free) => Err(LeftOut(format!(
                "EASE is left out: its matrix of {n_items} items takes {need_told} MB, and {} MB \
                 of this machine's memory are free; close other programs, or drop rare items.",
                free / MEGABYTE
            ))),
            None => Ok(()),
        }
    }
}

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
        log.ease_memory.check(n_items)?;
        let [default, ..] = EASE_DECAYS;
        let tuning = Tuning::for_log(log);
        let trial = Self::with_decay(n_items, log.stop, &tuning.shortened, default);
        let chosen = tuning.best(&EASE_DECAYS, |decay, history, scores| {
            trial.score(decay, history, scores);
        });
        drop(trial);
        Ok(Self::with_decay(
            n_items,
            log.stop,
            &log.sequences,
            chosen.map_or(default, |(decay, _)| decay),
        ))
    }

    fn with_decay(n_items: usize, stop: Stop<'_>, sequences: &[&[u32]], decay: f32) -> Self {
        let tie_break = PopularityScores::fit(n_items, sequences).tie_break();
        Self {
            tie_break,
            n_items,
            weights: weights(n_items, stop, sequences),
            decay,
        }
    }

    fn score(&self, decay: f32, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.tie_break);
        let Some(scores) = scores.get_mut(1..) else {
            return;
        };
        for (item, factor) in faded(history, decay) {
            let Some(at) = (item as usize).checked_sub(1) else {
                continue;
            };
            let Some(row) = self.weights.get(at * self.n_items..(at + 1) * self.n_items) else {
                continue;
            };
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
fn weights(n_items: usize, stop: Stop<'_>, sequences: &[&[u32]]) -> Vec<f32> {
    let rows = Baskets::from_sequences(n_items, sequences)
        .shared(n_items, stop, |_, counts| counts.to_vec());
    let mut gram: Vec<f64> = Vec::with_capacity(n_items * n_items);
    for (at, row) in rows.into_iter().enumerate().skip(1) {
        let row = row.into_iter().enumerate().skip(1);
        gram.extend(
            row.map(|(other, count)| f64::from(count) + if other == at { RIDGE } else { 0.0 }),
        );
    }
    inverse::invert(&mut gram, n_items, stop);
    let diagonal: Vec<f64> = (0..n_items)
        .map(|at| gram.get(at * n_items + at).copied().unwrap_or(1.0))
        .collect();
    let width = n_items.max(1);
    gram.iter()
        .enumerate()
        .map(|(place, value)| {
            let (row, column) = (place / width, place % width);
            if row == column {
                0.0
            } else {
                -(value / diagonal.get(column).copied().unwrap_or(1.0)) as f32
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_more_than_is_allowed_or_free_is_left_out_with_the_cure() {
        let usual = EaseMemory::default();
        assert_eq!(usual.check(6_000), Ok(()), "12 · 6,000² bytes are 432 MB");
        let LeftOut(sentence) = usual.check(6_001).unwrap_err();
        for said in [
            "6001 items takes 433 MB",
            "`evaluation.ease_memory` allows 432",
            "set it to 433",
        ] {
            assert!(sentence.contains(said), "{sentence}");
        }
        let allowed = EaseMemory {
            megabytes: 433,
            ..usual
        };
        assert_eq!(allowed.check(6_001), Ok(()));
        let LeftOut(sentence) = EaseMemory {
            free: Some(432_000_000),
            ..allowed
        }
        .check(6_001)
        .unwrap_err();
        assert!(
            sentence.contains("432 MB of this machine's memory are free"),
            "{sentence}"
        );
        assert!(
            EaseMemory {
                megabytes: 0,
                ..usual
            }
            .check(1)
            .is_err(),
            "nothing is allowed"
        );
        assert!(usual.check(usize::MAX).is_err(), "no overflow");
    }

    #[test]
    fn more_memory_gives_the_same_weights() {
        let users: Vec<Vec<u32>> = (0..30_u32)
            .map(|user| (0..5).map(|at| (user * 7 + at * at) % 9 + 1).collect())
            .collect();
        let log = |megabytes| TrainingLog {
            ease_memory: EaseMemory {
                megabytes,
                free: None,
            },
            ..TrainingLog::new(9, users.iter().map(Vec::as_slice))
        };
        let scores = |log: &TrainingLog<'_>| {
            let mut scores = vec![0.0; 10];
            Ease::fit(log).unwrap().scores(&[3, 5], &mut scores);
            scores
        };
        assert_eq!(scores(&log(432)), scores(&log(100_000)));
        assert!(Ease::fit(&log(0)).is_err());
    }
}
