//! Elman's simple recurrent network over packed sequences, forward and backward.
//!
//! Formula and shapes are those of [`Rnn`](crate::recurrent::Rnn). The inputs of all steps
//! are projected in one product; a step is one product with the recurrent weights and one pass over
//! its states; the gradients of the weights are one product each over all steps.

use super::product::{rows, rows_mut};
use super::recurrent::{LayerGradients, RecurrentKernel, Trace};
use super::recurrent::{
    add_reaching, add_recurrent, states_before, steps, transposed, weight_gradient,
};
use super::vector::in_place;
use super::{Buffer, MatrixMut, MatrixView, Onto, add_rows, product, tanh, vectorized};

/// Weights of one layer.
#[derive(Debug)]
pub(crate) struct RnnKernel {
    d_input: usize,
    d_hidden: usize,
    /// `[d_input, d_hidden]`
    w_input: Vec<f32>,
    /// `[d_hidden, d_hidden]`
    w_hidden: Vec<f32>,
    /// `[d_hidden]`
    bias: Vec<f32>,
    /// `[d_hidden, d_input]`
    w_input_back: Vec<f32>,
    /// `[d_hidden, d_hidden]`
    w_hidden_back: Vec<f32>,
}

impl RnnKernel {
    /// `w_input` `[d_input, d_hidden]`, `w_hidden` `[d_hidden, d_hidden]`, `bias` `[d_hidden]`
    pub(crate) fn new(w_input: Vec<f32>, w_hidden: Vec<f32>, bias: Vec<f32>) -> Self {
        let d_hidden = bias.len();
        Self {
            d_input: w_input.len() / d_hidden.max(1),
            d_hidden,
            w_input_back: transposed(&w_input, d_hidden),
            w_hidden_back: transposed(&w_hidden, d_hidden),
            w_input,
            w_hidden,
            bias,
        }
    }

    /// Turns the gradients of the states into those of the sums before the tanh, in place.
    fn d_sums(&self, trace: &Trace, mut d_states: Buffer, sizes: &[usize]) -> Buffer {
        let d = self.d_hidden;
        let w_back = MatrixView::new(&self.w_hidden_back, d, d);
        for step in steps(sizes).into_iter().rev() {
            let n = step.rows.len();
            let states = rows(&trace.states, step.rows.clone(), d);
            let (past, now) = d_states.split_at_mut(step.rows.start * d);
            let here = rows_mut(now, 0..n, d);
            vectorized(
                #[inline(always)]
                || {
                    in_place(
                        &mut [&mut *here],
                        [states],
                        #[inline(always)]
                        |[d_state]: [f32; 1], [state]: [f32; 1]| [d_state * (1.0 - state * state)],
                    );
                },
            );
            if let Some(before) = step.before {
                // The states before a step are later to be read with what reaches them from it.
                add_reaching(
                    rows_mut(past, before, d),
                    MatrixView::new(here, n, d),
                    w_back,
                    trace.mask.as_deref(),
                );
            }
        }
        d_states
    }
}

impl RecurrentKernel for RnnKernel {
    fn forward(&self, input: &[f32], sizes: &[usize], mask: Option<Buffer>) -> Trace {
        let (d, n_events) = (self.d_hidden, sizes.iter().sum());
        let mut states = Buffer::open(n_events * d);
        let weights = MatrixView::new(&self.w_input, self.d_input, d);
        let projected = MatrixMut::new(&mut states, n_events, d);
        product(
            projected,
            Onto::Nothing,
            MatrixView::new(input, n_events, self.d_input),
            weights,
        );

        let w_hidden = MatrixView::new(&self.w_hidden, d, d);
        for step in steps(sizes) {
            let n = step.rows.len();
            let (past, now) = states.split_at_mut(step.rows.start * d);
            let here = rows_mut(now, 0..n, d);
            if let Some(before) = step.before {
                add_recurrent(
                    MatrixMut::new(here, n, d),
                    rows(past, before, d),
                    w_hidden,
                    mask.as_deref(),
                );
            }
            vectorized(
                #[inline(always)]
                || {
                    for state in here.chunks_exact_mut(d) {
                        in_place(
                            &mut [state],
                            [&self.bias],
                            #[inline(always)]
                            |[sum]: [f32; 1], [bias]: [f32; 1]| [tanh(sum + bias)],
                        );
                    }
                },
            );
        }
        Trace {
            states,
            gates: Buffer::default(),
            memory: Buffer::default(),
            mask,
        }
    }

    fn backward(
        &self,
        input: &[f32],
        trace: Trace,
        d_states: Buffer,
        sizes: &[usize],
    ) -> LayerGradients {
        let (d, n_events) = (self.d_hidden, sizes.iter().sum());
        let first = sizes.first().copied().unwrap_or(0);
        let d_sums = self.d_sums(&trace, d_states, sizes);
        let states = states_before(&trace.states, sizes, d, trace.mask.as_deref());
        drop(trace);
        let mut d_input = Buffer::open(n_events * self.d_input);
        let w_back = MatrixView::new(&self.w_input_back, d, self.d_input);
        let out = MatrixMut::new(&mut d_input, n_events, self.d_input);
        product(
            out,
            Onto::Nothing,
            MatrixView::new(&d_sums, n_events, d),
            w_back,
        );
        let mut bias = Buffer::zeros(d);
        add_rows(&mut bias, &d_sums);
        let w_input = weight_gradient(input, self.d_input, &d_sums, d);
        let w_hidden = weight_gradient(&states, d, rows(&d_sums, first..n_events, d), d);
        LayerGradients {
            input: d_input,
            weights: vec![w_input, w_hidden, bias],
        }
    }
}
