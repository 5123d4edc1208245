//! Text in, text out. The only place that knows clap.
//!
//! One command a file. What a command found goes to standard output, through the handle in
//! [`Streams`] rather than `println!`, so that `seqscope runs | head` ends quietly when the reader
//! goes away; progress, warnings and errors go to standard error.

mod agreement;
mod audit;
mod bench;
mod bin;
mod catalogue;
mod check;
mod columns;
mod compare;
mod compare_beside;
mod compare_slice;
mod contrast;
mod data;
mod describe;
mod devices;
mod everyone;
mod explain;
mod export;
mod extend;
mod feedback;
mod figure;
mod fine_tune;
mod forecast;
mod fork;
mod format;
mod gan;
mod gates;
mod grouped;
mod help;
mod latent;
mod layers;
mod map;
mod new;
mod note;
mod outcome;
mod predict;
mod profile;
mod progress;
mod pseudonyms;
mod queue;
mod race;
mod recommend;
mod report;
mod request;
mod resume;
mod rules;
mod runs;
mod set;
mod shown_names;
mod signals;
mod significance;
mod slice_args;
mod slices;
mod sweep;
mod table;
mod train;
mod typed;
mod user_answer;
mod users;
mod verify;
mod what_if;
mod world;

pub use request::{RendererChoice, Request, Shared, Usage, WindowRequest, parse};

use std::io::Write;

use clap::Subcommand;

use seqscope_base::spec::{Problem, ShownStream};
use seqscope_engine::error::Error;
use seqscope_engine::run::RunStore;

/// Folder of the runs, below the current one, unless `--runs` says otherwise.
pub const DEFAULT_RUNS: &str = "experiments/runs";

/// What may stand for a run on the command line.
const RUN: &str = "A run's name, its start or its end, the path of its folder, its label or its experiment's name, or `last`";

/// What ends a training from outside.
const SIGNALS: &str = "\
Ctrl-C stops: the best weights so far are judged on the test split and kept; a second Ctrl-C leaves at once.
SIGTERM (a scheduler) and SIGHUP (a closed terminal) pause: the run is kept where it is, the test split is not
read, and the exit code is 75. `seqscope resume RUN` goes on, to the same numbers as if never interrupted; after
SIGKILL too, from the last whole epoch. A test split that is being read when SIGTERM comes is read to its end.";

/// What ends the trials of a sweep from outside.
const SWEEPS: &str = "\
Ctrl-C, SIGTERM (a scheduler) and SIGHUP pause: all that was trained is kept, and the exit code is 75.
`seqscope sweep SWEEP --again` goes on, to the same numbers as if never interrupted. `seqscope trial` ends with
0 when its trial is done, and with 75 when it is to come again.";

/// What several runs are, and what ends one.
const TRAIN_HELP: &str = "\
With --model, --seeds or --shuffle twin several runs are trained one after the other, each model with the first
seed, then each with the next; the log is opened and the references are fitted once. What is finished is not
trained again, what was cut off goes on. The table at the end has the mean of each model over its seeds, and tests
of the difference of every two models, with other users and other seeds as sources of chance, corrected by Holm.
There Ctrl-C pauses too, exit code 75, and the same command goes on.

Of one run Ctrl-C stops: the best weights so far are judged on the test split and kept; a second Ctrl-C leaves at
once. SIGTERM (a scheduler) and SIGHUP (a closed terminal) pause: the run is kept where it is, the test split is not
read, and the exit code is 75. `seqscope resume RUN` goes on, to the same numbers as if never interrupted; after
SIGKILL too, from the last whole epoch. A test split that is being read when SIGTERM comes is read to its end.";

/// Streams that a command writes to.
pub struct Streams<'a> {
    /// What was asked for.
    pub out: &'a mut dyn Write,
    /// Progress and warnings.
    pub err: &'a mut dyn Write,
}

impl Streams<'_> {
    /// Tells what is doubtful; the work goes on.
    fn warn(&mut self, problems: &[Problem]) -> Result<(), Error> {
        for problem in problems.iter().filter(|p| !p.is_error()) {
            writeln!(self.err, "warning: {}", problem.sentence())?;
        }
        Ok(())
    }

    /// One object on a line of its own.
    fn json(&mut self, object: &serde_json::Value) -> Result<(), Error> {
        Ok(writeln!(self.out, "{object}")?)
    }
}

/// The commands that need no window.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Write a first experiment for a log, with comments that say why it is so
    New(new::Args),
    /// Train what an experiment file says, or a log with several models and seeds, and keep the runs
    #[command(after_help = TRAIN_HELP)]
    Train(train::Args),
    /// Report all problems of experiment files at once
    Check(check::Args),
    /// Compare synthetic histories written by a GAN, a language model and a Markov chain
    Gan(gan::Args),
    /// Continue a paused, interrupted or stopped run
    #[command(after_help = SIGNALS)]
    Resume(resume::Args),
    /// Train two experiments side by side, an epoch of the one after an epoch of the other
    #[command(after_help = SIGNALS)]
    Race(race::Args),
    /// List the queue of experiments, change it, or train what waits in it
    Queue(queue::Args),
    /// Try settings: plan the trials of an experiment's `sweep`, train them, show the best of how many
    #[command(after_help = SWEEPS)]
    Sweep(sweep::Args),
    /// Train one trial of a sweep, as a scheduler starts it: new, gone on with, or done already
    #[command(after_help = SWEEPS)]
    Trial(sweep::TrialArgs),
    /// Add epochs to a finished run
    #[command(after_help = SIGNALS)]
    Extend(extend::Args),
    /// Go on from an epoch of a run with changed settings, as a new run
    #[command(after_help = SIGNALS)]
    Fork(fork::Args),
    /// Explain settings: meaning, range, default and where the default comes from
    Describe(describe::Args),
    /// Show how a log is read: roles, counts, refused rows, profile; or the rules of a world
    Data(Box<data::Args>),
    /// List the runs
    Runs(runs::Args),
    /// Label, tag, star or put away runs, and write notes about them
    Note(note::Args),
    /// Check that the files of runs are as they were written
    Verify(verify::Args),
    /// Compare runs with each other and with their references: intervals, tests, what differs in
    /// the settings
    Compare(compare::Args),
    /// List the users of a run or of a slice of them, or a gallery: whom it answered best or worst
    Users(Box<users::Args>),
    /// List the slices that are kept beside the runs, show, rename or delete one
    Slices(slices::Args),
    /// Predict with a run what one user, every user, or a typed history will do next
    Predict(Box<predict::Args>),
    /// Show which events of a user's history moved one answer of a run, and whether its attention
    /// tells the truth
    Explain(explain::Args),
    /// Forecast how many events the next days, weeks or months bring, beside simple rules
    Forecast(forecast::Args),
    /// Recommend items to a user, known or new, by a run's model blended with references
    Recommend(recommend::Args),
    /// Keep with a run what people accepted and rejected of its lists
    Feedback(feedback::Args),
    /// Go on from a run's weights on the feedback that is kept with it, as a new run, and show the
    /// effect on held-out events
    #[command(after_help = SIGNALS)]
    FineTune(fine_tune::Args),
    /// Show the gates and states of a run's recurrent units over the history of a user
    Gates(gates::Args),
    /// Show the use of a run's latent space, and what points of it are decoded to
    Latent(latent::Args),
    /// Show the rules that a run keeps: a decision tree that imitates it, and what follows what
    Rules(rules::Args),
    /// Map a run's items, or its users in the latent space, in a plane
    Map(map::Args),
    /// Draw a chart of runs for a paper or a slide: SVG, PDF or PNG
    Figure(Box<figure::Args>),
    /// Write a table of runs for a paper or a program: CSV, LaTeX, Markdown or JSON
    Table(Box<table::Args>),
    /// Write a report as one page of HTML, as Markdown with files or as PDF: one that was put together
    /// in the window, or the usual one of some runs
    Report(Box<report::Args>),
    /// Copy a run's tables and weights to a new folder
    Export(export::Args),
    /// List the devices that can train
    Devices(devices::Args),
    /// Show a chapter of the manual (data, models, evaluation, runs, slices, speed), or the options of a
    /// command
    Help(help::Args),
    /// Measure how long the program's own work takes on this machine
    Bench(bench::Args),
}

/// Carries out one command.
///
/// # Errors
/// Whatever the command met; [`Error::report`] is what to show of it.
pub fn run(command: CliCommand, shared: &Shared, streams: &mut Streams<'_>) -> Result<(), Error> {
    let store = RunStore::at(&shared.runs);
    // Ids, titles and names come from files: no terminal obeys what stands in them.
    let streams = &mut Streams {
        out: &mut ShownStream::new(streams.out),
        err: &mut ShownStream::new(streams.err),
    };
    match command {
        CliCommand::New(args) => new::run(&args, streams),
        CliCommand::Train(args) => train::run(&args, &store, streams),
        CliCommand::Gan(args) => gan::run(&args, streams),
        CliCommand::Check(args) => check::run(&args, streams),
        CliCommand::Resume(args) => resume::run(&args, &store, streams),
        CliCommand::Race(args) => race::run(&args, &store, streams),
        CliCommand::Queue(args) => queue::run(args, &store, streams),
        CliCommand::Sweep(args) => sweep::run(&args, shared, &store, streams),
        CliCommand::Trial(args) => sweep::run_trial(&args, &store, streams),
        CliCommand::Extend(args) => extend::run(&args, &store, streams),
        CliCommand::Fork(args) => fork::run(args, &store, streams),
        CliCommand::Describe(args) => describe::run(&args, streams),
        CliCommand::Data(args) => data::run(*args, streams),
        CliCommand::Runs(args) => runs::run(&args, &store, streams),
        CliCommand::Note(args) => note::run(&args, &store, streams),
        CliCommand::Verify(args) => verify::run(&args, &store, streams),
        CliCommand::Compare(args) => compare::run(&args, &store, streams),
        CliCommand::Users(args) => users::run(&args, &store, streams),
        CliCommand::Slices(args) => slices::run(&args, &store, streams),
        CliCommand::Predict(args) => predict::run(&args, &store, streams),
        CliCommand::Explain(args) => explain::run(&args, &store, streams),
        CliCommand::Forecast(args) => forecast::run(args, streams),
        CliCommand::Recommend(args) => recommend::run(&args, &store, streams),
        CliCommand::Feedback(args) => feedback::run(&args, &store, streams),
        CliCommand::FineTune(args) => fine_tune::run(args, &store, streams),
        CliCommand::Gates(args) => gates::run(&args, &store, streams),
        CliCommand::Latent(args) => latent::run(&args, &store, streams),
        CliCommand::Rules(args) => rules::run(&args, &store, streams),
        CliCommand::Map(args) => map::run(&args, &store, streams),
        CliCommand::Figure(args) => figure::run(&args, &store, streams),
        CliCommand::Table(args) => table::run(&args, &store, streams),
        CliCommand::Report(args) => report::run(&args, &store, streams),
        CliCommand::Export(args) => export::run(&args, &store, streams),
        CliCommand::Devices(args) => devices::run(&args, streams),
        CliCommand::Help(args) => help::run(&args, streams),
        CliCommand::Bench(args) => bench::run(&args, streams),
    }
}
