//! What the recurrent families share: a next-item network of recurrent layers with full-catalogue
//! cross-entropy. A family adds its layer, its settings and its sources.

mod fused;

use burn::module::{Module, ModuleDisplay};
use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

use super::{refuse_errors, refuse_large_array, too_large, with_head};
use crate::data::Histories;
use crate::model::features::{Features, Join};
use crate::model::item_vectors::ItemVectors;
use crate::model::kernel::{Buffer, CrossEntropy};
use crate::model::loss::{MAX_FLOATS, item_loss};
use crate::model::network::{LossSums, Network};
use crate::model::outcome::{Head, StateNetwork, n_head_params};
use crate::model::packing::Packing;
use crate::model::random::{Init, Noise, Place, dropout_factors};
use crate::model::recurrent::{RecurrentLayer, plain};
use crate::model::session::guarded;
use crate::model::weights::on_host;
use crate::model::window::{index_tensor, latest};
use crate::model::{Blueprint, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs, Trainable, Workload};
use crate::spec::{Described, Problem};

/// The settings of a recurrent family.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How features join their items.
    pub(super) features: Join,
    /// What it is built for.
    pub(super) plan: Blueprint,
}

impl Settings {
    /// Number of learnt numbers with layers of this kind.
    pub(super) fn n_params<L: RecurrentLayer>(&self, plan: &Blueprint) -> usize {
        let Self { d_model, d_hidden, n_layers, features, .. } = *self;
        let beside = Features::n_params(plan, d_model, features) + n_head_params(d_model, plan.output);
        let above = n_layers.saturating_sub(1) * L::n_params(d_hidden, d_hidden);
        (plan.shape.n_items + 1) * d_model + L::n_params(d_model, d_hidden) + above + (d_hidden + 1) * d_model + beside
    }

    /// The weights and the gradients of each shard; of the events that are worked on at a time what goes
    /// into each layer, its states, gates and memory, and their gradients; and of each thread a block of
    /// scores.
    pub(super) fn memory(&self, n_params: usize, work: &Workload<'_>) -> MemoryNeed {
        let Self { d_model, d_hidden, n_layers, seq_len, .. } = *self;
        let n_items = work.plan.shape.n_items;
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
    pub(super) fn check<L: RecurrentLayer>(&self, spec: &dyn Described, plan: &Blueprint) -> Vec<Problem> {
        let mut problems = spec.problems();
        problems.extend(too_large("d_model", self.n_params::<L>(plan)));
        problems
    }

    /// Builds the network with initial weights from `seed`.
    ///
    /// # Errors
    /// [`ModelError`] when the settings do not fit, as `problems` say, or the device fails.
    pub(super) fn build<N: RecurrentNetwork + 'static>(
        self,
        problems: &[Problem],
        (optimizer, seed): (OptimizerSpec, u64),
        device: &OpenDevice,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        refuse_errors(problems)?;
        let n_items = self.plan.shape.n_items;
        refuse_large_array(device, "d_model", (n_items + 1) * self.d_model)?;
        refuse_large_array(device, "d_hidden", N::Layer::GATES * self.d_hidden * self.d_hidden)?;
        let init = &mut Init::new(seed, &device.device.clone().autodiff());
        let plan = self.plan.clone();
        let network = guarded(|| self.network::<N>(init))?;
        guarded(|| with_head(network, &plan, init, (optimizer, device)))
    }

    fn network<N: RecurrentNetwork>(self, init: &mut Init) -> N {
        let item = init.item_embedding(self.plan.shape.n_items, self.d_model);
        let first = N::Layer::new(self.d_model, self.d_hidden, init);
        let upper = (1..self.n_layers).map(|_| N::Layer::new(self.d_hidden, self.d_hidden, init)).collect();
        let output = init.dense(self.d_hidden, self.d_model);
        let features = Features::new(&self.plan, self.d_model, self.features, init);
        N::from_parts((item, features), (first, upper), output, self)
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
pub(super) trait RecurrentNetwork: Module + ModuleDisplay {
    /// Name in weights files.
    const KIND: &'static str;

    /// The same with a head for another task than the next item.
    const OUTCOME_KIND: &'static str;

    /// What each layer is.
    type Layer: RecurrentLayer;

    /// Puts a network together from item vectors, layers from the first up, and the dense layer.
    fn from_parts(
        inputs: (Embedding, Features),
        layers: (Self::Layer, Vec<Self::Layer>),
        output: Linear,
        settings: Settings,
    ) -> Self;

    /// What it was put together from.
    fn parts(&self) -> Parts<'_, Self::Layer>;
}

/// The parts of a network.
pub(super) struct Parts<'a, L> {
    /// `[n_items + 1, d_model]`; also the output weights.
    pub(super) item: &'a Embedding,
    pub(super) features: &'a Features,
    /// From the first to the last.
    pub(super) layers: Vec<&'a L>,
    /// `[d_hidden, d_model]` and `[d_model]`
    pub(super) output: &'a Linear,
    pub(super) settings: &'a Settings,
}

impl<L: RecurrentLayer> Parts<'_, L> {
    /// Scores from states. `[n_rows, d_hidden]` to `[n_rows, n_items + 1]`
    fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        self.output.forward(states).matmul(self.item.weight.val().transpose())
    }

    /// State after each event of the last `seq_len` of each row, in packed order, with a last row
    /// of zeros: the state of an empty history.
    fn states(&self, histories: &Histories) -> (Packing, Tensor<2>) {
        let window = Window::whole(histories, self.settings.seq_len);
        let packing = Packing::new(window.lens.iter().copied());
        let weights = self.item.weight.val();
        let device = weights.device();
        let zero = Tensor::zeros([1, self.settings.d_hidden], &device);
        if packing.n_events() == 0 {
            return (packing, zero);
        }
        let mut states = self.inputs(weights, &window, &packing); // [n_events, d_model]
        for layer in &self.layers {
            states = layer.states(states, &packing.sizes); // [n_events, d_hidden]
        }
        (packing, Tensor::cat(vec![states, zero], 0))
    }

    /// The vectors of the events that go in, with their features. `[n_events, d_model]`
    fn inputs(&self, items: Tensor<2>, window: &Window<'_>, packing: &Packing) -> Tensor<2> {
        let device = items.device();
        let items = items.select(0, index_tensor(window.items(packing), &device));
        if self.features.is_empty() {
            return items;
        }
        let events: Vec<Option<usize>> = packing.places.iter().map(|place| Some(window.event(*place))).collect();
        let beside: Vec<_> = window.histories.beside.iter().map(|values| values.picked(&events)).collect();
        self.features.joined(items, &beside)
    }

    /// Dropout factors of what goes into the layer at this place, where there are some.
    fn drop(&self, at: usize, width: usize, noise: Noise, packing: &Packing) -> Option<Tensor<2>> {
        let Settings { dropout, .. } = *self.settings;
        let factors = dropout_factors(dropout, width, self.settings.drawing(at), noise, &packing.places)?;
        let shape = [packing.n_events(), width];
        Some(Tensor::from_data(TensorData::new(factors, shape), &self.item.weight.val().device()))
    }

    /// Gradients on burn's tensors, on any device.
    fn gradients(&self, histories: &Histories, noise: Noise) -> Option<(GradientsParams, LossSums)> {
        let window = Window::before_the_last(histories, self.settings.seq_len);
        let items = plain(&self.item.weight);
        let mut found = None;
        let mut head = |hidden: Tensor<2>, places: &[Place]| {
            let target = |&(row, position): &Place| histories.row(row).get(position + 1).map_or(0, |&item| item as i32);
            let targets: Vec<i32> = places.iter().map(target).collect();
            let loss = item_loss(&hidden, &items, &targets, (&self.settings.plan.objective, noise));
            let mean = 1.0 / targets.len().max(1) as f32;
            let sums = LossSums { loss: loss.loss_sum, n_events: targets.len(), kl: None };
            found = Some((sums, loss.d_items.mul_scalar(mean)));
            Some(loss.d_hidden.mul_scalar(mean))
        };
        let mut gradients = self.learn(&window, noise, &mut head)?;
        let (sums, d_items) = found?;
        let id = self.item.weight.id;
        let of_inputs = gradients.remove::<2>(id);
        gradients.register(id, of_inputs.map_or(d_items.clone(), |of_inputs| of_inputs + d_items));
        Some((gradients, sums))
    }

    /// One pass forwards and backwards on burn's tensors: see [`StateNetwork::learn`].
    fn learn(&self, window: &Window<'_>, noise: Noise, head: Head<'_>) -> Option<GradientsParams> {
        let packing = Packing::new(window.lens.iter().copied());
        if packing.n_events() == 0 {
            return None;
        }
        // Only the features, which are few, go through autodiff.
        let items = if self.features.is_empty() { plain(&self.item.weight) } else { self.item.weight.val() };
        let inputs = self.inputs(items, window, &packing);
        let mut drops = vec![self.drop(0, self.settings.d_model, noise, &packing)];
        let mut states = times(inputs.clone().without_autodiff(), drops.last()); // [n_events, d_model]
        let mut traces = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate() {
            let (after, trace) = layer.forward(states, &packing.sizes);
            drops.push(self.drop(at + 1, self.settings.d_hidden, noise, &packing));
            states = times(after, drops.last()); // [n_events, d_hidden]
            traces.push(trace);
        }
        let w_output = plain(&self.output.weight);
        let mut hidden = states.clone().matmul(w_output.clone()); // [n_events, d_model]
        if let Some(bias) = &self.output.bias {
            hidden = hidden + plain(bias).unsqueeze();
        }
        let places: Vec<Place> = packing.places.iter().map(|&place| window.position(place)).collect();
        let d_hidden = head(hidden, &places)?;

        let mut gradients = GradientsParams::new();
        gradients.register(self.output.weight.id, states.transpose().matmul(d_hidden.clone()));
        if let Some(bias) = &self.output.bias {
            gradients.register(bias.id, d_hidden.clone().sum_dim(0).squeeze_dim::<1>(0));
        }
        let mut d_states = times(d_hidden.matmul(w_output.transpose()), drops.pop().as_ref());
        for (layer, trace) in self.layers.iter().zip(traces).rev() {
            d_states = times(layer.backward(trace, &d_states, &mut gradients), drops.pop().as_ref());
        }
        self.backward_inputs(inputs, d_states, (window, &packing), &mut gradients);
        Some(gradients)
    }

    /// Registers the gradients of item vectors and features, from those of the inputs.
    fn backward_inputs(
        &self,
        inputs: Tensor<2>,
        d_inputs: Tensor<2>,
        (window, packing): (&Window<'_>, &Packing),
        gradients: &mut GradientsParams,
    ) {
        if self.features.is_empty() {
            let items = plain(&self.item.weight);
            let places = index_tensor(window.items(packing), &items.device());
            let d_items = items.zeros_like().select_assign(0, places, d_inputs, IndexingUpdateOp::Add);
            gradients.register(self.item.weight.id, d_items);
            return;
        }
        let tracked = (inputs * Tensor::from_inner(d_inputs)).sum().backward();
        if let Some(d_items) = self.item.weight.val().grad(&tracked) {
            gradients.register(self.item.weight.id, d_items);
        }
        self.features.register(GradientsParams::from_grads(tracked, self.features), gradients);
    }
}

/// Of each history the events that go in: so many from a first one on.
struct Window<'a> {
    histories: &'a Histories,
    /// How many of each row.
    lens: Vec<usize>,
    /// Events of a row that come after those that go in.
    n_after: usize,
}

impl<'a> Window<'a> {
    /// The last `seq_len` events.
    fn whole(histories: &'a Histories, seq_len: usize) -> Self {
        Self { histories, lens: histories.rows().map(|row| row.len().min(seq_len)).collect(), n_after: 0 }
    }

    /// The last `seq_len` of those that have one after them: what a next-item model learns from.
    fn before_the_last(histories: &'a Histories, seq_len: usize) -> Self {
        let lens = histories.rows().map(|row| row.len().saturating_sub(1).min(seq_len));
        Self { histories, lens: lens.collect(), n_after: 1 }
    }

    /// Position in the history of the event at this place of the window.
    fn position(&self, (row, at): Place) -> Place {
        let len = self.lens.get(row).copied().unwrap_or(0);
        (row, self.histories.row(row).len().saturating_sub(self.n_after + len) + at)
    }

    /// Where that event stands among all of the histories.
    fn event(&self, place: Place) -> usize {
        let (row, position) = self.position(place);
        self.histories.range(row).start + position
    }

    /// Items in packed order.
    fn items(&self, packing: &Packing) -> Vec<i32> {
        packing.pick(|row, at| self.histories.item_idx.get(self.event((row, at))).copied())
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
        let parts = self.parts();
        if parts.settings.plan.is_plain() {
            fused::gradients(&parts, histories, noise)
        } else {
            parts.gradients(histories, noise)
        }
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let Parts { item, settings, .. } = self.parts();
        let Settings { d_model, d_hidden, seq_len, .. } = *settings;
        let [n_columns, _] = item.weight.dims();
        let an_event = d_model + N::Layer::GATES * d_hidden;
        MAX_FLOATS / (len.clamp(1, seq_len.max(1)) * an_event).max(n_columns)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let parts = self.parts();
        let (packing, states) = parts.states(histories);
        let last = packing.last.iter().map(|&at| at as i32).collect();
        let last = index_tensor(last, &states.device());
        parts.scores_from(states.select(0, last))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        let Parts { item, settings, .. } = self.parts();
        Some(ItemVectors::of_rows(&on_host(&item.weight), settings.d_model))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        let parts = self.parts();
        parts.features.is_empty().then(|| fused::last_states(&parts, histories, |len| self.rows_at_a_time(len)))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let parts = self.parts();
        let (packing, states) = parts.states(history);
        let n = packing.n_events();
        (history.row(0).len() - n, parts.scores_from(states.slice(0..n)))
    }
}

impl<N: RecurrentNetwork> StateNetwork for N {
    const OUTCOME_KIND: &'static str = N::OUTCOME_KIND;

    fn state_width(&self) -> usize {
        self.parts().settings.d_model
    }

    fn learn(&self, histories: &Histories, noise: Noise, head: Head<'_>) -> Option<GradientsParams> {
        let parts = self.parts();
        parts.learn(&Window::whole(histories, parts.settings.seq_len), noise, head)
    }

    fn states(&self, histories: &Histories) -> (Tensor<2>, Vec<Place>) {
        let parts = self.parts();
        let window = Window::whole(histories, parts.settings.seq_len);
        let (packing, states) = parts.states(histories);
        let n = packing.n_events();
        (parts.output.forward(states.slice(0..n)), packing.places.iter().map(|&place| window.position(place)).collect())
    }
}
