//! Runs of other seeds beside the one that is shown.

use egui::Ui;

use super::super::seed_curves::SeedCurves;
use crate::app::{App, RunColor, RunSeries};
use crate::ui::theme;
use seqscope_engine::run::{Curve, RunId};

/// Runs that differ from the shown one in their seed alone, as far as they are read.
pub(super) struct Sisters<'a> {
    runs: Vec<(RunId, &'a RunSeries)>,
    color: RunColor,
}

/// Runs with the number of their points: what is drawn of them changes with it.
pub(super) type SistersKey = Vec<(RunId, usize)>;

impl<'a> Sisters<'a> {
    /// The other seeds of a run; `None` where there are none, or each is drawn by itself.
    pub(super) fn of_run(app: &'a App, run: Option<&RunId>) -> Option<Self> {
        let run = run.filter(|_| !app.selection.seeds_apart)?;
        let sisters = app.sisters_of(run).into_iter();
        let runs: Vec<(RunId, &RunSeries)> = sisters
            .filter_map(|run| {
                let series = app.views.series(&run).ready()?;
                Some((run, &**series))
            })
            .collect();
        if runs.is_empty() {
            return None;
        }
        let mut color = app.seeds_color(run, []);
        // The first hues are those of the run's own curves.
        if color.hue < 2 {
            color.shade = 1;
        }
        Some(Self { runs, color })
    }

    pub(super) fn key(&self) -> SistersKey {
        let runs = self.runs.iter();
        runs.map(|(run, series)| (run.clone(), series.curves.n_points()))
            .collect()
    }

    /// One series of each of them, and the shown run's own among them.
    pub(super) fn with_own(
        &self,
        ui: &Ui,
        what: &str,
        own: Curve,
        along: impl Fn(&RunSeries) -> Option<Curve>,
    ) -> SeedCurves {
        let others = self.runs.iter().map(|(_, series)| {
            let name = format!("{what}, seed {}", series.manifest.experiment.seed);
            (name, along(series).unwrap_or_default())
        });
        let own = (format!("{what}, this run"), own);
        let members: Vec<(String, Curve)> = std::iter::once(own).chain(others).collect();
        SeedCurves {
            name: format!("{what}, mean of {} seeds", members.len()),
            color: theme::color_of(ui, self.color),
            members,
            keep_raw: true,
        }
    }
}
