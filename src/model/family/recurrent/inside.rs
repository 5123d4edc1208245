//! What recurrent networks did inside, as plain numbers.

use burn::tensor::Tensor;

use super::{EventWindow, RecurrentNetwork};
use crate::packing::SequencePacking;
use crate::recurrent::{RecurrentLayer, TrackTensor, tracked};
use crate::weights::read;
use crate::{HiddenStates, ModelError, StateEvent, StateTracks};
use seqscope_data::Histories;

impl<L: RecurrentLayer> RecurrentNetwork<L> {
    /// Every track of every layer after the last `seq_len` events of the only row, the first layer
    /// first.
    pub(super) fn tracks(&self, history: &Histories) -> Result<Vec<StateTracks>, ModelError> {
        let window = EventWindow::whole(history, self.settings.seq_len);
        let packing = SequencePacking::new(window.lens.iter().copied());
        if packing.n_events() == 0 {
            return Ok(Vec::new());
        }
        let first = history.row(0).len() - packing.n_events();
        let mut values = self.inputs(self.item.weight.val(), &window, &packing); // [len, d_model]
        let mut all = Vec::new();
        for (layer, weights) in self.layers().into_iter().enumerate() {
            // One sequence in packed order is in the order of its events.
            let (states, tracks) = tracked(weights, &values, &packing.sizes); // [len, d]
            let tracks = tracks
                .into_iter()
                .map(|track| plain_track(layer, first, track));
            all.extend(tracks.collect::<Result<Vec<_>, _>>()?);
            values = states;
        }
        Ok(all)
    }

    /// State of the last layer after each of the last `seq_len` events of each row.
    pub(super) fn hidden(&self, histories: &Histories) -> Result<HiddenStates, ModelError> {
        let (window, packing, states) = self.top(histories);
        let width = states.dims()[1];
        let events = packing.places.iter().map(|&place| {
            let at = window.position(place);
            StateEvent {
                row: at.row,
                position: at.position,
            }
        });
        Ok(HiddenStates {
            width,
            events: events.collect(),
            values: values_of(states)?,
        })
    }
}

/// One track of a layer as plain numbers, of a history whose first event shown is `first`.
pub(crate) fn plain_track(
    layer: usize,
    first: usize,
    track: TrackTensor,
) -> Result<StateTracks, ModelError> {
    let [_, n_units] = track.values.dims();
    Ok(StateTracks {
        layer,
        track: track.track,
        n_units,
        first,
        values: read(track.values)?,
    })
}

/// Numbers of a tensor that may have no rows.
fn values_of(states: Tensor<2>) -> Result<Vec<f32>, ModelError> {
    if states.dims()[0] == 0 {
        return Ok(Vec::new());
    }
    read(states)
}
