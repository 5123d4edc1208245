//! Train: is it learning? Curves of the run in work, what it is doing, and what to make of it.

mod charts;
mod header;
mod notes;
mod result;

use egui::Ui;

use crate::app::{Action, App, Page, Training};
use crate::ui::Actions;
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::theme::size;
use crate::ui::widget::panel;

/// View state of the page.
#[derive(Default)]
pub(in crate::ui) struct TrainPage {
    charts: charts::Charts,
    header: header::Header,
}

impl TrainPage {
    /// Paints the page.
    pub(in crate::ui) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        match &app.training {
            Some(training) => self.run(ui, training, app, actions),
            None => nothing_yet(ui, app, actions),
        }
    }

    fn run(&mut self, ui: &mut Ui, training: &Training, app: &App, actions: &mut Actions) {
        self.header.ui(ui, training, app, actions);
        for note in notes::notes(training) {
            note.ui(ui);
        }
        ui.add_space(4.0);
        self.charts.ui(ui, training, |ui| result::ui(ui, training, app, actions));
    }
}

fn nothing_yet(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let sentence = "Loss and ranking curves appear here while a model trains, with popularity and two Markov \
                    chains as lines to beat. No run has been started since the program was opened.";
    panel::empty(ui, "Nothing is training", sentence, |ui| {
        action_button(ui, app, actions, Action::TryIt);
        ui.add_space(size::GAP_SMALL);
        action_button_as(ui, app, actions, Action::GoTo(Page::Model), "Choose a model");
        ui.add_space(size::GAP_SMALL);
        action_button_as(ui, app, actions, Action::GoTo(Page::Compare), "Look at past runs");
    });
}
