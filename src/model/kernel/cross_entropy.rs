//! Full-catalogue softmax cross-entropy, forward and backward in one, block of rows by block of
//! rows.

use super::product::{rows, rows_mut};
use super::vector::exponentials;
use super::{Buffer, MatrixMut, MatrixView, Onto, product, vectorized};

/// Scores worked on at a time: 2 MB, which stay in the cache until they are gradients.
const BLOCK: usize = 512 << 10;

/// Fewest and most rows at a time: with fewer, the products lose more than the cache gains.
const ROWS: [usize; 2] = [32, 128];

/// Softmax cross-entropy of hidden rows against all items but padding, with logits
/// `hidden · items`.
///
/// For one row with probabilities p and target t, d logits = p − onehot(t). The probabilities are
/// never divided by their sum, nor is the one subtracted from them: both go into the narrow sides
/// of the products that follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrossEntropy<'a> {
    /// `[n_items + 1, d_model]`; row 0 is padding and takes no part.
    pub(crate) items: &'a [f32],
    /// Length of a row.
    pub(crate) d_model: usize,
    /// Factor of every gradient, such as 1 / number of events.
    pub(crate) scale: f32,
}

impl CrossEntropy<'_> {
    /// Rows whose scores stand in memory at a time.
    pub(crate) fn rows(n_items: usize) -> usize {
        (BLOCK / n_items.max(1)).clamp(ROWS[0], ROWS[1])
    }

    /// The sum over rows of −log p(target), in nats. The gradients of `scale` times that sum are
    /// written to `d_hidden` and added onto `d_items`.
    ///
    /// # Shapes
    /// `hidden` and `d_hidden` `[n_rows, d_model]`; `targets` item indices from 1, one a row;
    /// `d_items` as the items.
    pub(crate) fn gradients(
        &self,
        hidden: &[f32],
        targets: &[u32],
        d_hidden: &mut [f32],
        d_items: &mut [f32],
    ) -> f64 {
        let n_items = (self.items.len() / self.d_model.max(1)).saturating_sub(1);
        let block = Self::rows(n_items);
        let mut scores = Buffer::open(block.min(targets.len()) * n_items);
        let mut nll = 0.0;
        for (at, targets) in targets.chunks(block).enumerate() {
            let rows_of = at * block..at * block + targets.len();
            let hidden = rows(hidden, rows_of.clone(), self.d_model);
            let d_hidden = rows_mut(d_hidden, rows_of, self.d_model);
            nll += self.block(hidden, targets, d_hidden, d_items, &mut scores);
        }
        nll
    }

    fn block(
        &self,
        hidden: &[f32],
        targets: &[u32],
        d_hidden: &mut [f32],
        d_items: &mut [f32],
        scores: &mut [f32],
    ) -> f64 {
        let (n, d) = (targets.len(), self.d_model);
        let n_items = (self.items.len() / d.max(1)).saturating_sub(1);
        let catalogue = MatrixView::new(self.items.get(d..).unwrap_or(&[]), n_items, d);
        let hidden_rows = MatrixView::new(hidden, n, d);
        product(
            MatrixMut::new(scores, n, n_items),
            Onto::Nothing,
            hidden_rows,
            catalogue.transposed(),
        );

        // hidden · scale / Σ exp, row by row.
        let mut weighted = Buffer::open(n * d);
        let mut factors = Buffer::open(n);
        let mut nll = 0.0;
        for (at, &target) in targets.iter().enumerate() {
            let row = at..at + 1;
            let scores = rows_mut(scores, row.clone(), n_items);
            let of_target = scores
                .get((target as usize).wrapping_sub(1))
                .copied()
                .unwrap_or(f32::NAN);
            let (largest, sum) = vectorized(
                #[inline(always)]
                || exponentials(scores),
            );
            nll += f64::from(sum).ln() + f64::from(largest) - f64::from(of_target);
            let factor = self.scale / sum;
            let weighted = rows_mut(&mut weighted, row.clone(), d);
            weighted
                .iter_mut()
                .zip(rows(hidden, row, d))
                .for_each(|(weighted, value)| *weighted = factor * value);
            factors[at] = factor;
        }
        let exponentials = MatrixView::new(scores, n, n_items);
        product(
            MatrixMut::new(d_hidden, n, d),
            Onto::Nothing,
            exponentials,
            catalogue,
        );
        let d_catalogue = MatrixMut::new(d_items.get_mut(d..).unwrap_or(&mut []), n_items, d);
        product(
            d_catalogue,
            Onto::Itself,
            exponentials.transposed(),
            MatrixView::new(&weighted, n, d),
        );

        for ((at, &target), factor) in targets.iter().enumerate().zip(factors.iter()) {
            let (row, item) = (at..at + 1, target as usize..target as usize + 1);
            let d_hidden = rows_mut(d_hidden, row.clone(), d);
            for (gradient, value) in d_hidden.iter_mut().zip(rows(self.items, item.clone(), d)) {
                *gradient = *gradient * factor - self.scale * value;
            }
            let d_item = rows_mut(d_items, item, d).iter_mut();
            d_item
                .zip(rows(hidden, row, d))
                .for_each(|(gradient, value)| *gradient -= self.scale * value);
        }
        nll
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, step: f32) -> Vec<f32> {
        (0..n)
            .map(|at| 2.0 * (at as f32 * step).sin() + 0.1)
            .collect()
    }

    fn assert_close(ours: &[f32], exact: &[f64]) {
        let scale = exact
            .iter()
            .fold(0.0, |max: f64, value| max.max(value.abs()));
        let near = |(ours, exact): (&f32, &f64)| (f64::from(*ours) - exact).abs() <= 2e-6 * scale;
        assert!(
            ours.len() == exact.len() && ours.iter().zip(exact).all(near),
            "{ours:?}\n{exact:?}"
        );
    }

    /// p − onehot, cell by cell in 64 bits: loss, gradient of the rows, gradient of the items.
    fn obvious(
        hidden: &[f32],
        items: &[f32],
        targets: &[u32],
        d: usize,
    ) -> (f64, Vec<f64>, Vec<f64>) {
        let (mut nll, mut d_hidden, mut d_items) =
            (0.0, vec![0.0; hidden.len()], vec![0.0; items.len()]);
        for (row, &target) in targets.iter().enumerate() {
            let score = |item: usize| -> f64 {
                (0..d)
                    .map(|k| f64::from(hidden[row * d + k]) * f64::from(items[item * d + k]))
                    .sum()
            };
            let sum: f64 = (1..items.len() / d).map(|item| score(item).exp()).sum();
            nll += sum.ln() - score(target as usize);
            for item in 1..items.len() / d {
                let slope = score(item).exp() / sum - f64::from(u8::from(item == target as usize));
                for k in 0..d {
                    d_hidden[row * d + k] += slope * f64::from(items[item * d + k]);
                    d_items[item * d + k] += slope * f64::from(hidden[row * d + k]);
                }
            }
        }
        (nll, d_hidden, d_items)
    }

    #[test]
    fn loss_and_gradients_are_those_of_the_formula() {
        // More rows than a block, and fewer; widths that fill no vector.
        for (n, n_items, d) in [(300, 7, 5), (3, 40, 16), (1, 1, 3)] {
            let (hidden, items) = (numbers(n * d, 0.37), numbers((n_items + 1) * d, 0.71));
            let targets: Vec<u32> = (0..n).map(|row| (row * 5 % n_items) as u32 + 1).collect();
            let (nll, d_hidden, d_items) = obvious(&hidden, &items, &targets, d);
            let (mut ours_hidden, mut ours_items) =
                (vec![9.0; n * d], vec![0.0; (n_items + 1) * d]);
            let loss = CrossEntropy {
                items: &items,
                d_model: d,
                scale: 1.0,
            };
            let ours = loss.gradients(&hidden, &targets, &mut ours_hidden, &mut ours_items);
            assert!((ours - nll).abs() <= 1e-5 * nll.max(0.1), "{ours} {nll}");
            assert_close(&ours_hidden, &d_hidden);
            assert_close(&ours_items, &d_items);
            let half = CrossEntropy { scale: 0.5, ..loss };
            half.gradients(&hidden, &targets, &mut ours_hidden, &mut ours_items);
            assert_close(
                &ours_hidden,
                &d_hidden.iter().map(|v| 0.5 * v).collect::<Vec<_>>(),
            );
            assert_close(
                &ours_items,
                &d_items.iter().map(|v| 1.5 * v).collect::<Vec<_>>(),
            );
        }
    }

    /// Logits 0, 400 and −400 with target −400: the loss is 800 and the gradient p − onehot =
    /// (0, 1, −1). A score that is no number makes the loss so.
    #[test]
    fn hopeless_targets_have_a_finite_loss_and_nan_stays_nan() {
        let (mut d_hidden, mut d_items) = ([0.0], [0.0; 4]);
        let loss = CrossEntropy {
            items: &[0.0, 0.0, 1.0, -1.0],
            d_model: 1,
            scale: 1.0,
        };
        let nll = loss.gradients(&[400.0], &[3], &mut d_hidden, &mut d_items);
        assert!((nll - 800.0).abs() < 1e-3);
        assert_eq!(
            (d_hidden.to_vec(), d_items.to_vec()),
            (vec![2.0], vec![0.0, 0.0, 400.0, -400.0])
        );
        assert!(
            loss.gradients(&[f32::NAN], &[3], &mut d_hidden, &mut d_items)
                .is_nan()
        );
        assert!(loss.gradients(&[], &[], &mut [], &mut d_items).abs() < 1e-9);
    }
}
