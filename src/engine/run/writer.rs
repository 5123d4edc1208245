//! Writes one run, from its folder's first file to its outcome.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::checkpoint::{epochs_in, kept};
use super::disk::{append_whole, copy_whole, file_error, remove_if_there, write_whole};
use super::history::{self, History, HistoryPoint, Part};
use super::id::RunId;
use super::live_change::{CHANGES_FILE, text_of};
use super::lock::RunLock;
use super::manifest::{self, Manifest, RunOutcome};
use super::store::{HISTORY_FILE, LOG_FILE, RunStore};
use super::unfinished;
use super::{Pause, ReferenceResults, RunError, UserResult, references, results};
use seqscope_base::metric::Metrics;
use seqscope_base::spec::{Problem, shown};
use seqscope_model::Trainable;

/// Word before a warning in the log.
pub(super) const WARNING: &str = "warning: ";

/// A text as a line of the log holds it.
pub(super) fn in_one_line(text: &str) -> String {
    shown(&text.replace('\n', " ")).into_owned()
}

/// The one writer of a run. While it lives the run is listed as running; when it goes without
/// [`RunWriter::finish`], however it goes, the run is interrupted.
#[derive(Debug)]
pub struct RunWriter {
    /// Manifest as it stands; on disk at the next checkpoint or at the end.
    pub manifest: Manifest,
    store: RunStore,
    dir: PathBuf,
    history: File,
    log: File,
    lock: RunLock,
}

/// An epoch that was trained and judged.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochDone {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Training time so far, pauses left out, in seconds.
    pub train_secs: f64,
    /// Its metrics on validation, when it is the best so far.
    pub best: Option<Metrics>,
}

impl RunWriter {
    /// Makes the folder of a new run, with a name made of the present minute, the experiment's name,
    /// its model and its seed, and its first files. The folder appears with its manifest in it:
    /// whatever goes wrong before, a kill included, leaves no run. Live changes of the manifest are
    /// kept as planned, to take effect at their steps.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be written.
    pub fn create(store: &RunStore, manifest: Manifest) -> Result<Self, RunError> {
        Self::create_with(store, manifest, &|_| Ok(()))
    }

    /// [`RunWriter::create`] with more files, which `add` writes before the folder appears.
    ///
    /// # Errors
    /// As there, and what `add` meets.
    pub(super) fn create_with(
        store: &RunStore,
        mut manifest: Manifest,
        add: &dyn Fn(&Path) -> Result<(), RunError>,
    ) -> Result<Self, RunError> {
        let now = jiff::Zoned::now();
        manifest.started_secs = now.timestamp().as_second();
        fs::create_dir_all(&store.root).map_err(|e| file_error(&store.root, &e))?;
        unfinished::sweep(&store.root);
        // Any number does; the process and the clock make it unlikely that two runs try the same.
        let mut tag =
            (now.timestamp().subsec_nanosecond() as u32 ^ std::process::id().rotate_left(7)) as u16;
        loop {
            manifest.id = RunId::new(&now, &manifest.experiment, tag);
            let dir = store.dir(&manifest.id);
            // A folder that stands there is another run's, whatever it holds; some systems would
            // rename over it while it is empty.
            if !dir.exists()
                && unfinished::place(&dir, |made| {
                    Self::fill(made, &manifest)?;
                    add(made)
                })?
            {
                let Some(lock) = RunLock::take(&dir)? else {
                    return Err(RunError::Busy { id: manifest.id.0 });
                };
                return Self::open(store, &dir, manifest, lock);
            }
            tag = tag.wrapping_add(1);
        }
    }

    fn fill(dir: &Path, manifest: &Manifest) -> Result<(), RunError> {
        for sub in ["epochs", "results"] {
            let path = dir.join(sub);
            fs::create_dir(&path).map_err(|e| file_error(&path, &e))?;
        }
        write_whole(
            &dir.join(HISTORY_FILE),
            History::default().to_text().as_bytes(),
        )?;
        if !manifest.live_changes.is_empty() {
            let text = text_of(&manifest.live_changes);
            write_whole(&dir.join(CHANGES_FILE), text.as_bytes())?;
        }
        manifest.write(dir)
    }

    /// Opens an ended or interrupted run to go on with it. Changes nothing on disk: that is for
    /// [`RunWriter::rewind`], once data and state have been read and fit.
    ///
    /// # Errors
    /// [`RunError`] when the run cannot be read or is being written.
    pub fn reopen(store: &RunStore, id: &RunId) -> Result<Self, RunError> {
        let dir = store.existing(id)?;
        let Some(lock) = RunLock::take(&dir)? else {
            return Err(RunError::Busy { id: id.0.clone() });
        };
        let manifest = Manifest::read(&dir)?;
        Self::open(store, &dir, manifest, lock)
    }

    fn open(
        store: &RunStore,
        dir: &Path,
        manifest: Manifest,
        lock: RunLock,
    ) -> Result<Self, RunError> {
        let (history, log) = (
            append_to(&dir.join(HISTORY_FILE))?,
            append_to(&dir.join(LOG_FILE))?,
        );
        Ok(Self {
            manifest,
            store: store.clone(),
            dir: dir.to_owned(),
            history,
            log,
            lock,
        })
    }

    /// The store that the run is in.
    #[must_use]
    pub fn store(&self) -> &RunStore {
        &self.store
    }

    /// The run's folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The run's name.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.manifest.id
    }

    /// Takes the folder back to its last committed epoch: later numbers and weights and everything
    /// that belongs to an end (test figures, outcome) go.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be written.
    pub fn rewind(&mut self) -> Result<(), RunError> {
        let (id, last) = (self.manifest.id.clone(), self.manifest.epochs);
        // Before anything is written again: a cut between the two leaves no sum that does not fit.
        self.unseal()?;
        let mut history = self.store.history(&id)?;
        // What was told of the latent vector at an end belongs to that end.
        history
            .points
            .retain(|p| p.epoch <= last && p.part != Part::Test && !p.metric.ends_with("_latent"));
        let path = self.dir.join(HISTORY_FILE);
        write_whole(&path, history.to_text().as_bytes())?;
        self.history = append_to(&path)?;

        for epoch in epochs_in(&self.dir.join("epochs"))?
            .into_iter()
            .filter(|&epoch| epoch > last)
        {
            let weights = self.store.epoch_weights(&id, epoch);
            self.manifest.checksums.forget(&self.dir, &weights);
            remove_if_there(&weights)?;
        }
        for part in [Part::Valid, Part::Test] {
            remove_if_there(&self.store.results_file(&id, part))?;
        }
        remove_if_there(&self.store.references_file(&id))?;
        self.remove_state_of_change()?;
        self.rewind_latent(last)?;
        self.rewind_histograms(last)?;
        self.rewind_machine(last)?;
        self.update_best()?;
        (self.manifest.test, self.manifest.test_sampled) = (None, None);
        self.manifest.reliability = None;
        self.manifest.references_test.clear();
        self.manifest.outcome = None;
        self.save_manifest()
    }

    /// Adds numbers to the history; they are on disk when this returns.
    ///
    /// # Errors
    /// [`RunError`] when they cannot be written.
    pub fn append(&mut self, points: &[HistoryPoint]) -> Result<(), RunError> {
        let path = self.dir.join(HISTORY_FILE);
        let written = append_whole(&mut self.history, history::lines(points).as_bytes(), true);
        written.map_err(|e| {
            open_again(&mut self.history, &path);
            file_error(&path, &e)
        })
    }

    /// Adds a line to the log, with the time before it.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn log(&mut self, line: &str) -> Result<(), RunError> {
        let time = jiff::Zoned::now()
            .strftime("%Y-%m-%d %H:%M:%S%:z")
            .to_string();
        let line = format!("{time} {}\n", in_one_line(line));
        let path = self.dir.join(LOG_FILE);
        append_whole(&mut self.log, line.as_bytes(), false).map_err(|e| {
            open_again(&mut self.log, &path);
            file_error(&path, &e)
        })
    }

    /// Adds a warning to the log.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn log_warning(&mut self, problem: &Problem) -> Result<(), RunError> {
        self.log(&format!("{WARNING}{}", problem.sentence()))
    }

    /// Commits an epoch: its weights, then the state to go on from, then the manifest; after that
    /// the copy of the best weights, and what is no longer needed goes.
    ///
    /// # Errors
    /// [`RunError`] when something cannot be written; then the epoch before is still whole.
    pub fn checkpoint(&mut self, model: &dyn Trainable, done: EpochDone) -> Result<(), RunError> {
        let (id, epoch) = (self.manifest.id.clone(), done.epoch);
        let weights = self.store.epoch_weights(&id, epoch);
        model.save_weights(&weights)?;
        let state = self.store.state(&id, epoch);
        model.save_state(&state)?;
        for written in [&weights, &state] {
            self.manifest.checksums.add(&self.dir, written)?;
        }
        (self.manifest.epochs, self.manifest.train_secs) = (epoch, done.train_secs);
        let pause = self.manifest.pause.take();
        if done.best.is_some() {
            (self.manifest.best_epoch, self.manifest.valid) = (Some(epoch), done.best);
        }
        let gone = self.no_longer_needed(epoch, pause)?;
        for path in &gone {
            self.manifest.checksums.forget(&self.dir, path);
        }
        self.save_manifest()?;
        self.update_best()?;
        gone.iter().try_for_each(|path| remove_if_there(path))
    }

    /// Files that are not needed any more once an epoch is committed: states of earlier places, and
    /// the weights of epochs beyond those that are kept.
    fn no_longer_needed(
        &self,
        epoch: usize,
        pause: Option<Pause>,
    ) -> Result<Vec<PathBuf>, RunError> {
        let id = &self.manifest.id;
        let weights = self.store.epoch_weights(id, epoch);
        let file_bytes = fs::metadata(&weights)
            .map_err(|e| file_error(&weights, &e))?
            .len();
        let stay = kept(epoch, self.manifest.best_epoch, file_bytes);
        let beyond = epochs_in(&self.dir.join("epochs"))?
            .into_iter()
            .filter(|epoch| !stay.contains(epoch))
            .map(|epoch| self.store.epoch_weights(id, epoch));
        let before = epoch.checked_sub(1);
        let state = before.map(|before| self.store.state(id, before));
        Ok(beyond.chain(state).chain(self.state_of(pause)).collect())
    }

    /// Keeps the place that training has come to within an epoch; [`RunWriter::pause`] commits it.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written; then the place kept before is still whole.
    pub fn keep(&mut self, model: &dyn Trainable, at: Pause) -> Result<(), RunError> {
        let before = self.manifest.pause;
        if before == Some(at) {
            return Ok(());
        }
        if let Some(state) = self.state_of(Some(at)) {
            model.save_state(&state)?;
            self.manifest.checksums.add(&self.dir, &state)?;
        }
        let is_elsewhere = |before: &Pause| (before.epoch, before.step) != (at.epoch, at.step);
        let gone = self.state_of(before.filter(is_elsewhere));
        if let Some(path) = &gone {
            self.manifest.checksums.forget(&self.dir, path);
        }
        self.manifest.pause = Some(at);
        self.save_manifest()?;
        gone.map_or(Ok(()), |path| remove_if_there(&path))
    }

    /// Weights and optimiser state of a place within an epoch.
    fn state_of(&self, pause: Option<Pause>) -> Option<PathBuf> {
        let Pause { epoch, step, .. } = pause.filter(|pause| pause.step > 0)?;
        Some(self.store.state_within(&self.manifest.id, epoch, step))
    }

    /// Removes what a change of a setting needed for a moment.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be removed.
    pub fn remove_state_of_change(&self) -> Result<(), RunError> {
        remove_if_there(&self.store.state_of_change(&self.manifest.id))
    }

    /// The place at which the run can be left now, to go on later: the one that was kept, else
    /// before the next epoch.
    #[must_use]
    pub fn place_to_pause(&self) -> Pause {
        let next = Pause {
            epoch: self.manifest.epochs + 1,
            ..Pause::default()
        };
        let kept = self.manifest.pause;
        kept.filter(|kept| kept.epoch == next.epoch).unwrap_or(next)
    }

    /// Leaves the run where it can be left, and gives its files their sums: nothing is written after
    /// this. Returns the place.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn pause(&mut self) -> Result<Pause, RunError> {
        let pause = self.place_to_pause();
        self.manifest.pause = Some(pause);
        self.seal()?;
        self.save_manifest()?;
        Ok(pause)
    }

    /// Whether what the disk refused may be cured outside the program: a full disk, rights that were
    /// taken away, a folder that was moved. What somebody deleted of a run that is in its place is
    /// gone.
    pub(crate) fn may_be_cured(&self, error: &RunError) -> bool {
        let is_in_place = self.dir.join(manifest::FILE).exists();
        error.refused().is_some_and(|path| {
            let is_gone = path.parent().is_some_and(|folder| !folder.exists());
            !(is_in_place && is_gone)
        })
    }

    /// Makes `best.safetensors` the weights of the best epoch. That epoch's own file is never
    /// thrown away, so the copy can be made again after a cut.
    fn update_best(&self) -> Result<(), RunError> {
        let id = &self.manifest.id;
        let best = self.store.best_weights(id);
        match self.manifest.best_epoch {
            None => remove_if_there(&best),
            Some(epoch) => copy_whole(&self.store.epoch_weights(id, epoch), &best),
        }
    }

    /// Writes the manifest as it is now.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn save_manifest(&self) -> Result<(), RunError> {
        self.manifest.write(&self.dir)
    }

    /// Writes rank and probability of every evaluated user.
    ///
    /// # Errors
    /// [`RunError`] when they cannot be written.
    pub fn save_results(&self, part: Part, users: &[UserResult]) -> Result<(), RunError> {
        results::write(&self.store.results_file(&self.manifest.id, part), users)
    }

    /// Writes what each reference answered to the test questions.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn save_references(&self, references: &ReferenceResults) -> Result<(), RunError> {
        references::write(&self.store.references_file(&self.manifest.id), references)
    }

    /// Writes the outcome, and the sums of all files: from here on the run has ended, and nothing of
    /// it is written any more.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn finish(&mut self, outcome: RunOutcome) -> Result<(), RunError> {
        if outcome == RunOutcome::Finished {
            self.manifest.pause = None;
        }
        self.manifest.outcome = Some(outcome);
        self.seal()?;
        self.save_manifest()
    }

    /// Deletes the run.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be deleted.
    pub fn discard(self) -> Result<(), RunError> {
        let Self {
            manifest,
            store,
            history,
            log,
            lock,
            ..
        } = self;
        // Some systems do not delete files that are open.
        drop((history, log, lock));
        store.delete(&manifest.id)
    }
}

/// Opens a file anew after a write failed: where its disk was away for a while, the file that was
/// open then is no longer good. Never makes one: an empty file in its place would hide a loss.
fn open_again(file: &mut File, path: &Path) {
    if let Ok(new) = OpenOptions::new().append(true).open(path) {
        *file = new;
    }
}

pub(super) fn append_to(path: &Path) -> Result<File, RunError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|e| file_error(path, &e))
}
