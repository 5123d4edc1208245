//! Smoothing: a value takes part of those before it, along each user's time.

use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

/// How values are evened out.
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
pub enum SmoothMethod {
    /// The mean of the last few values.
    MovingAverage,
    /// A running mean that forgets.
    Exponential,
}
seqscope_base::spec::choice!(SmoothMethod);

step_settings! {
    /// Values are evened out along each user's time.
    Smooth {
        /// How.
        method: SmoothMethod = SmoothMethod::MovingAverage, Choice(SmoothMethod::VARIANTS.to_vec()), "Method", "", "MovingAverage: \
            the mean of the last few; Exponential: a running mean that forgets.", "the simpler one";
        /// Number of values of a moving average, the present one included.
        window: usize = 3, Int { min: 1, max: 1_000 }, "Window", "values", "Known values of a \
            moving average, the present one included.", "the shortest that smooths on both sides of a turn";
        /// Share of the present value in the exponential mean.
        alpha: f64 = 0.5, Float { min: 0.0, max: 1.0 }, "Alpha", "", "Share of the present value \
            in the exponential mean; 1 changes nothing.", "Brown 1956: between 0 and 1, half as a beginning";
    }
}

impl CleaningRule for Smooth {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Smoothing",
            "Values are evened out along each user's time, with what came before and never \
             with what comes after.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Value, Role::Time],
            is_fitted: false,
            is_idempotent: false,
            cure: "switch it off",
        }
    }

    /// Missing values stay missing and count for nothing. Both methods look back only: a centred
    /// mean would carry the future into the past.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let values = log.values();
        let mut smoothed = values.to_vec();
        let (offsets, rows) = log.rows_in_time();
        let mut known = Vec::new();
        for bounds in offsets.windows(2) {
            known.clear();
            let mut running = f64::NAN;
            for &row in rows[bounds[0]..bounds[1]]
                .iter()
                .filter(|&&row| !values[row].is_nan())
            {
                let value = f64::from(values[row]);
                known.push(value);
                // Brown 1956: s_t = α x_t + (1 − α) s_(t−1), and s_1 = x_1.
                running = if running.is_nan() {
                    value
                } else {
                    self.alpha * value + (1.0 - self.alpha) * running
                };
                smoothed[row] = match self.method {
                    SmoothMethod::Exponential => running as f32,
                    SmoothMethod::MovingAverage => {
                        let last = &known[known.len().saturating_sub(self.window.max(1))..];
                        (last.iter().sum::<f64>() / last.len() as f64) as f32
                    }
                };
            }
        }
        Ok(LogChange::Values(smoothed).into())
    }
}
