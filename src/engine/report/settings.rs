//! Settings that differ between runs.

use super::{ReportCell, ReportColumn, ReportTable, words};
use crate::experiment::Difference;
use crate::run::RunId;

/// Each setting that differs, with its value in each run.
#[must_use]
pub fn settings_that_differ(ids: &[&RunId], differences: &[Difference]) -> ReportTable {
    let of_runs = ids
        .iter()
        .map(|id| ReportColumn::words(id.0.clone(), id.0.clone()).of_run(id));
    let first = ReportColumn::words("setting", "Setting");
    let columns = std::iter::once(first).chain(of_runs);
    let mut table = ReportTable::new("settings", "Settings that differ", columns);
    for difference in differences {
        let values = difference
            .values
            .iter()
            .map(|value| ReportCell::from(value.as_deref().unwrap_or(words::NONE)).of_data());
        table.row(
            [ReportCell::from(difference.field.as_str()).of_data()]
                .into_iter()
                .chain(values),
        );
    }
    table
}
