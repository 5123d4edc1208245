//! What if: the history as a list that can be changed, and what the model says before and after.

mod answer;
mod history;
mod search;

use std::sync::Arc;

use egui::{CentralPanel, Frame, Margin, ScrollArea, Ui};

use super::ShownUser;
use super::awaited::Awaited;
use crate::app::{App, ChangedHistory, EditAsk, OfUser, Question, ViewKey};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use seqscope_data::Dataset;
use seqscope_engine::explain::WhatIfAnswer;
use seqscope_engine::run::RunId;

/// View state.
#[derive(Default)]
pub(super) struct WhatIfView {
    history: history::HistoryCard,
}

/// One user's changed history, and what its items are called.
#[derive(Clone, Copy)]
struct Changed<'a> {
    key: &'a ViewKey,
    history: &'a ChangedHistory,
    dataset: &'a Dataset,
}

impl Changed<'_> {
    fn title(&self, item_idx: u32) -> String {
        seqscope_base::spec::shown(self.dataset.item_label(item_idx)).into_owned()
    }
}

impl WhatIfView {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        if shown.view().said.is_some() {
            let why = "This run's model ranks no items, so no list can change. Choose a run that \
                       predicts the next item.";
            return panel::empty(ui, "No list to change", why, |_| {});
        }
        let Some((key, prepared)) = looked_at(app) else {
            return;
        };
        let of = OfUser {
            run: key.run.clone(),
            user_id: key.user_id.clone(),
        };
        let Some(history) = app.what_if.history(&of) else {
            return panel::loading(ui, "Taking the history");
        };
        let changed = Changed {
            key: &key,
            history,
            dataset: &prepared.dataset,
        };
        let frame = theme::card(ui);
        let width = ui.available_width();
        let widths = AsideWidths {
            usual: (width * 0.46).max(380.0),
            least: 340.0,
            most: (width - 360.0).max(360.0),
        };
        panel::aside(ui, PanelSide::Before, "changed history", widths)
            .frame(frame)
            .show(ui, |ui| self.history.ui(ui, changed, app, actions));
        let margin = Margin {
            left: 8,
            ..Margin::default()
        };
        CentralPanel::default()
            .frame(Frame::new().inner_margin(margin))
            .show(ui, |ui| {
                ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        let answer = answered(ui, changed, app, actions);
                        lists_card(ui, changed, answer);
                        card(ui, |ui| search::ui(ui, changed, app, actions));
                        attention_card(ui, changed, answer);
                    });
            });
    }
}

/// What another run's model says of the history as it was changed for the leading run.
pub(super) fn following(
    ui: &mut Ui,
    leading: &RunId,
    key: &ViewKey,
    app: &App,
    actions: &mut Actions,
) {
    let (Some(lead), Some(own)) = (app.views.data(leading), app.views.data(&key.run)) else {
        return panel::loading(ui, "Opening the data of both runs");
    };
    if lead.dataset.fingerprint != own.dataset.fingerprint {
        let why = "The edits on the left are of the other run's events and items; this run was \
                   trained on other data, so they cannot be made here. Its other views can stand \
                   beside.";
        return panel::empty(ui, "Another history", why, |_| {});
    }
    let of = OfUser {
        run: leading.clone(),
        user_id: key.user_id.clone(),
    };
    let Some(history) = app.what_if.history(&of) else {
        return panel::loading(ui, "Taking the history");
    };
    let changed = Changed {
        key,
        history,
        dataset: &own.dataset,
    };
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.weak(tr("After the edits that are made on the left."));
            ui.add_space(size::GAP_SMALL);
            let answer = answered(ui, changed, app, actions);
            lists_card(ui, changed, answer);
            attention_card(ui, changed, answer);
        });
}

/// The lists before and after.
fn lists_card(ui: &mut Ui, changed: Changed<'_>, answer: Option<&WhatIfAnswer>) {
    if let Some(answer) = answer {
        card(ui, |ui| answer::lists(ui, changed, answer));
    }
}

/// What the model looked at after the edits, if it has attention.
fn attention_card(ui: &mut Ui, changed: Changed<'_>, answer: Option<&WhatIfAnswer>) {
    let maps = answer.and_then(|answer| answer.attention.as_ref());
    if let (Some(answer), Some(maps)) = (answer, maps.filter(|maps| maps.len > 0)) {
        card(ui, |ui| answer::attention(ui, changed, answer, maps));
    }
}

/// What is looked at, and its data.
fn looked_at(app: &App) -> Option<(ViewKey, &seqscope_data::Prepared)> {
    let run = app.selection.run.as_ref()?;
    Some((app.selection.view_key(run)?, app.views.data(run)?.as_ref()))
}

/// A card over the whole width, with room below it.
fn card(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        contents(ui);
    });
    ui.add_space(size::GAP_SMALL);
}

/// What the model says before and after; the last answer stays while the next is on its way.
fn answered<'a>(
    ui: &mut Ui,
    changed: Changed<'_>,
    app: &'a App,
    actions: &mut Actions,
) -> Option<&'a WhatIfAnswer> {
    let ask = EditAsk {
        key: changed.key.clone(),
        n_events: changed.history.base.len(),
        edits: changed.history.edits().to_vec(),
    };
    let key = changed.key.clone();
    let awaited = Awaited {
        answers: app.views.edits(),
        ask,
        name: Question::Edits,
        doing: "Asking the model",
    };
    let answer = awaited.answer(ui, app, actions, |other| other.key == key);
    answer.map(Arc::as_ref)
}
