//! `seqscope extend RUN --epochs N`: trains a finished run further.

use super::Streams;
use super::outcome::OutputForm;
use super::train::follow_steered;
use seqscope_engine::error::Error;
use seqscope_engine::run::{ExtendedSchedule, RunStore};
use seqscope_engine::train::{Extending, Job, Steer};

/// Which run, and how far.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// Epochs to add
    #[arg(long, value_name = "N")]
    epochs: usize,
    /// What becomes of a rate that falls, or a beta that grows, over the whole length of a run:
    /// `continue` as in a run of the new length from here on, `restart` anew over the added epochs
    #[arg(long, value_name = "HOW", value_parser = schedule)]
    schedule: Option<ExtendedSchedule>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

fn schedule(text: &str) -> Result<ExtendedSchedule, String> {
    text.parse()
        .map_err(|_| "write `continue` or `restart`".to_owned())
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    let job = Job {
        experiment: store.manifest(&id)?.experiment,
        store,
        prepared: None,
        resume: Some(id),
    };
    let steer = Steer::Extending(Extending {
        epochs: args.epochs,
        schedule: args.schedule,
    });
    follow_steered(job, &steer, OutputForm::json_if(args.json), streams)
}
