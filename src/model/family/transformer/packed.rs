//! Histories as sequences one behind the other, which is how the fused layers read them.

use std::ops::Range;

use super::TransformerSpec;
use crate::random::EventPlace;
use crate::window::latest;
use seqscope_data::Histories;

/// Sequences one behind the other, without padding.
pub(super) struct Packed {
    pub(super) sequences: Vec<Range<usize>>,
    /// Item of each event; 0 stands for no event.
    pub(super) inputs: Vec<u32>,
    /// Items that came next, in training.
    pub(super) targets: Vec<u32>,
    pub(super) places: Vec<EventPlace>,
    /// Row of the position table of each event: the latest event has the last.
    pub(super) positions: Vec<usize>,
}

impl Packed {
    /// Packs the last `seq_len + 1` events of each row: inputs are all but the last of them,
    /// targets all but the first.
    pub(super) fn for_training(
        histories: &Histories,
        rows: &[usize],
        spec: &TransformerSpec,
    ) -> Self {
        let windows = rows
            .iter()
            .map(|&row| (row, latest(histories.row(row), spec.seq_len + 1)));
        let inputs = windows.clone().map(|(row, window)| {
            let inputs = window.split_last().map(|(_, inputs)| inputs.to_vec());
            (row, inputs.unwrap_or_default())
        });
        let mut packed = Self::new(inputs, spec.seq_len);
        packed.targets = windows
            .flat_map(|(_, window)| window.iter().skip(1).copied())
            .collect();
        packed
    }

    /// Packs the last `seq_len` events of each row, or one of padding.
    pub(super) fn for_prediction(
        histories: &Histories,
        rows: &[usize],
        spec: &TransformerSpec,
    ) -> Self {
        let inputs = rows
            .iter()
            .map(|&row| match latest(histories.row(row), spec.seq_len) {
                [] => (row, vec![0]),
                window => (row, window.to_vec()),
            });
        Self::new(inputs, spec.seq_len)
    }

    fn new(rows: impl Iterator<Item = (usize, Vec<u32>)>, seq_len: usize) -> Self {
        let mut packed = Self {
            sequences: Vec::new(),
            inputs: Vec::new(),
            targets: Vec::new(),
            places: Vec::new(),
            positions: Vec::new(),
        };
        for (row, mut inputs) in rows {
            let start = packed.inputs.len();
            packed.sequences.push(start..start + inputs.len());
            packed
                .places
                .extend((0..inputs.len()).map(|position| EventPlace { row, position }));
            packed
                .positions
                .extend(seq_len.saturating_sub(inputs.len())..seq_len);
            packed.inputs.append(&mut inputs);
        }
        packed
    }

    pub(super) fn n_events(&self) -> usize {
        self.inputs.len()
    }
}
