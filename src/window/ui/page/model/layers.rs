//! The layers of the model as it stands: what each puts out, and how much of the whole it learns.

use egui::{RichText, Sense, Ui};

use crate::app::App;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::report::{self, CellPainter, CellPlace};
use seqscope_engine::report::{CellValue, ReportColumn, layers_table, words};
use seqscope_model::count_of;

/// Width of a whole share, and its height.
const SHARE: [f32; 2] = [56.0, 8.0];
/// Room for the number beside it.
const NUMBER: f32 = 56.0;
/// Key of the column of shares.
const SHARE_KEY: &str = "share";

pub(super) fn ui(ui: &mut Ui, app: &App) {
    let layers = &app.draft.layers;
    let total = count_of(layers);
    ui.scope(|ui| report::rows(ui, "layers", &layers_table(layers), &ShareBars));
    if total.known().is_none() {
        let features = app.draft.experiment.data.features.len();
        let mut said =
            "What the data tell stands as a symbol until they are prepared: n_items is the number \
             of different items."
                .to_owned();
        if features > 0 {
            said.push_str(&tr(
                " So do the layers of the features of events, which are not listed yet.",
            ));
        }
        ui.add(egui::Label::new(RichText::new(tr(said)).color(theme::colors(ui).weak)).wrap());
    }
}

/// Painter of shares as bars.
struct ShareBars;

impl CellPainter for ShareBars {
    fn width(&self, column: &ReportColumn) -> Option<f32> {
        (column.key == SHARE_KEY).then_some(SHARE[0] + NUMBER)
    }

    fn cell(&self, ui: &mut Ui, place: CellPlace<'_>) -> bool {
        match &place.cell.value {
            CellValue::Share(value) if place.column.key == SHARE_KEY => {
                share(ui, *value);
                true
            }
            _ => false,
        }
    }
}

/// A bar as long as the share, with the share beside it.
fn share(ui: &mut Ui, share: f64) {
    ui.horizontal(|ui| {
        let colors = theme::colors(ui);
        let (rect, _) = ui.allocate_exact_size(SHARE.into(), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, colors.line);
        let filled = rect.with_max_x(rect.left() + rect.width() * share as f32);
        ui.painter().rect_filled(filled, 2.0, colors.accent);
        ui.label(RichText::new(words::share(share)).size(theme::size::TEXT_SMALL));
    });
}
