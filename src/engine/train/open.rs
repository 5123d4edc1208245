//! Makes a run ready: checks, data, device, model, references, folder. In that order, so that what
//! cannot start leaves no folder.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::blueprint::blueprint;
use super::early_stop::EarlyStop;
use super::plan::{Plan, optimizer};
use super::ready::Onlooker;
use super::reference::{JudgedReferences, RunReferences};
use super::task::TaskQuestions;
use super::{Job, TrainError};
use crate::experiment::{Experiment, FilterSeen};
use crate::run::{
    DataStamp, Manifest, Part, Pause, References, RunId, RunOutcome, RunStore, RunWriter,
    SeenTargetRule,
};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{Entry, Problem, ProblemKind, derive_seed};
use seqscope_data::{
    self as data, DataError, DataReport, DataShape, DataSource, DataSpec, EvalCase, LoadProgress,
    Prepared, TestTies,
};
use seqscope_model::{
    Blueprint, DeviceInfo, DeviceKind, Layers, MachineMemory, Trainable, device_of, open_device,
};

/// A model on its device, with its initial weights.
pub struct Built {
    /// The model.
    pub model: Box<dyn Trainable>,
    /// Device that it is on.
    pub device: DeviceInfo,
}

/// Builds the model of an experiment for data of some size.
pub type BuildModel<'a> = &'a dyn Fn(&Experiment, &Blueprint) -> Result<Built, TrainError>;

/// All that a run needs beside its model and its folder.
pub(super) struct TrainingTask {
    pub(super) experiment: Experiment,
    pub(super) prepared: Arc<Prepared>,
    pub(super) device: DeviceInfo,
    pub(super) plan: Plan,
    /// The questions of its task.
    pub(super) questions: TaskQuestions,
    pub(super) references: RunReferences,
    /// Metrics of the references on validation.
    pub(super) references_valid: References,
    /// With the epochs of an earlier part of the run behind it.
    pub(super) early_stop: EarlyStop,
    pub(super) first_epoch: usize,
    pub(super) warnings: Vec<Problem>,
}

/// A real GPU is asked for the loss every so many steps, since reading a value back makes it wait.
/// The number is fixed, not a matter of time, so that the sums of two equal runs round alike.
const READ_BACK_EVERY: usize = 16;

impl TrainingTask {
    /// The questions of a part.
    pub(super) fn cases(&self, part: Part) -> &[EvalCase] {
        cases(&self.prepared, part)
    }

    /// The references on a part.
    pub(super) fn references_on(&self, part: Part) -> Result<JudgedReferences, TrainError> {
        self.questions.judge_references(
            &self.references,
            &self.prepared,
            part,
            self.experiment.evaluation,
            &mut Onlooker::nobody(),
        )
    }

    /// After how many steps the statistics are read back from the device.
    pub(super) fn read_back_every(&self) -> usize {
        match self.device.kind {
            DeviceKind::Gpu => READ_BACK_EVERY,
            DeviceKind::Cpu | DeviceKind::SoftwareGpu => 1,
        }
    }
}

/// The questions that a split has for a part.
pub(super) fn cases(prepared: &Prepared, part: Part) -> &[EvalCase] {
    match part {
        Part::Train => &[],
        Part::Valid => &prepared.split.valid,
        Part::Test => &prepared.split.test,
    }
}

/// Makes a job ready to train.
pub(super) fn open(
    job: Job,
    build: BuildModel<'_>,
    watch: &mut Onlooker<'_>,
) -> Result<(TrainingTask, Box<dyn Trainable>, RunWriter), TrainError> {
    let earlier = job
        .resume
        .as_ref()
        .map(|id| resumable(&job.store, id))
        .transpose()?;
    let mut experiment = earlier
        .as_ref()
        .map_or(job.experiment, |writer| writer.manifest.experiment.clone());
    let mut warnings = without_errors(experiment.check())?;
    let prepared = match &earlier {
        Some(writer) => data_of_run(&writer.manifest, job.prepared)?,
        None => open_data(&experiment, job.prepared)?,
    };
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
    let plan = Plan::new(&experiment, &prepared, &questions)?;
    // Before the model is built: its weights alone may be too many.
    warnings.extend(memory_warnings(&experiment, shape)?);
    let Built { mut model, device } = build(&experiment, &plan_of_model)?;
    let references = questions.fit_references(&prepared, &experiment, watch)?;
    let references_valid = questions
        .judge_references(
            &references,
            &prepared,
            Part::Valid,
            experiment.evaluation,
            watch,
        )?
        .metrics;

    let mut task = TrainingTask {
        early_stop: EarlyStop::new(experiment.answers().primary(), experiment.training.patience),
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
        None => new_run(&task, model.as_ref(), &job.store, follows_log)?,
    };
    writer.save_vocabulary(&task.prepared.dataset)?;
    writer
        .manifest
        .references_left_out
        .clone_from(&task.references.left_out);
    Ok((task, model, writer))
}

/// A folder for a run that begins. `follows_log` says that the log decided whether seen items are
/// left out.
fn new_run(
    task: &TrainingTask,
    model: &dyn Trainable,
    store: &RunStore,
    follows_log: bool,
) -> Result<RunWriter, TrainError> {
    let manifest = Manifest::new(
        task.experiment.clone(),
        stamp(&task.prepared, &task.experiment),
        task.device.clone(),
        model.n_params(),
    );
    Ok(RunWriter::create(
        store,
        Manifest {
            follows_log,
            ..manifest
        },
    )?)
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

/// The model that an experiment asks for, on the device that it asks for.
pub(super) fn build_model(experiment: &Experiment, plan: &Blueprint) -> Result<Built, TrainError> {
    let layers = if experiment.training.fused {
        Layers::Fused
    } else {
        Layers::Plain
    };
    let device = open_device(&experiment.training.device)?.with_layers(layers);
    let (optimizer, seed) = (
        optimizer(&experiment.training),
        derive_seed(experiment.seed, "init", 0),
    );
    let model = experiment
        .model
        .family()
        .build(plan, optimizer, &device, seed)?;
    Ok(Built {
        model,
        device: device.info,
    })
}

/// The data of a run as it saw them; given data are used when they are the same.
pub(super) fn data_of_run(
    manifest: &Manifest,
    given: Option<Arc<Prepared>>,
) -> Result<Arc<Prepared>, TrainError> {
    match given.filter(|prepared| is_same(manifest, prepared)) {
        Some(prepared) => Ok(prepared),
        None => data_of_run_watched(manifest, &AtomicBool::new(false)),
    }
}

/// The data of a run as it saw them, opened anew.
pub(super) fn data_of_run_watched(
    manifest: &Manifest,
    watch: &dyn LoadProgress,
) -> Result<Arc<Prepared>, TrainError> {
    let Manifest {
        id,
        data,
        experiment,
        ..
    } = manifest;
    if let Some(stamp) = &data.report.pseudonyms {
        stamp.check().map_err(|error| {
            TrainError::Unfit(format!(
                "the data of run {id} cannot be opened again: {error}"
            ))
        })?;
    }
    // From another folder, or without the variable that the path begins with, the file is where the
    // run found it.
    let open = |experiment: &Experiment| {
        data::prepare(&experiment.data, experiment.split, watch).map(Arc::new)
    };
    let opened = open(experiment).or_else(|error| match where_found(experiment, &data.report) {
        Some(found) if !matches!(error, DataError::Cancelled) => open(&found).map_err(|_| error),
        _ => Err(error),
    });
    if let Err(DataError::Cancelled) = opened {
        return Err(DataError::Cancelled.into());
    }
    let prepared = opened.map_err(|error| {
        let why = error.to_string();
        let why = why.trim_end_matches('.');
        TrainError::Unfit(format!(
            "the data of run {id} cannot be opened again: {why}; put them back where they were"
        ))
    })?;
    if is_same(manifest, &prepared) {
        return Ok(prepared);
    }
    Err(TrainError::Unfit(format!(
        "the data `{}` have changed since run {id} (fingerprint {}, then {}): put the old file \
         back, or train anew",
        data.name, prepared.dataset.fingerprint, data.fingerprint
    )))
}

fn is_same(manifest: &Manifest, prepared: &Prepared) -> bool {
    prepared.dataset.fingerprint == manifest.data.fingerprint
        && prepared.split.fingerprint == manifest.data.split_fingerprint
}

/// The experiment with the whole paths of the files that its run read.
fn where_found(experiment: &Experiment, report: &DataReport) -> Option<Experiment> {
    let (DataSource::File(file), Some(found)) = (&experiment.data.source, &report.file) else {
        return None;
    };
    let mut file = file.clone();
    file.path.clone_from(&found.path);
    file.valid_path.clone_from(&found.valid_path);
    file.test_path.clone_from(&found.test_path);
    if let (Some(titles), Some(found)) = (&mut file.titles, &found.titles) {
        titles.path.clone_from(&found.path);
    }
    for (table, found) in [
        (&mut file.items, &found.items),
        (&mut file.users, &found.users),
    ] {
        if let (Some(table), Some(found)) = (table, found) {
            table.path.clone_from(&found.path);
        }
    }
    let data = DataSpec {
        source: DataSource::File(file),
        ..experiment.data.clone()
    };
    Some(Experiment {
        data,
        ..experiment.clone()
    })
}

pub(super) fn open_data(
    experiment: &Experiment,
    given: Option<Arc<Prepared>>,
) -> Result<Arc<Prepared>, TrainError> {
    match given {
        Some(prepared) => Ok(prepared),
        None => Ok(Arc::new(data::prepare(
            &experiment.data,
            experiment.split,
            &AtomicBool::new(false),
        )?)),
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

/// A run that can go on: interrupted, stopped or failed, and not being written.
fn resumable(store: &RunStore, id: &RunId) -> Result<RunWriter, TrainError> {
    let writer = RunWriter::reopen(store, id)?;
    if writer.manifest.outcome == Some(RunOutcome::Finished) {
        let sentence = format!(
            "run {id} finished after {} epochs, nothing is left to do: train anew with more \
             `training.epochs` or `training.patience`",
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

/// Takes model, counters and folder back to where the run was paused, else to the end of its last
/// committed epoch. Everything is read before anything is changed.
fn go_on(
    task: &mut TrainingTask,
    model: &mut dyn Trainable,
    mut writer: RunWriter,
) -> Result<RunWriter, TrainError> {
    count_as_now(&mut writer.manifest, &task.prepared)?;
    let (epochs, primary) = (writer.manifest.epochs, task.experiment.answers().primary());
    let judged = writer
        .store()
        .history(writer.id())?
        .series(Part::Valid, primary.name());
    let value = |epoch| {
        judged
            .iter()
            .find(|judged| judged.0 == epoch)
            .map(|judged| judged.2)
    };
    let values = (1..=epochs).map(|epoch| (epoch, value(epoch)));
    task.early_stop = EarlyStop::replayed(primary, task.experiment.training.patience, values);
    task.first_epoch = epochs + 1;
    let store = writer.store();
    match writer
        .manifest
        .pause
        .filter(|pause| pause.epoch == epochs + 1 && pause.step > 0)
    {
        Some(Pause { epoch, step, .. }) => {
            model.load_state(&store.state_within(writer.id(), epoch, step))?;
        }
        None if epochs > 0 => model.load_state(&store.state(writer.id(), epochs))?,
        None => {}
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
        let warning = Problem::warning("training.epochs", sentence);
        // Kept before the earlier figures go, so that no cut between the two hides the first
        // reading.
        writer.manifest.problems.push(warning.clone());
        task.warnings.push(warning);
    }
    writer.rewind()?;
    Ok(writer)
}
