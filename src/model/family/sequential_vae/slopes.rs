//! Answers of the sequential VAE, told from the mean of the last latent vector, attributed to the
//! vectors of the events' items.

use burn::optim::GradientsParams;
use burn::prelude::*;

use super::SequentialVae;
use crate::attribution::{
    EventInputs, InputNetwork, Slopes, copy_by_copy, gradient_of, log_probabilities, step_by_step,
};
use crate::recurrent::{backward, forward};
use seqscope_data::Histories;

impl InputNetwork for SequentialVae {
    fn inputs(&self, history: &Histories) -> EventInputs {
        EventInputs::latest(&self.item, history, self.spec.seq_len)
    }

    /// Leaves what lies above the last states to autodiff; the recurrence has its own way back.
    fn slopes(&self, _history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        let [n_copies, n_read, _] = inputs.dims();
        let sizes = vec![n_copies; n_read];
        let (states, trace) = forward(&self.gru, step_by_step(inputs), &sizes, None);
        let [n_events, d_state] = states.dims();
        let n_before = n_events - n_copies;
        let last = Tensor::from_inner(states.slice(n_before..n_events)).require_grad();
        let log_probability = log_probabilities(self.scores_from(last.clone()), target);
        let gradients = log_probability.clone().sum().backward();
        let d_last = gradient_of(&last, &gradients); // [n_copies, d_state]
        let before = Tensor::zeros([n_before, d_state], &d_last.device());
        let d_states = Tensor::cat(vec![before, d_last], 0); // [n_events, d_state]
        let d_inputs = backward(&self.gru, trace, &d_states, &mut GradientsParams::new());
        Slopes {
            log_probability: log_probability.inner(),
            gradient: copy_by_copy(d_inputs, n_copies),
        }
    }
}
