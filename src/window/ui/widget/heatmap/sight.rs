//! The part of a map that is in sight: scroll to come nearer, drag to move, double click for the
//! whole.

use egui::{Pos2, Rect, Response, Ui, Vec2, vec2};

use super::HeatmapMatrix;

/// Fewest rows or columns in sight.
const FEWEST: f32 = 6.0;

/// Sight of a map: the whole of it, or a part that was scrolled to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSight {
    /// Share of the rows and of the columns in sight.
    share: f32,
    /// First column and row in sight; fractions, so that slow scrolling adds up.
    from: Vec2,
}

impl Default for MapSight {
    fn default() -> Self {
        Self {
            share: 1.0,
            from: Vec2::ZERO,
        }
    }
}

/// Rows and columns of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MapPart {
    pub(super) row: usize,
    pub(super) col: usize,
    pub(super) n_rows: usize,
    pub(super) n_cols: usize,
}

impl MapPart {
    /// All of a matrix.
    pub(super) fn whole(matrix: &HeatmapMatrix<'_>) -> Self {
        Self {
            row: 0,
            col: 0,
            n_rows: matrix.n_rows,
            n_cols: matrix.n_cols,
        }
    }

    /// Place in the picture of the whole, both sides from 0 to 1.
    pub(super) fn in_picture(self, matrix: &HeatmapMatrix<'_>) -> Rect {
        let size = vec2(matrix.n_cols.max(1) as f32, matrix.n_rows.max(1) as f32);
        let min = vec2(self.col as f32, self.row as f32) / size;
        let max = vec2(
            (self.col + self.n_cols) as f32,
            (self.row + self.n_rows) as f32,
        ) / size;
        Rect::from_min_max(min.to_pos2(), max.to_pos2())
    }
}

impl MapSight {
    /// Whether less than the whole is in sight.
    #[must_use]
    pub fn is_near(self) -> bool {
        self.share < 1.0
    }

    /// Rows and columns in sight.
    pub(super) fn part(self, matrix: &HeatmapMatrix<'_>) -> MapPart {
        let of = |n: usize, from: f32| {
            let in_sight = ((n as f32 * self.share).round() as usize).clamp(1.min(n), n);
            let first = (from.max(0.0).round() as usize).min(n - in_sight);
            (first, in_sight)
        };
        let (row, n_rows) = of(matrix.n_rows, self.from.y);
        let (col, n_cols) = of(matrix.n_cols, self.from.x);
        MapPart {
            row,
            col,
            n_rows,
            n_cols,
        }
    }

    /// Follows scrolling, pinching, dragging and a double click on a map painted in `rect`.
    pub(super) fn follow(
        &mut self,
        ui: &Ui,
        response: &Response,
        rect: Rect,
        matrix: &HeatmapMatrix<'_>,
    ) {
        if response.double_clicked() {
            *self = Self::default();
            return;
        }
        let size = vec2(matrix.n_cols as f32, matrix.n_rows as f32);
        if response.dragged() && self.is_near() {
            self.from -= response.drag_delta() / rect.size() * size * self.share;
            self.keep_inside(size);
        }
        if let Some(pointer) = response.hover_pos().filter(|at| rect.contains(*at)) {
            let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
            let factor = pinch * (scroll * 0.004).exp();
            if (factor - 1.0).abs() > 1e-4 {
                self.zoom(size, at_share(rect, pointer), factor);
            }
        }
    }

    /// Comes nearer by a factor; what lies at this share of the sight stays there.
    fn zoom(&mut self, size: Vec2, at: Vec2, factor: f32) {
        let least = (FEWEST / size.max_elem().max(1.0)).min(1.0);
        let share = (self.share / factor).clamp(least, 1.0);
        self.from += at * size * (self.share - share);
        self.share = share;
        self.keep_inside(size);
    }

    fn keep_inside(&mut self, size: Vec2) {
        let most = size * (1.0 - self.share);
        self.from = vec2(
            self.from.x.clamp(0.0, most.x.max(0.0)),
            self.from.y.clamp(0.0, most.y.max(0.0)),
        );
    }
}

fn at_share(rect: Rect, pointer: Pos2) -> Vec2 {
    let size = rect.size().max(Vec2::splat(1e-3));
    (pointer - rect.min) / size
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    fn matrix(values: &[f32], n: usize) -> HeatmapMatrix<'_> {
        HeatmapMatrix {
            values,
            n_rows: n,
            n_cols: n,
            is_causal: true,
        }
    }

    #[test]
    fn coming_nearer_keeps_what_is_pointed_at_and_never_leaves_the_map() {
        let values = vec![0.0; 10_000];
        let of = matrix(&values, 100);
        let mut sight = MapSight::default();
        assert_eq!(sight.part(&of), MapPart::whole(&of));
        // Row 60 and column 20 stay at their shares of the sight.
        sight.zoom(Vec2::splat(100.0), vec2(0.2, 0.6), 4.0);
        let part = sight.part(&of);
        assert_eq!((part.row, part.col, part.n_rows), (45, 15, 25));
        assert_eq!(
            part.in_picture(&of),
            Rect::from_min_max(pos2(0.15, 0.45), pos2(0.4, 0.7))
        );
        // No nearer than a handful of cells, at the very edge.
        sight.zoom(Vec2::splat(100.0), vec2(1.0, 1.0), 1e6);
        assert_eq!(sight.part(&of).n_cols, 6);
        // Away again is the whole.
        sight.zoom(Vec2::splat(100.0), vec2(0.5, 0.5), 1e-6);
        assert_eq!(sight.part(&of), MapPart::whole(&of));
        // A map of one cell, and an empty one.
        let one = matrix(&values[..1], 1);
        sight.zoom(Vec2::splat(1.0), vec2(0.5, 0.5), 9.0);
        assert_eq!(sight.part(&one), MapPart::whole(&one));
        let none = matrix(&[], 0);
        assert_eq!(MapSight::default().part(&none), MapPart::whole(&none));
    }
}
