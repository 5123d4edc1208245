//! Rows of numbers along one axis: bars where it begins at 0, else points, with their intervals.

use super::super::scale::{AxisMark, AxisScale};
use super::super::svg::{Frame, Stroke, SvgWriter, TextLook, TextSide, cut, text_width};
use super::super::{BarFigure, FigureBar};
use super::{Brush, TEXT};

/// Height of a row, and of a heading.
const ROW: f64 = 9.5;

/// Share of the width that names take at most.
const NAMES: f64 = 0.42;

/// Height that the rows need.
pub(super) fn height(figure: &BarFigure) -> f64 {
    lines(figure) as f64 * ROW + TEXT * 3.4
}

/// Rows and headings.
fn lines(figure: &BarFigure) -> usize {
    let headings = (0..figure.rows.len()).filter(|at| has_heading(&figure.rows, *at));
    (figure.rows.len() + headings.count()).max(1)
}

fn has_heading(rows: &[FigureBar], at: usize) -> bool {
    let group = |at: usize| rows.get(at).map(|row| row.group.as_str());
    let own = group(at).unwrap_or_default();
    !own.is_empty() && at.checked_sub(1).and_then(group) != Some(own)
}

pub(super) fn draw(figure: &BarFigure, frame: Frame, brush: Brush, svg: &mut SvgWriter) {
    let names = figure
        .rows
        .iter()
        .map(|row| text_width(&row.name, TEXT))
        .fold(0.0, f64::max);
    let left = names.min(frame.width * NAMES) + 6.0;
    let plot = Frame {
        left: frame.left + left,
        top: frame.top,
        width: frame.width - left - 4.0,
        height: lines(figure) as f64 * ROW,
    };
    let numbers = figure.rows.iter().flat_map(|row| {
        let bounds = row.interval.unwrap_or([row.value; 2]);
        [row.value, bounds[0], bounds[1]]
    });
    let scale = AxisScale::holding(&figure.axis, numbers.chain(figure.zero));
    let scale = scale.between(plot.left, plot.right());
    axis(figure, scale, plot, brush, svg);
    let mut y = plot.top;
    for (at, row) in figure.rows.iter().enumerate() {
        if has_heading(&figure.rows, at) {
            let look = TextLook {
                is_bold: true,
                ..brush.weak()
            };
            let words = cut(&row.group, TEXT, frame.width);
            svg.text([frame.left, y + ROW * 0.75], &words, look);
            y += ROW;
        }
        let look = TextLook {
            side: TextSide::End,
            ..brush.ink()
        };
        let words = cut(&row.name, TEXT, left - 6.0);
        svg.text([plot.left - 4.0, y + ROW * 0.75], &words, look);
        mark(row, figure.axis.from_zero, scale, y + ROW / 2.0, brush, svg);
        y += ROW;
    }
}

fn axis(figure: &BarFigure, scale: AxisScale, plot: Frame, brush: Brush, svg: &mut SvgWriter) {
    let most = (plot.width / 42.0).clamp(2.0, 8.0) as usize;
    let middle = TextLook {
        side: TextSide::Middle,
        ..brush.ink()
    };
    let mut free = f64::NEG_INFINITY;
    for AxisMark { at, text } in scale.marks(most) {
        svg.line([at, plot.top], [at, plot.bottom()], brush.grid());
        let half = text_width(&text, TEXT) / 2.0;
        if at - half >= free {
            free = at + half + 2.0;
            svg.text([at, plot.bottom() + TEXT * 1.2], &text, middle);
        }
    }
    svg.line(
        [plot.left, plot.bottom()],
        [plot.right(), plot.bottom()],
        brush.axis(),
    );
    if let Some(x) = figure.zero.and_then(|zero| scale.place(zero)) {
        svg.line(
            [x, plot.top],
            [x, plot.bottom()],
            Stroke::plain(brush.theme.weak(), 0.9),
        );
    }
    let below = [plot.left + plot.width / 2.0, plot.bottom() + TEXT * 2.6];
    svg.text(
        below,
        &cut(&figure.axis.label, TEXT, plot.width + 40.0),
        middle,
    );
}

fn mark(
    row: &FigureBar,
    is_bar: bool,
    scale: AxisScale,
    y: f64,
    brush: Brush,
    svg: &mut SvgWriter,
) {
    let Some(x) = scale.place(row.value) else {
        return;
    };
    let color = brush.theme.rgb(row.color);
    if let (true, Some(zero)) = (is_bar, scale.place(0.0)) {
        let frame = Frame {
            left: x.min(zero),
            top: y - ROW * 0.32,
            width: (x - zero).abs(),
            height: ROW * 0.64,
        };
        svg.rect(frame, color);
    }
    let bounds = row
        .interval
        .and_then(|[low, high]| Some([scale.place(low)?, scale.place(high)?]));
    if let Some([low, high]) = bounds {
        let color = if is_bar { brush.theme.ink() } else { color };
        let stroke = Stroke::plain(color, 0.9);
        svg.line([low, y], [high, y], stroke);
        for end in [low, high] {
            svg.line([end, y - 1.8], [end, y + 1.8], stroke);
        }
    }
    if !is_bar {
        svg.dots([[x, y]].into_iter(), Stroke::plain(color, 3.6));
    }
}
