//! Missing values: dropped, or filled with what the others tell.

use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::change::{LogChange, StepOutcome};
use super::learned_fill::filled_by_denoiser;
use super::step::{CleaningRule, StepFacts, step_settings};
use super::view::{LogView, mean, most_frequent, quantile};
use crate::log::Role;
use seqscope_base::spec::{EntryWords, Problem};

/// Replacement for a missing value.
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
pub enum Fill {
    /// Nothing: the row is dropped.
    Drop,
    /// The mean of the known values.
    Mean,
    /// Their median.
    Median,
    /// The most frequent of them, the smallest of several.
    MostFrequent,
    /// A fixed number.
    Constant,
    /// The line between the neighbours in the user's own time.
    Interpolate,
    /// Estimate of a denoising autoencoder from the row's other numeric columns, which it fills
    /// too.
    Autoencoder,
}
seqscope_base::spec::choice!(Fill);

step_settings! {
    /// Rows without a value are dropped or filled.
    MissingValues {
        /// Replacement for missing values.
        fill: Fill = Fill::Drop, Choice(Fill::VARIANTS.to_vec()), "Missing values become", "", "Drop \
            takes the row out; Interpolate draws the line between the user's values before and \
            after; Autoencoder learns to tell a value from the row's other numeric columns \
            (Vincent et al. 2008), and fills those too.", "nothing is made up";
        /// The number that `Constant` fills in.
        constant: f64 = 0.0, Float { min: -1e9, max: 1e9 }, "Constant", "", "The number that \
            Constant fills in.", "no amount";
    }
}

impl CleaningRule for MissingValues {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Missing values",
            "Rows without a value are dropped, or filled with a mean, a constant, the line \
             between neighbours or what the other columns tell.",
            "",
        )
    }

    fn facts(&self) -> StepFacts {
        let needs: &[Role] = if self.fill == Fill::Interpolate {
            &[Role::Value, Role::Time]
        } else {
            &[Role::Value]
        };
        StepFacts {
            needs,
            is_fitted: !matches!(self.fill, Fill::Drop | Fill::Constant),
            is_idempotent: true,
            cure: "fill the missing values, or check `data.roles.value`",
        }
    }

    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem> {
        let filled = match self.fill {
            Fill::Drop => {
                return Ok(LogChange::Keep(
                    log.values().iter().map(|value| !value.is_nan()).collect(),
                )
                .into());
            }
            Fill::Interpolate => return Ok(interpolated(log)),
            Fill::Autoencoder => {
                return filled_by_denoiser(log).ok_or_else(|| self.nothing_known());
            }
            Fill::Constant => self.constant,
            Fill::Mean | Fill::Median | Fill::MostFrequent => {
                let known = log.training_values();
                let fit = match self.fill {
                    Fill::Mean => Some(mean(&known)),
                    Fill::Median => Some(quantile(&known, 0.5)),
                    _ => most_frequent(&known),
                };
                fit.filter(|fit| fit.is_finite())
                    .ok_or_else(|| self.nothing_known())?
            }
        };
        let filled = filled as f32;
        let values = log.values().iter();
        let values = values.map(|value| if value.is_nan() { filled } else { *value });
        let note = format!("filled with {filled}");
        Ok(StepOutcome::from(LogChange::Values(values.collect())).with_note(note))
    }
}

impl MissingValues {
    fn nothing_known(&self) -> Problem {
        let sentence = format!(
            "all values to learn from are missing, so they have no {}; choose Drop or Constant, or \
             another column in `data.roles.value`.",
            match self.fill {
                Fill::Mean => "mean",
                Fill::Median => "median",
                Fill::Autoencoder => "other columns that would tell them",
                _ => "most frequent one",
            }
        );
        Problem::error("fill", sentence)
    }
}

/// Each missing value on the line, in time, between the user's known values before and after it;
/// before the first and after the last the nearest one.
///
/// A value after the cut is later than what a model may know, so it is never drawn upon; there, and
/// for rows after the cut, the last known value is carried on.
fn interpolated(log: &LogView<'_>) -> StepOutcome {
    let (values, times) = (log.values(), log.ticks());
    let mut filled = values.to_vec();
    let (offsets, rows) = log.rows_in_time();
    for bounds in offsets.windows(2) {
        let of_user = &rows[bounds[0]..bounds[1]];
        let after = next_known(log, of_user);
        let mut before: Option<usize> = None;
        for (&row, after) in of_user.iter().zip(after) {
            if !values[row].is_nan() {
                before = Some(row);
                continue;
            }
            filled[row] = match (before, after) {
                (Some(before), Some(after)) => {
                    let [before, after] = [before, after].map(|row| KnownValue {
                        time: times[row],
                        value: values[row],
                    });
                    between(before, after, times[row])
                }
                (Some(known), None) | (None, Some(known)) => values[known],
                (None, None) => f32::NAN,
            };
        }
    }
    let left = filled.iter().filter(|value| value.is_nan()).count();
    StepOutcome::from(LogChange::Values(filled))
        .with_note(format!("still missing, for want of a known value: {left}"))
}

/// For each of a user's rows the next one with a value that may be learnt from.
fn next_known(log: &LogView<'_>, of_user: &[usize]) -> Vec<Option<usize>> {
    let mut next = vec![None; of_user.len()];
    let mut known = None;
    for (slot, &row) in next.iter_mut().zip(of_user).rev() {
        *slot = known;
        if log.values().get(row).is_some_and(|value| !value.is_nan()) {
            known = Some(row).filter(|&row| log.is_training(row));
        }
    }
    next
}

/// A value that is known, and its time.
#[derive(Clone, Copy)]
struct KnownValue {
    time: i64,
    value: f32,
}

/// The value at a time on the line between two known ones.
fn between(before: KnownValue, after: KnownValue, time: i64) -> f32 {
    let span = after.time.saturating_sub(before.time) as f64;
    let gone = time.saturating_sub(before.time) as f64;
    if span <= 0.0 {
        return before.value;
    }
    let rise = f64::from(after.value) - f64::from(before.value);
    (f64::from(before.value) + rise * gone / span) as f32
}
