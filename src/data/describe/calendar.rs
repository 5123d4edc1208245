//! A split on the calendar: how many events of each day are for what.

use crate::dataset::Prepared;
use crate::log::SplitPart;
use crate::value::time::day_of_secs;

/// Most bars: more would be narrower than a point on a screen.
const MOST_BARS: usize = 240;

/// Events of some days in a row, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayParts {
    /// First day, counted from 1970-01-01 (UTC).
    pub day: i64,
    /// Events for training.
    pub n_train: usize,
    /// Events for validation.
    pub n_valid: usize,
    /// Events for test.
    pub n_test: usize,
}

/// Events by day and part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days that one bar stands for: 1 where there are not too many.
    pub days_per_bar: i64,
    /// From the first day to the last, without gaps; empty when the log has no clock times.
    pub bars: Vec<DayParts>,
}

impl Calendar {
    /// Counts a prepared log, at most 240 bars.
    #[must_use]
    pub fn new(prepared: &Prepared) -> Self {
        if !prepared.dataset.has_clock() {
            // Numbers that only order are on no day.
            return Self::default();
        }
        let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
        let days = sequences
            .time_secs
            .iter()
            .flatten()
            .map(|time| day_of_secs(*time));
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else {
            return Self::default();
        };
        let n_days = last - first + 1;
        let days_per_bar = (n_days + MOST_BARS as i64 - 1) / MOST_BARS as i64;
        let mut bars: Vec<DayParts> = (0..(n_days + days_per_bar - 1) / days_per_bar)
            .map(|bar| DayParts {
                day: first + bar * days_per_bar,
                ..DayParts::default()
            })
            .collect();
        for user in 0..sequences.n_users() {
            for (position, time) in sequences.times(user).unwrap_or_default().iter().enumerate() {
                let at = (day_of_secs(*time) - first) / days_per_bar;
                let Some(bar) = bars.get_mut(at as usize) else {
                    continue;
                };
                match split.part(user, position) {
                    SplitPart::Train => bar.n_train += 1,
                    SplitPart::Valid => bar.n_valid += 1,
                    SplitPart::Test => bar.n_test += 1,
                }
            }
        }
        Self { days_per_bar, bars }
    }
}
