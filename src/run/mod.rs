//! What happened, on disk. The only place that writes results.
//!
//! A run is a folder that is complete without the program; see [`Manifest`] and [`History`]. A
//! manifest without an outcome is an *interrupted* run.

mod error;
mod history;
mod manifest;

pub use error::RunError;
pub use history::{History, HistoryPoint, Part};
pub use manifest::{DataStamp, Manifest, Outcome, References, RunStatus, Summary};

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of a run: its folder's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A folder of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStore {
    /// The folder.
    pub root: PathBuf,
}

/// Rank and scores of one evaluated user, as kept in `results/*.parquet`.
#[derive(Clone, Debug, PartialEq)]
pub struct UserResult {
    /// The user's id as in the log.
    pub user_id: String,
    /// The true item's id as in the log.
    pub item_id: String,
    /// Mid-rank of the true item.
    pub rank: f64,
    /// The model's probability of the true item.
    pub probability: f64,
}

impl RunStore {
    /// The store in a folder, which need not exist yet.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder of a run.
    #[must_use]
    pub fn dir(&self, id: &RunId) -> PathBuf {
        self.root.join(&id.0)
    }

    /// Every run with its manifest, newest first. Reads no series. Folders that are no runs are
    /// passed over; a damaged manifest is listed as [`RunStatus::Damaged`].
    ///
    /// # Errors
    /// [`RunError`] when the folder exists and cannot be read.
    pub fn list(&self) -> Result<Vec<Summary>, RunError> {
        todo!()
    }

    /// Finds a run by its whole name, the start or the end of it (the four digits at the end are
    /// enough), or `last`.
    ///
    /// # Errors
    /// [`RunError`] when none or several match.
    pub fn find(&self, name: &str) -> Result<RunId, RunError> {
        todo!("{name}")
    }

    /// The manifest of a run.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be read.
    pub fn manifest(&self, id: &RunId) -> Result<Manifest, RunError> {
        todo!("{id:?}")
    }

    /// The series of a run. A half-written last line (power cut, kill) is passed over.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be read.
    pub fn history(&self, id: &RunId) -> Result<History, RunError> {
        todo!("{id:?}")
    }

    /// The epochs whose weights are kept, in order.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be read.
    pub fn epochs(&self, id: &RunId) -> Result<Vec<usize>, RunError> {
        todo!("{id:?}")
    }

    /// Weights of an epoch: the file for [`crate::model::Trainable::load_weights`].
    #[must_use]
    pub fn epoch_weights(&self, id: &RunId, epoch: usize) -> PathBuf {
        self.dir(id).join("epochs").join(format!("{epoch:04}.safetensors"))
    }

    /// Weights of the best epoch by validation.
    #[must_use]
    pub fn best_weights(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("epochs").join("best.safetensors")
    }

    /// Weights and optimiser state of the last finished epoch.
    #[must_use]
    pub fn last_state(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("epochs").join("last.state")
    }

    /// Ranks of every evaluated user; `None` when the run has not come so far.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn results(&self, id: &RunId, part: Part) -> Result<Option<Vec<UserResult>>, RunError> {
        todo!("{id:?} {part:?}")
    }

    /// Copies a run's manifest, history, results (CSV and Parquet), predictions and weights to a
    /// folder that must be empty or new.
    ///
    /// # Errors
    /// [`RunError`] when the folder is not empty or cannot be written.
    pub fn export(&self, id: &RunId, to: &Path) -> Result<Vec<PathBuf>, RunError> {
        todo!("{id:?} {to:?}")
    }

    /// Deletes a run.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be deleted.
    pub fn delete(&self, id: &RunId) -> Result<(), RunError> {
        todo!("{id:?}")
    }
}
