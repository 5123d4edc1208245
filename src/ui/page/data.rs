//! The Data page.

use crate::app::{Action, App};
use crate::ui::Actions;

/// View state of the page.
#[derive(Default)]
pub(super) struct DataPage {}

impl DataPage {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App, actions: &mut Actions) {
        super::empty(ui, app, "Data", &[Action::Prepare, Action::Start], actions);
    }
}
