//! What the recurrent families share: a next-item network of recurrent layers with full-catalogue
//! cross-entropy. A family adds its cell, its name and its sources.

mod family;
mod fused;
mod plain;

pub(super) use family::recurrent_family;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::{refuse_errors, refuse_large_array, too_large};
use crate::data::{DataShape, Histories};
use crate::model::item_vectors::ItemVectors;
use crate::model::kernel::{Buffer, CrossEntropy};
use crate::model::loss::MAX_FLOATS;
use crate::model::network::{LossSums, Network};
use crate::model::random::{Init, Noise};
use crate::model::recurrent::{AdditiveAttention, Looking, RecurrentLayer};
use crate::model::session::{Session, guarded};
use crate::model::weights::{on_host, read};
use crate::model::window::latest;
use crate::model::{AttentionMaps, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs, Trainable, Workload};
use crate::spec::{Described, Problem};

/// After which events of a history a recurrent network learns to predict.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::VariantNames,
)]
pub enum RecurrentOutput {
    /// After every event: each is the target of those before it.
    #[default]
    PerStep,
    /// After the last event but one: only a history's last event is a target. A pass costs the same and
    /// teaches one event a history.
    LastStep,
}
crate::spec::choice!(RecurrentOutput);

/// The settings of a recurrent family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    /// Length of each item's vector.
    pub(super) d_model: usize,
    /// Number of units of the first layer.
    pub(super) d_hidden: usize,
    /// Number of layers.
    pub(super) n_layers: usize,
    /// Width of each upper layer beside the one below.
    pub(super) taper: f64,
    /// Number of latest events that the model sees.
    pub(super) seq_len: usize,
    /// Share of activations set to zero while training.
    pub(super) dropout: f64,
    /// Share of the state's units that the recurrent weights do not see while training.
    pub(super) recurrent_dropout: f64,
    /// What is learnt of a history.
    pub(super) output: RecurrentOutput,
    /// Whether the last layer's states look back at each other.
    pub(super) attention: bool,
    /// Whether the item vectors are the output weights too.
    pub(super) tied: bool,
}

/// Number of the first drawing of recurrent dropout: those of dropout count from 0, one a layer and one more.
const RECURRENT_DRAWINGS: usize = 64;

impl Settings {
    /// Number of units of the layer at this place.
    pub(super) fn width(&self, at: usize) -> usize {
        let share = self.taper.powi(i32::try_from(at).unwrap_or(i32::MAX));
        if at == 0 { self.d_hidden } else { (self.d_hidden as f64 * share).round().max(1.0) as usize }
    }

    /// Numbers that go into the layer at this place, and out of the last.
    fn width_into(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(self.d_model, |below| self.width(below))
    }

    /// Width of the last layer.
    fn width_of_last(&self) -> usize {
        self.width_into(self.n_layers)
    }

    /// Numbers that go into the dense layer: the last layer's state, and what it sees by attention.
    fn n_features(&self) -> usize {
        self.width_of_last() * (1 + usize::from(self.attention))
    }

    /// The states after which something is predicted in training.
    fn looking(&self) -> Looking {
        match self.output {
            RecurrentOutput::PerStep => Looking::Every,
            RecurrentOutput::LastStep => Looking::Last,
        }
    }

    /// Number of learnt numbers with layers of this kind.
    pub(super) fn n_params<L: RecurrentLayer>(&self, shape: DataShape) -> usize {
        let of_items = (shape.n_items + 1) * self.d_model * (1 + usize::from(!self.tied));
        let of_layers: usize = (0..self.n_layers).map(|at| L::n_params(self.width_into(at), self.width(at))).sum();
        let of_attention = if self.attention { AdditiveAttention::n_params(self.width_of_last()) } else { 0 };
        of_items + of_layers + of_attention + (self.n_features() + 1) * self.d_model
    }

    /// The weights and the gradients of each shard; of the events that are worked on at a time what goes
    /// into each layer, its states, gates and memory, and their gradients; and of each thread a block of
    /// scores. Attention works on pairs of events beside them.
    pub(super) fn memory<L: RecurrentLayer>(&self, work: &Workload) -> MemoryNeed {
        let Self { d_model, seq_len, .. } = *self;
        let (n_params, n_items) = (self.n_params::<L>(work.shape), work.shape.n_items);
        let widths: usize = (0..self.n_layers).map(|at| self.width(at)).sum();
        let forward = d_model + L::KEPT * widths + 8;
        let of_thread = (CrossEntropy::rows(n_items) + 2) * n_items;
        let pairs = if self.attention { 2 * MAX_FLOATS } else { 0 };
        let events = work.at_a_time(work.n_events(work.n_rows(), seq_len), fused::N_SHARDS);
        let of_event = forward + 3 * (d_model + self.d_hidden);
        let step = (1 + fused::N_SHARDS) * n_params
            + events * of_event
            + work.n_threads.min(fused::N_SHARDS) * of_thread
            + pairs;
        let events = work.n_events(work.n_asked(), seq_len).min(MAX_FLOATS / (d_model + 3 * self.d_hidden).max(1));
        let events = work.at_a_time(events, fused::N_SHARDS) * forward;
        let evaluation = n_params + n_items * d_model + work.n_asked() * d_model + events + work.scores() + pairs;
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
        let layer = |at: usize, init: &mut Init| N::Layer::new(self.width_into(at), self.width(at), init);
        let first = layer(0, init);
        let upper = (1..self.n_layers).map(|at| layer(at, init)).collect();
        let output = init.dense(self.n_features(), self.d_model);
        let attention = self.attention.then(|| AdditiveAttention::new(self.width_of_last(), init));
        let catalogue = (!self.tied).then(|| init.item_embedding(n_items, self.d_model));
        N::from_parts((item, catalogue), (first, upper), (attention, output), self)
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

/// Item vectors → dropout → recurrent layers with dropout between them → dropout → attention, perhaps →
/// dense to the items' width → scores against the item vectors, or against vectors of the output's own.
///
/// The parts stand in the family's own module, so that its weights have names that fit it.
pub(super) trait RecurrentNetwork: Module {
    /// Name in weights files.
    const KIND: &'static str;

    /// What each layer is.
    type Layer: RecurrentLayer;

    /// Puts a network together: item vectors, and the output's own; layers from the first up; what follows
    /// them.
    fn from_parts(
        vectors: (Embedding, Option<Embedding>),
        layers: (Self::Layer, Vec<Self::Layer>),
        head: (Option<AdditiveAttention>, Linear),
        settings: Settings,
    ) -> Self;

    /// What it was put together from.
    fn parts(&self) -> Parts<'_, Self::Layer>;
}

/// The parts of a network.
pub(super) struct Parts<'a, L> {
    /// `[n_items + 1, d_model]`
    pub(super) item: &'a Embedding,
    /// The output's own vectors, where it has some. `[n_items + 1, d_model]`
    pub(super) catalogue: Option<&'a Embedding>,
    /// From the first to the last.
    pub(super) layers: Vec<&'a L>,
    pub(super) attention: Option<&'a AdditiveAttention>,
    /// `[n_features, d_model]` and `[d_model]`
    pub(super) output: &'a Linear,
    pub(super) settings: Settings,
}

impl<L> Parts<'_, L> {
    /// What states are multiplied with to score the catalogue. `[n_items + 1, d_model]`
    fn output_vectors(&self) -> &Embedding {
        self.catalogue.unwrap_or(self.item)
    }
}

/// What is learnt of each history: its last `seq_len` events are to be predicted, each from those
/// before it.
fn training_windows(histories: &Histories, seq_len: usize) -> impl Iterator<Item = &[u32]> {
    histories.rows().map(move |row| latest(row, seq_len + 1))
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

    /// Attention has no fused layer: with it, burn's are used.
    fn fused_gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let parts = self.parts();
        match parts.attention {
            None => fused::gradients(&parts, histories, noise),
            Some(_) => parts.gradients(histories, noise),
        }
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
        parts.scores_from(parts.last_states(&rows))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        let parts = self.parts();
        Some(ItemVectors::of_rows(&on_host(&parts.output_vectors().weight), parts.settings.d_model))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        let parts = self.parts();
        match parts.attention {
            None => Some(fused::last_states(&parts, histories, |len| self.rows_at_a_time(len))),
            Some(_) => None,
        }
    }

    fn step_scores(&self, history: &[u32]) -> (usize, Tensor<2>) {
        let parts = self.parts();
        let states = parts.states_of(history);
        let [n, _] = states.dims();
        (history.len() - n, parts.scores_from(states))
    }

    fn attention(&self, history: &[u32]) -> Result<Option<AttentionMaps>, ModelError> {
        let parts = self.parts();
        let Some(attention) = parts.attention else { return Ok(None) };
        let len = latest(history, parts.settings.seq_len).len();
        let weights = if len == 0 { Vec::new() } else { read(attention.weights(&parts.top_states(history)))? };
        Ok(Some(AttentionMaps { n_layers: 1, n_heads: 1, len, first: history.len() - len, weights }))
    }
}
