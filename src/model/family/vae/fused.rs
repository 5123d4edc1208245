//! Mult-VAE on the processor: its weights as slices, and its bags as the few items that they hold.

use burn::nn::Linear;
use burn::optim::GradientsParams;

use super::{Bags, MultVae};
use crate::StepInputs;
use crate::kernel::{
    Buffer, Dense, DenseGradients, MultVaeLayers, VaeBatch, mult_vae_gradients, mult_vae_states,
    on_threads,
};
use crate::network::{BoundSums, LossSums};
use crate::random::Noise;
use crate::weights::{on_host, register, scalar};
use seqscope_data::Histories;

impl MultVae {
    /// Computes [`MultVae::gradients`](super::Network::gradients) by the kernel, on the same noise.
    pub(super) fn gradients_by_kernel(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        mut noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let rows: Vec<&[u32]> = histories.rows().filter(|row| !row.is_empty()).collect();
        if rows.is_empty() {
            return None;
        }
        let mut bags = Bags::new(&rows, self.n_items(), self.spec.recency);
        let n_events = bags.n_items();
        bags.drop_out(self.spec.dropout, &mut noise);
        let epsilon = noise.normal_values(rows.len() * self.spec.d_latent);
        let beta = self.beta(inputs);
        let batch = VaeBatch {
            bags: &bags.sparse(),
            epsilon: &epsilon,
            beta: beta as f32,
            free_bits: self.spec.free_bits as f32,
            likelihood: self.spec.likelihood,
        };
        let (found, loss) =
            mult_vae_gradients(&LatentWeights::from_layers(self.layers()).layers(), &batch);
        let mut gradients = GradientsParams::new();
        register_layers(&mut gradients, self.layers(), found);

        let device = self.encoder.weight.val().inner().device();
        let loss = LossSums {
            loss: scalar(loss.nll + beta * loss.charged, &device),
            n_events,
            bound: Some(BoundSums {
                kl: scalar(loss.kl, &device),
                n_latent: rows.len(),
                nll: scalar(loss.nll, &device),
            }),
        };
        Some((gradients, loss))
    }

    /// Computes the states that scores are products of. `[n_rows, d_hidden]`
    pub(super) fn states_by_kernel(&self, histories: &Histories) -> Buffer {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let bags = Bags::new(&rows, self.n_items(), self.spec.recency).sparse();
        mult_vae_states(&LatentWeights::from_layers(self.layers()).layers(), &bags)
    }

    fn layers(&self) -> [&Linear; 5] {
        [
            &self.encoder,
            &self.mean,
            &self.log_variance,
            &self.decoder,
            &self.output,
        ]
    }
}

/// Weights and biases of encoder, mean, log-variance, decoder and output, on the host.
pub(in crate::family) struct LatentWeights([[Vec<f32>; 2]; 5]);

impl LatentWeights {
    pub(in crate::family) fn from_layers(layers: [&Linear; 5]) -> Self {
        // The first and the last layer can be as large as the catalogue: copied side by side.
        let mut weights = on_threads(
            layers
                .map(|layer| layer.weight.val().without_autodiff())
                .to_vec(),
            |weight| weight.into_data().try_into_vec().unwrap_or_default(),
        )
        .into_iter();
        let bias = |layer: &Linear| layer.bias.as_ref().map_or_else(Vec::new, on_host);
        Self(layers.map(|layer| [weights.next().unwrap_or_default(), bias(layer)]))
    }

    pub(in crate::family) fn layers(&self) -> MultVaeLayers<Dense<'_>> {
        let [encoder, mean, log_variance, decoder, output] = self
            .0
            .each_ref()
            .map(|[weight, bias]| Dense { weight, bias });
        MultVaeLayers {
            encoder,
            mean,
            log_variance,
            decoder,
            output,
        }
    }
}

/// Registers the gradients of encoder, mean, log-variance, decoder and output.
pub(in crate::family) fn register_layers(
    gradients: &mut GradientsParams,
    layers: [&Linear; 5],
    found: MultVaeLayers<DenseGradients>,
) {
    let MultVaeLayers {
        encoder,
        mean,
        log_variance,
        decoder,
        output,
    } = found;
    for (layer, [weight, bias]) in
        layers
            .into_iter()
            .zip([encoder, mean, log_variance, decoder, output])
    {
        register(gradients, &layer.weight, weight.into_vec());
        if let Some(param) = &layer.bias {
            register(gradients, param, bias.into_vec());
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::prelude::*;
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    use super::*;
    use crate::network::Network as _;
    use crate::random::Init;
    use crate::tests::assert_fused_is_plain;
    use crate::{Likelihood, VaeSpec};

    /// Biases that are not 0, or their part of the sums would go untested.
    fn network(spec: &VaeSpec, n_items: usize) -> MultVae {
        let mut init = Init::new(3, &Device::flex().autodiff());
        let mut network = MultVae::new(spec, n_items, &mut init);
        for (layer, d_out) in [
            (&mut network.encoder, spec.d_hidden),
            (&mut network.output, n_items),
        ] {
            layer.bias = Some(init.normal(0.5, [d_out]));
        }
        network
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn fused_gradients_are_those_of_autodiff(
            (n_items, rows) in (1_u32..90).prop_flat_map(|n_items| {
                let row = prop::collection::vec(1..=n_items, 0..30);
                (Just(n_items), prop::collection::vec(row, 1..70))
            }),
            (d_hidden, d_latent) in (2_usize..40, 1_usize..20),
            dropout in prop::sample::select(vec![0.0, 0.5]),
            recency in prop::sample::select(vec![1.0, 0.8]),
            likelihood in prop::sample::select(Likelihood::iter().collect::<Vec<_>>()),
            free_bits in prop::sample::select(vec![0.0, 0.05]),
        ) {
            let spec = VaeSpec {
                d_hidden, d_latent, dropout, recency, likelihood, free_bits, beta: 0.3, anneal: 0.5, ..VaeSpec::default()
            };
            assert_fused_is_plain(&network(&spec, n_items as usize), &rows);
        }
    }

    #[test]
    fn users_of_every_item_and_of_none_learn_the_same_both_ways() {
        let spec = VaeSpec {
            d_hidden: 12,
            d_latent: 4,
            dropout: 0.5,
            ..VaeSpec::default()
        };
        let all: Vec<u32> = (1..=200).collect();
        assert_fused_is_plain(
            &network(&spec, 200),
            &[all.clone(), Vec::new(), vec![7], all],
        );
        assert_fused_is_plain(&network(&spec, 200), &[Vec::new()]);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let rows: Vec<Vec<u32>> = (0..70)
            .map(|row| (0..40).map(|at| (row * 13 + at * at) % 300 + 1).collect())
            .collect();
        let network = network(
            &VaeSpec {
                d_hidden: 96,
                d_latent: 33,
                ..VaeSpec::default()
            },
            300,
        );
        let histories: Histories = rows.iter().map(Vec::as_slice).collect();
        let inputs = StepInputs {
            lr: 0.0,
            step: 3,
            n_steps: 8,
            seed: 5,
        };
        let bits = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .unwrap();
            let (gradients, sums) = pool
                .install(|| network.fused_gradients(&histories, &inputs, Noise::new(5)))
                .unwrap();
            let mut all: Vec<f32> = vec![
                sums.loss.into_scalar(),
                sums.bound.unwrap().kl.into_scalar(),
            ];
            for layer in network.layers() {
                let weight = gradients.get::<2>(layer.weight.id).unwrap();
                all.extend(weight.into_data().try_into_vec::<f32>().unwrap());
                let bias = gradients.get::<1>(layer.bias.as_ref().unwrap().id).unwrap();
                all.extend(bias.into_data().try_into_vec::<f32>().unwrap());
            }
            all.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let one = bits(1);
        assert!(one.len() > 2 * 300 * 96);
        assert!(one == bits(2) && one == bits(3));
    }
}
