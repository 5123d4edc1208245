//! Points by their places, so that the one under the pointer is found at once.

use super::sight::bounds;

/// Cells along each side.
const CELLS: usize = 128;

/// Number of no cell; there are 16,384.
const NO_CELL: u16 = u16::MAX;

/// Points sorted into the cells of a grid.
pub(super) struct PointGrid {
    least: [f32; 2],
    step: [f32; 2],
    /// Start of each cell's points in `order`, and the end of the last.
    starts: Vec<u32>,
    order: Vec<u32>,
}

impl PointGrid {
    /// Grid over points; such as are no numbers are in none of its cells.
    pub(super) fn new(points: &[[f32; 2]]) -> Self {
        let [least, most] = bounds(points);
        let step = [0, 1].map(|at| ((most[at] - least[at]) / CELLS as f32).max(f32::MIN_POSITIVE));
        let mut grid = Self {
            least,
            step,
            starts: vec![0; CELLS * CELLS + 1],
            order: Vec::new(),
        };
        let cells: Vec<u16> = points.iter().map(|point| grid.cell(*point)).collect();
        for &cell in cells.iter().filter(|cell| **cell != NO_CELL) {
            grid.starts[usize::from(cell) + 1] += 1;
        }
        for at in 1..grid.starts.len() {
            grid.starts[at] += grid.starts[at - 1];
        }
        let mut next = grid.starts.clone();
        grid.order = vec![0; next.last().map_or(0, |end| *end as usize)];
        for (point, cell) in cells.into_iter().enumerate() {
            if cell != NO_CELL {
                let next = &mut next[usize::from(cell)];
                grid.order[*next as usize] = point as u32;
                *next += 1;
            }
        }
        grid
    }

    /// Column and row of a coordinate.
    fn along(&self, at: usize, value: f32) -> usize {
        (((value - self.least[at]) / self.step[at]).max(0.0) as usize).min(CELLS - 1)
    }

    /// Number of the cell of a point; [`NO_CELL`] of one that is no number.
    fn cell(&self, point: [f32; 2]) -> u16 {
        if point.iter().all(|value| value.is_finite()) {
            (self.along(1, point[1]) * CELLS + self.along(0, point[0])) as u16
        } else {
            NO_CELL
        }
    }

    /// The point that is nearest to a place, at most `reach` away; of equals the last, which lies on
    /// top.
    pub(super) fn nearest(
        &self,
        points: &[[f32; 2]],
        place: [f32; 2],
        reach: f32,
    ) -> Option<usize> {
        let range =
            |at: usize| self.along(at, place[at] - reach)..=self.along(at, place[at] + reach);
        let mut best: Option<(usize, f32)> = None;
        for row in range(1) {
            for column in range(0) {
                let cell = row * CELLS + column;
                let members = self.starts[cell] as usize..self.starts[cell + 1] as usize;
                for &point in self.order.get(members).unwrap_or(&[]) {
                    let at = points.get(point as usize).copied().unwrap_or([f32::NAN; 2]);
                    let away = (at[0] - place[0]).hypot(at[1] - place[1]);
                    let is_nearer = best.is_none_or(|(other, least)| {
                        away < least || (away <= least && point as usize > other)
                    });
                    if away <= reach && is_nearer {
                        best = Some((point as usize, away));
                    }
                }
            }
        }
        best.map(|(point, _)| point)
    }
}

#[cfg(test)]
mod tests {
    use super::PointGrid;

    #[test]
    fn the_nearest_point_is_that_of_all_of_them() {
        let number = |at: usize| ((at * 7919 % 4001) as f32 * 0.713).sin();
        let points: Vec<[f32; 2]> = (0..900)
            .map(|at| match at {
                17 => [f32::NAN, 0.0],
                at => [3.0 * number(2 * at), number(2 * at + 1)],
            })
            .collect();
        let grid = PointGrid::new(&points);
        for at in 0..200 {
            let place = [3.3 * number(at + 31), 1.2 * number(at * 3 + 5)];
            let away = |p: &[f32; 2]| (p[0] - place[0]).hypot(p[1] - place[1]);
            let slow = points
                .iter()
                .enumerate()
                .filter(|(_, p)| away(p) <= 0.08)
                .min_by(|(_, a), (_, b)| away(a).total_cmp(&away(b)))
                .map(|(at, _)| at);
            assert_eq!(grid.nearest(&points, place, 0.08), slow);
        }
    }

    #[test]
    fn no_points_and_one_point_are_a_grid_too() {
        assert_eq!(PointGrid::new(&[]).nearest(&[], [0.0, 0.0], 9.0), None);
        let one = [[2.0, 3.0]; 2];
        assert_eq!(PointGrid::new(&one).nearest(&one, [2.1, 3.0], 0.5), Some(1));
    }
}
