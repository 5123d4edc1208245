//! Statistics of a log, in numbers small enough to draw.
//!
//! Each view is a file: what it counts, in a struct of plain numbers, and how. All of them walk the
//! sequences user by user (`over_users`), on all processors, and index by item, behaviour or time:
//! nothing is hashed, and beside the counts little is kept.

mod activity;
mod behaviour;
mod cold;
mod export;
mod gap;
mod kind;
mod length;
mod pair;
mod popularity;
mod repeat;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use activity::{Activity, DayCount, WEEKDAYS};
pub use behaviour::{BehaviourCount, Behaviours, FunnelStage};
pub use cold::{ColdGroup, ColdKind, Unseen};
pub use gap::{GapBin, GapSpread, Gaps};
pub use kind::StageOrder;
pub use length::{LengthBin, LengthQuantile, Lengths};
pub use popularity::{Popularity, TopShare};
pub use repeat::{DistanceBin, Repeats};
pub use view::ProfileView;

use std::ops::Range;

use rayon::prelude::*;

use crate::dataset::{DataShape, Dataset, Prepared, Sequences};

/// Counts for the charts of a dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Users, items, events, longest history.
    pub shape: DataShape,
    /// How many events users have.
    pub lengths: Lengths,
    /// How the events are divided among the items.
    pub popularity: Popularity,
    /// When things happen; `None` without times, or with times that only order.
    pub activity: Option<Activity>,
    /// How often people come back to what they had.
    pub repeats: Repeats,
    /// Behaviours and their order; `None` for a log without behaviours.
    pub behaviours: Option<Behaviours>,
    /// How long it takes until a user's next event; `None` without times or without two events of
    /// one user.
    pub gaps: Option<Gaps>,
    /// Distinct user-item pairs over all possible pairs; 0 for a log without users or items.
    pub density: f64,
    /// Events over all possible user-item pairs: more than `density` where people come back.
    pub events_per_pair: f64,
    /// Users and items with hardly any event.
    pub cold: Vec<ColdGroup>,
    /// Counts of the questions of validation and test about users and items that training never saw;
    /// empty where no split was given.
    pub unseen: Vec<Unseen>,
}

impl Profile {
    /// Counts a dataset.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        let sequences = &dataset.sequences;
        let shape = dataset.shape();
        let lengths = length::sorted(sequences);
        let counts = popularity::counts(sequences, shape.n_items);
        let has_clock = dataset.has_clock();
        let kinds = kind::Kinds::new(dataset);
        let pairs = pair::count(sequences, shape.n_items, kinds.as_ref());
        let n_possible = shape.n_users as f64 * shape.n_items as f64;
        let of_possible = |n: usize| {
            if n_possible > 0.0 {
                n as f64 / n_possible
            } else {
                0.0
            }
        };
        Self {
            cold: cold::groups(&lengths, &counts),
            lengths: Lengths::new(&lengths),
            popularity: Popularity::new(&counts),
            activity: if has_clock {
                Activity::new(sequences)
            } else {
                None
            },
            gaps: gap::count(sequences, has_clock),
            density: of_possible(pairs.n_distinct),
            events_per_pair: of_possible(shape.n_events),
            repeats: Repeats::new(&pairs, shape),
            behaviours: kinds.map(|kinds| Behaviours::new(sequences, kinds, &pairs)),
            unseen: Vec::new(),
            shape,
        }
    }

    /// Counts a dataset and, if it was split, what the split asks about that training never saw.
    #[must_use]
    pub fn of_log(prepared: &Prepared) -> Self {
        Self {
            unseen: cold::unseen(prepared),
            ..Self::new(&prepared.dataset)
        }
    }
}

/// Shares of the work for each processor: one may be slower than the others.
const SHARES: usize = 4;

/// Users in ranges of about equally many events each, as many as keep all processors at work.
fn ranges_of_users(sequences: &Sequences) -> Vec<Range<usize>> {
    let (n_users, n_events) = (sequences.n_users(), sequences.n_events());
    // With fewer events the threads' own tables would cost more than the counting.
    let n_ranges = (rayon::current_num_threads() * SHARES).min(n_events / 20_000 + 1);
    let bound = |at: usize| match at {
        _ if at == n_ranges => n_users,
        _ => sequences
            .offsets
            .partition_point(|&start| start < n_events / n_ranges * at)
            .min(n_users),
    };
    (0..n_ranges).map(|at| bound(at)..bound(at + 1)).collect()
}

/// Positions of these users' events in every column.
fn events_of(sequences: &Sequences, users: &Range<usize>) -> Range<usize> {
    start_of(sequences, users.start)..start_of(sequences, users.end)
}

/// Position of a user's first event.
fn start_of(sequences: &Sequences, user: usize) -> usize {
    sequences.offsets.get(user).copied().unwrap_or(0)
}

/// Counts ranges of users side by side and adds the counts up. `add` must not care for the order,
/// so that the sum does not depend on the machine.
fn over_users<T: Send>(
    sequences: &Sequences,
    count: impl Fn(Range<usize>) -> T + Sync + Send,
    add: impl Fn(T, T) -> T + Sync + Send,
) -> Option<T> {
    ranges_of_users(sequences)
        .into_par_iter()
        .map(count)
        .reduce_with(add)
}

/// Adds each count of `other` to its place in `sum`.
fn add_up(mut sum: Vec<usize>, other: &[usize]) -> Vec<usize> {
    sum.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
    sum
}

/// `part` over `whole`; `None` of nothing.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Position of a quantile among `n` ≥ 1 sorted numbers: the lower neighbour's position and the
/// weight of the upper one.
///
/// # Source
/// Hyndman & Fan 1996, "Sample Quantiles in Statistical Packages", definition 7; `NumPy`'s default.
fn quantile_at(n: usize, p: f64) -> (usize, f64) {
    let at = n.saturating_sub(1) as f64 * p;
    (at.floor() as usize, at.fract())
}
