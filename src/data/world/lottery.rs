//! Draws in proportion to whole-number tickets, and the same odds as probabilities.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use seqscope_base::spec::derive_seed;

/// Items with tickets. Whole numbers, so that every machine draws alike.
pub(super) struct Lottery {
    pub(super) tickets: Vec<u64>,
    /// Running sums of `tickets`.
    cumulative: Vec<u64>,
}

impl Lottery {
    pub(super) fn new(tickets: Vec<u64>) -> Self {
        let mut sum = 0;
        let cumulative = tickets.iter().map(|n| {
            sum += n;
            sum
        });
        Self {
            cumulative: cumulative.collect(),
            tickets,
        }
    }

    /// The lottery of popularity: `1 / (rank + 3)`, ranks drawn once for the world.
    pub(super) fn of_popularity(seed: u64, n_items: usize) -> Self {
        let ranks = shuffled(seed, "world popularity", n_items);
        Self::new(
            ranks
                .iter()
                .map(|&rank| 1_000_000 / (rank as u64 + 3))
                .collect(),
        )
    }

    /// The item of a drawn ticket; 0 when there is no ticket at all.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(1).max(1);
        let ticket = rng.random_range(0..total);
        self.cumulative
            .partition_point(|&sum| sum <= ticket)
            .min(self.tickets.len().saturating_sub(1))
    }

    /// The odds.
    pub(super) fn law(&self) -> Law {
        let total = self.cumulative.last().copied().unwrap_or(1).max(1) as f64;
        Law::new(self.tickets.iter().map(|&n| n as f64 / total).collect())
    }
}

/// Probabilities of the items, and their order.
pub(super) struct Law {
    probabilities: Vec<f64>,
    /// Item numbers, likeliest first; equals by number.
    order: Vec<usize>,
}

impl Law {
    pub(super) fn new(probabilities: Vec<f64>) -> Self {
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
        Self {
            probabilities,
            order,
        }
    }

    /// All alike.
    pub(super) fn uniform(n_items: usize) -> Self {
        Self::new(vec![1.0 / n_items.max(1) as f64; n_items])
    }

    pub(super) fn len(&self) -> usize {
        self.probabilities.len()
    }

    pub(super) fn probability(&self, item: usize) -> f64 {
        self.probabilities.get(item).copied().unwrap_or(0.0)
    }

    pub(super) fn descending(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied()
    }
}

/// The numbers below `n` in an order that is drawn once for the world.
pub(super) fn shuffled(seed: u64, name: &str, n: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..n).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(seed, name, 0));
    for at in (1..n).rev() {
        numbers.swap(at, rng.random_range(0..=at as u64) as usize);
    }
    numbers
}

/// How many events a user has: evenly between half the mean and one and a half of it.
pub(super) fn len(mean_len: usize, rng: &mut ChaCha8Rng) -> usize {
    let half = mean_len / 2;
    rng.random_range((mean_len - half) as u64..=(mean_len + half) as u64)
        .max(1) as usize
}

/// One of `n` numbers, all alike; 0 when there are none.
pub(super) fn any(n: usize, rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..n.max(1) as u64) as usize
}
