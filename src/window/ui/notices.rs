//! The list of notices: every one of this session, with the button that cures it.

use egui::{Context, RichText, ScrollArea, Ui};

use super::frame::action_button_as;
use super::theme::{self, size};
use super::{Actions, text};
use crate::app::{Action, App, Notice, Tone};
use crate::ui::language::tr;

/// State of the list.
#[derive(Default)]
pub(super) struct NoticeList {
    is_open: bool,
}

/// Opens the list in the next frame; for buttons.
pub(super) fn ask(ctx: &Context) {
    ctx.data_mut(|data| data.insert_temp(asked(), true));
    ctx.request_repaint();
}

fn asked() -> egui::Id {
    egui::Id::unique("notices asked for")
}

impl NoticeList {
    pub(super) fn ui(&mut self, ui: &Ui, app: &App, actions: &mut Actions) {
        let ctx = ui.ctx().clone();
        self.is_open |= ctx.data_mut(|data| data.remove_temp::<bool>(asked()).unwrap_or(false));
        if !self.is_open {
            return;
        }
        let screen = ctx.content_rect();
        let modal = egui::Modal::new(egui::Id::unique("notices")).show(&ctx, |ui| {
            ui.set_width((screen.width() - 80.0).min(760.0));
            ui.heading(tr("Notices"));
            ui.weak(tr(
                "Everything that was told since the start, the newest first.",
            ));
            ui.add_space(size::GAP);
            ScrollArea::vertical()
                .max_height((screen.height() - 220.0).max(120.0))
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    let mut has_any = false;
                    for notice in app.notices.all() {
                        has_any = true;
                        self.line(ui, app, notice, actions);
                    }
                    if !has_any {
                        ui.label(tr("Nothing has been told yet."));
                    }
                });
            ui.add_space(size::GAP);
            if ui.button(tr("Close")).clicked() {
                self.is_open = false;
            }
        });
        if modal.should_close() {
            self.is_open = false;
        }
    }

    fn line(&mut self, ui: &mut Ui, app: &App, notice: &Notice, actions: &mut Actions) {
        let (color, icon) = tone(ui, notice);
        ui.horizontal_wrapped(|ui| {
            ui.weak(RichText::new(text::moment_secs(notice.secs)).small());
            ui.label(RichText::new(format!("{icon} {}", tr(&notice.sentence))).color(color));
            if let Some((words, action)) = &notice.cure {
                let before = actions.len();
                action_button_as(ui, app, actions, action.clone(), tr(words.as_str()));
                // What cures it is done behind this list.
                self.is_open &= actions.len() == before;
            }
            if app.notices.iter().any(|shown| shown.id == notice.id)
                && ui.button(tr("Dismiss")).clicked()
            {
                actions.push(Action::Dismiss(notice.id));
            }
        });
        ui.separator();
    }
}

/// The colour and the sign of a notice.
pub(super) fn tone(ui: &Ui, notice: &Notice) -> (egui::Color32, &'static str) {
    let colors = theme::colors(ui);
    match notice.tone {
        Tone::Done => (colors.good, "✔"),
        Tone::Error => (colors.error, "✖"),
    }
}
