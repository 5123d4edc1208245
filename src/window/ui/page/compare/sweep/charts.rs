//! The small charts of a sweep: a setting against the metric, importance with its interval, and the
//! best so far by what it had cost.

use egui::{Align2, Rect, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::ui::language::tr;
use crate::ui::theme;
use seqscope_engine::report::words;
use seqscope_engine::sweep::{SweepAxis, SweepImportance};

/// Room for what the axes say: at the left, and below.
const LEFT: f32 = 58.0;
const BELOW: f32 = 36.0;
const ABOVE: f32 = 8.0;
const RIGHT: f32 = 16.0;

/// Height of a bar of importance.
const BAR: f32 = 26.0;

/// Place of a chart with its frame, and the painter's room in it.
struct ChartRoom {
    inner: Rect,
}

impl ChartRoom {
    /// Takes room for a chart called so and paints its two axes; `None` where it is out of sight.
    fn take(ui: &mut Ui, name: &str, height: f32) -> Option<Self> {
        let size = vec2(ui.available_width(), height);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        let inner = Rect::from_min_max(rect.min + vec2(LEFT, ABOVE), rect.max - vec2(RIGHT, BELOW));
        if !ui.is_rect_visible(rect) || inner.width() < 20.0 {
            return None;
        }
        let line = Stroke::new(1.0, theme::colors(ui).line);
        ui.painter().hline(inner.x_range(), inner.bottom(), line);
        ui.painter().vline(inner.left(), inner.y_range(), line);
        Some(Self { inner })
    }

    fn at(&self, across: f64, up: f64) -> egui::Pos2 {
        pos2(
            self.inner.left() + self.inner.width() * across as f32,
            self.inner.bottom() - self.inner.height() * up as f32,
        )
    }

    fn mark_across(&self, ui: &Ui, place: f64, text: &str) {
        let at = self.at(place, 0.0) + vec2(0.0, 3.0);
        let (small, color) = (TextStyle::Small.resolve(ui.style()), theme::colors(ui).weak);
        ui.painter()
            .text(at, Align2::CENTER_TOP, text, small, color);
    }

    fn mark_up(&self, ui: &Ui, place: f64, text: &str) {
        let at = self.at(0.0, place) - vec2(4.0, 0.0);
        let (small, color) = (TextStyle::Small.resolve(ui.style()), theme::colors(ui).weak);
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, text, small, color);
    }

    fn title_across(&self, ui: &Ui, text: &str) {
        let at = pos2(self.inner.center().x, self.inner.bottom() + BELOW);
        let (small, color) = (TextStyle::Small.resolve(ui.style()), theme::colors(ui).text);
        ui.painter()
            .text(at, Align2::CENTER_BOTTOM, text, small, color);
    }
}

/// Paints the trials by one setting and the metric.
pub(super) fn scatter(ui: &mut Ui, across: &SweepAxis, up: &SweepAxis, height: f32) {
    let Some(room) = ChartRoom::take(ui, &tr("Setting and metric of the trials"), height) else {
        return;
    };
    let color = theme::series_color(ui, 0).gamma_multiply(0.7);
    for (x, y) in across.places.iter().zip(&up.places) {
        if x.is_finite() && y.is_finite() {
            ui.painter().circle_filled(room.at(*x, *y), 3.5, color);
        }
    }
    for mark in &across.marks {
        room.mark_across(ui, mark.place, &mark.words);
    }
    for mark in &up.marks {
        room.mark_up(ui, mark.place, &mark.words);
    }
    room.title_across(ui, &across.title);
}

/// Paints the importance of each setting as a bar with its interval.
pub(super) fn importance(ui: &mut Ui, found: &SweepImportance, height: f32) {
    let colors = theme::colors(ui);
    let most = found
        .settings
        .iter()
        .map(|of| of.interval.high.max(of.value))
        .fold(f64::MIN_POSITIVE, f64::max);
    let font = TextStyle::Small.resolve(ui.style());
    for of in &found.settings {
        let size = vec2(ui.available_width(), BAR);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let told = format!("{} {}", of.setting, words::metric(of.value));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, told.clone()));
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let bar = Rect::from_min_max(
            pos2(rect.left() + 4.0, rect.top() + 14.0),
            rect.max - vec2(16.0, 4.0),
        );
        let x = |value: f64| bar.left() + bar.width() * (value.max(0.0) / most) as f32;
        ui.painter().text(
            rect.left_top() + vec2(4.0, 0.0),
            Align2::LEFT_TOP,
            told,
            font.clone(),
            colors.text,
        );
        let filled = Rect::from_min_max(bar.min, pos2(x(of.value), bar.bottom()));
        ui.painter()
            .rect_filled(filled, 2.0, theme::series_color(ui, 0).gamma_multiply(0.6));
        let line = Stroke::new(1.5, colors.text);
        let y = bar.center().y;
        ui.painter()
            .hline(x(of.interval.low)..=x(of.interval.high), y, line);
        let [low, high] = [of.interval.low, of.interval.high].map(words::metric);
        response.on_hover_text(format!(
            "{}: {} [{low}, {high}]",
            of.setting,
            words::metric(of.value)
        ));
    }
    ui.add_space((height - BAR * found.settings.len() as f32).clamp(0.0, 8.0));
}

/// Paints the best so far as steps.
pub(super) fn cost(ui: &mut Ui, curve: &[[f64; 2]], metric: &str, height: f32) {
    let Some(room) = ChartRoom::take(ui, &tr("Best so far by its cost"), height) else {
        return;
    };
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        return;
    };
    let values = curve.iter().map(|point| point[1]);
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let up = |value: f64| {
        if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        }
    };
    let across = |epochs: f64| epochs / last[0].max(1.0);
    let stroke = Stroke::new(2.0, theme::series_color(ui, 0));
    let mut before = room.at(across(first[0]), up(first[1]));
    for point in curve {
        let at = room.at(across(point[0]), up(point[1]));
        ui.painter()
            .line_segment([before, pos2(at.x, before.y)], stroke);
        ui.painter()
            .line_segment([pos2(at.x, before.y), at], stroke);
        before = at;
    }
    for value in if high > low {
        vec![low, high]
    } else {
        vec![low]
    } {
        room.mark_up(ui, up(value), &words::metric(value));
    }
    for share in [0.0, 0.5, 1.0] {
        room.mark_across(ui, share, &words::count((last[0] * share) as usize));
    }
    let title = tr(format!("Epochs trained; up: best {metric}"));
    room.title_across(ui, &title);
}
