//! Events by day, each day's bar divided by what its events are for.

use egui::{Align2, FontId, Rect, Sense, Ui, pos2, vec2};

use super::audit::{legend, part_color};
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use seqscope_data::{Calendar, DayParts, SplitPart};

/// Height of the bars.
const HEIGHT: f32 = 120.0;
/// Room for the dates below them.
const DATES: f32 = 18.0;

/// Paints the bars by hand: they are a few hundred rectangles, and nothing is zoomed.
pub(super) fn ui(ui: &mut Ui, calendar: &Calendar) {
    ui.horizontal(|ui| {
        let unit = match calendar.days_per_bar {
            1 => "Events by day (UTC)".to_owned(),
            days => format!("Events by {days} days (UTC)"),
        };
        ui.weak(tr(unit));
        legend(ui);
    });
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT + DATES), Sense::hover());
    let words = calendar.bars.iter().fold([0; 3], |sum, bar| {
        [0, 1, 2].map(|at| sum[at] + counts(bar)[at])
    });
    let name = format!(
        "Parts on the calendar: {} training, {} validation, {} test",
        words[0], words[1], words[2]
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, tr(&name)));
    let area = Rect::from_min_size(rect.min, vec2(rect.width(), HEIGHT));
    let most = calendar
        .bars
        .iter()
        .map(|bar| counts(bar).iter().sum::<usize>())
        .max()
        .unwrap_or(1)
        .max(1);
    let width = area.width() / calendar.bars.len().max(1) as f32;
    let painter = ui.painter_at(rect);
    for (at, bar) in calendar.bars.iter().enumerate() {
        let left = area.left() + at as f32 * width;
        let mut bottom = area.bottom();
        for (n_events, part) in
            counts(bar)
                .into_iter()
                .zip([SplitPart::Train, SplitPart::Valid, SplitPart::Test])
        {
            let top = bottom - area.height() * n_events as f32 / most as f32;
            let part_rect =
                Rect::from_min_max(pos2(left, top), pos2(left + (width * 0.9).max(1.0), bottom));
            painter.rect_filled(part_rect, 0.0, part_color(ui, part));
            bottom = top;
        }
    }
    let (font, color) = (
        FontId::proportional(size::TEXT_SMALL),
        theme::colors(ui).weak,
    );
    let ends = [
        (calendar.bars.first(), area.left(), Align2::LEFT_TOP),
        (calendar.bars.last(), area.right(), Align2::RIGHT_TOP),
    ];
    for (bar, x, align) in ends {
        let Some(bar) = bar else { continue };
        painter.text(
            pos2(x, area.bottom() + 2.0),
            align,
            date(bar.day),
            font.clone(),
            color,
        );
    }
    let under = response
        .hover_pos()
        .map(|at| ((at.x - area.left()) / width).max(0.0) as usize);
    if let Some(bar) = under.and_then(|at| calendar.bars.get(at)) {
        response.on_hover_text(day_words(bar, calendar.days_per_bar));
    }
}

fn counts(bar: &DayParts) -> [usize; 3] {
    [bar.n_train, bar.n_valid, bar.n_test]
}

fn day_words(bar: &DayParts, n_days: i64) -> String {
    let days = if n_days > 1 {
        format!(
            "{}{}{}",
            date(bar.day),
            tr(" to "),
            date(bar.day + n_days - 1)
        )
    } else {
        date(bar.day)
    };
    let [train, valid, test] = counts(bar).map(text::count);
    format!(
        "{days}\n{}",
        tr(format!("{train} training, {valid} validation, {test} test"))
    )
}

/// A day, counted from 1970-01-01, as a date.
fn date(day: i64) -> String {
    text::moment(day.saturating_mul(86_400))
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_owned()
}
