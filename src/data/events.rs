//! Coded rows in the order of the file: what lies between a table and its sequences.

use std::borrow::Cow;

use super::{Sequences, StepCount, Vocab};

/// Rows of a log with dense indices, in file order. Indices are those of the vocabularies held
/// here (all from 0), which may name users and items that no row has any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Events {
    pub(super) user_idx: Vec<u32>,
    pub(super) item_idx: Vec<u32>,
    /// Times in ticks, finer than seconds where the log is.
    pub(super) time_ticks: Option<Vec<i64>>,
    /// How many ticks a second has.
    pub(super) ticks_per_sec: i64,
    pub(super) behaviour_idx: Option<Vec<u16>>,
    pub(super) value: Option<Vec<f32>>,
    pub(super) users: Vocab,
    pub(super) items: Vocab,
    pub(super) behaviours: Vocab,
}

/// Sequences and the vocabularies that they are written in.
pub(super) struct Coded {
    pub(super) users: Vocab,
    pub(super) items: Vocab,
    pub(super) behaviours: Vocab,
    pub(super) sequences: Sequences,
    /// Share of events at the very moment of the one before them of the same user; `None` without
    /// times or without two events of one user.
    pub(super) zero_gap_share: Option<f64>,
}

impl Events {
    /// No rows yet; rows will have times in seconds.
    pub(super) fn with_times() -> Self {
        Self { time_ticks: Some(Vec::new()), ticks_per_sec: 1, ..Self::default() }
    }

    /// Adds a row; columns other than these three are the caller's.
    pub(super) fn push(&mut self, user_idx: u32, item_idx: u32, time_secs: i64) {
        self.user_idx.push(user_idx);
        self.item_idx.push(item_idx);
        if let Some(times) = &mut self.time_ticks {
            times.push(time_secs);
        }
    }

    /// Times in whole seconds, rounded down.
    pub(super) fn time_secs(&self) -> Option<Cow<'_, [i64]>> {
        let ticks = self.time_ticks.as_deref()?;
        Some(match self.ticks_per_sec {
            0 | 1 => Cow::Borrowed(ticks),
            per_sec => ticks.iter().map(|ticks| ticks.div_euclid(per_sec)).collect(),
        })
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.user_idx.len()
    }

    /// Rows, users and items there are, under the name of the step that left them.
    pub(super) fn count(&self, step: impl Into<String>) -> StepCount {
        StepCount {
            step: step.into(),
            rows: self.len(),
            users: n_used(&self.user_idx, self.users.len()),
            items: n_used(&self.item_idx, self.items.len()),
            effect: None,
        }
    }

    /// Keeps the rows whose flag is set; `keep` is as long as the rows.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.user_idx, keep);
        retain(&mut self.item_idx, keep);
        self.time_ticks.iter_mut().for_each(|column| retain(column, keep));
        self.behaviour_idx.iter_mut().for_each(|column| retain(column, keep));
        self.value.iter_mut().for_each(|column| retain(column, keep));
    }

    /// Puts the rows in another order: `order` names for each place the row that comes to it.
    pub(super) fn reorder(&mut self, order: &[usize]) {
        self.user_idx = gather(&self.user_idx, order);
        self.item_idx = gather(&self.item_idx, order);
        self.time_ticks.iter_mut().for_each(|column| *column = gather(column, order));
        self.behaviour_idx.iter_mut().for_each(|column| *column = gather(column, order));
        self.value.iter_mut().for_each(|column| *column = gather(column, order));
    }

    /// Leaves out of the vocabulary the behaviours that no row has any more.
    pub(super) fn forget_unused_behaviours(&mut self) {
        let Some(column) = &mut self.behaviour_idx else { return };
        let mut idx: Vec<u32> = column.iter().copied().map(u32::from).collect();
        self.behaviours = compact(&mut idx, &self.behaviours, 0);
        *column = idx.into_iter().map(|idx| idx as u16).collect();
    }

    /// Row numbers grouped by user, in file order within a user, and where each user starts.
    pub(super) fn rows_by_user(&self) -> (Vec<usize>, Vec<usize>) {
        let mut offsets = vec![0_usize; self.users.len() + 1];
        for &user in &self.user_idx {
            offsets[user as usize + 1] += 1;
        }
        for at in 1..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0_usize; self.len()];
        for (row, &user) in self.user_idx.iter().enumerate() {
            rows[next[user as usize]] = row;
            next[user as usize] += 1;
        }
        (offsets, rows)
    }

    /// One time-ordered list a user, and vocabularies without what no row has any more.
    ///
    /// Within a user the sort is stable: events of the same second keep the order of the file.
    pub(super) fn into_sequences(mut self) -> Coded {
        let users = compact(&mut self.user_idx, &self.users, 0);
        self.users = users;
        let items = compact(&mut self.item_idx, &self.items, 1);
        let (offsets, mut rows) = self.rows_by_user();
        if let Some(times) = &self.time_ticks {
            for bounds in offsets.windows(2) {
                rows[bounds[0]..bounds[1]].sort_by_key(|&row| times[row]);
            }
        }
        let zero_gap_share = self.time_ticks.as_deref().and_then(|times| zero_gap_share(times, &offsets, &rows));
        let sequences = Sequences {
            item_idx: gather(&self.item_idx, &rows),
            time_secs: self.time_secs().map(|column| gather(&column, &rows)),
            behaviour_idx: self.behaviour_idx.as_deref().map(|column| gather(column, &rows)),
            value: self.value.as_deref().map(|column| gather(column, &rows)),
            offsets,
        };
        Coded { users: self.users, items, behaviours: self.behaviours, sequences, zero_gap_share }
    }
}

/// Counted in ticks: events of one second may well be in order.
fn zero_gap_share(times: &[i64], offsets: &[usize], rows: &[usize]) -> Option<f64> {
    let (mut n_zero, mut n_gaps) = (0_usize, 0_usize);
    for bounds in offsets.windows(2) {
        for pair in rows[bounds[0]..bounds[1]].windows(2) {
            n_gaps += 1;
            n_zero += usize::from(times[pair[0]] == times[pair[1]]);
        }
    }
    (n_gaps > 0).then(|| n_zero as f64 / n_gaps as f64)
}

fn n_used(column: &[u32], n: usize) -> usize {
    let mut used = vec![false; n];
    for &idx in column {
        used[idx as usize] = true;
    }
    used.into_iter().filter(|&u| u).count()
}

fn retain<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut flags = keep.iter();
    column.retain(|_| flags.next().copied().unwrap_or(false));
}

fn gather<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| column[row]).collect()
}

/// Renumbers a column from `first` in order of first occurrence; ids that no row has are left out.
fn compact(column: &mut [u32], old: &Vocab, first: u32) -> Vocab {
    const UNSEEN: u32 = u32::MAX;
    let mut new_idx = vec![UNSEEN; old.len()];
    let mut ids = Vec::new();
    for idx in column {
        let slot = &mut new_idx[*idx as usize];
        if *slot == UNSEEN {
            *slot = first + ids.len() as u32;
            ids.push(old.ids()[*idx as usize].clone());
        }
        *idx = *slot;
    }
    Vocab::from_ids(first, ids)
}
