//! Host arrays for one step: histories as rows with what is known of their events, padded
//! sequences.

use super::{Feature, FeatureValues};

/// One thing that is asked of a history: what holds after one of its events?
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Query {
    /// Row of the histories.
    pub row: usize,
    /// The latest event that may be looked at, from 0.
    pub position: usize,
    /// Seconds from that event to the moment that is asked about; 0 where that plays no part.
    pub elapsed_secs: f32,
    /// The true answer: a class from 0, 0 or 1, or a number; NaN where it is not said.
    pub target: f32,
}

/// Some users' histories, oldest event first, in compressed rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histories {
    /// Start of each row; `n_rows + 1` entries.
    pub offsets: Vec<usize>,
    /// Item indices (≥ 1).
    pub item_idx: Vec<u32>,
    /// Seconds since 1970 of each event; empty where the log has no times.
    pub time_secs: Vec<i64>,
    /// Features of the events, in the order of [`Prepared::features`](super::Prepared::features);
    /// empty where there are none.
    pub beside: Vec<FeatureValues>,
    /// Questions, in the order of the rows. Empty where the next item is asked for.
    pub asked: Vec<Query>,
}

impl Histories {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offsets: vec![0],
            ..Self::default()
        }
    }

    /// One row of which the items alone are known.
    #[must_use]
    pub fn of_items(items: &[u32]) -> Self {
        Self::from_iter([items])
    }

    /// Adds one row of which the items alone are known.
    pub fn push(&mut self, items: &[u32]) {
        self.item_idx.extend_from_slice(items);
        self.offsets.push(self.item_idx.len());
    }

    /// Adds a row as [`Histories::push`] does, beside rows that may have times: all its events are
    /// at one moment.
    pub fn push_timeless(&mut self, items: &[u32]) {
        if !self.time_secs.is_empty() {
            self.time_secs.resize(self.item_idx.len() + items.len(), 0);
        }
        self.push(items);
    }

    /// Adds the rows of another, of whose events the same is known.
    pub fn append(&mut self, other: &Self) {
        let (first_row, first) = (self.n_rows(), self.item_idx.len());
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let ends = other.offsets.iter().skip(1);
        self.offsets.extend(ends.map(|end| first + end));
        self.item_idx.extend_from_slice(&other.item_idx);
        self.time_secs.extend_from_slice(&other.time_secs);
        for (values, from) in self.beside.iter_mut().zip(&other.beside) {
            values.extend_from(from, 0..other.item_idx.len());
        }
        self.asked.extend(other.asked.iter().map(|asked| Query {
            row: first_row + asked.row,
            ..*asked
        }));
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The events of one row, as places in the arrays; empty when out of range.
    #[must_use]
    pub fn range(&self, at: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(at), self.offsets.get(at + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// One row; empty when out of range.
    #[must_use]
    pub fn row(&self, at: usize) -> &[u32] {
        self.item_idx.get(self.range(at)).unwrap_or(&[])
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.n_rows()).map(|at| self.row(at))
    }

    /// These rows in this order, with all that is known of them.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        self.cut(rows.iter().map(|&row| (row, self.range(row))))
    }

    /// Every row up to each of its events, in order: `[a, b]` becomes `[a]`, `[a, b]`. Of each row
    /// the last `most` of them.
    #[must_use]
    pub fn prefixes(&self, most: usize) -> Self {
        let of_row = |row: usize| {
            let range = self.range(row);
            let first = range.len().saturating_sub(most);
            (first..range.len()).map(move |at| (row, range.start..range.start + at + 1))
        };
        self.cut((0..self.n_rows()).flat_map(of_row))
    }

    /// The last events of every row: so many of each, or all where it has fewer.
    #[must_use]
    pub fn tails(&self, lens: &[usize]) -> Self {
        self.cut(lens.iter().enumerate().map(|(row, len)| {
            let range = self.range(row);
            (row, range.end - (*len).min(range.len())..range.end)
        }))
    }

    /// Rows of some events of one row: each of `kept` names those that stay, by their places in the
    /// row. Each event keeps what is known of it, its time and its features; what is asked does not
    /// go along.
    #[must_use]
    pub fn picked<'a>(&self, row: usize, kept: impl IntoIterator<Item = &'a [usize]>) -> Self {
        let range = self.range(row);
        let mut picked = Self {
            beside: self.beside.iter().map(FeatureValues::emptied).collect(),
            ..Self::new()
        };
        for kept in kept {
            let events: Vec<usize> = (kept.iter().map(|place| range.start + place))
                .filter(|event| range.contains(event))
                .collect();
            for &event in &events {
                let one = event..event + 1;
                picked
                    .time_secs
                    .extend_from_slice(self.time_secs.get(one.clone()).unwrap_or(&[]));
                for (values, from) in picked.beside.iter_mut().zip(&self.beside) {
                    values.extend_from(from, one.clone());
                }
                picked.item_idx.extend(self.item_idx.get(event));
            }
            picked.offsets.push(picked.item_idx.len());
        }
        picked
    }

    /// Pieces of rows, as places in the arrays. What is asked goes with a row that is whole.
    fn cut(&self, pieces: impl Iterator<Item = (usize, std::ops::Range<usize>)>) -> Self {
        let mut cut = Self {
            beside: self.beside.iter().map(FeatureValues::emptied).collect(),
            ..Self::new()
        };
        for (row, range) in pieces {
            let new_row = cut.n_rows();
            if range == self.range(row) {
                let first = self.asked.partition_point(|asked| asked.row < row);
                let of_row = self
                    .asked
                    .iter()
                    .skip(first)
                    .take_while(|asked| asked.row == row);
                cut.asked.extend(of_row.map(|asked| Query {
                    row: new_row,
                    ..*asked
                }));
            }
            cut.time_secs
                .extend_from_slice(self.time_secs.get(range.clone()).unwrap_or(&[]));
            for (values, from) in cut.beside.iter_mut().zip(&self.beside) {
                values.extend_from(from, range.clone());
            }
            cut.push(self.item_idx.get(range).unwrap_or(&[]));
        }
        cut
    }

    /// Adds a row of events: their items, their times, and their features, which begin at `start`.
    pub(super) fn push_events(
        &mut self,
        items: &[u32],
        times: &[i64],
        features: &[Feature],
        start: usize,
    ) {
        if self.beside.is_empty() && self.n_rows() == 0 {
            self.beside = features
                .iter()
                .map(|feature| feature.values.emptied())
                .collect();
        }
        for (values, feature) in self.beside.iter_mut().zip(features) {
            values.extend_from(&feature.values, start..start + items.len());
        }
        self.time_secs.extend_from_slice(times);
        self.push(items);
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaddedBatch {
    /// Number of rows.
    pub n_rows: usize,
    /// Number of columns.
    pub seq_len: usize,
    /// Item index of each position, 0 for padding. `[n_rows, seq_len]`.
    pub inputs: Vec<i32>,
    /// Item index that follows each position, 0 where there is none. `[n_rows, seq_len]`.
    pub targets: Vec<i32>,
    /// Seconds since 1970 of each position's event, 0 for padding; empty where there are no times.
    /// `[n_rows, seq_len]`.
    pub time_secs: Vec<i64>,
    /// Features of each position's event; of padding class 0, and no number.
    pub beside: Vec<FeatureValues>,
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
        let mut event = vec![None; n_rows * seq_len];
        let rows = inputs
            .chunks_exact_mut(seq_len.max(1))
            .zip(targets.chunks_exact_mut(seq_len.max(1)));
        let rows = rows.zip(event.chunks_exact_mut(seq_len.max(1)));
        for (row, ((row_inputs, row_targets), row_event)) in rows.enumerate() {
            let (items, first) = (histories.row(row), histories.range(row).start);
            let seen = if shifted {
                items.len().saturating_sub(1)
            } else {
                items.len()
            };
            let kept = seen.min(seq_len);
            let start = seen - kept;
            for at in 0..kept {
                row_inputs[seq_len - kept + at] = items[start + at] as i32;
                row_event[seq_len - kept + at] = Some(first + start + at);
                if shifted {
                    row_targets[seq_len - kept + at] = items[start + at + 1] as i32;
                }
            }
        }
        let time_secs = match histories.time_secs.as_slice() {
            [] => Vec::new(),
            times => event
                .iter()
                .map(|at| at.and_then(|at: usize| times.get(at)).copied().unwrap_or(0))
                .collect(),
        };
        let beside = histories
            .beside
            .iter()
            .map(|values| values.picked(&event))
            .collect();
        Self {
            n_rows,
            seq_len,
            inputs,
            targets,
            time_secs,
            beside,
        }
    }
}
