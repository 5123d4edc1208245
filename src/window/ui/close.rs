//! Closing while a run is at work asks what shall become of it.

use super::Actions;
use super::theme::size;
use crate::app::{Action, App, QueueAction};
use crate::ui::language::tr;
use seqscope_engine::train::StopMode;

/// State of the closing of the window.
#[derive(Default, PartialEq)]
pub(super) enum Closing {
    #[default]
    No,
    /// The question is shown.
    Asked,
    /// The window goes as soon as the run has ended.
    AfterRun,
    /// Nothing holds it any more.
    Now,
}

impl Closing {
    pub(super) fn ui(&mut self, ui: &egui::Ui, app: &App, actions: &mut Actions) {
        let ctx = ui.ctx().clone();
        if ctx.input(|input| input.viewport().close_requested())
            && app.training.is_active()
            && *self != Self::Now
        {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            if *self == Self::No {
                *self = Self::Asked;
            }
        }
        if *self == Self::Asked {
            self.ask(&ctx, actions);
        }
        if *self == Self::AfterRun && !app.training.is_active() {
            *self = Self::Now;
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn ask(&mut self, ctx: &egui::Context, actions: &mut Actions) {
        egui::Modal::new(egui::Id::unique("closing")).show(ctx, |ui| {
            ui.set_max_width(440.0);
            ui.heading(tr("A run is being trained"));
            ui.label(tr(
                "Closing now leaves it interrupted: epochs that are finished are kept, and it \
                      can go on later.",
            ));
            ui.add_space(size::GAP);
            ui.horizontal_wrapped(|ui| {
                if ui.button(tr("Stop, evaluate and close")).clicked() {
                    // The next entry is not begun while the window waits for the end of this one.
                    actions.push(Action::Queue(QueueAction::Rest));
                    actions.push(Action::Stop(StopMode::Keep));
                    *self = Self::AfterRun;
                }
                if ui.button(tr("Leave it interrupted")).clicked() {
                    *self = Self::Now;
                    ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
                }
                if ui.button(tr("Cancel")).clicked() {
                    *self = Self::No;
                }
            });
        });
    }
}
