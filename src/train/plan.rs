//! What one run trains on: which users, in which order, how many steps.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use super::schedule::lr_at;
use crate::data::{Histories, Outcomes, Prepared, Sample};
use crate::experiment::{Experiment, TrainingSpec};
use crate::model::{ModelSpec, OptimizerSpec, StepInputs};
use crate::spec::derive_seed;

/// The training side of an experiment, worked out for its data.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Users with enough training events, in order of index.
    pub(super) users: Vec<u32>,
    /// Most epochs.
    pub(super) n_epochs: usize,
    batch_size: usize,
    seed: u64,
}

impl Plan {
    /// Works out who is trained on, and refuses data on which nothing can be learnt or judged.
    pub(super) fn new(
        experiment: &Experiment,
        prepared: &Prepared,
        outcomes: Option<&Outcomes>,
    ) -> Result<Self, TrainError> {
        let min_events = min_train_events(&experiment.model);
        let lens = prepared.split.train_len.iter().enumerate();
        let mut users: Vec<u32> = lens.filter(|(_, len)| **len >= min_events).map(|(user, _)| user as u32).collect();
        if let Some(outcomes) = outcomes {
            users = outcomes.train.iter().map(|sample| sample.user_idx).collect();
            users.dedup();
        }
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
        let TrainingSpec { epochs, batch_size, .. } = experiment.training;
        Ok(Self { users, n_epochs: epochs, batch_size: batch_size.max(1), seed: experiment.seed })
    }

    /// Steps of an epoch; the last one may hold fewer users.
    pub(super) fn steps_per_epoch(&self) -> usize {
        self.users.len().div_ceil(self.batch_size)
    }

    /// The batches of an epoch: every user once, in an order of its own.
    pub(super) fn batches<'a>(
        &self,
        prepared: &'a Prepared,
        outcomes: Option<&'a Outcomes>,
        epoch: usize,
    ) -> impl Iterator<Item = Histories> + 'a {
        let mut users = self.users.clone();
        users.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(self.seed, "shuffle", epoch as u64)));
        let (batch_size, n_steps) = (self.batch_size, self.steps_per_epoch());
        (0..n_steps).map(move |at| {
            let batch = users.iter().skip(at * batch_size).take(batch_size);
            match outcomes {
                None => {
                    prepared.histories(batch.map(|&user| (user as usize, train_items(prepared, user as usize).len())))
                }
                Some(outcomes) => {
                    let of_users: Vec<&[Sample]> = batch.map(|&user| outcomes.train_of(user)).collect();
                    prepared.asked_together(&of_users)
                }
            }
        })
    }

    /// What the model needs beside the batch at `step`, counted from 0 over the whole run.
    pub(super) fn inputs(&self, training: &TrainingSpec, step: usize) -> StepInputs {
        StepInputs {
            lr: lr_at(training, step),
            step,
            n_steps: self.n_epochs * self.steps_per_epoch(),
            seed: derive_seed(self.seed, "step", step as u64),
        }
    }
}

/// The events of a user that training may see.
pub(super) fn train_items(prepared: &Prepared, user_idx: usize) -> &[u32] {
    let len = prepared.split.train_len.get(user_idx).map_or(0, |&len| len as usize);
    let items = prepared.dataset.sequences.items(user_idx);
    items.get(..len).unwrap_or(items)
}

/// Fewest training events of a user who is trained on: a sequence model learns an event from the
/// one before it; a VAE learns from a single one.
#[must_use]
pub fn min_train_events(model: &ModelSpec) -> u32 {
    match model {
        ModelSpec::Vae(_) => 1,
        ModelSpec::Transformer(_) | ModelSpec::Lstm(_) | ModelSpec::Gru(_) | ModelSpec::Rnn(_) => 2,
    }
}

/// The optimiser's part of the training settings.
pub(super) fn optimizer(training: &TrainingSpec) -> OptimizerSpec {
    let TrainingSpec { beta1, beta2, epsilon, weight_decay, clip_norm, .. } = *training;
    OptimizerSpec { beta1, beta2, epsilon, weight_decay, clip_norm }
}
