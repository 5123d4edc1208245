//! `AdamW` with global-norm clipping.
//!
//! Ours rather than burn's: burn clips each parameter by its own norm, and loading its optimiser
//! state goes through the process's default device, which panics on a machine without a GPU. Here
//! the state belongs to a parameter's path, so it can be written beside the weights.

mod fused;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;

use super::OptimizerSpec;
use super::device::Layers;

/// First and second moment of one parameter, flattened.
#[derive(Clone, Debug)]
pub(super) struct AdamMoments {
    /// Mean of the gradient. `[n]`
    pub(super) first: Tensor<1>,
    /// Mean of its square. `[n]`
    pub(super) second: Tensor<1>,
}

impl AdamMoments {
    /// Makes the moments of a parameter before its first step.
    fn zeros<const D: usize>(weights: &Tensor<D>) -> Self {
        let n: usize = weights.dims().iter().product();
        // Not shared: each is changed in place.
        let zero = || Tensor::zeros([n], &weights.device());
        Self {
            first: zero(),
            second: zero(),
        }
    }
}

/// `AdamW` (Loshchilov & Hutter 2019, algorithm 2), as PyTorch's `torch.optim.AdamW` computes it:
/// decay by 1 − lr · `weight_decay`, then the step lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
///
/// An L1 penalty is taken after that, as the proximal step of Duchi & Singer 2009 (FOBOS, section
/// 5.1): every weight goes lr · `l1` nearer to 0 and stops there. Its subgradient among the
/// gradients would be divided by √v like any other and would leave no weight at exactly 0; kept
/// apart it is to L1 what the decay above is to L2.
#[derive(Clone, Debug)]
pub(super) struct AdamW {
    spec: OptimizerSpec,
    /// Fused: on the processor, in one pass; plain: by tensors, on any device.
    layers: Layers,
    /// Steps done.
    pub(super) n_steps: u64,
    /// Moments in the order in which a visitor meets the parameters; empty before the first step.
    pub(super) moments: Vec<AdamMoments>,
}

impl AdamW {
    pub(super) fn new(spec: OptimizerSpec, layers: Layers) -> Self {
        Self {
            spec,
            layers,
            n_steps: 0,
            moments: Vec::new(),
        }
    }

    /// One step. Returns the changed module and the global norm of the gradient before clipping,
    /// which stays on the device. `[1]`
    ///
    /// A gradient that is not finite makes the weights so, and the loss of the next step tells.
    pub(super) fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        lr: f64,
    ) -> (M, Option<Tensor<1>>) {
        match self.layers {
            Layers::Fused => self.fused_step(module, gradients, lr),
            Layers::Plain => self.plain_step(module, gradients, lr),
        }
    }

    fn plain_step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        lr: f64,
    ) -> (M, Option<Tensor<1>>) {
        let mut squares = SumOfSquares {
            gradients: &gradients,
            sum: None,
        };
        module.visit(&mut squares);
        let norm = squares.sum.map(Tensor::sqrt);
        // As PyTorch's `clip_grad_norm_`: max / (norm + 1e-6), at most 1.
        let scale = norm
            .clone()
            .filter(|_| self.spec.clip_norm > 0.0)
            .map(|norm| {
                norm.add_scalar(1e-6)
                    .recip()
                    .mul_scalar(self.spec.clip_norm)
                    .clamp_max(1.0)
            });
        self.n_steps += 1;
        let moments = std::mem::take(&mut self.moments).into_iter();
        let mut update = Update {
            optimizer: self,
            gradients,
            scale,
            lr,
            before: moments,
            after: Vec::new(),
        };
        let module = module.map(&mut update);
        self.moments = update.after;
        (module, norm)
    }

    fn update(
        &self,
        weights: Tensor<1>,
        gradient: Tensor<1>,
        moments: AdamMoments,
        lr: f64,
    ) -> (Tensor<1>, AdamMoments) {
        let OptimizerSpec {
            beta1,
            beta2,
            epsilon,
            weight_decay,
            l1,
            ..
        } = self.spec;
        let t = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        let first = moments.first.mul_scalar(beta1) + gradient.clone().mul_scalar(1.0 - beta1);
        let second = moments.second.mul_scalar(beta2)
            + (gradient.clone() * gradient).mul_scalar(1.0 - beta2);
        let root = second
            .clone()
            .sqrt()
            .div_scalar((1.0 - beta2.powi(t)).sqrt())
            .add_scalar(epsilon);
        let change = (first.clone() / root).mul_scalar(lr / (1.0 - beta1.powi(t)));
        let kept = if weight_decay == 0.0 {
            weights
        } else {
            weights.mul_scalar(1.0 - lr * weight_decay)
        };
        let weights = kept - change;
        let threshold = lr * l1;
        let weights = if l1 == 0.0 {
            weights
        } else {
            weights.clone() - weights.clamp(-threshold, threshold)
        };
        (weights, AdamMoments { first, second })
    }
}

/// Adds up the squares of all gradients.
struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = (gradient.clone() * gradient).sum();
            self.sum = Some(self.sum.take().map_or(square.clone(), |sum| sum + square));
        }
    }
}

/// Changes every parameter that has a gradient.
struct Update<'a> {
    optimizer: &'a AdamW,
    gradients: GradientsParams,
    scale: Option<Tensor<1>>,
    lr: f64,
    before: std::vec::IntoIter<AdamMoments>,
    after: Vec<AdamMoments>,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let weights = tensor.inner();
        let shape = weights.dims();
        let n: usize = shape.iter().product();
        let moments = self
            .before
            .next()
            .unwrap_or_else(|| AdamMoments::zeros(&weights));
        let (weights, moments) = match self.gradients.remove::<D>(id) {
            Some(gradient) => {
                let gradient = gradient.reshape([n]);
                let gradient = self
                    .scale
                    .clone()
                    .map_or(gradient.clone(), |scale| gradient * scale);
                let (weights, moments) =
                    self.optimizer
                        .update(weights.reshape([n]), gradient, moments, self.lr);
                (weights.reshape(shape), moments)
            }
            None => (weights, moments),
        };
        self.after.push(moments);
        Param::from_mapped_value(id, Tensor::from_inner(weights).require_grad(), mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::Linear;

    const SPEC: OptimizerSpec = OptimizerSpec {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.1,
        l1: 0.0,
        clip_norm: 0.0,
    };

    /// Weight 1 and bias −2, with gradients 3 and 4.
    fn step(optimizer: &mut AdamW, module: Linear) -> (Linear, f32) {
        let mut gradients = GradientsParams::new();
        gradients.register(
            module.weight.id,
            Tensor::<2>::from_data([[3.0f32]], &Device::flex()),
        );
        gradients.register(
            module.bias.as_ref().unwrap().id,
            Tensor::<1>::from_data([4.0f32], &Device::flex()),
        );
        let (module, norm) = optimizer.step(module, gradients, 0.01);
        (module, norm.unwrap().into_scalar())
    }

    fn module() -> Linear {
        let device = Device::flex().autodiff();
        Linear {
            weight: Param::from_data(TensorData::from([[1.0f32]]), &device),
            bias: Some(Param::from_data(TensorData::from([-2.0f32]), &device)),
        }
    }

    fn weights(module: &Linear) -> [f32; 2] {
        [
            module.weight.val().into_scalar(),
            module.bias.as_ref().unwrap().val().into_scalar(),
        ]
    }

    /// On the first step m / √v is the gradient's sign, so that each weight moves by lr = 0.01
    /// after decaying by 1 − 0.01 · 0.1: 0.999 − 0.01 and −1.998 − 0.01. A constant gradient keeps
    /// it so.
    #[test]
    fn steps_are_decoupled_decay_and_sign_steps_for_a_constant_gradient() {
        [Layers::Plain, Layers::Fused]
            .into_iter()
            .for_each(steps_by);
    }

    fn steps_by(layers: Layers) {
        let mut optimizer = AdamW::new(SPEC, layers);
        let (module, norm) = step(&mut optimizer, module());
        assert!((norm - 5.0).abs() < 1e-6, "{norm}");
        let [weight, bias] = weights(&module);
        assert!(
            (weight - 0.989).abs() < 1e-6 && (bias + 2.008).abs() < 1e-6,
            "{weight} {bias}"
        );
        let (module, _) = step(&mut optimizer, module);
        let [weight, bias] = weights(&module);
        assert!((weight - (0.989 * 0.999 - 0.01)).abs() < 1e-6, "{weight}");
        assert!((bias - (-2.008 * 0.999 - 0.01)).abs() < 1e-6, "{bias}");
    }

    /// The norm over both parameters is 5; clipped to 1, the gradients are 0.6 and 0.8, and the
    /// first moments a tenth of that. Clipping each by itself would give 0.1 and 0.1.
    #[test]
    fn clipping_is_by_the_norm_over_all_parameters() {
        [Layers::Plain, Layers::Fused]
            .into_iter()
            .for_each(clips_by);
    }

    fn clips_by(layers: Layers) {
        let mut optimizer = AdamW::new(
            OptimizerSpec {
                clip_norm: 1.0,
                ..SPEC
            },
            layers,
        );
        let (_, norm) = step(&mut optimizer, module());
        assert!((norm - 5.0).abs() < 1e-6, "{norm}");
        let first: Vec<f32> = optimizer
            .moments
            .iter()
            .map(|m| m.first.clone().into_scalar())
            .collect();
        assert!(
            (first[0] - 0.06).abs() < 1e-6 && (first[1] - 0.08).abs() < 1e-6,
            "{first:?}"
        );
    }

    /// lr · l1 = 0.01 · 2 = 0.02. The first step without decay takes 1 to 0.99 and −2 to −2.01, and
    /// the penalty those to 0.97 and −1.99; the second, 0.96 and −2 less 0.02 again: 0.94 and
    /// −1.98.
    #[test]
    fn an_l1_penalty_takes_its_part_after_the_step() {
        for layers in [Layers::Plain, Layers::Fused] {
            let mut optimizer = AdamW::new(
                OptimizerSpec {
                    weight_decay: 0.0,
                    l1: 2.0,
                    ..SPEC
                },
                layers,
            );
            let (module, _) = step(&mut optimizer, module());
            let [weight, bias] = weights(&module);
            assert!(
                (weight - 0.97).abs() < 1e-6 && (bias + 1.99).abs() < 1e-6,
                "{weight} {bias}"
            );
            let (module, _) = step(&mut optimizer, module);
            let [weight, bias] = weights(&module);
            assert!(
                (weight - 0.94).abs() < 1e-6 && (bias + 1.98).abs() < 1e-6,
                "{weight} {bias}"
            );
        }
    }

    /// lr · l1 = 1.5: after the step and the decay of the first test, 0.989 is within it and
    /// becomes 0, and −2.008 becomes −0.508. The moments know nothing of it: they are a tenth of
    /// the gradients 3 and 4.
    #[test]
    fn a_weight_that_an_l1_penalty_takes_to_0_is_exactly_0() {
        for layers in [Layers::Plain, Layers::Fused] {
            let mut optimizer = AdamW::new(OptimizerSpec { l1: 150.0, ..SPEC }, layers);
            let (module, _) = step(&mut optimizer, module());
            let [weight, bias] = weights(&module);
            assert!(
                weight == 0.0 && (bias + 0.508).abs() < 1e-6,
                "{weight} {bias}"
            );
            let first: Vec<f32> = optimizer
                .moments
                .iter()
                .map(|m| m.first.clone().into_scalar())
                .collect();
            assert!(
                (first[0] - 0.3).abs() < 1e-6 && (first[1] - 0.4).abs() < 1e-6,
                "{first:?}"
            );
        }
    }
}
