//! Cuts of histories into what the encoder reads and what the decoder foretells.

use std::collections::BTreeSet;

use crate::random::{EventPlace, Noise};
use crate::window::latest;

/// Cuts are drawn as a layer that no dropout has.
const DRAWN: usize = 1 << 23;

/// Settings of the cuts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutter {
    /// Most events that the encoder reads.
    pub(super) seq_len: usize,
    /// Events that the decoder foretells.
    pub(super) n_ahead: usize,
    /// Places at which a history is cut.
    pub(super) n_cuts: usize,
}

/// A history cut in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Its own number in the batch, whatever is beside it.
    pub(super) row: usize,
    /// Events that the encoder reads, one at least.
    pub(super) past: Vec<u32>,
    /// Events that came next, one at least.
    pub(super) next: Vec<u32>,
}

impl Cut {
    /// Items before each of `n_ahead` events to be foretold, the first of them `start`; 0 where
    /// there is nothing to foretell.
    pub(super) fn decoder_inputs(&self, start: u32, n_ahead: usize) -> impl Iterator<Item = i32> {
        let known = std::iter::once(start)
            .chain(self.next.iter().copied())
            .take(self.next.len());
        known
            .chain(std::iter::repeat(0))
            .take(n_ahead)
            .map(|item| item as i32)
    }
}

impl Cutter {
    /// The cuts of row `row` of the batch: one at random in each of `n_cuts` equal parts of the
    /// history, so that they are spread over it; none where there is no second event.
    pub(super) fn cuts(&self, row: usize, history: &[u32], noise: Noise) -> Vec<Cut> {
        let n_places = history.len().saturating_sub(1);
        let place = |part: usize| {
            let bits = noise.of_event(DRAWN, EventPlace::new(row, part)).number();
            let share = (bits >> 11) as f64 / (1u64 << 53) as f64;
            let at = (part as f64 + share) / self.n_cuts as f64 * n_places as f64;
            1 + (at as usize).min(n_places.saturating_sub(1))
        };
        let places: BTreeSet<usize> = (0..self.n_cuts)
            .filter(|_| n_places > 0)
            .map(place)
            .collect();
        places
            .into_iter()
            .enumerate()
            .map(|(part, at)| Cut {
                row: row * self.n_cuts + part,
                past: latest(history.get(..at).unwrap_or(&[]), self.seq_len).to_vec(),
                next: history
                    .iter()
                    .skip(at)
                    .take(self.n_ahead)
                    .copied()
                    .collect(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUTTER: Cutter = Cutter {
        seq_len: 4,
        n_ahead: 2,
        n_cuts: 3,
    };

    #[test]
    fn cuts_are_spread_over_the_history_and_reach_its_end() {
        let history: Vec<u32> = (1..=10).collect();
        let mut places = BTreeSet::new();
        for seed in 0..100 {
            let cuts = CUTTER.cuts(2, &history, Noise::new(seed));
            assert_eq!(cuts.len(), 3);
            for (part, cut) in cuts.iter().enumerate() {
                // Parts of the nine places: after 1 to 3, 4 to 6, 7 to 9 events.
                let at = cut.past[cut.past.len() - 1] as usize;
                assert!((3 * part + 1..=3 * part + 3).contains(&at), "{cut:?}");
                assert_eq!(
                    (cut.row, cut.past.len(), cut.next[0] as usize),
                    (6 + part, at.min(4), at + 1)
                );
                assert_eq!(cut.next.len(), 2.min(10 - at));
                places.insert(at);
            }
        }
        assert_eq!(places, (1..=9).collect());
    }

    #[test]
    fn short_histories_are_cut_where_they_can_be() {
        assert!(CUTTER.cuts(0, &[], Noise::new(1)).is_empty());
        assert!(CUTTER.cuts(0, &[5], Noise::new(1)).is_empty());
        let only = Cut {
            row: 3,
            past: vec![5],
            next: vec![6],
        };
        assert_eq!(CUTTER.cuts(1, &[5, 6], Noise::new(1)), [only]);
    }
}
