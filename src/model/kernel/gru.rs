//! The GRU over packed sequences, forward and backward.
//!
//! Formula, order of the gates and shapes of the weights are those of
//! [`Gru`](crate::recurrent::Gru). Here an event has four numbers a unit, in the order
//!
//! ```text
//! candidate | reset | update | recurrent part of the candidate
//! ```
//! so that the first three are what the input is multiplied into, and the last three what the state
//! is: each of the two products is one, over neighbouring columns, and so are those of the backward
//! pass.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use super::product::{rows, rows_mut};
use super::recurrent::{LayerGradients, RecurrentKernel, Trace};
use super::recurrent::{add_reaching, add_recurrent, states_before, steps, transposed};
use super::vector::in_place;
use super::{Buffer, MatrixMut, MatrixView, Onto, add_rows, product, sigmoid, tanh, vectorized};

/// Weights of one GRU layer, its `d_hidden` units written as `d` below.
#[derive(Debug)]
pub(crate) struct GruKernel {
    d_input: usize,
    d_hidden: usize,
    /// Candidate, reset, update. `[d_input, 3d]`
    w_input: Vec<f32>,
    /// Reset, update, candidate. `[d, 3d]`
    w_hidden: Vec<f32>,
    /// Candidate, reset, update. `[3d]`
    bias: Vec<f32>,
    /// Bias of the recurrent part of the candidate. `[d]`
    bias_hidden: Vec<f32>,
    /// `[3d, d_input]`
    w_input_back: Vec<f32>,
    /// `[3d, d]`
    w_hidden_back: Vec<f32>,
}

impl GruKernel {
    /// Gates in the order reset, update, candidate: `w_input` `[d_input, 3d]`, `w_hidden`
    /// `[d, 3d]`, `bias` `[3d]`, `bias_hidden` `[d]`.
    pub(crate) fn new(
        w_input: &[f32],
        w_hidden: Vec<f32>,
        bias: &[f32],
        bias_hidden: Vec<f32>,
    ) -> Self {
        let (d, width) = (bias_hidden.len(), bias.len());
        let w_input = candidate_first(w_input, d);
        Self {
            d_input: w_input.len() / width.max(1),
            d_hidden: d,
            w_input_back: transposed(&w_input, width),
            w_hidden_back: transposed(&w_hidden, width),
            w_input,
            w_hidden,
            bias: candidate_first(bias, d),
            bias_hidden,
        }
    }

    /// Turns the gates into their gradients, in place. `[n_events, 4d]`
    fn d_gates(&self, trace: &mut Trace, mut d_states: Buffer, sizes: &[usize]) -> Buffer {
        let d = self.d_hidden;
        let mut gates = std::mem::take(&mut trace.gates);
        let (states, mask) = (&trace.states, trace.mask.as_deref());
        let w_back = MatrixView::new(&self.w_hidden_back, 3 * d, d);
        let first = sizes.first().copied().unwrap_or(0);
        let none = Buffer::zeros(first * d);
        let mut nowhere = Buffer::zeros(first * d);
        for step in steps(sizes).into_iter().rev() {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), 4 * d);
            let (past, now) = d_states.split_at_mut(step.rows.start * d);
            let (before, d_before) = match step.before.clone() {
                Some(before) => (rows(states, before.clone(), d), rows_mut(past, before, d)),
                None => (&none[..], &mut nowhere[..]),
            };
            let pairs = before.chunks_exact(d).zip(d_before.chunks_exact_mut(d));
            vectorized(
                #[inline(always)]
                || {
                    let gates = here.chunks_exact_mut(4 * d).zip(now.chunks_exact(d));
                    for ((gates, d_state), (before, d_before)) in gates.zip(pairs) {
                        backward_row(gates, d_state, before, d_before);
                    }
                },
            );
            if let Some(before) = step.before {
                let recurrent =
                    MatrixView::with_stride(here.get(d..).unwrap_or(&[]), n, 3 * d, 4 * d);
                add_reaching(rows_mut(past, before, d), recurrent, w_back, mask);
            }
        }
        gates
    }
}

impl RecurrentKernel for GruKernel {
    fn forward(&self, input: &[f32], sizes: &[usize], mask: Option<Buffer>) -> Trace {
        let (d, n_events) = (self.d_hidden, sizes.iter().sum());
        let mut gates = Buffer::open(n_events * 4 * d);
        let weights = MatrixView::new(&self.w_input, self.d_input, 3 * d);
        let projected = MatrixMut::with_stride(&mut gates, n_events, 3 * d, 4 * d);
        product(
            projected,
            Onto::Nothing,
            MatrixView::new(input, n_events, self.d_input),
            weights,
        );

        let none = Buffer::zeros(sizes.first().copied().unwrap_or(0) * d);
        let mut states = Buffer::open(n_events * d);
        let w_hidden = MatrixView::new(&self.w_hidden, d, 3 * d);
        let bias: [&[f32]; 3] = std::array::from_fn(|gate| rows(&self.bias, gate..gate + 1, d));
        for step in steps(sizes) {
            let n = step.rows.len();
            let here = rows_mut(&mut gates, step.rows.clone(), 4 * d);
            here.chunks_exact_mut(4 * d)
                .for_each(|row| row[3 * d..].copy_from_slice(&self.bias_hidden));
            let (past, now) = states.split_at_mut(step.rows.start * d);
            let before = step
                .before
                .clone()
                .map_or(&none[..], |before| rows(past, before, d));
            if step.before.is_some() {
                let recurrent =
                    MatrixMut::with_stride(here.get_mut(d..).unwrap_or(&mut []), n, 3 * d, 4 * d);
                add_recurrent(recurrent, before, w_hidden, mask.as_deref());
            }
            vectorized(
                #[inline(always)]
                || {
                    let states = before.chunks_exact(d).zip(now.chunks_exact_mut(d));
                    for (gates, (before, after)) in here.chunks_exact_mut(4 * d).zip(states) {
                        forward_row(gates, &bias, before, after);
                    }
                },
            );
        }
        Trace {
            states,
            gates,
            memory: Buffer::default(),
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
        let (d, d_input, n_events) = (self.d_hidden, self.d_input, sizes.iter().sum());
        let first = sizes.first().copied().unwrap_or(0);
        let d_gates = self.d_gates(&mut trace, d_states, sizes);
        let before = states_before(&trace.states, sizes, d, trace.mask.as_deref());
        drop(trace);
        let columns = |from: usize, n: usize| {
            MatrixView::with_stride(d_gates.get(from..).unwrap_or(&[]), n_events, n, 4 * d)
        };

        let mut d_x = Buffer::open(n_events * d_input);
        let w_back = MatrixView::new(&self.w_input_back, 3 * d, d_input);
        product(
            MatrixMut::new(&mut d_x, n_events, d_input),
            Onto::Nothing,
            columns(0, 3 * d),
            w_back,
        );

        let mut w_input = Buffer::open(d_input * 3 * d);
        let input = MatrixView::new(input, n_events, d_input).transposed();
        product(
            MatrixMut::with_stride(&mut w_input, d_input, 2 * d, 3 * d),
            Onto::Nothing,
            input,
            columns(d, 2 * d),
        );
        let candidate = w_input.get_mut(2 * d..).unwrap_or(&mut []);
        product(
            MatrixMut::with_stride(candidate, d_input, d, 3 * d),
            Onto::Nothing,
            input,
            columns(0, d),
        );

        let mut w_hidden = Buffer::open(d * 3 * d);
        let later = rows(&d_gates, first..n_events, 4 * d);
        let recurrent = MatrixView::with_stride(
            later.get(d..).unwrap_or(&[]),
            n_events - first,
            3 * d,
            4 * d,
        );
        let before = MatrixView::new(&before, n_events - first, d).transposed();
        product(
            MatrixMut::new(&mut w_hidden, d, 3 * d),
            Onto::Nothing,
            before,
            recurrent,
        );

        let mut sums = Buffer::zeros(4 * d);
        add_rows(&mut sums, &d_gates);
        let (mut bias, mut bias_hidden) = (Buffer::open(3 * d), Buffer::open(d));
        bias[..2 * d].copy_from_slice(&sums[d..3 * d]);
        bias[2 * d..].copy_from_slice(&sums[..d]);
        bias_hidden.copy_from_slice(&sums[3 * d..]);
        LayerGradients {
            input: d_x,
            weights: vec![w_input, w_hidden, bias, bias_hidden],
        }
    }
}

/// Each row from reset, update, candidate to candidate, reset, update.
fn candidate_first(values: &[f32], d: usize) -> Vec<f32> {
    let mut values = values.to_vec();
    values
        .chunks_exact_mut((3 * d).max(1))
        .for_each(|row| row.rotate_right(d));
    values
}

/// The four parts of a row.
#[inline(always)]
fn parts_of(row: &mut [f32]) -> [&mut [f32]; 4] {
    let (first, second) = row.split_at_mut(row.len() / 2);
    let (candidate, reset) = first.split_at_mut(first.len() / 2);
    let (update, recurrent) = second.split_at_mut(second.len() / 2);
    [candidate, reset, update, recurrent]
}

/// `gates` from sums to what they became, but for the recurrent part of the candidate, which stays
/// a sum; then the state before and after.
#[inline(always)]
fn forward_row(gates: &mut [f32], bias: &[&[f32]; 3], before: &[f32], after: &mut [f32]) {
    let ([n, r, z, h], [b_n, b_r, b_z]) = (parts_of(gates), *bias);
    in_place(
        &mut [n, r, z, h, after],
        [b_n, b_r, b_z, before],
        #[inline(always)]
        |[n, r, z, h, _]: [f32; 5], [b_n, b_r, b_z, before]: [f32; 4]| {
            let [r, z] = [sigmoid(r + b_r), sigmoid(z + b_z)];
            let n = tanh(r.mul_add(h, n + b_n));
            [n, r, z, h, z.mul_add(before - n, n)]
        },
    );
}

/// `gates` from what they became to the gradients of the sums; then the state before, and its
/// gradient, to which what does not go through the gates is added.
#[inline(always)]
fn backward_row(gates: &mut [f32], d_state: &[f32], before: &[f32], d_before: &mut [f32]) {
    let [n, r, z, h] = parts_of(gates);
    in_place(
        &mut [n, r, z, h, d_before],
        [d_state, before],
        #[inline(always)]
        |[n, r, z, h, d_before]: [f32; 5], [d_state, before]: [f32; 2]| {
            let d_candidate = d_state * (1.0 - z) * (1.0 - n * n);
            let d_update = d_state * (before - n) * z * (1.0 - z);
            let d_recurrent = d_candidate * r;
            [
                d_candidate,
                d_recurrent * h * (1.0 - r),
                d_update,
                d_recurrent,
                d_state.mul_add(z, d_before),
            ]
        },
    );
}
