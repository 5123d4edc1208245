//! The experiment being written, with undo and its problems.

use crate::experiment::Experiment;
use crate::spec::Problem;

/// The experiment being written. A form edits `experiment` in place; [`Draft::settle`], called by
/// [`super::App::receive`] each frame, notices the change.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The experiment as it stands.
    pub experiment: Experiment,
    /// What is wrong with it now, each at its field.
    pub problems: Vec<Problem>,
    /// Estimated number of learnt numbers; `None` until the data are prepared.
    pub n_params: Option<usize>,
    pub(super) settled: Experiment,
    pub(super) undo: Vec<Experiment>,
    pub(super) redo: Vec<Experiment>,
    /// The other families as they were last edited.
    pub(super) shelved: Vec<crate::model::ModelSpec>,
}

impl Draft {
    /// The problems of one field, such as `model.d_model`.
    pub fn problems_at<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Problem> {
        self.problems.iter().filter(move |p| p.field == field)
    }
}
