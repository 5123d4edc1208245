//! Adds epochs to a run after its end.
//!
//! The run goes on from the weights and the optimiser that it ended with, as one that was stopped
//! does: its epochs are judged as a whole, and its test split is read again and marked for it. Where
//! nothing depends on the length of a run, that gives the bits of a run that was to have so many
//! epochs from the start.

use super::TrainError;
use super::early_stop::EarlyStop;
use crate::experiment::{Experiment, LrDecay};
use crate::run::{ExtendedSchedule, Extension, Manifest, Part, RunOutcome, RunStore};
use seqscope_base::spec::{Entry as _, Value};

/// Epochs to be added to a finished run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extending {
    /// Number of epochs.
    pub epochs: usize,
    /// Course of what depends on the length of a run; must be said where something does.
    pub schedule: Option<ExtendedSchedule>,
}

/// Extends a finished run, in its manifest alone: the folder changes once all that it needs is read.
///
/// # Errors
/// [`TrainError::Unfit`] when it has not finished, or a schedule must be chosen.
pub(super) fn extended(
    store: &RunStore,
    manifest: &mut Manifest,
    extending: Extending,
) -> Result<(), TrainError> {
    let (id, after) = (manifest.id.clone(), manifest.epochs);
    let unfit = |sentence: String| Err(TrainError::Unfit(sentence));
    if manifest.outcome != Some(RunOutcome::Finished) {
        return unfit(format!(
            "run {id} has not finished, so there is nothing to extend: `seqscope resume {id}` goes on \
             to the end that it was to have"
        ));
    }
    if extending.epochs == 0 {
        return unfit("no epochs are to be added; give at least 1 with `--epochs`".to_owned());
    }
    let dependent = dependent_on_length(&manifest.experiment);
    let schedule = match (dependent.as_slice(), extending.schedule) {
        ([], _) => None,
        (_, Some(schedule)) => Some(schedule),
        (settings, None) => {
            return unfit(format!(
                "{} of run {id} runs over its whole length, so it must be said what becomes of it: \
                 `--schedule continue` has it as in a run of the new length from here on, `--schedule \
                 restart` has it anew over the added epochs",
                settings.join(" and ")
            ));
        }
    };
    let (epochs, patience) = (after + extending.epochs, over_patience(store, manifest)?);
    let training = &mut manifest.experiment.training;
    let planned = std::mem::replace(&mut training.epochs, epochs);
    if patience.is_some() {
        training.patience = 0;
    }
    manifest.extensions.push(Extension {
        after,
        planned,
        epochs,
        schedule,
        patience,
    });
    Ok(())
}

/// Settings that run over the whole length of a run, as dotted paths in backquotes: what becomes of
/// them in epochs that are added must be said.
#[must_use]
pub fn dependent_on_length(experiment: &Experiment) -> Vec<String> {
    let decays = match experiment.training.lr_decay {
        LrDecay::Linear | LrDecay::Cosine => Some("`training.lr_decay`".to_owned()),
        LrDecay::None | LrDecay::InverseRoot => None,
    };
    let fields = experiment.model.fields();
    let is_on = |key: &str| {
        let mut of_key = fields.iter().filter(|field| field.key == key);
        of_key.any(|field| matches!(field.value, Value::Float(value) if value > 0.0))
    };
    let anneals = is_on("anneal") && is_on("beta");
    decays
        .into_iter()
        .chain(anneals.then(|| "`model.anneal`".to_owned()))
        .collect()
}

/// The patience of a run, where it has run out: with it no epoch would be added.
fn over_patience(store: &RunStore, manifest: &Manifest) -> Result<Option<usize>, TrainError> {
    let experiment = &manifest.experiment;
    let (primary, patience) = (experiment.answers().primary(), experiment.training.patience);
    if experiment.fine_tune.is_some() {
        return Ok(None);
    }
    let history = store.history(&manifest.id)?;
    let judged = history.series(Part::Valid, primary.name());
    let value = |epoch| {
        let of_epoch = judged.iter().find(|judged| judged.0 == epoch);
        of_epoch.map(|judged| judged.2)
    };
    let values = (1..=manifest.epochs).map(|epoch| (epoch, value(epoch)));
    let watched = EarlyStop::replayed(primary, patience, values);
    Ok(watched.is_over().then_some(patience))
}
