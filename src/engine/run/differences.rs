//! What differs between runs: their settings, and what was done to them beyond these.

use super::{Extension, LiveChange, Manifest};
use crate::experiment::{Difference, Experiment, differences};

/// What is not the same in all of these runs: the settings of their experiments, in alphabetical
/// order, then how they began, what was added to them and what was changed while they trained. Runs
/// of one experiment are not the same where one of them was steered by hand.
#[must_use]
pub fn run_differences(runs: &[&Manifest]) -> Vec<Difference> {
    let experiments: Vec<&Experiment> = runs.iter().map(|run| &run.experiment).collect();
    let mut found = differences(&experiments);
    found.extend(told("fork", runs.iter().map(|run| fork(run))));
    found.extend(told("extended", runs.iter().map(|run| extended(run))));
    found.extend(told("live changes", runs.iter().map(|run| changed(run))));
    found
}

/// A difference in what is told of each run, if there is one.
fn told(field: &str, words: impl Iterator<Item = String>) -> Option<Difference> {
    let values: Vec<Option<String>> = words.map(Some).collect();
    let differs = values.windows(2).any(|pair| pair[0] != pair[1]);
    differs.then(|| Difference {
        field: field.to_owned(),
        values,
    })
}

/// Words where there is nothing to tell.
const NONE: &str = "none";

fn fork(run: &Manifest) -> String {
    let fork = run.fork.as_ref();
    fork.map_or_else(
        || NONE.to_owned(),
        |fork| format!("{}: {}", fork.words(), fork.changes()),
    )
}

fn extended(run: &Manifest) -> String {
    joined(run.odd_extensions().into_iter().map(Extension::words))
}

fn changed(run: &Manifest) -> String {
    joined(run.live_changes.iter().map(LiveChange::words))
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        NONE.to_owned()
    } else {
        words.join("; ")
    }
}
