//! Dense layers with a tanh over whole batches of rows, on all threads.

use super::product::product_on_threads;
use super::sparse::{each_row, sum_of_rows};
use super::{Buffer, Dense, MatrixMut, MatrixView, Onto, tanh, vectorized};

/// Gradients for the weights of a layer, `[d_in, d_out]`, and for its biases, `[d_out]`.
pub(crate) type DenseGradients = [Buffer; 2];

/// Sizes of a dense layer and its inputs.
#[derive(Clone, Copy)]
pub(super) struct DenseSizes {
    pub(super) n_rows: usize,
    pub(super) d_in: usize,
    pub(super) d_out: usize,
}

impl DenseSizes {
    /// `out` = `x` · `weight`.
    pub(super) fn times(self, out: &mut [f32], x: &[f32], weight: &[f32]) {
        let Self {
            n_rows,
            d_in,
            d_out,
        } = self;
        let (x, weight) = (
            MatrixView::new(x, n_rows, d_in),
            MatrixView::new(weight, d_in, d_out),
        );
        product_on_threads(MatrixMut::new(out, n_rows, d_out), Onto::Nothing, x, weight);
    }

    /// Gradient for the inputs: `d_out` · `weight`ᵀ.
    pub(super) fn back(self, d_x: &mut [f32], onto: Onto, d_y: &[f32], weight: &[f32]) {
        let Self {
            n_rows,
            d_in,
            d_out,
        } = self;
        let (d_y, weight) = (
            MatrixView::new(d_y, n_rows, d_out),
            MatrixView::new(weight, d_in, d_out).transposed(),
        );
        product_on_threads(MatrixMut::new(d_x, n_rows, d_in), onto, d_y, weight);
    }

    /// Gradient for the weights, `x`ᵀ · `d_y`.
    pub(super) fn weight(self, out: &mut [f32], onto: Onto, x: &[f32], d_y: &[f32]) {
        let Self {
            n_rows,
            d_in,
            d_out,
        } = self;
        let (x, d_y) = (
            MatrixView::new(x, n_rows, d_in).transposed(),
            MatrixView::new(d_y, n_rows, d_out),
        );
        product_on_threads(MatrixMut::new(out, d_in, d_out), onto, x, d_y);
    }

    pub(super) fn gradients(self, x: &[f32], d_y: &[f32]) -> DenseGradients {
        let [mut weight, mut bias] = [
            Buffer::open(self.d_in * self.d_out),
            Buffer::open(self.d_out),
        ];
        self.weight(&mut weight, Onto::Nothing, x, d_y);
        sum_of_rows(&mut bias, d_y);
        [weight, bias]
    }
}

/// `x` `[n_rows, d_in]` through a dense layer. `[n_rows, d_out]`
pub(super) fn forward(x: &[f32], layer: &Dense<'_>, d_in: usize) -> Buffer {
    let d_out = layer.bias.len();
    let n_rows = x.len() / d_in.max(1);
    let mut y = Buffer::open(n_rows * d_out);
    DenseSizes {
        n_rows,
        d_in,
        d_out,
    }
    .times(&mut y, x, layer.weight);
    each_row(&mut y, d_out, |_, row| {
        vectorized(
            #[inline(always)]
            || {
                row.iter_mut()
                    .zip(layer.bias)
                    .for_each(|(y, bias)| *y += bias);
            },
        );
    });
    y
}

/// Adds the biases of a layer to each of its rows, and takes the tanh of the sums.
pub(super) fn add_bias_and_tanh(x: &mut [f32], bias: &[f32]) {
    each_row(x, bias.len(), |_, row| {
        vectorized(
            #[inline(always)]
            || {
                row.iter_mut()
                    .zip(bias)
                    .for_each(|(x, bias)| *x = tanh(*x + bias));
            },
        );
    });
}

/// Times 1 − tanh², where `values` are those of tanh.
pub(super) fn times_slope_of_tanh(gradients: &mut [f32], values: &[f32]) {
    const CHUNK: usize = 4096;
    each_part(gradients, CHUNK, |at, part| {
        let values = values.get(at * CHUNK..).unwrap_or(&[]);
        vectorized(
            #[inline(always)]
            || {
                part.iter_mut()
                    .zip(values)
                    .for_each(|(d, t)| *d *= (-t).mul_add(*t, 1.0));
            },
        );
    });
}

/// Calls `change` as [`each_row`] does, with a last part that may be shorter.
fn each_part(values: &mut [f32], len: usize, change: impl Fn(usize, &mut [f32]) + Sync + Send) {
    let parts = values.chunks_mut(len).enumerate().collect();
    super::on_threads(parts, |(at, part)| change(at, part));
}
