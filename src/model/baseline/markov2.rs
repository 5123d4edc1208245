//! Second-order Markov chain with Witten-Bell smoothing: what came after the last two items, as far
//! as that was seen; else what came after the last one; else what is popular.
//!
//! With `c` the counts of training and `t(h)` the number of different items that followed `h`,
//! `p(z | h) = (c(h z) + t(h) p(z | h')) / (c(h) + t(h))`, where `h'` is `h` without its oldest
//! item and `p(z | nothing)` is the share of `z` among all events (Witten & Bell 1991, method C, in
//! the interpolated form of Chen & Goodman 1999, section 2.5). A context that was never seen has
//! `c = t = 0` and passes all on to the shorter one.

use super::popularity::{PopularityScores, overwrite};
use super::transitions::Transitions;
use super::{Baseline, is_item};

/// Probabilities of the three orders, mixed at each question.
pub(super) struct MarkovSecond {
    /// Share of all events, at most 1 in sum.
    shares: Vec<f32>,
    first: Transitions,
    second: PairCounts,
}

/// Counts of the items that followed each pair of items.
struct PairCounts {
    /// `(first, second)` of each context, ascending.
    contexts: Vec<(u32, u32)>,
    /// Start of the rows of each context; one more than contexts.
    offsets: Vec<usize>,
    next: Vec<u32>,
    count: Vec<f32>,
}

impl PairCounts {
    fn count(n_items: usize, sequences: &[&[u32]]) -> Self {
        let mut triples: Vec<(u32, u32, u32)> = Vec::new();
        for sequence in sequences {
            let known: Vec<u32> = sequence
                .iter()
                .copied()
                .filter(|&item| is_item(item, n_items))
                .collect();
            triples.extend(
                known
                    .windows(3)
                    .filter_map(|w| Some((*w.first()?, *w.get(1)?, *w.get(2)?))),
            );
        }
        triples.sort_unstable();
        let mut pairs = Self {
            contexts: Vec::new(),
            offsets: Vec::new(),
            next: Vec::new(),
            count: Vec::new(),
        };
        for same in triples.chunk_by(|a, b| a == b) {
            let Some(&(x, y, z)) = same.first() else {
                continue;
            };
            if pairs.contexts.last() != Some(&(x, y)) {
                pairs.contexts.push((x, y));
                pairs.offsets.push(pairs.next.len());
            }
            pairs.next.push(z);
            pairs.count.push(same.len() as f32);
        }
        pairs.offsets.push(pairs.next.len());
        pairs
    }

    fn row(&self, x: u32, y: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = match self.contexts.binary_search(&(x, y)) {
            Ok(at) => match (self.offsets.get(at), self.offsets.get(at + 1)) {
                (Some(&start), Some(&end)) => start..end,
                _ => 0..0,
            },
            Err(_) => 0..0,
        };
        let next = self.next.get(range.clone()).unwrap_or(&[]);
        next.iter()
            .copied()
            .zip(self.count.get(range).unwrap_or(&[]).iter().copied())
    }
}

impl MarkovSecond {
    pub(super) fn fit(n_items: usize, sequences: &[&[u32]]) -> Self {
        let popularity = PopularityScores::fit(n_items, sequences);
        let counts = popularity.counts();
        let all: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        Self {
            shares: counts
                .iter()
                .map(|&count| (f64::from(count) / all.max(1.0)) as f32)
                .collect(),
            first: Transitions::count(n_items, sequences, &[1.0]),
            second: PairCounts::count(n_items, sequences),
        }
    }
}

impl Baseline for MarkovSecond {
    fn scores(&self, history: &[u32], scores: &mut [f32]) {
        overwrite(scores, &self.shares);
        let known = |item: &u32| *item != 0 && (*item as usize) < self.shares.len();
        let mut latest = history.iter().rev().copied().filter(known);
        let Some(last) = latest.next() else { return };
        mix(scores, || self.first.row(last));
        if let Some(before) = latest.next() {
            mix(scores, || self.second.row(before, last));
        }
    }
}

/// `(c(z) + t p(z)) / (c + t)` for every item; unchanged where the row is empty.
fn mix<R: Iterator<Item = (u32, f32)>>(scores: &mut [f32], row: impl Fn() -> R) {
    let (different, sum) = row().fold((0.0_f32, 0.0_f32), |(n, sum), (_, count)| {
        (n + 1.0, sum + count)
    });
    if different == 0.0 {
        return;
    }
    let passed_on = different / (sum + different);
    for score in scores.iter_mut() {
        *score *= passed_on;
    }
    for (next, count) in row() {
        if let Some(score) = scores.get_mut(next as usize) {
            *score += count / (sum + different);
        }
    }
}
