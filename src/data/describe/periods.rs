//! Events of each day, week or month: the counts that a forecast goes on with.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::value::time::{date_of_day, day_of_date, day_of_secs};

/// Most days that are counted: a hundred years, so that a wrong time cannot ask for millions.
const MOST_DAYS: i64 = 36_525;

/// A stretch of the calendar, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Period {
    /// A day.
    Day,
    /// A week, from Monday.
    #[default]
    Week,
    /// A month of the calendar.
    Month,
}

impl Period {
    /// How many make a season: the days of a week, the weeks or months of a year.
    #[must_use]
    pub fn season(self) -> usize {
        match self {
            Self::Day => 7,
            Self::Week => 52,
            Self::Month => 12,
        }
    }

    /// First day of the period that a day lies in.
    fn start(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                day.saturating_sub(i64::from(day.weekday().since(Weekday::Monday)).days())
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// First day of the period after the one that begins on `start`.
    fn after(self, start: Date) -> Date {
        match self {
            Self::Day => start.saturating_add(1.day()),
            Self::Week => start.saturating_add(7.days()),
            Self::Month => start.saturating_add(1.month()),
        }
    }
}

/// Events of every whole period of a log, empty ones among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodCounts {
    /// Length of time that each count covers.
    pub period: Period,
    /// First day of each period, counted from 1970-01-01 (UTC).
    pub first_days: Vec<i64>,
    /// Events of each.
    pub counts: Vec<usize>,
    /// Events in a first or last period that the log does not span from its first day to its last.
    pub n_left_out: usize,
}

impl PeriodCounts {
    /// Counts a log, or its events of one behaviour (an index into [`Dataset::behaviours`]).
    ///
    /// The first and the last period are left out where the log begins or ends within them: half a
    /// week would look like a fall. The log spans the days from its first event to its last,
    /// whatever the behaviour.
    ///
    /// # Errors
    /// [`DataError::Setting`] when the log has no clock times, or spans more than a hundred years.
    pub fn of_log(
        dataset: &Dataset,
        period: Period,
        behaviour: Option<u16>,
    ) -> Result<Self, DataError> {
        if !dataset.has_clock() {
            let sentence = "a forecast needs to know when things happened, and this log has no \
                            times; name its time column (`--time`, or `data.roles.time`), or take \
                            another log";
            return Err(DataError::setting("data.roles.time", sentence));
        }
        let times = dataset.sequences.time_secs.as_deref().unwrap_or_default();
        let days = || times.iter().map(|time| day_of_secs(*time));
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return Ok(Self {
                period,
                ..Self::default()
            });
        };
        if last - first > MOST_DAYS {
            let sentence = format!(
                "the log spans {} days, more than a hundred years: drop impossible times first \
                 (`--set data.clean.steps=[ImpossibleTimes()]`)",
                last - first
            );
            return Err(DataError::setting("data.clean.steps", sentence));
        }
        let first_days = whole_periods(period, first, last);
        let mut counted = Self {
            period,
            counts: vec![0; first_days.len().saturating_sub(1)],
            first_days,
            n_left_out: 0,
        };
        for (at, day) in days().enumerate() {
            let is_counted = behaviour.is_none_or(|wanted| {
                dataset
                    .sequences
                    .behaviour_idx
                    .as_ref()
                    .and_then(|all| all.get(at))
                    .is_some_and(|found| *found == wanted)
            });
            if is_counted {
                // The last bound ends the last period and begins none.
                let place = counted
                    .first_days
                    .partition_point(|start| *start <= day)
                    .checked_sub(1);
                match place.and_then(|place| counted.counts.get_mut(place)) {
                    Some(count) => *count += 1,
                    None => counted.n_left_out += 1,
                }
            }
        }
        counted.first_days.pop();
        Ok(counted)
    }

    /// First days of the periods after the last one, counted from 1970-01-01.
    #[must_use]
    pub fn next_days(&self, n: usize) -> Vec<i64> {
        let mut start = self.first_days.last().and_then(|day| date_of_day(*day));
        let mut next = || {
            start = start.map(|start| self.period.after(start));
            start.map(day_of_date)
        };
        (0..n).map_while(|_| next()).collect()
    }
}

/// First days of the whole periods between two days, and the day after the last of them.
fn whole_periods(period: Period, first: i64, last: i64) -> Vec<i64> {
    let (Some(first), Some(end)) = (date_of_day(first), date_of_day(last + 1)) else {
        return Vec::new();
    };
    let mut start = period.start(first);
    if start < first {
        start = period.after(start);
    }
    let mut bounds = vec![day_of_date(start)];
    while period.after(start) <= end && period.after(start) > start {
        start = period.after(start);
        bounds.push(day_of_date(start));
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Sequences;
    use crate::value::time::SECS_PER_DAY;

    fn log(days: &[i64], behaviours: Option<Vec<u16>>) -> Dataset {
        let times = days.iter().map(|day| day * SECS_PER_DAY + 40_000).collect();
        let sequences = Sequences {
            offsets: vec![0, days.len()],
            item_idx: vec![1; days.len()],
            time_secs: Some(times),
            behaviour_idx: behaviours,
            ..Sequences::default()
        };
        Dataset {
            sequences,
            ..Dataset::default()
        }
    }

    #[test]
    fn only_whole_weeks_are_counted_and_they_begin_on_monday() {
        // 1970-01-01, day 0, was a Thursday: Mondays are 4, 11, 18. The log ends on day 20, a
        // Saturday.
        let counted =
            PeriodCounts::of_log(&log(&[0, 3, 4, 10, 11, 19, 20], None), Period::Week, None)
                .unwrap();
        assert_eq!(
            (counted.first_days.as_slice(), counted.counts.as_slice()),
            (&[4, 11][..], &[2, 1][..])
        );
        assert_eq!(
            (counted.n_left_out, counted.next_days(2)),
            (4, vec![18, 25])
        );
        // A day longer, and the last week is whole.
        let counted = PeriodCounts::of_log(&log(&[4, 24], None), Period::Week, None).unwrap();
        assert_eq!(
            (counted.first_days, counted.counts),
            (vec![4, 11, 18], vec![1, 0, 1])
        );
    }

    #[test]
    fn days_are_whole_and_months_have_their_lengths() {
        let counted = PeriodCounts::of_log(&log(&[5, 5, 7], None), Period::Day, None).unwrap();
        assert_eq!(
            (counted.first_days, counted.counts),
            (vec![5, 6, 7], vec![2, 0, 1])
        );
        // January has 31 days, February of 1970 28: the log spans both and one day of March.
        let counted =
            PeriodCounts::of_log(&log(&[0, 30, 31, 58, 59], None), Period::Month, None).unwrap();
        assert_eq!(
            (counted.first_days.as_slice(), counted.counts.as_slice()),
            (&[0, 31][..], &[2, 2][..])
        );
        assert_eq!(
            (counted.next_days(2), counted.n_left_out),
            (vec![59, 90], 1)
        );
    }

    #[test]
    fn one_behaviour_is_counted_on_the_days_of_all() {
        let counted =
            PeriodCounts::of_log(&log(&[0, 1, 2], Some(vec![0, 1, 0])), Period::Day, Some(1))
                .unwrap();
        assert_eq!(counted.counts, [0, 1, 0]);
    }

    #[test]
    fn a_log_without_times_is_refused_with_the_cure() {
        let dataset = Dataset {
            sequences: Sequences {
                time_secs: None,
                ..log(&[1], None).sequences
            },
            ..Dataset::default()
        };
        let refused = PeriodCounts::of_log(&dataset, Period::Week, None)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("has no times") && refused.contains("--time"),
            "{refused}"
        );
        let far = PeriodCounts::of_log(&log(&[0, 100_000], None), Period::Week, None)
            .unwrap_err()
            .to_string();
        assert!(far.contains("100000 days"), "{far}");
    }
}
