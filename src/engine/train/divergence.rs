//! Whether a run has left what can be learnt: its training loss far above that of guessing.

use std::collections::HashSet;

use super::part_of_split::train_items;
use super::task::TaskQuestions;
use super::training_task::TrainingTask;
use crate::experiment::TrainingSpec;
use seqscope_base::spec::Problem;
use seqscope_data::{Output, Prepared};
use seqscope_model::{LearntFrom, Likelihood, LossKind, TrainStats};

/// Steps after which a loss is judged: by then the first, large steps of a healthy run are behind
/// it.
const FIRST_JUDGED: usize = 200;

/// Fewest steps after which that of a short run is judged.
const FEWEST_STEPS: usize = 20;

/// Steps whose mean is judged.
const STEPS_AT_A_TIME: usize = 50;

/// The place of the warning.
const FIELD: &str = "training.lr";

/// Loss of a model that knows nothing, and what it comes of.
#[derive(Clone, Debug, PartialEq)]
struct Guess {
    loss: f64,
    /// Such as `ln of 1682 items`.
    of: String,
    /// Above which loss a run is called diverged.
    limit: f64,
}

impl Guess {
    /// The loss of one who gives each of `n` the same chance.
    fn uniform(n: usize, what: &str) -> Self {
        Self::in_nats((n.max(1) as f64).ln(), format!("ln of {n} {what}"))
    }

    /// A loss made of logarithms of chances: no model that learns stays a nat and a quarter above
    /// that of guessing.
    fn in_nats(loss: f64, of: String) -> Self {
        Self {
            loss,
            of,
            limit: 1.25 * loss + 1.0,
        }
    }
}

/// Verdict on the last steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Turn {
    /// It has diverged, as said here for the first time.
    Diverged(Problem),
    /// It has diverged again.
    Again,
    /// It has come back.
    Recovered,
}

/// Watches the training loss of one run.
#[derive(Clone, Debug)]
pub(super) struct Divergence {
    guess: Guess,
    training: TrainingSpec,
    /// First step from which on the loss is judged.
    first_judged: usize,
    /// Before anything was learnt; unknown of a run that goes on.
    initial: Option<f64>,
    recent: (f64, usize, usize),
    has_diverged: bool,
    is_told: bool,
}

impl Divergence {
    /// The watch of a run; `has_diverged` says what an earlier part of it came to.
    pub(super) fn new(task: &TrainingTask, has_diverged: bool) -> Self {
        let n_steps = task.plan.n_epochs * task.plan.steps_per_epoch();
        Self::from_guess(
            guess(task),
            &task.experiment.training,
            n_steps,
            has_diverged,
        )
    }

    fn from_guess(
        guess: Guess,
        training: &TrainingSpec,
        n_steps: usize,
        has_diverged: bool,
    ) -> Self {
        Self {
            guess,
            training: training.clone(),
            first_judged: FIRST_JUDGED.min((n_steps / 2).max(FEWEST_STEPS)),
            initial: None,
            recent: (0.0, 0, 0),
            has_diverged,
            is_told: has_diverged,
        }
    }

    /// Whether the loss is far above that of guessing now.
    pub(super) fn has_diverged(&self) -> bool {
        self.has_diverged
    }

    /// Takes in what was read back after `step`, counted from 1 over the whole run.
    pub(super) fn add(&mut self, stats: &TrainStats, step: usize) -> Option<Turn> {
        if step <= stats.n_steps {
            self.initial = Some(stats.loss);
        }
        let (sum, n_events, n_steps) = &mut self.recent;
        *sum += stats.loss * stats.n_events as f64;
        *n_events += stats.n_events;
        *n_steps += stats.n_steps;
        // A short run has no fifty steps to spare.
        if step < self.first_judged || *n_steps < STEPS_AT_A_TIME.min(self.first_judged / 2).max(1)
        {
            return None;
        }
        let mean = *sum / (*n_events).max(1) as f64;
        self.recent = (0.0, 0, 0);
        // A model that begins far above that of guessing and comes down slowly is healthy: it needs
        // larger steps.
        let is_above_start = self.initial.is_none_or(|initial| mean > initial + 0.5);
        let has_diverged = mean > self.guess.limit && (is_above_start || self.has_diverged);
        if has_diverged == self.has_diverged {
            return None;
        }
        self.has_diverged = has_diverged;
        Some(
            match (has_diverged, std::mem::replace(&mut self.is_told, true)) {
                (false, _) => Turn::Recovered,
                (true, true) => Turn::Again,
                (true, false) => Turn::Diverged(self.problem(mean, step)),
            },
        )
    }

    fn problem(&self, mean: f64, step: usize) -> Problem {
        let TrainingSpec {
            lr,
            clip_norm,
            warmup_steps,
            ..
        } = self.training;
        let clip = if clip_norm > 0.0 {
            "lower `training.clip_norm`"
        } else {
            "set `training.clip_norm: 1`"
        };
        let warm_up = if warmup_steps == 0 {
            ", or warm up (`training.warmup_steps: 200`)"
        } else {
            ""
        };
        let sentence = format!(
            "training has diverged: after {step} steps the training loss is {mean:.2}, where \
             guessing alone has {:.2} ({}); stop it, lower `training.lr` (now {lr}) by a factor of \
             ten, {clip}{warm_up}",
            self.guess.loss, self.guess.of,
        );
        Problem::warning(FIELD, sentence)
    }
}

/// The loss of guessing in the unit of the run's training loss.
fn guess(task: &TrainingTask) -> Guess {
    let n_items = task.prepared.dataset.n_items();
    match &task.questions {
        TaskQuestions::NextItem => of_ranking(task, n_items),
        TaskQuestions::Outcomes(outcomes) => match outcomes.output {
            Output::Classes(n) => Guess::uniform(n, "behaviours"),
            Output::Chance => Guess::uniform(2, "answers"),
            Output::Catalogue => Guess::uniform(n_items, "items"),
            // The mean squared error of the mean, on the scale that is learnt; squares have long
            // tails.
            Output::Number => Guess {
                loss: 1.0,
                of: "the variance of what is asked".to_owned(),
                limit: 4.0,
            },
        },
    }
}

/// Loss of a guess of the next item, by the family of the model.
fn of_ranking(task: &TrainingTask, n_items: usize) -> Guess {
    let family = task.experiment.model.family();
    match family.learns() {
        LearntFrom::Objective => of_objective(task.experiment.training.loss, n_items),
        // Each event tells one item at least.
        LearntFrom::Catalogue => Guess::uniform(n_items, "items").charged(family.free_nats()),
        LearntFrom::Bag(likelihood) => {
            let per_item = 1.0 / items_a_user(&task.prepared);
            of_bags(likelihood, n_items, per_item).charged(family.free_nats() * per_item)
        }
    }
}

/// Loss of a guess by a model that learns the next item.
fn of_objective(loss: LossKind, n_items: usize) -> Guess {
    let ln_2 = std::f64::consts::LN_2;
    match loss {
        // What is drawn is corrected so that the sum is that of the catalogue.
        LossKind::FullSoftmax | LossKind::SampledSoftmax => Guess::uniform(n_items, "items"),
        LossKind::Bce => Guess::in_nats(
            2.0 * ln_2,
            "2 ln 2, of the true item and those drawn".to_owned(),
        ),
        LossKind::Gbce | LossKind::Bpr => Guess::in_nats(ln_2, "ln 2".to_owned()),
    }
}

/// Loss of a guess by a model that learns bags of items, by item of the bag.
fn of_bags(likelihood: Likelihood, n_items: usize, per_item: f64) -> Guess {
    match likelihood {
        Likelihood::Multinomial => of_objective(LossKind::FullSoftmax, n_items),
        Likelihood::Bernoulli => Guess::in_nats(
            n_items as f64 * std::f64::consts::LN_2 * per_item,
            format!("ln 2 for each of {n_items} items, an item of the user"),
        ),
    }
}

impl Guess {
    /// Adds what free bits charge however little the latent vector says.
    fn charged(self, floor: f64) -> Self {
        if floor > 0.0 {
            Self {
                of: format!("{}, and free bits", self.of),
                ..Self::in_nats(self.loss + floor, self.of)
            }
        } else {
            self
        }
    }
}

/// Mean number of different training items of a user.
fn items_a_user(prepared: &Prepared) -> f64 {
    let (n, users) = (0..prepared.dataset.sequences.n_users())
        .map(|user| {
            train_items(prepared, user)
                .iter()
                .collect::<HashSet<_>>()
                .len()
        })
        .filter(|n| *n > 0)
        .fold((0_usize, 0_usize), |(sum, users), n| (sum + n, users + 1));
    (n as f64 / users.max(1) as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(loss: LossKind, n_items: usize, n_steps: usize) -> Divergence {
        Divergence::from_guess(
            of_objective(loss, n_items),
            &TrainingSpec::default(),
            n_steps,
            false,
        )
    }

    /// What is said while `loss(step)` is read back step by step, with the steps.
    fn told(
        watch: &mut Divergence,
        n_steps: usize,
        loss: impl Fn(usize) -> f64,
    ) -> Vec<(usize, Turn)> {
        let stats = |step| TrainStats {
            loss: loss(step),
            n_steps: 1,
            n_events: 10,
            ..TrainStats::default()
        };
        (1..=n_steps)
            .filter_map(|step| Some((step, watch.add(&stats(step), step)?)))
            .collect()
    }

    #[test]
    fn a_loss_far_above_that_of_guessing_is_called_so_once_after_200_steps() {
        let mut run = watch(LossKind::FullSoftmax, 1_682, 10_000);
        let found = told(&mut run, 1_000, |step| if step < 3 { 7.5 } else { 400.0 });
        let [(200, Turn::Diverged(problem))] = found.as_slice() else {
            panic!("{found:?}")
        };
        for said in [
            "396.07",
            "7.43 (ln of 1682 items)",
            "`training.lr` (now 0.001)",
            "warmup_steps",
        ] {
            assert!(problem.sentence().contains(said), "{}", problem.sentence());
        }
        assert!(run.has_diverged() && problem.field == "training.lr");
    }

    #[test]
    fn what_comes_back_is_diverged_no_longer_and_is_not_told_twice() {
        let mut run = watch(LossKind::Bpr, 50, 10_000);
        let found = told(&mut run, 600, |step| match step {
            1 => 0.7,
            251..=400 => 0.5,
            _ => 9.0,
        });
        let turns: Vec<&Turn> = found.iter().map(|(_, turn)| turn).collect();
        assert!(
            matches!(
                turns.as_slice(),
                [Turn::Diverged(_), Turn::Recovered, Turn::Again]
            ),
            "{found:?}"
        );
    }

    #[test]
    fn healthy_runs_are_not_accused() {
        // At the loss of guessing and a little above, for each loss and for small catalogues.
        for loss in [
            LossKind::FullSoftmax,
            LossKind::SampledSoftmax,
            LossKind::Bce,
            LossKind::Gbce,
            LossKind::Bpr,
        ] {
            for n_items in [1, 2, 5, 20_000] {
                let mut run = watch(loss, n_items, 10_000);
                let guess = run.guess.loss;
                assert_eq!(
                    told(&mut run, 900, |step| guess + 0.7 - step as f64 * 1e-4),
                    [],
                    "{loss} {n_items}"
                );
            }
        }
        // Large first scores, and a warm-up that hardly learns yet: above guessing, and on the way
        // down.
        let mut slow = watch(LossKind::FullSoftmax, 1_682, 100_000);
        assert_eq!(told(&mut slow, 3_000, |step| 40.0 - step as f64 * 0.01), []);
        // A spike of a few steps is no divergence.
        let mut spike = watch(LossKind::FullSoftmax, 1_682, 10_000);
        assert_eq!(
            told(&mut spike, 900, |step| if (400..403).contains(&step) {
                60.0
            } else {
                6.0
            }),
            []
        );
    }

    #[test]
    fn a_short_run_is_judged_after_half_of_its_steps_and_one_that_goes_on_knows_what_it_was() {
        let mut short = watch(LossKind::FullSoftmax, 100, 60);
        assert_eq!(
            told(&mut short, 60, |step| if step == 1 { 4.6 } else { 90.0 })
                .first()
                .unwrap()
                .0,
            30
        );
        let on = Divergence::from_guess(
            of_objective(LossKind::FullSoftmax, 100),
            &TrainingSpec::default(),
            10_000,
            true,
        );
        assert!(on.has_diverged());
        let mut resumed = on.clone();
        let stats = TrainStats {
            loss: 90.0,
            n_steps: 50,
            n_events: 10,
            ..TrainStats::default()
        };
        assert_eq!(resumed.add(&stats, 500), None, "still, and told before");
        assert_eq!(
            resumed.add(&TrainStats { loss: 4.0, ..stats }, 550),
            Some(Turn::Recovered)
        );
    }

    #[test]
    fn bags_are_guessed_by_their_likelihood_and_free_bits_are_charged() {
        // Of 1000 items a user has 20: ln 2 for each of 1000, told for each of 20.
        let found = of_bags(Likelihood::Bernoulli, 1_000, 1.0 / 20.0);
        assert!((found.loss - 50.0 * std::f64::consts::LN_2).abs() < 1e-12);
        let found = of_bags(Likelihood::Multinomial, 1_000, 1.0 / 20.0).charged(3.0);
        assert!(
            (found.loss - 1_000_f64.ln() - 3.0).abs() < 1e-12
                && found.of.ends_with("and free bits")
        );
    }
}
