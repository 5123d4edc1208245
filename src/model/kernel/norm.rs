//! Layer norm.

use super::vector::{dot, sum};
use super::{Buffer, vectorized};

/// Layer norm of rows (Ba et al. 2016): y = (x − mean) / √(variance + ε) · scale + shift, with the
/// variance divided by the width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerNorm<'a> {
    /// `[width]`
    pub(crate) scale: &'a [f32],
    /// `[width]`
    pub(crate) shift: &'a [f32],
    /// Added to the variance.
    pub(crate) epsilon: f32,
}

/// Values that the backward pass of a [`LayerNorm`] needs beside its input.
#[derive(Debug)]
pub(crate) struct NormTrace {
    /// `[n_rows]`
    mean: Buffer,
    /// 1 / √(variance + ε). `[n_rows]`
    inverse_std: Buffer,
}

impl LayerNorm<'_> {
    /// `x` to `y`, both `[n_rows, width]`.
    pub(crate) fn forward(&self, x: &[f32], y: &mut [f32]) -> NormTrace {
        let width = self.scale.len().max(1);
        let n_rows = x.len() / width;
        let mut trace = NormTrace {
            mean: Buffer::open(n_rows),
            inverse_std: Buffer::open(n_rows),
        };
        let statistics = trace.mean.iter_mut().zip(trace.inverse_std.iter_mut());
        vectorized(
            #[inline(always)]
            || {
                let rows = x
                    .chunks_exact(width)
                    .zip(y.chunks_exact_mut(width))
                    .zip(statistics);
                for ((x, y), (mean, inverse_std)) in rows {
                    *mean = sum(x) / width as f32;
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = x - *mean);
                    let variance = dot(y, y) / width as f32;
                    *inverse_std = (variance + self.epsilon).sqrt().recip();
                    for ((y, scale), shift) in y.iter_mut().zip(self.scale).zip(self.shift) {
                        *y = (*y * *inverse_std).mul_add(*scale, *shift);
                    }
                }
            },
        );
        trace
    }

    /// Adds onto `d_x`, from the gradient `d_y` of the rows; `d_scale` and `d_shift` are added onto
    /// too.
    ///
    /// With x̂ = (x − mean) / std and g = `d_y` · scale:
    /// `d_x` = (g − mean g − x̂ · mean (g x̂)) / std.
    pub(crate) fn backward(
        &self,
        trace: &NormTrace,
        x: &[f32],
        d_y: &[f32],
        d_x: &mut [f32],
        [d_scale, d_shift]: [&mut [f32]; 2],
    ) {
        let width = self.scale.len().max(1);
        let (mut normed, mut slope) = (vec![0.0; width], vec![0.0; width]);
        vectorized(
            #[inline(always)]
            || {
                let rows = x
                    .chunks_exact(width)
                    .zip(d_y.chunks_exact(width))
                    .zip(d_x.chunks_exact_mut(width));
                let statistics = trace.mean.iter().zip(trace.inverse_std.iter());
                for (((x, d_y), d_x), (mean, inverse_std)) in rows.zip(statistics) {
                    normed
                        .iter_mut()
                        .zip(x)
                        .for_each(|(normed, x)| *normed = (x - mean) * inverse_std);
                    for ((slope, d_y), scale) in slope.iter_mut().zip(d_y).zip(self.scale) {
                        *slope = d_y * scale;
                    }
                    for (((d_scale, d_shift), normed), d_y) in d_scale
                        .iter_mut()
                        .zip(d_shift.iter_mut())
                        .zip(&normed)
                        .zip(d_y)
                    {
                        *d_scale = d_y.mul_add(*normed, *d_scale);
                        *d_shift += d_y;
                    }
                    let of_shift = sum(&slope) / width as f32;
                    let of_scale = dot(&slope, &normed) / width as f32;
                    for ((d_x, slope), normed) in d_x.iter_mut().zip(&slope).zip(&normed) {
                        *d_x += (slope - of_shift - normed * of_scale) * inverse_std;
                    }
                }
            },
        );
    }
}
