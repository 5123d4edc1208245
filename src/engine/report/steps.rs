//! What is left of a log after each step of reading and cleaning.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_data::StepCount;

/// Each step with what is left after it, and what it removed and changed.
#[must_use]
pub fn steps_table(steps: &[StepCount]) -> ReportTable {
    let columns = [
        ReportColumn::words("step", "Step"),
        ReportColumn::numbers("rows", "Rows").help("Rows that are left after the step"),
        ReportColumn::numbers("removed", "Removed"),
        ReportColumn::numbers("changed", "Changed").help("Rows that it changed and kept"),
        ReportColumn::numbers("users", "Users"),
        ReportColumn::numbers("items", "Items"),
    ];
    let mut table = ReportTable::new("steps", "", columns);
    let mut rows_before = None;
    for step in steps {
        let removed = rows_before.map(|before: usize| before.saturating_sub(step.rows));
        let changed = step.effect.as_ref().map(|effect| effect.n_changed);
        table.row([
            step.step.as_str().into(),
            CellValue::Count(step.rows).into(),
            optional_count(removed),
            optional_count(changed),
            CellValue::Count(step.users).into(),
            CellValue::Count(step.items).into(),
        ]);
        rows_before = Some(step.rows);
    }
    table
}

fn optional_count(n: Option<usize>) -> ReportCell {
    n.map_or_else(ReportCell::empty, |n| CellValue::Count(n).into())
}
