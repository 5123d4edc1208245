//! The log as a step sees it: rows in time order, training values, and what is learnt from them.

use std::cmp::Ordering;

use crate::log::events::Events;
use crate::log::{SplitPart, Vocab};
use crate::value::{TimeFormat, time};
use seqscope_base::spec::Problem;

/// A log, and what a step may learn from.
#[derive(Clone, Copy)]
pub(crate) struct LogView<'a> {
    pub(crate) events: &'a Events,
    /// Second before which rows must lie for a step to be fitted on them; `None` fits on all rows.
    pub(crate) train_before: Option<i64>,
    /// Times are numbers that only order events.
    pub(crate) only_orders: bool,
}

impl<'a> LogView<'a> {
    /// The whole log, without a cut.
    #[cfg(test)]
    pub(super) fn of_events(events: &'a Events) -> Self {
        Self {
            events,
            train_before: None,
            only_orders: false,
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Times in ticks; empty without a time column, which [`super::pipeline`] has refused by then.
    pub(super) fn ticks(&self) -> &'a [i64] {
        self.events.time_ticks.as_deref().unwrap_or(&[])
    }

    /// Values, NaN where missing; empty without a value column, which has been refused by then.
    pub(super) fn values(&self) -> &'a [f32] {
        self.events.value.as_deref().unwrap_or(&[])
    }

    /// A span of seconds in ticks.
    pub(super) fn span(&self, secs: f64) -> i64 {
        // A float beyond i64 becomes its largest, which is longer than any log.
        (secs * self.events.ticks_per_sec.max(1) as f64).round() as i64
    }

    /// A warning where a step counts seconds and the times have no unit.
    pub(super) fn doubtful_seconds(&self, key: &'static str) -> Vec<(&'static str, String)> {
        let sentence = "the times of this log only order events, so a second here is a difference \
                        of 1; say how times are written in `data.time_format`.";
        if self.only_orders {
            vec![(key, sentence.to_owned())]
        } else {
            Vec::new()
        }
    }

    /// Whether something may be learnt from a row.
    pub(super) fn is_training(&self, row: usize) -> bool {
        if let Some(parts) = &self.events.part {
            return parts.get(row) == Some(&SplitPart::Train);
        }
        match (self.train_before, self.ticks().get(row)) {
            (Some(before), Some(ticks)) => {
                ticks.div_euclid(self.events.ticks_per_sec.max(1)) < before
            }
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// Row numbers grouped by user, oldest first (in file order where times are equal or absent),
    /// and where each user starts.
    pub(super) fn rows_in_time(&self) -> (Vec<usize>, Vec<usize>) {
        let by_user = self.events.by_user_in_time();
        (
            by_user.offsets.clone(),
            by_user.rows.iter().map(|&row| row as usize).collect(),
        )
    }

    /// Training values that are not missing, smallest first, so that what is learnt from them does
    /// not depend on the order of rows.
    pub(super) fn training_values(&self) -> Vec<f64> {
        let known = self
            .values()
            .iter()
            .enumerate()
            .filter(|(row, value)| value.is_finite() && self.is_training(*row));
        let mut values: Vec<f64> = known.map(|(_, value)| f64::from(*value)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    /// A moment as a setting writes it, in ticks: a date, seconds since 1970, or, in a log whose
    /// times only order, a number. `None` for an empty text.
    pub(super) fn moment(&self, key: &'static str, text: &str) -> Result<Option<i64>, Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if self.only_orders {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            return number
                .map(|number| Some(self.span(number)))
                .ok_or_else(|| refused_date(key, text));
        }
        let micros = micros(text).ok_or_else(|| no_moment(key, text))?;
        let scaled = i128::from(micros) * i128::from(self.events.ticks_per_sec.max(1));
        let ticks = scaled.div_euclid(i128::from(time::MICROS_PER_SEC));
        Ok(Some(i64::try_from(ticks).unwrap_or(if ticks < 0 {
            i64::MIN
        } else {
            i64::MAX
        })))
    }
}

/// Problem of a date that is written for a log whose times only order events.
fn refused_date(key: &'static str, text: &str) -> Problem {
    let sentence = format!(
        "`{text}` is a date, and the times of this log only order events; write a \
         number, or say how times are written in `data.time_format`."
    );
    Problem::error(key, sentence)
}

/// The problem of a text that is no moment, told before any log is read.
pub(super) fn check_moment(key: &'static str, text: &str) -> Option<Problem> {
    let text = text.trim();
    (!text.is_empty() && micros(text).is_none()).then(|| no_moment(key, text))
}

fn no_moment(key: &'static str, text: &str) -> Problem {
    let sentence = format!(
        "`{text}` is no moment; write a date such as 2024-01-31, or leave it empty for no limit."
    );
    Problem::error(key, sentence)
}

/// A date, or seconds since 1970, in microseconds.
fn micros(text: &str) -> Option<i64> {
    micros_as(text, &TimeFormat::Date).or_else(|| micros_as(text, &TimeFormat::Seconds))
}

/// Reads a moment that is written in one format.
fn micros_as(text: &str, format: &TimeFormat) -> Option<i64> {
    time::read(|| std::iter::once(text), format)
        .ticks
        .into_iter()
        .flatten()
        .next()
}

/// Mean; NaN of no values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of these values themselves (divided by `n`); NaN of no values.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64)
        .sqrt()
}

/// The quantile of sorted values at `share` of the way, linear between neighbours (Hyndman & Fan
/// 1996, type 7, the default of R and `NumPy`); NaN of no values.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1)) as f64 * share;
    let (low, high) = (
        sorted.get(at.floor() as usize),
        sorted.get(at.ceil() as usize),
    );
    match (low, high) {
        (Some(low), Some(high)) => low + (high - low) * at.fract(),
        _ => f64::NAN,
    }
}

/// The most frequent of sorted values, the smallest of several; `None` of no values.
pub(super) fn most_frequent(sorted: &[f64]) -> Option<f64> {
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b) == Ordering::Equal);
    let best = runs.reduce(|best, run| if run.len() > best.len() { run } else { best })?;
    best.first().copied()
}

/// Words of a list that a person wrote with commas.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

/// A warning when a log has no such behaviour: the word may be misspelt.
pub(super) fn unknown_behaviour(word: &str, known: &Vocab) -> Option<String> {
    if known.idx(word).is_some() {
        return None;
    }
    let near = seqscope_base::spec::did_you_mean(word, known.ids());
    let cure = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "the log has {}.",
            known.ids().take(10).collect::<Vec<_>>().join(", ")
        ),
    };
    Some(format!("no event has the behaviour `{word}`: {cure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_numpy() {
        // np.quantile([1, 2, 4, 8], [0, .25, .5, .75, 1]) = [1, 1.75, 3, 5, 8]; np.std = 2.680951.
        let values = [1.0, 2.0, 4.0, 8.0];
        let quartiles: Vec<f64> = [0.0, 0.25, 0.5, 0.75, 1.0]
            .iter()
            .map(|share| quantile(&values, *share))
            .collect();
        assert_eq!(quartiles, [1.0, 1.75, 3.0, 5.0, 8.0]);
        assert_eq!(Some(mean(&values)), Some(3.75));
        assert!((deviation(&values) - 2.680_951).abs() < 1e-6);
        assert_eq!(most_frequent(&[1.0, 2.0, 2.0, 3.0, 3.0]), Some(2.0));
        assert_eq!(
            (
                most_frequent(&[]),
                quantile(&[], 0.5).is_nan(),
                mean(&[]).is_nan()
            ),
            (None, true, true)
        );
    }

    #[test]
    fn moments_are_dates_seconds_or_numbers() {
        let mut events = Events {
            ticks_per_sec: 1_000_000,
            ..Events::default()
        };
        let moment = |events: &Events, only_orders, text: &str| {
            LogView {
                events,
                train_before: None,
                only_orders,
            }
            .moment("from", text)
        };
        assert_eq!(
            moment(&events, false, " 2024-01-31 "),
            Ok(Some(1_706_659_200_000_000))
        );
        assert_eq!(
            moment(&events, false, "1706659200.5"),
            Ok(Some(1_706_659_200_500_000))
        );
        assert_eq!(moment(&events, false, ""), Ok(None));
        assert!(
            moment(&events, false, "soon")
                .unwrap_err()
                .sentence()
                .contains("`soon` is no moment")
        );
        events.ticks_per_sec = 1;
        assert_eq!(
            moment(&events, false, "2024-01-31"),
            Ok(Some(1_706_659_200))
        );
        assert_eq!(moment(&events, true, "12"), Ok(Some(12)));
        assert!(
            moment(&events, true, "2024-01-31")
                .unwrap_err()
                .sentence()
                .contains("only order")
        );
        assert_eq!(
            check_moment("from", "2024-02-31").map(|problem| problem.field),
            Some("from".into())
        );
    }
}
