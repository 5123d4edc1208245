//! The losses of next-item models and their gradients, in bounded memory.

mod sampled;

use burn::prelude::*;
use burn::tensor::{IndexingUpdateOp, activation};

use super::random::Noise;
use super::{LossKind, Objective};

/// Most numbers in one working array: 16 Mi floats are 64 MiB, half of the largest binding that the
/// least of wgpu's adapters offer (128 MiB).
pub(super) const MAX_FLOATS: usize = 16 << 20;

/// A loss with its gradients, computed on plain tensors.
pub(super) struct ItemLoss {
    /// Sum over rows, in nats. `[1]`
    pub(super) loss_sum: Tensor<1>,
    /// Gradient of `loss_sum` for the hidden rows. `[n_rows, d_model]`
    pub(super) d_hidden: Tensor<2>,
    /// Gradient of `loss_sum` for the item vectors; row 0, padding, is 0. `[n_items + 1, d_model]`
    pub(super) d_items: Tensor<2>,
}

/// The loss of each hidden row, whose scores of the items are `hidden · items`; padding is no item.
///
/// # Shapes
/// `hidden` `[n_rows, d_model]`, `items` `[n_items + 1, d_model]`, both without autodiff; `targets`
/// holds item indices from 1, one a row. The noise draws the negatives.
pub(super) fn item_loss(
    hidden: &Tensor<2>,
    items: &Tensor<2>,
    targets: &[i32],
    objective: &Objective,
    noise: Noise,
) -> ItemLoss {
    match objective.loss {
        LossKind::FullSoftmax => {
            let n_items = items.dims()[0].saturating_sub(1);
            let block = (MAX_FLOATS / n_items.max(1)).max(1);
            by_blocks(
                hidden,
                items,
                targets,
                objective.label_smoothing as f32,
                block,
            )
        }
        LossKind::SampledSoftmax | LossKind::Bce | LossKind::Gbce | LossKind::Bpr => {
            sampled::by_draws(hidden, items, targets, objective, noise)
        }
    }
}

/// Softmax cross-entropy against all items.
///
/// Autodiff would hold several arrays of `[n_rows, n_items]`. Here a block of rows goes from logits
/// to gradients before the next begins: for one row with probabilities p and target t, d logits = p
/// − onehot(t). With a share ε of smoothing (Szegedy et al. 2016, eq. 7) the true item has weight 1
/// − ε and every item ε / n beside: d logits = p − (1 − ε) onehot(t) − ε / n.
fn by_blocks(
    hidden: &Tensor<2>,
    items: &Tensor<2>,
    targets: &[i32],
    smoothing: f32,
    block: usize,
) -> ItemLoss {
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
        let mut of_target = logits.clone().gather(1, targets.clone()); // [n, 1]
        if smoothing > 0.0 {
            of_target = of_target.mul_scalar(1.0 - smoothing)
                + logits.clone().mean_dim(1).mul_scalar(smoothing);
        }
        let largest = logits.clone().max_dim(1); // [n, 1]
        let p = activation::softmax(logits, 1); // [n, n_items]
        // log Σ exp = max − log p(max): unlike log p(target), it cannot underflow.
        let nll = (largest - p.clone().max_dim(1).log() - of_target).sum(); // [1]
        let of_one = Tensor::full([n, 1], smoothing - 1.0, &device);
        let mut d_logits = p.scatter(1, targets, of_one, IndexingUpdateOp::Add);
        if smoothing > 0.0 {
            d_logits = d_logits.sub_scalar(smoothing / n_items.max(1) as f32);
        }
        d_hidden.push(d_logits.clone().matmul(items.clone()));
        let d_block = d_logits.transpose().matmul(rows); // [n_items, d_model]
        nll_sum = Some(nll_sum.map_or(nll.clone(), |sum: Tensor<1>| sum + nll));
        d_items = Some(d_items.map_or(d_block.clone(), |sum: Tensor<2>| sum + d_block));
    }
    let d_items = d_items.unwrap_or_else(|| Tensor::zeros([n_items, d_model], &device));
    ItemLoss {
        loss_sum: nll_sum.unwrap_or_else(|| Tensor::zeros([1], &device)),
        d_hidden: if d_hidden.is_empty() {
            Tensor::zeros([0, d_model], &device)
        } else {
            Tensor::cat(d_hidden, 0)
        },
        d_items: Tensor::cat(vec![Tensor::zeros([1, d_model], &device), d_items], 0),
    }
}

/// Computes [`item_loss`] for tracked tensors: a scalar to call `backward` on, whose gradients are
/// those of the sum of the loss, and that sum itself.
///
/// The scalar is Σ `hidden · d_hidden` + Σ `items · d_items` with the gradients held constant; its
/// value means nothing.
pub(super) fn tracked_item_loss(
    hidden: Tensor<2>,
    items: Tensor<2>,
    targets: &[i32],
    objective: &Objective,
    noise: Noise,
) -> (Tensor<1>, Tensor<1>) {
    let ItemLoss {
        loss_sum,
        d_hidden,
        d_items,
    } = item_loss(
        &hidden.clone().inner(),
        &items.clone().inner(),
        targets,
        objective,
        noise,
    );
    let to_differentiate =
        (hidden * Tensor::from_inner(d_hidden)).sum() + (items * Tensor::from_inner(d_items)).sum();
    (to_differentiate, loss_sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Negatives;

    /// The full softmax, which draws nothing.
    fn full_loss(hidden: &Tensor<2>, items: &Tensor<2>, targets: &[i32]) -> ItemLoss {
        item_loss(hidden, items, targets, &Objective::default(), Noise::new(0))
    }

    /// Scores of each row, `[n_rows, n_items]`, of tracked tensors.
    fn scores(hidden: &Tensor<2>, items: &Tensor<2>) -> Tensor<2> {
        let n_items = items.dims()[0] - 1;
        hidden
            .clone()
            .matmul(items.clone().slice_dim(0, 1..=n_items).transpose())
    }

    /// Autodiff's gradients of `loss` are those that `item_loss` gives.
    fn assert_gradients(
        objective: &Objective,
        loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
        targets: &[i32],
    ) {
        let hidden = Tensor::from_inner(numbers([targets.len(), 3], 1.0)).require_grad();
        let items = Tensor::from_inner(numbers([5, 3], 2.0)).require_grad();
        let expected = loss(scores(&hidden, &items));
        let gradients = expected.backward();
        let ours = item_loss(
            &hidden.clone().inner(),
            &items.clone().inner(),
            targets,
            objective,
            Noise::new(3),
        );
        assert_close(&values(ours.loss_sum), &values(expected.inner()));
        assert_close(
            &values(ours.d_hidden),
            &values(hidden.grad(&gradients).unwrap()),
        );
        assert_close(
            &values(ours.d_items),
            &values(items.grad(&gradients).unwrap()),
        );
    }

    #[test]
    fn label_smoothing_spreads_its_share_over_the_catalogue() {
        let objective = Objective {
            label_smoothing: 0.2,
            ..Objective::default()
        };
        let targets = [1, 4, 2];
        let wanted = |row: usize, item: usize| {
            0.05 + if item + 1 == targets[row] as usize {
                0.8
            } else {
                0.0
            }
        };
        let weights = (0..12)
            .map(|at| wanted(at / 4, at % 4))
            .collect::<Vec<f32>>();
        let weights = Tensor::<2>::from_inner(Tensor::from_data(
            TensorData::new(weights, [3, 4]),
            &Device::flex(),
        ));
        let loss = |scores: Tensor<2>| (activation::log_softmax(scores, 1) * weights).sum().neg();
        assert_gradients(&objective, loss, &targets);
    }

    /// Two items: every negative that counts is the other one, so the losses have closed forms.
    #[test]
    fn drawn_losses_have_their_closed_forms() {
        // Scores 1 and 2 of the items, target the first: the difference is −1.
        let hidden = Tensor::<2>::from_data([[1.0f32]], &Device::flex());
        let items = Tensor::<2>::from_data([[0.0f32], [1.0], [2.0]], &Device::flex());
        let softplus = |x: f64| x.exp().ln_1p();
        for (loss, of_target, of_negative) in
            [(LossKind::Bce, 1.0, 1.0), (LossKind::Gbce, 1.0, 1.0)]
        {
            let objective = Objective {
                loss,
                n_negatives: 1000,
                gbce_t: 0.3,
                ..Objective::default()
            };
            let found = item_loss(&hidden, &items, &[1], &objective, Noise::new(3));
            let found = f64::from(values(found.loss_sum)[0]);
            // About half of the draws are the true item and take no part.
            let share = match loss {
                LossKind::Gbce => found * 1001.0 - of_target * softplus(-1.0),
                LossKind::FullSoftmax
                | LossKind::SampledSoftmax
                | LossKind::Bce
                | LossKind::Bpr => (found - of_target * softplus(-1.0)) * 1000.0,
            } / (of_negative * softplus(2.0));
            assert!(
                (450.0..550.0).contains(&share) && (share - share.round()).abs() < 0.02,
                "{loss} {share}"
            );
        }
        let objective = Objective {
            loss: LossKind::Bpr,
            n_negatives: 100,
            ..Objective::default()
        };
        let found = item_loss(&hidden, &items, &[1], &objective, Noise::new(3));
        let n = f64::from(values(found.loss_sum)[0]) * 100.0 / softplus(1.0);
        assert!(
            (n - n.round()).abs() < 0.01 && (30.0..70.0).contains(&n),
            "{n}"
        );
        // d s₁ = n σ(1) / 100 and d s₀ = −d s₁; hidden is 1, so these are the items' gradients.
        let d_items = values(found.d_items);
        assert!(
            (d_items[1] + d_items[2]).abs() < 1e-6 && d_items[2] > 0.2,
            "{d_items:?}"
        );
    }

    /// gBCE's β for α = k / (n − 1): t = 1 makes it α, t = 0 makes it 1.
    #[test]
    fn gbce_is_bce_at_t_0() {
        let hidden = numbers([4, 3], 1.0);
        let items = numbers([9, 3], 2.0);
        let loss = |loss, gbce_t| {
            let objective = Objective {
                loss,
                n_negatives: 2,
                gbce_t,
                ..Objective::default()
            };
            let found = item_loss(&hidden, &items, &[1, 2, 3, 8], &objective, Noise::new(1));
            (values(found.loss_sum)[0], values(found.d_hidden))
        };
        let (at_0, _) = loss(LossKind::Gbce, 0.0);
        let (at_1, _) = loss(LossKind::Gbce, 1.0);
        assert!(at_1 < at_0, "{at_1} {at_0}");
    }

    /// With as many draws as there are in the catalogue many times over, the corrected softmax
    /// comes to the full one.
    #[test]
    fn sampled_softmax_comes_near_the_full_one_whatever_it_draws_by() {
        let (hidden, items) = (numbers([5, 3], 1.0), numbers([5, 3], 1.0));
        let targets = [1, 4, 2, 2, 3];
        let full = values(full_loss(&hidden, &items, &targets).d_hidden);
        for negatives in [Negatives::Uniform, Negatives::Popularity] {
            let objective = Objective {
                loss: LossKind::SampledSoftmax,
                n_negatives: 20_000,
                negatives,
                ..Objective::default()
            }
            .with_counts(&[1, 5, 2, 9]);
            let sampled =
                values(item_loss(&hidden, &items, &targets, &objective, Noise::new(3)).d_hidden);
            let largest = full.iter().fold(0f32, |max, value| max.max(value.abs()));
            for (sampled, full) in sampled.iter().zip(&full) {
                assert!(
                    (sampled - full).abs() < 0.05 * largest,
                    "{negatives}: {sampled} and {full}"
                );
            }
        }
    }

    fn numbers<const D: usize>(shape: [usize; D], scale: f32) -> Tensor<D> {
        let n: usize = shape.iter().product();
        let values = (0..n)
            .map(|at| scale * ((at as f32 * 0.7).sin() + 0.1))
            .collect();
        Tensor::from_data(TensorData::new::<f32, _>(values, shape), &Device::flex())
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        let scale = b.iter().fold(0f32, |max, b| max.max(b.abs()));
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * scale),
            "{a:?}\n{b:?}"
        );
    }

    /// Blocks of two rows against burn's own log-softmax and autodiff over five rows and four
    /// items.
    #[test]
    fn loss_and_gradients_are_those_of_autodiff() {
        let targets = [1, 4, 2, 2, 3];
        let hidden = Tensor::from_inner(numbers([5, 3], 1.0)).require_grad();
        let items = Tensor::from_inner(numbers([5, 3], 2.0)).require_grad();
        let logits = hidden
            .clone()
            .matmul(items.clone().slice_dim(0, 1..5).transpose());
        let picked = Tensor::<2, Int>::from_data(
            TensorData::new(targets.iter().map(|t| t - 1).collect::<Vec<i32>>(), [5, 1]),
            &Device::flex(),
        );
        let nll = activation::log_softmax(logits, 1)
            .gather(1, picked)
            .sum()
            .neg();
        let gradients = nll.backward();
        let ours = by_blocks(
            &hidden.clone().inner(),
            &items.clone().inner(),
            &targets,
            0.0,
            2,
        );
        assert_close(&values(ours.loss_sum), &values(nll.inner()));
        assert_close(
            &values(ours.d_hidden),
            &values(hidden.grad(&gradients).unwrap()),
        );
        assert_close(
            &values(ours.d_items),
            &values(items.grad(&gradients).unwrap()),
        );

        let (objective, _) = tracked_item_loss(
            hidden.clone(),
            items.clone(),
            &targets,
            &Objective::default(),
            Noise::new(0),
        );
        let tracked = objective.backward();
        assert_close(
            &values(hidden.grad(&tracked).unwrap()),
            &values(hidden.grad(&gradients).unwrap()),
        );
        assert_close(
            &values(items.grad(&tracked).unwrap()),
            &values(items.grad(&gradients).unwrap()),
        );
    }

    /// Logits 0, 400 and −400 with target −400: the loss is 800 and the gradient p − onehot =
    /// (0, 1, −1); a plain softmax gives log 0 here.
    #[test]
    fn hopeless_targets_have_a_finite_loss() {
        let hidden = Tensor::<2>::from_data([[400.0f32]], &Device::flex());
        let items = Tensor::<2>::from_data([[0.0f32], [0.0], [1.0], [-1.0]], &Device::flex());
        let loss = full_loss(&hidden, &items, &[3]);
        assert_eq!(values(loss.loss_sum), [800.0]);
        assert_eq!(values(loss.d_items), [0.0, 0.0, 400.0, -400.0]);
        assert_eq!(values(loss.d_hidden), [2.0]);
    }

    #[test]
    fn nothing_to_predict_is_a_loss_of_0() {
        let loss = full_loss(&numbers([0, 3], 1.0), &numbers([5, 3], 1.0), &[]);
        assert_eq!(values(loss.loss_sum), [0.0]);
        assert_eq!(values(loss.d_items), [0.0; 15]);
        assert_eq!(loss.d_hidden.dims(), [0, 3]);
    }
}
