//! What has come of a sweep, as its runs tell it, and what each trial has to do next.

use super::{PlannedTrial, SweepError, SweepFolder, SweepPlan};
use crate::run::{Manifest, Part, RunId, RunOutcome, RunStatus};
use seqscope_base::metric::Metric;
use seqscope_base::spec::Entry as _;

/// State of a whole sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepState {
    /// Metric on validation by which trials are judged.
    pub metric: Metric,
    /// The trials, in order of their numbers.
    pub trials: Vec<TrialProgress>,
}

/// How far a trial is.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialProgress {
    /// Its number and its values.
    pub trial: PlannedTrial,
    /// Its runs, one a seed that was begun.
    pub runs: Vec<TrialRun>,
    /// What is to be done.
    pub state: TrialState,
}

/// A run of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRun {
    /// Its name.
    pub id: RunId,
    /// Whether it can go on.
    pub status: RunStatus,
    /// Epochs that it has trained.
    pub epochs: usize,
    /// Time that it trained, in seconds.
    pub train_secs: f64,
    /// Validation metric of each epoch, by its number from 1.
    pub values: Vec<EpochValue>,
    /// The metric on test; of a run that came to its end.
    pub test: Option<f64>,
}

/// Value of the metric on validation after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochValue {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Value.
    pub value: f64,
}

/// What is to be done for a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialState {
    /// It is to be trained to so many epochs; `is_begun` where it has some already.
    Due {
        /// Epochs that it trains to.
        until: usize,
        /// Whether it goes on.
        is_begun: bool,
    },
    /// A process trains it now.
    Running,
    /// It is in its rung and waits for the others.
    Waits {
        /// Epochs of the rung.
        rung: usize,
    },
    /// Others of its rung were better; it is done.
    Dropped {
        /// Epochs of the rung.
        rung: usize,
    },
    /// It came to its end.
    Finished,
    /// One of its runs failed; it is done.
    Failed {
        /// Why.
        sentence: String,
    },
}

impl TrialState {
    /// Whether there is something to train.
    #[must_use]
    pub fn is_due(&self) -> bool {
        matches!(self, Self::Due { .. })
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Self::Dropped { .. } | Self::Finished | Self::Failed { .. } => true,
            Self::Due { .. } | Self::Running | Self::Waits { .. } => false,
        }
    }
}

impl TrialRun {
    fn has_ended(&self) -> bool {
        matches!(
            self.status,
            RunStatus::Ended(RunOutcome::Finished | RunOutcome::Stopped)
        )
    }

    fn has_failed(&self) -> Option<String> {
        match &self.status {
            RunStatus::Ended(RunOutcome::Failed { sentence }) | RunStatus::Damaged(sentence) => {
                Some(sentence.clone())
            }
            RunStatus::Ended(RunOutcome::Finished | RunOutcome::Stopped)
            | RunStatus::Running
            | RunStatus::Paused
            | RunStatus::Interrupted => None,
        }
    }

    /// Whether it has come so far, or will not come farther.
    pub(super) fn has_reached(&self, epochs: usize) -> bool {
        self.epochs >= epochs || self.has_ended()
    }

    /// Best value until an epoch; NaN where there is none.
    #[must_use]
    pub fn best_until(&self, epochs: usize, metric: Metric) -> f64 {
        let values = self.values.iter().filter(|at| at.epoch <= epochs);
        values.fold(f64::NAN, |best, at| {
            if metric.is_better(at.value, best) {
                at.value
            } else {
                best
            }
        })
    }
}

impl TrialProgress {
    /// Best validation value of each run until an epoch.
    #[must_use]
    pub fn values_until(&self, epochs: usize, metric: Metric) -> Vec<f64> {
        let runs = self.runs.iter();
        runs.map(|run| run.best_until(epochs, metric)).collect()
    }

    /// Mean over its seeds of the best validation value until an epoch; NaN where a seed has none,
    /// so that a trial is never judged by its lucky half.
    #[must_use]
    pub fn score_until(&self, epochs: usize, n_seeds: usize, metric: Metric) -> f64 {
        let values = self.values_until(epochs, metric);
        if values.len() < n_seeds || values.is_empty() {
            return f64::NAN;
        }
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// Epochs that its runs have trained together.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.runs.iter().map(|run| run.epochs).sum()
    }

    /// Time that its runs have trained together, in seconds.
    #[must_use]
    pub fn train_secs(&self) -> f64 {
        // The sum of nothing would be −0.
        self.runs.iter().fold(0.0, |sum, run| sum + run.train_secs)
    }

    fn failure(&self) -> Option<String> {
        self.runs.iter().find_map(TrialRun::has_failed)
    }

    fn has_reached(&self, epochs: usize, n_seeds: usize) -> bool {
        self.runs.len() >= n_seeds && self.runs.iter().all(|run| run.has_reached(epochs))
    }
}

impl SweepState {
    /// Reads what has come of a sweep.
    ///
    /// # Errors
    /// [`SweepError`] when the folder cannot be read.
    pub fn read(folder: &SweepFolder) -> Result<Self, SweepError> {
        Self::read_but_for(folder, None)
    }

    /// Reads what has come of a sweep as the owner of one of its trials, which is not called
    /// running.
    ///
    /// # Errors
    /// As [`SweepState::read`].
    pub fn read_by_owner(folder: &SweepFolder, owned: usize) -> Result<Self, SweepError> {
        Self::read_but_for(folder, Some(owned))
    }

    fn read_but_for(folder: &SweepFolder, owned: Option<usize>) -> Result<Self, SweepError> {
        let plan = &folder.plan;
        let metric = plan.experiment.answers().primary();
        let trials = plan.trials.iter().map(|trial| {
            Ok(TrialProgress {
                trial: trial.clone(),
                runs: runs_of(folder, trial.number, metric)?,
                state: TrialState::Running,
            })
        });
        let mut state = Self {
            metric,
            trials: trials.collect::<Result<_, SweepError>>()?,
        };
        state.decide(plan);
        for progress in &mut state.trials {
            let number = progress.trial.number;
            if Some(number) != owned && !progress.state.is_done() && folder.owner(number).is_some()
            {
                progress.state = TrialState::Running;
            }
        }
        Ok(state)
    }

    /// State of a sweep of which nothing was trained.
    #[must_use]
    pub fn planned(plan: &SweepPlan) -> Self {
        let trials = plan.trials.iter().map(|trial| TrialProgress {
            trial: trial.clone(),
            runs: Vec::new(),
            state: TrialState::Running,
        });
        let mut state = Self {
            metric: plan.experiment.answers().primary(),
            trials: trials.collect(),
        };
        state.decide(plan);
        state
    }

    /// Reads one trial again, after it was worked on.
    ///
    /// # Errors
    /// [`SweepError`] when its runs cannot be read, or there is none of that number.
    pub fn read_again(&mut self, folder: &SweepFolder, number: usize) -> Result<(), SweepError> {
        let runs = runs_of(folder, number, self.metric)?;
        let n_trials = self.trials.len();
        let progress = self.trials.iter_mut().find(|of| of.trial.number == number);
        progress
            .ok_or(SweepError::NoTrial { number, n_trials })?
            .runs = runs;
        self.decide(&folder.plan);
        Ok(())
    }

    /// The progress of a trial.
    ///
    /// # Errors
    /// [`SweepError::NoTrial`] when there is none of that number.
    pub fn trial(&self, number: usize) -> Result<&TrialProgress, SweepError> {
        let found = self
            .trials
            .iter()
            .find(|progress| progress.trial.number == number);
        found.ok_or(SweepError::NoTrial {
            number,
            n_trials: self.trials.len(),
        })
    }

    /// The best trial of those that came to the last rung, by the mean over its seeds on validation;
    /// of equals the first. `None` while there is none.
    #[must_use]
    pub fn best(&self, plan: &SweepPlan) -> Option<&TrialProgress> {
        let (epochs, n_seeds) = (plan.experiment.training.epochs, plan.n_seeds());
        let finished = self
            .trials
            .iter()
            .filter(|of| of.state == TrialState::Finished);
        finished.fold(None, |best: Option<&TrialProgress>, of| {
            let score = |of: &TrialProgress| of.score_until(epochs, n_seeds, self.metric);
            let than = best.map_or(f64::NAN, score);
            if self.metric.is_better(score(of), than) {
                Some(of)
            } else {
                best
            }
        })
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.trials.iter().all(|of| of.state.is_done())
    }

    /// Works out what each trial has to do, rung after rung.
    fn decide(&mut self, plan: &SweepPlan) {
        let (rungs, n_seeds, metric) = (plan.rungs(), plan.n_seeds(), self.metric);
        let last = rungs.len().saturating_sub(1);
        let mut alive: Vec<usize> = (0..self.trials.len()).collect();
        for (at, &rung) in rungs.iter().enumerate() {
            let is_in =
                |of: &TrialProgress| of.has_reached(rung, n_seeds) || of.failure().is_some();
            let is_whole = alive.iter().all(|&place| is_in(&self.trials[place]));
            // Of the best so far, equal ones in order of their numbers; no value comes last.
            let mut ranked: Vec<(usize, f64)> = alive
                .iter()
                .filter(|&&place| self.trials[place].failure().is_none())
                .map(|&place| (place, self.trials[place].score_until(rung, n_seeds, metric)))
                .collect();
            ranked.sort_by(|a, b| {
                let (is_better, is_worse) =
                    (metric.is_better(a.1, b.1), metric.is_better(b.1, a.1));
                is_worse.cmp(&is_better).then(a.0.cmp(&b.0))
            });
            let n_on = if at == last || !is_whole {
                ranked.len()
            } else {
                plan.n_promoted(alive.len()).min(ranked.len())
            };
            let promoted: Vec<usize> = ranked.iter().take(n_on).map(|(place, _)| *place).collect();
            for &place in &alive {
                let is_promoted = promoted.contains(&place);
                let progress = &mut self.trials[place];
                let is_in = progress.has_reached(rung, n_seeds);
                progress.state = match progress.failure() {
                    Some(sentence) => TrialState::Failed { sentence },
                    None if !is_in => TrialState::Due {
                        until: rung,
                        is_begun: !progress.runs.is_empty(),
                    },
                    None if at == last => TrialState::Finished,
                    None if !is_whole => TrialState::Waits { rung },
                    None if !is_promoted => TrialState::Dropped { rung },
                    None => TrialState::Finished,
                };
            }
            if !is_whole {
                return;
            }
            alive = promoted;
            alive.sort_unstable();
        }
    }
}

fn runs_of(
    folder: &SweepFolder,
    trial: usize,
    metric: Metric,
) -> Result<Vec<TrialRun>, SweepError> {
    let runs = folder.runs_of(trial)?.runs;
    let runs = runs.iter().map(|id| read_run(folder, id, metric));
    runs.collect()
}

fn read_run(folder: &SweepFolder, id: &RunId, metric: Metric) -> Result<TrialRun, SweepError> {
    let missing = |sentence: String| TrialRun {
        id: id.clone(),
        status: RunStatus::Damaged(sentence),
        epochs: 0,
        train_secs: 0.0,
        values: Vec::new(),
        test: None,
    };
    // A run that was deleted by hand is told of its trial; the others go on.
    let status = match folder.store.status(id) {
        Ok(status) => status,
        Err(error) => return Ok(missing(error.to_string())),
    };
    if let RunStatus::Damaged(sentence) = status {
        return Ok(missing(sentence));
    }
    let Manifest {
        epochs,
        train_secs,
        test,
        ..
    } = folder.store.manifest(id)?;
    let series = folder.store.history(id)?.series(Part::Valid, metric.name());
    let values = series
        .into_iter()
        // What lies beyond the last whole epoch goes when the run goes on.
        .filter(|(epoch, ..)| (1..=epochs).contains(epoch))
        .map(|(epoch, _, value)| EpochValue { epoch, value });
    Ok(TrialRun {
        id: id.clone(),
        status,
        epochs,
        train_secs,
        values: values.collect(),
        test: test.and_then(|metrics| metrics.get(metric)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    fn plan(method: &str) -> SweepPlan {
        let text = format!(
            "(version: 1, name: \"a\", training: (epochs: 8), sweep: (method: {method}, settings: \
             [(set: \"training.lr\", to: Uniform(low: 0.1, high: 0.2))]))"
        );
        SweepPlan::new(&Experiment::parse(&text).unwrap(), 0).unwrap()
    }

    /// A run that paused after so many epochs, each as good as the list says.
    fn run(status: RunStatus, values: &[f64]) -> TrialRun {
        let values = (1..).zip(values);
        TrialRun {
            id: RunId("r".to_owned()),
            status,
            epochs: values.clone().count(),
            train_secs: 1.0,
            values: values
                .map(|(epoch, &value)| EpochValue { epoch, value })
                .collect(),
            test: None,
        }
    }

    fn decided(plan: &SweepPlan, runs: Vec<Vec<TrialRun>>) -> SweepState {
        let trials = plan
            .trials
            .iter()
            .zip(runs)
            .map(|(trial, runs)| TrialProgress {
                trial: trial.clone(),
                runs,
                state: TrialState::Running,
            });
        let mut state = SweepState {
            metric: Metric::Ndcg10,
            trials: trials.collect(),
        };
        state.decide(plan);
        state
    }

    fn states(state: &SweepState) -> Vec<TrialState> {
        state.trials.iter().map(|of| of.state.clone()).collect()
    }

    #[test]
    fn a_rung_is_decided_once_all_are_in_it_and_by_its_own_epochs() {
        use RunStatus::Paused;
        let plan = plan("Halving(trials: 4, eta: 2, least_epochs: 2)");
        assert_eq!(plan.rungs(), [2, 4, 8]);
        let one = |values: &[f64]| vec![run(Paused, values)];
        // Trial 4 has not begun: nobody may go on, whoever is ahead.
        let found = decided(
            &plan,
            vec![one(&[0.1, 0.3]), one(&[0.2, 0.1]), one(&[0.4]), vec![]],
        );
        let due = |is_begun| TrialState::Due { until: 2, is_begun };
        let waits = TrialState::Waits { rung: 2 };
        assert_eq!(
            states(&found),
            [waits.clone(), waits, due(true), due(false)]
        );
        assert!(found.best(&plan).is_none());

        // The best of two epochs: 0.3, 0.2, 0.4, 0.3; of the two threes the first goes on. That
        // trial 2 was better in an epoch after the rung changes nothing.
        let found = decided(
            &plan,
            vec![
                one(&[0.1, 0.3]),
                one(&[0.2, 0.1, 0.9]),
                one(&[0.4, 0.0, 0.0, 0.0]),
                one(&[0.3, 0.3]),
            ],
        );
        let dropped = TrialState::Dropped { rung: 2 };
        let due = TrialState::Due {
            until: 4,
            is_begun: true,
        };
        assert_eq!(
            states(&found),
            [due, dropped.clone(), TrialState::Waits { rung: 4 }, dropped]
        );
    }

    #[test]
    fn failed_and_valueless_trials_never_go_on_and_hold_nobody_up() {
        use RunStatus::Paused;
        let plan = plan("Halving(trials: 4, eta: 2, least_epochs: 2)");
        let failed = RunStatus::Ended(RunOutcome::Failed {
            sentence: "NaN".to_owned(),
        });
        let found = decided(
            &plan,
            vec![
                vec![run(failed, &[0.9])],
                vec![run(Paused, &[f64::NAN, f64::NAN])],
                vec![run(Paused, &[0.1, 0.1])],
                vec![run(Paused, &[0.2, 0.2])],
            ],
        );
        let due = TrialState::Due {
            until: 4,
            is_begun: true,
        };
        assert_eq!(
            states(&found),
            [
                TrialState::Failed {
                    sentence: "NaN".to_owned()
                },
                TrialState::Dropped { rung: 2 },
                due.clone(),
                due
            ]
        );
    }

    #[test]
    fn the_best_is_by_the_mean_of_all_its_seeds() {
        let mut plan = plan("Random(trials: 3)");
        plan.experiment.sweep.as_mut().unwrap().seeds = 2;
        let ended = || RunStatus::Ended(RunOutcome::Finished);
        let found = decided(
            &plan,
            vec![
                vec![run(ended(), &[0.5]), run(ended(), &[0.1])],
                vec![run(ended(), &[0.4]), run(ended(), &[0.3])],
                // Of one seed alone it would be the best.
                vec![run(ended(), &[0.9])],
            ],
        );
        assert_eq!(found.best(&plan).map(|of| of.trial.number), Some(2));
        assert!(!found.is_done());
        let due = TrialState::Due {
            until: 8,
            is_begun: true,
        };
        assert_eq!(
            states(&found),
            [TrialState::Finished, TrialState::Finished, due]
        );
    }
}
