//! A computed feature in a few numbers, to be looked at.

use super::spec::{Feature, FeatureValues};

/// Summary of the values of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSummary {
    /// The column, or the feature where it has many.
    pub name: String,
    /// Unit; empty when it has none.
    pub unit: &'static str,
    /// How many columns are taken together.
    pub n_columns: usize,
    /// Smallest value; NaN when all are missing.
    pub min: f64,
    /// Mean of those that are there; NaN for an index, whose numbers are names.
    pub mean: f64,
    /// Largest value.
    pub max: f64,
    /// Share of events without a value (of an index: 0).
    pub share_missing: f64,
}

/// Most columns of a feature that are told one by one.
const ONE_BY_ONE: usize = 4;

impl Feature {
    /// The feature in a few numbers: a line for each column, or one for all of many.
    #[must_use]
    pub fn summary(&self) -> Vec<FeatureSummary> {
        let summary = |name: &str, n_columns, values: &mut dyn Iterator<Item = f64>| {
            let (mut n, mut n_missing, mut sum) = (0_usize, 0_usize, 0.0);
            let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
            for value in values {
                n += 1;
                if value.is_nan() {
                    n_missing += 1;
                } else {
                    (min, max, sum) = (min.min(value), max.max(value), sum + value);
                }
            }
            let there = |value: f64| if n > n_missing { value } else { f64::NAN };
            let mean = there(sum / (n - n_missing).max(1) as f64);
            let share_missing = n_missing as f64 / n.max(1) as f64;
            FeatureSummary {
                name: name.to_owned(),
                unit: self.unit,
                n_columns,
                min: there(min),
                mean,
                max: there(max),
                share_missing,
            }
        };
        match &self.values {
            FeatureValues::Index { idx, .. } => {
                let mut values = idx
                    .iter()
                    .map(|&idx| if idx == 0 { f64::NAN } else { f64::from(idx) });
                vec![FeatureSummary {
                    mean: f64::NAN,
                    ..summary(&self.name, 1, &mut values)
                }]
            }
            FeatureValues::Real { width, values } if *width <= ONE_BY_ONE => {
                let column = |at: usize| {
                    values
                        .iter()
                        .skip(at)
                        .step_by((*width).max(1))
                        .map(|&value| f64::from(value))
                };
                self.columns
                    .iter()
                    .enumerate()
                    .map(|(at, name)| summary(name, 1, &mut column(at)))
                    .collect()
            }
            FeatureValues::Real { width, values } => {
                vec![summary(
                    &self.name,
                    *width,
                    &mut values.iter().map(|&value| f64::from(value)),
                )]
            }
        }
    }
}
