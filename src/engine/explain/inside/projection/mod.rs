//! Maps of vectors that come about step by step, watched as they do: t-SNE and UMAP.
//!
//! They are written here because the crates for them cannot be stopped, give another map each time,
//! or bring other features and versions of what the tensors are built on.

mod affinity;
mod fuzzy;
mod near;
mod tree;
mod trust;
mod tsne;
mod umap;

use std::sync::Arc;

use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::principal::Principal;
use near::Vectors;
use seqscope_base::spec::derive_seed;

/// Fewest vectors of which a map can be made.
const FEWEST: usize = 8;

/// Principal components on which neighbours are found: van der Maaten has 30.
const N_AXES: usize = 32;

/// Steps between two looks at a map, at which it can be stopped.
const SHOWN_EVERY: usize = 10;

/// Way from vectors to places that comes about step by step.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumIter,
    strum::Display,
)]
pub enum ProjectionMethod {
    /// t-distributed stochastic neighbour embedding (van der Maaten & Hinton 2008).
    #[default]
    #[strum(to_string = "t-SNE")]
    Tsne,
    /// Uniform manifold approximation and projection (McInnes, Healy & Melville 2018).
    #[strum(to_string = "UMAP")]
    Umap,
}

impl ProjectionMethod {
    /// One sentence: what such a map says, and what not.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Tsne => {
                "t-SNE: near vectors stay near; sizes of groups and distances between them say \
                 nothing"
            }
            Self::Umap => {
                "UMAP: near vectors stay near, and groups lie more as they do among the vectors \
                 than by t-SNE; densities say nothing"
            }
        }
    }

    /// Steps in all of a map of so many vectors.
    #[must_use]
    pub fn n_steps(self, n_vectors: usize) -> usize {
        match self {
            Self::Tsne => tsne::N_STEPS,
            Self::Umap => umap::n_steps(n_vectors),
        }
    }

    /// Most vectors on a map, so that it comes within minutes; of more, as many are drawn.
    #[must_use]
    pub fn most(self) -> usize {
        match self {
            Self::Tsne => 20_000,
            Self::Umap => 100_000,
        }
    }
}

/// Map on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectedMap {
    /// Place of each vector; NaN for those that were not drawn.
    pub points: Arc<[[f32; 2]]>,
    /// Steps done, of [`ProjectedMap::n_steps`].
    pub step: usize,
    /// Steps in all.
    pub n_steps: usize,
    /// Number of vectors that have a place; of more than [`ProjectionMethod::most`] so many are
    /// drawn by the seed.
    pub n_placed: usize,
    /// Faithfulness of the map to the neighbours among the vectors, once it has come to its end.
    pub trust: Option<MapTrust>,
}

/// Trustworthiness of a map and of the principal components' plane, which it should be better than.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapTrust {
    /// Neighbours that are looked at of each point.
    pub n_neighbors: usize,
    /// Trustworthiness of the map, from 0 to 1: 1 where all neighbours on it are neighbours among
    /// the vectors too (Venna & Kaski 2001).
    pub map: f64,
    /// Trustworthiness of the plane of the first two principal components.
    pub plane: f64,
}

/// Reasons why vectors have no map; each sentence says the cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// Too few of them.
    #[error("such a map needs eight vectors or more, and there are {0}; take principal components")]
    TooFew(usize),
    /// A number is infinite or none.
    #[error("some of the vectors are not finite, so they have no neighbours; take another epoch")]
    NotFinite,
}

/// Places vectors in a plane, from their principal components; `[n, width]`. `goes_on` sees the map
/// every few steps, and of a map without a place as yet the principal components; where it says no,
/// the map is left as it is.
///
/// The same vectors, method and seed give the same map, whatever the number of threads.
///
/// # Errors
/// [`ProjectionError`] of fewer than eight vectors, and of such as are no numbers.
pub fn projected(
    vectors: &[f32],
    width: usize,
    method: ProjectionMethod,
    seed: u64,
    goes_on: &mut dyn FnMut(&ProjectedMap) -> bool,
) -> Result<ProjectedMap, ProjectionError> {
    let n = vectors.len() / width.max(1);
    if n < FEWEST {
        return Err(ProjectionError::TooFew(n));
    }
    if vectors.iter().any(|value| !value.is_finite()) {
        return Err(ProjectionError::NotFinite);
    }
    let placed = drawn(n, method.most(), seed);
    let rows = placed.iter().flat_map(|&at| {
        let row = vectors.get(at * width..(at + 1) * width);
        row.unwrap_or(&[]).iter().copied()
    });
    let rows: Vec<f32> = rows.collect();
    let principal = Principal::of(&rows, width, N_AXES);
    let places = principal.places(&rows);
    let plane = principal.plane(&rows);
    let n_steps = method.n_steps(placed.len());
    let whole = |points: &[[f32; 2]], step: usize| ProjectedMap {
        points: on_their_places(points, &placed, n),
        step,
        n_steps,
        n_placed: placed.len(),
        trust: None,
    };
    let mut map = whole(&plane, 0);
    if !goes_on(&map) {
        return Ok(map);
    }
    let vectors = Vectors {
        values: &places,
        width: principal.n_axes().max(1),
    };
    // Of vectors that are all the same there are no axes, and so no numbers.
    let points = if principal.n_axes() == 0 {
        Some(plane.clone())
    } else {
        let mut watch = MapWatch {
            map: &mut map,
            whole: &whole,
            goes_on,
        };
        match method {
            ProjectionMethod::Tsne => tsne::places(vectors, &plane, seed, &mut watch),
            ProjectionMethod::Umap => umap::places(vectors, &plane, seed, &mut watch),
        }
    };
    let Some(points) = points else {
        return Ok(map);
    };
    map = whole(&points, n_steps);
    map.trust = trust::of_map(vectors, &points, &plane, seed);
    Ok(map)
}

/// Onlooker of a map that comes about.
struct MapWatch<'a> {
    map: &'a mut ProjectedMap,
    whole: &'a dyn Fn(&[[f32; 2]], usize) -> ProjectedMap,
    goes_on: &'a mut dyn FnMut(&ProjectedMap) -> bool,
}

impl MapWatch<'_> {
    /// Whether to go on, while no step is done.
    fn goes_on(&mut self) -> bool {
        (self.goes_on)(self.map)
    }

    /// Shows the map every few steps; whether to go on.
    fn sees(&mut self, step: usize, points: impl FnOnce() -> Vec<[f32; 2]>) -> bool {
        if !step.is_multiple_of(SHOWN_EVERY) {
            return true;
        }
        *self.map = (self.whole)(&points(), step);
        (self.goes_on)(self.map)
    }
}

/// All of `n`, or `most` of them, drawn by a seed; in order.
fn drawn(n: usize, most: usize, seed: u64) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, "projection", 0));
    let mut drawn = index::sample(&mut random, n, most).into_vec();
    drawn.sort_unstable();
    drawn
}

/// Places of some of `n` points; NaN for the others.
fn on_their_places(points: &[[f32; 2]], placed: &[usize], n: usize) -> Arc<[[f32; 2]]> {
    if points.len() == n {
        return points.into();
    }
    let mut all = vec![[f32::NAN; 2]; n];
    for (point, &at) in points.iter().zip(placed) {
        all[at] = *point;
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    /// Three heaps in ten dimensions.
    fn heaps(n: usize) -> Vec<f32> {
        let vectors = (0..n).flat_map(|item| {
            (0..10).map(move |at| {
                let heap = if at == item % 3 { 4.0 } else { 0.0 };
                heap + ((item * 31 + at * 17) as f32).sin() * 0.3
            })
        });
        vectors.collect()
    }

    #[test]
    fn heaps_come_apart_step_by_step_and_the_same_every_time() {
        let vectors = heaps(90);
        for method in ProjectionMethod::iter() {
            let mut seen = Vec::new();
            let mut watch = |map: &ProjectedMap| {
                seen.push(map.step);
                true
            };
            let map = projected(&vectors, 10, method, 3, &mut watch).unwrap();
            assert_eq!((map.step, map.n_placed), (map.n_steps, 90));
            assert!(seen.len() > 20 && seen.is_sorted(), "{method}: {seen:?}");
            // The nearest other point is one of the same heap.
            for (at, a) in map.points.iter().enumerate() {
                let away = |b: &[f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
                let others = map.points.iter().enumerate();
                let (near, _) = others
                    .filter(|(other, _)| *other != at)
                    .min_by(|(_, b), (_, c)| away(b).total_cmp(&away(c)))
                    .unwrap();
                assert_eq!(near % 3, at % 3, "{method}");
            }
            let alone = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .unwrap();
            let again = alone.install(|| projected(&vectors, 10, method, 3, &mut |_| true));
            assert_eq!(again.unwrap(), map, "{method}");
        }
    }

    /// Ten heaps along a bent path in sixteen dimensions, which no plane can hold.
    #[test]
    fn neighbours_are_kept_better_than_by_the_plane() {
        let vectors: Vec<f32> = (0..240)
            .flat_map(|item| {
                (0..16).map(move |at| {
                    let heap = item % 10;
                    let middle = if at == heap || at == heap + 1 {
                        3.0
                    } else {
                        0.0
                    };
                    middle + ((item * 37 + at * 101) as f32).sin()
                })
            })
            .collect();
        for method in ProjectionMethod::iter() {
            let map = projected(&vectors, 16, method, 0, &mut |_| true).unwrap();
            let trust = map.trust.unwrap();
            assert!(trust.map > trust.plane + 0.02, "{method}: {trust:?}");
        }
    }

    #[test]
    fn it_can_be_stopped_and_few_vectors_have_no_map() {
        for method in ProjectionMethod::iter() {
            let map = |vectors: &[f32], width: usize, last: usize| {
                projected(vectors, width, method, 0, &mut |map| map.step < last)
            };
            let stopped = map(&heaps(60), 10, 30).unwrap();
            assert_eq!((stopped.step, stopped.trust), (30, None));
            assert_eq!(map(&heaps(60), 10, 0).unwrap().step, 0);
            assert_eq!(map(&heaps(7), 10, 30), Err(ProjectionError::TooFew(7)));
            let alike = map(&[1.0; 36], 3, 9_999).unwrap();
            assert!(alike.points.iter().flatten().all(|value| value.is_finite()));
            let twins: Vec<f32> = heaps(30)
                .chunks(10)
                .flat_map(|row| [row, row].concat())
                .collect();
            let twins = map(&twins, 10, 9_999).unwrap();
            assert!(twins.points.iter().flatten().all(|value| value.is_finite()));
            let broken = map(&[f32::NAN; 30], 3, 9);
            assert_eq!(broken, Err(ProjectionError::NotFinite));
        }
    }

    #[test]
    fn of_too_many_vectors_some_are_drawn() {
        assert_eq!(drawn(5, 9, 1), [0, 1, 2, 3, 4]);
        let some = drawn(1_000, 50, 1);
        assert!(some.len() == 50 && some.is_sorted_by(|a, b| a < b) && some[49] < 1_000);
        assert_ne!(some, drawn(1_000, 50, 2));
        let points = on_their_places(&[[1.0, 2.0], [3.0, 4.0]], &[1, 3], 4);
        assert!(points[0][0].is_nan() && points[2][1].is_nan());
        assert_eq!([points[1], points[3]], [[1.0, 2.0], [3.0, 4.0]]);
    }
}
