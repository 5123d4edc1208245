//! Errors of a model or its device.

use std::path::PathBuf;

/// A model that cannot be built, run, saved or loaded. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The device that was asked for cannot be had.
    #[error("{sentence}")]
    Device {
        /// Description of what is wrong and what to do.
        sentence: String,
    },
    /// The settings do not fit the data.
    #[error("{sentence}")]
    Setting {
        /// Setting, such as `model.n_heads`.
        field: String,
        /// Description of what is wrong and what to do.
        sentence: String,
    },
    /// The loss or the weights are no numbers any more.
    #[error(
        "the loss is {value} at step {step}: the training diverged; lower `training.lr`, or set \
         `training.clip_norm` to between 1 and 5 (0 is off)"
    )]
    Diverged {
        /// Value that was computed instead of a number.
        value: f32,
        /// Optimiser step.
        step: usize,
    },
    /// A weights file cannot be written or read.
    #[error("weights `{}`: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// The device failed while computing.
    #[error("{sentence}")]
    Compute {
        /// Description of what is wrong and what to do.
        sentence: String,
    },
}

impl ModelError {
    /// The error of a training that diverged with its step, as counted by whoever drives the model;
    /// any other stays as it is.
    #[must_use]
    pub fn at_step(self, step: usize) -> Self {
        match self {
            Self::Diverged { value, .. } => Self::Diverged { value, step },
            other @ (Self::Device { .. }
            | Self::Setting { .. }
            | Self::Weights { .. }
            | Self::Compute { .. }) => other,
        }
    }
}
