//! Items that were shown after histories, accepted or rejected, as something to learn from.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::activation;

use super::ModelError;
use super::network::Network;
use super::weights::read;
use seqscope_data::Histories;

/// Largest probability of a rejected item that its loss tells apart: above it the logarithm of the
/// rest is a matter of rounding.
const SURE: f32 = 1.0 - 1e-6;

/// Lists of items that were shown after some histories, and what was said of their items.
///
/// With p an item's probability by the softmax of all items, the loss of an accepted item is −ln p,
/// and that of a rejected one −ln(1 − p), whatever loss the model was trained by. Only the state after
/// the whole history is asked: nothing within it is learnt to be foretold.
///
/// # Source
/// The loss of a rejection is the unlikelihood of Welleck et al. 2020 (eq. 3); Wang et al. 2023 (`RecSys`,
/// "Learning from negative user feedback", section 3) train sequential recommenders by it beside the
/// likelihood, as the loss of not recommending. Unlike a pair of an accepted and a rejected item
/// (Rendle et al. 2009) it needs no accepted one, and it fades as the item's chance does, so that what
/// is rejected is not pushed ever further down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListFeedback {
    /// Histories after which items were shown, one row each.
    pub histories: Histories,
    /// Items that were accepted after each row; each at most once.
    pub accepted: Vec<Vec<u32>>,
    /// Items that were rejected after each row; each at most once.
    pub rejected: Vec<Vec<u32>>,
    /// Weight of the mean loss of a rejected item beside the mean loss of an accepted one, which
    /// weighs as much as the mean loss of an event of other histories.
    pub rejected_weight: f64,
}

/// Weights of one item in the mean losses.
#[derive(Clone, Copy, Debug)]
struct ItemShares {
    accepted: f32,
    rejected: f32,
}

impl ListFeedback {
    /// All items that it names.
    pub(super) fn items(&self) -> impl Iterator<Item = &Vec<u32>> {
        self.accepted.iter().chain(&self.rejected)
    }

    fn shares(&self) -> ItemShares {
        let n = |items: &[Vec<u32>]| items.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        ItemShares {
            accepted: (1.0 / n(&self.accepted)) as f32,
            rejected: (self.rejected_weight / n(&self.rejected)) as f32,
        }
    }

    /// Gradients of the sum of both mean losses for every parameter; `None` when nothing was said.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the scores cannot be read from the device.
    pub(super) fn gradients<N: Network>(
        &self,
        network: &N,
    ) -> Result<Option<GradientsParams>, ModelError> {
        if self.items().all(Vec::is_empty) {
            return Ok(None);
        }
        let scores = network.scores(&self.histories); // [n_rows, n_items + 1]
        let of_items = scores.clone().inner().slice_dim(1, 1..);
        let [n_rows, n_items] = of_items.dims();
        let p = read(activation::softmax(of_items, 1))?;
        let shares = self.shares();
        let mut slopes = Vec::with_capacity(n_rows * (n_items + 1));
        for (row, p) in p.chunks_exact(n_items.max(1)).enumerate() {
            let of_row = |items: &[Vec<u32>]| items.get(row).map(|items| places(items));
            let accepted = of_row(&self.accepted).unwrap_or_default();
            let rejected = of_row(&self.rejected).unwrap_or_default();
            // Padding is no item.
            slopes.push(0.0);
            slopes.extend(score_slopes(p, &accepted, &rejected, shares));
        }
        let slopes = TensorData::new(slopes, [n_rows, n_items + 1]);
        let slopes = Tensor::<2>::from_data(slopes, &scores.device().inner());
        // Its gradients are those of the loss; its value means nothing.
        let to_differentiate = (scores * Tensor::from_inner(slopes)).sum();
        Ok(Some(GradientsParams::from_grads(
            to_differentiate.backward(),
            network,
        )))
    }
}

/// Columns of some items, padding left out.
fn places(items: &[u32]) -> Vec<usize> {
    let columns = items.iter().filter_map(|item| item.checked_sub(1));
    columns.map(|column| column as usize).collect()
}

/// Slopes of both losses for the scores of all items. With odds o = p / (1 − p) the slope of item j is
/// `p_j` less 1 if it was accepted, for each accepted item; and for rejected ones `o_j` if it is one of
/// them, less `p_j` Σ `o_r`. `[n_items]`
fn score_slopes(p: &[f32], accepted: &[usize], rejected: &[usize], shares: ItemShares) -> Vec<f32> {
    let odds = |at: usize| {
        let p = p.get(at).copied().unwrap_or(0.0).min(SURE);
        p / (1.0 - p)
    };
    let of_rejected: f32 = rejected.iter().map(|&at| odds(at)).sum();
    let pull = shares.accepted * accepted.len() as f32 - shares.rejected * of_rejected;
    let mut slopes: Vec<f32> = p.iter().map(|p| p * pull).collect();
    let own = (accepted.iter().map(|&at| (at, -shares.accepted)))
        .chain(rejected.iter().map(|&at| (at, shares.rejected * odds(at))));
    for (at, own) in own {
        if let Some(slope) = slopes.get_mut(at) {
            *slope += own;
        }
    }
    slopes
}

/// Sums of two gradients of a module's parameters.
pub(super) fn added<M: Module>(
    module: &M,
    one: GradientsParams,
    other: GradientsParams,
) -> GradientsParams {
    let mut sum = SumOfGradients { one, other };
    module.visit(&mut sum);
    sum.one
}

struct SumOfGradients {
    one: GradientsParams,
    other: GradientsParams,
}

impl ModuleVisitor for SumOfGradients {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(more) = self.other.remove::<D>(param.id) else {
            return;
        };
        let sum = match self.one.remove::<D>(param.id) {
            Some(gradient) => gradient + more,
            None => more,
        };
        self.one.register(param.id, sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: ItemShares = ItemShares {
        accepted: 0.25,
        rejected: 0.5,
    };

    fn softmax(scores: &[f64]) -> Vec<f64> {
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        scores.iter().map(|score| score.exp() / sum).collect()
    }

    /// Central differences of the losses, in double precision.
    fn slowly(scores: &[f64], accepted: &[usize], rejected: &[usize]) -> Vec<f64> {
        let loss = |scores: &[f64]| {
            let p = softmax(scores);
            let liked: f64 = accepted.iter().map(|&at| -p[at].ln()).sum();
            let disliked: f64 = rejected.iter().map(|&at| -(1.0 - p[at]).ln()).sum();
            0.25 * liked + 0.5 * disliked
        };
        let moved = |at: usize, by: f64| {
            let mut scores = scores.to_vec();
            scores[at] += by;
            loss(&scores)
        };
        (0..scores.len())
            .map(|at| (moved(at, 1e-5) - moved(at, -1e-5)) / 2e-5)
            .collect()
    }

    #[test]
    fn slopes_are_those_of_the_losses() {
        let scores = [0.3, 2.0, -1.0, 0.0, 1.1];
        let p: Vec<f32> = softmax(&scores).iter().map(|&p| p as f32).collect();
        for (accepted, rejected) in [
            (&[][..], &[1][..]),
            (&[2], &[]),
            (&[0, 3], &[1, 4]),
            (&[], &[0, 1, 2, 3, 4]),
            (&[], &[]),
        ] {
            let found = score_slopes(&p, accepted, rejected, SHARES);
            for (found, wanted) in found.iter().zip(slowly(&scores, accepted, rejected)) {
                assert!(
                    (f64::from(*found) - wanted).abs() < 1e-6,
                    "{accepted:?} {rejected:?}: {found} {wanted}"
                );
            }
        }
    }

    #[test]
    fn a_sure_rejection_has_a_finite_slope() {
        let slopes = score_slopes(&[1.0, 0.0], &[], &[0], SHARES);
        assert!(slopes.iter().all(|slope| slope.is_finite()), "{slopes:?}");
    }
}
