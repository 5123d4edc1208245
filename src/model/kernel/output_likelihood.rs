//! Likelihood of bags of items from the last hidden layer of an autoencoder, and its gradients.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use super::product::{rows, rows_mut};
use super::sparse::{each_row, sum_of_rows};
use super::tanh_layer::{DenseGradients, DenseSizes};
use super::vector::{largest, sum};
use super::{Buffer, Dense, Onto, SparseRows, exp, vectorized};
use crate::Likelihood;

/// Most logits at a time: 16 MiB, which a large cache holds; more where [`MIN_ROWS`] of a catalogue
/// take more.
const MAX_LOGITS: usize = 4 << 20;

/// Rows whose logits stand in memory at a time.
pub(crate) fn rows_of_logits(n_items: usize) -> usize {
    (MAX_LOGITS / n_items.max(1)).max(MIN_ROWS)
}

/// Least rows of a block, so that its products stay products of matrices.
const MIN_ROWS: usize = 64;

/// Loss of the output layer, and its gradients.
pub(super) struct LikelihoodGradients {
    /// Negative log-likelihood of every bag, in nats.
    pub(super) nll: f64,
    /// Gradient of `scale` times it for what goes into the layer. `[n_rows, d_hidden]`
    pub(super) d_decoded: Buffer,
    pub(super) gradients: DenseGradients,
}

/// Logits and the likelihood of the bags with their gradients, block of rows by block of rows.
pub(super) fn likelihood_gradients(
    decoded: &[f32],
    layer: &Dense<'_>,
    bags: &SparseRows,
    likelihood: Likelihood,
    scale: f32,
) -> LikelihoodGradients {
    let (n_rows, n_items) = (bags.n_rows(), layer.bias.len());
    let d_hidden = decoded.len() / n_rows.max(1);
    let at_a_time = rows_of_logits(n_items);
    let mut told = LikelihoodGradients {
        nll: 0.0,
        d_decoded: Buffer::open(decoded.len()),
        gradients: [Buffer::zeros(layer.weight.len()), Buffer::zeros(n_items)],
    };
    let mut bias = Buffer::open(n_items);
    for start in (0..n_rows).step_by(at_a_time) {
        let block = start..(start + at_a_time).min(n_rows);
        let shape = DenseSizes {
            n_rows: block.len(),
            d_in: d_hidden,
            d_out: n_items,
        };
        let x = rows(decoded, block.clone(), d_hidden);
        let mut logits = Buffer::open(shape.n_rows * n_items);
        shape.times(&mut logits, x, layer.weight);
        let losses = each_row(&mut logits, n_items, |row, logits| {
            vectorized(
                #[inline(always)]
                || {
                    logits
                        .iter_mut()
                        .zip(layer.bias)
                        .for_each(|(logit, bias)| *logit += bias);
                    match likelihood {
                        Likelihood::Multinomial => {
                            multinomial(logits, bags.row(start + row), scale)
                        }
                        Likelihood::Bernoulli => bernoulli(logits, bags.row(start + row), scale),
                    }
                },
            )
        });
        told.nll += losses.iter().sum::<f64>();
        shape.back(
            rows_mut(&mut told.d_decoded, block, d_hidden),
            Onto::Nothing,
            &logits,
            layer.weight,
        );
        let onto = if start == 0 {
            Onto::Nothing
        } else {
            Onto::Itself
        };
        shape.weight(&mut told.gradients[0], onto, x, &logits);
        sum_of_rows(&mut bias, &logits);
        told.gradients[1]
            .iter_mut()
            .zip(bias.iter())
            .for_each(|(sum, value)| *sum += value);
    }
    told
}

/// One row of logits becomes the gradient for it; returns the loss Σ log Σ exp − logit over the
/// bag's items.
///
/// d logits = (n p − bag) · scale, for a bag of n items.
#[inline(always)]
fn multinomial(logits: &mut [f32], bag: &[(u32, f32)], scale: f32) -> f64 {
    let largest = largest(logits);
    let of_items = sum_of_bag(logits, bag);
    for logit in logits.iter_mut() {
        *logit = exp(*logit - largest);
    }
    let total: f64 = logits.chunks(1024).map(|chunk| f64::from(sum(chunk))).sum();
    let n = bag.len() as f64;
    let factor = (n / total) as f32 * scale;
    for p in logits.iter_mut() {
        *p *= factor;
    }
    take_bag(logits, bag, scale);
    n * (f64::from(largest) + total.ln()) - of_items
}

/// Computes [`multinomial`] with each item of the catalogue in the bag or not by itself: the loss
/// is Σ log (1 + exp logit) over the catalogue − Σ logit over the bag.
///
/// d logits = (σ(logit) − bag) · scale.
#[inline(always)]
fn bernoulli(logits: &mut [f32], bag: &[(u32, f32)], scale: f32) -> f64 {
    // A product of so many factors from 1 to 2 is finite, and asks for one logarithm.
    const FACTORS: usize = 256;
    let of_items = sum_of_bag(logits, bag);
    let mut softplus = 0.0;
    for chunk in logits.chunks_mut(FACTORS) {
        let (mut product, mut above) = (1.0_f64, 0.0_f32);
        for logit in chunk {
            // ln (1 + e^x) = max(x, 0) + ln (1 + e^−|x|)
            let small = exp(-logit.abs());
            above += logit.max(0.0);
            product *= 1.0 + f64::from(small);
            let of_larger = 1.0 / (1.0 + small);
            // NaN stays NaN: no comparison decides over it alone.
            let p = if *logit < 0.0 {
                small * of_larger
            } else {
                of_larger
            };
            *logit = p * scale;
        }
        softplus += f64::from(above) + product.ln();
    }
    take_bag(logits, bag, scale);
    softplus - of_items
}

/// Sum of the logits of a bag's items.
#[inline(always)]
fn sum_of_bag(logits: &[f32], bag: &[(u32, f32)]) -> f64 {
    bag.iter()
        .filter_map(|&(item, _)| logits.get(item as usize))
        .map(|&logit| f64::from(logit))
        .sum()
}

#[inline(always)]
fn take_bag(gradient: &mut [f32], bag: &[(u32, f32)], scale: f32) {
    for &(item, _) in bag {
        if let Some(d) = gradient.get_mut(item as usize) {
            *d -= scale;
        }
    }
}
