//! Chart of how the cost of a step grows: one panel for each thing that grows, both axes
//! logarithmic, so that a straight line of slope 1 is a cost in proportion.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One measured step.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Program that did the work: `Seqscope`, `PyTorch eager`.
    pub who: String,
    /// `transformer`.
    pub family: String,
    /// Quantity that grows: `T`, `items`, `batch`.
    pub axis: String,
    /// Value of that quantity.
    pub at: f64,
    /// Milliseconds.
    pub ms: f64,
}

/// The point that a row of [`growth`](super::growth()) makes: `transformer step T=50`. `None` for
/// other work, and for what no logarithm can show.
#[must_use]
pub fn point_of(work: &str, who: &str, ms: f64) -> Option<Point> {
    let (family, grown) = work.split_once(" step ")?;
    let (axis, at) = grown.split_once('=')?;
    let at = f64::from(at.parse::<u32>().ok()?);
    let is_drawn =
        PANELS.iter().any(|panel| panel.axis == axis) && at > 0.0 && ms > 0.0 && ms.is_finite();
    is_drawn.then(|| Point {
        who: who.to_owned(),
        family: family.to_owned(),
        axis: axis.to_owned(),
        at,
        ms,
    })
}

struct Panel {
    axis: &'static str,
    label: &'static str,
}

const PANELS: [Panel; 3] = [
    Panel {
        axis: "T",
        label: "window T (events)",
    },
    Panel {
        axis: "items",
        label: "items of the catalogue",
    },
    Panel {
        axis: "batch",
        label: "batch (users)",
    },
];

/// Okabe & Ito 2008: told apart by all kinds of eyes.
const COLOURS: [&str; 6] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
];

/// Ours is drawn through; the others are broken.
const DASHES: [&str; 3] = ["none", "6 4", "2 3"];

const PANEL_WIDTH: f64 = 280.0;
const PANEL_HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 24.0;
const GAP: f64 = 28.0;
const BELOW: f64 = 48.0;
const LEGEND_LINE: f64 = 20.0;

/// The picture as SVG. Points of one program and family that follow each other are joined.
#[must_use]
pub fn chart(points: &[Point]) -> String {
    let families = distinct(points.iter().map(|point| point.family.as_str()));
    let programs = distinct(points.iter().map(|point| point.who.as_str()));
    let lines: Vec<(&str, &str)> = families
        .iter()
        .flat_map(|family| programs.iter().map(|who| (family.as_str(), who.as_str())))
        .collect();
    let width = LEFT + 3.0 * PANEL_WIDTH + 2.0 * GAP + 16.0;
    let legend_top = TOP + PANEL_HEIGHT + BELOW + 8.0;
    // A column of the legend for each program, as far as there is room.
    let n_columns = programs.len().clamp(1, PANELS.len());
    let height = legend_top + LEGEND_LINE * (lines.len().div_ceil(n_columns) as f64) + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" \
         fill=\"#ffffff\"/>\n"
    );
    let up = ChartAxis::decades(points.iter().map(|point| point.ms), TOP + PANEL_HEIGHT, TOP);
    for (at, panel) in PANELS.iter().enumerate() {
        let left = LEFT + (PANEL_WIDTH + GAP) * at as f64;
        svg.push_str(&frame(panel, points, left, &up));
        for (family, who) in &lines {
            let of_line = |p: &&Point| p.axis == panel.axis && p.family == *family && p.who == *who;
            let stroke = style(family, who, &families, &programs);
            svg.push_str(&line(
                points.iter().filter(of_line).collect(),
                &across(panel, points, left),
                &up,
                &stroke,
            ));
        }
    }
    for (at, (family, who)) in lines.iter().enumerate() {
        let x = LEFT + (PANEL_WIDTH + GAP) * (at % n_columns) as f64;
        let y = legend_top + LEGEND_LINE * (at / n_columns) as f64 + 6.0;
        let stroke = style(family, who, &families, &programs);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {y:.1}h32\" {stroke}/><text x=\"{:.1}\" y=\"{:.1}\" \
             fill=\"#222222\">{}, {}</text>",
            x + 40.0,
            y + 4.0,
            escaped(family),
            escaped(who)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Names without repeats, in the order of their first places.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !seen.iter().any(|known| known == name) {
            seen.push(name.to_owned());
        }
    }
    seen
}

/// Names come from files, and may hold what SVG reads as its own.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Colour by family, dash by program.
fn style(family: &str, who: &str, families: &[String], programs: &[String]) -> String {
    let place =
        |names: &[String], name: &str| names.iter().position(|known| known == name).unwrap_or(0);
    let colour = COLOURS
        .get(place(families, family) % COLOURS.len())
        .unwrap_or(&"#000000");
    let dash = DASHES
        .get(place(programs, who) % DASHES.len())
        .unwrap_or(&"none");
    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"")
}

/// A logarithmic axis: values to places on the picture, and where its ticks stand.
struct ChartAxis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl ChartAxis {
    /// Whole powers of ten around the values.
    fn decades(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
        let (low, high) = if low.is_finite() {
            (low.log10().floor(), high.log10().ceil())
        } else {
            (0.0, 1.0)
        };
        let high = high.max(low + 1.0);
        let ticks = (low as i32..=high as i32)
            .map(|power| 10f64.powi(power))
            .collect();
        Self {
            low,
            high,
            from,
            to,
            ticks,
        }
    }

    /// The values themselves as ticks, with a little room around them.
    fn through(values: Vec<f64>, from: f64, to: f64) -> Self {
        let (first, last) = (
            values.first().copied().unwrap_or(1.0),
            values.last().copied().unwrap_or(10.0),
        );
        let room = 0.08 * (last.log10() - first.log10()).max(0.1);
        Self {
            low: first.log10() - room,
            high: last.log10() + room,
            from,
            to,
            ticks: values,
        }
    }

    fn place(&self, value: f64) -> f64 {
        self.from + (self.to - self.from) * (value.log10() - self.low) / (self.high - self.low)
    }
}

/// The axis along the bottom of a panel.
fn across(panel: &Panel, points: &[Point], left: f64) -> ChartAxis {
    let of_panel = points.iter().filter(|point| point.axis == panel.axis);
    // Every value is a whole number.
    let values: BTreeSet<u64> = of_panel.map(|point| point.at.round() as u64).collect();
    ChartAxis::through(
        values.into_iter().map(|value| value as f64).collect(),
        left,
        left + PANEL_WIDTH,
    )
}

fn frame(panel: &Panel, points: &[Point], left: f64, up: &ChartAxis) -> String {
    let (bottom, across) = (TOP + PANEL_HEIGHT, across(panel, points, left));
    let mut svg = String::new();
    for &tick in &up.ticks {
        let y = up.place(tick);
        let _ = writeln!(
            svg,
            "<path d=\"M{left:.1} {y:.1}h{PANEL_WIDTH}\" stroke=\"#dddddd\"/>"
        );
        if left <= LEFT {
            let x = left - 6.0;
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#222222\">{tick}</text>",
                y + 4.0
            );
        }
    }
    for &tick in &across.ticks {
        let x = across.place(tick);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {bottom:.1}v5\" stroke=\"#222222\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\" fill=\"#222222\">{tick}</text>",
            bottom + 18.0
        );
    }
    let _ = writeln!(
        svg,
        "<rect x=\"{left:.1}\" y=\"{TOP}\" width=\"{PANEL_WIDTH}\" height=\"{PANEL_HEIGHT}\" \
         fill=\"none\" stroke=\"#222222\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" \
         fill=\"#222222\">{}</text>",
        left + PANEL_WIDTH / 2.0,
        bottom + 36.0,
        panel.label
    );
    if left <= LEFT {
        let (x, y) = (16.0, TOP + PANEL_HEIGHT / 2.0);
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#222222\" \
             transform=\"rotate(-90 {x} {y})\">one optimiser step (ms)</text>"
        );
    }
    svg
}

fn line(mut points: Vec<&Point>, across: &ChartAxis, up: &ChartAxis, stroke: &str) -> String {
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut svg = String::new();
    let mut path = String::new();
    for point in points {
        let (x, y) = (across.place(point.at), up.place(point.ms));
        let _ = write!(
            path,
            "{}{x:.1} {y:.1}",
            if path.is_empty() { "M" } else { "L" }
        );
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" {stroke}/>"
        );
    }
    if !path.is_empty() {
        let _ = writeln!(svg, "<path d=\"{path}\" {stroke}/>");
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_of_growth_are_points() {
        let point = point_of("gru step items=10000", "Seqscope", 12.5).unwrap();
        assert_eq!(
            (point.family.as_str(), point.axis.as_str()),
            ("gru", "items")
        );
        let hostile = [
            point_of("<g&> step T=50", "a", 1.0),
            point_of("<g&> step T=100", "a", 2.0),
        ]
        .map(Option::unwrap);
        assert!(chart(&hostile).contains("&lt;g&amp;&gt;, a"));
        assert!(
            ["x step T=0.4", "x step T=inf", "x step T=0x1"]
                .iter()
                .all(|work| point_of(work, "a", 1.0).is_none())
        );
        assert!((point.at - 1e4).abs() < 1e-9);
        for work in [
            "gru step",
            "gru step n_layers=2",
            "gru step T=many",
            "opening",
            "gru epoch",
        ] {
            assert_eq!(point_of(work, "Seqscope", 1.0), None, "{work}");
        }
        assert_eq!(point_of("gru step T=50", "Seqscope", f64::NAN), None);
    }

    /// Values a decade apart stand a third of the way apart on an axis of three decades; up is
    /// towards 0.
    #[test]
    fn axes_are_logarithmic() {
        let axis = ChartAxis::decades([2.0, 900.0].into_iter(), 240.0, 0.0);
        assert_eq!(axis.ticks, [1.0, 10.0, 100.0, 1000.0]);
        let places: Vec<i64> = axis
            .ticks
            .iter()
            .map(|&tick| axis.place(tick).round() as i64)
            .collect();
        assert_eq!(places, [240, 160, 80, 0]);
    }

    #[test]
    fn each_program_and_family_has_a_line_where_it_was_measured() {
        let points: Vec<Point> = [("Seqscope", 1.0), ("PyTorch eager", 2.0)]
            .into_iter()
            .flat_map(|(who, ms)| {
                ["vae step batch=32", "vae step batch=64", "lstm step T=50"]
                    .map(|work| point_of(work, who, ms))
            })
            .flatten()
            .collect();
        let svg = chart(&points);
        assert_eq!(svg.matches("<circle").count(), 6);
        assert_eq!(
            svg.matches("<path d=\"M").count() - svg.matches("h32").count(),
            svg.matches("v5").count() + 3 * 2 + 4
        );
        for words in [
            "vae, Seqscope",
            "lstm, PyTorch eager",
            "batch (users)",
            "one optimiser step (ms)",
        ] {
            assert!(svg.contains(words), "{words}");
        }
        assert!(
            !chart(&[]).contains("NaN"),
            "nothing to draw is an empty picture"
        );
    }
}
