//! A sequential variational autoencoder: a latent vector after each event, from which the next ones
//! are told (Sachdeva et al. 2019).

mod fused;
mod inside;
mod slopes;
mod steps;

use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;
use serde::{Deserialize, Serialize};

use super::bags::behind_padding;
use super::latent::{Annealing, KlTerm, latent_layers};
use super::{LearntFrom, ModelFamily, ModelStart, SmallerSizes, size, words};
use crate::attribution::InputNetwork;
use crate::item_vectors::ItemVectors;
use crate::kernel::{Buffer, rows_of_logits};
use crate::layers::{Axis, BATCH, LayerShape};
use crate::loss::MAX_FLOATS;
use crate::network::{BoundSums, LossSums, Network};
use crate::packing::SequencePacking;
use crate::random::{EventPlace, Init, Noise, dropout_factors};
use crate::recurrent::{self, Gru, RecurrentLayer as _, plain};
use crate::window::{index_tensor, latest};
use crate::{
    Blueprint, HiddenStates, Likelihood, MemoryNeed, ModelError, OpenDevice, OptimizerSpec,
    StateTracks, StepInputs, Trainable, Workload,
};
use seqscope_data::Histories;
use steps::{TrainingSteps, normals};

/// Settings of the sequential VAE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SequentialVaeSpec {
    /// Length of each item's vector.
    pub d_model: usize,
    /// Number of units of the GRU.
    pub d_state: usize,
    /// Width of the hidden layer of encoder and decoder.
    pub d_hidden: usize,
    /// Length of the latent vector.
    pub d_latent: usize,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Number of next events that are told after each event.
    pub n_ahead: usize,
    /// Share of activations set to zero while training, before and after the GRU.
    pub dropout: f64,
    /// Largest weight of the Kullback–Leibler term.
    pub beta: f64,
    /// Share of the steps, or of those of a cycle, over which the weight grows from 0 to `beta`.
    pub anneal: f64,
    /// Growth of the weight.
    pub annealing: Annealing,
    /// Nats of each latent dimension that cost nothing.
    pub free_bits: f64,
}

impl Default for SequentialVaeSpec {
    fn default() -> Self {
        Self {
            d_model: 256,
            d_state: 200,
            d_hidden: 150,
            d_latent: 64,
            seq_len: 200,
            n_ahead: 4,
            dropout: 0.0,
            beta: 0.2,
            anneal: 0.2,
            annealing: Annealing::Linear,
            free_bits: 0.0,
        }
    }
}

seqscope_base::spec::described! { SequentialVaeSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Width", "", "Length of each item's vector.", "Sachdeva et al. 2019: 256";
    d_state: Int { min: 2, max: 1024 }, Core, "State width", "", "Number of units of the GRU that \
        reads the history.", "Sachdeva et al. 2019: 200";
    d_hidden: Int { min: 2, max: 4096 }, More, "Hidden width", "", "Width of the layer on either \
        side of the latent vector.", "Sachdeva et al. 2019: 150";
    d_latent: Int { min: 1, max: 1024 }, Core, "Latent width", "", "Length of the vector that \
        stands for a user after an event.", "Sachdeva et al. 2019: 64";
    seq_len: Int { min: 1, max: 2000 }, Core, "History", "events", "Number of latest events that the model sees.", "Sachdeva \
        et al. 2019: up to 1000; Kang & McAuley 2018: 200";
    n_ahead: Int { min: 1, max: 50 }, Core, "Events ahead", "events", "Number of next events that \
        are told after each event, each different item once; 1 asks for the very next one.", "Sachdeva et al. 2019: 4";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of activations set to zero \
        while training, before and after the GRU.", "Sachdeva et al. 2019: none";
    beta: Float { min: 0.0, max: 4.0 }, Core, "Beta", "", "Largest weight of the Kullback–Leibler \
        term of each event; 0 leaves it out.", "Liang et al. 2018: 0.2";
    anneal => words::ANNEAL, "Liang et al. 2018: linear";
    annealing => words::ANNEALING, "Liang et al. 2018: Linear; Fu et al. 2019: Cyclical, half of \
                                    each of four cycles";
    free_bits: Float { min: 0.0, max: 10.0 }, More, "Free bits", "nats", "Kullback–Leibler term of \
        each latent dimension that costs nothing, as a mean over the events of a batch; 0 charges \
        for all of it.", "Kingma et al. 2016: 0.1 to 2 a group; off";
} }

impl ModelFamily for SequentialVaeSpec {
    fn title(&self) -> &'static str {
        "Sequential VAE"
    }
    fn summary(&self) -> &'static str {
        "A GRU reads the history; after each event it gives a latent vector with its uncertainty, \
         from which the next events are told."
    }
    fn source(&self) -> &'static str {
        "Sachdeva et al. 2019 (SVAE): multinomial likelihood of the next k items; beta weighs the \
         term of each event, where the published code divides it by their number"
    }
    fn smaller_sizes(&self) -> SmallerSizes {
        size::OF_SEQUENTIAL_VAE
    }

    fn learns(&self) -> LearntFrom {
        LearntFrom::Catalogue
    }

    fn free_nats(&self) -> f64 {
        self.beta * self.free_bits * self.d_latent as f64
    }

    fn why_no_attention(&self) -> &'static str {
        "A sequential VAE carries what it has read in one state that changes with every event. \
         There are no weights from step to step, so none are drawn."
    }

    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        let Self {
            d_model,
            d_state,
            d_hidden,
            d_latent,
            seq_len,
            ..
        } = *self;
        let (len, hidden, items) = (
            Axis::Size(seq_len),
            Axis::Size(d_hidden),
            Axis::items(plan, 0),
        );
        let of = |width: usize| [BATCH, len, Axis::Size(width)];
        let vectors = [Axis::items(plan, 1), Axis::Size(d_model)];
        let mut layers = vec![
            LayerShape::new("Item embedding", of(d_model)).with("item.weight", vectors),
            Gru::with_weights(LayerShape::new("GRU", of(d_state)), "gru", d_model, d_state),
            LayerShape::new("Encoder, tanh", of(d_hidden)).dense(
                "encoder",
                Axis::Size(d_state),
                hidden,
            ),
        ];
        layers.extend(latent_layers(&[BATCH, len], [d_hidden, d_latent]));
        layers.push(
            LayerShape::new("Item scores", [BATCH, len, items]).dense("output", hidden, items),
        );
        layers
    }
    /// A copy of the weights; of each event what goes into the GRU, its states, gates and
    /// gradients, four hidden and six latent vectors and its targets; and a block of logits.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        let Self {
            d_model,
            d_state,
            d_hidden,
            d_latent,
            seq_len,
            n_ahead,
            ..
        } = *self;
        let n_items = work.plan.shape.n_items;
        let n_params = self.n_params(work.plan);
        let events = work.n_events(work.n_rows(), seq_len);
        let of_event =
            2 * d_model + 8 * d_state + 4 * d_hidden + 6 * d_latent + 4 * n_ahead.min(n_items);
        let logits = events.min(rows_of_logits(n_items)) * n_items;
        let step = n_params + events * of_event + logits;
        let asked = work
            .n_events(work.n_asked(), seq_len)
            .min(MAX_FLOATS / (d_model + 3 * d_state).max(1));
        let evaluation = n_params
            + n_items * d_hidden
            + asked * (d_model + 6 * d_state)
            + work.n_asked() * (d_state + 2 * d_hidden + d_latent)
            + work.scores();
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let n_items = plan.shape.n_items;
        let of_items = (n_items + 1).saturating_mul(self.d_model);
        let largest = [
            ("d_model", of_items),
            ("d_hidden", n_items.saturating_mul(self.d_hidden)),
        ];
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_next_item(self, &largest, |init| {
            SequentialVae::new(self, n_items, init)
        })
    }
}

/// Item vectors → GRU → tanh layer → mean and log-variance of a latent vector for each event → tanh
/// layer → a score an item. The output has no column for padding: item `i` is column `i − 1` of it.
#[derive(Module, Debug)]
struct SequentialVae {
    item: Embedding,
    gru: Gru,
    /// `[d_state, d_hidden]`
    encoder: Linear,
    /// `[d_hidden, d_latent]`
    mean: Linear,
    /// `[d_hidden, d_latent]`
    log_variance: Linear,
    /// `[d_latent, d_hidden]`
    decoder: Linear,
    /// `[d_hidden, n_items]`
    output: Linear,
    #[module(skip)]
    spec: SequentialVaeSpec,
}

/// Numbers that tell the drawings of a step apart: what goes into the GRU, what comes out of it,
/// the latent vectors.
const DROP_IN: usize = 0;
const DROP_OUT: usize = 1;
const LATENT: usize = 2;

impl SequentialVae {
    fn new(spec: &SequentialVaeSpec, n_items: usize, init: &mut Init) -> Self {
        let SequentialVaeSpec {
            d_model,
            d_state,
            d_hidden,
            d_latent,
            ..
        } = *spec;
        Self {
            item: init.item_embedding(n_items, d_model),
            gru: Gru::new(d_model, d_state, init),
            encoder: init.dense(d_state, d_hidden),
            mean: init.dense(d_hidden, d_latent),
            log_variance: init.dense(d_hidden, d_latent),
            decoder: init.dense(d_latent, d_hidden),
            output: init.dense(d_hidden, n_items),
            spec: spec.clone(),
        }
    }

    fn n_items(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Encoder, mean, log-variance, decoder and output.
    fn layers(&self) -> [&Linear; 5] {
        [
            &self.encoder,
            &self.mean,
            &self.log_variance,
            &self.decoder,
            &self.output,
        ]
    }

    /// Mean and log-variance of the latent vectors. `[n_rows, d_state]` to twice
    /// `[n_rows, d_latent]`
    fn encode(&self, states: Tensor<2>) -> [Tensor<2>; 2] {
        let hidden = self.encoder.forward(states).tanh(); // [n_rows, d_hidden]
        [
            self.mean.forward(hidden.clone()),
            self.log_variance.forward(hidden),
        ]
    }

    /// Scores from states and the means of their latent vectors, with a column of zeros for padding
    /// in front. `[n_rows, d_state]` to `[n_rows, n_items + 1]`
    fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        let [mean, _] = self.encode(states);
        self.scores_of_latent(mean)
    }

    /// Scores from latent vectors, with a column of zeros for padding in front.
    /// `[n_rows, d_latent]` to `[n_rows, n_items + 1]`
    fn scores_of_latent(&self, latent: Tensor<2>) -> Tensor<2> {
        behind_padding(self.output.forward(self.decoder.forward(latent).tanh()))
    }

    /// State after each event of the last `seq_len` of each row, in packed order, with a last row
    /// of zeros: the state of an empty history.
    fn states(&self, rows: &[&[u32]]) -> (SequencePacking, Tensor<2>) {
        let windows: Vec<&[u32]> = rows
            .iter()
            .map(|row| latest(row, self.spec.seq_len))
            .collect();
        let packing = SequencePacking::new(windows.iter().map(|row| row.len()));
        let weights = self.item.weight.val();
        let device = weights.device();
        let zero = Tensor::zeros([1, self.spec.d_state], &device);
        if packing.n_events() == 0 {
            return (packing, zero);
        }
        let items = packing.pick(|place| windows.get(place.row)?.get(place.position).copied());
        let vectors = weights.select(0, index_tensor(items, &device)); // [n_events, d_model]
        let states = recurrent::states(&self.gru, &vectors, &packing.sizes); // [n_events, d_state]
        (packing, Tensor::cat(vec![states, zero], 0))
    }

    /// State after the last event of each history. `[n_rows, d_state]`
    fn last_states(&self, histories: &Histories) -> Tensor<2> {
        let (packing, states) = self.states(&histories.rows().collect::<Vec<_>>());
        let last = packing.last.iter().map(|&at| at as i32).collect();
        let last = index_tensor(last, &states.device());
        states.select(0, last)
    }

    /// Weight of the Kullback–Leibler term at a step.
    fn beta(&self, inputs: &StepInputs) -> f64 {
        self.spec.beta * self.spec.annealing.share(self.spec.anneal, inputs)
    }

    /// Dropout factors of what has this width at each event, where there are some.
    fn drop(
        &self,
        width: usize,
        drawing: usize,
        noise: Noise,
        places: &[EventPlace],
    ) -> Option<Tensor<2>> {
        let factors = dropout_factors(self.spec.dropout, width, drawing, noise, places)?;
        Some(Tensor::from_data(
            TensorData::new(factors, [places.len(), width]),
            &plain(&self.item.weight).device(),
        ))
    }
}

/// `x` times `factors`, where there are some.
fn times(x: Tensor<2>, factors: Option<&Tensor<2>>) -> Tensor<2> {
    match factors {
        Some(factors) => x * factors.clone(),
        None => x,
    }
}

impl Network for SequentialVae {
    const KIND: &'static str = "sequential-vae";

    /// The negative evidence lower bound of Sachdeva et al. 2019, eq. 9, with the annealed beta:
    /// after each event the log-likelihood of each different item among the next `n_ahead`, and
    /// beta times the Kullback–Leibler term. The sum is divided by the number of items that are
    /// told.
    fn gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let steps = TrainingSteps::new(histories, &self.spec, self.n_items())?;
        let SequentialVaeSpec {
            d_model,
            d_state,
            d_latent,
            ..
        } = self.spec;
        let packing = SequencePacking::new(steps.inputs.iter().map(|row| row.len()));
        let (places, targets) = (&packing.places, steps.targets(&packing.places));
        let n_events = targets.elements.len();
        let items = plain(&self.item.weight);
        let seen = index_tensor(
            places
                .iter()
                .map(|place| steps.item(*place) as i32)
                .collect(),
            &items.device(),
        );
        let drop_in = self.drop(d_model, DROP_IN, noise, places);
        let drop_out = self.drop(d_state, DROP_OUT, noise, places);
        let vectors = times(items.clone().select(0, seen.clone()), drop_in.as_ref()); // [n_steps, d_model]
        let (states, trace) = recurrent::forward(&self.gru, vectors, &packing.sizes, None);

        // Autodiff follows what lies above the states; the recurrence has its own way back.
        let states = Tensor::from_inner(times(states, drop_out.as_ref())).require_grad(); // [n_steps, d_state]
        let [mean, log_variance] = self.encode(states.clone());
        let epsilon = TensorData::new(normals(noise, places, d_latent), [places.len(), d_latent]);
        let epsilon = Tensor::from_data(epsilon, &states.device());
        let latent = mean.clone() + epsilon * log_variance.clone().mul_scalar(0.5).exp(); // [n_steps, d_latent]
        let decoded = self.decoder.forward(latent).tanh(); // [n_steps, d_hidden]
        let (of_targets, nll) = Likelihood::Multinomial.of_bags(decoded, &self.output, &targets);
        let KlTerm { sum: kl, charged } = KlTerm::new(mean, log_variance, self.spec.free_bits);
        let charged = charged.mul_scalar(self.beta(inputs)); // [1]

        let sums = LossSums {
            loss: nll.clone() + charged.clone().inner(),
            n_events,
            bound: Some(BoundSums {
                kl: kl.inner(),
                n_latent: places.len(),
                nll,
            }),
        };
        let gradients = (of_targets + charged)
            .div_scalar(n_events as f32)
            .backward();
        let d_states = times(states.grad(&gradients)?, drop_out.as_ref());
        let mut gradients = GradientsParams::from_grads(gradients, self);
        let d_vectors = recurrent::backward(&self.gru, trace, &d_states, &mut gradients);
        let d_vectors = times(d_vectors, drop_in.as_ref());
        let d_items = items
            .zeros_like()
            .select_assign(0, seen, d_vectors, IndexingUpdateOp::Add);
        gradients.register(self.item.weight.id, d_items);
        Some((gradients, sums))
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        self.gradients_by_kernel(histories, inputs, noise)
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let SequentialVaeSpec {
            d_model,
            d_state,
            seq_len,
            ..
        } = self.spec;
        let an_event = d_model + Gru::GATES * d_state;
        MAX_FLOATS / (len.clamp(1, seq_len.max(1)) * an_event).max(self.n_items() + 1)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.scores_from(self.last_states(histories))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_layer(&self.output))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        Some(self.states_by_kernel(histories))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let history = history.row(0);
        let (packing, states) = self.states(&[history]);
        let n = packing.n_events();
        (history.len() - n, self.scores_from(states.slice(0..n)))
    }

    fn latent(&self, histories: &Histories) -> Option<[Tensor<2>; 2]> {
        Some(self.encode(self.last_states(histories)))
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }

    fn latent_width(&self) -> Option<usize> {
        Some(self.spec.d_latent)
    }

    fn decoded(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(self.scores_of_latent(latent))
    }

    fn state_tracks(&self, history: &Histories) -> Result<Option<Vec<StateTracks>>, ModelError> {
        inside::tracks(self, history).map(Some)
    }

    fn hidden_states(&self, histories: &Histories) -> Result<Option<HiddenStates>, ModelError> {
        inside::hidden(self, histories).map(Some)
    }
}
