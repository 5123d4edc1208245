//! The classical references of a run: fitted on its training part, judged on its questions.

mod answers;
mod items;
mod one;

pub use items::fit_reference;
pub use one::{AnswerReference, FittedReference};

use std::collections::BTreeMap;

use super::TrainError;
use super::open::{cases, data_of_run};
use super::outcome::Answered;
use super::ready::{Onlooker, ReferenceStep};
use crate::experiment::{EvaluationSpec, Experiment};
use crate::run::{
    LeftOutReferences, Manifest, Part, ReferenceAnswers, ReferenceResults, References, UserResult,
};
use answers::FittedAnswers;
use seqscope_base::metric::Metrics;
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, Outcomes, Prepared};
use seqscope_model::baseline::{Baseline, BaselineKind, ReferenceKind, ranks_until};

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

impl RunReferences {
    /// Fits every reference of a task on the training events, or on the task's training questions.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(super) fn on(
        prepared: &Prepared,
        experiment: &Experiment,
        outcomes: Option<&Outcomes>,
        watch: &mut Onlooker<'_>,
    ) -> Result<Self, TrainError> {
        let Some(outcomes) = outcomes else {
            return items::fit_all(prepared, experiment.evaluation, watch);
        };
        let kinds = answers::kinds(outcomes);
        let of_answers = watch.each(
            ReferenceStep::Fit,
            &kinds,
            |kind| ReferenceKind::from(*kind),
            |kind, _| FittedAnswers::fit(*kind, prepared, &experiment.task, outcomes),
        )?;
        Ok(Self {
            of_answers,
            ..Self::default()
        })
    }

    /// Judges them on the questions of a part, as a model is judged.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(super) fn judged(
        &self,
        prepared: &Prepared,
        outcomes: Option<&Outcomes>,
        part: Part,
        evaluation: EvaluationSpec,
        watch: &mut Onlooker<'_>,
    ) -> Result<JudgedReferences, TrainError> {
        let judged = if let Some(outcomes) = outcomes {
            watch.each(
                ReferenceStep::Judge,
                &self.of_answers,
                |reference| ReferenceKind::from(reference.kind()),
                |reference, _| {
                    let answered =
                        Answered::by(outcomes, part, |sample| reference.answer(prepared, sample));
                    let results = answered.results(prepared, outcomes);
                    (
                        ReferenceKind::from(reference.kind()),
                        answered.metrics(),
                        ReferenceAnswers::of_results(&results),
                    )
                },
            )?
        } else {
            let questions = items::questions(prepared, cases(prepared, part), evaluation.seen());
            watch.each(
                ReferenceStep::Judge,
                &self.of_items,
                |(kind, _)| ReferenceKind::from(*kind),
                |(kind, reference), stop| {
                    let ranks = ranks_until(
                        stop,
                        reference.as_ref(),
                        prepared.dataset.n_items(),
                        &questions,
                    );
                    (
                        ReferenceKind::from(*kind),
                        Metrics::of_ranks(&ranks),
                        ReferenceAnswers::of_ranks(ranks),
                    )
                },
            )?
        };
        let mut found = JudgedReferences::default();
        for (kind, metrics, answers) in judged {
            found.metrics.insert(kind, metrics);
            found.answers.insert(kind, answers);
        }
        Ok(found)
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
    if let Some(Problem { sentence, .. }) = manifest.counted_before() {
        return Err(TrainError::Unfit(format!(
            "references that are fitted now say nothing beside run {}: {sentence}",
            manifest.id
        )));
    }
    let prepared = data_of_run(manifest, None)?;
    let experiment = &manifest.experiment;
    let outcomes = data::outcomes(&experiment.task, &prepared, experiment.split)?;
    let asked: Vec<u32> = match &outcomes {
        Some(outcomes) => outcomes.test.iter().map(|sample| sample.user_idx).collect(),
        None => prepared
            .split
            .test
            .iter()
            .map(|case| case.user_idx)
            .collect(),
    };
    let asked = asked
        .into_iter()
        .map(|user| prepared.dataset.users.id(user).unwrap_or_default());
    if !asked.eq(model.iter().map(|result| result.user_id.as_str())) {
        let sentence = format!(
            "the test results of run {} are not those of its data; train it anew",
            manifest.id
        );
        return Err(TrainError::Unfit(sentence));
    }
    let watch = &mut Onlooker::nobody();
    let fitted = RunReferences::on(&prepared, experiment, outcomes.as_ref(), watch)?;
    let judged = fitted.judged(
        &prepared,
        outcomes.as_ref(),
        Part::Test,
        experiment.evaluation,
        watch,
    )?;
    Ok(ReferenceResults::beside(model, judged.answers))
}
