//! Why work on a run stops before its end.

use super::{StopMode, TrainError};
use crate::experiment::ExperimentError;
use crate::run::RunError;
use seqscope_data::DataError;
use seqscope_model::ModelError;

/// Reason why the work stops before its end.
#[derive(Debug)]
pub(super) enum Interrupted {
    /// The user said so.
    Stopped(StopMode),
    /// The system said so: to go on later.
    Left,
    /// It cannot go on.
    Failed(TrainError),
}

macro_rules! failed_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Interrupted {
            fn from(error: $error) -> Self {
                Self::Failed(error.into())
            }
        }
    )*};
}
failed_from!(TrainError, ModelError, RunError, DataError, ExperimentError);
