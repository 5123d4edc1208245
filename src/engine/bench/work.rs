//! Does each kind of work, as the program itself does it, under the clock.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::events::{self, item, number};
use super::measure::{RunTimes, Runs, forget_peak, timed};
use super::{BenchTask, Case, seed};
use crate::error::Error;
use crate::experiment::{Experiment, TrainingSpec};
use crate::explain::user_view;
use crate::run::{RunOutcome, RunStore};
use crate::train::{self, Command, Control, Event, EventKind, Job, Observer, TrainError};
use seqscope_base::spec::derive_seed;
use seqscope_data::{self as data, DataSource, DataSpec, FileSpec, Prepared, SplitSpec};
use seqscope_model::{
    Blueprint, Layers, ModelSpec, OpenDevice, OptimizerSpec, StepInputs, Trainable, open_device,
};

/// Device, layers and number of runs of a measurement.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// Device as after `--device`.
    pub device: String,
    /// Implementation of the layers.
    pub layers: Layers,
    /// Number of runs.
    pub runs: Runs,
    /// A log that takes the place of the made one in an epoch and in an evaluation.
    pub log: Option<PathBuf>,
}

/// More threads on a processor than this only wait for each other.
const MOST_THREADS: usize = 16;

/// Sets how many threads do the work of this process; call it before anything else. Without a
/// number they are as many as there are processors. Returns how many there are.
///
/// # Errors
/// When threads were started before, or far more are asked for than there are processors.
pub fn use_threads(n: Option<NonZeroUsize>) -> Result<usize, Error> {
    if let Some(n) = n {
        let most = MOST_THREADS * std::thread::available_parallelism().map_or(1, usize::from);
        if n.get() > most {
            let sentence = format!(
                "{n} threads are more than {MOST_THREADS} for each processor of this machine"
            );
            return Err(Error::edge(sentence, format!("ask for at most {most}")));
        }
        rayon::ThreadPoolBuilder::new()
            .num_threads(n.get())
            .build_global()
            .map_err(|e| {
                Error::edge(
                    format!("the number of threads cannot be set: {e}"),
                    "leave out `--threads` to use them all",
                )
            })?;
    }
    Ok(rayon::current_num_threads())
}

/// Measures one case.
///
/// # Errors
/// Whatever the work met: no such device, a model too large for it, a log that cannot be read.
pub fn run(case: &Case, how: &BenchOptions) -> Result<RunTimes, Error> {
    forget_peak();
    let timing = match &case.task {
        BenchTask::Step(model) => step(case, model, how),
        BenchTask::Epoch(model) => epoch(case, model, how),
        BenchTask::Evaluation(model) | BenchTask::Ranking(model) => evaluation(case, model, how),
        BenchTask::Explanation(model) => explanation(case, model, how),
        BenchTask::Opening { n_rows } => {
            opening(*n_rows, case.size.n_users, case.size.n_items, how)
        }
    }?;
    timing.ok_or_else(|| {
        Error::edge(
            format!("`{}` was not done once", case.work),
            "ask for at least one run",
        )
    })
}

fn device(how: &BenchOptions) -> Result<OpenDevice, Error> {
    Ok(open_device(&how.device)?.with_layers(how.layers))
}

/// The optimiser of the default training settings.
fn optimizer() -> OptimizerSpec {
    let TrainingSpec {
        beta1,
        beta2,
        epsilon,
        weight_decay,
        l1,
        clip_norm,
        ..
    } = TrainingSpec::default();
    OptimizerSpec {
        beta1,
        beta2,
        epsilon,
        weight_decay,
        l1,
        clip_norm,
    }
}

fn built(
    model: &ModelSpec,
    log: &Prepared,
    how: &BenchOptions,
) -> Result<Box<dyn Trainable>, Error> {
    Ok(model.family().build(
        &Blueprint::for_data(log.dataset.shape()),
        optimizer(),
        &device(how)?,
        seed(),
    )?)
}

/// One optimiser step, and its loss read back: without that a GPU would only have been told what to
/// do.
fn step(case: &Case, model: &ModelSpec, how: &BenchOptions) -> Result<Option<RunTimes>, Error> {
    let mut model = model.family().build(
        &Blueprint::for_data(case.size.shape()),
        optimizer(),
        &device(how)?,
        seed(),
    )?;
    let histories = events::histories(case);
    let lr = TrainingSpec::default().lr;
    timed(how.runs, |at| {
        let seed = derive_seed(seed(), "step", at as u64);
        model.train_step(
            &histories,
            StepInputs {
                lr,
                step: at,
                n_steps: 1_000,
                seed,
            },
        )?;
        model.take_stats()?;
        Ok(())
    })
}

/// The log of an epoch or an evaluation: a real one, or the made one.
fn log(case: &Case, how: &BenchOptions) -> Result<Prepared, Error> {
    let made = matches!(case.task, BenchTask::Ranking(_));
    Ok(match how.log.as_ref().filter(|_| !made) {
        Some(path) => data::prepare(
            &of_file(path),
            SplitSpec::LeaveOneOut,
            &AtomicBool::new(false),
        )?,
        None => events::log(case),
    })
}

/// Epochs of a run as `seqscope train` does them. Of the questions one of each part is put, so that
/// the time between the end of one epoch's checkpoint and the next judgement is that of training.
fn epoch(case: &Case, model: &ModelSpec, how: &BenchOptions) -> Result<Option<RunTimes>, Error> {
    let mut prepared = log(case, how)?;
    prepared.split.valid.truncate(1);
    prepared.split.test.truncate(1);
    let folder = Folder::new()?;
    // The first epoch warms up; three more are enough to see the spread.
    let epochs = 1 + how.runs.most.clamp(1, 3);
    let training = TrainingSpec {
        device: how.device.clone(),
        batch_size: case.size.batch_size,
        fused: how.layers == Layers::Fused,
        epochs,
        patience: 0,
        ..TrainingSpec::default()
    };
    let experiment = Experiment {
        model: model.clone(),
        training,
        name: "bench".to_owned(),
        ..Experiment::default()
    };
    let store = RunStore::at(folder.path());
    let job = Job {
        experiment,
        store,
        prepared: Some(std::sync::Arc::new(prepared)),
        resume: None,
    };
    let mut clock = EpochClock::default();
    let (_, ended) = train::run(job, &mut Nobody, &mut clock)?;
    match ended.outcome {
        Some(RunOutcome::Failed { sentence }) => Err(Error::Edge {
            sentence,
            hint: None,
        }),
        _ => Ok(RunTimes::from_durations(
            clock.epochs.split_off(1.min(clock.epochs.len())),
        )),
    }
}

/// Takes the time of every epoch.
#[derive(Default)]
struct EpochClock {
    began: Option<Instant>,
    epochs: Vec<Duration>,
}

impl Observer for EpochClock {
    fn observe(&mut self, event: &Event) -> Result<(), TrainError> {
        match event.kind {
            EventKind::Started { .. } | EventKind::Checkpointed { .. } => {
                self.began = Some(Instant::now());
            }
            EventKind::Evaluated(_) => self
                .epochs
                .extend(self.began.take().map(|began| began.elapsed())),
            _ => {}
        }
        Ok(())
    }
}

/// Has nothing to say to a run.
struct Nobody;

impl Control for Nobody {
    fn poll(&mut self) -> Option<Command> {
        None
    }

    fn wait(&mut self, _at_most: Duration) -> Option<Command> {
        None
    }
}

/// Every user's test question, items that were seen left out, as at the end of a run.
fn evaluation(
    case: &Case,
    model: &ModelSpec,
    how: &BenchOptions,
) -> Result<Option<RunTimes>, Error> {
    let log = log(case, how)?;
    let model = built(model, &log, how)?;
    timed(how.runs, |_| {
        Ok(train::judge(model.as_ref(), &log, &log.split.test, true).map(drop)?)
    })
}

fn explanation(
    case: &Case,
    model: &ModelSpec,
    how: &BenchOptions,
) -> Result<Option<RunTimes>, Error> {
    let log = events::log(case);
    let model = built(model, &log, how)?;
    timed(how.runs, |_| {
        Ok(user_view(model.as_ref(), &log, 0, true).map(drop)?)
    })
}

/// A log of users in no order, from text, without the copy that would be kept of it.
fn opening(
    n_rows: usize,
    n_users: usize,
    n_items: usize,
    how: &BenchOptions,
) -> Result<Option<RunTimes>, Error> {
    let folder = Folder::new()?;
    let path = folder.path().join("log.csv");
    let mut text = String::with_capacity(24 * n_rows);
    text.push_str("user_id,item_id,timestamp\n");
    for row in 0..n_rows as u64 {
        let user = number(2 * row) % n_users.max(1) as u64;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{user},{},{}",
            item(2 * row + 1, n_items),
            1_600_000_000 + 7 * row
        );
    }
    std::fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
    let data = of_file(&path);
    timed(how.runs, |_| {
        Ok(data::read_anew(&data, &AtomicBool::new(false)).map(drop)?)
    })
}

fn of_file(path: &Path) -> DataSpec {
    let file = FileSpec {
        path: path.to_owned(),
        ..FileSpec::default()
    };
    DataSpec {
        source: DataSource::File(file),
        ..DataSpec::default()
    }
}

/// A folder that goes when the work is done.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("seqscope-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be deleted stays among the system's temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::edge(
        format!("cannot write `{}`: {error}", path.display()),
        "make room there, or name another folder for temporary files in the variable TMPDIR",
    )
}
