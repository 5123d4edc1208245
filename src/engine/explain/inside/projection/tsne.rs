//! t-SNE (van der Maaten & Hinton 2008), with the forces of Barnes & Hut (van der Maaten 2014).

use rayon::prelude::*;

use super::MapWatch;
use super::affinity::Affinities;
use super::near::Vectors;
use super::tree::QuadTree;

/// Steps in all, those of early exaggeration among them; van der Maaten has 1,000, after which
/// little moves.
pub(super) const N_STEPS: usize = 750;

/// Steps of early exaggeration, by which groups first come together, and its factor (van der Maaten
/// 2014).
const EXAGGERATED: usize = 250;
const EXAGGERATION: f64 = 12.0;

/// Effective number of neighbours: scikit-learn's 30, or less of few points.
const PERPLEXITY: f64 = 30.0;

/// Trade of exactness for speed in the forces: van der Maaten 2014 has 0.5.
const THETA: f64 = 0.5;

/// Momentum while exaggerated, and after.
const MOMENTUM: [f64; 2] = [0.5, 0.8];

/// Smallest step width (Belkina et al. 2019: the number of points over the exaggeration, a quarter of
/// it, since this gradient has its factor 4, as scikit-learn has it).
const LEAST_RATE: f64 = 50.0;

/// Spread of the first places: so small that it only says which way to go (Kobak & Berens 2019).
const FIRST_SPREAD: f64 = 1e-4;

/// Places of vectors, begun at their principal components, `plane`; `None` where the watch ended it.
pub(super) fn places(
    vectors: Vectors<'_>,
    plane: &[[f32; 2]],
    seed: u64,
    watch: &mut MapWatch<'_>,
) -> Option<Vec<[f32; 2]>> {
    let mut layout = Layout::new(first_places(plane));
    let perplexity = PERPLEXITY.min((vectors.len() - 1) as f64 / 4.0);
    let affinities = Affinities::of(vectors, perplexity, seed, &mut || watch.goes_on())?;
    for step in 1..=N_STEPS {
        layout.step(&affinities, step <= EXAGGERATED);
        if !watch.sees(step, || layout.points()) {
            return None;
        }
    }
    Some(layout.points())
}

/// Principal components, drawn together.
fn first_places(plane: &[[f32; 2]]) -> Vec<[f64; 2]> {
    let squares = plane.iter().map(|[x, _]| f64::from(*x).powi(2));
    let deviation = (squares.sum::<f64>() / plane.len().max(1) as f64).sqrt();
    let scale = if deviation > 0.0 {
        FIRST_SPREAD / deviation
    } else {
        1.0
    };
    plane
        .iter()
        .map(|point| point.map(|value| f64::from(value) * scale))
        .collect()
}

/// Places with their velocities.
struct Layout {
    places: Vec<[f64; 2]>,
    velocities: Vec<[f64; 2]>,
    /// Own step width of each number (Jacobs 1988).
    gains: Vec<[f64; 2]>,
}

impl Layout {
    fn new(places: Vec<[f64; 2]>) -> Self {
        let n = places.len();
        Self {
            places,
            velocities: vec![[0.0; 2]; n],
            gains: vec![[1.0; 2]; n],
        }
    }

    fn points(&self) -> Vec<[f32; 2]> {
        self.places
            .iter()
            .map(|place| place.map(|value| value as f32))
            .collect()
    }

    /// One step down the gradient.
    fn step(&mut self, affinities: &Affinities, is_exaggerated: bool) {
        let [early, late] = MOMENTUM;
        let (factor, momentum) = if is_exaggerated {
            (EXAGGERATION, early)
        } else {
            (1.0, late)
        };
        let rate = (self.places.len() as f64 / EXAGGERATION / 4.0).max(LEAST_RATE);
        let gradient = gradient(&self.places, affinities, factor, THETA);
        let moving = self.places.iter_mut().zip(&mut self.velocities);
        for (((place, velocity), gains), gradient) in moving.zip(&mut self.gains).zip(&gradient) {
            for at in 0..2 {
                let goes_on = (gradient[at] > 0.0) != (velocity[at] > 0.0);
                gains[at] = if goes_on {
                    gains[at] + 0.2
                } else {
                    (gains[at] * 0.8).max(0.01)
                };
                velocity[at] = momentum * velocity[at] - rate * gains[at] * gradient[at];
                place[at] += velocity[at];
            }
        }
        self.centre();
    }

    fn centre(&mut self) {
        let n = self.places.len().max(1) as f64;
        for at in 0..2 {
            let mean = self.places.iter().map(|place| place[at]).sum::<f64>() / n;
            for place in &mut self.places {
                place[at] -= mean;
            }
        }
    }
}

/// Gradient of the Kullback–Leibler divergence by the place of each point (van der Maaten 2014,
/// eq. 8), with the affinities times `factor`; with `theta` 0 it is exact.
fn gradient(
    places: &[[f64; 2]],
    affinities: &Affinities,
    factor: f64,
    theta: f64,
) -> Vec<[f64; 2]> {
    let tree = QuadTree::new(places);
    let forces: Vec<([f64; 2], [f64; 2], f64)> = places
        .par_iter()
        .enumerate()
        .map(|(at, place)| {
            let mut near = [0.0; 2];
            for (other, affinity) in affinities.of_point(at) {
                let away = [0, 1].map(|k| place[k] - places[other][k]);
                let share = affinity / (1.0 + away[0] * away[0] + away[1] * away[1]);
                (0..2).for_each(|k| near[k] += share * away[k]);
            }
            let (far, weight) = tree.repulsion(*place, theta);
            (near, far, weight)
        })
        .collect();
    // Each point has met itself, at no distance.
    let whole: f64 = forces.iter().map(|(_, _, weight)| weight).sum::<f64>() - places.len() as f64;
    let whole = whole.max(f64::MIN_POSITIVE);
    forces
        .into_iter()
        .map(|(near, far, _)| [0, 1].map(|k| 4.0 * (factor * near[k] - far[k] / whole)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_places(n: usize) -> Vec<[f64; 2]> {
        let number = |at: usize| ((at * 7919 % 4001) as f64 * 0.713).sin() * 2.0;
        (0..n)
            .map(|at| [number(2 * at), number(2 * at + 1)])
            .collect()
    }

    /// Σ p ln (p / q) with all pairs, as the paper defines it.
    fn divergence(places: &[[f64; 2]], affinities: &Affinities) -> f64 {
        let n = places.len();
        let weight = |i: usize, j: usize| {
            let away = [0, 1].map(|k| places[i][k] - places[j][k]);
            1.0 / (1.0 + away[0] * away[0] + away[1] * away[1])
        };
        let pairs = (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j)));
        let whole: f64 = pairs.map(|(i, j)| weight(i, j)).sum();
        (0..n)
            .flat_map(|i| affinities.of_point(i).map(move |(j, p)| (i, j, p)))
            .map(|(i, j, p)| p * (p * whole / weight(i, j)).ln())
            .sum()
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_divergence() {
        let values: Vec<f32> = (0..400)
            .map(|at| ((at * 7919 % 1009) as f32 * 0.37).sin())
            .collect();
        let vectors = Vectors {
            values: &values,
            width: 10,
        };
        let affinities = Affinities::of(vectors, 8.0, 0, &mut || true).unwrap();
        let places = some_places(40);
        let ours = gradient(&places, &affinities, 1.0, 0.0);
        let near = gradient(&places, &affinities, 1.0, THETA);
        let size = ours
            .iter()
            .flatten()
            .fold(0.0_f64, |most, v| most.max(v.abs()));
        for at in (0..40).step_by(7) {
            for k in 0..2 {
                let moved = |by: f64| {
                    let mut moved = places.clone();
                    moved[at][k] += by;
                    divergence(&moved, &affinities)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(
                    (ours[at][k] - slope).abs() < 1e-7,
                    "{} {slope}",
                    ours[at][k]
                );
                assert!((near[at][k] - slope).abs() < 0.05 * size);
            }
        }
    }
}
