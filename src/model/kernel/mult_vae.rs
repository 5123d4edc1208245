//! Mult-VAE, forward and backward in one.
//!
//! The encoder reads few items of each bag, so that its first layer is a sum of a few rows of its weights
//! and not a product; in the decoder a block of rows goes from logits to their gradient in one place,
//! and no array of the size of batch times catalogue stands beside it.
#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the processor's instructions")]

use super::product::{product_on_threads, rows, rows_mut};
use super::sparse::{each_row, sum_of_rows};
use super::vector::{largest, sum};
use super::{Buffer, Dense, Matrix, MatrixMut, Onto, SparseRows, exp, tanh, vectorized};

/// The layers, or what belongs to each of them. Widths: items → hidden → latent → hidden → items.
#[derive(Debug)]
pub(in crate::model) struct MultVaeLayers<T> {
    pub(in crate::model) encoder: T,
    pub(in crate::model) mean: T,
    pub(in crate::model) log_variance: T,
    pub(in crate::model) decoder: T,
    pub(in crate::model) output: T,
}

/// Gradients for the weights of a layer, `[d_in, d_out]`, and for its biases, `[d_out]`.
pub(in crate::model) type DenseGradients = [Buffer; 2];

/// What the encoder reads and the decoder is to tell.
#[derive(Debug)]
pub(in crate::model) struct VaeBatch<'a> {
    /// Bags of items; an element that dropout has hidden is there with the value 0. No row is empty.
    pub(in crate::model) bags: &'a SparseRows,
    /// Draws of N(0, 1). `[n_rows, d_latent]`
    pub(in crate::model) epsilon: &'a [f32],
    /// Weight of the Kullback–Leibler term.
    pub(in crate::model) beta: f32,
}

/// Sums over the batch, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::model) struct VaeLoss {
    /// Negative log-likelihood of each bag's items.
    pub(in crate::model) nll: f64,
    /// Kullback–Leibler term.
    pub(in crate::model) kl: f64,
}

/// Most logits at a time: 16 MiB, which a large cache holds; more where [`MIN_ROWS`] of a catalogue take more.
const MAX_LOGITS: usize = 4 << 20;

/// Rows whose logits stand in memory at a time.
pub(in crate::model) fn rows_of_logits(n_items: usize) -> usize {
    (MAX_LOGITS / n_items.max(1)).max(MIN_ROWS)
}

/// Least rows of a block, so that its products stay products of matrices.
const MIN_ROWS: usize = 64;

/// Loss, and gradients of (nll + beta kl) / number of elements of the bags.
///
/// # Source
/// Liang et al. 2018, eq. 5; Kingma & Welling 2014, appendix B.
pub(in crate::model) fn mult_vae_gradients(
    layers: &MultVaeLayers<Dense<'_>>,
    batch: &VaeBatch<'_>,
) -> (MultVaeLayers<DenseGradients>, VaeLoss) {
    let n_rows = batch.bags.n_rows();
    let (n_items, d_hidden) = (layers.output.bias.len(), layers.encoder.bias.len());
    let d_latent = layers.mean.bias.len();
    let scale = 1.0 / batch.bags.elements.len().max(1) as f32;

    let mut hidden = Buffer::open(n_rows * d_hidden);
    batch.bags.product(&mut hidden, layers.encoder.weight, d_hidden);
    add_bias_and_tanh(&mut hidden, layers.encoder.bias);
    let mean = forward(&hidden, &layers.mean, d_hidden);
    let log_variance = forward(&hidden, &layers.log_variance, d_hidden);
    let latent = sampled(&mean, &log_variance, batch.epsilon);
    let mut decoded = Buffer::open(n_rows * d_hidden);
    let shape = Shape { n_rows, d_in: d_latent, d_out: d_hidden };
    shape.times(&mut decoded, &latent, layers.decoder.weight);
    add_bias_and_tanh(&mut decoded, layers.decoder.bias);

    let told = tell(&decoded, &layers.output, batch.bags, scale);
    let mut d_decoded = told.d_decoded;
    times_slope_of_tanh(&mut d_decoded, &decoded);
    let decoder = shape.gradients(&latent, &d_decoded);
    let mut d_latent_vectors = Buffer::open(n_rows * d_latent);
    shape.back(&mut d_latent_vectors, Onto::Nothing, &d_decoded, layers.decoder.weight);

    let (d_mean, d_log_variance, kl) = into_latent(&d_latent_vectors, mean, log_variance, batch, scale);
    let shape = Shape { n_rows, d_in: d_hidden, d_out: d_latent };
    let (of_mean, of_log_variance) = (shape.gradients(&hidden, &d_mean), shape.gradients(&hidden, &d_log_variance));
    let mut d_hidden_rows = Buffer::open(n_rows * d_hidden);
    shape.back(&mut d_hidden_rows, Onto::Nothing, &d_mean, layers.mean.weight);
    shape.back(&mut d_hidden_rows, Onto::Itself, &d_log_variance, layers.log_variance.weight);
    times_slope_of_tanh(&mut d_hidden_rows, &hidden);

    let mut encoder = [Buffer::open(n_items * d_hidden), Buffer::open(d_hidden)];
    batch.bags.transposed().product(&mut encoder[0], &d_hidden_rows, d_hidden);
    sum_of_rows(&mut encoder[1], &d_hidden_rows);
    let gradients =
        MultVaeLayers { encoder, mean: of_mean, log_variance: of_log_variance, decoder, output: told.gradients };
    (gradients, VaeLoss { nll: told.nll, kl })
}

/// Mean of the latent vector through the decoder's hidden layer: what the scores are products of.
/// `[n_rows, d_hidden]`
pub(in crate::model) fn mult_vae_states(layers: &MultVaeLayers<Dense<'_>>, bags: &SparseRows) -> Buffer {
    let n_rows = bags.n_rows();
    let (d_hidden, d_latent) = (layers.encoder.bias.len(), layers.mean.bias.len());
    let mut hidden = Buffer::open(n_rows * d_hidden);
    bags.product(&mut hidden, layers.encoder.weight, d_hidden);
    add_bias_and_tanh(&mut hidden, layers.encoder.bias);
    let mean = forward(&hidden, &layers.mean, d_hidden);
    Shape { n_rows, d_in: d_latent, d_out: d_hidden }.times(&mut hidden, &mean, layers.decoder.weight);
    add_bias_and_tanh(&mut hidden, layers.decoder.bias);
    hidden
}

/// Of a dense layer and its inputs.
#[derive(Clone, Copy)]
struct Shape {
    n_rows: usize,
    d_in: usize,
    d_out: usize,
}

impl Shape {
    /// `out` = `x` · `weight`.
    fn times(self, out: &mut [f32], x: &[f32], weight: &[f32]) {
        let Self { n_rows, d_in, d_out } = self;
        let (x, weight) = (Matrix::new(x, n_rows, d_in), Matrix::new(weight, d_in, d_out));
        product_on_threads(MatrixMut::new(out, n_rows, d_out), Onto::Nothing, x, weight);
    }

    /// Gradient for the inputs: `d_out` · `weight`ᵀ.
    fn back(self, d_x: &mut [f32], onto: Onto, d_y: &[f32], weight: &[f32]) {
        let Self { n_rows, d_in, d_out } = self;
        let (d_y, weight) = (Matrix::new(d_y, n_rows, d_out), Matrix::new(weight, d_in, d_out).transposed());
        product_on_threads(MatrixMut::new(d_x, n_rows, d_in), onto, d_y, weight);
    }

    /// Gradient for the weights, `x`ᵀ · `d_y`.
    fn weight(self, out: &mut [f32], onto: Onto, x: &[f32], d_y: &[f32]) {
        let Self { n_rows, d_in, d_out } = self;
        let (x, d_y) = (Matrix::new(x, n_rows, d_in).transposed(), Matrix::new(d_y, n_rows, d_out));
        product_on_threads(MatrixMut::new(out, d_in, d_out), onto, x, d_y);
    }

    fn gradients(self, x: &[f32], d_y: &[f32]) -> DenseGradients {
        let [mut weight, mut bias] = [Buffer::open(self.d_in * self.d_out), Buffer::open(self.d_out)];
        self.weight(&mut weight, Onto::Nothing, x, d_y);
        sum_of_rows(&mut bias, d_y);
        [weight, bias]
    }
}

/// `x` `[n_rows, d_in]` through a dense layer. `[n_rows, d_out]`
fn forward(x: &[f32], layer: &Dense<'_>, d_in: usize) -> Buffer {
    let d_out = layer.bias.len();
    let n_rows = x.len() / d_in.max(1);
    let mut y = Buffer::open(n_rows * d_out);
    Shape { n_rows, d_in, d_out }.times(&mut y, x, layer.weight);
    each_row(&mut y, d_out, |_, row| {
        vectorized(
            #[inline(always)]
            || row.iter_mut().zip(layer.bias).for_each(|(y, bias)| *y += bias),
        );
    });
    y
}

fn add_bias_and_tanh(x: &mut [f32], bias: &[f32]) {
    each_row(x, bias.len(), |_, row| {
        vectorized(
            #[inline(always)]
            || row.iter_mut().zip(bias).for_each(|(x, bias)| *x = tanh(*x + bias)),
        );
    });
}

/// Times 1 − tanh², where `values` are those of tanh.
fn times_slope_of_tanh(gradients: &mut [f32], values: &[f32]) {
    const CHUNK: usize = 4096;
    each_part(gradients, CHUNK, |at, part| {
        let values = values.get(at * CHUNK..).unwrap_or(&[]);
        vectorized(
            #[inline(always)]
            || part.iter_mut().zip(values).for_each(|(d, t)| *d *= (-t).mul_add(*t, 1.0)),
        );
    });
}

/// As [`each_row`], with a last part that may be shorter.
fn each_part(values: &mut [f32], len: usize, change: impl Fn(usize, &mut [f32]) + Sync + Send) {
    let parts = values.chunks_mut(len).enumerate().collect();
    super::on_threads(parts, |(at, part)| change(at, part));
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

/// From the gradient for the latent vectors to those for mean and log-variance, and the
/// Kullback–Leibler term: ½ (σ² + μ² − ln σ² − 1), with slopes μ and ½ (σ² − 1).
fn into_latent(
    d_latent: &[f32],
    mut mean: Buffer,
    mut log_variance: Buffer,
    batch: &VaeBatch<'_>,
    scale: f32,
) -> (Buffer, Buffer, f64) {
    const CHUNK: usize = 256;
    let weight = batch.beta * scale;
    let mut kl = 0.0;
    let inputs = d_latent.chunks(CHUNK).zip(batch.epsilon.chunks(CHUNK));
    for ((means, log_variances), (d, epsilons)) in
        mean.chunks_mut(CHUNK).zip(log_variance.chunks_mut(CHUNK)).zip(inputs)
    {
        let mut terms = [0.0; CHUNK];
        vectorized(
            #[inline(always)]
            || {
                let changed = means.iter_mut().zip(log_variances).zip(&mut terms);
                for (((mean, log_variance), term), (d, epsilon)) in changed.zip(d.iter().zip(epsilons)) {
                    let deviation = exp(0.5 * *log_variance);
                    let variance = exp(*log_variance);
                    *term = 0.5 * (variance + *mean * *mean - *log_variance - 1.0);
                    *mean = weight.mul_add(*mean, *d);
                    *log_variance = (0.5 * weight).mul_add(variance - 1.0, 0.5 * d * epsilon * deviation);
                }
            },
        );
        kl += terms.iter().map(|&term| f64::from(term)).sum::<f64>();
    }
    (mean, log_variance, kl)
}

/// What the output layer tells and learns.
struct Told {
    nll: f64,
    /// `[n_rows, d_hidden]`
    d_decoded: Buffer,
    gradients: DenseGradients,
}

/// Logits, log-softmax and multinomial likelihood with their gradients, block of rows by block of rows.
fn tell(decoded: &[f32], layer: &Dense<'_>, bags: &SparseRows, scale: f32) -> Told {
    let (n_rows, n_items) = (bags.n_rows(), layer.bias.len());
    let d_hidden = decoded.len() / n_rows.max(1);
    let at_a_time = rows_of_logits(n_items);
    let mut told = Told {
        nll: 0.0,
        d_decoded: Buffer::open(decoded.len()),
        gradients: [Buffer::zeros(layer.weight.len()), Buffer::zeros(n_items)],
    };
    let mut bias = Buffer::open(n_items);
    for start in (0..n_rows).step_by(at_a_time) {
        let block = start..(start + at_a_time).min(n_rows);
        let shape = Shape { n_rows: block.len(), d_in: d_hidden, d_out: n_items };
        let x = rows(decoded, block.clone(), d_hidden);
        let mut logits = Buffer::open(shape.n_rows * n_items);
        shape.times(&mut logits, x, layer.weight);
        let losses = each_row(&mut logits, n_items, |row, logits| {
            vectorized(
                #[inline(always)]
                || into_gradient(logits, layer.bias, bags.row(start + row), scale),
            )
        });
        told.nll += losses.iter().sum::<f64>();
        shape.back(rows_mut(&mut told.d_decoded, block, d_hidden), Onto::Nothing, &logits, layer.weight);
        let onto = if start == 0 { Onto::Nothing } else { Onto::Itself };
        shape.weight(&mut told.gradients[0], onto, x, &logits);
        sum_of_rows(&mut bias, &logits);
        told.gradients[1].iter_mut().zip(bias.iter()).for_each(|(sum, value)| *sum += value);
    }
    told
}

/// One row of logits still without biases becomes the gradient for it; returns the loss
/// Σ log Σ exp − logit over the bag's items.
///
/// d logits = (n p − bag) · scale, for a bag of n items.
#[inline(always)]
fn into_gradient(logits: &mut [f32], bias: &[f32], bag: &[(u32, f32)], scale: f32) -> f64 {
    logits.iter_mut().zip(bias).for_each(|(logit, bias)| *logit += bias);
    let largest = largest(logits);
    let of_items: f64 = bag.iter().filter_map(|&(item, _)| logits.get(item as usize)).map(|&s| f64::from(s)).sum();
    for logit in logits.iter_mut() {
        *logit = exp(*logit - largest);
    }
    let total: f64 = logits.chunks(1024).map(|chunk| f64::from(sum(chunk))).sum();
    let n = bag.len() as f64;
    let factor = (n / total) as f32 * scale;
    for p in logits.iter_mut() {
        *p *= factor;
    }
    for &(item, _) in bag {
        if let Some(d) = logits.get_mut(item as usize) {
            *d -= scale;
        }
    }
    n * (f64::from(largest) + total.ln()) - of_items
}
