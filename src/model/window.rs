//! Histories as the left-padded rows that sequence networks read.

use burn::prelude::*;

use crate::data::{Histories, PaddedBatch};

/// Training rows on the host: inputs, and the places where something is to be predicted.
pub(super) struct TrainWindows {
    /// Inputs and targets, trimmed to the longest history among them.
    pub(super) batch: PaddedBatch,
    /// Flat places (`row * len + column`) that have a target, in order.
    pub(super) places: Vec<i32>,
    /// Item to be predicted at each place, from 1.
    pub(super) targets: Vec<i32>,
}

impl TrainWindows {
    /// Of each history the last `seq_len + 1` events; `None` when no history has two events.
    ///
    /// The rows are only as long as the longest history needs: positions are counted from the end,
    /// so that trimming columns of padding changes nothing.
    pub(super) fn new(histories: &Histories, seq_len: usize) -> Option<Self> {
        let longest = histories.rows().map(<[u32]>::len).max()?.saturating_sub(1);
        let batch = PaddedBatch::for_training(histories, longest.min(seq_len));
        let (places, targets) = (batch.targets.iter().enumerate())
            .filter(|&(_, &target)| target != 0)
            .map(|(place, &target)| (place as i32, target))
            .unzip::<i32, i32, Vec<_>, Vec<_>>();
        (!targets.is_empty()).then_some(Self { batch, places, targets })
    }
}

/// Rows for prediction: of each history the last `seq_len` events, at least one column wide.
pub(super) fn windows_for_prediction(histories: &Histories, seq_len: usize) -> PaddedBatch {
    let longest = histories.rows().map(<[u32]>::len).max().unwrap_or(0);
    PaddedBatch::for_prediction(histories, longest.clamp(1, seq_len.max(1)))
}

/// The inputs as a tensor. `[n_rows, seq_len]`
pub(super) fn input_tensor(batch: &PaddedBatch, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(batch.inputs.clone(), [batch.n_rows, batch.seq_len]), device)
}

/// Indices as a tensor. `[n]`
pub(super) fn index_tensor(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}
