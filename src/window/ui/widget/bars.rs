//! A short ranked list: place, title, bar, share.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Align2, Layout, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::ui::{text, theme};

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    /// Name of the bar.
    pub(crate) title: String,
    /// Share that it shows, 0 to 1.
    pub(crate) share: f32,
    /// Whether it is the one that came.
    pub(crate) is_true: bool,
}

const HEIGHT: f32 = 20.0;

/// Paints the list; the longest bar is that of the largest share.
pub(crate) fn bars(ui: &mut Ui, rows: &[Bar]) {
    let most = rows
        .iter()
        .map(|row| row.share)
        .fold(f32::MIN_POSITIVE, f32::max);
    ui.spacing_mut().item_spacing.y = 1.0;
    for (at, row) in rows.iter().enumerate() {
        line(ui, at + 1, row, most);
    }
}

/// Paints the list with something beside each line, at its right end: so wide, painted by `beside` for
/// each place from 0, right to left.
pub(crate) fn bars_beside(
    ui: &mut Ui,
    rows: &[Bar],
    width: f32,
    beside: &mut dyn FnMut(&mut Ui, usize),
) {
    let most = rows
        .iter()
        .map(|row| row.share)
        .fold(f32::MIN_POSITIVE, f32::max);
    ui.spacing_mut().item_spacing.y = 1.0;
    for (at, row) in rows.iter().enumerate() {
        let size = vec2(ui.available_width(), HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let left = (ui.available_width() - width).max(0.0);
            ui.allocate_ui(vec2(left, HEIGHT), |ui| line(ui, at + 1, row, most));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| beside(ui, at));
        });
    }
}

fn line(ui: &mut Ui, place: usize, row: &Bar, most: f32) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let share = text::percent(f64::from(row.share));
    let mark = if row.is_true { "✔ " } else { "" };
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Label,
            true,
            format!("{place} {mark}{}, {share}", row.title),
        )
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let colors = theme::colors(ui);
    let bar_width = (rect.width() * 0.32).clamp(56.0, 200.0);
    let bar = Rect::from_min_max(
        pos2(rect.right() - bar_width, rect.top() + 2.0),
        rect.max - vec2(0.0, 2.0),
    );
    let filled = Rect::from_min_size(
        bar.min,
        vec2((bar.width() * row.share / most).max(1.0), bar.height()),
    );
    let color = if row.is_true {
        colors.good
    } else {
        theme::series_color(ui, 0)
    };
    ui.painter()
        .rect_filled(bar, 2.0, theme::mix(colors.card, colors.text, 0.06));
    ui.painter()
        .rect_filled(filled, 2.0, color.gamma_multiply(0.45));
    let font = TextStyle::Body.resolve(ui.style());
    ui.painter().text(
        bar.left_center() + vec2(5.0, 0.0),
        Align2::LEFT_CENTER,
        &share,
        font.clone(),
        colors.text,
    );
    let small = TextStyle::Small.resolve(ui.style());
    let number = ui.painter().text(
        rect.left_center(),
        Align2::LEFT_CENTER,
        format!("{place}"),
        small,
        colors.weak,
    );
    let left = rect.left() + number.width().max(16.0) + 4.0;
    let color = if row.is_true {
        colors.good
    } else {
        colors.text
    };
    let mut job = LayoutJob::simple_singleline(format!("{mark}{}", row.title), font, color);
    let max_width = (bar.left() - 6.0 - left).max(10.0);
    job.wrap = TextWrapping {
        max_width,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    ui.painter().galley(
        pos2(left, rect.center().y - galley.size().y / 2.0),
        galley,
        color,
    );
    if is_cut {
        response.on_hover_text(&row.title);
    }
}
