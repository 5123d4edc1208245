//! Recurrent networks on burn's tensors, on any device.

use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

use super::{Parts, RECURRENT_DRAWINGS, Settings, training_windows};
use crate::data::Histories;
use crate::model::loss::cross_entropy_with_gradients;
use crate::model::network::LossSums;
use crate::model::packing::Packing;
use crate::model::random::{Noise, dropout_factors};
use crate::model::recurrent::{Looking, RecurrentLayer, TraceOf, backward, forward, plain, states};
use crate::model::window::{index_tensor, latest};

impl<L: RecurrentLayer> Parts<'_, L> {
    /// Scores from states. `[n_rows, d_model]` to `[n_rows, n_items + 1]`
    pub(super) fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        states.matmul(self.output_vectors().weight.val().transpose())
    }

    /// State after each row, as scores are made of it; of an empty row, that of zeros. `[n_rows, d_model]`
    pub(super) fn last_states(&self, rows: &[&[u32]]) -> Tensor<2> {
        let (packing, states) = self.top(rows);
        let features = self.features(&states, &packing, Looking::Last);
        let [n_looking, n_features] = features.dims();
        let zero = Tensor::zeros([1, n_features], &features.device());
        // Rows with events stand in packed order, and those without have the zeros behind them.
        let mut places = vec![n_looking as i32; rows.len()];
        for (at, &(row, _)) in packing.places.iter().take(n_looking).enumerate() {
            if let Some(place) = places.get_mut(row) {
                *place = at as i32;
            }
        }
        let places = index_tensor(places, &features.device());
        self.output.forward(Tensor::cat(vec![features, zero], 0).select(0, places))
    }

    /// State after each of the last `seq_len` events of a history, as scores are made of it.
    /// `[n_events, d_model]`
    pub(super) fn states_of(&self, history: &[u32]) -> Tensor<2> {
        let (packing, states) = self.top(&[history]);
        self.output.forward(self.features(&states, &packing, Looking::Every))
    }

    /// The last layer's state after each of the last `seq_len` events of a history. `[n_events, d]`
    pub(super) fn top_states(&self, history: &[u32]) -> Tensor<2> {
        self.top(&[history]).1
    }

    /// The last layer's state after each event of the last `seq_len` of each row, in packed order.
    fn top(&self, rows: &[&[u32]]) -> (Packing, Tensor<2>) {
        let windows: Vec<&[u32]> = rows.iter().map(|row| latest(row, self.settings.seq_len)).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len()));
        let weights = self.item.weight.val();
        let device = weights.device();
        if packing.n_events() == 0 {
            return (packing, Tensor::zeros([0, self.settings.width_of_last()], &device));
        }
        let items = packing.pick(|row, at| windows.get(row)?.get(at).copied());
        let mut values = weights.select(0, index_tensor(items, &device)); // [n_events, d_model]
        for layer in &self.layers {
            values = states(*layer, &values, &packing.sizes); // [n_events, d]
        }
        (packing, values)
    }

    /// What goes into the dense layer of the states that look: each, and what it sees by attention.
    /// `[n_events, d]` to `[n_looking, n_features]`
    fn features(&self, states: &Tensor<2>, packing: &Packing, looking: Looking) -> Tensor<2> {
        let looked = match looking {
            Looking::Every => states.clone(),
            Looking::Last => states.clone().select(0, places_of(packing, looking, &states.device())),
        };
        match self.attention {
            Some(attention) if packing.n_events() > 0 => {
                Tensor::cat(vec![looked, attention.contexts(states, &packing.sizes, looking)], 1)
            }
            Some(_) => Tensor::zeros([0, self.settings.n_features()], &states.device()),
            None => looked,
        }
    }

    /// From the gradient of the features to that of the states. `[n_looking, n_features]` to `[n_events, d]`
    fn d_features(
        &self,
        (states, packing): (&Tensor<2>, &Packing),
        d_features: Tensor<2>,
        gradients: &mut GradientsParams,
    ) -> Tensor<2> {
        let ([_, d], [_, n_features], looking) = (states.dims(), d_features.dims(), self.settings.looking());
        let d_looked = d_features.clone().slice_dim(1, 0..d);
        let d_states = match looking {
            Looking::Every => d_looked,
            Looking::Last => {
                let places = places_of(packing, looking, &states.device());
                states.zeros_like().select_assign(0, places, d_looked, IndexingUpdateOp::Add)
            }
        };
        match self.attention {
            None => d_states,
            Some(attention) => {
                let d_contexts = d_features.slice_dim(1, d..n_features);
                d_states + attention.backward(states, (&packing.sizes, looking), &d_contexts, gradients)
            }
        }
    }

    /// Factors `[n, width]` as a tensor, where there are some.
    fn factors(&self, factors: Option<Vec<f32>>, width: usize) -> Option<Tensor<2>> {
        let factors = factors?;
        let shape = [factors.len() / width.max(1), width];
        Some(Tensor::from_data(TensorData::new(factors, shape), &self.item.weight.val().device()))
    }

    /// Dropout factors of what goes into the layer at this place, or out of the last.
    fn drop(&self, at: usize, noise: Noise, packing: &Packing) -> Option<Tensor<2>> {
        let Settings { dropout, .. } = self.settings;
        let width = self.settings.width_into(at);
        self.factors(dropout_factors(dropout, width, self.settings.drawing(at), noise, &packing.places), width)
    }

    /// Factors of the states of the layer at this place as its recurrent weights see them: one row a sequence.
    fn mask(&self, at: usize, noise: Noise, packing: &Packing) -> Option<Tensor<2>> {
        let Settings { recurrent_dropout, .. } = self.settings;
        let width = self.settings.width(at);
        let sequences = packing.places.get(..packing.sizes.first().copied().unwrap_or(0)).unwrap_or(&[]);
        self.factors(dropout_factors(recurrent_dropout, width, RECURRENT_DRAWINGS + at, noise, sequences), width)
    }

    /// Gradients of the mean loss over the batch, and the account of it; `None` when there is nothing to
    /// predict.
    pub(super) fn gradients(&self, histories: &Histories, noise: Noise) -> Option<(GradientsParams, LossSums)> {
        let windows: Vec<&[u32]> = training_windows(histories, self.settings.seq_len).collect();
        let packing = Packing::new(windows.iter().map(|row| row.len().saturating_sub(1)));
        if packing.n_events() == 0 {
            return None;
        }
        let (items, w_output) = (plain(&self.item.weight), plain(&self.output.weight));
        let inputs = index_tensor(packing.pick(|row, at| windows.get(row)?.get(at).copied()), &items.device());
        let next = packing.pick(|row, at| windows.get(row)?.get(at + 1).copied());
        let looking = packing.looking(self.settings.looking());
        let targets: Vec<i32> = looking.iter().filter_map(|&at| next.get(at).copied()).collect();

        let drops: Vec<_> = (0..=self.layers.len()).map(|at| self.drop(at, noise, &packing)).collect();
        let embedded = times(items.clone().select(0, inputs.clone()), drops.first()); // [n_events, d_model]
        let (states, traces) = self.forward(embedded, (&packing, &drops), noise); // [n_events, d]
        let features = self.features(&states, &packing, self.settings.looking()); // [n_targets, n_features]
        let mut hidden = features.clone().matmul(w_output.clone()); // [n_targets, d_model]
        if let Some(bias) = &self.output.bias {
            hidden = hidden + plain(bias).unsqueeze();
        }
        let loss = cross_entropy_with_gradients(&hidden, &plain(&self.output_vectors().weight), &targets);

        let mut gradients = GradientsParams::new();
        let mean = 1.0 / targets.len() as f32;
        let d_hidden = loss.d_hidden.mul_scalar(mean);
        gradients.register(self.output.weight.id, features.transpose().matmul(d_hidden.clone()));
        if let Some(bias) = &self.output.bias {
            gradients.register(bias.id, d_hidden.clone().sum_dim(0).squeeze_dim::<1>(0));
        }
        let d_features = d_hidden.matmul(w_output.transpose());
        let d_states = self.d_features((&states, &packing), d_features, &mut gradients);
        let d_embedded = self.backward(traces, d_states, &drops, &mut gradients);
        let d_output = loss.d_items.mul_scalar(mean);
        let d_items = match self.catalogue {
            None => d_output,
            Some(catalogue) => {
                gradients.register(catalogue.weight.id, d_output);
                items.zeros_like()
            }
        };
        let d_items = d_items.select_assign(0, inputs, d_embedded, IndexingUpdateOp::Add);
        gradients.register(self.item.weight.id, d_items);
        Some((gradients, LossSums { loss: loss.nll_sum, n_events: targets.len(), kl: None }))
    }

    /// The last layer's states with dropout, `[n_events, d]`, and what each layer keeps.
    fn forward(
        &self,
        embedded: Tensor<2>,
        (packing, drops): (&Packing, &[Option<Tensor<2>>]),
        noise: Noise,
    ) -> (Tensor<2>, Vec<TraceOf<L>>) {
        let mut traces = Vec::with_capacity(self.layers.len());
        let mut values = embedded;
        for (at, layer) in self.layers.iter().enumerate() {
            let (after, trace) = forward(*layer, values, &packing.sizes, self.mask(at, noise, packing));
            values = times(after, drops.get(at + 1));
            traces.push(trace);
        }
        (values, traces)
    }

    /// From the gradient of the last layer's states to that of the embedded items.
    fn backward(
        &self,
        traces: Vec<TraceOf<L>>,
        d_states: Tensor<2>,
        drops: &[Option<Tensor<2>>],
        gradients: &mut GradientsParams,
    ) -> Tensor<2> {
        let mut d_values = times(d_states, drops.last());
        for ((layer, drop), trace) in self.layers.iter().zip(drops).zip(traces).rev() {
            d_values = times(backward(*layer, trace, &d_values, gradients), Some(drop));
        }
        d_values
    }
}

/// Packed places of the states that look, as an index.
fn places_of(packing: &Packing, looking: Looking, device: &Device) -> Tensor<1, Int> {
    index_tensor(packing.looking(looking).into_iter().map(|at| at as i32).collect(), device)
}

/// `x` times `factors`, where there are some.
fn times(x: Tensor<2>, factors: Option<&Option<Tensor<2>>>) -> Tensor<2> {
    match factors {
        Some(Some(factors)) => x * factors.clone(),
        _ => x,
    }
}
