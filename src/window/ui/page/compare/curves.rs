//! The curves of the ticked runs over each other.

use egui::Ui;
use strum::IntoEnumIterator as _;

use super::super::headline::{self, lines_to_beat};
use crate::app::App;
use crate::ui::theme;
use crate::ui::widget::line_chart::{ChartData, ChartSeries, Chrome, Flag, LineChart, tick};
use crate::ui::widget::run_words;
use seqscope_base::metric::{AnswerKind, Better, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{Manifest, Part, References, RunId, why_not_comparable};

/// Loss that is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum LossOf {
    #[default]
    #[strum(to_string = "Validation loss")]
    Valid,
    #[strum(to_string = "Training loss")]
    Train,
}

impl LossOf {
    fn part(self) -> Part {
        match self {
            Self::Valid => Part::Valid,
            Self::Train => Part::Train,
        }
    }
}

/// Key of the numbers that the charts were last filled with.
#[derive(Clone, Debug, PartialEq)]
struct CurvesKey {
    /// Each run with the number of its points.
    runs: Vec<(RunId, usize)>,
    loss: LossOf,
    metric: Metric,
    dark: bool,
}

pub(super) struct CurvesTab {
    key: Option<CurvesKey>,
    loss_of: LossOf,
    /// Metric that is drawn; the primary one until another is chosen.
    metric: Option<Metric>,
    loss: LineChart,
    ranking: LineChart,
}

impl Default for CurvesTab {
    fn default() -> Self {
        Self {
            key: None,
            loss_of: LossOf::default(),
            metric: None,
            loss: LineChart::new("Loss"),
            ranking: LineChart::new("Metric"),
        }
    }
}

impl CurvesTab {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App) {
        if app.selection.compared.is_empty() {
            ui.weak("Tick runs in the first column of the table to draw their curves here.");
            return;
        }
        ui.horizontal(|ui| {
            for loss in LossOf::iter() {
                ui.selectable_value(&mut self.loss_of, loss, loss.to_string());
            }
            ui.separator();
            headline::choice(ui, answers(app), &mut self.metric);
            if app
                .selection
                .compared
                .iter()
                .any(|run| app.views.series(run).is_loading())
            {
                ui.spinner();
            }
        });
        self.refresh(ui, app);
        let height = ui.available_height().max(160.0);
        ui.columns(2, |columns| {
            if let [left, right] = columns {
                self.loss.ui(left, height, Chrome::Full);
                self.ranking.ui(right, height, Chrome::Full);
            }
        });
    }

    fn refresh(&mut self, ui: &Ui, app: &App) {
        let ready = app
            .selection
            .compared
            .iter()
            .filter_map(|run| Some((run, app.views.series(run).ready()?)));
        let key = CurvesKey {
            runs: ready
                .map(|(run, series)| (run.clone(), series.curves.n_points()))
                .collect(),
            loss: self.loss_of,
            metric: headline::chosen(answers(app), self.metric),
            dark: ui.visuals().dark_mode,
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let loss = curves(ui, app, &key, self.loss_of.part(), "loss");
        let ranking = curves(ui, app, &key, Part::Valid, key.metric.name());
        self.loss.set(data("Loss (nats an event)", loss));
        let mut ranked = data(&format!("{} on validation", key.metric.title()), ranking);
        ranked.flags = ranked
            .series
            .iter()
            .filter_map(|series| best(series, key.metric))
            .collect();
        ranked.references = lines_to_beat(&shared_references(app, &key.runs), key.metric);
        self.ranking.set(ranked);
        self.key = Some(key);
    }
}

fn data(y_label: &str, series: Vec<ChartSeries>) -> ChartData {
    ChartData {
        x_label: "Epoch".to_owned(),
        y_label: y_label.to_owned(),
        series,
        ..ChartData::default()
    }
}

fn curves(ui: &Ui, app: &App, key: &CurvesKey, part: Part, metric: &str) -> Vec<ChartSeries> {
    key.runs
        .iter()
        .filter_map(|(run, _)| {
            let points = app
                .views
                .series(run)
                .ready()?
                .curves
                .get(part, metric)
                .cloned()
                .unwrap_or_default();
            let name = app
                .runs
                .summary(run)
                .map_or_else(|| run.to_string(), run_words::distinct_title);
            Some(ChartSeries {
                name,
                color: theme::run_color(ui, app, run),
                points,
                keep_raw: false,
            })
        })
        .collect()
}

/// Kind of answers that the first of the drawn runs is judged by.
fn answers(app: &App) -> AnswerKind {
    let manifests = app
        .selection
        .compared
        .iter()
        .filter_map(|run| app.runs.summary(run)?.manifest.as_deref());
    manifests
        .map(|manifest| manifest.experiment.answers())
        .next()
        .unwrap_or_default()
}

/// The best point of a curve.
fn best(series: &ChartSeries, metric: Metric) -> Option<Flag> {
    let at = match metric.better() {
        Better::Lower => series.points.lowest()?,
        Better::Higher | Better::Neither => series.points.highest()?,
    };
    Some(Flag {
        at,
        text: tick(at[1]),
    })
}

/// The references, when all of these runs share data and split: otherwise each would have its own.
fn shared_references(app: &App, runs: &[(RunId, usize)]) -> References {
    let manifest = |run: &RunId| app.runs.summary(run).and_then(|s| s.manifest.as_deref());
    let manifests: Vec<&Manifest> = runs.iter().filter_map(|(run, _)| manifest(run)).collect();
    match manifests.split_first() {
        Some((first, rest))
            if rest
                .iter()
                .all(|other| why_not_comparable(first, other).is_none()) =>
        {
            first.references_valid.clone()
        }
        _ => References::new(),
    }
}
