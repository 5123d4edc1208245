//! An LSTM cell that automatic differentiation follows through a few dozen steps.
//!
//! The layers of [`recurrent`](crate::recurrent) have their gradients written out for known
//! inputs. Here the input of a step is a mixture that the step before has made, and the gradient
//! goes through it.

use burn::module::{Module, Param};
use burn::prelude::*;
use burn::tensor::activation::sigmoid;

use crate::random::Init;

/// The weights of a cell (Hochreiter & Schmidhuber 1997 with forget gates, Gers et al. 2000).
///
/// The gates stand in PyTorch's order i, f, g, o along the last axis, with one bias.
#[derive(Module, Debug)]
pub(super) struct GanCell {
    /// `[d_input, 4 * d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, 4 * d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[4 * d_hidden]`
    bias: Param<Tensor<1>>,
}

/// State that a cell carries from step to step.
#[derive(Clone, Debug)]
pub(super) struct GanState {
    /// `[n_rows, d_hidden]`
    pub(super) output: Tensor<2>,
    /// `[n_rows, d_hidden]`
    memory: Tensor<2>,
}

impl GanCell {
    /// Input and recurrent weights as Glorot & Bengio 2010 have it, forget bias 1 (Jozefowicz et
    /// al. 2015).
    pub(super) fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        let mut beside = |d_in: usize| {
            let gates = (0..4).map(|_| init.xavier(d_in, d_hidden).val()).collect();
            Param::from_tensor(Tensor::cat(gates, 1).detach())
        };
        let (w_input, w_hidden) = (beside(d_input), beside(d_hidden));
        let bias = (0..4 * d_hidden)
            .map(|at| f32::from(u8::from(at / d_hidden.max(1) == 1)))
            .collect();
        Self {
            w_input,
            w_hidden,
            bias: init.values(bias, [4 * d_hidden]),
        }
    }

    /// Nothing seen yet.
    pub(super) fn start(&self, n_rows: usize) -> GanState {
        let weights = self.w_hidden.val();
        let zeros = Tensor::zeros([n_rows, weights.dims()[0]], &weights.device());
        GanState {
            output: zeros.clone(),
            memory: zeros,
        }
    }

    /// One step. `input` `[n_rows, d_input]`
    pub(super) fn step(&self, input: Tensor<2>, state: GanState) -> GanState {
        let gates = input.matmul(self.w_input.val()) + state.output.matmul(self.w_hidden.val());
        let gates = gates + self.bias.val().unsqueeze::<2>(); // [n_rows, 4 * d_hidden]
        let d = gates.dims()[1] / 4;
        let gate = |at: usize| gates.clone().slice_dim(1, at * d..(at + 1) * d); // [n_rows, d_hidden]
        let memory = sigmoid(gate(1)) * state.memory + sigmoid(gate(0)) * gate(2).tanh();
        GanState {
            output: sigmoid(gate(3)) * memory.clone().tanh(),
            memory,
        }
    }
}
