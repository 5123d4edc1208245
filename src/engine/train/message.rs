//! Messages to a training run, and those that it sends.

use std::fmt;
use std::time::Duration;

use super::{LatentUse, TrainError};
use crate::run::{
    DataStamp, EpochRecord, LeftOutReferences, LiveChange, LiveSetting, Manifest, Pause,
    References, RunId, RunOutcome,
};
use seqscope_base::metric::{Metrics, Reliability};
use seqscope_base::spec::{Entry, Problem};
use seqscope_data::TestTies;
use seqscope_data::world::Ceiling;
use seqscope_model::baseline::ReferenceKind;
use seqscope_model::gan::Pass;
use seqscope_model::{DeviceInfo, MemoryNeed};

/// Choice of what becomes of a run that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Evaluate the best weights so far and keep the run.
    Keep,
    /// Delete the run.
    Discard,
}

/// Piece of training after which a run that was held holds again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepUnit {
    /// One batch: one optimiser step.
    Batch,
    /// The rest of the epoch in work, validation included; at its end one whole epoch.
    Epoch,
}

/// Slow motion: how many steps are made a second at most. What is waited is no training time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
pub enum SlowMotion {
    /// As fast as they are made.
    #[default]
    Off,
    /// Twenty a second.
    Twenty,
    /// Five a second.
    Five,
    /// One a second.
    One,
}

impl SlowMotion {
    /// Time from one step to the next; `None` where it is off.
    #[must_use]
    pub fn delay(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::One => Some(Duration::from_secs(1)),
            Self::Five => Some(Duration::from_millis(200)),
            Self::Twenty => Some(Duration::from_millis(50)),
        }
    }
}

/// Command to a run; obeyed between steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Hold after this step, until told to go on; nothing is kept on disk.
    Hold,
    /// Go on.
    GoOn,
    /// Train one piece and hold again.
    Step(StepUnit),
    /// Make steps so fast at most, from now on.
    Slow(SlowMotion),
    /// Change a setting, from the next step on; it is kept with the run. A value that is out of its
    /// range is refused with a warning.
    Change(LiveSetting, f64),
    /// End now.
    Stop(StopMode),
    /// End now, at the system's word, as a paused run: keep what is needed to go on later, and
    /// leave the test split unread. A run whose test split is being read ends first, for it is read
    /// once.
    Pause,
}

/// Source of commands.
pub trait Control {
    /// The next command, if there is one. Never waits.
    fn poll(&mut self) -> Option<Command>;

    /// Waits for the next command at most so long; called while paused.
    fn wait(&mut self, at_most: Duration) -> Option<Command>;

    /// The next command while a run is made ready, when only its end can be asked for. Never waits.
    fn early(&mut self) -> Option<Command> {
        None
    }

    /// Lets another run go first that shares the machine with this one; called after each epoch, and
    /// returns when it is this run's turn again. The time until then counts for nothing.
    fn give_way(&mut self) {}
}

/// Listener to a run.
pub trait Observer {
    /// Takes one event. The run's folder has it already: it is written before anyone is told.
    ///
    /// # Errors
    /// A listener that fails or has gone away hears no more; the run notes it in its log and goes
    /// on.
    fn observe(&mut self, event: &Event) -> Result<(), TrainError>;

    /// Takes how far the references are that are fitted and judged before there is a run.
    fn preparing(&mut self, _references: &Preparing) {}
}

/// Progress of the references of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparing {
    /// Those in work, in their order.
    pub in_work: Vec<ReferenceKind>,
    /// Number of references that are done.
    pub n_done: usize,
    /// Number of all references.
    pub n_all: usize,
    /// Whether they are judged on validation, and not fitted any more.
    pub is_judged: bool,
}

impl Preparing {
    /// Part of the work that is done, from 0 to 1: fitting is the first half.
    #[must_use]
    pub fn share(&self) -> f32 {
        let half = self.n_done as f32 / self.n_all.max(1) as f32 / 2.0;
        if self.is_judged { 0.5 + half } else { half }
    }
}

/// Such as `Fitting references: 4 of 10 done, Item-kNN and User-kNN`.
impl fmt::Display for Preparing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_judged {
            "Judging references on validation"
        } else {
            "Fitting references"
        };
        write!(f, "{what}: {} of {} done", self.n_done, self.n_all)?;
        let names: Vec<&str> = self.in_work.iter().map(Entry::title).collect();
        match names.split_last() {
            None => Ok(()),
            Some((last, [])) => write!(f, ", now {last}"),
            Some((last, others)) => write!(f, ", now {} and {last}", others.join(", ")),
        }
    }
}

/// One thing that a run says.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Name of the run.
    pub run: RunId,
    /// Content of the event.
    pub kind: EventKind,
}

/// Content of an event. All but `Progress` must reach every listener.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// Data, model and device are ready; training begins (or goes on at `first_epoch`).
    Started {
        /// Stamp of the data.
        data: Box<DataStamp>,
        /// Device that it is trained on.
        device: DeviceInfo,
        /// Number of learnt numbers.
        n_params: usize,
        /// Memory that training takes on the processor; `None` where it runs elsewhere.
        memory: Option<MemoryNeed>,
        /// Most epochs.
        n_epochs: usize,
        /// Steps of an epoch.
        steps_per_epoch: usize,
        /// First epoch to be trained, from 1.
        first_epoch: usize,
        /// References on validation.
        references_valid: References,
    },
    /// Progress of the run; at most 10 a second.
    Progress(Progress),
    /// An epoch was judged on validation.
    Evaluated(EpochRecord),
    /// What a model with a latent vector uses of it: after each epoch, and once more of the best
    /// weights at the end of the run.
    Latent(Box<LatentUse>),
    /// Weights of an epoch are on disk.
    Checkpointed {
        /// Epoch, from 1.
        epoch: usize,
    },
    /// It holds.
    Paused,
    /// The disk refuses what is to be written: it holds until that succeeds, and then goes on. The
    /// sentence says why, with the cure.
    Blocked(String),
    /// It goes on.
    Resumed,
    /// A setting was changed, from the next step on.
    Changed(LiveChange),
    /// Something worth knowing.
    Warned(Problem),
    /// It ended: the last event, exactly once.
    Ended(Box<Ended>),
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Epoch in work, from 1.
    pub epoch: usize,
    /// Steps done in this epoch.
    pub step_in_epoch: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: usize,
    /// Steps done in all.
    pub step: usize,
    /// Training events a second, of late.
    pub events_per_sec: f64,
    /// Time left if all epochs are trained, in seconds.
    pub secs_left: Option<f64>,
    /// Mean training loss since the last progress that had one.
    pub train_loss: Option<f64>,
    /// Progress of the sampler of synthetic histories that is trained before the model.
    pub sampler: Option<Pass>,
}

/// End of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Finished, stopped or failed; `None` when the run was paused or discarded.
    pub outcome: Option<RunOutcome>,
    /// Place at which a paused run goes on.
    pub pause: Option<Pause>,
    /// Epochs finished.
    pub epochs: usize,
    /// Best epoch, from 1.
    pub best_epoch: Option<usize>,
    /// Training time, pauses left out, in seconds.
    pub train_secs: f64,
    /// Validation metrics of the best epoch.
    pub valid: Option<Metrics>,
    /// Test metrics of the best epoch's weights.
    pub test: Option<Metrics>,
    /// Whether its chances on test are frequencies; of tasks that ask for a class or a chance.
    pub reliability: Option<Reliability>,
    /// References on test.
    pub references_test: References,
    /// Why other references were not judged.
    pub references_left_out: LeftOutReferences,
    /// The best that any model can reach on test, in a world.
    pub optimum: Option<Ceiling>,
    /// The epoch in which training left what can be learnt and did not come back: its loss is far
    /// above that of guessing.
    pub diverged_epoch: Option<usize>,
    /// Number of test targets that the order of equal times decides.
    pub test_ties: Option<TestTies>,
    /// What became of seen items and why, and how many questions that touches, in a sentence each.
    pub told_of_seen: Vec<String>,
}

impl Ended {
    /// The end as the manifest tells of it.
    #[must_use]
    pub fn from_manifest(manifest: &Manifest) -> Self {
        Self {
            outcome: manifest.outcome.clone(),
            pause: manifest.pause,
            epochs: manifest.epochs,
            best_epoch: manifest.best_epoch,
            train_secs: manifest.train_secs,
            valid: manifest.valid.clone(),
            test: manifest.test.clone(),
            reliability: manifest.reliability.clone(),
            references_test: (*manifest.references_test).clone(),
            references_left_out: manifest.references_left_out.clone(),
            optimum: manifest.optimum(),
            diverged_epoch: manifest.diverged_epoch,
            test_ties: manifest.data.test_ties,
            told_of_seen: manifest.told_of_seen(),
        }
    }
}
