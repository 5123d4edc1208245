//! Autoencoders over bags of items, plain and denoising: Multi-DAE (Liang et al. 2018), and with no
//! hidden layer CDAE (Wu et al. 2016) without its users' vectors.

use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::bags::{self, Bags, behind_padding, scores_of_prefixes};
use super::{FEWEST_OF_A_BAG, LearntFrom, ModelFamily, ModelStart, SmallerSizes, size, words};
use crate::attribution::{EventInputs, InputNetwork, Slopes};
use crate::item_vectors::ItemVectors;
use crate::kernel::{Buffer, Dense, autoencoder_gradients, autoencoder_states, rows_of_logits};
use crate::layers::{Axis, BATCH, LayerShape, MAX_REPEATED};
use crate::loss::MAX_FLOATS;
use crate::network::{LossSums, Network};
use crate::random::{Init, Noise};
use crate::weights::{on_host, register};
use crate::{
    Blueprint, Likelihood, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs,
    Trainable, Workload,
};
use seqscope_data::Histories;

/// Settings of an autoencoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutoencoderSpec {
    /// Width of each hidden layer of encoder and decoder.
    pub d_hidden: usize,
    /// Hidden layers of the encoder, and as many of the decoder.
    pub n_hidden: usize,
    /// Length of the vector in the middle.
    pub d_latent: usize,
    /// Share of a user's items hidden from the encoder while training.
    pub corruption: f64,
    /// Likelihood of a bag by the scores.
    pub likelihood: Likelihood,
    /// Factor by which an event counts less than the one after it, in the encoder's input.
    pub recency: f64,
}

impl Default for AutoencoderSpec {
    fn default() -> Self {
        Self {
            d_hidden: 600,
            n_hidden: 1,
            d_latent: 200,
            corruption: 0.5,
            likelihood: Likelihood::Multinomial,
            recency: 1.0,
        }
    }
}

seqscope_base::spec::described! { AutoencoderSpec {
    d_hidden: Int { min: 2, max: 4096 }, Core, "Hidden width", "", "Width of each layer between \
        items and the vector in the middle.", "Liang et al. 2018: 600";
    n_hidden: Int { min: 0, max: 3 }, More, "Hidden layers", "", "Layers between items and the \
        vector in the middle, on either side; with 0 the items are next to it.", "Liang et al. 2018: 1; Wu et al. 2016: 0";
    d_latent => words::LATENT, "Liang et al. 2018: 200; Wu et al. 2016: 50";
    corruption: Float { min: 0.0, max: 0.9 }, Core, "Corruption", "", "Share of a user's items \
        hidden from the encoder while training, which it must tell all the same; 0 makes it a \
        plain autoencoder.", "Vincent et al. 2008: masking noise; Liang et al. 2018: 0.5";
    likelihood => words::LIKELIHOOD, "Liang et al. 2018: Multinomial; Wu et al. 2016: also \
                                      Bernoulli";
    recency => words::RECENCY, "Liang et al. 2018: 1";
} }

impl AutoencoderSpec {
    /// Widths from the catalogue through the vector in the middle and back.
    fn widths(&self, n_items: usize) -> Vec<usize> {
        let hidden = vec![self.d_hidden; self.n_hidden.min(MAX_REPEATED)];
        [
            vec![n_items],
            hidden.clone(),
            vec![self.d_latent],
            hidden,
            vec![n_items],
        ]
        .concat()
    }

    /// Sum of the widths that lie between the catalogue and itself.
    fn width_of_hidden(&self) -> usize {
        2 * self.n_hidden * self.d_hidden + self.d_latent
    }

    /// Width of what the scores are products of.
    fn width_of_last(&self) -> usize {
        if self.n_hidden == 0 {
            self.d_latent
        } else {
            self.d_hidden
        }
    }
}

impl ModelFamily for AutoencoderSpec {
    fn title(&self) -> &'static str {
        "Autoencoder"
    }
    fn summary(&self) -> &'static str {
        "Learns to restore the bag of a user's items from a part of it, through a narrow middle; \
         it does not see the order."
    }
    fn source(&self) -> &'static str {
        "Liang et al. 2018 (Multi-DAE); denoising after Vincent et al. 2008; with no hidden layer \
         Wu et al. 2016 (CDAE) with tanh and without its users' vectors"
    }
    fn smaller_sizes(&self) -> SmallerSizes {
        size::OF_BAGS
    }

    fn fewest_events(&self) -> u32 {
        FEWEST_OF_A_BAG
    }

    fn learns(&self) -> LearntFrom {
        LearntFrom::Bag(self.likelihood)
    }

    fn why_no_attention(&self) -> &'static str {
        "An autoencoder reads a history as a bag of items: order does not enter, and there are no \
         weights from step to step, so none are drawn."
    }

    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        let items = Axis::items(plan, 0);
        let mut axes: Vec<Axis> = self.widths(0).into_iter().map(Axis::Size).collect();
        let n_layers = axes.len() - 1;
        for end in [0, n_layers] {
            axes[end] = items;
        }
        let layer = |(at, ends): (usize, &[Axis])| {
            let name = match at + 1 {
                done if done == n_layers => "Item scores".to_owned(),
                done if 2 * done == n_layers => "Middle, tanh".to_owned(),
                done if 2 * done < n_layers => format!("Encoder {done}, tanh"),
                done => format!("Decoder {}, tanh", done - n_layers / 2),
            };
            LayerShape::new(name, [BATCH, ends[1]]).dense(&format!("layers.{at}"), ends[0], ends[1])
        };
        let bag = LayerShape::new("Bag of the user's items", [BATCH, items]);
        std::iter::once(bag)
            .chain(axes.windows(2).enumerate().map(layer))
            .collect()
    }
    /// A copy of the weights; of each user its hidden layers, their gradients and one more; a block
    /// of logits; and of each item of a bag its places. Gradients are among the parameters.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        let n_items = work.plan.shape.n_items;
        let of_event = 10;
        let n_events = |n_rows| of_event * work.n_events(n_rows, n_items);
        let n_params = self.n_params(work.plan);
        let n_rows = work.n_rows();
        let logits = n_rows.min(rows_of_logits(n_items)) * n_items;
        let of_user = self.width_of_hidden() + 2 * self.width_of_last().max(self.d_latent);
        let step = n_params + n_rows * of_user + logits + n_events(n_rows);
        let asked = work.n_asked();
        let evaluation = n_params
            + self.width_of_last() * n_items
            + asked * self.width_of_hidden()
            + n_events(asked)
            + work.scores();
        MemoryNeed::of_numbers(n_params, step, evaluation)
    }
    fn setting_of_size(&self) -> &'static str {
        "d_hidden"
    }
    fn build(
        &self,
        plan: &Blueprint,
        optimizer: OptimizerSpec,
        device: &OpenDevice,
        seed: u64,
    ) -> Result<Box<dyn Trainable>, ModelError> {
        let field = if self.n_hidden == 0 {
            "d_latent"
        } else {
            "d_hidden"
        };
        let largest = [(
            field,
            plan.shape.n_items.saturating_mul(self.width_of_last()),
        )];
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_next_item(self, &largest, |init| {
            Autoencoder::new(self, plan.shape.n_items, init)
        })
    }
}

/// Bag of items → tanh layers → vector in the middle, a tanh too → tanh layers → a score an item.
/// Padding is no item of a bag: item `i` is column `i − 1` here.
#[derive(Module, Debug)]
struct Autoencoder {
    /// Layers from the catalogue, `[n_items, ..]`, to the catalogue, `[.., n_items]`.
    layers: Vec<Linear>,
    #[module(skip)]
    spec: AutoencoderSpec,
    #[module(skip)]
    n_items: usize,
}

impl Autoencoder {
    fn new(spec: &AutoencoderSpec, n_items: usize, init: &mut Init) -> Self {
        let layers = spec
            .widths(n_items)
            .windows(2)
            .map(|pair| init.dense(pair[0], pair[1]))
            .collect();
        Self {
            layers,
            spec: spec.clone(),
            n_items,
        }
    }

    /// The last hidden layer, and the layer above it. `[n_rows, n_items]` to `[n_rows, d_hidden]`
    fn hidden(&self, bags: Tensor<2>) -> (Tensor<2>, Option<&Linear>) {
        let Some((output, hidden)) = self.layers.split_last() else {
            return (bags, None);
        };
        (through(hidden, bags), Some(output))
    }

    /// The layers up to the vector in the middle, and those above it: as many.
    fn halves(&self) -> Option<(&[Linear], &[Linear])> {
        self.layers.split_at_checked(self.layers.len() / 2)
    }

    /// Scores with a column of zeros for padding in front. `[n_rows, n_items + 1]`
    fn scores_of(&self, rows: &[&[u32]]) -> Tensor<2> {
        let device = self.device();
        self.scores_of_bags(Bags::new(rows, self.n_items, self.spec.recency).tensor(&device))
    }

    /// Computes [`Autoencoder::scores_of`] for bags. `[n_rows, n_items]` to
    /// `[n_rows, n_items + 1]`
    fn scores_of_bags(&self, bags: Tensor<2>) -> Tensor<2> {
        let (hidden, output) = self.hidden(bags);
        behind_padding(output.map_or(hidden.clone(), |output| output.forward(hidden)))
    }

    fn device(&self) -> Device {
        self.layers
            .first()
            .map_or_else(Device::flex, |layer| layer.weight.device())
    }

    /// Draws what is to be learnt of these histories: corrupted bags, without empty ones.
    fn corrupted(&self, histories: &Histories, mut noise: Noise) -> Option<Bags> {
        let rows: Vec<&[u32]> = histories.rows().filter(|row| !row.is_empty()).collect();
        let mut bags = Bags::new(&rows, self.n_items, self.spec.recency);
        bags.drop_out(self.spec.corruption, &mut noise);
        (!rows.is_empty()).then_some(bags)
    }

    /// Weights and biases of each layer on the host.
    fn on_host(&self) -> Vec<[Vec<f32>; 2]> {
        let bias = |layer: &Linear| layer.bias.as_ref().map_or_else(Vec::new, on_host);
        self.layers
            .iter()
            .map(|layer| [on_host(&layer.weight), bias(layer)])
            .collect()
    }
}

/// Rows after these tanh layers.
fn through(layers: &[Linear], rows: Tensor<2>) -> Tensor<2> {
    layers
        .iter()
        .fold(rows, |rows, layer| layer.forward(rows).tanh())
}

fn dense(weights: &[[Vec<f32>; 2]]) -> Vec<Dense<'_>> {
    weights
        .iter()
        .map(|[weight, bias]| Dense { weight, bias })
        .collect()
}

impl Network for Autoencoder {
    const KIND: &'static str = "autoencoder";

    /// The negative log-likelihood of each user's whole bag from a part of it (Liang et al. 2018,
    /// section 2.2). The paper takes the mean over users; here the sum is divided by the number of
    /// items, so that the loss can be read as nats an event like that of the other families. Adam's
    /// steps do not depend on such a factor.
    fn gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let bags = self.corrupted(histories, noise)?;
        let n_events = bags.n_items();
        let (hidden, output) = self.hidden(bags.tensor(&self.device()));
        let (scalar, loss) = self
            .spec
            .likelihood
            .of_bags(hidden, output?, &bags.sparse());
        let gradients = scalar.div_scalar(n_events as f32).backward();
        Some((
            GradientsParams::from_grads(gradients, self),
            LossSums {
                loss,
                n_events,
                bound: None,
            },
        ))
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        _inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let bags = self.corrupted(histories, noise)?;
        let weights = self.on_host();
        let (found, nll) =
            autoencoder_gradients(&dense(&weights), &bags.sparse(), self.spec.likelihood);
        let mut gradients = GradientsParams::new();
        for (layer, [weight, bias]) in self.layers.iter().zip(found) {
            register(&mut gradients, &layer.weight, weight.into_vec());
            if let Some(param) = &layer.bias {
                register(&mut gradients, param, bias.into_vec());
            }
        }
        let device = self.layers.first()?.weight.val().inner().device();
        let loss = Tensor::from_data([nll as f32], &device);
        Some((
            gradients,
            LossSums {
                loss,
                n_events: bags.n_items(),
                bound: None,
            },
        ))
    }

    fn rows_at_a_time(&self, _len: usize) -> usize {
        MAX_FLOATS / (self.n_items + 1).max(self.spec.d_hidden)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        self.scores_of(&histories.rows().collect::<Vec<_>>())
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_layer(self.layers.last()?))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let bags = Bags::new(&rows, self.n_items, self.spec.recency).sparse();
        Some(autoencoder_states(&dense(&self.on_host()), &bags))
    }

    /// The vector in the middle, which is certain: there is no [`Network::latent`].
    fn codes(&self, histories: &Histories) -> Option<Tensor<2>> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let bags = Bags::new(&rows, self.n_items, self.spec.recency).tensor(&self.device());
        let (encoder, _) = self.halves()?;
        Some(through(encoder, bags))
    }

    fn latent_width(&self) -> Option<usize> {
        Some(self.spec.d_latent)
    }

    fn decoded(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        let (_, decoder) = self.halves()?;
        let (output, hidden) = decoder.split_last()?;
        Some(behind_padding(output.forward(through(hidden, latent))))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        scores_of_prefixes(history.row(0), self.rows_at_a_time(0), |prefixes| {
            self.scores_of(prefixes)
        })
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }
}

impl InputNetwork for Autoencoder {
    fn inputs(&self, history: &Histories) -> EventInputs {
        let (items, device) = (history.row(0), self.device());
        bags::event_inputs(items, self.n_items, self.spec.recency, &device)
    }

    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        bags::slopes(history.row(0), self.n_items, inputs, target, |bags| {
            self.scores_of_bags(bags)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    use super::*;
    use crate::tests::assert_fused_is_plain;

    /// Biases that are not 0, or their part of the sums would go untested.
    fn network(spec: &AutoencoderSpec, n_items: usize) -> Autoencoder {
        let mut init = Init::new(3, &Device::flex().autodiff());
        let mut network = Autoencoder::new(spec, n_items, &mut init);
        for layer in &mut network.layers {
            let [_, d_out] = layer.weight.dims();
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
            (d_hidden, n_hidden, d_latent) in (2_usize..40, 0_usize..4, 1_usize..20),
            corruption in prop::sample::select(vec![0.0, 0.5]),
            likelihood in prop::sample::select(Likelihood::iter().collect::<Vec<_>>()),
        ) {
            let spec = AutoencoderSpec { d_hidden, n_hidden, d_latent, corruption, likelihood, recency: 0.8 };
            assert_fused_is_plain(&network(&spec, n_items as usize), &rows);
        }
    }

    #[test]
    fn widths_go_in_and_out_again() {
        let spec = AutoencoderSpec {
            d_hidden: 6,
            n_hidden: 2,
            d_latent: 3,
            ..AutoencoderSpec::default()
        };
        assert_eq!(spec.widths(9), [9, 6, 6, 3, 6, 6, 9]);
        assert_eq!(
            AutoencoderSpec {
                n_hidden: 0,
                ..spec
            }
            .widths(9),
            [9, 3, 9]
        );
    }

    /// What is hidden from the encoder is still to be told: with everything hidden but by chance
    /// the loss counts every item.
    #[test]
    fn corrupted_items_are_told_all_the_same() {
        let network = network(
            &AutoencoderSpec {
                corruption: 0.9,
                d_hidden: 4,
                ..AutoencoderSpec::default()
            },
            7,
        );
        let histories: Histories = [&[1_u32, 2, 3, 2][..], &[5, 4], &[]].into_iter().collect();
        let bags = network.corrupted(&histories, Noise::new(1)).unwrap();
        assert_eq!(bags.n_items(), 5);
        assert!(
            bags.sparse()
                .elements
                .iter()
                .any(|(_, weight)| *weight == 0.0)
        );
        assert!(
            network
                .corrupted(&Histories::new(), Noise::new(1))
                .is_none()
        );
    }
}
