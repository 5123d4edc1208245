//! The curves: loss and ranking large, what drives them small below.

use egui::{Align, Layout, Ui, vec2};

use super::super::headline::{self, lines_to_beat};
use crate::app::Training;
use crate::ui::theme;
use crate::ui::widget::line_chart::{
    ChartData, ChartSeries, Chrome, Flag, LineChart, LinkedCursor, PlayheadLine, tick,
};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::{Curve, CurveAxis, EpochRecord, RunId};

/// Height of a small chart, title included.
const SMALL: f32 = 150.0;
/// Least width of what stands beside the small charts: a table of names and three metrics.
const BESIDE: f32 = 330.0;

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
}

pub(super) struct Charts {
    key: Option<ChartsKey>,
    /// Metric that is drawn; the primary one until another is chosen.
    metric: Option<Metric>,
    x: CurveAxis,
    loss: LineChart,
    ranking: LineChart,
    small: [LineChart; 3],
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
            small: [
                LineChart::new("Learning rate"),
                LineChart::new("Gradient norm"),
                LineChart::new("Throughput"),
            ],
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
        training: &Training,
        playhead: Option<usize>,
        beside: impl FnOnce(&mut Ui),
    ) -> Option<usize> {
        self.choices(ui, training);
        self.refresh(training, ui);
        let at = playhead.and_then(|epoch| training.points.iter().find(|p| p.epoch == epoch));
        let lines = at.map(|point| PlayheadLine {
            x: place_of(self.x, point),
            color: None,
        });
        self.cursor.begin(lines.into_iter().collect());
        let large = (ui.available_height() - SMALL - 16.0).max(220.0);
        ui.columns(2, |columns| {
            if let [left, right] = columns {
                self.loss
                    .linked(left, large, Chrome::Full, &mut self.cursor);
                self.ranking
                    .linked(right, large, Chrome::Full, &mut self.cursor);
            }
        });
        ui.add_space(6.0);
        let gap = ui.spacing().item_spacing.x;
        let n_small = self.small.len() as f32;
        let quarter = (ui.available_width() - n_small * gap) / (n_small + 1.0);
        let width = (ui.available_width() - quarter.max(BESIDE)) / n_small - gap;
        ui.horizontal_top(|ui| {
            for chart in &mut self.small {
                ui.allocate_ui_with_layout(
                    vec2(width, SMALL),
                    Layout::top_down(Align::Min),
                    |ui| {
                        ui.set_width(width);
                        chart.linked(ui, SMALL, Chrome::Small, &mut self.cursor);
                    },
                );
            }
            ui.vertical(beside);
        });
        let clicked = self.cursor.end(ui.ctx())?;
        let distance = |point: &&EpochRecord| (place_of(self.x, point) - clicked).abs();
        let points = training.points.iter();
        points
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map(|point| point.epoch)
    }

    fn choices(&mut self, ui: &mut Ui, training: &Training) {
        use strum::IntoEnumIterator as _;
        ui.horizontal(|ui| {
            ui.label("x axis");
            for x in CurveAxis::iter() {
                ui.selectable_value(&mut self.x, x, x.to_string());
            }
            ui.separator();
            ui.label("Metric");
            headline::choice(ui, training.answers(), &mut self.metric);
        });
    }

    fn refresh(&mut self, training: &Training, ui: &Ui) {
        let key = ChartsKey {
            run: training.run.clone(),
            n_steps: training.step_losses.len(),
            n_points: training.points.len(),
            n_references: training.references_valid.len(),
            metric: self.metric,
            x: self.x,
            dark: ui.visuals().dark_mode,
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        let view = ChartSource {
            training,
            x: self.x,
            ui,
        };
        self.loss.set(view.loss());
        self.ranking
            .set(view.ranking(headline::chosen(training.answers(), self.metric)));
        let [lr, norm, speed] = &mut self.small;
        lr.set(view.single("Learning rate", "per step", 0, |p| p.lr));
        norm.set(view.single("Gradient norm", "before clipping", 5, |p| p.grad_norm));
        speed.set(view.single("Throughput", "events/s", 2, |p| p.events_per_sec));
        self.key = Some(key);
    }
}

/// The place of an epoch on the x axis; no number where a run does not tell.
fn place_of(axis: CurveAxis, point: &EpochRecord) -> f64 {
    match axis {
        CurveAxis::Epoch => point.epoch as f64,
        CurveAxis::Step => point.step as f64,
        CurveAxis::Secs => point.train_secs,
    }
}

/// Training numbers as chart data.
struct ChartSource<'a> {
    training: &'a Training,
    x: CurveAxis,
    ui: &'a Ui,
}

impl ChartSource<'_> {
    fn x_of(&self, point: &EpochRecord) -> f64 {
        place_of(self.x, point)
    }

    /// Steps between two evaluations lie between two epochs; at which second one was made is not
    /// told.
    fn x_of_step(&self, step: usize) -> Option<f64> {
        match self.x {
            CurveAxis::Epoch => {
                Some(step as f64 / self.training.progress.steps_per_epoch.max(1) as f64)
            }
            CurveAxis::Step => Some(step as f64),
            CurveAxis::Secs => None,
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
                points: self.points(|p| p.valid_loss),
                keep_raw: true,
            },
        ];
        let unit = match self.training.answers() {
            AnswerKind::Number => "Loss (squared, on the model's scale)",
            AnswerKind::Ranking | AnswerKind::Classes | AnswerKind::Binary => {
                "Loss (nats an event)"
            }
        };
        self.data(unit, series)
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
            points,
            keep_raw: true,
        }];
        ChartData {
            references: lines_to_beat(&self.training.references_valid, metric),
            flags: best.into_iter().collect(),
            ..self.data(&format!("{} on validation", metric.title()), series)
        }
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
