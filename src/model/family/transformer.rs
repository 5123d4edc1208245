//! Causal Transformer over items (SASRec form) with full-catalogue cross-entropy.

mod arrays;
mod fused;
mod packed;
mod shapes;
mod slopes;
mod terms;

use burn::module::Param;
use burn::nn::{Embedding, LayerNorm};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::module::embedding;
use serde::{Deserialize, Serialize};
use strum::VariantNames as _;

use super::attentive::{self, rows_at_a_time};
use super::{EVERY_TASK, ModelFamily, ModelStart, SmallerSizes, plain_memory, size, words};
use crate::attention::{
    Activation, BatchCells, Block, Dropout, Looks, N_BUCKETS, NormPlace, Positions, Rotation,
    Sizes, causal_mask, dropped, head_problems, interval_bias, place_vectors, through,
};
use crate::attribution::InputNetwork;
use crate::features::{Features, Join};
use crate::item_vectors::{ItemVectors, by_length};
use crate::kernel::{Buffer, CrossEntropy};
use crate::layers::LayerShape;
use crate::network::{LossSums, Network};
use crate::outcome::{HeadGradients, StateNetwork};
use crate::random::{EventPlace, Init, Noise};
use crate::weights::{on_host, read};
use crate::window::{
    TrainWindows, WholeWindows, index_tensor, input_tensor, windows_for_prediction,
};
use crate::{AttentionMaps, Blueprint, HeadPlace, HeadTerms, MemoryNeed, ModelError, OpenDevice};
use crate::{OptimizerSpec, StepInputs, Trainable, Workload};
use seqscope_base::spec::Problem;
use seqscope_data::{Histories, PaddedBatch, TaskKind};

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
    /// Share of attention weights set to zero while training.
    pub attention_dropout: f64,
    /// Place of the layer norms in a block.
    pub norm: NormPlace,
    /// Activation of the feed-forward layer.
    pub activation: Activation,
    /// Way in which it knows the places of events.
    pub positions: Positions,
    /// Whether the time between two events counts.
    pub intervals: bool,
    /// Whether the item vectors are the output weights too.
    pub tied: bool,
    /// Way in which the features of events join their items, where the data have some.
    pub features: Join,
}

impl Default for TransformerSpec {
    fn default() -> Self {
        Self {
            d_model: 64,
            n_layers: 2,
            n_heads: 1,
            d_ff: 64,
            seq_len: 200,
            dropout: 0.1,
            attention_dropout: 0.0,
            norm: NormPlace::Before,
            activation: Activation::Relu,
            positions: Positions::Learned,
            intervals: false,
            tied: true,
            features: Join::Sum,
        }
    }
}

seqscope_base::spec::described! { TransformerSpec {
    d_model => words::WIDTH, "SASRec recipe with full softmax: 64";
    n_layers => words::BLOCKS, "Kang & McAuley 2018: 2";
    n_heads => words::HEADS, "Kang & McAuley 2018: 1";
    d_ff => words::FEED_FORWARD, "Kang & McAuley 2018: as the width; GPT: 4 times the width";
    seq_len => words::WINDOW, "Kang & McAuley 2018: 200 for MovieLens";
    dropout => words::DROPOUT, "0.1 on dense, 0.3–0.5 on sparse data";
    attention_dropout => words::ATTENTION_DROPOUT, "Off; Radford et al. 2018 (GPT): 0.1";
    norm: Choice(NormPlace::VARIANTS.to_vec()), More, "Norms", "", "Whether the layer norms of a \
        block stand before its layers, which trains easily, or after each sum, as in the first \
        Transformer.", "Kang & McAuley 2018 and Radford et al. 2019: before; Vaswani et al. 2017: after";
    activation => words::ACTIVATION, "Kang & McAuley 2018: Relu; GPT: Gelu";
    positions: Choice(Positions::VARIANTS.to_vec()), More, "Positions", "", "How the model knows \
        the places of events: learnt vectors, fixed waves, turned queries and keys, or only who \
        came before whom.", "Kang & McAuley 2018: Learned; Vaswani et al. 2017: Sinusoidal; Su et al. 2021: Rotary";
    intervals: Bool, More, "Time intervals", "", "Lets attention depend on the time between two \
        events, in buckets each twice as wide as the one before; without times in the log it \
        changes nothing.", "Off; after Li et al. 2020 (TiSASRec) and Raffel et al. 2020 (T5)";
    tied: Bool, More, "Tied output", "", "Scores an item by the same vector that stands for it in \
                                          the history; without it the output has vectors of its \
                                          own.", "Kang & McAuley 2018: yes";
    features => words::FEATURES, "Sum, as BERT adds segments";
} }

impl TransformerSpec {
    /// Whether the fused layers know this form; others are computed by burn's layers.
    fn is_fused(&self) -> bool {
        let Self {
            norm,
            activation,
            positions,
            intervals,
            attention_dropout,
            tied,
            ..
        } = *self;
        let form = (norm, activation, positions)
            == (NormPlace::Before, Activation::Relu, Positions::Learned);
        form && !intervals && tied && attention_dropout <= 0.0
    }

    fn sizes(&self) -> Sizes {
        let Self {
            d_model,
            n_heads,
            d_ff,
            norm,
            activation,
            ..
        } = *self;
        Sizes {
            d_model,
            n_heads,
            d_ff,
            norm,
            activation,
        }
    }
}

impl ModelFamily for TransformerSpec {
    fn title(&self) -> &'static str {
        "Transformer"
    }
    fn summary(&self) -> &'static str {
        "Looks back at the latest events with attention and scores what comes next after each."
    }
    fn source(&self) -> &'static str {
        "Kang & McAuley 2018 (SASRec), with full-catalogue cross-entropy instead of one sampled \
         negative, an output projection after the heads and no dropout on attention weights unless \
         it is set; positions count from the latest event; keys and values are normed as in the \
         paper, not as in its code, which norms the queries only. With Gelu and a feed-forward \
         width of 4 times the width it is GPT's form (Radford et al. 2019), but for item vectors \
         multiplied by the root of the width"
    }
    fn tasks(&self) -> &'static [TaskKind] {
        &EVERY_TASK
    }
    fn takes_features(&self) -> bool {
        true
    }
    fn smaller_sizes(&self) -> SmallerSizes {
        size::OF_TRANSFORMER
    }
    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        shapes::layers(self, plan)
    }

    /// The weights and the gradients of each shard; of the events that are worked on at a time what
    /// each block keeps for its backward pass, and what that works on; and of each thread a block
    /// of scores.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        if !(self.is_fused() && work.plan.is_plain()) {
            return plain_memory(
                self.n_params(work.plan),
                self.n_layers,
                &self.sizes(),
                work,
                self.seq_len,
            );
        }
        let Self {
            d_model,
            n_layers,
            n_heads,
            d_ff,
            seq_len,
            ..
        } = *self;
        let n_params = self.n_params(work.plan);
        let of_block = 10 * d_model + d_ff + n_heads + 4;
        let of_event = n_layers * of_block + 11 * d_model + d_ff + 8;
        let of_thread = (CrossEntropy::rows(work.plan.shape.n_items) + 2) * work.plan.shape.n_items
            + 192 * seq_len;
        let events = work.at_a_time(work.n_events(work.n_rows(), seq_len), fused::N_SHARDS);
        let step = (1 + fused::N_SHARDS) * n_params
            + events * of_event
            + work.n_threads.min(fused::N_SHARDS) * of_thread;
        let events = work.n_events(work.n_asked(), seq_len);
        let events =
            work.at_a_time(events, fused::shards_of_questions(events)) * (of_block + 2 * d_model);
        let evaluation = n_params
            + work.plan.shape.n_items * d_model
            + work.n_asked() * d_model
            + events
            + work.scores();
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }
    fn misfits(&self) -> Vec<Problem> {
        head_problems(self.d_model, self.n_heads, self.positions)
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let largest = [(
            "d_model",
            (plan.shape.n_items + 1).saturating_mul(self.d_model),
        )];
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_every_task(self, &largest, |init| Transformer::new(self, plan, init))
    }
}

/// The network. Positions are counted from the end of the window, so that a history's numbers do
/// not depend on how much padding stands before it.
#[derive(Module, Debug)]
struct Transformer {
    /// `[n_items + 1, d_model]`; also the output weights, where they are tied.
    item: Embedding,
    /// `[seq_len, d_model]`; the last row is the latest event. Where positions are learnt.
    position: Option<Embedding>,
    blocks: Vec<Block>,
    /// Final norm, where norms stand before the layers.
    norm: Option<LayerNorm>,
    /// `[N_BUCKETS, n_heads]`, where intervals count.
    interval: Option<Param<Tensor<2>>>,
    /// `[n_items + 1, d_model]`, where they are not tied.
    output: Option<Embedding>,
    features: Features,
    #[module(skip)]
    spec: TransformerSpec,
    #[module(skip)]
    plan: Blueprint,
}

impl Transformer {
    fn new(spec: &TransformerSpec, plan: &Blueprint, init: &mut Init) -> Self {
        let n_items = plan.shape.n_items;
        let TransformerSpec {
            d_model,
            n_layers,
            n_heads,
            seq_len,
            ..
        } = *spec;
        Self {
            item: init.item_embedding(n_items, d_model),
            position: (spec.positions == Positions::Learned)
                .then(|| init.embedding(seq_len, d_model)),
            blocks: (0..n_layers)
                .map(|_| Block::new(spec.sizes(), init))
                .collect(),
            norm: (spec.norm == NormPlace::Before).then(|| init.layer_norm(d_model)),
            interval: spec
                .intervals
                .then(|| init.constant(0.0, [N_BUCKETS, n_heads])),
            output: (!spec.tied).then(|| init.item_embedding(n_items, d_model)),
            features: Features::new(plan, d_model, spec.features, init),
            spec: spec.clone(),
            plan: plan.clone(),
        }
    }

    /// Returns the matrix that states are multiplied with to score the catalogue.
    /// `[n_items + 1, d_model]`
    fn output_vectors(&self) -> Tensor<2> {
        self.output.as_ref().unwrap_or(&self.item).weight.val()
    }

    /// Hidden state after each position, `[n_rows, len, d_model]`; the attention weights of each
    /// block, `[n_rows, n_heads, len, len]`, go into `maps` when it is given.
    fn hidden(
        &self,
        batch: &PaddedBatch,
        drop: Option<&Dropout<'_>>,
        maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let weights = self.item.weight.val();
        let inputs = input_tensor(batch, &weights.device());
        self.hidden_of(embedding(weights, inputs), batch, drop, maps)
    }

    /// Computes [`Transformer::hidden`] with `items`, `[n_rows, len, d_model]`, as the vectors of
    /// the batch's items.
    fn hidden_of(
        &self,
        items: Tensor<3>,
        batch: &PaddedBatch,
        drop: Option<&Dropout<'_>>,
        maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let (x, looks) = self.entering(items, batch, drop);
        let x = through(&self.blocks, x, &looks, maps);
        match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }

    /// Vectors that go into the first block, `[n_rows, len, d_model]`, and what all blocks look by.
    fn entering<'d>(
        &self,
        mut items: Tensor<3>,
        batch: &PaddedBatch,
        drop: Option<&'d Dropout<'d>>,
    ) -> (Tensor<3>, Looks<'d>) {
        let TransformerSpec {
            d_model,
            n_heads,
            seq_len,
            positions,
            ..
        } = self.spec;
        let device = &items.device();
        let places = seq_len - batch.seq_len..seq_len;
        if !self.features.is_empty() {
            let joined = self
                .features
                .joined(items.flatten::<2>(0, 1), &batch.beside);
            items = joined.reshape([batch.n_rows, batch.seq_len, d_model]);
        }
        // Kang & McAuley's code scales the item vectors by √d_model; the paper does not say so.
        let mut x = items.mul_scalar((d_model as f32).sqrt());
        if let Some(places) = place_vectors(
            positions,
            self.position.as_ref(),
            places.clone(),
            d_model,
            device,
        ) {
            x = x + places.unsqueeze(); // [n_rows, len, d_model]
        }
        x = dropped(x, drop, 0);
        let rotation = Rotation::for_positions(positions, places, d_model / n_heads, device);
        let looks = Looks {
            bias: self.bias(batch, device),
            rotation,
            drop,
        };
        (x, looks)
    }

    /// States after the last event of each history. `[n_rows, d_model]`
    fn last_states(&self, histories: &Histories) -> Tensor<2> {
        let batch = windows_for_prediction(histories, self.spec.seq_len);
        self.hidden(&batch, None, None)
            .slice_dim(1, -1..)
            .squeeze_dim::<2>(1)
    }

    /// States of the cells that hold an event. `[n_events, d_model]`
    fn filled_states(
        &self,
        batch: &PaddedBatch,
        filled: Vec<i32>,
        drop: Option<&Dropout<'_>>,
    ) -> Tensor<2> {
        let states = self.hidden(batch, drop, None).flatten::<2>(0, 1);
        let filled = index_tensor(filled, &states.device());
        states.select(0, filled)
    }

    /// The mask, and the bias of the time between events. `[n_rows, 1 or n_heads, len, len]`
    fn bias(&self, batch: &PaddedBatch, device: &Device) -> Tensor<4> {
        let shape = [batch.n_rows, batch.seq_len];
        let mask = causal_mask(
            BatchCells {
                inputs: &batch.inputs,
                n_rows: shape[0],
                len: shape[1],
            },
            device,
        );
        match &self.interval {
            Some(biases) if !batch.time_secs.is_empty() => {
                mask + interval_bias(biases.val(), &batch.time_secs, shape)
            }
            _ => mask,
        }
    }

    /// Returns the dropout of a step for cells at these places.
    fn dropout<'a>(&self, noise: Noise, places: &'a [EventPlace]) -> Dropout<'a> {
        Dropout {
            rate: self.spec.dropout,
            attention: self.spec.attention_dropout,
            noise,
            places,
        }
    }
}

impl Network for Transformer {
    const KIND: &'static str = "transformer";

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let windows = TrainWindows::by_length(histories, self.spec.seq_len);
        let targets: Vec<i32> = windows
            .iter()
            .flat_map(|windows| windows.targets.iter().copied())
            .collect();
        let hidden: Vec<Tensor<2>> = (windows.into_iter())
            .map(|windows| {
                let cells = windows.cells();
                let drop = self.dropout(noise, &cells);
                let hidden = self
                    .hidden(&windows.batch, Some(&drop), None)
                    .flatten::<2>(0, 1); // [n_places, d_model]
                let places = index_tensor(windows.places, &hidden.device());
                hidden.select(0, places)
            })
            .collect();
        if targets.is_empty() {
            return None;
        }
        Some(attentive::gradients(
            self,
            Tensor::cat(hidden, 0),
            self.output_vectors(),
            &targets,
            &self.plan.objective,
            noise,
        ))
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        if !(self.spec.is_fused() && self.plan.is_plain()) {
            return self.gradients(histories, inputs, noise);
        }
        fused::gradients(self, histories, noise)
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        rows_at_a_time(
            &self.spec.sizes(),
            len.clamp(1, self.spec.seq_len),
            self.item.weight.dims()[0],
        )
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.last_states(histories)
            .matmul(self.output_vectors().transpose()) // [n_rows, n_items + 1]
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        let vectors = self.output.as_ref().unwrap_or(&self.item);
        Some(ItemVectors::of_rows(
            &on_host(&vectors.weight),
            self.spec.d_model,
        ))
    }

    /// Computes the states of a form that the fused layers do not know by burn's layers.
    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        if self.spec.is_fused() && self.features.is_empty() {
            return Some(fused::last_states(self, histories));
        }
        Some(by_length(
            histories,
            self.spec.d_model,
            |len| self.rows_at_a_time(len),
            |batch| read(self.last_states(batch)).unwrap_or_default(),
        ))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let first = history.row(0).len().saturating_sub(self.spec.seq_len);
        let batch = windows_for_prediction(history, self.spec.seq_len);
        let hidden = self.hidden(&batch, None, None).squeeze_dim::<2>(0); // [len, d_model]
        (first, hidden.matmul(self.output_vectors().transpose()))
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let TransformerSpec {
            n_layers,
            n_heads,
            seq_len,
            ..
        } = self.spec;
        let n_events = history.row(0).len();
        let len = n_events.min(seq_len);
        let mut maps = Vec::with_capacity(n_layers);
        if len > 0 {
            let batch = windows_for_prediction(history, seq_len);
            let _hidden = self.hidden(&batch, None, Some(&mut maps));
        }
        let weights = if maps.is_empty() {
            Vec::new()
        } else {
            read(Tensor::cat(maps, 0))?
        };
        Ok(Some(AttentionMaps {
            n_layers,
            n_heads,
            len,
            first: n_events - len,
            weights,
        }))
    }

    fn stacked_attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        self.attention(history)
    }

    fn head_terms(
        &self,
        history: &Histories,
        head: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        self.terms_of(history, head)
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }
}

impl StateNetwork for Transformer {
    const OUTCOME_KIND: &'static str = "transformer with a head";

    fn state_width(&self) -> usize {
        self.spec.d_model
    }

    fn learn(
        &self,
        histories: &Histories,
        noise: Noise,
        head: HeadGradients<'_>,
    ) -> Option<GradientsParams> {
        let (mut hidden, mut places) = (Vec::new(), Vec::new());
        for windows in WholeWindows::by_length(histories, self.spec.seq_len) {
            let drop = self.dropout(noise, &windows.cells);
            hidden.push(self.filled_states(&windows.batch, windows.filled, Some(&drop)));
            places.extend(windows.places);
        }
        if places.is_empty() {
            return None;
        }
        let hidden = Tensor::cat(hidden, 0); // [n_events, d_model]
        let d_hidden = head(hidden.clone().inner(), &places)?;
        let gradients = (hidden * Tensor::from_inner(d_hidden)).sum().backward();
        Some(GradientsParams::from_grads(gradients, self))
    }

    fn states(&self, histories: &Histories) -> (Tensor<2>, Vec<EventPlace>) {
        let (mut hidden, mut places) = (Vec::new(), Vec::new());
        for windows in WholeWindows::by_length(histories, self.spec.seq_len) {
            hidden.push(self.filled_states(&windows.batch, windows.filled, None));
            places.extend(windows.places);
        }
        if hidden.is_empty() {
            let device = self.item.weight.val().device();
            return (Tensor::zeros([0, self.spec.d_model], &device), places);
        }
        (Tensor::cat(hidden, 0), places)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{assert_fused_is_plain, some_histories};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        /// Widths from 6: the norm of two numbers is a sign, and its gradient nothing but rounding;
        /// that of four may be near it.
        #[test]
        fn fused_gradients_are_those_of_autodiff(
            histories in some_histories(23),
            (n_heads, d_head, d_ff) in (1_usize..4, 6_usize..20, 2_usize..40),
            (n_layers, seq_len) in (1_usize..4, 2_usize..80),
            dropout in prop::sample::select(vec![0.0, 0.3]),
            seed in 0_u64..1000,
        ) {
            let spec = TransformerSpec { d_model: n_heads * d_head, n_layers, n_heads, d_ff, seq_len, dropout, ..TransformerSpec::default() };
            let plan = Blueprint::for_data(seqscope_data::DataShape { n_items: 23, ..Default::default() });
            let network = Transformer::new(&spec, &plan, &mut Init::new(seed, &Device::flex().autodiff()));
            assert_fused_is_plain(&network, &histories);
        }
    }
}
