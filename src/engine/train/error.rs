//! Why a run cannot start or go on.

use crate::experiment::{ExperimentError, TrainingSpec};
use crate::run::RunError;
use seqscope_base::spec::Problem;
use seqscope_data::DataError;
use seqscope_model::ModelError;

/// A run that cannot start or go on. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The experiment file.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The model or its device.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The run's folder.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Settings that do not fit.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// Nothing to train or to judge on.
    #[error("{0}")]
    Unfit(String),
    /// The loss is no number any more.
    #[error(
        "the loss is {value} in epoch {epoch} (step {step}): the training diverged, most likely \
         since {cause}; {cure}; the epochs before it are kept"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// Optimiser step, from 0 over the whole run.
        step: usize,
        /// Value that was computed instead of a number.
        value: f32,
        /// Setting that makes it likely.
        cause: String,
        /// Change that cures it.
        cure: String,
    },
    /// Stopped while it was made ready, before there was a run.
    #[error("stopped")]
    Cancelled,
    /// A defect of the program, caught.
    #[error(
        "training stopped by a defect of the program ({0}); finished epochs are kept: resume the \
         run, and report it if it happens again"
    )]
    Panicked(String),
}

/// A learning rate above this is rarely stable with Adam, whose own default is 0.001.
const HIGH_LR: f64 = 0.01;

/// A gradient norm above this hardly limits anything; 1 to 5 is usual.
const LOOSE_CLIP: f64 = 10.0;

impl TrainError {
    /// Tells more of a training that diverged: in which epoch, what in the settings makes it
    /// likely, and what to change. Any other error stays as it is.
    pub(super) fn in_epoch(self, epoch: usize, training: &TrainingSpec) -> Self {
        let Self::Model(ModelError::Diverged { value, step }) = self else {
            return self;
        };
        let TrainingSpec { lr, clip_norm, .. } = *training;
        let clip = "set `training.clip_norm` to between 1 and 5";
        let (cause, cure) = if lr > HIGH_LR {
            let cause = format!("`training.lr` is {lr}, and Adam is rarely stable above {HIGH_LR}");
            (cause, "lower `training.lr` to 0.001".to_owned())
        } else if clip_norm <= 0.0 {
            (
                "`training.clip_norm` is 0, so that one large gradient can throw all weights off"
                    .to_owned(),
                clip.to_owned() + ", or lower `training.lr`",
            )
        } else if clip_norm > LOOSE_CLIP {
            (
                format!("`training.clip_norm` is {clip_norm}, which limits hardly any gradient"),
                clip.to_owned() + ", or lower `training.lr`",
            )
        } else {
            let cause =
                format!("the learning rate, {lr}, is too high for this model and these data");
            (
                cause,
                format!(
                    "lower `training.lr` to {}, or let it grow over some hundred \
                     `training.warmup_steps`",
                    lr / 10.0
                ),
            )
        };
        Self::Diverged {
            epoch,
            step,
            value,
            cause,
            cure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diverged_training_is_told_with_epoch_cause_and_cure() {
        let told = |lr: f64, clip_norm: f64| {
            let training = TrainingSpec {
                lr,
                clip_norm,
                ..TrainingSpec::default()
            };
            let error = TrainError::from(ModelError::Diverged {
                value: f32::NAN,
                step: 57,
            });
            error.in_epoch(3, &training).to_string()
        };
        for (lr, clip_norm, cause, cure) in [
            (
                0.5,
                5.0,
                "`training.lr` is 0.5",
                "lower `training.lr` to 0.001",
            ),
            (
                0.001,
                0.0,
                "`training.clip_norm` is 0",
                "set `training.clip_norm` to between 1 and 5",
            ),
            (
                0.001,
                1e6,
                "`training.clip_norm` is 1000000",
                "set `training.clip_norm` to between 1 and 5",
            ),
            (
                0.002,
                5.0,
                "the learning rate, 0.002, is too high",
                "lower `training.lr` to 0.0002",
            ),
        ] {
            let told = told(lr, clip_norm);
            for part in [
                "the loss is NaN in epoch 3 (step 57)",
                cause,
                cure,
                "epochs before it are kept",
            ] {
                assert!(told.contains(part), "`{part}` in {told}");
            }
        }
        let other = TrainError::Unfit("no user".to_owned()).in_epoch(3, &TrainingSpec::default());
        assert_eq!(other.to_string(), "no user");
    }
}
