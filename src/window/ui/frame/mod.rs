//! The frame around every page: tabs above, runs at the left, playhead, work and notices below.

mod rail;
mod status;
mod top;
mod transport;
mod users;

use egui::{CentralPanel, Panel};

use super::Actions;
use super::page::Pages;
use super::theme::{self, size};
use crate::app::App;

/// View state of the frame.
pub(super) struct Frame {
    is_rail_open: bool,
    rail: rail::Rail,
    users: users::UserList,
    status: status::Status,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            is_rail_open: true,
            rail: rail::Rail::default(),
            users: users::UserList::default(),
            status: status::Status::default(),
        }
    }
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
        Panel::top("top")
            .frame(bar)
            .show(ui, |ui| top::ui(ui, app, &mut self.is_rail_open, actions));
        Panel::bottom("status")
            .frame(bar)
            .show(ui, |ui| self.status.ui(ui, app, actions));
        if transport::is_needed(app) {
            Panel::bottom("transport")
                .frame(bar)
                .show(ui, |ui| transport::ui(ui, app, actions));
        }
        if self.is_rail_open {
            Panel::left("runs")
                .frame(bar)
                .resizable(true)
                .default_size(size::RAIL)
                .size_range(180.0..=420.0)
                .show(ui, |ui| {
                    self.users.below(ui, app, actions);
                    self.rail.ui(ui, app, actions);
                });
        }
        let page = theme::page(ui);
        CentralPanel::default()
            .frame(page)
            .show(ui, |ui| pages.ui(ui, app, actions));
    }
}

/// A button for an action: greyed with the reason on hover when it cannot be done now.
pub(crate) fn action_button(
    ui: &mut egui::Ui,
    app: &App,
    actions: &mut Actions,
    action: crate::app::Action,
) {
    let label = action.label();
    action_button_as(ui, app, actions, action, label);
}

/// [`action_button`] with words of its own.
pub(crate) fn action_button_as<'a>(
    ui: &mut egui::Ui,
    app: &App,
    actions: &mut Actions,
    action: crate::app::Action,
    label: impl egui::IntoAtoms<'a>,
) {
    let enabled = app.enabled(&action);
    let response = ui.add_enabled(enabled.is_ok(), egui::Button::new(label));
    let response = match enabled {
        Ok(()) => response,
        Err(reason) => response.on_disabled_hover_text(reason),
    };
    if response.clicked() {
        actions.push(action);
    }
}
