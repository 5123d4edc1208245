//! A look at whole rows of scores on the test questions: what the top-10 lists are like, and, where
//! asked for, the rank among sampled candidates.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::evaluate::{RankingQuestion, question};
use super::interrupted::Interrupted;
use crate::experiment::EvaluationSpec;
use crate::slice::n_train_events;
use seqscope_base::metric::{MISS, Metrics, Rank, is_left_out, mid_rank};
use seqscope_base::spec::derive_seed;
use seqscope_data::{EvalCase, Prepared};
use seqscope_model::Trainable;

/// Length of the lists.
const LENGTH: usize = 10;
/// Users whose lists are looked at, spread evenly over all: lists of more change the figures
/// little.
const MOST_USERS: usize = 10_000;
/// Scores in memory at a time, 64 MB.
const MOST_SCORES: usize = 16_000_000;

/// What whole rows of scores tell of a model on some questions.
#[derive(Debug, Default)]
pub(super) struct ListMetrics {
    /// Coverage, Gini, novelty and popularity lift of the top-10 lists.
    pub(super) metrics: Metrics,
    /// Metrics of the ranks among sampled candidates, where they were asked for.
    pub(super) sampled: Option<Metrics>,
}

/// Looks at the lists of a model. Candidates are drawn for every question; lists are looked at for
/// up to [`MOST_USERS`] users.
pub(super) fn list_metrics(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &[EvalCase],
    spec: EvaluationSpec,
    between: &mut dyn FnMut() -> Result<(), Interrupted>,
) -> Result<ListMetrics, Interrupted> {
    let n_items = prepared.dataset.n_items();
    let is_sampled = spec.candidates > 0;
    let every = if is_sampled {
        1
    } else {
        cases.len().div_ceil(MOST_USERS).max(1)
    };
    let looked: Vec<EvalCase> = cases.iter().copied().step_by(every).collect();
    let at_a_time = (MOST_SCORES / (n_items + 1)).clamp(1, 256);
    let (mut lists, mut ranks) = (Vec::new(), Vec::<Rank>::new());
    for block in looked.chunks(at_a_time) {
        let asked: Vec<RankingQuestion<'_>> =
            block.iter().map(|case| question(prepared, *case)).collect();
        let seen = block
            .iter()
            .map(|case| (case.user_idx as usize, case.history_len as usize));
        let histories = prepared.histories(seen);
        let scores = model.scores(&histories)?;
        for ((question, case), row) in asked.iter().zip(block).zip(scores.chunks(n_items + 1)) {
            let excluded = spec.seen().excluded(question.history);
            lists.push(top(row, &excluded));
            if is_sampled {
                ranks.push(if is_left_out(question.target, &excluded) {
                    MISS
                } else {
                    sampled_rank(
                        row,
                        question.target,
                        &candidates(spec, *case, n_items, &excluded),
                    )
                });
            }
        }
        between()?;
    }
    Ok(ListMetrics {
        metrics: Metrics::of_lists(&lists, &n_train_events(prepared)),
        sampled: is_sampled.then(|| Metrics::of_ranks(&ranks)),
    })
}

/// The items with the highest scores, best first; of equal ones that with the lower number, so that
/// a model that says nothing shows everyone the same list. Scores that are no numbers are not
/// listed.
fn top(row: &[f32], excluded: &[u32]) -> Vec<u32> {
    let mut items: Vec<(u32, f32)> = (0_u32..)
        .zip(row.iter().copied())
        .skip(1)
        .filter(|&(item, score)| !score.is_nan() && excluded.binary_search(&item).is_err())
        .collect();
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if items.len() > LENGTH {
        items.select_nth_unstable_by(LENGTH, order);
        items.truncate(LENGTH);
    }
    items.sort_by(order);
    items.into_iter().map(|(item, _)| item).collect()
}

/// Items drawn evenly without repeats, none of them left out: the same for every run with the
/// same seed, user by user.
fn candidates(spec: EvaluationSpec, case: EvalCase, n_items: usize, excluded: &[u32]) -> Vec<u32> {
    let seed = derive_seed(
        spec.candidates_seed as u64,
        "candidates",
        u64::from(case.user_idx),
    );
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pool: Vec<u32> = (1..=n_items as u32)
        .filter(|item| excluded.binary_search(item).is_err())
        .collect();
    let n = spec.candidates.min(pool.len());
    for at in 0..n {
        let other = random.random_range(at..pool.len());
        pool.swap(at, other);
    }
    pool.truncate(n);
    pool
}

/// The mid-rank of the true item among the candidates; the true one counts once, drawn or not.
fn sampled_rank(row: &[f32], target: u32, candidates: &[u32]) -> Rank {
    let score = |item: u32| row.get(item as usize).copied().unwrap_or(f32::NAN);
    let rivals = candidates
        .iter()
        .copied()
        .filter(|&item| item != target)
        .map(score);
    let scores: Vec<f32> = [0.0, score(target)].into_iter().chain(rivals).collect();
    mid_rank(&scores, 1, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_ten_without_those_left_out() {
        let row: Vec<f32> = [9.0]
            .into_iter()
            .chain((1..=12).map(|item| item as f32))
            .collect();
        assert_eq!(top(&row, &[12]), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(
            top(&[0.0, 1.0, f32::NAN, 1.0], &[]),
            [1, 3],
            "ties by number, what is no number not at all"
        );
        assert_eq!(
            top(&[0.0; 40], &[]),
            (1..=10).collect::<Vec<u32>>(),
            "the same list for everyone"
        );
    }

    #[test]
    fn candidates_are_the_same_again_and_never_left_out_ones() {
        let spec = EvaluationSpec {
            candidates: 5,
            candidates_seed: 3,
            ..EvaluationSpec::default()
        };
        let case = EvalCase {
            user_idx: 7,
            history_len: 1,
            target_pos: 1,
        };
        let drawn = candidates(spec, case, 20, &[1, 2, 3]);
        assert_eq!(drawn, candidates(spec, case, 20, &[1, 2, 3]));
        let distinct: std::collections::BTreeSet<u32> = drawn.iter().copied().collect();
        assert!(
            distinct.len() == 5 && distinct.iter().all(|item| (4..=20).contains(item)),
            "{drawn:?}"
        );
        let all = EvaluationSpec {
            candidates: 99,
            ..spec
        };
        assert_eq!(
            candidates(all, case, 6, &[1]).len(),
            5,
            "no more than there are"
        );
    }

    #[test]
    fn a_rank_among_candidates_counts_the_true_item_once_and_ties_by_half() {
        let row = [0.0, 0.5, 0.9, 0.5, 0.1];
        assert!((sampled_rank(&row, 1, &[1, 2, 3, 4]) - 2.5).abs() < 1e-12);
        assert!((sampled_rank(&row, 4, &[2]) - 2.0).abs() < 1e-12);
        assert!(
            (sampled_rank(&[0.0; 11], 1, &[2, 3, 4, 5, 6, 7, 8, 9, 10]) - 5.5).abs() < 1e-12,
            "constant scores"
        );
    }
}
