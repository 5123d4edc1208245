//! Curves and points over two axes.

use super::super::color::mixed;
use super::super::scale::{AxisMark, AxisScale};
use super::super::svg::{Frame, Stroke, SvgPlace, SvgWriter, TextLook, TextSide, cut, text_width};
use super::super::{CurveFigure, FigureFlag, FigureLevel, FigureSeries, NamedColor, SeriesForm};
use super::{Brush, TEXT};

/// Thickness of a curve and diameter of a point.
const LINE: f64 = 1.1;
const DOT: f64 = 2.6;

/// Points of a cloud are smaller, the more there are.
const CLOUD: usize = 400;

/// Names of the legend, each with whether its line is dashed. A single curve needs none where the
/// upright axis names it.
pub(super) fn named(figure: &CurveFigure) -> Vec<(NamedColor, bool)> {
    let named: Vec<&FigureSeries> = figure
        .series
        .iter()
        .filter(|series| !series.name.is_empty())
        .collect();
    let entry = |series: &&FigureSeries| {
        let named = NamedColor {
            name: series.name.clone(),
            color: series.color,
        };
        (named, series.form == SeriesForm::Dashed)
    };
    named.iter().map(entry).collect()
}

/// Both scales of a chart.
struct Scales {
    x: AxisScale,
    y: AxisScale,
}

impl Scales {
    fn place(&self, [x, y]: [f64; 2]) -> Option<SvgPlace> {
        Some([self.x.place(x)?, self.y.place(y)?])
    }
}

pub(super) fn draw(figure: &CurveFigure, frame: Frame, brush: Brush, svg: &mut SvgWriter) {
    let (scales, plot) = laid_out(figure, frame);
    axes(figure, &scales, plot, brush, svg);
    svg.clipped(plot, |svg| {
        for series in &figure.series {
            band(series, &scales, brush, svg);
        }
        for level in &figure.levels {
            if let Some(y) = scales.y.place(level.value) {
                let stroke = Stroke {
                    is_dashed: true,
                    ..Stroke::plain(brush.theme.weak(), 0.7)
                };
                svg.line([plot.left, y], [plot.right(), y], stroke);
            }
        }
        for series in &figure.series {
            points(series, &scales, brush, svg);
        }
    });
    levels(&figure.levels, &scales, plot, brush, svg);
    for flag in &figure.flags {
        draw_flag(flag, &scales, plot, brush, svg);
    }
    if let Some(words) = left_out(figure) {
        let look = TextLook {
            side: TextSide::End,
            size: TEXT - 1.0,
            ..brush.weak()
        };
        svg.text([plot.right() - 2.0, plot.top + TEXT], &words, look);
    }
}

/// The scales of both axes, and the place of the plot between them.
fn laid_out(figure: &CurveFigure, frame: Frame) -> (Scales, Frame) {
    let of_series = |at: usize| {
        let series = figure.series.iter();
        series.flat_map(move |series| {
            let drawn = series.points.iter().filter(|point| is_drawn(**point));
            let points = drawn.map(move |point| point[at]);
            let bands = series.band.iter().flat_map(
                move |[x, low, high]| {
                    if at == 0 { [*x, *x] } else { [*low, *high] }
                },
            );
            points.chain(bands)
        })
    };
    let levels = figure.levels.iter().map(|level| level.value);
    let y = AxisScale::holding(&figure.y, of_series(1).chain(levels));
    let x = AxisScale::holding(&figure.x, of_series(0));
    let marks = y.between(0.0, 1.0).marks(6);
    let widest = marks
        .iter()
        .map(|mark| text_width(&mark.text, TEXT))
        .fold(0.0, f64::max);
    let left = widest
        + 4.0
        + if figure.y.label.is_empty() {
            0.0
        } else {
            TEXT * 1.4
        };
    let below = TEXT * 1.5
        + if figure.x.label.is_empty() {
            0.0
        } else {
            TEXT * 1.3
        };
    let plot = Frame {
        left: frame.left + left,
        top: frame.top + 2.0,
        width: frame.width - left - 3.0,
        height: frame.height - below - 2.0,
    };
    let upright = if figure.y.is_turned {
        y.between(plot.top, plot.bottom())
    } else {
        y.between(plot.bottom(), plot.top)
    };
    let across = x.between(plot.left, plot.right());
    (
        Scales {
            x: across,
            y: upright,
        },
        plot,
    )
}

fn is_drawn(point: [f64; 2]) -> bool {
    point.iter().all(|value| value.is_finite())
}

fn axes(figure: &CurveFigure, scales: &Scales, plot: Frame, brush: Brush, svg: &mut SvgWriter) {
    let across = (plot.width / 42.0).clamp(2.0, 9.0) as usize;
    let upright = (plot.height / 22.0).clamp(2.0, 7.0) as usize;
    let mut free = f64::NEG_INFINITY;
    for AxisMark { at, text } in scales.x.marks(across) {
        svg.line([at, plot.top], [at, plot.bottom()], brush.grid());
        let half = text_width(&text, TEXT) / 2.0;
        if at - half < free {
            continue;
        }
        free = at + half + 2.0;
        let look = TextLook {
            side: TextSide::Middle,
            ..brush.ink()
        };
        svg.text([at, plot.bottom() + TEXT * 1.2], &text, look);
    }
    for AxisMark { at, text } in scales.y.marks(upright) {
        svg.line([plot.left, at], [plot.right(), at], brush.grid());
        let look = TextLook {
            side: TextSide::End,
            ..brush.ink()
        };
        svg.text([plot.left - 3.0, at + TEXT * 0.35], &text, look);
    }
    svg.line(
        [plot.left, plot.bottom()],
        [plot.right(), plot.bottom()],
        brush.axis(),
    );
    svg.line(
        [plot.left, plot.top],
        [plot.left, plot.bottom()],
        brush.axis(),
    );
    let middle = TextLook {
        side: TextSide::Middle,
        ..brush.ink()
    };
    let below = [plot.left + plot.width / 2.0, plot.bottom() + TEXT * 2.5];
    svg.text(below, &cut(&figure.x.label, TEXT, plot.width), middle);
    let widest = scales
        .y
        .marks(upright)
        .iter()
        .map(|mark| text_width(&mark.text, TEXT))
        .fold(0.0, f64::max);
    let beside = [plot.left - widest - TEXT, plot.top + plot.height / 2.0];
    let turned = TextLook {
        turn: -90.0,
        ..middle
    };
    svg.text(
        beside,
        &cut(&figure.y.label, TEXT, plot.height + TEXT),
        turned,
    );
}

fn band(series: &FigureSeries, scales: &Scales, brush: Brush, svg: &mut SvgWriter) {
    let color = brush.theme.rgb(series.color);
    // A band ends where it has no numbers, and begins again behind.
    for stretch in series.band.split(|[x, low, high]| {
        scales.place([*x, *low]).is_none() || scales.place([*x, *high]).is_none()
    }) {
        let low = stretch
            .iter()
            .filter_map(|[x, low, _]| scales.place([*x, *low]));
        let high = stretch
            .iter()
            .rev()
            .filter_map(|[x, _, high]| scales.place([*x, *high]));
        let outline: Vec<SvgPlace> = low.chain(high).collect();
        svg.area(&outline, color, 0.2);
    }
}

fn points(series: &FigureSeries, scales: &Scales, brush: Brush, svg: &mut SvgWriter) {
    let color = brush.theme.rgb(series.color);
    let places = series.points.iter().map(|point| scales.place(*point));
    let line = Stroke::plain(color, LINE);
    let n = series.points.len();
    match series.form {
        SeriesForm::Line => svg.curve(places, line),
        SeriesForm::Pale => {
            let color = mixed(brush.theme.ground(), color, 0.45);
            svg.curve(places, Stroke::plain(color, LINE * 0.5));
        }
        SeriesForm::Dashed => svg.curve(
            places,
            Stroke {
                is_dashed: true,
                ..line
            },
        ),
        SeriesForm::Marked => {
            let dots: Vec<SvgPlace> = places.clone().flatten().collect();
            svg.curve(places, line);
            svg.dots(dots.into_iter(), Stroke::plain(color, DOT));
        }
        SeriesForm::Dots => {
            let shrunk = (CLOUD as f64 / n.max(1) as f64).sqrt().clamp(0.45, 1.0);
            let stroke = Stroke {
                opacity: if n > CLOUD { 0.7 } else { 1.0 },
                ..Stroke::plain(color, DOT * shrunk)
            };
            svg.dots(places.flatten(), stroke);
        }
    }
}

/// Names of the level lines, at the right end above them and apart from each other.
fn levels(levels: &[FigureLevel], scales: &Scales, plot: Frame, brush: Brush, svg: &mut SvgWriter) {
    let mut named: Vec<(f64, &str)> = levels
        .iter()
        .filter(|level| scales.y.holds(level.value))
        .filter_map(|level| Some((scales.y.place(level.value)?, level.name.as_str())))
        .collect();
    named.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = plot.top + TEXT * 0.8;
    for (y, name) in named {
        let y = (y - 2.0).max(free);
        free = y + TEXT * 0.95;
        let look = TextLook {
            side: TextSide::End,
            size: TEXT - 0.8,
            ..brush.weak()
        };
        svg.text([plot.right() - 2.0, y], &cut(name, TEXT, plot.width), look);
    }
}

fn draw_flag(flag: &FigureFlag, scales: &Scales, plot: Frame, brush: Brush, svg: &mut SvgWriter) {
    let Some([x, y]) = scales.place(flag.at) else {
        return;
    };
    if !scales.x.holds(flag.at[0]) || !scales.y.holds(flag.at[1]) {
        return;
    }
    svg.dots(
        [[x, y]].into_iter(),
        Stroke::plain(brush.theme.ink(), DOT * 1.3),
    );
    let size = TEXT - 0.8;
    let is_right = x + 4.0 + text_width(&flag.text, size) > plot.right();
    let look = TextLook {
        side: if is_right {
            TextSide::End
        } else {
            TextSide::Start
        },
        size,
        ..brush.ink()
    };
    let x = if is_right { x - 4.0 } else { x + 4.0 };
    // Below the point where there is no room above it.
    let y = if y - plot.top < TEXT * 1.2 {
        y + TEXT * 1.2
    } else {
        y - 3.0
    };
    svg.text([x, y], &flag.text, look);
}

/// Says how many points a logarithmic axis cannot show.
fn left_out(figure: &CurveFigure) -> Option<String> {
    let (log_x, log_y) = (figure.x.is_log, figure.y.is_log);
    let series = figure.series.iter().flat_map(|series| &series.points);
    let n = series
        .filter(|[x, y]| (log_x && *x <= 0.0) || (log_y && *y <= 0.0))
        .count();
    (n > 0).then(|| format!("{n} not above 0 left out"))
}
