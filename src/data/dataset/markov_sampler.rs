//! Synthetic histories by a Markov chain of the first order.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Histories;
use seqscope_base::spec::derive_seed;

/// Counts of what follows each item in the histories that were read, the end of a history included.
///
/// Nothing is smoothed: a pair that no history holds is never written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarkovSampler {
    /// Followers of each item, and of 0 for the beginning, with their counts added up; 0 is the
    /// end.
    followers: BTreeMap<u32, Vec<(u32, u64)>>,
}

/// Tries for each history that is asked for.
const MAX_TRIES: usize = 100;

impl MarkovSampler {
    /// Counts pairs.
    #[must_use]
    pub fn fit(rows: &Histories) -> Self {
        let mut counts: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
        for row in rows.rows().filter(|row| !row.is_empty()) {
            let before = std::iter::once(0).chain(row.iter().copied());
            let after = row.iter().copied().chain([0]);
            before.zip(after).for_each(|(from, to)| {
                *counts.entry(from).or_default().entry(to).or_default() += 1;
            });
        }
        Self {
            followers: counts
                .into_iter()
                .map(|(from, counts)| (from, added_up(counts)))
                .collect(),
        }
    }

    /// Draws `n` histories of so many events: shorter ones are drawn anew, longer ones cut. The same
    /// seed draws the same. Fewer come back where hardly any is so long.
    #[must_use]
    pub fn sample(&self, n: usize, lengths: RangeInclusive<usize>, seed: u64) -> Histories {
        let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(seed, "markov", 0));
        let mut drawn = Histories::new();
        for _ in 0..n.saturating_mul(MAX_TRIES) {
            if drawn.n_rows() == n {
                break;
            }
            let row = self.row(*lengths.end(), &mut rng);
            if row.len() >= *lengths.start() {
                drawn.push(&row);
            }
        }
        drawn
    }

    fn row(&self, most: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let mut row: Vec<u32> = Vec::new();
        while row.len() < most {
            let Some(followers) = self.followers.get(&row.last().copied().unwrap_or(0)) else {
                break;
            };
            let total = followers.last().map_or(0, |&(_, total)| total);
            let ticket = rng.random_range(0..total.max(1));
            let at = followers.partition_point(|&(_, total)| total <= ticket);
            match followers.get(at) {
                Some(&(item, _)) if item > 0 => row.push(item),
                _ => break,
            }
        }
        row
    }
}

/// The counts of items, each added to those before it.
fn added_up(counts: BTreeMap<u32, u64>) -> Vec<(u32, u64)> {
    let counts = counts.into_iter();
    counts
        .scan(0, |total, (item, count)| {
            *total += count;
            Some((item, *total))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[u32]]) -> Histories {
        rows.iter().copied().collect()
    }

    /// After 1 comes 2 three times of four and 3 once: of 4,000 about 3,000, ± 110.
    #[test]
    fn pairs_are_drawn_as_often_as_they_were_counted() {
        let sampler = MarkovSampler::fit(&rows(&[&[1, 2], &[1, 2], &[1, 2], &[1, 3], &[]]));
        let drawn = sampler.sample(4000, 1..=9, 5);
        assert_eq!(drawn.n_rows(), 4000);
        let n_two = drawn.rows().filter(|row| **row == [1, 2]).count();
        assert!((2890..=3110).contains(&n_two), "{n_two}");
        assert!(drawn.rows().all(|row| row == [1, 2] || row == [1, 3]));
        assert_eq!(drawn, sampler.sample(4000, 1..=9, 5));
        assert_ne!(drawn, sampler.sample(4000, 1..=9, 6));
    }

    #[test]
    fn a_circle_is_cut_and_what_cannot_be_is_not_drawn() {
        let circle = MarkovSampler::fit(&rows(&[&[1, 2, 1, 2, 1, 2, 1, 2]]));
        assert!(
            circle
                .sample(20, 2..=5, 1)
                .rows()
                .all(|row| (2..=5).contains(&row.len()))
        );
        assert_eq!(
            MarkovSampler::fit(&rows(&[&[1]]))
                .sample(3, 2..=5, 1)
                .n_rows(),
            0
        );
        assert_eq!(
            MarkovSampler::fit(&rows(&[]))
                .sample(3, 0..=5, 1)
                .rows()
                .collect::<Vec<_>>(),
            [&[] as &[u32]; 3]
        );
    }
}
