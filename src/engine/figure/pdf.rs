//! Drawings as the pages of a PDF: outlines filled and drawn, letters as outlines too.
//!
//! Only what our own SVG has is written: paths of one colour, moves and scales, rectangles that clip.
//! `krilla` would set text as text; it was left out because its features would have polars and burn
//! built anew by everybody.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, TextStr};
use resvg::tiny_skia::{Path as Outline, PathSegment, Transform};
use resvg::usvg::{Fill, FillRule, Group, LineCap, Node, Paint, Path, Stroke, Tree};

/// The pages, each as large as its drawing.
pub(super) fn written(title: &str, pages: &[Tree]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut last = 0;
    let mut next = || {
        last += 1;
        Ref::new(last)
    };
    let (catalog, list, info) = (next(), next(), next());
    let ids: Vec<Ref> = pages.iter().map(|_| next()).collect();
    pdf.catalog(catalog).pages(list);
    pdf.pages(list)
        .kids(ids.iter().copied())
        .count(pages.len() as i32);
    for (tree, id) in pages.iter().zip(&ids) {
        let drawn = DrawnPage::of(tree);
        let content = next();
        let states: Vec<(Ref, String, f32)> = drawn
            .opacities
            .iter()
            .map(|(percent, name)| (next(), name.clone(), f32::from(*percent) / 100.0))
            .collect();
        let mut page = pdf.page(*id);
        page.parent(list)
            .media_box(Rect::new(0.0, 0.0, drawn.width, drawn.height))
            .contents(content);
        let mut resources = page.resources();
        let mut named = resources.ext_g_states();
        for (state, name, _) in &states {
            named.pair(Name(name.as_bytes()), *state);
        }
        named.finish();
        resources.finish();
        page.finish();
        for (state, _, opacity) in &states {
            pdf.ext_graphics(*state)
                .non_stroking_alpha(*opacity)
                .stroking_alpha(*opacity);
        }
        let packed = packed(&drawn.content);
        let mut stream = pdf.stream(content, packed.as_deref().unwrap_or(&drawn.content));
        if packed.is_some() {
            stream.filter(Filter::FlateDecode);
        }
    }
    pdf.document_info(info)
        .title(TextStr(title))
        .creator(TextStr("Seqscope"));
    pdf.finish()
}

/// The bytes packed; `None` where they could not be.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// One page as PDF draws it.
struct DrawnPage {
    /// Width and height in points.
    width: f32,
    height: f32,
    content: Vec<u8>,
    /// Names of the opacities that are used, by percent.
    opacities: BTreeMap<u8, String>,
}

impl DrawnPage {
    fn of(tree: &Tree) -> Self {
        // Sizes of SVG are pixels, 96 an inch, from the top; those of PDF are points from the bottom.
        let (width, height) = (tree.size().width() * 0.75, tree.size().height() * 0.75);
        let mut pen = Pen {
            content: Content::new(),
            opacities: BTreeMap::new(),
        };
        pen.content.save_state();
        pen.content.transform([0.75, 0.0, 0.0, -0.75, 0.0, height]);
        pen.group(tree.root());
        pen.content.restore_state();
        Self {
            width,
            height,
            content: pen.content.finish().into_vec(),
            opacities: pen.opacities,
        }
    }
}

struct Pen {
    content: Content,
    opacities: BTreeMap<u8, String>,
}

impl Pen {
    fn group(&mut self, group: &Group) {
        self.content.save_state();
        self.transform(group.transform());
        if let Some(clip) = group.clip_path() {
            for node in clip.root().children() {
                if let Node::Path(path) = node {
                    self.outline(path.data());
                }
            }
            self.content.clip_nonzero();
            self.content.end_path();
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group),
                Node::Path(path) => self.path(path),
                Node::Text(text) => self.group(text.flattened()),
                // None of ours has one.
                Node::Image(_) => {}
            }
        }
        self.content.restore_state();
    }

    fn transform(&mut self, by: Transform) {
        if !by.is_identity() {
            self.content
                .transform([by.sx, by.ky, by.kx, by.sy, by.tx, by.ty]);
        }
    }

    fn path(&mut self, path: &Path) {
        if let Some(fill) = path.fill() {
            self.fill(path.data(), fill);
        }
        if let Some(stroke) = path.stroke() {
            self.stroke(path.data(), stroke);
        }
    }

    fn fill(&mut self, outline: &Outline, fill: &Fill) {
        let Some([r, g, b]) = color(fill.paint()) else {
            return;
        };
        self.content.save_state();
        self.opacity(fill.opacity().get());
        self.content.set_fill_rgb(r, g, b);
        self.outline(outline);
        match fill.rule() {
            FillRule::NonZero => self.content.fill_nonzero(),
            FillRule::EvenOdd => self.content.fill_even_odd(),
        };
        self.content.restore_state();
    }

    fn stroke(&mut self, outline: &Outline, stroke: &Stroke) {
        let Some([r, g, b]) = color(stroke.paint()) else {
            return;
        };
        self.content.save_state();
        self.opacity(stroke.opacity().get());
        self.content.set_stroke_rgb(r, g, b);
        self.content.set_line_width(stroke.width().get());
        self.content.set_line_join(LineJoinStyle::RoundJoin);
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        if let Some(dashes) = stroke.dasharray() {
            let offset = stroke.dashoffset();
            self.content
                .set_dash_pattern(dashes.iter().copied(), offset);
        }
        self.outline(outline);
        self.content.stroke();
        self.content.restore_state();
    }

    /// Uses an opacity below 1, which a page names before it is used.
    fn opacity(&mut self, opacity: f32) {
        let percent = (opacity * 100.0).round().clamp(0.0, 100.0) as u8;
        if percent < 100 {
            let name = self
                .opacities
                .entry(percent)
                .or_insert_with(|| format!("o{percent}"));
            self.content.set_parameters(Name(name.as_bytes()));
        }
    }

    fn outline(&mut self, outline: &Outline) {
        let content = &mut self.content;
        let (mut x, mut y) = (0.0, 0.0);
        for segment in outline.segments() {
            match segment {
                PathSegment::MoveTo(to) => {
                    content.move_to(to.x, to.y);
                    (x, y) = (to.x, to.y);
                }
                PathSegment::LineTo(to) => {
                    content.line_to(to.x, to.y);
                    (x, y) = (to.x, to.y);
                }
                // PDF has cubic curves alone: its two handles lie two thirds of the way to the one.
                PathSegment::QuadTo(by, to) => {
                    let near = |end: f32, by: f32| end + (by - end) * 2.0 / 3.0;
                    content.cubic_to(
                        near(x, by.x),
                        near(y, by.y),
                        near(to.x, by.x),
                        near(to.y, by.y),
                        to.x,
                        to.y,
                    );
                    (x, y) = (to.x, to.y);
                }
                PathSegment::CubicTo(first, second, to) => {
                    content.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                    (x, y) = (to.x, to.y);
                }
                PathSegment::Close => {
                    content.close_path();
                }
            }
        }
    }
}

/// Red, green and blue from 0 to 1; `None` of a gradient, which none of ours has.
fn color(paint: &Paint) -> Option<[f32; 3]> {
    match paint {
        Paint::Color(color) => {
            Some([color.red, color.green, color.blue].map(|part| f32::from(part) / 255.0))
        }
        Paint::LinearGradient(_) | Paint::RadialGradient(_) | Paint::Pattern(_) => None,
    }
}
