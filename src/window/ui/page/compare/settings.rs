//! The settings that differ between the ticked runs, and no others.

use egui::{RichText, ScrollArea, Ui};

use crate::app::App;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::report::{self, CellPainter};
use crate::ui::widget::run_words;
use seqscope_engine::report::{ReportTable, settings_that_differ};
use seqscope_engine::run::{RunId, Summary, run_differences};

/// The differences found last.
#[derive(Default)]
pub(super) struct SettingDifferences {
    of: Vec<RunId>,
    table: ReportTable,
}

impl SettingDifferences {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App) {
        ui.label(RichText::new(tr("Settings that differ")).strong());
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
            ui.weak(tr(
                "Tick two runs or more in the table; only the settings in which they differ \
                     are listed here.",
            ));
            return;
        }
        self.refresh(&runs);
        if self.table.rows.is_empty() {
            ui.label(tr(
                "None: these runs have the same settings, seed included. On the CPU, with the same \
                 log, they have the same numbers; a GPU may round otherwise.",
            ));
            return;
        }
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            report::copy_menu(ui, &self.table);
            report::rows(ui, "differences", &self.table, &Signs { app });
        });
    }

    fn refresh(&mut self, runs: &[&Summary]) {
        if self.of.iter().eq(runs.iter().map(|summary| &summary.id)) {
            return;
        }
        self.of = runs.iter().map(|summary| summary.id.clone()).collect();
        let manifests: Vec<_> = runs.iter().filter_map(|s| s.manifest.as_deref()).collect();
        let ids: Vec<&RunId> = self.of.iter().collect();
        self.table = settings_that_differ(&ids, &run_differences(&manifests));
    }
}

/// Runs above narrow columns: a dot, and the signs that end the folder's name.
struct Signs<'a> {
    app: &'a App,
}

impl CellPainter for Signs<'_> {
    fn run(&self, ui: &mut Ui, id: &RunId) {
        ui.spacing_mut().item_spacing.x = theme::size::GAP_SMALL;
        run_words::dot(ui, theme::run_color(ui, self.app, id));
        let title = self.app.runs.summary(id).map(run_words::distinct_title);
        ui.label(RichText::new(self.run_words(id).0).small())
            .on_hover_text(title.unwrap_or_default());
    }

    fn run_words(&self, id: &RunId) -> (String, f32) {
        (id.0.rsplit('_').next().unwrap_or_default().to_owned(), 16.0)
    }
}
