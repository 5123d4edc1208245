//! Answers of the Transformer attributed to the vectors of the events' items.

use burn::prelude::*;

use super::Transformer;
use crate::attribution::{EventInputs, InputNetwork, Slopes};
use crate::window::windows_for_prediction;
use seqscope_data::Histories;

impl InputNetwork for Transformer {
    fn inputs(&self, history: &Histories) -> EventInputs {
        EventInputs::latest(&self.item, history, self.spec.seq_len)
    }

    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        let [n_copies, ..] = inputs.dims();
        let batch = windows_for_prediction(&history.select(&vec![0; n_copies]), self.spec.seq_len);
        Slopes::by_autodiff(inputs, target, |items| {
            let states = self
                .hidden_of(items, &batch, None, None)
                .slice_dim(1, -1..)
                .squeeze_dim::<2>(1); // [n_copies, d_model]
            states.matmul(self.output_vectors().transpose())
        })
    }
}
