//! A run that is a trial of a sweep.

use super::build::build_model;
use super::open::Opening;
use super::ready::Onlooker;
use super::reference::ReferenceShelf;
use super::task::TaskQuestions;
use super::{Control, Ended, Job, Observer, Steer, TrainError, carry_out};
use crate::experiment::Experiment;
use crate::run::{RunId, SweepMark};
use seqscope_data::Prepared;

/// What a run of a sweep has beside its experiment.
#[derive(Clone, Debug)]
pub struct OfSweep<'a> {
    /// Its place in the sweep, for its manifest; `None` of a run that only shares references with
    /// others.
    pub mark: Option<SweepMark>,
    /// References that all trials share.
    pub shelf: &'a ReferenceShelf,
}

/// Does a run that is a trial of a sweep: its manifest says so, and references are shared.
///
/// # Errors
/// As [`super::run`].
pub fn run_of_sweep(
    job: Job,
    of_sweep: &OfSweep<'_>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    let opening = Opening {
        steer: &Steer::Straight,
        of_sweep: Some(of_sweep),
    };
    carry_out(job, opening, &build_model, control, observer)
}

/// Does a run as one of several, whose references are fitted and judged once where they are the same.
///
/// # Errors
/// As [`super::run`].
pub fn run_beside(
    job: Job,
    shelf: &ReferenceShelf,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    run_of_sweep(job, &OfSweep { mark: None, shelf }, control, observer)
}

/// Fits and judges the references of an experiment on its data, and puts them on the shelf for the
/// trials to come.
///
/// # Errors
/// [`TrainError`] when the data lack what the task needs, or the end is asked for.
pub fn fill_shelf(
    shelf: &ReferenceShelf,
    experiment: &Experiment,
    prepared: &Prepared,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(), TrainError> {
    let mut experiment = experiment.clone();
    experiment.evaluation = experiment.evaluation.resolved(&prepared.returns);
    let questions = TaskQuestions::of_experiment(&experiment, prepared)?;
    let watch = &mut Onlooker::by(control, observer);
    shelf.of(&experiment, prepared, &questions, watch)?;
    Ok(())
}
