//! Which settings of a sweep decided how good its trials were.

mod forest;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::{SweepPlan, SweepState};
use forest::{Forest, Samples};
use seqscope_base::metric::statistics::Interval;
use seqscope_base::spec::derive_seed;

/// Fewest trials from which anything can be told.
const LEAST_TRIALS: usize = 12;

/// Most trials that are looked at; of more, as many are drawn.
const MOST_TRIALS: usize = 1000;

/// Halves of the trials from which the scatter is told.
const N_HALVES: usize = 50;

/// Half-width of a 95 % interval in standard errors, of a normal distribution.
const WIDTH: f64 = 1.96;

/// What the settings of a sweep decided.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepImportance {
    /// The settings, in the order of the sweep.
    pub settings: Vec<SettingImportance>,
    /// Share of the spread of trials that the forest foretells of those it has not seen; at most 1,
    /// and not above 0 where the settings tell nothing.
    pub explained: f64,
    /// Number of trials that it was told from.
    pub n_trials: usize,
    /// Epochs after which the trials were compared.
    pub epochs: usize,
}

/// What one setting decided.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingImportance {
    /// Its path.
    pub setting: String,
    /// By how much the forest errs more when the setting's values are shuffled, as a share of the
    /// spread (variance) of the trials; near 0 of a setting that changes nothing, below it by chance.
    pub value: f64,
    /// Interval of it at 95 %.
    pub interval: Interval,
}

impl SweepImportance {
    /// Tells it from the trials that have come to the first rung.
    ///
    /// A forest of regression trees learns the validation figure from the settings; a setting is as
    /// important as its shuffling harms what the forest says of trials that a tree has not seen. All
    /// trials are compared after the same epochs.
    ///
    /// # Errors
    /// A sentence where there are too few trials, or all are equal.
    ///
    /// # Source
    /// Breiman 2001, "Random Forests", section 10, divided by the variance. Its interval: the
    /// delete-d jackknife of Ishwaran & Lu 2019, "Standard errors and confidence intervals for variable
    /// importance in random forest regression", eq. 5, with half of the trials deleted: the mean
    /// square of what halves say, about their mean, is the variance.
    pub fn of(plan: &SweepPlan, state: &SweepState) -> Result<Self, String> {
        let epochs = plan.rungs().first().copied().unwrap_or(0);
        let samples = samples(plan, state, epochs);
        let n = samples.n();
        if n < LEAST_TRIALS {
            return Err(format!(
                "Importance is told from {LEAST_TRIALS} trials on; {n} have come to epoch {epochs}."
            ));
        }
        if samples.variance() <= 0.0 {
            return Err("All trials are equally good: no setting decided anything.".to_owned());
        }
        let seed = |name: &str, n: usize| derive_seed(plan.experiment.seed, name, n as u64);
        let samples = samples.some(&drawn(n, n.min(MOST_TRIALS), seed("importance trials", 0)));
        let whole = Forest::grow(&samples, seed("importance", 0)).importance(&samples);
        let halves: Vec<Vec<f64>> = (0..N_HALVES)
            .map(|at| {
                let half = drawn(samples.n(), samples.n() / 2, seed("importance half", at));
                let half = samples.some(&half);
                Forest::grow(&half, seed("importance", at + 1))
                    .importance(&half)
                    .of_settings
            })
            .collect();
        let settings = plan
            .experiment
            .sweep
            .iter()
            .flat_map(|sweep| &sweep.settings);
        let settings = settings.zip(&whole.of_settings).enumerate();
        Ok(Self {
            settings: settings
                .map(|(at, (setting, &value))| {
                    let of: Vec<f64> = halves.iter().map(|half| half[at]).collect();
                    let half_width = WIDTH * deviation(&of);
                    SettingImportance {
                        setting: setting.set.clone(),
                        value,
                        interval: Interval {
                            low: value - half_width,
                            high: value + half_width,
                        },
                    }
                })
                .collect(),
            explained: whole.explained,
            n_trials: samples.n(),
            epochs,
        })
    }
}

/// Trials with their settings as numbers, and how good they were after so many epochs.
fn samples(plan: &SweepPlan, state: &SweepState, epochs: usize) -> Samples {
    let n_settings = plan
        .experiment
        .sweep
        .as_ref()
        .map_or(0, |sweep| sweep.settings.len());
    let judged = state.trials.iter().filter_map(|of| {
        let score = of.score_until(epochs, plan.n_seeds(), state.metric);
        score.is_finite().then_some((of, score))
    });
    let (trials, scores): (Vec<_>, Vec<f64>) = judged.unzip();
    let columns = (0..n_settings).map(|at| {
        let texts: Vec<&str> = trials
            .iter()
            .map(|of| of.trial.values.get(at).map_or("", String::as_str))
            .collect();
        as_numbers(&texts, &scores)
    });
    Samples {
        columns: columns.collect(),
        scores: scores.clone(),
    }
}

/// The values as numbers. Words stand in the order of the mean score of each, by which every split of
/// them in two that a tree may want is a split of the order (Breiman et al. 1984, section 9.4).
fn as_numbers(texts: &[&str], scores: &[f64]) -> Vec<f64> {
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
    if let Some(numbers) = numbers {
        return numbers;
    }
    let mean = |word: &str| {
        let of = texts.iter().zip(scores).filter(|(text, _)| **text == word);
        let of: Vec<f64> = of.map(|(_, score)| *score).collect();
        of.iter().sum::<f64>() / of.len().max(1) as f64
    };
    let mut words: Vec<&str> = texts.to_vec();
    words.sort_unstable();
    words.dedup();
    words.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then(a.cmp(b)));
    texts
        .iter()
        .map(|text| words.iter().position(|word| word == text).unwrap_or(0) as f64)
        .collect()
}

/// Some of `n` places, in order.
fn drawn(n: usize, wanted: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    places.truncate(wanted);
    places.sort_unstable();
    places
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::{EpochValue, TrialProgress, TrialRun, TrialState};
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{RunId, RunOutcome, RunStatus};
    use seqscope_base::metric::Metric;

    /// A sweep whose trials are as good as `score` says of their values.
    fn swept(n: usize, score: impl Fn(&[String]) -> f64) -> (SweepPlan, SweepState) {
        let text = format!(
            "(version: 1, name: \"a\", training: (epochs: 1), sweep: (method: Random(trials: {n}), \
             settings: [(set: \"training.lr\", to: Uniform(low: 0.0, high: 1.0)), (set: \
             \"training.beta1\", to: Uniform(low: 0.0, high: 0.9)), (set: \"training.lr_decay\", to: \
             Among([\"None\", \"Cosine\", \"Linear\"]))]))"
        );
        let plan = SweepPlan::new(&Experiment::parse(&text).unwrap(), 0).unwrap();
        let trials = plan.trials.iter().map(|trial| TrialProgress {
            runs: vec![TrialRun {
                id: RunId("r".to_owned()),
                status: RunStatus::Ended(RunOutcome::Finished),
                epochs: 1,
                train_secs: 1.0,
                values: vec![EpochValue {
                    epoch: 1,
                    value: score(&trial.values),
                }],
                test: None,
            }],
            trial: trial.clone(),
            state: TrialState::Finished,
        });
        let state = SweepState {
            metric: Metric::Ndcg10,
            trials: trials.collect(),
        };
        (plan, state)
    }

    #[test]
    fn what_decides_is_told_from_what_does_not() {
        // A curve with its best in the middle, which a rank correlation would miss, and a word.
        let (plan, state) = swept(120, |values| {
            let lr: f64 = values[0].parse().unwrap();
            let word = if values[2] == "Cosine" { 0.1 } else { 0.0 };
            0.3 - (lr - 0.5) * (lr - 0.5) + word
        });
        let found = SweepImportance::of(&plan, &state).unwrap();
        let [lr, beta, decay] = found.settings.as_slice() else {
            panic!()
        };
        assert!(
            lr.interval.low > 0.0 && decay.interval.low > 0.0,
            "{found:?}"
        );
        assert!(beta.interval.holds(0.0), "{found:?}");
        assert!(
            lr.value > 5.0 * beta.value.abs() && found.explained > 0.6,
            "{found:?}"
        );
        assert_eq!(
            found,
            SweepImportance::of(&plan, &state).unwrap(),
            "drawn from named seeds"
        );
    }

    #[test]
    fn pure_chance_is_not_called_important() {
        let (plan, state) = swept(60, |values| {
            derive_seed(1, &values.join(" "), 0) as f64 / u64::MAX as f64
        });
        let found = SweepImportance::of(&plan, &state).unwrap();
        assert!(found.explained < 0.25, "{found:?}");
        assert!(
            found.settings.iter().all(|of| of.interval.holds(0.0)),
            "{found:?}"
        );
    }

    #[test]
    fn too_few_or_equal_trials_tell_nothing() {
        let (plan, state) = swept(11, |_| 0.5);
        assert!(
            SweepImportance::of(&plan, &state)
                .unwrap_err()
                .contains("from 12 trials on")
        );
        let (plan, state) = swept(40, |_| 0.5);
        assert!(
            SweepImportance::of(&plan, &state)
                .unwrap_err()
                .contains("equally good")
        );
    }
}
