//! The curves of the ticked runs over each other.

use egui::{Color32, Ui};
use strum::IntoEnumIterator as _;

use super::super::headline::{self, lines_to_beat};
use crate::app::{Action, App, Transport};
use crate::ui::Actions;
use crate::ui::theme;
use crate::ui::widget::line_chart::{
    ChartData, ChartSeries, Chrome, Flag, LineChart, LinkedCursor, PlayheadLine, tick,
};
use crate::ui::widget::run_words;
use seqscope_base::metric::{AnswerKind, Better, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{CurveAxis, Manifest, Part, References, RunId, why_not_comparable};

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
    /// The runs' colours.
    colors: Vec<Color32>,
    x: CurveAxis,
    loss: LossOf,
    metric: Metric,
    dark: bool,
}

pub(super) struct CurvesTab {
    key: Option<CurvesKey>,
    loss_of: LossOf,
    x: CurveAxis,
    cursor: LinkedCursor,
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
            x: CurveAxis::default(),
            cursor: LinkedCursor::default(),
            metric: None,
            loss: LineChart::new("Loss"),
            ranking: LineChart::new("Metric"),
        }
    }
}

impl CurvesTab {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        if app.selection.compared.is_empty() {
            ui.weak("Tick runs in the first column of the table to draw their curves here.");
            return;
        }
        ui.horizontal_wrapped(|ui| {
            for loss in LossOf::iter() {
                ui.selectable_value(&mut self.loss_of, loss, loss.to_string());
            }
            ui.separator();
            headline::choice(ui, answers(app), &mut self.metric);
            ui.separator();
            ui.label("x axis");
            for x in CurveAxis::iter() {
                ui.selectable_value(&mut self.x, x, x.to_string());
            }
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
        self.cursor.begin(playheads(ui, app, self.x));
        let height = ui.available_height().max(160.0);
        ui.columns(2, |columns| {
            if let [left, right] = columns {
                self.loss
                    .linked(left, height, Chrome::Full, &mut self.cursor);
                self.ranking
                    .linked(right, height, Chrome::Full, &mut self.cursor);
            }
        });
        let clicked = self.cursor.end(ui.ctx());
        let epoch = clicked.and_then(|x| epoch_at(app, self.x, x));
        actions.extend(epoch.map(|epoch| Action::Transport(Transport::Epoch(epoch))));
    }

    fn refresh(&mut self, ui: &Ui, app: &App) {
        let ready = app
            .selection
            .compared
            .iter()
            .filter_map(|run| Some((run, app.views.series(run).ready()?)));
        let runs: Vec<(RunId, usize)> = ready
            .map(|(run, series)| (run.clone(), series.curves.n_points()))
            .collect();
        let key = CurvesKey {
            colors: runs
                .iter()
                .map(|(run, _)| theme::run_color(ui, app, run))
                .collect(),
            runs,
            x: self.x,
            loss: self.loss_of,
            metric: headline::chosen(answers(app), self.metric),
            dark: ui.visuals().dark_mode,
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let loss = curves(app, &key, self.loss_of.part(), "loss");
        let ranking = curves(app, &key, Part::Valid, key.metric.name());
        self.loss.set(data(self.x, "Loss (nats an event)", loss));
        let y_label = format!("{} on validation", key.metric.title());
        let mut ranked = data(self.x, &y_label, ranking);
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

fn data(x: CurveAxis, y_label: &str, series: Vec<ChartSeries>) -> ChartData {
    ChartData {
        x_label: x.to_string(),
        y_label: y_label.to_owned(),
        series,
        ..ChartData::default()
    }
}

fn curves(app: &App, key: &CurvesKey, part: Part, metric: &str) -> Vec<ChartSeries> {
    let runs = key.runs.iter().zip(&key.colors);
    runs.filter_map(|((run, _), color)| {
        let points = app
            .views
            .series(run)
            .ready()?
            .curves
            .along(key.x, part, metric)
            .unwrap_or_default();
        let name = app
            .runs
            .summary(run)
            .map_or_else(|| run.to_string(), run_words::distinct_title);
        Some(ChartSeries {
            name,
            color: *color,
            points,
            keep_raw: false,
        })
    })
    .collect()
}

/// The playhead of every run that is drawn: one line where they are at the same place, else one for
/// each in its colour.
fn playheads(ui: &Ui, app: &App, axis: CurveAxis) -> Vec<PlayheadLine> {
    let drawn = app.selection.compared.iter();
    let mut lines: Vec<PlayheadLine> = drawn
        .filter_map(|run| {
            let epoch = app.selection.shown_epoch(run)?.epoch;
            let series = app.views.series(run).ready()?;
            Some(PlayheadLine {
                x: series.curves.place_of(axis, epoch)?,
                color: Some(theme::run_color(ui, app, run)),
            })
        })
        .collect();
    if let [first, others @ ..] = lines.as_mut_slice()
        && others.iter().all(|other| (other.x - first.x).abs() < 1e-9)
    {
        first.color = None;
        lines.truncate(1);
    }
    lines
}

/// The epoch of the run that leads the playhead at a place on the axis.
fn epoch_at(app: &App, axis: CurveAxis, x: f64) -> Option<usize> {
    let leading = app.selection.run.as_ref()?;
    let series = app.views.series(leading).ready()?;
    series.curves.epoch_near(axis, x)
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
