//! Layers of a model: what each puts out, and how much of the whole it learns.

use super::{CellValue, ReportCell, ReportColumn, ReportTable, words};
use seqscope_model::{LayerShape, ParamCount, count_of};

/// The layers and their sum. What the data will tell stands as a symbol; shares are known when
/// nothing is left to the data.
#[must_use]
pub fn layers_table(layers: &[LayerShape]) -> ReportTable {
    let sum = count_of(layers);
    let total = sum.known().filter(|total| *total > 0);
    let share = ReportColumn::numbers("share", "Share");
    let columns = [
        ReportColumn::words("layer", "Layer"),
        ReportColumn::words("output", "Output")
            .help("The longest that a batch may be: shorter histories make it shorter"),
        ReportColumn::numbers("parameters", "Parameters"),
    ];
    let columns = columns.into_iter().chain(total.map(|_| share));
    let mut table = ReportTable::new("layers", "", columns);
    for layer in layers {
        table.rows.push(cells(layer, total));
    }
    table.row(["Sum".into(), ReportCell::empty(), parameters(&sum)]);
    table
}

fn cells(layer: &LayerShape, total: Option<usize>) -> Vec<ReportCell> {
    let count = layer.count();
    let weights: Vec<String> = layer.weights.iter().map(ToString::to_string).collect();
    let hover = if weights.is_empty() {
        "Nothing to learn".to_owned()
    } else {
        format!(
            "Weights, as a run's files name them:\n{}",
            weights.join("\n")
        )
    };
    let learnt = if count == ParamCount::default() {
        CellValue::Unknown.into()
    } else {
        parameters(&count)
    };
    let share = count.known().zip(total).filter(|(own, _)| *own > 0);
    vec![
        ReportCell::from(layer.name.as_str()).hover(hover.clone()),
        layer.output_words().into(),
        learnt.hover(hover),
        share.map_or_else(ReportCell::empty, |(own, total)| {
            CellValue::Share(own as f64 / total as f64).into()
        }),
    ]
}

fn parameters(count: &ParamCount) -> ReportCell {
    match count.known() {
        Some(n) => CellValue::Count(n).into(),
        None => count.words(words::count).into(),
    }
}
