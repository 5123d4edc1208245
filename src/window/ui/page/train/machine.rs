//! Load, memory and energy of the machine, as far as it told them.

use egui::{Ui, Vec2, vec2};

use super::strip::side_by_side;
use crate::app::Training;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::line_chart::{ChartData, ChartSeries, LineChart, LinkedCursor, tick};
use seqscope_engine::run::{MachineEpoch, MachineMetric};
use seqscope_model::DeviceKind;

/// Bytes of the unit in which memory is drawn.
const GIB: f64 = (1_u64 << 30) as f64;

/// Height of the sentence under the charts.
const SENTENCE: f32 = 20.0;

/// One chart and the numbers in it, with what they are multiplied by.
struct Plan {
    title: &'static str,
    y_label: &'static str,
    metrics: &'static [MachineMetric],
    times: f64,
}

/// Every chart there may be.
const PLANS: [Plan; 5] = [
    Plan {
        title: "Processor load",
        y_label: "processors busy",
        metrics: &[MachineMetric::CpuLoad],
        times: 1.0,
    },
    Plan {
        title: "Memory",
        y_label: "GiB",
        metrics: &[MachineMetric::MemoryBytes],
        times: 1.0 / GIB,
    },
    Plan {
        title: "GPU load",
        y_label: "% of the time",
        metrics: &[MachineMetric::GpuLoad],
        times: 100.0,
    },
    Plan {
        title: "GPU memory",
        y_label: "GiB, all programs",
        metrics: &[MachineMetric::GpuMemoryBytes],
        times: 1.0 / GIB,
    },
    Plan {
        title: "Energy",
        y_label: "Wh an epoch",
        metrics: &[MachineMetric::CpuWh, MachineMetric::GpuWh],
        times: 1.0,
    },
];

/// Numbers of the machine as charts take them.
pub(super) struct MachineData {
    charts: [ChartData; 5],
    /// Energy of all epochs, in watt-hours; `None` where it is not told.
    total_wh: Option<f64>,
}

impl MachineData {
    /// Numbers of epochs at their places on the x axis.
    pub(super) fn new<'a>(
        ui: &Ui,
        x_label: &str,
        epochs: impl Iterator<Item = (f64, &'a MachineEpoch)>,
    ) -> Self {
        let epochs: Vec<(f64, &MachineEpoch)> = epochs.collect();
        let charts = PLANS.map(|plan| {
            let series = plan.metrics.iter().enumerate().filter_map(|(at, metric)| {
                let told = epochs
                    .iter()
                    .filter_map(|(x, told)| Some([*x, told.get(*metric)? * plan.times]));
                let points: Vec<[f64; 2]> = told.collect();
                (!points.is_empty()).then(|| ChartSeries {
                    name: metric.title().to_owned(),
                    color: theme::series_color(ui, 3 + at),
                    points: points.into(),
                    keep_raw: true,
                })
            });
            ChartData {
                x_label: x_label.to_owned(),
                y_label: plan.y_label.to_owned(),
                series: series.collect(),
                from_zero: true,
                ..ChartData::default()
            }
        });
        let energy = epochs.iter().flat_map(|(_, told)| {
            [MachineMetric::CpuWh, MachineMetric::GpuWh].map(|metric| told.get(metric))
        });
        let energy: Vec<f64> = energy.flatten().collect();
        Self {
            charts,
            total_wh: (!energy.is_empty()).then(|| energy.iter().sum()),
        }
    }
}

/// The charts.
pub(super) struct MachineCharts {
    charts: [LineChart; 5],
    total_wh: Option<f64>,
}

impl Default for MachineCharts {
    fn default() -> Self {
        Self {
            charts: PLANS.map(|plan| LineChart::new(plan.title)),
            total_wh: None,
        }
    }
}

impl MachineCharts {
    pub(super) fn set(&mut self, data: MachineData) {
        self.total_wh = data.total_wh;
        for (chart, data) in self.charts.iter_mut().zip(data.charts) {
            chart.set(data);
        }
    }

    /// Paints those that have numbers, and says what the machine did not tell.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        size: Vec2,
        training: &Training,
        cursor: &mut LinkedCursor,
    ) {
        let uses_gpu = training
            .device
            .as_ref()
            .is_some_and(|device| device.kind == DeviceKind::Gpu);
        let sentence = self.sentence(uses_gpu);
        ui.vertical(|ui| {
            let told = self.charts.iter_mut();
            let mut told: Vec<&mut LineChart> = told
                .filter(|chart| !chart.data().series.is_empty())
                .collect();
            if !told.is_empty() {
                ui.horizontal_top(|ui| {
                    let room = vec2(size.x, size.y - SENTENCE);
                    side_by_side(ui, room, &mut told, cursor);
                });
            }
            let label = egui::Label::new(egui::RichText::new(tr(&sentence)).small().weak());
            ui.add(label.truncate()).on_hover_text(tr(sentence));
        });
    }

    /// Sentence on the energy of the whole run, and on what was not told.
    fn sentence(&self, uses_gpu: bool) -> String {
        let charts = PLANS.iter().zip(&self.charts);
        let missing: Vec<&str> = charts
            .filter(|(plan, chart)| {
                let is_of_gpu = plan.title.starts_with("GPU");
                chart.data().series.is_empty() && (uses_gpu || !is_of_gpu)
            })
            .map(|(plan, _)| plan.title)
            .collect();
        let energy = self.total_wh.map(|wh| format!("{} Wh in all.", tick(wh)));
        let missing = if missing.len() == PLANS.len() || missing.len() == 3 && !uses_gpu {
            Some(
                "Nothing was told of the machine: it is kept at the end of every epoch, and this \
                 run has none yet, or is from before it was kept."
                    .to_owned(),
            )
        } else if missing.is_empty() {
            None
        } else {
            Some(format!(
                "Not told by this machine: {}; the run's log.txt says why.",
                missing.join(", ")
            ))
        };
        let told: Vec<String> = energy.into_iter().chain(missing).collect();
        told.join(" ")
    }
}
