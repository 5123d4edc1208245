//! `seqscope train FILE.ron`: one run from start to end, watched on the terminal.

use std::path::PathBuf;
use std::sync::Arc;

use super::Streams;
use super::outcome::{OutputForm, tell};
use super::progress::{OpeningBar, ProgressLines};
use super::set::set_all;
use super::signals::Signals;
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, DataError, Prepared};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::run::{LiveSetting, RunId, RunStore, tuning_effect};
use seqscope_engine::train::{self, Job, PlannedChange, Steer, TrainError};

/// What to train and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The experiment file
    #[arg(value_name = "FILE.ron")]
    file: PathBuf,
    /// auto, cpu, gpu:0, or part of a device's name; see `seqscope devices`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Change a setting, such as `model.d_model=64`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Change a setting while it trains, after so many optimiser steps, such as
    /// `500:training.lr=0.0005`; may be repeated. The learning rate, dropout and beta can be changed
    /// so; the change is kept with the run
    #[arg(long = "at", value_name = "STEP:SETTING=VALUE")]
    changes: Vec<String>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, store: RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut experiment = Experiment::open(&args.file)?;
    set_all(&mut experiment, &args.sets)?;
    if let Some(device) = args.device {
        experiment.training.device = device;
    }
    let job = Job {
        experiment,
        store,
        prepared: None,
        resume: None,
    };
    let changes = args.changes.iter().map(|text| planned_change(text));
    let steer = match changes.collect::<Result<Vec<PlannedChange>, Error>>()? {
        changes if changes.is_empty() => Steer::Straight,
        changes => Steer::Changing(changes),
    };
    follow_steered(job, &steer, OutputForm::json_if(args.json), streams)
}

/// A change that `--at STEP:SETTING=VALUE` names.
fn planned_change(text: &str) -> Result<PlannedChange, Error> {
    let parts = text.split_once(':').and_then(|(steps, set)| {
        let (path, value) = set.split_once('=')?;
        let (steps, to) = (steps.trim().parse().ok()?, value.trim().parse().ok()?);
        Some((steps, path.trim(), to))
    });
    let Some((after_steps, path, to)) = parts else {
        return Err(Error::edge(
            format!("`--at {text}` names no change"),
            "write a number of steps, a setting and a number, such as \
             `--at 500:training.lr=0.0005`",
        ));
    };
    let setting =
        LiveSetting::of_path(path).map_err(|sentence| Error::Train(TrainError::Unfit(sentence)))?;
    Ok(PlannedChange {
        after_steps,
        setting,
        to,
    })
}

/// Does the run and tells how it ended; `resume` goes this way too.
pub(super) fn follow(job: Job, form: OutputForm, streams: &mut Streams<'_>) -> Result<(), Error> {
    follow_steered(job, &Steer::Straight, form, streams)
}

/// [`follow`] of a run that is extended, forked, or changed while it trains.
pub(super) fn follow_steered(
    mut job: Job,
    steer: &Steer,
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let (store, resumed) = (job.store.clone(), job.resume.clone());
    let mut control = Signals::listen()?;
    let before_training = |error: Error, control: &Signals| match error {
        Error::Train(TrainError::Data(DataError::Cancelled) | TrainError::Cancelled)
            if control.is_leaving() =>
        {
            Error::Paused(left_before_training(resumed.as_ref()))
        }
        error => error,
    };
    job.prepared = opened(&job, &control).map_err(|error| before_training(error, &control))?;
    let mut watcher = ProgressLines::new(streams.err);
    let done = train::run_steered(job, steer, &mut control, &mut watcher);
    let (id, ended) = done.map_err(|error| before_training(error.into(), &control))?;
    let manifest = store.manifest(&id)?;
    let effect = tuning_effect(&store, &manifest)?;
    tell(&manifest, &ended, effect.as_ref(), form, streams)
}

/// Result after a word of the system that came before training began.
fn left_before_training(resumed: Option<&RunId>) -> String {
    match resumed {
        Some(id) => format!(
            "left before training went on; run {id} is as it was: `seqscope resume {id}` goes on"
        ),
        None => {
            "left before training began: there is nothing to keep yet, start it again".to_owned()
        }
    }
}

/// The data of a job, opened under a bar and stopped by a signal. `None` where the run itself will
/// say what is wrong: with the settings, or with the data of a run that is to go on, or from which
/// another is to.
pub(super) fn opened(job: &Job, control: &Signals) -> Result<Option<Arc<Prepared>>, Error> {
    let experiment = &job.experiment;
    if experiment.check().iter().any(Problem::is_error) {
        return Ok(None);
    }
    let watch = OpeningBar::new(control.ends());
    match data::prepare(&experiment.data, experiment.split, &watch) {
        Ok(prepared) => Ok(Some(Arc::new(prepared))),
        Err(DataError::Cancelled) => Err(TrainError::from(DataError::Cancelled).into()),
        Err(_) if job.resume.is_some() || experiment.fine_tune.is_some() => Ok(None),
        Err(error) => Err(TrainError::from(error).into()),
    }
}
