//! A block: attention and feed-forward, each with a residual and a norm.

use burn::nn::{LayerNorm, Linear};
use burn::prelude::*;
use burn::tensor::activation::softmax;

use super::dropout::dropped_weights;
use super::{Activation, Looks, NormPlace, activated, dropped};
use crate::layers::{Axis, LayerShape};
use crate::random::Init;

/// Sizes and form of the blocks of a stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) d_model: usize,
    pub(crate) n_heads: usize,
    pub(crate) d_ff: usize,
    pub(crate) norm: NormPlace,
    pub(crate) activation: Activation,
}

impl Sizes {
    /// Self-attention and feed-forward of a block whose weights are named after `at`, on states
    /// `events`.
    pub(crate) fn layers(&self, title: &str, at: &str, events: &[Axis]) -> [LayerShape; 2] {
        [
            self.attention(&format!("{title}: self-attention"), at, "", events),
            self.feed_forward(title, at, events),
        ]
    }

    /// Attention with its norm; the names of its weights are told apart by `prefix`.
    pub(super) fn attention(
        &self,
        title: &str,
        at: &str,
        prefix: &str,
        events: &[Axis],
    ) -> LayerShape {
        let Self {
            d_model, n_heads, ..
        } = *self;
        let heads = if n_heads == 1 {
            "1 head".to_owned()
        } else {
            format!("{n_heads} heads")
        };
        let norm = if prefix.is_empty() {
            "attention_"
        } else {
            prefix
        };
        let layer = LayerShape::new(format!("{title}, {heads}"), events)
            .norm(&format!("{at}.{norm}norm"), d_model);
        let width = Axis::Size(d_model);
        let parts = ["query", "key", "value", "output"];
        parts.iter().fold(layer, |layer, part| {
            layer.dense(&format!("{at}.{prefix}{part}"), width, width)
        })
    }

    /// Feed-forward with its norm.
    pub(super) fn feed_forward(&self, title: &str, at: &str, events: &[Axis]) -> LayerShape {
        let Self {
            d_model,
            d_ff,
            activation,
            ..
        } = *self;
        let (outer, inner) = (Axis::Size(d_model), Axis::Size(d_ff));
        LayerShape::new(
            format!("{title}: feed-forward, {d_ff} wide, {activation}"),
            events,
        )
        .norm(&format!("{at}.feed_norm"), d_model)
        .dense(&format!("{at}.feed_in"), outer, inner)
        .dense(&format!("{at}.feed_out"), inner, outer)
    }

    /// Numbers that burn's layers keep of an event in a block for the way back, and of each pair of
    /// events.
    pub(crate) fn kept(&self) -> [usize; 2] {
        [20 * self.d_model + 6 * self.d_ff, 6 * self.n_heads]
    }
}

/// Attention and feed-forward, each with a residual, and a norm before or after.
#[derive(Module, Debug)]
pub(crate) struct Block {
    pub(crate) attention_norm: LayerNorm,
    pub(crate) query: Linear,
    pub(crate) key: Linear,
    pub(crate) value: Linear,
    pub(crate) output: Linear,
    pub(crate) feed_norm: LayerNorm,
    pub(crate) feed_in: Linear,
    pub(crate) feed_out: Linear,
    #[module(skip)]
    sizes: Sizes,
}

impl Block {
    pub(crate) fn new(sizes: Sizes, init: &mut Init) -> Self {
        let d_model = sizes.d_model;
        Self {
            attention_norm: init.layer_norm(d_model),
            query: init.dense(d_model, d_model),
            key: init.dense(d_model, d_model),
            value: init.dense(d_model, d_model),
            output: init.dense(d_model, d_model),
            feed_norm: init.layer_norm(d_model),
            feed_in: init.dense(d_model, sizes.d_ff),
            feed_out: init.dense(sizes.d_ff, d_model),
            sizes,
        }
    }

    /// The changed states, `[n_rows, len, d_model]`, and the attention weights,
    /// `[n_rows, n_heads, len, len]`. Dropout draws as layers `layer` and `layer + 1`.
    pub(crate) fn forward(
        &self,
        x: Tensor<3>,
        looks: &Looks<'_>,
        layer: usize,
    ) -> (Tensor<3>, Tensor<4>) {
        let Sizes {
            n_heads,
            norm,
            activation,
            ..
        } = self.sizes;
        let seen_from = norm.before(&self.attention_norm, &x);
        let query = self.query.forward(seen_from.clone());
        let (key, value) = (
            self.key.forward(seen_from.clone()),
            self.value.forward(seen_from),
        );
        let (seen, weights) = attend([query, key, value], n_heads, looks, layer);
        let x = norm.after(
            &self.attention_norm,
            x + dropped(self.output.forward(seen), looks.drop, layer),
        );
        let fed = activated(
            activation,
            self.feed_in.forward(norm.before(&self.feed_norm, &x)),
        );
        let x = norm.after(
            &self.feed_norm,
            x + dropped(self.feed_out.forward(fed), looks.drop, layer + 1),
        );
        (x, weights)
    }
}

impl Block {
    /// Queries, keys and values of the heads at what goes into the block, `[n_rows, len, d_model]`:
    /// turned by their places with rotary positions, and not yet scaled.
    /// `[n_rows, n_heads, len, d_head]` each
    pub(crate) fn head_parts(&self, x: &Tensor<3>, looks: &Looks<'_>) -> [Tensor<4>; 3] {
        let seen_from = self.sizes.norm.before(&self.attention_norm, x);
        let part = |layer: &Linear| split(layer.forward(seen_from.clone()), self.sizes.n_heads);
        let (query, key) = (part(&self.query), part(&self.key));
        [looks.turned(query), looks.turned(key), part(&self.value)]
    }
}

impl NormPlace {
    /// Returns what a layer reads of the states.
    pub(crate) fn before(self, norm: &LayerNorm, x: &Tensor<3>) -> Tensor<3> {
        match self {
            Self::Before => norm.forward(x.clone()),
            Self::After => x.clone(),
        }
    }

    /// The states after the residual sum.
    pub(crate) fn after(self, norm: &LayerNorm, x: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Before => x,
            Self::After => norm.forward(x),
        }
    }
}

/// The parts of each head. `[n_rows, len, d_model]` to `[n_rows, n_heads, len, d_head]`
fn split(y: Tensor<3>, n_heads: usize) -> Tensor<4> {
    let [n_rows, len, d_model] = y.dims();
    y.reshape([n_rows, len, n_heads, d_model / n_heads])
        .swap_dims(1, 2)
}

/// Scaled dot-product attention of several heads (Vaswani et al. 2017, eq. 1): what is seen,
/// `[n_rows, n_queries, d_model]`, and the weights before dropout,
/// `[n_rows, n_heads, n_queries, n_keys]`.
///
/// # Shapes
/// Queries `[n_rows, n_queries, d_model]`, keys and values `[n_rows, n_keys, d_model]`.
pub(crate) fn attend(
    [query, key, value]: [Tensor<3>; 3],
    n_heads: usize,
    looks: &Looks<'_>,
    layer: usize,
) -> (Tensor<3>, Tensor<4>) {
    let [n_rows, n_queries, d_model] = query.dims();
    let d_head = d_model / n_heads;
    // The scale is by the width of a head.
    let query = query.mul_scalar((d_head as f32).sqrt().recip());
    let query = looks.turned(split(query, n_heads));
    let key = looks.turned(split(key, n_heads));
    let value = split(value, n_heads); // [n_rows, n_heads, n_keys, d_head]
    let weights = softmax(query.matmul(key.transpose()) + looks.bias.clone(), 3);
    let kept = dropped_weights(weights.clone(), looks.drop, layer);
    let seen = kept
        .matmul(value)
        .swap_dims(1, 2)
        .reshape([n_rows, n_queries, d_model]);
    (seen, weights)
}

/// States after every block, which draw from layer 1 on; the attention weights of each go into
/// `maps` when it is given.
pub(crate) fn through(
    blocks: &[Block],
    mut x: Tensor<3>,
    looks: &Looks<'_>,
    mut maps: Option<&mut Vec<Tensor<4>>>,
) -> Tensor<3> {
    for (at, block) in blocks.iter().enumerate() {
        let (changed, weights) = block.forward(x, looks, 1 + 2 * at);
        x = changed;
        if let Some(maps) = maps.as_deref_mut() {
            maps.push(weights);
        }
    }
    x
}
