//! The plan of a sweep: every trial with its values, drawn once and written down.

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::SweepError;
use crate::experiment::{Experiment, SweepMethod, SweepSpec, SweptValues};
use seqscope_base::spec::{Problem, derive_seed};

/// Version of the file of a plan that this program writes.
const VERSION: u32 = 1;

/// Plan of a sweep, as it lies in `sweep.ron`: nothing is drawn after it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPlan {
    /// Version of the file.
    pub version: u32,
    /// Time at which it was made, in seconds since 1970-01-01 UTC.
    pub made_secs: i64,
    /// The experiment, its sweep with it.
    pub experiment: Experiment,
    /// The trials, numbered from 1 in this order.
    pub trials: Vec<PlannedTrial>,
}

/// A trial of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedTrial {
    /// Number of the trial, from 1.
    pub number: usize,
    /// Its values as text, in the order of the sweep's settings.
    pub values: Vec<String>,
}

impl SweepPlan {
    /// Draws the trials of an experiment's sweep and checks each of them; the experiment itself must
    /// be without errors.
    ///
    /// A drawn value follows from the experiment's seed, the setting's path and the trial's number
    /// alone: another setting or more trials change none that there is. It has four digits, so that
    /// what is written down is what is trained.
    ///
    /// # Errors
    /// [`SweepError`] without a sweep, and at the first trial that could not be trained.
    pub fn new(experiment: &Experiment, made_secs: i64) -> Result<Self, SweepError> {
        let sweep = experiment.sweep.as_ref().ok_or(SweepError::NoSweep)?;
        let all = match sweep.method {
            SweepMethod::Grid => grid(sweep),
            SweepMethod::Random { trials } | SweepMethod::Halving { trials, .. } => (1..=trials)
                .map(|number| drawn(sweep, experiment.seed, number))
                .collect(),
        };
        let plan = Self {
            version: VERSION,
            made_secs,
            experiment: experiment.clone(),
            trials: (1..)
                .zip(all)
                .map(|(number, values)| PlannedTrial { number, values })
                .collect(),
        };
        plan.trials.iter().try_for_each(|trial| plan.check(trial))?;
        Ok(plan)
    }

    /// The sweep.
    ///
    /// # Errors
    /// [`SweepError::NoSweep`] of a file that was changed by hand.
    pub fn sweep(&self) -> Result<&SweepSpec, SweepError> {
        self.experiment.sweep.as_ref().ok_or(SweepError::NoSweep)
    }

    /// The trial of a number.
    ///
    /// # Errors
    /// [`SweepError::NoTrial`] when there is none.
    pub fn trial(&self, number: usize) -> Result<&PlannedTrial, SweepError> {
        let found = self.trials.iter().find(|trial| trial.number == number);
        found.ok_or(SweepError::NoTrial {
            number,
            n_trials: self.trials.len(),
        })
    }

    /// Number of runs of each trial.
    #[must_use]
    pub fn n_seeds(&self) -> usize {
        self.experiment
            .sweep
            .as_ref()
            .map_or(1, |sweep| sweep.seeds)
    }

    /// What a trial trains with one of its seeds, counted from 0.
    ///
    /// # Errors
    /// [`SweepError`] when a value cannot be set, in a plan that was changed by hand.
    pub fn experiment_of(
        &self,
        trial: &PlannedTrial,
        seed_place: usize,
    ) -> Result<Experiment, SweepError> {
        let mut experiment = Experiment {
            sweep: None,
            name: format!("{} t{}", self.experiment.name, trial.number),
            seed: self.experiment.seed.wrapping_add(seed_place as u64),
            ..self.experiment.clone()
        };
        for (setting, value) in self.sweep()?.settings.iter().zip(&trial.values) {
            experiment.set(&setting.set, value)?;
        }
        Ok(experiment)
    }

    /// Values of a trial in words: `training.lr=0.003, model.d_model=32`.
    #[must_use]
    pub fn words_of(&self, trial: &PlannedTrial) -> String {
        let settings = self
            .experiment
            .sweep
            .iter()
            .flat_map(|sweep| &sweep.settings);
        let each: Vec<String> = settings
            .zip(&trial.values)
            .map(|(setting, value)| format!("{}={value}", setting.set))
            .collect();
        each.join(", ")
    }

    /// The rungs of halving in epochs, the last of them the whole training; one rung otherwise.
    #[must_use]
    pub fn rungs(&self) -> Vec<usize> {
        let epochs = self.experiment.training.epochs;
        let Some(SweepMethod::Halving {
            eta, least_epochs, ..
        }) = self.experiment.sweep.as_ref().map(|sweep| &sweep.method)
        else {
            return vec![epochs];
        };
        let next = |rung: &usize| rung.checked_mul((*eta).max(2));
        let mut rungs: Vec<usize> = std::iter::successors(Some((*least_epochs).max(1)), next)
            .take_while(|rung| *rung < epochs)
            .collect();
        rungs.push(epochs);
        rungs
    }

    /// How many of `n` trials of a rung go on to the next.
    #[must_use]
    pub fn n_promoted(&self, n: usize) -> usize {
        match self.experiment.sweep.as_ref().map(|sweep| &sweep.method) {
            Some(SweepMethod::Halving { eta, .. }) => (n / (*eta).max(2)).max(1),
            Some(SweepMethod::Grid | SweepMethod::Random { .. }) | None => n,
        }
    }

    /// Most epochs that the whole sweep trains, seeds and rungs counted: its budget.
    #[must_use]
    pub fn most_epochs(&self) -> usize {
        let (mut n, mut before, mut sum) = (self.trials.len(), 0, 0);
        for rung in self.rungs() {
            sum += n * (rung - before);
            (n, before) = (self.n_promoted(n), rung);
        }
        sum * self.n_seeds()
    }

    fn check(&self, trial: &PlannedTrial) -> Result<(), SweepError> {
        let refused = |problem: String| SweepError::Trial {
            number: trial.number,
            settings: self.words_of(trial),
            problem,
        };
        let experiment = match self.experiment_of(trial, 0) {
            Ok(experiment) => experiment,
            Err(SweepError::Experiment(error)) => return Err(refused(error.to_string())),
            Err(other) => return Err(other),
        };
        let problems = experiment.check_settings();
        match problems.iter().find(|problem| problem.is_error()) {
            Some(problem) => Err(refused(Problem::to_string(problem))),
            None => Ok(()),
        }
    }
}

/// Every combination, the last setting changing fastest.
fn grid(sweep: &SweepSpec) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for setting in &sweep.settings {
        let SweptValues::Among(values) = &setting.to else {
            return Vec::new();
        };
        all = all
            .iter()
            .flat_map(|before| {
                values.iter().map(|value| {
                    let mut values = before.clone();
                    values.push(value.to_string());
                    values
                })
            })
            .collect();
    }
    all
}

/// The values of one trial.
fn drawn(sweep: &SweepSpec, seed: u64, number: usize) -> Vec<String> {
    let settings = sweep.settings.iter();
    settings
        .map(|setting| {
            let name = format!("sweep {}", setting.set);
            let mut random = ChaCha8Rng::seed_from_u64(derive_seed(seed, &name, number as u64));
            draw(&setting.to, &mut random)
        })
        .collect()
}

fn draw(values: &SweptValues, random: &mut ChaCha8Rng) -> String {
    match values {
        SweptValues::Among(values) => {
            let place = random.random_range(0..values.len().max(1));
            values
                .get(place)
                .map(ToString::to_string)
                .unwrap_or_default()
        }
        SweptValues::Uniform { low, high } => {
            four_digits(low + (high - low) * random.random::<f64>(), *low, *high)
        }
        SweptValues::LogUniform { low, high } => {
            let at = low.ln() + (high / low).ln() * random.random::<f64>();
            four_digits(at.exp(), *low, *high)
        }
        SweptValues::Whole { low, high } => random.random_range(*low..=*high).to_string(),
    }
}

/// A number with four digits, between its bounds even where rounding would leave them.
fn four_digits(value: f64, low: f64, high: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.clamp(low, high).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sweep: &str) -> Result<SweepPlan, SweepError> {
        let text =
            format!("(version: 1, name: \"a\", training: (epochs: 20), seed: 5, sweep: {sweep})");
        SweepPlan::new(&Experiment::parse(&text).unwrap(), 0)
    }

    #[test]
    fn a_grid_is_every_combination_once() {
        let plan = plan(
            "(settings: [(set: \"training.lr\", to: Among([0.1, 0.2])), (set: \
             \"training.batch_size\", to: Among([8, 16, 32]))], seeds: 2)",
        )
        .unwrap();
        let values: Vec<String> = plan.trials.iter().map(|t| t.values.join(" ")).collect();
        assert_eq!(
            values,
            ["0.1 8", "0.1 16", "0.1 32", "0.2 8", "0.2 16", "0.2 32"]
        );
        let fourth = plan.experiment_of(plan.trial(4).unwrap(), 1).unwrap();
        assert_eq!(
            (fourth.training.lr, fourth.training.batch_size, fourth.seed),
            (0.2, 8, 6)
        );
        assert_eq!((fourth.sweep, plan.most_epochs()), (None, 6 * 2 * 20));
        assert!(plan.trial(0).is_err() && plan.trial(7).is_err());
    }

    #[test]
    fn what_is_drawn_depends_on_no_other_setting_and_stays_within_its_bounds() {
        let lr = "(set: \"training.lr\", to: LogUniform(low: 0.001, high: 1.0))";
        let one = plan(&format!("(method: Random(trials: 200), settings: [{lr}])")).unwrap();
        let more = plan(&format!(
            "(method: Random(trials: 300), settings: [(set: \"training.batch_size\", to: \
             Whole(low: 4, high: 6)), (set: \"training.beta1\", to: Uniform(low: 0.5, high: 0.9)), \
             {lr}])"
        ))
        .unwrap();
        for (a, b) in one.trials.iter().zip(&more.trials) {
            assert_eq!(a.values[0], b.values[2]);
        }
        let of = |place: usize| {
            more.trials
                .iter()
                .map(move |t| t.values[place].parse::<f64>().unwrap())
        };
        assert!(of(0).all(|value| [4.0, 5.0, 6.0].contains(&value)));
        assert!(of(1).all(|value| (0.5..=0.9).contains(&value)));
        assert!(of(2).all(|value| (0.001..=1.0).contains(&value)));
        // Of three orders of magnitude a third of the draws lies in each: within 5 standard
        // deviations of 300/3, which are 5·√(300·1/3·2/3) = 41.
        let below = of(2).filter(|value| *value < 0.01).count();
        assert!((59..=141).contains(&below), "{below}");
        // Uniform would have put 1 % there.
        let middle = of(1).filter(|value| *value < 0.7).count();
        assert!((107..=193).contains(&middle), "{middle}");
    }

    #[test]
    fn rungs_and_their_budget_are_those_of_the_paper() {
        let plan = plan(
            "(method: Halving(trials: 16, eta: 2, least_epochs: 3), settings: [(set: \
             \"training.lr\", to: Uniform(low: 0.1, high: 0.2))])",
        )
        .unwrap();
        assert_eq!(plan.rungs(), [3, 6, 12, 20]);
        // 16·3 + 8·3 + 4·6 + 2·8.
        assert_eq!(plan.most_epochs(), 48 + 24 + 24 + 16);
        assert_eq!(
            (plan.n_promoted(16), plan.n_promoted(5), plan.n_promoted(1)),
            (8, 2, 1)
        );
    }

    #[test]
    fn a_trial_that_cannot_be_trained_is_named() {
        let error = plan(
            "(settings: [(set: \"model.n_heads\", to: Among([2, 3])), (set: \"model.d_model\", to: \
             Among([32]))])",
        )
        .unwrap_err()
        .to_string();
        assert!(
            error.starts_with("trial 2 (model.n_heads=3, model.d_model=32) cannot be trained: "),
            "{error}"
        );
    }
}
