//! Charts of the prepared log: lengths of histories, popularity of items, events by day.

use egui::{RichText, ScrollArea, Ui};
use egui_plot::{Bar, BarChart, GridInput, GridMark, HoverPosition, Line, Plot, PlotPoints};

use crate::app::App;
use crate::data::Profile;
use crate::ui::text;
use crate::ui::theme::{self, size};
use crate::ui::widget::line_chart::{log_marks, log_text, tick, whole_marks};

/// Points of a popularity curve that are drawn: spaced evenly on the logarithmic axis.
const CURVE_POINTS: usize = 400;

pub(super) fn ui(ui: &mut Ui, app: &App) {
    let Some(profile) = &app.data.profile else { return };
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        facts(ui, app, profile);
        ui.add_space(size::GAP);
        let has_days = profile.events_per_day.len() > 1;
        let n_rows = 1.0 + f32::from(u8::from(has_days || profile.behaviours.len() > 1));
        let height = ((ui.available_height() - 20.0) / n_rows - 74.0).clamp(size::CHART, 420.0);
        ui.columns(2, |columns| {
            if let [left, right] = columns {
                chart(left, "Lengths of histories", "Users by number of events", |ui| lengths(ui, profile, height));
                chart(right, "Popularity of items", "Events of an item by its rank, both axes logarithmic", |ui| {
                    popularity(ui, profile, height);
                });
            }
        });
        let has_behaviours = profile.behaviours.len() > 1;
        let n_columns = usize::from(has_days) + usize::from(has_behaviours);
        ui.columns(n_columns.max(1), |columns| {
            let mut columns = columns.iter_mut();
            if let (true, Some(ui)) = (has_days, columns.next()) {
                chart(ui, "Events by day", "All events of all users (UTC)", |ui| days(ui, profile, height));
            }
            if let (true, Some(ui)) = (has_behaviours, columns.next()) {
                chart(ui, "Behaviours", "Events by what the user did", |ui| behaviours(ui, profile, height));
            }
        });
    });
}

fn facts(ui: &mut Ui, app: &App, profile: &Profile) {
    let Some(prepared) = app.data.prepared.ready() else { return };
    let shape = prepared.dataset.shape();
    let mut facts = vec![
        ("Users", text::count(shape.n_users)),
        ("Items", text::count(shape.n_items)),
        ("Events", text::count(shape.n_events)),
        ("Median length", text::significant(profile.median_len, 3)),
        ("Longest", text::count(shape.max_len)),
        ("Density", text::percent(profile.density)),
    ];
    if let Some(share) = profile.zero_gap_share {
        facts.push(("Same second as before", text::percent(share)));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 22.0;
        for (name, value) in facts {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(value).size(19.0).color(theme::colors(ui).strong));
                ui.label(RichText::new(name).size(size::TEXT_SMALL).color(theme::colors(ui).weak));
            });
        }
    });
}

fn chart(ui: &mut Ui, title: &str, remark: &str, paint: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.take_available_width();
        ui.label(RichText::new(title).color(theme::colors(ui).strong));
        ui.label(RichText::new(remark).size(size::TEXT_SMALL).color(theme::colors(ui).weak));
        paint(ui);
    });
    ui.add_space(size::GAP_SMALL);
}

/// A plot that stays as it is: these charts are looked at, not travelled in.
fn still<'a>(ui: &Ui, name: &'static str, height: f32) -> Plot<'a> {
    let grid = theme::colors(ui).line;
    Plot::new(name)
        .height(height)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .show_x(false)
        .show_y(false)
        .grid_color(grid)
        .y_axis_formatter(|mark, _| short_tick(mark.value))
        .x_axis_formatter(|mark, _| short_tick(mark.value))
}

fn lengths(ui: &mut Ui, profile: &Profile, height: f32) {
    let color = theme::series_color(ui, 0);
    let bars = profile.length_histogram.iter().map(|bin| {
        let (from, to) = (bin.from as f64, bin.to as f64 + 1.0);
        let range = if bin.from == bin.to { format!("{}", bin.from) } else { format!("{} to {}", bin.from, bin.to) };
        let name = format!("{range} events: {}", text::counted(bin.n_users, "user"));
        Bar::new(f64::midpoint(from, to) - 0.5, bin.n_users as f64).width((to - from) * 0.92).name(name).fill(color)
    });
    let chart =
        BarChart::new("Users", bars.collect()).color(color).element_formatter(Box::new(|bar, _| bar.name.clone()));
    still(ui, "lengths", height)
        .x_grid_spacer(|input| whole_marks(&input))
        .include_y(0.0)
        .show(ui, |plot| plot.bar_chart(chart));
}

fn popularity(ui: &mut Ui, profile: &Profile, height: f32) {
    let color = theme::series_color(ui, 1);
    let ranks = log_spaced(profile.popularity.len());
    let point = |rank: &usize| {
        let n_events = profile.popularity.get(rank - 1).copied().unwrap_or(0).max(1);
        [(*rank as f64).log10(), (n_events as f64).log10()]
    };
    let points: PlotPoints<'_> = ranks.iter().map(point).collect();
    let line = Line::new("Items", points).color(color).width(size::LINE).fill(0.0);
    let label = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint { position, .. } => {
            let (rank, n_events) = (10_f64.powf(position.x).round(), 10_f64.powf(position.y).round());
            Some(format!("rank {}: {}", text::count(rank as usize), text::counted(n_events as usize, "event")))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    still(ui, "popularity", height)
        .x_grid_spacer(|input| log_marks(&input))
        .y_grid_spacer(|input| log_marks(&input))
        .x_axis_formatter(|mark, _| log_text(mark.value))
        .y_axis_formatter(|mark, _| log_text(mark.value))
        .include_y(0.0)
        .label_formatter(label)
        .show(ui, |plot| plot.line(line));
}

/// Ranks from 1 to `n`, evenly spaced on a logarithmic axis.
fn log_spaced(n: usize) -> Vec<usize> {
    let steps = CURVE_POINTS.min(n);
    let at = |step: usize| (n as f64).powf(step as f64 / (steps.max(2) - 1) as f64).round() as usize;
    let mut ranks: Vec<usize> = (0..steps).map(|step| at(step).clamp(1, n)).collect();
    ranks.dedup();
    ranks
}

fn days(ui: &mut Ui, profile: &Profile, height: f32) {
    let color = theme::series_color(ui, 2);
    let points: PlotPoints<'_> =
        profile.events_per_day.iter().map(|day| [day.day as f64, day.n_events as f64]).collect();
    let line = Line::new("Events", points).color(color).width(size::LINE).fill(0.0);
    let label = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint { position, .. } => {
            Some(format!("{}: {}", date(position.x), text::counted(position.y as usize, "event")))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    still(ui, "days", height)
        .include_y(0.0)
        .x_grid_spacer(|input| day_marks(&input))
        .x_axis_formatter(|mark, _| date(mark.value))
        .label_formatter(label)
        .show(ui, |plot| plot.line(line));
}

/// Marks at whole days, far enough apart for their dates.
fn day_marks(input: &GridInput) -> Vec<GridMark> {
    // egui's base step is 8 points wide; a date takes some ten of them.
    let step = (input.base_step_size * 11.0).ceil().max(1.0);
    let (first, last) = ((input.bounds.0 / step).ceil() as i64, (input.bounds.1 / step).floor() as i64);
    (first..=last).take(100).map(|at| GridMark { value: at as f64 * step, step_size: step }).collect()
}

/// A number at an axis: `20`, `1.5 k`.
fn short_tick(value: f64) -> String {
    if value.abs() < 10_000.0 { tick(value) } else { text::short_count(value) }
}

/// A day, counted from 1970-01-01, as a date.
fn date(day: f64) -> String {
    text::moment(day as i64 * 86_400).split(' ').next().unwrap_or_default().to_owned()
}

fn behaviours(ui: &mut Ui, profile: &Profile, height: f32) {
    ui.set_min_height(height);
    let width = (ui.available_width() - 200.0).max(60.0);
    let total = profile.behaviours.iter().map(|(_, n)| n).sum::<usize>().max(1) as f64;
    egui::Grid::new("behaviours").num_columns(3).spacing([size::GAP_LARGE, 4.0]).show(ui, |ui| {
        for (at, (name, n_events)) in profile.behaviours.iter().enumerate() {
            let share = *n_events as f64 / total;
            ui.label(name);
            let (rect, _) = ui.allocate_exact_size(egui::vec2(width, 14.0), egui::Sense::hover());
            let bar = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width() * share as f32, rect.height()));
            ui.painter().rect_filled(bar, 2.0, theme::series_color(ui, at));
            ui.label(format!("{}, {}", text::count(*n_events), text::percent(share)));
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::log_spaced;

    #[test]
    fn every_rank_is_there_when_there_are_few_and_the_ends_always() {
        assert_eq!(log_spaced(3), [1, 2, 3]);
        assert_eq!(log_spaced(1), [1]);
        assert!(log_spaced(0).is_empty());
        let many = log_spaced(100_000);
        assert_eq!((many.first(), many.last()), (Some(&1), Some(&100_000)));
        assert!(many.is_sorted_by(|a, b| a < b));
    }
}
