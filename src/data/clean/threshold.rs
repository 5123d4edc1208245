//! Value threshold: from ratings and amounts to implicit feedback.

use super::change::{Change, Outcome};
use super::step::{About, Step, step_settings};
use super::view::View;
use crate::data::Role;
use crate::spec::Problem;

step_settings! {
    /// Events with a small value go.
    Threshold {
        /// Smallest value that is kept.
        at_least: f64 = 4.0, Float { min: -1e9, max: 1e9 }, "At least", "", "Events with this \
            value or a larger one are kept; a missing value is below any.", "Liang et al. 2018: ratings of four or higher of five";
    }
}

impl Step for Threshold {
    fn about(&self) -> About {
        About {
            title: "Value threshold",
            help: "Only events with a value of at least so much are kept, as implicit feedback.",
            needs: &[Role::Value],
            is_fitted: false,
            is_idempotent: true,
            cure: "lower its threshold",
        }
    }

    fn outcome(&self, log: &View<'_>) -> Result<Outcome, Problem> {
        Ok(Change::Keep(
            log.values()
                .iter()
                .map(|value| f64::from(*value) >= self.at_least)
                .collect(),
        )
        .into())
    }
}
