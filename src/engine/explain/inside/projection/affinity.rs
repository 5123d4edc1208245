//! How much points are each other's neighbours.

use rayon::prelude::*;

use super::near::{Near, Vectors, nearest_of_each};

/// Neighbours of each point, in units of the perplexity (van der Maaten 2014).
const NEIGHBOURS: f64 = 3.0;

/// Rounds of the search for a bandwidth, each of which halves what is left.
const ROUNDS: usize = 64;

/// Symmetric affinities of points that are neighbours; they sum to 1.
pub(super) struct Affinities {
    /// Start of each point's neighbours, and the end of the last.
    starts: Vec<usize>,
    neighbours: Vec<(u32, f64)>,
}

impl Affinities {
    /// Affinities of vectors at a perplexity (van der Maaten & Hinton 2008, eq. 1). `goes_on` may
    /// end it: then `None`.
    pub(super) fn of(
        vectors: Vectors<'_>,
        perplexity: f64,
        seed: u64,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let n = vectors.len();
        let k = ((NEIGHBOURS * perplexity).ceil() as usize).max(1);
        let near = nearest_of_each(vectors, k, seed, goes_on)?;
        let shares: Vec<Vec<f64>> = near
            .par_iter()
            .map(|near| conditional(near, perplexity))
            .collect();
        let mut pairs: Vec<(u32, u32, f64)> = Vec::with_capacity(2 * n * k);
        for (at, (near, shares)) in (0_u32..).zip(near.iter().zip(&shares)) {
            for (near, share) in near.iter().zip(shares) {
                let half = share / (2.0 * n as f64);
                pairs.push((at, near.at, half));
                pairs.push((near.at, at, half));
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

/// Share of each neighbour in a point's Gaussian, whose bandwidth gives the perplexity.
fn conditional(near: &[Near], perplexity: f64) -> Vec<f64> {
    let square = |near: &Near| f64::from(near.square);
    let least = near.first().map_or(0.0, square);
    let shares = |beta: f64| -> Vec<f64> {
        let weights = near
            .iter()
            .map(|near| (-beta * (square(near) - least)).exp());
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
    shares(beta)
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

    fn affinities_of(n: usize, goes_on: bool) -> Option<Affinities> {
        let vectors = Vectors {
            values: &vectors(n, 3),
            width: 3,
        };
        Affinities::of(vectors, 6.0, 0, &mut || goes_on)
    }

    #[test]
    fn shares_have_the_perplexity() {
        let vectors = Vectors {
            values: &vectors(60, 4),
            width: 4,
        };
        let near = nearest_of_each(vectors, 24, 0, &mut || true).unwrap();
        let shares = conditional(&near[17], 8.0);
        assert!((entropy(&shares).exp() - 8.0).abs() < 1e-6);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_1() {
        let affinities = affinities_of(50, true).unwrap();
        let of = |a: usize, b: usize| affinities.of_point(a).find(|(other, _)| *other == b);
        let mut whole = 0.0;
        for a in 0..50 {
            for (b, share) in affinities.of_point(a) {
                whole += share;
                assert!((of(b, a).unwrap().1 - share).abs() < 1e-15 && a != b);
            }
        }
        assert!((whole - 1.0).abs() < 1e-12);
        assert!(affinities_of(50, false).is_none());
    }
}
