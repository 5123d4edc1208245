//! What is dropped from the log before it is split.

use egui::Ui;

use super::super::form::Form;
use crate::app::App;
use crate::data::CleanSpec;
use crate::experiment::Experiment;
use crate::spec::Described;

pub(super) fn ui(ui: &mut Ui, app: &App, edited: &mut Experiment) {
    let defaults = CleanSpec::default().fields();
    Form { section: "data.clean", defaults, draft: &app.draft, is_narrow: true }.ui(ui, &mut edited.data.clean);
    ui.weak("Rows that cannot be read are never lost silently: they are counted and listed under Counts.");
}
