//! A quadtree over points in a plane, by which far points are met together (Barnes & Hut 1986).

/// Depth below which points that still share a cell are taken as one: they coincide.
const DEEPEST: usize = 48;

/// A cell: a quarter of the one above it.
#[derive(Clone, Copy)]
struct Cell {
    middle: [f64; 2],
    half: f64,
    /// Sum of the places of its points, and their number.
    sum: [f64; 2],
    n: f64,
    /// The first of its four quarters; 0 for none, since the root is nobody's quarter.
    quarters: usize,
}

impl Cell {
    fn new(middle: [f64; 2], half: f64) -> Self {
        Self {
            middle,
            half,
            sum: [0.0; 2],
            n: 0.0,
            quarters: 0,
        }
    }

    fn take(&mut self, place: [f64; 2], n: f64) {
        self.n += n;
        (0..2).for_each(|at| self.sum[at] += n * place[at]);
    }

    fn centre(&self) -> [f64; 2] {
        self.sum.map(|sum| sum / self.n)
    }

    /// Number of the quarter that a place lies in.
    fn quarter(&self, place: [f64; 2]) -> usize {
        usize::from(place[0] > self.middle[0]) + 2 * usize::from(place[1] > self.middle[1])
    }
}

/// Points in cells.
pub(super) struct QuadTree {
    cells: Vec<Cell>,
}

impl QuadTree {
    /// Tree over points that are finite numbers.
    pub(super) fn new(places: &[[f64; 2]]) -> Self {
        let furthest = places
            .iter()
            .flatten()
            .fold(0.0_f64, |most, v| most.max(v.abs()));
        let mut tree = Self {
            cells: vec![Cell::new([0.0; 2], furthest.max(f64::MIN_POSITIVE) * 1.001)],
        };
        tree.cells.reserve(2 * places.len());
        for place in places {
            tree.insert(*place);
        }
        tree
    }

    fn insert(&mut self, place: [f64; 2]) {
        let mut at = 0;
        for depth in 0.. {
            let cell = self.cells[at];
            let is_leaf = cell.quarters == 0;
            let is_alone = cell.n <= 0.0 || depth >= DEEPEST;
            self.cells[at].take(place, 1.0);
            if is_leaf && is_alone {
                return;
            }
            if is_leaf {
                self.divide(at, cell);
            }
            at = self.cells[at].quarters + cell.quarter(place);
        }
    }

    /// Gives a leaf its quarters; what it held goes into one of them.
    fn divide(&mut self, at: usize, held: Cell) {
        let half = held.half / 2.0;
        let first = self.cells.len();
        for quarter in 0..4 {
            let away = |bit: usize| if quarter & bit == 0 { -half } else { half };
            let middle = [held.middle[0] + away(1), held.middle[1] + away(2)];
            self.cells.push(Cell::new(middle, half));
        }
        self.cells[at].quarters = first;
        let centre = held.centre();
        self.cells[first + held.quarter(centre)].take(centre, held.n);
    }

    /// Σ w² (place − other) and Σ w over all points, itself among them, where w = 1 / (1 + d²); a
    /// cell that looks smaller than `theta` is one point (van der Maaten 2014, eq. 9).
    pub(super) fn repulsion(&self, place: [f64; 2], theta: f64) -> ([f64; 2], f64) {
        let (mut force, mut whole) = ([0.0; 2], 0.0);
        let mut left = vec![0];
        while let Some(at) = left.pop() {
            let cell = &self.cells[at];
            if cell.n <= 0.0 {
                continue;
            }
            let centre = cell.centre();
            let away = [0, 1].map(|k| place[k] - centre[k]);
            let square = away[0] * away[0] + away[1] * away[1];
            let width = 2.0 * cell.half;
            if cell.quarters == 0 || width * width < theta * theta * square {
                let weight = 1.0 / (1.0 + square);
                whole += cell.n * weight;
                (0..2).for_each(|k| force[k] += cell.n * weight * weight * away[k]);
            } else {
                left.extend(cell.quarters..cell.quarters + 4);
            }
        }
        (force, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::QuadTree;

    fn places(n: usize) -> Vec<[f64; 2]> {
        let number = |at: usize| ((at * 7919 % 4001) as f64 * 0.713).sin() * 3.0;
        let mut places: Vec<[f64; 2]> = (0..n)
            .map(|at| [number(2 * at), number(2 * at + 1)])
            .collect();
        // Some coincide.
        places[3] = places[5];
        places[4] = places[5];
        places
    }

    #[test]
    fn with_theta_0_every_point_is_met() {
        let places = places(200);
        let tree = QuadTree::new(&places);
        for place in &places {
            let (force, whole) = tree.repulsion(*place, 0.0);
            let (mut slow, mut weights) = ([0.0; 2], 0.0);
            for other in &places {
                let away = [place[0] - other[0], place[1] - other[1]];
                let weight = 1.0 / (1.0 + away[0] * away[0] + away[1] * away[1]);
                weights += weight;
                (0..2).for_each(|k| slow[k] += weight * weight * away[k]);
            }
            assert!((whole - weights).abs() < 1e-9);
            assert!((0..2).all(|k| (force[k] - slow[k]).abs() < 1e-9));
            let (near, about) = tree.repulsion(*place, 0.5);
            assert!((about / weights - 1.0).abs() < 0.05, "{about} {weights}");
            assert!((0..2).all(|k| (near[k] - slow[k]).abs() < 0.05 * weights));
        }
    }

    #[test]
    fn points_in_one_place_are_a_tree_too() {
        let tree = QuadTree::new(&[[0.0; 2]; 9]);
        assert_eq!(tree.repulsion([0.0; 2], 0.5), ([0.0; 2], 9.0));
    }
}
