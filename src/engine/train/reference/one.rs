//! One reference of a run, to be asked whatever the run's model is asked.

use super::answers::{FittedAnswers, kind_of};
use super::items;
use crate::experiment::Experiment;
use crate::train::TaskQuestions;
use seqscope_base::spec::Entry;
use seqscope_data::{Output, Prepared, Sample};
use seqscope_model::baseline::{Baseline, LeftOut, ReferenceKind};

/// A reference as its run fits it: on the training events, or on the task's training questions.
pub enum FittedReference {
    /// One that ranks items.
    Items(Box<dyn Baseline>),
    /// One that gives other answers.
    Answers(AnswerReference),
}

/// A reference of a task that ranks no items.
pub struct AnswerReference(FittedAnswers);

impl FittedReference {
    /// Fits one on the data of a run, whose experiment says what becomes of seen items.
    ///
    /// # Errors
    /// [`LeftOut`] where the log lacks what the reference goes by, or is too large for it, and for
    /// one of another kind of task.
    pub fn on(
        prepared: &Prepared,
        experiment: &Experiment,
        questions: &TaskQuestions,
        kind: ReferenceKind,
    ) -> Result<Self, LeftOut> {
        match (kind, questions) {
            (ReferenceKind::Item(kind), TaskQuestions::NextItem) => {
                items::fit_reference(prepared, kind, experiment.evaluation).map(Self::Items)
            }
            (ReferenceKind::Task(kind), TaskQuestions::Outcomes(outcomes))
                if kind.answers() == kind_of(outcomes.output) =>
            {
                Ok(Self::Answers(AnswerReference(FittedAnswers::fit(
                    kind,
                    prepared,
                    &experiment.task,
                    outcomes,
                ))))
            }
            (ReferenceKind::Item(_) | ReferenceKind::Task(_), _) => Err(LeftOut(format!(
                "{} gives no answers of this run's task.",
                kind.title()
            ))),
        }
    }
}

impl AnswerReference {
    /// What it answers to a question, in the words of the task: chances of the classes, of "no" and
    /// "yes", or the number in its own unit. It sees what a model sees.
    #[must_use]
    pub fn answer(&self, prepared: &Prepared, output: Output, sample: &Sample) -> Vec<f64> {
        let answer = self.0.answer(prepared, sample);
        match (output, answer.as_slice()) {
            (Output::Chance, [yes]) => vec![1.0 - yes, *yes],
            _ => answer,
        }
    }
}
