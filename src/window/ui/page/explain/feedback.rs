//! Answers to a list: each item accepted or rejected, what was said so far, and the run that learns
//! from it.

use egui::{Button, RichText, Role, Ui, WidgetInfo};

use super::ShownUser;
use crate::app::{Action, App, FeedbackAction};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::widget::bars::{Bar, bars, bars_beside};
use crate::ui::{Actions, theme};
use seqscope_engine::report::words::counted;
use seqscope_engine::run::RunId;

/// Room for the two buttons of a line.
const BUTTONS: f32 = 58.0;

/// An item of a list.
pub(super) struct ListedItem {
    item_idx: u32,
    pub(super) bar: Bar,
}

impl ListedItem {
    pub(super) fn of(shown: &ShownUser<'_>, item_idx: u32, share: f32) -> Self {
        Self {
            item_idx,
            bar: Bar {
                title: shown.title(item_idx),
                share,
                is_true: false,
            },
        }
    }
}

/// Answer button of one item.
struct AnswerButton<'a> {
    item: &'a ListedItem,
    accepted: bool,
    /// What was said of it so far.
    said: Option<bool>,
}

/// Paints a list whose items can be accepted and rejected, and what follows from it.
pub(super) fn answered_list(
    ui: &mut Ui,
    run: &RunId,
    shown: &ShownUser<'_>,
    items: &[ListedItem],
    app: &App,
    actions: &mut Actions,
) {
    // What is said is kept with the run that is looked at, not with one beside it.
    if app.selection.run.as_ref() != Some(run) {
        let rows: Vec<Bar> = items.iter().map(|item| item.bar.clone()).collect();
        bars(ui, &rows);
        return;
    }
    let user = app.selection.user_id.as_deref().unwrap_or_default();
    let rows: Vec<Bar> = items.iter().map(|item| item.bar.clone()).collect();
    bars_beside(ui, &rows, BUTTONS, &mut |ui, at| {
        let Some(item) = items.get(at) else { return };
        let id = shown.item_id(item.item_idx);
        let said = app.feedback.said(run, user, id);
        // Wide enough to be hit, and no wider: what is left is the title's.
        ui.spacing_mut().button_padding.x = 6.0;
        // From right to left.
        for accepted in [false, true] {
            let button = AnswerButton {
                item,
                accepted,
                said,
            };
            button.ui(ui, app, actions);
        }
    });
    ui.add_space(4.0);
    let counts = app.feedback.counts(run);
    ui.horizontal_wrapped(|ui| {
        let words = if counts.users == 0 {
            "No feedback yet".to_owned()
        } else {
            format!(
                "{}: {} accepted, {} rejected",
                counted(counts.users, "user"),
                counts.accepted,
                counts.rejected
            )
        };
        ui.label(RichText::new(tr(words)).weak()).on_hover_text(tr(
            "Feedback that is kept with this run. Accept an item of the list that this user would \
             take next, reject one that they would not; keys: A and X for the next item without an \
             answer.",
        ));
        if counts.users > 0 {
            action_button_as(
                ui,
                app,
                actions,
                Action::Feedback(FeedbackAction::Undo),
                tr("Take back"),
            );
        }
        action_button(ui, app, actions, Action::FineTune(run.clone()));
    });
}

impl AnswerButton<'_> {
    fn ui(&self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let is_said = self.said == Some(self.accepted);
        let item_idx = self.item.item_idx;
        let action = if is_said {
            FeedbackAction::Forget { item_idx }
        } else {
            FeedbackAction::Answer {
                item_idx,
                accepted: self.accepted,
            }
        };
        let (sign, word, done, color) = if self.accepted {
            ("✔", "Accept", "Accepted", theme::colors(ui).good)
        } else {
            ("✖", "Reject", "Rejected", theme::colors(ui).error)
        };
        let sign = if is_said {
            RichText::new(sign).color(color)
        } else {
            RichText::new(sign).weak()
        };
        let enabled = app.enabled(&Action::Feedback(action));
        let button = Button::new(sign).small().selected(is_said);
        let mut response = ui.add_enabled(enabled.is_ok(), button);
        let title = &self.item.bar.title;
        let name = if is_said {
            format!("{}{}{title}", tr(done), tr(": "))
        } else {
            format!("{} {title}", tr(word))
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled.is_ok(), &name));
        let hover = if is_said {
            format!("{name}{}", tr("; press again to forget it"))
        } else {
            name.clone()
        };
        response = match &enabled {
            Ok(()) => response.on_hover_text(hover),
            Err(why) => response.on_disabled_hover_text(tr(why)),
        };
        if response.clicked() {
            actions.push(Action::Feedback(action));
        }
    }
}
