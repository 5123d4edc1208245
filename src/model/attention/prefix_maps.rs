//! Models that look both ways are asked causally: after each event by what came before it alone.

use burn::prelude::*;

use crate::weights::read;
use crate::{AttentionMaps, ModelError};

/// Attention maps of a model that reads each prefix of a history anew, put together to one map a
/// block and head: row `r` is the look of the question after event `r`, and reaches events 0 to
/// `r`.
pub(crate) struct PrefixMaps {
    maps: AttentionMaps,
}

impl PrefixMaps {
    /// Makes empty maps of the `len` latest events of a history, of which `first` is the first.
    pub(crate) fn new([n_layers, n_heads]: [usize; 2], first: usize, len: usize) -> Self {
        let weights = vec![0.0; n_layers * n_heads * len * len];
        Self {
            maps: AttentionMaps {
                n_layers,
                n_heads,
                len,
                first,
                weights,
            },
        }
    }

    /// Takes the looks of one block in questions after the events from `row` on,
    /// `[n_rows, n_heads, 1, n_keys]`; the latest event is the last key. What a look gives to
    /// places that are no events is shared out among the events.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the weights cannot be read from the device.
    pub(crate) fn put(
        &mut self,
        layer: usize,
        row: usize,
        looks: Tensor<4>,
    ) -> Result<(), ModelError> {
        let [n_rows, n_heads, _, n_keys] = looks.dims();
        let AttentionMaps {
            n_heads: of_map,
            len,
            ..
        } = self.maps;
        for (at, look) in read(looks)?
            .chunks_exact(n_keys.max(1))
            .enumerate()
            .take(n_rows * n_heads)
        {
            let (row, head) = (row + at / n_heads, at % n_heads);
            let events = look.get(n_keys.saturating_sub(row + 1)..).unwrap_or(&[]);
            let sum: f32 = events.iter().sum();
            let start = ((layer * of_map + head) * len + row) * len;
            let slots = self.maps.weights.iter_mut().skip(start).take(events.len());
            slots
                .zip(events)
                .for_each(|(slot, weight)| *slot = weight / sum);
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> AttentionMaps {
        self.maps
    }
}

/// The latest `n` events of a history, and the prefixes of them, the shortest first; and where in
/// the history they begin.
pub(crate) fn prefixes(history: &[u32], n: usize) -> (usize, Vec<&[u32]>) {
    let first = history.len().saturating_sub(n);
    let window = history.get(first..).unwrap_or(&[]);
    (
        first,
        (1..=window.len())
            .filter_map(|len| window.get(..len))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_of_the_window() {
        let (first, rows) = prefixes(&[5, 6, 7, 8], 3);
        assert_eq!((first, rows), (1, vec![&[6][..], &[6, 7], &[6, 7, 8]]));
        assert_eq!(prefixes(&[], 3), (0, vec![]));
    }

    /// Two questions of one head over a padded row of two events and a mask: .25 and .25 become
    /// halves.
    #[test]
    fn a_look_is_shared_out_among_the_events_that_are_before_it() {
        let looks = Tensor::<4>::from_data([[[[0.0f32, 1.0]]], [[[0.25, 0.25]]]], &Device::flex());
        let mut maps = PrefixMaps::new([1, 1], 4, 2);
        maps.put(0, 0, looks).unwrap();
        let maps = maps.finish();
        assert_eq!((maps.first, maps.weights), (4, vec![1.0, 0.0, 0.5, 0.5]));
    }
}
