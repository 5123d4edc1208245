//! Files dragged onto the window.

use std::path::Path;

use egui::{Align2, Color32, FontId, Id, LayerId, Order, Ui};

use super::{Actions, theme};
use crate::app::{Action, is_experiment};
use crate::ui::language::tr;

/// Opens what is dropped; says so while it hovers.
pub(super) fn ui(ui: &Ui, actions: &mut Actions) {
    let (is_hovering, dropped) = ui.input(|input| {
        (
            !input.raw.hovered_files.is_empty(),
            input.raw.dropped_files.clone(),
        )
    });
    if let Some(file) = dropped.first() {
        actions.push(open(file.path()));
    }
    if !is_hovering {
        return;
    }
    let colors = theme::colors(ui);
    let painter = ui
        .ctx()
        .layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    let screen = ui.ctx().content_rect();
    painter.rect_filled(screen, 0.0, Color32::from_black_alpha(170));
    let inner = screen.shrink(24.0);
    painter.rect_stroke(
        inner,
        theme::size::CORNER,
        (3.0, colors.accent),
        egui::StrokeKind::Inside,
    );
    let words = "Drop a log to open it, or an experiment (.ron)";
    painter.text(
        screen.center(),
        Align2::CENTER_CENTER,
        tr(words),
        FontId::proportional(26.0),
        Color32::WHITE,
    );
}

/// An experiment by its ending, a log otherwise.
fn open(path: &Path) -> Action {
    if is_experiment(path) {
        Action::OpenExperiment(path.to_owned())
    } else {
        Action::OpenData(path.to_owned())
    }
}
