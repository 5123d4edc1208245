//! Points inside a line that was drawn around them.

/// Bands that the height of a line is cut into.
const BANDS: usize = 256;

/// The points inside a closed line, by the even–odd rule; such as are no numbers are outside. Each
/// meets only the pieces of the line at its own height.
pub(super) fn enclosed(line: &[[f32; 2]], points: &[[f32; 2]]) -> Vec<usize> {
    let line = ClosedLine::new(line);
    points
        .iter()
        .enumerate()
        .filter(|(_, point)| line.holds(**point))
        .map(|(at, _)| at)
        .collect()
}

/// Straight piece of a line.
type Piece = [[f32; 2]; 2];

/// A closed line in pieces, sorted by height.
struct ClosedLine {
    lowest: f32,
    highest: f32,
    /// Pieces that come into each band.
    bands: Vec<Vec<Piece>>,
}

impl ClosedLine {
    fn new(line: &[[f32; 2]]) -> Self {
        let heights = || line.iter().map(|corner| corner[1]);
        let mut closed = Self {
            lowest: heights().fold(f32::INFINITY, f32::min),
            highest: heights().fold(f32::NEG_INFINITY, f32::max),
            bands: vec![Vec::new(); BANDS],
        };
        let ends = line.iter().skip(1).chain(line.first());
        for (&from, &to) in line.iter().zip(ends) {
            let (low, high) = (from[1].min(to[1]), from[1].max(to[1]));
            let range = closed.band(low)..=closed.band(high);
            for band in closed.bands.get_mut(range).into_iter().flatten() {
                band.push([from, to]);
            }
        }
        closed
    }

    fn band(&self, height: f32) -> usize {
        let share = (height - self.lowest) / (self.highest - self.lowest).max(f32::MIN_POSITIVE);
        ((share * BANDS as f32) as usize).min(BANDS - 1)
    }

    /// Whether a ray to the right crosses the line an odd number of times.
    fn holds(&self, [x, y]: [f32; 2]) -> bool {
        // What is no number is between nothing.
        if !(self.lowest..=self.highest).contains(&y) {
            return false;
        }
        let crossings = self.bands[self.band(y)].iter().filter(|[a, b]| {
            let is_between = (a[1] > y) != (b[1] > y);
            is_between && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        });
        crossings.count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::enclosed;

    /// A bent line: the notch in its right side is outside.
    #[test]
    fn a_notch_is_outside() {
        let line = [[0.0, 0.0], [4.0, 0.0], [2.0, 2.0], [4.0, 4.0], [0.0, 4.0]];
        let points = [
            [1.0, 2.0],
            [3.0, 2.0],
            [3.0, 0.5],
            [5.0, 2.0],
            [-1.0, 1.0],
            [f32::NAN, 1.0],
        ];
        assert_eq!(enclosed(&line, &points), [0, 2]);
        assert!(enclosed(&line[..2], &points).is_empty());
        assert!(enclosed(&[], &points).is_empty());
    }

    /// A wound line that crosses itself holds the points that all of its pieces tell.
    #[test]
    fn points_inside_are_those_of_all_pieces() {
        let number = |at: usize| ((at * 7919 % 4001) as f32 * 0.713).sin();
        let line: Vec<[f32; 2]> = (0..300)
            .map(|at| {
                let (s, c) = (at as f32 * 0.1).sin_cos();
                let far = 1.0 + 0.5 * number(at);
                [far * c, far * s]
            })
            .collect();
        let points: Vec<[f32; 2]> = (0..3_000)
            .map(|at| [1.6 * number(at + 5), 1.6 * number(3 * at + 1)])
            .collect();
        let is_inside = |[x, y]: [f32; 2]| {
            let crosses = |at: usize| {
                let (a, b) = (line[at], line[(at + 1) % line.len()]);
                (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            };
            (0..line.len()).filter(|at| crosses(*at)).count() % 2 == 1
        };
        let slow: Vec<usize> = (0..points.len())
            .filter(|at| is_inside(points[*at]))
            .collect();
        assert!(slow.len() > 300);
        assert_eq!(enclosed(&line, &points), slow);
    }
}
