//! What a family has inside: gates and states over one history, the latent space of all users, the
//! map of the items.

mod cluster;
mod gates;
mod item_map;
mod latent;
mod like;
mod matrix;
mod principal;
mod projection;

pub use gates::{GateTrack, GateView, UnitMeasure, UnitMeasures, gate_view};
pub use item_map::{ItemMap, ItemNeighbour, N_CLUSTERS, item_map, neighbours};
pub use latent::{
    AskedProbe, LatentMap, LatentProbe, ProbeList, ProbeLists, UserCodes, latent_map, latent_probe,
    latent_sigmas, user_codes, why_no_prior,
};
pub use like::{LikeMoment, StateSample};
pub use principal::Principal;
pub use projection::{MapTrust, ProjectedMap, ProjectionError, ProjectionMethod, projected};

use seqscope_data::Prepared;

/// Events of training of each item, at its index; 0 at padding's.
pub(super) fn training_counts(prepared: &Prepared) -> Vec<u32> {
    let mut counts = vec![0; prepared.dataset.n_items() + 1];
    let sequences = &prepared.dataset.sequences;
    for (user, &len) in prepared.split.train_len.iter().enumerate() {
        for &item in sequences.items(user).iter().take(len as usize) {
            if let Some(count) = counts.get_mut(item as usize) {
                *count += 1;
            }
        }
    }
    counts
}
