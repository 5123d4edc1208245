//! Points in a plane as a figure for print.

use std::collections::BTreeMap;

use super::ScatterPoints;
use crate::ui::theme;
use seqscope_engine::figure::{
    CurveFigure, FigureAxis, FigureBody, FigureFlag, FigureSeries, PrintFigure, SeriesForm,
};

/// All points by their colours; those that are named keep their names.
pub(super) fn of_points(shown: ScatterPoints<'_>) -> PrintFigure {
    let mut by_color: BTreeMap<[u8; 4], Vec<[f64; 2]>> = BTreeMap::new();
    for (point, color) in shown.points.iter().zip(shown.colors.iter()) {
        let place = point.map(f64::from);
        by_color.entry(color.to_array()).or_default().push(place);
    }
    let series = by_color
        .into_iter()
        .map(|([r, g, b, _], points)| FigureSeries {
            color: theme::figure_color(egui::Color32::from_rgb(r, g, b)),
            form: SeriesForm::Dots,
            points,
            ..FigureSeries::default()
        });
    let named = shown.marks.iter().filter(|mark| mark.is_named);
    let flags = named.filter_map(|mark| {
        Some(FigureFlag {
            at: shown.points.get(mark.at)?.map(f64::from),
            text: (shown.title)(mark.at),
        })
    });
    PrintFigure {
        title: shown.name.to_owned(),
        caption: Vec::new(),
        body: FigureBody::Curves(CurveFigure {
            x: FigureAxis::default(),
            y: FigureAxis::default(),
            series: series.collect(),
            flags: flags.collect(),
            ..CurveFigure::default()
        }),
    }
}
