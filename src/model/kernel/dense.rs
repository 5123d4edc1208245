//! A dense layer: rows times weights, plus a bias.

use super::{MatrixMut, MatrixView, Onto, product, vectorized};

/// y = x · weight + bias.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense<'a> {
    /// `[d_input, d_output]`
    pub(crate) weight: &'a [f32],
    /// `[d_output]`
    pub(crate) bias: &'a [f32],
}

impl Dense<'_> {
    fn widths(&self) -> [usize; 2] {
        let d_output = self.bias.len();
        [self.weight.len() / d_output.max(1), d_output]
    }

    /// `x` `[n_rows, d_input]` to `y` `[n_rows, d_output]`.
    pub(crate) fn forward(&self, x: &[f32], y: &mut [f32]) {
        let [d_input, d_output] = self.widths();
        let n_rows = y.len() / d_output.max(1);
        y.chunks_exact_mut(d_output.max(1))
            .for_each(|row| row.copy_from_slice(self.bias));
        let weight = MatrixView::new(self.weight, d_input, d_output);
        product(
            MatrixMut::new(y, n_rows, d_output),
            Onto::Itself,
            MatrixView::new(x, n_rows, d_input),
            weight,
        );
    }

    /// Gradients from that of the output, `d_y`: `d_x` is written or added onto, as `onto` says;
    /// those of weight and bias are added onto.
    pub(crate) fn backward(
        &self,
        x: &[f32],
        d_y: &[f32],
        d_x: &mut [f32],
        onto: Onto,
        [d_weight, d_bias]: [&mut [f32]; 2],
    ) {
        let [d_input, d_output] = self.widths();
        let n_rows = d_y.len() / d_output.max(1);
        let d_rows = MatrixView::new(d_y, n_rows, d_output);
        let weight = MatrixView::new(self.weight, d_input, d_output);
        product(
            MatrixMut::new(d_x, n_rows, d_input),
            onto,
            d_rows,
            weight.transposed(),
        );
        let x = MatrixView::new(x, n_rows, d_input);
        product(
            MatrixMut::new(d_weight, d_input, d_output),
            Onto::Itself,
            x.transposed(),
            d_rows,
        );
        add_rows(d_bias, d_y);
    }
}

/// Adds every row of `rows` onto `sums`.
pub(crate) fn add_rows(sums: &mut [f32], rows: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len().max(1)) {
                sums.iter_mut()
                    .zip(row)
                    .for_each(|(sum, value)| *sum += value);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x = (1, 2), W = ((3, 4, 5), (6, 7, 8)), b = (0, 1, 2): y = (15, 19, 23). With dy = (1, 0,
    /// −1): dx = (3 − 5, 6 − 8), dW = (1, 2) ⊗ dy, db = dy.
    #[test]
    fn forward_and_backward_by_hand() {
        let layer = Dense {
            weight: &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            bias: &[0.0, 1.0, 2.0],
        };
        let mut y = vec![9.0; 3];
        layer.forward(&[1.0, 2.0], &mut y);
        assert_eq!(y, [15.0, 19.0, 23.0]);
        let (mut d_x, mut d_weight, mut d_bias) = (vec![1.0; 2], vec![1.0; 6], vec![1.0; 3]);
        layer.backward(
            &[1.0, 2.0],
            &[1.0, 0.0, -1.0],
            &mut d_x,
            Onto::Itself,
            [&mut d_weight, &mut d_bias],
        );
        assert_eq!(d_x, [-1.0, -1.0]);
        assert_eq!(d_weight, [2.0, 1.0, 0.0, 3.0, 1.0, -1.0]);
        assert_eq!(d_bias, [2.0, 1.0, 0.0]);
    }
}
