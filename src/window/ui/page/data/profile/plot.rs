//! Charts over an axis: lengths of histories, popularity, hours, days, gaps.

use egui::Ui;
use egui_plot::{
    Bar, BarChart, GridInput, GridMark, HoverPosition, Line, LineStyle, Plot, PlotPoints,
};

use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::theme::{self, size};
use crate::ui::widget::line_chart::{log_marks, log_text, plain_marks, tick, whole_marks};
use seqscope_data::{Activity, GapSpread, Lengths, Popularity};

/// Points of a popularity curve that are drawn: spaced evenly on the logarithmic axis.
const CURVE_POINTS: usize = 400;

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
        .y_grid_spacer(|input| count_marks(&input))
        .y_axis_formatter(|mark, _| short_tick(mark.value))
        .x_axis_formatter(|mark, _| short_tick(mark.value))
}

/// Marks of an upright axis of counts: there is no half an event.
fn count_marks(input: &GridInput) -> Vec<GridMark> {
    plain_marks(input)
        .into_iter()
        .filter(|mark| mark.value.fract() == 0.0)
        .collect()
}

pub(super) fn lengths(ui: &mut Ui, lengths: &Lengths, height: f32) {
    let color = theme::series_color(ui, 0);
    let bars = lengths.bins.iter().map(|bin| {
        let (from, to) = (bin.from as f64, bin.to as f64 + 1.0);
        let range = if bin.from == bin.to {
            format!("{}", bin.from)
        } else {
            format!("{}{}{}", bin.from, tr(" to "), bin.to)
        };
        let name = tr(format!(
            "{range} events: {}",
            text::counted(bin.n_users, "user")
        ));
        Bar::new(f64::midpoint(from, to) - 0.5, bin.n_users as f64)
            .width((to - from) * 0.92)
            .name(name)
            .fill(color)
    });
    let chart = BarChart::new("Users", bars.collect())
        .color(color)
        .element_formatter(Box::new(|bar, _| bar.name.clone()));
    still(ui, "lengths", height)
        .x_grid_spacer(|input| whole_marks(&input))
        .include_y(0.0)
        .show(ui, |plot| plot.bar_chart(chart));
}

pub(super) fn popularity(ui: &mut Ui, popularity: &Popularity, height: f32) {
    let color = theme::series_color(ui, 1);
    let ranks = log_spaced(popularity.counts.len());
    let points: PlotPoints<'_> = ranks
        .iter()
        .map(|rank| {
            let n_events = popularity.counts.get(rank - 1).copied().unwrap_or(0).max(1);
            [(*rank as f64).log10(), (n_events as f64).log10()]
        })
        .collect();
    let line = Line::new("Items", points)
        .color(color)
        .width(size::LINE)
        .fill(0.0);
    still(ui, "popularity", height)
        .x_grid_spacer(|input| log_marks(&input))
        .y_grid_spacer(|input| log_marks(&input))
        .x_axis_formatter(|mark, _| log_text(mark.value))
        .y_axis_formatter(|mark, _| log_text(mark.value))
        .include_y(0.0)
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { position, .. } => {
                let (rank, n_events) = (
                    10_f64.powf(position.x).round(),
                    10_f64.powf(position.y).round(),
                );
                Some(tr(format!(
                    "rank {}: {}",
                    text::count(rank as usize),
                    text::counted(n_events as usize, "event")
                )))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| plot.line(line));
}

/// Ranks from 1 to `n`, evenly spaced on a logarithmic axis.
fn log_spaced(n: usize) -> Vec<usize> {
    let steps = CURVE_POINTS.min(n);
    let at = |step: usize| {
        (n as f64)
            .powf(step as f64 / (steps.max(2) - 1) as f64)
            .round() as usize
    };
    let mut ranks: Vec<usize> = (0..steps).map(|step| at(step).clamp(1, n)).collect();
    ranks.dedup();
    ranks
}

pub(super) fn days(ui: &mut Ui, activity: &Activity, height: f32) {
    let color = theme::series_color(ui, 2);
    let points: PlotPoints<'_> = activity
        .days
        .iter()
        .map(|day| [day.day as f64, day.n_events as f64])
        .collect();
    let line = Line::new("Events", points)
        .color(color)
        .width(size::LINE)
        .fill(0.0);
    still(ui, "days", height)
        .include_y(0.0)
        .x_grid_spacer(|input| day_marks(&input))
        .x_axis_formatter(|mark, _| date(mark.value))
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { position, .. } => Some(format!(
                "{}: {}",
                date(position.x),
                tr(text::counted(position.y as usize, "event"))
            )),
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| plot.line(line));
}

/// Marks at whole days, far enough apart for their dates.
fn day_marks(input: &GridInput) -> Vec<GridMark> {
    // egui's base step is 8 points wide; a date takes some ten of them.
    let step = (input.base_step_size * 11.0).ceil().max(1.0);
    let (first, last) = (
        (input.bounds.0 / step).ceil() as i64,
        (input.bounds.1 / step).floor() as i64,
    );
    (first..=last)
        .take(100)
        .map(|at| GridMark {
            value: at as f64 * step,
            step_size: step,
        })
        .collect()
}

/// A number at an axis: `20`, `1.5 k`.
fn short_tick(value: f64) -> String {
    if value.abs() < 10_000.0 {
        tick(value)
    } else {
        text::short_count(value)
    }
}

/// A day, counted from 1970-01-01, as a date.
fn date(day: f64) -> String {
    text::moment(day as i64 * 86_400)
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn lorenz(ui: &mut Ui, popularity: &Popularity, height: f32) {
    let (color, weak) = (theme::series_color(ui, 1), theme::colors(ui).weak);
    let points: PlotPoints<'_> = popularity.lorenz.iter().copied().collect();
    let curve = Line::new("Events", points).color(color).width(size::LINE);
    let even = Line::new("Even", PlotPoints::from_iter([[0.0, 0.0], [1.0, 1.0]]));
    let even = even
        .color(weak)
        .width(1.0)
        .style(LineStyle::dashed_dense())
        .allow_hover(false);
    still(ui, "lorenz", height)
        .x_axis_formatter(|mark, _| text::percent(mark.value))
        .y_axis_formatter(|mark, _| text::percent(mark.value))
        .x_grid_spacer(|_| quarters())
        .y_grid_spacer(|_| quarters())
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { position, .. } => {
                let (items, events) = (text::percent(position.x), text::percent(position.y));
                Some(tr(format!(
                    "the rarest {items} of the items have {events} of the events"
                )))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            plot.line(even);
            plot.line(curve);
        });
}

/// Distance to the next mark that has room for its words: nearer ones are painted faint or not at
/// all, so marks that are set by hand, far enough apart, say that they are as far apart as the
/// axis.
const ROOMY: f64 = 1e3;

/// Marks at every quarter of a share.
fn quarters() -> Vec<GridMark> {
    [0.0, 0.25, 0.5, 0.75, 1.0]
        .map(|value| GridMark {
            value,
            step_size: ROOMY,
        })
        .to_vec()
}

pub(super) fn hours(ui: &mut Ui, activity: &Activity, height: f32) {
    let color = theme::series_color(ui, 2);
    let bars = activity
        .by_hour()
        .into_iter()
        .enumerate()
        .map(|(hour, n_events)| {
            let name = tr(format!(
                "from {hour:02}:00 to {:02}:00 UTC: {}",
                hour + 1,
                text::counted(n_events, "event")
            ));
            Bar::new(hour as f64 + 0.5, n_events as f64)
                .width(0.86)
                .name(name)
                .fill(color)
        });
    let chart = BarChart::new("Events", bars.collect())
        .color(color)
        .element_formatter(Box::new(|bar, _| bar.name.clone()));
    still(ui, "hours", height)
        .include_y(0.0)
        .x_grid_spacer(|_| {
            (0..=24)
                .step_by(6)
                .map(|at| GridMark {
                    value: f64::from(at),
                    step_size: ROOMY,
                })
                .collect()
        })
        .x_axis_formatter(|mark, _| format!("{:02}:00", mark.value))
        .show(ui, |plot| plot.bar_chart(chart));
}

/// One bar a bin, all of the same width: the bins are logarithmic themselves.
pub(super) fn gaps(ui: &mut Ui, spread: &GapSpread, height: f32) {
    let color = theme::series_color(ui, 4);
    let bars = spread.bins.iter().enumerate().map(|(at, bin)| {
        let name = format!(
            "{}: {}",
            tr(bin.label(spread.is_fine)),
            tr(text::counted(bin.n_gaps, "gap"))
        );
        Bar::new(at as f64 + 0.5, bin.n_gaps as f64)
            .width(0.9)
            .name(name)
            .fill(color)
    });
    let chart = BarChart::new("Gaps", bars.collect())
        .color(color)
        .element_formatter(Box::new(|bar, _| bar.name.clone()));
    // Bins that begin with one of a unit; those between them have no room for words.
    let named: Vec<(usize, String)> = [
        (1, "1 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (86_400, "1 d"),
        (2_592_000, "30 d"),
    ]
    .into_iter()
    .filter_map(|(secs, name)| {
        Some((
            spread.bins.iter().position(|bin| bin.from_secs == secs)?,
            name.to_owned(),
        ))
    })
    .collect();
    let marks: Vec<GridMark> = named
        .iter()
        .map(|&(at, _)| GridMark {
            value: at as f64,
            step_size: ROOMY,
        })
        .collect();
    let word = move |value: f64| {
        let found = named
            .iter()
            .find(|(at, _)| (*at as f64 - value).abs() < 0.1);
        found.map_or_else(String::new, |(_, name)| name.clone())
    };
    still(ui, "gaps", height)
        .include_y(0.0)
        .x_grid_spacer(move |_| marks.clone())
        .x_axis_formatter(move |mark, _| word(mark.value))
        .show(ui, |plot| plot.bar_chart(chart));
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
