//! Mult-VAE on the processor: its weights as slices, and its bags as the few items that they hold.

use burn::module::Param;
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::prelude::*;

use super::{Bags, MultVae};
use crate::data::Histories;
use crate::model::StepInputs;
use crate::model::kernel::{Buffer, Dense, MultVaeLayers, SparseRows, VaeBatch, mult_vae_gradients, mult_vae_states};
use crate::model::network::{LossSums, Network as _};
use crate::model::random::Noise;

impl MultVae {
    /// As [`MultVae::gradients`](super::Network::gradients), on the same noise.
    pub(super) fn gradients_by_kernel(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let rows: Vec<&[u32]> = histories.rows().filter(|row| !row.is_empty()).collect();
        if rows.is_empty() {
            return None;
        }
        let Some(layers) = self.layers() else { return self.gradients(histories, inputs, noise) };
        let mut noise = noise;
        let mut bags = Bags::new(&rows, self.n_items(), self.spec.recency);
        let n_events = bags.entries.len();
        bags.drop_out(self.spec.dropout, &mut noise);
        let epsilon = noise.normal_values(rows.len() * self.spec.d_latent);
        let beta = self.beta(inputs);
        let batch = VaeBatch { bags: &bags.sparse(), epsilon: &epsilon, beta: beta as f32 };
        let (gradients, loss) = mult_vae_gradients(&layers.borrowed(), &batch);

        let device = self.encoder.weight.val().inner().device();
        let scalar = |value: f64| Tensor::<1>::from_data([value as f32], &device);
        let loss = LossSums {
            loss: scalar(loss.nll + beta * loss.kl),
            n_events,
            kl: Some((scalar(loss.kl), rows.len())),
        };
        Some((self.registered(gradients, &device), loss))
    }

    /// What scores are products of, `[n_rows, d_hidden]`; nothing when the weights cannot be read.
    pub(super) fn states_by_kernel(&self, histories: &Histories) -> Option<Buffer> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let bags = Bags::new(&rows, self.n_items(), self.spec.recency).sparse();
        Some(mult_vae_states(&self.layers()?.borrowed(), &bags))
    }

    /// All weights; nothing when one cannot be read.
    fn layers(&self) -> Option<MultVaeLayers<Vec<f32>>> {
        Some(MultVaeLayers {
            encoder: values_of(&self.encoder)?,
            mean: values_of(&self.mean)?,
            log_variance: values_of(&self.log_variance)?,
            decoder: values_of(&self.decoder)?,
            output: values_of(&self.output)?,
        })
    }

    fn registered(&self, gradients: MultVaeLayers<Buffer>, device: &Device) -> GradientsParams {
        let mut registered = GradientsParams::new();
        let MultVaeLayers { encoder, mean, log_variance, decoder, output } = gradients;
        for (layer, gradient) in [
            (&self.encoder, encoder),
            (&self.mean, mean),
            (&self.log_variance, log_variance),
            (&self.decoder, decoder),
            (&self.output, output),
        ] {
            let weight = TensorData::new(gradient.weight.into_vec(), layer.weight.dims());
            registered.register(layer.weight.id, Tensor::<2>::from_data(weight, device));
            if let Some(bias) = &layer.bias {
                let gradient = TensorData::new(gradient.bias.into_vec(), bias.dims());
                registered.register(bias.id, Tensor::<1>::from_data(gradient, device));
            }
        }
        registered
    }
}

fn values_of(layer: &Linear) -> Option<Dense<Vec<f32>>> {
    fn read<const D: usize>(param: &Param<Tensor<D>>) -> Option<Vec<f32>> {
        param.val().without_autodiff().into_data().try_into_vec().ok()
    }
    Some(Dense { weight: read(&layer.weight)?, bias: read(layer.bias.as_ref()?)? })
}

impl Bags {
    /// The bags by rows.
    fn sparse(&self) -> SparseRows {
        let [n_rows, n_items] = self.shape;
        let mut starts = vec![0; n_rows + 1];
        let split = |place: usize| (place.checked_div(n_items).unwrap_or(0), (place % n_items.max(1)) as u32);
        let mut elements = Vec::with_capacity(self.entries.len());
        for &(place, value) in &self.entries {
            let (row, column) = split(place);
            elements.push((column, value));
            if let Some(end) = starts.get_mut(row + 1) {
                *end = elements.len();
            }
        }
        // Rows without elements end where the row before them does.
        for at in 1..starts.len() {
            starts[at] = starts[at].max(starts[at - 1]);
        }
        SparseRows { starts, elements, n_columns: n_items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::VaeSpec;
    use crate::model::random::Init;
    use crate::model::weights::read;
    use proptest::prelude::*;

    struct Case {
        n_items: usize,
        spec: VaeSpec,
        rows: Vec<Vec<u32>>,
        step: usize,
    }

    fn cases() -> impl Strategy<Value = Case> {
        let sizes = (1_usize..90, 2_usize..40, 1_usize..20);
        let shape = (sizes, prop::sample::select(vec![0.0, 0.5]), prop::sample::select(vec![1.0, 0.8]));
        shape.prop_flat_map(|((n_items, d_hidden, d_latent), dropout, recency)| {
            let items = prop::collection::vec(1..=n_items as u32, 0..30);
            let spec = VaeSpec { d_hidden, d_latent, dropout, recency, beta: 0.3, anneal: 0.5 };
            (prop::collection::vec(items, 1..70), 0_usize..20)
                .prop_map(move |(rows, step)| Case { n_items, spec: spec.clone(), rows, step })
        })
    }

    impl std::fmt::Debug for Case {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{} items, {:?}, step {}, {:?}", self.n_items, self.spec, self.step, self.rows)
        }
    }

    /// Every gradient, layer by layer, then loss and KL; empty when there is nothing to learn.
    fn numbers(network: &MultVae, found: Option<(GradientsParams, LossSums)>) -> Vec<Vec<f32>> {
        let Some((gradients, sums)) = found else { return Vec::new() };
        let layers = [&network.encoder, &network.mean, &network.log_variance, &network.decoder, &network.output];
        let mut all = Vec::new();
        for layer in layers {
            all.push(read(gradients.get::<2>(layer.weight.id).unwrap()).unwrap());
            all.push(read(gradients.get::<1>(layer.bias.as_ref().unwrap().id).unwrap()).unwrap());
        }
        let (kl, n_users) = sums.kl.unwrap();
        all.push(vec![sums.loss.into_scalar(), sums.n_events as f32, n_users as f32]);
        // Near 0 it is the difference of large numbers: held against the loss, in whose sum it is.
        all.push(vec![kl.into_scalar::<f32>() + all[10][0]]);
        all
    }

    fn network(case: &Case) -> MultVae {
        let mut init = Init::new(3, &Device::flex().autodiff());
        let mut network = MultVae::new(&case.spec, case.n_items, &mut init);
        // Biases that are not 0, or their part of the sums would go untested.
        for (layer, d_out) in [(&mut network.encoder, case.spec.d_hidden), (&mut network.output, case.n_items)] {
            layer.bias = Some(init.normal(0.5, [d_out]));
        }
        network
    }

    fn fused(case: &Case) -> Vec<Vec<f32>> {
        let (network, histories) = (network(case), case.rows.iter().map(Vec::as_slice).collect());
        numbers(&network, network.fused_gradients(&histories, &inputs(case), Noise::new(5)))
    }

    fn inputs(case: &Case) -> StepInputs {
        StepInputs { lr: 0.0, step: case.step, n_steps: 20, seed: 0 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// Within 2·10⁻⁵ of the largest number of the array.
        #[test]
        fn fused_gradients_are_those_of_autodiff(case in cases()) {
            let (network, histories) = (network(&case), case.rows.iter().map(Vec::as_slice).collect());
            let plain = numbers(&network, network.gradients(&histories, &inputs(&case), Noise::new(5)));
            let fused = fused(&case);
            prop_assert_eq!(plain.len(), fused.len());
            for (at, (plain, fused)) in plain.iter().zip(&fused).enumerate() {
                prop_assert_eq!(plain.len(), fused.len());
                let scale = plain.iter().fold(1e-3_f32, |max, value| max.max(value.abs()));
                for (a, b) in plain.iter().zip(fused) {
                    prop_assert!((a - b).abs() <= 2e-5 * scale, "array {}: {} and {}, largest {}", at, a, b, scale);
                }
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let rows = (0..70).map(|row| (0..40).map(|at| (row * 13 + at * at) % 300 + 1).collect()).collect();
        let spec = VaeSpec { d_hidden: 96, d_latent: 33, ..VaeSpec::default() };
        let case = Case { n_items: 300, spec, rows, step: 4 };
        let bits = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let numbers = pool.install(|| fused(&case));
            numbers.concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let one = bits(1);
        assert!(one.len() > 2 * 300 * 96);
        assert!(one == bits(2) && one == bits(3));
    }

    #[test]
    fn bags_by_rows_hold_what_the_bags_hold() {
        let bags = Bags::new(&[&[4, 1, 4], &[], &[2], &[]], 4, 1.0);
        let sparse = bags.sparse();
        assert_eq!(sparse.starts, [0, 2, 2, 3, 3]);
        assert_eq!(sparse.elements.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [3, 0, 1]);
    }
}
