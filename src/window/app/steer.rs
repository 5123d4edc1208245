//! Steers runs: step by step and in slow motion, with settings changed while they train, with epochs
//! added, and forked at the playhead with changed settings.

use strum::IntoEnumIterator as _;

use super::enabled::unless;
use super::job::TrainingWork;
use super::{App, Page, Training, TrainingPhase};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{LiveSetting, RunId, RunOutcome, RunStatus};
use seqscope_engine::train::{
    Command, Extending, Forking, Job, SettingText, SlowMotion, Steer, StepUnit,
};

/// Epochs that a fork trains from where it begins, unless something else is said.
const FORK_EPOCHS: usize = 10;

/// Something that a person does to a run beyond what its experiment says.
#[derive(Clone, Debug, PartialEq)]
pub enum SteerAction {
    /// Train one piece of a held run, and hold again.
    Step(StepUnit),
    /// Make steps so fast at most.
    Slow(SlowMotion),
    /// Change a setting of the run in work.
    Change(LiveSetting, f64),
    /// Add epochs to a finished run.
    Extend(RunId, Extending),
    /// Ask what is to change in a fork of the shown run at the playhead.
    OpenFork,
    /// The fork as a form has changed it.
    EditFork(ForkDraft),
    /// Fork nothing.
    CloseFork,
    /// Train the fork.
    Fork,
}

impl SteerAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Step(StepUnit::Batch) => "One batch",
            Self::Step(StepUnit::Epoch) => "One epoch",
            Self::Slow(_) => "Slow motion",
            Self::Change(..) => "Change while it trains",
            Self::Extend(..) => "Extend",
            Self::OpenFork => "Fork here…",
            Self::EditFork(_) => "Change",
            Self::CloseFork => "Cancel",
            Self::Fork => "Train the fork",
        }
    }
}

/// A setting that can be changed while a run trains, with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveValue {
    /// The setting.
    pub setting: LiveSetting,
    /// Its value.
    pub value: f64,
}

impl LiveValue {
    /// Those that an experiment has.
    #[must_use]
    pub fn all_of(experiment: &Experiment) -> Vec<Self> {
        let all = LiveSetting::iter();
        all.filter_map(|setting| {
            let value = setting.value(experiment)?;
            Some(Self { setting, value })
        })
        .collect()
    }
}

/// A fork that is being thought of.
#[derive(Clone, Debug, PartialEq)]
pub struct ForkDraft {
    /// Run to go on from.
    pub run: RunId,
    /// Epoch to go on from.
    pub epoch: usize,
    /// Epochs to train from there.
    pub epochs: usize,
    /// Settings as they are to be.
    pub values: Vec<LiveValue>,
}

/// How runs are steered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteerState {
    /// Slow motion of the run in work.
    pub slow: SlowMotion,
    /// The fork that is being thought of.
    pub fork: Option<ForkDraft>,
}

impl App {
    pub(super) fn steer(&mut self, action: SteerAction) {
        match action {
            SteerAction::Step(unit) => self.training.command(Command::Step(unit)),
            SteerAction::Slow(slow) => {
                self.steer.slow = slow;
                self.training.command(Command::Slow(slow));
            }
            SteerAction::Change(setting, to) => {
                self.training.command(Command::Change(setting, to));
            }
            SteerAction::Extend(run, extending) => {
                self.launch_onward(&run, Steer::Extending(extending));
            }
            SteerAction::OpenFork => self.steer.fork = self.fork_here(),
            SteerAction::EditFork(draft) => self.steer.fork = Some(draft),
            SteerAction::CloseFork => self.steer.fork = None,
            SteerAction::Fork => self.train_fork(),
        }
    }

    /// Whether a run can be steered so now; if not, why not.
    pub(super) fn can_steer(&self, action: &SteerAction) -> Result<(), String> {
        match action {
            SteerAction::Step(_) => unless(
                self.training.phase() != Some(&TrainingPhase::Paused),
                "Only a paused run is trained piece by piece; pause it first.",
            ),
            SteerAction::Slow(_) | SteerAction::Change(..) => {
                unless(!self.training.is_active(), "No run is at work.")
            }
            SteerAction::Extend(run, _) => {
                self.nothing_trains()?;
                let status = self.runs.summary(run).map(|summary| &summary.status);
                unless(
                    status != Some(&RunStatus::Ended(RunOutcome::Finished)),
                    "Only a finished run is extended; go on training this one.",
                )
            }
            SteerAction::OpenFork => {
                self.nothing_trains()?;
                unless(
                    self.fork_here().is_none(),
                    "Choose a run that keeps weights; a fork goes on from one of its epochs.",
                )
            }
            SteerAction::Fork => {
                self.nothing_trains()?;
                unless(self.steer.fork.is_none(), "No fork is being thought of.")
            }
            SteerAction::EditFork(_) | SteerAction::CloseFork => Ok(()),
        }
    }

    /// A fork of the shown run at the playhead without a change.
    fn fork_here(&self) -> Option<ForkDraft> {
        let run = self.selection.run.clone()?;
        let manifest = self.runs.summary(&run)?.manifest.as_ref()?;
        let epoch = self.selection.shown_epoch(&run)?.epoch;
        let left = manifest.experiment.training.epochs.saturating_sub(epoch);
        Some(ForkDraft {
            epoch,
            epochs: if left == 0 { FORK_EPOCHS } else { left },
            values: LiveValue::all_of(&manifest.experiment),
            run,
        })
    }

    fn train_fork(&mut self) {
        let Some(draft) = self.steer.fork.take() else {
            return;
        };
        let summary = self.runs.summary(&draft.run);
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        let before = manifest.map(|manifest| LiveValue::all_of(&manifest.experiment));
        let before = before.unwrap_or_default();
        let changed = draft.values.iter().filter(|value| !before.contains(value));
        let sets = changed.map(|value| SettingText {
            path: value.setting.to_string(),
            text: value.value.to_string(),
        });
        let forking = Forking {
            epoch: Some(draft.epoch),
            sets: sets.collect(),
            epochs: Some(draft.epochs),
            name: None,
        };
        self.launch_onward(&draft.run, Steer::Forking(forking));
    }

    /// Trains a run further, or a fork of it.
    fn launch_onward(&mut self, run: &RunId, steer: Steer) {
        let summary = self.runs.summary(run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.as_ref()) else {
            return;
        };
        let experiment = manifest.experiment.clone();
        let prepared = self.known_data(run);
        let is_fork = matches!(steer, Steer::Forking(_));
        self.training.begin(Training {
            run: (!is_fork).then(|| run.clone()),
            ..Training::starting(&experiment)
        });
        self.page = Page::Train;
        let job = Job {
            experiment,
            store: self.runs.store.clone(),
            prepared,
            resume: Some(run.clone()),
        };
        self.launch(TrainingWork::Steered(Box::new(job), steer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, bare_app};
    use seqscope_engine::run::LiveChange;
    use seqscope_engine::train::{Event, EventKind};

    #[test]
    fn what_cannot_be_steered_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let run = RunId("2026_x".to_owned());
        for (action, why) in [
            (SteerAction::Step(StepUnit::Batch), "pause it first"),
            (SteerAction::Slow(SlowMotion::One), "No run is at work"),
            (SteerAction::OpenFork, "keeps weights"),
            (SteerAction::Fork, "No fork"),
            (
                SteerAction::Extend(run.clone(), Extending::default()),
                "Only a finished run",
            ),
        ] {
            let told = app.enabled(&Action::Steer(action)).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
        let experiment = Experiment::default();
        app.training.begin(Training::starting(&experiment));
        app.training.set_phase(TrainingPhase::Paused);
        let step = Action::Steer(SteerAction::Step(StepUnit::Epoch));
        assert_eq!(app.enabled(&step), Ok(()));
        let fork = app.enabled(&Action::Steer(SteerAction::OpenFork));
        assert!(fork.unwrap_err().contains("being trained"));
    }

    #[test]
    fn a_change_that_is_heard_is_what_the_run_has_now() {
        let mut training = Training::starting(&Experiment::default());
        let settings: Vec<LiveSetting> = training.live.iter().map(|live| live.setting).collect();
        let expected = [
            LiveSetting::LearningRate,
            LiveSetting::Dropout,
            LiveSetting::AttentionDropout,
        ];
        assert_eq!(settings, expected, "what a Transformer has");
        let event = Event {
            run: RunId("2026_x".to_owned()),
            kind: EventKind::Changed(LiveChange {
                after_steps: 3,
                setting: LiveSetting::Dropout,
                from: 0.1,
                to: 0.5,
            }),
        };
        training.fold(&event.run, event.kind);
        let expected = LiveValue {
            setting: LiveSetting::Dropout,
            value: 0.5,
        };
        assert_eq!(training.live[1], expected);
    }
}
