//! Effect of fine-tuning on held-out events, beside the run that it made.

use egui::{RichText, ScrollArea, Ui};

use crate::app::App;
use crate::ui::language::tr;
use crate::ui::widget::report::{self, PlainCells};
use seqscope_engine::run::RunId;

/// Width of the table.
const WIDTH: f32 = 860.0;

/// Paints a line with the change of each group of users, which opens the whole table; nothing of a run
/// that was not fine-tuned, or was not tested.
pub(super) fn ui(ui: &mut Ui, app: &App, run: &RunId) {
    let series = app.views.series(run).ready();
    let Some(table) = series.and_then(|series| series.tuning.as_ref()) else {
        return;
    };
    let words = table.notes.first().map_or("Effect", String::as_str);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr("Fine-tuned")).strong())
            .on_hover_text(tr(table.lead.join("\n\n")));
        ui.menu_button(tr(words), |ui| {
            let most = ui.ctx().content_rect().width() - 80.0;
            ui.set_width(WIDTH.min(most));
            ScrollArea::vertical()
                .max_height(ui.ctx().content_rect().height() - 220.0)
                .show(ui, |ui| {
                    ui.label(RichText::new(tr(&table.title)).strong());
                    for sentence in &table.lead {
                        ui.add(egui::Label::new(RichText::new(tr(sentence)).weak()).wrap());
                    }
                    ui.scope(|ui| report::rows(ui, "fine-tuning", table, &PlainCells));
                    for sentence in &table.notes {
                        ui.add(egui::Label::new(tr(sentence)).wrap());
                    }
                });
        });
    });
}
