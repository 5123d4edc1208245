//! The settings of a recurrent family, and what follows from its kind of cell.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use strum::VariantNames as _;

use super::{RecurrentOutput, RecurrentSettings};
use crate::family::{EVERY_TASK, ModelStart, SmallerSizes, size, words};
use crate::features::Join;
use crate::recurrent::RecurrentLayer;
use crate::{
    Blueprint, LayerShape, MemoryNeed, ModelError, ModelFamily, OpenDevice, OptimizerSpec,
    Trainable, Workload,
};
use seqscope_base::spec::described;
use seqscope_data::TaskKind;

/// A kind of recurrent family: its layers, and the words that tell of it.
pub(in crate::family) trait RecurrentKind: 'static {
    /// Type of each layer.
    type Layer: RecurrentLayer + 'static;

    /// Name as a person reads it.
    const TITLE: &'static str;

    /// One sentence: what it does.
    const SUMMARY: &'static str;

    /// Paper, and how we differ.
    const SOURCE: &'static str;

    /// Help of the setting `d_hidden`.
    const UNITS: &'static str;

    /// Source of the default of `d_hidden`.
    const UNITS_SOURCE: &'static str;
}

/// Settings of a recurrent family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound = "")]
pub struct RecurrentSpec<K> {
    /// Length of each item's vector.
    pub d_model: usize,
    /// Number of units of the first recurrent layer.
    pub d_hidden: usize,
    /// Number of recurrent layers, each of which reads the states of the one below.
    pub n_layers: usize,
    /// Width of each upper layer beside the one below, 1 = alike.
    pub taper: f64,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
    /// Share of the state's units that the recurrent weights do not see while training, the
    /// same units all through a sequence.
    pub recurrent_dropout: f64,
    /// After which events of a history it learns to predict.
    pub output: RecurrentOutput,
    /// Whether the last layer's states look back at those before them.
    pub attention: bool,
    /// Whether the item vectors are the output weights too.
    pub tied: bool,
    /// Way in which the features of events join their items, where the data have some.
    pub features: Join,
    /// Which family.
    #[serde(skip)]
    pub kind: PhantomData<K>,
}

/// The defaults of the newer settings are what the families did before there were any.
impl<K> Default for RecurrentSpec<K> {
    fn default() -> Self {
        Self {
            d_model: 64,
            d_hidden: 128,
            n_layers: 1,
            taper: 1.0,
            seq_len: 200,
            dropout: 0.2,
            recurrent_dropout: 0.0,
            output: RecurrentOutput::PerStep,
            attention: false,
            tied: true,
            features: Join::Sum,
            kind: PhantomData,
        }
    }
}

described! { impl[K: RecurrentKind] RecurrentSpec<K> {
    d_model: Int { min: 2, max: 1024 }, Core, "Item width", "", "Length of the vector that \
        stands for an item.", "as the Transformer's: 64";
    d_hidden: Int { min: 2, max: 2048 }, Core, "Units", "", K::UNITS, K::UNITS_SOURCE;
    n_layers: Int { min: 1, max: 4 }, Core, "Layers", "", "How many layers stand on one another; \
        each reads what the one below has carried.", "GRU4Rec (Hidasi et al. 2016): one layer did best";
    taper: Float { min: 0.1, max: 1.0 }, More, "Taper", "", "Width of each upper layer beside the \
        one below: 1 makes them alike, 0.5 halves them.", "1: layers alike, as in GRU4Rec";
    seq_len => words::WINDOW, "as the Transformer's: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations into and out \
        of each layer set to zero while training: more fights over-fitting.", "0.1–0.3 on dense data";
    recurrent_dropout: Float { min: 0.0, max: 0.9 }, More, "Recurrent dropout", "", "Share \
        of the memory that stays silent from event to event while training, the same part \
        all through a history.", "Gal & Ghahramani 2016; off unless asked for";
    output: Choice(RecurrentOutput::VARIANTS.to_vec()), More, "Learn from", "", "Of the next item: \
        PerStep learns to predict every event; LastStep only each history's last one, so that a \
        pass costs the same and teaches far less.", "every event, as in GRU4Rec";
    attention: Bool, More, "Attention", "", "Lets each event look back at all before it and weigh \
        them, which Explain shows; training takes several times as long.", "Bahdanau et al. 2015, within one network; off unless asked for";
    tied: Bool, More, "Tied output", "", "Scores items with the vectors that are read; \
        off, the output learns vectors of its own.", "Press & Wolf 2017; Hidasi & Karatzoglou 2018";
    features => words::FEATURES, "Sum, as BERT adds segments";
} }

impl<K> RecurrentSpec<K> {
    fn settings(&self, plan: &Blueprint) -> RecurrentSettings {
        let Self {
            d_model,
            d_hidden,
            n_layers,
            taper,
            seq_len,
            dropout,
            ..
        } = *self;
        let Self {
            recurrent_dropout,
            output,
            attention,
            tied,
            features,
            ..
        } = *self;
        RecurrentSettings {
            d_model,
            d_hidden,
            n_layers,
            taper,
            seq_len,
            dropout,
            recurrent_dropout,
            output,
            attention,
            tied,
            features,
            plan: plan.clone(),
        }
    }
}

impl<K: RecurrentKind> ModelFamily for RecurrentSpec<K> {
    fn title(&self) -> &'static str {
        K::TITLE
    }

    fn summary(&self) -> &'static str {
        K::SUMMARY
    }

    fn source(&self) -> &'static str {
        K::SOURCE
    }

    fn tasks(&self) -> &'static [TaskKind] {
        &EVERY_TASK
    }

    fn takes_features(&self) -> bool {
        true
    }

    fn smaller_sizes(&self) -> SmallerSizes {
        size::OF_RECURRENT
    }

    fn why_no_attention(&self) -> &'static str {
        "A recurrent network carries what it has read in one state that changes with every event. \
         Trained without its setting `attention` it has no weights from step to step, so none are \
         drawn."
    }

    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        self.settings(plan).layers::<K::Layer>(K::TITLE)
    }

    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        self.settings(work.plan)
            .memory::<K::Layer>(work, self.n_params(work.plan))
    }

    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let settings = self.settings(plan);
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_every_task(self, &settings.largest::<K::Layer>(), |init| {
            settings.network::<K::Layer>(init)
        })
    }
}
