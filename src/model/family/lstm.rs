//! LSTM next-item model with full-catalogue cross-entropy.

use burn::nn::{Embedding, Linear};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;
use serde::{Deserialize, Serialize};

use super::{ModelFamily, refuse_errors, refuse_large_array, too_large};
use crate::data::{DataShape, Histories};
use crate::model::item_vectors::{ItemVectors, by_length};
use crate::model::kernel::Buffer;
use crate::model::loss::{MAX_FLOATS, cross_entropy_with_gradients};
use crate::model::network::{LossSums, Network};
use crate::model::packing::Packing;
use crate::model::random::{Init, Noise, dropout_factors};
use crate::model::recurrent::{Lstm, plain};
use crate::model::session::{Session, guarded};
use crate::model::weights::on_host;
use crate::model::window::index_tensor;
use crate::model::{ModelError, OpenDevice, OptimizerSpec, StepInputs, Trainable};
use crate::spec::{Described, Problem};

/// Settings of the LSTM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmSpec {
    /// Length of each item's vector.
    pub d_model: usize,
    /// Number of units of the recurrent layer.
    pub d_hidden: usize,
    /// Number of latest events that the model sees.
    pub seq_len: usize,
    /// Share of activations set to zero while training.
    pub dropout: f64,
}

impl Default for LstmSpec {
    fn default() -> Self {
        Self { d_model: 64, d_hidden: 128, seq_len: 200, dropout: 0.2 }
    }
}

crate::spec::described! { LstmSpec {
    d_model: Int { min: 2, max: 1024 }, Core, "Item width", "", "Length of the vector that stands for an item.", "as the Transformer's: 64";
    d_hidden: Int { min: 2, max: 2048 }, Core, "Units", "", "How many numbers the LSTM carries from event to event.", "one wide layer beats several narrow ones";
    seq_len: Int { min: 2, max: 2000 }, Core, "Window", "events", "How many of the latest events the model sees.", "as the Transformer's: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Dropout", "", "Share of input and output activations set to zero while training: more fights over-fitting.", "0.1–0.3 on dense data";
} }

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
    fn n_params(&self, shape: DataShape) -> usize {
        let Self { d_model, d_hidden, .. } = *self;
        let recurrent = 4 * d_hidden * (d_model + d_hidden + 1);
        (shape.n_items + 1) * d_model + recurrent + (d_hidden + 1) * d_model
    }
    fn check(&self, shape: DataShape) -> Vec<Problem> {
        let mut problems = self.problems();
        problems.extend(too_large("d_model", self.n_params(shape)));
        problems
    }
    fn build(
        &self,
        shape: DataShape,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        refuse_errors(&self.check(shape))?;
        refuse_large_array(device, "d_model", (shape.n_items + 1) * self.d_model)?;
        refuse_large_array(device, "d_hidden", 4 * self.d_hidden * self.d_hidden)?;
        let init = &mut Init::new(seed, &device.device.clone().autodiff());
        let network = guarded(|| LstmNetwork::new(self, shape.n_items, init))?;
        Ok(Box::new(Session::new(network, shape.n_items, optimizer, device)))
    }
}

/// Item vectors → dropout → LSTM → dropout → dense to the items' width → scores against the item
/// vectors.
#[derive(Module, Debug)]
struct LstmNetwork {
    /// `[n_items + 1, d_model]`; also the output weights.
    item: Embedding,
    lstm: Lstm,
    /// `[d_hidden, d_model]` and `[d_model]`
    output: Linear,
    #[module(skip)]
    spec: LstmSpec,
}

impl LstmNetwork {
    fn new(spec: &LstmSpec, n_items: usize, init: &mut Init) -> Self {
        Self {
            item: init.item_embedding(n_items, spec.d_model),
            lstm: Lstm::new(spec.d_model, spec.d_hidden, init),
            output: init.dense(spec.d_hidden, spec.d_model),
            spec: spec.clone(),
        }
    }

    /// Scores from states. `[n_rows, d_hidden]` to `[n_rows, n_items + 1]`
    fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        self.output.forward(states).matmul(self.item.weight.val().transpose())
    }

    /// State after each event of the last `seq_len` of each row, in packed order, with a last row
    /// of zeros: the state of an empty history.
    fn states(&self, rows: &[&[u32]]) -> (Packing, Tensor<2>) {
        let windows: Vec<&[u32]> = rows.iter().map(|row| latest(row, self.spec.seq_len)).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len()));
        let weights = self.item.weight.val();
        let device = weights.device();
        let zero = Tensor::zeros([1, self.spec.d_hidden], &device);
        if packing.n_events() == 0 {
            return (packing, zero);
        }
        let items = packing.pick(|row, at| windows.get(row)?.get(at).copied());
        let states = self.lstm.states(weights.select(0, index_tensor(items, &device)), &packing.sizes);
        (packing, Tensor::cat(vec![states, zero], 0))
    }
}

/// The last `n` events.
fn latest(items: &[u32], n: usize) -> &[u32] {
    items.get(items.len().saturating_sub(n)..).unwrap_or(&[])
}

/// `x` times `factors`, where there are some.
fn times(x: Tensor<2>, factors: Option<&Tensor<2>>) -> Tensor<2> {
    match factors {
        Some(factors) => x * factors.clone(),
        None => x,
    }
}

impl Network for LstmNetwork {
    const KIND: &'static str = "lstm";

    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        // Of each history the last `seq_len` events are to be predicted, each from those before it.
        let windows: Vec<&[u32]> = histories.rows().map(|row| latest(row, self.spec.seq_len + 1)).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len().saturating_sub(1)));
        let n_events = packing.n_events();
        if n_events == 0 {
            return None;
        }
        let (items, w_output) = (plain(&self.item.weight), plain(&self.output.weight));
        let device = items.device();
        let inputs = packing.pick(|row, at| windows.get(row)?.get(at).copied());
        let targets = packing.pick(|row, at| windows.get(row)?.get(at + 1).copied());
        let inputs = index_tensor(inputs, &device);
        let drop = |layer, width| {
            let factors = dropout_factors(self.spec.dropout, width, layer, noise, &packing.places);
            factors.map(|factors| Tensor::<2>::from_data(TensorData::new(factors, [n_events, width]), &device))
        };
        let (drop_inputs, drop_states) = (drop(0, self.spec.d_model), drop(1, self.spec.d_hidden));

        let x = times(items.clone().select(0, inputs.clone()), drop_inputs.as_ref()); // [n_events, d_model]
        let trace = self.lstm.forward(x, &packing.sizes);
        let states = times(trace.states(), drop_states.as_ref()); // [n_events, d_hidden]
        let mut hidden = states.clone().matmul(w_output.clone()); // [n_events, d_model]
        if let Some(bias) = &self.output.bias {
            hidden = hidden + plain(bias).unsqueeze();
        }
        let loss = cross_entropy_with_gradients(&hidden, &items, &targets);

        let mean = 1.0 / n_events as f32;
        let d_hidden = loss.d_hidden.mul_scalar(mean);
        let d_states = times(d_hidden.clone().matmul(w_output.transpose()), drop_states.as_ref());
        let layer = self.lstm.backward(trace, &d_states);
        let d_inputs = times(layer.input, drop_inputs.as_ref());
        let d_items = loss.d_items.mul_scalar(mean).select_assign(0, inputs, d_inputs, IndexingUpdateOp::Add);

        let mut gradients = GradientsParams::new();
        gradients.register(self.item.weight.id, d_items);
        gradients.register(self.lstm.w_input.id, layer.w_input);
        gradients.register(self.lstm.w_hidden.id, layer.w_hidden);
        gradients.register(self.lstm.bias.id, layer.bias);
        gradients.register(self.output.weight.id, states.transpose().matmul(d_hidden.clone()));
        if let Some(bias) = &self.output.bias {
            gradients.register(bias.id, d_hidden.sum_dim(0).squeeze_dim::<1>(0));
        }
        Some((gradients, LossSums { loss: loss.nll_sum, n_events, kl: None }))
    }

    fn rows_at_a_time(&self, len: usize) -> usize {
        let LstmSpec { d_model, d_hidden, seq_len, .. } = self.spec;
        let [n_columns, _] = self.item.weight.dims();
        MAX_FLOATS / (len.clamp(1, seq_len.max(1)) * (d_model + 4 * d_hidden)).max(n_columns)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let (packing, states) = self.states(&rows);
        let last = packing.last.iter().map(|&at| at as i32).collect();
        let last = index_tensor(last, &states.device());
        self.scores_from(states.select(0, last))
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_rows(&on_host(&self.item.weight), self.spec.d_model))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        let states = by_length(
            histories,
            self.spec.d_model,
            |len| self.rows_at_a_time(len),
            |batch| {
                let rows: Vec<&[u32]> = batch.rows().collect();
                let (packing, states) = self.states(&rows);
                let last = index_tensor(packing.last.iter().map(|&at| at as i32).collect(), &states.device());
                let hidden = self.output.forward(states.select(0, last)); // [n_rows, d_model]
                hidden.into_data().try_into_vec().unwrap_or_default()
            },
        );
        Some(states)
    }

    fn step_scores(&self, history: &[u32]) -> (usize, Tensor<2>) {
        let (packing, states) = self.states(&[history]);
        let n = packing.n_events();
        (history.len() - n, self.scores_from(states.slice(0..n)))
    }
}
