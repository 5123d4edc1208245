//! The LSTM layer on burn's tensors.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, activation};

use super::{RecurrentLayer, beside, d_w_hidden, grown, one_minus_square, orthogonal, plain, sigmoid_slope};
use crate::model::kernel::LstmKernel;
use crate::model::random::Init;
use crate::model::weights::{on_host, register};

/// Weights of one LSTM layer (Hochreiter & Schmidhuber 1997 with forget gates, Gers et al. 2000).
///
/// ```text
/// i, f, g, o = σ, σ, tanh, σ (x · w_input + h · w_hidden + bias)
/// c' = f ∘ c + i ∘ g        h' = o ∘ tanh(c')
/// ```
/// The gates stand in PyTorch's order i, f, g, o along the last axis. Against PyTorch's `nn.LSTM`
/// the matrices are transposed, and there is one bias instead of two that are always added
/// (`bias_ih + bias_hh`): the same function with fewer numbers. Adam moves a sum of two parameters
/// twice as far as a single one, so training is not step for step PyTorch's with both biases.
#[derive(Module, Debug)]
pub(in crate::model) struct Lstm {
    /// `[d_input, 4 * d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, 4 * d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[4 * d_hidden]`
    bias: Param<Tensor<1>>,
}

/// Place of the forget gate among the four.
const FORGET: usize = 1;

/// What the backward pass needs of one step; `b` sequences run.
struct Step {
    /// Input and forget gates. `[b, 2 * d_hidden]`
    input_forget: Tensor<2>,
    /// Candidate. `[b, d_hidden]`
    candidate: Tensor<2>,
    /// Output gate. `[b, d_hidden]`
    output: Tensor<2>,
    /// Memory before the step. `[b, d_hidden]`
    memory: Tensor<2>,
    /// `tanh` of the memory after the step. `[b, d_hidden]`
    squashed: Tensor<2>,
}

/// A forward pass, kept for its backward pass.
pub(in crate::model) struct LstmTrace {
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
    d_hidden: usize,
}

impl Lstm {
    fn plain(&self) -> Plain {
        let w_hidden = plain(&self.w_hidden);
        let [d_hidden, _] = w_hidden.dims();
        Plain { w_input: plain(&self.w_input), w_hidden, bias: plain(&self.bias), d_hidden }
    }
}

impl RecurrentLayer for Lstm {
    const GATES: usize = 4;
    type Trace = LstmTrace;
    type Kernel = LstmKernel;

    fn n_params(d_input: usize, d_hidden: usize) -> usize {
        4 * d_hidden * (d_input + d_hidden + 1)
    }

    /// Input weights as Glorot & Bengio 2010 have it for each gate; recurrent weights orthogonal for
    /// each gate (Saxe et al. 2014), so that the state neither fades nor grows at first; forget
    /// bias 1 (Jozefowicz et al. 2015), so that the memory is kept at first; other biases 0.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        let bias = (0..4 * d_hidden).map(|at| f32::from(u8::from(at / d_hidden.max(1) == FORGET))).collect();
        Self {
            w_input: beside((0..4).map(|_| init.xavier(d_input, d_hidden).val()).collect()),
            w_hidden: beside((0..4).map(|_| orthogonal(d_hidden, init).val()).collect()),
            bias: init.values(bias, [4 * d_hidden]),
        }
    }

    fn states(&self, input: Tensor<2>, sizes: &[usize]) -> Tensor<2> {
        self.plain().run(input, sizes, |_| ())
    }

    fn forward(&self, input: Tensor<2>, sizes: &[usize]) -> (Tensor<2>, LstmTrace) {
        let mut steps = Vec::with_capacity(sizes.len());
        let states = self.plain().run(input.clone(), sizes, |step| steps.push(step));
        (states.clone(), LstmTrace { input, states, sizes: sizes.to_vec(), steps })
    }

    fn backward(&self, trace: LstmTrace, d_states: &Tensor<2>, gradients: &mut GradientsParams) -> Tensor<2> {
        let LstmTrace { input, states, sizes, steps } = trace;
        let weights = self.plain();
        let d_gates = weights.d_gates(steps, &sizes, d_states); // [n_events, 4 * d_hidden]
        gradients.register(self.w_input.id, input.transpose().matmul(d_gates.clone()));
        gradients.register(self.w_hidden.id, d_w_hidden(&states, &sizes, &d_gates));
        gradients.register(self.bias.id, d_gates.clone().sum_dim(0).squeeze_dim::<1>(0));
        d_gates.matmul(weights.w_input.transpose())
    }

    fn kernel(&self) -> LstmKernel {
        LstmKernel::new(on_host(&self.w_input), on_host(&self.w_hidden), on_host(&self.bias))
    }

    fn register(&self, weights: impl IntoIterator<Item = Vec<f32>>, gradients: &mut GradientsParams) {
        let mut weights = weights.into_iter();
        let mut next = || weights.next().unwrap_or_default();
        register(gradients, &self.w_input, next());
        register(gradients, &self.w_hidden, next());
        register(gradients, &self.bias, next());
    }
}

impl Plain {
    fn run(&self, input: Tensor<2>, sizes: &[usize], mut keep: impl FnMut(Step)) -> Tensor<2> {
        let d = self.d_hidden;
        let first = sizes.first().copied().unwrap_or(0);
        let projected = input.matmul(self.w_input.clone()) + self.bias.clone().unsqueeze::<2>(); // [n_events, 4d]
        let mut state = Tensor::<2>::zeros([first, d], &projected.device());
        let mut memory = state.clone();
        let mut states = Vec::with_capacity(sizes.len());
        let mut start = 0;
        for &b in sizes {
            let rows = start..start + b;
            let [before, _] = memory.dims();
            if b < before {
                state = state.slice(0..b);
                memory = memory.slice(0..b);
            }
            let gates = state.matmul(self.w_hidden.clone()) + projected.clone().slice(rows); // [b, 4d]
            let input_forget = activation::sigmoid(gates.clone().slice([0..b, 0..2 * d]));
            let candidate = gates.clone().slice([0..b, 2 * d..3 * d]).tanh();
            let output = activation::sigmoid(gates.slice([0..b, 3 * d..4 * d]));
            let i = input_forget.clone().slice([0..b, 0..d]);
            let f = input_forget.clone().slice([0..b, d..2 * d]);
            let after = f * memory.clone() + i * candidate.clone();
            let squashed = after.clone().tanh();
            state = output.clone() * squashed.clone();
            states.push(state.clone());
            keep(Step { input_forget, candidate, output, memory, squashed });
            memory = after;
            start += b;
        }
        Tensor::cat(states, 0)
    }

    /// Gradient of the gates before their activations, `[n_events, 4 * d_hidden]`.
    fn d_gates(&self, mut steps: Vec<Step>, sizes: &[usize], d_states: &Tensor<2>) -> Tensor<2> {
        let d = self.d_hidden;
        let w_back = self.w_hidden.clone().transpose();
        let mut carry: Option<(Tensor<2>, Tensor<2>)> = None;
        let mut d_gates = Vec::with_capacity(sizes.len());
        let mut end: usize = sizes.iter().sum();
        for &b in sizes.iter().rev() {
            let Some(step) = steps.pop() else { break };
            let Step { input_forget, candidate, output, memory, squashed } = step;
            let mut d_state = d_states.clone().slice(end - b..end); // [b, d]
            let mut d_memory = None;
            if let Some((state_part, memory_part)) = carry.take() {
                d_state = d_state + grown(state_part, b);
                d_memory = Some(grown(memory_part, b));
            }
            let through = d_state.clone() * output.clone() * one_minus_square(squashed.clone());
            let d_memory = match d_memory {
                Some(part) => part + through,
                None => through,
            };
            let i = input_forget.clone().slice([0..b, 0..d]);
            let f = input_forget.clone().slice([0..b, d..2 * d]);
            let d_input_forget = Tensor::cat(vec![d_memory.clone() * candidate.clone(), d_memory.clone() * memory], 1)
                * sigmoid_slope(input_forget);
            let d_candidate = d_memory.clone() * i * one_minus_square(candidate);
            let d_output = d_state * squashed * sigmoid_slope(output);
            let d_gate = Tensor::cat(vec![d_input_forget, d_candidate, d_output], 1); // [b, 4d]
            end -= b;
            if end > 0 {
                carry = Some((d_gate.clone().matmul(w_back.clone()), d_memory * f));
            }
            d_gates.push(d_gate);
        }
        d_gates.reverse();
        Tensor::cat(d_gates, 0)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::tests::{LENGTHS, assert_is_autodiff, matrix};
    use super::*;
    use crate::model::packing::Packing;

    fn layer(d_input: usize, d_hidden: usize, device: &Device) -> Lstm {
        Lstm {
            w_input: Param::from_tensor(matrix(d_input, 4 * d_hidden, 1, device)),
            w_hidden: Param::from_tensor(matrix(d_hidden, 4 * d_hidden, 2, device)),
            bias: Param::from_tensor(matrix(1, 4 * d_hidden, 3, device).squeeze_dim(0)),
        }
    }

    /// The same layer by autodiff, one sequence at a time, in packed order.
    fn by_autodiff(layer: &Lstm, input: &Tensor<2>, packing: &Packing) -> Tensor<2> {
        let [d, _] = layer.w_hidden.val().dims();
        let mut rows: Vec<Option<(Tensor<2>, Tensor<2>)>> = vec![None; LENGTHS.len()];
        let mut states = Vec::new();
        for (at, &(row, _)) in packing.places.iter().enumerate() {
            let zero = Tensor::<2>::zeros([1, d], &input.device());
            let (h, c) = rows[row].take().unwrap_or((zero.clone(), zero));
            let x = input.clone().slice(at..at + 1);
            let gates =
                x.matmul(layer.w_input.val()) + h.matmul(layer.w_hidden.val()) + layer.bias.val().unsqueeze::<2>();
            let gate = |k: usize| gates.clone().slice([0..1, k * d..(k + 1) * d]);
            let c = activation::sigmoid(gate(1)) * c + activation::sigmoid(gate(0)) * gate(2).tanh();
            let h = activation::sigmoid(gate(3)) * c.clone().tanh();
            states.push(h.clone());
            rows[row] = Some((h, c));
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
