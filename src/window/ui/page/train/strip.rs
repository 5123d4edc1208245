//! The strip under the two large charts: what drives training, what the weights look like, and what
//! the machine does meanwhile.

use egui::{Align, Layout, Ui, vec2};
use strum::IntoEnumIterator as _;

use super::histograms::HistogramsView;
use super::machine::{MachineCharts, MachineData};
use crate::app::{Action, App, Select, TrainChart, TrainCharts, TrainStrip, Training};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::widget::line_chart::{ChartData, Chrome, LineChart, LinkedCursor};

/// Least width of what stands beside the strip: a table of names and three metrics.
const BESIDE: f32 = 330.0;

/// Charts of the strip.
pub(super) struct Strip {
    drivers: [LineChart; 3],
    bound: [LineChart; 2],
    histograms: HistogramsView,
    machine: MachineCharts,
}

impl Default for Strip {
    fn default() -> Self {
        Self {
            drivers: [
                LineChart::new("Learning rate"),
                LineChart::new("Gradient norm"),
                LineChart::new("Throughput"),
            ],
            bound: [
                LineChart::new("Reconstruction"),
                LineChart::new("Kullback–Leibler term"),
            ],
            histograms: HistogramsView::default(),
            machine: MachineCharts::default(),
        }
    }
}

/// Height of the strip, its choice left out.
pub(super) fn height(strip: TrainStrip) -> f32 {
    match strip {
        TrainStrip::Drivers | TrainStrip::Bound | TrainStrip::Machine => 150.0,
        TrainStrip::Histograms => 190.0,
    }
}

/// Charts of what drives training, in their order.
const DRIVERS: [TrainChart; 3] = [
    TrainChart::LearningRate,
    TrainChart::GradientNorm,
    TrainChart::Throughput,
];

/// Charts of the two terms, in their order.
const BOUND: [TrainChart; 2] = [TrainChart::Reconstruction, TrainChart::Divergence];

impl Strip {
    /// A chart of the strip; `None` where it is none of its.
    pub(super) fn chart(&mut self, chart: TrainChart) -> Option<&mut LineChart> {
        let named = DRIVERS.iter().chain(&BOUND);
        let charts = self.drivers.iter_mut().chain(&mut self.bound);
        let mut found = named.zip(charts).filter(|(name, _)| **name == chart);
        found.next().map(|(_, chart)| chart)
    }

    /// New numbers for learning rate, gradient norm and throughput.
    pub(super) fn set_drivers(&mut self, data: [ChartData; 3]) {
        for (chart, data) in self.drivers.iter_mut().zip(data) {
            chart.set(data);
        }
    }

    /// New numbers for reconstruction and Kullback–Leibler term.
    pub(super) fn set_bound(&mut self, data: [ChartData; 2]) {
        for (chart, data) in self.bound.iter_mut().zip(data) {
            chart.set(data);
        }
    }

    /// New numbers of the machine.
    pub(super) fn set_machine(&mut self, machine: MachineData) {
        self.machine.set(machine);
    }

    /// Paints what is chosen over the room at hand, and `beside` at its right. Returns the epoch
    /// that was clicked.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        training: &Training,
        playhead: Option<usize>,
        cursor: &mut LinkedCursor,
        beside: impl FnOnce(&mut Ui),
    ) -> Option<usize> {
        let strip = app.selection.train_strip;
        let gap = ui.spacing().item_spacing.x;
        let n = self.drivers.len() as f32;
        let quarter = (ui.available_width() - n * gap) / (n + 1.0);
        let left = ui.available_width() - quarter.max(BESIDE) - gap;
        let mut clicked = None;
        let large = app.arrangement.charts();
        ui.horizontal_top(|ui| {
            let size = vec2(left, height(strip));
            let layout = Layout::left_to_right(Align::Min);
            ui.allocate_ui_with_layout(size, layout, |ui| match strip {
                TrainStrip::Drivers => {
                    let mut small = small(&mut self.drivers, &DRIVERS, large);
                    side_by_side(ui, size, &mut small, cursor);
                }
                TrainStrip::Bound => {
                    let has_terms = self.bound.iter().any(has_numbers);
                    if has_terms {
                        let mut small = small(&mut self.bound, &BOUND, large);
                        side_by_side(ui, size, &mut small, cursor);
                    } else {
                        ui.weak(tr(NO_TERMS));
                    }
                }
                TrainStrip::Machine => self.machine.ui(ui, size, training, cursor),
                TrainStrip::Histograms => {
                    ui.vertical(|ui| {
                        let run = training.run.as_ref();
                        clicked = self.histograms.ui(ui, size, app, run, playhead);
                    });
                }
            });
            ui.vertical(beside);
        });
        clicked
    }
}

/// The charts that are not among the large ones.
fn small<'a>(
    charts: &'a mut [LineChart],
    names: &[TrainChart],
    large: &TrainCharts,
) -> Vec<&'a mut LineChart> {
    let named = charts.iter_mut().zip(names);
    let small = named.filter(|(_, name)| !large.shows(**name));
    small.map(|(chart, _)| chart).collect()
}

/// Sentence in the place of the two terms where there are none.
const NO_TERMS: &str = "Only a variational model has a loss of two terms, reconstruction and \
                        Kullback–Leibler; this one has none, or no epoch yet.";

fn has_numbers(chart: &LineChart) -> bool {
    let mut series = chart.data().series.iter();
    series.any(|series| series.points.highest().is_some())
}

/// The choice of what the strip shows.
pub(super) fn choice(ui: &mut Ui, app: &App, actions: &mut Actions) {
    ui.horizontal(|ui| {
        for strip in TrainStrip::iter() {
            let is_chosen = app.selection.train_strip == strip;
            let button = ui.selectable_label(is_chosen, tr(strip.to_string()));
            if button.on_hover_text(tr(strip.help())).clicked() {
                actions.push(Action::Select(Select::Strip(strip)));
            }
        }
    });
}

/// Small charts in a row.
pub(super) fn side_by_side(
    ui: &mut Ui,
    size: egui::Vec2,
    charts: &mut [&mut LineChart],
    cursor: &mut LinkedCursor,
) {
    if charts.is_empty() {
        ui.weak(tr("All of these are among the large charts."));
    }
    let gap = ui.spacing().item_spacing.x;
    let n = charts.len().max(1) as f32;
    let width = (size.x - (n - 1.0) * gap) / n;
    for chart in charts {
        let room = vec2(width, size.y);
        ui.allocate_ui_with_layout(room, Layout::top_down(Align::Min), |ui| {
            ui.set_width(width);
            chart.linked(ui, size.y, Chrome::Small, cursor);
        });
    }
}
