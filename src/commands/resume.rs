//! `seqscope resume RUN`: goes on where a run was paused or cut off.

use super::Streams;
use super::outcome::OutputForm;
use super::train::follow;
use seqscope_engine::error::Error;
use seqscope_engine::run::{RunOutcome, RunStatus, RunStore};
use seqscope_engine::train::Job;

/// Which run.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    match store.status(&id)? {
        RunStatus::Ended(RunOutcome::Finished) => {
            return Err(Error::edge(
                format!("`{id}` is finished"),
                format!("`seqscope extend {id} --epochs N` trains it further"),
            ));
        }
        RunStatus::Running => {
            return Err(Error::edge(
                format!("`{id}` is being trained by another process"),
                "wait for it, or stop it there",
            ));
        }
        _ => {}
    }
    let experiment = store.manifest(&id)?.experiment;
    follow(
        Job {
            experiment,
            store,
            prepared: None,
            resume: Some(id),
        },
        OutputForm::json_if(args.json),
        streams,
    )
}
