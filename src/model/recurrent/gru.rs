//! The GRU layer on burn's tensors.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};

use super::{RecurrentCell, RecurrentLayer, RecurrentState, StepGradients, TrackTensor, Weights};
use super::{beside, one_minus_square, orthogonal, plain, sigmoid_slope};
use crate::StateTrack;
use crate::kernel::GruKernel;
use crate::layers::{Axis, LayerShape};
use crate::random::Init;
use crate::weights::on_host;

/// Weights of one GRU layer (Cho et al. 2014), in the form of cuDNN and PyTorch, where the reset
/// gate acts after the recurrent product instead of before it.
///
/// ```text
/// r, z = σ (x · w_input + h · w_hidden + bias)
/// n = tanh (x · w_input + bias + r ∘ (h · w_hidden + bias_hidden))
/// h' = (1 − z) ∘ n + z ∘ h
/// ```
/// The gates stand in PyTorch's order r, z, n along the last axis. Against PyTorch's `nn.GRU` the
/// matrices are transposed, and r and z have one bias instead of two that are always added; for n
/// the second is needed, since r stands between them. In Cho et al. z and 1 − z change places.
#[derive(Module, Debug)]
pub(crate) struct Gru {
    /// `[d_input, 3 * d_hidden]`
    w_input: Param<Tensor<2>>,
    /// `[d_hidden, 3 * d_hidden]`
    w_hidden: Param<Tensor<2>>,
    /// `[3 * d_hidden]`
    bias: Param<Tensor<1>>,
    /// `[d_hidden]`
    bias_hidden: Param<Tensor<1>>,
}

/// A step of the GRU.
pub(crate) struct GruCell {
    /// Bias of the recurrent part of the candidate. `[1, d_hidden]`
    bias_hidden: Tensor<2>,
}

/// Values of one step that its backward pass needs; `b` sequences run.
pub(crate) struct GruStep {
    /// Reset and update gates. `[b, 2 * d_hidden]`
    reset_update: Tensor<2>,
    /// Candidate. `[b, d_hidden]`
    candidate: Tensor<2>,
    /// Recurrent part of the candidate before the reset gate. `[b, d_hidden]`
    recurrent: Tensor<2>,
    /// State before the step. `[b, d_hidden]`
    before: Tensor<2>,
}

impl RecurrentLayer for Gru {
    const NAME: &'static str = "gru";
    const NAME_WITH_HEAD: &'static str = "gru with a head";
    const GATES: usize = 3;
    const KEPT: usize = 7;
    type Cell = GruCell;
    type Kernel = GruKernel;

    fn with_weights(layer: LayerShape, name: &str, d_input: usize, d_hidden: usize) -> LayerShape {
        let gates = Axis::Size(d_hidden.saturating_mul(Self::GATES));
        layer
            .with(format!("{name}.w_input"), [Axis::Size(d_input), gates])
            .with(format!("{name}.w_hidden"), [Axis::Size(d_hidden), gates])
            .with(format!("{name}.bias"), [gates])
            .with(format!("{name}.bias_hidden"), [Axis::Size(d_hidden)])
    }

    /// Recurrent weights orthogonal for each gate, as Cho et al. 2014 have it (after Saxe et al.
    /// 2014); input weights after Glorot & Bengio 2010 for each gate, as the LSTM's, where they
    /// draw N(0, 0.01²); biases 0.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self {
        Self {
            w_input: beside(
                (0..3)
                    .map(|_| init.xavier(d_input, d_hidden).val())
                    .collect(),
            ),
            w_hidden: beside((0..3).map(|_| orthogonal(d_hidden, init).val()).collect()),
            bias: init.constant(0.0, [3 * d_hidden]),
            bias_hidden: init.constant(0.0, [d_hidden]),
        }
    }

    fn weights(&self) -> Weights<'_> {
        let bias_hidden = Some(&self.bias_hidden);
        Weights {
            w_input: &self.w_input,
            w_hidden: &self.w_hidden,
            bias: &self.bias,
            bias_hidden,
        }
    }

    fn cell(&self) -> GruCell {
        GruCell {
            bias_hidden: plain(&self.bias_hidden).unsqueeze(),
        }
    }

    fn kernel(&self) -> GruKernel {
        let [w_input, w_hidden, bias] = self.weights().on_host();
        GruKernel::new(&w_input, w_hidden, &bias, on_host(&self.bias_hidden))
    }
}

impl RecurrentCell for GruCell {
    type Step = GruStep;

    fn step(
        &self,
        input: Tensor<2>,
        recurrent: Tensor<2>,
        before: RecurrentState,
    ) -> (RecurrentState, GruStep) {
        let (x, h, before) = (input, recurrent, before.hidden);
        let [b, d] = before.dims();
        let reset_update = activation::sigmoid(
            x.clone().slice([0..b, 0..2 * d]) + h.clone().slice([0..b, 0..2 * d]),
        );
        let recurrent = h.slice([0..b, 2 * d..3 * d]) + self.bias_hidden.clone();
        let reset = reset_update.clone().slice([0..b, 0..d]);
        let update = reset_update.clone().slice([0..b, d..2 * d]);
        let candidate = (x.slice([0..b, 2 * d..3 * d]) + reset * recurrent.clone()).tanh();
        let hidden = candidate.clone() + update * (before.clone() - candidate.clone());
        (
            RecurrentState {
                hidden,
                memory: None,
            },
            GruStep {
                reset_update,
                candidate,
                recurrent,
                before,
            },
        )
    }

    fn d_step(
        &self,
        step: GruStep,
        d_state: Tensor<2>,
        _d_memory: Option<Tensor<2>>,
    ) -> StepGradients {
        let GruStep {
            reset_update,
            candidate,
            recurrent,
            before,
        } = step;
        let [b, d] = candidate.dims();
        let reset = reset_update.clone().slice([0..b, 0..d]);
        let update = reset_update.clone().slice([0..b, d..2 * d]);
        let kept = d_state.clone() * update;
        let d_candidate = (d_state.clone() - kept.clone()) * one_minus_square(candidate.clone());
        let d_reset = d_candidate.clone() * recurrent;
        let d_gates = Tensor::cat(vec![d_reset, d_state * (before - candidate)], 1)
            * sigmoid_slope(reset_update); // [b, 2d]
        let d_h = Tensor::cat(vec![d_gates.clone(), d_candidate.clone() * reset], 1); // [b, 3d]
        let input = Tensor::cat(vec![d_gates, d_candidate], 1); // [b, 3d]
        StepGradients {
            input,
            recurrent: Some(d_h),
            hidden: Some(kept),
            memory: None,
        }
    }

    fn tracks(step: GruStep, after: &RecurrentState) -> Vec<TrackTensor> {
        let [b, d] = step.candidate.dims();
        let gates = step.reset_update;
        vec![
            TrackTensor::new(StateTrack::ResetGate, gates.clone().slice([0..b, 0..d])),
            TrackTensor::new(StateTrack::UpdateGate, gates.slice([0..b, d..2 * d])),
            TrackTensor::new(StateTrack::Candidate, step.candidate),
            TrackTensor::new(StateTrack::Hidden, after.hidden.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::tests::{assert_is_autodiff, matrix};
    use super::*;

    fn layer(d_input: usize, d_hidden: usize, device: &Device) -> Gru {
        Gru {
            w_input: Param::from_tensor(matrix(d_input, 3 * d_hidden, 1, device)),
            w_hidden: Param::from_tensor(matrix(d_hidden, 3 * d_hidden, 2, device)),
            bias: Param::from_tensor(matrix(1, 3 * d_hidden, 3, device).squeeze_dim(0)),
            bias_hidden: Param::from_tensor(matrix(1, d_hidden, 6, device).squeeze_dim(0)),
        }
    }

    #[test]
    fn written_out_gradients_and_the_kernel_are_autodiff() {
        for (d_input, d_hidden) in [(3, 4), (5, 19), (16, 32)] {
            let layer = layer(d_input, d_hidden, &Device::flex().autodiff());
            let bias_hidden = &layer.bias_hidden;
            assert_is_autodiff(&layer, d_input, |x, w, [h, c]| {
                let [_, d] = h.dims();
                let gate =
                    |from: &Tensor<2>, k: usize| from.clone().slice([0..1, k * d..(k + 1) * d]);
                let reset = activation::sigmoid(gate(&x, 0) + gate(&w, 0));
                let update = activation::sigmoid(gate(&x, 1) + gate(&w, 1));
                let candidate = (gate(&x, 2)
                    + reset * (gate(&w, 2) + bias_hidden.val().unsqueeze::<2>()))
                .tanh();
                [(update.clone().neg() + 1.0) * candidate + update * h, c]
            });
        }
    }
}
