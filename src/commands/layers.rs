//! A model's layers as a table: what each puts out and how much it learns.

use std::io::Write;

use serde_json::{Value, json};

use seqscope_engine::experiment::Experiment;
use seqscope_engine::report::{layers_table, words};
use seqscope_model::LayerShape;

/// The layers of an experiment's model before its data are read.
pub(super) fn of_experiment(experiment: &Experiment) -> Vec<LayerShape> {
    experiment
        .model
        .family()
        .layers(&experiment.plan_without_data())
}

/// The layers under a line that says whose they are, and their sum.
pub(super) fn write(
    whose: &str,
    layers: &[LayerShape],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{whose}: layers (what the data will tell stands as a symbol)"
    )?;
    write!(out, "{}", layers_table(layers).rows_as_text())
}

/// The layers with their weights, for a program.
pub(super) fn json(layers: &[LayerShape]) -> Value {
    layers
        .iter()
        .map(|layer| {
            json!({
                "name": layer.name,
                "output": layer.output_words(),
                "parameters": layer.count().words(words::count),
                "weights": layer.weights.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect()
}
