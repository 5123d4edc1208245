//! A folder of runs: list, read, delete.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::breaks::{TrainingBreak, breaks_of_log};
use super::disk::{file_error, read_text};
use super::history::{History, Part};
use super::id::RunId;
use super::latent::{LATENT_FILE, latent_width};
use super::manifest::{self, Manifest, RunStatus, Summary};
use super::unfinished::DELETED;
use super::{
    AboutRun, KeptAnswers, ReferenceResults, RunError, RunMemory, TrustBadge, UserResult,
    checkpoint, lock, references, results,
};

/// Name of a run's series.
pub(super) const HISTORY_FILE: &str = "history.csv";

/// Name of what happened in a run, for people.
pub(super) const LOG_FILE: &str = "log.txt";

/// A folder of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStore {
    /// The folder.
    pub root: PathBuf,
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

    /// The folder of a run that is there.
    pub(super) fn existing(&self, id: &RunId) -> Result<PathBuf, RunError> {
        let dir = self.dir(id);
        if id.is_plain() && dir.is_dir() {
            return Ok(dir);
        }
        Err(self.unknown(&id.0, &[]))
    }

    /// Every run with its manifest, newest first, damaged ones last. Reads no series. Folders that
    /// are no runs are passed over; a damaged manifest is listed as [`RunStatus::Damaged`].
    ///
    /// # Errors
    /// [`RunError`] when the folder exists and cannot be read.
    pub fn list(&self) -> Result<Vec<Summary>, RunError> {
        self.list_again(&RunMemory::default())
    }

    /// [`RunStore::list`], where manifests that have not changed since they were last read with the
    /// same memory are not read again.
    ///
    /// # Errors
    /// As [`RunStore::list`].
    pub fn list_again(&self, memory: &RunMemory) -> Result<Vec<Summary>, RunError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(file_error(&self.root, &e)),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let ids: Vec<RunId> = names.map(RunId).filter(RunId::is_plain).collect();
        // Reading a manifest is work for the processor, and there may be ten thousand.
        let mut runs: Vec<Summary> = ids
            .into_par_iter()
            .filter(|id| self.dir(id).join(manifest::FILE).exists())
            .map(|id| self.summary(id, memory))
            .collect();
        let there: BTreeSet<&RunId> = runs.iter().map(|run| &run.id).collect();
        memory.keep_only(|id| there.contains(id));
        runs.sort_by_cached_key(|run| Reverse(self.age(run)));
        Ok(runs)
    }

    fn summary(&self, id: RunId, memory: &RunMemory) -> Summary {
        let dir = self.dir(&id);
        let about = AboutRun::read_or_fault(&dir);
        match memory.manifest(&id, &dir) {
            Err(e) => Summary {
                id,
                status: RunStatus::Damaged(e.to_string()),
                manifest: None,
                about,
            },
            Ok(manifest) => {
                let status = match &manifest.outcome {
                    Some(outcome) => RunStatus::Ended(outcome.clone()),
                    None if lock::is_held(&dir) => RunStatus::Running,
                    None if manifest.pause.is_some() => RunStatus::Paused,
                    None => RunStatus::Interrupted,
                };
                Summary {
                    id,
                    status,
                    manifest: Some(manifest),
                    about,
                }
            }
        }
    }

    /// What to sort by. Runs of the same second are told apart by the time of a file that is made
    /// at the start and never written again.
    fn age(&self, run: &Summary) -> (Option<i64>, Option<SystemTime>, String) {
        let made = fs::metadata(self.dir(&run.id).join(lock::FILE))
            .and_then(|m| m.modified())
            .ok();
        (
            run.manifest.as_ref().map(|m| m.started_secs),
            made,
            run.id.0.clone(),
        )
    }

    /// The manifest of a run.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be read.
    pub fn manifest(&self, id: &RunId) -> Result<Manifest, RunError> {
        Manifest::read(&self.existing(id)?)
    }

    /// One run as it stands in the list.
    ///
    /// # Errors
    /// [`RunError::Unknown`] when there is no such run.
    pub fn status(&self, id: &RunId) -> Result<RunStatus, RunError> {
        self.existing(id)?;
        Ok(self.summary(id.clone(), &RunMemory::default()).status)
    }

    /// The series of a run. A half-written last line (power cut, kill) is passed over.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be read.
    pub fn history(&self, id: &RunId) -> Result<History, RunError> {
        let path = self.existing(id)?.join(HISTORY_FILE);
        let history = History::parse(&read_text(&path)?, &path)?;
        self.check_file(id, &path)?;
        Ok(history)
    }

    /// Breaks in the run, in their order, as its log tells of them; none where it has no log.
    ///
    /// # Errors
    /// [`RunError`] when the log cannot be read.
    pub fn breaks(&self, id: &RunId) -> Result<Vec<TrainingBreak>, RunError> {
        let path = self.existing(id)?.join(LOG_FILE);
        let breaks = breaks_of_log(&path)?;
        self.checked_if_there(id, &path)?;
        Ok(breaks)
    }

    /// Length of the latent vector, as far as it was written down; `None` of a model without one.
    ///
    /// # Errors
    /// [`RunError`] when the file is there and cannot be read.
    pub fn latent_width(&self, id: &RunId) -> Result<Option<usize>, RunError> {
        let path = self.existing(id)?.join(LATENT_FILE);
        let width = latent_width(&path)?;
        self.checked_if_there(id, &path)?;
        Ok(width)
    }

    /// The epochs whose weights are kept, in order: all of them up to 200 epochs and 1 GB, above
    /// that the first, the best, the last and every k-th.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be read.
    pub fn epochs(&self, id: &RunId) -> Result<Vec<usize>, RunError> {
        checkpoint::epochs_in(&self.existing(id)?.join("epochs"))
    }

    /// Weights of an epoch: the file for [`seqscope_model::Trainable::load_weights`].
    #[must_use]
    pub fn epoch_weights(&self, id: &RunId, epoch: usize) -> PathBuf {
        self.dir(id)
            .join("epochs")
            .join(checkpoint::file_name(epoch))
    }

    /// Weights of the best epoch by validation.
    #[must_use]
    pub fn best_weights(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("epochs").join("best.safetensors")
    }

    /// Weights and optimiser state of an epoch, kept for the last one only. The epoch is part of
    /// the name, so that a cut between two files never pairs a manifest with another epoch's state.
    #[must_use]
    pub fn state(&self, id: &RunId, epoch: usize) -> PathBuf {
        self.dir(id)
            .join("epochs")
            .join(format!("{epoch:04}.state"))
    }

    /// Weights and optimiser state after some steps of an epoch, kept of a paused run. Named after
    /// both, for the same reason.
    #[must_use]
    pub fn state_within(&self, id: &RunId, epoch: usize, step: usize) -> PathBuf {
        self.dir(id)
            .join("epochs")
            .join(format!("{epoch:04}-{step:06}.state"))
    }

    /// Weights and optimiser state while a model is built anew with a setting that was changed.
    #[must_use]
    pub fn state_of_change(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("epochs").join("change.state")
    }

    /// Ranks of every evaluated user of one part.
    pub(super) fn results_file(&self, id: &RunId, part: Part) -> PathBuf {
        self.dir(id).join("results").join(format!("{part}.parquet"))
    }

    /// Ranks of every evaluated user; `None` when the run has not come so far.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn results(&self, id: &RunId, part: Part) -> Result<Option<Vec<UserResult>>, RunError> {
        self.existing(id)?;
        let path = self.results_file(id, part);
        let read = path.exists().then(|| results::read(&path)).transpose()?;
        self.checked_if_there(id, &path)?;
        Ok(read)
    }

    /// Checks a file that a run may be without.
    pub(super) fn checked_if_there(&self, id: &RunId, path: &Path) -> Result<(), RunError> {
        if path.exists() {
            self.check_file(id, path)?;
        }
        Ok(())
    }

    /// What the figures of a run may be trusted with, beside the other runs of this folder.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be read.
    pub fn trust(&self, manifest: &Manifest) -> Result<TrustBadge, RunError> {
        Ok(TrustBadge::of_run(
            manifest,
            &self.list()?,
            self.kept_answers(&manifest.id),
        ))
    }

    /// Whether the answers to a run's test questions are in its folder.
    #[must_use]
    pub fn kept_answers(&self, id: &RunId) -> KeptAnswers {
        if self.results_file(id, Part::Test).exists() {
            KeptAnswers::Kept
        } else {
            KeptAnswers::Missing
        }
    }

    /// Answers of every reference to the test questions.
    pub(super) fn references_file(&self, id: &RunId) -> PathBuf {
        self.dir(id).join("results").join("test.references.parquet")
    }

    /// What each reference answered to the test questions; `None` when the run has not come so far,
    /// and in runs from before it was kept.
    ///
    /// # Errors
    /// [`RunError`] when the file cannot be read.
    pub fn reference_results(&self, id: &RunId) -> Result<Option<ReferenceResults>, RunError> {
        self.existing(id)?;
        let path = self.references_file(id);
        let read = path.exists().then(|| references::read(&path)).transpose()?;
        self.checked_if_there(id, &path)?;
        Ok(read)
    }

    /// Deletes a run for good; [`RunStore::put_into_bin`] is for what a person may want back.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, a process is writing it, or it cannot be deleted.
    pub fn delete(&self, id: &RunId) -> Result<(), RunError> {
        let dir = self.to_delete(id)?;
        // Out of the list at once: half a run would be listed as damaged.
        let gone = self.root.join(format!("{DELETED}{}", id.0));
        fs::rename(&dir, &gone).map_err(|e| file_error(&dir, &e))?;
        fs::remove_dir_all(&gone).map_err(|e| file_error(&gone, &e))
    }
}
