//! One answer of BERT4Rec taken apart: its slopes by the vectors of the events' items, and what each
//! place of its pass looked at.

use burn::prelude::*;

use super::Bert4Rec;
use crate::attention::BatchCells;
use crate::attribution::{EventInputs, InputNetwork, Slopes};
use crate::family::attentive::PrefixModel;
use crate::weights::read;
use crate::{AttentionMaps, ModelError};
use seqscope_data::Histories;

impl InputNetwork for Bert4Rec {
    fn inputs(&self, history: &Histories) -> EventInputs {
        EventInputs::latest(&self.item, history, self.spec.seq_len)
    }

    /// Puts the mask, which is no event and stays as it is, behind the events.
    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        let [n_copies, _, d_model] = inputs.dims();
        let (cells, len) = self.masked_rows(&vec![history.row(0); n_copies]);
        let cells = BatchCells {
            inputs: &cells,
            n_rows: n_copies,
            len,
        };
        Slopes::by_autodiff(inputs, target, |items| {
            let mask = self.mask() as usize;
            let mask = self.item.weight.val().slice_dim(0, mask..mask + 1); // [1, d_model]
            let mask = mask.reshape([1, 1, d_model]).expand([n_copies, 1, d_model]);
            let hidden = self.hidden_of(Tensor::cat(vec![items, mask], 1), cells, None, None);
            self.headed(hidden.slice_dim(1, -1..).squeeze_dim::<2>(1))
                .matmul(self.output_vectors().transpose()) // [n_copies, n_items + 1]
        })
    }
}

impl Bert4Rec {
    /// Attention in the pass that answers after a history; the last place is the mask.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the weights cannot be read from the device.
    pub(super) fn attention_of_answer(
        &self,
        history: &Histories,
    ) -> Result<AttentionMaps, ModelError> {
        let (cells, len) = self.masked_rows(&[history.row(0)]);
        let cells = BatchCells {
            inputs: &cells,
            n_rows: 1,
            len,
        };
        let mut maps = Vec::with_capacity(self.spec.n_layers);
        let _states = self.hidden(cells, None, Some(&mut maps));
        let ([n_layers, n_heads], _) = self.reach();
        let weights = if maps.is_empty() {
            Vec::new()
        } else {
            read(Tensor::cat(maps, 0))?
        };
        Ok(AttentionMaps {
            n_layers,
            n_heads,
            len,
            first: history.row(0).len() + 1 - len,
            weights,
        })
    }
}
