//! A map as a figure for print.

use super::{ColorScale, HeatmapMatrix, HeatmapStyle};
use seqscope_engine::figure::{FigureBody, HeatFigure, HeatScale, PrintFigure};

/// The map with its names, as it is shown.
pub(super) fn of_map(matrix: &HeatmapMatrix<'_>, look: HeatmapStyle<'_>) -> PrintFigure {
    let words = look.words;
    let cells = (0..matrix.n_rows).flat_map(|row| (0..matrix.n_cols).map(move |col| (row, col)));
    let values = cells.map(|(row, col)| matrix.value_at(row, col).unwrap_or(f32::NAN));
    let scale = match look.scale {
        ColorScale::Linear { .. } => HeatScale::Linear,
        ColorScale::Root { .. } => HeatScale::Root,
        ColorScale::OfRow => HeatScale::OfRow,
        ColorScale::Signed { .. } => HeatScale::Signed,
    };
    PrintFigure {
        title: words.name.to_owned(),
        caption: Vec::new(),
        body: FigureBody::Heat(HeatFigure {
            x: words.col_axis.to_owned(),
            y: words.row_axis.to_owned(),
            columns: (0..matrix.n_cols).map(words.col_title).collect(),
            rows: (0..matrix.n_rows).map(words.row_title).collect(),
            values: values.collect(),
            unit: words.value.to_owned(),
            scale,
        }),
    }
}
