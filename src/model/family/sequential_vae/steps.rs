//! Training steps of the sequential VAE: what it sees, and after each event what it is to predict.

use super::{LATENT, SequentialVaeSpec};
use crate::kernel::SparseRows;
use crate::random::{EventPlace, Noise};
use crate::window::latest;
use seqscope_data::Histories;

/// Inputs and targets of a batch of histories.
pub(super) struct TrainingSteps<'a> {
    /// Events that the model sees of each history.
    pub(super) inputs: Vec<&'a [u32]>,
    /// Inputs with the event after them.
    windows: Vec<&'a [u32]>,
    n_ahead: usize,
    n_items: usize,
}

impl<'a> TrainingSteps<'a> {
    /// `None` when no history has an event after another.
    pub(super) fn new(
        histories: &'a Histories,
        spec: &SequentialVaeSpec,
        n_items: usize,
    ) -> Option<Self> {
        let windows: Vec<&[u32]> = histories
            .rows()
            .map(|row| latest(row, spec.seq_len + 1))
            .collect();
        let inputs: Vec<&[u32]> = windows
            .iter()
            .map(|row| row.split_last().map_or(&[][..], |(_, all)| all))
            .collect();
        let has_events = inputs.iter().any(|row| !row.is_empty());
        has_events.then_some(Self {
            inputs,
            windows,
            n_ahead: spec.n_ahead,
            n_items,
        })
    }

    /// The item at a place.
    pub(super) fn item(&self, place: EventPlace) -> u32 {
        self.inputs
            .get(place.row)
            .and_then(|row| row.get(place.position))
            .copied()
            .unwrap_or(0)
    }

    /// The different items among the next few events after each place: a row of columns a place.
    pub(super) fn targets(&self, places: &[EventPlace]) -> SparseRows {
        let mut targets = SparseRows {
            starts: vec![0],
            elements: Vec::new(),
            n_columns: self.n_items,
        };
        for &EventPlace { row, position } in places {
            let start = targets.elements.len();
            let window = self.windows.get(row).copied().unwrap_or(&[]);
            for &item in window.iter().skip(position + 1).take(self.n_ahead) {
                let column = item.wrapping_sub(1);
                let is_new = targets
                    .elements
                    .iter()
                    .skip(start)
                    .all(|(known, _)| *known != column);
                if is_new {
                    targets.elements.push((column, 1.0));
                }
            }
            targets.starts.push(targets.elements.len());
        }
        targets
    }
}

/// The draws of N(0, 1) of these events. `[n_events, d_latent]`
pub(super) fn normals(noise: Noise, places: &[EventPlace], d_latent: usize) -> Vec<f32> {
    places
        .iter()
        .flat_map(|&place| noise.of_event(LATENT, place).normal_values(d_latent))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_different_items_among_the_next_few() {
        let spec = SequentialVaeSpec {
            seq_len: 4,
            n_ahead: 3,
            ..SequentialVaeSpec::default()
        };
        let histories: Histories = [&[9_u32, 2, 5, 5, 3, 2][..], &[], &[7], &[1, 4]]
            .into_iter()
            .collect();
        let steps = TrainingSteps::new(&histories, &spec, 9).unwrap();
        // The last five events of the first are 2 5 5 3 2: four are seen, four have something after
        // them.
        assert_eq!(steps.inputs, [&[2_u32, 5, 5, 3][..], &[], &[], &[1]]);
        let targets = steps.targets(
            &[(0, 0), (0, 1), (0, 3), (3, 0)].map(|(row, position)| EventPlace { row, position }),
        );
        let row = |at: usize| {
            targets
                .row(at)
                .iter()
                .map(|(column, _)| column + 1)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            [row(0), row(1), row(2), row(3)],
            [vec![5, 3], vec![5, 3, 2], vec![2], vec![4]]
        );
        assert_eq!(targets.n_columns, 9);
        let short: Histories = [&[7_u32][..], &[]].into_iter().collect();
        assert!(TrainingSteps::new(&short, &spec, 9).is_none());
    }
}
