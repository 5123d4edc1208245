//! Sequences of different length side by side, without padding.

use super::random::EventPlace;

/// The order in which the events of several sequences are worked on.
///
/// Packed order is step by step; within a step, by falling length of the sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SequencePacking {
    /// Sequences that still run at each step. Never grows from step to step.
    pub(super) sizes: Vec<usize>,
    /// Sequence and position of each event in packed order. `[n_events]`
    pub(super) places: Vec<EventPlace>,
    /// Packed position of each sequence's last event; `n_events` for an empty one. `[n_rows]`
    pub(super) last: Vec<usize>,
}

impl SequencePacking {
    /// Packs sequences of these lengths.
    pub(super) fn new(lengths: impl IntoIterator<Item = usize>) -> Self {
        let lengths: Vec<usize> = lengths.into_iter().collect();
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        let length = |row: usize| lengths.get(row).copied().unwrap_or(0);
        order.sort_by_key(|&row| std::cmp::Reverse(length(row)));
        let n_steps = lengths.iter().copied().max().unwrap_or(0);
        let n_events = lengths.iter().sum();
        let mut packing = Self {
            sizes: Vec::with_capacity(n_steps),
            places: Vec::with_capacity(n_events),
            last: vec![n_events; lengths.len()],
        };
        for step in 0..n_steps {
            let running = order.iter().take_while(|&&row| length(row) > step);
            let start = packing.places.len();
            for &row in running {
                if let Some(last) = packing.last.get_mut(row) {
                    *last = packing.places.len();
                }
                packing.places.push(EventPlace::new(row, step));
            }
            packing.sizes.push(packing.places.len() - start);
        }
        packing
    }

    /// Number of events of all sequences.
    pub(super) fn n_events(&self) -> usize {
        self.places.len()
    }

    /// Picks the item at each event's place; 0 for nothing.
    pub(super) fn pick(&self, item_at: impl Fn(EventPlace) -> Option<u32>) -> Vec<i32> {
        self.places
            .iter()
            .map(|place| item_at(*place).unwrap_or(0) as i32)
            .collect()
    }

    /// Places of the sequences whose first events these are, the longest first.
    pub(super) fn sequences(&self) -> &[EventPlace] {
        let n_sequences = self.sizes.first().copied().unwrap_or(0);
        self.places.get(..n_sequences).unwrap_or(&[])
    }

    /// Places of the events in a batch of which the sequences are these rows.
    pub(super) fn places_in_batch(&self, rows: &[usize]) -> Vec<EventPlace> {
        self.places
            .iter()
            .map(|place| EventPlace {
                row: rows.get(place.row).copied().unwrap_or(0),
                ..*place
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_goes_step_by_step_over_the_sequences_that_still_run() {
        let packing = SequencePacking::new([2, 0, 5, 1, 5]);
        assert_eq!(packing.sizes, [4, 3, 2, 2, 2]);
        assert_eq!(
            packing.places[..7],
            [(2, 0), (4, 0), (0, 0), (3, 0), (2, 1), (4, 1), (0, 1)]
                .map(|(row, position)| EventPlace { row, position })
        );
        assert_eq!(packing.last, [6, 13, 11, 3, 12]);
        assert_eq!(
            SequencePacking::new([]).n_events() + SequencePacking::new([0, 0]).n_events(),
            0
        );
    }
}
