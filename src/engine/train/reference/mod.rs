//! The classical references of a run: fitted on its training part, judged on its questions.

mod answers;
mod items;
mod one;
mod shelf;

pub use items::fit_reference;
pub use one::{AnswerReference, FittedReference};
pub use shelf::ReferenceShelf;

pub(super) use shelf::ShelvedReferences;

use std::collections::BTreeMap;

use crate::run::{LeftOutReferences, ReferenceAnswers, References};
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
#[derive(Clone, Debug, Default)]
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
