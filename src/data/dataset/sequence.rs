//! Per-user, time-ordered event sequences in compressed rows.

use crate::log::FreeColumn;

/// Every user's events, oldest first, one user after another.
///
/// `offsets` has `n_users + 1` entries; user `u` owns the positions `offsets[u]..offsets[u + 1]`
/// of each column. Item indices start at 1; 0 is padding and never occurs here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequences {
    /// Start of each user's events; the last entry is the number of events.
    pub offsets: Vec<usize>,
    /// Item index (≥ 1) of each event.
    pub item_idx: Vec<u32>,
    /// Seconds since 1970-01-01 UTC, or numbers that only order, when the log has times.
    pub time_secs: Option<Vec<i64>>,
    /// Microseconds from there to the event, when the log has times between the seconds: by them
    /// events are in order and told to be of one moment. No model sees them.
    pub micros: Option<Vec<u32>>,
    /// Index into [`super::Dataset::behaviours`], when the log has behaviours.
    pub behaviour_idx: Option<Vec<u16>>,
    /// Amount, rating or dwell, when the log has one. NaN where it was missing.
    pub value: Option<Vec<f32>>,
    /// Session of each event, when the log names sessions beside users: numbers from 1 in the order
    /// of this table, 0 where there was none.
    pub session_idx: Option<Vec<u32>>,
    /// Degrees north, when the log has places. NaN where unknown, then in `longitude` too.
    pub latitude: Option<Vec<f32>>,
    /// Degrees east, when the log has places.
    pub longitude: Option<Vec<f32>>,
    /// Free columns that were asked for, each with one value an event.
    pub free: Vec<FreeColumn>,
}

impl Sequences {
    /// Number of users.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Number of events of all users.
    #[must_use]
    pub fn n_events(&self) -> usize {
        self.item_idx.len()
    }

    /// Positions of one user's events in every column; empty for an unknown user.
    #[must_use]
    pub fn range(&self, user_idx: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(user_idx), self.offsets.get(user_idx + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// One user's items, oldest first.
    #[must_use]
    pub fn items(&self, user_idx: usize) -> &[u32] {
        self.item_idx.get(self.range(user_idx)).unwrap_or(&[])
    }

    /// One user's times, when the log has times.
    #[must_use]
    pub fn times(&self, user_idx: usize) -> Option<&[i64]> {
        self.time_secs
            .as_ref()
            .and_then(|t| t.get(self.range(user_idx)))
    }

    /// Times of the log's first and last event, by the first and the last of each user, which are in
    /// order; `None` without times.
    #[must_use]
    pub fn first_and_last_secs(&self) -> Option<(i64, i64)> {
        let times = self.time_secs.as_ref()?;
        let of_users = self.offsets.windows(2).filter_map(|pair| {
            let own = times.get(*pair.first()?..*pair.last()?)?;
            Some((*own.first()?, *own.last()?))
        });
        of_users.reduce(|all, own| (all.0.min(own.0), all.1.max(own.1)))
    }

    /// Microseconds between two neighbouring events of a user, the later at `position`; 0 where
    /// both are of one moment. `None` for the first event and without times.
    #[must_use]
    pub fn gap_micros(&self, user_idx: usize, position: usize) -> Option<u64> {
        let at = self.range(user_idx).start + position.checked_sub(1)?;
        let pair = self.times(user_idx)?.get(position - 1..=position)?;
        let secs = u64::try_from(pair.last()?.saturating_sub(*pair.first()?)).unwrap_or(0);
        let micros = |at: usize| {
            self.micros
                .as_ref()
                .and_then(|micros| micros.get(at))
                .copied()
                .unwrap_or(0)
        };
        let gap = secs
            .saturating_mul(1_000_000)
            .saturating_add(micros(at + 1).into());
        Some(gap.saturating_sub(micros(at).into()))
    }

    /// Whether an event has the very time of the one before it of the same user, as exactly as the
    /// log tells it.
    #[must_use]
    pub fn is_tied(&self, user_idx: usize, position: usize) -> bool {
        self.gap_micros(user_idx, position) == Some(0)
    }

    /// One user's behaviours, when the log has behaviours.
    #[must_use]
    pub fn behaviours(&self, user_idx: usize) -> Option<&[u16]> {
        self.behaviour_idx
            .as_ref()
            .and_then(|b| b.get(self.range(user_idx)))
    }

    /// One user's values, when the log has values.
    #[must_use]
    pub fn values(&self, user_idx: usize) -> Option<&[f32]> {
        self.value
            .as_ref()
            .and_then(|v| v.get(self.range(user_idx)))
    }

    /// Length of the longest sequence.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.offsets
            .windows(2)
            .map(|w| w[1] - w[0])
            .max()
            .unwrap_or(0)
    }
}
