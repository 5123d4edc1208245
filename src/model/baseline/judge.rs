//! The rank of what came next, for many questions at once.

use rayon::prelude::*;

use super::{Baseline, Stop};
use seqscope_base::metric::{Rank, mid_rank};

/// History that a reference sees, the item that came next, and the items that do not compete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// Items before, oldest first.
    pub history: &'a [u32],
    /// Item that came next.
    pub target: u32,
    /// Items that are left out of the ranking, without repeats; a target among them is a miss.
    pub excluded: Vec<u32>,
}

/// The mid-rank of each question's target, in the order of the questions.
///
/// The questions are shared out over the processors, each with scores of its own; no sum runs over
/// several questions, so the number of threads changes no bit.
#[must_use]
pub fn ranks(baseline: &dyn Baseline, n_items: usize, questions: &[Question<'_>]) -> Vec<Rank> {
    ranks_until(Stop::default(), baseline, n_items, questions)
}

/// [`ranks`] until it is given up.
#[must_use]
pub fn ranks_until(
    stop: Stop<'_>,
    baseline: &dyn Baseline,
    n_items: usize,
    questions: &[Question<'_>],
) -> Vec<Rank> {
    let rank = |scores: &mut Vec<f32>, question: &Question<'_>| {
        if stop.is_asked() {
            return 1.0;
        }
        baseline.scores(question.history, scores);
        mid_rank(scores, question.target as usize, &question.excluded)
    };
    questions
        .par_iter()
        .map_init(|| vec![0.0; n_items + 1], rank)
        .collect()
}
