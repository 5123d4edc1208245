//! How the events are divided among the items.

use rayon::prelude::*;

use super::{events_of, over_users};
use crate::dataset::Sequences;

/// Numbers of events of the items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Popularity {
    /// Number of events of the item of each rank, most popular first: `n_items` values.
    pub counts: Vec<usize>,
    /// Index of the item of each rank; items of equally many events in order of index.
    pub items: Vec<u32>,
    /// 0 when all items have equally many events, towards 1 when one has all of them; `None` for a
    /// log without events.
    ///
    /// G = 2 Σ i·x₍ᵢ₎ / (n Σ x) − (n + 1) / n with x₍₁₎ ≤ … ≤ x₍ₙ₎ the events of each of the n
    /// items.
    ///
    /// # Source
    /// Sen 1973, *On Economic Inequality*, ch. 2; the form is that of Damgaard & Weiner 2000,
    /// "Describing inequality in plant size or fecundity", Ecology 81(4), eq. 3, without their
    /// factor n / (n − 1) for small samples.
    pub gini: Option<f64>,
    /// Shares of the events that the most popular items have; empty for a log without events.
    pub top: Vec<TopShare>,
    /// Lorenz curve: share of the items, least popular first, and share of the events that they
    /// have; from (0, 0) to (1, 1) in up to 100 steps. Empty for a log without events.
    pub lorenz: Vec<[f64; 2]>,
}

/// Events of the most popular items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopShare {
    /// Share of the items, 0 to 1.
    pub of_items: f64,
    /// How many items that is, rounded up.
    pub n_items: usize,
    /// Share of the events that they have, 0 to 1.
    pub of_events: f64,
}

/// Shares of the items, in hundredths, whose share of the events is told.
const TOP_PERCENT: [usize; 3] = [1, 10, 20];
/// Steps of the Lorenz curve.
const LORENZ_STEPS: usize = 100;

impl Popularity {
    /// Popularity from the number of events of each item, in order of item.
    pub(super) fn new(counts: &[u32]) -> Self {
        let n_items = counts.len();
        let mut items: Vec<u32> = (0..n_items as u32).collect();
        items.par_sort_unstable_by_key(|&at| (std::cmp::Reverse(counts[at as usize]), at));
        let counts: Vec<usize> = items
            .iter()
            .map(|&at| counts[at as usize] as usize)
            .collect();
        // Index 0 is padding.
        for at in &mut items {
            *at += 1;
        }
        let total: usize = counts.iter().sum();
        if total == 0 {
            return Self {
                counts,
                items,
                ..Self::default()
            };
        }
        let top = TOP_PERCENT.map(|percent| {
            let n_top = (n_items * percent).div_ceil(100);
            TopShare {
                of_items: percent as f64 / 100.0,
                n_items: n_top,
                of_events: counts[..n_top].iter().sum::<usize>() as f64 / total as f64,
            }
        });
        Self {
            gini: Some(gini(&counts, total)),
            top: top.to_vec(),
            lorenz: lorenz(&counts, total),
            counts,
            items,
        }
    }

    /// Share of the events that this share of the items has, the most popular ones, when it is one
    /// of [`Self::top`].
    #[must_use]
    pub fn top_share(&self, of_items: f64) -> Option<f64> {
        self.top
            .iter()
            .find(|top| (top.of_items - of_items).abs() < 1e-9)
            .map(|top| top.of_events)
    }
}

/// Number of events of each item, in order of item.
pub(super) fn counts(sequences: &Sequences, n_items: usize) -> Vec<u32> {
    let count = |users: std::ops::Range<usize>| {
        let mut counts = vec![0_u32; n_items + 1];
        for &item in sequences
            .item_idx
            .get(events_of(sequences, &users))
            .unwrap_or_default()
        {
            counts[item as usize] += 1;
        }
        counts
    };
    over_users(sequences, count, add_counts)
        .unwrap_or_else(|| vec![0; n_items + 1])
        .split_off(1)
}

fn add_counts(mut sum: Vec<u32>, other: Vec<u32>) -> Vec<u32> {
    sum.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
    sum
}

/// See [`Popularity::gini`]; of counts with the largest first.
fn gini(counts: &[usize], total: usize) -> f64 {
    let n = counts.len();
    // Whole numbers, since the sum of 10⁶ items' ranks by 10⁷ events is beyond what f64 adds
    // exactly.
    let weighted: u128 = counts
        .iter()
        .enumerate()
        .map(|(rank, &count)| (n - rank) as u128 * count as u128)
        .sum();
    2.0 * weighted as f64 / (n as f64 * total as f64) - (n as f64 + 1.0) / n as f64
}

fn lorenz(counts: &[usize], total: usize) -> Vec<[f64; 2]> {
    let n = counts.len();
    let n_steps = LORENZ_STEPS.min(n);
    let (mut points, mut n_items, mut n_events) = (vec![[0.0, 0.0]], 0, 0);
    let mut rarest_first = counts.iter().rev();
    for step in 1..=n_steps {
        let until = n * step / n_steps;
        n_events += rarest_first.by_ref().take(until - n_items).sum::<usize>();
        n_items = until;
        points.push([n_items as f64 / n as f64, n_events as f64 / total as f64]);
    }
    points
}
