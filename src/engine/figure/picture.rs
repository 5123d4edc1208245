//! Figures as files: SVG as it is drawn, PNG by `resvg`, PDF by its outlines.
//!
//! Only fonts of this machine are used, and nothing is fetched. A letter that no font has is told,
//! rather than left to be found in print.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, ID, Query};
use resvg::usvg::{FontResolver, Options, Tree};

use super::{FigureSize, PrintFigure, drawn, pdf};

/// Forms in which a figure is written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum FigureForm {
    /// Drawing as text, for the web and for editing.
    #[default]
    Svg,
    /// Drawing for LaTeX and print, its letters as outlines.
    Pdf,
    /// Pixels.
    Png,
}

impl FigureForm {
    /// The form that a file's ending names.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.parse().ok()
    }
}

/// A figure as the bytes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Content of the file.
    pub bytes: Vec<u8>,
    /// Sentence about letters that no font on this machine has.
    pub doubt: Option<String>,
}

/// Reason why no picture could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// There is no font at all.
    #[error(
        "no font is installed here, so no text can be drawn; install one, such as the package \
         fonts-dejavu-core, or save the figure as .svg"
    )]
    NoFonts,
    /// The picture would have too many pixels.
    #[error(
        "a picture of {width} by {height} pixels is too large; choose a smaller width or fewer dots an inch"
    )]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A fault that the drawing library told.
    #[error("the picture could not be made: {0}; save the figure as .svg")]
    Failed(String),
}

/// Most pixels on a side.
const MOST_PIXELS: u32 = 20_000;

/// A figure drawn in a form, `dpi` pixels an inch where it is one of pixels.
///
/// # Errors
/// [`PictureError`] where no font is there, or the picture would be too large.
pub fn pictured(
    figure: &PrintFigure,
    size: FigureSize,
    form: FigureForm,
    dpi: u32,
) -> Result<Picture, PictureError> {
    let svg = drawn(figure, size);
    match form {
        FigureForm::Svg => Ok(Picture {
            bytes: svg.into_bytes(),
            doubt: None,
        }),
        FigureForm::Pdf => pages_set(&figure.title, &[svg]),
        FigureForm::Png => pixels(&svg, dpi),
    }
}

/// Pages, each an SVG, as one PDF; a page is as large as its drawing.
///
/// # Errors
/// [`PictureError`] where no font is there, or a page cannot be set.
pub fn pages_set(title: &str, pages: &[String]) -> Result<Picture, PictureError> {
    let mut missing = BTreeSet::new();
    let mut trees = Vec::with_capacity(pages.len());
    for svg in pages {
        trees.push(read(svg, &mut missing)?);
    }
    Ok(Picture {
        bytes: pdf::written(title, &trees),
        doubt: doubt(&missing),
    })
}

/// A picture as pixels from the upper left corner, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raster {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue and opacity of each, 0 to 255. `[height, width, 4]`
    pub rgba: Vec<u8>,
}

/// A figure drawn so many pixels wide, for a screen.
///
/// # Errors
/// [`PictureError`] where no font is there, or the picture would be too large.
pub fn rastered(
    figure: &PrintFigure,
    size: FigureSize,
    width: u32,
) -> Result<Raster, PictureError> {
    let tree = read(&drawn(figure, size), &mut BTreeSet::new())?;
    let pixmap = painted(&tree, f64::from(width) / f64::from(tree.size().width()))?;
    Ok(Raster {
        width: pixmap.width(),
        height: pixmap.height(),
        rgba: pixmap.take(),
    })
}

fn pixels(svg: &str, dpi: u32) -> Result<Picture, PictureError> {
    let mut missing = BTreeSet::new();
    let tree = read(svg, &mut missing)?;
    let bytes = painted(&tree, f64::from(dpi) / 96.0)?
        .encode_png()
        .map_err(|error| PictureError::Failed(error.to_string()))?;
    Ok(Picture {
        bytes,
        doubt: doubt(&missing),
    })
}

/// A drawing in pixels, so many for each of its own.
fn painted(tree: &Tree, scale: f64) -> Result<Pixmap, PictureError> {
    let side = |length: f32| ((f64::from(length) * scale).round() as u32).max(1);
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    let too_large = PictureError::TooLarge { width, height };
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(too_large);
    }
    let mut pixmap = Pixmap::new(width, height).ok_or(too_large)?;
    let scale = scale as f32;
    resvg::render(
        tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    Ok(pixmap)
}

/// The fonts of this machine, read once.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    Arc::new(fonts)
});

/// Family that is taken for Chinese, Japanese and Korean text where it is there: which of the
/// regional shapes would come otherwise is luck.
const CJK: &str = "Noto Sans CJK SC";

/// Reads a drawing of ours; adds the letters that no font has.
fn read(svg: &str, missing: &mut BTreeSet<char>) -> Result<Tree, PictureError> {
    if FONTS.is_empty() {
        return Err(PictureError::NoFonts);
    }
    let found = Mutex::new(BTreeSet::new());
    let by_default = FontResolver::default_fallback_selector();
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        font_resolver: FontResolver {
            select_font: FontResolver::default_font_selector(),
            select_fallback: Box::new(|c, tried, fonts| {
                let cjk = is_cjk(c).then(|| cjk_font(fonts)).flatten();
                let cjk = cjk.filter(|id| !tried.contains(id));
                let chosen = cjk.or_else(|| by_default(c, tried, fonts));
                if chosen.is_none() {
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.insert(c);
                }
                chosen
            }),
        },
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|e| PictureError::Failed(e.to_string()));
    drop(options);
    missing.extend(found.into_inner().unwrap_or_else(PoisonError::into_inner));
    tree
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

fn cjk_font(fonts: &Database) -> Option<ID> {
    fonts.query(&Query {
        families: &[Family::Name(CJK)],
        ..Query::default()
    })
}

fn doubt(missing: &BTreeSet<char>) -> Option<String> {
    let letters: Vec<String> = missing.iter().take(8).map(char::to_string).collect();
    (!letters.is_empty()).then(|| {
        format!(
            "no font on this machine shows {}{}; install one that does, such as the package \
             fonts-noto-cjk, or save as .svg",
            letters.join(" "),
            if missing.len() > letters.len() {
                " …"
            } else {
                ""
            }
        )
    })
}
