//! Random numbers, drawn on the host from named seeds.
//!
//! The device's own generator is process-global in burn and differs between backends. Drawing here
//! instead makes a training repeat bit for bit whatever else runs in the process, and lets a GPU
//! train on the numbers that the CPU would.

use burn::module::Param;
use burn::nn::{Embedding, LayerNorm, LayerNormConfig, Linear};
use burn::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution as _, StandardNormal, Uniform};
use rayon::prelude::*;

use seqscope_base::spec::derive_seed;

/// Spread of initial embeddings: N(0, 0.02²), as BERT and the SASRec recipes have it.
const EMBEDDING_STD: f32 = 0.02;

/// Number that layer norms add to the variance.
pub(super) const NORM_EPSILON: f32 = 1e-8;

/// Initial weights. Each parameter draws from a seed of its own, numbered in order of creation, so
/// that adding a layer at the end leaves the earlier ones as they were.
pub(super) struct Init {
    seed: u64,
    n_drawn: u64,
    device: Device,
}

impl Init {
    /// Parameters will live on `device`, which for training has autodiff.
    pub(super) fn new(seed: u64, device: &Device) -> Self {
        Self {
            seed,
            n_drawn: 0,
            device: device.clone(),
        }
    }

    /// The generator of the next parameter.
    pub(super) fn generator(&mut self) -> ChaCha8Rng {
        let seed = derive_seed(self.seed, "init", self.n_drawn);
        self.n_drawn += 1;
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// A parameter of given values, row by row.
    pub(super) fn values<const D: usize>(
        &self,
        values: Vec<f32>,
        shape: [usize; D],
    ) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::from_data(
            TensorData::new(values, shape),
            &self.device,
        ))
    }

    /// A parameter of one value.
    pub(super) fn constant<const D: usize>(
        &self,
        value: f32,
        shape: [usize; D],
    ) -> Param<Tensor<D>> {
        self.values(vec![value; shape.iter().product()], shape)
    }

    /// Independent draws of N(0, `std`²).
    pub(super) fn normal<const D: usize>(
        &mut self,
        std: f32,
        shape: [usize; D],
    ) -> Param<Tensor<D>> {
        let mut generator = self.generator();
        let n = shape.iter().product();
        let values = (0..n).map(|_| std * unit_normal(&mut generator)).collect();
        self.values(values, shape)
    }

    /// Glorot & Bengio 2010, eq. 16: uniform within ±√(6 / (`d_in` + `d_out`)).
    pub(super) fn xavier(&mut self, d_in: usize, d_out: usize) -> Param<Tensor<2>> {
        let bound = (6.0 / (d_in + d_out) as f32).sqrt();
        let mut generator = self.generator();
        let values = match Uniform::new_inclusive(-bound, bound) {
            Ok(uniform) => (0..d_in * d_out)
                .map(|_| uniform.sample(&mut generator))
                .collect(),
            Err(_) => vec![0.0; d_in * d_out],
        };
        self.values(values, [d_in, d_out])
    }

    /// A dense layer `x W + b`: Xavier weights `[d_in, d_out]`, biases 0.
    pub(super) fn dense(&mut self, d_in: usize, d_out: usize) -> Linear {
        Linear {
            weight: self.xavier(d_in, d_out),
            bias: Some(self.constant(0.0, [d_out])),
        }
    }

    /// Vectors N(0, 0.02²), `[n_vectors, d_model]`.
    pub(super) fn embedding(&mut self, n_vectors: usize, d_model: usize) -> Embedding {
        Embedding {
            weight: self.normal(EMBEDDING_STD, [n_vectors, d_model]),
        }
    }

    /// Vectors of the items, `[n_items + 1, d_model]`; that of padding, row 0, is 0 and stays 0.
    pub(super) fn item_embedding(&mut self, n_items: usize, d_model: usize) -> Embedding {
        let mut generator = self.generator();
        let mut values = vec![0.0; d_model];
        values.extend((0..n_items * d_model).map(|_| EMBEDDING_STD * unit_normal(&mut generator)));
        Embedding {
            weight: self.values(values, [n_items + 1, d_model]),
        }
    }

    /// A layer norm, scale 1 and shift 0. `epsilon` is 1e-8, as in SASRec's published code
    /// (PyTorch's and burn's default is 1e-5).
    pub(super) fn layer_norm(&self, d_model: usize) -> LayerNorm {
        LayerNormConfig::new(d_model)
            .with_epsilon(f64::from(NORM_EPSILON))
            .init(&self.device)
    }
}

fn unit_normal(generator: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(generator)
}

/// The random numbers of one training step: dropout masks and sampling noise.
///
/// Masks take millions of numbers a step, so they come from `SplitMix64` (Steele, Lea & Flood
/// 2014), which is fast and has no state but a counter; 16 bits decide over one activation.
///
/// What is drawn for an event depends on the event alone ([`Noise::of_event`]), so that any way of
/// laying out a batch, and of sharing it between threads, trains on the same numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    state: u64,
}

impl Noise {
    /// The noise of the step with this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: derive_seed(seed, "noise", 0),
        }
    }

    /// The noise of one event in one layer.
    pub(super) fn of_event(self, layer: usize, place: EventPlace) -> Self {
        let numbers = [layer, place.row, place.position];
        Self {
            state: numbers.into_iter().fold(self.state, |state, n| {
                scrambled(state ^ (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            }),
        }
    }

    /// One number of 64 even bits.
    pub(super) fn number(mut self) -> u64 {
        self.next()
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scrambled(self.state)
    }

    /// A number from 0 up to 1, which is not reached.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Dropout factors (Srivastava et al. 2014, inverted): 0 for a share `rate`, else
    /// 1 / (1 − `rate`), where `rate` is first rounded to a multiple of 2⁻¹⁶ so that the mean is 1.
    pub(super) fn fill_dropout(&mut self, rate: f64, factors: &mut [f32]) {
        let threshold = (rate.clamp(0.0, 0.999) * 65_536.0).round() as u64;
        let kept = (65_536.0 / (65_536 - threshold) as f64) as f32;
        for quad in factors.chunks_mut(4) {
            let mut bits = self.next();
            for value in quad {
                *value = if bits & 0xffff >= threshold {
                    kept
                } else {
                    0.0
                };
                bits >>= 16;
            }
        }
    }

    /// `n` dropout factors, as [`Noise::fill_dropout`].
    pub(super) fn dropout_values(&mut self, rate: f64, n: usize) -> Vec<f32> {
        let mut factors = vec![0.0; n];
        self.fill_dropout(rate, &mut factors);
        factors
    }

    /// Draws of N(0, 1) (Box & Muller 1958).
    pub(super) fn normal_values(&mut self, n: usize) -> Vec<f32> {
        // The state is a counter, so that any thread can begin anywhere: a pair takes two steps.
        const PAIRS: usize = 2048;
        let mut values = vec![0.0; n.next_multiple_of(2)];
        values
            .par_chunks_mut(2 * PAIRS)
            .enumerate()
            .for_each(|(at, chunk)| {
                let mut noise = self.after(2 * at * PAIRS);
                chunk
                    .chunks_exact_mut(2)
                    .for_each(|pair| pair.copy_from_slice(&noise.two_normals()));
            });
        *self = self.after(values.len());
        values.truncate(n);
        values
    }

    /// `n` draws of the standard Gumbel distribution, −ln(−ln u): added to scores, the largest is a
    /// draw from their softmax (Maddison et al. 2014).
    pub(super) fn gumbel_values(&mut self, n: usize) -> Vec<f32> {
        // Within (0, 1), so that both logarithms are finite.
        let mut uniform = || ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        (0..n).map(|_| -(-uniform().ln()).ln() as f32).collect()
    }

    /// The noise after `n` numbers.
    fn after(self, n: usize) -> Self {
        Self {
            state: self
                .state
                .wrapping_add((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        }
    }

    fn two_normals(&mut self) -> [f32; 2] {
        // (0, 1]: the logarithm stays finite.
        let radius = ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64;
        let angle = (self.next() >> 11) as f64 / (1u64 << 53) as f64 * std::f64::consts::TAU;
        let radius = (-2.0 * radius.ln()).sqrt();
        [(radius * angle.cos()) as f32, (radius * angle.sin()) as f32]
    }

    /// N(0, 1) on `device`.
    pub(super) fn normal<const D: usize>(
        &mut self,
        shape: [usize; D],
        device: &Device,
    ) -> Tensor<D> {
        let values = self.normal_values(shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

/// Place of an event in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EventPlace {
    /// Row of the batch.
    pub(super) row: usize,
    /// Place in that row.
    pub(super) position: usize,
}

impl EventPlace {
    pub(super) fn new(row: usize, position: usize) -> Self {
        Self { row, position }
    }
}

/// The mixing function of `SplitMix64`.
fn scrambled(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Drops a share `rate` of the activations of each event, `[n_events, width]`; `layer` tells the
/// drawings of a network apart. Nothing is drawn when `rate` is 0.
pub(super) fn dropout_factors(
    rate: f64,
    width: usize,
    layer: usize,
    noise: Noise,
    places: &[EventPlace],
) -> Option<Vec<f32>> {
    (rate > 0.0).then(|| {
        let mut factors = vec![0.0; places.len() * width];
        let rows = factors.chunks_exact_mut(width.max(1));
        places
            .iter()
            .zip(rows)
            .for_each(|(&place, row)| noise.of_event(layer, place).fill_dropout(rate, row));
        factors
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        let values = Noise::new(1).dropout_values(0.3, 100_001);
        let dropped = values.iter().filter(|&&v| v == 0.0).count() as f64 / values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        assert!((dropped - 0.3).abs() < 0.01, "{dropped}");
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert_eq!(values, Noise::new(1).dropout_values(0.3, 100_001));
        assert_ne!(values, Noise::new(2).dropout_values(0.3, 100_001));
    }

    #[test]
    fn an_event_draws_its_own_numbers_whatever_stands_beside_it() {
        let noise = Noise::new(5);
        let place = EventPlace::new;
        let batch = [place(0, 0), place(3, 7), place(0, 1)];
        let together = dropout_factors(0.5, 64, 1, noise, &batch).unwrap();
        let alone = dropout_factors(0.5, 64, 1, noise, &[place(3, 7)]).unwrap();
        assert_eq!(together[64..128], alone);
        assert_ne!(together[..64], alone);
        assert_ne!(
            dropout_factors(0.5, 64, 2, noise, &[place(3, 7)]).unwrap(),
            alone
        );
        assert_ne!(
            dropout_factors(0.5, 64, 1, noise, &[place(7, 3)]).unwrap(),
            alone
        );
        assert!(dropout_factors(0.0, 64, 1, noise, &[place(3, 7)]).is_none());
    }

    #[test]
    fn normals_are_drawn_one_after_the_other_whoever_draws_them() {
        let (mut all, mut one) = (Noise::new(7), Noise::new(7));
        let values = all.normal_values(10_001);
        let obvious: Vec<f32> = (0..5001)
            .flat_map(|_| one.two_normals())
            .take(10_001)
            .collect();
        assert_eq!(values, obvious);
        assert_eq!(all.normal_values(3), one.normal_values(3));
        assert!(all.normal_values(0).is_empty());
    }

    /// Mean γ = 0.5772 and variance π²/6 = 1.6449.
    #[test]
    fn gumbel_noise_has_its_mean_and_variance() {
        let values = Noise::new(7).gumbel_values(100_000);
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / n;
        assert!(
            (mean - 0.5772).abs() < 0.015 && (variance - 1.6449).abs() < 0.04,
            "{mean} {variance}"
        );
        assert!(values.iter().all(|v| v.is_finite()));
        assert_eq!(values, Noise::new(7).gumbel_values(100_000));
    }

    #[test]
    fn normals_have_mean_0_and_variance_1() {
        let values = Noise::new(7).normal_values(100_001);
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / n;
        assert!(
            mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02,
            "{mean} {variance}"
        );
        assert!(values.iter().all(|v| v.is_finite()));
    }
}
