//! Coded rows in the order of the file: what lies between a table and its sequences.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::Vocab;
use super::columns::Extra;
use super::grouping::ByUser;
use super::{SplitPart, StepCount};

/// Rows of a log with dense indices, in file order. Indices are those of the vocabularies held
/// here (all from 0), which may name users and items that no row has any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Events {
    pub(crate) user_idx: Vec<u32>,
    pub(crate) item_idx: Vec<u32>,
    /// Times in ticks, finer than seconds where the log is.
    pub(crate) time_ticks: Option<Vec<i64>>,
    /// How many ticks a second has.
    pub(crate) ticks_per_sec: i64,
    pub(crate) behaviour_idx: Option<Vec<u16>>,
    pub(crate) value: Option<Vec<f32>>,
    pub(crate) users: Vocab,
    pub(crate) items: Vocab,
    pub(crate) behaviours: Vocab,
    /// Which part of the split each row is for, where the parts have files of their own.
    pub(crate) part: Option<Vec<SplitPart>>,
    /// Sessions, places and free columns, where the log has them.
    pub(crate) extra: Extra,
    /// Numbers of the sets of rows that are equal in every column of the file, among rows that are
    /// equal to others in the columns above; 0 for a row that is equal to none. `None` where the
    /// file has no more columns, or no rows are equal.
    pub(crate) same: Option<Vec<u32>>,
    /// The rows by user and time, while they stay as they are.
    pub(crate) in_time: Kept,
}

/// Cached facts about the rows, which hold until the rows change; it makes no difference between
/// logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(OnceLock<Arc<ByUser>>);

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Events {
    /// No rows yet; rows will have times in seconds.
    pub(crate) fn with_times() -> Self {
        Self {
            time_ticks: Some(Vec::new()),
            ticks_per_sec: 1,
            ..Self::default()
        }
    }

    /// Adds a row; columns other than these three are the caller's.
    pub(crate) fn push(&mut self, user_idx: u32, item_idx: u32, time_secs: i64) {
        self.user_idx.push(user_idx);
        self.item_idx.push(item_idx);
        if let Some(times) = &mut self.time_ticks {
            times.push(time_secs);
        }
    }

    /// Times in whole seconds, rounded down.
    pub(crate) fn time_secs(&self) -> Option<Cow<'_, [i64]>> {
        let ticks = self.time_ticks.as_deref()?;
        Some(match self.ticks_per_sec {
            0 | 1 => Cow::Borrowed(ticks),
            per_sec => ticks
                .iter()
                .map(|ticks| ticks.div_euclid(per_sec))
                .collect(),
        })
    }

    /// Whether times are days, months or years, of which none is within a day.
    pub(crate) fn has_days_only(&self) -> bool {
        let day = 86_400 * self.ticks_per_sec;
        let mut ticks = self.time_ticks.iter().flatten();
        match self.ticks_per_sec {
            // Numbers that only order: years.
            0 | 1 => ticks.all(|ticks| (1_900..=2_100).contains(ticks)),
            _ => ticks.all(|ticks| ticks.rem_euclid(day) == 0),
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.user_idx.len()
    }

    /// Rows, users and items there are, under the name of the step that left them.
    pub(crate) fn count(&self, step: impl Into<String>) -> StepCount {
        let (users, items) = rayon::join(
            || n_used(&self.user_idx, self.users.len()),
            || n_used(&self.item_idx, self.items.len()),
        );
        StepCount {
            step: step.into(),
            rows: self.len(),
            users,
            items,
            effect: None,
        }
    }

    /// Keeps the rows whose flag is set; `keep` is as long as the rows.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        if keep.iter().all(|&kept| kept) {
            return;
        }
        self.forget_order();
        retain(&mut self.user_idx, keep);
        retain(&mut self.item_idx, keep);
        self.time_ticks
            .iter_mut()
            .for_each(|column| retain(column, keep));
        self.behaviour_idx
            .iter_mut()
            .for_each(|column| retain(column, keep));
        self.value
            .iter_mut()
            .for_each(|column| retain(column, keep));
        self.part.iter_mut().for_each(|column| retain(column, keep));
        self.same.iter_mut().for_each(|column| retain(column, keep));
        self.extra.retain(keep);
    }

    /// Adds the rows of a later part of the same log, whose indices are those of its own
    /// vocabularies, or of lists of ids.
    pub(crate) fn append(&mut self, later: Self) {
        self.forget_order();
        // A part whose rows were all refused still has ids, which keep their place.
        let is_blank = self.users.is_empty() && self.items.is_empty() && self.behaviours.is_empty();
        if is_blank && !later.users.is_list() {
            *self = later;
            return;
        }
        let (users, items) = rayon::join(
            || coded_in(&mut self.users, &later.users, &later.user_idx),
            || coded_in(&mut self.items, &later.items, &later.item_idx),
        );
        if is_blank {
            let (all_users, all_items) = (
                std::mem::take(&mut self.users),
                std::mem::take(&mut self.items),
            );
            *self = Self {
                user_idx: users,
                item_idx: items,
                users: all_users,
                items: all_items,
                ..later
            };
            return;
        }
        let later_len = users.len();
        self.user_idx.extend(users);
        self.item_idx.extend(items);
        // A part without rows says nothing of the times.
        if later_len > 0 {
            self.ticks_per_sec = later.ticks_per_sec;
        }
        extend(&mut self.time_ticks, later.time_ticks);
        extend(&mut self.value, later.value);
        self.extra.append(later.extra);
        let behaviours = idx_in(&mut self.behaviours, &later.behaviours);
        let behaviour_idx = later.behaviour_idx.map(|column| {
            column
                .into_iter()
                .map(|idx| {
                    behaviours
                        .get(usize::from(idx))
                        .map_or(0, |&idx| idx as u16)
                })
                .collect()
        });
        extend(&mut self.behaviour_idx, behaviour_idx);
    }

    /// Puts the rows in another order: `order` names for each place the row that comes to it.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        self.forget_order();
        self.user_idx = reordered(&self.user_idx, order);
        self.item_idx = reordered(&self.item_idx, order);
        self.time_ticks
            .iter_mut()
            .for_each(|column| *column = reordered(column, order));
        self.behaviour_idx
            .iter_mut()
            .for_each(|column| *column = reordered(column, order));
        self.value
            .iter_mut()
            .for_each(|column| *column = reordered(column, order));
        self.part
            .iter_mut()
            .for_each(|column| *column = reordered(column, order));
        self.same
            .iter_mut()
            .for_each(|column| *column = reordered(column, order));
        self.extra.reorder(order);
    }

    /// Gives the rows other users.
    pub(crate) fn set_users(&mut self, user_idx: Vec<u32>, users: Vocab) {
        self.forget_order();
        (self.user_idx, self.users) = (user_idx, users);
    }

    /// Forgets the order of the rows, which changed.
    pub(crate) fn forget_order(&mut self) {
        self.in_time = Kept::default();
    }

    /// Leaves out of the vocabularies the users and items that no row has any more.
    pub(crate) fn forget_unused_ids(&mut self) {
        self.forget_order();
        self.users = compact(&mut self.user_idx, std::mem::take(&mut self.users), 0).vocab;
        self.items = compact(&mut self.item_idx, std::mem::take(&mut self.items), 0).vocab;
    }

    /// Leaves out of the vocabulary the behaviours that no row has any more.
    pub(crate) fn forget_unused_behaviours(&mut self) {
        let Some(column) = &mut self.behaviour_idx else {
            return;
        };
        let mut idx: Vec<u32> = column.iter().copied().map(u32::from).collect();
        self.behaviours = compact(&mut idx, std::mem::take(&mut self.behaviours), 0).vocab;
        *column = idx.into_iter().map(|idx| idx as u16).collect();
    }

    /// Row numbers grouped by user, in file order within a user.
    pub(super) fn by_user(&self) -> ByUser {
        ByUser::new(&self.user_idx, self.users.len(), None)
    }

    /// Row numbers grouped by user, oldest first; in file order where times are equal or absent.
    pub(crate) fn by_user_in_time(&self) -> Arc<ByUser> {
        Arc::clone(self.in_time.0.get_or_init(|| {
            Arc::new(ByUser::new(
                &self.user_idx,
                self.users.len(),
                self.time_ticks.as_deref(),
            ))
        }))
    }

    /// Whether the rows run from each user's newest event to the oldest: then events of one moment
    /// do so too, most likely, and keep that order.
    pub(crate) fn runs_backwards(&self) -> bool {
        let Some(times) = &self.time_ticks else {
            return false;
        };
        let mut before: Vec<Option<i64>> = vec![None; self.users.len()];
        let (mut n_back, mut n_on) = (0_usize, 0_usize);
        for (&user, &time) in self.user_idx.iter().zip(times) {
            let Some(slot) = before.get_mut(user as usize) else {
                continue;
            };
            if let Some(before) = slot.replace(time) {
                n_back += usize::from(time < before);
                n_on += usize::from(time > before);
            }
        }
        n_back > 0 && n_on * 10 <= n_back
    }
}

/// A column of the indices of `part`, with those of `all`.
fn coded_in(all: &mut Vocab, part: &Vocab, column: &[u32]) -> Vec<u32> {
    let idx = idx_in(all, part);
    column
        .iter()
        .map(|&at| idx.get(at as usize).copied().unwrap_or(0))
        .collect()
}

/// The index in `all` of each id of `part`, given now where it is new.
fn idx_in(all: &mut Vocab, part: &Vocab) -> Vec<u32> {
    all.intern_all(part)
}

fn extend<T>(all: &mut Option<Vec<T>>, part: Option<Vec<T>>) {
    if let (Some(all), Some(part)) = (all, part) {
        all.extend(part);
    }
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

fn reordered<T: Copy>(column: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|&row| column[row]).collect()
}

/// Renumbers a column from `first` in order of first occurrence; ids that no row has are left out.
pub(crate) fn compact(column: &mut [u32], old: Vocab, first: u32) -> Compacted {
    const UNSEEN: u32 = u32::MAX;
    // Mostly nothing was dropped, and the indices stand in that order already.
    let mut n_seen = 0;
    let in_order = column.iter().all(|&idx| {
        n_seen += u32::from(idx == n_seen);
        idx < n_seen
    });
    if in_order && n_seen as usize == old.len() {
        for idx in column.iter_mut() {
            *idx += first;
        }
        return Compacted {
            vocab: old.renumbered_from(first),
            is_renumbered: false,
        };
    }
    let mut new_idx = vec![UNSEEN; old.len()];
    let mut vocab = Vocab::starting_at(first);
    for idx in column {
        let slot = &mut new_idx[*idx as usize];
        if *slot == UNSEEN {
            *slot = vocab.intern(old.id(*idx).unwrap_or_default());
        }
        *idx = *slot;
    }
    Compacted {
        vocab,
        is_renumbered: true,
    }
}

/// A vocabulary that names only what rows have.
pub(crate) struct Compacted {
    pub(crate) vocab: Vocab,
    /// Whether indices are others than before, but for the first one.
    pub(crate) is_renumbered: bool,
}
