//! The run in work as the window sees it.

use crate::model::DeviceInfo;
use crate::run::{References, RunId};
use crate::spec::Problem;
use crate::train::{Ended, Progress};

/// Where a run is.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingPhase {
    /// Data, device and model are being made ready.
    Starting,
    /// Steps are being made.
    Running,
    /// It holds.
    Paused,
    /// Asked to stop; finishing the step and the evaluation.
    Stopping,
    /// It ended.
    Ended(Box<Ended>),
    /// It could not be started: why, and the cure.
    NotStarted(String),
}

/// One epoch's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LivePoint {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Optimiser steps done.
    pub step: usize,
    /// Mean training loss, nats an event.
    pub train_loss: f64,
    /// Validation loss, nats an event.
    pub valid_loss: f64,
    /// Validation NDCG@10.
    pub ndcg_at_10: f64,
    /// Validation HR@10.
    pub hr_at_10: f64,
    /// Validation MRR.
    pub mrr: f64,
    /// Learning rate.
    pub lr: f64,
    /// Mean norm of the gradient.
    pub grad_norm: f64,
    /// Training events a second.
    pub events_per_sec: f64,
    /// Whether it was the best so far.
    pub is_best: bool,
}

/// The run in work, or the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Its name, once its folder exists.
    pub run: Option<RunId>,
    /// Title such as `quickstart · Transformer`.
    pub title: String,
    /// Where it is.
    pub phase: TrainingPhase,
    /// Device, once known.
    pub device: Option<DeviceInfo>,
    /// Number of learnt numbers, once known.
    pub n_params: Option<usize>,
    /// Most epochs.
    pub n_epochs: usize,
    /// How far it is.
    pub progress: Progress,
    /// Training loss between evaluations: (step, loss).
    pub step_losses: Vec<(usize, f64)>,
    /// One point an epoch.
    pub points: Vec<LivePoint>,
    /// References on validation: the lines behind the ranking metric.
    pub references_valid: References,
    /// Warnings of this run.
    pub problems: Vec<Problem>,
}

impl Training {
    /// Whether the run is still at work (paused counts).
    #[must_use]
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, TrainingPhase::Ended(_) | TrainingPhase::NotStarted(_))
    }
}
