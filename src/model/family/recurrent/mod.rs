//! What the recurrent families share: a next-item network of recurrent layers with full-catalogue
//! cross-entropy. A family adds its layer, its settings and its sources.

mod fused;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

use super::{refuse_errors, refuse_large_array, too_large};
use crate::data::{DataShape, Histories};
use crate::model::item_vectors::ItemVectors;
use crate::model::kernel::{Buffer, CrossEntropy};
use crate::model::loss::{MAX_FLOATS, cross_entropy_with_gradients};
use crate::model::network::{LossSums, Network};
use crate::model::packing::Packing;
use crate::model::random::{Init, Noise, dropout_factors};
use crate::model::recurrent::{RecurrentLayer, plain};
use crate::model::session::{Session, guarded};
use crate::model::weights::on_host;
use crate::model::window::{index_tensor, latest};
use crate::model::{MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs, Trainable, Workload};
use crate::spec::{Described, Problem};

/// The settings of a recurrent family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    /// Length of each item's vector.
    pub(super) d_model: usize,
    /// Number of units of each layer.
    pub(super) d_hidden: usize,
    /// Number of layers.
    pub(super) n_layers: usize,
    /// Number of latest events that the model sees.
    pub(super) seq_len: usize,
    /// Share of activations set to zero while training.
    pub(super) dropout: f64,
}

impl Settings {
    /// Number of learnt numbers with layers of this kind.
    pub(super) fn n_params<L: RecurrentLayer>(&self, shape: DataShape) -> usize {
        let Self { d_model, d_hidden, n_layers, .. } = *self;
        let above = n_layers.saturating_sub(1) * L::n_params(d_hidden, d_hidden);
        (shape.n_items + 1) * d_model + L::n_params(d_model, d_hidden) + above + (d_hidden + 1) * d_model
    }

    /// The weights and the gradients of each shard; of the events that are worked on at a time what goes
    /// into each layer, its states, gates and memory, and their gradients; and of each thread a block of
    /// scores.
    pub(super) fn memory(&self, n_params: usize, work: &Workload) -> MemoryNeed {
        let Self { d_model, d_hidden, n_layers, seq_len, .. } = *self;
        let n_items = work.shape.n_items;
        let forward = d_model + n_layers * 7 * d_hidden + 8;
        let of_thread = (CrossEntropy::rows(n_items) + 2) * n_items;
        let events = work.at_a_time(work.n_events(work.n_rows(), seq_len), fused::N_SHARDS);
        let of_event = forward + 3 * (d_model + d_hidden);
        let step =
            (1 + fused::N_SHARDS) * n_params + events * of_event + work.n_threads.min(fused::N_SHARDS) * of_thread;
        let events = work.n_events(work.n_asked(), seq_len).min(MAX_FLOATS / (d_model + 3 * d_hidden).max(1));
        let events = work.at_a_time(events, fused::N_SHARDS) * forward;
        let evaluation = n_params + n_items * d_model + work.n_asked() * d_model + events + work.scores();
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }

    /// Ranges, and the size of the whole.
    pub(super) fn check<L: RecurrentLayer>(&self, spec: &dyn Described, shape: DataShape) -> Vec<Problem> {
        let mut problems = spec.problems();
        problems.extend(too_large("d_model", self.n_params::<L>(shape)));
        problems
    }

    /// Builds the network with initial weights from `seed`.
    ///
    /// # Errors
    /// [`ModelError`] when the settings do not fit, as `problems` say, or the device fails.
    pub(super) fn build<N: RecurrentNetwork + 'static>(
        self,
        problems: &[Problem],
        n_items: usize,
        (optimizer, seed): (OptimizerSpec, u64),
        device: &OpenDevice,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        refuse_errors(problems)?;
        refuse_large_array(device, "d_model", (n_items + 1) * self.d_model)?;
        refuse_large_array(device, "d_hidden", N::Layer::GATES * self.d_hidden * self.d_hidden)?;
        let init = &mut Init::new(seed, &device.device.clone().autodiff());
        let network = guarded(|| self.network::<N>(n_items, init))?;
        Ok(Box::new(Session::new(network, n_items, optimizer, device)))
    }

    fn network<N: RecurrentNetwork>(self, n_items: usize, init: &mut Init) -> N {
        let item = init.item_embedding(n_items, self.d_model);
        let first = N::Layer::new(self.d_model, self.d_hidden, init);
        let upper = (1..self.n_layers).map(|_| N::Layer::new(self.d_hidden, self.d_hidden, init)).collect();
        let output = init.dense(self.d_hidden, self.d_model);
        N::from_parts(item, (first, upper), output, self)
    }

    /// The drawing that drops what goes into the layer at this place, and out of the last. A network of
    /// one layer draws what it drew when there was no other.
    fn drawing(&self, at: usize) -> usize {
        match at {
            0 => 0,
            at if at >= self.n_layers => 1,
            at => at + 1,
        }
    }
}

/// Item vectors → dropout → recurrent layers with dropout between them → dropout → dense to the items'
/// width → scores against the item vectors.
///
/// The parts stand in the family's own module, so that its weights have names that fit it.
pub(super) trait RecurrentNetwork: Module {
    /// Name in weights files.
    const KIND: &'static str;

    /// What each layer is.
    type Layer: RecurrentLayer;

    /// Puts a network together from item vectors, layers from the first up, and the dense layer.
    fn from_parts(item: Embedding, layers: (Self::Layer, Vec<Self::Layer>), output: Linear, settings: Settings)
    -> Self;

    /// What it was put together from.
    fn parts(&self) -> Parts<'_, Self::Layer>;
}

/// The parts of a network.
pub(super) struct Parts<'a, L> {
    /// `[n_items + 1, d_model]`; also the output weights.
    pub(super) item: &'a Embedding,
    /// From the first to the last.
    pub(super) layers: Vec<&'a L>,
    /// `[d_hidden, d_model]` and `[d_model]`
    pub(super) output: &'a Linear,
    pub(super) settings: Settings,
}

impl<L: RecurrentLayer> Parts<'_, L> {
    /// Scores from states. `[n_rows, d_hidden]` to `[n_rows, n_items + 1]`
    fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        self.output.forward(states).matmul(self.item.weight.val().transpose())
    }

    /// State after each event of the last `seq_len` of each row, in packed order, with a last row
    /// of zeros: the state of an empty history.
    fn states(&self, rows: &[&[u32]]) -> (Packing, Tensor<2>) {
        let windows: Vec<&[u32]> = rows.iter().map(|row| latest(row, self.settings.seq_len)).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len()));
        let weights = self.item.weight.val();
        let device = weights.device();
        let zero = Tensor::zeros([1, self.settings.d_hidden], &device);
        if packing.n_events() == 0 {
            return (packing, zero);
        }
        let items = packing.pick(|row, at| windows.get(row)?.get(at).copied());
        let mut states = weights.select(0, index_tensor(items, &device)); // [n_events, d_model]
        for layer in &self.layers {
            states = layer.states(states, &packing.sizes); // [n_events, d_hidden]
        }
        (packing, Tensor::cat(vec![states, zero], 0))
    }

    /// Dropout factors of what goes into the layer at this place, where there are some.
    fn drop(&self, at: usize, width: usize, noise: Noise, packing: &Packing) -> Option<Tensor<2>> {
        let Settings { dropout, .. } = self.settings;
        let factors = dropout_factors(dropout, width, self.settings.drawing(at), noise, &packing.places)?;
        let shape = [packing.n_events(), width];
        Some(Tensor::from_data(TensorData::new(factors, shape), &self.item.weight.val().device()))
    }

    /// Gradients on burn's tensors, on any device.
    fn gradients(&self, histories: &Histories, noise: Noise) -> Option<(GradientsParams, LossSums)> {
        let windows: Vec<&[u32]> = training_windows(histories, self.settings.seq_len).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len().saturating_sub(1)));
        let n_events = packing.n_events();
        if n_events == 0 {
            return None;
        }
        let (items, w_output) = (plain(&self.item.weight), plain(&self.output.weight));
        let inputs = packing.pick(|row, at| windows.get(row)?.get(at).copied());
        let targets = packing.pick(|row, at| windows.get(row)?.get(at + 1).copied());
        let inputs = index_tensor(inputs, &items.device());

        let mut drops = vec![self.drop(0, self.settings.d_model, noise, &packing)];
        let mut states = times(items.clone().select(0, inputs.clone()), drops.last()); // [n_events, d_model]
        let mut traces = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate() {
            let (after, trace) = layer.forward(states, &packing.sizes);
            drops.push(self.drop(at + 1, self.settings.d_hidden, noise, &packing));
            states = times(after, drops.last()); // [n_events, d_hidden]
            traces.push(trace);
        }
        let mut hidden = states.clone().matmul(w_output.clone()); // [n_events, d_model]
        if let Some(bias) = &self.output.bias {
            hidden = hidden + plain(bias).unsqueeze();
        }
        let loss = cross_entropy_with_gradients(&hidden, &items, &targets);

        let mut gradients = GradientsParams::new();
        let mean = 1.0 / n_events as f32;
        let d_hidden = loss.d_hidden.mul_scalar(mean);
        gradients.register(self.output.weight.id, states.transpose().matmul(d_hidden.clone()));
        if let Some(bias) = &self.output.bias {
            gradients.register(bias.id, d_hidden.clone().sum_dim(0).squeeze_dim::<1>(0));
        }
        let mut d_states = times(d_hidden.matmul(w_output.transpose()), drops.pop().as_ref());
        for (layer, trace) in self.layers.iter().zip(traces).rev() {
            d_states = times(layer.backward(trace, &d_states, &mut gradients), drops.pop().as_ref());
        }
        let d_items = loss.d_items.mul_scalar(mean).select_assign(0, inputs, d_states, IndexingUpdateOp::Add);
        gradients.register(self.item.weight.id, d_items);
        Some((gradients, LossSums { loss: loss.nll_sum, n_events, kl: None }))
    }
}

/// What is learnt of each history: its last `seq_len` events are to be predicted, each from those
/// before it.
fn training_windows(histories: &Histories, seq_len: usize) -> impl Iterator<Item = &[u32]> {
    histories.rows().map(move |row| latest(row, seq_len + 1))
}

/// `x` times `factors`, where there are some.
fn times(x: Tensor<2>, factors: Option<&Option<Tensor<2>>>) -> Tensor<2> {
    match factors {
        Some(Some(factors)) => x * factors.clone(),
        _ => x,
    }
}

impl<N: RecurrentNetwork> Network for N {
    const KIND: &'static str = N::KIND;

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        self.parts().gradients(histories, noise)
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        fused::gradients(&self.parts(), histories, noise)
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let Parts { item, settings, .. } = self.parts();
        let Settings { d_model, d_hidden, seq_len, .. } = settings;
        let [n_columns, _] = item.weight.dims();
        let an_event = d_model + N::Layer::GATES * d_hidden;
        MAX_FLOATS / (len.clamp(1, seq_len.max(1)) * an_event).max(n_columns)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let (parts, rows) = (self.parts(), histories.rows().collect::<Vec<_>>());
        let (packing, states) = parts.states(&rows);
        let last = packing.last.iter().map(|&at| at as i32).collect();
        let last = index_tensor(last, &states.device());
        parts.scores_from(states.select(0, last))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        let Parts { item, settings, .. } = self.parts();
        Some(ItemVectors::of_rows(&on_host(&item.weight), settings.d_model))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        Some(fused::last_states(&self.parts(), histories, |len| self.rows_at_a_time(len)))
    }

    fn step_scores(&self, history: &[u32]) -> (usize, Tensor<2>) {
        let parts = self.parts();
        let (packing, states) = parts.states(&[history]);
        let n = packing.n_events();
        (history.len() - n, parts.scores_from(states.slice(0..n)))
    }
}
