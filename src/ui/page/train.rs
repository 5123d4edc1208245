//! Train: what is not here yet says so.

use crate::app::{Action, App};
use crate::ui::Actions;

/// View state of the page.
#[derive(Default)]
pub(super) struct TrainPage {}

impl TrainPage {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions) {
        super::empty(ui, app, "Train shows what a run does. No run yet.", &[Action::TryIt], actions);
    }
}
