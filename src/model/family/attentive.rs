//! Shared parts of the families of attention: how they learn, and how those that look both ways
//! score the next item.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::prelude::*;

use crate::attention::{PrefixMaps, Sizes, prefixes};
use crate::item_vectors::{ItemVectors, by_length};
use crate::kernel::Buffer;
use crate::loss::{MAX_FLOATS, tracked_item_loss};
use crate::network::{LossSums, Network};
use crate::random::Noise;
use crate::weights::read;
use crate::window::groups_by_length;
use crate::{AttentionMaps, ModelError, Objective};
use seqscope_data::Histories;

/// Most rows of `len` places to be scored at a time against so many item vectors.
pub(super) fn rows_at_a_time(sizes: &Sizes, len: usize, n_vectors: usize) -> usize {
    let Sizes {
        d_model,
        d_ff,
        n_heads,
        ..
    } = *sizes;
    let widest = (n_heads * len * len)
        .max(len * (4 * d_model + d_ff))
        .max(n_vectors);
    MAX_FLOATS / widest
}

/// Gradients of the mean loss of telling `targets`, one at least, from `states`,
/// `[n_events, width]`, by item vectors, `[n_items + 1, width]`.
pub(super) fn gradients<N: Module>(
    network: &N,
    states: Tensor<2>,
    vectors: Tensor<2>,
    targets: &[i32],
    objective: &Objective,
    noise: Noise,
) -> (GradientsParams, LossSums) {
    let n_events = targets.len();
    let (tracked, loss) = tracked_item_loss(states, vectors, targets, objective, noise);
    let gradients = tracked.div_scalar(n_events as f32).backward();
    (
        GradientsParams::from_grads(gradients, network),
        LossSums {
            loss,
            n_events,
            bound: None,
        },
    )
}

/// Training sample: what is to be learnt of a history in a step.
pub(super) trait TrainingSample {
    /// Number of events that are read.
    fn len(&self) -> usize;

    /// The items that are to be told.
    fn targets(&self) -> impl Iterator<Item = u32>;
}

/// The states of all lessons, worked out for those of like length together, and the targets in
/// their order; `None` without lessons.
pub(super) fn states_of<L: TrainingSample>(
    lessons: &[L],
    mut states: impl FnMut(&[&L]) -> Tensor<2>,
) -> Option<(Tensor<2>, Vec<i32>)> {
    let groups = groups_by_length(&lessons.iter().map(TrainingSample::len).collect::<Vec<_>>());
    let (mut found, mut targets) = (Vec::with_capacity(groups.len()), Vec::new());
    for group in &groups {
        let group: Vec<&L> = group.iter().filter_map(|&at| lessons.get(at)).collect();
        found.push(states(&group));
        targets.extend(
            group
                .iter()
                .flat_map(|lesson| lesson.targets())
                .map(|item| item as i32),
        );
    }
    (!groups.is_empty()).then(|| (Tensor::cat(found, 0), targets))
}

/// A network that looks both ways, so that each question is asked anew, by what came before it
/// alone.
pub(super) trait PrefixModel: Network {
    /// Blocks and heads of each, and the number of latest events that are read.
    fn reach(&self) -> ([usize; 2], usize);

    /// The state of the question after each of these histories, `[n_rows, width]`; what each block
    /// looked at, as [`PrefixModel::question_look`] takes it, goes into `maps` when it is given.
    fn states(&self, rows: &[&[u32]], maps: Option<&mut Vec<Tensor<4>>>) -> Tensor<2>;

    /// Returns the matrix that states are multiplied with to score the catalogue.
    /// `[n_items + 1, width]`
    fn output_vectors(&self) -> Tensor<2>;

    /// The question's look at the events, the latest of which is the last key.
    /// `[n_rows, n_heads, 1, n_keys]`
    fn question_look(weights: Tensor<4>) -> Tensor<4> {
        weights
    }

    /// Computes [`Network::scores`].
    fn prefix_scores(&self, histories: &Histories) -> Tensor<2> {
        let rows: Vec<&[u32]> = histories.rows().collect();
        self.states(&rows, None)
            .matmul(self.output_vectors().transpose()) // [n_rows, n_items + 1]
    }

    /// Computes [`Network::item_vectors`].
    fn vectors_of_items(&self) -> Option<ItemVectors> {
        let vectors = self.output_vectors().without_autodiff();
        let [_, width] = vectors.dims();
        Some(ItemVectors::of_rows(&read(vectors).ok()?, width))
    }

    /// Computes [`Network::fused_states`], by burn's layers.
    fn states_by_length(&self, histories: &Histories) -> Buffer {
        let states_of = |batch: &Histories| {
            let rows: Vec<&[u32]> = batch.rows().collect();
            read(self.states(&rows, None)).unwrap_or_default()
        };
        let [_, width] = self.output_vectors().dims();
        by_length(histories, width, |len| self.rows_at_a_time(len), states_of)
    }

    /// Computes [`Network::step_scores`]: each step is scored from its own prefix, so that no row
    /// sees the future.
    fn prefix_step_scores(&self, history: &Histories) -> (usize, Tensor<2>) {
        let (_, seq_len) = self.reach();
        let (first, prefixes) = prefixes(history.row(0), seq_len);
        let at_a_time = self.rows_at_a_time(history.row(0).len()).max(1);
        let vectors = self.output_vectors().transpose();
        let blocks = prefixes
            .chunks(at_a_time)
            .map(|block| self.states(block, None).matmul(vectors.clone()));
        (first, Tensor::cat(blocks.collect(), 0))
    }

    /// Computes [`Network::attention`]: row `r` is the look of the question after event `r`, at the
    /// events up to it.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the weights cannot be read from the device.
    fn prefix_attention(&self, history: &Histories) -> Result<Option<AttentionMaps>, ModelError> {
        let ([n_layers, n_heads], seq_len) = self.reach();
        let (first, prefixes) = prefixes(history.row(0), seq_len);
        let mut found = PrefixMaps::new([n_layers, n_heads], first, prefixes.len());
        // The maps of all blocks stand in memory together.
        let at_a_time = (self.rows_at_a_time(history.row(0).len()) / n_layers.max(1)).max(1);
        for (block, rows) in prefixes.chunks(at_a_time).enumerate() {
            let mut maps = Vec::with_capacity(n_layers);
            let _states = self.states(rows, Some(&mut maps));
            for (layer, weights) in maps.into_iter().enumerate() {
                found.put(layer, block * at_a_time, Self::question_look(weights))?;
            }
        }
        Ok(Some(found.finish()))
    }
}
