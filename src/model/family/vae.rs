//! Mult-VAE: a variational autoencoder over bags of items (Liang et al. 2018), and with a Bernoulli
//! likelihood that of Kingma & Welling 2014.

mod fused;

pub(super) use fused::{LatentWeights, register_layers};

use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::prelude::*;
use serde::{Deserialize, Serialize};

use super::bags::{self, Bags, behind_padding, scores_of_prefixes};
use super::latent::{Annealing, KlTerm, latent_layers};
use super::{FEWEST_OF_A_BAG, LearntFrom, ModelFamily, ModelStart, SmallerSizes, size, words};
use crate::attribution::{EventInputs, InputNetwork, Slopes};
use crate::item_vectors::ItemVectors;
use crate::kernel::{Buffer, rows_of_logits};
use crate::layers::{Axis, BATCH, LayerShape};
use crate::loss::MAX_FLOATS;
use crate::network::{BoundSums, LossSums, Network};
use crate::random::{Init, Noise};
use crate::{
    Blueprint, Likelihood, MemoryNeed, ModelError, OpenDevice, OptimizerSpec, StepInputs,
    Trainable, Workload,
};
use seqscope_data::Histories;

/// Settings of Mult-VAE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaeSpec {
    /// Width of the hidden layer of encoder and decoder.
    pub d_hidden: usize,
    /// Length of the latent vector.
    pub d_latent: usize,
    /// Share of a user's items hidden from the encoder while training.
    pub dropout: f64,
    /// Largest weight of the Kullback–Leibler term.
    pub beta: f64,
    /// Share of the steps, or of those of a cycle, over which the weight grows from 0 to `beta`.
    pub anneal: f64,
    /// Growth of the weight.
    pub annealing: Annealing,
    /// Nats of each latent dimension that cost nothing.
    pub free_bits: f64,
    /// Likelihood of a bag by the scores.
    pub likelihood: Likelihood,
    /// Factor by which an event counts less than the one after it, in the encoder's input.
    pub recency: f64,
}

impl Default for VaeSpec {
    fn default() -> Self {
        Self {
            d_hidden: 600,
            d_latent: 200,
            dropout: 0.5,
            beta: 0.2,
            anneal: 0.2,
            annealing: Annealing::Linear,
            free_bits: 0.0,
            likelihood: Likelihood::Multinomial,
            recency: 1.0,
        }
    }
}

seqscope_base::spec::described! { VaeSpec {
    d_hidden: Int { min: 2, max: 4096 }, Core, "Hidden width", "", "Width of the layer between \
        items and latent vector.", "Liang et al. 2018: 600";
    d_latent => words::LATENT, "Liang et al. 2018: 200";
    dropout: Float { min: 0.0, max: 0.9 }, Core, "Input dropout", "", "Share of a user's items \
        hidden from the encoder while training.", "Liang et al. 2018: 0.5";
    beta: Float { min: 0.0, max: 4.0 }, Core, "Beta", "", "Largest weight of the Kullback–Leibler \
        term; 0 makes it a plain autoencoder.", "Liang et al. 2018: 0.2";
    anneal => words::ANNEAL, "Liang et al. 2018: linear";
    annealing => words::ANNEALING, "Liang et al. 2018: Linear; Fu et al. 2019: Cyclical, half of \
                                    each of four cycles";
    free_bits: Float { min: 0.0, max: 10.0 }, More, "Free bits", "nats", "Kullback–Leibler term of \
        each latent dimension that costs nothing, as a mean over the batch, so that the latent \
        vector is used; 0 charges for all of it.", "Kingma et al. 2016: 0.1 to 2 a group; off";
    likelihood => words::LIKELIHOOD, "Liang et al. 2018: Multinomial; Kingma & Welling 2014: \
                                      Bernoulli";
    recency => words::RECENCY, "Liang et al. 2018: 1";
} }

impl ModelFamily for VaeSpec {
    fn title(&self) -> &'static str {
        "Mult-VAE"
    }
    fn summary(&self) -> &'static str {
        "Squeezes the bag of a user's items into a latent vector and scores every item from it; it \
         does not see the order."
    }
    fn source(&self) -> &'static str {
        "Liang et al. 2018 (Mult-VAE): multinomial likelihood, annealed beta; with the Bernoulli \
         likelihood Kingma & Welling 2014, whose inputs are not normalised as these are"
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

    fn free_nats(&self) -> f64 {
        self.beta * self.free_bits * self.d_latent as f64
    }

    fn why_no_attention(&self) -> &'static str {
        "A Mult-VAE reads a history as a bag of items: order does not enter, and there are no \
         weights from step to step, so none are drawn."
    }

    fn layers(&self, plan: &Blueprint) -> Vec<LayerShape> {
        let (items, hidden) = (Axis::items(plan, 0), Axis::Size(self.d_hidden));
        let mut layers = vec![
            LayerShape::new("Bag of the user's items", [BATCH, items]),
            LayerShape::new("Encoder, tanh", [BATCH, hidden]).dense("encoder", items, hidden),
        ];
        layers.extend(latent_layers(&[BATCH], [self.d_hidden, self.d_latent]));
        layers.push(LayerShape::new("Item scores", [BATCH, items]).dense("output", hidden, items));
        layers
    }
    /// A copy of the weights; of each user four hidden and six latent vectors; a block of logits;
    /// and of each item of a bag its places. Gradients are among the parameters.
    fn memory(&self, work: &Workload<'_>) -> MemoryNeed {
        let Self {
            d_hidden, d_latent, ..
        } = *self;
        let n_items = work.plan.shape.n_items;
        let of_user = 4 * d_hidden + 6 * d_latent;
        let of_event = 10;
        let n_events = |n_rows| of_event * work.n_events(n_rows, n_items);
        let n_params = self.n_params(work.plan);
        let n_rows = work.n_rows();
        let logits = n_rows.min(rows_of_logits(n_items)) * n_items;
        let step = n_params + n_rows * of_user + logits + n_events(n_rows);
        let asked = work.n_asked();
        let evaluation = n_params
            + d_hidden * n_items
            + asked * (d_hidden + d_latent)
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
        let largest = [("d_hidden", plan.shape.n_items.saturating_mul(self.d_hidden))];
        let start = ModelStart {
            plan,
            optimizer,
            device,
            seed,
        };
        start.for_next_item(self, &largest, |init| {
            MultVae::new(self, plan.shape.n_items, init)
        })
    }
}

/// Bag of items → tanh layer → mean and log-variance of the latent vector → tanh layer → a score
/// an item. Padding is no item of a bag: item `i` is column `i − 1` here.
#[derive(Module, Debug)]
struct MultVae {
    /// `[n_items, d_hidden]`
    encoder: Linear,
    /// `[d_hidden, d_latent]`
    mean: Linear,
    /// `[d_hidden, d_latent]`
    log_variance: Linear,
    /// `[d_latent, d_hidden]`
    decoder: Linear,
    /// `[d_hidden, n_items]`
    output: Linear,
    #[module(skip)]
    spec: VaeSpec,
}

impl MultVae {
    fn new(spec: &VaeSpec, n_items: usize, init: &mut Init) -> Self {
        let VaeSpec {
            d_hidden, d_latent, ..
        } = *spec;
        Self {
            encoder: init.dense(n_items, d_hidden),
            mean: init.dense(d_hidden, d_latent),
            log_variance: init.dense(d_hidden, d_latent),
            decoder: init.dense(d_latent, d_hidden),
            output: init.dense(d_hidden, n_items),
            spec: spec.clone(),
        }
    }

    fn n_items(&self) -> usize {
        self.encoder.weight.dims()[0]
    }

    /// Mean and log-variance of the latent vector. `[n_rows, n_items]` to twice
    /// `[n_rows, d_latent]`
    fn encode(&self, bags: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let hidden = self.encoder.forward(bags).tanh(); // [n_rows, d_hidden]
        (
            self.mean.forward(hidden.clone()),
            self.log_variance.forward(hidden),
        )
    }

    /// Scores of the items without padding. `[n_rows, d_latent]` to `[n_rows, n_items]`
    fn decode(&self, latent: Tensor<2>) -> Tensor<2> {
        self.output.forward(self.decoder.forward(latent).tanh())
    }

    /// Scores from the mean of the latent vector, with a column of zeros for padding in front.
    /// `[n_rows, n_items + 1]`
    fn scores_of(&self, rows: &[&[u32]]) -> Tensor<2> {
        let device = self.encoder.weight.device();
        self.scores_of_bags(Bags::new(rows, self.n_items(), self.spec.recency).tensor(&device))
    }

    /// Computes [`MultVae::scores_of`] for bags. `[n_rows, n_items]` to `[n_rows, n_items + 1]`
    fn scores_of_bags(&self, bags: Tensor<2>) -> Tensor<2> {
        let (mean, _) = self.encode(bags);
        behind_padding(self.decode(mean))
    }

    /// Weight of the Kullback–Leibler term at a step.
    fn beta(&self, inputs: &StepInputs) -> f64 {
        self.spec.beta * self.spec.annealing.share(self.spec.anneal, inputs)
    }
}

impl Network for MultVae {
    const KIND: &'static str = "vae";

    /// The negative evidence lower bound of Liang et al. 2018, eq. 5, with the annealed beta: the
    /// log-likelihood of a user's different items, and beta times the Kullback–Leibler term.
    /// The paper takes the mean over users; here the sum is divided by the number of items, so that
    /// the loss can be read as nats an event like that of the other families. Adam's steps do not
    /// depend on such a factor.
    fn gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        mut noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        let rows: Vec<&[u32]> = histories.rows().filter(|row| !row.is_empty()).collect();
        if rows.is_empty() {
            return None;
        }
        let device = self.encoder.weight.device();
        let mut bags = Bags::new(&rows, self.n_items(), self.spec.recency);
        let n_events = bags.n_items();
        bags.drop_out(self.spec.dropout, &mut noise);

        let (mean, log_variance) = self.encode(bags.tensor(&device)); // [n_rows, d_latent]
        let epsilon = noise.normal(mean.dims(), &device);
        let latent = mean.clone() + epsilon * log_variance.clone().mul_scalar(0.5).exp();
        let decoded = self.decoder.forward(latent).tanh(); // [n_rows, d_hidden]
        let (of_bags, nll) = self
            .spec
            .likelihood
            .of_bags(decoded, &self.output, &bags.sparse());
        let KlTerm { sum: kl, charged } = KlTerm::new(mean, log_variance, self.spec.free_bits);
        let charged = charged.mul_scalar(self.beta(inputs)); // [1]

        let sums = LossSums {
            loss: nll.clone() + charged.clone().inner(),
            n_events,
            bound: Some(BoundSums {
                kl: kl.inner(),
                n_latent: rows.len(),
                nll,
            }),
        };
        let gradients = (of_bags + charged).div_scalar(n_events as f32).backward();
        Some((GradientsParams::from_grads(gradients, self), sums))
    }

    fn fused_gradients(
        &self,
        histories: &Histories,
        inputs: &StepInputs,
        noise: Noise,
    ) -> Option<(GradientsParams, LossSums)> {
        self.gradients_by_kernel(histories, inputs, noise)
    }

    fn rows_at_a_time(&self, _len: usize) -> usize {
        MAX_FLOATS / (self.n_items() + 1).max(self.spec.d_hidden)
    }

    fn scores(&self, histories: &Histories) -> Tensor<2> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        self.scores_of(&rows)
    }

    fn item_vectors(&self) -> Option<ItemVectors> {
        Some(ItemVectors::of_layer(&self.output))
    }

    fn fused_states(&self, histories: &Histories) -> Option<Buffer> {
        Some(self.states_by_kernel(histories))
    }

    fn latent(&self, histories: &Histories) -> Option<[Tensor<2>; 2]> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        let bags = Bags::new(&rows, self.n_items(), self.spec.recency)
            .tensor(&self.encoder.weight.device());
        let (mean, log_variance) = self.encode(bags);
        Some([mean, log_variance])
    }

    fn as_inputs(&self) -> Option<&dyn InputNetwork> {
        Some(self)
    }

    fn latent_width(&self) -> Option<usize> {
        Some(self.spec.d_latent)
    }

    fn decoded(&self, latent: Tensor<2>) -> Option<Tensor<2>> {
        Some(behind_padding(self.decode(latent)))
    }

    fn step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        scores_of_prefixes(history.row(0), self.rows_at_a_time(0), |prefixes| {
            self.scores_of(prefixes)
        })
    }
}

impl InputNetwork for MultVae {
    fn inputs(&self, history: &Histories) -> EventInputs {
        bags::event_inputs(
            history.row(0),
            self.n_items(),
            self.spec.recency,
            &self.encoder.weight.device(),
        )
    }

    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
        bags::slopes(history.row(0), self.n_items(), inputs, target, |bags| {
            self.scores_of_bags(bags)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_grows_in_a_line_and_stays() {
        let spec = VaeSpec {
            beta: 0.4,
            anneal: 0.5,
            d_hidden: 2,
            d_latent: 1,
            ..VaeSpec::default()
        };
        let beta = |anneal: f64, step: usize| {
            let spec = VaeSpec {
                anneal,
                ..spec.clone()
            };
            let network = MultVae::new(&spec, 3, &mut Init::new(0, &Device::flex().autodiff()));
            network.beta(&StepInputs {
                lr: 0.0,
                step,
                n_steps: 8,
                seed: 0,
            })
        };
        let percent = |beta: f64| (100.0 * beta).round() as u32;
        assert_eq!(
            [0, 2, 4, 7].map(|step| percent(beta(0.5, step))),
            [0, 20, 40, 40]
        );
        assert_eq!(percent(beta(0.0, 0)), 40);
    }

    #[test]
    fn the_same_seed_draws_the_same_latent_vectors() {
        let spec = VaeSpec {
            d_hidden: 4,
            d_latent: 3,
            ..VaeSpec::default()
        };
        let network = MultVae::new(&spec, 5, &mut Init::new(0, &Device::flex().autodiff()));
        let histories: Histories = [&[1_u32, 2, 3][..], &[5, 4]].into_iter().collect();
        let inputs = StepInputs {
            lr: 0.0,
            step: 1,
            n_steps: 1,
            seed: 0,
        };
        let loss = |seed| {
            let (_, sums) = network
                .gradients(&histories, &inputs, Noise::new(seed))
                .unwrap();
            sums.loss.into_scalar::<f32>().to_bits()
        };
        assert_eq!(loss(1), loss(1));
        assert_ne!(loss(1), loss(2));
    }
}
