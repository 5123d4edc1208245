//! A report as pages of A4, each an SVG: cards one below the other, tables broken between rows.

use super::note::{NoteKind, parts};
use super::{CardContent, CardReport, ReportCard};
use crate::figure::{
    FigureSize, FigureTheme, Frame, PrintFigure, Stroke, SvgWriter, TextLook, TextSide, cut,
    drawing, text_width, wrapped,
};
use crate::report::{Emphasis, ReportCell, ReportTable};

/// A4 in points, and the edge that stays empty.
const PAGE: [f64; 2] = [595.28, 841.89];
const EDGE: f64 = 50.0;

/// Width between the edges.
const INNER: f64 = PAGE[0] - 2.0 * EDGE;

const INK: [u8; 3] = [0x1b, 0x20, 0x27];
const WEAK: [u8; 3] = [0x5b, 0x63, 0x6f];
const LINE: [u8; 3] = [0xd5, 0xd9, 0xdf];

/// Gap above a card.
const GAP: f64 = 16.0;

/// The pages.
pub(super) fn written(report: &CardReport) -> Vec<String> {
    let mut sheets = Sheets::new(&report.title);
    if !report.title.is_empty() {
        sheets.text(&report.title, look(17.0, true));
    }
    for card in &report.cards {
        draw_card(card, &mut sheets);
    }
    sheets.finished()
}

fn look(size: f64, is_bold: bool) -> TextLook {
    TextLook {
        size,
        is_bold,
        color: INK,
        ..TextLook::default()
    }
}

fn weak(size: f64) -> TextLook {
    TextLook {
        color: WEAK,
        ..look(size, false)
    }
}

/// Pages as they fill.
struct Sheets {
    title: String,
    done: Vec<String>,
    page: SvgWriter,
    /// Place from the top at which the next part begins.
    y: f64,
}

impl Sheets {
    fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            done: Vec::new(),
            page: blank(),
            y: EDGE,
        }
    }

    /// Begins a new page where less than so much is left of this one.
    fn need(&mut self, height: f64) {
        if self.y + height > PAGE[1] - EDGE && self.y > EDGE {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let number = (self.done.len() + 1).to_string();
        let at = [PAGE[0] / 2.0, PAGE[1] - EDGE / 2.0];
        let middle = TextLook {
            side: TextSide::Middle,
            ..weak(7.5)
        };
        self.page.text(at, &number, middle);
        let page = std::mem::replace(&mut self.page, blank());
        self.done
            .push(page.finished(PAGE[0], PAGE[1], &[&self.title]));
        self.y = EDGE;
    }

    fn finished(mut self) -> Vec<String> {
        self.turn();
        self.done
    }

    /// A text in as many lines as it needs.
    fn text(&mut self, text: &str, look: TextLook) {
        self.indented(text, look, 0.0);
    }

    fn indented(&mut self, text: &str, look: TextLook, indent: f64) {
        for line in wrapped(text, look.size, INNER - indent) {
            self.need(look.size * 1.4);
            self.y += look.size * 1.15;
            self.page.text([EDGE + indent, self.y], &line, look);
            self.y += look.size * 0.25;
        }
    }
}

fn blank() -> SvgWriter {
    let mut page = SvgWriter::default();
    let whole = Frame {
        width: PAGE[0],
        height: PAGE[1],
        ..Frame::default()
    };
    page.rect(whole, [0xff; 3]);
    page
}

fn draw_card(card: &ReportCard, sheets: &mut Sheets) {
    sheets.need(GAP + 60.0);
    sheets.y += GAP;
    if sheets.y > EDGE + GAP {
        let stroke = Stroke::plain(LINE, 0.7);
        let y = sheets.y - GAP / 2.0;
        sheets.page.line([EDGE, y], [PAGE[0] - EDGE, y], stroke);
    }
    match &card.content {
        CardContent::Figure(figure) => draw_figure(&card.title, figure, sheets),
        CardContent::Table(table) => {
            heading(&card.title, sheets);
            draw_table(table, sheets);
        }
        CardContent::Note(text) => {
            heading(&card.title, sheets);
            draw_note(text, sheets);
        }
    }
    for sentence in card.origin.sentences() {
        sheets.text(&sentence, weak(6.5));
    }
}

fn heading(title: &str, sheets: &mut Sheets) {
    if !title.is_empty() {
        sheets.text(title, look(11.0, true));
        sheets.y += 3.0;
    }
}

/// A chart with its heading on the same page; one that is higher than a page is drawn smaller.
fn draw_figure(title: &str, figure: &PrintFigure, sheets: &mut Sheets) {
    let size = FigureSize {
        width_mm: (INNER * 25.4 / 72.0).min(150.0),
        ratio: 0.5,
        has_caption: true,
        theme: FigureTheme::Light,
    };
    let drawing = drawing(figure, size);
    let [_, height] = drawing.size;
    let room = PAGE[1] - 2.0 * EDGE - 40.0;
    let scale = (room / height).min(1.0);
    sheets.need(height * scale + 30.0);
    heading(title, sheets);
    let y = sheets.y;
    sheets.page.moved([EDGE, y], |page| {
        page.scaled(scale, |page| drawing.onto(page, [0.0, 0.0]));
    });
    sheets.y += height * scale + 4.0;
}

fn draw_note(text: &str, sheets: &mut Sheets) {
    for part in parts(text) {
        match part.kind {
            NoteKind::Heading(level) => {
                sheets.y += 4.0;
                sheets.text(&part.text(), look(13.0 - f64::from(level), true));
            }
            NoteKind::Paragraph => sheets.text(&part.text(), look(9.0, false)),
            NoteKind::Item => sheets.indented(&format!("• {}", part.text()), look(9.0, false), 8.0),
            NoteKind::Code => {
                for line in part.text().lines() {
                    sheets.indented(line, weak(8.0), 8.0);
                }
            }
        }
        sheets.y += 3.0;
    }
}

/// Size of a table's letters, and the smallest that they become where it is wide.
const TABLE: f64 = 7.5;
const SMALLEST: f64 = 4.5;

/// Widest that words of a cell are set; the rest is cut.
const WIDEST: f64 = 24.0;

/// Columns of a table as they are set.
struct SetColumns {
    size: f64,
    widths: Vec<f64>,
}

fn draw_table(table: &ReportTable, sheets: &mut Sheets) {
    for sentence in &table.lead {
        sheets.text(&sentence.replace('`', ""), weak(7.0));
    }
    let columns = set_columns(table);
    let row = columns.size * 1.55;
    sheets.need(row * 4.0);
    headings(table, &columns, sheets);
    for cells in &table.rows {
        if sheets.y + row > PAGE[1] - EDGE {
            sheets.turn();
            headings(table, &columns, sheets);
        }
        sheets.y += row;
        let mut left = EDGE;
        for ((column, cell), width) in table.cells(cells).zip(&columns.widths) {
            let words = cell.map_or_else(String::new, ReportCell::words);
            let emphasis = cell.map_or(Emphasis::Plain, |cell| cell.emphasis);
            let look = TextLook {
                is_bold: emphasis == Emphasis::Strong,
                color: if emphasis == Emphasis::Weak {
                    WEAK
                } else {
                    INK
                },
                ..look(columns.size, false)
            };
            set(&words, column.is_right(), left, *width, look, sheets);
            left += width;
        }
    }
    sheets.y += row * 0.4;
    let stroke = Stroke::plain(INK, 0.9);
    let y = sheets.y;
    sheets.page.line(
        [EDGE, y],
        [EDGE + columns.widths.iter().sum::<f64>(), y],
        stroke,
    );
    sheets.y += 3.0;
    for sentence in &table.notes {
        sheets.text(&sentence.replace('`', ""), weak(7.0));
    }
}

/// Widths of the columns at the largest size of letters at which all have room.
fn set_columns(table: &ReportTable) -> SetColumns {
    // As multiples of the size of the letters; bold ones are wider.
    let ems: Vec<f64> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = table.rows.iter().filter_map(|row| row.get(at));
            let words = cells.map(|cell| text_width(&cell.words(), 1.05));
            let widest = words.fold(text_width(&column.title, 1.1), f64::max);
            widest.min(WIDEST) + 1.2
        })
        .collect();
    let all: f64 = ems.iter().sum();
    let size = (INNER / all.max(1.0)).clamp(SMALLEST, TABLE);
    // Still too wide: every column gives way, and words are cut.
    let share = (INNER / (all * size)).min(1.0);
    SetColumns {
        size,
        widths: ems.iter().map(|em| em * size * share).collect(),
    }
}

fn headings(table: &ReportTable, columns: &SetColumns, sheets: &mut Sheets) {
    let right = EDGE + columns.widths.iter().sum::<f64>();
    let row = columns.size * 1.55;
    let top = sheets.y + 2.0;
    sheets
        .page
        .line([EDGE, top], [right, top], Stroke::plain(INK, 0.9));
    sheets.y += row + 2.0;
    let mut left = EDGE;
    for (column, width) in table.columns.iter().zip(&columns.widths) {
        let look = look(columns.size, true);
        set(&column.title, column.is_right(), left, *width, look, sheets);
        left += width;
    }
    sheets.y += row * 0.3;
    let y = sheets.y;
    sheets
        .page
        .line([EDGE, y], [right, y], Stroke::plain(INK, 0.5));
}

/// Sets words in their column, cut where there is no room.
fn set(words: &str, is_right: bool, left: f64, width: f64, look: TextLook, sheets: &mut Sheets) {
    let gap = look.size * 0.6;
    let words = cut(words, look.size, width - gap);
    let (x, side) = if is_right {
        (left + width - gap, TextSide::End)
    } else {
        (left, TextSide::Start)
    };
    let y = sheets.y;
    sheets.page.text([x, y], &words, TextLook { side, ..look });
}
