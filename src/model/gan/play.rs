//! Training of both sides, and drawing of sequences.

use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::activation::log_sigmoid;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::discriminator::Discriminator;
use super::generator::{Generator, WrittenSequences};
use super::{GanSpec, MAX_ITEMS};
use crate::device::Layers;
use crate::optimizer::AdamW;
use crate::random::{Init, Noise};
use crate::session::guarded;
use crate::weights::read;
use crate::{ModelError, OptimizerSpec};
use seqscope_base::spec::derive_seed;
use seqscope_data::Histories;

/// Adam as Kingma & Ba 2015 have it, with the gradients' norm kept below 5.
const OPTIMIZER: OptimizerSpec = OptimizerSpec {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weight_decay: 0.0,
    l1: 0.0,
    clip_norm: 5.0,
};

/// Passes without a better held-out likelihood after which the language model is done.
const PATIENCE: usize = 3;

/// Every so many histories one is held out from maximum likelihood.
const HELD_OUT: usize = 10;

/// Sequences that are drawn at a time.
const AT_A_TIME: usize = 256;

/// Rounds of drawing before it is given up to reach the number that was asked for.
const MAX_ROUNDS: u64 = 20;

/// Mean losses of a pass of the play, in nats; ln 2 each where neither side has the better of the
/// other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses {
    /// −log of how likely the discriminator finds a real sequence more real than a synthetic one.
    pub discriminator: f64,
    /// −log of how likely the discriminator finds a synthetic sequence more real than a real one.
    pub generator: f64,
}

/// Part of the training of a GAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The generator learns real histories by maximum likelihood.
    Likelihood,
    /// Generator and discriminator play against each other.
    Play,
}

/// Progress of a GAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Part of the training that goes on.
    pub phase: Phase,
    /// Pass over the histories that is in work, from 1.
    pub epoch: usize,
    /// Most passes of this phase.
    pub n_epochs: usize,
}

impl std::fmt::Display for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.phase {
            Phase::Likelihood => "The sampler learns real histories",
            Phase::Play => "Generator plays against discriminator",
        };
        write!(
            f,
            "{what}, pass {} of at most {}",
            self.epoch, self.n_epochs
        )
    }
}

/// Generator and discriminator with their optimisers.
#[derive(Debug)]
pub struct SequenceGan {
    spec: GanSpec,
    pub(super) generator: Generator,
    pub(super) discriminator: Discriminator,
    likelihood: AdamW,
    adversarial: [AdamW; 2],
    seed: u64,
}

impl SequenceGan {
    /// Makes a GAN with initial weights, for items 1 to `n_items`.
    ///
    /// # Errors
    /// [`ModelError::Setting`] when there are too many items.
    pub fn new(spec: &GanSpec, n_items: usize, seed: u64) -> Result<Self, ModelError> {
        if n_items > MAX_ITEMS {
            return Err(ModelError::Setting {
                field: "training.augment.synthetic".to_owned(),
                sentence: too_many_items(n_items),
            });
        }
        let device = Device::flex().autodiff();
        let of = |part: &str| Init::new(derive_seed(seed, part, 0), &device);
        let optimizer = || AdamW::new(OPTIMIZER, Layers::Fused);
        guarded(|| Self {
            spec: spec.clone(),
            generator: Generator::new(spec, n_items + 1, &mut of("generator")),
            discriminator: Discriminator::new(spec, n_items + 1, &mut of("discriminator")),
            likelihood: optimizer(),
            adversarial: [optimizer(), optimizer()],
            seed,
        })
    }

    /// The part of a history that is learnt from.
    fn start_of<'a>(&self, row: &'a [u32]) -> &'a [u32] {
        row.get(..self.spec.max_len).unwrap_or(row)
    }

    /// Batches of an epoch, in an order of its own.
    fn batches<'a>(&self, rows: &[&'a [u32]], name: &str, epoch: usize) -> Vec<Vec<&'a [u32]>> {
        let mut rows: Vec<&[u32]> = rows.iter().map(|row| self.start_of(row)).collect();
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
            self.seed,
            name,
            epoch as u64,
        )));
        rows.chunks(self.spec.batch_size.max(1))
            .map(<[_]>::to_vec)
            .collect()
    }

    /// Learns by maximum likelihood, at most `likelihood_epochs` passes; the weights of the best
    /// pass on held-out histories stay. `between` hears of every step and may stop it. Returns the
    /// held-out loss of each pass, in nats a token.
    ///
    /// # Errors
    /// [`ModelError`] when a loss is no number or the device fails, and what `between` says.
    pub fn learn_language<E: From<ModelError>>(
        &mut self,
        rows: &Histories,
        between: &mut dyn FnMut(Pass) -> Result<(), E>,
    ) -> Result<Vec<f64>, E> {
        let is_held_out = |at: usize| rows.n_rows() >= 2 * HELD_OUT && at.is_multiple_of(HELD_OUT);
        let part = |held_out: bool| {
            let numbered = rows
                .rows()
                .enumerate()
                .filter(move |(at, _)| is_held_out(*at) == held_out);
            numbered.map(|(_, row)| row).collect::<Vec<_>>()
        };
        let (train, held_out) = (part(false), part(true));
        let (mut losses, mut best): (Vec<f64>, _) =
            (Vec::new(), (0, f64::INFINITY, self.generator.clone()));
        for epoch in 1..=self.spec.likelihood_epochs {
            for batch in self.batches(&train, "language order", epoch) {
                guarded(|| self.likelihood_step(&batch)).map_err(E::from)?;
                between(Pass {
                    phase: Phase::Likelihood,
                    epoch,
                    n_epochs: self.spec.likelihood_epochs,
                })?;
            }
            let judged = if held_out.is_empty() {
                &train
            } else {
                &held_out
            };
            let loss = guarded(|| self.nll(judged))
                .and_then(|loss| loss)
                .map_err(E::from)?;
            finite(loss, epoch, "maximum likelihood", "likelihood_lr")?;
            losses.push(loss);
            if loss < best.1 {
                best = (epoch, loss, self.generator.clone());
            } else if epoch - best.0 >= PATIENCE {
                break;
            }
        }
        self.generator = best.2;
        Ok(losses)
    }

    fn likelihood_step(&mut self, batch: &[&[u32]]) {
        let (sum, n) = self.generator.nll(batch);
        let gradients = sum.div_scalar(n.max(1) as f64).backward();
        let gradients = GradientsParams::from_grads(gradients, &self.generator);
        let (generator, _) =
            self.likelihood
                .step(self.generator.clone(), gradients, self.spec.likelihood_lr);
        self.generator = generator;
    }

    /// Mean −log p of a token, ends included, in nats.
    fn nll(&self, rows: &[&[u32]]) -> Result<f64, ModelError> {
        let generator = self.generator.valid();
        let (mut sum, mut n) = (0.0, 0);
        for rows in rows.chunks(AT_A_TIME) {
            let rows: Vec<&[u32]> = rows.iter().map(|row| self.start_of(row)).collect();
            let (block, n_tokens) = generator.nll(&rows);
            sum += read(block)?.into_iter().map(f64::from).sum::<f64>();
            n += n_tokens;
        }
        Ok(sum / n.max(1) as f64)
    }

    /// Plays `adversarial_epochs` passes against the discriminator: in each step one step of either
    /// side. `between` hears of every step and may stop it. Returns the losses of each pass.
    ///
    /// # Errors
    /// [`ModelError`] when a loss is no number or the device fails, and what `between` says.
    pub fn play<E: From<ModelError>>(
        &mut self,
        rows: &Histories,
        between: &mut dyn FnMut(Pass) -> Result<(), E>,
    ) -> Result<Vec<Losses>, E> {
        let rows: Vec<&[u32]> = rows.rows().collect();
        let n_epochs = self.spec.adversarial_epochs;
        let n_steps = n_epochs * rows.len().div_ceil(self.spec.batch_size.max(1));
        let mut all = Vec::with_capacity(n_epochs);
        let mut step = 0_usize;
        for epoch in 1..=n_epochs {
            let batches = self.batches(&rows, "play order", epoch);
            let mut sums = Losses::default();
            for batch in &batches {
                // RelGAN's exponential schedule, section 4: from 1 to the highest.
                let sharpness = self
                    .spec
                    .sharpness
                    .powf(step as f64 / n_steps.max(1) as f64);
                let noise = Noise::new(derive_seed(self.seed, "gumbel", step as u64));
                let losses =
                    guarded(|| self.play_step(batch, noise, sharpness)).and_then(|losses| losses);
                let losses = losses.map_err(E::from)?;
                sums.discriminator += losses.discriminator / batches.len() as f64;
                sums.generator += losses.generator / batches.len() as f64;
                step += 1;
                between(Pass {
                    phase: Phase::Play,
                    epoch,
                    n_epochs,
                })?;
            }
            finite(
                sums.discriminator + sums.generator,
                epoch,
                "the play",
                "adversarial_lr",
            )?;
            all.push(sums);
        }
        Ok(all)
    }

    /// A step of the discriminator, then one of the generator against it, on the same sequences.
    fn play_step(
        &mut self,
        batch: &[&[u32]],
        mut noise: Noise,
        sharpness: f64,
    ) -> Result<Losses, ModelError> {
        let n_steps = self.spec.max_len;
        let gumbel = noise.gumbel_values(n_steps * batch.len() * self.generator.n_tokens());
        let written = self.generator.write(batch.len(), &gumbel, sharpness)?;
        let discriminator = self.discriminator_step(batch, &written)?;
        let generator = self.generator_step(batch, &written)?;
        Ok(Losses {
            discriminator,
            generator,
        })
    }

    pub(super) fn discriminator_step(
        &mut self,
        real: &[&[u32]],
        written: &WrittenSequences,
    ) -> Result<f64, ModelError> {
        let synthetic: Vec<Tensor<2>> = written
            .steps
            .iter()
            .map(|step| Tensor::from_inner(step.clone().inner()))
            .collect();
        let loss = self.discriminator_loss(real, &synthetic);
        let value = read(loss.clone().inner())?;
        let gradients = GradientsParams::from_grads(loss.backward(), &self.discriminator);
        let [of_discriminator, _] = &mut self.adversarial;
        (self.discriminator, _) = of_discriminator.step(
            self.discriminator.clone(),
            gradients,
            self.spec.adversarial_lr,
        );
        Ok(value.first().copied().map_or(f64::NAN, f64::from))
    }

    pub(super) fn generator_step(
        &mut self,
        real: &[&[u32]],
        written: &WrittenSequences,
    ) -> Result<f64, ModelError> {
        let loss = self.generator_loss(real, &written.steps);
        let value = read(loss.clone().inner())?;
        let gradients = GradientsParams::from_grads(loss.backward(), &self.generator);
        let [_, of_generator] = &mut self.adversarial;
        (self.generator, _) =
            of_generator.step(self.generator.clone(), gradients, self.spec.adversarial_lr);
        Ok(value.first().copied().map_or(f64::NAN, f64::from))
    }

    /// Mean −log σ(D(real) − D(synthetic)), row by row. `[1]`
    pub(super) fn discriminator_loss(&self, real: &[&[u32]], synthetic: &[Tensor<2>]) -> Tensor<1> {
        let real = self.discriminator.certain(real, synthetic.len());
        log_sigmoid(self.discriminator.scores(&real) - self.discriminator.scores(synthetic))
            .mean()
            .neg()
    }

    /// Mean −log σ(D(synthetic) − D(real)), row by row. `[1]`
    pub(super) fn generator_loss(&self, real: &[&[u32]], synthetic: &[Tensor<2>]) -> Tensor<1> {
        let real = self.discriminator.certain(real, synthetic.len());
        log_sigmoid(self.discriminator.scores(synthetic) - self.discriminator.scores(&real))
            .mean()
            .neg()
    }

    /// Draws `n` sequences of at least `least` events; the same seed draws the same.
    ///
    /// # Errors
    /// [`ModelError`] when the device fails, or hardly any sequence is that long.
    pub fn sample(&self, n: usize, least: usize, seed: u64) -> Result<Histories, ModelError> {
        let generator = guarded(|| self.generator.valid())?;
        let mut drawn = Histories::new();
        let n_rounds = n.div_ceil(AT_A_TIME) as u64 * MAX_ROUNDS;
        for round in 0..n_rounds {
            let mut noise = Noise::new(derive_seed(seed, "sample", round));
            let gumbel = noise.gumbel_values(self.spec.max_len * AT_A_TIME * generator.n_tokens());
            let written =
                guarded(|| generator.write(AT_A_TIME, &gumbel, 1.0)).and_then(|written| written)?;
            for row in written.rows.iter().filter(|row| row.len() >= least) {
                if drawn.n_rows() < n {
                    drawn.push(row);
                }
            }
            if drawn.n_rows() == n {
                return Ok(drawn);
            }
        }
        Err(ModelError::Compute {
            sentence: format!(
                "the generator hardly ever writes {least} events; train it longer \
                 (`training.gan.likelihood_epochs`), or take the Markov sampler \
                 (`training.augment.sampler`)"
            ),
        })
    }
}

/// Says what is wrong with so large a catalogue, and what to do.
#[must_use]
pub fn too_many_items(n_items: usize) -> String {
    format!(
        "a neural sampler writes sequences of at most {MAX_ITEMS} items and this catalogue has \
         {n_items}; set `training.augment.sampler` to Markov, drop rare items \
         (`data.clean.min_item_events`), or set `training.augment.synthetic` to 0"
    )
}

/// Stops a training whose loss is no number.
fn finite(loss: f64, epoch: usize, phase: &str, lr: &str) -> Result<(), ModelError> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(ModelError::Setting {
        field: format!("training.gan.{lr}"),
        sentence: format!(
            "the loss of the generator is {loss} in epoch {epoch} of {phase}: it diverged, most \
             likely since its learning rate is too high; lower `training.gan.{lr}`"
        ),
    })
}
