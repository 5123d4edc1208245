//! Smoothing: by an exponential moving average that knows how far apart its points are, or by a
//! Gaussian around each point.

/// Way in which curves are smoothed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum CurveSmoothing {
    /// Not at all.
    #[default]
    Off,
    /// By a moving average of this weight, [`smooth`].
    Average(f64),
    /// By a Gaussian of this bandwidth, [`gaussian`].
    Gaussian(f64),
}

impl CurveSmoothing {
    /// The smoothed points.
    #[must_use]
    pub fn of(self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        match self {
            Self::Off => points.to_vec(),
            Self::Average(weight) => smooth(points, weight),
            Self::Gaussian(bandwidth) => gaussian(points, bandwidth),
        }
    }
}

/// Time-weighted, debiased exponential moving average.
///
/// `weight` in 0..1 is what remains of the past after one mean spacing of x; 0 changes nothing.
/// Two corrections to the plain average: the past fades by the distance in x, not by the number of
/// points, so a gap does not drag an old value along; and dividing by the sum of weights keeps the
/// first values from being pulled towards zero (Kingma & Ba 2015, section 3, for the same reason).
/// NaN stays NaN and leaves the average as it is. `points` must be in order of x.
#[must_use]
pub fn smooth(points: &[[f64; 2]], weight: f64) -> Vec<[f64; 2]> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let mean_gap = (last[0] - first[0]) / (points.len() - 1).max(1) as f64;
    if weight <= 0.0 || mean_gap <= 0.0 {
        return points.to_vec();
    }
    let weight = weight.min(0.999);
    let (mut sum, mut weights, mut before) = (0.0, 0.0, first[0]);
    // Most gaps are alike, and a power costs more than all else here.
    let (mut last_gap, mut last_fade) = (0.0, 1.0);
    points
        .iter()
        .map(|p| {
            if !p[1].is_finite() {
                return [p[0], f64::NAN];
            }
            let gap: f64 = p[0] - before;
            if gap.to_bits() != f64::to_bits(last_gap) {
                (last_gap, last_fade) = (gap, weight.powf(gap / mean_gap));
            }
            let fade = last_fade;
            before = p[0];
            sum = sum * fade + p[1];
            weights = weights * fade + 1.0;
            [p[0], sum / weights]
        })
        .collect()
}

/// Points that are averaged before a wide Gaussian goes over them, for each so many spacings of its
/// bandwidth: what it averages away is then far narrower than itself.
const CELLS_A_BANDWIDTH: f64 = 8.0;

/// Bandwidths from a point beyond which others weigh less than a three-thousandth.
const REACH: f64 = 4.0;

/// A point, or the mean of a few neighbours; without numbers a gap.
#[derive(Clone, Copy, Debug)]
struct Cell {
    x: f64,
    y: f64,
    n: f64,
}

/// Mean of the points around each point, weighted by a Gaussian of the distance in x.
///
/// `bandwidth` is its standard deviation in mean spacings of x; 0 changes nothing. The weights are
/// divided by their sum, so the ends are not pulled towards zero. Up to a bandwidth of 16 every
/// point stays; of a wider one a few neighbours, an eighth of it apart, become one point. NaN stays
/// NaN and weighs nothing. `points` must be in order of x.
///
/// # Source
/// Nadaraya 1964, Watson 1964. Ours: cut off at four bandwidths.
#[must_use]
pub fn gaussian(points: &[[f64; 2]], bandwidth: f64) -> Vec<[f64; 2]> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let mean_gap = (last[0] - first[0]) / (points.len() - 1).max(1) as f64;
    let sigma = bandwidth * mean_gap;
    if !(sigma.is_finite() && sigma > 0.0) {
        return points.to_vec();
    }
    let cells = cells(
        points,
        (bandwidth / CELLS_A_BANDWIDTH) as usize,
        sigma / 4.0,
    );
    let weights = weights(&cells, sigma);
    let mut start = 0;
    let smoothed = cells.iter().enumerate().map(|(at, cell)| {
        let near = |other: &Cell| (other.x - cell.x).abs() <= REACH * sigma;
        while cells.get(start).is_some_and(|other| !near(other)) {
            start += 1;
        }
        if cell.n == 0.0 {
            return [cell.x, f64::NAN];
        }
        let (mut sum, mut total) = (0.0, 0.0);
        for (place, other) in cells.iter().enumerate().skip(start) {
            if !near(other) {
                break;
            }
            let known = weights.as_ref().and_then(|w| w.get(place.abs_diff(at)));
            let weight = known
                .copied()
                .unwrap_or_else(|| bell(other.x - cell.x, sigma));
            sum += weight * other.n * other.y;
            total += weight * other.n;
        }
        [cell.x, sum / total]
    });
    smoothed.collect()
}

fn bell(distance: f64, sigma: f64) -> f64 {
    (-0.5 * (distance / sigma).powi(2)).exp()
}

/// Means of `n` neighbours each, as far as these lie within `width`; a gap is a cell of its own.
fn cells(points: &[[f64; 2]], n: usize, width: f64) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::with_capacity(points.len());
    let (mut from, mut is_open) = (0.0, false);
    for &[x, y] in points {
        if !y.is_finite() {
            cells.push(Cell { x, y: 0.0, n: 0.0 });
            is_open = false;
            continue;
        }
        let last = cells
            .last_mut()
            .filter(|last| is_open && last.n < n as f64 && x - from <= width);
        if let Some(Cell {
            x: mean_x,
            y: mean_y,
            n,
        }) = last
        {
            *n += 1.0;
            *mean_x += (x - *mean_x) / *n;
            *mean_y += (y - *mean_y) / *n;
        } else {
            cells.push(Cell { x, y, n: 1.0 });
            (from, is_open) = (x, true);
        }
    }
    cells
}

/// The weight of a cell by how many cells away it is, where all are equally far apart: an
/// exponential for each pair costs more than all else here.
fn weights(cells: &[Cell], sigma: f64) -> Option<Vec<f64>> {
    let gap = cells.get(1)?.x - cells.first()?.x;
    let (last, others) = cells.split_last()?;
    let is_even = |pair: &[Cell]| matches!(pair, [a, b] if (b.x - a.x - gap).abs() <= 1e-9 * gap);
    // The last cell may be smaller than the others, and so nearer.
    let before_last = others.last()?.x;
    let is_whole = (last.x - before_last - gap).abs() <= 1e-9 * gap;
    if gap <= 0.0 || !is_whole || !others.windows(2).all(is_even) {
        return None;
    }
    let most = (REACH * sigma / gap) as usize + 1;
    Some(
        (0..=most)
            .map(|away| bell(away as f64 * gap, sigma))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::{gaussian, smooth};

    /// The definition, every pair of points with its own weight.
    fn slowly(points: &[[f64; 2]], bandwidth: f64, x: f64) -> f64 {
        let mean_gap = (points[points.len() - 1][0] - points[0][0]) / (points.len() - 1) as f64;
        let (mut sum, mut total) = (0.0, 0.0);
        for point in points.iter().filter(|point| point[1].is_finite()) {
            let far = (point[0] - x) / (bandwidth * mean_gap);
            let weight = (-far * far / 2.0).exp();
            sum += weight * point[1];
            total += weight;
        }
        sum / total
    }

    #[test]
    fn a_gaussian_is_the_weighted_mean_of_all_points() {
        let wave = |x: f64| (x / 40.0).sin() * 3.0 + ((x * 7919.0) % 13.0) / 13.0;
        let even: Vec<[f64; 2]> = (0..600)
            .map(|x| [f64::from(x), wave(f64::from(x))])
            .collect();
        let uneven: Vec<[f64; 2]> = even.iter().map(|p| [p[0] * p[0] / 600.0, p[1]]).collect();
        for points in [even, uneven] {
            for bandwidth in [0.7, 3.0, 12.0, 40.0] {
                let smoothed = gaussian(&points, bandwidth);
                assert!(bandwidth >= 16.0 || smoothed.len() == points.len());
                // Exact but for what is cut off; of a wide one but for the few that are averaged.
                let slack = if bandwidth < 16.0 { 2e-3 } else { 0.05 };
                for [x, y] in smoothed {
                    let wanted = slowly(&points, bandwidth, x);
                    assert!(
                        (y - wanted).abs() < slack,
                        "{bandwidth} at {x}: {y}, {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_gaussian_leaves_gaps_and_what_is_constant() {
        let mut points: Vec<[f64; 2]> = (0..50).map(|x| [f64::from(x), 2.5]).collect();
        points[20][1] = f64::NAN;
        for bandwidth in [0.0, 2.0, 30.0] {
            let smoothed = gaussian(&points, bandwidth);
            let gaps = smoothed.iter().filter(|p| p[1].is_nan()).count();
            assert_eq!(gaps, 1, "{bandwidth}");
            let others = smoothed.iter().filter(|p| !p[1].is_nan());
            assert!(others.into_iter().all(|p| (p[1] - 2.5).abs() < 1e-12));
        }
        assert!(gaussian(&[], 3.0).is_empty());
        assert_eq!(gaussian(&[[1.0, 2.0]], 3.0), [[1.0, 2.0]]);
    }

    #[test]
    fn the_average_is_debiased_and_fades_with_distance() {
        // One mean gap apart with weight 0.5: (0.5 * 4 + 2) / (0.5 + 1) = 4 / 1.5.
        let even = smooth(&[[0.0, 4.0], [1.0, 2.0]], 0.5);
        assert!(
            (even[0][1] - 4.0).abs() < 1e-12,
            "the first value is not pulled to zero"
        );
        assert!((even[1][1] - 4.0 / 1.5).abs() < 1e-12);
        // Gaps 1, 1, 8 (mean 10/3): after the long gap the old values weigh 0.5^(8/(10/3)) = 0.19.
        let far = smooth(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [10.0, 1.0]], 0.5);
        assert!(
            far[3][1] > 0.6,
            "an old value is not dragged over a gap: {}",
            far[3][1]
        );
    }

    #[test]
    fn nan_stays_a_gap_and_does_not_spread() {
        let out = smooth(&[[0.0, 1.0], [1.0, f64::NAN], [2.0, 1.0]], 0.9);
        assert!(out[1][1].is_nan());
        assert!((out[2][1] - 1.0).abs() < 1e-12);
    }
}
