//! A sweep as charts show it: an axis a setting, and the best value so far by what it had cost.

use super::{SweepPlan, SweepState, TrialProgress};
use crate::experiment::SweptValues;
use seqscope_base::spec::Entry as _;

/// A setting of a sweep, or its metric, as the axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepAxis {
    /// Path of the setting, or title of the metric.
    pub title: String,
    /// Place of each trial between 0 and 1; NaN where it has none. `[n_trials]`
    pub places: Vec<f64>,
    /// Marks of the axis, from its lower end to its upper.
    pub marks: Vec<SweepTick>,
}

/// A mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepTick {
    /// Place between 0 and 1.
    pub place: f64,
    /// What stands there.
    pub words: String,
}

impl SweepAxis {
    /// The settings in their order, then the validation metric: a range that was drawn by orders of
    /// magnitude lies by them, single values evenly and in order of size.
    #[must_use]
    pub fn of(plan: &SweepPlan, state: &SweepState) -> Vec<Self> {
        let settings = plan
            .experiment
            .sweep
            .iter()
            .flat_map(|sweep| &sweep.settings);
        let mut axes: Vec<Self> = settings
            .enumerate()
            .map(|(at, setting)| {
                let values: Vec<&str> = state
                    .trials
                    .iter()
                    .map(|of| of.trial.values.get(at).map_or("", String::as_str))
                    .collect();
                match &setting.to {
                    SweptValues::Among(_) => Self::of_words(&setting.set, &values),
                    SweptValues::LogUniform { .. } => {
                        Self::of_numbers(&setting.set, &numbers(&values), true)
                    }
                    SweptValues::Uniform { .. } | SweptValues::Whole { .. } => {
                        Self::of_numbers(&setting.set, &numbers(&values), false)
                    }
                }
            })
            .collect();
        let scores: Vec<f64> = state
            .trials
            .iter()
            .map(|of| score(plan, state, of))
            .collect();
        axes.push(Self::of_numbers(state.metric.title(), &scores, false));
        axes
    }

    fn of_words(title: &str, values: &[&str]) -> Self {
        let mut known: Vec<&str> = values.to_vec();
        known.sort_by(|a, b| {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            number(a).total_cmp(&number(b)).then(a.cmp(b))
        });
        known.dedup();
        let place = |at: usize| (at as f64 + 0.5) / known.len().max(1) as f64;
        let of = |value: &&str| known.iter().position(|word| word == value);
        Self {
            title: title.to_owned(),
            places: values
                .iter()
                .map(|value| of(value).map_or(f64::NAN, place))
                .collect(),
            marks: known
                .iter()
                .enumerate()
                .map(|(at, word)| SweepTick {
                    place: place(at),
                    words: (*word).to_owned(),
                })
                .collect(),
        }
    }

    fn of_numbers(title: &str, values: &[f64], is_log: bool) -> Self {
        let scale = |value: f64| if is_log { value.ln() } else { value };
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let [low, high] = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        });
        if low > high {
            return Self {
                title: title.to_owned(),
                places: vec![f64::NAN; values.len()],
                marks: Vec::new(),
            };
        }
        let span = scale(high) - scale(low);
        let place = |value: f64| {
            if span > 0.0 {
                (scale(value) - scale(low)) / span
            } else {
                0.5
            }
        };
        let middle = if is_log {
            (low * high).sqrt()
        } else {
            f64::midpoint(low, high)
        };
        let ends = if span > 0.0 {
            vec![low, middle, high]
        } else {
            vec![low]
        };
        Self {
            title: title.to_owned(),
            places: values.iter().map(|value| place(*value)).collect(),
            marks: ends
                .into_iter()
                .map(|value| SweepTick {
                    place: place(value),
                    words: short(value),
                })
                .collect(),
        }
    }
}

/// The best validation value so far, after each trial in the order of their numbers, by the epochs that
/// all until then had cost: `[epochs, value]`. Trials that were dropped count their cost, and their
/// value as far as they came.
#[must_use]
pub fn best_so_far(plan: &SweepPlan, state: &SweepState) -> Vec<[f64; 2]> {
    let (mut cost, mut best) = (0.0, f64::NAN);
    let mut curve = Vec::new();
    for of in &state.trials {
        let score = score(plan, state, of);
        cost += of.epochs() as f64;
        if score.is_finite() {
            if state.metric.is_better(score, best) {
                best = score;
            }
            curve.push([cost, best]);
        }
    }
    curve
}

fn score(plan: &SweepPlan, state: &SweepState, of: &TrialProgress) -> f64 {
    of.score_until(
        plan.experiment.training.epochs,
        plan.n_seeds(),
        state.metric,
    )
}

fn numbers(values: &[&str]) -> Vec<f64> {
    let parsed = values.iter().map(|text| text.parse().unwrap_or(f64::NAN));
    parsed.collect()
}

/// Three digits, without zeros at the end.
fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_between_the_ends_and_by_orders_of_magnitude() {
        let axis = SweepAxis::of_numbers("lr", &[0.001, 0.1, 0.01, f64::NAN], true);
        let rounded: Vec<f64> = axis
            .places
            .iter()
            .map(|p| (p * 1e9).round() / 1e9)
            .collect();
        assert_eq!(rounded[..3], [0.0, 1.0, 0.5]);
        assert!(rounded[3].is_nan());
        let marks: Vec<&str> = axis.marks.iter().map(|mark| mark.words.as_str()).collect();
        assert_eq!(marks, ["0.001", "0.01", "0.1"]);
        let one = SweepAxis::of_numbers("lr", &[2.0, 2.0], false);
        assert_eq!((one.places, one.marks.len()), (vec![0.5, 0.5], 1));
        assert!(
            SweepAxis::of_numbers("x", &[f64::NAN], false)
                .marks
                .is_empty()
        );
    }

    #[test]
    fn single_values_stand_in_order_of_size() {
        let axis = SweepAxis::of_words("width", &["32", "8", "16", "8"]);
        let marks: Vec<&str> = axis.marks.iter().map(|mark| mark.words.as_str()).collect();
        assert_eq!(marks, ["8", "16", "32"]);
        assert_eq!(axis.places, [2.5 / 3.0, 0.5 / 3.0, 0.5, 0.5 / 3.0]);
    }
}
