//! All that a run needs while it trains.

use std::sync::Arc;

use super::TrainError;
use super::early_stop::EarlyStop;
use super::part_of_split::cases;
use super::plan::Plan;
use super::ready::Onlooker;
use super::reference::{JudgedReferences, RunReferences, ShelvedReferences};
use super::task::TaskQuestions;
use crate::experiment::Experiment;
use crate::run::{LeftOutReferences, Part, Pause, References, counts_epoch};
use seqscope_base::spec::Problem;
use seqscope_data::{EvalCase, Prepared};
use seqscope_model::{DeviceInfo, DeviceKind};

/// References of a run.
pub(super) enum TaskReferences {
    /// Fitted for it alone.
    Fitted(RunReferences),
    /// Fitted and judged once for all trials of its sweep.
    Shelved(Arc<ShelvedReferences>),
}

impl TaskReferences {
    /// Why some have nothing to say.
    pub(super) fn left_out(&self) -> &LeftOutReferences {
        match self {
            Self::Fitted(fitted) => &fitted.left_out,
            Self::Shelved(shelved) => &shelved.left_out,
        }
    }
}

/// All that a run needs beside its model and its folder.
pub(super) struct TrainingTask {
    pub(super) experiment: Experiment,
    pub(super) prepared: Arc<Prepared>,
    pub(super) device: DeviceInfo,
    pub(super) plan: Plan,
    /// The questions of its task.
    pub(super) questions: TaskQuestions,
    pub(super) references: TaskReferences,
    /// Metrics of the references on validation.
    pub(super) references_valid: References,
    /// Training events answered in an earlier part of the run; `None` where it did not count them.
    pub(super) events_before: Option<f64>,
    /// With the epochs of an earlier part of the run behind it.
    pub(super) early_stop: EarlyStop,
    pub(super) first_epoch: usize,
    pub(super) warnings: Vec<Problem>,
}

/// A real GPU is asked for the loss every so many steps, since reading a value back makes it wait.
/// The number is fixed, not a matter of time, so that the sums of two equal runs round alike.
const READ_BACK_EVERY: usize = 16;

impl TrainingTask {
    /// First step to be made, from 0 over the whole run, where it was left in an epoch.
    pub(super) fn first_step(&self, left: Option<Pause>) -> usize {
        let within = left.filter(|pause| pause.epoch == self.first_epoch);
        (self.first_epoch - 1) * self.plan.steps_per_epoch() + within.map_or(0, |pause| pause.step)
    }

    /// The questions of a part.
    pub(super) fn cases(&self, part: Part) -> &[EvalCase] {
        cases(&self.prepared, part)
    }

    /// The references on a part.
    pub(super) fn references_on(&self, part: Part) -> Result<JudgedReferences, TrainError> {
        let fitted = match &self.references {
            TaskReferences::Shelved(shelved) if part == Part::Test => {
                return Ok(shelved.test.clone());
            }
            TaskReferences::Shelved(_) => {
                let sentence = "references of a sweep are kept for the test part alone";
                return Err(TrainError::Unfit(sentence.to_owned()));
            }
            TaskReferences::Fitted(fitted) => fitted,
        };
        self.questions.judge_references(
            fitted,
            &self.prepared,
            part,
            self.experiment.evaluation,
            &mut Onlooker::nobody(),
        )
    }

    /// Whether weights and gradients are counted by size at the end of an epoch.
    pub(super) fn counts_values(&self, epoch: usize) -> bool {
        self.experiment.training.histograms && counts_epoch(epoch)
    }

    /// After how many steps the statistics are read back from the device.
    pub(super) fn read_back_every(&self) -> usize {
        match self.device.kind {
            DeviceKind::Gpu => READ_BACK_EVERY,
            DeviceKind::Cpu | DeviceKind::SoftwareGpu => 1,
        }
    }
}
