//! One step of `AdamW` over slices: a single pass over weights, gradient and both moments.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use rayon::prelude::*;

use super::vectorized;

/// Factors of a step, worked out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdamWStep {
    /// Decays of the moments.
    pub(crate) betas: [f32; 2],
    /// One minus these, rounded once.
    pub(crate) rest: [f32; 2],
    /// Added to the root of the second moment.
    pub(crate) epsilon: f32,
    /// Weights keep this share of themselves.
    pub(crate) kept: f32,
    /// Amount by which an L1 penalty takes each weight towards 0.
    pub(crate) threshold: f32,
    /// √(1 − β₂ᵗ)
    pub(crate) root_correction: f32,
    /// lr / (1 − β₁ᵗ)
    pub(crate) length: f32,
    /// Factor of the gradient by clipping.
    pub(crate) scale: f32,
}

/// Numbers that a thread takes at a time.
const BLOCK: usize = 16 << 10;

impl AdamWStep {
    /// Changes weights and moments, on all threads. Every number is worked out as by burn's
    /// tensors, one rounding after each operation. NaN and infinity go into weights and moments.
    pub(crate) fn take(
        &self,
        weights: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let moments = first
            .par_chunks_mut(BLOCK)
            .zip(second.par_chunks_mut(BLOCK));
        let blocks = weights
            .par_chunks_mut(BLOCK)
            .zip(gradient.par_chunks(BLOCK))
            .zip(moments);
        blocks.for_each(|((weights, gradient), (first, second))| {
            vectorized(
                #[inline(always)]
                || self.block(weights, gradient, first, second),
            );
        });
    }

    #[inline(always)]
    fn block(&self, weights: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let Self {
            betas,
            rest,
            epsilon,
            kept,
            threshold,
            root_correction,
            length,
            scale,
        } = *self;
        let moments = first.iter_mut().zip(second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient * scale;
            *first = *first * betas[0] + gradient * rest[0];
            *second = *second * betas[1] + gradient * gradient * rest[1];
            let root = second.sqrt() / root_correction + epsilon;
            let moved = *weight * kept - *first / root * length;
            // Comparisons instead of `clamp`: NaN passes, and nothing can panic.
            let above = if moved > threshold { threshold } else { moved };
            *weight = moved
                - if moved < -threshold {
                    -threshold
                } else {
                    above
                };
        }
    }
}

/// Σ x², in 64-bit floats and fixed blocks: the same whatever the number of threads.
pub(crate) fn sum_of_squares(values: &[f32]) -> f64 {
    let sums: Vec<f64> = values.par_chunks(BLOCK).map(block_of_squares).collect();
    sums.iter().sum()
}

fn block_of_squares(values: &[f32]) -> f64 {
    vectorized(
        #[inline(always)]
        || {
            let (chunks, rest) = values.as_chunks::<16>();
            let mut lanes = [0.0_f64; 16];
            for chunk in chunks {
                for (lane, &value) in lanes.iter_mut().zip(chunk) {
                    *lane += f64::from(value) * f64::from(value);
                }
            }
            lanes.iter().sum::<f64>()
                + rest
                    .iter()
                    .map(|&value| f64::from(value).powi(2))
                    .sum::<f64>()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_summed_without_loss_and_nan_stays() {
        let mut values = vec![1e-3_f32; 100_000];
        values[5] = 1e4;
        let expected = 1e8 + 99_999.0 * f64::from(1e-3_f32).powi(2);
        // The small ones make up 0.1 of it, far less than a 32-bit float of this size can tell.
        assert!((sum_of_squares(&values) - expected).abs() < 1e-3);
        values[70_000] = f32::NAN;
        assert!(sum_of_squares(&values).is_nan());
        assert!(sum_of_squares(&[]).abs() < f64::EPSILON);
    }

    /// A first step of Adam with a clear gradient moves by the learning rate, after the decay.
    #[test]
    fn a_first_step_goes_by_the_sign_of_the_gradient() {
        let step = AdamWStep {
            betas: [0.9, 0.999],
            rest: [0.1, 0.001],
            epsilon: 1e-8,
            kept: 0.999,
            threshold: 0.0,
            root_correction: 0.001_f32.sqrt(),
            length: 0.01 / 0.1,
            scale: 0.5,
        };
        let n = 40_000;
        let gradient: Vec<f32> = (0..n)
            .map(|at| if at % 3 == 0 { -4.0 } else { 2.0 })
            .collect();
        let (mut weights, mut first, mut second) = (vec![1.0; n], vec![0.0; n], vec![0.0; n]);
        step.take(&mut weights, &gradient, &mut first, &mut second);
        for at in [0, 1, n - 2, n - 1] {
            let expected = if at % 3 == 0 {
                0.999 + 0.01
            } else {
                0.999 - 0.01
            };
            assert!((weights[at] - expected).abs() < 1e-5, "{}", weights[at]);
            assert!((first[at] - 0.05 * gradient[at]).abs() < 1e-6);
            assert!((second[at] - 0.000_25 * gradient[at] * gradient[at]).abs() < 1e-6);
        }
    }
}
