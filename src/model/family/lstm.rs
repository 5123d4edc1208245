//! LSTM next-item model with full-catalogue cross-entropy.

use serde::{Deserialize, Serialize};

use super::ModelFamily;
use crate::data::DataShape;
use crate::model::{ModelError, OpenDevice, OptimizerSpec, Trainable};
use crate::spec::{Described, Problem};

/// Settings of the LSTM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmSpec {
    /// Length of each item's vector.
    pub d_model: usize,
    /// Number of units of the recurrent layer.
    pub d_hidden: usize,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
}

impl Default for LstmSpec {
    fn default() -> Self {
        Self { d_model: 64, d_hidden: 128, seq_len: 200, dropout: 0.2 }
    }
}

crate::spec::described! { LstmSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Item width", "", "Length of the vector that stands for an item.", "as the Transformer's: 64";
    d_hidden: Int { min: 2, max: 2048 }, Core, "Units", "", "How many numbers the LSTM carries from event to event.", "one wide layer beats several narrow ones";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the model sees.", "as the Transformer's: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of input and output activations set to zero while training: more fights over-fitting.", "0.1–0.3 on dense data";
} }

impl ModelFamily for LstmSpec {
    fn title(&self) -> &'static str {
        "LSTM"
    }
    fn summary(&self) -> &'static str {
        "Reads the events one by one into a memory and scores what comes next after each."
    }
    fn source(&self) -> &'static str {
        "Hochreiter & Schmidhuber 1997; as a recommender GRU4Rec (Hidasi & Karatzoglou 2018), with full-catalogue cross-entropy and output weights tied to the item vectors"
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
