//! `seqscope fork RUN --epoch 7 --set training.lr=0.0005`: goes on from an epoch of a run with
//! changed settings, as a run of its own.

use super::Streams;
use super::outcome::OutputForm;
use super::set::named_value;
use super::train::follow_steered;
use seqscope_engine::error::Error;
use seqscope_engine::run::RunStore;
use seqscope_engine::train::{Forking, Job, SettingText, Steer};

/// Which run, from where, and with what.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// Epoch to go on from, one whose weights are kept [default: the last]
    #[arg(long, value_name = "EPOCH")]
    epoch: Option<usize>,
    /// Change a setting, such as `training.lr=0.0005`; may be repeated. Not the data, nor what gives
    /// the weights their meaning
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    sets: Vec<String>,
    /// Epochs to train from there [default: to the end that the run was to have]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Name of the new run's experiment [default: the run's own, with `fork` behind it]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    let sets = args.sets.iter().map(|set| {
        let (path, text) = named_value(set)?;
        Ok(SettingText {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    });
    let forking = Forking {
        epoch: args.epoch,
        sets: sets.collect::<Result<_, Error>>()?,
        epochs: args.epochs,
        name: args.name,
    };
    let job = Job {
        experiment: store.manifest(&id)?.experiment,
        store,
        prepared: None,
        resume: Some(id),
    };
    let form = OutputForm::json_if(args.json);
    follow_steered(job, &Steer::Forking(forking), form, streams)
}
