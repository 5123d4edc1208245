//! Users and items with hardly any event, and what a test asks about that training never saw.

use crate::dataset::{EvalCase, Prepared};
use crate::log::SplitPart;

/// Users or items with fewer events than a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColdGroup {
    /// Users or items.
    pub kind: ColdKind,
    /// They have fewer events than this.
    pub fewer_than: usize,
    /// How many they are.
    pub n: usize,
    /// Number of users or items in all.
    pub of: usize,
    /// Events that are theirs.
    pub n_events: usize,
}

/// Side whose events are few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum ColdKind {
    /// Users with few events.
    Users,
    /// Items with few events.
    Items,
}

/// Counts of one part's questions about users and items that training never saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Validation or test.
    pub part: SplitPart,
    /// Questions: one a user at most.
    pub n_cases: usize,
    /// Number of questions of users without a training event.
    pub n_cases_of_unseen_users: usize,
    /// Number of questions whose answer is an item without a training event.
    pub n_cases_of_unseen_items: usize,
    /// Distinct such items.
    pub n_unseen_items: usize,
}

/// Bounds that are told: leave-one-out needs three events of a user, the usual core five; an item
/// below two was seen once.
const BOUNDS: [(ColdKind, usize); 4] = [
    (ColdKind::Users, 3),
    (ColdKind::Users, 5),
    (ColdKind::Items, 2),
    (ColdKind::Items, 5),
];

/// Groups by the users' numbers of events, in order, and by the items'.
pub(super) fn groups(sorted_lengths: &[usize], item_counts: &[u32]) -> Vec<ColdGroup> {
    BOUNDS
        .into_iter()
        .map(|(kind, fewer_than)| group(kind, fewer_than, sorted_lengths, item_counts))
        .collect()
}

/// Counts the users or items that have fewer events than a bound.
fn group(
    kind: ColdKind,
    fewer_than: usize,
    sorted_lengths: &[usize],
    item_counts: &[u32],
) -> ColdGroup {
    let (n, of, n_events) = match kind {
        ColdKind::Users => {
            let n = sorted_lengths.partition_point(|&length| length < fewer_than);
            (n, sorted_lengths.len(), sorted_lengths.iter().take(n).sum())
        }
        ColdKind::Items => {
            let few = item_counts
                .iter()
                .map(|&count| count as usize)
                .filter(|count| *count < fewer_than);
            (few.clone().count(), item_counts.len(), few.sum())
        }
    };
    ColdGroup {
        kind,
        fewer_than,
        n,
        of,
        n_events,
    }
}

/// Counts for both parts that ask questions; empty for a log that was not split.
pub(super) fn unseen(prepared: &Prepared) -> Vec<Unseen> {
    let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
    if split.train_len.is_empty() {
        return Vec::new();
    }
    let mut is_trained = vec![false; prepared.dataset.n_items() + 1];
    for (user, &train_len) in split.train_len.iter().enumerate() {
        for &item in sequences.items(user).iter().take(train_len as usize) {
            is_trained[item as usize] = true;
        }
    }
    let of_part = |part: SplitPart, cases: &[EvalCase]| {
        let mut new_items: Vec<u32> = cases
            .iter()
            .filter_map(|case| {
                sequences
                    .items(case.user_idx as usize)
                    .get(case.target_pos as usize)
                    .copied()
            })
            .filter(|item| !is_trained[*item as usize])
            .collect();
        let n_cases_of_unseen_items = new_items.len();
        new_items.sort_unstable();
        new_items.dedup();
        Unseen {
            part,
            n_cases: cases.len(),
            n_cases_of_unseen_users: cases
                .iter()
                .filter(|case| {
                    split
                        .train_len
                        .get(case.user_idx as usize)
                        .is_none_or(|&len| len == 0)
                })
                .count(),
            n_cases_of_unseen_items,
            n_unseen_items: new_items.len(),
        }
    };
    vec![
        of_part(SplitPart::Valid, &split.valid),
        of_part(SplitPart::Test, &split.test),
    ]
}
