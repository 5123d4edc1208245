//! Opens a run again, with the weights of one of its epochs.

use std::sync::Arc;

use super::TrainError;
use super::blueprint::blueprint;
use super::build::{BuildModel, build_model};
use super::data_of_run::{data_of_run, data_of_run_watched};
use super::task::TaskQuestions;
use crate::experiment::Experiment;
use crate::run::{Manifest, RunId, RunStore};
use seqscope_data::{LoadProgress, Prepared};
use seqscope_model::{BrokenWeights, Trainable, broken_weights};

/// A finished or interrupted run, opened again.
pub struct Restored {
    /// Manifest of the run.
    pub manifest: Manifest,
    /// Its data.
    pub prepared: Arc<Prepared>,
    /// Its model on the CPU, with the weights of the epoch that was asked for.
    pub model: Box<dyn Trainable>,
    /// Number of that epoch.
    pub epoch: usize,
    /// The questions of its task.
    pub questions: TaskQuestions,
}

impl Restored {
    /// Goes to another epoch of the same run: its weights take the place of those that the model
    /// has. Model and questions stay, which are the same in every epoch and take longer to make
    /// than weights to read.
    ///
    /// # Errors
    /// [`TrainError`] when the run keeps no such weights or they cannot be read; the model then
    /// answers nothing that means anything, so it must be dropped.
    pub fn move_to(&mut self, store: &RunStore, epoch: Option<usize>) -> Result<(), TrainError> {
        let manifest = store.manifest(&self.manifest.id)?;
        let epoch = epoch_to_open(store, &manifest, epoch)?;
        take_epoch(store, &manifest, epoch, self.model.as_mut())?;
        (self.manifest, self.epoch) = (manifest, epoch);
        Ok(())
    }
}

/// Puts the weights of an epoch into a model of that run.
fn take_epoch(
    store: &RunStore,
    manifest: &Manifest,
    epoch: usize,
    model: &mut dyn Trainable,
) -> Result<(), TrainError> {
    let weights = store.epoch_weights(&manifest.id, epoch);
    model.load_weights(&weights)?;
    if let Some(broken) = broken_weights(&weights) {
        return Err(TrainError::Unfit(of_no_use(manifest, epoch, &broken)));
    }
    Ok(store.check_file(&manifest.id, &weights)?)
}

/// Opens a run with the weights of one epoch, or of the best one.
///
/// The data are opened again unless `prepared` already has the run's fingerprint.
///
/// # Errors
/// [`TrainError`] when run, data or weights cannot be read, or when the data have changed since.
pub fn restore(
    store: &RunStore,
    id: &RunId,
    epoch: Option<usize>,
    prepared: Option<Arc<Prepared>>,
) -> Result<Restored, TrainError> {
    restore_with(store, id, epoch, prepared, &build_model)
}

/// [`restore`] under the eyes of whoever waits: they may stop it while the data are opened.
///
/// # Errors
/// As [`restore`], and when it was stopped.
pub fn restore_watched(
    store: &RunStore,
    id: &RunId,
    epoch: Option<usize>,
    watch: &dyn LoadProgress,
) -> Result<Restored, TrainError> {
    let manifest = store.manifest(id)?;
    let epoch = epoch_to_open(store, &manifest, epoch)?;
    let prepared = data_of_run_watched(&manifest, watch)?;
    restore_with(store, id, Some(epoch), Some(prepared), &build_model)
}

/// [`restore`] with another way to build the model.
///
/// # Errors
/// As [`restore`].
#[doc(hidden)]
pub fn restore_with(
    store: &RunStore,
    id: &RunId,
    epoch: Option<usize>,
    prepared: Option<Arc<Prepared>>,
    build: BuildModel<'_>,
) -> Result<Restored, TrainError> {
    let manifest = store.manifest(id)?;
    let epoch = epoch_to_open(store, &manifest, epoch)?;
    let prepared = data_of_run(&manifest, prepared)?;
    let mut model = build(
        &on_cpu(&manifest.experiment),
        &blueprint(&manifest.experiment, &prepared),
    )?
    .model;
    take_epoch(store, &manifest, epoch, model.as_mut())?;
    let questions = TaskQuestions::of_experiment(&manifest.experiment, &prepared)?;
    Ok(Restored {
        manifest,
        prepared,
        model,
        epoch,
        questions,
    })
}

/// Weights that are no numbers answer something, which means nothing.
pub(super) fn of_no_use(manifest: &Manifest, epoch: usize, broken: &BrokenWeights) -> String {
    let Manifest { id, best_epoch, .. } = manifest;
    let other = if *best_epoch == Some(epoch) {
        "take another epoch with `--epoch`"
    } else {
        "take the best epoch"
    };
    format!(
        "the weights of epoch {epoch} of run {id} are damaged, so they say nothing: {broken}; \
         {other}, or train anew, with a lower `training.lr` if they became so in training"
    )
}

/// Looking at a few users needs no GPU, and must work where the run's own device is missing or
/// busy.
fn on_cpu(experiment: &Experiment) -> Experiment {
    let mut experiment = experiment.clone();
    "cpu".clone_into(&mut experiment.training.device);
    experiment
}

pub(super) fn epoch_to_open(
    store: &RunStore,
    manifest: &Manifest,
    wanted: Option<usize>,
) -> Result<usize, TrainError> {
    let id = &manifest.id;
    let Some(epoch) = wanted.or(manifest.best_epoch) else {
        let sentence = format!(
            "run {id} has no weights yet: it ended before its first epoch did; resume it or train \
             anew"
        );
        return Err(TrainError::Unfit(sentence));
    };
    let kept = store.epochs(id)?;
    if kept.contains(&epoch) {
        return Ok(epoch);
    }
    let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
    let cure = match kept.as_slice() {
        [] => "it keeps none at all: train anew".to_owned(),
        kept => format!("choose one of those it keeps: {}", kept.join(", ")),
    };
    Err(TrainError::Unfit(format!(
        "run {id} keeps no weights of epoch {epoch}; {cure}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores after the whole histories of the first ten users, as bits.
    fn scores(restored: &Restored) -> Vec<u32> {
        let sequences = &restored.prepared.dataset.sequences;
        let asked = (0..10).map(|user| (user, sequences.items(user).len()));
        let histories = restored.prepared.histories(asked);
        let scores = restored.model.scores(&histories).unwrap();
        scores.into_iter().map(f32::to_bits).collect()
    }

    /// Forth, back and to the best epoch, the model that stays open says what one that is built for
    /// the epoch says; the run itself is not asked for an epoch that it does not keep.
    #[test]
    fn a_model_that_moves_to_another_epoch_is_the_one_of_that_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        let mut open = restore(&store, &id, Some(1), None).unwrap();
        let first = scores(&open);
        for epoch in [Some(16), Some(1), None, Some(9)] {
            open.move_to(&store, epoch).unwrap();
            let known = Some(Arc::clone(&open.prepared));
            let anew = restore(&store, &id, epoch, known).unwrap();
            assert_eq!(open.epoch, anew.epoch);
            assert_eq!(scores(&open), scores(&anew), "{epoch:?}");
            assert_eq!(scores(&open) == first, epoch == Some(1), "{epoch:?}");
        }
        assert!(open.move_to(&store, Some(99)).is_err());
        assert_eq!(open.epoch, 9);
    }
}
