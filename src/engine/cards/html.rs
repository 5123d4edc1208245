//! A report as one page of HTML that needs nothing else: no script, no style from elsewhere, no
//! network.

use std::fmt::Write as _;

use super::note::{NoteKind, NoteRun, parts};
use super::{CardContent, CardReport, ReportCard};
use crate::figure::{FigureSize, PrintFigure, drawn, escaped};
use crate::report::{Emphasis, ReportCell, ReportTable};

const STYLE: &str = "\
:root{color-scheme:light}\
body{margin:0;background:#f5f6f8;color:#1b2027;font:15px/1.5 system-ui,'Liberation Sans',Arial,'Noto Sans CJK SC',sans-serif}\
main{max-width:62rem;margin:2rem auto;padding:0 1rem}\
article{background:#fff;border:1px solid #d5d9df;border-radius:6px;padding:1rem 1.25rem;margin:0 0 1rem;overflow-x:auto}\
h1{font-size:1.6rem}h2{font-size:1.1rem;margin:0 0 .6rem}h3{font-size:1rem;margin:.6rem 0}\
svg{width:100%;height:auto;max-width:46rem;display:block}\
table{border-collapse:collapse;font-size:.85rem}caption{text-align:left;color:#5b636f}\
th,td{padding:.2rem .7rem;text-align:left;white-space:nowrap;border-bottom:1px solid #eceef1}\
thead th{border-bottom:1px solid #1b2027;border-top:2px solid #1b2027}tbody{border-bottom:2px solid #1b2027}\
.r{text-align:right;font-variant-numeric:tabular-nums}.weak,footer,.lead,.notes{color:#5b636f;font-size:.8rem}\
footer{margin-top:.6rem}p{margin:.3rem 0}nav ol{columns:2;font-size:.9rem}a{color:#1b6fd0}\
code,pre{background:#f0f2f5;font-family:ui-monospace,'Liberation Mono',monospace;font-size:.85rem}pre{padding:.5rem;overflow-x:auto}\
@media print{body{background:#fff}article{break-inside:avoid;border:0;padding:0}nav{display:none}}";

/// The page.
pub(super) fn written(report: &CardReport) -> String {
    let title = if report.title.is_empty() {
        "Report"
    } else {
        &report.title
    };
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    contents(report, &mut page);
    for (at, card) in report.cards.iter().enumerate() {
        article(at + 1, card, &mut page);
    }
    page + "</main>\n</body>\n</html>\n"
}

/// Links to the cards, where there are many.
fn contents(report: &CardReport, page: &mut String) {
    let titled = report.cards.iter().enumerate();
    let titled: Vec<_> = titled.filter(|(_, card)| !card.title.is_empty()).collect();
    if titled.len() < 4 {
        return;
    }
    *page += "<nav><ol>\n";
    for (at, card) in titled {
        let _ = writeln!(
            page,
            "<li><a href=\"#card-{}\">{}</a></li>",
            at + 1,
            escaped(&card.title)
        );
    }
    *page += "</ol></nav>\n";
}

fn article(number: usize, card: &ReportCard, page: &mut String) {
    let _ = writeln!(page, "<article id=\"card-{number}\">");
    if !card.title.is_empty() {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(&card.title));
    }
    match &card.content {
        CardContent::Figure(figure) => *page += &picture(number, figure),
        CardContent::Table(table) => table_onto(table, page),
        CardContent::Note(text) => note(text, page),
    }
    let origin = card.origin.sentences();
    if !origin.is_empty() {
        *page += "<footer>\n";
        for sentence in origin {
            let _ = writeln!(page, "<p>{}</p>", escaped(&sentence));
        }
        *page += "</footer>\n";
    }
    *page += "</article>\n";
}

/// The chart, its names made those of this card alone.
fn picture(number: usize, figure: &PrintFigure) -> String {
    let size = FigureSize {
        width_mm: 150.0,
        ..FigureSize::default()
    };
    drawn(figure, size)
        .replace("id=\"c-", &format!("id=\"k{number}-"))
        .replace("url(#c-", &format!("url(#k{number}-"))
}

fn table_onto(table: &ReportTable, page: &mut String) {
    sentences("lead", &table.lead, page);
    *page += "<table>\n<thead><tr>";
    for column in &table.columns {
        let side = if column.is_right() {
            " class=\"r\""
        } else {
            ""
        };
        let _ = write!(
            page,
            "<th scope=\"col\"{side}>{}</th>",
            escaped(&column.title)
        );
    }
    *page += "</tr></thead>\n<tbody>\n";
    for row in &table.rows {
        *page += "<tr>";
        for (column, cell) in table.cells(row) {
            let mut class = if column.is_right() { "r" } else { "" }.to_owned();
            if cell.is_some_and(|cell| cell.emphasis == Emphasis::Weak) {
                class += " weak";
            }
            let class = match class.trim() {
                "" => String::new(),
                class => format!(" class=\"{class}\""),
            };
            let words = cell.map_or_else(String::new, cell_words);
            let _ = write!(page, "<td{class}>{words}</td>");
        }
        *page += "</tr>\n";
    }
    *page += "</tbody>\n</table>\n";
    sentences("notes", &table.notes, page);
}

fn cell_words(cell: &ReportCell) -> String {
    let words = escaped(&cell.words());
    if cell.emphasis == Emphasis::Strong && !words.is_empty() {
        format!("<strong>{words}</strong>")
    } else {
        words
    }
}

fn sentences(class: &str, sentences: &[String], page: &mut String) {
    for sentence in sentences {
        let _ = writeln!(
            page,
            "<p class=\"{class}\">{}</p>",
            escaped(&sentence.replace('`', ""))
        );
    }
}

fn note(text: &str, page: &mut String) {
    let mut is_listing = false;
    for part in parts(text) {
        if is_listing != (part.kind == NoteKind::Item) {
            *page += if is_listing { "</ul>\n" } else { "<ul>\n" };
            is_listing = !is_listing;
        }
        let words: String = part.runs.iter().map(run_words).collect();
        let _ = match part.kind {
            NoteKind::Paragraph => writeln!(page, "<p>{words}</p>"),
            NoteKind::Heading(level) => {
                // The title of the page and of the card stand above.
                let level = level + 1;
                writeln!(page, "<h{level}>{words}</h{level}>")
            }
            NoteKind::Item => writeln!(page, "<li>{words}</li>"),
            NoteKind::Code => {
                let lines: Vec<String> = part.text().lines().map(escaped).collect();
                writeln!(page, "<pre>{}</pre>", lines.join("\n"))
            }
        };
    }
    if is_listing {
        *page += "</ul>\n";
    }
}

fn run_words(run: &NoteRun) -> String {
    let mut words = escaped(&run.text);
    let looks = [
        (run.is_code, "code"),
        (run.is_italic, "em"),
        (run.is_bold, "strong"),
    ];
    for (is_so, tag) in looks {
        if is_so {
            words = format!("<{tag}>{words}</{tag}>");
        }
    }
    words
}
