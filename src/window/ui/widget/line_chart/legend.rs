//! The row of names above a chart: a line sample each, click to hide or show.

use std::collections::BTreeSet;

use egui::{
    Color32, Label, Rect, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::{ChartData, tick};
use crate::ui::language::tr;

/// Length of the line sample before a name.
const SAMPLE: f32 = 18.0;

/// The name under which all reference lines are hidden and shown.
pub(super) const REFERENCES: &str = "references";

/// Room for a number, so that names do not move while the cursor does.
const NUMBER: f32 = 46.0;

/// Shows every name, with its number near `read_at`; `hidden` holds those that are not drawn.
pub(super) fn ui(
    ui: &mut Ui,
    data: &ChartData,
    read_at: Option<f64>,
    hidden: &mut BTreeSet<String>,
) {
    let is_mean = |name: &str| data.groups.iter().any(|group| group.of == name);
    for series in &data.series {
        let number = read_at.map(|x| value_near(&series.points, x).map_or_else(String::new, tick));
        let name = LegendName {
            name: &series.name,
            color: series.color,
            sample: if is_mean(&series.name) {
                Sample::Mean
            } else {
                Sample::Line
            },
            number,
        };
        name.ui(ui, hidden);
    }
    if let Some(group) = data.groups.first() {
        let member = group.member;
        let words = RichText::new(tr(format!("band: lowest to highest {member}")));
        ui.add(Label::new(words.small().weak()).extend())
        .on_hover_text(tr(format!(
            "The thick line is the mean; behind it each {member} is a thin one. Where some have \
                 no number, the mean is of those that have one: the pointer tells how many."
        )));
    }
    // Each reference is named on its own line.
    if !data.references.is_empty() {
        let name = LegendName {
            name: REFERENCES,
            color: reference_color(ui),
            sample: Sample::Dashed,
            number: None,
        };
        name.ui(ui, hidden);
    }
}

/// The number of the point that is nearest in x, where it lies within a mean spacing.
pub(super) fn value_near(points: &[[f64; 2]], x: f64) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let spacing = (last[0] - first[0]) / (points.len() - 1).max(1) as f64;
    nearest_to(points, x)
        .filter(|point| (point[0] - x).abs() <= spacing && point[1].is_finite())
        .map(|point| point[1])
}

/// The point nearest in x; `points` are in order of x.
pub(super) fn nearest_to(points: &[[f64; 2]], x: f64) -> Option<[f64; 2]> {
    let at = points.partition_point(|p| p[0] < x);
    let around = [at.checked_sub(1), Some(at)]
        .into_iter()
        .flatten()
        .filter_map(|i| points.get(i).copied());
    around.min_by(|a, b| (a[0] - x).abs().total_cmp(&(b[0] - x).abs()))
}

/// The colour of reference lines: they stand back behind the curves.
pub(super) fn reference_color(ui: &Ui) -> Color32 {
    ui.visuals().text_color().gamma_multiply(0.75)
}

/// Piece of a line before a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    Line,
    /// A thick line on its band.
    Mean,
    Dashed,
}

/// One name of the row.
struct LegendName<'a> {
    name: &'a str,
    color: Color32,
    sample: Sample,
    /// Number at the cursor; `None` where there is no cursor.
    number: Option<String>,
}

impl LegendName<'_> {
    fn ui(self, ui: &mut Ui, hidden: &mut BTreeSet<String>) {
        let shown = !hidden.contains(self.name);
        let font = egui::TextStyle::Small.resolve(ui.style());
        let text_color = if shown {
            ui.visuals().text_color()
        } else {
            ui.visuals().weak_text_color()
        };
        let number = if self.number.is_some() { NUMBER } else { 0.0 };
        let name = crate::ui::text::series_name(self.name);
        let mut job = egui::text::LayoutJob::simple_singleline(name, font, text_color);
        // A long name is cut, so that it does not reach into the next chart.
        let most = (ui.max_rect().width() - SAMPLE - 5.0 - number).max(40.0);
        job.wrap = egui::text::TextWrapping::truncate_at_width(most);
        let galley = ui.painter().layout_job(job);
        let words = SAMPLE + 5.0 + galley.size().x;
        let width = words + number;
        let is_cut = galley.elided;
        let size = vec2(width, galley.size().y.max(16.0));
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(
                Role::CheckBox,
                true,
                shown,
                crate::ui::text::series_name(self.name),
            )
        });
        if ui.is_rect_visible(rect) {
            self.sample(ui, rect, shown);
            let y = rect.center().y;
            let at = pos2(rect.left() + SAMPLE + 5.0, y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, text_color);
            if let Some(number) = self.number.as_ref().filter(|_| shown) {
                let mut font = egui::TextStyle::Monospace.resolve(ui.style());
                font.size = 11.5;
                let at = pos2(rect.left() + words + 5.0, y);
                let strong = ui.visuals().strong_text_color();
                ui.painter()
                    .text(at, egui::Align2::LEFT_CENTER, number, font, strong);
            }
        }
        let does = tr(if shown {
            "Click to hide"
        } else {
            "Click to show"
        });
        let response = if is_cut {
            let name = crate::ui::text::series_name(self.name);
            response.on_hover_text(format!("{name}\n{does}"))
        } else {
            response.on_hover_text(does)
        };
        if response.clicked() && !hidden.remove(self.name) {
            hidden.insert(self.name.to_owned());
        }
    }

    /// Paints a piece of the line.
    fn sample(&self, ui: &Ui, rect: egui::Rect, shown: bool) {
        let y = rect.center().y;
        let ends = [pos2(rect.left(), y), pos2(rect.left() + SAMPLE, y)];
        let color = if shown {
            self.color
        } else {
            ui.visuals().weak_text_color().gamma_multiply(0.4)
        };
        let stroke = Stroke::new(2.0, color);
        match self.sample {
            Sample::Line => {
                ui.painter().line_segment(ends, stroke);
            }
            Sample::Mean => {
                let band = Rect::from_two_pos(ends[0], ends[1]).expand2(vec2(0.0, 5.0));
                ui.painter()
                    .rect_filled(band, 0.0, color.gamma_multiply(0.25));
                ui.painter().line_segment(ends, Stroke::new(3.0, color));
            }
            Sample::Dashed => {
                ui.painter()
                    .extend(Shape::dashed_line(&ends, stroke, 4.0, 3.0));
            }
        }
    }
}
