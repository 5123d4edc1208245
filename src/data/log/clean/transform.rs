//! Transforms: values on another scale.

use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::change::{LogChange, StepOutcome};
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, deviation, mean, quantile};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

/// The other scale.
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
pub enum ValueScale {
    /// `ln(1 + x)`.
    Log1p,
    /// `e^x`.
    Exp,
    /// `(x − mean) / standard deviation`.
    ZScore,
    /// `(x − smallest) / (largest − smallest)`.
    MinMax,
    /// `(x − median) / (third quartile − first quartile)`.
    Robust,
}
seqscope_base::spec::choice!(ValueScale);

step_settings! {
    /// Values are brought to another scale.
    Transform {
        /// The other scale.
        scale: ValueScale = ValueScale::Log1p, Choice(ValueScale::VARIANTS.to_vec()), "Scale", "", "Log1p: \
            ln(1 + x); Exp: e to the x; ZScore: mean 0, deviation 1; MinMax: 0 to 1; Robust: \
            median 0, quartiles 1 apart.", "amounts and dwell times have a long tail";
    }
}

impl CleaningRule for Transform {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Scale values",
            "Values are brought to another scale: logarithm, exponential, z-score, min–max \
             or robust.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        StepFacts {
            needs: &[Role::Value],
            is_fitted: !matches!(self.scale, ValueScale::Log1p | ValueScale::Exp),
            is_idempotent: false,
            cure: "switch it off",
        }
    }

    /// Rescales the values. A value without a finite one on the new scale (the logarithm of −2,
    /// e^1000) becomes missing.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let (shift, unit) = match self.scale {
            ValueScale::Log1p | ValueScale::Exp => (0.0, 1.0),
            scale => fit(scale, &log.training_values()).ok_or_else(|| {
                let sentence = "all values to learn the scale from are missing; choose Log1p or \
                                Exp, or another column in `data.roles.value`.";
                Problem::error("scale", sentence)
            })?,
        };
        let mut lost = 0;
        let values =
            log.values()
                .iter()
                .map(|&value| match scaled(self.scale, value, shift, unit) {
                    changed if changed.is_finite() => changed,
                    _ => {
                        lost += usize::from(!value.is_nan());
                        f32::NAN
                    }
                });
        let change = LogChange::Values(values.collect());
        let fitted = match self.scale {
            ValueScale::Log1p | ValueScale::Exp => String::new(),
            _ => format!("(x − {}) / {}; ", shift as f32, unit as f32),
        };
        Ok(StepOutcome::from(change)
            .with_note(format!("{fitted}without a value on the new scale: {lost}")))
    }
}

/// Puts a value on another scale.
fn scaled(scale: ValueScale, value: f32, shift: f64, unit: f64) -> f32 {
    match scale {
        ValueScale::Log1p => f64::from(value).ln_1p() as f32,
        ValueScale::Exp => f64::from(value).exp() as f32,
        _ => ((f64::from(value) - shift) / unit) as f32,
    }
}

/// Subtrahend and divisor; `None` for no values. Values that are all alike are divided by 1, and so
/// become 0 (as scikit-learn does).
fn fit(scale: ValueScale, sorted: &[f64]) -> Option<(f64, f64)> {
    let (&smallest, &largest) = (sorted.first()?, sorted.last()?);
    // Asked first, since the mean of equal numbers may differ from them by a rounding.
    if smallest.total_cmp(&largest).is_eq() {
        return Some((smallest, 1.0));
    }
    let (shift, unit) = match scale {
        ValueScale::MinMax => (smallest, largest - smallest),
        ValueScale::Robust => (
            quantile(sorted, 0.5),
            quantile(sorted, 0.75) - quantile(sorted, 0.25),
        ),
        _ => (mean(sorted), deviation(sorted)),
    };
    Some((shift, if unit > 0.0 { unit } else { 1.0 }))
}
