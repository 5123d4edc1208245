//! Errors of sweeps.

use std::path::{Path, PathBuf};

use crate::experiment::ExperimentError;
use crate::run::{OtherOwner, RunError};
use crate::train::TrainError;

/// A sweep that cannot be planned, found or worked on. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The experiment tries nothing.
    #[error(
        "this experiment has no `sweep`; write one, such as `sweep: (method: Random(trials: 20), \
         settings: [(set: \"training.lr\", to: LogUniform(low: 0.0003, high: 0.01))])`, or run it \
         by `seqscope train`"
    )]
    NoSweep,
    /// A trial cannot be trained as it would be.
    #[error("trial {number} ({settings}) cannot be trained: {problem}")]
    Trial {
        /// Its number, from 1.
        number: usize,
        /// Its values.
        settings: String,
        /// Description of what is wrong, with its cure.
        problem: String,
    },
    /// No sweep of that name.
    #[error("there is no sweep `{name}` in `{}`; {}", root.display(), known_sweeps(known))]
    Unknown {
        /// Name that was asked for.
        name: String,
        /// Folder of runs in which it was looked for.
        root: PathBuf,
        /// Names of those that there are.
        known: Vec<String>,
    },
    /// Several sweeps match.
    #[error("`{name}` fits {} sweeps ({}); write more of the name", .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// Name that was asked for.
        name: String,
        /// The sweeps that fit.
        candidates: Vec<String>,
    },
    /// The sweep has no trial of that number.
    #[error("the sweep has no trial {number}: its trials are 1 to {n_trials}")]
    NoTrial {
        /// Number that was asked for.
        number: usize,
        /// Number of trials.
        n_trials: usize,
    },
    /// Another process has it.
    #[error(
        "{what} is in work already, by process {} on {}; wait for it, or end it there",
        owner.pid,
        owner.host
    )]
    Busy {
        /// What is in work: `trial 3`.
        what: String,
        /// Whoever works on it.
        owner: OtherOwner,
    },
    /// A file or folder cannot be read or written.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// File or folder.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// A run on disk.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The experiment.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// A run that cannot start or go on.
    #[error(transparent)]
    Train(#[from] TrainError),
}

impl SweepError {
    /// The error of a file operation.
    pub(super) fn of_file(path: &Path, error: &dyn std::fmt::Display) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: format!("{error}; check the disk and the path"),
        }
    }
}

fn known_sweeps(known: &[String]) -> String {
    if known.is_empty() {
        return "`seqscope sweep FILE.ron` makes one of an experiment with a `sweep`".to_owned();
    }
    format!("there are `{}`", known.join("`, `"))
}
