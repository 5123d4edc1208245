//! Principal components of many vectors, and rotations between two sets of them.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::matrix::{Columns, Singular};
use seqscope_base::spec::derive_seed;

/// Directions in which vectors vary most (Pearson 1901), the widest first.
///
/// # Source
/// The axes are found by orthogonal iteration on the covariance with a Rayleigh–Ritz step (Golub &
/// Van Loan 2013, section 8.2.4; Saad 2011, section 5.2): only a few of perhaps thousands are
/// wanted. Each axis points to where its largest number is positive, as scikit-learn has it, so that
/// a map is not mirrored from one time to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// Mean of the vectors. `[width]`
    mean: Vec<f64>,
    /// The axes, each of length 1. `[n_axes][width]`
    axes: Vec<Vec<f64>>,
    /// Share of the variance along each axis.
    shares: Vec<f64>,
}

/// Directions beside the wanted ones that are iterated on: the error falls by the ratio of the
/// variances of the last wanted and the first left out.
const MORE: usize = 8;

/// Most rounds of the iteration.
const ROUNDS: usize = 300;

/// Change of a variance, as a share of the largest, below which it has settled; directions are then
/// exact to its root.
const SETTLED: f64 = 1e-14;

/// Pieces that the covariance is summed in: always as many, so that it does not depend on the
/// number of threads.
const PIECES: usize = 8;

impl Principal {
    /// The widest directions of vectors of this width, `[n, width]`; at most `n_axes`. Of no
    /// vectors, and of such as hold no finite number, none.
    #[must_use]
    pub fn of(vectors: &[f32], width: usize, n_axes: usize) -> Self {
        let width = width.max(1);
        let n = vectors.len() / width;
        let mean = mean_of(vectors, width);
        let covariance = covariance(vectors, &mean);
        let whole: f64 = covariance
            .0
            .iter()
            .enumerate()
            .map(|(at, column)| column[at])
            .sum();
        let n_axes = n_axes.min(width).min(n);
        if n_axes == 0 || !whole.is_finite() {
            return Self {
                mean,
                axes: Vec::new(),
                shares: Vec::new(),
            };
        }
        let (variances, axes) = widest(&covariance, n_axes);
        let share = |variance: f64| if whole > 0.0 { variance / whole } else { 0.0 };
        Self {
            mean,
            axes,
            shares: variances.into_iter().map(share).collect(),
        }
    }

    /// Number of axes.
    #[must_use]
    pub fn n_axes(&self) -> usize {
        self.axes.len()
    }

    /// Share of the variance of the vectors along each axis.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// Place of vectors along the axes. `[n, width]` to `[n, n_axes]`
    #[must_use]
    pub fn places(&self, vectors: &[f32]) -> Vec<f32> {
        let rows: Vec<&[f32]> = vectors.chunks_exact(self.mean.len().max(1)).collect();
        rows.par_iter()
            .flat_map_iter(|row| {
                self.axes.iter().map(|axis| {
                    let terms = row.iter().zip(&self.mean).zip(axis);
                    terms
                        .map(|((value, mean), axis)| (f64::from(*value) - mean) * axis)
                        .sum::<f64>() as f32
                })
            })
            .collect()
    }

    /// Place of vectors in the plane of the first two axes; 0 along an axis that there is not.
    #[must_use]
    pub fn plane(&self, vectors: &[f32]) -> Vec<[f32; 2]> {
        let places = self.places(vectors);
        if self.axes.is_empty() {
            return vec![[0.0; 2]; vectors.len() / self.mean.len().max(1)];
        }
        points(&places, self.n_axes())
    }
}

/// The first two numbers of each row.
pub(super) fn points(places: &[f32], width: usize) -> Vec<[f32; 2]> {
    let number = |row: &[f32], at: usize| row.get(at).copied().unwrap_or(0.0);
    places
        .chunks_exact(width.max(1))
        .map(|row| [number(row, 0), number(row, 1)])
        .collect()
}

/// Turns (and perhaps mirrors) places so that they lie as near as can be to others of the same
/// points: the orthogonal Procrustes problem (Schönemann 1966). Both `[n, width]`, with mean 0.
/// Places that cannot be compared stay as they are.
#[must_use]
pub(super) fn turned_onto(places: &[f32], others: &[f32], width: usize) -> Vec<f32> {
    if width == 0 || places.len() != others.len() || !places.len().is_multiple_of(width) {
        return places.to_vec();
    }
    let column = |values: &[f32], at: usize| -> Vec<f64> {
        let values = values.iter().skip(at).step_by(width);
        values.map(|value| f64::from(*value)).collect()
    };
    let matrix = |values: &[f32]| Columns((0..width).map(|at| column(values, at)).collect());
    let from = matrix(places);
    let Singular { left, right, .. } = from.times_transposed(&matrix(others)).singular();
    // U Vᵀ, column by column: the sum of the left vectors, weighted by what the right have there.
    let weights = (0..width).map(|at| right.0.iter().map(|vector| vector[at]).collect());
    let turned = from.combined(&left.combined(&Columns(weights.collect())));
    let n = places.len() / width;
    (0..n)
        .flat_map(|row| turned.0.iter().map(move |column| column[row] as f32))
        .collect()
}

fn mean_of(vectors: &[f32], width: usize) -> Vec<f64> {
    let mut mean = vec![0.0; width];
    let n = (vectors.len() / width).max(1) as f64;
    for row in vectors.chunks_exact(width) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    for sum in &mut mean {
        *sum /= n;
    }
    mean
}

/// Products of all pairs of columns, as means over the rows. `[width][width]`
fn covariance(vectors: &[f32], mean: &[f64]) -> Columns {
    let width = mean.len();
    let n = vectors.len() / width;
    let rows = n.div_ceil(PIECES).max(1);
    let pieces: Vec<Vec<f64>> = vectors
        .par_chunks(rows * width)
        .map(|piece| products(piece, mean))
        .collect();
    let mut sum = vec![0.0; width * width];
    for piece in &pieces {
        for (sum, value) in sum.iter_mut().zip(piece) {
            *sum += value / n.max(1) as f64;
        }
    }
    let pair = |at: usize, other: usize| sum[at.min(other) * width + at.max(other)];
    let column = |at: usize| (0..width).map(|other| pair(at, other)).collect();
    Columns((0..width).map(column).collect())
}

/// Sums of products over the rows of a piece, each pair of columns once: where the second is not
/// before the first.
fn products(piece: &[f32], mean: &[f64]) -> Vec<f64> {
    let width = mean.len();
    let mut sums = vec![0.0; width * width];
    let mut centred = vec![0.0; width];
    for row in piece.chunks_exact(width) {
        for ((slot, value), mean) in centred.iter_mut().zip(row).zip(mean) {
            *slot = f64::from(*value) - mean;
        }
        for (at, (own, sums)) in centred.iter().zip(sums.chunks_exact_mut(width)).enumerate() {
            for (sum, other) in sums.iter_mut().zip(&centred).skip(at) {
                *sum += own * other;
            }
        }
    }
    sums
}

/// The `n` largest eigenvalues of a covariance, falling, and their unit vectors.
fn widest(covariance: &Columns, n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let width = covariance.0.len();
    let block = (n + MORE).min(width);
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(0, "principal components", 0));
    let mut drawn = || (0..width).map(|_| random.random::<f64>() - 0.5).collect();
    let mut basis = Columns((0..block).map(|_| drawn()).collect()).orthonormal();
    let mut before: Vec<f64> = vec![f64::NAN; n];
    let mut found = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let image = covariance.combined(&basis);
        // Within the span the covariance is positive and symmetric: its singular vectors are its
        // eigenvectors (Rayleigh–Ritz).
        let Singular { values, right, .. } = basis.times_transposed(&image).singular();
        let axes = basis.combined(&right);
        let largest = values.first().copied().unwrap_or(0.0);
        let is_settled = before
            .iter()
            .zip(&values)
            .all(|(before, now)| (before - now).abs() <= SETTLED * largest);
        let wanted = axes.0.into_iter().take(n).map(pointed);
        found = (values.iter().take(n).copied().collect(), wanted.collect());
        // A basis of the whole space is exact at once.
        if is_settled || block == width {
            break;
        }
        before = values;
        basis = image.orthonormal();
    }
    found
}

/// An axis in that of its two directions in which its largest number is positive.
fn pointed(axis: Vec<f64>) -> Vec<f64> {
    let largest = axis.iter().copied().fold(0.0_f64, |largest, value| {
        if value.abs() > largest.abs() {
            value
        } else {
            largest
        }
    });
    if largest < 0.0 {
        axis.into_iter().map(|value| -value).collect()
    } else {
        axis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors that are stretched along some directions.
    fn vectors(n: usize, width: usize) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        (0..n)
            .flat_map(|_| {
                (0..width)
                    .map(|at| (random.random::<f32>() - 0.4) * 3.0 / (1.0 + at as f32))
                    .collect::<Vec<_>>()
            })
            .enumerate()
            .map(|(at, value)| value + 0.5 * ((at * 37 % 11) as f32 / 11.0))
            .collect()
    }

    /// The two widest eigenvectors of a symmetric matrix by power iteration, the second after the
    /// first was taken out: slow, and nothing of what is tested.
    fn by_power(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
        let n = matrix.len();
        let mut found = Vec::new();
        for _ in 0..2 {
            let mut axis: Vec<f64> = (0..n).map(|at| 1.0 + (at as f64).sin()).collect();
            let mut value = 0.0;
            for _ in 0..200_000 / n {
                let next: Vec<f64> = matrix
                    .iter()
                    .map(|row| row.iter().zip(&axis).map(|(a, b)| a * b).sum())
                    .collect();
                value = next.iter().map(|v| v * v).sum::<f64>().sqrt();
                axis = next.into_iter().map(|v| v / value).collect();
            }
            for (row, a) in matrix.iter_mut().zip(&axis) {
                for (slot, b) in row.iter_mut().zip(&axis) {
                    *slot -= value * a * b;
                }
            }
            found.push((value, axis));
        }
        found
    }

    #[test]
    fn axes_are_those_of_an_independent_decomposition() {
        for (n, width) in [(200, 3), (150, 24), (400, 40)] {
            let vectors = vectors(n, width);
            let mean = mean_of(&vectors, width);
            let mut slow = vec![vec![0.0; width]; width];
            for row in vectors.chunks(width) {
                let away = |at: usize| f64::from(row[at]) - mean[at];
                for (i, slow) in slow.iter_mut().enumerate() {
                    for (j, slow) in slow.iter_mut().enumerate() {
                        *slow += away(i) * away(j) / n as f64;
                    }
                }
            }
            let whole: f64 = (0..width).map(|at| slow[at][at]).sum();
            let expected = by_power(slow);
            let ours = Principal::of(&vectors, width, 2);
            for (at, (value, axis)) in expected.iter().enumerate() {
                assert!((ours.shares[at] - value / whole).abs() < 1e-10, "{width}");
                let along: f64 = ours.axes[at].iter().zip(axis).map(|(a, b)| a * b).sum();
                assert!((along.abs() - 1.0).abs() < 1e-10, "{width}: {along}");
            }
        }
    }

    /// `tests/gold/maps/projection.py` made the numbers, by numpy's singular values.
    #[test]
    fn axes_shares_and_places_are_those_of_numpy() {
        let gold: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/gold/maps/projection.json"))
                .unwrap();
        let numbers = |value: &serde_json::Value| -> Vec<f64> {
            let numbers = value.as_array().unwrap().iter();
            numbers.map(|number| number.as_f64().unwrap()).collect()
        };
        let rows = |name: &str| -> Vec<Vec<f64>> {
            let rows = gold[name].as_array().unwrap().iter();
            rows.map(&numbers).collect()
        };
        let vectors: Vec<f32> = numbers(&gold["vectors"])
            .iter()
            .map(|it| *it as f32)
            .collect();
        let width = gold["width"].as_u64().unwrap() as usize;
        for n_axes in [2, width] {
            let ours = Principal::of(&vectors, width, n_axes);
            assert_eq!(ours.n_axes(), n_axes);
            let shares = numbers(&gold["shares"]);
            for (axis, wanted) in ours.axes.iter().zip(rows("axes")) {
                for (value, wanted) in axis.iter().zip(wanted) {
                    assert!((value - wanted).abs() < 1e-7, "{value} {wanted}");
                }
            }
            for (share, wanted) in ours.shares.iter().zip(shares) {
                assert!((share - wanted).abs() < 1e-10, "{share} {wanted}");
            }
            for (place, wanted) in ours.plane(&vectors).iter().zip(rows("plane")) {
                for (value, wanted) in place.iter().zip(wanted) {
                    assert!(
                        (f64::from(*value) - wanted).abs() < 1e-5,
                        "{value} {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn few_vectors_and_none_have_their_places_too() {
        assert_eq!(Principal::of(&[], 3, 2).n_axes(), 0);
        let one = Principal::of(&[1.0, 2.0, 3.0], 3, 2);
        assert_eq!(one.plane(&[1.0, 2.0, 3.0]), [[0.0, 0.0]]);
        let alike = Principal::of(&[1.0, 2.0, 1.0, 2.0], 2, 2);
        assert_eq!(alike.shares(), [0.0, 0.0]);
        let broken = Principal::of(&[f32::NAN, 1.0, 2.0, 3.0], 2, 2);
        assert_eq!(broken.plane(&[1.0, 1.0]), [[0.0, 0.0]]);
        let narrow = Principal::of(&[1.0, 3.0, 5.0], 1, 2);
        assert_eq!(narrow.plane(&[5.0, 3.0]), [[2.0, 0.0], [0.0, 0.0]]);
    }

    /// Points turned by a known angle and mirrored come back onto themselves; of the others none
    /// lies nearer by any of many angles.
    #[test]
    fn places_are_turned_back_onto_the_others() {
        let others: Vec<f32> = vectors(60, 2);
        let mean = mean_of(&others, 2);
        let others: Vec<f32> = others
            .chunks(2)
            .flat_map(|p| [p[0] - mean[0] as f32, p[1] - mean[1] as f32])
            .collect();
        let (s, c) = 0.7_f32.sin_cos();
        let turned: Vec<f32> = others
            .chunks(2)
            .flat_map(|p| [c * p[0] - s * p[1], -(s * p[0] + c * p[1])])
            .collect();
        let back = turned_onto(&turned, &others, 2);
        assert!(back.iter().zip(&others).all(|(a, b)| (a - b).abs() < 1e-5));

        let bent: Vec<f32> = turned
            .iter()
            .map(|value| value + 0.1 * value * value)
            .collect();
        let distance = |places: &[f32]| -> f32 {
            places
                .iter()
                .zip(&others)
                .map(|(a, b)| (a - b).powi(2))
                .sum()
        };
        let best = distance(&turned_onto(&bent, &others, 2));
        for step in 0..720 {
            let (s, c) = (step as f32).to_radians().sin_cos();
            let mirror = if step < 360 { 1.0 } else { -1.0 };
            let tried: Vec<f32> = bent
                .chunks(2)
                .flat_map(|p| [c * p[0] - s * p[1], mirror * (s * p[0] + c * p[1])])
                .collect();
            assert!(best <= distance(&tried) + 1e-4, "{step}");
        }
        assert_eq!(turned_onto(&[1.0, 2.0], &[1.0], 2), [1.0, 2.0]);
    }
}
