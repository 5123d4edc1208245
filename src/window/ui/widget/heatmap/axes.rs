//! Titles on the axes: every one where the cells are big enough, every k-th otherwise.

use std::f32::consts::FRAC_PI_2;
use std::sync::Arc;

use egui::epaint::TextShape;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, FontId, Galley, Rect, Stroke, TextStyle, Ui, Vec2, pos2, vec2};

use super::{HeatmapLabels, HeatmapMatrix};
use crate::ui::language::tr;

/// Longest title on the left and below, in points; longer ones end in `…`.
const MOST_LEFT: f32 = 150.0;
const MOST_BELOW: f32 = 112.0;
/// Room for the name of an axis.
const AXIS_NAME: f32 = 16.0;
/// Titles looked at to find out how much room they need.
const SAMPLE: usize = 40;

/// Room that titles and axis names take around the map.
pub(super) struct Room {
    left: f32,
    below: f32,
}

impl Room {
    pub(super) fn measure(ui: &Ui, matrix: &HeatmapMatrix<'_>, words: &HeatmapLabels<'_>) -> Self {
        let widest = |n: usize, title: &dyn Fn(usize) -> String, most: f32| {
            let step = n.div_ceil(SAMPLE).max(1);
            (0..n)
                .step_by(step)
                .map(|at| cut(ui, title(at), most).size().x)
                .fold(0.0, f32::max)
        };
        Self {
            left: widest(matrix.n_rows, words.row_title, MOST_LEFT) + AXIS_NAME + 6.0,
            below: widest(matrix.n_cols, words.col_title, MOST_BELOW) + AXIS_NAME + 6.0,
        }
    }

    pub(super) fn taken(&self) -> Vec2 {
        vec2(self.left + 2.0, self.below + 2.0)
    }

    pub(super) fn before(&self) -> Vec2 {
        vec2(self.left, 2.0)
    }
}

/// Paints titles and axis names around `map`.
pub(super) fn paint(
    ui: &Ui,
    map: Rect,
    room: &Room,
    matrix: &HeatmapMatrix<'_>,
    words: &HeatmapLabels<'_>,
) {
    let line = font(ui).size + 3.0;
    let tick = Stroke::new(1.0, ui.visuals().weak_text_color());
    let color = ui.visuals().text_color();
    let cell = map.height() / matrix.n_rows.max(1) as f32;
    for row in (0..matrix.n_rows).step_by(every(line, cell)) {
        let y = map.top() + (row as f32 + 0.5) * cell;
        let galley = cut(ui, (words.row_title)(row), MOST_LEFT);
        ui.painter().hline(map.left() - 4.0..=map.left(), y, tick);
        let at = pos2(
            map.left() - 6.0 - galley.size().x,
            y - galley.size().y / 2.0,
        );
        ui.painter().galley(at, galley, color);
    }
    let name =
        ui.painter()
            .layout_no_wrap(tr(words.row_axis), font(ui), ui.visuals().weak_text_color());
    let at = pos2(map.left() - room.left, map.center().y + name.size().x / 2.0);
    ui.painter()
        .add(TextShape::new(at, name, color).with_angle(-FRAC_PI_2));
    below(ui, map, room, matrix, words);
}

/// Paints the titles of the columns and the name of their axis below `map`.
pub(super) fn below(
    ui: &Ui,
    map: Rect,
    room: &Room,
    matrix: &HeatmapMatrix<'_>,
    words: &HeatmapLabels<'_>,
) {
    let line = font(ui).size + 3.0;
    let tick = Stroke::new(1.0, ui.visuals().weak_text_color());
    let color = ui.visuals().text_color();
    let cell = map.width() / matrix.n_cols.max(1) as f32;
    for col in (0..matrix.n_cols).step_by(every(line, cell)) {
        let x = map.left() + (col as f32 + 0.5) * cell;
        let galley = cut(ui, (words.col_title)(col), MOST_BELOW);
        ui.painter()
            .vline(x, map.bottom()..=map.bottom() + 4.0, tick);
        // A quarter turn against the clock about the end of the text: it reads upwards to its tick.
        let at = pos2(
            x - galley.size().y / 2.0,
            map.bottom() + 6.0 + galley.size().x,
        );
        ui.painter()
            .add(TextShape::new(at, galley, color).with_angle(-FRAC_PI_2));
    }
    let foot = pos2(map.center().x, map.bottom() + room.below);
    ui.painter().text(
        foot,
        Align2::CENTER_BOTTOM,
        tr(words.col_axis),
        font(ui),
        ui.visuals().weak_text_color(),
    );
}

/// Every how many cells there is room for a title.
fn every(line: f32, cell: f32) -> usize {
    (line / cell.max(1e-3)).ceil().max(1.0) as usize
}

fn font(ui: &Ui) -> FontId {
    TextStyle::Small.resolve(ui.style())
}

/// Text on one line, cut with `…` where it is longer than `most`.
fn cut(ui: &Ui, text: String, most: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text, font(ui), ui.visuals().text_color());
    job.wrap = TextWrapping {
        max_width: most,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    ui.painter().layout_job(job)
}
