//! A view of a log's profile as a report.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use seqscope_data::{Column, Dataset, Profile, ProfileView, Table};

/// All rows of a view, as they are exported too.
#[must_use]
pub fn profile_table(view: ProfileView, profile: &Profile, dataset: &Dataset) -> ReportTable {
    let plain = view.table(profile, dataset);
    let columns = plain.columns.iter().map(|(key, column)| match column {
        Column::Text(_) => ReportColumn::words(key, heading(key)),
        Column::Int(_) | Column::Float(_) => ReportColumn::numbers(key, heading(key)),
    });
    let mut table = ReportTable::new(&view.to_string(), view.title(), columns);
    table.rows = (0..plain.n_rows()).map(|row| cells(&plain, row)).collect();
    table
}

/// Columns whose texts are of the data.
const OF_DATA: [&str; 5] = ["item", "title", "behaviour", "from", "to"];

/// A column's name in words: `share_of_items` as `Share of items`.
fn heading(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

fn cells(plain: &Table, row: usize) -> Vec<ReportCell> {
    let columns = plain.columns.iter();
    columns
        .map(|(key, column)| {
            let value = match column {
                Column::Text(values) => values.get(row).cloned().map(CellValue::Text),
                Column::Int(values) => values.get(row).copied().map(CellValue::Integer),
                Column::Float(values) => values
                    .get(row)
                    .filter(|value| !value.is_nan())
                    .map(|value| float(key, *value)),
            };
            let cell = ReportCell::from(value.unwrap_or(CellValue::Empty));
            if OF_DATA.contains(&key.as_str()) {
                cell.of_data()
            } else {
                cell
            }
        })
        .collect()
}

/// A real number of a profile: shares and rates lie between 0 and 1.
fn float(key: &str, value: f64) -> CellValue {
    if key.starts_with("share") || key.starts_with("rate") {
        CellValue::Probability(value)
    } else {
        CellValue::Number(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_become_headings() {
        assert_eq!(
            ["share_of_items", "00", ""].map(heading),
            ["Share of items", "00", ""]
        );
        assert_eq!(float("share_so_far", 0.5), CellValue::Probability(0.5));
        assert_eq!(float("value", 0.5), CellValue::Number(0.5));
    }
}
