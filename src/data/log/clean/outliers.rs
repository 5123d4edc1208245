//! Outliers: values far from the others, dropped or drawn in to the limit.

use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, deviation, mean, quantile};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

/// Rule that tells an outlier.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::VariantNames,
)]
pub enum OutlierRule {
    /// Beyond the quartiles by more than a factor of their distance.
    Iqr,
    /// Farther from the mean than so many standard deviations.
    ZScore,
    /// Below or above fixed numbers.
    Limits,
}

/// Action taken on an outlier.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::VariantNames,
)]
pub enum OutlierAction {
    /// The row is dropped.
    Drop,
    /// The value becomes the limit.
    Clip,
}
seqscope_base::spec::choice!(OutlierRule, OutlierAction);

step_settings! {
    /// Values outside limits are dropped or clipped.
    Outliers {
        /// Rule that tells an outlier.
        rule: OutlierRule = OutlierRule::Iqr, Choice(OutlierRule::VARIANTS.to_vec()), "Rule", "", "Iqr: \
            beyond the quartiles; ZScore: far from the mean; Limits: outside fixed numbers.", "Tukey 1977: the quartiles do not follow the outliers";
        /// Factor of the distance of the quartiles, for `Iqr`.
        iqr_factor: f64 = 1.5, Float { min: 0.0, max: 1_000.0 }, "IQR factor", "", "Iqr allows \
            values this many distances of the quartiles beyond them.", "Tukey 1977: 1.5";
        /// Number of standard deviations, for `ZScore`.
        z_limit: f64 = 3.0, Float { min: 0.0, max: 1_000.0 }, "Limit of z", "", "ZScore allows \
            values this many standard deviations from the mean.", "the three-sigma rule";
        /// Smallest value, for `Limits`.
        low: f64 = 0.0, Float { min: -1e9, max: 1e9 }, "Lowest", "", "The smallest value that \
            Limits allows.", "no amount below none";
        /// Largest value, for `Limits`.
        high: f64 = 1e9, Float { min: -1e9, max: 1e9 }, "Highest", "", "The largest value that \
            Limits allows.", "no limit in practice";
        /// Action taken on an outlier.
        action: OutlierAction = OutlierAction::Drop, Choice(OutlierAction::VARIANTS.to_vec()), "Outliers are", "", "Drop \
            takes the row out; Clip sets its value to the limit.", "nothing is made up";
    }
}

impl CleaningRule for Outliers {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Outliers",
            "Values far from the others are dropped or drawn in to the limit; missing ones \
             stay.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Value],
            is_fitted: self.rule != OutlierRule::Limits,
            is_idempotent: self.rule == OutlierRule::Limits,
            cure: "make its limits wider, or clip instead of dropping",
        }
    }

    fn check(&self) -> Vec<Problem> {
        let is_empty = self.rule == OutlierRule::Limits && self.low > self.high;
        let sentence = format!(
            "the lowest value, {}, is above the highest, {}; exchange them.",
            self.low, self.high
        );
        if is_empty {
            vec![Problem::error("low", sentence)]
        } else {
            Vec::new()
        }
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let (low, high) = self.limits(log);
        // Compared as the column holds them, so that what was clipped to a limit is within it. With
        // nothing to learn from the limits are NaN, and no value is beyond them.
        let (low, high) = (low as f32, high as f32);
        let change = match self.action {
            OutlierAction::Drop => LogChange::Keep(
                log.values()
                    .iter()
                    .map(|value| !(*value < low || *value > high))
                    .collect(),
            ),
            OutlierAction::Clip => LogChange::Values(
                log.values()
                    .iter()
                    .map(|value| match *value {
                        value if value < low => low,
                        value if value > high => high,
                        value => value,
                    })
                    .collect(),
            ),
        };
        let note = if low.is_nan() {
            "no value to learn from".to_owned()
        } else {
            format!("allowed: {low} to {high}")
        };
        Ok(StepOutcome::from(change).with_note(note))
    }
}

impl Outliers {
    /// The smallest and the largest value that is no outlier.
    fn limits(&self, log: &LogView<'_>) -> (f64, f64) {
        let (middle_low, middle_high, reach) = match self.rule {
            OutlierRule::Limits => return (self.low, self.high),
            OutlierRule::Iqr => {
                let values = log.training_values();
                let (q1, q3) = (quantile(&values, 0.25), quantile(&values, 0.75));
                (q1, q3, self.iqr_factor * (q3 - q1))
            }
            OutlierRule::ZScore => {
                let values = log.training_values();
                let mean = mean(&values);
                (mean, mean, self.z_limit * deviation(&values))
            }
        };
        (middle_low - reach, middle_high + reach)
    }
}
