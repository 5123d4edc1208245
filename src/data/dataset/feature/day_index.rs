//! Days since the log's first, for what drifts.

use super::hour::seconds;
use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use crate::value::time::day_of_secs;
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// The number of the day, counted from the log's first.
    DayIndex {
        /// Hours to add to UTC.
        utc_offset_hours: f64 = 0.0, Float { min: -12.0, max: 14.0 }, "Hours from UTC", "h", "Added \
            to UTC, so that days end at the place's midnight.", "a log says mostly nothing of its zone";
    }
}

impl Computable for DayIndex {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Day index",
            "Whole days from the log's first day (0) to the event's.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], in days"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Clock]
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let offset = seconds(self.utc_offset_hours);
        // The first day lies before every event, so it tells none of them of what comes later.
        let first = log
            .times()
            .iter()
            .map(|time| day(*time, offset))
            .min()
            .unwrap_or_default();
        let values = log
            .times()
            .iter()
            .map(|time| (day(*time, offset) - first) as f32)
            .collect();
        Ok(Feature::real("day", "d", values))
    }
}

/// Day of a moment, counted from 1970.
fn day(time: i64, offset: i64) -> i64 {
    day_of_secs(time.saturating_add(offset))
}
