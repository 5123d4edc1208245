//! What is done to a run beyond its experiment: settings changed while it trains, and epochs added
//! once it has finished.

use egui::{ComboBox, DragValue, RichText, Ui, WidgetInfo};

use crate::app::{Action, App, LiveValue, SteerAction, Training, TrainingPhase};
use crate::ui::Actions;
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::page::live_setting;
use seqscope_engine::run::{ExtendedSchedule, RunId, RunOutcome};
use seqscope_engine::train::{Extending, dependent_on_length};

/// Epochs that are added unless something else is said.
const EPOCHS: usize = 10;

/// View state of the row.
pub(super) struct SteerRow {
    epochs: usize,
    schedule: ExtendedSchedule,
    /// A value that is being dragged or typed; it holds once it is let go.
    edited: Option<LiveValue>,
}

impl Default for SteerRow {
    fn default() -> Self {
        Self {
            epochs: EPOCHS,
            schedule: ExtendedSchedule::Continue,
            edited: None,
        }
    }
}

impl SteerRow {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        training: &Training,
        app: &App,
        actions: &mut Actions,
    ) {
        match &training.phase {
            TrainingPhase::Running | TrainingPhase::Paused => {
                ui.horizontal_wrapped(|ui| self.live(ui, training, actions));
            }
            TrainingPhase::Ended(ended) if ended.outcome == Some(RunOutcome::Finished) => {
                if let Some(run) = &training.run {
                    ui.horizontal_wrapped(|ui| self.extend(ui, app, run, actions));
                }
            }
            TrainingPhase::Starting
            | TrainingPhase::Stopping
            | TrainingPhase::Ended(_)
            | TrainingPhase::NotStarted(_) => {}
        }
    }

    /// Settings that can be changed now.
    fn live(&mut self, ui: &mut Ui, training: &Training, actions: &mut Actions) {
        ui.label(RichText::new(tr("Change while it trains")).strong())
            .on_hover_text(tr(
                "It holds from the next step on and is kept with the run, which is then another \
                 run than one without it.",
            ));
        for live in &training.live {
            let LiveValue { setting, value } = *live;
            let edited = self.edited.filter(|edited| edited.setting == setting);
            let mut shown = edited.map_or(value, |edited| edited.value);
            let name = tr(live_setting::name(setting));
            ui.label(&name);
            let drag = DragValue::new(&mut shown)
                .range(live_setting::range(setting))
                .speed(live_setting::step(setting, value))
                .max_decimals(8);
            let response = ui.add(drag);
            response.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, &name));
            if response.changed() {
                self.edited = Some(LiveValue {
                    setting,
                    value: shown,
                });
            }
            let is_let_go = response.drag_stopped() || response.lost_focus();
            let edited = self.edited.take_if(|it| is_let_go && it.setting == setting);
            if let Some(edited) = edited.filter(|edited| *edited != *live) {
                let change = SteerAction::Change(edited.setting, edited.value);
                actions.push(Action::Steer(change));
            }
        }
    }

    /// Epochs to be added.
    fn extend(&mut self, ui: &mut Ui, app: &App, run: &RunId, actions: &mut Actions) {
        let summary = app.runs.summary(run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.as_ref()) else {
            return;
        };
        let dependent = dependent_on_length(&manifest.experiment);
        ui.label(tr("Epochs to add")).on_hover_text(tr(
            "Trains it further; the test part is read again at its end, and the run is marked for it.",
        ));
        let drag = ui.add(DragValue::new(&mut self.epochs).range(1..=100_000));
        drag.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, tr("Epochs to add")));
        if !dependent.is_empty() {
            let combo = ComboBox::from_id_salt("schedule").selected_text(tr(words(self.schedule)));
            let shown = combo.show_ui(ui, |ui| {
                for schedule in [ExtendedSchedule::Continue, ExtendedSchedule::Restart] {
                    ui.selectable_value(&mut self.schedule, schedule, tr(words(schedule)));
                }
            });
            shown.response.on_hover_text(tr(
                "The learning rate or beta runs over the whole length of this run, so it must be \
                 said what becomes of it.",
            ));
        }
        let extending = Extending {
            epochs: self.epochs,
            schedule: (!dependent.is_empty()).then_some(self.schedule),
        };
        let action = Action::Steer(SteerAction::Extend(run.clone(), extending));
        action_button(ui, app, actions, action);
    }
}

fn words(schedule: ExtendedSchedule) -> &'static str {
    match schedule {
        ExtendedSchedule::Continue => "Schedule of the new length",
        ExtendedSchedule::Restart => "Schedule anew",
    }
}
