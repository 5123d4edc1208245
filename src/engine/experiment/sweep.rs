//! A sweep: which settings are tried, by which method, with how many seeds.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Experiment, ExperimentError};
use seqscope_base::spec::Problem;

/// Most trials of one sweep: beyond it a table of them says nothing to a person, and schedulers
/// refuse the array.
const MAX_TRIALS: usize = 10_000;

/// Most seeds of a trial.
const MAX_SEEDS: usize = 100;

/// Settings that are tried, and how.
///
/// Every trial is one choice of values; each is trained once a seed, with the same
/// `training.epochs` and `training.patience`, so that all have the same budget. Trials are judged on
/// validation alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepSpec {
    /// Method by which values are chosen, and trials given up early.
    #[serde(default)]
    pub method: SweepMethod,
    /// The settings, in the order in which they are set.
    pub settings: Vec<SweptSetting>,
    /// Runs of each trial, of as many seeds: `seed`, `seed + 1`, and so on.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub seeds: usize,
}

fn one() -> usize {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a reference to what it asks"
)]
fn is_one(seeds: &usize) -> bool {
    *seeds == 1
}

/// Method of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum SweepMethod {
    /// Every combination of the values, the last setting changing fastest.
    #[default]
    Grid,
    /// Values drawn for each trial: Bergstra & Bengio 2012, "Random Search for Hyper-Parameter
    /// Optimization".
    Random {
        /// Number of trials.
        trials: usize,
    },
    /// Values drawn for each trial; all train a few epochs, the best of them go on to more.
    ///
    /// # Source
    /// Successive halving: Jamieson & Talwalkar 2016, "Non-stochastic Best Arm Identification and
    /// Hyperparameter Optimization", algorithm 1, with the rungs of Li et al. 2020 ("A System for
    /// Massively Parallel Hyperparameter Tuning"): rung k is `least_epochs · eta^k` epochs, and of
    /// n trials in it the best ⌊n / eta⌋ go on. A rung is decided once all its trials are in it, not
    /// as they come (ASHA): the same trials then go on whoever trains them and in whichever order.
    Halving {
        /// Number of trials in the first rung.
        trials: usize,
        /// One of so many trials goes on from a rung.
        #[serde(default = "eta")]
        eta: usize,
        /// Epochs of the first rung.
        #[serde(default = "one")]
        least_epochs: usize,
    },
}

fn eta() -> usize {
    4
}

/// A setting that is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweptSetting {
    /// Its dotted path, as in `--set`: `training.lr`.
    pub set: String,
    /// Values that it takes.
    pub to: SweptValues,
}

/// Values that a setting takes in a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SweptValues {
    /// One of these.
    Among(Vec<SweptValue>),
    /// A number, all between two bounds alike.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A number, all orders of magnitude between two bounds alike.
    LogUniform {
        /// Lower bound, above 0.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A whole number, all between two bounds alike, the bounds too.
    Whole {
        /// Smallest.
        low: i64,
        /// Largest.
        high: i64,
    },
}

/// A value as it would be written after `--set`; in a file a number, `true`, `false` or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptValue(pub String);

impl fmt::Display for SweptValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SweptValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (
            self.0.parse::<i64>(),
            self.0.parse::<f64>(),
            self.0.parse::<bool>(),
        ) {
            (Ok(whole), ..) => to.serialize_i64(whole),
            (_, Ok(number), _) if number.is_finite() => to.serialize_f64(number),
            (.., Ok(truth)) => to.serialize_bool(truth),
            _ => to.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for SweptValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

/// Reads whatever one value may be.
struct ValueVisitor;

impl de::Visitor<'_> for ValueVisitor {
    type Value = SweptValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, true, false or a text in double quotes")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_string()))
    }

    // In its own digits: 0.1 read as a short float and widened would be 0.10000000149011612.
    fn visit_f32<E: de::Error>(self, value: f32) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<SweptValue, E> {
        Ok(SweptValue(value.to_owned()))
    }
}

impl SweptValues {
    /// Values at the ends of what may come: all of a list, both bounds of a range.
    fn ends(&self) -> Vec<String> {
        match self {
            Self::Among(values) => values.iter().map(ToString::to_string).collect(),
            Self::Uniform { low, high } | Self::LogUniform { low, high } => {
                vec![low.to_string(), high.to_string()]
            }
            Self::Whole { low, high } => vec![low.to_string(), high.to_string()],
        }
    }

    /// Why nothing can be drawn.
    fn problem(&self, is_grid: bool) -> Option<String> {
        if is_grid && !matches!(self, Self::Among(_)) {
            return Some(
                "A grid needs a list, `Among([..])`; a range is for `Random` and `Halving`."
                    .to_owned(),
            );
        }
        match self {
            Self::Among(values) if values.is_empty() => {
                Some("No value to try; write at least one, such as `Among([16, 32])`.".to_owned())
            }
            Self::Among(values) => {
                let twice = repeated(values.iter().map(|value| value.0.as_str()))?;
                Some(format!(
                    "`{twice}` is listed twice; keep one, or the trial is counted twice."
                ))
            }
            Self::LogUniform { low, .. } if *low <= 0.0 => Some(format!(
                "The lower bound {low} has no order of magnitude; choose one above 0, or write \
                 `Uniform`."
            )),
            Self::Uniform { low, high } | Self::LogUniform { low, high } => {
                let is_range = low.is_finite() && high.is_finite() && low < high;
                (!is_range).then(|| wrong_order(low, high))
            }
            Self::Whole { low, high } => (low >= high).then(|| wrong_order(low, high)),
        }
    }
}

fn wrong_order(low: &impl fmt::Display, high: &impl fmt::Display) -> String {
    format!(
        "The lower bound {low} is not below the upper bound {high}; swap them, or write \
         `Among([..])` for single values."
    )
}

/// The first text that comes a second time.
fn repeated<'a>(texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    texts.into_iter().find(|text| !seen.insert(*text))
}

impl SweepSpec {
    /// Number of trials.
    ///
    /// # Errors
    /// A sentence with the cure where there is none, or more than a sweep may have.
    pub fn n_trials(&self) -> Result<usize, String> {
        let n = match self.method {
            SweepMethod::Grid => self.settings.iter().try_fold(1_usize, |n, setting| {
                let SweptValues::Among(values) = &setting.to else {
                    return Some(n);
                };
                n.checked_mul(values.len())
            }),
            SweepMethod::Random { trials } | SweepMethod::Halving { trials, .. } => Some(trials),
        };
        match n {
            // An empty list is told at its own field.
            Some(0) if self.method == SweepMethod::Grid => Ok(0),
            Some(0) => Err("There is no trial; ask for at least one.".to_owned()),
            Some(n) if n <= MAX_TRIALS => Ok(n),
            _ => Err(format!(
                "That is {} trials, and a sweep has at most {MAX_TRIALS}; try fewer values, or \
                 draw some of them with `method: Random(trials: 60)`.",
                n.map_or_else(|| "far too many".to_owned(), |n| n.to_string())
            )),
        }
    }

    /// Problems of the sweep of an experiment, each at its field below `sweep`.
    pub(super) fn check(&self, experiment: &Experiment) -> Vec<Problem> {
        let mut problems = self.check_method(experiment);
        if self.settings.is_empty() {
            let sentence = "No setting is tried; name one, such as `(set: \"training.lr\", to: \
                            Among([0.001, 0.003]))`.";
            problems.push(Problem::error("settings", sentence));
        }
        if self.seeds == 0 || self.seeds > MAX_SEEDS {
            let sentence = format!(
                "Seeds a trial is {}; choose a whole number from 1 to {MAX_SEEDS}.",
                self.seeds
            );
            problems.push(Problem::error("seeds", sentence));
        }
        if let Some(twice) = repeated(self.settings.iter().map(|setting| setting.set.as_str())) {
            let sentence = format!("`{twice}` is tried twice; keep one of the two.");
            problems.push(Problem::error("settings", sentence));
        }
        if experiment.fine_tune.is_some() {
            let sentence = "A sweep picks by validation, which lies before the feedback that \
                            fine-tuning learns from; leave `fine_tune` or `sweep` out.";
            problems.push(Problem::error("", sentence));
        }
        let is_grid = self.method == SweepMethod::Grid;
        let mut trial = Experiment {
            sweep: None,
            ..experiment.clone()
        };
        for (place, setting) in self.settings.iter().enumerate() {
            let field = |name: &str| format!("settings[{place}].{name}");
            if let Some(sentence) = self.refused(&setting.set) {
                problems.push(Problem::error(field("set"), sentence));
                continue;
            }
            if let Some(sentence) = setting.to.problem(is_grid) {
                problems.push(Problem::error(field("to"), sentence));
                continue;
            }
            for end in setting.to.ends() {
                if let Err(error) = trial.set(&setting.set, &end) {
                    problems.push(Problem::error(field("set"), sentence_of(&error)));
                    break;
                }
            }
        }
        problems
            .into_iter()
            .map(|problem| problem.under("sweep"))
            .collect()
    }

    fn check_method(&self, experiment: &Experiment) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Err(sentence) = self.n_trials() {
            problems.push(Problem::error("method", sentence));
        }
        if let SweepMethod::Halving {
            eta, least_epochs, ..
        } = self.method
        {
            if eta < 2 {
                let sentence = format!("Eta is {eta}; choose at least 2, so that a rung halves.");
                problems.push(Problem::error("method", sentence));
            }
            let epochs = experiment.training.epochs;
            if least_epochs == 0 || least_epochs >= epochs {
                let sentence = format!(
                    "The first rung has {least_epochs} epochs, and the whole training {epochs}; choose \
                     at least 1 and fewer than those, or `Random`."
                );
                problems.push(Problem::error("method", sentence));
            }
        }
        problems
    }

    /// Why a setting cannot be tried, though it can be set.
    fn refused(&self, path: &str) -> Option<String> {
        let is_halving = matches!(self.method, SweepMethod::Halving { .. });
        match path.trim() {
            "seed" => Some(
                "The seed is no choice to be picked by its luck; write `seeds: 3` for several of \
                 each trial."
                    .to_owned(),
            ),
            "name" | "version" | "sweep" | "fine_tune" => Some(format!(
                "`{path}` changes nothing that is learnt; choose another setting."
            )),
            "training.epochs" if is_halving => Some(
                "`training.epochs` is what halving gives out; leave it out of the sweep."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// A sentence that ends like one.
fn sentence_of(error: &ExperimentError) -> String {
    let sentence = error.to_string();
    if sentence.ends_with(['.', '?']) {
        return sentence;
    }
    format!("{sentence}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_sweep(sweep: &str) -> Result<Experiment, ExperimentError> {
        Experiment::parse(&format!(
            "(version: 1, name: \"a\", training: (epochs: 9), sweep: {sweep})"
        ))
    }

    fn told(sweep: &str) -> Vec<String> {
        let experiment = with_sweep(sweep).unwrap();
        let problems = experiment.check_settings();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sweep_is_read_and_written_back_as_it_was() {
        let experiment = with_sweep(
            "(method: Halving(trials: 12, eta: 3), settings: [(set: \"training.lr\", to: \
             LogUniform(low: 1e-4, high: 0.01)), (set: \"model.d_model\", to: Among([16, 32])), \
             (set: \"training.lr_decay\", to: Among([\"None\", \"Cosine\"])), (set: \
             \"model.dropout\", to: Among([0.1, 0.25, 0]))], seeds: 2)",
        )
        .unwrap();
        let sweep = experiment.sweep.clone().unwrap();
        let SweptValues::Among(values) = &sweep.settings[3].to else {
            panic!()
        };
        assert_eq!(
            values.iter().map(|v| v.0.as_str()).collect::<Vec<_>>(),
            ["0.1", "0.25", "0"],
            "numbers keep their digits"
        );
        assert_eq!(sweep.n_trials(), Ok(12));
        assert_eq!(
            sweep.method,
            SweepMethod::Halving {
                trials: 12,
                eta: 3,
                least_epochs: 1
            }
        );
        let again = Experiment::parse(&experiment.to_text().unwrap()).unwrap();
        assert_eq!(again, experiment);
        assert!(experiment.check_settings().is_empty());
    }

    #[test]
    fn an_experiment_without_a_sweep_says_nothing_of_one() {
        assert!(!Experiment::default().to_text().unwrap().contains("sweep"));
    }

    #[test]
    fn what_cannot_be_tried_gets_one_sentence_at_its_field() {
        let one = |sweep: &str| {
            let told = told(sweep);
            assert_eq!(told.len(), 1, "{told:?}");
            told[0].clone()
        };
        assert_eq!(
            one("(settings: [(set: \"training.lrr\", to: Among([1]))])"),
            "sweep.settings[0].set: `training.lrr` is not a setting here; did you mean `training.lr`?"
        );
        assert!(
            one("(settings: [(set: \"training.lr\", to: Among([]))])")
                .starts_with("sweep.settings[0].to: No value")
        );
        assert!(one("(settings: [])").contains("No setting is tried"));
        assert!(
            one(
                "(method: Random(trials: 1000000), settings: [(set: \"training.lr\", to: \
                 Uniform(low: 0.1, high: 0.2))])"
            )
            .starts_with("sweep.method: That is 1000000 trials, and a sweep has at most 10000")
        );
        assert!(
            one("(settings: [(set: \"training.lr\", to: Uniform(low: 0.1, high: 0.2))])")
                .contains("A grid needs a list")
        );
        assert!(one("(settings: [(set: \"seed\", to: Among([1]))])").contains("no choice"));
        assert!(
            one(
                "(method: Halving(trials: 4, least_epochs: 9), settings: [(set: \"training.lr\", \
                 to: Among([0.1]))])"
            )
            .contains("The first rung has 9 epochs")
        );
        assert!(
            one("(settings: [(set: \"training.lr\", to: Among([0.1, 0.1]))])")
                .contains("listed twice")
        );
        assert!(
            one("(settings: [(set: \"training.lr\", to: Among([\"fast\"]))])")
                .contains("`fast` is not a number")
        );
    }
}
