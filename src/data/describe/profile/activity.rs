//! When things happen: by hour of day, by weekday and by date, all in UTC.

use super::{events_of, over_users};
use crate::dataset::Sequences;
use crate::value::time::{SECS_PER_DAY, day_of_secs};

/// Events by hour, weekday and date. All of it is UTC: a log says when, not where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// Events of each weekday (Monday first) and each of its 24 hours.
    pub hours: [[usize; 24]; 7],
    /// Number of events of each day from the first to the last, empty days included; empty when the
    /// log spans more than 36,525 days.
    pub days: Vec<DayCount>,
}

/// Events of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// Day, counted from 1970-01-01 (UTC).
    pub day: i64,
    /// Number of events.
    pub n_events: usize,
}

/// Names of the weekdays in the order of [`Activity::hours`].
pub const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Most days that are counted one by one: a hundred years, so that a wrong time cannot ask for
/// millions of bars.
const MAX_DAYS: i64 = 36_525;
/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i64 = 3;

impl Activity {
    /// `None` for a log without times or events.
    pub(super) fn new(sequences: &Sequences) -> Option<Self> {
        let times = sequences.time_secs.as_ref()?;
        let of_users = (0..sequences.n_users()).filter_map(|user| sequences.times(user));
        // A user's times are in order.
        let first = day_of_secs(*of_users.clone().filter_map(<[i64]>::first).min()?);
        let last = day_of_secs(*of_users.filter_map(<[i64]>::last).max()?);
        let n_days = if last - first < MAX_DAYS {
            (last - first + 1) as usize
        } else {
            0
        };
        let count = |users: std::ops::Range<usize>| {
            let mut activity = Self {
                days: vec![
                    DayCount {
                        day: 0,
                        n_events: 0
                    };
                    n_days
                ],
                ..Self::default()
            };
            for &time in times.get(events_of(sequences, &users)).unwrap_or_default() {
                activity.hours[weekday(day_of_secs(time))][hour(time)] += 1;
                if let Some(of_day) = activity.days.get_mut((day_of_secs(time) - first) as usize) {
                    of_day.n_events += 1;
                }
            }
            activity
        };
        let mut activity = over_users(sequences, count, Self::add)?;
        activity
            .days
            .iter_mut()
            .zip(first..)
            .for_each(|(of_day, day)| of_day.day = day);
        Some(activity)
    }

    fn add(mut self, other: Self) -> Self {
        let hours = self.hours.iter_mut().flatten();
        hours
            .zip(other.hours.iter().flatten())
            .for_each(|(sum, n)| *sum += n);
        self.days
            .iter_mut()
            .zip(other.days)
            .for_each(|(sum, day)| sum.n_events += day.n_events);
        self
    }

    /// Events of each hour of the day.
    #[must_use]
    pub fn by_hour(&self) -> [usize; 24] {
        std::array::from_fn(|hour| self.hours.iter().map(|day| day[hour]).sum())
    }

    /// Events of each weekday, Monday first.
    #[must_use]
    pub fn by_weekday(&self) -> [usize; 7] {
        self.hours.map(|day| day.iter().sum())
    }
}

/// Weekday of a day: Monday is 0.
fn weekday(day: i64) -> usize {
    (day + FIRST_WEEKDAY).rem_euclid(7) as usize
}

fn hour(time_secs: i64) -> usize {
    (time_secs.rem_euclid(SECS_PER_DAY) / 3_600) as usize
}
