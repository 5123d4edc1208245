//! What the GRU of a sequential VAE did, as plain numbers.

use super::SequentialVae;
use crate::family::recurrent::plain_track;
use crate::packing::SequencePacking;
use crate::recurrent::tracked;
use crate::weights::read;
use crate::window::{index_tensor, latest};
use crate::{HiddenStates, ModelError, StateEvent, StateTracks};
use seqscope_data::Histories;

/// Every track of the GRU after the last `seq_len` events of the only row.
pub(super) fn tracks(
    network: &SequentialVae,
    history: &Histories,
) -> Result<Vec<StateTracks>, ModelError> {
    let items = latest(history.row(0), network.spec.seq_len);
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let first = history.row(0).len() - items.len();
    let packing = SequencePacking::new(std::iter::once(items.len()));
    let weights = network.item.weight.val();
    let places = items.iter().map(|&item| item as i32).collect();
    let vectors = weights
        .clone()
        .select(0, index_tensor(places, &weights.device())); // [len, d_model]
    let (_, tracks) = tracked(&network.gru, &vectors, &packing.sizes);
    tracks
        .into_iter()
        .map(|track| plain_track(0, first, track))
        .collect()
}

/// State of the GRU after each of the last `seq_len` events of each row.
pub(super) fn hidden(
    network: &SequentialVae,
    histories: &Histories,
) -> Result<HiddenStates, ModelError> {
    let rows: Vec<&[u32]> = histories.rows().collect();
    let (packing, states) = network.states(&rows);
    let n_events = packing.n_events();
    let events = packing.places.iter().map(|place| {
        let n = histories.row(place.row).len();
        StateEvent {
            row: place.row,
            position: n - n.min(network.spec.seq_len) + place.position,
        }
    });
    let values = if n_events == 0 {
        Vec::new()
    } else {
        read(states.slice(0..n_events))?
    };
    Ok(HiddenStates {
        width: network.spec.d_state,
        values,
        events: events.collect(),
    })
}
