//! The pages: one file each, left to right in the order of the questions they answer.

mod compare;
mod data;
mod explain;
mod form;
mod model;
mod ranking;
mod train;
mod welcome;

use super::Actions;
use crate::app::{App, Page};

/// View state of all pages.
#[derive(Default)]
pub(super) struct Pages {
    data: data::DataPage,
    model: model::ModelPage,
    train: train::TrainPage,
    explain: explain::ExplainPage,
    compare: compare::ComparePage,
}

impl Pages {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions) {
        match app.page {
            Page::Data if !app.has_begun => welcome::ui(ui, app, actions),
            Page::Data => self.data.ui(ui, app, actions),
            Page::Model => self.model.ui(ui, app, actions),
            Page::Train => self.train.ui(ui, app, actions),
            Page::Explain => self.explain.ui(ui, app, actions),
            Page::Compare => self.compare.ui(ui, app, actions),
        }
    }
}

/// What an empty page shows: what will appear here, and the actions that fill it.
pub(super) fn empty(ui: &mut egui::Ui, app: &App, words: &str, offers: &[crate::app::Action], actions: &mut Actions) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        ui.scope(|ui| {
            ui.set_max_width(520.0);
            ui.add(egui::Label::new(egui::RichText::new(words).color(super::theme::colors(ui).weak)).wrap());
        });
        ui.add_space(super::theme::size::GAP);
        for offer in offers {
            super::frame::action_button(ui, app, actions, offer.clone());
        }
    });
}
