//! What one run trains on: which users, in which order, how many steps.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use super::fine_tune::{Batch, EpochOrder, TunedPlan};
use super::interrupted::Interrupted;
use super::part_of_split::train_items;
use super::schedule::lr_at;
use super::synthetic::{self, SyntheticRequest};
use super::task::TaskQuestions;
use super::training_task::TrainingTask;
use crate::experiment::{Experiment, TrainingSpec};
use crate::run::{ExtendedSchedule, Extension};
use seqscope_base::spec::derive_seed;
use seqscope_data::{AugmentSpec, Histories, Prepared};
use seqscope_model::StepInputs;
use seqscope_model::gan::Pass;

/// The training side of an experiment, worked out for its data.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Users with enough training events, in order of index.
    pub(super) users: Vec<u32>,
    /// Most epochs.
    pub(super) n_epochs: usize,
    batch_size: usize,
    augment: AugmentSpec,
    /// Synthetic histories beside those of the users.
    n_synthetic: usize,
    /// Fewest events of a history that can be learnt from.
    min_events: usize,
    seed: u64,
    /// Epochs that were added after the end of the run, by which schedules go.
    pub(super) extensions: Vec<Extension>,
    /// What a run learns that goes on from another; the users above may then be replayed.
    pub(super) tuned: Option<TunedPlan>,
}

impl Plan {
    /// Works out who is trained on, and refuses data on which nothing can be learnt or judged.
    pub(super) fn new(
        experiment: &Experiment,
        prepared: &Prepared,
        questions: &TaskQuestions,
    ) -> Result<Self, TrainError> {
        let min_events = experiment.model.family().fewest_events();
        let users = questions.train_users(prepared, min_events);
        let unfit = |what: &str, cure: &str| Err(TrainError::Unfit(format!("{what}: {cure}")));
        if users.is_empty() {
            return unfit(
                &format!("no user has {min_events} training events"),
                "take a log with longer sequences, or clean it less strictly",
            );
        }
        if prepared.split.valid.is_empty() || prepared.split.test.is_empty() {
            return unfit(
                "no user has an event for validation and one for test",
                "take a log where users have at least three events, or another split",
            );
        }
        let TrainingSpec {
            epochs,
            batch_size,
            augment,
            ..
        } = experiment.training;
        let n_synthetic = augment.n_synthetic(users.len());
        if let Some(problem) = synthetic::check(experiment, prepared).filter(|_| n_synthetic > 0) {
            return Err(TrainError::Problems(vec![problem]));
        }
        let (batch_size, min_events, seed) =
            (batch_size.max(1), min_events as usize, experiment.seed);
        Ok(Self {
            users,
            n_epochs: epochs,
            batch_size,
            augment,
            n_synthetic,
            min_events,
            seed,
            extensions: Vec::new(),
            tuned: None,
        })
    }

    /// Steps of an epoch; the last one may hold fewer histories.
    pub(super) fn steps_per_epoch(&self) -> usize {
        let n_rows = self
            .tuned
            .as_ref()
            .map_or(self.users.len() + self.n_synthetic, TunedPlan::n_rows);
        n_rows.div_ceil(self.batch_size)
    }

    /// The histories that a sampler writes after reading those of the users. They depend on nothing
    /// but experiment and data, so that a run that goes on has the same.
    pub(super) fn synthetic(
        &self,
        task: &TrainingTask,
        between: &mut dyn FnMut(Pass) -> Result<(), Interrupted>,
    ) -> Result<Histories, Interrupted> {
        let rows: Histories = self
            .users
            .iter()
            .map(|&user| train_items(&task.prepared, user as usize))
            .collect();
        let wanted = SyntheticRequest {
            sampler: self.augment.sampler,
            n: self.n_synthetic,
            least: self.min_events,
            n_items: task.prepared.dataset.n_items(),
            gan: &task.experiment.training.gan,
            seed: derive_seed(self.seed, "synthetic", 0),
        };
        synthetic::write(&wanted, &rows, between)
    }

    /// The batches of an epoch: every user once and every synthetic history once, in an order of
    /// its own, each user's history changed as the experiment says; of a fine-tuned run what feedback
    /// asks for. Those before step `from` are left out.
    pub(super) fn batches<'a>(
        &'a self,
        task: &'a TrainingTask,
        synthetic: &'a Histories,
        epoch: usize,
        from: usize,
    ) -> Box<dyn Iterator<Item = Batch> + 'a> {
        let Some(tuned) = &self.tuned else {
            let batches = self.batches_of_all(task, synthetic, epoch, from);
            return Box::new(batches.map(|histories| Batch {
                histories,
                feedback: None,
            }));
        };
        let order = EpochOrder {
            seed: self.seed,
            epoch,
            batch_size: self.batch_size,
            from,
        };
        Box::new(tuned.batches(&task.prepared, &task.questions, order))
    }

    /// The batches of a run that begins anew.
    fn batches_of_all<'a>(
        &'a self,
        task: &'a TrainingTask,
        synthetic: &'a Histories,
        epoch: usize,
        from: usize,
    ) -> impl Iterator<Item = Histories> + 'a {
        let mut order: Vec<usize> = (0..self.users.len() + synthetic.n_rows()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
            self.seed,
            "shuffle",
            epoch as u64,
        )));
        (from..self.steps_per_epoch()).map(move |step| {
            let batch = order
                .iter()
                .skip(step * self.batch_size)
                .take(self.batch_size);
            let users: Vec<u32> = batch
                .clone()
                .filter_map(|&at| self.users.get(at).copied())
                .collect();
            let of_users = task.questions.batch(&task.prepared, &users);
            let mut histories = self.changed(of_users, &users, epoch);
            for at in batch.filter_map(|at| at.checked_sub(self.users.len())) {
                histories.push_timeless(synthetic.row(at));
            }
            histories
        })
    }

    /// The histories of these users as they are learnt from in this epoch.
    fn changed(&self, histories: Histories, users: &[u32], epoch: usize) -> Histories {
        if !self.augment.is_on() {
            return histories;
        }
        let of_epoch = derive_seed(self.seed, "augment", epoch as u64);
        let seeds: Vec<u64> = users
            .iter()
            .map(|&user| derive_seed(of_epoch, "user", u64::from(user)))
            .collect();
        histories.augmented(&self.augment, self.min_events, &seeds)
    }

    /// Inputs of the model beside the batch at `step`, counted from 0 over the whole run.
    pub(super) fn inputs(&self, training: &TrainingSpec, step: usize) -> StepInputs {
        let span = self.span(step);
        let (step_of_span, n_steps) = (step.saturating_sub(span.from), span.n_steps);
        StepInputs {
            lr: lr_at(training, step_of_span, n_steps),
            step: step_of_span,
            n_steps,
            seed: derive_seed(self.seed, "step", step as u64),
        }
    }

    /// Steps over which schedules run that a step belongs to. What was added to a run changes no
    /// step before it.
    fn span(&self, step: usize) -> ScheduleSpan {
        let steps = self.steps_per_epoch();
        let of_start = self
            .extensions
            .first()
            .map_or(self.n_epochs, |it| it.planned);
        let whole = |n_epochs: usize| ScheduleSpan {
            from: 0,
            n_steps: n_epochs * steps,
        };
        let begun = self.extensions.iter().rev();
        let Some(last) = begun.into_iter().find(|it| it.after * steps <= step) else {
            return whole(of_start);
        };
        match last.schedule {
            None | Some(ExtendedSchedule::Continue) => whole(last.epochs),
            Some(ExtendedSchedule::Restart) => ScheduleSpan {
                from: last.after * steps,
                n_steps: last.epochs.saturating_sub(last.after) * steps,
            },
        }
    }
}

/// Steps over which what depends on the length of a run takes its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ScheduleSpan {
    /// First of them, from 0 over the whole run.
    from: usize,
    n_steps: usize,
}
