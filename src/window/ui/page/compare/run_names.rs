//! Names of runs in the tables of this page: the run's colour and title, its folder on hover.

use egui::Ui;

use crate::app::App;
use crate::ui::widget::report::CellPainter;
use crate::ui::widget::run_words;
use crate::ui::{text, theme};
use seqscope_engine::run::RunId;

/// Room that the dot takes beside the title.
const DOT: f32 = 26.0;
/// Letters of a title that are shown.
const LETTERS: usize = 40;

/// Painter of the names of runs.
#[derive(Clone, Copy)]
pub(super) struct RunNames<'a> {
    pub(super) app: &'a App,
}

impl CellPainter for RunNames<'_> {
    fn run(&self, ui: &mut Ui, id: &RunId) {
        ui.spacing_mut().item_spacing.x = theme::size::GAP;
        run_words::dot(ui, theme::run_color(ui, self.app, id));
        let name = egui::Label::new(self.run_words(id).0).truncate();
        ui.add(name).on_hover_text(id.to_string());
    }

    fn run_words(&self, id: &RunId) -> (String, f32) {
        let title = self
            .app
            .runs
            .summary(id)
            .map_or_else(|| id.to_string(), run_words::distinct_title);
        (text::clipped(&title, LETTERS), DOT)
    }
}
