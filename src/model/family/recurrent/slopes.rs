//! Answers of recurrent networks attributed to the vectors of the events' items.
//!
//! Autodiff follows what lies above the states and the features below them; the recurrence has its
//! own way back.

use burn::optim::GradientsParams;
use burn::prelude::*;

use super::{EventWindow, RecurrentNetwork};
use crate::attribution::{
    EventInputs, InputNetwork, Slopes, copy_by_copy, gradient_of, log_probabilities, step_by_step,
};
use crate::packing::SequencePacking;
use crate::recurrent::{Looking, RecurrentLayer, forward};
use seqscope_data::Histories;

impl<L: RecurrentLayer> InputNetwork for RecurrentNetwork<L> {
    fn inputs(&self, history: &Histories) -> EventInputs {
        EventInputs::latest(&self.item, history, self.settings.seq_len)
    }

    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        let [n_copies, ..] = inputs.dims();
        let copies = history.select(&vec![0; n_copies]);
        let window = EventWindow::whole(&copies, self.settings.seq_len);
        let packing = SequencePacking::new(window.lens.iter().copied());
        let items = Tensor::from_inner(step_by_step(inputs)).require_grad(); // [n_events, d_model]
        let events = self.with_features(items.clone(), &window, &packing);

        let mut traces = Vec::with_capacity(self.layers().len());
        let mut states = events.clone().without_autodiff();
        for layer in self.layers() {
            let (after, trace) = forward(layer, states, &packing.sizes, None);
            states = after; // [n_events, d]
            traces.push(trace);
        }
        let read = self.read(&states, &packing, Looking::Last);
        let read = Tensor::from_inner(read).require_grad(); // [n_copies, n_read]
        let scores = self.scores_from(self.output.forward(read.clone()));
        let log_probability = log_probabilities(scores, target);

        let gradients = log_probability.clone().sum().backward();
        let d_read = gradient_of(&read, &gradients);
        // Gradients of weights are worked out on the way, and wanted by nobody.
        let mut of_weights = GradientsParams::new();
        let d_states = self.d_read(&states, &packing, Looking::Last, d_read, &mut of_weights);
        let no_drops = vec![None; traces.len() + 1];
        let d_events = self.backward(traces, d_states, &no_drops, &mut of_weights);
        let gradients = (events * Tensor::from_inner(d_events)).sum().backward();
        Slopes {
            log_probability: log_probability.inner(),
            gradient: copy_by_copy(gradient_of(&items, &gradients), n_copies),
        }
    }
}
