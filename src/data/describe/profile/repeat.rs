//! How often people come back to what they had.

use super::pair::{DISTANCES, PairCounts};
use super::share;
use crate::dataset::DataShape;

/// Events whose item the same user had before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repeats {
    /// How many.
    pub n_repeats: usize,
    /// Number of events in all.
    pub n_events: usize,
    /// Users with one repeat or more.
    pub n_users_with: usize,
    /// Number of users in all.
    pub n_users: usize,
    /// Distinct user-item pairs: all other events.
    pub n_pairs: usize,
    /// Repeats by how many events ago the user had the item; always the same bins.
    pub distances: Vec<DistanceBin>,
}

/// Repeats whose item was had so many of the user's events ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistanceBin {
    /// Fewest events ago; 1 is the event just before.
    pub from: usize,
    /// Most events ago; `None` for the last bin, which has no end.
    pub to: Option<usize>,
    /// Number of repeats.
    pub n_events: usize,
}

impl Repeats {
    pub(super) fn new(pairs: &PairCounts, shape: DataShape) -> Self {
        Self {
            n_repeats: pairs.distances.iter().sum(),
            n_events: shape.n_events,
            n_users_with: pairs.n_returning_users,
            n_users: shape.n_users,
            n_pairs: pairs.n_distinct,
            distances: DISTANCES
                .iter()
                .zip(&pairs.distances)
                .enumerate()
                .map(|(at, (&from, &n_events))| DistanceBin {
                    from,
                    to: end_of_bin(at),
                    n_events,
                })
                .collect(),
        }
    }

    /// Share of events whose item the user had before; 0 without events.
    #[must_use]
    pub fn of_events(&self) -> f64 {
        share(self.n_repeats, self.n_events).unwrap_or(0.0)
    }

    /// Share of users with one repeat or more; 0 without users.
    #[must_use]
    pub fn of_users(&self) -> f64 {
        share(self.n_users_with, self.n_users).unwrap_or(0.0)
    }
}

fn end_of_bin(at: usize) -> Option<usize> {
    DISTANCES.get(at + 1).map(|next| next - 1)
}
