//! Fuzzy set of neighbours: how surely each vector is joined to each other (McInnes, Healy &
//! Melville 2018, sections 2.2 and 3.1).

use rayon::prelude::*;

use super::near::Near;

/// Rounds of the search for a width, each of which halves what is left, and how near to its target a
/// sum counts as there (umap-learn's `SMOOTH_K_TOLERANCE`).
const ROUNDS: usize = 64;
const TOLERANCE: f64 = 1e-5;

/// Smallest width, as a share of the mean distance (umap-learn's `MIN_K_DIST_SCALE`).
const LEAST_WIDTH: f64 = 1e-3;

/// Join of two vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Join {
    /// One of them.
    pub(super) from: u32,
    /// The other.
    pub(super) to: u32,
    /// How surely they are joined, from 0 to 1.
    pub(super) weight: f64,
}

/// Distance at which the joins of one vector begin to weaken, and how fast they do.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Smoothing {
    /// Distance of the nearest that lies apart, ρ.
    nearest: f64,
    /// Width, σ.
    width: f64,
}

/// Joins of all vectors, in order, each both ways: a pair is joined if it is so from either side
/// (the probabilistic sum, section 3.1, algorithm 1).
pub(super) fn fuzzy_set(near: &[Vec<Near>]) -> Vec<Join> {
    let distances: Vec<Vec<f64>> = near
        .par_iter()
        .map(|near| {
            near.iter()
                .map(|near| f64::from(near.square).sqrt())
                .collect()
        })
        .collect();
    let n_all: usize = distances.iter().map(|row| row.len() + 1).sum();
    let mean = distances.iter().flatten().sum::<f64>() / n_all.max(1) as f64;
    let memberships: Vec<Vec<f64>> = distances
        .par_iter()
        .map(|row| memberships(row, smoothing(row, mean)))
        .collect();
    let mut joins = Vec::with_capacity(2 * n_all);
    for (from, (near, weights)) in (0_u32..).zip(near.iter().zip(&memberships)) {
        for (near, &weight) in near.iter().zip(weights) {
            let to = near.at;
            joins.push(Join { from, to, weight });
            joins.push(Join {
                from: to,
                to: from,
                weight,
            });
        }
    }
    joins.par_sort_unstable_by(|a, b| {
        let ends = |join: &Join| (join.from, join.to);
        ends(a).cmp(&ends(b)).then(a.weight.total_cmp(&b.weight))
    });
    // At most two of a pair: one from either side.
    joins.dedup_by(|later, first| {
        let is_same = (later.from, later.to) == (first.from, first.to);
        if is_same {
            first.weight = first.weight + later.weight - first.weight * later.weight;
        }
        is_same
    });
    joins
}

/// ρ and σ of one vector's distances to its neighbours, the nearest first: σ is such that the joins
/// sum to the binary logarithm of their number, the vector itself among them (equation 4, as
/// umap-learn's `smooth_knn_dist` has it). `mean` is the mean distance of all.
fn smoothing(distances: &[f64], mean: f64) -> Smoothing {
    let nearest = distances
        .iter()
        .copied()
        .find(|it| *it > 0.0)
        .unwrap_or(0.0);
    let target = (distances.len() as f64 + 1.0).log2();
    let (mut low, mut high, mut width) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..ROUNDS {
        let sum: f64 = distances
            .iter()
            .map(|distance| (-(distance - nearest).max(0.0) / width).exp())
            .sum();
        if (sum - target).abs() < TOLERANCE {
            break;
        }
        if sum > target {
            high = width;
            width = f64::midpoint(low, high);
        } else {
            low = width;
            width = if high.is_finite() {
                f64::midpoint(low, high)
            } else {
                2.0 * width
            };
        }
    }
    let mean = if nearest > 0.0 {
        distances.iter().sum::<f64>() / (distances.len() as f64 + 1.0)
    } else {
        mean
    };
    Smoothing {
        nearest,
        width: width.max(LEAST_WIDTH * mean),
    }
}

/// How surely one vector is joined to each of its neighbours, from its side (equation 3).
fn memberships(distances: &[f64], smoothing: Smoothing) -> Vec<f64> {
    let Smoothing { nearest, width } = smoothing;
    let of = |distance: &f64| {
        let beyond = distance - nearest;
        if beyond <= 0.0 || width <= 0.0 {
            1.0
        } else {
            (-beyond / width).exp()
        }
    };
    distances.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::near::{Vectors, nearest_of_each};
    use super::*;

    /// `tests/gold/maps/projection.py` made the numbers, by umap-learn.
    #[test]
    fn widths_and_joins_are_those_of_umap_learn() {
        let gold: serde_json::Value = serde_json::from_str(include_str!(
            "../../../../../tests/gold/maps/projection.json"
        ))
        .unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let numbers = gold[name].as_array().unwrap().iter();
            numbers.map(|number| number.as_f64().unwrap()).collect()
        };
        let values: Vec<f32> = numbers("vectors").into_iter().map(|it| it as f32).collect();
        let vectors = Vectors {
            values: &values,
            width: gold["width"].as_u64().unwrap() as usize,
        };
        // A vector is its own first neighbour there.
        let k = gold["n_neighbors"].as_u64().unwrap() as usize - 1;
        let near = nearest_of_each(vectors, k, 0, &mut || true).unwrap();
        let distances: Vec<Vec<f64>> = near
            .iter()
            .map(|near| {
                near.iter()
                    .map(|near| f64::from(near.square).sqrt())
                    .collect()
            })
            .collect();
        let n_all = near.len() * (k + 1);
        let mean = distances.iter().flatten().sum::<f64>() / n_all as f64;
        let wanted = numbers("rhos").into_iter().zip(numbers("sigmas"));
        for (row, (rho, sigma)) in distances.iter().zip(wanted) {
            let ours = smoothing(row, mean);
            assert!(
                (ours.nearest - rho).abs() < 1e-5 * rho.max(1.0),
                "{ours:?} {rho}"
            );
            assert!(
                (ours.width - sigma).abs() < 1e-4 * sigma,
                "{ours:?} {sigma}"
            );
        }
        let joins = fuzzy_set(&near);
        let wanted = gold["fuzzy"].as_array().unwrap();
        assert_eq!(joins.len(), wanted.len());
        for (ours, wanted) in joins.iter().zip(wanted) {
            let number = |at: usize| wanted[at].as_f64().unwrap();
            assert_eq!(
                (f64::from(ours.from), f64::from(ours.to)),
                (number(0), number(1))
            );
            assert!((ours.weight - number(2)).abs() < 1e-4, "{ours:?} {wanted}");
        }
    }

    #[test]
    fn joins_are_the_same_both_ways_and_those_in_one_place_are_sure() {
        let values: Vec<f32> = (0..60).map(|at| ((at / 3) * (at / 3)) as f32).collect();
        let vectors = Vectors {
            values: &values,
            width: 1,
        };
        let near = nearest_of_each(vectors, 6, 0, &mut || true).unwrap();
        let joins = fuzzy_set(&near);
        let of = |from: u32, to: u32| {
            let found = joins.iter().find(|join| (join.from, join.to) == (from, to));
            found.unwrap().weight
        };
        for join in &joins {
            assert!((of(join.to, join.from) - join.weight).abs() < 1e-12);
            assert!((0.0..=1.0).contains(&join.weight) && join.from != join.to);
        }
        assert!((of(9, 10) - 1.0).abs() < 1e-12);
    }
}
