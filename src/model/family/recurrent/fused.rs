//! Recurrent networks by fused layers on the processor: the same function as in burn's tensors.

use burn::optim::GradientsParams;
use burn::prelude::*;

use super::{RECURRENT_DRAWINGS, RecurrentNetwork, RecurrentSettings, training_windows};
use crate::item_vectors::by_length;
use crate::kernel::{
    Buffer, CrossEntropy, Dense, LayerGradients, Onto, RecurrentKernel, Trace, add_rows,
    rows_over_shards, sums_over_shards,
};
use crate::network::LossSums;
use crate::packing::SequencePacking;
use crate::random::{EventPlace, Noise, dropout_factors};
use crate::recurrent::{Looking, RecurrentLayer, register_host};
use crate::weights::{on_host, register};
use crate::window::latest;
use seqscope_data::Histories;

/// Parts of a batch that are worked on side by side. With more, fewer sequences stand side by side
/// in a part, and the product of a step with the recurrent weights gets slower: 8 rows run at 0.6
/// of the speed of 64.
pub(super) const N_SHARDS: usize = 8;

/// Gradients of the mean loss over the batch, and the account of it; `None` when there is nothing
/// to predict.
pub(super) fn gradients<L: RecurrentLayer>(
    network: &RecurrentNetwork<L>,
    histories: &Histories,
    noise: Noise,
) -> Option<(GradientsParams, LossSums)> {
    let windows: Vec<&[u32]> = training_windows(histories, network.settings.seq_len).collect();
    let inputs: Vec<&[u32]> = windows
        .iter()
        .map(|window| window.split_last().map_or(&[][..], |(_, all)| all))
        .collect();
    let lengths: Vec<usize> = inputs.iter().map(|row| row.len()).collect();
    let looking = network.settings.looking();
    let n_targets = match looking {
        Looking::Every => lengths.iter().sum(),
        Looking::Last => lengths.iter().filter(|&&len| len > 0).count(),
    };
    if n_targets == 0 {
        return None;
    }
    let host = Host::new(network, Some(noise));
    let scale = 1.0 / n_targets as f32;
    let (nll, sums) = sums_over_shards(&lengths, N_SHARDS, |rows| {
        let shard = Shard::new(&inputs, &rows);
        let looking = shard.packing.looking(looking);
        let targets: Vec<u32> = looking
            .iter()
            .filter_map(|&at| shard.places.get(at))
            .map(|place| {
                let window = windows.get(place.row);
                let next = window.and_then(|window| window.get(place.position + 1));
                next.copied().unwrap_or(0)
            })
            .collect();
        host.gradients(&shard, &looking, &targets, scale)
    });
    let loss = Tensor::from_data([nll as f32], &network.item.weight.val().inner().device());
    Some((
        registered(network, sums.into_iter().map(Buffer::into_vec)),
        LossSums {
            loss,
            n_events: n_targets,
            bound: None,
        },
    ))
}

/// Computes the output of the dense layer for the state after each history, `[n_rows, d_model]`;
/// `at_a_time` says how many rows of a length are worked on at once.
pub(super) fn last_states<L: RecurrentLayer>(
    network: &RecurrentNetwork<L>,
    histories: &Histories,
    at_a_time: impl Fn(usize) -> usize,
) -> Buffer {
    let host = Host::new(network, None);
    let RecurrentSettings {
        d_model, seq_len, ..
    } = network.settings;
    by_length(histories, d_model, at_a_time, |batch| {
        let inputs: Vec<&[u32]> = batch.rows().map(|row| latest(row, seq_len)).collect();
        let lengths: Vec<usize> = inputs.iter().map(|row| row.len()).collect();
        // The state of an empty history is zero.
        let of_shard = |rows: &[usize]| host.last_states(&Shard::new(&inputs, rows));
        let states = rows_over_shards(
            &lengths,
            N_SHARDS,
            network.settings.width_of_last(),
            of_shard,
        );
        let mut hidden = Buffer::open(inputs.len() * d_model);
        host.output().forward(&states, &mut hidden);
        hidden.into_vec()
    })
}

/// Arrays in the order of [`Host::gradients`] as gradients of the network's parameters.
fn registered<L: RecurrentLayer>(
    network: &RecurrentNetwork<L>,
    mut arrays: impl Iterator<Item = Vec<f32>>,
) -> GradientsParams {
    let mut gradients = GradientsParams::new();
    register(
        &mut gradients,
        &network.item.weight,
        arrays.next().unwrap_or_default(),
    );
    if let Some(catalogue) = &network.catalogue {
        register(
            &mut gradients,
            &catalogue.weight,
            arrays.next().unwrap_or_default(),
        );
    }
    register(
        &mut gradients,
        &network.output.weight,
        arrays.next().unwrap_or_default(),
    );
    let d_bias = arrays.next().unwrap_or_default();
    if let Some(bias) = &network.output.bias {
        register(&mut gradients, bias, d_bias);
    }
    for layer in network.layers() {
        register_host(layer, &mut arrays, &mut gradients);
    }
    gradients
}

/// Rows of a batch, packed.
struct Shard {
    packing: SequencePacking,
    /// Row of the batch, and place in it, of each event in packed order.
    places: Vec<EventPlace>,
    /// Item of each event.
    inputs: Vec<u32>,
}

impl Shard {
    /// These rows of all inputs.
    fn new(inputs: &[&[u32]], rows: &[usize]) -> Self {
        let input = |row: usize| inputs.get(row).copied().unwrap_or(&[]);
        let packing = SequencePacking::new(rows.iter().map(|&row| input(row).len()));
        let places = packing.places_in_batch(rows);
        let inputs = places
            .iter()
            .map(|place| input(place.row).get(place.position).copied().unwrap_or(0))
            .collect();
        Self {
            packing,
            places,
            inputs,
        }
    }
}

/// The network's weights on the host.
struct Host<K> {
    settings: RecurrentSettings,
    /// Noise of dropout, in training.
    noise: Option<Noise>,
    /// `[n_items + 1, d_model]`
    items: Vec<f32>,
    /// The output's own vectors, where it has some. `[n_items + 1, d_model]`
    catalogue: Option<Vec<f32>>,
    layers: Vec<K>,
    /// `[d, d_model]`
    w_output: Vec<f32>,
    /// `[d_model]`
    b_output: Vec<f32>,
}

/// A forward pass through the layers.
struct Passed {
    /// Inputs of each layer, and outputs of the last, with dropout. `[n_events, d]`
    inputs: Vec<Buffer>,
    traces: Vec<Trace>,
}

impl<K: RecurrentKernel> Host<K> {
    fn new<L: RecurrentLayer<Kernel = K>>(
        network: &RecurrentNetwork<L>,
        noise: Option<Noise>,
    ) -> Self {
        let bias = network.output.bias.as_ref();
        Self {
            settings: network.settings.clone(),
            noise,
            items: on_host(&network.item.weight),
            catalogue: network
                .catalogue
                .as_ref()
                .map(|catalogue| on_host(&catalogue.weight)),
            layers: network
                .layers()
                .into_iter()
                .map(RecurrentLayer::kernel)
                .collect(),
            w_output: on_host(&network.output.weight),
            b_output: bias.map_or_else(|| vec![0.0; network.settings.d_model], on_host),
        }
    }

    fn output(&self) -> Dense<'_> {
        Dense {
            weight: &self.w_output,
            bias: &self.b_output,
        }
    }

    /// State after the last event of each row. `[n_rows, d]`
    fn last_states(&self, shard: &Shard) -> Buffer {
        let states = self.forward(shard).inputs.pop().unwrap_or_default();
        gathered(&states, &shard.packing.last, self.settings.width_of_last())
    }

    /// Sum of the loss, in nats, of predicting these targets after these places of packed order,
    /// and the gradients of `scale` times it: of the items, the output's own vectors, the dense
    /// layer's weights and biases, and each layer's weights.
    fn gradients(
        &self,
        shard: &Shard,
        looking: &[usize],
        targets: &[u32],
        scale: f32,
    ) -> (f64, Vec<Buffer>) {
        let (d_model, d) = (self.settings.d_model, self.settings.width_of_last());
        let Passed {
            mut inputs,
            mut traces,
        } = self.forward(shard);
        let states = inputs.pop().unwrap_or_default();
        let n_events = states.len() / d.max(1);
        // All of them stand in their order already.
        let some = looking.len() < n_events;
        let states = if some {
            gathered(&states, looking, d)
        } else {
            states
        };
        let (d_looked, nll, of_head) = self.head(&states, targets, scale);
        drop(states);
        let mut d_states = if some {
            scattered(&d_looked, looking, n_events * d)
        } else {
            d_looked
        };
        self.drop_out(&mut d_states, self.layers.len(), shard);
        let mut of_layers = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate().rev() {
            let (Some(input), Some(trace)) = (inputs.pop(), traces.pop()) else {
                break;
            };
            let LayerGradients { input, weights } =
                layer.backward(&input, trace, d_states, &shard.packing.sizes);
            d_states = input;
            self.drop_out(&mut d_states, at, shard);
            of_layers.push(weights);
        }
        let [d_output, d_weight, d_bias] = of_head;
        let (mut d_items, d_catalogue) = match self.catalogue {
            None => (d_output, None),
            Some(_) => (Buffer::zeros(self.items.len()), Some(d_output)),
        };
        for (d_row, &item) in d_states.chunks_exact(d_model.max(1)).zip(&shard.inputs) {
            let of_item = item as usize * d_model..(item as usize + 1) * d_model;
            add_rows(d_items.get_mut(of_item).unwrap_or(&mut []), d_row);
        }
        let of_layers = of_layers.into_iter().rev().flatten();
        let before = [Some(d_items), d_catalogue, Some(d_weight), Some(d_bias)]
            .into_iter()
            .flatten();
        (nll, before.chain(of_layers).collect())
    }

    /// Goes from states to the loss and back: gradient of the states, sum of the loss, and the
    /// gradients of the output's vectors, the dense layer's weights and biases.
    fn head(&self, states: &[f32], targets: &[u32], scale: f32) -> (Buffer, f64, [Buffer; 3]) {
        let d_model = self.settings.d_model;
        let n = targets.len() * d_model;
        let mut hidden = Buffer::open(n);
        self.output().forward(states, &mut hidden);
        let vectors = self.catalogue.as_ref().unwrap_or(&self.items);
        let mut d_vectors = Buffer::zeros(vectors.len());
        let mut d_rows = Buffer::open(n);
        let loss = CrossEntropy {
            items: vectors,
            d_model,
            scale,
        };
        let nll = loss.gradients(&hidden, targets, &mut d_rows, &mut d_vectors);
        let (mut d_weight, mut d_bias) =
            (Buffer::zeros(self.w_output.len()), Buffer::zeros(d_model));
        let mut d_states = Buffer::open(states.len());
        self.output().backward(
            states,
            &d_rows,
            &mut d_states,
            Onto::Nothing,
            [&mut d_weight, &mut d_bias],
        );
        (d_states, nll, [d_vectors, d_weight, d_bias])
    }

    fn forward(&self, shard: &Shard) -> Passed {
        let d_model = self.settings.d_model;
        let mut input = Buffer::open(shard.inputs.len() * d_model);
        for (row, &item) in input.chunks_exact_mut(d_model.max(1)).zip(&shard.inputs) {
            let of_item = item as usize * d_model..(item as usize + 1) * d_model;
            row.copy_from_slice(self.items.get(of_item).unwrap_or(&[]));
        }
        self.drop_out(&mut input, 0, shard);
        let mut passed = Passed {
            inputs: Vec::new(),
            traces: Vec::new(),
        };
        for (at, layer) in self.layers.iter().enumerate() {
            let trace = layer.forward(&input, &shard.packing.sizes, self.mask(at, shard));
            passed.inputs.push(input);
            input = Buffer::open(trace.states.len());
            input.copy_from_slice(&trace.states);
            self.drop_out(&mut input, at + 1, shard);
            passed.traces.push(trace);
        }
        passed.inputs.push(input);
        passed
    }

    /// Drops what goes into the layer at this place, forward, and the gradients of it, backward.
    fn drop_out(&self, values: &mut [f32], at: usize, shard: &Shard) {
        let RecurrentSettings { dropout, .. } = self.settings;
        let Some(noise) = self.noise.filter(|_| dropout > 0.0) else {
            return;
        };
        let width = self.settings.width_into(at);
        let mut factors = Buffer::open(width);
        for (row, &place) in values.chunks_exact_mut(width.max(1)).zip(&shard.places) {
            noise
                .of_event(self.settings.drawing(at), place)
                .fill_dropout(dropout, &mut factors);
            row.iter_mut()
                .zip(factors.iter())
                .for_each(|(value, factor)| *value *= factor);
        }
    }

    /// Factors of the states of the layer at this place as its recurrent weights see them: one row
    /// a sequence.
    fn mask(&self, at: usize, shard: &Shard) -> Option<Buffer> {
        let RecurrentSettings {
            recurrent_dropout, ..
        } = self.settings;
        let sequences = shard
            .places
            .get(..shard.packing.sizes.first().copied().unwrap_or(0))?;
        let (width, drawing) = (self.settings.width(at), RECURRENT_DRAWINGS + at);
        dropout_factors(recurrent_dropout, width, drawing, self.noise?, sequences)
            .map(|factors| Buffer::copy_of(&factors))
    }
}

/// The rows at these places; zeros where there is none. `[n_events, d]` to `[n, d]`
fn gathered(rows: &[f32], places: &[usize], d: usize) -> Buffer {
    let mut gathered = Buffer::zeros(places.len() * d);
    for (slot, &at) in gathered.chunks_exact_mut(d.max(1)).zip(places) {
        if let Some(row) = rows.get(at * d..(at + 1) * d) {
            slot.copy_from_slice(row);
        }
    }
    gathered
}

/// The rows at these places among `n` zeros.
fn scattered(rows: &[f32], places: &[usize], n: usize) -> Buffer {
    let mut scattered = Buffer::zeros(n);
    let d = rows.len() / places.len().max(1);
    for (row, &at) in rows.chunks_exact(d.max(1)).zip(places) {
        if let Some(slot) = scattered.get_mut(at * d..(at + 1) * d) {
            slot.copy_from_slice(row);
        }
    }
    scattered
}

#[cfg(test)]
mod tests {
    use burn::module::{ModuleVisitor, Param};
    use proptest::prelude::*;

    use super::*;
    use crate::Blueprint;
    use crate::family::recurrent::RecurrentOutput;
    use crate::features::Join;
    use crate::network::Network;
    use crate::random::Init;
    use crate::recurrent::{Gru, Lstm, Rnn};
    use crate::tests::{assert_fused_is_plain, some_histories};
    use crate::weights::read;
    use seqscope_data::DataShape;

    fn plan() -> Blueprint {
        Blueprint::for_data(DataShape {
            n_items: N_ITEMS as usize,
            ..DataShape::default()
        })
    }

    const N_ITEMS: u32 = 23;

    fn network<L: RecurrentLayer>(settings: RecurrentSettings, seed: u64) -> RecurrentNetwork<L> {
        settings.network(&mut Init::new(seed, &Device::flex().autodiff()))
    }

    /// Widths that fill no vector, and one more than a shard's rows.
    fn some_settings() -> impl Strategy<Value = RecurrentSettings> {
        let sizes = (2_usize..40, 2_usize..40, 1_usize..4, 2_usize..80);
        let shares = (
            prop::sample::select(vec![0.0, 0.3]),
            prop::sample::select(vec![0.0, 0.25]),
            prop::sample::select(vec![1.0, 0.5]),
        );
        let output =
            prop::sample::select(vec![RecurrentOutput::PerStep, RecurrentOutput::LastStep]);
        (sizes, shares, output, any::<bool>()).prop_map(
            |(sizes, (dropout, recurrent_dropout, taper), output, tied)| {
                let (d_model, d_hidden, n_layers, seq_len) = sizes;
                let shares = RecurrentSettings {
                    taper,
                    dropout,
                    recurrent_dropout,
                    ..settings()
                };
                RecurrentSettings {
                    d_model,
                    d_hidden,
                    n_layers,
                    seq_len,
                    output,
                    tied,
                    ..shares
                }
            },
        )
    }

    fn settings() -> RecurrentSettings {
        RecurrentSettings {
            d_model: 12,
            d_hidden: 20,
            n_layers: 2,
            taper: 1.0,
            seq_len: 40,
            dropout: 0.3,
            recurrent_dropout: 0.25,
            output: RecurrentOutput::PerStep,
            attention: false,
            tied: true,
            features: Join::Sum,
            plan: plan(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn fused_gradients_of_an_lstm_are_those_of_burns_layers(
            histories in some_histories(N_ITEMS),
            settings in some_settings(),
            seed in 0_u64..1000,
        ) {
            assert_fused_is_plain(&network::<Lstm>(settings, seed), &histories);
        }

        #[test]
        fn fused_gradients_of_a_gru_are_those_of_burns_layers(
            histories in some_histories(N_ITEMS),
            settings in some_settings(),
            seed in 0_u64..1000,
        ) {
            assert_fused_is_plain(&network::<Gru>(settings, seed), &histories);
        }

        #[test]
        fn fused_gradients_of_an_rnn_are_those_of_burns_layers(
            histories in some_histories(N_ITEMS),
            settings in some_settings(),
            seed in 0_u64..1000,
        ) {
            assert_fused_is_plain(&network::<Rnn>(settings, seed), &histories);
        }
    }

    /// Largest difference of a score, as a share of the largest score.
    const TOLERANCE: f32 = 1e-5;

    fn assert_states_score_as_burns<L: RecurrentLayer>(
        network: &RecurrentNetwork<L>,
        rows: &[Vec<u32>],
    ) {
        let histories: Histories = rows.iter().map(Vec::as_slice).collect();
        let network = network.valid();
        let plain = read(network.scores(&histories)).unwrap();
        let states = network.fused_states(&histories).unwrap();
        let items = on_host(&network.output_vectors().weight);
        let d_model = items.len() / (N_ITEMS as usize + 1);
        let score =
            |state: &[f32], item: &[f32]| state.iter().zip(item).map(|(a, b)| a * b).sum::<f32>();
        let of_state = |state| {
            items
                .chunks_exact(d_model)
                .map(move |item| score(state, item))
        };
        let fused: Vec<f32> = states.chunks_exact(d_model).flat_map(of_state).collect();
        assert_eq!(fused.len(), plain.len());
        let largest = plain
            .iter()
            .fold(0f32, |largest, score| largest.max(score.abs()));
        assert!(
            plain
                .iter()
                .zip(&fused)
                .all(|(a, b)| (a - b).abs() <= TOLERANCE * largest),
            "{plain:?}\n{fused:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn fused_states_score_as_those_of_burns_layers(
            histories in some_histories(N_ITEMS),
            settings in some_settings(),
            seed in 0_u64..1000,
        ) {
            assert_states_score_as_burns(&network::<Lstm>(settings.clone(), seed), &histories);
            assert_states_score_as_burns(&network::<Gru>(settings.clone(), seed), &histories);
            assert_states_score_as_burns(&network::<Rnn>(settings, seed), &histories);
        }
    }

    /// Every gradient, bit by bit.
    struct Bits<'a> {
        gradients: &'a GradientsParams,
        found: Vec<u32>,
    }

    impl ModuleVisitor for Bits<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values: Vec<f32> = self
                .gradients
                .get::<D>(param.id)
                .unwrap()
                .into_data()
                .try_into_vec()
                .unwrap();
            self.found.extend(values.into_iter().map(f32::to_bits));
        }
    }

    fn assert_threads_change_nothing<L: RecurrentLayer>() {
        let rows: Vec<Vec<u32>> = (0..21)
            .map(|row| {
                (0..row * 17 % 60)
                    .map(|at| (row * at) % N_ITEMS + 1)
                    .collect()
            })
            .collect();
        let histories: Histories = rows.iter().map(Vec::as_slice).collect();
        let with = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            pool.install(|| {
                let network = network::<L>(settings(), 3);
                let (gradients, sums) = gradients(&network, &histories, Noise::new(4)).unwrap();
                let mut bits = Bits {
                    gradients: &gradients,
                    found: vec![sums.loss.into_scalar::<f32>().to_bits()],
                };
                network.visit(&mut bits);
                bits.found
            })
        };
        let one = with(1);
        assert!(one.len() > 1000);
        assert!(one == with(2) && one == with(3));
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        assert_threads_change_nothing::<Lstm>();
        assert_threads_change_nothing::<Gru>();
        assert_threads_change_nothing::<Rnn>();
    }
}
