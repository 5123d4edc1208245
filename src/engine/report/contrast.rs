//! Columns and cells of a difference: gain, relative gain, effect, p-values.

use super::{CellValue, Emphasis, ReportCell, ReportColumn, words};
use crate::run::{Contrast, Paired};
use seqscope_base::metric::statistics::Statistic;
use seqscope_base::spec::Entry;

/// Corrected p-values that stand out lie at or below it.
pub(super) const SURE: f64 = 0.05;

/// Columns of a gain over something that is named in the help.
pub(super) fn gain_columns(over: &str) -> impl Iterator<Item = ReportColumn> {
    let columns = [
        ReportColumn::numbers("gain", "Gain")
            .help(format!("Gain over {over}, positive where better")),
        ReportColumn::intervals("gain_interval", "Interval").detail(),
        ReportColumn::numbers("relative", "Relative")
            .help(format!("The gain as a share of the value of {over}")),
        ReportColumn::intervals("relative_interval", "Interval"),
        ReportColumn::numbers("d_z", "d_z").help(Statistic::EffectSize.hover()),
    ];
    columns.into_iter().chain(p_columns())
}

/// Columns of the p-values of both tests.
pub(super) fn p_columns() -> [ReportColumn; 2] {
    let corrected = |key: &str, title: &str, statistic: Statistic| {
        let help = format!(
            "{}, corrected by Holm\n\n{}",
            statistic.title(),
            statistic.hover()
        );
        ReportColumn::numbers(key, title).help(help)
    };
    [
        corrected("p_flips", "p flips", Statistic::SignFlips),
        corrected("p_ranks", "p ranks", Statistic::Wilcoxon),
    ]
}

/// Cells of [`gain_columns`].
pub(super) fn gain_cells(contrast: &Contrast) -> Vec<ReportCell> {
    let effect = contrast.paired.as_ref().map(|paired| &paired.effect);
    let mut cells = vec![
        ReportCell::from(CellValue::Gain(contrast.gain))
            .hover(words::counted(contrast.n_users, "user")),
        contrast.gain_interval.map(CellValue::Interval).into(),
        contrast.relative.map(CellValue::Relative).into(),
        contrast
            .relative_interval
            .map(CellValue::RelativeInterval)
            .into(),
        effect
            .and_then(|effect| effect.d_z)
            .map(CellValue::EffectSize)
            .into(),
    ];
    cells.extend(p_cells(contrast.paired.as_ref()));
    cells
}

/// Both corrected p-values, with those before the correction on hover.
pub(super) fn p_cells(paired: Option<&Paired>) -> [ReportCell; 2] {
    let Some(paired) = paired else {
        let why = "No mean over users, so there are no differences of users to test";
        return [
            ReportCell::unknown_because(why),
            ReportCell::unknown_because(why),
        ];
    };
    let raw = [paired.randomisation.p, paired.wilcoxon.p];
    std::array::from_fn(|at| {
        let p = paired.corrected[at];
        let hover = format!("{} before the correction", words::p_value(raw[at]));
        let emphasis = if p <= SURE {
            Emphasis::Strong
        } else {
            Emphasis::Plain
        };
        ReportCell::from(CellValue::PValue(p))
            .hover(hover)
            .with(emphasis)
    })
}
