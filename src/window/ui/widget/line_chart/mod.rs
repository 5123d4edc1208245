//! Curves over epochs or steps: several series, reference lines, log axis, smoothing, a table view.
//!
//! A page calls [`LineChart::set`] when its numbers have changed and [`LineChart::ui`] each frame;
//! what is drawn (log, smoothed, thinned) is kept until numbers, options or zoom change.

mod axis;
mod draw;
mod drawn;
mod labels;
mod legend;
mod smooth;
mod table;

pub(crate) use axis::{log_marks, log_text, plain_marks, tick, whole_marks};
pub use smooth::smooth;

use std::collections::BTreeSet;

use egui::Color32;

use seqscope_engine::run::Curve;

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartSeries {
    /// Name in legend, hover table and CSV.
    pub name: String,
    /// Its colour.
    pub color: Color32,
    /// Its points.
    pub points: Curve,
    /// Whether smoothing leaves it as it is (a validation curve has few points already).
    pub keep_raw: bool,
}

/// A horizontal line to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Name, written on the line.
    pub name: String,
    /// Number that the line marks.
    pub value: f64,
}

/// One point worth a mark, such as the best epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Point that is marked.
    pub at: [f64; 2],
    /// Words of the flag.
    pub text: String,
}

/// Numbers, lines and axes of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartData {
    /// Name of x, such as `Epoch`; x takes whole numbers.
    pub x_label: String,
    /// Name and unit of y, such as `Loss (nats an event)`.
    pub y_label: String,
    /// The curves.
    pub series: Vec<ChartSeries>,
    /// Lines to compare with.
    pub references: Vec<Reference>,
    /// Marks.
    pub flags: Vec<Flag>,
    /// Whether the y axis begins at 0: for sizes that are compared with nothing else.
    pub from_zero: bool,
}

/// Amount of its controls that a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chrome {
    /// Legend, log axis, smoothing, table and CSV.
    Full,
    /// Title only: one of several small charts.
    Small,
}

/// Width that the options take beside the title; where there is less they go into a menu.
const OPTIONS_WIDTH: f32 = 270.0;

/// A chart with its view state.
#[derive(Debug)]
pub struct LineChart {
    title: &'static str,
    data: ChartData,
    revision: u64,
    log_y: bool,
    smoothing: f64,
    as_table: bool,
    hidden: BTreeSet<String>,
    drawn: drawn::DrawnCurves,
    table: table::WideTable,
}

impl LineChart {
    /// An empty chart. The title must be unique on its page.
    #[must_use]
    pub fn new(title: &'static str) -> Self {
        Self {
            title,
            data: ChartData::default(),
            revision: 0,
            log_y: false,
            smoothing: 0.0,
            as_table: false,
            hidden: BTreeSet::new(),
            drawn: drawn::DrawnCurves::default(),
            table: table::WideTable::default(),
        }
    }

    /// New numbers. Of a curve that was there before, what was made of it is kept.
    pub fn set(&mut self, data: ChartData) {
        self.data = data;
        self.revision += 1;
    }

    /// Numbers that are shown.
    #[must_use]
    pub fn data(&self) -> &ChartData {
        &self.data
    }

    /// Paints the chart over the width at hand and `height`.
    pub fn ui(&mut self, ui: &mut egui::Ui, height: f32, chrome: Chrome) {
        ui.push_id(self.title, |ui| {
            let top = ui.cursor().top();
            match chrome {
                Chrome::Full => self.header(ui),
                Chrome::Small => {
                    ui.label(egui::RichText::new(self.title).small().strong());
                }
            }
            let left = (height - (ui.cursor().top() - top)).max(60.0);
            if self.as_table {
                self.table.refresh(&self.data, self.revision);
                self.table.ui(ui, left);
            } else {
                self.plot(ui, left);
            }
        });
    }

    fn header(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            ui.strong(self.title);
            let is_narrow = ui.available_width() < OPTIONS_WIDTH;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if is_narrow {
                    ui.menu_button("Options", |ui| self.options(ui))
                        .response
                        .on_hover_text(self.title);
                } else {
                    self.options(ui);
                }
            });
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(12.0, 0.0);
            legend::ui(ui, &self.data, &mut self.hidden);
        });
    }

    fn options(&mut self, ui: &mut egui::Ui) {
        let named = |what: &str| format!("{what}: {}", self.title);
        if ui
            .button("Copy as CSV")
            .on_hover_text("Every number of this chart, one row an x")
            .clicked()
        {
            self.table.refresh(&self.data, self.revision);
            ui.copy_text(self.table.csv());
        }
        ui.toggle_value(&mut self.as_table, "Table")
            .on_hover_text(named("Numbers instead of curves"));
        ui.add_enabled_ui(!self.as_table, |ui| {
            ui.toggle_value(&mut self.log_y, "Log")
                .on_hover_text(named("Logarithmic y axis"));
            let text = if self.smoothing > 0.0 {
                format!("Smooth {:.2}", self.smoothing)
            } else {
                "Smooth".to_owned()
            };
            ui.menu_button(text, |ui| {
                let slider = egui::Slider::new(&mut self.smoothing, 0.0..=0.99).text("Smoothing");
                ui.add(slider).on_hover_text(
                    "What remains of the past after one mean spacing (time-weighted, debiased \
                     moving average); the raw curve stays behind at 20 %",
                );
            });
        });
    }
}
