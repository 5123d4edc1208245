//! Causal Transformer over items (SASRec form) with full-catalogue cross-entropy.

use serde::{Deserialize, Serialize};

use super::ModelFamily;
use crate::data::DataShape;
use crate::model::{ModelError, OpenDevice, OptimizerSpec, Trainable};
use crate::spec::{Described, Problem};

/// Settings of the causal Transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerSpec {
    /// Length of each event's vector.
    pub d_model: usize,
    /// Number of blocks.
    pub n_layers: usize,
    /// Number of attention heads of each block.
    pub n_heads: usize,
    /// Width of the feed-forward layer.
    pub d_ff: usize,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
}

impl Default for TransformerSpec {
    fn default() -> Self {
        Self { d_model: 64, n_layers: 2, n_heads: 1, d_ff: 64, seq_len: 200, dropout: 0.1 }
    }
}

crate::spec::described! { TransformerSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Width", "", "Length of the vector that stands for an event.", "SASRec recipe with full softmax: 64";
    n_layers: Int { min: 1, max: 12 }, Core, "Blocks", "", "How many attention blocks follow each other.", "Kang & McAuley 2018: 2";
    n_heads: Int { min: 1, max: 16 }, Core, "Heads", "", "How many attention patterns each block learns side by side; must divide the width.", "Kang & McAuley 2018: 1";
    d_ff: Int { min: 2, max: 4096 }, More, "Feed-forward width", "", "Width of the layer inside each block.", "Kang & McAuley 2018: as the width";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the model sees.", "Kang & McAuley 2018: 200 for MovieLens";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations set to zero while training: more fights over-fitting.", "0.1 on dense, 0.3–0.5 on sparse data";
} }

impl ModelFamily for TransformerSpec {
    fn title(&self) -> &'static str {
        "Transformer"
    }
    fn summary(&self) -> &'static str {
        "Looks back at the latest events with attention and scores what comes next after each."
    }
    fn source(&self) -> &'static str {
        "Kang & McAuley 2018 (SASRec), with full-catalogue cross-entropy instead of one sampled negative"
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
