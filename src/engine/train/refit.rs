//! Fits the references of an older run anew.

use super::TrainError;
use super::data_of_run::data_of_run;
use super::ready::Onlooker;
use super::task::TaskQuestions;
use crate::run::{Manifest, Part, ReferenceResults, UserResult};

/// Answers of the references of a run to its test questions, fitted anew on its data: for a run
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
