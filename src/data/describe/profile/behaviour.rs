//! Behaviours: how often they occur, after which others, and how far people come on the way to a
//! purchase.

use std::ops::Range;

use super::kind::{Kinds, StageOrder};
use super::pair::PairCounts;
use super::{add_up, over_users, share};
use crate::dataset::Sequences;

/// Counts of the behaviours of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviours {
    /// Each kind of behaviour: the stages of the funnel in order, then what is no stage (missing
    /// ones, and beyond the eleven most frequent ones the rest, taken together).
    pub kinds: Vec<BehaviourCount>,
    /// Stages of the funnel: the first of `kinds`.
    pub funnel: Vec<FunnelStage>,
    /// How the stages were put in order.
    pub order: StageOrder,
    /// How often one kind is followed by another among neighbouring events of a user: row by row,
    /// from the kind before to the kind after.
    pub transitions: Vec<Vec<usize>>,
}

/// Counts of one kind of behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehaviourCount {
    /// Name in the log.
    pub name: String,
    /// Number of events.
    pub n_events: usize,
    /// Number of users with one or more.
    pub n_users: usize,
    /// Number of items with one or more.
    pub n_items: usize,
}

/// How many user-item pairs come to one stage. Of two events at the same time the one that stands
/// first in the log is the earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunnelStage {
    /// Pairs that had this behaviour.
    pub n_pairs: usize,
    /// Pairs that had it after that of the stage before, whatever came first of all; 0 for the
    /// first stage.
    pub n_after_previous: usize,
    /// Pairs that went through all stages up to this one, in order.
    pub n_through: usize,
}

/// Counts of one walk over the events.
struct Walk {
    /// Events and users of each kind, then the transitions.
    counts: Vec<usize>,
    /// Kinds of each item, a bit each.
    of_item: Vec<u16>,
}

impl Behaviours {
    pub(super) fn new(sequences: &Sequences, kinds: Kinds, pairs: &PairCounts) -> Self {
        let n = kinds.len();
        let Walk { counts, of_item } = walk(sequences, &kinds);
        let (of_kinds, transitions) = counts.split_at(2 * n);
        let transitions = transitions
            .chunks_exact(n.max(1))
            .map(<[usize]>::to_vec)
            .collect();
        let kind = |(at, name)| BehaviourCount {
            name,
            n_events: of_kinds[at],
            n_users: of_kinds[n + at],
            n_items: of_item.iter().filter(|had| *had >> at & 1 == 1).count(),
        };
        Self {
            order: kinds.order,
            kinds: kinds.names.into_iter().enumerate().map(kind).collect(),
            funnel: pairs
                .stages
                .iter()
                .map(|&[n_pairs, n_after_previous, n_through]| FunnelStage {
                    n_pairs,
                    n_after_previous,
                    n_through,
                })
                .collect(),
            transitions,
        }
    }

    /// Share of the events after this kind that are of each kind; `None` when nothing follows it.
    #[must_use]
    pub fn row_shares(&self, from: usize) -> Option<Vec<f64>> {
        let row = self.transitions.get(from)?;
        let total = row.iter().sum();
        row.iter().map(|&n| share(n, total)).collect()
    }
}

fn walk(sequences: &Sequences, kinds: &Kinds) -> Walk {
    let n = kinds.len();
    let n_rows = sequences
        .item_idx
        .iter()
        .max()
        .map_or(0, |&most| most as usize + 1);
    let count = |users: Range<usize>| {
        let (mut counts, mut of_item) = (vec![0; 2 * n + n * n], vec![0_u16; n_rows]);
        for user in users {
            let (mut of_user, mut before) = (0_u16, None);
            let behaviours = sequences.behaviours(user).unwrap_or_default();
            for (&item, &behaviour) in sequences.items(user).iter().zip(behaviours) {
                let kind = kinds.place_of(behaviour);
                counts[kind] += 1;
                of_user |= 1 << kind;
                of_item[item as usize] |= 1 << kind;
                if let Some(before) = before.replace(kind) {
                    counts[2 * n + before * n + kind] += 1;
                }
            }
            (0..n).for_each(|kind| counts[n + kind] += usize::from(of_user >> kind & 1));
        }
        Walk { counts, of_item }
    };
    over_users(sequences, count, add_walks).unwrap_or_else(|| Walk {
        counts: vec![0; 2 * n + n * n],
        of_item: Vec::new(),
    })
}

fn add_walks(sum: Walk, other: Walk) -> Walk {
    let mut of_item = sum.of_item;
    of_item
        .iter_mut()
        .zip(other.of_item)
        .for_each(|(sum, had)| *sum |= had);
    Walk {
        counts: add_up(sum.counts, &other.counts),
        of_item,
    }
}
