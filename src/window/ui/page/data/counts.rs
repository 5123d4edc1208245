//! The account of reading and cleaning: counts after each step, refused rows, problems.

use egui::{RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};

use super::join;
use crate::app::{Action, App};
use crate::ui::theme::{self, size};
use crate::ui::{Actions, frame, text};
use seqscope_data::{DataReport, ExampleRow, Prepared, StepCount, StepEffect};

pub(super) fn ui(ui: &mut Ui, app: &App, prepared: &Prepared, actions: &mut Actions) {
    let report = &prepared.dataset.report;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            theme::card(ui).show(ui, |ui| {
                ui.take_available_width();
                ui.heading("After each step");
                steps(ui, &report.steps);
                ui.add_space(size::GAP_SMALL);
                parts(ui, prepared);
            });
            effects(ui, &report.steps);
            join::report(ui, report);
            if !report.problems.is_empty() {
                ui.add_space(size::GAP);
                theme::card(ui).show(ui, |ui| {
                    ui.take_available_width();
                    ui.heading("Worth knowing");
                    for problem in &report.problems {
                        let words = RichText::new(format!("⚠ {}", problem.sentence))
                            .color(theme::colors(ui).warning);
                        ui.add(egui::Label::new(words).wrap());
                    }
                });
            }
            ui.add_space(size::GAP);
            theme::card(ui).show(ui, |ui| {
                ui.take_available_width();
                refused(ui, app, report, actions);
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
    table = table.column(Column::remainder().clip(true));
    // Rows, dropped, changed, users, items: as wide as ten million of each, and the step has the
    // rest.
    for width in [78.0, 72.0, 60.0, 66.0, 60.0] {
        table = table.column(Column::exact(width));
    }
    let number = egui::Layout::right_to_left(egui::Align::Center);
    table
        .header(size::ROW, |mut header| {
            for (at, words) in ["Step", "Rows", "Dropped", "Changed", "Users", "Items"]
                .into_iter()
                .enumerate()
            {
                header.col(|ui| {
                    let words = RichText::new(words)
                        .size(size::TEXT_SMALL)
                        .color(colors.weak);
                    let layout = if at == 0 {
                        egui::Layout::left_to_right(egui::Align::Center)
                    } else {
                        number
                    };
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
                let changed = step
                    .effect
                    .as_ref()
                    .map_or_else(String::new, |effect| text::count(effect.n_changed));
                let sizes = [step.users, step.items].map(text::count);
                for words in [text::count(step.rows), dropped, changed]
                    .into_iter()
                    .chain(sizes)
                {
                    row.col(|ui| {
                        ui.with_layout(number, |ui| ui.label(RichText::new(words).monospace()));
                    });
                }
            });
        });
}

/// Shows what each step of cleaning found, with the first rows that it touched on demand.
fn effects(ui: &mut Ui, steps: &[StepCount]) {
    let is_told = |effect: &StepEffect| !effect.note.is_empty() || !effect.examples.is_empty();
    let told: Vec<(&StepCount, &StepEffect)> = steps
        .iter()
        .filter_map(|step| Some((step, step.effect.as_ref()?)))
        .filter(|(_, effect)| is_told(effect))
        .collect();
    if told.is_empty() {
        return;
    }
    ui.add_space(size::GAP);
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.heading("What the steps did");
        for (at, (step, of_step)) in told.into_iter().enumerate() {
            ui.push_id(("effect", at), |ui| {
                ui.label(RichText::new(&step.step).strong());
                effect(ui, of_step);
            });
        }
    });
}

/// Shows what a step found, and, folded, the rows that it touched.
pub(super) fn effect(ui: &mut Ui, effect: &StepEffect) {
    let learnt = effect.fitted_on.map(|from| format!("learnt from {from}"));
    let said: Vec<&str> = [Some(effect.note.as_str()), learnt.as_deref()]
        .into_iter()
        .flatten()
        .filter(|said| !said.is_empty())
        .collect();
    if !said.is_empty() {
        let words = RichText::new(said.join("; "))
            .size(size::TEXT_SMALL)
            .color(theme::colors(ui).weak);
        ui.add(egui::Label::new(words).wrap());
    }
    if !effect.examples.is_empty() {
        let title = text::counted(effect.examples.len(), "example row");
        egui::CollapsingHeader::new(title)
            .id_salt("examples")
            .show(ui, |ui| {
                for row in &effect.examples {
                    example(ui, row);
                }
            });
    }
}

fn example(ui: &mut Ui, row: &ExampleRow) {
    let time = if row.time.is_empty() {
        String::new()
    } else {
        format!(", {}", row.time)
    };
    let words = format!(
        "user {}, item {}{time}: {} → {}",
        row.user, row.item, row.before, row.after
    );
    ui.add(egui::Label::new(RichText::new(words).size(size::TEXT_SMALL).monospace()).wrap());
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
    ui.weak(format!(
        "Fingerprint of the events {}, of the split {}",
        prepared.dataset.fingerprint, split.fingerprint
    ));
}

fn refused(ui: &mut Ui, app: &App, report: &DataReport, actions: &mut Actions) {
    ui.heading("Refused rows");
    if report.rows_refused == 0 {
        ui.weak(format!(
            "None: all {} could be read.",
            text::counted(report.rows_read, "row")
        ));
        return;
    }
    ui.label(format!(
        "{} could not be read and are left out.",
        text::counted(report.rows_refused, "row")
    ));
    if !report.refused_by_reason.is_empty() {
        egui::Grid::new("refused-by-reason")
            .num_columns(3)
            .striped(true)
            .show(ui, |ui| {
                for kind in &report.refused_by_reason {
                    ui.label(RichText::new(text::count(kind.rows)).monospace());
                    ui.add(egui::Label::new(&kind.reason).wrap());
                    ui.weak(format!("the first: {}", kind.first_place()));
                    ui.end_row();
                }
            });
        ui.add_space(size::GAP_SMALL);
    }
    let shown = report.refused.len();
    ui.horizontal(|ui| {
        if shown < report.rows_refused {
            ui.label(format!("The first {shown}:"));
        }
        frame::action_button(ui, app, actions, Action::ExportRefused);
    });
    egui::Grid::new("refused")
        .num_columns(2)
        .striped(true)
        .show(ui, |ui| {
            for row in &report.refused {
                ui.label(RichText::new(row.place()).monospace());
                ui.add(egui::Label::new(&row.reason).wrap());
                ui.end_row();
            }
        });
}
