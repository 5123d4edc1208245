//! A decoder's block: it looks at what was decoded before, then at the encoder's states.

use burn::nn::{LayerNorm, Linear};
use burn::prelude::*;

use super::{Looks, Sizes, activated, attend, dropped};
use crate::layers::{Axis, LayerShape};
use crate::random::Init;

/// The three parts of a decoder's block (Vaswani et al. 2017, section 3.1), each with a residual
/// and a norm.
#[derive(Module, Debug)]
pub(crate) struct DecoderBlock {
    attention_norm: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    cross_norm: LayerNorm,
    cross_query: Linear,
    cross_key: Linear,
    cross_value: Linear,
    cross_output: Linear,
    feed_norm: LayerNorm,
    feed_in: Linear,
    feed_out: Linear,
    #[module(skip)]
    sizes: Sizes,
}

impl DecoderBlock {
    /// Its three parts, whose weights are named after `at`, on states `ahead`.
    pub(crate) fn layers(sizes: &Sizes, title: &str, at: &str, ahead: &[Axis]) -> [LayerShape; 3] {
        let [own, feed_forward] = sizes.layers(title, at, ahead);
        let across = sizes.attention(
            &format!("{title}: attention to the encoder"),
            at,
            "cross_",
            ahead,
        );
        [own, across, feed_forward]
    }

    pub(crate) fn new(sizes: Sizes, init: &mut Init) -> Self {
        let d_model = sizes.d_model;
        Self {
            attention_norm: init.layer_norm(d_model),
            query: init.dense(d_model, d_model),
            key: init.dense(d_model, d_model),
            value: init.dense(d_model, d_model),
            output: init.dense(d_model, d_model),
            cross_norm: init.layer_norm(d_model),
            cross_query: init.dense(d_model, d_model),
            cross_key: init.dense(d_model, d_model),
            cross_value: init.dense(d_model, d_model),
            cross_output: init.dense(d_model, d_model),
            feed_norm: init.layer_norm(d_model),
            feed_in: init.dense(d_model, sizes.d_ff),
            feed_out: init.dense(sizes.d_ff, d_model),
            sizes,
        }
    }

    /// The changed states, `[n_rows, n_ahead, d_model]`, and the weights of the look at the
    /// encoder's states, `[n_rows, n_heads, n_ahead, len]`. Dropout draws as layers `layer` to
    /// `layer + 2`.
    ///
    /// # Shapes
    /// `encoded` `[n_rows, len, d_model]`; `looks` is for what was decoded before, `across` for the
    /// encoder.
    pub(crate) fn forward(
        &self,
        x: Tensor<3>,
        encoded: &Tensor<3>,
        [looks, across]: [&Looks<'_>; 2],
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
        let (seen, _) = attend([query, key, value], n_heads, looks, layer);
        let x = norm.after(
            &self.attention_norm,
            x + dropped(self.output.forward(seen), looks.drop, layer),
        );

        let query = self.cross_query.forward(norm.before(&self.cross_norm, &x));
        let (key, value) = (
            self.cross_key.forward(encoded.clone()),
            self.cross_value.forward(encoded.clone()),
        );
        let (seen, weights) = attend([query, key, value], n_heads, across, layer + 1);
        let x = norm.after(
            &self.cross_norm,
            x + dropped(self.cross_output.forward(seen), looks.drop, layer + 1),
        );

        let fed = activated(
            activation,
            self.feed_in.forward(norm.before(&self.feed_norm, &x)),
        );
        let x = norm.after(
            &self.feed_norm,
            x + dropped(self.feed_out.forward(fed), looks.drop, layer + 2),
        );
        (x, weights)
    }
}
