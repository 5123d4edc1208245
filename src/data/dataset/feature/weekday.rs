//! The day of the week on a circle, so that Sunday is next to Monday.

use super::hour::{circle, seconds};
use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use crate::value::time::day_of_secs;
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// The day of the week as a point on a circle.
    Weekday {
        /// Hours to add to UTC.
        utc_offset_hours: f64 = 0.0, Float { min: -12.0, max: 14.0 }, "Hours from UTC", "h", "Added \
            to UTC, so that the day is that of the place; summer time is not known.", "a log says mostly nothing of its zone";
    }
}

impl Computable for Weekday {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Day of the week",
            "sin and cos of 2π × day / 7, Monday being day 0.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events, 2], sin and cos without unit"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Clock]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let offset = seconds(self.utc_offset_hours);
        let values = log
            .times()
            .iter()
            .flat_map(|time| circle(weekday(*time, offset) as f64 / 7.0))
            .collect();
        Ok(Feature::vector(
            "weekday",
            vec!["weekday sin".to_owned(), "weekday cos".to_owned()],
            values,
        ))
    }
}

/// Day of the week of a moment, 0 for Monday.
fn weekday(time: i64, offset: i64) -> i64 {
    // 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
    (day_of_secs(time.saturating_add(offset)) + 3).rem_euclid(7)
}
