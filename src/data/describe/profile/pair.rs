//! Every user's way with each item: had before, how long ago, and through which behaviours.

use std::ops::Range;

use super::kind::Kinds;
use super::{add_up, over_users};
use crate::dataset::Sequences;

/// Counts of user-item pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PairCounts {
    /// Distinct pairs.
    pub(super) n_distinct: usize,
    /// Users with an item that they had before.
    pub(super) n_returning_users: usize,
    /// Events whose item the user had before, by how many events ago: one number for each of
    /// [`DISTANCES`].
    pub(super) distances: Vec<usize>,
    /// For each stage of the funnel: pairs that had it; that had it after the stage before; that
    /// went through all stages up to it, in order.
    pub(super) stages: Vec<[usize; 3]>,
}

/// Starts of the bins of distances: 1 is the event just before.
pub(super) const DISTANCES: [usize; 9] = [1, 2, 3, 6, 11, 21, 51, 101, 501];

/// History of the present user with one item.
#[derive(Clone, Copy, Default)]
struct PairHistory {
    /// Position after the last event of the item, among all events: that of another user, if it is
    /// not beyond the start of this one's.
    after: usize,
    /// Stages that the pair had, a bit each.
    had: u16,
    /// Stages that the pair had after the stage before.
    followed: u16,
    /// Stages that it went through in order, from the first on.
    n_through: u8,
}

/// One table of items for each range of users serves all its users: positions grow, so that what
/// another user left is told from what this one did.
pub(super) fn count(sequences: &Sequences, n_items: usize, kinds: Option<&Kinds>) -> PairCounts {
    let n_stages = kinds.map_or(0, |kinds| kinds.n_stages);
    let of_events = sequences.behaviour_idx.as_deref().unwrap_or_default();
    let count = |users: Range<usize>| {
        let (mut pairs, mut seen) = (
            no_pairs(n_stages),
            vec![PairHistory::default(); n_items + 1],
        );
        for user in users {
            let events = sequences.range(user);
            let (start, n_new) = (events.start, pairs.n_distinct);
            for (at, &item) in events.clone().zip(sequences.items(user)) {
                let seen = &mut seen[item as usize];
                if seen.after > start {
                    pairs.distances
                        [DISTANCES.partition_point(|&from| from <= at + 1 - seen.after) - 1] += 1;
                } else {
                    pairs.n_distinct += 1;
                    *seen = PairHistory::default();
                }
                seen.after = at + 1;
                if let (Some(kinds), Some(&behaviour)) = (kinds, of_events.get(at)) {
                    pairs.stage(seen, kinds.place_of(behaviour));
                }
            }
            pairs.n_returning_users += usize::from(pairs.n_distinct - n_new < events.len());
        }
        pairs
    };
    over_users(sequences, count, |sum, other| sum.add(&other)).unwrap_or_else(|| no_pairs(n_stages))
}

/// Counts before any pair is seen.
fn no_pairs(n_stages: usize) -> PairCounts {
    PairCounts {
        distances: vec![0; DISTANCES.len()],
        stages: vec![[0; 3]; n_stages],
        ..PairCounts::default()
    }
}

impl PairCounts {
    /// Takes in that a pair comes to a kind of behaviour.
    fn stage(&mut self, seen: &mut PairHistory, kind: usize) {
        let Some([n_had, n_after, n_through]) = self.stages.get_mut(kind) else {
            return;
        };
        let bit = 1 << kind;
        let is_after = kind > 0 && seen.had & (bit >> 1) != 0;
        if seen.had & bit == 0 {
            *n_had += 1;
            seen.had |= bit;
        }
        if is_after && seen.followed & bit == 0 {
            *n_after += 1;
            seen.followed |= bit;
        }
        if usize::from(seen.n_through) == kind {
            *n_through += 1;
            seen.n_through += 1;
        }
    }

    fn add(mut self, other: &Self) -> Self {
        self.n_distinct += other.n_distinct;
        self.n_returning_users += other.n_returning_users;
        self.distances = add_up(self.distances, &other.distances);
        let stages = self.stages.iter_mut().flatten();
        stages
            .zip(other.stages.iter().flatten())
            .for_each(|(sum, n)| *sum += n);
        self
    }
}
