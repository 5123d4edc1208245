//! `seqscope trial SWEEP N`: one trial of a sweep, new or gone on with, as a scheduler starts it.

use super::super::Streams;
use super::super::signals::Signals;
use super::work::{Waiting, Worker};
use seqscope_engine::error::Error;
use seqscope_engine::report::state_words;
use seqscope_engine::run::RunStore;
use seqscope_engine::sweep::{SweepFolder, SweepState, TrialState};

/// Which trial.
#[derive(Debug, clap::Args)]
pub struct TrialArgs {
    /// The sweep: its name, a part of it, the path of its folder, or `last`
    #[arg(value_name = "SWEEP")]
    sweep: String,
    /// Number of the trial, from 1
    #[arg(value_name = "N")]
    number: usize,
}

/// Trains what is due of the trial. It ends without an error when the trial is done, and as a pause
/// when it is to come again.
pub(in super::super) fn run_trial(
    args: &TrialArgs,
    store: &RunStore,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let folder = SweepFolder::find(store, &args.sweep)?;
    let mut state = SweepState::read(&folder)?;
    let progress = state.trial(args.number)?;
    let words = folder.plan.words_of(&progress.trial);
    if let TrialState::Failed { sentence } = &progress.state {
        return Err(Error::edge(
            format!("trial {} ({words}) failed: {sentence}", args.number),
            "the other trials go on without it; mend the experiment and plan another sweep",
        ));
    }
    if progress.state.is_done() {
        let told = state_words(&progress.state);
        writeln!(streams.out, "trial {} ({words}): {told}", args.number)?;
        return Ok(());
    }
    let mut worker = Worker::new(&folder, Signals::listen_to_pause()?);
    match worker.train_aloud(args.number, &mut state, streams)? {
        Waiting::Nothing => {
            let told = state_words(&state.trial(args.number)?.state);
            writeln!(streams.out, "trial {} ({words}): {told}", args.number)?;
            Ok(())
        }
        Waiting::ForOthers => Err(Error::Paused(format!(
            "trial {} ({words}) waits for the others of its rung: come again",
            args.number
        ))),
    }
}
