//! How much points are each other's neighbours.

use rayon::prelude::*;

/// Neighbours of each point, in units of the perplexity (van der Maaten 2014).
const NEIGHBOURS: f64 = 3.0;

/// Points whose neighbours are found between two questions whether to go on.
const AT_A_TIME: usize = 2048;

/// Rounds of the search for a bandwidth, each of which halves what is left.
const ROUNDS: usize = 64;

/// Symmetric affinities of points that are neighbours; they sum to 1.
pub(super) struct Affinities {
    /// Start of each point's neighbours, and the end of the last.
    starts: Vec<usize>,
    neighbours: Vec<(u32, f64)>,
}

impl Affinities {
    /// Affinities of vectors, `[n, width]`, at a perplexity (van der Maaten & Hinton 2008, eq. 1).
    /// `goes_on` may end it: then `None`.
    pub(super) fn of(
        vectors: &[f32],
        width: usize,
        perplexity: f64,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let n = vectors.len() / width.max(1);
        let k = ((NEIGHBOURS * perplexity).ceil() as usize).clamp(1, n.saturating_sub(1).max(1));
        let mut pairs: Vec<(u32, u32, f64)> = Vec::with_capacity(2 * n * k);
        let all: Vec<usize> = (0..n).collect();
        for block in all.chunks(AT_A_TIME) {
            if !goes_on() {
                return None;
            }
            let near: Vec<Vec<(u32, f64)>> = block
                .par_iter()
                .map(|&at| conditional(&nearest(vectors, width, at, k), perplexity))
                .collect();
            for (&at, near) in block.iter().zip(&near) {
                for &(other, share) in near {
                    let half = share / (2.0 * n as f64);
                    pairs.push((at as u32, other, half));
                    pairs.push((other, at as u32, half));
                }
            }
        }
        pairs.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        Some(Self::of_sorted(n, &pairs))
    }

    /// Each pair once.
    fn of_sorted(n: usize, pairs: &[(u32, u32, f64)]) -> Self {
        let mut starts = vec![0; n + 1];
        let mut neighbours: Vec<(u32, f64)> = Vec::with_capacity(pairs.len());
        for pair in pairs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some(&(at, other, _)) = pair.first() else {
                continue;
            };
            neighbours.push((other, pair.iter().map(|(_, _, half)| half).sum()));
            starts[at as usize + 1] = neighbours.len();
        }
        for at in 1..starts.len() {
            starts[at] = starts[at].max(starts[at - 1]);
        }
        Self { starts, neighbours }
    }

    /// Neighbours of a point, and its affinity to each.
    pub(super) fn of_point(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[at]..self.starts[at + 1];
        let near = self.neighbours.get(range).unwrap_or(&[]);
        near.iter()
            .map(|(other, affinity)| (*other as usize, *affinity))
    }
}

/// The `k` nearest others of a point, and their squared distances.
fn nearest(vectors: &[f32], width: usize, at: usize, k: usize) -> Vec<(u32, f64)> {
    let own = vectors.get(at * width..(at + 1) * width).unwrap_or(&[]);
    let rows = vectors.chunks_exact(width.max(1)).enumerate();
    let mut all: Vec<(u32, f32)> = rows
        .filter(|(other, _)| *other != at)
        .map(|(other, row)| {
            let squares = own.iter().zip(row).map(|(a, b)| (a - b) * (a - b));
            (other as u32, squares.sum::<f32>())
        })
        .collect();
    let order = |a: &(u32, f32), b: &(u32, f32)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
    if k < all.len() {
        all.select_nth_unstable_by(k, order);
        all.truncate(k);
    }
    all.sort_unstable_by(order);
    all.into_iter()
        .map(|(other, square)| (other, f64::from(square)))
        .collect()
}

/// Share of each neighbour in a point's Gaussian, whose bandwidth gives the perplexity.
fn conditional(near: &[(u32, f64)], perplexity: f64) -> Vec<(u32, f64)> {
    let least = near.first().map_or(0.0, |(_, square)| *square);
    let shares = |beta: f64| -> Vec<f64> {
        let weights = near
            .iter()
            .map(|(_, square)| (-beta * (square - least)).exp());
        let weights: Vec<f64> = weights.collect();
        let whole: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / whole).collect()
    };
    let (mut low, mut high, mut beta) = (0.0_f64, f64::INFINITY, 1.0_f64);
    for _ in 0..ROUNDS {
        if entropy(&shares(beta)) > perplexity.ln() {
            low = beta;
            beta = if high.is_finite() {
                f64::midpoint(low, high)
            } else {
                beta * 2.0
            };
        } else {
            high = beta;
            beta = f64::midpoint(low, high);
        }
    }
    near.iter()
        .zip(shares(beta))
        .map(|((other, _), share)| (*other, share))
        .collect()
}

/// In nats.
fn entropy(shares: &[f64]) -> f64 {
    let terms = shares.iter().filter(|share| **share > 0.0);
    -terms.map(|share| share * share.ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(n: usize, width: usize) -> Vec<f32> {
        (0..n * width)
            .map(|at| ((at * 7919 % 1009) as f32 * 0.37).sin())
            .collect()
    }

    #[test]
    fn shares_have_the_perplexity_and_the_nearest_are_found() {
        let vectors = vectors(60, 4);
        let near = nearest(&vectors, 4, 17, 24);
        let square = |a: usize, b: usize| -> f32 {
            (0..4)
                .map(|k| (vectors[a * 4 + k] - vectors[b * 4 + k]).powi(2))
                .sum()
        };
        let mut all: Vec<usize> = (0..60).filter(|other| *other != 17).collect();
        all.sort_by(|&a, &b| square(17, a).total_cmp(&square(17, b)).then(a.cmp(&b)));
        let found: Vec<usize> = near.iter().map(|(other, _)| *other as usize).collect();
        assert_eq!(found, all[..24]);
        let shares: Vec<f64> = conditional(&near, 8.0)
            .iter()
            .map(|(_, share)| *share)
            .collect();
        assert!((entropy(&shares).exp() - 8.0).abs() < 1e-6);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_1() {
        let affinities = Affinities::of(&vectors(50, 3), 3, 6.0, &mut || true).unwrap();
        let of = |a: usize, b: usize| affinities.of_point(a).find(|(other, _)| *other == b);
        let mut whole = 0.0;
        for a in 0..50 {
            for (b, share) in affinities.of_point(a) {
                whole += share;
                assert!((of(b, a).unwrap().1 - share).abs() < 1e-15 && a != b);
            }
        }
        assert!((whole - 1.0).abs() < 1e-12);
        assert!(Affinities::of(&vectors(50, 3), 3, 6.0, &mut || false).is_none());
    }
}
