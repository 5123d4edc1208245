//! The form of a fork, over the window: from which epoch, how far, and with which settings.

use egui::{DragValue, Grid, Ui, WidgetInfo};

use super::Actions;
use super::frame::action_button;
use super::language::tr;
use super::page::live_setting;
use super::theme::size;
use crate::app::{Action, App, SteerAction};

/// Paints the form while a fork is being thought of.
pub(super) fn ui(ui: &Ui, app: &App, actions: &mut Actions) {
    let Some(before) = &app.steer.fork else {
        return;
    };
    let mut draft = before.clone();
    let shown = egui::Modal::new(egui::Id::unique("fork")).show(ui.ctx(), |ui| {
        ui.set_max_width(440.0);
        ui.heading(tr(format!("Fork after epoch {}", draft.epoch)));
        ui.weak(draft.run.0.as_str());
        ui.label(tr(
            "A new run that shares these epochs and goes on with the settings below. The optimiser's \
             state is kept for the last epoch alone; from an earlier one its moments begin at 0.",
        ));
        ui.add_space(size::GAP);
        Grid::new("fork settings").num_columns(2).show(ui, |ui| {
            ui.label(tr("Epochs from there"));
            let epochs = ui.add(DragValue::new(&mut draft.epochs).range(1..=100_000));
            let name = tr("Epochs from there");
            epochs.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, &name));
            ui.end_row();
            for live in &mut draft.values {
                let name = tr(live_setting::name(live.setting));
                ui.label(&name);
                let speed = live_setting::step(live.setting, live.value);
                let drag = DragValue::new(&mut live.value)
                    .range(live_setting::range(live.setting))
                    .speed(speed)
                    .max_decimals(8);
                let value = ui.add(drag);
                value.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, &name));
                ui.end_row();
            }
        });
        ui.add_space(size::GAP);
        ui.horizontal(|ui| {
            action_button(ui, app, actions, Action::Steer(SteerAction::Fork));
            action_button(ui, app, actions, Action::Steer(SteerAction::CloseFork));
        });
    });
    if draft != *before {
        // Before what the buttons ask for, which is asked of what is shown.
        actions.insert(0, Action::Steer(SteerAction::EditFork(draft)));
    }
    if shown.should_close() {
        actions.push(Action::Steer(SteerAction::CloseFork));
    }
}
