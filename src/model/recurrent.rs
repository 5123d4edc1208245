//! One LSTM layer over packed sequences, with back-propagation through time written out.
//!
//! Autodiff through the recurrence costs O(T²) (the backward of every slice fills the whole
//! source), so the recurrence runs on plain tensors: the inputs of all steps are projected in one
//! product, and the weight gradients of all steps are one product each. On burn's CPU backend this
//! is about 2.5 times faster than `nn::Lstm`.
//!
//! Sequences of different length are [packed](super::packing::Packing): padding does not exist here, costs nothing
//! and cannot touch the state.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand_distr::{Distribution as _, StandardNormal};

use super::random::Init;

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
pub(super) struct Lstm {
    /// `[d_input, 4 * d_hidden]`
    pub(super) w_input: Param<Tensor<2>>,
    /// `[d_hidden, 4 * d_hidden]`
    pub(super) w_hidden: Param<Tensor<2>>,
    /// `[4 * d_hidden]`
    pub(super) bias: Param<Tensor<1>>,
}

/// Place of the forget gate among the four.
const FORGET: usize = 1;

/// Gradients of [`Lstm`], and of its input.
pub(super) struct LstmGradients {
    /// `[d_input, 4 * d_hidden]`
    pub(super) w_input: Tensor<2>,
    /// `[d_hidden, 4 * d_hidden]`
    pub(super) w_hidden: Tensor<2>,
    /// `[4 * d_hidden]`
    pub(super) bias: Tensor<1>,
    /// `[n_events, d_input]`
    pub(super) input: Tensor<2>,
}

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
pub(super) struct LstmTrace {
    input: Tensor<2>,
    states: Tensor<2>,
    sizes: Vec<usize>,
    steps: Vec<Step>,
}

impl LstmTrace {
    /// State after each event, in packed order. `[n_events, d_hidden]`
    pub(super) fn states(&self) -> Tensor<2> {
        self.states.clone()
    }
}

/// The layer's weights without autodiff, and the width of its state.
struct Plain {
    w_input: Tensor<2>,
    w_hidden: Tensor<2>,
    bias: Tensor<1>,
    d_hidden: usize,
}

/// A parameter's value without autodiff.
pub(super) fn plain<const D: usize>(param: &Param<Tensor<D>>) -> Tensor<D> {
    param.val().without_autodiff()
}

impl Lstm {
    /// Input weights as Glorot & Bengio 2010 have it for each gate; recurrent weights orthogonal for
    /// each gate (Saxe et al. 2014), so that the state neither fades nor grows at first; forget
    /// bias 1 (Jozefowicz et al. 2015), so that the memory is kept at first; other biases 0.
    pub(super) fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        let beside = |gates: Vec<Tensor<2>>| Param::from_tensor(Tensor::cat(gates, 1).detach());
        let bias = (0..4 * d_hidden).map(|at| f32::from(u8::from(at / d_hidden.max(1) == FORGET))).collect();
        Self {
            w_input: beside((0..4).map(|_| init.xavier(d_input, d_hidden).val()).collect()),
            w_hidden: beside((0..4).map(|_| orthogonal(d_hidden, init).val()).collect()),
            bias: init.values(bias, [4 * d_hidden]),
        }
    }

    fn plain(&self) -> Plain {
        let w_hidden = plain(&self.w_hidden);
        let [d_hidden, _] = w_hidden.dims();
        Plain { w_input: plain(&self.w_input), w_hidden, bias: plain(&self.bias), d_hidden }
    }

    /// State after each event, `[n_events, d_hidden]`, from inputs in packed order,
    /// `[n_events, d_input]` with at least one event. No autodiff; nothing is kept.
    pub(super) fn states(&self, input: Tensor<2>, sizes: &[usize]) -> Tensor<2> {
        self.plain().run(input, sizes, |_| ())
    }

    /// As [`Lstm::states`], with what [`Lstm::backward`] needs.
    pub(super) fn forward(&self, input: Tensor<2>, sizes: &[usize]) -> LstmTrace {
        let mut steps = Vec::with_capacity(sizes.len());
        let states = self.plain().run(input.clone(), sizes, |step| steps.push(step));
        LstmTrace { input, states, sizes: sizes.to_vec(), steps }
    }

    /// Gradients from the gradient of each state, `d_states` `[n_events, d_hidden]`.
    pub(super) fn backward(&self, trace: LstmTrace, d_states: &Tensor<2>) -> LstmGradients {
        let LstmTrace { input, states, sizes, steps } = trace;
        let weights = self.plain();
        let d_gates = weights.d_gates(steps, &sizes, d_states); // [n_events, 4 * d_hidden]
        LstmGradients {
            w_input: input.transpose().matmul(d_gates.clone()),
            w_hidden: weights.d_w_hidden(&states, &sizes, &d_gates),
            bias: d_gates.clone().sum_dim(0).squeeze_dim(0),
            input: d_gates.matmul(weights.w_input.transpose()),
        }
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

    /// The state before a step is the one after the step before; before the first it is zero and
    /// adds nothing.
    fn d_w_hidden(&self, states: &Tensor<2>, sizes: &[usize], d_gates: &Tensor<2>) -> Tensor<2> {
        let [n_events, width] = d_gates.dims();
        let first = sizes.first().copied().unwrap_or(0);
        if first == n_events {
            return Tensor::zeros([self.d_hidden, width], &d_gates.device());
        }
        let mut start = 0;
        let before = sizes
            .windows(2)
            .map(|pair| {
                let rows = start..start + pair[1];
                start += pair[0];
                states.clone().slice(rows)
            })
            .collect();
        Tensor::cat(before, 0).transpose().matmul(d_gates.clone().slice(first..n_events))
    }
}

/// A random orthogonal matrix: normal rows made orthonormal one after another (Gram–Schmidt, twice
/// over, since the first pass leaves rounding errors where little of a row remains).
fn orthogonal(d: usize, init: &mut Init) -> Param<Tensor<2>> {
    let mut generator = init.generator();
    let drawn: Vec<f32> = (0..d * d).map(|_| StandardNormal.sample(&mut generator)).collect();
    let drawn = Tensor::<2>::from_data(TensorData::new(drawn, [d, d]), &Device::flex());
    let mut rows = drawn.zeros_like();
    for at in 0..d {
        let mut row = drawn.clone().slice(at..=at); // [1, d]
        for _ in 0..2 {
            row = row.clone() - row.matmul(rows.clone().transpose()).matmul(rows.clone());
        }
        let norm = (row.clone() * row.clone()).sum_dim(1).sqrt(); // [1, 1]
        rows = rows.slice_assign(at..=at, row / norm);
    }
    init.values(rows.into_data().iter().collect(), [d, d])
}

/// `rows` followed by rows of zeros up to `n_rows`: the sequences that ended before.
fn grown(rows: Tensor<2>, n_rows: usize) -> Tensor<2> {
    let [n, width] = rows.dims();
    if n == n_rows {
        return rows;
    }
    let zeros = Tensor::zeros([n_rows - n, width], &rows.device());
    Tensor::cat(vec![rows, zeros], 0)
}

/// `1 − y²`, the slope of `y = tanh(x)`.
fn one_minus_square(y: Tensor<2>) -> Tensor<2> {
    (y.clone() * y).neg().add_scalar(1.0)
}

/// `y (1 − y)`, the slope of `y = σ(x)`.
fn sigmoid_slope(y: Tensor<2>) -> Tensor<2> {
    y.clone().neg().add_scalar(1.0) * y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::packing::Packing;

    const LENGTHS: [usize; 5] = [2, 0, 5, 1, 5];

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + 1) * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    fn matrix(rows: usize, columns: usize, seed: usize, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(numbers(rows * columns, seed), [rows, columns]), device)
    }

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

    fn distance<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
        let largest: f32 = b.clone().abs().max().into_scalar();
        (a - b).abs().max().into_scalar::<f32>() / largest
    }

    #[test]
    fn recurrent_weights_start_orthogonal() {
        let rows = orthogonal(40, &mut Init::new(5, &Device::flex())).val();
        let product = rows.clone().matmul(rows.transpose());
        assert!(distance(product, Tensor::eye(40, &Device::flex())) < 1e-5);
    }

    #[test]
    fn written_out_gradients_are_those_of_autodiff() {
        let (d_input, d_hidden) = (3, 4);
        let packing = Packing::new(LENGTHS);
        let n = packing.n_events();
        let device = Device::flex().autodiff();
        let layer = layer(d_input, d_hidden, &device);
        let input = matrix(n, d_input, 4, &device).require_grad();
        let weights = matrix(n, d_hidden, 5, &device);

        let states = by_autodiff(&layer, &input, &packing);
        let grads = (states.clone() * weights.clone()).sum().backward();
        let trace = layer.forward(input.clone().inner(), &packing.sizes);
        assert!(distance(trace.states(), states.inner()) < 1e-5);
        assert!(distance(layer.states(input.clone().inner(), &packing.sizes), trace.states()) == 0.0);
        let ours = layer.backward(trace, &weights.inner());

        assert!(distance(ours.w_input, layer.w_input.val().grad(&grads).unwrap()) < 1e-5);
        assert!(distance(ours.w_hidden, layer.w_hidden.val().grad(&grads).unwrap()) < 1e-5);
        assert!(distance(ours.bias, layer.bias.val().grad(&grads).unwrap()) < 1e-5);
        assert!(distance(ours.input, input.grad(&grads).unwrap()) < 1e-5);
    }
}
