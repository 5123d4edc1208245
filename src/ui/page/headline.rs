//! The metrics that a page can draw: the headline ones of a kind of answers.

use egui::Ui;

use crate::metric::{AnswerKind, Metric};

/// The metric to draw: the one that was chosen if it belongs to these answers, else the primary one.
pub(super) fn chosen(kind: AnswerKind, choice: Option<Metric>) -> Metric {
    choice.filter(|metric| kind.headline().contains(metric)).unwrap_or_else(|| kind.primary())
}

/// A button for each metric.
pub(super) fn choice(ui: &mut Ui, kind: AnswerKind, choice: &mut Option<Metric>) {
    let present = chosen(kind, *choice);
    for &metric in kind.headline() {
        let button = ui.selectable_label(metric == present, metric.title()).on_hover_text(metric.about().help);
        if button.clicked() {
            *choice = Some(metric);
        }
    }
}
