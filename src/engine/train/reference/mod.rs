//! The classical references of a run: fitted on its training part, judged on its questions.

mod answers;
mod items;
mod one;

pub use items::fit_reference;
pub use one::{AnswerReference, FittedReference};

use std::collections::BTreeMap;

use super::TrainError;
use super::open::data_of_run;
use super::ready::Onlooker;
use super::task::TaskQuestions;
use crate::run::{
    LeftOutReferences, Manifest, Part, ReferenceAnswers, ReferenceResults, References, UserResult,
};
use answers::FittedAnswers;
use seqscope_base::metric::Metrics;
use seqscope_model::baseline::{Baseline, BaselineKind, ReferenceKind};

/// The references that have something to say of a log, and why the others have not.
#[derive(Default)]
pub(super) struct RunReferences {
    of_items: Vec<(BaselineKind, Box<dyn Baseline>)>,
    of_answers: Vec<FittedAnswers>,
    pub(super) left_out: LeftOutReferences,
}

/// Figures and answers of the references on a part.
#[derive(Default)]
pub(super) struct JudgedReferences {
    /// Their figures.
    pub(super) metrics: References,
    /// Their answers to each question, in order.
    pub(super) answers: BTreeMap<ReferenceKind, ReferenceAnswers>,
}

impl JudgedReferences {
    fn insert(&mut self, kind: ReferenceKind, metrics: Metrics, answers: ReferenceAnswers) {
        self.metrics.insert(kind, metrics);
        self.answers.insert(kind, answers);
    }
}

/// What the references of a run answer to its test questions, fitted anew on its data: for a run
/// from before such answers were kept. `model` are its own results.
///
/// # Errors
/// [`TrainError`] when the data cannot be opened again or have changed since, or when the model's
/// results are by an older rule than the one by which the references would be judged.
pub fn refit_references(
    manifest: &Manifest,
    model: &[UserResult],
) -> Result<ReferenceResults, TrainError> {
    if let Some(problem) = manifest.counted_before() {
        return Err(TrainError::Unfit(format!(
            "references that are fitted now say nothing beside run {}: {}",
            manifest.id,
            problem.sentence()
        )));
    }
    let prepared = data_of_run(manifest, None)?;
    let experiment = &manifest.experiment;
    let questions = TaskQuestions::of_experiment(experiment, &prepared)?;
    let asked = questions.test_users(&prepared);
    let asked = asked
        .iter()
        .map(|&user| prepared.dataset.users.id(user).unwrap_or_default());
    if !asked.eq(model.iter().map(|result| result.user_id.as_str())) {
        let sentence = format!(
            "the test results of run {} are not those of its data; train it anew",
            manifest.id
        );
        return Err(TrainError::Unfit(sentence));
    }
    let watch = &mut Onlooker::nobody();
    let fitted = questions.fit_references(&prepared, experiment, watch)?;
    let judged =
        questions.judge_references(&fitted, &prepared, Part::Test, experiment.evaluation, watch)?;
    Ok(ReferenceResults::beside(model, judged.answers))
}
