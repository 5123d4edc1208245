//! Masks: who may look at whom.

use burn::prelude::*;

/// Added to scores that must not be looked at. Finite, so that a row in which everything is masked
/// stays a number; far below any score, so that in 32-bit floats its weight is exactly 0.
const MASKED: f32 = -1.0e4;

/// The cells of a batch of left-padded rows.
#[derive(Clone, Copy)]
pub(crate) struct BatchCells<'a> {
    /// Row of the item table of each cell, 0 for padding. `[n_rows, len]`
    pub(crate) inputs: &'a [i32],
    /// Number of rows.
    pub(crate) n_rows: usize,
    /// Number of columns.
    pub(crate) len: usize,
}

impl BatchCells<'_> {
    /// The inputs as a tensor. `[n_rows, len]`
    pub(crate) fn tensor(&self, device: &Device) -> Tensor<2, Int> {
        Tensor::from_data(
            TensorData::new(self.inputs.to_vec(), [self.n_rows, self.len]),
            device,
        )
    }

    /// [`MASKED`] where a cell is padding, else 0. `[n_rows, 1, 1, len]`
    fn padding(&self, device: &Device) -> Tensor<4> {
        let padding: Vec<f32> = self
            .inputs
            .iter()
            .map(|&item| if item == 0 { MASKED } else { 0.0 })
            .collect();
        Tensor::from_data(
            TensorData::new(padding, [self.n_rows, 1, 1, self.len]),
            device,
        )
    }
}

/// Returns what is added to the scores: [`MASKED`] for later positions and for padding, else 0.
/// `[n_rows, 1, len, len]`
///
/// A position always sees itself, padding too: an empty history is one position of padding, and its
/// scores must not depend on how much more padding the batch gives it.
pub(crate) fn causal_mask(cells: BatchCells<'_>, device: &Device) -> Tensor<4> {
    let len = cells.len;
    let later = square(
        len,
        device,
        |row, column| if column > row { MASKED } else { 0.0 },
    );
    (later + cells.padding(device)) * others(len, device)
}

/// Masks padding only, so that later positions are seen as well. `[n_rows, 1, len, len]`
pub(crate) fn mask_of_all(cells: BatchCells<'_>, device: &Device) -> Tensor<4> {
    cells.padding(device) * others(cells.len, device)
}

/// Masks padding for queries that are no cells of the batch: [`MASKED`] but in the last column,
/// which is an event or, in an empty history, all there is. `[n_rows, 1, 1, len]`
pub(crate) fn key_mask(cells: BatchCells<'_>, device: &Device) -> Tensor<4> {
    let len = cells.len;
    let last: Vec<f32> = (1..=len)
        .map(|column| if column == len { 0.0 } else { 1.0 })
        .collect();
    cells.padding(device) * Tensor::from_data(TensorData::new(last, [1, 1, 1, len]), device)
}

/// 0 where a position looks at itself, else 1. `[1, 1, len, len]`
fn others(len: usize, device: &Device) -> Tensor<4> {
    square(
        len,
        device,
        |row, column| if row == column { 0.0 } else { 1.0 },
    )
}

fn square(len: usize, device: &Device, value: impl Fn(usize, usize) -> f32) -> Tensor<4> {
    let values: Vec<f32> = (0..len * len).map(|at| value(at / len, at % len)).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, len, len]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(mask: Tensor<4>) -> Vec<bool> {
        let values: Vec<f32> = mask.into_data().try_into_vec().unwrap();
        values.into_iter().map(|value| value == 0.0).collect()
    }

    /// One event of padding and two of items.
    #[test]
    fn padding_is_seen_by_itself_only() {
        let (device, inputs) = (Device::flex(), [0, 4, 7]);
        let cells = BatchCells {
            inputs: &inputs,
            n_rows: 1,
            len: 3,
        };
        let (yes, no) = (true, false);
        assert_eq!(
            open(causal_mask(cells, &device)),
            [yes, no, no, no, yes, no, no, yes, yes]
        );
        assert_eq!(
            open(mask_of_all(cells, &device)),
            [yes, yes, yes, no, yes, yes, no, yes, yes]
        );
        assert_eq!(open(key_mask(cells, &device)), [no, yes, yes]);
        let empty = BatchCells {
            inputs: &[0, 0],
            n_rows: 1,
            len: 2,
        };
        assert_eq!(open(key_mask(empty, &device)), [no, yes]);
    }
}
