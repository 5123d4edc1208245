//! Nearest neighbours of every vector: exactly of some, of many nearly so.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use seqscope_base::spec::derive_seed;

/// Most vectors that are all compared with each other.
const MOST_EXACT: usize = 10_000;

/// Vectors whose neighbours are found between two questions whether to go on.
const AT_A_TIME: usize = 2_048;

/// Trees in which candidates are found.
const N_TREES: u64 = 8;

/// Fewest vectors of a leaf, beside twice the neighbours.
const LEAF: usize = 40;

/// Rounds in which neighbours of neighbours are tried.
const ROUNDS: usize = 3;

/// Nearest neighbours whose own are tried, on either side.
const TRIED: usize = 20;

/// Rows of numbers.
#[derive(Clone, Copy)]
pub(super) struct Vectors<'a> {
    /// `[n, width]`
    pub(super) values: &'a [f32],
    /// Length of a row.
    pub(super) width: usize,
}

impl<'a> Vectors<'a> {
    /// Number of rows.
    pub(super) fn len(self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// One row.
    pub(super) fn row(self, at: usize) -> &'a [f32] {
        let range = at * self.width..(at + 1) * self.width;
        self.values.get(range).unwrap_or(&[])
    }

    /// Squared distance of two rows.
    pub(super) fn square(self, a: usize, b: usize) -> f32 {
        let pairs = self.row(a).iter().zip(self.row(b));
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    }
}

/// Another vector, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Near {
    /// The other.
    pub(super) at: u32,
    /// Squared distance.
    pub(super) square: f32,
}

/// The `k` nearest others of every vector, of equals those with the smaller number. Of more than
/// ten thousand they are nearly so: candidates come from the leaves of random projection trees
/// (Dasgupta & Freund 2008), and then neighbours of neighbours are tried (Dong, Charikar & Li 2011),
/// as umap-learn does. `goes_on` may end it: then `None`.
pub(super) fn nearest_of_each(
    vectors: Vectors<'_>,
    k: usize,
    seed: u64,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Vec<Near>>> {
    let k = k.min(vectors.len().saturating_sub(1));
    if vectors.len() > MOST_EXACT {
        return nearly(vectors, k, seed, goes_on);
    }
    of_blocks(vectors.len(), goes_on, |at| {
        nearest_among(vectors, at, 0..vectors.len() as u32, k)
    })
}

/// Neighbours of each, some of them at a time.
fn of_blocks(
    n: usize,
    goes_on: &mut dyn FnMut() -> bool,
    of: impl Fn(usize) -> Vec<Near> + Sync,
) -> Option<Vec<Vec<Near>>> {
    let mut all = Vec::with_capacity(n);
    for first in (0..n).step_by(AT_A_TIME) {
        if !goes_on() {
            return None;
        }
        let block = first..(first + AT_A_TIME).min(n);
        all.par_extend(block.into_par_iter().map(&of));
    }
    Some(all)
}

/// The `k` nearest of some others, none of which comes twice, the nearest first; itself is passed
/// over.
fn nearest_among(
    vectors: Vectors<'_>,
    at: usize,
    others: impl Iterator<Item = u32>,
    k: usize,
) -> Vec<Near> {
    let near = |other: u32| Near {
        at: other,
        square: vectors.square(at, other as usize),
    };
    let others = others.filter(|other| *other as usize != at);
    let mut all: Vec<Near> = others.map(near).collect();
    let order = |a: &Near, b: &Near| a.square.total_cmp(&b.square).then(a.at.cmp(&b.at));
    if k < all.len() {
        all.select_nth_unstable_by(k, order);
        all.truncate(k);
    }
    all.sort_unstable_by(order);
    all
}

fn nearly(
    vectors: Vectors<'_>,
    k: usize,
    seed: u64,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Vec<Near>>> {
    if !goes_on() {
        return None;
    }
    let trees: Vec<Tree> = (0..N_TREES)
        .into_par_iter()
        .map(|number| {
            Tree::new(
                vectors,
                2 * k + LEAF,
                derive_seed(seed, "neighbours", number),
            )
        })
        .collect();
    let n = vectors.len();
    let mut found = of_blocks(n, goes_on, |at| {
        let leaves = trees.iter().flat_map(|tree| tree.beside(at));
        nearest_among(vectors, at, distinct(leaves.copied()), k)
    })?;
    for _ in 0..ROUNDS {
        let reverse = reversed(&found);
        let beside = |at: usize| {
            let (near, from) = (&found[at], &reverse[at]);
            let near = near.iter().take(TRIED).map(|near| near.at);
            near.chain(from.iter().copied())
        };
        let next = of_blocks(n, goes_on, |at| {
            let known = found[at].iter().map(|near| near.at);
            let tried = beside(at).flat_map(|other| beside(other as usize));
            nearest_among(vectors, at, distinct(known.chain(tried)), k)
        })?;
        let is_done = next == found;
        found = next;
        if is_done {
            break;
        }
    }
    Some(found)
}

/// Each number once, in order.
fn distinct(numbers: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> {
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter()
}

/// The vectors that have each among their nearest; of too many those of the smaller number.
fn reversed(found: &[Vec<Near>]) -> Vec<Vec<u32>> {
    let mut reverse = vec![Vec::new(); found.len()];
    for (at, near) in found.iter().enumerate() {
        for near in near.iter().take(TRIED) {
            let of = &mut reverse[near.at as usize];
            if of.len() < TRIED {
                of.push(at as u32);
            }
        }
    }
    reverse
}

/// Vectors in leaves, halved again and again along the line between two of them.
struct Tree {
    /// Vectors, leaf by leaf.
    order: Vec<u32>,
    /// Start of each leaf in `order`, and the end of the last.
    starts: Vec<usize>,
    /// Leaf of each vector.
    leaf: Vec<u32>,
}

impl Tree {
    fn new(vectors: Vectors<'_>, most: usize, seed: u64) -> Self {
        let n = vectors.len();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut starts = vec![0];
        // The right half waits while the left is halved, so that leaves come in order.
        let mut waiting: Vec<std::ops::Range<usize>> = std::iter::once(0..n).collect();
        while let Some(range) = waiting.pop() {
            if range.len() <= most {
                starts.push(range.end);
                continue;
            }
            let middle = range.start + range.len() / 2;
            halve(vectors, &mut order[range.clone()], &mut random);
            waiting.push(middle..range.end);
            waiting.push(range.start..middle);
        }
        let mut leaf = vec![0; n];
        for (number, ends) in starts.windows(2).enumerate() {
            for &at in &order[ends[0]..ends[1]] {
                leaf[at as usize] = number as u32;
            }
        }
        Self {
            order,
            starts,
            leaf,
        }
    }

    /// Vectors in the leaf of one.
    fn beside(&self, at: usize) -> &[u32] {
        let leaf = self.leaf[at] as usize;
        &self.order[self.starts[leaf]..self.starts[leaf + 1]]
    }
}

/// Puts the half of the vectors before the others that lies farther along the way from one of them
/// to another; both are drawn.
fn halve(vectors: Vectors<'_>, members: &mut [u32], random: &mut ChaCha8Rng) {
    let mut draw = || vectors.row(members[random.random_range(0..members.len())] as usize);
    let (from, to) = (draw(), draw());
    let way: Vec<f32> = from.iter().zip(to).map(|(a, b)| b - a).collect();
    let mut along: Vec<(f32, u32)> = members
        .iter()
        .map(|&at| {
            let terms = vectors.row(at as usize).iter().zip(&way);
            (terms.map(|(value, way)| value * way).sum(), at)
        })
        .collect();
    let middle = along.len() / 2;
    along.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (slot, (_, at)) in members.iter_mut().zip(along) {
        *slot = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(n: usize, width: usize) -> Vec<f32> {
        (0..n * width)
            .map(|at| ((at * 7919 % 1009) as f32 * 0.37).sin())
            .collect()
    }

    fn slow(vectors: Vectors<'_>, at: usize, k: usize) -> Vec<u32> {
        let mut all: Vec<u32> = (0..vectors.len() as u32)
            .filter(|other| *other as usize != at)
            .collect();
        let square = |other: u32| vectors.square(at, other as usize);
        all.sort_by(|&a, &b| square(a).total_cmp(&square(b)).then(a.cmp(&b)));
        all.truncate(k);
        all
    }

    #[test]
    fn of_some_the_nearest_are_found() {
        let values = vectors(60, 4);
        let vectors = Vectors {
            values: &values,
            width: 4,
        };
        let found = nearest_of_each(vectors, 24, 0, &mut || true).unwrap();
        for (at, near) in found.iter().enumerate() {
            let near: Vec<u32> = near.iter().map(|near| near.at).collect();
            assert_eq!(near, slow(vectors, at, 24));
        }
        assert!(nearest_of_each(vectors, 24, 0, &mut || false).is_none());
        // There are no more than all others.
        let few = nearest_of_each(vectors, 99, 0, &mut || true).unwrap();
        assert!(few.iter().all(|near| near.len() == 59));
    }

    /// Heaps in eight dimensions: nearly all neighbours are those of a full search.
    #[test]
    fn of_many_nearly_all_are() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let values: Vec<f32> = (0..3_000)
            .flat_map(|at| {
                let heap = (at % 12) as f32;
                let row: Vec<f32> = (0..8)
                    .map(|axis| (heap * (axis + 1) as f32).sin() + random.random::<f32>())
                    .collect();
                row
            })
            .collect();
        let vectors = Vectors {
            values: &values,
            width: 8,
        };
        let found = nearly(vectors, 15, 1, &mut || true).unwrap();
        let mut n_right = 0;
        for at in (0..3_000).step_by(10) {
            assert_eq!(found[at].len(), 15);
            assert!(found[at].is_sorted_by(|a, b| a.square <= b.square));
            let wanted = slow(vectors, at, 15);
            n_right += found[at]
                .iter()
                .filter(|near| wanted.contains(&near.at))
                .count();
        }
        let recall = n_right as f64 / (300.0 * 15.0);
        assert!(recall > 0.98, "{recall}");
        assert_eq!(found, nearly(vectors, 15, 1, &mut || true).unwrap());
        assert!(nearly(vectors, 15, 1, &mut || false).is_none());
    }

    #[test]
    fn vectors_in_one_place_are_each_others_neighbours() {
        let values = vec![1.0; 400];
        let vectors = Vectors {
            values: &values,
            width: 2,
        };
        let found = nearly(vectors, 15, 1, &mut || true).unwrap();
        assert!(found.iter().all(|near| near.len() == 15));
    }
}
