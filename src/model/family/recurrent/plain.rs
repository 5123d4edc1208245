//! Recurrent networks on burn's tensors, on any device.

use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

use super::{EventWindow, RECURRENT_DRAWINGS, RecurrentNetwork, RecurrentSettings};
use crate::loss::item_loss;
use crate::network::LossSums;
use crate::outcome::HeadGradients;
use crate::packing::SequencePacking;
use crate::random::{EventPlace, Noise, dropout_factors};
use crate::recurrent::{Looking, RecurrentLayer, TraceOf, backward, forward, plain, states};
use crate::window::index_tensor;
use seqscope_data::Histories;

impl<L: RecurrentLayer> RecurrentNetwork<L> {
    /// Scores from states. `[n_rows, d_model]` to `[n_rows, n_items + 1]`
    pub(super) fn scores_from(&self, states: Tensor<2>) -> Tensor<2> {
        states.matmul(self.output_vectors().weight.val().transpose())
    }

    /// State after each row, as scores are made of it; of an empty row, that of zeros.
    /// `[n_rows, d_model]`
    pub(super) fn last_states(&self, histories: &Histories) -> Tensor<2> {
        let (_, packing, states) = self.top(histories);
        let read = self.read(&states, &packing, Looking::Last);
        let [n_looking, n_read] = read.dims();
        let zero = Tensor::zeros([1, n_read], &read.device());
        // Rows with events stand in packed order, and those without have the zeros behind them.
        let mut places = vec![n_looking as i32; histories.n_rows()];
        for (at, looking) in packing.places.iter().take(n_looking).enumerate() {
            if let Some(place) = places.get_mut(looking.row) {
                *place = at as i32;
            }
        }
        let places = index_tensor(places, &read.device());
        self.output
            .forward(Tensor::cat(vec![read, zero], 0).select(0, places))
    }

    /// State after each of the last `seq_len` events of each row, as scores are made of it, and
    /// which events they are. `[n_events, d_model]`
    pub(super) fn event_states(&self, histories: &Histories) -> (Tensor<2>, Vec<EventPlace>) {
        let (window, packing, states) = self.top(histories);
        let places = packing
            .places
            .iter()
            .map(|&place| window.position(place))
            .collect();
        (
            self.output
                .forward(self.read(&states, &packing, Looking::Every)),
            places,
        )
    }

    /// The last layer's state after each of the last `seq_len` events of a history. `[n_events, d]`
    pub(super) fn layer_states(&self, history: &Histories) -> Tensor<2> {
        self.top(history).2
    }

    /// The last layer's state after each event of the last `seq_len` of each row, in packed order.
    pub(super) fn top<'h>(
        &self,
        histories: &'h Histories,
    ) -> (EventWindow<'h>, SequencePacking, Tensor<2>) {
        let window = EventWindow::whole(histories, self.settings.seq_len);
        let packing = SequencePacking::new(window.lens.iter().copied());
        let weights = self.item.weight.val();
        if packing.n_events() == 0 {
            let none = Tensor::zeros([0, self.settings.width_of_last()], &weights.device());
            return (window, packing, none);
        }
        let mut values = self.inputs(weights, &window, &packing); // [n_events, d_model]
        for layer in self.layers() {
            values = states(layer, &values, &packing.sizes); // [n_events, d]
        }
        (window, packing, values)
    }

    /// The vectors of the events that go in, with their features. `[n_events, d_model]`
    pub(super) fn inputs(
        &self,
        items: Tensor<2>,
        window: &EventWindow<'_>,
        packing: &SequencePacking,
    ) -> Tensor<2> {
        let device = items.device();
        let items = items.select(0, index_tensor(window.items(packing), &device));
        self.with_features(items, window, packing)
    }

    /// Joins the features of the events that go in to the vectors of their items.
    /// `[n_events, d_model]` to the same
    pub(super) fn with_features(
        &self,
        items: Tensor<2>,
        window: &EventWindow<'_>,
        packing: &SequencePacking,
    ) -> Tensor<2> {
        if self.features.is_empty() {
            return items;
        }
        let events: Vec<Option<usize>> = packing
            .places
            .iter()
            .map(|place| Some(window.event(*place)))
            .collect();
        let beside: Vec<_> = window
            .histories
            .beside
            .iter()
            .map(|values| values.picked(&events))
            .collect();
        self.features.joined(items, &beside)
    }

    /// Joins the inputs of the dense layer for the states that look: each, and what it sees by
    /// attention. `[n_events, d]` to `[n_looking, n_read]`
    pub(super) fn read(
        &self,
        states: &Tensor<2>,
        packing: &SequencePacking,
        looking: Looking,
    ) -> Tensor<2> {
        let looked = match looking {
            Looking::Every => states.clone(),
            Looking::Last => states
                .clone()
                .select(0, places_of(packing, looking, &states.device())),
        };
        match &self.attention {
            Some(attention) if packing.n_events() > 0 => Tensor::cat(
                vec![looked, attention.contexts(states, &packing.sizes, looking)],
                1,
            ),
            Some(_) => Tensor::zeros([0, self.settings.n_read()], &states.device()),
            None => looked,
        }
    }

    /// Goes from the gradient of what is read to that of the states. `[n_looking, n_read]` to
    /// `[n_events, d]`
    pub(super) fn d_read(
        &self,
        states: &Tensor<2>,
        packing: &SequencePacking,
        looking: Looking,
        d_read: Tensor<2>,
        gradients: &mut GradientsParams,
    ) -> Tensor<2> {
        let ([_, d], [_, n_read]) = (states.dims(), d_read.dims());
        let d_looked = d_read.clone().slice_dim(1, 0..d);
        let d_states = match looking {
            Looking::Every => d_looked,
            Looking::Last => {
                let places = places_of(packing, looking, &states.device());
                states
                    .zeros_like()
                    .select_assign(0, places, d_looked, IndexingUpdateOp::Add)
            }
        };
        match &self.attention {
            None => d_states,
            Some(attention) => {
                let d_contexts = d_read.slice_dim(1, d..n_read);
                d_states
                    + attention.backward(states, &packing.sizes, looking, &d_contexts, gradients)
            }
        }
    }

    /// Factors `[n, width]` as a tensor, where there are some.
    fn factors(&self, factors: Option<Vec<f32>>, width: usize) -> Option<Tensor<2>> {
        let factors = factors?;
        let shape = [factors.len() / width.max(1), width];
        Some(Tensor::from_data(
            TensorData::new(factors, shape),
            &self.item.weight.val().device(),
        ))
    }

    /// Dropout factors of what goes into the layer at this place, or out of the last.
    fn drop(&self, at: usize, noise: Noise, packing: &SequencePacking) -> Option<Tensor<2>> {
        let RecurrentSettings { dropout, .. } = self.settings;
        let width = self.settings.width_into(at);
        self.factors(
            dropout_factors(
                dropout,
                width,
                self.settings.drawing(at),
                noise,
                &packing.places,
            ),
            width,
        )
    }

    /// Factors of the states of the layer at this place as its recurrent weights see them: one row
    /// a sequence.
    fn mask(&self, at: usize, noise: Noise, packing: &SequencePacking) -> Option<Tensor<2>> {
        let RecurrentSettings {
            recurrent_dropout, ..
        } = self.settings;
        let width = self.settings.width(at);
        self.factors(
            dropout_factors(
                recurrent_dropout,
                width,
                RECURRENT_DRAWINGS + at,
                noise,
                packing.sequences(),
            ),
            width,
        )
    }

    /// Gradients of the mean loss over the batch, and the account of it; `None` when there is
    /// nothing to predict.
    pub(super) fn learn_items(
        &self,
        histories: &Histories,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let window = EventWindow::before_the_last(histories, self.settings.seq_len);
        let vectors = &self.output_vectors().weight;
        let mut found = None;
        let mut head = |hidden: Tensor<2>, places: &[EventPlace]| {
            let targets: Vec<i32> = places
                .iter()
                .map(|place| {
                    let next = histories.row(place.row).get(place.position + 1);
                    next.map_or(0, |&item| item as i32)
                })
                .collect();
            let loss = item_loss(
                &hidden,
                &plain(vectors),
                &targets,
                &self.settings.plan.objective,
                noise,
            );
            let mean = 1.0 / targets.len().max(1) as f32;
            let sums = LossSums {
                loss: loss.loss_sum,
                n_events: targets.len(),
                bound: None,
            };
            found = Some((sums, loss.d_items.mul_scalar(mean)));
            Some(loss.d_hidden.mul_scalar(mean))
        };
        let mut gradients = self.pass(&window, self.settings.looking(), noise, &mut head)?;
        let (sums, d_vectors) = found?;
        let of_inputs = gradients.remove::<2>(vectors.id);
        gradients.register(
            vectors.id,
            of_inputs.map_or(d_vectors.clone(), |of_inputs| of_inputs + d_vectors),
        );
        Some((gradients, sums))
    }

    /// One pass forwards and backwards: see
    /// [`StateNetwork::learn`](crate::outcome::StateNetwork::learn), with the states that
    /// `head` is given.
    pub(super) fn pass(
        &self,
        window: &EventWindow<'_>,
        looking: Looking,
        noise: Noise,
        head: HeadGradients<'_>,
    ) -> Option<GradientsParams> {
        let packing = SequencePacking::new(window.lens.iter().copied());
        if packing.n_events() == 0 {
            return None;
        }
        // Only the features, which are few, go through autodiff.
        let items = if self.features.is_empty() {
            plain(&self.item.weight)
        } else {
            self.item.weight.val()
        };
        let inputs = self.inputs(items, window, &packing);
        let drops: Vec<_> = (0..=self.layers().len())
            .map(|at| self.drop(at, noise, &packing))
            .collect();
        let embedded = times(inputs.clone().without_autodiff(), drops.first()); // [n_events, d_model]
        let (states, traces) = self.forward(embedded, &packing, &drops, noise); // [n_events, d]
        let read = self.read(&states, &packing, looking); // [n_looking, n_read]
        let w_output = plain(&self.output.weight);
        let mut hidden = read.clone().matmul(w_output.clone()); // [n_looking, d_model]
        if let Some(bias) = &self.output.bias {
            hidden = hidden + plain(bias).unsqueeze();
        }
        let places = packing
            .looking(looking)
            .into_iter()
            .filter_map(|at| packing.places.get(at));
        let places: Vec<EventPlace> = places.map(|&place| window.position(place)).collect();
        let d_hidden = head(hidden, &places)?;

        let mut gradients = GradientsParams::new();
        gradients.register(
            self.output.weight.id,
            read.transpose().matmul(d_hidden.clone()),
        );
        if let Some(bias) = &self.output.bias {
            gradients.register(bias.id, d_hidden.clone().sum_dim(0).squeeze_dim::<1>(0));
        }
        let d_read = d_hidden.matmul(w_output.transpose());
        let d_states = self.d_read(&states, &packing, looking, d_read, &mut gradients);
        let d_inputs = self.backward(traces, d_states, &drops, &mut gradients);
        self.backward_inputs(inputs, d_inputs, window, &packing, &mut gradients);
        Some(gradients)
    }

    /// Registers the gradients of item vectors and features, from those of the inputs.
    fn backward_inputs(
        &self,
        inputs: Tensor<2>,
        d_inputs: Tensor<2>,
        window: &EventWindow<'_>,
        packing: &SequencePacking,
        gradients: &mut GradientsParams,
    ) {
        if self.features.is_empty() {
            let items = plain(&self.item.weight);
            let places = index_tensor(window.items(packing), &items.device());
            let d_items =
                items
                    .zeros_like()
                    .select_assign(0, places, d_inputs, IndexingUpdateOp::Add);
            gradients.register(self.item.weight.id, d_items);
            return;
        }
        let tracked = (inputs * Tensor::from_inner(d_inputs)).sum().backward();
        if let Some(d_items) = self.item.weight.val().grad(&tracked) {
            gradients.register(self.item.weight.id, d_items);
        }
        self.features.register(
            GradientsParams::from_grads(tracked, &self.features),
            gradients,
        );
    }

    /// The last layer's states with dropout, `[n_events, d]`, and what each layer keeps.
    fn forward(
        &self,
        embedded: Tensor<2>,
        packing: &SequencePacking,
        drops: &[Option<Tensor<2>>],
        noise: Noise,
    ) -> (Tensor<2>, Vec<TraceOf<L>>) {
        let mut traces = Vec::with_capacity(self.layers().len());
        let mut values = embedded;
        for (at, layer) in self.layers().into_iter().enumerate() {
            let (after, trace) =
                forward(layer, values, &packing.sizes, self.mask(at, noise, packing));
            values = times(after, drops.get(at + 1));
            traces.push(trace);
        }
        (values, traces)
    }

    /// Goes from the gradient of the last layer's states to that of the embedded items.
    pub(super) fn backward(
        &self,
        traces: Vec<TraceOf<L>>,
        d_states: Tensor<2>,
        drops: &[Option<Tensor<2>>],
        gradients: &mut GradientsParams,
    ) -> Tensor<2> {
        let mut d_values = times(d_states, drops.last());
        for ((layer, drop), trace) in self.layers().into_iter().zip(drops).zip(traces).rev() {
            d_values = times(backward(layer, trace, &d_values, gradients), Some(drop));
        }
        d_values
    }
}

/// Packed places of the states that look, as an index.
fn places_of(packing: &SequencePacking, looking: Looking, device: &Device) -> Tensor<1, Int> {
    index_tensor(
        packing
            .looking(looking)
            .into_iter()
            .map(|at| at as i32)
            .collect(),
        device,
    )
}

/// `x` times `factors`, where there are some.
fn times(x: Tensor<2>, factors: Option<&Option<Tensor<2>>>) -> Tensor<2> {
    match factors {
        Some(Some(factors)) => x * factors.clone(),
        _ => x,
    }
}
