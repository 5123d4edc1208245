//! The classical references of a run: fitted on its training part, judged on its questions.

mod answers;
mod items;
mod one;

pub use items::fit_reference;
pub use one::{FittedReference, TaskAnswers};

use std::collections::BTreeMap;

use super::TrainError;
use super::open::{cases, data_of_run};
use super::outcome::Answered;
use crate::baseline::{Baseline, BaselineKind, ReferenceKind, ranks};
use crate::data::{self, Outcomes, Prepared, TaskSpec};
use crate::experiment::{EvaluationSpec, Experiment};
use crate::metric::Metrics;
use crate::run::{LeftOutReferences, Manifest, Part, ReferenceAnswers, ReferenceResults, References, UserResult};
use answers::FittedAnswers;

/// The references that have something to say of a log, and why the others have not.
#[derive(Default)]
pub(super) struct Fitted {
    of_items: Vec<(BaselineKind, Box<dyn Baseline>)>,
    of_answers: Vec<FittedAnswers>,
    pub(super) left_out: LeftOutReferences,
}

/// What came of the references on a part.
#[derive(Default)]
pub(super) struct JudgedReferences {
    /// Their figures.
    pub(super) metrics: References,
    /// What they answered to each question, in order.
    pub(super) answers: BTreeMap<ReferenceKind, ReferenceAnswers>,
}

impl Fitted {
    /// Fits every reference of a task on the training events, or on the task's training questions.
    pub(super) fn on(prepared: &Prepared, task: &TaskSpec, outcomes: Option<&Outcomes>) -> Self {
        match outcomes {
            None => items::fit_all(prepared),
            Some(outcomes) => Self { of_answers: answers::fit_all(prepared, task, outcomes), ..Self::default() },
        }
    }

    /// Judges them on the questions of a part, as a model is judged.
    pub(super) fn judged(
        &self,
        prepared: &Prepared,
        outcomes: Option<&Outcomes>,
        part: Part,
        evaluation: EvaluationSpec,
    ) -> JudgedReferences {
        let mut judged = JudgedReferences::default();
        if let Some(outcomes) = outcomes {
            for reference in &self.of_answers {
                let answered = Answered::by(outcomes, part, |sample| reference.answer(prepared, sample));
                judged.metrics.insert(reference.kind().into(), answered.metrics());
                let results = answered.results(prepared, outcomes);
                judged.answers.insert(reference.kind().into(), ReferenceAnswers::of_results(&results));
            }
            return judged;
        }
        let questions = items::questions(prepared, cases(prepared, part), evaluation.filter_seen);
        for (kind, baseline) in &self.of_items {
            let ranks = ranks(baseline.as_ref(), prepared.dataset.n_items(), &questions);
            judged.metrics.insert((*kind).into(), Metrics::of_ranks(&ranks));
            judged.answers.insert((*kind).into(), ReferenceAnswers::of_ranks(ranks));
        }
        judged
    }
}

/// What the references of a run answer to its test questions, fitted anew on its data: for a run from before
/// such answers were kept. `model` are its own results.
///
/// # Errors
/// [`TrainError`] when the data cannot be opened again or have changed since.
pub fn refit_references(manifest: &Manifest, model: &[UserResult]) -> Result<ReferenceResults, TrainError> {
    let prepared = data_of_run(manifest, None)?;
    let Experiment { task, split, evaluation, .. } = &manifest.experiment;
    let outcomes = data::outcomes(task, &prepared, *split)?;
    let asked: Vec<u32> = match &outcomes {
        Some(outcomes) => outcomes.test.iter().map(|sample| sample.user_idx).collect(),
        None => prepared.split.test.iter().map(|case| case.user_idx).collect(),
    };
    let asked = asked.into_iter().map(|user| prepared.dataset.users.id(user).unwrap_or_default());
    if !asked.eq(model.iter().map(|result| result.user_id.as_str())) {
        let sentence = format!("the test results of run {} are not those of its data; train it anew", manifest.id);
        return Err(TrainError::Unfit(sentence));
    }
    let fitted = Fitted::on(&prepared, task, outcomes.as_ref());
    let judged = fitted.judged(&prepared, outcomes.as_ref(), Part::Test, *evaluation);
    Ok(ReferenceResults::beside(model, judged.answers))
}
