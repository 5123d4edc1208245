//! The LSTM layer on burn's tensors.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};

use super::{RecurrentCell, RecurrentLayer, RecurrentState, StepGradients, TrackTensor, Weights};
use super::{beside, one_minus_square, orthogonal, sigmoid_slope};
use crate::StateTrack;
use crate::kernel::LstmKernel;
use crate::random::Init;

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
pub(crate) struct Lstm {
    /// `[d_input, 4 * d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, 4 * d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[4 * d_hidden]`
    bias: Param<Tensor<1>>,
}

/// Place of the forget gate among the four.
const FORGET: usize = 1;

/// A step of the LSTM.
pub(crate) struct LstmCell;

/// Values of one step that its backward pass needs; `b` sequences run.
pub(crate) struct LstmStep {
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

impl RecurrentLayer for Lstm {
    const NAME: &'static str = "lstm";
    const NAME_WITH_HEAD: &'static str = "lstm with a head";
    const GATES: usize = 4;
    const KEPT: usize = 7;
    type Cell = LstmCell;
    type Kernel = LstmKernel;

    /// Input weights as Glorot & Bengio 2010 have it for each gate; recurrent weights orthogonal
    /// for each gate (Saxe et al. 2014), so that the state neither fades nor grows at first; forget
    /// bias 1 (Jozefowicz et al. 2015), so that the memory is kept at first; other biases 0.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        let bias = (0..4 * d_hidden)
            .map(|at| f32::from(u8::from(at / d_hidden.max(1) == FORGET)))
            .collect();
        Self {
            w_input: beside(
                (0..4)
                    .map(|_| init.xavier(d_input, d_hidden).val())
                    .collect(),
            ),
            w_hidden: beside((0..4).map(|_| orthogonal(d_hidden, init).val()).collect()),
            bias: init.values(bias, [4 * d_hidden]),
        }
    }

    fn weights(&self) -> Weights<'_> {
        Weights {
            w_input: &self.w_input,
            w_hidden: &self.w_hidden,
            bias: &self.bias,
            bias_hidden: None,
        }
    }

    fn cell(&self) -> LstmCell {
        LstmCell
    }

    fn kernel(&self) -> LstmKernel {
        let [w_input, w_hidden, bias] = self.weights().on_host();
        LstmKernel::new(w_input, w_hidden, bias)
    }
}

impl RecurrentCell for LstmCell {
    type Step = LstmStep;

    fn step(
        &self,
        input: Tensor<2>,
        recurrent: Tensor<2>,
        before: RecurrentState,
    ) -> (RecurrentState, LstmStep) {
        let [b, d] = before.hidden.dims();
        let memory = before.memory.unwrap_or_else(|| before.hidden.zeros_like());
        let gates = recurrent + input; // [b, 4d]
        let input_forget = activation::sigmoid(gates.clone().slice([0..b, 0..2 * d]));
        let candidate = gates.clone().slice([0..b, 2 * d..3 * d]).tanh();
        let output = activation::sigmoid(gates.slice([0..b, 3 * d..4 * d]));
        let i = input_forget.clone().slice([0..b, 0..d]);
        let f = input_forget.clone().slice([0..b, d..2 * d]);
        let after = f * memory.clone() + i * candidate.clone();
        let squashed = after.clone().tanh();
        let hidden = output.clone() * squashed.clone();
        (
            RecurrentState {
                hidden,
                memory: Some(after),
            },
            LstmStep {
                input_forget,
                candidate,
                output,
                memory,
                squashed,
            },
        )
    }

    fn d_step(
        &self,
        step: LstmStep,
        d_state: Tensor<2>,
        d_memory: Option<Tensor<2>>,
    ) -> StepGradients {
        let LstmStep {
            input_forget,
            candidate,
            output,
            memory,
            squashed,
        } = step;
        let [b, d] = candidate.dims();
        let through = d_state.clone() * output.clone() * one_minus_square(squashed.clone());
        let d_memory = match d_memory {
            Some(part) => part + through,
            None => through,
        };
        let i = input_forget.clone().slice([0..b, 0..d]);
        let f = input_forget.clone().slice([0..b, d..2 * d]);
        let d_input_forget = Tensor::cat(
            vec![
                d_memory.clone() * candidate.clone(),
                d_memory.clone() * memory,
            ],
            1,
        ) * sigmoid_slope(input_forget);
        let d_candidate = d_memory.clone() * i * one_minus_square(candidate);
        let d_output = d_state * squashed * sigmoid_slope(output);
        let input = Tensor::cat(vec![d_input_forget, d_candidate, d_output], 1); // [b, 4d]
        StepGradients {
            input,
            recurrent: None,
            hidden: None,
            memory: Some(d_memory * f),
        }
    }

    fn tracks(step: LstmStep, after: &RecurrentState) -> Vec<TrackTensor> {
        let [b, d] = step.candidate.dims();
        let gates = step.input_forget;
        let mut tracks = vec![
            TrackTensor::new(StateTrack::InputGate, gates.clone().slice([0..b, 0..d])),
            TrackTensor::new(StateTrack::ForgetGate, gates.slice([0..b, d..2 * d])),
            TrackTensor::new(StateTrack::OutputGate, step.output),
            TrackTensor::new(StateTrack::Candidate, step.candidate),
        ];
        let cell = after.memory.clone();
        tracks.extend(cell.map(|cell| TrackTensor::new(StateTrack::Cell, cell)));
        tracks.push(TrackTensor::new(StateTrack::Hidden, after.hidden.clone()));
        tracks
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::tests::{assert_is_autodiff, matrix};
    use super::*;

    fn layer(d_input: usize, d_hidden: usize, device: &Device) -> Lstm {
        Lstm {
            w_input: Param::from_tensor(matrix(d_input, 4 * d_hidden, 1, device)),
            w_hidden: Param::from_tensor(matrix(d_hidden, 4 * d_hidden, 2, device)),
            bias: Param::from_tensor(matrix(1, 4 * d_hidden, 3, device).squeeze_dim(0)),
        }
    }

    #[test]
    fn written_out_gradients_and_the_kernel_are_autodiff() {
        for (d_input, d_hidden) in [(3, 4), (5, 19), (16, 32)] {
            assert_is_autodiff(
                &layer(d_input, d_hidden, &Device::flex().autodiff()),
                d_input,
                |x, w, [h, c]| {
                    let [_, d] = h.dims();
                    let gate = |k: usize| (x.clone() + w.clone()).slice([0..1, k * d..(k + 1) * d]);
                    let c = activation::sigmoid(gate(1)) * c
                        + activation::sigmoid(gate(0)) * gate(2).tanh();
                    [activation::sigmoid(gate(3)) * c.clone().tanh(), c]
                },
            );
        }
    }
}
