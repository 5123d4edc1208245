//! The bar below: what is being worked on, and what went wrong or is worth knowing.

use std::time::Duration;

use egui::{Align, Layout, RichText, Ui};

use crate::app::{Action, App, Loadable, Notice, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::widget::panel;
use crate::ui::{Actions, notices, text, theme};

/// View state of the bar.
#[derive(Default)]
pub(super) struct Status {
    is_open: bool,
}

impl Status {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        if self.is_open {
            for notice in app.notices.iter().rev().skip(1) {
                ui.horizontal(|ui| line(ui, app, notice, actions));
            }
        }
        ui.horizontal(|ui| {
            work(ui, app, actions);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                self.last(ui, app, actions);
            });
        });
    }

    /// The last notice, and a way to the ones before it.
    fn last(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        if app.notices.all().next().is_some() {
            let button = ui
                .button("…")
                .on_hover_text(tr("All notices of this session"));
            button.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, tr("All notices"))
            });
            if button.clicked() {
                notices::ask(ui.ctx());
            }
        }
        let Some(notice) = app.notices.last() else {
            self.is_open = false;
            return;
        };
        if app.notices.len() > 1 {
            let words = if self.is_open {
                "Fold".to_owned()
            } else {
                format!("{} more", app.notices.len() - 1)
            };
            if ui.button(tr(words)).clicked() {
                self.is_open = !self.is_open;
            }
        } else {
            self.is_open = false;
        }
        line_from_right(ui, app, notice, actions);
    }
}

fn line(ui: &mut Ui, app: &App, notice: &Notice, actions: &mut Actions) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        line_from_right(ui, app, notice, actions);
    });
}

fn line_from_right(ui: &mut Ui, app: &App, notice: &Notice, actions: &mut Actions) {
    if ui.button(tr("Dismiss")).clicked() {
        actions.push(Action::Dismiss(notice.id));
    }
    if let Some((words, action)) = &notice.cure {
        super::action_button_as(ui, app, actions, action.clone(), tr(words.as_str()));
    }
    let (color, icon) = notices::tone(ui, notice);
    let words = RichText::new(format!("{icon} {}", tr(&notice.sentence))).color(color);
    ui.with_layout(
        Layout::left_to_right(Align::Center).with_main_align(Align::Max),
        |ui| {
            ui.add(egui::Label::new(words).truncate())
                .on_hover_text(tr(&notice.sentence));
        },
    );
}

/// Shows the work that is being done, with the way to stop it.
fn work(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if let Loadable::Loading(words) = &app.data.prepared {
        ui.label(tr(words));
        panel::opening(ui, app);
        super::action_button(ui, app, actions, Action::CancelPrepare);
        return;
    }
    let Some(training) = app
        .training
        .current
        .as_ref()
        .filter(|training| training.is_active())
    else {
        ui.weak(tr(format!("Runs in {}", app.runs.store.root.display())));
        return;
    };
    let words = match training.phase {
        TrainingPhase::Starting => "making ready",
        TrainingPhase::Paused => "paused",
        TrainingPhase::Stopping => "stopping: evaluating the best weights",
        _ => "training",
    };
    if training.phase == TrainingPhase::Running {
        ui.ctx().request_repaint_after(Duration::from_secs(1));
    }
    let progress = &training.progress;
    let left = progress
        .secs_left
        .map(|secs| tr(format!(", at most {} left", text::duration(secs))))
        .unwrap_or_default();
    let at = match progress.sampler {
        Some(pass) => tr(format!("{} before epoch {}", pass, progress.epoch)),
        None => format!(
            "{}{left}",
            tr(format!("epoch {} of {}", progress.epoch, training.n_epochs))
        ),
    };
    let said = format!(
        "{}{}{}{}{}",
        training.title,
        tr(": "),
        tr(words),
        tr(", "),
        at
    );
    ui.label(RichText::new(said).color(theme::colors(ui).accent));
}
