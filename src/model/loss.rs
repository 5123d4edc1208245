//! Full-catalogue cross-entropy, in bounded memory.

use burn::prelude::*;
use burn::tensor::{IndexingUpdateOp, activation};

/// Most numbers in one working array: 16 Mi floats are 64 MiB, half of the largest binding that the
/// least of wgpu's adapters offer (128 MiB).
pub(super) const MAX_FLOATS: usize = 16 << 20;

/// A loss with its gradients, computed on plain tensors.
pub(super) struct CrossEntropy {
    /// Sum over rows of −log p(target), in nats. `[1]`
    pub(super) nll_sum: Tensor<1>,
    /// Gradient of `nll_sum` for the hidden rows. `[n_rows, d_model]`
    pub(super) d_hidden: Tensor<2>,
    /// Gradient of `nll_sum` for the item vectors; row 0, padding, is 0. `[n_items + 1, d_model]`
    pub(super) d_items: Tensor<2>,
}

/// Softmax cross-entropy of each hidden row against all items but padding, with logits
/// `hidden · items`.
///
/// Autodiff would hold several arrays of `[n_rows, n_items]`. Here a block of rows goes from logits
/// to gradients before the next begins: for one row with probabilities p and target t,
/// d logits = p − onehot(t).
///
/// # Shapes
/// `hidden` `[n_rows, d_model]`, `items` `[n_items + 1, d_model]`, both without autodiff; `targets`
/// holds item indices from 1, one a row.
pub(super) fn cross_entropy_with_gradients(hidden: &Tensor<2>, items: &Tensor<2>, targets: &[i32]) -> CrossEntropy {
    let n_items = items.dims()[0].saturating_sub(1);
    by_blocks(hidden, items, targets, (MAX_FLOATS / n_items.max(1)).max(1))
}

fn by_blocks(hidden: &Tensor<2>, items: &Tensor<2>, targets: &[i32], block: usize) -> CrossEntropy {
    let device = hidden.device();
    let [n_rows, d_model] = hidden.dims();
    let n_items = items.dims()[0].saturating_sub(1);
    let items = items.clone().slice_dim(0, 1..=n_items); // [n_items, d_model]
    let (mut nll_sum, mut d_items) = (None, None);
    let mut d_hidden = Vec::with_capacity(n_rows.div_ceil(block));
    for (at, targets) in targets.chunks(block).enumerate() {
        let n = targets.len();
        let rows = hidden.clone().slice_dim(0, at * block..at * block + n); // [n, d_model]
        let targets: Vec<i32> = targets.iter().map(|target| target - 1).collect();
        let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [n, 1]), &device);
        let logits = rows.clone().matmul(items.clone().transpose()); // [n, n_items]
        let of_target = logits.clone().gather(1, targets.clone()); // [n, 1]
        let largest = logits.clone().max_dim(1); // [n, 1]
        let p = activation::softmax(logits, 1); // [n, n_items]
        // log Σ exp = max − log p(max): unlike log p(target), it cannot underflow.
        let nll = (largest - p.clone().max_dim(1).log() - of_target).sum(); // [1]
        let d_logits = p.scatter(1, targets, Tensor::full([n, 1], -1.0, &device), IndexingUpdateOp::Add);
        d_hidden.push(d_logits.clone().matmul(items.clone()));
        let d_block = d_logits.transpose().matmul(rows); // [n_items, d_model]
        nll_sum = Some(nll_sum.map_or(nll.clone(), |sum: Tensor<1>| sum + nll));
        d_items = Some(d_items.map_or(d_block.clone(), |sum: Tensor<2>| sum + d_block));
    }
    let d_items = d_items.unwrap_or_else(|| Tensor::zeros([n_items, d_model], &device));
    CrossEntropy {
        nll_sum: nll_sum.unwrap_or_else(|| Tensor::zeros([1], &device)),
        d_hidden: if d_hidden.is_empty() { Tensor::zeros([0, d_model], &device) } else { Tensor::cat(d_hidden, 0) },
        d_items: Tensor::cat(vec![Tensor::zeros([1, d_model], &device), d_items], 0),
    }
}

/// The same for tracked tensors: a scalar to call `backward` on, whose gradients are those of the
/// sum of the loss, and that sum itself.
///
/// The scalar is Σ `hidden · d_hidden` + Σ `items · d_items` with the gradients held constant; its value
/// means nothing.
pub(super) fn cross_entropy(hidden: Tensor<2>, items: Tensor<2>, targets: &[i32]) -> (Tensor<1>, Tensor<1>) {
    let CrossEntropy { nll_sum, d_hidden, d_items } =
        cross_entropy_with_gradients(&hidden.clone().inner(), &items.clone().inner(), targets);
    let to_differentiate = (hidden * Tensor::from_inner(d_hidden)).sum() + (items * Tensor::from_inner(d_items)).sum();
    (to_differentiate, nll_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<const D: usize>(shape: [usize; D], scale: f32) -> Tensor<D> {
        let n: usize = shape.iter().product();
        let values = (0..n).map(|at| scale * ((at as f32 * 0.7).sin() + 0.1)).collect();
        Tensor::from_data(TensorData::new::<f32, _>(values, shape), &Device::flex())
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        let scale = b.iter().fold(0f32, |max, b| max.max(b.abs()));
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * scale), "{a:?}\n{b:?}");
    }

    /// Blocks of two rows against burn's own log-softmax and autodiff over five rows and four items.
    #[test]
    fn loss_and_gradients_are_those_of_autodiff() {
        let targets = [1, 4, 2, 2, 3];
        let hidden = Tensor::from_inner(numbers([5, 3], 1.0)).require_grad();
        let items = Tensor::from_inner(numbers([5, 3], 2.0)).require_grad();
        let logits = hidden.clone().matmul(items.clone().slice_dim(0, 1..5).transpose());
        let picked = Tensor::<2, Int>::from_data(
            TensorData::new(targets.iter().map(|t| t - 1).collect::<Vec<i32>>(), [5, 1]),
            &Device::flex(),
        );
        let nll = activation::log_softmax(logits, 1).gather(1, picked).sum().neg();
        let gradients = nll.backward();
        let ours = by_blocks(&hidden.clone().inner(), &items.clone().inner(), &targets, 2);
        assert_close(&values(ours.nll_sum), &values(nll.inner()));
        assert_close(&values(ours.d_hidden), &values(hidden.grad(&gradients).unwrap()));
        assert_close(&values(ours.d_items), &values(items.grad(&gradients).unwrap()));

        let (objective, _) = cross_entropy(hidden.clone(), items.clone(), &targets);
        let tracked = objective.backward();
        assert_close(&values(hidden.grad(&tracked).unwrap()), &values(hidden.grad(&gradients).unwrap()));
        assert_close(&values(items.grad(&tracked).unwrap()), &values(items.grad(&gradients).unwrap()));
    }

    /// Logits 0, 400 and −400 with target −400: the loss is 800 and the gradient p − onehot =
    /// (0, 1, −1); a plain softmax gives log 0 here.
    #[test]
    fn hopeless_targets_have_a_finite_loss() {
        let hidden = Tensor::<2>::from_data([[400.0f32]], &Device::flex());
        let items = Tensor::<2>::from_data([[0.0f32], [0.0], [1.0], [-1.0]], &Device::flex());
        let loss = cross_entropy_with_gradients(&hidden, &items, &[3]);
        assert_eq!(values(loss.nll_sum), [800.0]);
        assert_eq!(values(loss.d_items), [0.0, 0.0, 400.0, -400.0]);
        assert_eq!(values(loss.d_hidden), [2.0]);
    }

    #[test]
    fn nothing_to_predict_is_a_loss_of_0() {
        let loss = cross_entropy_with_gradients(&numbers([0, 3], 1.0), &numbers([5, 3], 1.0), &[]);
        assert_eq!(values(loss.nll_sum), [0.0]);
        assert_eq!(values(loss.d_items), [0.0; 15]);
        assert_eq!(loss.d_hidden.dims(), [0, 3]);
    }
}
