//! `seqscope queue`: experiments that are trained one after the other, and who works them off.

mod work;

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Streams;
use super::outcome::OutputForm;
use super::set::set_all;
use seqscope_base::spec::Problem;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::queue_table;
use seqscope_engine::run::{Queue, QueueEntry, QueueState, QueueWork, RunQueue, RunStore};
use seqscope_engine::train::TrainError;

/// Work with the queue; without a word it is listed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<QueueCommand>,
    /// Print JSON: the queue as one object, after one for each run that `run` has trained
    #[arg(long, global = true)]
    json: bool,
}

/// Changes of the queue, and work on it.
#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// Add experiments behind the last entry
    Add(AddArgs),
    /// Move an entry to a place among those that wait
    Move {
        /// Number of the entry, as the list shows it
        #[arg(value_name = "N")]
        number: u64,
        /// Place among the entries that wait, from 1
        #[arg(long, value_name = "PLACE")]
        to: usize,
    },
    /// Begin nothing more, and leave what is at work to go on later
    Pause,
    /// Let a paused queue go on
    Go,
    /// Take an entry off; a run that it has come to is kept as a paused one
    Cancel {
        /// Number of the entry, as the list shows it
        #[arg(value_name = "N")]
        number: u64,
    },
    /// Take a failed or cancelled entry up again, from where its run was left
    Retry {
        /// Number of the entry, as the list shows it
        #[arg(value_name = "N")]
        number: u64,
    },
    /// Drop the entries that have ended from the list; their runs stay
    Clear,
    /// Train one entry after the other until none waits
    #[command(after_help = super::SIGNALS)]
    Run,
}

/// Experiments to add.
#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Experiment files
    #[arg(value_name = "FILE.ron", required = true)]
    files: Vec<PathBuf>,
    /// auto, cpu, gpu:0, or part of a device's name; see `seqscope devices`
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Change a setting of each, such as `model.d_model=64`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
}

pub(super) fn run(args: Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (queue, form) = (store.queue(), OutputForm::json_if(args.json));
    let said = match args.what {
        None => return list(&queue, form, streams),
        Some(QueueCommand::Run) => return work::work_off(&queue, form, streams),
        Some(QueueCommand::Add(what)) => add(&queue, &what, streams)?,
        Some(QueueCommand::Move { number, to }) => {
            queue.move_to(number, to)?;
            format!("entry {number} is number {to} of those that wait")
        }
        Some(QueueCommand::Pause) => {
            queue.set_paused(true)?;
            "the queue is paused; `seqscope queue go` lets it go on".to_owned()
        }
        Some(QueueCommand::Go) => {
            queue.set_paused(false)?;
            "the queue goes on wherever somebody works on it: `seqscope queue run`, or a window"
                .to_owned()
        }
        Some(QueueCommand::Cancel { number }) => {
            queue.cancel(number)?;
            match queue.list()?.entry(number) {
                Ok(entry) if entry.is_held => format!(
                    "entry {number} is cancelled; who works on it hears of it between steps, and \
                     keeps its run as a paused one"
                ),
                Ok(_) | Err(_) => format!("entry {number} is cancelled"),
            }
        }
        Some(QueueCommand::Retry { number }) => {
            queue.retry(number)?;
            format!("entry {number} waits again")
        }
        Some(QueueCommand::Clear) => match queue.clear()? {
            1 => "1 entry that had ended is dropped; its run stays".to_owned(),
            n => format!("{n} entries that had ended are dropped; their runs stay"),
        },
    };
    match form {
        OutputForm::Json => streams.json(&json_of(&queue.list()?)),
        OutputForm::Text => Ok(writeln!(streams.out, "{said}")?),
    }
}

/// Reads all files before any is added, so that a mistake in one adds none.
fn add(queue: &RunQueue, args: &AddArgs, streams: &mut Streams<'_>) -> Result<String, Error> {
    let mut work = Vec::new();
    for file in &args.files {
        let mut experiment = Experiment::open(file)?;
        set_all(&mut experiment, &args.sets)?;
        if let Some(device) = &args.device {
            experiment.training.device.clone_from(device);
        }
        if experiment.sweep.is_some() {
            return Err(Error::edge(
                format!(
                    "`{}` is a sweep, and an entry of the queue is one run",
                    file.display()
                ),
                "start it by `seqscope sweep FILE.ron`, or take it out by `--set sweep=none`",
            ));
        }
        let problems = experiment.check();
        if problems.iter().any(Problem::is_error) {
            return Err(TrainError::Problems(problems).into());
        }
        streams.warn(&problems)?;
        work.push(QueueWork::Train(Box::new(experiment)));
    }
    let numbers = queue.add(work)?;
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    Ok(match numbers.as_slice() {
        [one] => format!("added as entry {one}"),
        several => format!("added as entries {}", several.join(", ")),
    })
}

fn list(queue: &RunQueue, form: OutputForm, streams: &mut Streams<'_>) -> Result<(), Error> {
    let list = queue.list()?;
    if form == OutputForm::Json {
        return streams.json(&json_of(&list));
    }
    if list.entries.is_empty() {
        writeln!(
            streams.out,
            "The queue is empty; `seqscope queue add FILE.ron` adds an experiment."
        )?;
        return Ok(());
    }
    write!(streams.out, "{}", queue_table(&list).rows_as_text())?;
    let is_worked_on = list.entries.iter().any(|entry| entry.is_held);
    if list.is_paused {
        writeln!(
            streams.out,
            "The queue is paused; `seqscope queue go` lets it go on."
        )?;
    } else if list.waiting().next().is_some() && !is_worked_on {
        writeln!(
            streams.out,
            "Nobody works on it; `seqscope queue run` does, or a window on these runs."
        )?;
    }
    Ok(())
}

/// The queue as one object.
fn json_of(queue: &Queue) -> Value {
    json!({
        "paused": queue.is_paused,
        "entries": queue.entries.iter().map(json_of_entry).collect::<Vec<_>>(),
    })
}

fn json_of_entry(entry: &QueueEntry) -> Value {
    let experiment = entry.work.experiment();
    let why = match &entry.state {
        QueueState::Failed { sentence, .. } => Some(sentence.as_str()),
        QueueState::Waiting
        | QueueState::Running { .. }
        | QueueState::Paused { .. }
        | QueueState::Finished { .. }
        | QueueState::Cancelled { .. } => None,
    };
    json!({
        "number": entry.number,
        "name": experiment.name,
        "model": experiment.model.family().title(),
        "seed": experiment.seed,
        "status": entry.word(),
        "run": entry.run().map(|run| run.0.as_str()),
        "why": why,
    })
}
