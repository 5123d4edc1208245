//! Mult-VAE, forward and backward in one.
//!
//! The encoder reads few items of each bag, so that its first layer is a sum of a few rows of its
//! weights and not a product; in the decoder a block of rows goes from logits to their gradient in
//! one place, and no array of the size of batch times catalogue stands beside it.

use super::output_likelihood::likelihood_gradients;
use super::sparse::sum_of_rows;
use super::tanh_layer::{
    DenseGradients, DenseSizes, add_bias_and_tanh, forward, times_slope_of_tanh,
};
use super::{Buffer, Dense, Onto, SparseRows, exp, vectorized};
use crate::Likelihood;

/// The layers, or what belongs to each of them. Widths: items → hidden → latent → hidden → items.
#[derive(Debug)]
pub(crate) struct MultVaeLayers<T> {
    pub(crate) encoder: T,
    pub(crate) mean: T,
    pub(crate) log_variance: T,
    pub(crate) decoder: T,
    pub(crate) output: T,
}

/// Inputs of the encoder and targets of the decoder.
#[derive(Debug)]
pub(crate) struct VaeBatch<'a> {
    /// Bags of items; an element that dropout has hidden is there with the value 0. No row is
    /// empty.
    pub(crate) bags: &'a SparseRows,
    /// Draws of N(0, 1). `[n_rows, d_latent]`
    pub(crate) epsilon: &'a [f32],
    /// Weight of the Kullback–Leibler term.
    pub(crate) beta: f32,
    /// Nats of each latent dimension, as a mean over the rows, that cost nothing.
    pub(crate) free_bits: f32,
    pub(crate) likelihood: Likelihood,
}

/// Sums over the batch, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct VaeLoss {
    /// Negative log-likelihood of each bag's items.
    pub(crate) nll: f64,
    /// Kullback–Leibler term.
    pub(crate) kl: f64,
    /// Charge of the objective for it: as much, or more where a dimension has less than its free
    /// nats.
    pub(crate) charged: f64,
}

/// Loss, and gradients of (nll + beta kl) / number of elements of the bags.
///
/// # Source
/// Liang et al. 2018, eq. 5; Kingma & Welling 2014, appendix B.
pub(crate) fn mult_vae_gradients(
    layers: &MultVaeLayers<Dense<'_>>,
    batch: &VaeBatch<'_>,
) -> (MultVaeLayers<DenseGradients>, VaeLoss) {
    let (n_items, d_hidden) = (layers.output.bias.len(), layers.encoder.bias.len());
    let hidden = hidden_of_bags(&layers.encoder, batch.bags);
    let Passed {
        mean,
        log_variance,
        decoder,
        output,
        mut d_hidden_rows,
        loss,
    } = through_latent(layers, &hidden, batch);
    times_slope_of_tanh(&mut d_hidden_rows, &hidden);
    let mut encoder = [Buffer::open(n_items * d_hidden), Buffer::open(d_hidden)];
    batch
        .bags
        .transposed()
        .product(&mut encoder[0], &d_hidden_rows, d_hidden);
    sum_of_rows(&mut encoder[1], &d_hidden_rows);
    (
        MultVaeLayers {
            encoder,
            mean,
            log_variance,
            decoder,
            output,
        },
        loss,
    )
}

/// Computes [`mult_vae_gradients`] where the encoder reads rows of numbers, `states`
/// `[n_rows, d_state]`; also the gradient for them. The bags are the targets.
pub(crate) fn dense_vae_gradients(
    layers: &MultVaeLayers<Dense<'_>>,
    states: &[f32],
    batch: &VaeBatch<'_>,
) -> (MultVaeLayers<DenseGradients>, Buffer, VaeLoss) {
    let shape = encoder_shape(layers, batch.bags.n_rows());
    let hidden = hidden_of_rows(layers, states);
    let Passed {
        mean,
        log_variance,
        decoder,
        output,
        mut d_hidden_rows,
        loss,
    } = through_latent(layers, &hidden, batch);
    times_slope_of_tanh(&mut d_hidden_rows, &hidden);
    let encoder = shape.gradients(states, &d_hidden_rows);
    let mut d_states = Buffer::open(states.len());
    shape.back(
        &mut d_states,
        Onto::Nothing,
        &d_hidden_rows,
        layers.encoder.weight,
    );
    (
        MultVaeLayers {
            encoder,
            mean,
            log_variance,
            decoder,
            output,
        },
        d_states,
        loss,
    )
}

/// Mean of the latent vector through the decoder's hidden layer: what the scores are products of.
/// `[n_rows, d_hidden]`
pub(crate) fn mult_vae_states(layers: &MultVaeLayers<Dense<'_>>, bags: &SparseRows) -> Buffer {
    decoded_mean(layers, &hidden_of_bags(&layers.encoder, bags))
}

/// Computes [`mult_vae_states`] where the encoder reads rows of numbers, `[n_rows, d_state]`.
pub(crate) fn dense_vae_states(layers: &MultVaeLayers<Dense<'_>>, states: &[f32]) -> Buffer {
    decoded_mean(layers, &hidden_of_rows(layers, states))
}

/// `[n_rows, d_hidden]`
pub(super) fn hidden_of_bags(encoder: &Dense<'_>, bags: &SparseRows) -> Buffer {
    let mut hidden = Buffer::open(bags.n_rows() * encoder.bias.len());
    bags.product(&mut hidden, encoder.weight, encoder.bias.len());
    add_bias_and_tanh(&mut hidden, encoder.bias);
    hidden
}

fn encoder_shape(layers: &MultVaeLayers<Dense<'_>>, n_rows: usize) -> DenseSizes {
    let d_out = layers.encoder.bias.len();
    DenseSizes {
        n_rows,
        d_in: layers.encoder.weight.len() / d_out.max(1),
        d_out,
    }
}

/// `[n_rows, d_hidden]`
fn hidden_of_rows(layers: &MultVaeLayers<Dense<'_>>, states: &[f32]) -> Buffer {
    let d_in = encoder_shape(layers, 0).d_in;
    let shape = encoder_shape(layers, states.len() / d_in.max(1));
    let mut hidden = Buffer::open(shape.n_rows * shape.d_out);
    shape.times(&mut hidden, states, layers.encoder.weight);
    add_bias_and_tanh(&mut hidden, layers.encoder.bias);
    hidden
}

/// `[n_rows, d_hidden]` to `[n_rows, d_hidden]`
fn decoded_mean(layers: &MultVaeLayers<Dense<'_>>, hidden: &[f32]) -> Buffer {
    let (d_hidden, d_latent) = (layers.encoder.bias.len(), layers.mean.bias.len());
    let mean = forward(hidden, &layers.mean, d_hidden);
    let shape = DenseSizes {
        n_rows: hidden.len() / d_hidden.max(1),
        d_in: d_latent,
        d_out: d_hidden,
    };
    let mut decoded = Buffer::open(hidden.len());
    shape.times(&mut decoded, &mean, layers.decoder.weight);
    add_bias_and_tanh(&mut decoded, layers.decoder.bias);
    decoded
}

/// Gradients of all layers but the encoder's, and for what the encoder gave.
struct Passed {
    mean: DenseGradients,
    log_variance: DenseGradients,
    decoder: DenseGradients,
    output: DenseGradients,
    /// `[n_rows, d_hidden]`
    d_hidden_rows: Buffer,
    loss: VaeLoss,
}

/// Goes from the encoder's hidden layer, `[n_rows, d_hidden]`, to the loss and back.
fn through_latent(
    layers: &MultVaeLayers<Dense<'_>>,
    hidden: &[f32],
    batch: &VaeBatch<'_>,
) -> Passed {
    let n_rows = batch.bags.n_rows();
    let (d_hidden, d_latent) = (layers.encoder.bias.len(), layers.mean.bias.len());
    let scale = 1.0 / batch.bags.elements.len().max(1) as f32;
    let mean = forward(hidden, &layers.mean, d_hidden);
    let log_variance = forward(hidden, &layers.log_variance, d_hidden);
    let latent = sampled(&mean, &log_variance, batch.epsilon);
    let mut decoded = Buffer::open(n_rows * d_hidden);
    let shape = DenseSizes {
        n_rows,
        d_in: d_latent,
        d_out: d_hidden,
    };
    shape.times(&mut decoded, &latent, layers.decoder.weight);
    add_bias_and_tanh(&mut decoded, layers.decoder.bias);

    let told = likelihood_gradients(
        &decoded,
        &layers.output,
        batch.bags,
        batch.likelihood,
        scale,
    );
    let mut d_decoded = told.d_decoded;
    times_slope_of_tanh(&mut d_decoded, &decoded);
    let decoder = shape.gradients(&latent, &d_decoded);
    let mut d_latent_vectors = Buffer::open(n_rows * d_latent);
    shape.back(
        &mut d_latent_vectors,
        Onto::Nothing,
        &d_decoded,
        layers.decoder.weight,
    );

    let OfLatent {
        d_mean,
        d_log_variance,
        kl,
        charged,
    } = into_latent(&d_latent_vectors, mean, log_variance, batch, scale);
    let shape = DenseSizes {
        n_rows,
        d_in: d_hidden,
        d_out: d_latent,
    };
    let (of_mean, of_log_variance) = (
        shape.gradients(hidden, &d_mean),
        shape.gradients(hidden, &d_log_variance),
    );
    let mut d_hidden_rows = Buffer::open(n_rows * d_hidden);
    shape.back(
        &mut d_hidden_rows,
        Onto::Nothing,
        &d_mean,
        layers.mean.weight,
    );
    shape.back(
        &mut d_hidden_rows,
        Onto::Itself,
        &d_log_variance,
        layers.log_variance.weight,
    );
    let loss = VaeLoss {
        nll: told.nll,
        kl,
        charged,
    };
    Passed {
        mean: of_mean,
        log_variance: of_log_variance,
        decoder,
        output: told.gradients,
        d_hidden_rows,
        loss,
    }
}

/// mean + ε σ. `[n_rows, d_latent]`
fn sampled(mean: &[f32], log_variance: &[f32], epsilon: &[f32]) -> Buffer {
    let mut latent = Buffer::open(mean.len());
    vectorized(
        #[inline(always)]
        || {
            let inputs = mean.iter().zip(log_variance).zip(epsilon);
            for (latent, ((mean, log_variance), epsilon)) in latent.iter_mut().zip(inputs) {
                *latent = epsilon.mul_add(exp(0.5 * log_variance), *mean);
            }
        },
    );
    latent
}

/// Gradients of mean and log-variance.
struct OfLatent {
    /// `[n_rows, d_latent]`
    d_mean: Buffer,
    /// `[n_rows, d_latent]`
    d_log_variance: Buffer,
    kl: f64,
    charged: f64,
}

/// Goes from the gradient for the latent vectors to those for mean and log-variance, and the
/// Kullback–Leibler term: ½ (σ² + μ² − ln σ² − 1), with slopes μ and ½ (σ² − 1).
///
/// A dimension whose term is below its free nats is charged for these and has no slope (Kingma et
/// al. 2016, eq. 15).
fn into_latent(
    d_latent: &[f32],
    mut mean: Buffer,
    mut log_variance: Buffer,
    batch: &VaeBatch<'_>,
    scale: f32,
) -> OfLatent {
    let (weights, charged) = weights_of_terms(&mean, &log_variance, batch, scale);
    let n = weights.len();
    let mut kl = 0.0;
    let mut terms = vec![0.0; n];
    let inputs = d_latent.chunks(n).zip(batch.epsilon.chunks(n));
    for ((means, log_variances), (d, epsilons)) in mean
        .chunks_mut(n)
        .zip(log_variance.chunks_mut(n))
        .zip(inputs)
    {
        terms.fill(0.0);
        vectorized(
            #[inline(always)]
            || {
                let changed = means.iter_mut().zip(log_variances).zip(&mut terms);
                for (((mean, log_variance), term), ((d, epsilon), weight)) in
                    changed.zip(d.iter().zip(epsilons).zip(&weights))
                {
                    let deviation = exp(0.5 * *log_variance);
                    let variance = exp(*log_variance);
                    *term = 0.5 * (variance + *mean * *mean - *log_variance - 1.0);
                    *mean = weight.mul_add(*mean, *d);
                    *log_variance =
                        (0.5 * weight).mul_add(variance - 1.0, 0.5 * d * epsilon * deviation);
                }
            },
        );
        kl += terms.iter().map(|&term| f64::from(term)).sum::<f64>();
    }
    OfLatent {
        d_mean: mean,
        d_log_variance: log_variance,
        kl,
        charged: charged.unwrap_or(kl),
    }
}

/// The weight of the Kullback–Leibler term for neighbouring numbers: one a dimension, and what is
/// charged for all rows, where there are free nats; else some times the same.
fn weights_of_terms(
    mean: &[f32],
    log_variance: &[f32],
    batch: &VaeBatch<'_>,
    scale: f32,
) -> (Vec<f32>, Option<f64>) {
    const CHUNK: usize = 256;
    let weight = batch.beta * scale;
    if batch.free_bits <= 0.0 {
        return (vec![weight; CHUNK], None);
    }
    let n_rows = batch.bags.n_rows();
    let d_latent = (mean.len() / n_rows.max(1)).max(1);
    let mut sums = vec![0.0_f64; d_latent];
    for (means, log_variances) in mean
        .chunks_exact(d_latent)
        .zip(log_variance.chunks_exact(d_latent))
    {
        for (sum, (mean, log_variance)) in sums.iter_mut().zip(means.iter().zip(log_variances)) {
            *sum += f64::from(0.5 * (exp(*log_variance) + mean * mean - log_variance - 1.0));
        }
    }
    let free = f64::from(batch.free_bits) * n_rows as f64;
    let weights = sums
        .iter()
        .map(|&sum| if sum > free { weight } else { 0.0 })
        .collect();
    (weights, Some(sums.iter().map(|sum| sum.max(free)).sum()))
}
