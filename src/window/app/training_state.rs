//! What this session trains: the run in work, and how it is told what to do.

use std::sync::mpsc::Sender;

use super::job::ModelBuilder;
use super::loadable::Ticket;
use super::{Training, TrainingPhase};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{Curves, RunId};
use seqscope_engine::train::{Command, EventKind, Preparing};

/// The run in work, or the last one of this session.
#[derive(Default)]
pub struct TrainingState {
    /// The run; `None` before the first.
    pub current: Option<Training>,
    commands: Option<Sender<Command>>,
    /// The last start of a training thread: only its news are listened to.
    launched: Ticket,
    /// How runs that start from now on are built, where it is not as usual.
    pub(super) builder: Option<ModelBuilder>,
    /// Experiment to train as soon as its data are prepared: the draft when Start was pressed.
    waits_for_data: Option<Experiment>,
    /// Whether a run was chosen since the last start, so that the Train page shows that one once
    /// nothing trains.
    pub(super) looks_back: bool,
}

impl TrainingState {
    /// Whether a run is being made ready, trained or held.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.current.as_ref().is_some_and(Training::is_active)
    }

    /// The run in work, once it has a folder.
    #[must_use]
    pub fn run_at_work(&self) -> Option<&RunId> {
        let current = self.current.as_ref();
        current
            .filter(|training| training.is_active())?
            .run
            .as_ref()
    }

    /// Phase that the last run of this session is in.
    #[must_use]
    pub fn phase(&self) -> Option<&TrainingPhase> {
        self.current.as_ref().map(|training| &training.phase)
    }

    /// This run, where it is the one in work or the last one.
    pub(super) fn of_run(&self, run: &RunId) -> Option<&Training> {
        let current = self.current.as_ref();
        current.filter(|training| training.run.as_ref() == Some(run))
    }

    /// A run that is about to be made ready is looked at.
    pub(super) fn begin(&mut self, training: Training) {
        self.looks_back = false;
        self.current = Some(training);
    }

    /// Trains this once its data are here.
    pub(super) fn wait_for_data(&mut self, experiment: Experiment) {
        self.waits_for_data = Some(experiment);
    }

    /// Whether data are prepared to be trained on.
    pub(super) fn is_waiting_for_data(&self) -> bool {
        self.waits_for_data.is_some()
    }

    /// The experiment that has waited for its data, which waits no longer.
    pub(super) fn take_waiting(&mut self) -> Option<Experiment> {
        self.waits_for_data.take()
    }

    /// A new start of a training thread; news of an older one are passed over from now on.
    pub(super) fn renew(&mut self) -> Ticket {
        self.launched.renew()
    }

    /// Whether news are of the last start.
    pub(super) fn is_launched_as(&self, ticket: Ticket) -> bool {
        ticket == self.launched
    }

    /// Sends the commands of this thread from now on.
    pub(super) fn listen_to(&mut self, commands: Sender<Command>) {
        self.commands = Some(commands);
    }

    /// Tells the run in work what to do.
    pub(super) fn command(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A run that has just ended hears nothing any more; its last event is on the way.
            let _ = commands.send(command);
        }
    }

    /// Nothing hears commands any more.
    pub(super) fn has_ended(&mut self) {
        self.commands = None;
    }

    /// Phase that is shown until the run tells another one.
    pub(super) fn set_phase(&mut self, phase: TrainingPhase) {
        if let Some(training) = &mut self.current {
            training.phase = phase;
        }
    }

    /// It could not be started, for this reason.
    pub(super) fn not_started(&mut self, why: String) {
        self.set_phase(TrainingPhase::NotStarted(why));
        self.has_ended();
    }

    /// Takes in how far the references are.
    pub(super) fn prepare(&mut self, references: Preparing) {
        if let Some(training) = &mut self.current {
            training.preparing = Some(references);
        }
    }

    /// Takes in one event.
    pub(super) fn fold(&mut self, run: &RunId, kind: EventKind) {
        if let Some(training) = &mut self.current {
            training.fold(run, kind);
        }
    }

    /// Gives a run that went on the curves of its earlier epochs.
    pub(super) fn recall(&mut self, run: &RunId, curves: &Curves) {
        let current = self.current.as_mut();
        if let Some(training) = current.filter(|training| training.run.as_ref() == Some(run)) {
            training.recall(curves);
        }
    }
}
