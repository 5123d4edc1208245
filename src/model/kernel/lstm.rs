//! The LSTM over packed sequences, forward and backward.
//!
//! Formula, order of the gates and shapes are those of [`Lstm`](crate::model::recurrent::Lstm). The inputs
//! of all steps are projected in one product; a step is one product with the recurrent weights and one
//! pass over its gates; the gradients of the weights are one product each over all steps.
#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the processor's instructions")]

use super::product::{rows, rows_mut};
use super::recurrent::{LayerGradients, RecurrentKernel, Trace};
use super::recurrent::{steps, transposed, values_before, weight_gradient};
use super::vector::{sigmoids, tanhs};
use super::{Buffer, Matrix, MatrixMut, Onto, add_rows, product, tanh, vectorized};

/// Gates of an LSTM: input, forget, candidate, output.
const GATES: usize = 4;

/// Weights of one LSTM layer.
#[derive(Debug)]
pub(in crate::model) struct LstmKernel {
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
    /// `w_input` `[d_input, 4 * d_hidden]`, `w_hidden` `[d_hidden, 4 * d_hidden]`, `bias` `[4 * d_hidden]`
    pub(in crate::model) fn new(w_input: Vec<f32>, w_hidden: Vec<f32>, bias: Vec<f32>) -> Self {
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
        let Trace { mut gates, mut memory, .. } = trace;
        let (d, width) = (self.d_hidden, self.bias.len());
        let w_back = Matrix::new(&self.w_hidden_back, width, d);
        let first = sizes.first().copied().unwrap_or(0);
        let none = Buffer::zeros(first * d);
        // Gradient of each sequence's memory; 0 for those that have ended before the step.
        let mut d_memory = Buffer::zeros(first * d);
        for step in steps(sizes).into_iter().rev() {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), width);
            let numbers = here.chunks_exact_mut(width).zip(rows(&d_states, step.rows.clone(), d).chunks_exact(d));
            let (past, now) = memory.split_at_mut(step.rows.start * d);
            let before = step.before.clone().map_or(&none[..], |before| rows(past, before, d));
            let memories = before.chunks_exact(d).zip(now.chunks_exact_mut(d));
            vectorized(
                #[inline(always)]
                || {
                    let carried = d_memory.chunks_exact_mut(d);
                    for (((gates, d_state), memory), carry) in numbers.zip(memories).zip(carried) {
                        backward_row(gates, d_state, memory, carry);
                    }
                },
            );
            if let Some(before) = step.before {
                // The states before a step are later to be read with what reaches them through the gates.
                let d_before = MatrixMut::new(rows_mut(&mut d_states, before, d), n, d);
                product(d_before, Onto::Itself, Matrix::new(here, n, width), w_back);
            }
        }
        gates
    }
}

impl RecurrentKernel for LstmKernel {
    fn forward(&self, input: &[f32], sizes: &[usize]) -> Trace {
        let (d, width, n_events) = (self.d_hidden, self.bias.len(), sizes.iter().sum());
        let mut gates = Buffer::open(n_events * width);
        let weights = Matrix::new(&self.w_input, self.d_input, width);
        let projected = MatrixMut::new(&mut gates, n_events, width);
        product(projected, Onto::Nothing, Matrix::new(input, n_events, self.d_input), weights);

        let none = Buffer::zeros(sizes.first().copied().unwrap_or(0) * d);
        let (mut memory, mut states) = (Buffer::open(n_events * d), Buffer::open(n_events * d));
        let w_hidden = Matrix::new(&self.w_hidden, d, width);
        for step in steps(sizes) {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), width);
            if let Some(before) = step.before.clone() {
                let states = Matrix::new(rows(&states, before, d), n, d);
                product(MatrixMut::new(here, n, width), Onto::Itself, states, w_hidden);
            }
            let (past, now) = memory.split_at_mut(step.rows.start * d);
            let before = step.before.map_or(&none[..], |before| rows(past, before, d));
            let memories = before.chunks_exact(d).zip(now.chunks_exact_mut(d));
            let states = rows_mut(&mut states, step.rows, d).chunks_exact_mut(d);
            vectorized(
                #[inline(always)]
                || {
                    for ((gates, memory), state) in here.chunks_exact_mut(width).zip(memories).zip(states) {
                        forward_row(gates, &self.bias, memory, state);
                    }
                },
            );
        }
        Trace { states, gates, memory }
    }

    fn backward(&self, input: &[f32], mut trace: Trace, d_states: Buffer, sizes: &[usize]) -> LayerGradients {
        let (d, width, n_events) = (self.d_hidden, self.bias.len(), sizes.iter().sum());
        let first = sizes.first().copied().unwrap_or(0);
        let states = values_before(&std::mem::take(&mut trace.states), sizes, d);
        let d_gates = self.d_gates(trace, d_states, sizes);
        let mut d_input = Buffer::open(n_events * self.d_input);
        let w_back = Matrix::new(&self.w_input_back, width, self.d_input);
        let out = MatrixMut::new(&mut d_input, n_events, self.d_input);
        product(out, Onto::Nothing, Matrix::new(&d_gates, n_events, width), w_back);
        let mut bias = Buffer::zeros(width);
        add_rows(&mut bias, &d_gates);
        let w_input = weight_gradient(input, self.d_input, &d_gates, width);
        let w_hidden = weight_gradient(&states, d, rows(&d_gates, first..n_events, width), width);
        LayerGradients { input: d_input, weights: vec![w_input, w_hidden, bias] }
    }
}

// The compiler takes many numbers at once only where a loop writes to few slices that it knows to be apart;
// so a row, which stays in the nearest cache, is gone over in several short loops.

/// `gates` from sums to what they became; `memory` before and after; `state` after.
#[inline(always)]
fn forward_row(gates: &mut [f32], bias: &[f32], memory: (&[f32], &mut [f32]), state: &mut [f32]) {
    let d = state.len();
    let ([first, candidate, output], (before, after)) = (split(gates, d), memory);
    sigmoids(first, bias);
    tanhs(candidate, bias.get(2 * d..).unwrap_or(&[]));
    sigmoids(output, bias.get(3 * d..).unwrap_or(&[]));
    let (input, forget) = first.split_at(d);
    remember(after, before, (input, forget), candidate);
    for ((state, output), after) in state.iter_mut().zip(output).zip(after) {
        *state = *output * tanh(*after);
    }
}

/// The first two gates, the candidate, and the output gate of a row.
#[inline(always)]
fn split(gates: &mut [f32], d: usize) -> [&mut [f32]; 3] {
    let (first, second) = gates.split_at_mut(2 * d);
    let (candidate, output) = second.split_at_mut(d);
    [first, candidate, output]
}

#[inline(always)]
fn remember(after: &mut [f32], before: &[f32], (input, forget): (&[f32], &[f32]), candidate: &[f32]) {
    for ((((after, before), input), forget), candidate) in
        after.iter_mut().zip(before).zip(input).zip(forget).zip(candidate)
    {
        *after = forget.mul_add(*before, input * candidate);
    }
}

/// `gates` from what they became to the gradients of their sums; `memory` before and after the step, of
/// which the second is overwritten; `carry` from the gradient of the memory after the step, without the
/// state's, to that before.
#[inline(always)]
fn backward_row(gates: &mut [f32], d_state: &[f32], memory: (&[f32], &mut [f32]), carry: &mut [f32]) {
    let d = d_state.len();
    let ([first, candidate, output], (before, squashed)) = (split(gates, d), memory);
    let (input, forget) = first.split_at_mut(d);
    for value in &mut *squashed {
        *value = tanh(*value);
    }
    through_output(carry, output, d_state, squashed);
    into_candidate(input, candidate, carry);
    into_past(forget, carry, before);
}

/// The memory's gradient gets the state's share; the output gate becomes its gradient.
#[inline(always)]
fn through_output(d_memory: &mut [f32], output: &mut [f32], d_state: &[f32], squashed: &[f32]) {
    for (((d_memory, output), d_state), squashed) in d_memory.iter_mut().zip(output).zip(d_state).zip(squashed) {
        *d_memory += d_state * *output * (1.0 - squashed * squashed);
        *output = d_state * squashed * *output * (1.0 - *output);
    }
}

/// Input gate and candidate become their gradients.
#[inline(always)]
fn into_candidate(input: &mut [f32], candidate: &mut [f32], d_memory: &[f32]) {
    for ((input, candidate), d_memory) in input.iter_mut().zip(candidate).zip(d_memory) {
        let d_candidate = d_memory * *input * (1.0 - *candidate * *candidate);
        *input = d_memory * *candidate * *input * (1.0 - *input);
        *candidate = d_candidate;
    }
}

/// The forget gate becomes its gradient, the memory's gradient that of the memory before.
#[inline(always)]
fn into_past(forget: &mut [f32], d_memory: &mut [f32], before: &[f32]) {
    for ((forget, d_memory), before) in forget.iter_mut().zip(d_memory).zip(before) {
        let d_before = *d_memory * *forget;
        *forget = d_before * before * (1.0 - *forget);
        *d_memory = d_before;
    }
}
