//! The curves: loss and ranking large, and a strip below.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Button, PopupCloseBehavior, Role, Ui, WidgetInfo};
use strum::IntoEnumIterator as _;

use super::super::headline::{self, lines_to_beat};
use super::super::{seed_curves, x_axis};
use super::machine::MachineData;
use super::sisters::{Sisters, SistersKey};
use super::strip::{self, Strip};
use crate::app::{Action, App, Arrange, ChartChange, Loadable, RunSeries, TrainChart, Training};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::widget::line_chart::{
    ChartData, ChartSeries, Chrome, Flag, LineChart, LinkedCursor, PlayheadLine, tick,
};
use crate::ui::{Actions, theme};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{Curve, CurveAxis, EpochRecord, MachineEpoch, Part, RunId};

/// Colour of the other run of a race, apart from those of this run's curves.
const RIVAL_COLOR: usize = 3;

/// Height of the choice between the large charts and the strip, with the gaps around it.
const CHOICE: f32 = 44.0;

/// Width from which three charts stand in a row.
const THREE_FROM: f32 = 1400.0;

/// Least height of a large chart.
const LARGE: f32 = 270.0;

/// Key of the numbers that the charts were last filled with; filled again only when it changes.
#[derive(Clone, Debug, Default, PartialEq)]
struct ChartsKey {
    run: Option<RunId>,
    n_steps: usize,
    n_points: usize,
    n_references: usize,
    metric: Option<Metric>,
    x: CurveAxis,
    dark: bool,
    sisters: SistersKey,
    rival: Option<(RunId, usize)>,
    n_machine: usize,
}

pub(super) struct Charts {
    key: Option<ChartsKey>,
    /// Metric that is drawn; the primary one until another is chosen.
    metric: Option<Metric>,
    x: CurveAxis,
    loss: LineChart,
    ranking: LineChart,
    strip: Strip,
    cursor: LinkedCursor,
}

impl Default for Charts {
    fn default() -> Self {
        Self {
            key: None,
            metric: None,
            x: CurveAxis::default(),
            loss: LineChart::new("Loss"),
            ranking: LineChart::new("Metric on validation"),
            strip: Strip::default(),
            cursor: LinkedCursor::default(),
        }
    }
}

impl Charts {
    /// Paints the charts over the room at hand, with a line at the epoch of the playhead; `beside`
    /// fills the place after the small ones. Returns the epoch at which a chart was clicked.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        training: &Training,
        playhead: Option<usize>,
        actions: &mut Actions,
        beside: impl FnOnce(&mut Ui),
    ) -> Option<usize> {
        let sisters = Sisters::of_run(app, training.run.as_ref());
        ui.horizontal_wrapped(|ui| {
            self.choices(ui, training);
            if sisters.is_some() || app.selection.seeds_apart {
                ui.separator();
                seed_curves::switch(ui, app, actions);
            }
            ui.separator();
            menu(ui, app, actions);
        });
        let series = training.run.as_ref().map(|run| app.views.series(run));
        let machine = series
            .and_then(Loadable::ready)
            .map(|series| &series.machine[..]);
        let beside_it = Beside {
            sisters: sisters.as_ref(),
            rival: rival_of(app, training),
        };
        self.refresh(training, beside_it, machine.unwrap_or_default(), ui);
        let at = playhead.and_then(|epoch| training.points.iter().find(|p| p.epoch == epoch));
        let lines = at.map(|point| PlayheadLine {
            x: place_of(self.x, point),
            color: None,
        });
        self.cursor.begin(lines.into_iter().collect());
        let strip = app.selection.train_strip;
        let height = ui.available_height() - strip::height(strip) - CHOICE;
        self.large(ui, app.arrangement.charts().shown(), height);
        strip::choice(ui, app, actions);
        let chosen = self
            .strip
            .ui(ui, app, training, playhead, &mut self.cursor, beside);
        let clicked = self.cursor.end(ui.ctx());
        if chosen.is_some() {
            return chosen;
        }
        let clicked = clicked?;
        let distance = |point: &&EpochRecord| (place_of(self.x, point) - clicked).abs();
        let points = training.points.iter();
        points
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map(|point| point.epoch)
    }

    /// The large charts in rows, over a room of this height, or more where that is too little.
    fn large(&mut self, ui: &mut Ui, charts: &[TrainChart], height: f32) {
        if charts.is_empty() {
            ui.weak(tr("No chart is shown large; choose some under Charts."));
            return;
        }
        let most = if ui.available_width() < THREE_FROM {
            2
        } else {
            3
        };
        let n_columns = charts.len().min(most);
        let n_rows = charts.len().div_ceil(n_columns);
        let height = (height / n_rows as f32).max(LARGE);
        for row in charts.chunks(n_columns) {
            ui.columns(row.len(), |columns| {
                for (ui, chart) in columns.iter_mut().zip(row) {
                    let chart = match chart {
                        TrainChart::Loss => &mut self.loss,
                        TrainChart::Metric => &mut self.ranking,
                        TrainChart::LearningRate
                        | TrainChart::GradientNorm
                        | TrainChart::Throughput
                        | TrainChart::Reconstruction
                        | TrainChart::Divergence => match self.strip.chart(*chart) {
                            Some(chart) => chart,
                            None => continue,
                        },
                    };
                    chart.linked(ui, height, Chrome::Full, &mut self.cursor);
                }
            });
        }
    }

    fn choices(&mut self, ui: &mut Ui, training: &Training) {
        let n_runs = usize::from(!training.points.is_empty());
        x_axis::choice(ui, &mut self.x, n_runs, |axis| {
            usize::from(
                training
                    .points
                    .iter()
                    .any(|p| place_of(axis, p).is_finite()),
            )
        });
        ui.separator();
        ui.label(tr("Metric"));
        headline::choice(ui, training.answers(), &mut self.metric);
    }

    fn refresh(
        &mut self,
        training: &Training,
        Beside { sisters, rival }: Beside<'_>,
        machine: &[MachineEpoch],
        ui: &Ui,
    ) {
        let key = ChartsKey {
            run: training.run.clone(),
            n_steps: training.step_losses.len(),
            n_points: training.points.len(),
            n_references: training.references_valid.len(),
            metric: self.metric,
            x: self.x,
            dark: ui.visuals().dark_mode,
            sisters: sisters.map(Sisters::key).unwrap_or_default(),
            rival: rival.and_then(|rival| Some((rival.run.clone()?, rival.points.len()))),
            n_machine: machine.len(),
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let view = ChartSource {
            training,
            sisters,
            rival,
            x: self.x,
            ui,
        };
        self.loss.set(view.loss());
        self.ranking
            .set(view.ranking(headline::chosen(training.answers(), self.metric)));
        self.strip.set_drivers([
            view.single("Learning rate", "per step", 0, |p| p.lr),
            view.single("Gradient norm", "before clipping", 5, |p| p.grad_norm),
            view.single("Throughput", "events/s", 2, |p| p.events_per_sec),
        ]);
        let terms = [
            view.single("Reconstruction", "nats an event", 6, |p| {
                told(p.reconstruction)
            }),
            view.single("KL", "nats a latent vector", 4, |p| told(p.kl)),
        ];
        self.strip.set_bound(terms);
        let machine = machine
            .iter()
            .filter_map(|told| Some((view.x_at(told.epoch)?, told)));
        self.strip
            .set_machine(MachineData::new(ui, &self.x.to_string(), machine));
        self.key = Some(key);
    }
}

/// The menu of which charts are large, and in which order.
fn menu(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let button = MenuButton::new(tr("Charts ⏷")).config(stays);
    let (response, _) = button.ui(ui, |ui| {
        ui.set_min_width(260.0);
        let charts = app.arrangement.charts();
        let others = TrainChart::iter().filter(|chart| !charts.shows(*chart));
        let shown = charts.shown().iter().copied();
        for chart in shown.chain(others) {
            menu_line(ui, app, chart, actions);
        }
        ui.separator();
        let usual = Action::Arrange(Arrange::Chart(ChartChange::Usual));
        action_button(ui, app, actions, usual);
    });
    response.on_hover_text(tr(
        "Which charts are large, and in which order; kept from one start to the next",
    ));
}

/// A chart of the menu: whether it is large, and the button that moves it forward.
fn menu_line(ui: &mut Ui, app: &App, chart: TrainChart, actions: &mut Actions) {
    let mut is_shown = app.arrangement.charts().shows(chart);
    ui.horizontal(|ui| {
        let earlier = Action::Arrange(Arrange::Chart(ChartChange::Earlier(chart)));
        let why_not = app.enabled(&earlier).err();
        let button = ui.add_enabled(why_not.is_none(), Button::new("⏶").small());
        let name = format!("Earlier: {chart}");
        button.widget_info(|| WidgetInfo::labeled(Role::Button, why_not.is_none(), tr(&name)));
        let button = button
            .on_hover_text(tr("Moves the chart forward"))
            .on_disabled_hover_text(tr(why_not.unwrap_or_default()));
        if button.clicked() {
            actions.push(earlier);
        }
        if ui.checkbox(&mut is_shown, tr(chart.to_string())).clicked() {
            actions.push(Action::Arrange(Arrange::Chart(ChartChange::Toggle(chart))));
        }
    });
}

/// The place of an epoch on the x axis; no number where a run does not tell.
fn place_of(axis: CurveAxis, point: &EpochRecord) -> f64 {
    match axis {
        CurveAxis::Epoch => point.epoch as f64,
        CurveAxis::Step => point.step as f64,
        CurveAxis::Events => told(point.events_seen),
        CurveAxis::Secs => point.train_secs,
    }
}

/// A number that a run may not have, as a point of a chart.
fn told(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// Other runs whose curves are drawn with those of the one that is shown.
#[derive(Clone, Copy)]
struct Beside<'a> {
    /// Runs of other seeds, whose mean with this one is drawn.
    sisters: Option<&'a Sisters<'a>>,
    /// The other run of a race.
    rival: Option<&'a Training>,
}

/// The other run of the race that is shown.
fn rival_of<'a>(app: &'a App, training: &Training) -> Option<&'a Training> {
    let current = app.training.current.as_ref()?;
    let is_shown = current.run == training.run && !training.is_saved;
    app.training.rival.as_ref().filter(|_| is_shown)
}

/// Training numbers as chart data.
struct ChartSource<'a> {
    training: &'a Training,
    /// Runs of other seeds, whose mean with this one is drawn.
    sisters: Option<&'a Sisters<'a>>,
    /// The other run of a race.
    rival: Option<&'a Training>,
    x: CurveAxis,
    ui: &'a Ui,
}

impl ChartSource<'_> {
    fn x_of(&self, point: &EpochRecord) -> f64 {
        place_of(self.x, point)
    }

    /// The place of an epoch; `None` of one that the run does not know.
    fn x_at(&self, epoch: usize) -> Option<f64> {
        let mut points = self.training.points.iter();
        points
            .find(|point| point.epoch == epoch)
            .map(|point| self.x_of(point))
    }

    /// Steps between two evaluations lie between two epochs; at which second one was made and how
    /// many events were seen by then is not told.
    fn x_of_step(&self, step: usize) -> Option<f64> {
        match self.x {
            CurveAxis::Epoch => {
                Some(step as f64 / self.training.progress.steps_per_epoch.max(1) as f64)
            }
            CurveAxis::Step => Some(step as f64),
            CurveAxis::Events | CurveAxis::Secs => None,
        }
    }

    fn points(&self, value: impl Fn(&EpochRecord) -> f64) -> Curve {
        self.training
            .points
            .iter()
            .map(|p| [self.x_of(p), value(p)])
            .collect::<Vec<_>>()
            .into()
    }

    fn data(&self, y_label: &str, series: Vec<ChartSeries>) -> ChartData {
        ChartData {
            x_label: self.x.to_string(),
            y_label: y_label.to_owned(),
            series,
            ..ChartData::default()
        }
    }

    fn loss(&self) -> ChartData {
        let steps: Vec<[f64; 2]> = self
            .training
            .step_losses
            .iter()
            .filter_map(|(s, loss)| Some([self.x_of_step(*s)?, *loss]))
            .collect();
        // Epochs from before the run went on have no losses a step.
        let losses = self.training.step_losses.first();
        let first_live = losses
            .filter(|_| !steps.is_empty())
            .map_or(usize::MAX, |(step, _)| *step);
        let earlier = self.training.points.iter().filter(|p| p.step < first_live);
        let train: Vec<[f64; 2]> = earlier
            .map(|p| [self.x_of(p), p.train_loss])
            .chain(steps)
            .collect();
        let valid = self.points(|p| p.valid_loss);
        let series = vec![
            ChartSeries {
                name: "training".to_owned(),
                color: theme::series_color(self.ui, 0),
                points: train.into(),
                keep_raw: false,
            },
            ChartSeries {
                name: "validation".to_owned(),
                color: theme::series_color(self.ui, 1),
                points: valid.clone(),
                keep_raw: true,
            },
        ];
        let unit = match self.training.answers() {
            AnswerKind::Number => "Loss (squared, on the model's scale)",
            AnswerKind::Ranking | AnswerKind::Classes | AnswerKind::Binary => {
                "Loss (nats an event)"
            }
        };
        let chart = self.data(unit, series);
        let chart = self.with_rival(chart, "validation", |p| p.valid_loss);
        self.with_seeds(chart, "validation", "loss", valid)
    }

    /// A chart with the curve of the other run of a race.
    fn with_rival(
        &self,
        mut chart: ChartData,
        what: &str,
        value: impl Fn(&EpochRecord) -> f64,
    ) -> ChartData {
        if let Some(rival) = self.rival {
            let points = rival.points.iter();
            let points: Vec<[f64; 2]> = points
                .map(|point| [place_of(self.x, point), value(point)])
                .collect();
            chart.series.push(ChartSeries {
                name: format!("{what}, {}", rival.title),
                color: theme::series_color(self.ui, RIVAL_COLOR),
                points: points.into(),
                keep_raw: true,
            });
        }
        chart
    }

    /// A chart with the mean of all seeds by one series on validation, this run's own among them.
    fn with_seeds(&self, mut chart: ChartData, what: &str, metric: &str, own: Curve) -> ChartData {
        if let Some(sisters) = self.sisters {
            let along = |run: &RunSeries| run.curves.along(self.x, Part::Valid, metric);
            let mean = sisters.with_own(self.ui, what, own, along).drawn(self.x);
            chart.series.insert(0, mean.series);
            chart.groups.push(mean.group);
            chart.flags.extend(mean.fewer);
        }
        chart
    }

    fn ranking(&self, metric: Metric) -> ChartData {
        let value = |point: &EpochRecord| point.valid.get(metric).unwrap_or(f64::NAN);
        let points = self.points(value);
        let best = self
            .training
            .points
            .iter()
            .rev()
            .find(|p| p.is_best)
            .map(|p| Flag {
                at: [self.x_of(p), value(p)],
                text: format!("best: epoch {}, {}", p.epoch, tick(value(p))),
            });
        let name = format!("this run, {}", metric.title());
        let series = vec![ChartSeries {
            name,
            color: theme::series_color(self.ui, 1),
            points: points.clone(),
            keep_raw: true,
        }];
        let chart = ChartData {
            references: lines_to_beat(&self.training.references_valid, metric),
            flags: best.into_iter().collect(),
            ..self.data(&format!("{} on validation", metric.title()), series)
        };
        let chart = self.with_rival(chart, metric.title(), value);
        self.with_seeds(chart, metric.title(), metric.name(), points)
    }

    fn single(
        &self,
        name: &str,
        y_label: &str,
        color: usize,
        value: impl Fn(&EpochRecord) -> f64,
    ) -> ChartData {
        let color = theme::series_color(self.ui, color);
        let series = vec![ChartSeries {
            name: name.to_owned(),
            color,
            points: self.points(value),
            keep_raw: true,
        }];
        ChartData {
            from_zero: true,
            ..self.data(y_label, series)
        }
    }
}
