//! The pages: one file each, left to right in the order of the questions they answer.

mod badge;
mod compare;
mod data;
mod explain;
mod form;
mod headline;
pub(super) mod live_setting;
mod model;
mod report;
mod run_picker;
mod seed_curves;
mod train;
mod welcome;
mod x_axis;

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
    report: report::ReportPage,
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
            Page::Report => self.report.ui(ui, app, actions),
        }
    }
}
