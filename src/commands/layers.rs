//! A model's layers as a table: what each puts out and how much it learns.

use std::io::Write;

use serde_json::{Value, json};

use super::table::{Align, TextTable, count};
use seqscope_engine::experiment::Experiment;
use seqscope_model::{LayerShape, ParamCount, count_of};

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
    let mut table = TextTable::new([
        ("layer", Align::Left),
        ("output", Align::Left),
        ("parameters", Align::Right),
    ]);
    for layer in layers {
        table.row([
            layer.name.clone(),
            layer.output_words(),
            words(&layer.count()),
        ]);
    }
    table.row(["Sum".to_owned(), String::new(), words(&count_of(layers))]);
    table.write(out)
}

/// The layers with their weights, for a program.
pub(super) fn json(layers: &[LayerShape]) -> Value {
    layers
        .iter()
        .map(|layer| {
            json!({
                "name": layer.name,
                "output": layer.output_words(),
                "parameters": words(&layer.count()),
                "weights": layer.weights.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn words(params: &ParamCount) -> String {
    params.words(count)
}
