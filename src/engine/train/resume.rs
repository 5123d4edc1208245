//! Goes on with a run whose process was killed, or that was paused, stopped or has failed: from where
//! it was paused, else from the end of its last committed epoch.

use std::path::Path;

use super::TrainError;
use super::extend::{Extending, extended};
use super::training_task::TrainingTask;
use crate::run::{
    History, Manifest, Part, Pause, RunId, RunOutcome, RunStore, RunWriter, SeenTargetRule,
};
use seqscope_base::spec::{Entry, Problem, ProblemKind};
use seqscope_data::{self as data, Prepared};
use seqscope_model::{DeviceInfo, DeviceKind, Trainable};

/// A run that can go on: interrupted, stopped or failed, and not being written; a finished one where
/// epochs are added to it.
pub(super) fn resumable(
    store: &RunStore,
    id: &RunId,
    extending: Option<Extending>,
) -> Result<RunWriter, TrainError> {
    let mut writer = RunWriter::reopen(store, id)?;
    if let Some(extending) = extending {
        extended(store, &mut writer.manifest, extending)?;
        return Ok(writer);
    }
    if writer.manifest.outcome == Some(RunOutcome::Finished) {
        let sentence = format!(
            "run {id} finished after {} epochs, nothing is left to do: add epochs to it with \
             `seqscope extend {id} --epochs N`",
            writer.manifest.epochs
        );
        return Err(TrainError::Unfit(sentence));
    }
    Ok(writer)
}

/// Whether two devices give the same figures bit for bit: CPUs do, however many threads they have.
fn computes_alike(a: &DeviceInfo, b: &DeviceInfo) -> bool {
    a.kind == b.kind
        && (a.kind == DeviceKind::Cpu || (&a.name, &a.backend) == (&b.name, &b.backend))
}

/// Brings a run from before a seen target was a miss to that rule, where that changes no figure of
/// it; where it does, its epochs cannot be compared with those to come.
fn count_as_now(manifest: &mut Manifest, prepared: &Prepared) -> Result<(), TrainError> {
    if manifest.seen_target == SeenTargetRule::Missed {
        return Ok(());
    }
    manifest.data.returns = Some(prepared.returns);
    if let Some(problem) = manifest.counted_before() {
        return Err(TrainError::Unfit(format!(
            "run {} cannot go on: its epochs were {}",
            manifest.id,
            problem.sentence()
        )));
    }
    manifest.seen_target = SeenTargetRule::Missed;
    manifest.data.report.optimum = prepared.dataset.report.optimum;
    Ok(())
}

/// Weights and optimiser at the end of the last whole epoch; of a fork's first the weights alone,
/// where its parent kept no more.
fn load_last(model: &mut dyn Trainable, writer: &RunWriter) -> Result<(), TrainError> {
    let (store, id, epochs) = (writer.store(), writer.id(), writer.manifest.epochs);
    let fork = writer.manifest.fork.as_ref();
    let bare = fork.is_some_and(|fork| fork.epoch == epochs && !fork.has_optimizer);
    if bare {
        Ok(model.load_weights(&store.epoch_weights(id, epochs))?)
    } else {
        load_whole(model, writer, &store.state(id, epochs))
    }
}

/// Weights and optimiser of a file that is as it was written.
fn load_whole(
    model: &mut dyn Trainable,
    writer: &RunWriter,
    state: &Path,
) -> Result<(), TrainError> {
    model.load_state(state)?;
    Ok(writer.store().check_file(writer.id(), state)?)
}

/// Why the steps of a fork would be no series with those that it has from its parent: an epoch has
/// more or fewer of them now.
fn other_steps(manifest: &Manifest, history: &History, steps: usize) -> Option<String> {
    let fork = manifest.fork.as_ref()?;
    let judged = history.series(Part::Valid, "loss");
    let at_fork = judged.iter().find(|judged| judged.0 == fork.epoch)?.1;
    (at_fork != fork.epoch * steps).then(|| {
        format!(
            "run {} took {} steps an epoch and its fork would take {steps}, so that they would not \
             be one series; train anew with these settings",
            fork.parent,
            at_fork / fork.epoch.max(1)
        )
    })
}

/// Takes model, counters and folder back to where the run was paused, else to the end of its last
/// committed epoch. Everything is read before anything is changed.
pub(super) fn go_on(
    task: &mut TrainingTask,
    model: &mut dyn Trainable,
    mut writer: RunWriter,
) -> Result<RunWriter, TrainError> {
    count_as_now(&mut writer.manifest, &task.prepared)?;
    let (epochs, primary) = (writer.manifest.epochs, task.experiment.answers().primary());
    let history = writer.store().history(writer.id())?;
    let judged = history.series(Part::Valid, primary.name());
    let value = |epoch| {
        judged
            .iter()
            .find(|judged| judged.0 == epoch)
            .map(|judged| judged.2)
    };
    let values = (1..=epochs).map(|epoch| (epoch, value(epoch)));
    task.early_stop = task.early_stop.clone().after(values);
    task.events_before = match epochs {
        0 => Some(0.0),
        last => history.events_seen(last),
    };
    task.first_epoch = epochs + 1;
    let store = writer.store();
    let within = writer
        .manifest
        .pause
        .filter(|pause| pause.epoch == epochs + 1 && pause.step > 0);
    match within {
        Some(Pause { epoch, step, .. }) => {
            load_whole(
                model,
                &writer,
                &store.state_within(writer.id(), epoch, step),
            )?;
        }
        None if epochs > 0 => load_last(model, &writer)?,
        None => {}
    }
    let first_step = task.first_step(writer.manifest.pause);
    let (steps, manifest) = (task.plan.steps_per_epoch(), &mut writer.manifest);
    manifest
        .live_changes
        .retain(|change| change.after_steps < first_step);
    if let Some(sentence) = other_steps(manifest, &history, steps) {
        return Err(TrainError::Unfit(sentence));
    }
    if let Some(before) = writer
        .manifest
        .device
        .as_ref()
        .filter(|before| !computes_alike(before, &task.device))
    {
        let sentence = format!(
            "begun on {} and resumed on {}: figures may differ a little",
            before.name, task.device.name
        );
        task.warnings
            .push(Problem::warning("training.device", sentence));
    }
    // A run from before there was an audit gets it now: its data are at hand.
    if writer.manifest.data.audit.is_empty() {
        writer.manifest.data.audit = data::audit(&task.prepared, &task.experiment.data);
    }
    // Told again at the end, if it still holds.
    let told_at_end = [ProblemKind::BelowReference, ProblemKind::LatentCollapsed];
    writer
        .manifest
        .problems
        .retain(|problem| !told_at_end.contains(&problem.kind));
    if writer.manifest.test.is_some() {
        let sentence = format!(
            "the test split was read after {epochs} epochs of this run already, and is read again \
             at its end: report its test figures only with that remark, or train anew"
        );
        let warning =
            Problem::warning("training.epochs", sentence).of_kind(ProblemKind::TestReadAgain);
        // Kept before the earlier figures go, so that no cut between the two hides the first
        // reading.
        writer.manifest.problems.push(warning.clone());
        task.warnings.push(warning);
    }
    writer.rewind()?;
    Ok(writer)
}
