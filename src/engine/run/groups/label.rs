//! Names of groups that tell them apart.

use super::Manifest;
use crate::experiment::{Difference, NamedModel, differences};

/// Most settings that a label names.
const MOST_SETTINGS: usize = 2;

/// A name for each of some groups, by a run of it: the model, and where several have the same, what
/// else differs.
pub(super) fn labels(runs: &[&Manifest]) -> Vec<String> {
    let titles: Vec<&str> = runs
        .iter()
        .map(|run| NamedModel::title_of(&run.experiment))
        .collect();
    let label = |(at, run): (usize, &&Manifest)| {
        let alike: Vec<&Manifest> = runs
            .iter()
            .zip(&titles)
            .filter(|(_, title)| **title == titles[at])
            .map(|(run, _)| *run)
            .collect();
        match alike.as_slice() {
            [_] => titles[at].to_owned(),
            several => format!("{}, {}", titles[at], what_differs(run, several)),
        }
    };
    runs.iter().enumerate().map(label).collect()
}

/// What tells a run from others of its model: one or two settings, else the name of its experiment,
/// else what its folder's name tells.
fn what_differs(run: &Manifest, alike: &[&Manifest]) -> String {
    let experiments: Vec<_> = alike
        .iter()
        .map(|run| run.experiment.with_order_kept())
        .collect();
    let found: Vec<Difference> = differences(&experiments.iter().collect::<Vec<_>>())
        .into_iter()
        .filter(|difference| difference.field != "seed")
        .collect();
    let at = alike
        .iter()
        .position(|other| other.id == run.id)
        .unwrap_or(0);
    let mut words: Vec<String> = Vec::new();
    if run.experiment.shuffles_order() {
        words.push("order shuffled".to_owned());
    } else if alike.iter().any(|other| other.experiment.shuffles_order()) {
        words.push("in order".to_owned());
    }
    let names: Vec<&str> = alike
        .iter()
        .map(|run| run.experiment.name.as_str())
        .collect();
    let is_named = names
        .iter()
        .filter(|name| **name == run.experiment.name)
        .count()
        == 1;
    if found.len() <= MOST_SETTINGS {
        words.extend(found.iter().map(|difference| setting(difference, at)));
    } else if is_named {
        words.push(run.experiment.name.clone());
    } else {
        words.push(run.id.telling().to_owned());
    }
    if words.is_empty() {
        words.push(run.id.0.clone());
    }
    words.join(", ")
}

fn setting(difference: &Difference, at: usize) -> String {
    let name = difference.field.rsplit('.').next().unwrap_or_default();
    let value = difference.values.get(at).and_then(Option::as_deref);
    format!("{name} {}", value.unwrap_or("none"))
}
