//! A plain table in a chart's place: only the rows in sight are laid out.

use egui::{RichText, Ui};
use egui_extras::{Column, TableBuilder};

use crate::ui::theme::size;
use seqscope_data::{Column as Numbers, Table};

/// Height of a row.
const ROW: f32 = 18.0;

pub(super) fn ui(ui: &mut Ui, table: &Table, height: f32) {
    egui::ScrollArea::horizontal().show(ui, |ui| {
        let widths = table
            .columns
            .iter()
            .map(|(name, column)| width(name, column));
        let builder = TableBuilder::new(ui)
            .striped(true)
            .auto_shrink(false)
            .min_scrolled_height(height - 2.0 * ROW)
            .max_scroll_height(height - 2.0 * ROW);
        let builder = widths.fold(builder, |builder, width| {
            builder.column(Column::exact(width).clip(true))
        });
        builder
            .header(ROW, |mut header| {
                for (name, _) in &table.columns {
                    header.col(|ui| {
                        let words = RichText::new(name.replace('_', " "))
                            .size(size::TEXT_SMALL)
                            .strong();
                        ui.add(egui::Label::new(words).truncate());
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, table.n_rows(), |mut row| {
                    let at = row.index();
                    for (_, column) in &table.columns {
                        row.col(|ui| {
                            let words = RichText::new(column.cell(at)).size(size::TEXT_SMALL);
                            let words = if matches!(column, Numbers::Text(_)) {
                                words
                            } else {
                                words.monospace()
                            };
                            ui.add(egui::Label::new(words).truncate());
                        });
                    }
                });
            });
    });
}

/// Room for the name and the first cells: a table of a million rows is not measured whole.
fn width(name: &str, column: &Numbers) -> f32 {
    let cells = (0..column.len().min(20)).map(|row| column.cell(row).chars().count());
    let n_letters = cells.chain([name.chars().count()]).max().unwrap_or(0);
    (n_letters as f32 * 7.2 + 8.0).clamp(34.0, 190.0)
}
