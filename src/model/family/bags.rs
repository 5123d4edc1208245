//! Users as bags of items: what the autoencoders read and tell.

use burn::prelude::*;
use burn::tensor::IndexingUpdateOp;

use crate::attribution::{EventInputs, Slopes, gradient_of, log_probabilities};
use crate::kernel::SparseRows;
use crate::random::Noise;
use crate::window::index_tensor;

/// Most rows of [`Trainable::step_scores`](crate::Trainable::step_scores): the latest
/// prefixes of a history. A prefix costs a forward pass of its own here, and each row holds the
/// whole catalogue.
const MAX_PREFIXES: usize = 500;

/// Sets of the items that users have, without order or counts. Padding is no item of a bag: item
/// `i` is column `i − 1` here.
pub(super) struct Bags {
    shape: [usize; 2],
    /// Flat place and weight of each item in a bag; the weights of a row have length 1 together.
    entries: Vec<(usize, f32)>,
}

impl Bags {
    /// An item weighs `recency` to the power of the number of events after its latest one. A row
    /// without events is an empty bag.
    pub(super) fn new(rows: &[&[u32]], n_items: usize, recency: f64) -> Self {
        let mut entries = Vec::new();
        let mut seen = vec![false; n_items];
        for (row, items) in rows.iter().enumerate() {
            let start = entries.len();
            let mut weight = 1.0;
            for &item in items.iter().rev() {
                let column = (item as usize).wrapping_sub(1);
                if let Some(seen) = seen.get_mut(column).filter(|seen| !**seen) {
                    *seen = true;
                    entries.push((row * n_items + column, weight as f32));
                }
                weight *= recency;
            }
            let bag = entries.get_mut(start..).unwrap_or_default();
            let norm = bag
                .iter()
                .map(|(_, weight)| weight * weight)
                .sum::<f32>()
                .sqrt();
            for (place, weight) in bag {
                *weight /= norm;
                if let Some(seen) = seen.get_mut(*place - row * n_items) {
                    *seen = false;
                }
            }
        }
        Self {
            shape: [rows.len(), n_items],
            entries,
        }
    }

    /// Items of all bags.
    pub(super) fn n_items(&self) -> usize {
        self.entries.len()
    }

    /// Hides a share `rate` of the items from the encoder, and makes the rest weigh more.
    pub(super) fn drop_out(&mut self, rate: f64, noise: &mut Noise) {
        if rate > 0.0 {
            let factors = noise.dropout_values(rate, self.entries.len());
            self.entries
                .iter_mut()
                .zip(factors)
                .for_each(|((_, weight), factor)| *weight *= factor);
        }
    }

    /// The weights. `[n_rows, n_items]`
    pub(super) fn tensor(&self, device: &Device) -> Tensor<2> {
        let mut values = vec![0.0; self.shape.iter().product()];
        for &(place, weight) in &self.entries {
            if let Some(slot) = values.get_mut(place) {
                *slot = weight;
            }
        }
        Tensor::from_data(TensorData::new(values, self.shape), device)
    }

    /// The bags by rows. An item that was hidden is there with the weight 0.
    pub(super) fn sparse(&self) -> SparseRows {
        let [n_rows, n_items] = self.shape;
        let mut starts = vec![0; n_rows + 1];
        let split = |place: usize| {
            (
                place.checked_div(n_items).unwrap_or(0),
                (place % n_items.max(1)) as u32,
            )
        };
        let mut elements = Vec::with_capacity(self.entries.len());
        for &(place, value) in &self.entries {
            let (row, column) = split(place);
            elements.push((column, value));
            if let Some(end) = starts.get_mut(row + 1) {
                *end = elements.len();
            }
        }
        // Rows without elements end where the row before them does.
        for at in 1..starts.len() {
            starts[at] = starts[at].max(starts[at - 1]);
        }
        SparseRows {
            starts,
            elements,
            n_columns: n_items,
        }
    }
}

/// The events of a history as a bag takes them in: an item's latest event with its weight, of which
/// the item's earlier ones have none. `[n_events, 1]`
pub(super) fn event_inputs(
    items: &[u32],
    n_items: usize,
    recency: f64,
    device: &Device,
) -> EventInputs {
    // The entries of a bag are its items from the latest back.
    let entries = Bags::new(&[items], n_items, recency).entries;
    let (mut seen, mut entries) = (vec![false; n_items], entries.into_iter());
    let mut weights = Vec::with_capacity(items.len());
    for &item in items.iter().rev() {
        let column = (item as usize).wrapping_sub(1);
        let is_latest = seen.get(column) == Some(&false);
        let entry = is_latest.then(|| entries.next()).flatten();
        weights.push(entry.map_or(0.0, |(_, weight)| weight));
        if let Some(seen) = seen.get_mut(column) {
            *seen = true;
        }
    }
    weights.reverse();
    let weights = TensorData::new(weights, [items.len(), 1]);
    EventInputs {
        first: 0,
        vectors: Tensor::<2>::from_data(weights, device).without_autodiff(),
    }
}

/// Slopes of the log-probability of an item after copies of a history, whose events have these
/// weights in the bag, `[n_copies, n_events, 1]`; `scores` are those of bags, `[n_copies, n_items]`
/// to `[n_copies, n_items + 1]`.
pub(super) fn slopes(
    items: &[u32],
    n_items: usize,
    weights: Tensor<3>,
    target: u32,
    scores: impl FnOnce(Tensor<2>) -> Tensor<2>,
) -> Slopes {
    let [n_copies, ..] = weights.dims();
    let columns = items.iter().map(|&item| item as i32 - 1).collect();
    let columns = index_tensor(columns, &weights.device());
    let bags = Tensor::zeros([n_copies, n_items], &weights.device()).select_assign(
        1,
        columns.clone(),
        weights.squeeze_dim::<2>(2),
        IndexingUpdateOp::Add,
    );
    let bags = Tensor::from_inner(bags).require_grad();
    let log_probability = log_probabilities(scores(bags.clone()), target);
    let gradients = log_probability.clone().sum().backward();
    Slopes {
        log_probability: log_probability.inner(),
        gradient: gradient_of(&bags, &gradients)
            .select(1, columns)
            .unsqueeze_dim::<3>(2),
    }
}

/// Scores of items with a column of zeros for padding in front. `[n_rows, n_items]` to
/// `[n_rows, n_items + 1]`
pub(super) fn behind_padding(scores: Tensor<2>) -> Tensor<2> {
    let padding = Tensor::zeros([scores.dims()[0], 1], &scores.device());
    Tensor::cat(vec![padding, scores], 1)
}

/// Scores after each of the history's last events, each prefix being a bag of its own: the place of
/// the first row in the history, and `[n_rows, n_items + 1]`.
pub(super) fn scores_of_prefixes(
    history: &[u32],
    at_a_time: usize,
    scores_of: impl Fn(&[&[u32]]) -> Tensor<2>,
) -> (usize, Tensor<2>) {
    let first = history.len().saturating_sub(MAX_PREFIXES);
    let prefixes: Vec<&[u32]> = (first..history.len())
        .filter_map(|at| history.get(..=at))
        .collect();
    (
        first,
        Tensor::cat(
            prefixes.chunks(at_a_time.max(1)).map(scores_of).collect(),
            0,
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_holds_each_item_once_with_the_weight_of_its_latest_event() {
        let mut bags = Bags::new(&[&[4, 1, 4], &[], &[2]], 4, 0.5);
        // Ages 0 and 1 of the first row: weights 1 and ½, divided by √1.25.
        let (new, old) = (1.0 / 1.25_f32.sqrt(), 0.5 / 1.25_f32.sqrt());
        assert_eq!(bags.entries, [(3, new), (0, old), (9, 1.0)]);
        bags.drop_out(0.9, &mut Noise::new(3));
        assert!(
            bags.entries
                .iter()
                .all(|&(_, weight)| weight == 0.0 || weight > 4.0)
        );
    }

    #[test]
    fn bags_by_rows_hold_what_the_bags_hold() {
        let bags = Bags::new(&[&[4, 1, 4], &[], &[2], &[]], 4, 1.0);
        let sparse = bags.sparse();
        assert_eq!(sparse.starts, [0, 2, 2, 3, 3]);
        assert_eq!(
            sparse
                .elements
                .iter()
                .map(|(item, _)| *item)
                .collect::<Vec<_>>(),
            [3, 0, 1]
        );
    }
}
