//! The account of reading and cleaning: counts after each step, refused rows, problems.

use egui::{RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};

use crate::data::{DataReport, Prepared, StepCount};
use crate::ui::text;
use crate::ui::theme::{self, size};

pub(super) fn ui(ui: &mut Ui, prepared: &Prepared) {
    let report = &prepared.dataset.report;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        theme::card(ui).show(ui, |ui| {
            ui.take_available_width();
            ui.heading("After each step");
            steps(ui, &report.steps);
            ui.add_space(size::GAP_SMALL);
            parts(ui, prepared);
        });
        if !report.problems.is_empty() {
            ui.add_space(size::GAP);
            theme::card(ui).show(ui, |ui| {
                ui.take_available_width();
                ui.heading("Worth knowing");
                for problem in &report.problems {
                    let words = RichText::new(format!("⚠ {}", problem.sentence)).color(theme::colors(ui).warning);
                    ui.add(egui::Label::new(words).wrap());
                }
            });
        }
        ui.add_space(size::GAP);
        theme::card(ui).show(ui, |ui| {
            ui.take_available_width();
            refused(ui, report);
        });
    });
}

fn steps(ui: &mut Ui, steps: &[StepCount]) {
    let colors = theme::colors(ui);
    let mut table = TableBuilder::new(ui)
        .id_salt("steps")
        .striped(true)
        .vscroll(false)
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center));
    table = table.column(Column::remainder().clip(true)).columns(Column::exact(92.0), 4);
    let number = egui::Layout::right_to_left(egui::Align::Center);
    table
        .header(size::ROW, |mut header| {
            for (at, words) in ["Step", "Rows", "Dropped", "Users", "Items"].into_iter().enumerate() {
                header.col(|ui| {
                    let words = RichText::new(words).size(size::TEXT_SMALL).color(colors.weak);
                    let layout = if at == 0 { egui::Layout::left_to_right(egui::Align::Center) } else { number };
                    ui.with_layout(layout, |ui| ui.label(words));
                });
            }
        })
        .body(|body| {
            body.rows(size::ROW, steps.len(), |mut row| {
                let at = row.index();
                let Some(step) = steps.get(at) else { return };
                let before = at.checked_sub(1).and_then(|before| steps.get(before));
                row.col(|ui| {
                    ui.add(egui::Label::new(&step.step).truncate());
                });
                let dropped = before.map(|before| before.rows.saturating_sub(step.rows));
                let dropped = dropped.map_or_else(String::new, text::count);
                for words in [text::count(step.rows), dropped, text::count(step.users), text::count(step.items)] {
                    row.col(|ui| {
                        ui.with_layout(number, |ui| ui.label(RichText::new(words).monospace()));
                    });
                }
            });
        });
}

fn parts(ui: &mut Ui, prepared: &Prepared) {
    let split = &prepared.split;
    let n_train: u64 = split.train_len.iter().map(|len| u64::from(*len)).sum();
    ui.label(format!(
        "Training sees {}; validation asks about {}, the test about {}.",
        text::counted(n_train as usize, "event"),
        text::counted(split.valid.len(), "user"),
        text::counted(split.test.len(), "user"),
    ));
    ui.weak(format!("Fingerprint of the events {}, of the split {}", prepared.dataset.fingerprint, split.fingerprint));
}

fn refused(ui: &mut Ui, report: &DataReport) {
    ui.heading("Refused rows");
    if report.rows_refused == 0 {
        ui.weak(format!("None: all {} could be read.", text::counted(report.rows_read, "row")));
        return;
    }
    let shown = report.refused.len();
    let which = if shown < report.rows_refused { format!("; the first {shown}:") } else { ":".to_owned() };
    ui.label(format!("{} could not be read and are left out{which}", text::counted(report.rows_refused, "row")));
    egui::Grid::new("refused").num_columns(2).striped(true).show(ui, |ui| {
        for row in &report.refused {
            ui.label(RichText::new(row.place()).monospace());
            ui.add(egui::Label::new(&row.reason).wrap());
            ui.end_row();
        }
    });
}
