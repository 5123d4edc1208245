//! A report for a program: typed values under the columns' keys.

use serde_json::{Map, Value, json};

use super::{CellValue, ReportCell, ReportColumn, ReportTable};

/// The table with all that is said of it.
pub(super) fn of_table(table: &ReportTable) -> Value {
    let columns: Vec<Value> = table.columns.iter().map(of_column).collect();
    let rows: Vec<Value> = table.rows.iter().map(|row| of_row(table, row)).collect();
    json!({
        "key": table.key,
        "title": table.title,
        "lead": table.lead,
        "columns": columns,
        "rows": rows,
        "notes": table.notes,
    })
}

fn of_column(column: &ReportColumn) -> Value {
    json!({ "key": column.key, "title": column.title, "help": column.help })
}

fn of_row(table: &ReportTable, row: &[ReportCell]) -> Value {
    let values = table.cells(row).map(|(column, cell)| {
        let value = cell.map_or(Value::Null, |cell| CellValue::json(&cell.value));
        (column.key.clone(), value)
    });
    Value::Object(values.collect::<Map<_, _>>())
}
