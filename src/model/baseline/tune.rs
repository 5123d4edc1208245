//! A setting chosen on the training part alone.
//!
//! How fast the past fades depends on the data. So a reference is fitted without each user's last
//! *training* event, and the value is taken that ranks these events of up to [`TUNING_USERS`] users
//! best, by NDCG@10, with seen items left out or ranked as the reference is then judged. Validation
//! and test are never looked at.

use rayon::prelude::*;

use super::{Question, Stop, TrainingLog};
use seqscope_base::metric::{mid_rank, ndcg_term};

/// Most users that the choice of a setting looks at, taken evenly over all.
pub const TUNING_USERS: usize = 2_000;

/// Sequences without their last events, and those events as questions.
pub(super) struct Tuning<'a> {
    n_items: usize,
    /// Every sequence but its last event.
    pub(super) shortened: Vec<&'a [u32]>,
    questions: Vec<Question<'a>>,
    stop: Stop<'a>,
}

impl<'a> Tuning<'a> {
    pub(super) fn for_log(log: &TrainingLog<'a>) -> Self {
        let (n_items, sequences, stop, seen) = (log.n_items, &log.sequences, log.stop, log.seen);
        let cut =
            |sequence: &&'a [u32]| sequence.split_last().map_or(&[][..], |(_, before)| before);
        let every = sequences.len().div_ceil(TUNING_USERS).max(1);
        let asked = sequences.iter().step_by(every).filter_map(|sequence| {
            let (&target, history) = sequence.split_last()?;
            let is_one = !history.is_empty();
            is_one.then(|| Question {
                history,
                target,
                excluded: seen.excluded(history),
            })
        });
        let (shortened, questions) = (sequences.iter().map(cut).collect(), asked.collect());
        Self {
            n_items,
            shortened,
            questions,
            stop,
        }
    }

    /// The value with which `score` ranks the questions best, and the sum of their NDCG@10; the
    /// first one wins a tie.
    pub(super) fn best<T: Copy + Sync>(
        &self,
        values: &[T],
        score: impl Fn(T, &[u32], &mut [f32]) + Sync,
    ) -> Option<(T, f64)> {
        let mut best: Option<(T, f64)> = None;
        for &value in values {
            let found = self.ndcg(|history, scores| score(value, history, scores));
            if best.is_none_or(|(_, most)| found > most) {
                best = Some((value, found));
            }
        }
        best
    }

    /// Sum of the questions' NDCG@10.
    fn ndcg(&self, score: impl Fn(&[u32], &mut [f32]) + Sync) -> f64 {
        let terms: Vec<f64> = self
            .questions
            .par_iter()
            .map_init(
                || vec![0.0; self.n_items + 1],
                |scores, question| {
                    if self.stop.is_asked() {
                        return 0.0;
                    }
                    score(question.history, scores);
                    let rank = mid_rank(scores, question.target as usize, &question.excluded);
                    ndcg_term(rank, 10)
                },
            )
            .collect();
        // Added up here, in the order of the questions: so no number of threads changes the sum.
        terms.iter().sum()
    }
}
