//! The account of reading and cleaning: counts after each step, refused rows, problems.

use egui::{RichText, ScrollArea, Ui};

use super::join;
use crate::app::{Action, App};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::report::{self as report_table, PlainCells};
use crate::ui::{Actions, frame, text};
use seqscope_data::{DataReport, ExampleRow, Prepared, StepCount, StepEffect};
use seqscope_engine::report::steps_table;

pub(super) fn ui(ui: &mut Ui, app: &App, prepared: &Prepared, actions: &mut Actions) {
    let report = &prepared.dataset.report;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            theme::card(ui).show(ui, |ui| {
                ui.take_available_width();
                ui.heading(tr("After each step"));
                let table = steps_table(&report.steps);
                ui.scope(|ui| report_table::rows(ui, "steps", &table, &PlainCells));
                ui.add_space(size::GAP_SMALL);
                parts(ui, prepared);
            });
            effects(ui, &report.steps);
            join::report(ui, report);
            if !report.problems.is_empty() {
                ui.add_space(size::GAP);
                theme::card(ui).show(ui, |ui| {
                    ui.take_available_width();
                    ui.heading(tr("Worth knowing"));
                    for problem in &report.problems {
                        let words = RichText::new(format!("⚠ {}", tr(problem.sentence())))
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
        ui.heading(tr("What the steps did"));
        for (at, (step, of_step)) in told.into_iter().enumerate() {
            ui.push_id(("effect", at), |ui| {
                ui.label(RichText::new(tr(&step.step)).strong());
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
        let words = RichText::new(tr(said.join("; ")))
            .size(size::TEXT_SMALL)
            .color(theme::colors(ui).weak);
        ui.add(egui::Label::new(words).wrap());
    }
    if !effect.examples.is_empty() {
        let title = text::counted(effect.examples.len(), "example row");
        egui::CollapsingHeader::new(tr(title))
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
    ui.label(tr(format!(
        "Training sees {}; validation asks about {}, the test about {}.",
        text::counted(n_train as usize, "event"),
        text::counted(split.valid.len(), "user"),
        text::counted(split.test.len(), "user"),
    )));
    ui.weak(tr(format!(
        "Fingerprint of the events {}, of the split {}",
        prepared.dataset.fingerprint, split.fingerprint
    )));
}

fn refused(ui: &mut Ui, app: &App, report: &DataReport, actions: &mut Actions) {
    ui.heading(tr("Refused rows"));
    if report.rows_refused == 0 {
        ui.weak(tr(format!(
            "None: all {} could be read.",
            text::counted(report.rows_read, "row")
        )));
        return;
    }
    ui.label(tr(format!(
        "{} could not be read and are left out.",
        text::counted(report.rows_refused, "row")
    )));
    if !report.refused_by_reason.is_empty() {
        egui::Grid::new("refused-by-reason")
            .num_columns(3)
            .striped(true)
            .show(ui, |ui| {
                for kind in &report.refused_by_reason {
                    ui.label(RichText::new(text::count(kind.rows)).monospace());
                    ui.add(egui::Label::new(tr(&kind.reason)).wrap());
                    ui.weak(tr(format!("the first: {}", kind.first_place())));
                    ui.end_row();
                }
            });
        ui.add_space(size::GAP_SMALL);
    }
    let shown = report.refused.len();
    ui.horizontal(|ui| {
        if shown < report.rows_refused {
            ui.label(tr(format!("The first {shown}:")));
        }
        frame::action_button(ui, app, actions, Action::ExportRefused);
    });
    egui::Grid::new("refused")
        .num_columns(2)
        .striped(true)
        .show(ui, |ui| {
            for row in &report.refused {
                ui.label(RichText::new(tr(row.place())).monospace());
                ui.add(egui::Label::new(tr(row.reason.to_string())).wrap());
                ui.end_row();
            }
        });
}
