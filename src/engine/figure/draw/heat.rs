//! Numbers of rows and columns as colours, with the bar that tells which is which.

use super::super::color::{Rgb, heat as heat_color};
use super::super::svg::{Frame, SvgWriter, TextLook, TextSide, cut, text_width};
use super::super::{HeatFigure, HeatScale};
use super::{Brush, TEXT};
use crate::report::words;

/// Colours of the scale: each is one element, whatever the number of cells.
const LEVELS: usize = 96;

/// Most room that a name of a row or of a column takes, as a share of the width.
const NAMES: f64 = 0.26;

/// Height of the bar of colours with its numbers.
const BAR: f64 = 30.0;

/// Side of a cell of few, so that a small map is not blown up.
const LARGEST: f64 = 14.0;

/// Places of the parts of a heat map.
struct Layout {
    cells: Frame,
    /// Whether the names of columns stand upright.
    is_upright: bool,
}

/// Height at a width, with names and the bar of colours.
pub(super) fn height(figure: &HeatFigure, width: f64) -> f64 {
    let layout = layout(
        figure,
        Frame {
            width,
            ..Frame::default()
        },
    );
    let names = if layout.is_upright {
        column_room(figure, width)
    } else {
        TEXT * 1.4
    };
    layout.cells.bottom() + names + TEXT * 1.4 + BAR
}

fn layout(figure: &HeatFigure, frame: Frame) -> Layout {
    let (n_rows, n_columns) = (figure.rows.len().max(1), figure.columns.len().max(1));
    let names = figure
        .rows
        .iter()
        .map(|name| text_width(name, TEXT))
        .fold(0.0, f64::max);
    let upright = if figure.y.is_empty() { 0.0 } else { TEXT * 1.4 };
    let left = names.min(frame.width * NAMES) + 4.0 + upright;
    let room = frame.width - left - 3.0;
    let cell = (room / n_columns as f64).min(LARGEST);
    let is_square = n_rows == n_columns;
    let row = if is_square {
        cell
    } else {
        (room * 0.6 / n_rows as f64).min(LARGEST)
    };
    // Few columns are as wide as the room lets them, unless the map is square.
    let width = if is_square {
        cell * n_columns as f64
    } else {
        room
    };
    let cell = width / n_columns as f64;
    let longest = figure
        .columns
        .iter()
        .map(|name| text_width(name, TEXT))
        .fold(0.0, f64::max);
    let each = (longest + 4.0) / cell.max(0.01);
    Layout {
        cells: Frame {
            left: frame.left + left,
            top: frame.top + TEXT / 2.0,
            width,
            height: row * n_rows as f64,
        },
        // Short names, such as numbers of epochs, stand side by side with some left out.
        is_upright: each > 1.0 && longest > TEXT * 2.6,
    }
}

fn column_room(figure: &HeatFigure, width: f64) -> f64 {
    let longest = figure
        .columns
        .iter()
        .map(|name| text_width(name, TEXT))
        .fold(0.0, f64::max);
    longest.min(width * NAMES) + 5.0
}

pub(super) fn draw(figure: &HeatFigure, frame: Frame, brush: Brush, svg: &mut SvgWriter) {
    let Layout { cells, is_upright } = layout(figure, frame);
    let most = strongest(figure);
    svg.rect(cells, brush.theme.nothing());
    draw_cells(figure, cells, most, svg);
    svg.outline(cells, brush.axis());
    let (n_rows, n_columns) = (figure.rows.len().max(1), figure.columns.len().max(1));
    let row = cells.height / n_rows as f64;
    let names = cells.left
        - frame.left
        - if figure.y.is_empty() {
            4.0
        } else {
            TEXT * 1.4 + 4.0
        };
    let mut free = f64::NEG_INFINITY;
    for (at, name) in figure.rows.iter().enumerate() {
        let y = cells.top + (at as f64 + 0.5) * row;
        if y - TEXT / 2.0 < free {
            continue;
        }
        free = y + TEXT / 2.0;
        let look = TextLook {
            side: TextSide::End,
            ..brush.ink()
        };
        svg.text(
            [cells.left - 3.0, y + TEXT * 0.35],
            &cut(name, TEXT, names),
            look,
        );
    }
    let mut below = cells.bottom() + TEXT * 1.3;
    let column = cells.width / n_columns as f64;
    let mut free = f64::NEG_INFINITY;
    for (at, name) in figure.columns.iter().enumerate() {
        let x = cells.left + (at as f64 + 0.5) * column;
        let half = if is_upright {
            TEXT / 2.0
        } else {
            text_width(name, TEXT) / 2.0
        };
        if x - half < free {
            continue;
        }
        free = x + half + if is_upright { 0.0 } else { 3.0 };
        if is_upright {
            let look = TextLook {
                side: TextSide::End,
                turn: -90.0,
                ..brush.ink()
            };
            let words = cut(name, TEXT, frame.width * NAMES);
            svg.text([x + TEXT * 0.35, cells.bottom() + 3.0], &words, look);
        } else {
            let look = TextLook {
                side: TextSide::Middle,
                ..brush.ink()
            };
            svg.text([x, below], name, look);
        }
    }
    if is_upright {
        below = cells.bottom() + column_room(figure, frame.width);
    }
    let middle = TextLook {
        side: TextSide::Middle,
        ..brush.ink()
    };
    svg.text(
        [cells.left + cells.width / 2.0, below + TEXT],
        &figure.x,
        middle,
    );
    let turned = TextLook {
        turn: -90.0,
        ..middle
    };
    let beside = [frame.left + TEXT, cells.top + cells.height / 2.0];
    svg.text(beside, &figure.y, turned);
    let bar = Frame {
        left: cells.left,
        top: below + TEXT * 1.6,
        width: cells
            .width
            .clamp(90.0, 160.0)
            .min(frame.right() - cells.left),
        height: 5.0,
    };
    draw_bar(figure, bar, most, brush, svg);
}

/// Size of the number that is strongest in colour.
fn strongest(figure: &HeatFigure) -> f64 {
    let sizes = figure.values.iter().filter(|value| value.is_finite());
    let most = sizes.fold(0.0_f32, |most, value| most.max(value.abs()));
    if most > 0.0 { f64::from(most) } else { 1.0 }
}

/// Level of a number's colour; `None` where there is no number.
fn level(scale: HeatScale, value: f32, most: f64) -> Option<usize> {
    let share = f64::from(value) / most;
    let share = match scale {
        HeatScale::Linear | HeatScale::OfRow => share,
        HeatScale::Root => share.max(0.0).sqrt(),
        HeatScale::Signed => f64::midpoint(share, 1.0),
    };
    let level = (share.clamp(0.0, 1.0) * (LEVELS - 1) as f64).round();
    value.is_finite().then_some(level as usize)
}

fn color_of(scale: HeatScale, level: usize) -> Rgb {
    heat_color(scale, level as f64 / (LEVELS - 1) as f64)
}

/// The cells, those of one colour as one element, and neighbours of a row as one rectangle.
fn draw_cells(figure: &HeatFigure, frame: Frame, most: f64, svg: &mut SvgWriter) {
    let n_columns = figure.columns.len().max(1);
    let width = frame.width / n_columns as f64;
    let height = frame.height / figure.rows.len().max(1) as f64;
    let mut by_level: Vec<Vec<Frame>> = vec![Vec::new(); LEVELS];
    for (row, values) in figure.values.chunks(n_columns).enumerate() {
        let top = values.iter().filter(|value| value.is_finite());
        let top = f64::from(top.fold(0.0_f32, |most, value| most.max(value.abs())));
        let most = match figure.scale {
            HeatScale::OfRow if top > 0.0 => top,
            HeatScale::OfRow => 1.0,
            HeatScale::Linear | HeatScale::Root | HeatScale::Signed => most,
        };
        let levels: Vec<Option<usize>> = values
            .iter()
            .map(|value| level(figure.scale, *value, most))
            .collect();
        let mut at = 0;
        for same in levels.chunk_by(|a, b| a == b) {
            let frame = Frame {
                left: frame.left + at as f64 * width,
                top: frame.top + row as f64 * height,
                width: same.len() as f64 * width,
                height,
            };
            at += same.len();
            if let Some(frames) = same
                .first()
                .copied()
                .flatten()
                .and_then(|level| by_level.get_mut(level))
            {
                frames.push(frame);
            }
        }
    }
    for (level, frames) in by_level.iter().enumerate() {
        svg.cells(frames, color_of(figure.scale, level));
    }
}

fn draw_bar(figure: &HeatFigure, bar: Frame, most: f64, brush: Brush, svg: &mut SvgWriter) {
    let step = bar.width / LEVELS as f64;
    for level in 0..LEVELS {
        let frame = Frame {
            left: bar.left + level as f64 * step,
            // Each reaches below the next, so that no seam is seen.
            width: (bar.right() - bar.left - level as f64 * step).min(step * 2.0),
            ..bar
        };
        svg.rect(frame, color_of(figure.scale, level));
    }
    let ends = match figure.scale {
        HeatScale::Linear | HeatScale::Root => ["0".to_owned(), words::number(most)],
        HeatScale::OfRow => ["0".to_owned(), "largest of its row".to_owned()],
        HeatScale::Signed => [
            format!("\u{2212}{}", words::number(most)),
            words::number(most),
        ],
    };
    let y = bar.bottom() + TEXT;
    svg.text([bar.left, y], &ends[0], brush.ink());
    let look = TextLook {
        side: TextSide::End,
        ..brush.ink()
    };
    svg.text([bar.right(), y], &ends[1], look);
    let root = if figure.scale == HeatScale::Root {
        " (colours by square root)"
    } else {
        ""
    };
    let unit = format!("{}{root}", figure.unit);
    let middle = TextLook {
        side: TextSide::Middle,
        ..brush.weak()
    };
    let widest = bar.width.max(140.0);
    let at = [bar.left + bar.width / 2.0, y + TEXT * 1.2];
    svg.text(at, &cut(&unit, TEXT, widest), middle);
}
