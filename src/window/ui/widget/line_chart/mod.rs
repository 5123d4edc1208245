//! Curves over epochs or steps: several series, reference lines, log axis, smoothing, a table view.
//!
//! A page calls [`LineChart::set`] when its numbers have changed and [`LineChart::ui`] each frame;
//! what is drawn (log, smoothed, thinned) is kept until numbers, options or zoom change.

mod axis;
mod cursor;
mod draw;
mod drawn;
mod figure;
mod group;
mod labels;
mod legend;
mod outliers;
mod table;

pub(crate) use axis::{log_marks, log_text, plain_marks, tick, whole_marks};
pub use cursor::{LinkedCursor, PlayheadLine};
pub use group::SeriesGroup;
use outliers::CutChoice;

use std::collections::BTreeSet;

use egui::Color32;

use crate::ui::language::tr;
use crate::ui::widget::figure_menu::{self, NamesData};
use seqscope_engine::figure::CurveSmoothing;
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
    /// Bands and members of those series that are means.
    pub groups: Vec<SeriesGroup>,
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
const OPTIONS_WIDTH: f32 = 400.0;

/// Share of a chart's height that its legend takes at most, and the height of one row of it; the
/// legend of many curves is scrolled.
const LEGEND_SHARE: f32 = 0.2;
const LEGEND_ROW: f32 = 20.0;

/// Height of title, legend and the x axis of a chart with all its controls.
const CONTROLS: f32 = 96.0;

/// Axes that are logarithmic.
#[derive(Clone, Copy, Debug, Default)]
struct LogAxes {
    x: bool,
    y: bool,
}

/// A chart with its view state.
#[derive(Debug)]
pub struct LineChart {
    title: &'static str,
    data: ChartData,
    revision: u64,
    log: LogAxes,
    /// Whether an axis has become another one, so that what was zoomed to is no more.
    has_new_axis: bool,
    cut: CutChoice,
    smoothing: SmoothingChoice,
    /// Curve under the pointer in the last frame.
    pointed: Option<String>,
    /// Cursor of a chart that stands alone.
    own_cursor: LinkedCursor,
    as_table: bool,
    hidden: BTreeSet<String>,
    drawn: drawn::DrawnCurves,
    /// Part of the axes that was in sight in the last frame, where it was chosen by a person.
    sight: Option<[[f64; 2]; 2]>,
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
            log: LogAxes::default(),
            has_new_axis: false,
            cut: CutChoice::default(),
            smoothing: SmoothingChoice::default(),
            pointed: None,
            own_cursor: LinkedCursor::default(),
            as_table: false,
            hidden: BTreeSet::new(),
            drawn: drawn::DrawnCurves::default(),
            sight: None,
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

    /// Paints the chart by itself over the width at hand and `height`.
    pub fn ui(&mut self, ui: &mut egui::Ui, height: f32, chrome: Chrome) {
        let mut cursor = std::mem::take(&mut self.own_cursor);
        cursor.begin(Vec::new());
        self.linked(ui, height, chrome, &mut cursor);
        cursor.end(ui.ctx());
        self.own_cursor = cursor;
    }

    /// [`LineChart::ui`] of one chart of several, with the cursor that they share.
    pub fn linked(
        &mut self,
        ui: &mut egui::Ui,
        height: f32,
        chrome: Chrome,
        cursor: &mut LinkedCursor,
    ) {
        ui.push_id(self.title, |ui| {
            let top = ui.cursor().top();
            let has_unit_above = chrome == Chrome::Small || !self.unit_fits(ui, height);
            match chrome {
                Chrome::Full => self.header(ui, height, has_unit_above, cursor.read_at()),
                Chrome::Small => self.small_header(ui, cursor.read_at()),
            }
            let left = (height - (ui.cursor().top() - top)).max(60.0);
            if self.as_table {
                self.table.refresh(&self.data, self.revision);
                self.table.ui(ui, left);
            } else {
                self.plot(ui, left, !has_unit_above, cursor);
            }
        });
    }

    /// Whether the name of y finds room along its axis in a chart of this height with all its
    /// controls.
    fn unit_fits(&self, ui: &egui::Ui, height: f32) -> bool {
        let font = egui::TextStyle::Small.resolve(ui.style());
        let color = ui.visuals().text_color();
        let words = tr(&self.data.y_label);
        let galley = ui.painter().layout_no_wrap(words, font, color);
        galley.size().x < height - CONTROLS
    }

    fn unit(&self, ui: &mut egui::Ui) {
        let unit = egui::RichText::new(tr(&self.data.y_label)).small().weak();
        ui.add(egui::Label::new(unit).truncate());
    }

    /// The title, and beside it the number at the cursor.
    fn small_header(&self, ui: &mut egui::Ui, read_at: Option<f64>) {
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new(tr(self.title)).small().strong());
            let series = self.data.series.first();
            let value = series
                .zip(read_at)
                .and_then(|(s, x)| legend::value_near(&s.points, x));
            if let Some(value) = value {
                ui.label(egui::RichText::new(tick(value)).small().monospace());
            }
            self.unit(ui);
        });
    }

    fn header(&mut self, ui: &mut egui::Ui, height: f32, has_unit: bool, read_at: Option<f64>) {
        ui.horizontal(|ui| {
            ui.strong(tr(self.title));
            let is_narrow = ui.available_width() < OPTIONS_WIDTH;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if is_narrow {
                    ui.menu_button(tr("Options"), |ui| self.options(ui))
                        .response
                        .on_hover_text(tr(self.title));
                } else {
                    self.options(ui);
                }
                if has_unit {
                    let left_to_right = egui::Layout::left_to_right(egui::Align::Center);
                    ui.with_layout(left_to_right, |ui| self.unit(ui));
                }
            });
        });
        let most = (height * LEGEND_SHARE).max(2.0 * LEGEND_ROW);
        egui::ScrollArea::vertical()
            .id_salt("legend")
            .max_height(most)
            .min_scrolled_height(most)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing = egui::vec2(12.0, 0.0);
                    legend::ui(ui, &self.data, read_at, &mut self.hidden);
                });
            });
    }

    fn options(&mut self, ui: &mut egui::Ui) {
        let named = |what: &str| format!("{}: {}", tr(what), tr(self.title));
        if ui
            .button(tr("Copy as CSV"))
            .on_hover_text(tr("Every number of this chart, one row an x"))
            .clicked()
        {
            self.table.refresh(&self.data, self.revision);
            ui.copy_text(self.table.csv());
        }
        figure_menu::button(ui, NamesData::No, || self.figure());
        ui.toggle_value(&mut self.as_table, tr("Table"))
            .on_hover_text(named("Numbers instead of curves"));
        ui.add_enabled_ui(!self.as_table, |ui| {
            let log_y = ui
                .toggle_value(&mut self.log.y, tr("Log"))
                .on_hover_text(named("Logarithmic y axis"));
            let log_x = ui
                .toggle_value(&mut self.log.x, tr("Log x"))
                .on_hover_text(named("Logarithmic x axis"));
            self.has_new_axis |= log_y.changed() || log_x.changed();
            let mut words = tr(self.smoothing.words());
            if self.cut.is_on {
                words += &tr(", cut");
            }
            ui.menu_button(words, |ui| {
                self.smoothing.ui(ui);
                let cuts = ui.checkbox(&mut self.cut.is_on, tr("Cut outliers"));
                self.has_new_axis |= cuts.changed();
                cuts.on_hover_text(tr(
                    "Leave out the few points far away, and say how many they are",
                ));
            });
        });
    }
}

/// Widest Gaussian that can be chosen, in mean spacings.
const WIDEST: f64 = 50.0;

/// Smoothing as it was chosen; each way keeps its own amount.
#[derive(Clone, Copy, Debug, Default)]
struct SmoothingChoice {
    is_gaussian: bool,
    weight: f64,
    bandwidth: f64,
}

impl SmoothingChoice {
    fn smoothing(self) -> CurveSmoothing {
        if self.is_gaussian && self.bandwidth > 0.0 {
            CurveSmoothing::Gaussian(self.bandwidth)
        } else if !self.is_gaussian && self.weight > 0.0 {
            CurveSmoothing::Average(self.weight)
        } else {
            CurveSmoothing::Off
        }
    }

    fn words(self) -> String {
        match self.smoothing() {
            CurveSmoothing::Off => "Smooth".to_owned(),
            CurveSmoothing::Average(weight) => format!("Smooth {weight:.2}"),
            CurveSmoothing::Gaussian(bandwidth) => format!("Smooth σ {bandwidth:.1}"),
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            ui.selectable_value(&mut self.is_gaussian, false, tr("Average"))
                .on_hover_text(tr("Time-weighted, debiased exponential moving average"));
            ui.selectable_value(&mut self.is_gaussian, true, tr("Gaussian"))
                .on_hover_text(tr(
                    "Mean of the points on both sides, weighted by their distance",
                ));
        });
        let (slider, hover) = if self.is_gaussian {
            (
                egui::Slider::new(&mut self.bandwidth, 0.0..=WIDEST).step_by(0.5),
                "Standard deviation in mean spacings; the raw curve stays behind at 20 %",
            )
        } else {
            (
                egui::Slider::new(&mut self.weight, 0.0..=0.99),
                "What remains of the past after one mean spacing; the raw curve stays behind at 20 %",
            )
        };
        ui.add(slider.text(tr("Smoothing")))
            .on_hover_text(tr(hover));
    }
}
