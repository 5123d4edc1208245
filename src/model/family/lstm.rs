//! LSTM next-item model with full-catalogue cross-entropy.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use serde::{Deserialize, Serialize};

use super::recurrent::{Parts, RecurrentNetwork, Settings};
use super::{EVERY_TASK, ModelFamily};
use crate::data::TaskKind;
use crate::model::features::{Features, Join};
use crate::model::recurrent::Lstm;
use crate::model::{Blueprint, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, Trainable, Workload};
use crate::spec::Problem;

/// Settings of the LSTM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmSpec {
    /// Length of each item's vector.
    pub d_model: usize,
    /// Number of units of each recurrent layer.
    pub d_hidden: usize,
    /// Number of recurrent layers, each of which reads the states of the one below.
    pub n_layers: usize,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
    /// How the features of events join their items, where the data have some.
    pub features: Join,
}

impl Default for LstmSpec {
    fn default() -> Self {
        Self { d_model: 64, d_hidden: 128, n_layers: 1, seq_len: 200, dropout: 0.2, features: Join::Sum }
    }
}

crate::spec::described! { LstmSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Item width", "", "Length of the vector that stands for an item.", "as the Transformer's: 64";
    d_hidden: Int { min: 2, max: 2048 }, Core, "Units", "", "How many numbers the LSTM carries from event to event.", "one wide layer beats several narrow ones";
    n_layers: Int { min: 1, max: 4 }, Core, "Layers", "", "How many layers stand on one another; each reads what the one below has carried.", "GRU4Rec (Hidasi et al. 2016): one layer did best";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the model sees.", "as the Transformer's: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations into and out of each layer set to zero while training: more fights over-fitting.", "0.1–0.3 on dense data";
    features: Choice(<Join as strum::VariantNames>::VARIANTS.to_vec()), More, "Features", "", "How features of events (`data.features`) join their items: added as vectors of the same length, or set beside them and mixed by a dense layer. Without features it plays no part.", "Sum, as BERT adds segments";
} }

impl LstmSpec {
    fn settings(&self, plan: &Blueprint) -> Settings {
        let Self { d_model, d_hidden, n_layers, seq_len, dropout, features } = *self;
        Settings { d_model, d_hidden, n_layers, seq_len, dropout, features, plan: plan.clone() }
    }
}

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
    fn tasks(&self) -> &'static [TaskKind] {
        &EVERY_TASK
    }
    fn takes_features(&self) -> bool {
        true
    }
    fn n_params(&self, plan: &Blueprint) -> usize {
        self.settings(plan).n_params::<Lstm>(plan)
    }
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        self.settings(work.plan).memory(self.n_params(work.plan), work)
    }
    fn check(&self, plan: &Blueprint) -> Vec<Problem> {
        self.settings(plan).check::<Lstm>(self, plan)
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let problems = self.check(plan);
        self.settings(plan).build::<LstmNetwork>(&problems, (optimizer, seed), device)
    }
}

/// The network's weights, under the names that weights files have for them.
#[derive(Module, Debug)]
pub(super) struct LstmNetwork {
    item: Embedding,
    features: Features,
    lstm: Lstm,
    /// The layers above the first.
    upper: Vec<Lstm>,
    output: Linear,
    #[module(skip)]
    settings: Settings,
}

impl RecurrentNetwork for LstmNetwork {
    const KIND: &'static str = "lstm";
    const OUTCOME_KIND: &'static str = "lstm with a head";
    type Layer = Lstm;

    fn from_parts(
        (item, features): (Embedding, Features),
        layers: (Lstm, Vec<Lstm>),
        output: Linear,
        settings: Settings,
    ) -> Self {
        let (lstm, upper) = layers;
        Self { item, features, lstm, upper, output, settings }
    }

    fn parts(&self) -> Parts<'_, Lstm> {
        let layers = std::iter::once(&self.lstm).chain(&self.upper).collect();
        Parts { item: &self.item, features: &self.features, layers, output: &self.output, settings: &self.settings }
    }
}
