//! The sequential VAE on the processor: the GRU on shards of the batch, what lies above it on all
//! events.

use burn::optim::GradientsParams;

use super::steps::{TrainingSteps, normals};
use super::{DROP_IN, DROP_OUT, SequentialVae, SequentialVaeSpec};
use crate::family::vae::{LatentWeights, register_layers};
use crate::item_vectors::by_length;
use crate::kernel::{
    Buffer, LayerGradients, RecurrentKernel, Trace, VaeBatch, add_rows, dense_vae_gradients,
    dense_vae_states, on_threads, rows_over_shards, shards, sum_in_order,
};
use crate::network::{BoundSums, LossSums, Network};
use crate::packing::SequencePacking;
use crate::random::{EventPlace, Noise};
use crate::recurrent::{RecurrentLayer as _, register_host};
use crate::weights::{on_host, register, scalar};
use crate::window::latest;
use crate::{Likelihood, StepInputs};
use seqscope_data::Histories;

/// Parts of a batch that go through the GRU side by side.
const N_SHARDS: usize = 8;

/// Rows of a batch on their way through the GRU.
struct Shard {
    packing: SequencePacking,
    /// Row of the batch, and place in it, of each event in packed order.
    places: Vec<EventPlace>,
    /// Inputs of the GRU, with dropout. `[n_events, d_model]`
    input: Buffer,
    trace: Trace,
}

/// Sequences packed, and for each event its row of the batch and its place in it.
fn packed(rows: &[usize], len: impl Fn(usize) -> usize) -> (SequencePacking, Vec<EventPlace>) {
    let packing = SequencePacking::new(rows.iter().map(|&row| len(row)));
    let places = packing.places_in_batch(rows);
    (packing, places)
}

/// Rows of a table one after another. `[n, width]`
fn picked(table: &[f32], width: usize, items: impl ExactSizeIterator<Item = u32>) -> Buffer {
    let mut rows = Buffer::open(items.len() * width);
    for (row, item) in rows.chunks_exact_mut(width.max(1)).zip(items) {
        let at = item as usize * width;
        row.copy_from_slice(table.get(at..at + width).unwrap_or(&[]));
    }
    rows
}

impl SequentialVae {
    /// Computes [`Network::gradients`] by the kernel, on the same noise.
    pub(super) fn gradients_by_kernel(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let steps = TrainingSteps::new(histories, &self.spec, self.n_items())?;
        let SequentialVaeSpec {
            d_state,
            d_latent,
            free_bits,
            ..
        } = self.spec;
        let (items, gru) = (on_host(&self.item.weight), self.gru.kernel());
        let lengths: Vec<usize> = steps.inputs.iter().map(|row| row.len()).collect();
        let parts = on_threads(shards(&lengths, N_SHARDS), |rows| {
            self.forward(&steps, &rows, &items, &gru, noise)
        });

        let places: Vec<EventPlace> = parts
            .iter()
            .flat_map(|part| part.places.iter().copied())
            .collect();
        let mut states = Buffer::open(places.len() * d_state);
        let mut free = &mut states[..];
        for part in &parts {
            let (of_part, rest) = std::mem::take(&mut free).split_at_mut(part.trace.states.len());
            of_part.copy_from_slice(&part.trace.states);
            free = rest;
        }
        self.drop_out(&mut states, d_state, DROP_OUT, noise, &places);
        let targets = steps.targets(&places);
        let beta = self.beta(inputs);
        let batch = VaeBatch {
            bags: &targets,
            epsilon: &normals(noise, &places, d_latent),
            beta: beta as f32,
            free_bits: free_bits as f32,
            likelihood: Likelihood::Multinomial,
        };
        let weights = LatentWeights::from_layers(self.layers());
        let (found, mut d_states, loss) = dense_vae_gradients(&weights.layers(), &states, &batch);
        drop(states);
        self.drop_out(&mut d_states, d_state, DROP_OUT, noise, &places);

        let mut gradients = GradientsParams::new();
        register_layers(&mut gradients, self.layers(), found);
        self.backward(&steps, parts, &d_states, &gru, noise, &mut gradients);
        let device = self.item.weight.val().inner().device();
        let n_events = targets.elements.len();
        let bound = BoundSums {
            kl: scalar(loss.kl, &device),
            n_latent: places.len(),
            nll: scalar(loss.nll, &device),
        };
        Some((
            gradients,
            LossSums {
                loss: scalar(loss.nll + beta * loss.charged, &device),
                n_events,
                bound: Some(bound),
            },
        ))
    }

    fn forward<K: RecurrentKernel>(
        &self,
        steps: &TrainingSteps<'_>,
        rows: &[usize],
        items: &[f32],
        gru: &K,
        noise: Noise,
    ) -> Shard {
        let d_model = self.spec.d_model;
        let (packing, places) =
            packed(rows, |row| steps.inputs.get(row).map_or(0, |row| row.len()));
        let mut input = picked(
            items,
            d_model,
            places.iter().map(|place| steps.item(*place)),
        );
        self.drop_out(&mut input, d_model, DROP_IN, noise, &places);
        let trace = gru.forward(&input, &packing.sizes, None);
        Shard {
            packing,
            places,
            input,
            trace,
        }
    }

    /// Back through the GRU to the items' vectors; `d_states` is the gradient of the states of all
    /// parts, one behind the other.
    fn backward<K: RecurrentKernel>(
        &self,
        steps: &TrainingSteps<'_>,
        parts: Vec<Shard>,
        d_states: &[f32],
        gru: &K,
        noise: Noise,
        gradients: &mut GradientsParams,
    ) {
        let SequentialVaeSpec {
            d_model, d_state, ..
        } = self.spec;
        let mut work = Vec::with_capacity(parts.len());
        let mut rest = d_states;
        for part in parts {
            let (of_part, later) = rest.split_at((part.places.len() * d_state).min(rest.len()));
            work.push((part, Buffer::copy_of(of_part)));
            rest = later;
        }
        let found = on_threads(
            work,
            |(
                Shard {
                    packing,
                    places,
                    input,
                    trace,
                },
                d_states,
            )| {
                let LayerGradients {
                    input: mut d_input,
                    weights,
                } = gru.backward(&input, trace, d_states, &packing.sizes);
                self.drop_out(&mut d_input, d_model, DROP_IN, noise, &places);
                (places, d_input, weights)
            },
        );

        let mut d_items = vec![0.0; (self.n_items() + 1) * d_model];
        let mut of_weights = Vec::<Vec<Buffer>>::new();
        for (places, d_input, weights) in found {
            for (d_row, place) in d_input.chunks_exact(d_model.max(1)).zip(&places) {
                let at = steps.item(*place) as usize * d_model;
                add_rows(d_items.get_mut(at..at + d_model).unwrap_or(&mut []), d_row);
            }
            of_weights.resize_with(weights.len(), Vec::new);
            of_weights
                .iter_mut()
                .zip(weights)
                .for_each(|(of_parts, gradient)| of_parts.push(gradient));
        }
        register(gradients, &self.item.weight, d_items);
        let mut of_weights = of_weights
            .into_iter()
            .map(|parts| sum_in_order(parts).into_vec());
        register_host(&self.gru, &mut of_weights, gradients);
    }

    /// Drops what has this width at each event, forward, and the gradients of it, backward.
    fn drop_out(
        &self,
        values: &mut [f32],
        width: usize,
        drawing: usize,
        noise: Noise,
        places: &[EventPlace],
    ) {
        if self.spec.dropout <= 0.0 {
            return;
        }
        let mut factors = Buffer::open(width);
        for (row, &place) in values.chunks_exact_mut(width.max(1)).zip(places) {
            noise
                .of_event(drawing, place)
                .fill_dropout(self.spec.dropout, &mut factors);
            row.iter_mut()
                .zip(factors.iter())
                .for_each(|(value, factor)| *value *= factor);
        }
    }

    /// Computes the states that scores are products of. `[n_rows, d_hidden]`
    pub(super) fn states_by_kernel(&self, histories: &Histories) -> Buffer {
        let SequentialVaeSpec {
            d_model,
            d_state,
            d_hidden,
            seq_len,
            ..
        } = self.spec;
        let (items, gru) = (on_host(&self.item.weight), self.gru.kernel());
        let weights = LatentWeights::from_layers(self.layers());
        by_length(
            histories,
            d_hidden,
            |len| self.rows_at_a_time(len),
            |batch| {
                let inputs: Vec<&[u32]> = batch.rows().map(|row| latest(row, seq_len)).collect();
                let lengths: Vec<usize> = inputs.iter().map(|row| row.len()).collect();
                let input = |row: usize| inputs.get(row).copied().unwrap_or(&[]);
                // The state of an empty history is zero.
                let states = rows_over_shards(&lengths, N_SHARDS, d_state, |rows| {
                    let (packing, places) = packed(rows, |row| input(row).len());
                    let seen = places
                        .iter()
                        .map(|place| input(place.row).get(place.position).copied().unwrap_or(0));
                    let trace = gru.forward(&picked(&items, d_model, seen), &packing.sizes, None);
                    picked(
                        &trace.states,
                        d_state,
                        packing.last.iter().map(|&at| at as u32),
                    )
                });
                dense_vae_states(&weights.layers(), &states).into_vec()
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::*;
    use proptest::prelude::*;

    use super::*;
    use crate::random::Init;
    use crate::tests::{assert_fused_is_plain, some_histories};
    use crate::weights::read;

    const N_ITEMS: u32 = 23;

    /// Biases that are not 0, or their part of the sums would go untested.
    fn network(spec: &SequentialVaeSpec, seed: u64) -> SequentialVae {
        let mut init = Init::new(seed, &Device::flex().autodiff());
        let mut network = SequentialVae::new(spec, N_ITEMS as usize, &mut init);
        for (layer, d_out) in [
            (&mut network.encoder, spec.d_hidden),
            (&mut network.output, N_ITEMS as usize),
        ] {
            layer.bias = Some(init.normal(0.5, [d_out]));
        }
        network
    }

    fn some_specs() -> impl Strategy<Value = SequentialVaeSpec> {
        let widths = (2_usize..20, 2_usize..20, 2_usize..20, 1_usize..9);
        let rates = (
            prop::sample::select(vec![0.0, 0.3]),
            prop::sample::select(vec![0.0, 0.05]),
        );
        (widths, 2_usize..80, 1_usize..6, rates).prop_map(
            |(widths, seq_len, n_ahead, (dropout, free_bits))| {
                let (d_model, d_state, d_hidden, d_latent) = widths;
                let sizes = SequentialVaeSpec {
                    d_model,
                    d_state,
                    d_hidden,
                    d_latent,
                    ..SequentialVaeSpec::default()
                };
                SequentialVaeSpec {
                    seq_len,
                    n_ahead,
                    dropout,
                    free_bits,
                    beta: 0.3,
                    anneal: 0.5,
                    ..sizes
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn fused_gradients_are_those_of_autodiff(
            histories in some_histories(N_ITEMS),
            spec in some_specs(),
            seed in 0_u64..1000,
        ) {
            assert_fused_is_plain(&network(&spec, seed), &histories);
        }

        #[test]
        fn fused_states_score_as_those_of_burns_layers(
            rows in some_histories(N_ITEMS),
            spec in some_specs(),
            seed in 0_u64..1000,
        ) {
            let histories: Histories = rows.iter().map(Vec::as_slice).collect();
            let network = network(&spec, seed).valid();
            let plain = read(network.scores(&histories)).unwrap();
            let states = network.states_by_kernel(&histories);
            let states = Tensor::<2>::from_data(TensorData::new(states.to_vec(), [rows.len(), spec.d_hidden]), &Device::flex());
            let fused = read(network.output.forward(states)).unwrap();
            let largest = plain.iter().fold(0f32, |largest, score| largest.max(score.abs()));
            let rows = plain.chunks(N_ITEMS as usize + 1).zip(fused.chunks(N_ITEMS as usize));
            for (plain, fused) in rows.flat_map(|(plain, fused)| plain[1..].iter().zip(fused)) {
                prop_assert!((plain - fused).abs() <= 1e-5 * largest, "{} and {}", plain, fused);
            }
        }
    }
}
