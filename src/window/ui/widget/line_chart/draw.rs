//! Painting the curves, the reference lines, the marks and the hover table.

use egui::{Align2, Color32, Pos2, RichText, Stroke, TextStyle, Ui, Vec2, pos2, vec2};
use egui_plot::{
    HLine, LineStyle, MarkerShape, Plot, PlotPoint, PlotResponse, PlotTransform, PlotUi, Points,
};

use super::labels::{self, Label};
use super::legend::nearest_to;
use super::{ChartSeries, LineChart, LinkedCursor, Reference, axis, drawn, legend, tick};
use crate::ui::language::tr;
use crate::ui::widget::figure_menu::{self, NamesData};
use crate::ui::{text, theme};

/// Width of a column in which a long curve shows its lowest and its highest number: less than a
/// line is wide, so that nothing shows between two of them. What a frame costs goes with the number
/// of points.
const COLUMN: f32 = 1.3;
/// Rows of the hover table: more cannot be read at a glance.
const HOVER_ROWS: usize = 5;
/// Distance within which a curve is under the pointer.
const UNDER: f32 = 10.0;

impl LineChart {
    pub(super) fn plot(
        &mut self,
        ui: &mut Ui,
        height: f32,
        has_unit: bool,
        cursor: &mut LinkedCursor,
    ) {
        if self.is_empty() {
            return nothing(ui, height);
        }
        let id = ui.scope_id().with("plot");
        let is_refit = std::mem::take(&mut self.has_new_axis);
        self.sight = None;
        let before = egui_plot::PlotMemory::load(ui.ctx(), id).filter(|_| !is_refit);
        let x_range = before.filter(|m| !m.auto_bounds.x).map(|m| {
            let bounds = *m.transform().bounds();
            [bounds.min()[0], bounds.max()[0]]
        });
        let key = drawn::DrawnKey {
            revision: self.revision,
            log_x: self.log.x,
            log_y: self.log.y,
            smoothing: self.smoothing.smoothing(),
            hidden: self.hidden.iter().cloned().collect(),
            x_range,
            n_columns: (ui.available_width() / COLUMN).max(1.0) as usize,
        };
        let mut cut = std::mem::take(&mut self.cut);
        cut.refresh(&self.data, &key, &self.held());
        if self.drawn.refresh(&self.data, key) {
            ui.ctx().request_repaint();
        }
        let grid = theme::colors(ui).line;
        let mut plot = self.configured(id, height, has_unit).grid_color(grid);
        if is_refit {
            plot = plot.reset();
        }
        let shown = plot.show(ui, |plot| {
            self.paint_lines(plot);
            cut.set_axis(plot);
            zoom_by_wheel(plot, self.drawn.extent);
        });
        let bounds = *shown.transform.bounds();
        if x_range.is_some() || cut.is_on {
            let (min, max) = (bounds.min(), bounds.max());
            self.sight = Some([[min[0], max[0]], [min[1], max[1]]]);
        }
        self.cut = cut;
        figure_menu::on_pointing(&shown.response, NamesData::No, || self.figure());
        self.paint_playheads(ui, &shown.transform, cursor);
        self.paint_labels(ui, &shown.transform);
        self.hover_table(ui, &shown, cursor);
    }

    fn configured<'a>(&self, id: egui::Id, height: f32, has_unit: bool) -> Plot<'a> {
        let mut plot = Plot::new(self.title)
            .id(id)
            .height(height)
            .allow_scroll(false)
            .show_x(false)
            .show_y(false)
            .label_formatter(|_| None)
            .set_margin_fraction(vec2(0.02, 0.08))
            .x_axis_label(RichText::new(tr(&self.data.x_label)).small());
        if has_unit {
            plot = plot.y_axis_label(RichText::new(tr(&self.data.y_label)).small());
        }
        plot = if self.log.x {
            plot.x_grid_spacer(|input| axis::log_marks(&input))
                .x_axis_formatter(|mark, _| axis::log_text(mark.value))
        } else {
            plot.x_grid_spacer(|input| axis::whole_marks(&input))
                .x_axis_formatter(|mark, _| axis::plain_text(mark.value))
        };
        if self.data.from_zero && !self.log.y {
            plot = plot.include_y(0.0);
        }
        if self.log.y {
            plot.y_grid_spacer(|input| axis::log_marks(&input))
                .y_axis_formatter(|mark, _| axis::log_text(mark.value))
        } else {
            plot.y_grid_spacer(|input| axis::plain_marks(&input))
                .y_axis_formatter(|mark, _| axis::plain_text(mark.value))
        }
    }

    fn paint_lines<'a>(&'a self, plot: &mut PlotUi<'a>) {
        let color = plot
            .ctx()
            .global_style()
            .visuals
            .text_color()
            .gamma_multiply(0.6);
        for reference in self.references() {
            if let Some(y) = self.y(reference.value) {
                let line = HLine::new(reference.name.clone(), y)
                    .color(color)
                    .width(1.2);
                plot.hline(line.style(LineStyle::dashed_loose()).allow_hover(false));
            }
        }
        self.drawn.paint(plot, self.pointed.as_deref());
        for flag in &self.data.flags {
            if let (Some(x), Some(y)) = (self.x(flag.at[0]), self.y(flag.at[1])) {
                let mark = Points::new("flag", [x, y])
                    .shape(MarkerShape::Diamond)
                    .radius(5.5);
                plot.points(
                    mark.color(plot.ctx().global_style().visuals.strong_text_color())
                        .filled(false),
                );
            }
        }
    }

    /// Numbers that stay in sight where outliers are cut, as they are drawn.
    fn held(&self) -> Vec<f64> {
        let zero = (self.data.from_zero && !self.log.y).then_some(0.0);
        let lines = self.references().filter_map(|line| self.y(line.value));
        lines.chain(zero).collect()
    }

    /// The reference lines that are shown.
    fn references(&self) -> impl Iterator<Item = &Reference> {
        let is_shown = !self.hidden.contains(legend::REFERENCES);
        self.data.references.iter().filter(move |_| is_shown)
    }

    /// A number as it is drawn; `None` when it cannot be.
    fn y(&self, value: f64) -> Option<f64> {
        let y = if self.log.y { value.log10() } else { value };
        y.is_finite().then_some(y)
    }

    /// An x as it is drawn; `None` when it cannot be.
    fn x(&self, value: f64) -> Option<f64> {
        let x = if self.log.x { value.log10() } else { value };
        x.is_finite().then_some(x)
    }

    /// Lines at the playhead.
    fn paint_playheads(&self, ui: &Ui, transform: &PlotTransform, cursor: &LinkedCursor) {
        let frame = transform.frame();
        for line in cursor.playheads() {
            let color = line.color.unwrap_or(theme::colors(ui).accent);
            self.vertical(ui, transform, line.x, Stroke::new(1.6, color));
            if let Some(x) = self.x(line.x) {
                let at = pos2(transform.position_from_point_x(x), frame.top());
                if frame.x_range().contains(at.x) {
                    let knob = [
                        at + vec2(-4.5, 0.0),
                        at + vec2(4.5, 0.0),
                        at + vec2(0.0, 6.0),
                    ];
                    ui.painter().add(egui::Shape::convex_polygon(
                        knob.to_vec(),
                        color,
                        Stroke::NONE,
                    ));
                }
            }
        }
    }

    /// A line from top to bottom at an x.
    fn vertical(&self, ui: &Ui, transform: &PlotTransform, x: f64, stroke: Stroke) {
        if let Some(x) = self.x(x) {
            let frame = transform.frame();
            let at = transform.position_from_point_x(x);
            ui.painter()
                .with_clip_rect(*frame)
                .vline(at, frame.y_range(), stroke);
        }
    }

    /// The names of lines and marks, none over another.
    fn paint_labels(&self, ui: &Ui, transform: &PlotTransform) {
        let frame = *transform.frame();
        let mut tags: Vec<Tag> = self.flag_tags(ui, transform);
        tags.extend(self.note(transform));
        tags.extend(self.reference_tags(transform));
        let font = TextStyle::Small.resolve(ui.style());
        let color = ui.visuals().text_color();
        let galleys: Vec<_> = tags
            .iter()
            .map(|tag| {
                ui.painter()
                    .layout_no_wrap(tag.text.clone(), font.clone(), color)
            })
            .collect();
        let wanted: Vec<Label> = tags
            .iter()
            .zip(&galleys)
            .map(|(tag, galley)| Label {
                at: tag.at,
                anchor: tag.anchor,
                size: galley.size() + 2.0 * TAG_MARGIN,
            })
            .collect();
        for ((tag, galley), place) in tags.iter().zip(galleys).zip(labels::place(frame, &wanted)) {
            let Some(rect) = place else { continue };
            ui.painter()
                .rect_filled(rect, 2.0, ui.visuals().extreme_bg_color.gamma_multiply(0.8));
            ui.painter().galley(rect.min + TAG_MARGIN, galley, color);
            // A name that had to give way is tied to its line.
            if let Some(y) = tag.line.filter(|y| (rect.bottom() - y).abs() > TIED_FROM) {
                let from = if y > rect.bottom() {
                    rect.right_bottom()
                } else {
                    rect.right_top()
                };
                let stroke = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.6));
                ui.painter()
                    .line_segment([from, pos2(rect.right(), y)], stroke);
            }
        }
    }

    /// Tags of the references from the lowest line upwards, each above its line if there is room.
    fn reference_tags(&self, transform: &PlotTransform) -> Vec<Tag> {
        let frame = *transform.frame();
        let mut tags: Vec<Tag> = self
            .references()
            .filter_map(|r| {
                let y = transform
                    .position_from_point(&PlotPoint::new(0.0, self.y(r.value)?))
                    .y;
                frame.y_range().contains(y).then(|| Tag {
                    at: pos2(frame.right() - 4.0, y - 1.0),
                    anchor: Align2::RIGHT_BOTTOM,
                    text: format!("{} {}", tr(&r.name), tick(r.value)),
                    line: Some(y),
                })
            })
            .collect();
        tags.sort_by(|a, b| b.at.y.total_cmp(&a.at.y));
        tags
    }

    /// Marks with a line down to the axis; on which side their words stand goes by the room there
    /// is.
    fn flag_tags(&self, ui: &Ui, transform: &PlotTransform) -> Vec<Tag> {
        let frame = *transform.frame();
        let mut tags = Vec::new();
        for flag in &self.data.flags {
            let (Some(x), Some(y)) = (self.x(flag.at[0]), self.y(flag.at[1])) else {
                continue;
            };
            let at = transform.position_from_point(&PlotPoint::new(x, y));
            if !frame.contains(at) {
                continue;
            }
            let stroke = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.6));
            ui.painter().extend(egui::Shape::dashed_line(
                &[pos2(at.x, at.y + 6.0), pos2(at.x, frame.bottom())],
                stroke,
                2.0,
                3.0,
            ));
            let right = at.x > frame.center().x;
            let anchor = if right {
                Align2::RIGHT_BOTTOM
            } else {
                Align2::LEFT_BOTTOM
            };
            let corner = at + vec2(if right { 4.0 } else { -4.0 }, -8.0);
            tags.push(Tag {
                at: corner,
                anchor,
                text: tr(&flag.text),
                line: None,
            });
        }
        tags
    }

    /// Whether there is no number at all: then axes would only mislead.
    fn is_empty(&self) -> bool {
        self.data
            .series
            .iter()
            .all(|s| s.points.highest().is_none())
            && self.data.references.is_empty()
    }

    /// Words on points that are not shown, in the corner.
    fn note(&self, transform: &PlotTransform) -> Option<Tag> {
        let bounds = transform.bounds();
        let cut = self.cut.words([bounds.min()[1], bounds.max()[1]]);
        let log = (self.drawn.n_not_positive > 0).then(|| {
            let n = text::counted(self.drawn.n_not_positive, "number");
            tr(format!("{n} ≤ 0 cannot be shown on a log axis"))
        });
        let told: Vec<String> = cut.into_iter().chain(log).collect();
        (!told.is_empty()).then(|| Tag {
            at: transform.frame().left_top() + vec2(8.0, 18.0),
            anchor: Align2::LEFT_BOTTOM,
            text: told.join(" · "),
            line: None,
        })
    }

    /// The cursor: a line over the chart wherever the pointer is on the page; in the chart under the
    /// pointer also a table of the numbers there.
    fn hover_table(&mut self, ui: &Ui, shown: &PlotResponse<()>, cursor: &mut LinkedCursor) {
        let response = &shown.response;
        let pointer = response.hover_pos().filter(|_| !response.dragged());
        let pointed = pointer.and_then(|pointer| self.rows_near(pointer, &shown.transform));
        let stroke = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.7));
        let Some((x, rows)) = pointed else {
            self.pointed = None;
            if let Some(x) = cursor.pointed() {
                self.vertical(ui, &shown.transform, x, stroke);
                self.dots(ui, &shown.transform, x);
            }
            return;
        };
        cursor.point_at(x);
        if response.clicked() {
            cursor.click_at(x);
        }
        let under = rows.first().filter(|row| row.distance <= UNDER);
        let under = under.map(|row| row.name.clone());
        if under != self.pointed {
            // Its line is thicker from the next frame on.
            self.pointed = under;
            ui.ctx().request_repaint();
        }
        self.vertical(ui, &shown.transform, x, stroke);
        let tip = egui::Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            shown.response.id,
            egui::PopupAnchor::Pointer,
        );
        tip.gap(14.0).show(|ui| {
            ui.strong(format!("{} {}", tr(&self.data.x_label), tick(x)));
            egui::Grid::new("rows")
                .num_columns(4)
                .spacing(vec2(8.0, 2.0))
                .show(ui, |ui| {
                    for row in rows.iter().take(HOVER_ROWS) {
                        let (rect, _) =
                            ui.allocate_exact_size(Vec2::splat(10.0), egui::Sense::hover());
                        ui.painter().circle_filled(rect.center(), 4.0, row.color);
                        ui.label(crate::ui::text::series_name(&row.name));
                        ui.monospace(tick(row.value));
                        if let Some(band) = &row.band {
                            ui.weak(tr(band));
                        }
                        ui.end_row();
                    }
                });
            if rows.len() > HOVER_ROWS {
                ui.weak(tr(format!("and {} more", rows.len() - HOVER_ROWS)));
            }
        });
    }

    /// A dot on every curve at the cursor.
    fn dots(&self, ui: &Ui, transform: &PlotTransform, x: f64) {
        let painter = ui.painter().with_clip_rect(*transform.frame());
        for series in self.visible() {
            let near =
                nearest_to(&series.points, x).filter(|point| self.is_near(point[0], x, transform));
            let place = near.and_then(|point| Some((self.x(point[0])?, self.y(point[1])?)));
            if let Some((x, y)) = place {
                let at = transform.position_from_point(&PlotPoint::new(x, y));
                painter.circle_filled(at, 3.5, series.color);
            }
        }
    }

    /// The curves that are shown.
    fn visible(&self) -> impl Iterator<Item = &ChartSeries> + Clone {
        let series = self.data.series.iter();
        series.filter(|series| !self.hidden.contains(&series.name))
    }

    /// The band of a series that is a mean, in words.
    fn band_at(&self, series: &ChartSeries, x: f64) -> Option<String> {
        let mut groups = self.data.groups.iter();
        groups.find(|group| group.of == series.name)?.words_at(x)
    }

    /// Whether two x lie within a few pixels of each other.
    fn is_near(&self, a: f64, b: f64, transform: &PlotTransform) -> bool {
        let slack = transform.dvalue_dpos()[0].abs() * 6.0;
        matches!((self.x(a), self.x(b)), (Some(a), Some(b)) if (a - b).abs() <= slack)
    }

    /// The x with a point that is nearest to the pointer and every curve's number there, the one
    /// nearest to the pointer first.
    fn rows_near(&self, pointer: Pos2, transform: &PlotTransform) -> Option<(f64, Vec<HoverRow>)> {
        let wanted = transform.value_from_position(pointer).x;
        let wanted = if self.log.x {
            10_f64.powf(wanted)
        } else {
            wanted
        };
        let x = self
            .visible()
            .filter_map(|s| nearest_to(&s.points, wanted).map(|p| p[0]))
            .min_by(|a, b| (a - wanted).abs().total_cmp(&(b - wanted).abs()))?;
        // A curve with points elsewhere (one an epoch beside one a step) answers with its own
        // nearest point when that lies within a few pixels.
        let at = self.x(x)?;
        let mut rows: Vec<HoverRow> = self
            .visible()
            .filter_map(|s| {
                let point = nearest_to(&s.points, x)
                    .filter(|p| self.is_near(p[0], x, transform) && p[1].is_finite())?;
                let y = self.y(point[1])?;
                let distance =
                    (transform.position_from_point(&PlotPoint::new(at, y)).y - pointer.y).abs();
                Some(HoverRow {
                    name: s.name.clone(),
                    color: s.color,
                    value: point[1],
                    band: self.band_at(s, point[0]),
                    distance,
                })
            })
            .collect();
        rows.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        (!rows.is_empty()).then_some((x, rows))
    }
}

/// A chart without a number: its place, and that there is nothing in it yet.
fn nothing(ui: &mut Ui, height: f32) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    let words = "No numbers yet";
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, tr(words)));
    ui.painter()
        .rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    let font = TextStyle::Small.resolve(ui.style());
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        tr(words),
        font,
        ui.visuals().weak_text_color(),
    );
}

struct HoverRow {
    name: String,
    color: Color32,
    value: f64,
    /// Band of a mean and how many were averaged, in words.
    band: Option<String>,
    distance: f32,
}

/// Small text on a ground of the plot's colour, so that curves do not run through it.
struct Tag {
    at: Pos2,
    anchor: Align2,
    text: String,
    /// Height of the line that it names.
    line: Option<f32>,
}

/// Room around the words of a tag.
const TAG_MARGIN: Vec2 = vec2(3.0, 0.0);

/// Distance from which on a name is tied to its line.
const TIED_FROM: f32 = 6.0;

/// The wheel zooms where the pointer is; the page does not scroll meanwhile. Zooming out ends where
/// everything is in sight.
fn zoom_by_wheel(plot: &mut PlotUi<'_>, extent: Vec2) {
    if !plot.response().hovered() {
        return;
    }
    let wheel = plot
        .ctx()
        .input_mut(|i| std::mem::take(&mut i.smooth_scroll_delta.y));
    let bounds = plot.plot_bounds();
    if wheel < 0.0
        && bounds.width() >= f64::from(extent.x)
        && bounds.height() >= f64::from(extent.y)
    {
        plot.set_auto_bounds(true);
    } else if wheel != 0.0 {
        plot.zoom_bounds_around_hovered(Vec2::splat((wheel / 200.0).exp()));
    }
}
