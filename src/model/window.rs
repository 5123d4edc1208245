//! Histories as the left-padded rows that sequence networks read.

use burn::prelude::*;

use super::random::EventPlace;
use seqscope_data::{Histories, PaddedBatch};

/// Training rows on the host: inputs, and the places where something is to be predicted.
pub(super) struct TrainWindows {
    /// Inputs and targets, trimmed to the longest history among them.
    pub(super) batch: PaddedBatch,
    /// Flat places (`row * len + column`) that have a target, in order.
    pub(super) places: Vec<i32>,
    /// Item to be predicted at each place, from 1.
    pub(super) targets: Vec<i32>,
    /// Row of the batch that each row is.
    rows: Vec<usize>,
}

/// A group of rows is split where that saves so many columns of padding, some ten milliseconds of
/// work on two cores; each group costs its own calls.
const WORTH_SPLITTING: usize = 1024;

impl TrainWindows {
    /// Rows of like length together, so that little is computed on padding; the longest first.
    ///
    /// Attention takes time in the square of the length, and the histories of a batch differ much.
    pub(super) fn by_length(histories: &Histories, seq_len: usize) -> Vec<Self> {
        let len = |row: usize| histories.row(row).len().saturating_sub(1).min(seq_len);
        let mut rows: Vec<usize> = (0..histories.n_rows())
            .filter(|&row| len(row) > 0)
            .collect();
        rows.sort_by_key(|&row| std::cmp::Reverse(len(row)));
        groups(&rows, len)
            .filter_map(|group| Self::new(histories, group, seq_len))
            .collect()
    }

    /// Takes the last `seq_len + 1` events of each of these rows; `None` when no row has two
    /// events.
    ///
    /// The rows are only as long as the longest history needs: positions are counted from the end,
    /// so that trimming columns of padding changes nothing.
    fn new(histories: &Histories, rows: &[usize], seq_len: usize) -> Option<Self> {
        let histories = histories.select(rows);
        let longest = histories.rows().map(<[u32]>::len).max()?.saturating_sub(1);
        let batch = PaddedBatch::for_training(&histories, longest.min(seq_len));
        let (places, targets) = (batch.targets.iter().enumerate())
            .filter(|&(_, &target)| target != 0)
            .map(|(place, &target)| (place as i32, target))
            .unzip::<i32, i32, Vec<_>, Vec<_>>();
        (!targets.is_empty()).then_some(Self {
            batch,
            places,
            targets,
            rows: rows.to_vec(),
        })
    }

    /// Row of the batch, and place in its window, of every cell; those of padding lie before 0 and
    /// wrap around.
    pub(super) fn cells(&self) -> Vec<EventPlace> {
        let len = self.batch.seq_len.max(1);
        let rows = self.rows.iter().zip(self.batch.inputs.chunks_exact(len));
        rows.flat_map(|(&row, cells)| {
            let padding = cells.iter().take_while(|&&item| item == 0).count();
            (0..len).map(move |column| EventPlace::new(row, column.wrapping_sub(padding)))
        })
        .collect()
    }
}

/// Rows in which every event is an input, up to the last: what is asked of them is no event of
/// theirs.
pub(super) struct WholeWindows {
    /// Inputs, trimmed to the longest history among them.
    pub(super) batch: PaddedBatch,
    /// Flat cells that hold an event, in order.
    pub(super) filled: Vec<i32>,
    /// Row, and position in the history, of each of those events.
    pub(super) places: Vec<EventPlace>,
    /// Row, and place in its window, of every cell, as [`TrainWindows::cells`] has them.
    pub(super) cells: Vec<EventPlace>,
}

impl WholeWindows {
    /// Rows of like length together, the longest first. Rows without events are left out.
    pub(super) fn by_length(histories: &Histories, seq_len: usize) -> Vec<Self> {
        let len = |row: usize| histories.row(row).len().min(seq_len);
        let mut rows: Vec<usize> = (0..histories.n_rows())
            .filter(|&row| len(row) > 0)
            .collect();
        rows.sort_by_key(|&row| std::cmp::Reverse(len(row)));
        groups(&rows, len)
            .map(|group| Self::new(histories, group, seq_len))
            .collect()
    }

    fn new(histories: &Histories, rows: &[usize], seq_len: usize) -> Self {
        let batch = windows_for_prediction(&histories.select(rows), seq_len);
        let len = batch.seq_len.max(1);
        let (mut filled, mut places, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        for ((at, &row), inputs) in rows.iter().enumerate().zip(batch.inputs.chunks_exact(len)) {
            let padding = inputs.iter().take_while(|&&item| item == 0).count();
            let before = histories.row(row).len().saturating_sub(len - padding);
            cells.extend((0..len).map(|column| EventPlace::new(row, column.wrapping_sub(padding))));
            filled.extend((padding..len).map(|column| (at * len + column) as i32));
            places.extend(
                (padding..len).map(|column| EventPlace::new(row, before + column - padding)),
            );
        }
        Self {
            batch,
            filled,
            places,
            cells,
        }
    }
}

/// Rows of like length together, the longest first; those of length 0 are left out.
pub(super) fn groups_by_length(lengths: &[usize]) -> Vec<Vec<usize>> {
    let len = |row: usize| lengths.get(row).copied().unwrap_or(0);
    let mut rows: Vec<usize> = (0..lengths.len()).filter(|&row| len(row) > 0).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(len(row)));
    groups(&rows, len).map(<[usize]>::to_vec).collect()
}

/// Rows of a table padded with 0 on the left, as long as the longest: `[rows.len(), len]` and
/// `len`.
pub(super) fn padded(rows: &[Vec<u32>]) -> (Vec<i32>, usize) {
    let len = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let row = |items: &Vec<u32>| {
        let items: Vec<i32> = items.iter().map(|&item| item as i32).collect();
        std::iter::repeat_n(0, len - items.len())
            .chain(items)
            .collect::<Vec<i32>>()
    };
    (rows.iter().flat_map(row).collect(), len)
}

/// Row of the batch, and place in its window, of every cell of [`padded`] rows; those of padding
/// lie before 0 and wrap around.
pub(super) fn places_of(rows: &[usize], lengths: &[usize], len: usize) -> Vec<EventPlace> {
    let rows = rows.iter().zip(lengths);
    rows.flat_map(|(&row, &n)| {
        (0..len).map(move |column| EventPlace::new(row, column.wrapping_sub(len - n)))
    })
    .collect()
}

/// Rows, the longest first, in groups in which little of the longest one's length is padding.
fn groups(rows: &[usize], len: impl Fn(usize) -> usize) -> impl Iterator<Item = &[usize]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let &longest = rest.first()?;
        let worth =
            |at: &usize| (rest.len() - at) * (len(longest) - len(rest[*at])) >= WORTH_SPLITTING;
        let short = |at: &usize| len(rest[*at]) * 4 <= len(longest) * 3;
        let end = (1..rest.len())
            .find(|at| short(at) && worth(at))
            .unwrap_or(rest.len());
        let (group, later) = rest.split_at(end);
        rest = later;
        Some(group)
    })
}

/// Rows for prediction: of each history the last `seq_len` events, at least one column wide.
pub(super) fn windows_for_prediction(histories: &Histories, seq_len: usize) -> PaddedBatch {
    let longest = histories.rows().map(<[u32]>::len).max().unwrap_or(0);
    PaddedBatch::for_prediction(histories, longest.clamp(1, seq_len.max(1)))
}

/// The last `n` events.
pub(super) fn latest(items: &[u32], n: usize) -> &[u32] {
    items.get(items.len().saturating_sub(n)..).unwrap_or(&[])
}

/// The inputs as a tensor. `[n_rows, seq_len]`
pub(super) fn input_tensor(batch: &PaddedBatch, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(
        TensorData::new(batch.inputs.clone(), [batch.n_rows, batch.seq_len]),
        device,
    )
}

/// Indices as a tensor. `[n]`
pub(super) fn index_tensor(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouping_by_length_keeps_every_target_and_saves_padding() {
        let rows: Vec<Vec<u32>> = (0..256)
            .map(|row| (1..=(row * 7 % 120) as u32).collect())
            .collect();
        let histories: Histories = rows.iter().map(Vec::as_slice).collect();
        let whole = TrainWindows::new(&histories, &(0..256).collect::<Vec<_>>(), 100).unwrap();
        let groups = TrainWindows::by_length(&histories, 100);
        assert!(groups.len() > 1);
        let cells = |windows: &TrainWindows| windows.batch.n_rows * windows.batch.seq_len;
        assert!(groups.iter().map(cells).sum::<usize>() * 10 < cells(&whole) * 8);
        let mut grouped: Vec<i32> = groups
            .iter()
            .flat_map(|group| group.targets.iter().copied())
            .collect();
        let mut targets = whole.targets;
        grouped.sort_unstable();
        targets.sort_unstable();
        assert_eq!(grouped, targets);
    }

    #[test]
    fn whole_windows_hold_every_event_of_their_reach() {
        let histories: Histories = [&[1, 2][..], &[], &[3, 4, 5, 6]].into_iter().collect();
        let windows = WholeWindows::by_length(&histories, 3);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].batch.inputs, [4, 5, 6, 0, 1, 2]);
        assert_eq!(
            windows[0].places,
            [(2, 1), (2, 2), (2, 3), (0, 0), (0, 1)]
                .map(|(row, position)| EventPlace { row, position })
        );
        assert_eq!(windows[0].filled, [0, 1, 2, 4, 5]);
        assert_eq!(
            windows[0].cells[3..],
            [usize::MAX, 0, 1].map(|position| EventPlace { row: 0, position })
        );
    }

    #[test]
    fn a_cell_is_named_by_its_row_in_the_batch_and_its_place_in_the_window() {
        let histories: Histories = [&[1, 2][..], &[3, 4, 5, 6]].into_iter().collect();
        let windows = TrainWindows::new(&histories, &[1, 0], 2).unwrap();
        assert_eq!(
            windows.cells(),
            [(1, 0), (1, 1), (0, usize::MAX), (0, 0)]
                .map(|(row, position)| EventPlace { row, position })
        );
    }

    #[test]
    fn histories_without_a_next_event_give_no_rows() {
        let histories: Histories = [&[][..], &[5]].into_iter().collect();
        assert!(TrainWindows::new(&histories, &[0, 1], 10).is_none());
        assert!(TrainWindows::by_length(&histories, 10).is_empty());
        assert!(TrainWindows::new(&Histories::new(), &[], 10).is_none());
    }
}
