//! Goes on from an epoch of a run with changed settings, as a run of its own.
//!
//! Data, split, task, family and everything that gives the weights their meaning stay what they are;
//! so do the rules by which epochs are judged, since those of the parent count as the fork's own. With
//! the optimiser's state, which is kept for the last epoch, a fork without a change gives the
//! parent's numbers bit for bit; from the weights alone it does not, and says so.

use std::sync::Arc;

use super::TrainError;
use super::data_of_run::data_of_run;
use super::early_stop::EarlyStop;
use super::restore::{epoch_to_open, of_no_use};
use crate::experiment::{Experiment, differences};
use crate::run::{
    ChangedSetting, ForkOrigin, LiveChange, Manifest, Part, RunId, RunStore, RunWriter,
};
use seqscope_base::spec::Entry as _;
use seqscope_data::Prepared;
use seqscope_model::broken_weights;

/// Choices for a fork.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forking {
    /// Epoch to go on from; `None` is the last one that is whole.
    pub epoch: Option<usize>,
    /// Settings to change, by dotted path, as [`Experiment::set`] takes them.
    pub sets: Vec<SettingText>,
    /// Epochs to train from there; `None` trains to the end that the parent was to have.
    pub epochs: Option<usize>,
    /// Name of the experiment; `None` is the parent's with `fork` behind it.
    pub name: Option<String>,
}

/// A setting by its dotted path, with a value as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingText {
    /// Dotted path, such as `training.lr`.
    pub path: String,
    /// Value.
    pub text: String,
}

/// Settings of models that act in training alone, by the last part of their paths: the weights mean
/// the same with any value of them.
const OF_TRAINING: [&str; 10] = [
    "dropout",
    "attention_dropout",
    "recurrent_dropout",
    "beta",
    "anneal",
    "annealing",
    "free_bits",
    "mask_share",
    "last_share",
    "corruption",
];

/// Longest name of an experiment, in letters.
const MAX_NAME: usize = 80;

/// Makes the folder of a fork, as a run that can be resumed; gives its name and its data.
///
/// # Errors
/// [`TrainError`] when the parent cannot be forked so; then there is no folder.
pub(super) fn fork(
    store: &RunStore,
    id: &RunId,
    forking: &Forking,
    given: Option<Arc<Prepared>>,
) -> Result<(RunId, Arc<Prepared>), TrainError> {
    let parent = store.manifest(id)?;
    if parent.lineage.is_some() {
        return Err(TrainError::Unfit(format!(
            "run {id} is fine-tuned, and only runs that learn from the log can be forked: fine-tune \
             its parent anew with other settings"
        )));
    }
    let epoch = epoch_to_open(store, &parent, forking.epoch.or(Some(parent.epochs)))?;
    let start = ForkStart::new(store, &parent, epoch)?;
    let experiment = start.experiment(&parent, forking)?;
    start.refuse_impatience(store, &parent, &experiment)?;
    if let Some(broken) = broken_weights(&store.epoch_weights(id, epoch)) {
        return Err(TrainError::Unfit(of_no_use(&parent, epoch, &broken)));
    }
    let prepared = data_of_run(&parent, given)?;
    let origin = ForkOrigin {
        parent: id.clone(),
        epoch,
        changed: changed(&start.now, &experiment),
        changed_before: start.changes,
        has_optimizer: false,
        tested_after: parent.test.is_some().then_some(parent.epochs),
    };
    let mut writer = RunWriter::fork(store, &parent, experiment, origin)?;
    let told = writer.manifest.fork.as_ref().map(|fork| {
        let (words, changes) = (fork.words(), fork.changes());
        format!("{words}: {changes}")
    });
    writer.log(&told.unwrap_or_default())?;
    Ok((writer.id().clone(), prepared))
}

/// A run as it stood after an epoch.
struct ForkStart {
    epoch: usize,
    /// Settings as they stood, with what was changed while it trained.
    now: Experiment,
    changes: Vec<LiveChange>,
}

impl ForkStart {
    fn new(store: &RunStore, parent: &Manifest, epoch: usize) -> Result<Self, TrainError> {
        let history = store.history(&parent.id)?;
        let judged = history.series(Part::Valid, "loss");
        let steps = judged.iter().find(|at| at.0 == epoch).map_or(0, |at| at.1);
        let made = parent.live_changes.iter().copied();
        let changes: Vec<LiveChange> = made.filter(|it| it.after_steps < steps).collect();
        let mut now = parent.experiment.clone();
        for change in &changes {
            now = change
                .setting
                .changed(&now, change.to)
                .map_err(TrainError::Unfit)?;
        }
        best_is_kept(store, parent, epoch)?;
        Ok(Self {
            epoch,
            now,
            changes,
        })
    }

    /// Refuses a patience that has run out already: no epoch would be trained.
    fn refuse_impatience(
        &self,
        store: &RunStore,
        parent: &Manifest,
        fork: &Experiment,
    ) -> Result<(), TrainError> {
        let (primary, patience) = (fork.answers().primary(), fork.training.patience);
        let history = store.history(&parent.id)?;
        let judged = history.series(Part::Valid, primary.name()).into_iter();
        let values = judged.map(|(epoch, _, value)| (epoch, Some(value)));
        let before = values.filter(|(epoch, _)| *epoch <= self.epoch);
        if EarlyStop::replayed(primary, patience, before).is_over() {
            return Err(TrainError::Unfit(format!(
                "the patience of {patience} had run out after epoch {} of run {}, so that a fork would \
                 end at once: fork from an earlier epoch, or with `--set training.patience=0`",
                self.epoch, parent.id
            )));
        }
        Ok(())
    }

    /// The experiment of the fork.
    fn experiment(&self, parent: &Manifest, forking: &Forking) -> Result<Experiment, TrainError> {
        let (id, epoch) = (&parent.id, self.epoch);
        let mut experiment = self.now.clone();
        for set in &forking.sets {
            experiment.set(&set.path, &set.text)?;
        }
        if let Some(epochs) = forking.epochs {
            experiment.training.epochs = epoch + epochs;
        }
        if experiment.training.epochs <= epoch {
            return Err(TrainError::Unfit(format!(
                "after epoch {epoch} nothing is left of the {} epochs of run {id}: say with \
                 `--epochs` how many are to be trained from there, or fork from an earlier epoch",
                experiment.training.epochs
            )));
        }
        if let Some(field) = misfit(&self.now, &experiment) {
            return Err(TrainError::Unfit(format!("`{}` {}", field.path, field.why)));
        }
        experiment.name = forking.name.clone().unwrap_or_else(|| {
            let mut name: String = parent.experiment.name.chars().take(MAX_NAME - 5).collect();
            if !name.ends_with(" fork") {
                name.push_str(" fork");
            }
            name
        });
        Ok(experiment)
    }
}

/// A setting that a fork cannot change.
struct MisfitSetting {
    path: String,
    why: &'static str,
}

/// The first setting that a fork cannot change, if one was changed.
fn misfit(parent: &Experiment, fork: &Experiment) -> Option<MisfitSetting> {
    let mut different = differences(&[parent, fork]).into_iter();
    different.find_map(|difference| {
        let path = difference.field;
        let why = why_not(&path)?;
        Some(MisfitSetting { path, why })
    })
}

/// Why a fork cannot change a setting; `None` where it can.
fn why_not(path: &str) -> Option<&'static str> {
    let (head, key) = path.split_once('.').unwrap_or((path, ""));
    match (head, key) {
        ("training", "batch_size") => Some(
            "changes how many steps an epoch has, so that the steps of the parent and of the fork \
             would not be one series; train anew with it",
        ),
        ("training", key) if key.starts_with("augment") || key.starts_with("gan") => Some(
            "changes the histories that are learnt from, and with them how many steps an epoch has; \
             train anew with it",
        ),
        ("training", "fused" | "histograms" | "device") | ("training" | "seed" | "name", _) => None,
        ("model", key) if OF_TRAINING.contains(&key) => None,
        ("model", _) => Some(
            "changes the shape of the model or what its weights mean, so the parent's weights are of \
             no use to it; train anew with it",
        ),
        ("data" | "split", _) => Some(
            "changes the data, and a fork goes on with its parent's own, split and catalogue \
             included; train anew with it",
        ),
        ("evaluation", _) => Some(
            "changes how epochs are judged, and those of the parent count as the fork's own; train \
             anew with it",
        ),
        _ => Some("cannot be changed by a fork; train anew with it"),
    }
}

/// Settings that a fork changed.
fn changed(parent: &Experiment, fork: &Experiment) -> Vec<ChangedSetting> {
    let different = differences(&[parent, fork]).into_iter();
    let value = |values: &[Option<String>], at: usize| {
        let value = values.get(at).cloned().flatten();
        value.unwrap_or_else(|| "not there".to_owned())
    };
    different
        .map(|difference| ChangedSetting {
            from: value(&difference.values, 0),
            to: value(&difference.values, 1),
            setting: difference.field,
        })
        .collect()
}

/// Refuses an epoch before which the best until then is no longer kept: the fork may have to take it.
fn best_is_kept(store: &RunStore, parent: &Manifest, epoch: usize) -> Result<(), TrainError> {
    let primary = parent.experiment.answers().primary();
    let history = store.history(&parent.id)?;
    let mut best = (None, f64::NAN);
    for (of, _, value) in history.series(Part::Valid, primary.name()) {
        if of <= epoch && primary.is_better(value, best.1) {
            best = (Some(of), value);
        }
    }
    match best.0 {
        Some(best) if !store.epoch_weights(&parent.id, best).exists() => {
            Err(TrainError::Unfit(format!(
                "epoch {best} was the best of run {} until epoch {epoch}, and its weights are no \
                 longer kept; fork from an epoch before it or after the run's best one",
                parent.id
            )))
        }
        Some(_) | None => Ok(()),
    }
}
