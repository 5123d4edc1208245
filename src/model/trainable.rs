//! Models as the rest of the program sees them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    HiddenStates, ListFeedback, ModelError, ParamCounts, Questions, RankAnswer, Rollout,
    SlopeAttributions, SlopeQuestion, StateTracks,
};
use seqscope_data::Histories;

/// Settings of the optimiser: `AdamW` (Loshchilov & Hutter 2019); with `weight_decay` 0 it is Adam
/// (Kingma & Ba 2015).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimizerSpec {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay a step, times the learning rate.
    pub weight_decay: f64,
    /// Decoupled L1 penalty a step, times the learning rate.
    #[serde(default)]
    pub l1: f64,
    /// Largest global norm of the gradient; 0 leaves it as it is.
    pub clip_norm: f64,
}

/// Inputs of a training step beside its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInputs {
    /// Learning rate of this step.
    pub lr: f64,
    /// Optimiser step from 0, over the whole run.
    pub step: usize,
    /// Optimiser steps that the whole run would have, for annealing.
    pub n_steps: usize,
    /// Seed of every random choice in this step (dropout, sampling).
    pub seed: u64,
}

/// Means since the statistics were last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrainStats {
    /// Training loss a predicted event, in nats: the negative log-likelihood; for a VAE, whose
    /// events are a user's different items, the negative evidence lower bound with the present
    /// beta.
    pub loss: f64,
    /// Global norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Kullback–Leibler term a latent vector, in nats, mean over the steps; only a VAE has one.
    pub kl: Option<f64>,
    /// Negative log-likelihood a predicted event, in nats, which is the loss without the
    /// Kullback–Leibler term; only a VAE has one.
    pub reconstruction: Option<f64>,
    /// Number of steps averaged over.
    pub n_steps: usize,
    /// Number of predicted events averaged over.
    pub n_events: usize,
}

/// The model's scores of the whole catalogue after each event of one history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepScores {
    /// Position in the history that the first row belongs to: row `r` holds the scores after
    /// having seen events up to and including `first + r`.
    pub first: usize,
    /// Scores (logits), `[n_rows, n_items + 1]`; column 0 is padding.
    pub scores: Vec<f32>,
    /// Columns of a row: `n_items + 1`.
    pub n_columns: usize,
}

impl StepScores {
    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.scores.len().checked_div(self.n_columns).unwrap_or(0)
    }

    /// Scores after the event at `first + at`.
    #[must_use]
    pub fn row(&self, at: usize) -> &[f32] {
        self.scores
            .get(at * self.n_columns..(at + 1) * self.n_columns)
            .unwrap_or(&[])
    }
}

/// Attention weights of one history, every layer and head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttentionMaps {
    /// Number of layers.
    pub n_layers: usize,
    /// Number of heads of each layer.
    pub n_heads: usize,
    /// Number of positions shown: the last `len` events of the history.
    pub len: usize,
    /// Position in the history of the first one shown.
    pub first: usize,
    /// Weights, `[n_layers, n_heads, len, len]`: row = the looking position, column = the one
    /// looked at. Each row sums to 1.
    pub weights: Vec<f32>,
}

impl AttentionMaps {
    /// The `len × len` weights of one head.
    #[must_use]
    pub fn head(&self, layer: usize, head: usize) -> &[f32] {
        let size = self.len * self.len;
        let at = (layer * self.n_heads + head) * size;
        self.weights.get(at..at + size).unwrap_or(&[])
    }
}

/// Place of an attention head in a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadPlace {
    /// Layer, from 0.
    pub layer: usize,
    /// Head, from 0.
    pub head: usize,
}

/// Terms of one attention head over one history (Vaswani et al. 2017, eq. 1): its weight of column
/// `c` in row `r` is the softmax over the columns of `query(r) · key(c) / √d_head + bias(r, c)`, and
/// it puts out the values times their weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadTerms {
    /// Position in the history of the first event that is read.
    pub first: usize,
    /// Number of events that are read.
    pub len: usize,
    /// Length of a query, key or value.
    pub d_head: usize,
    /// Queries, turned by their places with rotary positions. `[len, d_head]`
    pub query: Vec<f32>,
    /// Keys, turned likewise. `[len, d_head]`
    pub key: Vec<f32>,
    /// Values. `[len, d_head]`
    pub value: Vec<f32>,
    /// Added to the scaled products: −10000 where the mask hides a later event, and what the time
    /// between two events adds. `[len, len]`
    pub bias: Vec<f32>,
}

/// Latent vectors of some histories, and how sure the model is of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LatentVectors {
    /// Mean of each latent vector. `[n_rows, width]`
    pub mean: Vec<f32>,
    /// Logarithm of the variance of each number of it. `[n_rows, width]`
    pub log_variance: Vec<f32>,
    /// Length of a latent vector.
    pub width: usize,
}

/// Latent vectors from which a model tells its scores; of an uncertain one the means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LatentCodes {
    /// The vectors. `[n_rows, width]`
    pub values: Vec<f32>,
    /// Length of a vector.
    pub width: usize,
}

/// A vector for each item of the catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemTable {
    /// The vectors; row `r` is of item `r + 1`, since padding has none. `[n_items, width]`
    pub vectors: Vec<f32>,
    /// Length of a vector.
    pub width: usize,
}

impl ItemTable {
    /// Number of items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.vectors.len().checked_div(self.width).unwrap_or(0)
    }

    /// Vector of an item; empty for padding and the unknown.
    #[must_use]
    pub fn vector(&self, item_idx: u32) -> &[f32] {
        let row = (item_idx as usize).checked_sub(1);
        row.and_then(|row| self.vectors.get(row * self.width..(row + 1) * self.width))
            .unwrap_or(&[])
    }
}

/// A model that can be trained, asked, saved and loaded.
pub trait Trainable: Send {
    /// Number of learnt numbers.
    fn n_params(&self) -> usize;

    /// One optimiser step on these users' training histories. The loss stays on the device.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn train_step(&mut self, histories: &Histories, inputs: StepInputs) -> Result<(), ModelError>;

    /// One optimiser step on these histories that also learns from what was said of lists: the
    /// gradients of both are added. Statistics tell of the histories alone. A model that learns from
    /// no lists passes them over.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when an item is not in the catalogue or the device fails.
    fn tune_step(
        &mut self,
        histories: &Histories,
        _feedback: &ListFeedback,
        inputs: StepInputs,
    ) -> Result<(), ModelError> {
        self.train_step(histories, inputs)
    }

    /// Means since the last call. Reads back from the device: call it when someone will look.
    ///
    /// # Errors
    /// [`ModelError::Diverged`] when the loss is no number.
    fn take_stats(&mut self) -> Result<TrainStats, ModelError>;

    /// Counts the gradient of the next step, for [`Trainable::value_counts`].
    fn count_next_gradient(&mut self) {}

    /// Counts of the weights as they are now, and of the gradient that was to be counted since the
    /// last call, parameter by parameter. Nothing of a model that counts nothing. Reads back from
    /// the device, as [`Trainable::save_weights`] does.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn value_counts(&mut self) -> Result<Vec<ParamCounts>, ModelError> {
        Ok(Vec::new())
    }

    /// Scores of the whole catalogue after each history, `[n_rows, n_items + 1]`; column 0 is
    /// padding and means nothing. A softmax over the other columns is the model's probability.
    /// Dropout is off. An empty history is allowed.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn scores(&self, histories: &Histories) -> Result<Vec<f32>, ModelError>;

    /// Rank and probability of what came next, for each question. The scores themselves do not
    /// leave the model, which may then take them a piece at a time.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn answers(&self, questions: &Questions) -> Result<Vec<RankAnswer>, ModelError> {
        questions.answered_by(|histories| self.scores(histories))
    }

    /// Scores after each event of one history, the only row (of its last events, where the model's
    /// window is shorter).
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn step_scores(&self, history: &Histories) -> Result<StepScores, ModelError>;

    /// Scores of the whole catalogue for each of the next items of one history, one row an item: of
    /// the first as in [`Trainable::scores`], of each other after the likeliest before it. Fewer
    /// rows when nothing is left to choose.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn ahead(&self, asked: &Rollout<'_>) -> Result<Vec<Vec<f32>>, ModelError> {
        asked.rolled(|histories| self.scores(histories))
    }

    /// Attention weights over one history, the only row; `None` for a model that has no attention.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError>;

    /// Attention in the one pass that answers after a history, the only row, to be followed from
    /// layer to layer: row = the looking place of that pass, column = the one looked at. A last
    /// place that is no event, such as BERT4Rec's mask, is a row and a column of its own, so that
    /// the maps are longer than what they show of the history; without one they are what
    /// [`Trainable::attention`] gives. `None` for a model in which no blocks of attention lie on each
    /// other.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn stacked_attention(&self, _history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        Ok(None)
    }

    /// Terms of one attention head over one history, the only row; `None` for a model that has no
    /// such head or does not tell its terms, and for an empty history.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn head_terms(
        &self,
        _history: &Histories,
        _head: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        Ok(None)
    }

    /// Attributions of an answer to the events of its history, by gradients. `None` for a model that
    /// has no such gradients or does not score items, and for an empty history.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when an item is not in the catalogue or the device fails.
    fn slopes(&self, _asked: &SlopeQuestion<'_>) -> Result<Option<SlopeAttributions>, ModelError> {
        Ok(None)
    }

    /// The latent vector of each history; `None` for a model without an uncertain one.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn latent(&self, _histories: &Histories) -> Result<Option<LatentVectors>, ModelError> {
        Ok(None)
    }

    /// The latent vector of each history from which its scores are told; `None` for a model that
    /// has no such vector.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn codes(&self, _histories: &Histories) -> Result<Option<LatentCodes>, ModelError> {
        Ok(None)
    }

    /// Scores of the whole catalogue that these latent vectors are decoded to, as
    /// [`Trainable::scores`] has them; `None` for a model that has no such vector.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when they have another length than the model's, or the device fails.
    fn decoded(&self, _codes: &LatentCodes) -> Result<Option<Vec<f32>>, ModelError> {
        Ok(None)
    }

    /// A vector for each item: that which states are multiplied with to score the catalogue, or, of
    /// a model of another task, that which goes in; `None` for a model that has none.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn item_table(&self) -> Result<Option<ItemTable>, ModelError> {
        Ok(None)
    }

    /// Gates, cells and hidden states of the recurrent layers after each event of one history, the
    /// only row (of its last events, where the model's window is shorter); `None` for a model that
    /// has no recurrent layer.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn state_tracks(&self, _history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        Ok(None)
    }

    /// States of the last recurrent layer after the last events of each history; `None` for a model
    /// that has no recurrent layer. Working memory grows with the events: ask of some hundred rows
    /// at a time.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    fn hidden_states(&self, _histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        Ok(None)
    }

    /// Writes the weights as safetensors: the whole file, or what was there before.
    ///
    /// # Errors
    /// [`ModelError::Weights`] when the file cannot be written.
    fn save_weights(&self, path: &Path) -> Result<(), ModelError>;

    /// Reads weights that [`Trainable::save_weights`] wrote; bit for bit the same.
    ///
    /// # Errors
    /// [`ModelError::Weights`] when the file cannot be read or is of another model.
    fn load_weights(&mut self, path: &Path) -> Result<(), ModelError>;

    /// Writes weights and optimiser state, so that training goes on as if never interrupted; the
    /// whole file, or what was there before.
    ///
    /// # Errors
    /// [`ModelError::Weights`] when the file cannot be written.
    fn save_state(&self, path: &Path) -> Result<(), ModelError>;

    /// Reads what [`Trainable::save_state`] wrote.
    ///
    /// # Errors
    /// [`ModelError::Weights`] when the file cannot be read or is of another model.
    fn load_state(&mut self, path: &Path) -> Result<(), ModelError>;
}
