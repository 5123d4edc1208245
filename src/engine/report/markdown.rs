//! A report as a table of Markdown, in GitHub's dialect.

use super::{Emphasis, ReportCell, ReportTable};
use seqscope_base::spec::shown;

/// Title in bold, sentences, rows, sentences.
pub(super) fn written(table: &ReportTable) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let lead = paragraph(&table.lead);
    match (table.title.is_empty(), lead) {
        (true, lead) => blocks.extend(lead),
        (false, None) => blocks.push(format!("**{}**", sentence(&table.title))),
        (false, Some(lead)) => blocks.push(format!("**{}:** {lead}", sentence(&table.title))),
    }
    let headings = table.columns.iter().map(|column| escaped(&column.title));
    let sides = table
        .columns
        .iter()
        .map(|column| if column.is_right() { "---:" } else { ":---" }.to_owned());
    let mut lines = vec![line(headings), line(sides)];
    for row in &table.rows {
        let cells = table.cells(row).map(|(_, found)| found.map(cell));
        lines.push(line(cells.map(Option::unwrap_or_default)));
    }
    blocks.push(lines.join("\n"));
    blocks.extend(paragraph(&table.notes));
    blocks.join("\n\n") + "\n"
}

/// Sentences below each other: two blanks at the end of a line keep them apart.
fn paragraph(sentences: &[String]) -> Option<String> {
    let lines: Vec<String> = sentences.iter().map(|words| sentence(words)).collect();
    (!lines.is_empty()).then(|| lines.join("  \n"))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {} |", cells.join(" | "))
}

fn cell(cell: &ReportCell) -> String {
    let words = escaped(&cell.words());
    if cell.emphasis == Emphasis::Strong && !words.is_empty() {
        format!("**{words}**")
    } else {
        words
    }
}

/// A sentence of ours, in which what stands between backticks is quoted as it is.
fn sentence(words: &str) -> String {
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(words);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| {
        if at.is_multiple_of(2) {
            escaped(part)
        } else {
            format!("`{}`", shown(part))
        }
    });
    parts.collect()
}

/// A text in one line, in which nothing is taken for markup. An underscore between letters is none.
fn escaped(text: &str) -> String {
    let text = shown(text);
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| letters.get(at))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut out = String::with_capacity(text.len());
    for (at, &c) in letters.iter().enumerate() {
        let is_markup = match c {
            '_' => !(is_letter(at.checked_sub(1)) && is_letter(Some(at + 1))),
            _ => r"|\`*[]<>~$&".contains(c),
        };
        if is_markup {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
