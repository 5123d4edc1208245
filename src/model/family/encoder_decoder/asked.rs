//! Questions to the encoder and decoder about the next item, and what an answer owes to the vectors
//! of the events' items.

use burn::prelude::*;

use super::{Encoded, EncoderDecoder};
use crate::attention::BatchCells;
use crate::attribution::{EventInputs, InputNetwork, Slopes};
use crate::family::attentive::PrefixModel;
use crate::window::latest;
use seqscope_data::Histories;

impl PrefixModel for EncoderDecoder {
    fn reach(&self) -> ([usize; 2], usize) {
        ([self.spec.n_layers, self.spec.n_heads], self.spec.seq_len)
    }

    /// Computes the state of the first decoded step after each history, with the decoder's looks at
    /// the history.
    fn states(&self, rows: &[&[u32]], maps: Option<&mut Vec<Tensor<4>>>) -> Tensor<2> {
        self.first_states(&self.encoded(rows), rows.len(), maps)
    }

    /// Vectors of padding and items. `[n_items + 1, d_model]`
    fn output_vectors(&self) -> Tensor<2> {
        self.item
            .weight
            .val()
            .slice_dim(0, 0..self.start() as usize)
    }
}

impl InputNetwork for EncoderDecoder {
    fn inputs(&self, history: &Histories) -> EventInputs {
        EventInputs::latest(&self.item, history, self.spec.seq_len)
    }

    /// Leaves the start of decoding, which is no event, as it is.
    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        let [n_copies, len, _] = inputs.dims();
        let events = latest(history.row(0), self.spec.seq_len);
        let events: Vec<i32> = events.iter().map(|&item| item as i32).collect();
        let cells = BatchCells {
            inputs: &events.repeat(n_copies),
            n_rows: n_copies,
            len,
        };
        Slopes::by_autodiff(inputs, target, |items| {
            let encoded = self.encode(items, cells, None);
            self.first_states(&encoded, n_copies, None)
                .matmul(self.output_vectors().transpose()) // [n_copies, n_items + 1]
        })
    }
}

impl EncoderDecoder {
    /// State of the first decoded step of each encoded history. `[n_rows, d_model]`
    fn first_states(
        &self,
        encoded: &Encoded,
        n_rows: usize,
        maps: Option<&mut Vec<Tensor<4>>>,
    ) -> Tensor<2> {
        let starts = vec![self.start() as i32; n_rows];
        let cells = BatchCells {
            inputs: &starts,
            n_rows,
            len: 1,
        };
        self.decode(encoded, cells, None, maps).squeeze_dim::<2>(1)
    }
}
