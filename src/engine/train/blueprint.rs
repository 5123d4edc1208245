//! Blueprint of an experiment's model, from its settings and its data.

use crate::experiment::Experiment;
use seqscope_data::Prepared;
use seqscope_model::{Blueprint, Negatives};

/// Returns what the model of an experiment is built for, on these data.
#[must_use]
pub fn blueprint(experiment: &Experiment, prepared: &Prepared) -> Blueprint {
    let plan = experiment
        .plan(prepared.dataset.shape())
        .with_inputs_of(prepared);
    let plan = Blueprint {
        output: experiment.task.output(prepared.dataset.behaviours.len()),
        ..plan
    };
    match experiment.training.negatives {
        Negatives::Uniform => plan,
        Negatives::Popularity => Blueprint {
            objective: plan.objective.with_counts(&counts(prepared)),
            ..plan
        },
    }
}

/// Training events of each item. `[n_items]`
fn counts(prepared: &Prepared) -> Vec<u32> {
    let mut counts = vec![0; prepared.dataset.n_items()];
    for (user, &len) in prepared.split.train_len.iter().enumerate() {
        let items = prepared.dataset.sequences.items(user);
        for item in items.iter().take(len as usize) {
            if let Some(count) = (*item as usize)
                .checked_sub(1)
                .and_then(|at| counts.get_mut(at))
            {
                *count += 1;
            }
        }
    }
    counts
}
