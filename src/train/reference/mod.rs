//! The classical references of a run: fitted on its training part, judged on its questions.

mod answers;
mod items;

pub use items::fit_reference;

use std::collections::BTreeMap;

use super::open::Task;
use super::outcome::Answered;
use crate::baseline::{Baseline, BaselineKind, ReferenceKind, ranks};
use crate::data::{Outcomes, Prepared, TaskSpec};
use crate::metric::Metrics;
use crate::run::{LeftOutReferences, Part, ReferenceAnswers, References};
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
    pub(super) fn judged(&self, task: &Task, part: Part) -> JudgedReferences {
        let mut judged = JudgedReferences::default();
        // Another task asks other questions.
        let cases = if task.outcomes.is_none() { task.cases(part) } else { &[] };
        let questions = items::questions(&task.prepared, cases, task.experiment.evaluation.filter_seen);
        for (kind, baseline) in &self.of_items {
            let ranks = ranks(baseline.as_ref(), task.prepared.dataset.n_items(), &questions);
            judged.metrics.insert((*kind).into(), Metrics::of_ranks(&ranks));
            judged.answers.insert((*kind).into(), ReferenceAnswers::of_ranks(ranks));
        }
        let Some(outcomes) = &task.outcomes else { return judged };
        for reference in &self.of_answers {
            let answered = Answered::by(outcomes, part, |sample| reference.answer(&task.prepared, sample));
            judged.metrics.insert(reference.kind().into(), answered.metrics());
            let results = answered.results(&task.prepared, outcomes);
            judged.answers.insert(reference.kind().into(), ReferenceAnswers::of_results(&results));
        }
        judged
    }
}
