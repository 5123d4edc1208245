//! The Transformer's weights, and the gradients of them, on plain slices.

use burn::nn::{LayerNorm as BurnNorm, Linear};
use burn::optim::GradientsParams;

use super::Transformer;
use crate::attention::Block;
use crate::kernel::{Buffer, Dense, LayerNorm};
use crate::random::NORM_EPSILON;
use crate::weights::{on_host, register};

/// The network's arrays in a fixed order: its weights, or the gradients of them. Queries, keys and
/// values are one array, so that they are one product.
pub(super) struct TransformerArrays(pub(super) Vec<Buffer>);

/// Place of the item vectors.
pub(super) const ITEM: usize = 0;
/// Place of the position vectors.
pub(super) const POSITION: usize = 1;
/// Place of the last norm.
pub(super) const NORM: usize = 2;
/// Place of the first block.
const BLOCKS: usize = 4;

/// The layers of a block, two arrays each, in their order.
#[derive(Clone, Copy)]
pub(super) enum Layer {
    AttentionNorm,
    Qkv,
    Output,
    FeedNorm,
    FeedIn,
    FeedOut,
}

/// Arrays of one block.
const BLOCK_LEN: usize = 12;

pub(super) fn place_of(block: usize, layer: Layer) -> usize {
    BLOCKS + block * BLOCK_LEN + 2 * layer as usize
}

impl TransformerArrays {
    pub(super) fn from_network(network: &Transformer) -> Self {
        let buffer = |values: Vec<f32>| Buffer::copy_of(&values);
        let norm = |norm: &BurnNorm| {
            let scale = on_host(&norm.gamma);
            let shift = norm
                .beta
                .as_ref()
                .map_or_else(|| vec![0.0; scale.len()], on_host);
            [buffer(scale), buffer(shift)]
        };
        let dense = |layer: &Linear| [buffer(on_host(&layer.weight)), buffer(bias_of(layer))];
        // The fused form has positions and a last norm; of another form nothing is asked here.
        let positions = network
            .position
            .as_ref()
            .map(|position| on_host(&position.weight))
            .unwrap_or_default();
        let mut arrays = vec![buffer(on_host(&network.item.weight)), buffer(positions)];
        arrays.extend(
            network
                .norm
                .as_ref()
                .map_or_else(|| [buffer(Vec::new()), buffer(Vec::new())], norm),
        );
        for block in &network.blocks {
            arrays.extend(norm(&block.attention_norm));
            arrays.extend(beside(block));
            arrays.extend(dense(&block.output));
            arrays.extend(norm(&block.feed_norm));
            arrays.extend(dense(&block.feed_in));
            arrays.extend(dense(&block.feed_out));
        }
        Self(arrays)
    }

    pub(super) fn zeros_like(&self) -> Self {
        Self(
            self.0
                .iter()
                .map(|array| Buffer::zeros(array.len()))
                .collect(),
        )
    }

    pub(super) fn array(&self, place: usize) -> &[f32] {
        self.0.get(place).map_or(&[], |array| array)
    }

    pub(super) fn dense(&self, place: usize) -> Dense<'_> {
        Dense {
            weight: self.array(place),
            bias: self.array(place + 1),
        }
    }

    pub(super) fn norm(&self, place: usize) -> LayerNorm<'_> {
        LayerNorm {
            scale: self.array(place),
            shift: self.array(place + 1),
            epsilon: NORM_EPSILON,
        }
    }

    pub(super) fn pair_mut(&mut self, place: usize) -> [&mut [f32]; 2] {
        match self.0.get_mut(place..) {
            Some([first, second, ..]) => [first, second],
            _ => [&mut [], &mut []],
        }
    }

    pub(super) fn array_mut(&mut self, place: usize) -> &mut [f32] {
        self.0.get_mut(place).map_or(&mut [], |array| array)
    }

    /// The arrays as gradients of the network's parameters.
    pub(super) fn register(self, network: &Transformer) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        let mut arrays = self.0.into_iter().map(Buffer::into_vec);
        let mut next = || arrays.next().unwrap_or_default();
        register(&mut gradients, &network.item.weight, next());
        let positions = next();
        network
            .position
            .iter()
            .for_each(|table| register(&mut gradients, &table.weight, positions.clone()));
        let norm =
            |gradients: &mut GradientsParams, norm: &BurnNorm, [scale, shift]: [Vec<f32>; 2]| {
                register(gradients, &norm.gamma, scale);
                norm.beta
                    .iter()
                    .for_each(|beta| register(gradients, beta, shift.clone()));
            };
        let dense =
            |gradients: &mut GradientsParams, layer: &Linear, [weight, bias]: [Vec<f32>; 2]| {
                register(gradients, &layer.weight, weight);
                layer
                    .bias
                    .iter()
                    .for_each(|param| register(gradients, param, bias.clone()));
            };
        let last = [next(), next()];
        network
            .norm
            .iter()
            .for_each(|layer| norm(&mut gradients, layer, last.clone()));
        for block in &network.blocks {
            norm(&mut gradients, &block.attention_norm, [next(), next()]);
            let (weights, biases) = (
                thirds(&next(), network.spec.d_model),
                thirds(&next(), network.spec.d_model),
            );
            let layers = [&block.query, &block.key, &block.value];
            for ((layer, weight), bias) in layers.into_iter().zip(weights).zip(biases) {
                dense(&mut gradients, layer, [weight, bias]);
            }
            dense(&mut gradients, &block.output, [next(), next()]);
            norm(&mut gradients, &block.feed_norm, [next(), next()]);
            dense(&mut gradients, &block.feed_in, [next(), next()]);
            dense(&mut gradients, &block.feed_out, [next(), next()]);
        }
        gradients
    }
}

fn bias_of(layer: &Linear) -> Vec<f32> {
    let [_, d_output] = layer.weight.dims();
    layer
        .bias
        .as_ref()
        .map_or_else(|| vec![0.0; d_output], on_host)
}

/// Weights, `[d_model, 3 * d_model]`, and biases of queries, keys and values side by side.
fn beside(block: &Block) -> [Buffer; 2] {
    let layers = [&block.query, &block.key, &block.value];
    let weights = layers.map(|layer| on_host(&layer.weight));
    let [d_input, d_output] = block.query.weight.dims();
    let mut weight = Vec::with_capacity(3 * d_input * d_output);
    for row in 0..d_input {
        for third in &weights {
            weight.extend_from_slice(&third[row * d_output..(row + 1) * d_output]);
        }
    }
    [
        Buffer::copy_of(&weight),
        Buffer::copy_of(&layers.map(bias_of).concat()),
    ]
}

/// The three parts of rows of `3 * width` numbers.
fn thirds(rows: &[f32], width: usize) -> [Vec<f32>; 3] {
    [0, 1, 2].map(|third| {
        rows.chunks_exact(width.max(1))
            .skip(third)
            .step_by(3)
            .flatten()
            .copied()
            .collect()
    })
}
