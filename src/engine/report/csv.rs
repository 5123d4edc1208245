//! A report as separated values: rows alone, numbers with all their digits, fields quoted as
//! RFC 4180 has it.
//!
//! A field that begins with `=` or another sign that a spreadsheet would obey is written as it is,
//! as in every table that is exported: the files are for programs, which must read back what was
//! written.

use std::borrow::Cow;

use super::{CellValue, ColumnKind, ReportTable};
use seqscope_base::metric::statistics::Interval;

/// Headings and rows.
pub(super) fn written(table: &ReportTable) -> String {
    let mut text = String::new();
    let headings = table.columns.iter().flat_map(|column| {
        let key = &column.key;
        match column.kind {
            ColumnKind::Intervals => vec![format!("{key}_low"), format!("{key}_high")],
            ColumnKind::Estimates => vec![key.clone(), format!("{key}_scatter")],
            ColumnKind::Words | ColumnKind::Numbers => vec![key.clone()],
        }
    });
    line(headings.map(|key| field(&key).into_owned()), &mut text);
    for row in &table.rows {
        let fields = table.cells(row).flat_map(|(column, cell)| {
            let value = cell.map_or(&CellValue::Empty, |cell| &cell.value);
            match (column.kind, value) {
                (_, CellValue::Interval(of) | CellValue::RelativeInterval(of)) => bounds(*of),
                (_, CellValue::Estimate { value, scatter }) => {
                    vec![number(*value), number(*scatter)]
                }
                (ColumnKind::Intervals | ColumnKind::Estimates, value) => {
                    vec![plain(value), String::new()]
                }
                (_, value) => vec![plain(value)],
            }
        });
        line(fields, &mut text);
    }
    text
}

fn line(fields: impl Iterator<Item = String>, text: &mut String) {
    let fields: Vec<String> = fields.collect();
    *text += &fields.join(",");
    text.push('\n');
}

fn bounds(of: Interval) -> Vec<String> {
    vec![number(of.low), number(of.high)]
}

/// The field of one value, without one where it is not known.
fn plain(value: &CellValue) -> String {
    match value {
        CellValue::Empty | CellValue::Unknown => String::new(),
        CellValue::Text(text) => field(text).into_owned(),
        CellValue::Run(id) => field(&id.0).into_owned(),
        CellValue::Count(n) => n.to_string(),
        CellValue::Moment(n) | CellValue::Integer(n) => n.to_string(),
        CellValue::Bytes(n) => n.to_string(),
        CellValue::Interval(of) | CellValue::RelativeInterval(of) => number(of.low),
        CellValue::Metric(value)
        | CellValue::Gain(value)
        | CellValue::Relative(value)
        | CellValue::EffectSize(value)
        | CellValue::PValue(value)
        | CellValue::Share(value)
        | CellValue::Probability(value)
        | CellValue::Duration(value)
        | CellValue::Number(value)
        | CellValue::Decimals { value, .. }
        | CellValue::Estimate { value, .. } => number(*value),
    }
}

/// A number as it is read back to the last bit: `inf` and `-inf` where it is infinite, nothing
/// where it is not a number.
fn number(value: f64) -> String {
    if value.is_nan() {
        String::new()
    } else {
        value.to_string()
    }
}

/// A text as one field: in quotation marks where it holds what divides fields and lines, and where
/// it is empty, so that it is not taken for a missing one.
#[must_use]
pub fn field(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}
