//! Losses that look at the true item and some drawn ones instead of the whole catalogue.

use burn::prelude::*;
use burn::tensor::{IndexingUpdateOp, activation};

use super::{ItemLoss, MAX_FLOATS};
use crate::random::{EventPlace, Noise};
use crate::{LossKind, Negatives, Objective};

/// Tells the drawing of negatives from the drawings of a network's layers.
const DRAWING: usize = usize::MAX;

/// Added to the score of a draw that is the true item, so that a softmax passes it over.
const LEFT_OUT: f32 = -1.0e9;

/// The loss of each hidden row against the true item and `n_negatives` drawn ones, by blocks of
/// rows, with its gradients.
///
/// With scores `s₀` of the true item and `s₁…s_k` of those drawn, y = (1, 0, …, 0):
/// - sampled softmax (Bengio & Senécal 2008): cross-entropy of `softmax(s₀, s_j − ln(k q_j))`, q
///   the chance to be drawn, so that the sum of exponentials is on average that of the catalogue.
///   The true item is not drawn, so its score stays as it is, unlike in Yi et al. 2019;
/// - BCE: Σ w (softplus(s) − y s), w = (1, 1/k, …, 1/k); d s = w (σ(s) − y);
/// - gBCE (Petrov & Macdonald 2023): the same with w = (β, 1, …, 1) / (k + 1), where
///   β = α (t (1 − 1/α) + 1/α) and α = k / (`n_items` − 1);
/// - BPR (Rendle et al. 2009): `Σ softplus(s_j − s₀) / k`.
///
/// A draw that is the true item takes no part.
///
/// # Shapes
/// As [`super::item_loss`].
pub(super) fn by_draws(
    hidden: &Tensor<2>,
    items: &Tensor<2>,
    targets: &[i32],
    objective: &Objective,
    noise: Noise,
) -> ItemLoss {
    let device = hidden.device();
    let [n_rows, d_model] = hidden.dims();
    let n_items = items.dims()[0].saturating_sub(1);
    let k = objective.n_negatives.max(1);
    let draws = Draws {
        objective,
        n_items,
        k,
        noise,
    };
    let block = (MAX_FLOATS / ((1 + k) * d_model.max(1))).max(1);
    let mut loss_sum = Tensor::<1>::zeros([1], &device);
    let mut d_items = Tensor::<2>::zeros([n_items + 1, d_model], &device);
    let mut d_hidden = Vec::with_capacity(n_rows.div_ceil(block));
    for (at, targets) in targets.chunks(block).enumerate() {
        let rows = hidden
            .clone()
            .slice_dim(0, at * block..at * block + targets.len()); // [n, d_model]
        let of_block = of_drawn(
            &rows,
            items,
            draws.of_rows(targets, at * block),
            objective.loss,
        );
        d_hidden.push(of_block.d_hidden);
        d_items = d_items + of_block.d_items;
        loss_sum = loss_sum + of_block.loss_sum;
    }
    let d_hidden = if d_hidden.is_empty() {
        Tensor::zeros([0, d_model], &device)
    } else {
        Tensor::cat(d_hidden, 0)
    };
    ItemLoss {
        loss_sum,
        d_hidden,
        d_items,
    }
}

/// The loss of some rows, `[n, d_model]`, with what was drawn for them.
pub(super) fn of_drawn(
    rows: &Tensor<2>,
    items: &Tensor<2>,
    drawn: DrawnItems,
    loss: LossKind,
) -> ItemLoss {
    let device = rows.device();
    let [n, d_model] = rows.dims();
    let width = drawn.items.len() / n.max(1);
    let float =
        |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [n, width]), &device);
    let places = Tensor::<1, Int>::from_data(TensorData::new(drawn.items, [n * width]), &device);
    let vectors = items
        .clone()
        .select(0, places.clone())
        .reshape([n, width, d_model]);
    let scores = vectors
        .clone()
        .matmul(rows.clone().unsqueeze_dim::<3>(2))
        .squeeze_dim::<2>(2); // [n, 1 + k]
    let (loss_sum, d_scores) = match loss {
        LossKind::Bpr => pairwise(&scores, float(drawn.weights)),
        LossKind::Bce | LossKind::Gbce => binary(scores, float(drawn.weights)),
        LossKind::FullSoftmax | LossKind::SampledSoftmax => {
            softmax(scores + float(drawn.corrections))
        }
    };
    let d_hidden = d_scores
        .clone()
        .unsqueeze_dim::<3>(1)
        .matmul(vectors)
        .squeeze_dim::<2>(1);
    let of_draws = (d_scores.unsqueeze_dim::<3>(2) * rows.clone().unsqueeze_dim::<3>(1))
        .reshape([n * width, d_model]);
    let d_items = items
        .zeros_like()
        .select_assign(0, places, of_draws, IndexingUpdateOp::Add);
    ItemLoss {
        loss_sum,
        d_hidden,
        d_items,
    }
}

/// −log of the first column's share of a softmax, and its gradient.
fn softmax(scores: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
    let of_target = scores.clone().slice_dim(1, 0..1);
    let largest = scores.clone().max_dim(1);
    let p = activation::softmax(scores, 1);
    // log Σ exp = max − log p(max): unlike log p(target), it cannot underflow.
    let loss = (largest - p.clone().max_dim(1).log() - of_target).sum();
    (loss, p.clone() - first_column(&p))
}

/// Σ w (softplus(s) − y s).
fn binary(scores: Tensor<2>, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
    let truth = first_column(&scores);
    let loss =
        (weights.clone() * (softplus(scores.clone()) - truth.clone() * scores.clone())).sum();
    (loss, weights * (activation::sigmoid(scores) - truth))
}

/// `Σ w softplus(s_j − s₀)`; the first column's own weight is 0.
fn pairwise(scores: &Tensor<2>, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
    let behind = scores.clone() - scores.clone().slice_dim(1, 0..1);
    let loss = (weights.clone() * softplus(behind.clone())).sum();
    let d_behind = weights * activation::sigmoid(behind);
    let of_target = d_behind.clone().sum_dim(1).neg();
    let d_scores = d_behind + first_column(scores) * of_target;
    (loss, d_scores)
}

/// 1 in the first column, else 0, in the shape of `like`.
fn first_column(like: &Tensor<2>) -> Tensor<2> {
    let [n, width] = like.dims();
    let values = (0..n * width)
        .map(|at| if at % width == 0 { 1.0 } else { 0.0 })
        .collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, [n, width]), &like.device())
}

/// ln(1 + exp x), for any x.
fn softplus(x: Tensor<2>) -> Tensor<2> {
    activation::relu(x.clone()) + x.abs().neg().exp().log1p()
}

/// Drawing of negatives for rows.
pub(super) struct Draws<'a> {
    pub(super) objective: &'a Objective,
    pub(super) n_items: usize,
    pub(super) k: usize,
    pub(super) noise: Noise,
}

/// Items drawn for some rows: `[n, 1 + k]` each, the true item first.
pub(super) struct DrawnItems {
    items: Vec<i32>,
    /// Added to the scores of a softmax.
    corrections: Vec<f32>,
    /// Weights of the terms of the other losses.
    weights: Vec<f32>,
}

impl Draws<'_> {
    /// Negatives of the rows from `first` on, each drawn by the number of its row.
    fn of_rows(&self, targets: &[i32], first: usize) -> DrawnItems {
        let negatives = targets.iter().zip(first..).flat_map(|(_, row)| {
            let mut noise = self.noise.of_event(DRAWING, EventPlace::new(row, 0));
            (0..self.k).map(move |_| self.objective.draw(noise.unit(), self.n_items))
        });
        self.with_negatives(targets, negatives)
    }

    /// Returns the drawing with negatives given, `k` a row.
    pub(super) fn with_negatives(
        &self,
        targets: &[i32],
        mut negatives: impl Iterator<Item = i32>,
    ) -> DrawnItems {
        let n = targets.len() * (1 + self.k);
        let mut drawn = DrawnItems {
            items: Vec::with_capacity(n),
            corrections: Vec::with_capacity(n),
            weights: Vec::with_capacity(n),
        };
        let (of_target, of_negative) = self.weights();
        for &target in targets {
            drawn.items.push(target);
            drawn.corrections.push(0.0);
            drawn.weights.push(of_target);
            for item in negatives.by_ref().take(self.k) {
                let is_target = item == target;
                drawn.items.push(item);
                drawn.corrections.push(if is_target {
                    LEFT_OUT
                } else {
                    -self.log_expected(item)
                });
                drawn
                    .weights
                    .push(if is_target { 0.0 } else { of_negative });
            }
        }
        drawn
    }

    /// Returns the weight of the true item's term, and of each negative's.
    fn weights(&self) -> (f32, f32) {
        let k = self.k as f64;
        let (target, negative) = match self.objective.loss {
            LossKind::Bpr => (0.0, 1.0 / k),
            LossKind::Gbce => {
                let alpha = (k / (self.n_items as f64 - 1.0).max(1.0)).min(1.0);
                let beta = alpha * (self.objective.gbce_t * (1.0 - 1.0 / alpha) + 1.0 / alpha);
                (beta / (k + 1.0), 1.0 / (k + 1.0))
            }
            LossKind::Bce | LossKind::FullSoftmax | LossKind::SampledSoftmax => (1.0, 1.0 / k),
        };
        (target as f32, negative as f32)
    }

    /// ln(k q) of an item.
    fn log_expected(&self, item: i32) -> f32 {
        (self.k as f64 * self.objective.chance(item, self.n_items))
            .max(1e-30)
            .ln() as f32
    }
}

impl Objective {
    /// The item at a place of the unit interval.
    fn draw(&self, unit: f64, n_items: usize) -> i32 {
        match (self.negatives, self.cumulative.last()) {
            (Negatives::Popularity, Some(&total)) => {
                let at = self.cumulative.partition_point(|&sum| sum <= unit * total);
                at.min(n_items.saturating_sub(1)) as i32 + 1
            }
            _ => ((unit * n_items as f64) as usize).min(n_items.saturating_sub(1)) as i32 + 1,
        }
    }

    /// Returns the chance of an item to be drawn.
    fn chance(&self, item: i32, n_items: usize) -> f64 {
        let at = (item as usize).saturating_sub(1);
        match (self.negatives, self.cumulative.last()) {
            (Negatives::Popularity, Some(&total)) => {
                let upto = self.cumulative.get(at).copied().unwrap_or(total);
                let before = at
                    .checked_sub(1)
                    .and_then(|at| self.cumulative.get(at))
                    .copied()
                    .unwrap_or(0.0);
                (upto - before) / total
            }
            _ => 1.0 / n_items.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests;
