//! A report as a table of LaTeX, with the rules of `booktabs`.

use super::{Emphasis, ReportCell, ReportColumn, ReportTable};
use seqscope_base::spec::shown;

/// A floating table: title and sentences above as its caption, those below in small letters.
pub(super) fn written(table: &ReportTable) -> String {
    let sides: String = table
        .columns
        .iter()
        .map(|column| if column.is_right() { 'r' } else { 'l' })
        .collect();
    let headings = table.columns.iter().map(|column| escaped(&column.title));
    let mut lines = vec![
        r"% \usepackage{booktabs}".to_owned(),
        r"\begin{table}".to_owned(),
        r"\centering".to_owned(),
    ];
    lines.extend(caption(table));
    lines.push(format!(r"\label{{tab:{}}}", table.key));
    lines.push(format!(r"\begin{{tabular}}{{{sides}}}"));
    lines.extend([
        r"\toprule".to_owned(),
        line(headings),
        r"\midrule".to_owned(),
    ]);
    for row in &table.rows {
        let cells = table
            .cells(row)
            .map(|(column, found)| found.map(|found| cell(column, found)));
        lines.push(line(cells.map(Option::unwrap_or_default)));
    }
    lines.extend([r"\bottomrule".to_owned(), r"\end{tabular}".to_owned()]);
    if !table.notes.is_empty() {
        lines.push(r"\par\smallskip\footnotesize".to_owned());
        lines.extend(table.notes.iter().map(|note| sentence(note)));
    }
    lines.push(r"\end{table}".to_owned());
    lines.join("\n") + "\n"
}

fn caption(table: &ReportTable) -> Option<String> {
    let lead: Vec<String> = table.lead.iter().map(|words| ended(words)).collect();
    let title = sentence(&table.title);
    let words = match (title.is_empty(), lead.is_empty()) {
        (true, true) => return None,
        (true, false) => lead.join(" "),
        (false, true) => format!("{title}."),
        (false, false) => format!("{title}: {}", lead.join(" ")),
    };
    Some(format!(r"\caption{{{words}}}"))
}

/// A sentence that others may follow in the same paragraph.
fn ended(words: &str) -> String {
    let end = if words.ends_with(['.', ':', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{}{end}", sentence(words))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!(r"{} \\", cells.join(" & "))
}

fn cell(column: &ReportColumn, cell: &ReportCell) -> String {
    let words = escaped(&cell.words());
    let words = if column.is_right() {
        with_minus_signs(&words)
    } else {
        words
    };
    if cell.emphasis == Emphasis::Strong && !words.is_empty() {
        format!(r"\textbf{{{words}}}")
    } else {
        words
    }
}

/// Hyphens in front of digits, or of the sign of infinity, as the minus signs that they are.
fn with_minus_signs(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut letters = words.chars().peekable();
    while let Some(c) = letters.next() {
        let is_number = |next: &char| next.is_ascii_digit() || *next == '$';
        if c == '-' && letters.peek().is_some_and(is_number) {
            out.push_str("$-$");
        } else {
            out.push(c);
        }
    }
    out
}

/// A sentence of ours, in which what stands between backticks is quoted.
fn sentence(words: &str) -> String {
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(words);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| {
        if at.is_multiple_of(2) {
            escaped(part)
        } else {
            format!(r"\texttt{{{}}}", escaped(part))
        }
    });
    parts.collect()
}

/// A text in one line, in which nothing is taken for a command. Brackets and stars stand in braces:
/// at the beginning of a row they would be taken for an option of the row before.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' | '%' | '_' | '$' | '#' | '{' | '}' => out.extend(['\\', c]),
            '[' | ']' | '*' => out.extend(['{', c, '}']),
            '~' => out.push_str(r"\textasciitilde{}"),
            '^' => out.push_str(r"\textasciicircum{}"),
            '\\' => out.push_str(r"\textbackslash{}"),
            '<' => out.push_str(r"\textless{}"),
            '>' => out.push_str(r"\textgreater{}"),
            '|' => out.push_str(r"\textbar{}"),
            '`' => out.push_str(r"\textasciigrave{}"),
            '–' => out.push_str("--"),
            '…' => out.push_str(r"\dots{}"),
            '±' => out.push_str(r"$\pm$"),
            '≠' => out.push_str(r"$\neq$"),
            '∞' => out.push_str(r"$\infty$"),
            '·' => out.push_str(r"$\cdot$"),
            '→' => out.push_str(r"$\to$"),
            '×' => out.push_str(r"$\times$"),
            '−' => out.push_str("$-$"),
            '≤' => out.push_str(r"$\leq$"),
            '≥' => out.push_str(r"$\geq$"),
            '≈' => out.push_str(r"$\approx$"),
            'σ' => out.push_str(r"$\sigma$"),
            'κ' => out.push_str(r"$\kappa$"),
            'χ' => out.push_str(r"$\chi$"),
            '²' => out.push_str("$^2$"),
            c => out.push(c),
        }
    }
    out
}
