//! The k-core filter: users and items with too few events go, until nothing changes.

use crate::data::events::Events;

/// Drops the events of users with fewer than `min_user` and of items with fewer than `min_item`
/// events, again and again until all that are left have enough, and gives the number of events
/// dropped. 0 and 1 keep all.
pub(in crate::data) fn k_core(events: &mut Events, min_user: usize, min_item: usize) -> usize {
    let before = events.len();
    if min_user <= 1 && min_item <= 1 {
        return 0;
    }
    loop {
        let of_user = counts(&events.user_idx, events.users.len());
        let of_item = counts(&events.item_idx, events.items.len());
        let keep: Vec<bool> = std::iter::zip(&events.user_idx, &events.item_idx)
            .map(|(&user, &item)| of_user[user as usize] >= min_user && of_item[item as usize] >= min_item)
            .collect();
        if keep.iter().all(|&kept| kept) {
            return before - events.len();
        }
        events.retain(&keep);
    }
}

fn counts(column: &[u32], n: usize) -> Vec<usize> {
    let mut counts = vec![0; n];
    for &idx in column {
        counts[idx as usize] += 1;
    }
    counts
}
