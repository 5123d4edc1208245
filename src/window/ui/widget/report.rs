//! A table of a report: strings as on the command line, help on pointing at a heading, numbers at
//! the right, and a menu that copies it in any of its forms.

use egui::{Align, FontId, Label, Layout, RichText, TextStyle, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use strum::IntoEnumIterator as _;

use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::figure_menu;
use seqscope_base::spec::shown;
use seqscope_engine::report::{
    CellValue, ColumnKind, Emphasis, ReportCell, ReportColumn, ReportForm, ReportTable,
};
use seqscope_engine::run::RunId;

/// Room between columns, and between rows.
const GAP: f32 = 12.0;
const ROW_GAP: f32 = 2.0;
/// Widest column; what is longer is told on hover.
const WIDEST: f32 = 300.0;
/// Narrowest that a column of words becomes where there is little room.
const NARROWEST: f32 = 70.0;
/// Least height of a row.
const ROW: f32 = 18.0;
/// Rows that are measured, and up to which all are laid out, whether in sight or not.
const FEW_ROWS: usize = 200;

/// A cell on its way to the screen.
#[derive(Clone, Copy)]
pub(crate) struct CellPlace<'a> {
    /// Its column.
    pub(crate) column: &'a ReportColumn,
    /// Its place among the rows of the table.
    pub(crate) row: usize,
    /// The cell.
    pub(crate) cell: &'a ReportCell,
}

/// Paints what a page shows otherwise than by words.
pub(crate) trait CellPainter {
    /// Paints the name of a run.
    fn run(&self, ui: &mut Ui, id: &RunId) {
        ui.label(shown(&id.0));
    }

    /// Words of a run's name, and room beside them, for the width of its column.
    fn run_words(&self, id: &RunId) -> (String, f32) {
        (id.0.clone(), 0.0)
    }

    /// Width of a column whose cells are painted; `None` where the words of the cells decide.
    fn width(&self, _column: &ReportColumn) -> Option<f32> {
        None
    }

    /// Paints a cell; `false` leaves it to the table.
    fn cell(&self, _ui: &mut Ui, _place: CellPlace<'_>) -> bool {
        false
    }
}

/// Words only.
pub(crate) struct PlainCells;

impl CellPainter for PlainCells {}

/// Paints the rows of a table, all of them where they are few; `id` tells it from others on the
/// page.
pub(crate) fn rows(ui: &mut Ui, id: &str, table: &ReportTable, painter: &dyn CellPainter) {
    let columns = columns_in_sight(table);
    let mut widths: Vec<f32> = columns
        .iter()
        .map(|at| width(ui, table, *at, painter))
        .collect();
    ui.spacing_mut().item_spacing = vec2(GAP, ROW_GAP);
    let words = columns.iter().map(|at| {
        let column = &table.columns[*at];
        column.kind == ColumnKind::Words || column.run.is_some()
    });
    fit(
        &mut widths,
        &words.collect::<Vec<_>>(),
        ui.available_width(),
    );
    let mut builder = TableBuilder::new(ui)
        .id_salt(id)
        .striped(true)
        .vscroll(false)
        .auto_shrink(true)
        .cell_layout(Layout::left_to_right(Align::Center));
    for width in widths {
        builder = builder.column(Column::exact(width));
    }
    builder
        .header(ROW, |mut header| {
            for at in &columns {
                header.col(|ui| heading(ui, &table.columns[*at], painter));
            }
        })
        .body(|mut body| {
            let line = |mut row: TableRow<'_, '_>, place: usize| {
                for at in &columns {
                    row.col(|ui| cell(ui, table, place, *at, painter));
                }
            };
            if table.rows.len() > FEW_ROWS {
                body.rows(ROW, table.rows.len(), |row| {
                    let place = row.index();
                    line(row, place);
                });
            } else {
                for place in 0..table.rows.len() {
                    body.row(ROW, |row| line(row, place));
                }
            }
        });
}

/// Makes the letters of what follows small, for tables beside charts.
pub(crate) fn small_letters(ui: &mut Ui) {
    for style in [TextStyle::Body, TextStyle::Monospace] {
        if let Some(font) = ui.style_mut().text_styles.get_mut(&style) {
            font.size = size::TEXT_SMALL;
        }
    }
}

/// A menu that copies the table in the form that is chosen.
pub(crate) fn copy_menu(ui: &mut Ui, table: &ReportTable) {
    ui.menu_button(tr("Copy as"), |ui| {
        for form in ReportForm::iter() {
            if ui.button(tr(form.to_string())).clicked() {
                ui.copy_text(table.written(form));
                ui.close();
            }
        }
    })
    .response
    .on_hover_text(tr(
        "The table with its sentences; as CSV its rows alone, numbers with all digits",
    ));
    figure_menu::table_button(ui, table);
}

/// Columns that are painted: no details, which are told on hover, and none that has neither heading
/// nor cells.
fn columns_in_sight(table: &ReportTable) -> Vec<usize> {
    let has_words = |at: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(at));
        cells.any(|cell| !cell.words().is_empty())
    };
    let all = table.columns.iter().enumerate();
    all.filter(|(at, column)| !column.is_detail && (!column.title.is_empty() || has_words(*at)))
        .map(|(at, _)| at)
        .collect()
}

/// Takes what is too much for the room from the widest columns of words, or of runs named above
/// them, as far as that goes.
fn fit(widths: &mut [f32], is_words: &[bool], room: f32) {
    let gaps = GAP * widths.len().saturating_sub(1) as f32;
    let mut too_much = widths.iter().sum::<f32>() + gaps - room;
    // The widest is made as wide as the next one, then both narrower, and so on.
    for _ in 0..widths.len() {
        let words = || widths.iter().zip(is_words).filter(|(_, is)| **is);
        let widest = words().map(|(width, _)| *width).fold(0.0, f32::max);
        let narrower = words()
            .map(|(width, _)| *width)
            .filter(|width| *width < widest);
        let next = narrower.fold(NARROWEST, f32::max);
        if too_much <= 0.0 || widest <= NARROWEST {
            return;
        }
        let n_widest = words().filter(|(width, _)| **width >= widest).count() as f32;
        let taken = (too_much / n_widest).min(widest - next);
        let of_words = widths.iter_mut().zip(is_words).filter(|(_, is)| **is);
        let of_widest = of_words.filter(|(width, _)| **width >= widest);
        of_widest.for_each(|(width, _)| *width -= taken);
        too_much -= taken * n_widest;
    }
}

/// Width that holds heading and cells, of long tables of the first rows.
fn width(ui: &Ui, table: &ReportTable, at: usize, painter: &dyn CellPainter) -> f32 {
    let column = &table.columns[at];
    let style = ui.style();
    let (body, mono) = (
        TextStyle::Body.resolve(style),
        TextStyle::Monospace.resolve(style),
    );
    let heading = match &column.run {
        Some(id) => run_width(ui, id, painter),
        None => text_width(ui, &tr(&column.title), &body),
    };
    if let Some(painted) = painter.width(column) {
        return painted.max(heading);
    }
    let rows = table.rows.iter().take(FEW_ROWS);
    let cells = rows
        .filter_map(|row| row.get(at))
        .map(|cell| match &cell.value {
            CellValue::Run(id) => run_width(ui, id, painter),
            CellValue::Text(_) => text_width(ui, &cell_words(cell), &body),
            _ => text_width(ui, &cell_words(cell), &mono),
        });
    cells.fold(heading, f32::max).min(WIDEST).ceil() + 1.0
}

fn run_width(ui: &Ui, id: &RunId, painter: &dyn CellPainter) -> f32 {
    let (words, room) = painter.run_words(id);
    text_width(ui, &words, &TextStyle::Body.resolve(ui.style())) + room
}

fn text_width(ui: &Ui, words: &str, font: &FontId) -> f32 {
    let color = ui.visuals().text_color();
    let galley = ui
        .painter()
        .layout_no_wrap(shown(words).into_owned(), font.clone(), color);
    galley.size().x
}

fn heading(ui: &mut Ui, column: &ReportColumn, painter: &dyn CellPainter) {
    if let Some(id) = &column.run {
        return painter.run(ui, id);
    }
    let words = RichText::new(shown(&tr(&column.title))).strong();
    let label = aligned(ui, column, |ui| {
        ui.add(Label::new(words).selectable(false).truncate())
    });
    if !column.help.is_empty() {
        label.on_hover_text(tr(&column.help));
    }
}

fn cell(ui: &mut Ui, table: &ReportTable, row: usize, at: usize, painter: &dyn CellPainter) {
    let column = &table.columns[at];
    let Some(cell) = table.rows.get(row).and_then(|cells| cells.get(at)) else {
        return;
    };
    if painter.cell(ui, CellPlace { column, row, cell }) {
        return;
    }
    if let CellValue::Run(id) = &cell.value {
        return painter.run(ui, id);
    }
    let words = cell_words(cell);
    let words = RichText::new(shown(&words));
    let words = match &cell.value {
        CellValue::Text(_) if !column.is_right() => words,
        _ => words.monospace(),
    };
    let words = match cell.emphasis {
        Emphasis::Plain => words,
        Emphasis::Strong => words.strong(),
        Emphasis::Weak => words.weak(),
    };
    let label = aligned(ui, column, |ui| ui.add(Label::new(words).truncate()));
    let hover = hover_words(table, row, at);
    if !hover.is_empty() {
        label.on_hover_text(hover);
    }
}

/// What is told on pointing at a cell: of itself, and of the details behind it.
pub(crate) fn hover_words(table: &ReportTable, row: usize, at: usize) -> String {
    let cells = table.rows.get(row).map(Vec::as_slice).unwrap_or_default();
    let own = cells.get(at).map(|cell| tr(&cell.hover));
    let details = table
        .columns
        .iter()
        .zip(cells)
        .skip(at + 1)
        .take_while(|(column, _)| column.is_detail)
        .map(|(column, cell)| (column, cell_words(cell)))
        .filter(|(_, words)| !words.is_empty())
        .map(|(column, words)| format!("{} {words}", tr(&column.title)));
    let lines: Vec<String> = details
        .chain(own.filter(|words| !words.is_empty()))
        .collect();
    lines.join("\n")
}

/// A widget at the side of its column.
fn aligned(
    ui: &mut Ui,
    column: &ReportColumn,
    add: impl FnOnce(&mut Ui) -> egui::Response,
) -> egui::Response {
    if column.is_right() {
        ui.with_layout(Layout::right_to_left(Align::Center), add)
            .inner
    } else {
        add(ui)
    }
}

/// What stands in a cell, in the language of the window; names and values of the data as they are.
fn cell_words(cell: &ReportCell) -> String {
    match &cell.value {
        CellValue::Text(text) if cell.is_data => text.clone(),
        CellValue::Interval(_) | CellValue::RelativeInterval(_) => {
            cell.words().replace(" to ", &tr(" to "))
        }
        CellValue::Text(_) | CellValue::Duration(_) => tr(cell.words()),
        _ => cell.words(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::statistics::Interval;

    #[test]
    fn where_there_is_little_room_words_give_way() {
        let fitted = |room: f32| {
            let mut widths = [200.0, 100.0, 50.0];
            fit(&mut widths, &[true, true, false], room + 2.0 * GAP);
            widths.map(|width| width as u32)
        };
        assert_eq!(fitted(350.0), [200, 100, 50], "it fits");
        assert_eq!(fitted(300.0), [150, 100, 50]);
        assert_eq!(fitted(220.0), [85, 85, 50]);
        let least = NARROWEST as u32;
        assert_eq!(fitted(10.0), [least, least, 50]);
    }

    #[test]
    fn details_and_empty_columns_are_told_on_hover_or_not_at_all() {
        let columns = [
            ReportColumn::numbers("gain", "Gain"),
            ReportColumn::intervals("gain_interval", "Interval").detail(),
            ReportColumn::words("note", ""),
        ];
        let mut table = ReportTable::new("a", "", columns);
        let bounds = Interval {
            low: 0.1,
            high: 0.2,
        };
        table.row([
            ReportCell::from(CellValue::Gain(0.15)).hover("12 users"),
            CellValue::Interval(bounds).into(),
        ]);
        assert_eq!(columns_in_sight(&table), [0]);
        assert_eq!(
            hover_words(&table, 0, 0),
            "Interval 0.1000 to 0.2000\n12 users"
        );
        table.rows[0].push("not compared".into());
        assert_eq!(columns_in_sight(&table), [0, 2]);
        assert_eq!(hover_words(&table, 0, 2), "");
    }
}
