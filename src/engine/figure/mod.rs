//! Figures: plain descriptions of charts, drawn as SVG by our own hand, and from that as PNG and PDF.
//!
//! A [`PrintFigure`] holds numbers and words, and no size: the same one is drawn for a column of a
//! paper, for a slide and for the window's report. Text stays text in SVG; in PDF its letters are
//! outlines, so that it looks alike wherever it is printed.

mod color;
mod draw;
mod of_runs;
mod of_user;
mod pdf;
mod picture;
mod run_color;
mod scale;
mod smooth;
mod svg;

pub use color::{FigureColor, FigureTheme};
pub(crate) use draw::drawing;
pub use draw::{FigureSize, drawn};
pub use of_runs::{
    CurvesAsked, FiguredRun, ReliableRun, curves_figure, gains_figure, histograms_figure,
    metrics_figure, reliability_figure, slices_figure,
};
pub use of_user::{MapGroup, MapShown, attention_figure, map_figure, timeline_figure};
pub use picture::{FigureForm, Picture, PictureError, Raster, pages_set, pictured, rastered};
pub use run_color::{N_HUES, RunColor};
pub use smooth::{CurveSmoothing, gaussian, smooth};
pub(crate) use svg::{
    Frame, Stroke, SvgWriter, TextLook, TextSide, cut, escaped, text_width, wrapped,
};

use serde::{Deserialize, Serialize};

/// A chart with all that is said of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PrintFigure {
    /// Title; empty where what stands around it says what it is.
    #[serde(default)]
    pub title: String,
    /// Sentences below it: origin, trust, what the marks mean.
    #[serde(default)]
    pub caption: Vec<String>,
    /// Chart itself.
    pub body: FigureBody,
}

/// Kinds of charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FigureBody {
    /// Curves and points over two axes.
    Curves(CurveFigure),
    /// Numbers of rows and columns as colours.
    Heat(HeatFigure),
    /// Rows of numbers along one axis.
    Bars(BarFigure),
}

impl Default for FigureBody {
    fn default() -> Self {
        Self::Curves(CurveFigure::default())
    }
}

/// One axis.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the axis, and any of them may be so"
)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureAxis {
    /// Name and unit, such as `Loss (nats an event)`.
    #[serde(default)]
    pub label: String,
    /// Whether it is logarithmic; what is not above 0 is then left out, and said.
    #[serde(default)]
    pub is_log: bool,
    /// Whether only whole numbers are marked: there is no epoch 2.5.
    #[serde(default)]
    pub is_whole: bool,
    /// Whether it begins at 0, for sizes that are compared with nothing else.
    #[serde(default)]
    pub from_zero: bool,
    /// Whether small numbers are at the top, as of ranks.
    #[serde(default)]
    pub is_turned: bool,
    /// Part that is shown; what there is where none was chosen.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
}

impl FigureAxis {
    /// An axis with a name.
    pub fn named(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }
}

/// Curves and points over two axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurveFigure {
    /// Axis from left to right.
    pub x: FigureAxis,
    /// Upright axis.
    pub y: FigureAxis,
    /// The curves, the first at the bottom.
    #[serde(default)]
    pub series: Vec<FigureSeries>,
    /// Level lines to compare with.
    #[serde(default)]
    pub levels: Vec<FigureLevel>,
    /// Points worth a mark.
    #[serde(default)]
    pub flags: Vec<FigureFlag>,
}

/// Way in which the points of a series are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesForm {
    /// A line.
    #[default]
    Line,
    /// A thin, pale line: one of several behind their mean, or a raw curve behind its smoothed one.
    Pale,
    /// A line of dashes.
    Dashed,
    /// Points alone.
    Dots,
    /// A line with its points.
    Marked,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureSeries {
    /// Name in the legend; empty of one that is not in it.
    #[serde(default)]
    pub name: String,
    /// Colour of it and of its band.
    #[serde(default)]
    pub color: FigureColor,
    /// Way in which it is drawn.
    #[serde(default)]
    pub form: SeriesForm,
    /// Points `[x, y]`; a y that is no number is a gap.
    #[serde(default)]
    pub points: Vec<[f64; 2]>,
    /// Band around it, `[x, low, high]`.
    #[serde(default)]
    pub band: Vec<[f64; 3]>,
}

/// A level line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureLevel {
    /// Name, written on the line.
    pub name: String,
    /// Number on the upright axis.
    pub value: f64,
}

/// A point worth a mark.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureFlag {
    /// Point that is marked.
    pub at: [f64; 2],
    /// Words of the mark.
    pub text: String,
}

/// Scale by which the numbers of a heat map become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeatScale {
    /// Evenly from 0 to the largest.
    #[default]
    Linear,
    /// By the square root: small numbers can be told apart.
    Root,
    /// Each row evenly from 0 to its own largest number.
    OfRow,
    /// Evenly around 0, with a colour of its own on either side.
    Signed,
}

/// Numbers of rows and columns as colours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeatFigure {
    /// Name of what the columns are.
    #[serde(default)]
    pub x: String,
    /// Name of what the rows are.
    #[serde(default)]
    pub y: String,
    /// Names of the columns from left to right.
    pub columns: Vec<String>,
    /// Names of the rows from the top.
    pub rows: Vec<String>,
    /// Numbers, row by row: `[rows, columns]`; NaN where there is none.
    pub values: Vec<f32>,
    /// Name and unit of the numbers.
    #[serde(default)]
    pub unit: String,
    /// Scale of the colours.
    #[serde(default)]
    pub scale: HeatScale,
}

/// Rows of numbers along one axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BarFigure {
    /// Axis of the numbers; from 0 they are bars, else points.
    pub axis: FigureAxis,
    /// The rows from the top.
    #[serde(default)]
    pub rows: Vec<FigureBar>,
    /// Names of the colours, where rows of several share a group.
    #[serde(default)]
    pub legend: Vec<NamedColor>,
    /// Number at which a line is drawn: no gain, no difference.
    #[serde(default)]
    pub zero: Option<f64>,
}

/// A row of a [`BarFigure`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureBar {
    /// Heading above the first of the rows that share it; empty of none.
    #[serde(default)]
    pub group: String,
    /// Name at the left; empty of one that shares that of the row above.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Bounds around it.
    #[serde(default)]
    pub interval: Option<[f64; 2]>,
    /// Its colour.
    #[serde(default)]
    pub color: FigureColor,
}

/// A colour with what it stands for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedColor {
    /// Name of the thing that has it.
    pub name: String,
    /// The colour.
    pub color: FigureColor,
}

#[cfg(test)]
mod tests;
