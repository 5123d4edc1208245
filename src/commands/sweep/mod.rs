//! `seqscope sweep FILE.ron`: plans the trials of an experiment's sweep, and has them trained.

mod slurm;
mod trial;
mod work;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::set::set_all;
use super::signals::Signals;
use super::{Shared, Streams};
use seqscope_base::spec::{Entry as _, Problem, counted};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::{
    ReportForm, best_sentences, importance_table, plan_sentence, state_words, sweep_table,
};
use seqscope_engine::run::RunStore;
use seqscope_engine::sweep::{
    SweepFolder, SweepImportance, SweepPlan, SweepState, TrialProgress, TrialState,
};
use seqscope_engine::train::TrainError;

use slurm::SlurmArgs;
use work::Worker;

pub(super) use trial::{TrialArgs, run_trial};

/// What to try and where.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
    /// An experiment file with a `sweep`; or a sweep that there is: its name, a part of it, the path of
    /// its folder, or `last`
    #[arg(value_name = "FILE.ron or SWEEP")]
    target: String,
    /// Where the trials are trained: here, one after another; by Slurm, as an array of jobs; or by whoever
    /// reads a list of commands
    #[arg(long, value_name = "WHERE", default_value = "here")]
    on: On,
    /// Show the plan, and train and write nothing
    #[arg(long)]
    dry: bool,
    /// Show how far the trials of a sweep are
    #[arg(long, conflicts_with_all = ["dry", "again"])]
    status: bool,
    /// Go on with a sweep: what is paused, interrupted or not begun is trained
    #[arg(long)]
    again: bool,
    /// Change a setting of the file, such as `training.epochs=20`; may be repeated
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    slurm: SlurmArgs,
}

/// Places where trials are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum On {
    /// In this process
    Here,
    /// An array of jobs of a Slurm scheduler
    Slurm,
    /// One command a line, for GNU parallel, `HyperQueue` or xargs
    List,
}

pub(super) fn run(
    args: &Args,
    shared: &Shared,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let path = Path::new(&args.target);
    let is_file = path.is_file() || path.extension().is_some_and(|ending| ending == "ron");
    if args.dry && is_file {
        return dry(args, shared, store, streams);
    }
    if args.on == On::Slurm {
        slurm::check_key(shared)?;
    }
    let folder = if is_file && (args.status || args.again) {
        return Err(Error::edge(
            format!(
                "`{}` is an experiment file, and `--status` and `--again` are of a sweep that there is",
                args.target
            ),
            "name the sweep, or write `last`",
        ));
    } else if is_file {
        let experiment = opened(args)?;
        SweepFolder::create(store, SweepPlan::new(&experiment, now_secs())?)?
    } else {
        SweepFolder::find(store, &args.target)?
    };
    if !is_file && !args.again && !args.status && !args.dry {
        return Err(Error::edge(
            format!("sweep {} is there already", folder.name),
            "add `--again` to go on with it, or `--status` to see how far it is",
        ));
    }
    if args.status || args.dry {
        return tell_all(&folder, args.json, streams);
    }
    match args.on {
        On::Here => here(&folder, args.json, streams),
        On::Slurm => submit(&folder, shared, &args.slurm, streams),
        On::List => list(&folder, shared, streams),
    }
}

/// The experiment of the file, without errors.
fn opened(args: &Args) -> Result<Experiment, Error> {
    let mut experiment = Experiment::open(Path::new(&args.target))?;
    set_all(&mut experiment, &args.sets)?;
    let problems = experiment.check();
    if problems.iter().any(Problem::is_error) {
        return Err(TrainError::Problems(problems).into());
    }
    Ok(experiment)
}

/// Shows what would be trained.
fn dry(
    args: &Args,
    shared: &Shared,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let plan = SweepPlan::new(&opened(args)?, now_secs())?;
    let folder = SweepFolder {
        store: store.clone(),
        name: "NAME".to_owned(),
        plan,
    };
    let state = SweepState::planned(&folder.plan);
    tell(&folder, &state, args.json, streams)?;
    if args.on == On::Slurm && !args.json {
        let trials = numbers_of(&state, |_| true);
        for script in slurm::scripts(&folder, shared, &args.slurm, &trials)? {
            write!(streams.out, "\n{script}")?;
        }
    }
    Ok(())
}

/// Numbers of some of the trials.
fn numbers_of(state: &SweepState, is_one: impl Fn(&TrialState) -> bool) -> Vec<usize> {
    let trials = state.trials.iter().filter(|of| is_one(&of.state));
    trials.map(|of| of.trial.number).collect()
}

/// How far the trials are and, where they were handed to Slurm, which of them it has.
fn tell_all(folder: &SweepFolder, is_json: bool, streams: &mut Streams<'_>) -> Result<(), Error> {
    tell(folder, &SweepState::read(folder)?, is_json, streams)?;
    match slurm::queued(folder) {
        Ok(None) => {}
        Ok(Some(queued)) => writeln!(streams.err, "{}", queued.words())?,
        Err(why) => writeln!(
            streams.err,
            "warning: which trials wait is not known, since {why}; what is told of them is of \
             their runs"
        )?,
    }
    Ok(())
}

/// Hands what is due to Slurm, after opening the log and fitting the references once; what Slurm has
/// already is left to it.
fn submit(
    folder: &SweepFolder,
    shared: &Shared,
    args: &SlurmArgs,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let _owner = folder.own_all()?;
    let there = slurm::queued(folder).map_err(|why| {
        Error::edge(
            format!("which trials wait in Slurm already is not known: {why}"),
            "try again when `squeue` answers; nothing was submitted",
        )
    })?;
    let there = there.unwrap_or_default();
    let due: Vec<usize> = numbers_of(&SweepState::read(folder)?, TrialState::is_due)
        .into_iter()
        .filter(|number| !there.waiting.contains(number) && !there.running.contains(number))
        .collect();
    if due.is_empty() {
        writeln!(streams.out, "sweep {}: nothing to submit", folder.name)?;
        return tell_all(folder, false, streams);
    }
    Worker::new(folder, Signals::listen_to_pause()?).prepare(streams)?;
    let jobs = slurm::submit(folder, shared, args, &due)?;
    writeln!(
        streams.out,
        "sweep {}: {} submitted as job {}; `seqscope sweep {} --status` tells how far they are",
        folder.name,
        counted(due.len(), "trial"),
        jobs.join(" and "),
        folder.name
    )?;
    Ok(())
}

/// Trains what is due, one trial after another, until nothing is left that this process can do.
fn here(folder: &SweepFolder, is_json: bool, streams: &mut Streams<'_>) -> Result<(), Error> {
    let _owner = folder.own_all()?;
    writeln!(streams.err, "{}", plan_sentence(folder))?;
    let mut worker = Worker::new(folder, Signals::listen_to_pause()?);
    let mut state = SweepState::read(folder)?;
    // Trials that could not even start: the others go on without them.
    let mut refused: Vec<usize> = Vec::new();
    loop {
        let mut is_any = false;
        let numbers: Vec<usize> = state.trials.iter().map(|of| of.trial.number).collect();
        for number in numbers {
            if !state.trial(number)?.state.is_due() || refused.contains(&number) {
                continue;
            }
            is_any = true;
            match worker.train_quietly(number, &mut state, streams) {
                Err(error @ (Error::Train(_) | Error::Model(_) | Error::Data(_))) => {
                    writeln!(streams.err, "trial {number} cannot start: {error}")?;
                    refused.push(number);
                }
                other => other?,
            }
        }
        if !is_any {
            break;
        }
        // What others have trained meanwhile may have decided a rung.
        state = SweepState::read(folder)?;
    }
    tell(folder, &state, is_json, streams)?;
    if state.is_done() {
        return Ok(());
    }
    if !refused.is_empty() {
        return Err(Error::edge(
            format!("{} could not start", counted(refused.len(), "trial")),
            "the lines above say why; mend the experiment and plan another sweep",
        ));
    }
    Err(Error::Paused(format!(
        "other trials are in work elsewhere: `seqscope sweep {} --again` goes on when they are done",
        folder.name
    )))
}

/// Opens the log and fits the references once, and prints a command for each trial that is not done.
fn list(folder: &SweepFolder, shared: &Shared, streams: &mut Streams<'_>) -> Result<(), Error> {
    Worker::new(folder, Signals::listen_to_pause()?).prepare(streams)?;
    let state = SweepState::read(folder)?;
    for of in state.trials.iter().filter(|of| !of.state.is_done()) {
        let words = trial_command(folder, shared)?;
        writeln!(streams.out, "{words} {}", of.trial.number)?;
    }
    Ok(())
}

/// The command of a trial up to its number, with whole paths, for a shell.
pub(super) fn trial_command(folder: &SweepFolder, shared: &Shared) -> Result<String, Error> {
    let program = std::env::current_exe()?;
    let mut words = vec![quoted(&program), "--runs".to_owned()];
    words.push(quoted(&whole(&folder.store.root)?));
    if let Some(key_file) = &shared.key_file {
        words.extend(["--key-file".to_owned(), quoted(&whole(key_file)?)]);
    }
    words.extend(["trial".to_owned(), folder.name.clone()]);
    Ok(words.join(" "))
}

fn whole(path: &Path) -> Result<PathBuf, Error> {
    Ok(std::path::absolute(path)?)
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn tell(
    folder: &SweepFolder,
    state: &SweepState,
    is_json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    if is_json {
        return streams.json(&json_of(folder, state));
    }
    let table = sweep_table(folder, state);
    write!(streams.out, "{}", table.written(ReportForm::Text))?;
    if state.trials.iter().all(|of| of.runs.is_empty()) {
        return Ok(());
    }
    let importance = importance_table(&SweepImportance::of(&folder.plan, state));
    write!(streams.out, "\n{}", importance.written(ReportForm::Text))?;
    Ok(())
}

fn json_of(folder: &SweepFolder, state: &SweepState) -> Value {
    let plan = &folder.plan;
    let trials = state.trials.iter().map(|of| trial_json(folder, state, of));
    json!({
        "sweep": folder.name,
        "folder": folder.dir(),
        "metric": state.metric.name(),
        "rungs": plan.rungs(),
        "most_epochs": plan.most_epochs(),
        "is_done": state.is_done(),
        "best": state.best(plan).map(|of| of.trial.number),
        "best_of": state.trials.len(),
        "best_words": best_sentences(folder, state).join(" "),
        "trials": trials.collect::<Vec<_>>(),
    })
}

fn trial_json(folder: &SweepFolder, state: &SweepState, of: &TrialProgress) -> Value {
    let plan = &folder.plan;
    let settings = plan
        .experiment
        .sweep
        .iter()
        .flat_map(|sweep| &sweep.settings);
    let settings: serde_json::Map<String, Value> = settings
        .zip(&of.trial.values)
        .map(|(setting, value)| (setting.set.clone(), json!(value)))
        .collect();
    let epochs = plan.experiment.training.epochs;
    json!({
        "trial": of.trial.number,
        "settings": settings,
        "state": state_words(&of.state),
        "epochs": of.epochs(),
        "seconds": of.train_secs(),
        "valid": of.score_until(epochs, plan.n_seeds(), state.metric),
        "valid_of_seeds": of.values_until(epochs, state.metric),
        "runs": of.runs.iter().map(|run| run.id.0.clone()).collect::<Vec<_>>(),
    })
}

/// Seconds since 1970.
fn now_secs() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(quoted(Path::new("/a/b-c_1.ron")), "/a/b-c_1.ron");
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }
}
