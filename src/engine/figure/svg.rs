//! SVG written element by element, and how much room text takes.

use std::fmt::Write as _;

use seqscope_base::spec::shown;
use unicode_width::UnicodeWidthChar as _;

use super::color::{Rgb, hex};

/// Fonts of all text, the first that is there: plain ones of the common systems, then one for Chinese,
/// Japanese and Korean.
const FONTS: &str =
    "Liberation Sans, Arial, Helvetica, DejaVu Sans, Noto Sans, Noto Sans CJK SC, sans-serif";

/// Share of a text's size that its letters take on the average, in the widest of [`FONTS`]: room is
/// left rather than text cut off.
const LETTER: f64 = 0.58;

/// Side of its place that a text touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TextSide {
    #[default]
    Start,
    Middle,
    End,
}

/// Look of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TextLook {
    /// Size in points.
    pub(crate) size: f64,
    pub(crate) side: TextSide,
    pub(crate) is_bold: bool,
    /// Degrees by which it is turned, to the right where above 0.
    pub(crate) turn: f64,
    /// Red, green and blue.
    pub(crate) color: Rgb,
}

/// A place in points from the upper left corner.
pub(crate) type SvgPlace = [f64; 2];

/// A rectangle in points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Frame {
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// A line as it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Rgb,
    pub(crate) width: f64,
    /// Share of the colour that is kept, 1 for all.
    pub(crate) opacity: f64,
    pub(crate) is_dashed: bool,
}

impl Stroke {
    pub(crate) fn plain(color: Rgb, width: f64) -> Self {
        Self {
            color,
            width,
            opacity: 1.0,
            is_dashed: false,
        }
    }
}

/// A picture as it is written. All lengths are points, 1/72 inch.
#[derive(Debug, Default)]
pub(crate) struct SvgWriter {
    text: String,
}

impl SvgWriter {
    /// The whole picture: so wide and high, with a title and a description for who cannot see it.
    pub(crate) fn finished(self, width: f64, height: f64, told: &[&str]) -> String {
        let mm = |points: f64| (points * 25.4 / 72.0 * 1000.0).round() / 1000.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" \
             viewBox=\"0 0 {} {}\" font-family=\"{FONTS}\" role=\"img\">\n",
            mm(width),
            mm(height),
            number(width),
            number(height)
        );
        let mut told = told.iter().filter(|words| !words.is_empty());
        if let Some(title) = told.next() {
            let _ = writeln!(svg, "<title>{}</title>", escaped(title));
        }
        let rest: Vec<String> = told.map(|words| escaped(words)).collect();
        if !rest.is_empty() {
            let _ = writeln!(svg, "<desc>{}</desc>", rest.join(" "));
        }
        svg + &self.text + "</svg>\n"
    }

    pub(crate) fn rect(&mut self, frame: Frame, fill: Rgb) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
            number(frame.left),
            number(frame.top),
            number(frame.width.max(0.0)),
            number(frame.height.max(0.0)),
            hex(fill)
        );
    }

    /// A line around a rectangle.
    pub(crate) fn outline(&mut self, frame: Frame, stroke: Stroke) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\"{}/>",
            number(frame.left),
            number(frame.top),
            number(frame.width.max(0.0)),
            number(frame.height.max(0.0)),
            line_words(stroke)
        );
    }

    /// A straight line. Without `fill` it would be filled black, which PDF paints as a hair.
    pub(crate) fn line(&mut self, from: SvgPlace, to: SvgPlace, stroke: Stroke) {
        let _ = writeln!(
            self.text,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" fill=\"none\"{}/>",
            number(from[0]),
            number(from[1]),
            number(to[0]),
            number(to[1]),
            line_words(stroke)
        );
    }

    /// Lines from place to place; a new one begins where `None` stands.
    pub(crate) fn curve(&mut self, places: impl Iterator<Item = Option<SvgPlace>>, stroke: Stroke) {
        let mut path = String::new();
        let mut last: Option<SvgPlace> = None;
        let mut is_first = true;
        for place in places {
            let Some([x, y]) = place else {
                close_dot(&mut path, last, is_first);
                (last, is_first) = (None, true);
                continue;
            };
            let word = if last.is_none() { 'M' } else { 'L' };
            is_first = last.is_none();
            let _ = write!(path, "{word}{} {}", number(x), number(y));
            last = Some([x, y]);
        }
        close_dot(&mut path, last, is_first);
        if !path.is_empty() {
            let _ = writeln!(
                self.text,
                "<path d=\"{path}\" fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\"{}/>",
                line_words(stroke)
            );
        }
    }

    /// A filled outline.
    pub(crate) fn area(&mut self, places: &[SvgPlace], fill: Rgb, opacity: f64) {
        let mut path = String::new();
        for (at, [x, y]) in places.iter().enumerate() {
            let word = if at == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{word}{} {}", number(*x), number(*y));
        }
        if !path.is_empty() {
            let _ = writeln!(
                self.text,
                "<path d=\"{path}Z\" fill=\"{}\" fill-opacity=\"{}\"/>",
                hex(fill),
                number(opacity)
            );
        }
    }

    /// Round points of one colour, all as one element.
    pub(crate) fn dots(&mut self, places: impl Iterator<Item = SvgPlace>, stroke: Stroke) {
        let mut path = String::new();
        for [x, y] in places {
            let _ = write!(path, "M{} {}h.01", number(x), number(y));
        }
        if !path.is_empty() {
            let _ = writeln!(
                self.text,
                "<path d=\"{path}\" fill=\"none\" stroke-linecap=\"round\"{}/>",
                line_words(stroke)
            );
        }
    }

    /// Rectangles of one colour, all as one element without soft edges, so that neighbours touch.
    pub(crate) fn cells(&mut self, frames: &[Frame], fill: Rgb) {
        let mut path = String::new();
        for frame in frames {
            let _ = write!(
                path,
                "M{} {}h{}v{}h{}Z",
                number(frame.left),
                number(frame.top),
                number(frame.width),
                number(frame.height),
                number(-frame.width)
            );
        }
        if !path.is_empty() {
            let _ = writeln!(
                self.text,
                "<path d=\"{path}\" fill=\"{}\" shape-rendering=\"crispEdges\"/>",
                hex(fill)
            );
        }
    }

    pub(crate) fn text(&mut self, at: SvgPlace, words: &str, look: TextLook) {
        if words.trim().is_empty() {
            return;
        }
        let side = match look.side {
            TextSide::Start => "",
            TextSide::Middle => " text-anchor=\"middle\"",
            TextSide::End => " text-anchor=\"end\"",
        };
        let weight = if look.is_bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let [x, y] = at.map(number);
        let turn = if look.turn == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", number(look.turn))
        };
        let _ = writeln!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"{side}{weight}{turn}>{}</text>",
            number(look.size),
            hex(look.color),
            escaped(words)
        );
    }

    /// Draws what lies within a rectangle only.
    pub(crate) fn clipped(&mut self, frame: Frame, draw: impl FnOnce(&mut Self)) {
        // Equal names are equal rectangles, so that figures may stand beside each other in one file.
        let Frame {
            left,
            top,
            width,
            height,
        } = frame;
        let [left, top, width, height] = [left, top, width, height].map(|v| (v * 100.0) as i64);
        let name = format!("c-{left}-{top}-{width}-{height}");
        let _ = writeln!(
            self.text,
            "<clipPath id=\"{name}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n\
             <g clip-path=\"url(#{name})\">",
            number(frame.left),
            number(frame.top),
            number(frame.width.max(0.0)),
            number(frame.height.max(0.0))
        );
        draw(self);
        self.text += "</g>\n";
    }

    /// Draws smaller or larger, from the upper left corner on.
    pub(crate) fn scaled(&mut self, by: f64, draw: impl FnOnce(&mut Self)) {
        let _ = writeln!(self.text, "<g transform=\"scale({by})\">");
        draw(self);
        self.text += "</g>\n";
    }

    /// Draws moved to the right and down.
    pub(crate) fn moved(&mut self, by: SvgPlace, draw: impl FnOnce(&mut Self)) {
        let [x, y] = by.map(number);
        let _ = writeln!(self.text, "<g transform=\"translate({x} {y})\">");
        draw(self);
        self.text += "</g>\n";
    }
}

/// Ends a stretch of a curve: one of a single point would not be seen.
fn close_dot(path: &mut String, last: Option<SvgPlace>, is_single: bool) {
    if last.is_some() && is_single {
        *path += "h.01";
    }
}

fn line_words(stroke: Stroke) -> String {
    let mut words = format!(
        " stroke=\"{}\" stroke-width=\"{}\"",
        hex(stroke.color),
        number(stroke.width)
    );
    if stroke.opacity < 1.0 {
        let _ = write!(words, " stroke-opacity=\"{}\"", number(stroke.opacity));
    }
    if stroke.is_dashed {
        words += " stroke-dasharray=\"3 2\"";
    }
    words
}

/// A length with two digits after the point: a hundredth of a point is a third of a hundredth of a
/// millimetre.
fn number(value: f64) -> String {
    let value = (value * 100.0).round() / 100.0;
    if value.is_finite() {
        format!("{}", if value == 0.0 { 0.0 } else { value })
    } else {
        "0".to_owned()
    }
}

/// A text as the content of an element: nothing in it is markup, and what is no letter of XML is
/// shown in words.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Width of a text in points, as far as can be told without its font: more rather than less.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let letters = text.chars().map(|c| match c {
        'i' | 'l' | 'j' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '(' | ')' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.72,
        c => LETTER * c.width().unwrap_or(0) as f64,
    });
    letters.sum::<f64>() * size
}

/// A text in lines of so many points, broken between words, and within one that is too long.
pub(crate) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if text_width(&joined, size) <= width {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if !line.is_empty()
                && text_width(&line, size) + text_width(&c.to_string(), size) > width
            {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text that is cut so that it takes at most so many points.
pub(crate) fn cut(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if text_width(&kept, size) + text_width(&format!("{c}…"), size) > width {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}
