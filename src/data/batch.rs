//! Host arrays for one step: histories as rows, padded sequences, bags.

/// Some users' histories, oldest event first, in compressed rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histories {
    /// Where each row starts; `n_rows + 1` entries.
    pub offsets: Vec<usize>,
    /// Item indices (≥ 1).
    pub item_idx: Vec<u32>,
}

impl Histories {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self { offsets: vec![0], item_idx: Vec::new() }
    }

    /// Adds one row.
    pub fn push(&mut self, items: &[u32]) {
        self.item_idx.extend_from_slice(items);
        self.offsets.push(self.item_idx.len());
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// One row; empty when out of range.
    #[must_use]
    pub fn row(&self, at: usize) -> &[u32] {
        match (self.offsets.get(at), self.offsets.get(at + 1)) {
            (Some(&start), Some(&end)) => self.item_idx.get(start..end).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.n_rows()).map(|at| self.row(at))
    }
}

impl<'a> FromIterator<&'a [u32]> for Histories {
    fn from_iter<I: IntoIterator<Item = &'a [u32]>>(rows: I) -> Self {
        let mut histories = Self::new();
        rows.into_iter().for_each(|row| histories.push(row));
        histories
    }
}

/// Left-padded inputs of fixed length, with next-item targets.
///
/// Row `b`, column `t` is at `b * seq_len + t`. The target of a position is the item that follows
/// it in the same row's history; the last column's target is the history's last item. 0 is padding
/// in both, and where the target is 0 nothing is learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaddedBatch {
    /// Number of rows.
    pub n_rows: usize,
    /// Number of columns.
    pub seq_len: usize,
    /// Item index of each position, 0 for padding. `[n_rows, seq_len]`.
    pub inputs: Vec<i32>,
    /// Item index that follows each position, 0 where there is none. `[n_rows, seq_len]`.
    pub targets: Vec<i32>,
}

impl PaddedBatch {
    /// Inputs and shifted targets for training: of each history the last `seq_len + 1` events.
    #[must_use]
    pub fn for_training(histories: &Histories, seq_len: usize) -> Self {
        Self::fill(histories, seq_len, true)
    }

    /// Inputs for prediction: of each history the last `seq_len` events; all targets are 0.
    #[must_use]
    pub fn for_prediction(histories: &Histories, seq_len: usize) -> Self {
        Self::fill(histories, seq_len, false)
    }

    fn fill(histories: &Histories, seq_len: usize, shifted: bool) -> Self {
        let n_rows = histories.n_rows();
        let (mut inputs, mut targets) = (vec![0; n_rows * seq_len], vec![0; n_rows * seq_len]);
        let rows = inputs.chunks_exact_mut(seq_len.max(1)).zip(targets.chunks_exact_mut(seq_len.max(1)));
        for ((row_inputs, row_targets), items) in rows.zip(histories.rows()) {
            let seen = if shifted { items.len().saturating_sub(1) } else { items.len() };
            let kept = seen.min(seq_len);
            let start = seen - kept;
            for at in 0..kept {
                row_inputs[seq_len - kept + at] = items[start + at] as i32;
                if shifted {
                    row_targets[seq_len - kept + at] = items[start + at + 1] as i32;
                }
            }
        }
        Self { n_rows, seq_len, inputs, targets }
    }
}
