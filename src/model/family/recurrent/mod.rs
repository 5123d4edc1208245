//! Shared parts of the recurrent families: a next-item network of recurrent layers with
//! full-catalogue cross-entropy. A family adds its layer, name and sources.

mod fused;
mod inside;
mod plain;
mod slopes;
mod spec;

pub(super) use inside::plain_track;
pub(super) use spec::{RecurrentKind, RecurrentSpec};

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;

use crate::attribution::InputNetwork;
use crate::features::{Features, Join};
use crate::item_vectors::ItemVectors;
use crate::kernel::{Buffer, CrossEntropy};
use crate::layers::{Axis, BATCH, LayerShape, MAX_REPEATED, with_answer};
use crate::loss::MAX_FLOATS;
use crate::network::{LossSums, Network};
use crate::outcome::{HeadGradients, StateNetwork};
use crate::packing::SequencePacking;
use crate::random::{EventPlace, Init, Noise};
use crate::recurrent::{AdditiveAttention, Looking, RecurrentLayer};
use crate::weights::{on_host, read};
use crate::window::latest;
use crate::{
    AttentionMaps, Blueprint, HiddenStates, MemoryNeed, ModelError, StateTracks, StepInputs,
    Workload,
};
use seqscope_data::Histories;

seqscope_base::spec::choice! {
    /// After which events of a history a recurrent network learns to predict.
    pub enum RecurrentOutput {
        /// After every event: each is the target of those before it.
        #[default]
        PerStep,
        /// After the last event but one: only a history's last event is a target. A pass costs the
        /// same and teaches one event a history.
        LastStep,
    }
}

/// The settings of a recurrent family.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecurrentSettings {
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
    /// Output that is learnt of a history.
    pub(super) output: RecurrentOutput,
    /// Whether the last layer's states look back at each other.
    pub(super) attention: bool,
    /// Whether the item vectors are the output weights too.
    pub(super) tied: bool,
    /// Way in which features join their items.
    pub(super) features: Join,
    /// Plan that it is built for.
    pub(super) plan: Blueprint,
}

/// Number of the first drawing of recurrent dropout: those of dropout count from 0, one a layer and
/// one more.
const RECURRENT_DRAWINGS: usize = 64;

impl RecurrentSettings {
    /// Number of units of the layer at this place.
    pub(super) fn width(&self, at: usize) -> usize {
        let share = self.taper.powi(i32::try_from(at).unwrap_or(i32::MAX));
        if at == 0 {
            self.d_hidden
        } else {
            (self.d_hidden as f64 * share).round().max(1.0) as usize
        }
    }

    /// Numbers that go into the layer at this place, and out of the last.
    fn width_into(&self, at: usize) -> usize {
        at.checked_sub(1)
            .map_or(self.d_model, |below| self.width(below))
    }

    /// Width of the last layer.
    fn width_of_last(&self) -> usize {
        self.width_into(self.n_layers)
    }

    /// Numbers that go into the dense layer: the last layer's state, and what it sees by attention.
    fn n_read(&self) -> usize {
        self.width_of_last()
            .saturating_mul(1 + usize::from(self.attention))
    }

    /// Whether the output has vectors of its own; only where items are scored.
    fn has_catalogue(&self) -> bool {
        !self.tied && self.plan.is_next_item()
    }

    /// The states after which the next item is predicted in training.
    fn looking(&self) -> Looking {
        match self.output {
            RecurrentOutput::PerStep => Looking::Every,
            RecurrentOutput::LastStep => Looking::Last,
        }
    }

    /// The layers, those that are recurrent being of this kind, called `title` by a person.
    pub(super) fn layers<L: RecurrentLayer>(&self, title: &str) -> Vec<LayerShape> {
        let Self {
            d_model, seq_len, ..
        } = *self;
        let of = |width: usize| [BATCH, Axis::Size(seq_len), Axis::Size(width)];
        let events = &of(d_model);
        let vectors = [Axis::items(&self.plan, 1), Axis::Size(d_model)];
        let mut layers =
            vec![LayerShape::new("Item embedding", events).with("item.weight", vectors)];
        layers.extend(Features::layer(&self.plan, self.features, events));
        for at in 0..self.n_layers.min(MAX_REPEATED) {
            let name = at
                .checked_sub(1)
                .map_or_else(|| L::NAME.to_owned(), |upper| format!("upper.{upper}"));
            let (d_input, width) = (self.width_into(at), self.width(at));
            let layer = LayerShape::new(format!("{title} layer {}", at + 1), of(width));
            layers.push(L::with_weights(layer, &name, d_input, width));
        }
        if self.attention {
            let layer = LayerShape::new("Additive attention, beside the state", of(self.n_read()));
            layers.push(AdditiveAttention::with_weights(
                layer,
                "attention",
                self.width_of_last(),
            ));
        }
        let dense = LayerShape::new("Dense, to the width of the items", events);
        layers.push(dense.dense("output", Axis::Size(self.n_read()), Axis::Size(d_model)));
        let own = self.has_catalogue().then_some("catalogue.weight");
        match self.output {
            RecurrentOutput::LastStep if self.plan.is_next_item() => {
                with_answer(layers, &self.plan, &[BATCH, Axis::Size(d_model)], own)
            }
            RecurrentOutput::LastStep | RecurrentOutput::PerStep => {
                with_answer(layers, &self.plan, events, own)
            }
        }
    }

    /// The weights and the gradients of each shard; of the events that are worked on at a time what
    /// goes into each layer, its states, gates and memory, and their gradients; and of each thread
    /// a block of scores. Attention works on pairs of events beside them.
    pub(super) fn memory<L: RecurrentLayer>(
        &self,
        work: &Workload<'_>,
        n_params: usize,
    ) -> MemoryNeed {
        let Self {
            d_model, seq_len, ..
        } = *self;
        let n_items = self.plan.shape.n_items;
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
        let events = work
            .n_events(work.n_asked(), seq_len)
            .min(MAX_FLOATS / (d_model + 3 * self.d_hidden).max(1));
        let events = work.at_a_time(events, fused::N_SHARDS) * forward;
        let evaluation = n_params
            + n_items * d_model
            + work.n_asked() * d_model
            + events
            + work.scores()
            + pairs;
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }

    /// The largest arrays of the network, each with the setting that makes it large.
    pub(super) fn largest<L: RecurrentLayer>(&self) -> [(&'static str, usize); 2] {
        let of_items = (self.plan.shape.n_items + 1).saturating_mul(self.d_model);
        [
            ("d_model", of_items),
            (
                "d_hidden",
                self.d_hidden
                    .saturating_mul(self.d_hidden)
                    .saturating_mul(L::GATES),
            ),
        ]
    }

    /// A network with initial weights.
    pub(super) fn network<L: RecurrentLayer>(self, init: &mut Init) -> RecurrentNetwork<L> {
        let n_items = self.plan.shape.n_items;
        let item = init.item_embedding(n_items, self.d_model);
        let layer = |at: usize, init: &mut Init| L::new(self.width_into(at), self.width(at), init);
        let first = layer(0, init);
        let upper = (1..self.n_layers).map(|at| layer(at, init)).collect();
        let output = init.dense(self.n_read(), self.d_model);
        let features = Features::new(&self.plan, self.d_model, self.features, init);
        let attention = self
            .attention
            .then(|| AdditiveAttention::new(self.width_of_last(), init));
        let catalogue = self
            .has_catalogue()
            .then(|| init.item_embedding(n_items, self.d_model));
        RecurrentNetwork {
            item,
            features,
            first,
            upper,
            attention,
            output,
            catalogue,
            settings: self,
        }
    }

    /// The drawing that drops what goes into the layer at this place, and out of the last. A
    /// network of one layer draws what it drew when there was no other.
    fn drawing(&self, at: usize) -> usize {
        match at {
            0 => 0,
            at if at >= self.n_layers => 1,
            at => at + 1,
        }
    }
}

/// Item vectors → dropout → recurrent layers with dropout between them → dropout → attention,
/// perhaps → dense to the items' width → scores against the item vectors, or against vectors of the
/// output's own.
#[derive(Module, Debug)]
pub(super) struct RecurrentNetwork<L: RecurrentLayer> {
    /// `[n_items + 1, d_model]`
    item: Embedding,
    features: Features,
    /// The first layer, which weights files call by the name of its kind.
    first: L,
    /// Layers above the first.
    upper: Vec<L>,
    /// `[n_read, d_model]` and `[d_model]`
    output: Linear,
    attention: Option<AdditiveAttention>,
    /// The output's own vectors, where it has some. `[n_items + 1, d_model]`
    catalogue: Option<Embedding>,
    #[module(skip)]
    settings: RecurrentSettings,
}

impl<L: RecurrentLayer> RecurrentNetwork<L> {
    /// Layers from the first to the last.
    fn layers(&self) -> Vec<&L> {
        std::iter::once(&self.first).chain(&self.upper).collect()
    }

    /// Returns the vectors that states are multiplied with to score the catalogue.
    /// `[n_items + 1, d_model]`
    fn output_vectors(&self) -> &Embedding {
        self.catalogue.as_ref().unwrap_or(&self.item)
    }
}

/// Range of the events of each history that go in: so many from a first one on.
struct EventWindow<'a> {
    histories: &'a Histories,
    /// Number of events of each row.
    lens: Vec<usize>,
    /// Events of a row that come after those that go in.
    n_after: usize,
}

impl<'a> EventWindow<'a> {
    /// The last `seq_len` events.
    fn whole(histories: &'a Histories, seq_len: usize) -> Self {
        Self {
            histories,
            lens: histories.rows().map(|row| row.len().min(seq_len)).collect(),
            n_after: 0,
        }
    }

    /// The last `seq_len` of those that have one after them: what a next-item model learns from.
    fn before_the_last(histories: &'a Histories, seq_len: usize) -> Self {
        let lens = histories
            .rows()
            .map(|row| row.len().saturating_sub(1).min(seq_len));
        Self {
            histories,
            lens: lens.collect(),
            n_after: 1,
        }
    }

    /// Position in the history of the event at this place of the window.
    fn position(&self, place: EventPlace) -> EventPlace {
        let len = self.lens.get(place.row).copied().unwrap_or(0);
        let history = self.histories.row(place.row);
        let first = history.len().saturating_sub(self.n_after + len);
        EventPlace {
            row: place.row,
            position: first + place.position,
        }
    }

    /// Returns the place of that event among all of the histories.
    fn event(&self, place: EventPlace) -> usize {
        let place = self.position(place);
        self.histories.range(place.row).start + place.position
    }

    /// Items in packed order.
    fn items(&self, packing: &SequencePacking) -> Vec<i32> {
        packing.pick(|place| self.histories.item_idx.get(self.event(place)).copied())
    }
}

/// Returns what is learnt of each history: its last `seq_len` events are to be predicted, each from
/// those before it.
fn training_windows(histories: &Histories, seq_len: usize) -> impl Iterator<Item = &[u32]> {
    histories.rows().map(move |row| latest(row, seq_len + 1))
}

impl<L: RecurrentLayer> Network for RecurrentNetwork<L> {
    const KIND: &'static str = L::NAME;

    fn name_in_files(path: &str) -> String {
        match path.strip_prefix("first.") {
            Some(within) => format!("{}.{within}", L::NAME),
            None => path.to_owned(),
        }
    }

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        self.learn_items(histories, noise)
    }

    /// Leaves to burn's layers what the fused ones do not have: attention, features, and other
    /// losses than the full softmax.
    fn fused_gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        if self.settings.plan.is_plain() && self.attention.is_none() {
            fused::gradients(self, histories, noise)
        } else {
            self.learn_items(histories, noise)
        }
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let Self { item, settings, .. } = self;
        let RecurrentSettings {
            d_model,
            d_hidden,
            seq_len,
            ..
        } = *settings;
        let [n_columns, _] = item.weight.dims();
        let an_event = d_model + L::GATES * d_hidden;
        MAX_FLOATS / (len.clamp(1, seq_len.max(1)) * an_event).max(n_columns)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.scores_from(self.last_states(histories))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_rows(
            &on_host(&self.output_vectors().weight),
            self.settings.d_model,
        ))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        let is_fused = self.features.is_empty() && self.attention.is_none();
        is_fused.then(|| fused::last_states(self, histories, |len| self.rows_at_a_time(len)))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let (states, _) = self.event_states(history);
        let [n, _] = states.dims();
        (history.row(0).len() - n, self.scores_from(states))
    }

    fn state_tracks(&self, history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        self.tracks(history).map(Some)
    }

    fn hidden_states(&self, histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        self.hidden(histories).map(Some)
    }

    fn attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let Some(attention) = &self.attention else {
            return Ok(None);
        };
        let n_events = history.row(0).len();
        let len = n_events.min(self.settings.seq_len);
        let weights = if len == 0 {
            Vec::new()
        } else {
            read(attention.weights(&self.layer_states(history)))?
        };
        Ok(Some(AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len,
            first: n_events - len,
            weights,
        }))
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }
}

impl<L: RecurrentLayer> StateNetwork for RecurrentNetwork<L> {
    const OUTCOME_KIND: &'static str = L::NAME_WITH_HEAD;

    fn state_width(&self) -> usize {
        self.settings.d_model
    }

    fn learn(
        &self,
        histories: &Histories,
        noise: Noise,
        head: HeadGradients<'_>,
    ) -> Option<GradientsParams> {
        let window = EventWindow::whole(histories, self.settings.seq_len);
        self.pass(&window, Looking::Every, noise, head)
    }

    fn states(&self, histories: &Histories) -> (Tensor<2>, Vec<EventPlace>) {
        self.event_states(histories)
    }
}
