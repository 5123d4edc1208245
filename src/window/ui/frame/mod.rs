//! The frame around every page: tabs above, runs at the left, playhead, work and notices below.

mod about_form;
mod bin_list;
mod queue;
mod rail;
mod status;
mod top;
mod transport;
mod users;

use egui::{CentralPanel, Panel, vec2};

use super::Actions;
use super::focus;
use super::page::Pages;
use super::theme::{self, size};
use super::widget::room;
use crate::app::{Action, App, Arrange, Page, Tone};
use crate::ui::language::tr;

/// Least room of a page: with less, as in a small window with large text, it is scrolled.
const LEAST_PAGE: egui::Vec2 = vec2(720.0, 430.0);

/// Width of the window from which the list of runs stands beside the page.
const WIDE: f32 = 860.0;

/// Height of the window up to which a bar is shown only where it has something to say.
const LOW: f32 = 480.0;

/// Least room of the first page, whose cards stand under each other where it is narrow.
const LEAST_WELCOME: egui::Vec2 = vec2(420.0, 200.0);

/// View state of the frame.
#[derive(Default)]
pub(super) struct Frame {
    rail: rail::Rail,
    users: users::UserList,
    status: status::Status,
    /// Whether the window had no room for the list of runs beside a page.
    was_narrow: bool,
    /// Whether the list was folded away for that.
    has_folded: bool,
}

impl Frame {
    pub(super) fn ui(
        &mut self,
        ui: &mut egui::Ui,
        app: &App,
        actions: &mut Actions,
        pages: &mut Pages,
    ) {
        let bar = theme::bar(ui);
        self.fold_where_narrow(ui, app, actions);
        let is_alone = app.arrangement.is_presenting;
        if is_alone {
            Panel::top("presented")
                .frame(bar)
                .show(ui, |ui| top::presented(ui, app, actions));
        } else {
            Panel::top("top")
                .frame(bar)
                .show(ui, |ui| top::ui(ui, app, actions));
        }
        if status_is_needed(ui, app) {
            Panel::bottom("status")
                .frame(bar)
                .show(ui, |ui| self.status.ui(ui, app, actions));
        }
        if transport::is_needed(app) {
            Panel::bottom("transport")
                .frame(bar)
                .show(ui, |ui| transport::ui(ui, app, actions));
        }
        if app.arrangement.shows_runs && !is_alone {
            Panel::left("runs")
                .frame(bar)
                .resizable(true)
                .default_size(size::RAIL)
                .size_range(180.0..=420.0)
                .show(ui, |ui| {
                    queue::below(ui, app, actions);
                    self.users.below(ui, app, actions);
                    self.rail.ui(ui, app, actions);
                });
        }
        let page = theme::page(ui);
        CentralPanel::default().frame(page).show(ui, |ui| {
            focus::note_page(ui);
            let name = app.page.to_string();
            let is_welcome = app.page == Page::Data && !app.has_begun;
            let least = if is_welcome {
                LEAST_WELCOME
            } else {
                LEAST_PAGE
            };
            room::at_least(ui, &name, least, |ui| pages.ui(ui, app, actions));
        });
    }

    /// Folds the list of runs away when the window becomes too narrow for it beside a page, and shows
    /// it again when there is room; meanwhile the person may show it.
    fn fold_where_narrow(&mut self, ui: &egui::Ui, app: &App, actions: &mut Actions) {
        let is_narrow = ui.ctx().content_rect().width() < WIDE;
        let shows = app.arrangement.shows_runs;
        let folds = is_narrow && !self.was_narrow && shows;
        let unfolds = !is_narrow && self.was_narrow && self.has_folded && !shows;
        if folds || unfolds {
            actions.push(Action::Arrange(Arrange::FoldRuns));
            self.has_folded = folds;
        }
        self.was_narrow = is_narrow;
    }
}

/// Whether the bar below is shown. Whatever went wrong is told in a presentation, too; a low window
/// has no room for a bar that says nothing.
fn status_is_needed(ui: &egui::Ui, app: &App) -> bool {
    if app.arrangement.is_presenting {
        return app.notices.iter().any(|notice| notice.tone == Tone::Error);
    }
    let is_low = ui.ctx().content_rect().height() < LOW;
    let is_working = app.training.is_active() || app.data.prepared.is_loading();
    !is_low || is_working || !app.notices.is_empty()
}

/// A button for an action: greyed with the reason on hover when it cannot be done now.
pub(crate) fn action_button(ui: &mut egui::Ui, app: &App, actions: &mut Actions, action: Action) {
    let label = tr(action.label());
    action_button_as(ui, app, actions, action, label);
}

/// [`action_button`] with words of its own.
pub(crate) fn action_button_as<'a>(
    ui: &mut egui::Ui,
    app: &App,
    actions: &mut Actions,
    action: Action,
    label: impl egui::IntoAtoms<'a>,
) {
    let enabled = app.enabled(&action);
    let response = ui.add_enabled(enabled.is_ok(), egui::Button::new(label));
    let response = match enabled {
        Ok(()) => response,
        Err(reason) => response.on_disabled_hover_text(tr(reason)),
    };
    if response.clicked() {
        actions.push(action);
    }
}
