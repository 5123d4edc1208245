//! The Transformer by fused layers on the processor: the same function as the network's in burn's
//! tensors, with its backward pass written out.

use burn::optim::GradientsParams;
use burn::prelude::*;

use super::arrays::{ITEM, Layer, NORM, POSITION, TransformerArrays, place_of};
use super::packed::Packed;
use super::{Transformer, TransformerSpec};
use crate::kernel::{
    Buffer, CausalAttention, CrossEntropy, NormTrace, Onto, rows_over_shards, sums_over_shards,
    vectorized,
};
use crate::network::LossSums;
use crate::random::Noise;
use seqscope_data::Histories;

/// Parts of a batch that are worked on side by side. More would keep more processors busy, and cost
/// a copy of the gradients each.
pub(super) const N_SHARDS: usize = 8;

/// Gradients of the mean loss over the batch, and the account of it; `None` when there is nothing
/// to predict.
pub(super) fn gradients(
    network: &Transformer,
    histories: &Histories,
    noise: Noise,
) -> Option<(GradientsParams, LossSums)> {
    let spec = &network.spec;
    let lengths: Vec<usize> = histories
        .rows()
        .map(|row| row.len().saturating_sub(1).min(spec.seq_len))
        .collect();
    let n_events: usize = lengths.iter().sum();
    if n_events == 0 {
        return None;
    }
    let weights = TransformerArrays::from_network(network);
    let fused = Fused {
        spec,
        weights: &weights,
    };
    let of_shard = |rows: Vec<usize>| {
        let (nll, gradients) = fused.gradients(
            &Packed::for_training(histories, &rows, spec),
            noise,
            n_events,
        );
        (nll, gradients.0)
    };
    let (nll, sums) = sums_over_shards(&lengths, N_SHARDS, of_shard);
    let loss = Tensor::from_data([nll as f32], &network.item.weight.val().inner().device());
    Some((
        TransformerArrays(sums).register(network),
        LossSums {
            loss,
            n_events,
            bound: None,
        },
    ))
}

/// States after the last event of each history, one behind the other; an empty history is one event
/// of padding. `[n_rows, d_model]`
pub(super) fn last_states(network: &Transformer, histories: &Histories) -> Buffer {
    let spec = &network.spec;
    let weights = TransformerArrays::from_network(network);
    let fused = Fused {
        spec,
        weights: &weights,
    };
    let lengths: Vec<usize> = histories
        .rows()
        .map(|row| row.len().clamp(1, spec.seq_len))
        .collect();
    let n_shards = shards_of_questions(lengths.iter().sum());
    let of_shard =
        |rows: &[usize]| fused.last_states(&Packed::for_prediction(histories, rows, spec));
    rows_over_shards(&lengths, n_shards, spec.d_model, of_shard)
}

/// Some ten thousand events keep a processor busy and fit into its cache layer by layer.
pub(super) fn shards_of_questions(n_events: usize) -> usize {
    n_events.div_ceil(8192).max(N_SHARDS)
}

/// The network on plain weights.
struct Fused<'a> {
    spec: &'a TransformerSpec,
    weights: &'a TransformerArrays,
}

/// Values of one block that its backward pass needs, `n` events.
struct BlockTrace {
    /// States before the block, and between attention and feed-forward. `[n, d_model]` each
    states: [Buffer; 2],
    norms: [NormTrace; 2],
    /// Inputs after their norms. `[n, d_model]` each
    normed: [Buffer; 2],
    /// `[n, 3 * d_model]`
    qkv: Buffer,
    /// `[n, d_model]`
    seen: Buffer,
    /// `[n, n_heads]`
    log_sums: Buffer,
    /// After the rectifier. `[n, d_ff]`
    fed: Buffer,
    /// Dropout factors after attention and after feed-forward. `[n, d_model]` each
    drops: [Option<Buffer>; 2],
}

impl Fused<'_> {
    /// Gradients of the sum of the loss over these sequences, divided by `n_events`, and the sum
    /// itself.
    fn gradients(
        &self,
        packed: &Packed,
        noise: Noise,
        n_events: usize,
    ) -> (f64, TransformerArrays) {
        let d_model = self.spec.d_model;
        let drop_inputs = self.drop(packed, noise, 0);
        let mut x = self.embedded(packed);
        multiply(&mut x, drop_inputs.as_ref());
        let mut traces = Vec::with_capacity(self.spec.n_layers);
        for block in 0..self.spec.n_layers {
            let drops = [1, 2].map(|half| self.drop(packed, noise, 2 * block + half));
            let (after, trace) = self.block(packed, x, block, drops);
            traces.push(trace);
            x = after;
        }
        let mut hidden = Buffer::open(x.len());
        let norm = self.weights.norm(NORM);
        let norm_trace = norm.forward(&x, &mut hidden);

        let mut gradients = self.weights.zeros_like();
        let loss = CrossEntropy {
            items: self.weights.array(ITEM),
            d_model,
            scale: 1.0 / n_events as f32,
        };
        let mut d_hidden = Buffer::open(x.len());
        let nll = loss.gradients(
            &hidden,
            &packed.targets,
            &mut d_hidden,
            gradients.array_mut(ITEM),
        );
        let mut d_x = Buffer::zeros(x.len());
        norm.backward(
            &norm_trace,
            &x,
            &d_hidden,
            &mut d_x,
            gradients.pair_mut(NORM),
        );
        drop((x, hidden, d_hidden));
        for (block, trace) in traces.into_iter().enumerate().rev() {
            self.block_backward(packed, block, trace, &mut d_x, &mut gradients);
        }
        multiply(&mut d_x, drop_inputs.as_ref());
        self.embedded_backward(packed, &d_x, &mut gradients);
        (nll, gradients)
    }

    /// States after the last event of each sequence. `[n_rows, d_model]`
    fn last_states(&self, packed: &Packed) -> Buffer {
        let mut x = self.embedded(packed);
        for block in 0..self.spec.n_layers {
            x = self.block(packed, x, block, [None, None]).0;
        }
        let width = self.spec.d_model;
        let mut last = Buffer::open(packed.sequences.len() * width);
        for (slot, sequence) in last.chunks_exact_mut(width.max(1)).zip(&packed.sequences) {
            slot.copy_from_slice(&x[(sequence.end - 1) * width..sequence.end * width]);
        }
        let mut states = Buffer::open(last.len());
        self.weights.norm(NORM).forward(&last, &mut states);
        states
    }

    /// Item and position vectors of each event. `[n, d_model]`
    fn embedded(&self, packed: &Packed) -> Buffer {
        let d_model = self.spec.d_model.max(1);
        let root = (d_model as f32).sqrt();
        let (items, positions) = (self.weights.array(ITEM), self.weights.array(POSITION));
        let mut x = Buffer::open(packed.n_events() * d_model);
        let events = packed.inputs.iter().zip(&packed.positions);
        for (row, (&item, &position)) in x.chunks_exact_mut(d_model).zip(events) {
            let item = items.get(item as usize * d_model..).unwrap_or(&[]);
            let position = positions.get(position * d_model..).unwrap_or(&[]);
            for ((value, item), position) in row.iter_mut().zip(item).zip(position) {
                *value = item * root + position;
            }
        }
        x
    }

    fn embedded_backward(&self, packed: &Packed, d_x: &[f32], gradients: &mut TransformerArrays) {
        let d_model = self.spec.d_model.max(1);
        let root = (d_model as f32).sqrt();
        let mut add = |place: usize, row: usize, d_row: &[f32], factor: f32| {
            let slots = gradients.array_mut(place).iter_mut().skip(row * d_model);
            slots
                .zip(d_row)
                .for_each(|(slot, value)| *slot += factor * value);
        };
        for ((d_row, &item), &position) in d_x
            .chunks_exact(d_model)
            .zip(&packed.inputs)
            .zip(&packed.positions)
        {
            add(ITEM, item as usize, d_row, root);
            add(POSITION, position, d_row, 1.0);
        }
    }

    /// Dropout factors of every event, `[n, d_model]`, where there is dropout.
    fn drop(&self, packed: &Packed, noise: Noise, layer: usize) -> Option<Buffer> {
        (self.spec.dropout > 0.0).then(|| {
            let mut factors = Buffer::open(packed.n_events() * self.spec.d_model);
            for (row, &place) in factors
                .chunks_exact_mut(self.spec.d_model.max(1))
                .zip(&packed.places)
            {
                noise
                    .of_event(layer, place)
                    .fill_dropout(self.spec.dropout, row);
            }
            factors
        })
    }

    fn attention<'b>(&self, packed: &'b Packed) -> CausalAttention<'b> {
        CausalAttention {
            sequences: &packed.sequences,
            n_heads: self.spec.n_heads,
            d_model: self.spec.d_model,
        }
    }

    fn block(
        &self,
        packed: &Packed,
        x: Buffer,
        block: usize,
        drops: [Option<Buffer>; 2],
    ) -> (Buffer, BlockTrace) {
        let n = packed.n_events();
        let TransformerSpec { d_model, d_ff, .. } = *self.spec;
        let layer = |layer: Layer| place_of(block, layer);
        let mut normed = Buffer::open(n * d_model);
        let attention_norm = self
            .weights
            .norm(layer(Layer::AttentionNorm))
            .forward(&x, &mut normed);
        let mut qkv = Buffer::open(n * 3 * d_model);
        self.weights
            .dense(layer(Layer::Qkv))
            .forward(&normed, &mut qkv);
        let mut seen = Buffer::open(n * d_model);
        let log_sums = self.attention(packed).forward(&qkv, &mut seen);
        let mut middle = Buffer::open(n * d_model);
        self.weights
            .dense(layer(Layer::Output))
            .forward(&seen, &mut middle);
        multiply(&mut middle, drops[0].as_ref());
        add(&mut middle, &x);

        let mut feed_normed = Buffer::open(n * d_model);
        let feed_norm = self
            .weights
            .norm(layer(Layer::FeedNorm))
            .forward(&middle, &mut feed_normed);
        let mut fed = Buffer::open(n * d_ff);
        self.weights
            .dense(layer(Layer::FeedIn))
            .forward(&feed_normed, &mut fed);
        // A comparison keeps NaN; `max` would not.
        vectorized(
            #[inline(always)]
            || {
                fed.iter_mut()
                    .for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
            },
        );
        let mut after = Buffer::open(n * d_model);
        self.weights
            .dense(layer(Layer::FeedOut))
            .forward(&fed, &mut after);
        multiply(&mut after, drops[1].as_ref());
        add(&mut after, &middle);
        let (states, norms, normed) = (
            [x, middle],
            [attention_norm, feed_norm],
            [normed, feed_normed],
        );
        (
            after,
            BlockTrace {
                states,
                norms,
                normed,
                qkv,
                seen,
                log_sums,
                fed,
                drops,
            },
        )
    }

    /// Makes the gradient of the states after the block that of the states before it.
    fn block_backward(
        &self,
        packed: &Packed,
        block: usize,
        trace: BlockTrace,
        d_x: &mut Buffer,
        gradients: &mut TransformerArrays,
    ) {
        let n = packed.n_events();
        let TransformerSpec { d_model, d_ff, .. } = *self.spec;
        let layer = |layer: Layer| place_of(block, layer);
        let BlockTrace {
            states: [x, middle],
            norms,
            normed: [normed, feed_normed],
            qkv,
            seen,
            log_sums,
            fed,
            drops,
        } = trace;
        let mut d_out = Buffer::open(n * d_model);
        d_out.copy_from_slice(d_x);
        multiply(&mut d_out, drops[1].as_ref());
        let mut d_fed = Buffer::open(n * d_ff);
        let feed_out = self.weights.dense(layer(Layer::FeedOut));
        feed_out.backward(
            &fed,
            &d_out,
            &mut d_fed,
            Onto::Nothing,
            gradients.pair_mut(layer(Layer::FeedOut)),
        );
        vectorized(
            #[inline(always)]
            || {
                for (slope, value) in d_fed.iter_mut().zip(fed.iter()) {
                    *slope = if *value <= 0.0 { 0.0 } else { *slope };
                }
            },
        );
        let mut d_normed = Buffer::open(n * d_model);
        let feed_in = self.weights.dense(layer(Layer::FeedIn));
        feed_in.backward(
            &feed_normed,
            &d_fed,
            &mut d_normed,
            Onto::Nothing,
            gradients.pair_mut(layer(Layer::FeedIn)),
        );
        let feed_norm = self.weights.norm(layer(Layer::FeedNorm));
        feed_norm.backward(
            &norms[1],
            &middle,
            &d_normed,
            d_x,
            gradients.pair_mut(layer(Layer::FeedNorm)),
        );

        d_out.copy_from_slice(d_x);
        multiply(&mut d_out, drops[0].as_ref());
        let mut d_seen = Buffer::open(n * d_model);
        let output = self.weights.dense(layer(Layer::Output));
        output.backward(
            &seen,
            &d_out,
            &mut d_seen,
            Onto::Nothing,
            gradients.pair_mut(layer(Layer::Output)),
        );
        let mut d_qkv = Buffer::open(n * 3 * d_model);
        self.attention(packed)
            .backward([&qkv, &seen, &log_sums], &d_seen, &mut d_qkv);
        let projection = self.weights.dense(layer(Layer::Qkv));
        projection.backward(
            &normed,
            &d_qkv,
            &mut d_normed,
            Onto::Nothing,
            gradients.pair_mut(layer(Layer::Qkv)),
        );
        let attention_norm = self.weights.norm(layer(Layer::AttentionNorm));
        attention_norm.backward(
            &norms[0],
            &x,
            &d_normed,
            d_x,
            gradients.pair_mut(layer(Layer::AttentionNorm)),
        );
    }
}

fn multiply(values: &mut [f32], factors: Option<&Buffer>) {
    if let Some(factors) = factors {
        vectorized(
            #[inline(always)]
            || {
                values
                    .iter_mut()
                    .zip(factors.iter())
                    .for_each(|(value, factor)| *value *= factor);
            },
        );
    }
}

fn add(sums: &mut [f32], values: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        },
    );
}
