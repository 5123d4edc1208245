//! The run in work as the window sees it.

use super::LiveValue;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{Problem, shown};
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{Curves, EpochRecord, LiveChange, Manifest, References, RunId};
use seqscope_engine::train::{Ended, EventKind, LatentUse, Preparing, Progress};
use seqscope_model::DeviceInfo;

/// Losses between evaluations that are kept; beyond it every second one of the older half goes.
const STEP_LOSSES_KEPT: usize = 20_000;

/// Phase that training is in.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingPhase {
    /// Data, device and model are being made ready.
    Starting,
    /// Steps are being made.
    Running,
    /// It holds.
    Paused,
    /// Asked to stop; finishing the step and the evaluation.
    Stopping,
    /// It ended.
    Ended(Box<Ended>),
    /// It could not be started: why, and the cure.
    NotStarted(String),
}

/// View of the Train page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrainView<'a> {
    /// A run, in work or from its folder.
    Run(&'a Training),
    /// A run whose folder is being read.
    Loading(&'a RunId),
    /// A run whose folder cannot be read: why, and the cure.
    Failed(&'a str),
    /// There is no run.
    Nothing,
}

/// The run in work, or the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Its name, once its folder exists.
    pub run: Option<RunId>,
    /// Title such as `quickstart · Transformer`.
    pub title: String,
    /// Phase that it is in.
    pub phase: TrainingPhase,
    /// Device, once known.
    pub device: Option<DeviceInfo>,
    /// Number of learnt numbers, once known.
    pub n_params: Option<usize>,
    /// Most epochs.
    pub n_epochs: usize,
    /// Progress within the run.
    pub progress: Progress,
    /// Progress of its references, before there is a run.
    pub preparing: Option<Preparing>,
    /// Training loss between evaluations: (step, loss).
    pub step_losses: Vec<(usize, f64)>,
    /// Numbers of each epoch.
    pub points: Vec<EpochRecord>,
    /// References on validation: the lines behind the ranking metric.
    pub references_valid: References,
    /// Use of the latent vector, where the model has one.
    pub latent: Option<Box<LatentUse>>,
    /// Warnings of this run.
    pub problems: Vec<Problem>,
    /// Settings that can be changed while it trains, as they stand.
    pub live: Vec<LiveValue>,
    /// Whether it was read from its folder, and not heard of as it went.
    pub is_saved: bool,
}

impl Training {
    /// A run of this experiment that is about to be made ready.
    pub(super) fn starting(experiment: &Experiment) -> Self {
        Self {
            run: None,
            title: format!(
                "{} · {}",
                shown(&experiment.name),
                experiment.model.family().title()
            ),
            phase: TrainingPhase::Starting,
            device: None,
            n_params: None,
            n_epochs: experiment.training.epochs,
            progress: Progress::default(),
            preparing: None,
            step_losses: Vec::new(),
            points: Vec::new(),
            references_valid: References::new(),
            latent: None,
            problems: Vec::new(),
            live: LiveValue::all_of(experiment),
            is_saved: false,
        }
    }

    /// A run as its folder tells of it.
    pub(super) fn saved(manifest: &Manifest, curves: &Curves) -> Self {
        let ended = Ended::from_manifest(manifest);
        let mut training = Self {
            run: Some(manifest.id.clone()),
            phase: TrainingPhase::Ended(Box::new(ended)),
            device: manifest.device.clone(),
            n_params: Some(manifest.n_params),
            // All that the folder tells lies before what is heard live, which is nothing.
            progress: Progress {
                epoch: usize::MAX,
                ..Progress::default()
            },
            references_valid: (*manifest.references_valid).clone(),
            problems: manifest.remarks().collect(),
            is_saved: true,
            ..Self::starting(&manifest.experiment)
        };
        for change in &manifest.live_changes {
            training.take_change(change);
        }
        training.recall(curves);
        training.progress = Progress::default();
        training
    }

    /// Takes in one event.
    pub(super) fn fold(&mut self, run: &RunId, kind: EventKind) {
        self.run = Some(run.clone());
        match kind {
            EventKind::Started {
                device,
                n_params,
                n_epochs,
                steps_per_epoch,
                first_epoch,
                references_valid,
                ..
            } => {
                self.preparing = None;
                self.device = Some(device);
                self.n_params = Some(n_params);
                self.n_epochs = n_epochs;
                self.references_valid = references_valid;
                self.progress = Progress {
                    epoch: first_epoch,
                    steps_per_epoch,
                    ..Progress::default()
                };
                // A stop that was asked for meanwhile is under way.
                if self.phase != TrainingPhase::Stopping {
                    self.phase = TrainingPhase::Running;
                }
            }
            EventKind::Progress(progress) => {
                if let Some(loss) = progress.train_loss {
                    self.push_loss(progress.step, loss);
                }
                self.progress = progress;
            }
            EventKind::Evaluated(epoch) => self.points.push(epoch),
            EventKind::Latent(used) => self.latent = Some(used),
            EventKind::Checkpointed { .. } => {}
            EventKind::Changed(change) => self.take_change(&change),
            // A stop that is under way is not hidden by an older pause or resume.
            EventKind::Paused | EventKind::Blocked(_) | EventKind::Resumed
                if self.phase == TrainingPhase::Stopping => {}
            EventKind::Paused | EventKind::Blocked(_) => self.phase = TrainingPhase::Paused,
            EventKind::Resumed => self.phase = TrainingPhase::Running,
            EventKind::Warned(problem) => self.problems.push(problem),
            EventKind::Ended(ended) => self.phase = TrainingPhase::Ended(ended),
        }
    }

    fn take_change(&mut self, change: &LiveChange) {
        let mut live = self.live.iter_mut();
        if let Some(live) = live.find(|live| live.setting == change.setting) {
            live.value = change.to;
        }
    }

    /// The epochs before those heard live, from the run's own series: a run that goes on is judged
    /// as a whole.
    pub(super) fn recall(&mut self, curves: &Curves) {
        let first_live = self
            .points
            .first()
            .map_or(self.progress.epoch.max(1), |point| point.epoch);
        let mut earlier = EpochRecord::of_curves(curves, self.answers());
        earlier.retain(|epoch| epoch.epoch < first_live);
        self.points.splice(0..0, earlier);
    }

    /// Kind of answers that is judged, which decides the metrics.
    #[must_use]
    pub fn answers(&self) -> AnswerKind {
        let valid = if let TrainingPhase::Ended(ended) = &self.phase {
            ended.valid.as_ref()
        } else {
            None
        };
        let judged = self.points.last().map(|point| &point.valid).or(valid);
        let judged = judged.or_else(|| self.references_valid.values().next());
        judged.map_or_else(AnswerKind::default, |metrics| metrics.kind)
    }

    fn push_loss(&mut self, step: usize, loss: f64) {
        self.step_losses.push((step, loss));
        if self.step_losses.len() > STEP_LOSSES_KEPT {
            let older_half = STEP_LOSSES_KEPT / 2;
            let mut at = 0;
            self.step_losses.retain(|_| {
                at += 1;
                at > older_half || at % 2 == 0
            });
        }
    }

    /// Whether the run is still at work (paused counts).
    #[must_use]
    pub fn is_active(&self) -> bool {
        !matches!(
            self.phase,
            TrainingPhase::Ended(_) | TrainingPhase::NotStarted(_)
        )
    }
}
