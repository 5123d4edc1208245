//! The experiments that a command line asks for: of a file or a log, with other models, seeds and
//! orders.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Args, WhichOrder};
use crate::progress::OpeningBar;
use crate::set::set_all;
use seqscope_data::Prepared;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::{Experiment, NamedModel};
use seqscope_engine::train::suggest;

/// Experiments to be done, in their order.
pub(super) struct PlannedRuns {
    pub(super) experiments: Vec<Experiment>,
    /// The data of all of them, where they are open already.
    pub(super) prepared: Option<Arc<Prepared>>,
}

/// The experiments of a command line: each model in each order with the first seed, then with the
/// next one, so that after an interruption all models have come about equally far.
pub(super) fn experiments(args: &Args, ends: &Arc<AtomicBool>) -> Result<PlannedRuns, Error> {
    let (base, opened) = base(args, ends)?;
    let mut changed = base.clone();
    if let Some(task) = &args.task {
        changed.set("task", task)?;
    }
    let models = args
        .models
        .iter()
        .map(|word| Ok(NamedModel::of_word(word.trim())?.applied_to(&changed)))
        .collect::<Result<Vec<Experiment>, Error>>()?;
    let models = if models.is_empty() {
        vec![changed]
    } else {
        models
    };
    let mut of_first_seed: Vec<Experiment> = Vec::new();
    for mut experiment in models {
        finish(&mut experiment, args)?;
        for ordered in in_orders(experiment, args.shuffle)? {
            // A model that is named twice is trained once.
            if !of_first_seed.contains(&ordered) {
                of_first_seed.push(ordered);
            }
        }
    }
    let n_seeds = usize::from(args.seeds.unwrap_or(1));
    let by_model: Vec<Vec<Experiment>> = of_first_seed
        .iter()
        .map(|experiment| experiment.with_seeds(n_seeds))
        .collect();
    let experiments = (0..n_seeds)
        .flat_map(|seed| by_model.iter().filter_map(move |seeds| seeds.get(seed)))
        .cloned()
        .collect::<Vec<Experiment>>();
    // What `--set` says of the data or the split makes others of them.
    let is_opened =
        |experiment: &Experiment| experiment.data == base.data && experiment.split == base.split;
    Ok(PlannedRuns {
        prepared: opened.filter(|_| experiments.iter().all(is_opened)),
        experiments,
    })
}

/// The experiment of a file, or the one that is suggested for a log, with the log.
fn base(args: &Args, ends: &Arc<AtomicBool>) -> Result<(Experiment, Option<Arc<Prepared>>), Error> {
    if Experiment::is_file(&args.file) {
        return Ok((Experiment::open(&args.file)?, None));
    }
    let (suggestion, prepared) = suggest(&args.file, &OpeningBar::new(Arc::clone(ends)))?;
    Ok((suggestion.experiment, Some(Arc::new(prepared))))
}

/// What is said of every model.
fn finish(experiment: &mut Experiment, args: &Args) -> Result<(), Error> {
    if let Some(epochs) = args.epochs {
        experiment.set("training.epochs", &epochs.to_string())?;
    }
    set_all(experiment, &args.sets)?;
    if let Some(device) = &args.device {
        experiment.training.device.clone_from(device);
    }
    Ok(())
}

fn in_orders(
    experiment: Experiment,
    shuffle: Option<WhichOrder>,
) -> Result<Vec<Experiment>, Error> {
    Ok(match shuffle {
        None => vec![experiment],
        Some(WhichOrder::Train) => vec![experiment.with_order_shuffled()?],
        Some(WhichOrder::Twin) => {
            let shuffled = experiment.with_order_shuffled()?;
            vec![experiment, shuffled]
        }
    })
}
