//! A map of vectors that settles step by step: t-SNE (van der Maaten & Hinton 2008), with the forces
//! of Barnes & Hut (van der Maaten 2014).
//!
//! It is written here because the crates for it cannot be stopped or seeded, and bring other
//! features of what the tensors are built on.

mod affinity;
mod tree;

use rayon::prelude::*;

use super::principal::Principal;
use affinity::Affinities;
use seqscope_model::ItemTable;
use tree::QuadTree;

/// Steps of t-SNE in all, those of early exaggeration among them; van der Maaten has 1,000, after
/// which little moves.
pub const TSNE_EPOCHS: usize = 750;

/// Steps of early exaggeration, by which groups first come together, and its factor (van der Maaten
/// 2014).
const EXAGGERATED: usize = 250;
const EXAGGERATION: f64 = 12.0;

/// Steps between two looks at it, at which it can be stopped.
const SHOWN_EVERY: usize = 10;

/// Effective number of neighbours: scikit-learn's 30, or less of few items.
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

/// Fewest items that a map can be settled of.
const FEWEST_ITEMS: usize = 8;

/// Principal components on which neighbours are found: van der Maaten has 30.
const N_AXES: usize = 32;

/// Map on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Settling {
    /// Place of each item, at `item_idx - 1`.
    pub points: Vec<[f32; 2]>,
    /// Steps done, of [`TSNE_EPOCHS`].
    pub epoch: usize,
}

/// Settles the items of a table in a plane, from their principal components. `goes_on` sees the map
/// every ten steps, and before the first, and may end it: the last map that it saw is returned.
/// `None` of fewer than eight items, and of vectors that are no numbers.
///
/// The same vectors give the same map, whatever the number of threads.
pub fn settled(table: &ItemTable, goes_on: &mut dyn FnMut(&Settling) -> bool) -> Option<Settling> {
    let n_items = table.n_items();
    if n_items < FEWEST_ITEMS || table.vectors.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let principal = Principal::of(&table.vectors, table.width, N_AXES);
    let vectors = principal.places(&table.vectors);
    let mut layout = Layout::new(first_places(&principal, &table.vectors));
    let mut seen = layout.seen(0);
    if !goes_on(&seen) {
        return Some(seen);
    }
    let perplexity = PERPLEXITY.min((n_items - 1) as f64 / 4.0);
    let affinities = Affinities::of(&vectors, principal.n_axes(), perplexity, &mut || {
        goes_on(&seen)
    });
    let Some(affinities) = affinities else {
        return Some(seen);
    };
    for epoch in 1..=TSNE_EPOCHS {
        layout.step(&affinities, epoch <= EXAGGERATED);
        if epoch.is_multiple_of(SHOWN_EVERY) {
            seen = layout.seen(epoch);
            if !goes_on(&seen) {
                break;
            }
        }
    }
    Some(seen)
}

/// Principal components, drawn together.
fn first_places(principal: &Principal, vectors: &[f32]) -> Vec<[f64; 2]> {
    let points = principal.plane(vectors);
    let squares = points.iter().map(|[x, _]| f64::from(*x).powi(2));
    let deviation = (squares.sum::<f64>() / points.len().max(1) as f64).sqrt();
    let scale = if deviation > 0.0 {
        FIRST_SPREAD / deviation
    } else {
        1.0
    };
    points
        .into_iter()
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

    fn seen(&self, epoch: usize) -> Settling {
        let points = self
            .places
            .iter()
            .map(|place| place.map(|value| value as f32));
        Settling {
            points: points.collect(),
            epoch,
        }
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

    /// Three heaps in ten dimensions.
    fn heaps(n: usize) -> ItemTable {
        let vectors = (0..n).flat_map(|item| {
            (0..10).map(move |at| {
                let heap = if at == item % 3 { 4.0 } else { 0.0 };
                heap + ((item * 31 + at * 17) as f32).sin() * 0.3
            })
        });
        ItemTable {
            vectors: vectors.collect(),
            width: 10,
        }
    }

    fn places(n: usize) -> Vec<[f64; 2]> {
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
        let table = heaps(40);
        let affinities = Affinities::of(&table.vectors, 10, 8.0, &mut || true).unwrap();
        let places = places(40);
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

    #[test]
    fn heaps_settle_apart_step_by_step_and_the_same_every_time() {
        let table = heaps(90);
        let mut seen = Vec::new();
        let map = settled(&table, &mut |map| {
            seen.push(map.epoch);
            true
        })
        .unwrap();
        assert_eq!(map.epoch, TSNE_EPOCHS);
        assert_eq!(seen.last(), Some(&TSNE_EPOCHS));
        // The nearest other item is one of the same heap.
        for (at, a) in map.points.iter().enumerate() {
            let away = |b: &[f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
            let others = map
                .points
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at);
            let (near, _) = others
                .min_by(|(_, b), (_, c)| away(b).total_cmp(&away(c)))
                .unwrap();
            assert_eq!(near % 3, at % 3);
        }
        let alone = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        assert_eq!(
            alone.install(|| settled(&table, &mut |_| true)).unwrap(),
            map
        );
    }

    #[test]
    fn it_can_be_stopped_and_few_items_have_no_map() {
        let stopped = settled(&heaps(60), &mut |map| map.epoch < 30).unwrap();
        assert_eq!(stopped.epoch, 30);
        assert_eq!(settled(&heaps(60), &mut |_| false).unwrap().epoch, 0);
        assert!(settled(&heaps(7), &mut |_| true).is_none());
        let alike = ItemTable {
            vectors: vec![1.0; 36],
            width: 3,
        };
        let map = settled(&alike, &mut |_| true).unwrap();
        assert!(map.points.iter().flatten().all(|value| value.is_finite()));
        let broken = ItemTable {
            vectors: vec![f32::NAN; 30],
            width: 3,
        };
        assert!(settled(&broken, &mut |_| true).is_none());
    }
}
