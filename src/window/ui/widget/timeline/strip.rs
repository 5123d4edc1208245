//! The strip: one column an event, with a mark as high as its answer. Only columns in sight are
//! painted, so thousands of events cost no more than a screenful.

use std::ops::Range;

use egui::{Align, Align2, Painter, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::{TimelineData, TimelineFace, part_color, part_name};
use crate::ui::language::tr;
use crate::ui::widget::figure_menu::{self, NamesData};
use seqscope_engine::explain::TimelineStep;
use seqscope_engine::figure::timeline_figure;
use seqscope_engine::run::Part;

/// Room for the numbers of the axis.
const GUTTER: f32 = 46.0;
/// The band that tells the parts apart.
const BAND: f32 = 5.0;
const NARROWEST: f32 = 9.0;
const WIDEST: f32 = 22.0;

/// Part of the strip that has a vertical axis, on the screen.
#[derive(Clone, Copy)]
pub(super) struct StripPlot {
    whole: Rect,
    /// Highest place of a mark.
    top: f32,
    /// Lowest place of a mark.
    bottom: f32,
}

impl StripPlot {
    fn within(whole: Rect) -> Self {
        Self {
            whole,
            top: whole.top() + 8.0,
            bottom: whole.bottom() - BAND - 32.0,
        }
    }

    /// Its height that lies so far from the top, from 0 to 1.
    pub(super) fn below_top(self, share: f32) -> f32 {
        egui::lerp(self.top..=self.bottom, share)
    }

    /// Its height that lies so far from the bottom, from 0 to 1.
    pub(super) fn above_bottom(self, share: f32) -> f32 {
        egui::lerp(self.bottom..=self.top, share)
    }

    /// Left edge of the room for the axis, halfway up.
    pub(super) fn name_place(self) -> egui::Pos2 {
        pos2(self.whole.left(), f32::midpoint(self.top, self.bottom))
    }

    /// The room of the marks.
    pub(super) fn rect(self) -> Rect {
        Rect::from_min_max(
            self.whole.min + vec2(GUTTER, 0.0),
            pos2(self.whole.right(), self.bottom + 6.0),
        )
    }

    /// A line across at a height, with what it stands for.
    pub(super) fn line(self, ui: &Ui, y: f32, words: &str) {
        let (painter, rect) = (ui.painter(), self.rect());
        let line = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.3));
        painter.hline(rect.x_range(), y, line);
        let at = pos2(rect.left() - 4.0, y);
        small_text(painter, ui, at, Align2::RIGHT_CENTER, words);
    }
}

/// Paints the strip; returns the position that was clicked.
pub(super) fn ui<F: TimelineFace>(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    face: &F,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        face.legend(ui);
        legend_of_parts(ui);
    });
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), F::HEIGHT), Sense::hover());
    if data.said.is_none() {
        let menu = ui.interact(whole, ui.scope_id().with((F::NAME, "menu")), Sense::click());
        figure_menu::on_pointing(&menu, NamesData::Yes, || timeline_figure(data.steps));
    }
    let plot = StripPlot::within(whole);
    ui.painter()
        .rect_filled(plot.rect(), 2.0, ui.visuals().extreme_bg_color);
    face.axis(ui, plot);
    let inner = Rect::from_min_max(whole.min + vec2(GUTTER, 0.0), whole.max);
    let width = (inner.width() / data.steps.len().max(1) as f32).clamp(NARROWEST, WIDEST);
    let mut child = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(inner)
            .id_salt((F::NAME, "strip")),
    );
    let area = ScrollArea::horizontal()
        .id_salt((F::NAME, "events"))
        .auto_shrink(false);
    area.show_viewport(&mut child, |ui, viewport| {
        ui.set_width(width * data.steps.len() as f32);
        ui.set_height(F::HEIGHT - 12.0);
        let left = ui.min_rect().left();
        if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
            let x = left + row as f32 * width;
            ui.scroll_to_rect(
                Rect::from_min_size(pos2(x, whole.top()), vec2(width, 1.0)),
                Some(Align::Center),
            );
        }
        let columns = Columns { left, width, plot };
        for row in columns.visible(viewport, data.steps.len()) {
            if let Some(step) = data.steps.get(row) {
                columns.paint(ui, face, row, step, selected == Some(step.position));
            }
        }
        columns.point(ui, data, face)
    })
    .inner
}

/// The columns of the events on the screen.
#[derive(Clone, Copy)]
struct Columns {
    left: f32,
    width: f32,
    plot: StripPlot,
}

impl Columns {
    fn visible(self, viewport: Rect, n: usize) -> Range<usize> {
        let first = (viewport.left() / self.width).floor().max(0.0) as usize;
        let last = (viewport.right() / self.width).ceil().max(0.0) as usize + 1;
        first.min(n)..last.min(n)
    }

    fn rect(self, row: usize) -> Rect {
        let left = self.left + row as f32 * self.width;
        Rect::from_min_max(
            pos2(left, self.plot.whole.top()),
            pos2(left + self.width, self.plot.bottom + 6.0 + BAND),
        )
    }

    /// The column of one event: its mark, the band of its part, and every so many events its number
    /// in the history.
    fn paint(
        self,
        ui: &Ui,
        face: &impl TimelineFace,
        row: usize,
        step: &TimelineStep,
        is_selected: bool,
    ) {
        let (painter, rect) = (ui.painter(), self.rect(row));
        if is_selected {
            let fill = ui.visuals().selection.bg_fill.gamma_multiply(0.5);
            painter.rect_filled(rect, 2.0, fill);
        }
        let band = Rect::from_min_max(
            pos2(rect.left() + 0.5, rect.bottom() - BAND),
            rect.max - vec2(0.5, 0.0),
        );
        painter.rect_filled(band, 1.0, part_color(face.part(step), ui));
        let place = MarkPlace {
            plot: self.plot,
            x: rect.center().x,
            radius: (self.width / 2.0 - 1.0).min(4.5),
        };
        face.mark(ui, place, step);
        let every = if self.width >= 18.0 { 5 } else { 10 };
        if (step.position + 1).is_multiple_of(every) || step.position == 0 {
            let at = pos2(rect.center().x, rect.bottom() + 1.0);
            let number = (step.position + 1).to_string();
            small_text(painter, ui, at, Align2::CENTER_TOP, &number);
        }
    }

    /// Outlines the event that is pointed at, with a tip beside the pointer. Returns the position
    /// that was clicked.
    fn point(self, ui: &Ui, data: &TimelineData<'_>, face: &impl TimelineFace) -> Option<usize> {
        let last = data.steps.len().saturating_sub(1);
        let all = Rect::from_min_max(self.rect(0).min, self.rect(last).max);
        let response = ui.interact(all, ui.scope_id().with("columns"), Sense::click());
        response.widget_info(|| {
            let text = format!("Timeline of {} events", data.steps.len());
            egui::WidgetInfo::labeled(egui::Role::Image, true, tr(text))
        });
        let pointer = response.hover_pos()?;
        let row = ((pointer.x - self.left) / self.width).floor().max(0.0) as usize;
        let step = data.steps.get(row)?;
        let edge = Stroke::new(1.0, part_color(step.part, ui));
        ui.painter()
            .rect_stroke(self.rect(row), 2.0, edge, egui::StrokeKind::Inside);
        let popup = egui::Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            response.id,
            egui::PopupAnchor::Pointer,
        );
        popup
            .gap(14.0)
            .accessible_name(tr(part_name(step.part)))
            .show(|ui| face.tip(ui, step));
        response.clicked().then_some(step.position)
    }
}

/// Place of a mark: its column, and the plot that gives its height.
#[derive(Clone, Copy)]
pub(super) struct MarkPlace {
    pub(super) plot: StripPlot,
    pub(super) x: f32,
    pub(super) radius: f32,
}

/// Small text in the corner of a painted part.
fn small_text(painter: &Painter, ui: &Ui, at: egui::Pos2, anchor: Align2, text: &str) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    painter.text(at, anchor, text, font, ui.visuals().weak_text_color());
}

fn legend_of_parts(ui: &mut Ui) {
    for part in [Part::Train, Part::Valid, Part::Test] {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 6.0), Sense::hover());
        ui.painter().rect_filled(rect, 1.0, part_color(part, ui));
        ui.label(egui::RichText::new(tr(part_name(part))).small());
    }
}
