//! Compare: what is not here yet says so.

use crate::app::{Action, App};
use crate::ui::Actions;

/// View state of the page.
#[derive(Default)]
pub(super) struct ComparePage {}

impl ComparePage {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions) {
        super::empty(ui, app, "Compare shows what a run does. No run yet.", &[Action::TryIt], actions);
    }
}
