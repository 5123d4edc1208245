//! What a recurrent layer did at each step, kept by name.

use burn::tensor::Tensor;

use super::{RecurrentCell, RecurrentLayer, run};
use crate::StateTrack;

/// One value of every unit at some steps. `[n_events, d_hidden]`
pub(crate) struct TrackTensor {
    /// Value.
    pub(crate) track: StateTrack,
    /// Its numbers.
    pub(crate) values: Tensor<2>,
}

impl TrackTensor {
    pub(super) fn new(track: StateTrack, values: Tensor<2>) -> Self {
        Self { track, values }
    }
}

/// State after each event, `[n_events, d_hidden]`, as [`states`](super::states) has it and by the
/// same steps, and every track of the layer, both in packed order.
pub(crate) fn tracked<L: RecurrentLayer>(
    layer: &L,
    input: &Tensor<2>,
    sizes: &[usize],
) -> (Tensor<2>, Vec<TrackTensor>) {
    let mut tracks: Vec<(StateTrack, Vec<Tensor<2>>)> = Vec::new();
    let states = run(layer, input, sizes, None, |step, after| {
        for (at, of_step) in L::Cell::tracks(step, after).into_iter().enumerate() {
            match tracks.get_mut(at) {
                Some((_, rows)) => rows.push(of_step.values),
                None => tracks.push((of_step.track, vec![of_step.values])),
            }
        }
    });
    let tracks = tracks
        .into_iter()
        .map(|(track, rows)| TrackTensor::new(track, Tensor::cat(rows, 0)));
    (states, tracks.collect())
}
