//! Causal Transformer over items (SASRec form) with full-catalogue cross-entropy.

mod arrays;
mod fused;
mod packed;

use burn::nn::{Embedding, LayerNorm, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::module::embedding;
use serde::{Deserialize, Serialize};

use super::{EVERY_TASK, ModelFamily, refuse_errors, refuse_large_array, too_large, with_head};
use crate::data::{Histories, PaddedBatch, TaskKind};
use crate::model::features::{Features, Join};
use crate::model::item_vectors::ItemVectors;
use crate::model::kernel::{Buffer, CrossEntropy};
use crate::model::loss::{MAX_FLOATS, tracked_item_loss};
use crate::model::network::{LossSums, Network};
use crate::model::outcome::{Head, StateNetwork, n_head_params};
use crate::model::random::{Init, Noise, Place, dropout_factors};
use crate::model::session::guarded;
use crate::model::weights::{on_host, read};
use crate::model::window::{TrainWindows, WholeWindows, index_tensor, input_tensor, windows_for_prediction};
use crate::model::{
    AttentionMaps, Blueprint, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs, Trainable, Workload,
};
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
    /// How the features of events join their items, where the data have some.
    pub features: Join,
}

impl Default for TransformerSpec {
    fn default() -> Self {
        Self { d_model: 64, n_layers: 2, n_heads: 1, d_ff: 64, seq_len: 200, dropout: 0.1, features: Join::Sum }
    }
}

crate::spec::described! { TransformerSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Width", "", "Length of the vector that stands for an event.", "SASRec recipe with full softmax: 64";
    n_layers: Int { min: 1, max: 12 }, Core, "Blocks", "", "How many attention blocks follow each other.", "Kang & McAuley 2018: 2";
    n_heads: Int { min: 1, max: 16 }, Core, "Heads", "", "How many attention patterns each block learns side by side; must divide the width.", "Kang & McAuley 2018: 1";
    d_ff: Int { min: 2, max: 4096 }, More, "Feed-forward width", "", "Width of the layer inside each block.", "Kang & McAuley 2018: as the width";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the model sees.", "Kang & McAuley 2018: 200 for MovieLens";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations set to zero while training: more fights over-fitting.", "0.1 on dense, 0.3–0.5 on sparse data";
    features: Choice(<Join as strum::VariantNames>::VARIANTS.to_vec()), More, "Features", "", "How features of events (`data.features`) join their items: added as vectors of the same length, or set beside them and mixed by a dense layer. Without features it plays no part.", "Sum, as BERT adds segments";
} }

impl ModelFamily for TransformerSpec {
    fn title(&self) -> &'static str {
        "Transformer"
    }
    fn summary(&self) -> &'static str {
        "Looks back at the latest events with attention and scores what comes next after each."
    }
    fn source(&self) -> &'static str {
        "Kang & McAuley 2018 (SASRec), with full-catalogue cross-entropy instead of one sampled negative, an output \
         projection after the heads and no dropout on attention weights; keys and values are normed as in the paper, \
         not as in its code, which norms the queries only"
    }
    fn tasks(&self) -> &'static [TaskKind] {
        &EVERY_TASK
    }
    fn takes_features(&self) -> bool {
        true
    }
    fn n_params(&self, plan: &Blueprint) -> usize {
        let Self { d_model, n_layers, d_ff, seq_len, features, .. } = *self;
        let beside = Features::n_params(plan, d_model, features) + n_head_params(d_model, plan.output);
        let attention = 4 * (d_model * d_model + d_model);
        let feed_forward = 2 * d_model * d_ff + d_ff + d_model;
        let norms = 4 * d_model;
        (plan.shape.n_items + 1 + seq_len) * d_model
            + n_layers * (attention + feed_forward + norms)
            + 2 * d_model
            + beside
    }
    /// The weights and the gradients of each shard; of the events that are worked on at a time what each
    /// block keeps for its backward pass, and what that works on; and of each thread a block of scores.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        let Self { d_model, n_layers, n_heads, d_ff, seq_len, .. } = *self;
        let n_params = self.n_params(work.plan);
        let of_block = 10 * d_model + d_ff + n_heads + 4;
        let of_event = n_layers * of_block + 11 * d_model + d_ff + 8;
        let of_thread = (CrossEntropy::rows(work.plan.shape.n_items) + 2) * work.plan.shape.n_items + 192 * seq_len;
        let events = work.at_a_time(work.n_events(work.n_rows(), seq_len), fused::N_SHARDS);
        let step =
            (1 + fused::N_SHARDS) * n_params + events * of_event + work.n_threads.min(fused::N_SHARDS) * of_thread;
        let events = work.n_events(work.n_asked(), seq_len);
        let events = work.at_a_time(events, fused::shards_of_questions(events)) * (of_block + 2 * d_model);
        let evaluation =
            n_params + work.plan.shape.n_items * d_model + work.n_asked() * d_model + events + work.scores();
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }
    fn check(&self, plan: &Blueprint) -> Vec<Problem> {
        let mut problems = self.problems();
        if self.n_heads > 0 && !self.d_model.is_multiple_of(self.n_heads) {
            problems.push(Problem::error(
                "n_heads",
                format!("{} heads do not divide the width {}; choose a divisor of it.", self.n_heads, self.d_model),
            ));
        }
        problems.extend(too_large("d_model", self.n_params(plan)));
        problems
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        refuse_errors(&self.check(plan))?;
        refuse_large_array(device, "d_model", (plan.shape.n_items + 1) * self.d_model)?;
        let init = &mut Init::new(seed, &device.device.clone().autodiff());
        let network = guarded(|| Transformer::new(self, plan, init))?;
        guarded(|| with_head(network, plan, init, (optimizer, device)))
    }
}

/// Added to scores that must not be looked at. Finite, so that a row in which everything is masked
/// stays a number; far below any score, so that in 32-bit floats its weight is exactly 0.
const MASKED: f32 = -1.0e4;

/// The network. Positions are counted from the end of the window, so that a history's numbers do
/// not depend on how much padding stands before it.
#[derive(Module, Debug)]
struct Transformer {
    /// `[n_items + 1, d_model]`; also the output weights.
    item: Embedding,
    /// `[seq_len, d_model]`; the last row is the latest event.
    position: Embedding,
    blocks: Vec<Block>,
    norm: LayerNorm,
    features: Features,
    #[module(skip)]
    spec: TransformerSpec,
    #[module(skip)]
    plan: Blueprint,
}

/// Pre-norm attention and feed-forward, each with a residual.
#[derive(Module, Debug)]
struct Block {
    attention_norm: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    feed_norm: LayerNorm,
    feed_in: Linear,
    feed_out: Linear,
    #[module(skip)]
    n_heads: usize,
}

impl Transformer {
    fn new(spec: &TransformerSpec, plan: &Blueprint, init: &mut Init) -> Self {
        Self {
            item: init.item_embedding(plan.shape.n_items, spec.d_model),
            position: init.embedding(spec.seq_len, spec.d_model),
            blocks: (0..spec.n_layers).map(|_| Block::new(spec, init)).collect(),
            norm: init.layer_norm(spec.d_model),
            features: Features::new(plan, spec.d_model, spec.features, init),
            spec: spec.clone(),
            plan: plan.clone(),
        }
    }

    /// Hidden state after each position, `[n_rows, len, d_model]`; the attention weights of each
    /// block, `[n_rows, n_heads, len, len]`, go into `maps` when it is given.
    fn hidden(
        &self,
        batch: &PaddedBatch,
        drop: Option<&Dropout<'_>>,
        mut maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<3> {
        let TransformerSpec { d_model, seq_len, .. } = self.spec;
        let len = batch.seq_len;
        let weights = self.item.weight.val();
        let device = weights.device();
        let positions = self.position.weight.val().slice_dim(0, seq_len - len..seq_len); // [len, d_model]
        // Kang & McAuley's code scales the item vectors by √d_model; the paper does not say so.
        let mut items = embedding(weights, input_tensor(batch, &device));
        if !self.features.is_empty() {
            let joined = self.features.joined(items.flatten::<2>(0, 1), &batch.beside);
            items = joined.reshape([batch.n_rows, len, d_model]);
        }
        let items = items.mul_scalar((d_model as f32).sqrt());
        let mut x = items + positions.unsqueeze(); // [n_rows, len, d_model]
        x = dropped(x, drop, 0);
        let mask = mask(batch, &device);
        for (at, block) in self.blocks.iter().enumerate() {
            let (changed, weights) = block.forward(x, &mask, drop, 1 + 2 * at);
            x = changed;
            if let Some(maps) = maps.as_deref_mut() {
                maps.push(weights);
            }
        }
        self.norm.forward(x)
    }
}

impl Block {
    fn new(spec: &TransformerSpec, init: &mut Init) -> Self {
        let d_model = spec.d_model;
        Self {
            attention_norm: init.layer_norm(d_model),
            query: init.dense(d_model, d_model),
            key: init.dense(d_model, d_model),
            value: init.dense(d_model, d_model),
            output: init.dense(d_model, d_model),
            feed_norm: init.layer_norm(d_model),
            feed_in: init.dense(d_model, spec.d_ff),
            feed_out: init.dense(spec.d_ff, d_model),
            n_heads: spec.n_heads,
        }
    }

    /// The changed states and the attention weights, `[n_rows, n_heads, len, len]`.
    /// Dropout draws as layers `layer` and `layer + 1`.
    fn forward(
        &self,
        x: Tensor<3>,
        mask: &Tensor<4>,
        drop: Option<&Dropout<'_>>,
        layer: usize,
    ) -> (Tensor<3>, Tensor<4>) {
        let [n_rows, len, d_model] = x.dims();
        let d_head = d_model / self.n_heads;
        let split = |y: Tensor<3>| y.reshape([n_rows, len, self.n_heads, d_head]).swap_dims(1, 2);
        let normed = self.attention_norm.forward(x.clone());
        // Vaswani et al. 2017, eq. 1; the scale is by the width of a head.
        let query = split(self.query.forward(normed.clone()).mul_scalar((d_head as f32).sqrt().recip()));
        let key = split(self.key.forward(normed.clone()));
        let value = split(self.value.forward(normed)); // [n_rows, n_heads, len, d_head]
        let weights = softmax(query.matmul(key.transpose()) + mask.clone(), 3); // [n_rows, n_heads, len, len]
        let seen = weights.clone().matmul(value).swap_dims(1, 2).reshape([n_rows, len, d_model]);
        let x = x + dropped(self.output.forward(seen), drop, layer);
        let fed = self.feed_out.forward(relu(self.feed_in.forward(self.feed_norm.forward(x.clone()))));
        (x + dropped(fed, drop, layer + 1), weights)
    }
}

/// What is drawn for the activations of a batch while training.
struct Dropout<'a> {
    rate: f64,
    noise: Noise,
    /// Of every cell of the batch.
    places: &'a [Place],
}

/// Drops activations, `[n_rows, len, d_model]`; without noise, in evaluation, it is the identity.
fn dropped(x: Tensor<3>, drop: Option<&Dropout<'_>>, layer: usize) -> Tensor<3> {
    let (shape, device) = (x.dims(), x.device());
    let factors = drop.and_then(|drop| dropout_factors(drop.rate, shape[2], layer, drop.noise, drop.places));
    match factors {
        Some(factors) => x * Tensor::from_data(TensorData::new(factors, shape), &device),
        None => x,
    }
}

/// What is added to the scores: [`MASKED`] for later positions and for padding, else 0.
/// `[n_rows, 1, len, len]`
///
/// A position always sees itself, padding too: an empty history is one position of padding, and its
/// scores must not depend on how much more padding the batch gives it.
fn mask(batch: &PaddedBatch, device: &Device) -> Tensor<4> {
    let len = batch.seq_len;
    let later = (0..len * len).map(|at| if at % len > at / len { MASKED } else { 0.0 }).collect::<Vec<f32>>();
    let padding = batch.inputs.iter().map(|&item| if item == 0 { MASKED } else { 0.0 }).collect::<Vec<f32>>();
    let others = (0..len * len).map(|at| if at % len == at / len { 0.0 } else { 1.0 }).collect::<Vec<f32>>();
    let square = |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, [1, 1, len, len]), device);
    let padding = Tensor::from_data(TensorData::new(padding, [batch.n_rows, 1, 1, len]), device);
    (square(later) + padding) * square(others)
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
        let targets: Vec<i32> = windows.iter().flat_map(|windows| windows.targets.iter().copied()).collect();
        let hidden: Vec<Tensor<2>> = (windows.into_iter())
            .map(|windows| {
                let drop = Dropout { rate: self.spec.dropout, noise, places: &windows.cells() };
                let hidden = self.hidden(&windows.batch, Some(&drop), None).flatten::<2>(0, 1); // [n_places, d_model]
                let places = index_tensor(windows.places, &hidden.device());
                hidden.select(0, places)
            })
            .collect();
        let n_events = targets.len();
        if n_events == 0 {
            return None;
        }
        let hidden = Tensor::cat(hidden, 0); // [n_events, d_model]
        let by = (&self.plan.objective, noise);
        let (objective, loss) = tracked_item_loss(hidden, self.item.weight.val(), &targets, by);
        let gradients = objective.div_scalar(n_events as f32).backward();
        Some((GradientsParams::from_grads(gradients, self), LossSums { loss, n_events, kl: None }))
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        if !self.plan.is_plain() {
            return self.gradients(histories, inputs, noise);
        }
        fused::gradients(self, histories, noise)
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let TransformerSpec { d_model, d_ff, n_heads, seq_len, .. } = self.spec;
        let len = len.clamp(1, seq_len);
        let widest = (n_heads * len * len).max(len * (4 * d_model + d_ff)).max(self.item.weight.dims()[0]);
        MAX_FLOATS / widest
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let batch = windows_for_prediction(histories, self.spec.seq_len);
        let last = self.hidden(&batch, None, None).slice_dim(1, -1..).squeeze_dim::<2>(1); // [n_rows, d_model]
        last.matmul(self.item.weight.val().transpose()) // [n_rows, n_items + 1]
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_rows(&on_host(&self.item.weight), self.spec.d_model))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        self.features.is_empty().then(|| fused::last_states(self, histories))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let first = history.row(0).len().saturating_sub(self.spec.seq_len);
        let batch = windows_for_prediction(history, self.spec.seq_len);
        let hidden = self.hidden(&batch, None, None).squeeze_dim::<2>(0); // [len, d_model]
        (first, hidden.matmul(self.item.weight.val().transpose()))
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let TransformerSpec { n_layers, n_heads, seq_len, .. } = self.spec;
        let n_events = history.row(0).len();
        let len = n_events.min(seq_len);
        let mut maps = Vec::with_capacity(n_layers);
        if len > 0 {
            let batch = windows_for_prediction(history, seq_len);
            let _hidden = self.hidden(&batch, None, Some(&mut maps));
        }
        let weights = if maps.is_empty() { Vec::new() } else { read(Tensor::cat(maps, 0))? };
        Ok(Some(AttentionMaps { n_layers, n_heads, len, first: n_events - len, weights }))
    }
}

impl StateNetwork for Transformer {
    const OUTCOME_KIND: &'static str = "transformer with a head";

    fn state_width(&self) -> usize {
        self.spec.d_model
    }

    fn learn(&self, histories: &Histories, noise: Noise, head: Head<'_>) -> Option<GradientsParams> {
        let (mut hidden, mut places) = (Vec::new(), Vec::new());
        for windows in WholeWindows::by_length(histories, self.spec.seq_len) {
            let drop = Dropout { rate: self.spec.dropout, noise, places: &windows.cells };
            let states = self.hidden(&windows.batch, Some(&drop), None).flatten::<2>(0, 1);
            hidden.push(states.clone().select(0, index_tensor(windows.filled, &states.device())));
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

    fn states(&self, histories: &Histories) -> (Tensor<2>, Vec<Place>) {
        let (mut hidden, mut places) = (Vec::new(), Vec::new());
        for windows in WholeWindows::by_length(histories, self.spec.seq_len) {
            let states = self.hidden(&windows.batch, None, None).flatten::<2>(0, 1);
            hidden.push(states.clone().select(0, index_tensor(windows.filled, &states.device())));
            places.extend(windows.places);
        }
        let none = || Tensor::zeros([0, self.spec.d_model], &self.item.weight.val().device());
        (if hidden.is_empty() { none() } else { Tensor::cat(hidden, 0) }, places)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tests::{assert_fused_is_plain, some_histories};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        /// Widths from 4: the norm of two numbers is a sign, and its gradient nothing but rounding.
        #[test]
        fn fused_gradients_are_those_of_autodiff(
            histories in some_histories(23),
            (n_heads, d_head, d_ff) in (1_usize..4, 4_usize..20, 2_usize..40),
            (n_layers, seq_len) in (1_usize..4, 2_usize..80),
            dropout in prop::sample::select(vec![0.0, 0.3]),
            seed in 0_u64..1000,
        ) {
            let spec = TransformerSpec { d_model: n_heads * d_head, n_layers, n_heads, d_ff, seq_len, dropout, ..TransformerSpec::default() };
            let plan = Blueprint::of(crate::data::DataShape { n_items: 23, ..Default::default() });
            let network = Transformer::new(&spec, &plan, &mut Init::new(seed, &Device::flex().autodiff()));
            assert_fused_is_plain(&network, &histories);
        }
    }
}
