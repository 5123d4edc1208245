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
    let device = hidden.device();
    let [n_rows, d_model] = hidden.dims();
    let n_items = items.dims()[0].saturating_sub(1);
    let items = items.clone().slice([1..=n_items]); // [n_items, d_model]
    let block = (MAX_FLOATS / n_items.max(1)).max(1);
    let (mut nll_sum, mut d_items) = (None, None);
    let mut d_hidden = Vec::with_capacity(n_rows.div_ceil(block));
    for (at, targets) in targets.chunks(block).enumerate() {
        let n = targets.len();
        let rows = hidden.clone().slice([at * block..at * block + n]); // [n, d_model]
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
/// The scalar is Σ hidden · d_hidden + Σ items · d_items with the gradients held constant; its value
/// means nothing.
pub(super) fn cross_entropy(hidden: Tensor<2>, items: Tensor<2>, targets: &[i32]) -> (Tensor<1>, Tensor<1>) {
    let CrossEntropy { nll_sum, d_hidden, d_items } =
        cross_entropy_with_gradients(&hidden.clone().inner(), &items.clone().inner(), targets);
    let to_differentiate = (hidden * Tensor::from_inner(d_hidden)).sum() + (items * Tensor::from_inner(d_items)).sum();
    (to_differentiate, nll_sum)
}
