//! Makes a run ready: checks, data, device, model, references, folder. In that order, so that what
//! cannot start leaves no folder.

use std::sync::Arc;

use super::blueprint::blueprint;
use super::build::{BuildModel, Built};
use super::data_of_run::{data_of_run, open_data};
use super::early_stop::EarlyStop;
use super::extend::Extending;
use super::fine_tune::TuningStart;
use super::fork::fork;
use super::plan::Plan;
use super::ready::Onlooker;
use super::resume::{go_on, resumable};
use super::steering::planned;
use super::task::TaskQuestions;
use super::training_task::{TaskReferences, TrainingTask};
use super::{Job, OfSweep, PlannedChange, Steer, TrainError};
use crate::experiment::{Experiment, FilterSeen};
use crate::run::{
    DataStamp, Extension, LiveChange, Manifest, Part, References, RunStore, RunWriter,
};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, DataShape, Prepared, TestTies};
use seqscope_model::{DeviceKind, MachineMemory, Trainable, device_of};

/// A run that is ready to train.
pub(super) struct Opened {
    pub(super) task: TrainingTask,
    pub(super) model: Box<dyn Trainable>,
    pub(super) writer: RunWriter,
    /// Changes that are kept with the run, to be made at their steps.
    pub(super) changes: Vec<LiveChange>,
}

/// Way in which a run is opened, beyond its job.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) steer: &'a Steer,
    /// Sweep that it is a trial of.
    pub(super) of_sweep: Option<&'a OfSweep<'a>>,
}

/// Makes a job ready to train.
pub(super) fn open(
    job: Job,
    opening: Opening<'_>,
    build: BuildModel<'_>,
    watch: &mut Onlooker<'_>,
) -> Result<Opened, TrainError> {
    let Opening { steer, of_sweep } = opening;
    match (steer, &job.resume) {
        (Steer::Forking(forking), Some(parent)) => {
            let (id, prepared) = fork(&job.store, parent, forking, job.prepared)?;
            let store = job.store.clone();
            let of_fork = Job {
                prepared: Some(prepared),
                resume: Some(id.clone()),
                ..job
            };
            let opened = open_steered(of_fork, Steered::default(), build, watch);
            if opened.is_err() {
                // Why it cannot start is what the user must hear of.
                let _ = store.delete(&id);
            }
            opened
        }
        (Steer::Extending(extending), Some(_)) => {
            let steered = Steered {
                extending: Some(*extending),
                ..Steered::default()
            };
            open_steered(job, steered, build, watch)
        }
        (Steer::Changing(planned), None) => {
            let steered = Steered {
                planned,
                ..Steered::default()
            };
            open_steered(job, steered, build, watch)
        }
        (Steer::Changing(_), Some(_)) | (Steer::Straight, _) => {
            let steered = Steered {
                of_sweep,
                ..Steered::default()
            };
            open_steered(job, steered, build, watch)
        }
        (Steer::Forking(_) | Steer::Extending(_), None) => Err(TrainError::Unfit(
            "no run was named that could be forked or extended; name one".to_owned(),
        )),
    }
}

/// What is done to a run beyond what its experiment says, once it is known which run.
#[derive(Clone, Copy, Default)]
struct Steered<'a> {
    extending: Option<Extending>,
    planned: &'a [PlannedChange],
    of_sweep: Option<&'a OfSweep<'a>>,
}

fn open_steered(
    job: Job,
    steered: Steered<'_>,
    build: BuildModel<'_>,
    watch: &mut Onlooker<'_>,
) -> Result<Opened, TrainError> {
    let Steered {
        extending,
        planned: plan_of_changes,
        of_sweep,
    } = steered;
    let earlier = job
        .resume
        .as_ref()
        .map(|id| resumable(&job.store, id, extending))
        .transpose()?;
    let mut experiment = earlier
        .as_ref()
        .map_or(job.experiment, |writer| writer.manifest.experiment.clone());
    let mut warnings = without_errors(experiment.check())?;
    without_errors(of_many_runs(&experiment).into_iter().collect())?;
    let planned = planned(&experiment, plan_of_changes)?;
    let (prepared, start) = opened(&job.store, &experiment, earlier.as_ref(), job.prepared)?;
    warnings.retain(|warning| prepared.dataset.has_clock() || !warning.is_of_times());
    warnings.extend(prepared.dataset.report.problems.iter().cloned());
    let follows_log = experiment.evaluation.filter_seen == FilterSeen::Auto;
    experiment.evaluation = experiment.evaluation.resolved(&prepared.returns);
    if experiment.answers() == AnswerKind::Ranking {
        warnings.extend(experiment.evaluation.check_returns(&prepared.returns));
    }
    let shape = prepared.dataset.shape();
    let plan_of_model = blueprint(&experiment, &prepared);
    let of_model = experiment.model.check(&plan_of_model);
    warnings.extend(without_errors(
        of_model
            .into_iter()
            .map(|problem| problem.under("model"))
            .collect(),
    )?);
    let questions = TaskQuestions::of_experiment(&experiment, &prepared)?;
    let mut plan = Plan::new(&experiment, &prepared, &questions)?;
    plan.extensions = (earlier.as_ref())
        .map(|writer| writer.manifest.extensions.clone())
        .unwrap_or_default();
    plan.tuned = (start.as_ref())
        .map(|start| start.plan(&experiment, &prepared, &plan.users))
        .transpose()?;
    // Before the model is built: its weights alone may be too many.
    warnings.extend(memory_warnings(&experiment, shape)?);
    let Built { mut model, device } = build(&experiment, &plan_of_model)?;
    if let Some(start) = &start {
        start.load(model.as_mut())?;
    }
    let (references, references_valid) =
        references(&experiment, &prepared, &questions, of_sweep, watch)?;

    let mut task = TrainingTask {
        events_before: Some(0.0),
        early_stop: early_stop(&experiment),
        experiment,
        prepared,
        device,
        plan,
        questions,
        references,
        references_valid,
        first_epoch: 1,
        warnings,
    };
    let mut writer = match earlier {
        Some(writer) => go_on(&mut task, model.as_mut(), writer)?,
        None => {
            let new = NewRun {
                follows_log,
                start: start.as_ref(),
                planned,
            };
            new.begin(&task, model.as_ref(), &job.store)?
        }
    };
    if let Some(mark) = of_sweep.and_then(|of_sweep| of_sweep.mark.as_ref()) {
        writer.manifest.sweep = Some(mark.clone());
    }
    task.warnings.extend(remarks_of_origin(&writer.manifest));
    writer.save_vocabulary(&task.prepared.dataset)?;
    writer
        .manifest
        .references_left_out
        .clone_from(task.references.left_out());
    let changes = writer.store().live_changes(writer.id())?;
    Ok(Opened {
        task,
        model,
        writer,
        changes,
    })
}

/// Remarks on how a run began, and on the epochs that were added to it.
fn remarks_of_origin(manifest: &Manifest) -> Vec<Problem> {
    let origin = manifest.origin().map(|origin| origin.remarks());
    let added = manifest.extensions.iter().flat_map(Extension::remarks);
    origin.into_iter().flatten().chain(added).collect()
}

/// A sweep says what many runs do, and is no run.
fn of_many_runs(experiment: &Experiment) -> Option<Problem> {
    let sentence = "A sweep is many runs; start it by `seqscope sweep FILE.ron`, or take it out \
                    (`--set sweep=none`) to train one.";
    experiment
        .sweep
        .as_ref()
        .map(|_| Problem::error("sweep", sentence))
}

/// The references beside a run and their figures on validation: from the shelf of its sweep, or
/// fitted for it.
fn references(
    experiment: &Experiment,
    prepared: &Prepared,
    questions: &TaskQuestions,
    of_sweep: Option<&OfSweep<'_>>,
    watch: &mut Onlooker<'_>,
) -> Result<(TaskReferences, References), TrainError> {
    if let Some(of_sweep) = of_sweep {
        let shelved = (of_sweep.shelf).of(experiment, prepared, questions, watch)?;
        let valid = shelved.valid.clone();
        return Ok((TaskReferences::Shelved(shelved), valid));
    }
    let fitted = questions.fit_references(prepared, experiment, watch)?;
    let judged =
        questions.judge_references(&fitted, prepared, Part::Valid, experiment.evaluation, watch)?;
    Ok((TaskReferences::Fitted(fitted), judged.metrics))
}

/// The data of a run, and what it begins with where that is another run.
fn opened(
    store: &RunStore,
    experiment: &Experiment,
    earlier: Option<&RunWriter>,
    given: Option<Arc<Prepared>>,
) -> Result<(Arc<Prepared>, Option<TuningStart>), TrainError> {
    match (earlier, &experiment.fine_tune) {
        (Some(writer), spec) => {
            let prepared = data_of_run(&writer.manifest, given)?;
            let start = (spec.as_ref())
                .map(|spec| TuningStart::of_run(writer.store(), &writer.manifest, spec))
                .transpose()?;
            Ok((prepared, start))
        }
        (None, Some(spec)) => {
            let (start, prepared) = TuningStart::from_parent(store, experiment, spec, given)?;
            Ok((prepared, Some(start)))
        }
        (None, None) => Ok((open_data(experiment, given)?, None)),
    }
}

/// Who decides which epoch is taken. Validation lies before feedback, so a fine-tuned run takes its
/// last.
fn early_stop(experiment: &Experiment) -> EarlyStop {
    let primary = experiment.answers().primary();
    if experiment.fine_tune.is_some() {
        EarlyStop::at_the_last(primary)
    } else {
        EarlyStop::new(primary, experiment.training.patience)
    }
}

/// A run that begins, anew or from the weights of another.
struct NewRun<'a> {
    /// Whether the log decided if seen items are left out.
    follows_log: bool,
    start: Option<&'a TuningStart>,
    /// Changes that are planned for it.
    planned: Vec<LiveChange>,
}

impl NewRun<'_> {
    /// A folder for it.
    fn begin(
        self,
        task: &TrainingTask,
        model: &dyn Trainable,
        store: &RunStore,
    ) -> Result<RunWriter, TrainError> {
        let manifest = Manifest::new(
            task.experiment.clone(),
            stamp(&task.prepared, &task.experiment),
            task.device.clone(),
            model.n_params(),
        );
        let lineage = self.start.zip(task.plan.tuned.as_ref());
        let follows_log = self.follows_log || self.start.is_some_and(|start| start.follows_log);
        let mut writer = RunWriter::create(
            store,
            Manifest {
                follows_log,
                lineage: lineage.map(|(start, plan)| start.lineage(plan)),
                live_changes: self.planned,
                ..manifest
            },
        )?;
        // None has taken effect yet.
        writer.manifest.live_changes.clear();
        if let Some(start) = self.start {
            start.keep(&writer)?;
        }
        Ok(writer)
    }
}

/// Doubts whether the memory suffices, of training on the CPU.
///
/// # Errors
/// [`TrainError`] where it cannot suffice.
fn memory_warnings(experiment: &Experiment, shape: DataShape) -> Result<Vec<Problem>, TrainError> {
    let machine = device_of(&experiment.training.device)
        .filter(|device| device.kind == DeviceKind::Cpu)
        .and_then(|_| MachineMemory::now());
    match machine {
        Some(machine) => without_errors(
            experiment
                .check_memory(shape, machine)
                .into_iter()
                .collect(),
        ),
        None => Ok(Vec::new()),
    }
}

/// The warnings among some problems; an error among them refuses the whole.
fn without_errors(problems: Vec<Problem>) -> Result<Vec<Problem>, TrainError> {
    if problems.iter().any(Problem::is_error) {
        Err(TrainError::Problems(problems))
    } else {
        Ok(problems)
    }
}

fn stamp(prepared: &Prepared, experiment: &Experiment) -> DataStamp {
    DataStamp {
        name: prepared.dataset.name.clone(),
        fingerprint: prepared.dataset.fingerprint.clone(),
        events_fingerprint: prepared.dataset.events_fingerprint(),
        split_fingerprint: prepared.split.fingerprint.clone(),
        shape: prepared.dataset.shape(),
        report: prepared.dataset.report.clone(),
        test_ties: TestTies::of_task(prepared, &experiment.task),
        audit: data::audit(prepared, &experiment.data),
        returns: Some(prepared.returns),
    }
}
