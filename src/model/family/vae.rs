//! Mult-VAE: a variational autoencoder over bags of items.

use serde::{Deserialize, Serialize};

use super::ModelFamily;
use crate::data::DataShape;
use crate::model::{ModelError, OpenDevice, OptimizerSpec, Trainable};
use crate::spec::{Described, Problem};

/// Settings of Mult-VAE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaeSpec {
    /// Width of the hidden layer of encoder and decoder.
    pub d_hidden: usize,
    /// Length of the latent vector.
    pub d_latent: usize,
    /// Share of a user's items hidden from the encoder while training.
    pub dropout: f64,
    /// Largest weight of the Kullback–Leibler term.
    pub beta: f64,
    /// Share of the steps over which the weight grows from 0 to `beta`.
    pub anneal: f64,
    /// Factor by which an event counts less than the one after it, in the encoder's input.
    pub recency: f64,
}

impl Default for VaeSpec {
    fn default() -> Self {
        Self { d_hidden: 600, d_latent: 200, dropout: 0.5, beta: 0.2, anneal: 0.2, recency: 1.0 }
    }
}

crate::spec::described! { VaeSpec {
    d_hidden: Int { min: 2, max: 4096 }, Core, "Hidden width", "", "Width of the layer between items and latent vector.", "Liang et al. 2018: 600";
    d_latent: Int { min: 1, max: 1024 }, Core, "Latent width", "", "Length of the vector that stands for a user.", "Liang et al. 2018: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Input dropout", "", "Share of a user's items hidden from the encoder while training.", "Liang et al. 2018: 0.5";
    beta: Float { min: 0.0, max: 4.0 }, Core, "Beta", "", "Largest weight of the Kullback–Leibler term; 0 makes it a plain autoencoder.", "Liang et al. 2018: 0.2";
    anneal: Float { min: 0.0, max: 1.0 }, More, "Annealing", "of the run", "Share of the steps over which beta grows from 0.", "Liang et al. 2018: linear";
    recency: Float { min: 0.5, max: 1.0 }, More, "Recency", "", "Factor by which an event counts less than the one after it in the encoder's input; 1 is the paper's plain bag.", "Liang et al. 2018: 1";
} }

impl ModelFamily for VaeSpec {
    fn title(&self) -> &'static str {
        "Mult-VAE"
    }
    fn summary(&self) -> &'static str {
        "Squeezes the bag of a user's items into a latent vector and scores every item from it; it does not see the order."
    }
    fn source(&self) -> &'static str {
        "Liang et al. 2018 (Mult-VAE): multinomial likelihood, annealed beta"
    }
    fn n_params(&self, shape: DataShape) -> usize {
        todo!("{shape:?}")
    }
    fn check(&self, _shape: DataShape) -> Vec<Problem> {
        self.problems()
    }
    fn build(
        &self,
        shape: DataShape,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        todo!("{shape:?} {optimizer:?} {device:?} {seed}")
    }
}
