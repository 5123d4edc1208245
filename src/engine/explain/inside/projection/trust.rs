//! Trustworthiness of a map: whether neighbours on it are neighbours among the vectors.

use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::MapTrust;
use super::near::Vectors;
use seqscope_base::spec::derive_seed;

/// Neighbours that are looked at of each point, or fewer of few points.
const NEIGHBOURS: usize = 10;

/// Points that are looked at; of more so many are drawn.
const MOST_POINTS: usize = 500;

/// Trustworthiness of a map and of the plane of principal components, by the same points; `None` of
/// too few points to say.
pub(super) fn of_map(
    vectors: Vectors<'_>,
    map: &[[f32; 2]],
    plane: &[[f32; 2]],
    seed: u64,
) -> Option<MapTrust> {
    let n = vectors.len();
    let n_neighbors = NEIGHBOURS.min((n.max(1) - 1) / 2);
    if n_neighbors == 0 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "trustworthiness", 0));
    let mut of = index::sample(&mut random, n, MOST_POINTS.min(n)).into_vec();
    of.sort_unstable();
    let trust = |points: &[[f32; 2]]| trustworthiness(vectors, points, &of, n_neighbors);
    Some(MapTrust {
        n_neighbors,
        map: trust(map),
        plane: trust(plane),
    })
}

/// One less the mean rank by which the `k` neighbours on a map come too late among the vectors, as a
/// share of the largest that it can be (Venna & Kaski 2001, eq. 1, as scikit-learn has it), over
/// some of the points. Of points that are equally far the one with the smaller number is nearer.
fn trustworthiness(vectors: Vectors<'_>, points: &[[f32; 2]], of: &[usize], k: usize) -> f64 {
    let late: usize = of
        .par_iter()
        .map(|&at| {
            let on_map = |other: usize| {
                let away = [0, 1].map(|axis| points[at][axis] - points[other][axis]);
                away[0] * away[0] + away[1] * away[1]
            };
            let near = nearest(points.len(), at, k, on_map);
            let ranks = ranks(vectors, at, &near);
            ranks
                .into_iter()
                .map(|rank| rank.saturating_sub(k))
                .sum::<usize>()
        })
        .sum();
    let (n, k) = (points.len() as f64, k as f64);
    let most = of.len() as f64 * k * (2.0 * n - 3.0 * k - 1.0) / 2.0;
    1.0 - late as f64 / most
}

/// The `k` nearest others by a distance.
fn nearest(n: usize, at: usize, k: usize, square: impl Fn(usize) -> f32) -> Vec<usize> {
    let others = (0..n).filter(|other| *other != at);
    let mut all: Vec<(f32, usize)> = others.map(|other| (square(other), other)).collect();
    if k < all.len() {
        all.select_nth_unstable_by(k, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(k);
    }
    all.into_iter().map(|(_, other)| other).collect()
}

/// Rank of some others among all by the distance of their vectors; that of the nearest is 1.
fn ranks(vectors: Vectors<'_>, at: usize, others: &[usize]) -> Vec<usize> {
    let place = |other: usize| (vectors.square(at, other), other);
    let mut sought: Vec<(f32, usize)> = others.iter().map(|&other| place(other)).collect();
    sought.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // Number of all others that lie between two of those sought.
    let mut between = vec![0; sought.len() + 1];
    for other in (0..vectors.len()).filter(|other| *other != at) {
        let (square, other) = place(other);
        let before =
            sought.partition_point(|it| it.0.total_cmp(&square).then(it.1.cmp(&other)).is_lt());
        between[before] += 1;
    }
    let mut rank = 0;
    let ranks = between.iter().take(sought.len()).map(|n| {
        rank += n;
        rank
    });
    ranks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/gold/maps/projection.py` made the numbers, by scikit-learn.
    #[test]
    fn a_plane_is_as_trustworthy_as_scikit_learn_says() {
        let gold: serde_json::Value = serde_json::from_str(include_str!(
            "../../../../../tests/gold/maps/projection.json"
        ))
        .unwrap();
        let numbers = |value: &serde_json::Value| -> Vec<f32> {
            let numbers = value.as_array().unwrap().iter();
            numbers
                .map(|number| number.as_f64().unwrap() as f32)
                .collect()
        };
        let width = gold["width"].as_u64().unwrap() as usize;
        // The last lies where the one before it does, and neither of them is nearer.
        let mut values = numbers(&gold["vectors"]);
        values.truncate(values.len() - width);
        let vectors = Vectors {
            values: &values,
            width,
        };
        let mut plane: Vec<[f32; 2]> = gold["plane"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| numbers(point).try_into().unwrap())
            .collect();
        plane.pop();
        let of: Vec<usize> = (0..plane.len()).collect();
        for k in [3, 10] {
            let wanted = gold["trustworthiness_of_plane"][k.to_string()]
                .as_f64()
                .unwrap();
            let ours = trustworthiness(vectors, &plane, &of, k);
            assert!((ours - wanted).abs() < 1e-9, "{k}: {ours} {wanted}");
        }
        // The vectors are as trustworthy as they can be.
        let line: Vec<f32> = (0..20).map(|at| (at * at) as f32).collect();
        let points: Vec<[f32; 2]> = line.iter().map(|x| [*x, 0.0]).collect();
        let vectors = Vectors {
            values: &line,
            width: 1,
        };
        let all: Vec<usize> = (0..20).collect();
        assert!((trustworthiness(vectors, &points, &all, 3) - 1.0).abs() < 1e-12);
        assert!(of_map(vectors, &points, &points, 0).unwrap().map > 0.999);
    }
}
