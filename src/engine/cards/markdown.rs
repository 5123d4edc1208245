//! A report as Markdown, its charts as files beside it.

use std::fmt::Write as _;

use super::export::FileBeside;
use super::{CardContent, CardReport};
use crate::figure::{FigureSize, drawn};
use crate::report::ReportForm;
use seqscope_base::spec::shown;

/// The text, and the files that it names in `folder`.
pub(super) fn written(report: &CardReport, folder: &str) -> (String, Vec<FileBeside>) {
    let title = if report.title.is_empty() {
        "Report"
    } else {
        &report.title
    };
    let mut text = format!("# {}\n", plain(title));
    let mut beside = Vec::new();
    for (at, card) in report.cards.iter().enumerate() {
        let number = at + 1;
        if !card.title.is_empty() {
            let _ = write!(text, "\n## {}\n", plain(&card.title));
        }
        text.push('\n');
        match &card.content {
            CardContent::Note(note) => {
                text += note.trim_end();
                text.push('\n');
            }
            CardContent::Table(table) => {
                text += &table.written(ReportForm::Markdown);
                let name = format!("{number:02}-{}.csv", file_part(&table.key));
                let _ = write!(
                    text,
                    "\nThe numbers with all their digits: [{name}]({folder}/{name})\n"
                );
                beside.push(FileBeside {
                    name,
                    bytes: table.written(ReportForm::Csv).into_bytes(),
                });
            }
            CardContent::Figure(figure) => {
                let size = FigureSize {
                    width_mm: 150.0,
                    ..FigureSize::default()
                };
                let name = format!("{number:02}-{}.svg", file_part(&card.title));
                let _ = writeln!(text, "![{}]({folder}/{name})", plain(&card.title));
                beside.push(FileBeside {
                    name,
                    bytes: drawn(figure, size).into_bytes(),
                });
            }
        }
        let origin = card.origin.sentences();
        if !origin.is_empty() {
            let lines: Vec<String> = origin.iter().map(|line| plain(line)).collect();
            let _ = write!(text, "\n{}\n", lines.join("  \n"));
        }
    }
    (text, beside)
}

/// A text in one line in which nothing is taken for markup.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in shown(text).chars() {
        if r"\`*<>[]|~$&!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text as part of a file's name.
fn file_part(text: &str) -> String {
    let letters = text.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    let name: String = letters.take(40).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        "card".to_owned()
    } else {
        parts.join("-")
    }
}
