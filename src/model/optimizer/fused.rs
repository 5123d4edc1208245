//! The step on the processor: one pass over the numbers of each parameter, in place.

use std::vec::IntoIter;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;

use super::{AdamMoments, AdamW};
use crate::OptimizerSpec;
use crate::kernel::{AdamWStep, Buffer, sum_of_squares};

impl AdamW {
    /// Does [`AdamW::step`] by [`AdamWStep`].
    pub(super) fn fused_step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        lr: f64,
    ) -> (M, Option<Tensor<1>>) {
        let mut taken = Taken {
            from: gradients,
            gradients: Vec::new(),
            device: None,
        };
        module.visit(&mut taken);
        let found = || taken.gradients.iter().flatten();
        let norm = found()
            .next()
            .is_some()
            .then(|| found().map(|g| sum_of_squares(g)).sum::<f64>().sqrt());
        self.n_steps += 1;
        let step = self.coefficients(norm.unwrap_or(0.0), lr);
        let before = std::mem::take(&mut self.moments).into_iter();
        let mut update = Update {
            step,
            gradients: taken.gradients.into_iter(),
            before,
            after: Vec::new(),
        };
        let module = module.map(&mut update);
        self.moments = update.after;
        let norm = norm
            .zip(taken.device)
            .map(|(norm, device)| Tensor::from_data([norm as f32], &device));
        (module, norm)
    }

    fn coefficients(&self, norm: f64, lr: f64) -> AdamWStep {
        let OptimizerSpec {
            beta1,
            beta2,
            epsilon,
            weight_decay,
            l1,
            clip_norm,
        } = self.spec;
        let t = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        // A norm that is NaN makes the scale so: `min` would hide it.
        let scale = clip_norm / (norm + 1e-6);
        let scale = if clip_norm <= 0.0 || scale >= 1.0 {
            1.0
        } else {
            scale
        };
        AdamWStep {
            betas: [beta1 as f32, beta2 as f32],
            rest: [(1.0 - beta1) as f32, (1.0 - beta2) as f32],
            epsilon: epsilon as f32,
            kept: (1.0 - lr * weight_decay) as f32,
            root_correction: (1.0 - beta2.powi(t)).sqrt() as f32,
            length: (lr / (1.0 - beta1.powi(t))) as f32,
            threshold: (lr * l1) as f32,
            scale: scale as f32,
        }
    }
}

/// The numbers of a tensor, without a copy where it owns them alone. Every parameter holds 32-bit
/// floats; anything else comes out empty, which the tensor that is made of it refuses.
fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap_or_default()
}

/// Takes the gradients out, in the order in which the parameters are met.
struct Taken {
    from: GradientsParams,
    gradients: Vec<Option<Buffer>>,
    device: Option<Device>,
}

impl ModuleVisitor for Taken {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.from.remove::<D>(param.id);
        if let (None, Some(gradient)) = (&self.device, &gradient) {
            self.device = Some(gradient.device());
        }
        self.gradients
            .push(gradient.map(|gradient| Buffer::from(numbers(gradient))));
    }
}

/// Changes every parameter that has a gradient.
struct Update {
    step: AdamWStep,
    gradients: IntoIter<Option<Buffer>>,
    before: IntoIter<AdamMoments>,
    after: Vec<AdamMoments>,
}

impl ModuleMapper for Update {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let moments = self.before.next();
        let Some(gradient) = self.gradients.next().flatten() else {
            self.after
                .push(moments.unwrap_or_else(|| AdamMoments::zeros(&param.val().inner())));
            return param;
        };
        let (id, tensor, mapper) = param.consume();
        let tensor = tensor.inner();
        let (shape, device) = (tensor.dims(), tensor.device());
        let AdamMoments { first, second } = moments.unwrap_or_else(|| AdamMoments::zeros(&tensor));
        let (mut weights, mut first, mut second) =
            (numbers(tensor), numbers(first), numbers(second));
        self.step
            .take(&mut weights, &gradient, &mut first, &mut second);
        let flat = |values: Vec<f32>| {
            let n = values.len();
            Tensor::from_data(TensorData::new(values, [n]), &device)
        };
        self.after.push(AdamMoments {
            first: flat(first),
            second: flat(second),
        });
        let weights = Tensor::from_data(TensorData::new(weights, shape), &device);
        Param::from_mapped_value(id, Tensor::from_inner(weights).require_grad(), mapper)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::Linear;
    use proptest::prelude::*;

    use super::*;
    use crate::Layers;
    use crate::random::Init;

    fn spec([weight_decay, l1]: [f64; 2], clip_norm: f64) -> OptimizerSpec {
        OptimizerSpec {
            beta1: 0.9,
            beta2: 0.98,
            epsilon: 1e-8,
            weight_decay,
            l1,
            clip_norm,
        }
    }

    /// Weights, biases and moments after three steps, and the norms. The bias has no gradient when
    /// `of_bias` is off, and in the last step neither has the weight.
    fn walked(
        layers: Layers,
        sizes: (usize, usize),
        spec: OptimizerSpec,
        of_bias: bool,
    ) -> Vec<Vec<f32>> {
        let (d_in, d_out) = sizes;
        let device = Device::flex();
        let mut module: Linear = Init::new(1, &device.clone().autodiff()).dense(d_in, d_out);
        let mut optimizer = AdamW::new(spec, layers);
        let mut draws = Init::new(2, &device);
        let mut all = Vec::new();
        for step in 0..3 {
            let mut gradients = GradientsParams::new();
            if step < 2 {
                gradients.register(module.weight.id, draws.normal(0.3, [d_in, d_out]).val());
            }
            if of_bias {
                gradients.register(
                    module.bias.as_ref().unwrap().id,
                    draws.normal(0.3, [d_out]).val(),
                );
            }
            let (changed, norm) = optimizer.step(module, gradients, 0.01);
            module = changed;
            all.push(norm.map_or_else(Vec::new, numbers));
        }
        all.push(numbers(module.weight.val().inner()));
        all.push(numbers(module.bias.unwrap().val().inner()));
        for moments in optimizer.moments {
            all.push(numbers(moments.first));
            all.push(numbers(moments.second));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// But for the norm, whose sum is taken in another order, every operation is the same.
        #[test]
        fn steps_are_those_of_tensors(
            sizes in (1_usize..200, 1_usize..200),
            weight_decay in prop::sample::select(vec![0.0, 0.1]),
            l1 in prop::sample::select(vec![0.0, 0.5, 20.0]),
            clip_norm in prop::sample::select(vec![0.0, 0.5, 1e6]),
            of_bias in any::<bool>(),
        ) {
            let spec = spec([weight_decay, l1], clip_norm);
            let plain = walked(Layers::Plain, sizes, spec, of_bias);
            let fused = walked(Layers::Fused, sizes, spec, of_bias);
            prop_assert_eq!(plain.len(), fused.len());
            for (at, (plain, fused)) in plain.iter().zip(&fused).enumerate() {
                prop_assert_eq!(plain.len(), fused.len());
                for (a, b) in plain.iter().zip(fused) {
                    prop_assert!((a - b).abs() <= 2e-6 * (a.abs() + 0.1), "array {}: {} and {}", at, a, b);
                }
            }
        }
    }

    #[test]
    fn what_a_tensor_owns_alone_leaves_it_without_a_copy() {
        let values: Vec<f32> = (0..5000).map(|at| at as f32).collect();
        let place = values.as_ptr();
        let tensor = Tensor::<2>::from_data(TensorData::new(values, [50, 100]), &Device::flex());
        let param = Param::from_tensor(Tensor::from_inner(tensor).require_grad());
        let (_, tensor, _) = param.consume();
        let values = numbers(tensor.inner());
        assert_eq!((values.as_ptr(), values.len()), (place, 5000));
    }

    #[test]
    fn a_gradient_that_is_no_number_makes_the_weights_so() {
        let device = Device::flex();
        let module: Linear = Init::new(1, &device.clone().autodiff()).dense(2, 2);
        let mut gradients = GradientsParams::new();
        gradients.register(
            module.weight.id,
            Tensor::<2>::from_data([[1.0_f32, f32::NAN], [0.0, 0.0]], &device),
        );
        let (module, norm) =
            AdamW::new(spec([0.0, 0.1], 1.0), Layers::Fused).step(module, gradients, 0.01);
        assert!(numbers(norm.unwrap())[0].is_nan());
        assert!(
            numbers(module.weight.val().inner())
                .iter()
                .all(|weight| weight.is_nan())
        );
    }
}
