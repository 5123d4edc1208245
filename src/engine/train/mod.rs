//! One run from start to end on the calling thread: no threads, no egui, no burn.
//!
//! [`run`] is the whole story. What it says goes to the run's folder first and then to an
//! [`Observer`]; what the user asks for comes through a [`Control`], looked at between steps.

mod blueprint;
mod build;
mod data_of_run;
mod divergence;
mod early_stop;
mod error;
mod evaluate;
mod extend;
mod fine_tune;
mod fork;
mod interrupted;
mod latent;
mod list_metrics;
mod message;
mod meter;
mod of_sweep;
mod open;
mod outcome;
mod part_of_split;
mod patience;
mod plan;
mod progress;
mod queued;
mod race;
mod ready;
mod record;
mod reference;
mod refit;
mod restore;
mod resume;
mod run_in_progress;
mod schedule;
mod slice_facts;
mod steering;
mod suggest;
mod synthetic;
mod task;
mod training_task;

pub use blueprint::blueprint;
#[doc(hidden)]
pub use build::{BuildModel, Built};
pub use data_of_run::data_of_run_watched;
pub use early_stop::EarlyStop;
pub use error::TrainError;
pub use evaluate::judge;
pub use extend::{Extending, dependent_on_length};
pub use fine_tune::{FineTuning, fine_tuning};
pub use fork::{Forking, SettingText};
pub use latent::LatentUse;
pub use message::{
    Command, Control, Ended, Event, EventKind, Observer, Preparing, Progress, SlowMotion, StepUnit,
    StopMode,
};
pub use of_sweep::{OfSweep, fill_shelf, run_beside, run_of_sweep};
#[doc(hidden)]
pub use queued::run_queued_with;
pub use queued::{not_begun, queued_job, run_queued};
pub use race::{RaceLane, RaceSide, race_lanes, race_problems};
pub use reference::{AnswerReference, FittedReference, ReferenceShelf, fit_reference};
pub use refit::refit_references;
#[doc(hidden)]
pub use restore::restore_with;
pub use restore::{Restored, restore, restore_watched};
pub use schedule::lr_at;
pub use steering::PlannedChange;
pub use suggest::{Suggestion, SuggestionReasons, suggest};
pub use synthetic::{JudgedSampler, Judging, judge_samplers};
pub use task::TaskQuestions;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::experiment::Experiment;
use crate::run::{
    EpochDone, EpochRecord, Manifest, Part, Pause, ReferenceResults, References, RunId, RunOutcome,
    RunStore,
};
use seqscope_base::metric::{Better, Metrics};
use seqscope_base::spec::{Entry, Problem, ProblemKind};
use seqscope_data::{Histories, Prepared};
use seqscope_model::baseline::{BaselineKind, ReferenceKind};
use seqscope_model::{DeviceKind, ModelError, TrainStats, Trainable};

use build::build_model;
use divergence::Divergence;
use interrupted::Interrupted;
use latent::{latent_report, shuffled};
use open::{Opened, Opening, open};
use progress::Sums;
use ready::Onlooker;
use run_in_progress::{RunInProgress, panicked};
use steering::Steering;
use task::{Judgement, filter_seen};
use training_task::TrainingTask;

/// One run to be done.
#[derive(Clone, Debug)]
pub struct Job {
    /// Experiment to run.
    pub experiment: Experiment,
    /// Folder of runs in which the run gets its own.
    pub store: RunStore,
    /// The data, when it is already open; it must be what `experiment.data` and
    /// `experiment.split` say.
    pub prepared: Option<Arc<Prepared>>,
    /// An interrupted, stopped or failed run to go on with; `experiment` is then passed over for
    /// the run's own.
    pub resume: Option<RunId>,
}

/// What is done to a run beyond what its experiment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Steer {
    /// Nothing.
    #[default]
    Straight,
    /// Changes settings of a new run after some steps.
    Changing(Vec<PlannedChange>),
    /// Adds epochs to the finished run of [`Job::resume`].
    Extending(Extending),
    /// Goes on from an epoch of the run of [`Job::resume`], as a run of its own.
    Forking(Forking),
}

/// Does one run from start to end on the calling thread.
///
/// The run's folder is written first for every event; then `observer` hears of it. Every run that
/// was started ends with exactly one [`EventKind::Ended`], whatever happens, a panic in the model
/// included; what is returned is the same [`Ended`].
///
/// # Errors
/// [`TrainError`] when the run could not be started: then there is no folder and no event.
pub fn run(
    job: Job,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    run_with(job, &build_model, control, observer)
}

/// [`run`] of a job that is steered: extended, forked, or changed while it trains.
///
/// # Errors
/// As [`run`], and when the run cannot be steered so: then nothing has changed.
pub fn run_steered(
    job: Job,
    steer: &Steer,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    run_steered_with(job, steer, &build_model, control, observer)
}

/// [`run`] with another way to build the model, such as one that needs no time.
///
/// # Errors
/// As [`run`].
#[doc(hidden)]
pub fn run_with(
    job: Job,
    build: BuildModel<'_>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    run_steered_with(job, &Steer::Straight, build, control, observer)
}

/// [`run_steered`] with another way to build the model.
///
/// # Errors
/// As [`run_steered`].
#[doc(hidden)]
pub fn run_steered_with(
    job: Job,
    steer: &Steer,
    build: BuildModel<'_>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    let opening = Opening {
        steer,
        of_sweep: None,
    };
    carry_out(job, opening, build, control, observer)
}

fn carry_out(
    job: Job,
    opening: Opening<'_>,
    build: BuildModel<'_>,
    control: &mut dyn Control,
    observer: &mut dyn Observer,
) -> Result<(RunId, Ended), TrainError> {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        open(job, opening, build, &mut Onlooker::by(control, observer))
    }));
    let Opened {
        task,
        mut model,
        writer,
        changes,
    } = opened.unwrap_or_else(|panic| Err(panicked(panic.as_ref())))?;
    let plan_of_model = blueprint(&task.experiment, &task.prepared);
    let steering = Steering::new(build, plan_of_model, &task.experiment, changes);
    let n_steps = task.plan.steps_per_epoch();
    let mut live = RunInProgress::new(writer, n_steps, steering, control, observer);
    let result = catch_unwind(AssertUnwindSafe(|| {
        train_and_judge(&task, &mut live, &mut model)
    }));
    Ok(live.end(result))
}

fn train_and_judge(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &mut Box<dyn Trainable>,
) -> Result<RunOutcome, Interrupted> {
    live.say(started(task, live, model.as_ref()))?;
    task.warnings
        .iter()
        .try_for_each(|warning| live.say(EventKind::Warned(warning.clone())))?;
    let outcome = match train(task, live, model) {
        Ok(()) => RunOutcome::Finished,
        Err(Interrupted::Stopped(StopMode::Keep)) => RunOutcome::Stopped,
        Err(interrupted) => return Err(interrupted),
    };
    judge_best(task, live, model.as_mut())?;
    Ok(outcome)
}

/// Epoch after epoch: train, judge on validation, keep the weights, until epochs or patience run
/// out.
fn train(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &mut Box<dyn Trainable>,
) -> Result<(), Interrupted> {
    let mut early_stop = task.early_stop.clone();
    let mut divergence = Divergence::new(task, live.manifest().diverged_epoch.is_some());
    let synthetic = task.plan.synthetic(task, &mut |pass| {
        live.between_passes(pass, task.first_epoch)
    })?;
    let (mut begun, mut events_seen) = (live.manifest().pause, task.events_before);
    live.catch_up(task.first_step(begun), model)?;
    for epoch in task.first_epoch..=task.plan.n_epochs {
        if early_stop.is_over() {
            break;
        }
        let mut at = begun
            .take()
            .filter(|pause| pause.epoch == epoch)
            .unwrap_or(Pause {
                epoch,
                ..Pause::default()
            });
        let worked = train_epoch(task, live, model, &synthetic, &mut at, &mut divergence).and_then(
            |trained| {
                Ok((
                    trained,
                    judge_part(task, live, model.as_ref(), Part::Valid)?,
                ))
            },
        );
        if let Err(Interrupted::Left) = worked {
            live.keep(model.as_ref(), at)?;
        }
        let ((trained, events_per_sec), judged) =
            worked.map_err(|interrupted| in_epoch(interrupted, task, epoch))?;
        let (valid, valid_loss) = (judged.metrics(), judged.loss());
        let step = epoch * task.plan.steps_per_epoch();
        if !valid_loss.is_finite() {
            let diverged = ModelError::Diverged {
                value: valid_loss as f32,
                step,
            };
            return Err(in_epoch(diverged.into(), task, epoch));
        }

        let is_best = early_stop.observe(epoch, valid.primary().1);
        let train_secs = live.clock.secs();
        events_seen = events_seen.map(|before| before + trained.n_events as f64);
        live.say(EventKind::Evaluated(EpochRecord {
            epoch,
            step,
            train_loss: trained.loss,
            valid_loss,
            valid: valid.clone(),
            // Its weights are kept as the best there are, but nobody should take them for good.
            is_best: is_best && !divergence.has_diverged(),
            lr: task.plan.inputs(live.steering.training(), step - 1).lr,
            grad_norm: trained.grad_norm,
            kl: trained.kl,
            reconstruction: trained.reconstruction,
            events_seen,
            events_per_sec,
            train_secs,
        }))?;
        let cases = task.cases(Part::Valid);
        if let Some(report) = latent_report(model.as_ref(), &task.prepared, cases)? {
            live.say(EventKind::Latent(Box::new(LatentUse {
                epoch,
                step,
                report,
                shuffled: None,
            })))?;
        }
        let done = EpochDone {
            epoch,
            train_secs,
            best: is_best.then_some(valid),
        };
        live.end_of_epoch(epoch)?;
        keep_epoch(task, live, model.as_mut(), &done, &judged)?;
        live.give_way();
        live.end_of_whole_epoch()?;
    }
    Ok(())
}

/// Keeps what an epoch came to: its weights, how large they and their gradients are and, of the best
/// so far, its answers.
fn keep_epoch(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &mut dyn Trainable,
    done: &EpochDone,
    judged: &Judgement<'_>,
) -> Result<(), Interrupted> {
    let (epoch, is_best) = (done.epoch, done.best.is_some());
    if task.counts_values(epoch) {
        let counts = model.value_counts()?;
        live.write(|writer| writer.append_histograms(epoch, &counts))?;
    }
    live.write(|writer| writer.checkpoint(model, done.clone()))?;
    if is_best {
        let results = judged.results(&task.prepared);
        live.write(|writer| writer.save_results(Part::Valid, &results))?;
    }
    Ok(live.say(EventKind::Checkpointed { epoch })?)
}

/// A failure with the epoch in which it was met.
fn in_epoch(interrupted: Interrupted, task: &TrainingTask, epoch: usize) -> Interrupted {
    match interrupted {
        Interrupted::Failed(error) => {
            Interrupted::Failed(error.in_epoch(epoch, &task.experiment.training))
        }
        other @ (Interrupted::Stopped(_) | Interrupted::Left) => other,
    }
}

/// Every user once, and every synthetic history, from the step that the epoch has come to. Returns
/// the epoch's means and the training events a second.
fn train_epoch(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &mut Box<dyn Trainable>,
    synthetic: &Histories,
    at: &mut Pause,
    divergence: &mut Divergence,
) -> Result<(TrainStats, f64), Interrupted> {
    let (n_steps, start_secs) = (task.plan.steps_per_epoch(), live.start_epoch()?);
    let (epoch, from, n_events_before) = (at.epoch, at.step, at.sums.n_events);
    let (mut sums, mut was_read) = (Sums(at.sums), true);
    for (step_in_epoch, batch) in (from..).zip(task.plan.batches(task, synthetic, epoch, from)) {
        let (step, n_done) = ((epoch - 1) * n_steps + step_in_epoch, step_in_epoch + 1);
        if was_read {
            live.steer(step, model)?;
        }
        if n_done == n_steps && task.counts_values(epoch) {
            model.count_next_gradient();
        }
        let inputs = task.plan.inputs(live.steering.training(), step);
        batch.train(model.as_mut(), inputs)?;
        // The very first loss is that of an untrained model, by which the later ones are judged.
        let is_read = n_done % task.read_back_every() == 0
            || n_done == n_steps
            || step == 0
            || live.steering.is_due(step + 1);
        was_read = is_read;
        if is_read {
            let stats = model.take_stats().map_err(|error| error.at_step(step))?;
            if !stats.loss.is_finite() {
                return Err(ModelError::Diverged {
                    value: stats.loss as f32,
                    step,
                }
                .into());
            }
            sums.add(&stats);
            live.read_back(&stats);
            if let Some(turn) = divergence.add(&stats, step + 1) {
                live.turned(turn, epoch)?;
            }
            (at.step, at.sums) = (n_done, sums.0);
        }
        live.progress(epoch, n_done)?;
        // Before it is asked for more: a piece that is asked for now begins with the next step.
        live.end_of_step()?;
        if is_read {
            live.between_steps()?;
        } else {
            live.heed()?;
        }
    }
    let secs = (live.clock.secs() - start_secs).max(1e-9);
    Ok((
        sums.mean(),
        (sums.0.n_events - n_events_before) as f64 / secs,
    ))
}

/// Loads the best weights and reads the test split: here, once, after the selection.
fn judge_best(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &mut dyn Trainable,
) -> Result<(), Interrupted> {
    live.finish_training();
    let Some(best_epoch) = live.manifest().best_epoch else {
        return Ok(());
    };
    let (id, weights) = (
        live.id(),
        live.store().epoch_weights(&live.id(), best_epoch),
    );
    // Damaged weights would never be cured by waiting; a folder that is away may come back.
    live.write(|writer| writer.store().check_file(&id, &weights))?;
    model.load_weights(&weights)?;
    if live.store().results(&id, Part::Valid)?.is_none() {
        // The best epoch lies before an interruption that cost its table.
        let judged = judge_part(task, live, model, Part::Valid)?;
        let results = judged.results(&task.prepared);
        live.write(|writer| writer.save_results(Part::Valid, &results))?;
    }

    tell_latent(task, live, model, best_epoch)?;
    live.begin_test()?;
    let judged = judge_part(task, live, model, Part::Test)?;
    let (results, references) = (
        judged.results(&task.prepared),
        task.references_on(Part::Test)?,
    );
    live.write(|writer| writer.save_results(Part::Test, &results))?;
    let beside = ReferenceResults::beside(&results, references.answers);
    live.write(|writer| writer.save_references(&beside))?;
    let mut metrics = judged.metrics();
    let lists = task.questions.lists(
        model,
        &task.prepared,
        Part::Test,
        task.experiment.evaluation,
        &mut || live.between_steps(),
    )?;
    if let Some(lists) = lists {
        live.recorder.writer.manifest.test_sampled = lists.sampled;
        metrics = metrics.and(lists.metrics);
    }
    live.recorder.writer.manifest.reliability = judged.reliability();
    live.judged(judged.loss(), metrics, references.metrics)?;
    if let Some(problem) = below_reference(live.manifest()) {
        live.say(EventKind::Warned(problem))?;
    }
    Ok(())
}

/// Tells what the best weights use of their latent vector, and warns where that is nearly nothing.
fn tell_latent(
    task: &TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &dyn Trainable,
    epoch: usize,
) -> Result<(), Interrupted> {
    let cases = task.cases(Part::Valid);
    let Some(report) = latent_report(model, &task.prepared, cases)? else {
        return Ok(());
    };
    let found = shuffled(
        model,
        &task.prepared,
        cases,
        filter_seen(task.experiment.evaluation),
    )?;
    let step = epoch * task.plan.steps_per_epoch();
    let used = LatentUse {
        epoch,
        step,
        report,
        shuffled: Some(found),
    };
    let collapse = used.collapse();
    live.say(EventKind::Latent(Box::new(used)))?;
    Ok(collapse
        .into_iter()
        .try_for_each(|problem| live.say(EventKind::Warned(problem)))?)
}

fn judge_part<'a>(
    task: &'a TrainingTask,
    live: &mut RunInProgress<'_>,
    model: &dyn Trainable,
    part: Part,
) -> Result<Judgement<'a>, Interrupted> {
    task.questions.judge(
        model,
        &task.prepared,
        part,
        task.experiment.evaluation,
        &mut || live.between_steps(),
    )
}

fn started(task: &TrainingTask, live: &RunInProgress<'_>, model: &dyn Trainable) -> EventKind {
    EventKind::Started {
        data: Box::new((*live.manifest().data).clone()),
        device: task.device.clone(),
        n_params: model.n_params(),
        memory: (task.device.kind == DeviceKind::Cpu)
            .then(|| task.experiment.memory(task.prepared.dataset.shape())),
        n_epochs: task.plan.n_epochs,
        steps_per_epoch: task.plan.steps_per_epoch(),
        first_epoch: task.first_epoch,
        references_valid: task.references_valid.clone(),
    }
}

/// A reference that fits in a second and needs no gradient must be beaten.
fn below_reference(manifest: &Manifest) -> Option<Problem> {
    let metric = manifest
        .valid
        .as_ref()
        .or(manifest.test.as_ref())?
        .primary()
        .0;
    let reference = ReferenceKind::to_beat(manifest.experiment.answers());
    let below = |part: &str, model: Option<&Metrics>, references: &References| {
        let (model, reference) = (
            model?.get(metric)?,
            references.get(&reference)?.get(metric)?,
        );
        metric
            .is_better(reference, model)
            .then(|| format!("{model:.4} against {reference:.4} on {part}"))
    };
    let on_valid = below(
        "validation",
        manifest.valid.as_ref(),
        &manifest.references_valid,
    );
    let on_test = below("test", manifest.test.as_ref(), &manifest.references_test);
    // What to do next is said of validation alone: nothing is tuned on the test split.
    let advice = if on_valid.is_some() {
        "train longer, change the learning rate or the dropout, or "
    } else {
        ""
    };
    let parts: Vec<String> = on_valid.into_iter().chain(on_test).collect();
    // As people call the one that they know by that name.
    let name = match reference {
        ReferenceKind::Item(BaselineKind::MarkovWindow) => "the windowed Markov chain".to_owned(),
        other => format!("the reference \"{}\"", other.title()),
    };
    (!parts.is_empty()).then(|| {
        let sentence = format!(
            "{} is {} {name}, which needs no training: {}; {advice}report {} beside it",
            metric.title(),
            if metric.better() == Better::Lower {
                "above that of"
            } else {
                "below"
            },
            parts.join(", "),
            if matches!(reference, ReferenceKind::Item(_)) {
                "the chain"
            } else {
                "the reference"
            },
        );
        Problem::warning("model", sentence).of_kind(ProblemKind::BelowReference)
    })
}
