//! AdamW with global-norm clipping.
//!
//! Ours rather than burn's: burn clips each parameter by its own norm, and loading its optimiser
//! state goes through the process's default device, which panics on a machine without a GPU. Here
//! the state belongs to a parameter's path, so it can be written beside the weights.

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;

use super::OptimizerSpec;

/// First and second moment of one parameter, flattened.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    /// Mean of the gradient. `[n]`
    pub(super) first: Tensor<1>,
    /// Mean of its square. `[n]`
    pub(super) second: Tensor<1>,
}

/// AdamW (Loshchilov & Hutter 2019, algorithm 2), as PyTorch's `torch.optim.AdamW` computes it:
/// decay by 1 − lr · `weight_decay`, then the step lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
#[derive(Clone, Debug)]
pub(super) struct AdamW {
    spec: OptimizerSpec,
    /// Steps done.
    pub(super) n_steps: u64,
    /// In the order in which a visitor meets the parameters; empty before the first step.
    pub(super) moments: Vec<Moments>,
}

impl AdamW {
    pub(super) fn new(spec: OptimizerSpec) -> Self {
        Self { spec, n_steps: 0, moments: Vec::new() }
    }

    /// One step. Returns the changed module and the global norm of the gradient before clipping,
    /// which stays on the device. `[1]`
    ///
    /// A gradient that is not finite makes the weights so, and the loss of the next step tells.
    pub(super) fn step<M: Module>(&mut self, module: M, gradients: GradientsParams, lr: f64) -> (M, Option<Tensor<1>>) {
        let mut squares = SumOfSquares { gradients: &gradients, sum: None };
        module.visit(&mut squares);
        let norm = squares.sum.map(Tensor::sqrt);
        // As PyTorch's `clip_grad_norm_`: max / (norm + 1e-6), at most 1.
        let scale = norm
            .clone()
            .filter(|_| self.spec.clip_norm > 0.0)
            .map(|norm| norm.add_scalar(1e-6).recip().mul_scalar(self.spec.clip_norm).clamp_max(1.0));
        self.n_steps += 1;
        let moments = std::mem::take(&mut self.moments).into_iter();
        let mut update = Update { optimizer: self, gradients, scale, lr, before: moments, after: Vec::new() };
        let module = module.map(&mut update);
        self.moments = update.after;
        (module, norm)
    }

    fn update(&self, weights: Tensor<1>, gradient: Tensor<1>, moments: Moments, lr: f64) -> (Tensor<1>, Moments) {
        let OptimizerSpec { beta1, beta2, epsilon, weight_decay, .. } = self.spec;
        let t = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        let first = moments.first.mul_scalar(beta1) + gradient.clone().mul_scalar(1.0 - beta1);
        let second = moments.second.mul_scalar(beta2) + (gradient.clone() * gradient).mul_scalar(1.0 - beta2);
        let root = second.clone().sqrt().div_scalar((1.0 - beta2.powi(t)).sqrt()).add_scalar(epsilon);
        let change = (first.clone() / root).mul_scalar(lr / (1.0 - beta1.powi(t)));
        let kept = if weight_decay == 0.0 { weights } else { weights.mul_scalar(1.0 - lr * weight_decay) };
        (kept - change, Moments { first, second })
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
    before: std::vec::IntoIter<Moments>,
    after: Vec<Moments>,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let weights = tensor.inner();
        let shape = weights.dims();
        let n: usize = shape.iter().product();
        let moments = self.before.next().unwrap_or_else(|| {
            let zero = Tensor::zeros([n], &weights.device());
            Moments { first: zero.clone(), second: zero }
        });
        let (weights, moments) = match self.gradients.remove::<D>(id) {
            Some(gradient) => {
                let gradient = gradient.reshape([n]);
                let gradient = self.scale.clone().map_or(gradient.clone(), |scale| gradient * scale);
                let (weights, moments) = self.optimizer.update(weights.reshape([n]), gradient, moments, self.lr);
                (weights.reshape(shape), moments)
            }
            None => (weights, moments),
        };
        self.after.push(moments);
        Param::from_mapped_value(id, Tensor::from_inner(weights).require_grad(), mapper)
    }
}
