//! The strip: one column an event, the rank downwards on a log axis. Only columns in sight are
//! painted, so thousands of events cost no more than a screenful.

use egui::{Align2, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::{HIT_AT, TimelineData, legend, paint_step, part_color, pointed, small_text, tip};
use crate::ui::{text, theme};
use seqscope_engine::explain::TimelineStep;

const HEIGHT: f32 = 164.0;
/// Room for the numbers of the rank axis.
const GUTTER: f32 = 46.0;
/// The band that tells the parts apart.
const BAND: f32 = 5.0;
const NARROWEST: f32 = 9.0;
const WIDEST: f32 = 22.0;

/// Vertical places of ranks on the screen.
#[derive(Clone, Copy)]
struct RankAxis {
    top: f32,
    bottom: f32,
    decades: f32,
}

impl RankAxis {
    fn y(self, rank: f64) -> f32 {
        let share = (rank.max(1.0).log10() as f32 / self.decades).clamp(0.0, 1.0);
        egui::lerp(self.top..=self.bottom, share)
    }
}

pub(super) fn ui(
    ui: &mut Ui,
    data: &TimelineData<'_>,
    selected: Option<usize>,
    bring: bool,
) -> Option<usize> {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        legend(ui, data.steps.iter().any(TimelineStep::is_left_out));
    });
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let axis = RankAxis {
        top: whole.top() + 8.0,
        bottom: whole.bottom() - BAND - 32.0,
        decades: (data.n_items.max(11) as f32).log10(),
    };
    paint_axis(ui, whole, axis, data.n_items);
    let inner = Rect::from_min_max(whole.min + vec2(GUTTER, 0.0), whole.max);
    let width = (inner.width() / data.steps.len().max(1) as f32).clamp(NARROWEST, WIDEST);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(inner).id_salt("strip"));
    let area = ScrollArea::horizontal()
        .id_salt("events")
        .auto_shrink(false);
    area.show_viewport(&mut child, |ui, viewport| {
        ui.set_width(width * data.steps.len() as f32);
        ui.set_height(HEIGHT - 12.0);
        let left = ui.min_rect().left();
        if let Some(row) = selected.filter(|_| bring).and_then(|p| data.row_of(p)) {
            let x = left + row as f32 * width;
            ui.scroll_to_rect(
                Rect::from_min_size(pos2(x, whole.top()), vec2(width, 1.0)),
                Some(egui::Align::Center),
            );
        }
        let columns = Columns {
            left,
            width,
            axis,
            whole,
        };
        let visible = columns.visible(viewport, data.steps.len());
        columns.paint(ui, data, selected, visible);
        columns.point(ui, data)
    })
    .inner
}

fn paint_axis(ui: &Ui, whole: Rect, axis: RankAxis, n_items: usize) {
    let painter = ui.painter();
    let plot = Rect::from_min_max(
        whole.min + vec2(GUTTER, 0.0),
        pos2(whole.right(), axis.bottom + 6.0),
    );
    painter.rect_filled(plot, 2.0, ui.visuals().extreme_bg_color);
    let good = Rect::from_min_max(plot.min, pos2(plot.right(), axis.y(HIT_AT as f64)));
    painter.rect_filled(good, 2.0, theme::colors(ui).good.gamma_multiply(0.10));
    let line = Stroke::new(1.0, ui.visuals().weak_text_color().gamma_multiply(0.3));
    let mut rank = 1_usize;
    while rank <= n_items.max(10) {
        let y = axis.y(rank as f64);
        painter.hline(plot.x_range(), y, line);
        small_text(
            painter,
            ui,
            pos2(plot.left() - 4.0, y),
            Align2::RIGHT_CENTER,
            &text::count(rank),
        );
        rank *= 10;
    }
    let middle = pos2(whole.left(), f32::midpoint(axis.top, axis.bottom));
    let font = egui::TextStyle::Small.resolve(ui.style());
    let name = painter.layout_no_wrap("rank".to_owned(), font, ui.visuals().weak_text_color());
    let at = middle + vec2(0.0, name.size().x / 2.0);
    let color = ui.visuals().weak_text_color();
    painter.add(
        egui::epaint::TextShape::new(at, name, color).with_angle(-std::f32::consts::FRAC_PI_2),
    );
}

/// The columns of the events on the screen.
#[derive(Clone, Copy)]
struct Columns {
    left: f32,
    width: f32,
    axis: RankAxis,
    whole: Rect,
}

impl Columns {
    fn visible(self, viewport: Rect, n: usize) -> std::ops::Range<usize> {
        let first = (viewport.left() / self.width).floor().max(0.0) as usize;
        let last = (viewport.right() / self.width).ceil().max(0.0) as usize + 1;
        first.min(n)..last.min(n)
    }

    fn rect(self, row: usize) -> Rect {
        let left = self.left + row as f32 * self.width;
        Rect::from_min_max(
            pos2(left, self.whole.top()),
            pos2(left + self.width, self.axis.bottom + 6.0 + BAND),
        )
    }

    fn paint(
        self,
        ui: &Ui,
        data: &TimelineData<'_>,
        selected: Option<usize>,
        visible: std::ops::Range<usize>,
    ) {
        let painter = ui.painter();
        for row in visible.clone() {
            let Some(step) = data.steps.get(row) else {
                continue;
            };
            let rect = self.rect(row);
            if selected == Some(step.position) {
                painter.rect_filled(
                    rect,
                    2.0,
                    ui.visuals().selection.bg_fill.gamma_multiply(0.5),
                );
            }
            let band = Rect::from_min_max(
                pos2(rect.left() + 0.5, rect.bottom() - BAND),
                rect.max - vec2(0.5, 0.0),
            );
            painter.rect_filled(band, 1.0, part_color(step.part, ui));
            let y = step.rank.map_or(self.axis.bottom, |rank| self.axis.y(rank));
            paint_step(
                painter,
                ui,
                pos2(rect.center().x, y),
                step,
                (self.width / 2.0 - 1.0).min(4.5),
            );
        }
        self.paint_numbers(ui, data.steps, visible);
    }

    /// Every so many events its number in the history.
    fn paint_numbers(self, ui: &Ui, steps: &[TimelineStep], visible: std::ops::Range<usize>) {
        let every = if self.width >= 18.0 { 5 } else { 10 };
        for step in visible.filter_map(|row| steps.get(row).map(|s| (row, s))) {
            let (row, step) = step;
            if (step.position + 1).is_multiple_of(every) || step.position == 0 {
                let at = pos2(self.rect(row).center().x, self.rect(row).bottom() + 1.0);
                small_text(
                    ui.painter(),
                    ui,
                    at,
                    Align2::CENTER_TOP,
                    &(step.position + 1).to_string(),
                );
            }
        }
    }

    fn point(self, ui: &Ui, data: &TimelineData<'_>) -> Option<usize> {
        pointed(
            ui,
            data,
            self.left,
            self.width,
            |row| self.rect(row),
            |ui, step| tip(ui, data, step),
        )
    }
}
