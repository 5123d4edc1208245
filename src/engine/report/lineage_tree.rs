//! Runs as a tree of parents and children.

use super::{ReportCell, ReportColumn, ReportTable, status_word};
use crate::run::LineageNode;

/// Table of a tree: a run a row, below its parent, with what makes it another run.
#[must_use]
pub fn lineage_table(nodes: &[LineageNode]) -> ReportTable {
    let columns = [
        ReportColumn::words("run", "Run"),
        ReportColumn::words("status", "Status"),
        ReportColumn::words("note", "What makes it another run"),
    ];
    let mut table = ReportTable::new("lineage", "", columns);
    for node in nodes {
        let status = node.status.as_ref().map(status_word);
        table.row([
            ReportCell::from(format!("{}{}", node.branches(), node.id)).of_data(),
            status.map_or_else(ReportCell::empty, ReportCell::from),
            ReportCell::from(node.note.as_str()).of_data(),
        ]);
    }
    table
}
