//! `seqscope train FILE`: one run from start to end, watched on the terminal; or several models and
//! seeds, one after the other, with one table at the end.

mod series;
mod several;

use std::path::PathBuf;
use std::sync::Arc;

use crate::Streams;
use crate::format::TableFormat;
use crate::outcome::{OutputForm, tell};
use crate::progress::{OpeningBar, ProgressLines};
use crate::signals::{Signals, nobody};
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, DataError, Prepared};
use seqscope_engine::error::Error;
use seqscope_engine::run::{LiveSetting, RunId, RunStore, tuning_effect};
use seqscope_engine::train::{self, Job, PlannedChange, Steer, TrainError};

/// What to train and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An experiment file (.ron), or a log: then everything is suggested that is not said, as
    /// `seqscope new LOG` writes it
    #[arg(value_name = "FILE.ron|LOG")]
    file: PathBuf,
    /// auto, cpu, gpu:0, or part of a device's name; see `seqscope devices`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Models in place of the file's, such as sasrec,gru4rec,mult-vae; `seqscope describe names`
    /// tells how each differs from its paper
    #[arg(long = "model", value_name = "MODEL", value_delimiter = ',')]
    models: Vec<String>,
    /// Train each with so many seeds: the experiment's and the whole numbers after it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: Option<u16>,
    /// Task in place of the file's; `seqscope describe task` lists them
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Most epochs of each run
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Learn from histories in shuffled order, asked after them in their own: `train` in place of
    /// the ordered run, `twin` beside it; the difference is what order is worth
    #[arg(long, value_name = "WHICH")]
    shuffle: Option<WhichOrder>,
    /// Change a setting, such as `model.d_model=64`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Change a setting while it trains, after so many optimiser steps, such as
    /// `500:training.lr=0.0005`; may be repeated. The learning rate, dropout and beta can be changed
    /// so; the change is kept with the run
    #[arg(long = "at", value_name = "STEP:SETTING=VALUE")]
    changes: Vec<String>,
    /// Print one JSON object instead of tables
    #[arg(long, conflicts_with_all = ["latex", "csv", "format"])]
    json: bool,
    /// Print the tables of several runs for a paper: `--format latex`
    #[arg(long, conflicts_with_all = ["csv", "format"])]
    latex: bool,
    /// Print the table of several runs as separated values: `--format csv`
    #[arg(long, conflicts_with = "format")]
    csv: bool,
    /// Form of the tables of several runs
    #[arg(long, value_name = "FORM")]
    format: Option<TableFormat>,
}

/// Orders in which training histories are learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WhichOrder {
    /// Shuffled alone
    Train,
    /// In their own order, and shuffled
    Twin,
}

impl Args {
    /// Form of the tables of several runs.
    fn table_form(&self) -> TableFormat {
        match (self.json, self.latex, self.csv) {
            (true, ..) => TableFormat::Json,
            (_, true, _) => TableFormat::Latex,
            (_, _, true) => TableFormat::Csv,
            (false, false, false) => self.format.unwrap_or_default(),
        }
    }

    /// Whether a table over several runs is asked for, and not one run.
    fn is_of_several(&self) -> bool {
        let has_form = self.latex || self.csv || self.format.is_some();
        self.seeds.is_some()
            || !self.models.is_empty()
            || self.shuffle == Some(WhichOrder::Twin)
            || has_form
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    if args.is_of_several() {
        if !args.changes.is_empty() {
            return Err(Error::edge(
                "`--at` changes one run while it trains, and these are several",
                "train the one run by itself",
            ));
        }
        return several::run(args, store, streams);
    }
    let mut planned = series::experiments(args, &nobody())?;
    let Some(experiment) = planned.experiments.pop() else {
        return Ok(());
    };
    let job = Job {
        experiment,
        store: store.clone(),
        prepared: planned.prepared,
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
    if job.prepared.is_none() {
        job.prepared = opened(&job, &control).map_err(|error| before_training(error, &control))?;
    }
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
