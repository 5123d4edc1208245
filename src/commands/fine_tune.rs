//! `seqscope fine-tune RUN`: goes on from a run's weights, on what people said of its lists.

use std::path::PathBuf;

use super::Streams;
use super::feedback;
use super::outcome::OutputForm;
use super::train::follow;
use seqscope_engine::error::Error;
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{FineTuning, Job, fine_tuning};

/// Which run, and how carefully.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// A table of what was shown and accepted, to be kept with the run first, as `seqscope feedback`
    /// does
    #[arg(long, value_name = "FILE.csv")]
    feedback: Option<PathBuf>,
    /// Epochs: each list with feedback once, among old histories [default: 20]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Learning rate [default: 0.3 of the run's own]
    #[arg(long, value_name = "RATE")]
    rate: Option<f64>,
    /// Old histories for each list with feedback [default: 3]
    #[arg(long, value_name = "N")]
    replay: Option<f64>,
    /// Weight of the loss of a rejected item beside that of an accepted one [default: 0.5]
    #[arg(long, value_name = "W")]
    rejected_weight: Option<f64>,
    /// Name of the new run's experiment [default: the run's own, with `tuned` behind it]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// auto, cpu, gpu:0, or part of a device's name [default: as the run was trained]
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    let manifest = store.manifest(&id)?;
    if let Some(file) = &args.feedback {
        let taken = feedback::read(&manifest, file, streams)?;
        store.add_feedback(&id, &taken.answers)?;
    }
    let choices = FineTuning {
        name: args.name,
        epochs: args.epochs,
        rate: args.rate,
        replay: args.replay,
        rejected_weight: args.rejected_weight,
    };
    let mut experiment = fine_tuning(&manifest, &choices);
    if let Some(device) = args.device {
        experiment.training.device = device;
    }
    let job = Job {
        experiment,
        store,
        prepared: None,
        resume: None,
    };
    follow(job, OutputForm::json_if(args.json), streams)
}
