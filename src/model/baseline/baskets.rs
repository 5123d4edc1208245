//! Items of each user, without repeats: what the neighbour references and EASE count in.

use rayon::prelude::*;

use super::{Stop, is_item};

/// Most items of a user that are counted, the latest ones: pairs grow with the square, and a user
/// of a hundred thousand items is most often a machine.
pub const LONGEST_BASKET: usize = 1_000;

/// The items of every user, sorted and without repeats, and the users of every item, sorted.
pub(super) struct Baskets {
    items: IdLists,
    users: IdLists,
}

/// Lists of numbers, one after another.
#[derive(Default)]
pub(super) struct IdLists {
    offsets: Vec<usize>,
    values: Vec<u32>,
}

impl IdLists {
    fn from_rows(rows: impl Iterator<Item = Vec<u32>>) -> Self {
        let (mut offsets, mut values) = (vec![0], Vec::new());
        for row in rows {
            values.extend(row);
            offsets.push(values.len());
        }
        Self { offsets, values }
    }

    /// The list at a place; empty beyond the last one.
    pub(super) fn row(&self, at: usize) -> &[u32] {
        match (self.offsets.get(at), self.offsets.get(at + 1)) {
            (Some(&start), Some(&end)) => self.values.get(start..end).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// The lists the other way round: at `v`, ascending, the places whose lists hold `v`.
    fn turned(&self, n: usize) -> Self {
        let mut offsets = vec![0_usize; n + 2];
        for &value in &self.values {
            if let Some(count) = offsets.get_mut(value as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        let (mut values, mut free) = (vec![0_u32; sum], offsets.clone());
        for place in 0..self.offsets.len().saturating_sub(1) {
            for &value in self.row(place) {
                let Some(slot) = free.get_mut(value as usize) else {
                    continue;
                };
                if let Some(entry) = values.get_mut(*slot) {
                    *entry = place as u32;
                }
                *slot += 1;
            }
        }
        Self { offsets, values }
    }
}

impl Baskets {
    pub(super) fn from_sequences(n_items: usize, sequences: &[&[u32]]) -> Self {
        let items = IdLists::from_rows(sequences.iter().map(|sequence| basket(n_items, sequence)));
        let users = items.turned(n_items);
        Self { items, users }
    }

    pub(super) fn n_users(&self) -> usize {
        self.items.offsets.len().saturating_sub(1)
    }

    /// A user's items.
    pub(super) fn items(&self, user: usize) -> &[u32] {
        self.items.row(user)
    }

    /// An item's users.
    pub(super) fn users(&self, item: u32) -> &[u32] {
        self.users.row(item as usize)
    }

    /// Number of users of each item, `[n_items + 1]`.
    pub(super) fn sizes(&self, n_items: usize) -> Vec<u32> {
        (0..=n_items as u32)
            .map(|item| self.users(item).len() as u32)
            .collect()
    }

    /// Calls `row` with each item `0..=n_items` and its counts `[n_items + 1]` of users shared with
    /// every item, on all processors, and returns its results in the order of the items.
    pub(super) fn shared<T: Send + Default>(
        &self,
        n_items: usize,
        stop: Stop<'_>,
        row: impl Fn(u32, &[f32]) -> T + Sync,
    ) -> Vec<T> {
        (0..=n_items as u32)
            .into_par_iter()
            .map_init(
                || vec![0.0_f32; n_items + 1],
                |counts, item| {
                    if stop.is_asked() {
                        return T::default();
                    }
                    self.count_shared(item, counts);
                    row(item, counts)
                },
            )
            .collect()
    }

    /// Counts the users that `item` shares with every item.
    fn count_shared(&self, item: u32, counts: &mut [f32]) {
        counts.fill(0.0);
        for &user in self.users(item) {
            for &other in self.items(user as usize) {
                if let Some(count) = counts.get_mut(other as usize) {
                    *count += 1.0;
                }
            }
        }
    }
}

/// The latest items of a sequence, sorted and without repeats; unknown ones are passed over.
pub(super) fn basket(n_items: usize, sequence: &[u32]) -> Vec<u32> {
    let mut items: Vec<u32> = sequence
        .iter()
        .rev()
        .copied()
        .filter(|&item| is_item(item, n_items))
        .take(LONGEST_BASKET)
        .collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The events of a history from the latest one back, each with `decay` to the power of how many lie
/// after it, as long as that power still counts beside 1 in `f32`.
pub(super) fn faded(history: &[u32], decay: f32) -> impl Iterator<Item = (u32, f32)> {
    let weights = std::iter::successors(Some(1.0_f32), move |weight| Some(weight * decay));
    history
        .iter()
        .rev()
        .copied()
        .take(LONGEST_BASKET)
        .zip(weights)
        .take_while(|(_, weight)| *weight > 1e-6)
}
