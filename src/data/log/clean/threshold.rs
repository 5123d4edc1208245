//! Value threshold: from ratings and amounts to implicit feedback.

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

step_settings! {
    /// Events with a small value go.
    Threshold {
        /// Smallest value that is kept.
        at_least: f64 = 4.0, Float { min: -1e9, max: 1e9 }, "At least", "", "Events with this \
            value or a larger one are kept; a missing value is below any.", "Liang et al. 2018: ratings of four or higher of five";
    }
}

impl CleaningRule for Threshold {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Value threshold",
            "Only events with a value of at least so much are kept, as implicit feedback.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Value],
            is_fitted: false,
            is_idempotent: true,
            cure: "lower its threshold",
        }
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        Ok(LogChange::Keep(
            log.values()
                .iter()
                .map(|value| f64::from(*value) >= self.at_least)
                .collect(),
        )
        .into())
    }
}
