//! The LSTM over packed sequences, forward and backward.
//!
//! Formula, order of the gates and shapes are those of [`Lstm`](crate::recurrent::Lstm). The
//! inputs of all steps are projected in one product; a step is one product with the recurrent
//! weights and one pass over its gates; the gradients of the weights are one product each over all
//! steps.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use super::product::{rows, rows_mut};
use super::recurrent::{LayerGradients, RecurrentKernel, Trace};
use super::recurrent::{
    add_reaching, add_recurrent, states_before, steps, transposed, weight_gradient,
};
use super::vector::in_place;
use super::{Buffer, MatrixMut, MatrixView, Onto, add_rows, product, sigmoid, tanh, vectorized};

/// Gates of an LSTM: input, forget, candidate, output.
const GATES: usize = 4;

/// Weights of one LSTM layer.
#[derive(Debug)]
pub(crate) struct LstmKernel {
    d_input: usize,
    d_hidden: usize,
    /// `[d_input, 4 * d_hidden]`
    w_input: Vec<f32>,
    /// `[d_hidden, 4 * d_hidden]`
    w_hidden: Vec<f32>,
    /// `[4 * d_hidden]`
    bias: Vec<f32>,
    /// `[4 * d_hidden, d_input]`
    w_input_back: Vec<f32>,
    /// `[4 * d_hidden, d_hidden]`
    w_hidden_back: Vec<f32>,
}

impl LstmKernel {
    /// `w_input` `[d_input, 4 * d_hidden]`, `w_hidden` `[d_hidden, 4 * d_hidden]`, `bias`
    /// `[4 * d_hidden]`
    pub(crate) fn new(w_input: Vec<f32>, w_hidden: Vec<f32>, bias: Vec<f32>) -> Self {
        let width = bias.len();
        Self {
            d_input: w_input.len() / width.max(1),
            d_hidden: width / GATES,
            w_input_back: transposed(&w_input, width),
            w_hidden_back: transposed(&w_hidden, width),
            w_input,
            w_hidden,
            bias,
        }
    }

    /// Turns the gates into their gradients, in place. `[n_events, 4 * d_hidden]`
    fn d_gates(&self, trace: Trace, mut d_states: Buffer, sizes: &[usize]) -> Buffer {
        let Trace {
            mut gates,
            memory,
            mask,
            ..
        } = trace;
        let (d, width) = (self.d_hidden, self.bias.len());
        let w_back = MatrixView::new(&self.w_hidden_back, width, d);
        let first = sizes.first().copied().unwrap_or(0);
        let none = Buffer::zeros(first * d);
        // Gradient of each sequence's memory; 0 for those that have ended before the step.
        let mut d_memory = Buffer::zeros(first * d);
        for step in steps(sizes).into_iter().rev() {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), width);
            let numbers = here
                .chunks_exact_mut(width)
                .zip(rows(&d_states, step.rows.clone(), d).chunks_exact(d));
            let before = step
                .before
                .clone()
                .map_or(&none[..], |before| rows(&memory, before, d));
            let memories = before
                .chunks_exact(d)
                .zip(rows(&memory, step.rows, d).chunks_exact(d));
            vectorized(
                #[inline(always)]
                || {
                    let carried = d_memory.chunks_exact_mut(d);
                    for (((gates, d_state), (before, after)), carry) in
                        numbers.zip(memories).zip(carried)
                    {
                        backward_row(gates, d_state, [before, after], carry);
                    }
                },
            );
            if let Some(before) = step.before {
                // The states before a step are later to be read with what reaches them through the
                // gates.
                let d_before = rows_mut(&mut d_states, before, d);
                add_reaching(
                    d_before,
                    MatrixView::new(here, n, width),
                    w_back,
                    mask.as_deref(),
                );
            }
        }
        gates
    }
}

impl RecurrentKernel for LstmKernel {
    fn forward(&self, input: &[f32], sizes: &[usize], mask: Option<Buffer>) -> Trace {
        let (d, width, n_events) = (self.d_hidden, self.bias.len(), sizes.iter().sum());
        let mut gates = Buffer::open(n_events * width);
        let weights = MatrixView::new(&self.w_input, self.d_input, width);
        let projected = MatrixMut::new(&mut gates, n_events, width);
        product(
            projected,
            Onto::Nothing,
            MatrixView::new(input, n_events, self.d_input),
            weights,
        );

        let none = Buffer::zeros(sizes.first().copied().unwrap_or(0) * d);
        let (mut memory, mut states) = (Buffer::open(n_events * d), Buffer::open(n_events * d));
        let w_hidden = MatrixView::new(&self.w_hidden, d, width);
        let bias: [&[f32]; GATES] = std::array::from_fn(|gate| rows(&self.bias, gate..gate + 1, d));
        for step in steps(sizes) {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), width);
            if let Some(before) = step.before.clone() {
                let out = MatrixMut::new(here, n, width);
                add_recurrent(out, rows(&states, before, d), w_hidden, mask.as_deref());
            }
            let (past, now) = memory.split_at_mut(step.rows.start * d);
            let before = step
                .before
                .map_or(&none[..], |before| rows(past, before, d));
            let memories = before.chunks_exact(d).zip(now.chunks_exact_mut(d));
            let states = rows_mut(&mut states, step.rows, d).chunks_exact_mut(d);
            vectorized(
                #[inline(always)]
                || {
                    for ((gates, (before, after)), state) in
                        here.chunks_exact_mut(width).zip(memories).zip(states)
                    {
                        forward_row(gates, &bias, before, [after, state]);
                    }
                },
            );
        }
        Trace {
            states,
            gates,
            memory,
            mask,
        }
    }

    fn backward(
        &self,
        input: &[f32],
        mut trace: Trace,
        d_states: Buffer,
        sizes: &[usize],
    ) -> LayerGradients {
        let (d, width, n_events) = (self.d_hidden, self.bias.len(), sizes.iter().sum());
        let first = sizes.first().copied().unwrap_or(0);
        let states = states_before(
            &std::mem::take(&mut trace.states),
            sizes,
            d,
            trace.mask.as_deref(),
        );
        let d_gates = self.d_gates(trace, d_states, sizes);
        let mut d_input = Buffer::open(n_events * self.d_input);
        let w_back = MatrixView::new(&self.w_input_back, width, self.d_input);
        let out = MatrixMut::new(&mut d_input, n_events, self.d_input);
        product(
            out,
            Onto::Nothing,
            MatrixView::new(&d_gates, n_events, width),
            w_back,
        );
        let mut bias = Buffer::zeros(width);
        add_rows(&mut bias, &d_gates);
        let w_input = weight_gradient(input, self.d_input, &d_gates, width);
        let w_hidden = weight_gradient(&states, d, rows(&d_gates, first..n_events, width), width);
        LayerGradients {
            input: d_input,
            weights: vec![w_input, w_hidden, bias],
        }
    }
}

/// The parts of a row, each as long as the state.
#[inline(always)]
fn gates_of(row: &mut [f32]) -> [&mut [f32]; GATES] {
    let (first, second) = row.split_at_mut(row.len() / 2);
    let (input, forget) = first.split_at_mut(first.len() / 2);
    let (candidate, output) = second.split_at_mut(second.len() / 2);
    [input, forget, candidate, output]
}

/// `gates` from sums to what they became; memory before the step; memory and state after it.
#[inline(always)]
fn forward_row(
    gates: &mut [f32],
    bias: &[&[f32]; GATES],
    before: &[f32],
    [after, state]: [&mut [f32]; 2],
) {
    let ([i, f, g, o], [b_i, b_f, b_g, b_o]) = (gates_of(gates), *bias);
    in_place(
        &mut [i, f, g, o, after, state],
        [b_i, b_f, b_g, b_o, before],
        #[inline(always)]
        |[i, f, g, o, _, _]: [f32; 6], [b_i, b_f, b_g, b_o, before]: [f32; 5]| {
            let [i, f, g, o] = [
                sigmoid(i + b_i),
                sigmoid(f + b_f),
                tanh(g + b_g),
                sigmoid(o + b_o),
            ];
            let after = f.mul_add(before, i * g);
            [i, f, g, o, after, o * tanh(after)]
        },
    );
}

/// `gates` from what they became to the gradients of their sums; `memory` before and after the
/// step; `carry` from the gradient of the memory after the step, without the state's, to that
/// before.
#[inline(always)]
fn backward_row(gates: &mut [f32], d_state: &[f32], memory: [&[f32]; 2], carry: &mut [f32]) {
    let [i, f, g, o] = gates_of(gates);
    in_place(
        &mut [i, f, g, o, carry],
        [d_state, memory[0], memory[1]],
        #[inline(always)]
        |[i, f, g, o, carry]: [f32; 5], [d_state, before, after]: [f32; 3]| {
            let squashed = tanh(after);
            let d_memory = (d_state * o).mul_add(1.0 - squashed * squashed, carry);
            let d_input = d_memory * g * i * (1.0 - i);
            let d_forget = d_memory * before * f * (1.0 - f);
            let d_candidate = d_memory * i * (1.0 - g * g);
            let d_output = d_state * squashed * o * (1.0 - o);
            [d_input, d_forget, d_candidate, d_output, d_memory * f]
        },
    );
}
