//! A forest of regression trees, small enough for the trials of a sweep.

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Trees of a forest.
const N_TREES: usize = 64;

/// Fewest samples of a leaf: Breiman 2001 takes 5 for regression; sweeps are small.
const LEAST_LEAF: usize = 3;

/// What a forest learns from.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    /// Values of each setting. `[n_settings][n]`
    pub(super) columns: Vec<Vec<f64>>,
    /// What is to be foretold. `[n]`
    pub(super) scores: Vec<f64>,
}

/// Trees, each with the samples that it has not seen.
pub(super) struct Forest {
    trees: Vec<GrownTree>,
    seed: u64,
}

struct GrownTree {
    root: Node,
    unseen: Vec<usize>,
}

enum Node {
    Leaf(f64),
    Split {
        column: usize,
        at: f64,
        sides: Box<[Node; 2]>,
    },
}

/// What shuffling says of a forest.
pub(super) struct Shuffled {
    /// Growth of the squared error by each setting, as a share of the variance. `[n_settings]`
    pub(super) of_settings: Vec<f64>,
    /// Share of the variance that is foretold of unseen samples.
    pub(super) explained: f64,
}

impl Samples {
    /// Number of samples.
    pub(super) fn n(&self) -> usize {
        self.scores.len()
    }

    /// The samples at some places.
    pub(super) fn some(&self, places: &[usize]) -> Self {
        let picked = |values: &Vec<f64>| places.iter().map(|&at| values[at]).collect();
        Self {
            columns: self.columns.iter().map(picked).collect(),
            scores: picked(&self.scores),
        }
    }

    /// Variance of the scores.
    pub(super) fn variance(&self) -> f64 {
        let n = self.n().max(1) as f64;
        let mean = self.scores.iter().sum::<f64>() / n;
        self.scores
            .iter()
            .map(|s| (s - mean) * (s - mean))
            .sum::<f64>()
            / n
    }
}

impl Forest {
    /// Grows a forest, each tree on as many samples as there are, drawn with repetition.
    pub(super) fn grow(samples: &Samples, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let n = samples.n();
        let trees = (0..N_TREES).map(|_| {
            let mut is_seen = vec![false; n];
            let mut drawn: Vec<usize> = Vec::with_capacity(n);
            for _ in 0..n {
                let at = random.random_range(0..n);
                is_seen[at] = true;
                drawn.push(at);
            }
            GrownTree {
                root: grow(samples, &mut drawn),
                unseen: (0..n).filter(|&at| !is_seen[at]).collect(),
            }
        });
        Self {
            trees: trees.collect(),
            seed,
        }
    }

    /// How much worse each tree foretells what it has not seen when a setting is shuffled there.
    pub(super) fn importance(&self, samples: &Samples) -> Shuffled {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ 1);
        let variance = samples.variance().max(f64::MIN_POSITIVE);
        let mut growth = vec![0.0; samples.columns.len()];
        let (mut n_trees, mut sums, mut n_told) =
            (0.0_f64, vec![0.0; samples.n()], vec![0.0_f64; samples.n()]);
        for tree in self.trees.iter().filter(|tree| tree.unseen.len() > 1) {
            n_trees += 1.0;
            let own = |column: usize, at: usize| samples.columns[column][at];
            let mut error = 0.0;
            for &at in &tree.unseen {
                let told = tree.root.told(&|column| own(column, at));
                sums[at] += told;
                n_told[at] += 1.0;
                error += (told - samples.scores[at]).powi(2);
            }
            for (column, growth) in growth.iter_mut().enumerate() {
                let mut shuffled = tree.unseen.clone();
                shuffled.shuffle(&mut random);
                let mut shuffled_error = 0.0;
                for (&at, &other) in tree.unseen.iter().zip(&shuffled) {
                    let of = |asked: usize| own(asked, if asked == column { other } else { at });
                    shuffled_error += (tree.root.told(&of) - samples.scores[at]).powi(2);
                }
                *growth += (shuffled_error - error) / tree.unseen.len() as f64;
            }
        }
        let told = (0..samples.n()).filter(|&at| n_told[at] > 0.0);
        let errors: Vec<f64> = told
            .map(|at| (sums[at] / n_told[at] - samples.scores[at]).powi(2))
            .collect();
        let error = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        Shuffled {
            of_settings: growth
                .iter()
                .map(|growth| growth / n_trees.max(1.0) / variance)
                .collect(),
            explained: 1.0 - error / variance,
        }
    }
}

impl Node {
    fn told(&self, value: &dyn Fn(usize) -> f64) -> f64 {
        match self {
            Self::Leaf(mean) => *mean,
            Self::Split { column, at, sides } => {
                let [low, high] = sides.as_ref();
                let side = if value(*column) <= *at { low } else { high };
                side.told(value)
            }
        }
    }
}

/// A tree on some samples, split wherever that lowers the squared error most; all settings are tried
/// at each split, since a sweep has few.
fn grow(samples: &Samples, places: &mut [usize]) -> Node {
    let n = places.len();
    let sum: f64 = places.iter().map(|&at| samples.scores[at]).sum();
    let mean = sum / n.max(1) as f64;
    let Some(best) = best_split(samples, places, sum) else {
        return Node::Leaf(mean);
    };
    let column = &samples.columns[best.column];
    places.sort_by(|a, b| column[*a].total_cmp(&column[*b]).then(a.cmp(b)));
    let n_low = places.partition_point(|&at| column[at] <= best.at);
    let (low, high) = places.split_at_mut(n_low);
    Node::Split {
        column: best.column,
        at: best.at,
        sides: Box::new([grow(samples, low), grow(samples, high)]),
    }
}

struct FoundSplit {
    column: usize,
    at: f64,
    gain: f64,
}

fn best_split(samples: &Samples, places: &[usize], sum: f64) -> Option<FoundSplit> {
    let n = places.len();
    if n < 2 * LEAST_LEAF {
        return None;
    }
    let mut best: Option<FoundSplit> = None;
    let mut order = places.to_vec();
    for (at_column, column) in samples.columns.iter().enumerate() {
        order.sort_by(|a, b| column[*a].total_cmp(&column[*b]).then(a.cmp(b)));
        let mut low = 0.0;
        for n_low in 1..n {
            let [before, after] = [order[n_low - 1], order[n_low]];
            low += samples.scores[before];
            if n_low < LEAST_LEAF || n - n_low < LEAST_LEAF || column[before] >= column[after] {
                continue;
            }
            let high = sum - low;
            // Squared error that the split takes away, up to what is the same for all splits.
            let gain =
                low * low / n_low as f64 + high * high / (n - n_low) as f64 - sum * sum / n as f64;
            if gain > 1e-15 && best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(FoundSplit {
                    column: at_column,
                    at: f64::midpoint(column[before], column[after]),
                    gain,
                });
            }
        }
    }
    best
}
