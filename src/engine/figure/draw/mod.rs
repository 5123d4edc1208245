//! A figure drawn as SVG: title, legend, chart and caption, one below the other.

mod bars;
mod curves;
mod heat;

use super::color::FigureTheme;
use super::svg::{Frame, Stroke, SvgPlace, SvgWriter, TextLook, text_width, wrapped};
use super::{FigureBody, NamedColor, PrintFigure};

/// Size and ground of a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureSize {
    /// Width in millimetres.
    pub width_mm: f64,
    /// Height of the chart itself as a share of the width, where its rows do not decide it.
    pub ratio: f64,
    /// Whether the caption is drawn; it stands in the description of the picture anyway.
    pub has_caption: bool,
    /// Ground that it is drawn on.
    pub theme: FigureTheme,
}

impl Default for FigureSize {
    fn default() -> Self {
        Self {
            width_mm: 120.0,
            ratio: 0.52,
            has_caption: true,
            theme: FigureTheme::Light,
        }
    }
}

/// Text of the chart, of its title and of its caption, in points.
const TEXT: f64 = 7.0;
const TITLE: f64 = 8.5;
const CAPTION: f64 = 5.8;

/// Empty edge around all, and the gap between two parts.
const EDGE: f64 = 4.0;
const GAP: f64 = 4.0;

/// A figure as the text of an SVG.
#[must_use]
pub fn drawn(figure: &PrintFigure, size: FigureSize) -> String {
    let canvas = drawing(figure, size);
    let mut svg = SvgWriter::default();
    let [width, height] = canvas.size;
    svg.rect(
        Frame {
            width,
            height,
            ..Frame::default()
        },
        size.theme.ground(),
    );
    canvas.onto(&mut svg, [0.0, 0.0]);
    let told: Vec<&str> = std::iter::once(figure.title.as_str())
        .chain(figure.caption.iter().map(String::as_str))
        .collect();
    svg.finished(width, height, &told)
}

/// A figure that is laid out, to be drawn at any place.
pub(crate) struct Drawing<'a> {
    figure: &'a PrintFigure,
    theme: FigureTheme,
    title: Vec<String>,
    caption: Vec<String>,
    legend: Vec<LegendPlace>,
    /// Place of the chart with its axes.
    chart: Frame,
    /// Width and height of all in points.
    pub(crate) size: SvgPlace,
}

/// A name of the legend with its place.
struct LegendPlace {
    at: SvgPlace,
    named: NamedColor,
    is_dashed: bool,
}

/// Lays a figure out at a size.
pub(crate) fn drawing(figure: &PrintFigure, size: FigureSize) -> Drawing<'_> {
    let width = (size.width_mm * 72.0 / 25.4).max(60.0);
    let inner = width - 2.0 * EDGE;
    let title = wrapped(&figure.title, TITLE, inner);
    let caption: Vec<String> = figure
        .caption
        .iter()
        .filter(|_| size.has_caption)
        .flat_map(|sentence| wrapped(sentence, CAPTION, inner))
        .collect();
    let mut top = EDGE + title.len() as f64 * TITLE * 1.25;
    let legend = legend_places(figure, inner, top);
    if let Some(last) = legend.last() {
        top = last.at[1] + TEXT * 0.6;
    }
    let height = match &figure.body {
        FigureBody::Curves(_) => width * size.ratio,
        FigureBody::Heat(heat) => heat::height(heat, inner),
        FigureBody::Bars(bars) => bars::height(bars),
    };
    let chart = Frame {
        left: EDGE,
        top: top + GAP / 2.0,
        width: inner,
        height,
    };
    let mut bottom = chart.bottom();
    if !caption.is_empty() {
        bottom += GAP + caption.len() as f64 * CAPTION * 1.3;
    }
    Drawing {
        figure,
        theme: size.theme,
        title,
        caption,
        legend,
        chart,
        size: [width, bottom + EDGE],
    }
}

impl Drawing<'_> {
    /// Draws it with its upper left corner at a place.
    pub(crate) fn onto(&self, svg: &mut SvgWriter, at: SvgPlace) {
        svg.moved(at, |svg| {
            let brush = Brush { theme: self.theme };
            for (at, line) in self.title.iter().enumerate() {
                let y = EDGE + (at as f64 + 0.85) * TITLE * 1.25;
                let look = TextLook {
                    size: TITLE,
                    is_bold: true,
                    ..brush.ink()
                };
                svg.text([EDGE, y], line, look);
            }
            for LegendPlace {
                at: [x, y],
                named,
                is_dashed,
            } in &self.legend
            {
                let stroke = Stroke {
                    is_dashed: *is_dashed,
                    ..Stroke::plain(self.theme.rgb(named.color), 2.0)
                };
                let middle = y - TEXT * 0.32;
                svg.line([*x, middle], [x + SWATCH, middle], stroke);
                svg.text([x + SWATCH + 3.0, *y], &named.name, brush.ink());
            }
            match &self.figure.body {
                FigureBody::Curves(curves) => curves::draw(curves, self.chart, brush, svg),
                FigureBody::Heat(heat) => heat::draw(heat, self.chart, brush, svg),
                FigureBody::Bars(bars) => bars::draw(bars, self.chart, brush, svg),
            }
            for (at, line) in self.caption.iter().enumerate() {
                let y = self.chart.bottom() + GAP + (at as f64 + 0.85) * CAPTION * 1.3;
                let look = TextLook {
                    size: CAPTION,
                    ..brush.weak()
                };
                svg.text([EDGE, y], line, look);
            }
        });
    }
}

/// Width of a colour's mark in the legend.
const SWATCH: f64 = 12.0;

/// Names of the legend in as many rows as they need.
fn legend_places(figure: &PrintFigure, width: f64, top: f64) -> Vec<LegendPlace> {
    let (mut x, mut y) = (EDGE, top + TEXT * 1.1);
    let mut places = Vec::new();
    for (named, is_dashed) in named_colors(figure) {
        let name = super::svg::cut(&named.name, TEXT, width - SWATCH - 3.0);
        let taken = SWATCH + 3.0 + text_width(&name, TEXT) + 8.0;
        if x > EDGE && x + taken - 8.0 > EDGE + width {
            (x, y) = (EDGE, y + TEXT * 1.35);
        }
        places.push(LegendPlace {
            at: [x, y],
            named: NamedColor { name, ..named },
            is_dashed,
        });
        x += taken;
    }
    places
}

/// The names that need a legend; a single curve needs none where the upright axis names it.
fn named_colors(figure: &PrintFigure) -> Vec<(NamedColor, bool)> {
    match &figure.body {
        FigureBody::Curves(curves) => curves::named(curves),
        FigureBody::Bars(bars) => bars.legend.iter().map(|it| (it.clone(), false)).collect(),
        FigureBody::Heat(_) => Vec::new(),
    }
}

/// Colours and text of a drawing.
#[derive(Clone, Copy)]
struct Brush {
    theme: FigureTheme,
}

impl Brush {
    fn ink(self) -> TextLook {
        TextLook {
            size: TEXT,
            color: self.theme.ink(),
            ..TextLook::default()
        }
    }

    fn weak(self) -> TextLook {
        TextLook {
            color: self.theme.weak(),
            ..self.ink()
        }
    }

    fn grid(self) -> Stroke {
        Stroke::plain(self.theme.grid(), 0.5)
    }

    fn axis(self) -> Stroke {
        Stroke::plain(self.theme.weak(), 0.6)
    }
}
