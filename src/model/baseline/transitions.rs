//! Weighted counts of "this item, and so many events later that one", in compressed rows.

use super::is_item;

/// Counts of how often each item follows each other one.
///
/// The row of item `i` owns the entries `offsets[i]..offsets[i + 1]`; within a row `next` ascends,
/// so sums over a row always run in the same order.
pub(super) struct Transitions {
    offsets: Vec<usize>,
    next: Vec<u32>,
    weight: Vec<f32>,
}

impl Transitions {
    /// Counts all pairs of a sequence that lie at most `weights.len()` events apart; a pair `d`
    /// events apart counts `weights[d - 1]`.
    ///
    /// Item by item over the places where it occurs rather than with a map of pairs: memory stays
    /// proportional to the events, and no hash order can creep into the sums.
    pub(super) fn count(n_items: usize, sequences: &[&[u32]], weights: &[f64]) -> Self {
        let places = ItemPlaces::find(n_items, sequences);
        let (mut offsets, mut next, mut weight) =
            (Vec::with_capacity(n_items + 2), Vec::new(), Vec::new());
        let mut sums = vec![0.0_f64; n_items + 1];
        let mut touched: Vec<u32> = Vec::new();
        for item in 0..=n_items {
            offsets.push(next.len());
            for following in places.following(item) {
                for (&follower, &w) in following.iter().take_while(|&&f| f != 0).zip(weights) {
                    let Some(sum) = sums.get_mut(follower as usize) else {
                        continue;
                    };
                    if *sum == 0.0 {
                        touched.push(follower);
                    }
                    *sum += w;
                }
            }
            touched.sort_unstable();
            for follower in touched.drain(..) {
                let Some(sum) = sums.get_mut(follower as usize) else {
                    continue;
                };
                next.push(follower);
                weight.push(std::mem::take(sum) as f32);
            }
        }
        offsets.push(next.len());
        Self {
            offsets,
            next,
            weight,
        }
    }

    /// Returns the items that follow `item`, with their counts; nothing for an unknown item.
    pub(super) fn row(&self, item: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.range(item as usize);
        let next = self.next.get(range.clone()).unwrap_or(&[]);
        next.iter()
            .copied()
            .zip(self.weight.get(range).unwrap_or(&[]).iter().copied())
    }

    /// Divides every row by a power of its sum: exponent 0 leaves the counts, 1 makes
    /// probabilities.
    pub(super) fn normalise(&mut self, exponent: f64) {
        for item in 0..self.offsets.len().saturating_sub(1) {
            let range = self.range(item);
            let Some(row) = self.weight.get_mut(range) else {
                continue;
            };
            let sum: f64 = row.iter().map(|&w| f64::from(w)).sum();
            if sum > 0.0 {
                let factor = 1.0 / sum.powf(exponent);
                for weight in row {
                    *weight = (f64::from(*weight) * factor) as f32;
                }
            }
        }
    }

    fn range(&self, item: usize) -> std::ops::Range<usize> {
        match (self.offsets.get(item), self.offsets.get(item + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }
}

/// All sequences in one row, and for every item the places where it occurs.
struct ItemPlaces {
    /// The sequences one after another, a 0 (no item) after each. Unknown items are left out.
    events: Vec<u32>,
    /// Places in `events`, by item and ascending within an item.
    place: Vec<usize>,
    /// Start of each item's places.
    offsets: Vec<usize>,
}

impl ItemPlaces {
    fn find(n_items: usize, sequences: &[&[u32]]) -> Self {
        let mut events = Vec::with_capacity(sequences.iter().map(|s| s.len() + 1).sum());
        for sequence in sequences {
            events.extend(sequence.iter().filter(|&&item| is_item(item, n_items)));
            events.push(0);
        }
        let mut offsets = vec![0_usize; n_items + 2];
        for &item in events.iter().filter(|&&item| item != 0) {
            if let Some(count) = offsets.get_mut(item as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        let mut place = vec![0_usize; sum];
        let mut free = offsets.clone();
        for (at, &item) in events.iter().enumerate().filter(|(_, item)| **item != 0) {
            let Some(slot) = free.get_mut(item as usize) else {
                continue;
            };
            if let Some(entry) = place.get_mut(*slot) {
                *entry = at;
            }
            *slot += 1;
        }
        Self {
            events,
            place,
            offsets,
        }
    }

    /// The events after each occurrence of `item`, to the end of all sequences: stop at the first
    /// 0.
    fn following(&self, item: usize) -> impl Iterator<Item = &[u32]> {
        let range = match (self.offsets.get(item), self.offsets.get(item + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        };
        let places = self.place.get(range).unwrap_or(&[]);
        places
            .iter()
            .map(|&at| self.events.get(at + 1..).unwrap_or(&[]))
    }
}
