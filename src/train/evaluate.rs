//! Puts the questions of a part to a model or a reference: rank and probability of each true item.

use super::TrainError;
use super::live::Halt;
use crate::baseline::{Baseline, BaselineKind};
use crate::data::{EvalCase, Histories, Prepared};
use crate::metric::{Rank, RankingMetrics, mid_rank};
use crate::model::{ModelError, Trainable};
use crate::run::{References, UserResult};

/// Answers to the questions of a part, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// Mid-rank of each true item.
    pub(super) ranks: Vec<Rank>,
    /// Natural logarithm of the model's probability of each true item, a softmax over the whole
    /// catalogue.
    pub(super) log_probabilities: Vec<f64>,
}

impl Judged {
    /// Mean negative log-probability, in nats.
    pub(super) fn loss(&self) -> f64 {
        -self.log_probabilities.iter().sum::<f64>() / self.log_probabilities.len().max(1) as f64
    }

    /// Means over users.
    pub(super) fn metrics(&self) -> RankingMetrics {
        RankingMetrics::from_ranks(&self.ranks)
    }

    /// One row a user, with ids as in the log.
    pub(super) fn results(&self, prepared: &Prepared, cases: &[EvalCase]) -> Vec<UserResult> {
        let dataset = &prepared.dataset;
        let answers = cases.iter().zip(&self.ranks).zip(&self.log_probabilities);
        let row = |((case, &rank), &log_probability): ((&EvalCase, &f64), &f64)| UserResult {
            user_id: dataset.users.id(case.user_idx).unwrap_or_default().to_owned(),
            item_id: dataset.items.id(question(prepared, *case).target).unwrap_or_default().to_owned(),
            rank,
            probability: log_probability.exp(),
        };
        answers.map(row).collect()
    }
}

/// Most scores computed at once: 16 million, 64 MB.
const MAX_SCORES: usize = 16_000_000;

/// Most histories scored at once.
const MAX_BLOCK: usize = 256;

/// Judges a model on some questions. `between` is called between blocks of histories.
pub(super) fn evaluate(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &[EvalCase],
    filter_seen: bool,
    between: &mut dyn FnMut() -> Result<(), Halt>,
) -> Result<Judged, Halt> {
    let n_columns = prepared.dataset.n_items() + 1;
    let mut judged = Judged::default();
    // The size of a block depends on the data alone, so that results do not depend on the machine.
    for block in cases.chunks((MAX_SCORES / n_columns).clamp(1, MAX_BLOCK)) {
        let questions: Vec<Question<'_>> = block.iter().map(|case| question(prepared, *case)).collect();
        let histories: Histories = questions.iter().map(|q| q.history).collect();
        let scores = model.scores(&histories)?;
        if scores.len() != block.len() * n_columns {
            let sentence = format!("the model gave {} scores for {} histories", scores.len(), block.len());
            return Err(ModelError::Compute { sentence }.into());
        }
        for (row, question) in scores.chunks_exact(n_columns).zip(&questions) {
            judged.ranks.push(mid_rank(row, question.target as usize, &question.excluded(filter_seen)));
            judged.log_probabilities.push(log_probability(row, question.target as usize));
        }
        between()?;
    }
    Ok(judged)
}

/// Judges a model on some questions, as a run does after each epoch.
///
/// # Errors
/// [`TrainError`] when the model fails.
pub fn judge(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &[EvalCase],
    filter_seen: bool,
) -> Result<RankingMetrics, TrainError> {
    match evaluate(model, prepared, cases, filter_seen, &mut || Ok(())) {
        Ok(judged) => Ok(judged.metrics()),
        Err(Halt::Failed(error)) => Err(error),
        // Nobody is asked in between, so nobody can stop it.
        Err(Halt::Stopped(_)) => Ok(RankingMetrics::default()),
    }
}

/// A reference fitted on the training events.
pub(super) type Fitted = (BaselineKind, Box<dyn Baseline>);

/// Judges the references on some questions.
pub(super) fn judge_references(
    fitted: &[Fitted],
    prepared: &Prepared,
    cases: &[EvalCase],
    filter_seen: bool,
) -> References {
    let mut scores = vec![0.0; prepared.dataset.n_items() + 1];
    let mut rank = |baseline: &dyn Baseline, case: &EvalCase| {
        let question = question(prepared, *case);
        baseline.scores(question.history, &mut scores);
        mid_rank(&scores, question.target as usize, &question.excluded(filter_seen))
    };
    let mut judge = |baseline: &dyn Baseline| -> Vec<Rank> { cases.iter().map(|case| rank(baseline, case)).collect() };
    fitted.iter().map(|(kind, b)| (*kind, RankingMetrics::from_ranks(&judge(b.as_ref())))).collect()
}

/// What a model sees, and what came next.
struct Question<'a> {
    history: &'a [u32],
    target: u32,
}

impl Question<'_> {
    /// Items that are not ranked, sorted and without repeats.
    fn excluded(&self, filter_seen: bool) -> Vec<u32> {
        let mut seen = if filter_seen { self.history.to_vec() } else { Vec::new() };
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

fn question(prepared: &Prepared, case: EvalCase) -> Question<'_> {
    let items = prepared.dataset.sequences.items(case.user_idx as usize);
    Question {
        history: items.get(..case.history_len as usize).unwrap_or(items),
        target: items.get(case.target_pos as usize).copied().unwrap_or(0),
    }
}

/// Logarithm of the softmax of `target` over the catalogue; column 0 is padding. NaN where a score
/// is NaN.
fn log_probability(scores: &[f32], target: usize) -> f64 {
    let catalogue = scores.get(1..).unwrap_or(&[]);
    let max = catalogue.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = catalogue.iter().map(|&s| f64::from(s - max).exp()).sum();
    scores.get(target).map_or(f64::NAN, |&s| f64::from(s - max) - sum.ln())
}

#[cfg(test)]
mod tests {
    use super::log_probability;

    #[test]
    fn padding_takes_no_part_and_large_scores_do_not_overflow() {
        // softmax(1000, 1000 + ln 3) = (1/4, 3/4)
        let scores = [5000.0, 1000.0, 1000.0 + 3.0_f32.ln()];
        assert!((log_probability(&scores, 2).exp() - 0.75).abs() < 1e-4);
        assert!(log_probability(&[0.0, f32::NAN, 1.0], 2).is_nan());
    }
}
