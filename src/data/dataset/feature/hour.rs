//! The hour of the day on a circle, so that midnight is next to itself.

use super::spec::{Computable, Feature, feature_settings};
use super::view::{DatasetView, Need};
use crate::value::time::SECS_PER_DAY;
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// The hour of the day as a point on a circle.
    Hour {
        /// Hours to add to UTC.
        utc_offset_hours: f64 = 0.0, Float { min: -12.0, max: 14.0 }, "Hours from UTC", "h", "Added \
            to UTC, so that the hour is that of the place; summer time is not known.", "a log says mostly nothing of its zone";
    }
}

impl Computable for Hour {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Hour of the day",
            "sin and cos of 2π × the share of the day that has passed: 23:59 is next to \
                   0:00.",
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
            .flat_map(|time| {
                let in_day = time.saturating_add(offset).rem_euclid(SECS_PER_DAY);
                circle(in_day as f64 / SECS_PER_DAY as f64)
            })
            .collect();
        Ok(Feature::vector(
            "hour",
            vec!["hour sin".to_owned(), "hour cos".to_owned()],
            values,
        ))
    }
}

/// Hours in whole seconds.
pub(super) fn seconds(hours: f64) -> i64 {
    (hours * 3_600.0).round() as i64
}

/// The point on the unit circle at a share of the way around.
pub(super) fn circle(share: f64) -> [f32; 2] {
    let angle = std::f64::consts::TAU * share;
    [angle.sin() as f32, angle.cos() as f32]
}
