//! One row of scores: which items compete, which come first, and how likely each is.

use super::Scored;
use seqscope_base::metric::Odds;

/// Items that a user has had; those are not ranked again where seen items are filtered.
#[derive(Clone, Debug)]
pub(super) struct SeenItems {
    filter: bool,
    /// Sorted, without repeats.
    items: Vec<u32>,
}

impl SeenItems {
    pub(super) fn new(filter_seen: bool) -> Self {
        Self {
            filter: filter_seen,
            items: Vec::new(),
        }
    }

    pub(super) fn after(history: &[u32], filter_seen: bool) -> Self {
        let mut seen = Self::new(filter_seen);
        if filter_seen {
            // At once: one by one, each would move all that are larger.
            seen.items = history.to_vec();
            seen.items.sort_unstable();
            seen.items.dedup();
        }
        seen
    }

    pub(super) fn add(&mut self, item: u32) {
        if let (true, Err(at)) = (self.filter, self.items.binary_search(&item)) {
            self.items.insert(at, item);
        }
    }

    /// Items that are left out of the ranking, sorted and without repeats.
    pub(super) fn excluded(&self) -> &[u32] {
        &self.items
    }
}

/// The competition for one place. NaN scores count as minus infinity.
///
/// Who competes decides the order alone: how likely an item is is said over all items, as [`Odds`]
/// has it.
pub(super) struct Candidates<'a> {
    scores: &'a [f32],
    /// For each column whether its item takes part; column 0 is padding and never does.
    takes_part: Vec<bool>,
    odds: Odds,
}

impl<'a> Candidates<'a> {
    /// All items but the seen ones.
    pub(super) fn new(scores: &'a [f32], seen: &SeenItems) -> Self {
        let mut takes_part = vec![true; scores.len()];
        for &out in seen.excluded().iter().chain(&[0]) {
            if let Some(slot) = takes_part.get_mut(out as usize) {
                *slot = false;
            }
        }
        Self {
            scores,
            takes_part,
            odds: Odds::from_scores(scores),
        }
    }

    /// Probability of an item among all items.
    pub(super) fn probability(&self, item_idx: u32) -> f32 {
        self.odds.probability(self.scores, item_idx as usize) as f32
    }

    /// The `n` likeliest items, best first; of equals the one with the smaller index.
    pub(super) fn top(&self, n: usize) -> Vec<Scored> {
        let best = self.best(n).into_iter();
        best.map(|item_idx| Scored {
            item_idx,
            probability: self.probability(item_idx),
        })
        .collect()
    }

    /// Place of an item in the whole list, from 1; `None` where it takes no part.
    pub(super) fn place(&self, item_idx: u32) -> Option<usize> {
        let is_in = self.takes_part.get(item_idx as usize).copied();
        if !is_in.unwrap_or(false) {
            return None;
        }
        let own = self.key(item_idx);
        let ahead = (0_u32..)
            .zip(&self.takes_part)
            .filter(|&(item, takes_part)| {
                let key = self.key(item);
                *takes_part && (key > own || (key >= own && item < item_idx))
            });
        Some(1 + ahead.count())
    }

    /// Number by which an item is put in order.
    fn key(&self, item_idx: u32) -> f32 {
        match self.scores.get(item_idx as usize) {
            Some(score) if !score.is_nan() => *score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// The `n` items of the highest scores, in the same order.
    pub(super) fn best(&self, n: usize) -> Vec<u32> {
        let key = |item: u32| self.key(item);
        let mut best: Vec<u32> = Vec::new();
        // One pass with a short sorted list: nearly every item loses against its last entry.
        for (item, _) in self
            .takes_part
            .iter()
            .enumerate()
            .filter(|(_, takes_part)| **takes_part)
        {
            let item = item as u32;
            if best.len() < n || best.last().is_some_and(|&last| key(item) > key(last)) {
                let at = best.partition_point(|&other| key(other) >= key(item));
                best.insert(at, item);
                best.truncate(n);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_the_same_at_once_and_one_by_one() {
        let history = [7, 3, 7, 1, 9, 3, 3];
        for filter_seen in [true, false] {
            let mut one_by_one = SeenItems::new(filter_seen);
            for item in history {
                one_by_one.add(item);
            }
            let at_once = SeenItems::after(&history, filter_seen);
            assert_eq!(at_once.excluded(), one_by_one.excluded());
        }
        assert_eq!(SeenItems::after(&history, true).excluded(), [1, 3, 7, 9]);
    }

    #[test]
    fn seen_items_take_no_part_and_chances_are_over_all_items() {
        // exp: padding, 1, 3, 4, 1; item 3 is seen, and its 4 of 9 are nobody else's.
        let scores = [9.0, 0.0, 3.0_f32.ln(), 4.0_f32.ln(), 0.0];
        let seen = SeenItems::after(&[3, 3], true);
        let candidates = Candidates::new(&scores, &seen);
        let top = candidates.top(9);
        assert_eq!(
            top.iter().map(|s| s.item_idx).collect::<Vec<_>>(),
            [2, 1, 4]
        );
        assert!((top[0].probability - 3.0 / 9.0).abs() < 1e-6);
        assert!((candidates.probability(3) - 4.0 / 9.0).abs() < 1e-6);
        assert_eq!(
            Candidates::new(&scores, &SeenItems::new(false)).top(1)[0].item_idx,
            3
        );
    }

    #[test]
    fn the_short_list_is_the_head_of_the_sorted_one() {
        let scores: Vec<f32> = (0..500_u32).map(|i| ((i * 7919) % 97) as f32).collect();
        let candidates = Candidates::new(&scores, &SeenItems::new(false));
        let mut all: Vec<u32> = (1..500).collect();
        all.sort_by(|a, b| {
            scores[*b as usize]
                .total_cmp(&scores[*a as usize])
                .then(a.cmp(b))
        });
        let top: Vec<u32> = candidates.top(20).iter().map(|s| s.item_idx).collect();
        assert_eq!(top, all[..20]);
        for (at, item) in all.iter().enumerate() {
            assert_eq!(candidates.place(*item), Some(at + 1));
        }
        let seen = SeenItems::after(&all[..3], true);
        let candidates = Candidates::new(&scores, &seen);
        assert_eq!(candidates.place(all[0]), None);
        assert_eq!(candidates.place(all[3]), Some(1));
        assert_eq!(candidates.place(0), None);
    }
}
