//! The GRU layer on burn's tensors.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, activation};

use super::{RecurrentLayer, beside, d_w_hidden, grown, one_minus_square, orthogonal, plain, sigmoid_slope};
use crate::model::kernel::GruKernel;
use crate::model::random::Init;
use crate::model::weights::{on_host, register};

/// Weights of one GRU layer (Cho et al. 2014), in the form of cuDNN and PyTorch, where the reset gate
/// acts after the recurrent product instead of before it.
///
/// ```text
/// r, z = σ (x · w_input + h · w_hidden + bias)
/// n = tanh (x · w_input + bias + r ∘ (h · w_hidden + bias_hidden))
/// h' = (1 − z) ∘ n + z ∘ h
/// ```
/// The gates stand in PyTorch's order r, z, n along the last axis. Against PyTorch's `nn.GRU` the
/// matrices are transposed, and r and z have one bias instead of two that are always added; for n the
/// second is needed, since r stands between them. In Cho et al. z and 1 − z change places.
#[derive(Module, Debug)]
pub(in crate::model) struct Gru {
    /// `[d_input, 3 * d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, 3 * d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[3 * d_hidden]`
    bias: Param<Tensor<1>>,
    /// `[d_hidden]`
    bias_hidden: Param<Tensor<1>>,
}

/// What the backward pass needs of one step; `b` sequences run.
struct Step {
    /// Reset and update gates. `[b, 2 * d_hidden]`
    reset_update: Tensor<2>,
    /// Candidate. `[b, d_hidden]`
    candidate: Tensor<2>,
    /// Recurrent part of the candidate before the reset gate. `[b, d_hidden]`
    recurrent: Tensor<2>,
    /// State before the step. `[b, d_hidden]`
    before: Tensor<2>,
}

/// A forward pass, kept for its backward pass.
pub(in crate::model) struct GruTrace {
    input: Tensor<2>,
    states: Tensor<2>,
    sizes: Vec<usize>,
    steps: Vec<Step>,
}

/// The layer's weights without autodiff, and the width of its state.
struct Plain {
    w_input: Tensor<2>,
    w_hidden: Tensor<2>,
    bias: Tensor<1>,
    bias_hidden: Tensor<1>,
    d_hidden: usize,
}

impl Gru {
    fn plain(&self) -> Plain {
        let bias_hidden = plain(&self.bias_hidden);
        let [d_hidden] = bias_hidden.dims();
        let (w_input, w_hidden) = (plain(&self.w_input), plain(&self.w_hidden));
        Plain { w_input, w_hidden, bias: plain(&self.bias), bias_hidden, d_hidden }
    }
}

impl RecurrentLayer for Gru {
    const GATES: usize = 3;
    type Trace = GruTrace;
    type Kernel = GruKernel;

    fn n_params(d_input: usize, d_hidden: usize) -> usize {
        3 * d_hidden * (d_input + d_hidden + 1) + d_hidden
    }

    /// Recurrent weights orthogonal for each gate, as Cho et al. 2014 have it (after Saxe et al. 2014);
    /// input weights after Glorot & Bengio 2010 for each gate, as the LSTM's, where they draw
    /// N(0, 0.01²); biases 0.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        Self {
            w_input: beside((0..3).map(|_| init.xavier(d_input, d_hidden).val()).collect()),
            w_hidden: beside((0..3).map(|_| orthogonal(d_hidden, init).val()).collect()),
            bias: init.constant(0.0, [3 * d_hidden]),
            bias_hidden: init.constant(0.0, [d_hidden]),
        }
    }

    fn states(&self, input: Tensor<2>, sizes: &[usize]) -> Tensor<2> {
        self.plain().run(input, sizes, |_| ())
    }

    fn forward(&self, input: Tensor<2>, sizes: &[usize]) -> (Tensor<2>, GruTrace) {
        let mut steps = Vec::with_capacity(sizes.len());
        let states = self.plain().run(input.clone(), sizes, |step| steps.push(step));
        (states.clone(), GruTrace { input, states, sizes: sizes.to_vec(), steps })
    }

    fn backward(&self, trace: GruTrace, d_states: &Tensor<2>, gradients: &mut GradientsParams) -> Tensor<2> {
        let GruTrace { input, states, sizes, steps } = trace;
        let weights = self.plain();
        let d = weights.d_hidden;
        let (d_input, d_recurrent) = weights.d_gates(steps, &sizes, d_states); // both [n_events, 3 * d_hidden]
        let d_bias_hidden = d_recurrent.clone().slice_dim(1, 2 * d..3 * d).sum_dim(0);
        gradients.register(self.w_input.id, input.transpose().matmul(d_input.clone()));
        gradients.register(self.w_hidden.id, d_w_hidden(&states, &sizes, &d_recurrent));
        gradients.register(self.bias.id, d_input.clone().sum_dim(0).squeeze_dim::<1>(0));
        gradients.register(self.bias_hidden.id, d_bias_hidden.squeeze_dim::<1>(0));
        d_input.matmul(weights.w_input.transpose())
    }

    fn kernel(&self) -> GruKernel {
        let (w_input, bias) = (on_host(&self.w_input), on_host(&self.bias));
        GruKernel::new(&w_input, on_host(&self.w_hidden), &bias, on_host(&self.bias_hidden))
    }

    fn register(&self, weights: impl IntoIterator<Item = Vec<f32>>, gradients: &mut GradientsParams) {
        let mut weights = weights.into_iter();
        let mut next = || weights.next().unwrap_or_default();
        register(gradients, &self.w_input, next());
        register(gradients, &self.w_hidden, next());
        register(gradients, &self.bias, next());
        register(gradients, &self.bias_hidden, next());
    }
}

impl Plain {
    fn run(&self, input: Tensor<2>, sizes: &[usize], mut keep: impl FnMut(Step)) -> Tensor<2> {
        let d = self.d_hidden;
        let first = sizes.first().copied().unwrap_or(0);
        let projected = input.matmul(self.w_input.clone()) + self.bias.clone().unsqueeze::<2>(); // [n_events, 3d]
        let bias_hidden = self.bias_hidden.clone().unsqueeze::<2>(); // [1, d]
        let mut state = Tensor::<2>::zeros([first, d], &projected.device());
        let mut states = Vec::with_capacity(sizes.len());
        let mut start = 0;
        for &b in sizes {
            let x = projected.clone().slice(start..start + b); // [b, 3d]
            let before = if state.dims()[0] > b { state.slice(0..b) } else { state };
            let h = before.clone().matmul(self.w_hidden.clone()); // [b, 3d]
            let reset_update =
                activation::sigmoid(x.clone().slice([0..b, 0..2 * d]) + h.clone().slice([0..b, 0..2 * d]));
            let recurrent = h.slice([0..b, 2 * d..3 * d]) + bias_hidden.clone();
            let reset = reset_update.clone().slice([0..b, 0..d]);
            let update = reset_update.clone().slice([0..b, d..2 * d]);
            let candidate = (x.slice([0..b, 2 * d..3 * d]) + reset * recurrent.clone()).tanh();
            state = candidate.clone() + update * (before.clone() - candidate.clone());
            states.push(state.clone());
            keep(Step { reset_update, candidate, recurrent, before });
            start += b;
        }
        Tensor::cat(states, 0)
    }

    /// Gradients of the gates before their activations, `[n_events, 3 * d_hidden]`: for the input, and
    /// for the state, which the reset gate keeps apart in the candidate.
    fn d_gates(&self, mut steps: Vec<Step>, sizes: &[usize], d_states: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let d = self.d_hidden;
        let w_back = self.w_hidden.clone().transpose();
        let mut carry: Option<Tensor<2>> = None;
        let (mut d_input, mut d_recurrent) = (Vec::with_capacity(sizes.len()), Vec::with_capacity(sizes.len()));
        let mut end: usize = sizes.iter().sum();
        for &b in sizes.iter().rev() {
            let Some(Step { reset_update, candidate, recurrent, before }) = steps.pop() else { break };
            let mut d_state = d_states.clone().slice(end - b..end); // [b, d]
            if let Some(part) = carry.take() {
                d_state = d_state + grown(part, b);
            }
            let reset = reset_update.clone().slice([0..b, 0..d]);
            let update = reset_update.clone().slice([0..b, d..2 * d]);
            let kept = d_state.clone() * update.clone();
            let d_candidate = (d_state.clone() - kept.clone()) * one_minus_square(candidate.clone());
            let d_reset = d_candidate.clone() * recurrent;
            let d_gates = Tensor::cat(vec![d_reset, d_state * (before - candidate)], 1) * sigmoid_slope(reset_update); // [b, 2d]
            let d_h = Tensor::cat(vec![d_gates.clone(), d_candidate.clone() * reset], 1); // [b, 3d]
            end -= b;
            if end > 0 {
                carry = Some(d_h.clone().matmul(w_back.clone()) + kept);
            }
            d_input.push(Tensor::cat(vec![d_gates, d_candidate], 1));
            d_recurrent.push(d_h);
        }
        d_input.reverse();
        d_recurrent.reverse();
        (Tensor::cat(d_input, 0), Tensor::cat(d_recurrent, 0))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::tests::{LENGTHS, assert_is_autodiff, matrix};
    use super::*;
    use crate::model::packing::Packing;

    fn layer(d_input: usize, d_hidden: usize, device: &Device) -> Gru {
        Gru {
            w_input: Param::from_tensor(matrix(d_input, 3 * d_hidden, 1, device)),
            w_hidden: Param::from_tensor(matrix(d_hidden, 3 * d_hidden, 2, device)),
            bias: Param::from_tensor(matrix(1, 3 * d_hidden, 3, device).squeeze_dim(0)),
            bias_hidden: Param::from_tensor(matrix(1, d_hidden, 6, device).squeeze_dim(0)),
        }
    }

    /// The same layer by autodiff, one sequence at a time, in packed order.
    fn by_autodiff(layer: &Gru, input: &Tensor<2>, packing: &Packing) -> Tensor<2> {
        let [d, _] = layer.w_hidden.val().dims();
        let mut rows: Vec<Option<Tensor<2>>> = vec![None; LENGTHS.len()];
        let mut states = Vec::new();
        for (at, &(row, _)) in packing.places.iter().enumerate() {
            let h = rows[row].take().unwrap_or_else(|| Tensor::<2>::zeros([1, d], &input.device()));
            let x = input.clone().slice(at..at + 1).matmul(layer.w_input.val()) + layer.bias.val().unsqueeze::<2>();
            let w = h.clone().matmul(layer.w_hidden.val());
            let gate = |from: &Tensor<2>, k: usize| from.clone().slice([0..1, k * d..(k + 1) * d]);
            let reset = activation::sigmoid(gate(&x, 0) + gate(&w, 0));
            let update = activation::sigmoid(gate(&x, 1) + gate(&w, 1));
            let candidate = (gate(&x, 2) + reset * (gate(&w, 2) + layer.bias_hidden.val().unsqueeze::<2>())).tanh();
            let h = (update.clone().neg() + 1.0) * candidate + update * h;
            states.push(h.clone());
            rows[row] = Some(h);
        }
        Tensor::cat(states, 0)
    }

    #[test]
    fn written_out_gradients_and_the_kernel_are_autodiff() {
        for (d_input, d_hidden) in [(3, 4), (5, 19), (16, 32)] {
            let layer = layer(d_input, d_hidden, &Device::flex().autodiff());
            let states = |input: &Tensor<2>, packing: &Packing| by_autodiff(&layer, input, packing);
            assert_is_autodiff(&layer, d_input, states);
        }
    }
}
