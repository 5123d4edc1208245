//! UMAP (McInnes, Healy & Melville 2018): a fuzzy set of neighbours, and places in which neighbours
//! are pulled together and points at random pushed apart.

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::MapWatch;
use super::fuzzy::{Join, fuzzy_set};
use super::near::{Vectors, nearest_of_each};
use seqscope_base::spec::derive_seed;

/// Neighbours of each vector, itself among them: umap-learn's default.
const NEIGHBOURS: usize = 15;

/// Curve of how surely two places are joined by their distance d, 1 / (1 + a d^(2b)): the least
/// squares fit to one that is 1 up to the distance 0.1 and then falls as exp(0.1 − d), over distances
/// up to 3 (section 3.2, with umap-learn's `min_dist` 0.1 and `spread` 1).
const A: f32 = 1.576_943_5;
const B: f32 = 0.895_060_9;

/// Points that are pushed away for each that is pulled near: umap-learn's default.
const PUSHED: f32 = 5.0;

/// Largest part of a step along one axis, before its width.
const MOST_FORCE: f32 = 4.0;

/// Added to the square of a distance where points are pushed apart, which may be 0.
const APART: f32 = 1e-3;

/// Extent of the first places along either axis, and how far they are shaken.
const FIRST_EXTENT: f32 = 10.0;
const SHAKEN: f32 = 1e-4;

/// Vectors up to which a map takes 500 steps; of more it takes 200 (umap-learn).
const FEW: usize = 10_000;

/// Steps in all of a map of so many vectors.
pub(super) fn n_steps(n_vectors: usize) -> usize {
    if n_vectors <= FEW { 500 } else { 200 }
}

/// Places of vectors, begun at their principal components, `plane`; `None` where the watch ended it.
///
/// # Source
/// Algorithms 1 to 5 of the paper with umap-learn's defaults. We differ from umap-learn in where it
/// begins: at the principal components, as its `init="pca"` does, which keeps as much of the whole as
/// its spectral places (Kobak & Linderman 2021) and is the same every time.
pub(super) fn places(
    vectors: Vectors<'_>,
    plane: &[[f32; 2]],
    seed: u64,
    watch: &mut MapWatch<'_>,
) -> Option<Vec<[f32; 2]>> {
    let near = nearest_of_each(vectors, NEIGHBOURS - 1, seed, &mut || watch.goes_on())?;
    let n_steps = n_steps(vectors.len());
    let mut pulls = pulls(&fuzzy_set(&near), n_steps);
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "umap", 0));
    let mut places = first_places(plane, &mut random);
    for step in 0..n_steps {
        let width = 1.0 - step as f32 / n_steps as f32;
        for pull in &mut pulls {
            if pull.next <= step as f32 {
                pull.act(&mut places, width, step as f32, &mut random);
            }
        }
        if !watch.sees(step + 1, || places.clone()) {
            return None;
        }
    }
    Some(places)
}

/// Principal components, each axis stretched to the same extent, and shaken a little so that none
/// lie on each other.
fn first_places(plane: &[[f32; 2]], random: &mut ChaCha8Rng) -> Vec<[f32; 2]> {
    let farthest = plane
        .iter()
        .flatten()
        .fold(0.0_f32, |most, v| most.max(v.abs()));
    // All in one place stay there.
    let scale = (FIRST_EXTENT / farthest).min(f32::MAX);
    let mut shaken = |value: f32| {
        let noise: f32 = StandardNormal.sample(random);
        value * scale + SHAKEN * noise
    };
    let mut places: Vec<[f32; 2]> = plane.iter().map(|point| point.map(&mut shaken)).collect();
    for axis in 0..2 {
        let values = || places.iter().map(|place| place[axis]);
        let least = values().fold(f32::INFINITY, f32::min);
        let most = values().fold(f32::NEG_INFINITY, f32::max);
        let extent = (most - least).max(f32::MIN_POSITIVE);
        for place in &mut places {
            place[axis] = FIRST_EXTENT * (place[axis] - least) / extent;
        }
    }
    places
}

/// Pull of one place on another, as often as they are surely joined.
struct Pull {
    from: usize,
    to: usize,
    /// Steps between two pulls: 1 of the surest join.
    every: f32,
    /// Step of the next pull, and of the next push that comes with it.
    next: f32,
    next_push: f32,
}

/// Pulls of joins; those that would not come to act once are left out.
fn pulls(joins: &[Join], n_steps: usize) -> Vec<Pull> {
    let surest = joins
        .iter()
        .fold(0.0_f64, |most, join| most.max(join.weight));
    let joins = joins
        .iter()
        .filter(|join| join.weight >= surest / n_steps as f64);
    joins
        .map(|join| {
            let every = (surest / join.weight) as f32;
            Pull {
                from: join.from as usize,
                to: join.to as usize,
                every,
                next: every,
                next_push: every / PUSHED,
            }
        })
        .collect()
}

impl Pull {
    /// Pulls both ends together, and pushes the first away from some others.
    fn act(&mut self, places: &mut [[f32; 2]], width: f32, step: f32, random: &mut impl Rng) {
        let away = difference(places[self.from], places[self.to]);
        let force = pulling(away).map(|part| width * part);
        add(&mut places[self.from], force);
        add(&mut places[self.to], force.map(|part| -part));
        self.next += self.every;

        let every = self.every / PUSHED;
        let n_pushes = ((step - self.next_push) / every) as usize;
        for _ in 0..n_pushes {
            let other = random.random_range(0..places.len());
            if other != self.from {
                let away = difference(places[self.from], places[other]);
                add(
                    &mut places[self.from],
                    pushing(away).map(|part| width * part),
                );
            }
        }
        self.next_push += n_pushes as f32 * every;
    }
}

fn difference(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn add(place: &mut [f32; 2], by: [f32; 2]) {
    place[0] += by[0];
    place[1] += by[1];
}

fn square(away: [f32; 2]) -> f32 {
    away[0] * away[0] + away[1] * away[1]
}

/// Force on a place that lies so from the one it is joined to: the slope of ln 1 / (1 + a d^(2b))
/// (section 3.2).
fn pulling(away: [f32; 2]) -> [f32; 2] {
    let square = square(away);
    if square <= 0.0 {
        return [0.0; 2];
    }
    let power = square.powf(B);
    let factor = -2.0 * A * B * power / square / (1.0 + A * power);
    away.map(|part| (factor * part).clamp(-MOST_FORCE, MOST_FORCE))
}

/// Force on a place that lies so from one it is not joined to: the slope of
/// ln (1 − 1 / (1 + a d^(2b))) (section 3.2).
fn pushing(away: [f32; 2]) -> [f32; 2] {
    let square = square(away);
    if square <= 0.0 {
        return [0.0; 2];
    }
    let factor = 2.0 * B / ((APART + square) * (1.0 + A * square.powf(B)));
    away.map(|part| (factor * part).clamp(-MOST_FORCE, MOST_FORCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Least squares: the sum of squared differences from the wanted curve has no slope at `A`, `B`;
    /// and both are what umap-learn finds (`tests/gold/maps/projection.py`).
    #[test]
    fn the_curve_is_the_best_of_its_kind() {
        let wanted = |d: f64| if d < 0.1 { 1.0 } else { (0.1 - d).exp() };
        let error = |a: f64, b: f64| -> f64 {
            let distances = (0..300).map(|at| 3.0 * f64::from(at) / 299.0);
            distances
                .map(|d| (1.0 / (1.0 + a * d.powf(2.0 * b)) - wanted(d)).powi(2))
                .sum()
        };
        let (a, b) = (f64::from(A), f64::from(B));
        let least = error(a, b);
        for (by_a, by_b) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3)] {
            assert!(error(a + by_a, b + by_b) > least);
        }
        let gold: serde_json::Value = serde_json::from_str(include_str!(
            "../../../../../tests/gold/maps/projection.json"
        ))
        .unwrap();
        assert!((gold["a"].as_f64().unwrap() - a).abs() < 1e-6);
        assert!((gold["b"].as_f64().unwrap() - b).abs() < 1e-6);
    }

    /// Forces are the slopes of what they make larger.
    #[test]
    fn forces_are_slopes() {
        let joined = |at: [f64; 2]| {
            let square = at[0] * at[0] + at[1] * at[1];
            1.0 / (1.0 + f64::from(A) * square.powf(f64::from(B)))
        };
        for away in [[0.8, -0.3], [1.5, 2.0], [-3.0, 0.2]] {
            let [pull, push] = [pulling(away), pushing(away)];
            for axis in 0..2 {
                let slope = |of: &dyn Fn([f64; 2]) -> f64| {
                    let moved = |by: f64| {
                        let mut at = away.map(f64::from);
                        at[axis] += by;
                        of(at)
                    };
                    (moved(1e-5) - moved(-1e-5)) / 2e-5
                };
                let near = slope(&|at| joined(at).ln());
                assert!(
                    (f64::from(pull[axis]) - near).abs() < 1e-4,
                    "{pull:?} {near}"
                );
                // What keeps it from growing without bound weakens it a little.
                let far = slope(&|at| (1.0 - joined(at)).ln());
                assert!((f64::from(push[axis]) - far).abs() < 2e-3, "{push:?} {far}");
            }
        }
        assert_eq!((pulling([0.0; 2]), pushing([0.0; 2])), ([0.0; 2], [0.0; 2]));
    }

    #[test]
    fn a_join_acts_as_often_as_it_is_sure() {
        let join = |to: u32, weight: f64| Join {
            from: 0,
            to,
            weight,
        };
        let mut pulls = pulls(&[join(1, 0.8), join(2, 0.2), join(3, 0.001)], 200);
        assert_eq!(pulls.len(), 2, "one acts less than once in 200 steps");
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut n_acts = [0; 2];
        for step in 0..200 {
            for (pull, n) in pulls.iter_mut().zip(&mut n_acts) {
                if pull.next <= step as f32 {
                    pull.act(&mut [[0.0; 2]; 4], 1.0, step as f32, &mut random);
                    *n += 1;
                }
            }
        }
        assert_eq!(n_acts, [199, 49]);
    }
}
