//! The settings that differ between the ticked runs, and no others.

use egui::{Label, RichText, ScrollArea, Ui};

use crate::app::App;
use crate::ui::theme;
use crate::ui::widget::run_words;
use seqscope_engine::experiment::{Difference, differences};
use seqscope_engine::run::{RunId, Summary};

/// Height of a row: families differ in many settings.
const ROW: f32 = 18.0;

/// The differences found last.
#[derive(Default)]
pub(super) struct SettingDifferences {
    of: Vec<RunId>,
    found: Vec<Difference>,
}

impl SettingDifferences {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App) {
        ui.label(RichText::new("Settings that differ").strong());
        let runs: Vec<&Summary> = app
            .selection
            .compared
            .iter()
            .filter_map(|run| app.runs.summary(run))
            .collect();
        let runs: Vec<&Summary> = runs
            .into_iter()
            .filter(|summary| summary.manifest.is_some())
            .collect();
        if runs.len() < 2 {
            ui.weak(
                "Tick two runs or more in the table; only the settings in which they differ \
                     are listed here.",
            );
            return;
        }
        self.refresh(&runs);
        if self.found.is_empty() {
            ui.label(
                "None: these runs have the same settings, seed included. On the CPU, with the same \
                 log, they have the same numbers; a GPU may round otherwise.",
            );
            return;
        }
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().interact_size.y = ROW;
            egui::Grid::new("differences")
                .striped(true)
                .spacing([9.0, 3.0])
                .show(ui, |ui| {
                    ui.label("");
                    for summary in &runs {
                        ui.horizontal(|ui| {
                            run_words::dot(ui, theme::run_color(ui, app, &summary.id));
                            let sign = summary.id.0.rsplit('_').next().unwrap_or_default();
                            ui.label(RichText::new(sign).small())
                                .on_hover_text(run_words::distinct_title(summary));
                        });
                    }
                    ui.end_row();
                    for difference in &self.found {
                        ui.label(RichText::new(&difference.field).small());
                        for value in &difference.values {
                            let words = value.as_deref().unwrap_or("–");
                            ui.add(
                                Label::new(RichText::new(words).monospace())
                                    .wrap_mode(egui::TextWrapMode::Extend),
                            );
                        }
                        ui.end_row();
                    }
                });
        });
    }

    fn refresh(&mut self, runs: &[&Summary]) {
        if self.of.iter().eq(runs.iter().map(|summary| &summary.id)) {
            return;
        }
        self.of = runs.iter().map(|summary| summary.id.clone()).collect();
        let experiments: Vec<_> = runs
            .iter()
            .filter_map(|s| s.manifest.as_ref())
            .map(|m| &m.experiment)
            .collect();
        self.found = differences(&experiments);
    }
}
