//! One run from start to end on the calling thread: no threads, no egui, no burn.

mod error;
mod message;

pub use error::TrainError;
pub use message::{Command, Control, Ended, Event, EventKind, Observer, Progress, StopMode};

use std::sync::Arc;

use crate::data::Prepared;
use crate::experiment::Experiment;
use crate::model::Trainable;
use crate::run::{Manifest, RunId, RunStore};

/// One run to be done.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to do.
    pub experiment: Experiment,
    /// Where the run's folder goes.
    pub store: RunStore,
    /// The data, when it is already open; it must be what `experiment.data` and
    /// `experiment.split` say.
    pub prepared: Option<Arc<Prepared>>,
    /// An interrupted or stopped run to go on with; `experiment` is then the run's own.
    pub resume: Option<RunId>,
}

/// Does one run from start to end on the calling thread.
///
/// The run's folder is written first for every event; then `observer` hears of it. Every run that
/// was started ends with exactly one [`EventKind::Ended`], whatever happens, a panic in the model
/// included; what is returned is the same [`Ended`].
///
/// # Errors
/// [`TrainError`] when the run could not be started: then there is no folder and no event.
pub fn run(job: Job, control: &mut dyn Control, observer: &mut dyn Observer) -> Result<(RunId, Ended), TrainError> {
    let _ = (job, control.poll(), observer);
    todo!()
}

/// A finished or interrupted run, opened again.
pub struct Restored {
    /// What was run.
    pub manifest: Manifest,
    /// Its data.
    pub prepared: Arc<Prepared>,
    /// Its model on the CPU, with the weights of the epoch that was asked for.
    pub model: Box<dyn Trainable>,
    /// Which epoch that is.
    pub epoch: usize,
}

/// Opens a run with the weights of one epoch, or of the best one.
///
/// The data are opened again unless `prepared` already has the run's fingerprint.
///
/// # Errors
/// [`TrainError`] when run, data or weights cannot be read, or when the data have changed since.
pub fn restore(
    store: &RunStore,
    id: &RunId,
    epoch: Option<usize>,
    prepared: Option<Arc<Prepared>>,
) -> Result<Restored, TrainError> {
    let _ = (store, id, epoch, prepared);
    todo!()
}
