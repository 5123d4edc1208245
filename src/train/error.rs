//! Why a run cannot start or go on.

use crate::data::DataError;
use crate::experiment::ExperimentError;
use crate::model::ModelError;
use crate::run::RunError;
use crate::spec::Problem;

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
    /// A defect of the program, caught.
    #[error(
        "training stopped by a defect of the program ({0}); finished epochs are kept: resume the run, and report it if it happens again"
    )]
    Panicked(String),
}
