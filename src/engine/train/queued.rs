//! Works off one entry of the queue: its run, begun or gone on with, and what became of it.

use std::sync::Arc;
use std::time::Duration;

use super::{
    BuildModel, Command, Control, Ended, Event, EventKind, Job, Observer, Preparing, StopMode,
    TrainError, build_model, run_with,
};
use crate::run::{QueueClaim, QueueWatch, QueueWork, RunId};
use seqscope_data::{DataError, Prepared};

/// Command that leaves a run in order, to go on later.
const LEAVE: Command = Command::Pause;

/// The job of an entry; `prepared` are its data, where they are open already.
#[must_use]
pub fn queued_job(claim: &QueueClaim, prepared: Option<Arc<Prepared>>) -> Job {
    match &claim.work {
        QueueWork::Train(experiment) => Job {
            experiment: experiment.as_ref().clone(),
            store: claim.queue().store().clone(),
            prepared,
            resume: claim.resume.clone(),
        },
    }
}

/// [`super::run`] of an entry of the queue. It ends in order, as a paused run, when the entry is
/// cancelled or the queue is paused, by whatever program; what became of it is written into the
/// queue.
///
/// # Errors
/// As [`super::run`], or when the queue cannot be written.
pub fn run_queued(
    claim: QueueClaim,
    prepared: Option<Arc<Prepared>>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    run_queued_with(claim, prepared, &build_model, control, observer)
}

/// [`run_queued`] with another way to build the model.
///
/// # Errors
/// As [`run_queued`].
#[doc(hidden)]
pub fn run_queued_with(
    claim: QueueClaim,
    prepared: Option<Arc<Prepared>>,
    build: BuildModel<'_>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    let job = queued_job(&claim, prepared);
    let mut control = QueuedControl {
        inner: control,
        watch: claim.watch(),
        has_left: false,
        is_stopped: false,
    };
    let mut observer = QueuedObserver {
        inner: observer,
        claim: &claim,
    };
    let done = run_with(job, build, &mut control, &mut observer);
    let is_stopped = control.is_stopped;
    match &done {
        Ok((run, _)) => claim.settle(run)?,
        Err(error) => not_begun(claim, error, is_stopped)?,
    }
    done
}

/// Writes down that an entry has come to no run, and why. `is_stopped` says that a person wanted no
/// more of it.
///
/// # Errors
/// [`TrainError`] when the queue cannot be written.
pub fn not_begun(
    claim: QueueClaim,
    error: &TrainError,
    is_stopped: bool,
) -> Result<(), TrainError> {
    match error {
        TrainError::Cancelled | TrainError::Data(DataError::Cancelled) if is_stopped => {
            claim.cancelled()?;
        }
        TrainError::Cancelled | TrainError::Data(DataError::Cancelled) => claim.put_back()?,
        error => claim.failed(error.to_string())?,
    }
    Ok(())
}

/// Commands of the person at hand, and the queue's own.
struct QueuedControl<'a> {
    inner: &'a mut dyn Control,
    watch: QueueWatch,
    /// Whether the run was told to leave because its entry is not wanted any more.
    has_left: bool,
    is_stopped: bool,
}

impl QueuedControl<'_> {
    fn heard(&mut self, command: Option<Command>) -> Option<Command> {
        if let Some(Command::Stop(StopMode::Keep | StopMode::Discard)) = command {
            self.is_stopped = true;
        }
        if command.is_some() || self.has_left || self.watch.is_wanted() {
            return command;
        }
        self.has_left = true;
        Some(LEAVE)
    }
}

impl Control for QueuedControl<'_> {
    fn poll(&mut self) -> Option<Command> {
        let command = self.inner.poll();
        self.heard(command)
    }

    fn wait(&mut self, at_most: Duration) -> Option<Command> {
        let command = self.inner.wait(at_most);
        self.heard(command)
    }

    fn early(&mut self) -> Option<Command> {
        let command = self.inner.early();
        self.heard(command)
    }

    fn give_way(&mut self) {
        self.inner.give_way();
    }
}

/// Notes the run in the queue as soon as it has a folder, and passes everything on.
struct QueuedObserver<'a> {
    inner: &'a mut dyn Observer,
    claim: &'a QueueClaim,
}

impl Observer for QueuedObserver<'_> {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        if matches!(event.kind, EventKind::Started { .. }) {
            // A run whose name the queue could not take goes on: it is noted at its end, and found
            // by its experiment after a kill.
            let _ = self.claim.note_run(&event.run);
        }
        self.inner.observe(event)
    }

    fn preparing(&mut self, references: &Preparing) {
        self.inner.preparing(references);
    }
}

#[cfg(test)]
mod tests;
