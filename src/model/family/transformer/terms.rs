//! Terms of one attention head: what its weights over a history are made of.

use burn::prelude::*;

use super::Transformer;
use crate::attention::through;
use crate::weights::read;
use crate::window::{input_tensor, windows_for_prediction};
use crate::{HeadPlace, HeadTerms, ModelError};
use seqscope_data::Histories;

impl Transformer {
    /// Queries, keys, values and biases of one head; none where there is no such head or no event.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the numbers cannot be read from the device.
    pub(super) fn terms_of(
        &self,
        history: &Histories,
        at: HeadPlace,
    ) -> Result<Option<HeadTerms>, ModelError> {
        let n_heads = self.spec.n_heads;
        let n_events = history.row(0).len();
        let Some((block, below)) = self
            .blocks
            .get(..=at.layer)
            .and_then(<[_]>::split_last)
            .filter(|_| at.head < n_heads && n_events > 0)
        else {
            return Ok(None);
        };
        let batch = windows_for_prediction(history, self.spec.seq_len);
        let weights = self.item.weight.val();
        let inputs = input_tensor(&batch, &weights.device());
        let items = burn::tensor::module::embedding(weights, inputs);
        let (x, looks) = self.entering(items, &batch, None);
        let x = through(below, x, &looks, None);
        let [query, key, value] = block.head_parts(&x, &looks);
        let d_head = query.dims()[3];
        let of_head = |part: Tensor<4>| read(part.slice_dim(1, at.head..at.head + 1));
        // The mask is the same for all heads; what intervals add has a map for each.
        let of_bias = if looks.bias.dims()[1] == 1 {
            0
        } else {
            at.head
        };
        Ok(Some(HeadTerms {
            first: n_events - batch.seq_len,
            len: batch.seq_len,
            d_head,
            query: of_head(query)?,
            key: of_head(key)?,
            value: of_head(value)?,
            bias: read(looks.bias.clone().slice_dim(1, of_bias..of_bias + 1))?,
        }))
    }
}
