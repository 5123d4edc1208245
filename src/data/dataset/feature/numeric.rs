//! A free column of numbers, as it is or standardised.

use super::spec::{ColumnFit, Computable, Feature, feature_settings};
use super::view::DatasetView;
use crate::log::{ColumnKind, FreeValues};
use seqscope_base::spec::{EntryWords, Problem};

/// The name by which the column with the role of the value is meant.
pub(super) const VALUE: &str = "value";

feature_settings! {
    /// A free column of numbers.
    Numeric {
        /// The free column.
        column: String = String::new(), Text, "Column", "", "A free column of numbers; `items.` or \
            `users.` before it names one of a joined table, and `value` the log's value.", "none is guessed";
        /// Whether the training mean is taken away and the training deviation divided by.
        standardise: bool = true, Bool, "Standardise", "", "(number − mean) / deviation, both of \
            the training events that have a number.", "z-scores; models learn best from numbers near 0 (LeCun et al. 1998)";
    }
}

impl Computable for Numeric {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Number",
            "The numbers of a column; standardised, they are deviations from the mean of the \
             training events.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], in the column's unit, or in training deviations"
    }

    fn column(&self) -> Option<(&str, &'static [ColumnKind])> {
        Some((&self.column, &[ColumnKind::Numeric]))
    }

    fn is_own_name(&self, log: &DatasetView<'_>) -> bool {
        let has_own = log
            .sequences()
            .free
            .iter()
            .any(|column| column.name == VALUE);
        self.column == VALUE && log.sequences().value.is_some() && !has_own
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let values: Vec<f32> = if self.is_own_name(log) {
            log.sequences().value.clone().unwrap_or_default()
        } else {
            let column = log
                .column(&self.column, &[ColumnKind::Numeric])
                .map_err(|s| Problem::error("column", s))?;
            let FreeValues::Numeric(numbers) = column.values else {
                return Ok(Feature::real(&*self.column, "", Vec::new()));
            };
            (0..log.n_events())
                .map(|event| numbers.get(column.row(event)).copied().unwrap_or(f32::NAN))
                .collect()
        };
        if !self.standardise {
            return Ok(Feature::real(&*self.column, "", values));
        }
        let known = values
            .iter()
            .enumerate()
            .filter(|(at, value)| value.is_finite() && log.is_training(*at));
        let training: Vec<f64> = known.map(|(_, value)| f64::from(*value)).collect();
        let n = training.len();
        let mean = if n > 0 {
            training.iter().sum::<f64>() / n as f64
        } else {
            0.0
        };
        let variance = training
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / n.max(1) as f64;
        // A column of one number has nothing to be divided by.
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let fit = ColumnFit {
            mean,
            divisor: deviation,
            factor: 1.0,
        };
        let note = format!("mean {mean:.6}, deviation {deviation:.6} of {n} training events");
        Ok(Feature::real(&*self.column, "deviations", values)
            .fitted(vec![fit])
            .with_note(note))
    }
}
