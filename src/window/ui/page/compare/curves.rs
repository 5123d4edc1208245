//! The curves of the ticked runs over each other.

use egui::{Color32, Ui};
use strum::IntoEnumIterator as _;

use super::super::headline::{self, lines_to_beat};
use super::lineup::{LinedUp, Lineup};
use crate::app::{Action, App, RunSeries, Transport};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::page::{seed_curves, x_axis};
use crate::ui::theme;
use crate::ui::widget::line_chart::{
    ChartData, Chrome, Flag, LineChart, LinkedCursor, PlayheadLine, SeriesGroup, tick,
};
use seqscope_base::metric::{AnswerKind, Better, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{
    Curve, CurveAxis, Manifest, Part, References, RunId, why_not_comparable,
};

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
    /// Whether each seed is drawn by itself.
    seeds_apart: bool,
    /// Revision of the list of runs: which of them is the first of its seeds.
    listed: u64,
    x: CurveAxis,
    loss: LossOf,
    metric: Metric,
    dark: bool,
}

pub(super) struct CurvesTab {
    key: Option<CurvesKey>,
    lineup: Lineup,
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
            lineup: Lineup::default(),
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
            ui.weak(tr(
                "Tick runs in the first column of the table to draw their curves here.",
            ));
            return;
        }
        ui.horizontal_wrapped(|ui| {
            for loss in LossOf::iter() {
                ui.selectable_value(&mut self.loss_of, loss, tr(loss.to_string()));
            }
            ui.separator();
            headline::choice(ui, answers(app), &mut self.metric);
            ui.separator();
            let n_runs = ready(app).count();
            x_axis::choice(ui, &mut self.x, n_runs, |axis| n_with_axis(app, axis));
            ui.separator();
            seed_curves::switch(ui, app, actions);
            let left_out = x_axis::left_out(self.x, n_runs, |axis| n_with_axis(app, axis));
            if let Some(left_out) = left_out {
                ui.weak(tr(left_out));
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
        self.cursor.begin(self.playheads(app));
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

    /// The runs and means of the line-up as a chart, by one series of each run.
    fn chart(&self, app: &App, y_label: &str, curve: impl Fn(&RunId) -> Curve) -> ChartData {
        let mut data = ChartData {
            x_label: self.x.to_string(),
            y_label: y_label.to_owned(),
            ..ChartData::default()
        };
        for one in self.lineup.iter() {
            match one {
                LinedUp::Run(run) => data.series.push(run.series(app, curve(&run.id))),
                LinedUp::Seeds(seeds) => {
                    let mean = seeds.group(app, &curve).drawn(self.x);
                    data.series.push(mean.series);
                    data.groups.push(mean.group);
                    data.flags.extend(mean.fewer);
                }
            }
        }
        data
    }

    /// The playhead of every run that is drawn: one line where they are at the same place, else one
    /// for each in its colour.
    fn playheads(&self, app: &App) -> Vec<PlayheadLine> {
        let drawn = app.selection.compared.iter();
        let mut lines: Vec<PlayheadLine> = drawn
            .filter_map(|run| {
                let epoch = app.selection.shown_epoch(run)?.epoch;
                let series = app.views.series(run).ready()?;
                Some(PlayheadLine {
                    x: series.curves.place_of(self.x, epoch)?,
                    color: self.lineup.color_of(run),
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

    fn refresh(&mut self, ui: &Ui, app: &App) {
        let runs: Vec<(RunId, usize)> = ready(app)
            .map(|(run, series)| (run.clone(), series.curves.n_points()))
            .collect();
        let key = CurvesKey {
            colors: runs
                .iter()
                .map(|(run, _)| theme::run_color(ui, app, run))
                .collect(),
            runs,
            seeds_apart: app.selection.seeds_apart,
            listed: app.runs.revision(),
            x: self.x,
            loss: self.loss_of,
            metric: headline::chosen(answers(app), self.metric),
            dark: ui.visuals().dark_mode,
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let runs: Vec<&RunId> = key.runs.iter().map(|(run, _)| run).collect();
        self.lineup = Lineup::of_runs(ui, app, &runs);
        let part = self.loss_of.part();
        let loss = self.chart(app, "Loss (nats an event)", |run| {
            series_of(app, run, key.x, part, "loss")
        });
        self.loss.set(loss);
        let y_label = format!("{} on validation", key.metric.title());
        let mut ranked = self.chart(app, &y_label, |run| {
            series_of(app, run, key.x, Part::Valid, key.metric.name())
        });
        let best = ranked.series.iter().filter_map(|series| {
            let group = ranked.groups.iter().find(|group| group.of == series.name);
            let whole = group.map(SeriesGroup::whole_mean);
            best(whole.as_ref().unwrap_or(&series.points), key.metric)
        });
        ranked.flags.extend(best.collect::<Vec<_>>());
        ranked.references = lines_to_beat(&shared_references(app, &key.runs), key.metric);
        self.ranking.set(ranked);
        self.key = Some(key);
    }
}

/// The drawn runs whose series are read.
fn ready(app: &App) -> impl Iterator<Item = (&RunId, &RunSeries)> {
    let drawn = app.selection.compared.iter();
    drawn.filter_map(|run| Some((run, &**app.views.series(run).ready()?)))
}

/// How many of them have places on an axis.
fn n_with_axis(app: &App, axis: CurveAxis) -> usize {
    ready(app)
        .filter(|(_, series)| series.curves.has_axis(axis))
        .count()
}

/// One series of a run along an axis; without points where it has none.
fn series_of(app: &App, run: &RunId, x: CurveAxis, part: Part, metric: &str) -> Curve {
    let series = app.views.series(run).ready();
    let curve = series.and_then(|series| series.curves.along(x, part, metric));
    curve.unwrap_or_default()
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
fn best(points: &Curve, metric: Metric) -> Option<Flag> {
    let at = match metric.better() {
        Better::Lower => points.lowest()?,
        Better::Higher | Better::Neither => points.highest()?,
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
            (*first.references_valid).clone()
        }
        _ => References::new(),
    }
}
