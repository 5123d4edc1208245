//! Attention, as the Transformer families share it: blocks, position and interval coding, masks,
//! dropout.
//!
//! Rows are padded on the left, and everything that depends on a place counts from the latest
//! event, so that a history's numbers do not depend on how much padding stands before it.

mod block;
mod decoder;
mod dropout;
mod form;
mod interval;
mod mask;
mod position;
mod prefix_maps;

pub(super) use block::{Block, Sizes, attend, through};
pub(super) use decoder::DecoderBlock;
pub(super) use dropout::{Dropout, dropped};
pub use form::{Activation, NormPlace, Positions};
pub(super) use form::{activated, head_problems};
pub(super) use interval::{N_BUCKETS, interval_bias};
pub(super) use mask::{BatchCells, causal_mask, key_mask, mask_of_all};
pub(super) use position::{Rotation, place_layer, place_vectors};
pub(super) use prefix_maps::{PrefixMaps, prefixes};

use burn::prelude::*;

/// Inputs that all blocks of a stack share: bias, rotation and dropout.
pub(super) struct Looks<'a> {
    /// Added to the scores of each pair: masks, and what depends on the time between the two.
    /// `[n_rows, 1 or n_heads, n_queries, n_keys]`
    pub(super) bias: Tensor<4>,
    /// Turns queries and keys by their places, with rotary positions.
    pub(super) rotation: Option<Rotation>,
    /// While training.
    pub(super) drop: Option<&'a Dropout<'a>>,
}

impl Looks<'_> {
    /// Queries or keys turned by their places, where positions are rotary.
    fn turned(&self, y: Tensor<4>) -> Tensor<4> {
        match &self.rotation {
            Some(rotation) => rotation.turn(y),
            None => y,
        }
    }
}
