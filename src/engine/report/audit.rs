//! What the audit of a split found.

use super::{CellValue, ReportColumn, ReportTable};
use seqscope_data::Finding;

/// Each check with its verdict and what it counted.
#[must_use]
pub fn audit_table(findings: &[Finding]) -> ReportTable {
    let columns = [
        ReportColumn::words("check", "Check"),
        ReportColumn::words("verdict", "Verdict"),
        ReportColumn::numbers("count", "Count"),
    ];
    let mut table = ReportTable::new("audit", "", columns);
    for finding in findings {
        table.row([
            finding.check.title().into(),
            finding.verdict.to_string().into(),
            CellValue::Count(finding.count).into(),
        ]);
    }
    table
}
