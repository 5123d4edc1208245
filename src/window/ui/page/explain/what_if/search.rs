//! The search for the smallest edit that puts another item first: its button, progress and outcome.

use egui::{Label, ProgressBar, RichText, Ui};

use super::Changed;
use crate::app::{Action, App, FlipSearchState, Loadable, WhatIfAction};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::widget::panel;
use crate::ui::{Actions, text};
use seqscope_engine::explain::{Edit, Flip, FlipFound, not_counted};

/// Paints the card's contents.
pub(super) fn ui(ui: &mut Ui, changed: Changed<'_>, app: &App, actions: &mut Actions) {
    ui.label(RichText::new("What does the first recommendation hang on?").strong());
    action_button(ui, app, actions, Action::WhatIf(WhatIfAction::Flip));
    let Some(search) = app.what_if.search(changed.key) else {
        let words = "Tries, among the last 50 events of the history as it is, every single \
                     deletion, single replacements, every pair of deletions, and then one deletion \
                     after the other.";
        ui.add(Label::new(RichText::new(words).weak()).wrap());
        return;
    };
    match &search.found {
        Loadable::Ready(flip) => outcome(ui, changed, flip, app, actions),
        Loadable::Failed(why) => panel::failed(ui, why),
        Loadable::Idle | Loadable::Loading(_) => progress(ui, search, app, actions),
    }
}

fn progress(ui: &mut Ui, search: &FlipSearchState, app: &App, actions: &mut Actions) {
    ui.horizontal(|ui| {
        action_button_as(
            ui,
            app,
            actions,
            Action::WhatIf(WhatIfAction::StopFlip),
            "Stop",
        );
        match search.progress {
            Some(now) => {
                let share = now.done as f32 / now.of.max(1) as f32;
                let bar = ProgressBar::new(share)
                    .desired_width(160.0)
                    .show_percentage();
                ui.add(bar);
                ui.weak(format!(
                    "{} of {} {}",
                    text::count(now.done),
                    text::count(now.of),
                    now.stage
                ));
            }
            None => {
                ui.spinner();
                ui.weak("Opening the model");
            }
        }
    });
}

fn outcome(ui: &mut Ui, changed: Changed<'_>, flip: &Flip, app: &App, actions: &mut Actions) {
    if let Some(found) = &flip.found {
        let words = format!(
            "First now: {}. After the edit: {}, {} times as likely.",
            changed.title(flip.first),
            changed.title(found.item_idx),
            text::significant(found.odds, 3)
        );
        ui.add(Label::new(words).wrap());
        for edit in &found.edits {
            ui.add(Label::new(format!("• {}", edit_words(changed, edit))).wrap());
        }
        make(ui, found, app, actions);
    }
    ui.add(Label::new(RichText::new(flip.words()).strong()).wrap());
    for tried in &flip.tried {
        let all = if tried.is_whole { "all " } else { "" };
        let words = format!(
            "Tried {all}{} {}: {} put another item first.",
            text::count(tried.n_tried),
            tried.stage,
            text::count(tried.n_flips)
        );
        ui.weak(words);
    }
    let manifest = app.runs.summary(&changed.key.run);
    let seen = manifest
        .and_then(|summary| summary.manifest.as_ref())
        .map(|manifest| manifest.seen());
    if let Some(words) = seen.and_then(not_counted) {
        ui.add(Label::new(RichText::new(words).weak()).wrap());
    }
}

fn make(ui: &mut Ui, found: &FlipFound, app: &App, actions: &mut Actions) {
    let edits = found.edits.clone();
    action_button(ui, app, actions, Action::WhatIf(WhatIfAction::Use(edits)));
}

/// An edit of the history as it is, in words.
pub(super) fn edit_words(changed: Changed<'_>, edit: &Edit) -> String {
    let title = |id: &str| {
        let idx = changed.dataset.items.idx(id);
        idx.map_or_else(|| id.to_owned(), |idx| changed.title(idx))
    };
    match edit {
        Edit::Delete { event } => format!("event {event} deleted"),
        Edit::Insert { item, event, .. } => match event {
            Some(event) => format!("{} put in as event {event}", title(item)),
            None => format!("{} put in", title(item)),
        },
        Edit::Replace { event, item } => format!("event {event} replaced by {}", title(item)),
        Edit::Move { event, to } => format!("event {event} moved to {to}"),
        Edit::Time { event, time } => format!("event {event} at {time}"),
        Edit::Behaviour { event, behaviour } => format!("event {event} is now {behaviour}"),
        Edit::Value { event, value } => format!("event {event} has value {value}"),
    }
}
