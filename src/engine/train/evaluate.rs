//! Puts the questions of a part to a model: rank and probability of each true item.

use super::TrainError;
use super::interrupted::Interrupted;
use super::slice_facts::SliceFacts;
use crate::run::UserResult;
use seqscope_base::metric::{Metrics, Rank};
use seqscope_data::{EvalCase, Prepared};
use seqscope_model::{ModelError, Questions, Trainable};

/// Answers to the questions of a part, in their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RankAnswers<'a> {
    cases: &'a [EvalCase],
    /// Mid-rank of each true item, or no place: a miss.
    ranks: Vec<Rank>,
    /// Natural logarithm of the model's probability of each true item, over all items.
    log_probabilities: Vec<f64>,
}

impl RankAnswers<'_> {
    /// Mean negative log-probability, in nats.
    pub(super) fn loss(&self) -> f64 {
        -self.log_probabilities.iter().sum::<f64>() / self.log_probabilities.len().max(1) as f64
    }

    /// Means over users.
    pub(super) fn metrics(&self) -> Metrics {
        Metrics::of_ranks(&self.ranks)
    }

    /// One row a user, with ids as in the log.
    pub(super) fn results(&self, prepared: &Prepared) -> Vec<UserResult> {
        let (dataset, slice_facts) = (&prepared.dataset, SliceFacts::new(prepared));
        let answers = self
            .cases
            .iter()
            .zip(&self.ranks)
            .zip(&self.log_probabilities);
        answers
            .map(|((case, &rank), &log_probability)| UserResult {
                user_id: dataset
                    .users
                    .id(case.user_idx)
                    .unwrap_or_default()
                    .to_owned(),
                item_id: dataset
                    .items
                    .id(question(prepared, *case).target)
                    .unwrap_or_default()
                    .to_owned(),
                rank,
                probability: log_probability.exp(),
                facts: Some(slice_facts.facts(*case)),
                predicted: None,
                answered: None,
            })
            .collect()
    }
}

/// Judges a model on some questions. `between` is called between blocks of them.
pub(super) fn evaluate<'a>(
    model: &dyn Trainable,
    prepared: &Prepared,
    cases: &'a [EvalCase],
    filter_seen: bool,
    between: &mut dyn FnMut() -> Result<(), Interrupted>,
) -> Result<RankAnswers<'a>, Interrupted> {
    let mut judged = RankAnswers {
        cases,
        ranks: Vec::with_capacity(cases.len()),
        log_probabilities: Vec::with_capacity(cases.len()),
    };
    for block in cases.chunks(Questions::AT_A_TIME) {
        let questions = Questions {
            histories: prepared.histories(
                block
                    .iter()
                    .map(|case| (case.user_idx as usize, case.history_len as usize)),
            ),
            targets: block
                .iter()
                .map(|case| question(prepared, *case).target)
                .collect(),
            filter_seen,
            n_items: prepared.dataset.n_items(),
        };
        let answers = model.answers(&questions)?;
        if answers.len() != block.len() {
            let sentence = format!(
                "the model gave {} answers to {} questions",
                answers.len(),
                block.len()
            );
            return Err(ModelError::Compute { sentence }.into());
        }
        judged
            .ranks
            .extend(answers.iter().map(|answer| answer.rank));
        judged
            .log_probabilities
            .extend(answers.iter().map(|answer| answer.log_probability));
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
) -> Result<Metrics, TrainError> {
    match evaluate(model, prepared, cases, filter_seen, &mut || Ok(())) {
        Ok(judged) => Ok(judged.metrics()),
        Err(Interrupted::Failed(error)) => Err(error),
        // Nobody is asked in between, so nobody can stop it.
        Err(Interrupted::Stopped(_) | Interrupted::Left) => Ok(Metrics::default()),
    }
}

/// Events that a model sees, and the item that came next.
pub(super) struct RankingQuestion<'a> {
    pub(super) history: &'a [u32],
    pub(super) target: u32,
}

pub(super) fn question(prepared: &Prepared, case: EvalCase) -> RankingQuestion<'_> {
    let items = prepared.dataset.sequences.items(case.user_idx as usize);
    RankingQuestion {
        history: items.get(..case.history_len as usize).unwrap_or(items),
        target: items.get(case.target_pos as usize).copied().unwrap_or(0),
    }
}
