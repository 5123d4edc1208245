//! The search for the smallest edit that puts another item first: its button, progress and outcome.

use egui::{Label, ProgressBar, RichText, Ui};

use super::Changed;
use crate::app::{Action, App, FlipSearchState, Loadable, WhatIfAction};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::widget::panel;
use crate::ui::{Actions, text};
use seqscope_engine::explain::{Edit, Flip, FlipFound, not_counted};

/// Paints the card's contents.
pub(super) fn ui(ui: &mut Ui, changed: Changed<'_>, app: &App, actions: &mut Actions) {
    ui.label(RichText::new(tr("What does the first recommendation hang on?")).strong());
    action_button(ui, app, actions, Action::WhatIf(WhatIfAction::Flip));
    let Some(search) = app.what_if.search(changed.key) else {
        let words = "Tries, among the last 50 events of the history as it stands, every single \
                     deletion, single replacements, every pair of deletions, and then one deletion \
                     after the other.";
        ui.add(Label::new(RichText::new(tr(words)).weak()).wrap());
        return;
    };
    match &search.found {
        Loadable::Ready(flip) => outcome(ui, changed, search, flip, app, actions),
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
            tr("Stop"),
        );
        match search.progress {
            Some(now) => {
                let share = now.done as f32 / now.of.max(1) as f32;
                let bar = ProgressBar::new(share)
                    .desired_width(160.0)
                    .show_percentage();
                ui.add(bar);
                ui.weak(format!(
                    "{}{}{} {}",
                    text::count(now.done),
                    tr(" of "),
                    text::count(now.of),
                    tr(now.stage.to_string())
                ));
            }
            None => {
                ui.spinner();
                ui.weak(tr("Opening the model"));
            }
        }
    });
}

fn outcome(
    ui: &mut Ui,
    changed: Changed<'_>,
    search: &FlipSearchState,
    flip: &Flip,
    app: &App,
    actions: &mut Actions,
) {
    let present = changed.history.edits();
    let after: Vec<Edit> = flip.found.as_ref().map_or_else(Vec::new, |found| {
        [&search.edits[..], &found.edits[..]].concat()
    });
    let is_made = flip.found.is_some() && present == after;
    if present != search.edits && !is_made {
        let words = match search.edits.len() {
            0 => "Searched in the history as it is, without your edits.".to_owned(),
            n => format!(
                "Searched in the history after {}.",
                text::counted(n, "edit")
            ),
        };
        ui.add(Label::new(RichText::new(tr(words)).weak()).wrap());
    }
    if let Some(found) = &flip.found {
        let words = format!(
            "First now: {}. After the edit: {}, {} times as likely as that.",
            changed.title(flip.first),
            changed.title(found.item_idx),
            text::significant(found.odds, 3)
        );
        ui.add(Label::new(tr(words)).wrap());
        for edit in &found.edits {
            ui.add(Label::new(format!("• {}", tr(edit_words(changed, edit)))).wrap());
        }
        listed_first(ui, changed, found);
        if !is_made {
            action_button(ui, app, actions, Action::WhatIf(WhatIfAction::Use(after)));
        }
    }
    ui.add(Label::new(RichText::new(tr(flip.words())).strong()).wrap());
    for tried in &flip.tried {
        let all = if tried.is_whole { "all " } else { "" };
        let words = format!(
            "Tried {all}{} {}: {} put another item first.",
            text::count(tried.n_tried),
            tried.stage,
            text::count(tried.n_flips)
        );
        ui.weak(tr(words));
    }
    let manifest = app.runs.summary(&changed.key.run);
    let seen = manifest
        .and_then(|summary| summary.manifest.as_ref())
        .map(|manifest| manifest.seen());
    if let Some(words) = seen.and_then(not_counted) {
        ui.add(Label::new(RichText::new(tr(words)).weak()).wrap());
    }
}

/// Says which item the list really begins with, where that one does not count.
fn listed_first(ui: &mut Ui, changed: Changed<'_>, found: &FlipFound) {
    if found.listed_first == found.item_idx {
        return;
    }
    let words = format!(
        "The list then begins with {}, which the edit took out of the history.",
        changed.title(found.listed_first)
    );
    ui.add(Label::new(RichText::new(tr(words)).weak()).wrap());
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
