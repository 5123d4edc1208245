//! Elman's simple recurrent layer on burn's tensors.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{RecurrentCell, RecurrentLayer, RecurrentState, StepGradients, TrackTensor, Weights};
use super::{beside, one_minus_square, orthogonal};
use crate::StateTrack;
use crate::kernel::RnnKernel;
use crate::random::Init;

/// Weights of one simple recurrent layer (Elman 1990).
///
/// ```text
/// h' = tanh (x · w_input + h · w_hidden + bias)
/// ```
/// Elman's units are logistic; tanh, as in PyTorch's `nn.RNN`, lets a state be negative too.
/// Against that module the matrices are transposed, and there is one bias instead of two that are
/// always added.
#[derive(Module, Debug)]
pub(crate) struct Rnn {
    /// `[d_input, d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[d_hidden]`
    bias: Param<Tensor<1>>,
}

/// A step of the layer.
pub(crate) struct RnnCell;

/// Values of one step that its backward pass needs: the state after it. `[b, d_hidden]`
pub(crate) struct RnnStep(Tensor<2>);

impl RecurrentLayer for Rnn {
    const NAME: &'static str = "rnn";
    const NAME_WITH_HEAD: &'static str = "rnn with a head";
    const GATES: usize = 1;
    const KEPT: usize = 3;
    type Cell = RnnCell;
    type Kernel = RnnKernel;

    /// Input weights as Glorot & Bengio 2010 have it; recurrent weights orthogonal (Saxe et al.
    /// 2014), so that the state neither fades nor grows at first; bias 0.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        Self {
            w_input: beside(vec![init.xavier(d_input, d_hidden).val()]),
            w_hidden: beside(vec![orthogonal(d_hidden, init).val()]),
            bias: init.constant(0.0, [d_hidden]),
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

    fn cell(&self) -> RnnCell {
        RnnCell
    }

    fn kernel(&self) -> RnnKernel {
        let [w_input, w_hidden, bias] = self.weights().on_host();
        RnnKernel::new(w_input, w_hidden, bias)
    }
}

impl RecurrentCell for RnnCell {
    type Step = RnnStep;

    fn step(
        &self,
        input: Tensor<2>,
        recurrent: Tensor<2>,
        _before: RecurrentState,
    ) -> (RecurrentState, RnnStep) {
        let hidden = (recurrent + input).tanh(); // [b, d]
        (
            RecurrentState {
                hidden: hidden.clone(),
                memory: None,
            },
            RnnStep(hidden),
        )
    }

    fn d_step(
        &self,
        step: RnnStep,
        d_state: Tensor<2>,
        _d_memory: Option<Tensor<2>>,
    ) -> StepGradients {
        let input = d_state * one_minus_square(step.0);
        StepGradients {
            input,
            recurrent: None,
            hidden: None,
            memory: None,
        }
    }

    fn tracks(_step: RnnStep, after: &RecurrentState) -> Vec<TrackTensor> {
        vec![TrackTensor::new(StateTrack::Hidden, after.hidden.clone())]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::tests::{assert_is_autodiff, matrix};
    use super::*;

    #[test]
    fn written_out_gradients_and_the_kernel_are_autodiff() {
        let device = &Device::flex().autodiff();
        for (d_input, d_hidden) in [(3, 4), (5, 19), (16, 32)] {
            let layer = Rnn {
                w_input: Param::from_tensor(matrix(d_input, d_hidden, 1, device)),
                w_hidden: Param::from_tensor(matrix(d_hidden, d_hidden, 2, device)),
                bias: Param::from_tensor(matrix(1, d_hidden, 3, device).squeeze_dim(0)),
            };
            assert_is_autodiff(&layer, d_input, |x, w, [_, c]| [(x + w).tanh(), c]);
        }
    }
}
