//! A report on a terminal: columns that line up, whatever stands in them.

use unicode_width::UnicodeWidthStr as _;

use super::ReportTable;
use seqscope_base::spec::shown;

/// Title and sentences around the rows.
pub(super) fn written(table: &ReportTable) -> String {
    let mut lines: Vec<String> = Vec::new();
    match (table.title.as_str(), table.lead.split_first()) {
        ("", _) => lines.extend(table.lead.iter().cloned()),
        (title, None) => lines.push(format!("{title}:")),
        (title, Some((first, more))) => {
            lines.push(format!("{title}: {first}"));
            lines.extend(more.iter().cloned());
        }
    }
    let mut text: String = lines.into_iter().map(|line| line + "\n").collect();
    text += &rows(table);
    for note in &table.notes {
        text.extend([note, "\n"]);
    }
    text
}

/// The rows under their headings. Widths are those on a terminal, where a Chinese letter is two
/// columns wide; what a terminal would obey in a cell is shown.
pub(super) fn rows(table: &ReportTable) -> String {
    let headings = table
        .columns
        .iter()
        .map(|column| column.title.clone())
        .collect();
    let cells = table.rows.iter().map(|row| {
        row.iter()
            .map(|cell| shown(&cell.words()).into_owned())
            .collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(headings).chain(cells).collect();
    let width = |at: usize| {
        let cells = lines.iter().filter_map(|line| line.get(at));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut padded = String::new();
        for ((cell, column), width) in line.iter().zip(&table.columns).zip(&widths) {
            let room = " ".repeat(width.saturating_sub(cell.width()));
            if column.is_right() {
                padded.extend([&room, cell.as_str()]);
            } else {
                padded.extend([cell.as_str(), &room]);
            }
            padded.push_str("  ");
        }
        text.extend([padded.trim_end(), "\n"]);
    }
    text
}
