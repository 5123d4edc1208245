//! Exact duplicates: rows that a log holds twice by mistake.

use crate::data::events::{ByUser, Events};

/// Drops rows that equal an earlier one in user, item, time, behaviour and value, and gives their
/// number. Without times nothing is dropped: there a repeat is behaviour, not a mistake.
pub(in crate::data) fn drop_duplicates(events: &mut Events) -> usize {
    let Some(times) = &events.time_ticks else { return 0 };
    let time = |row: &u32| times[*row as usize];
    let behaviour = |row: usize| events.behaviour_idx.as_ref().map_or(0, |column| column[row]);
    // Bits, so that two missing values (NaN) are equal.
    let value = |row: usize| events.value.as_ref().map_or(0, |column| column[row].to_bits());
    let key = |row: u32| {
        let row = row as usize;
        (events.item_idx[row], behaviour(row), value(row))
    };
    let mut keep = vec![true; events.len()];
    let mut n_dropped = 0;
    let ByUser { offsets, rows } = events.by_user();
    let mut moment = Vec::new();
    for bounds in offsets.windows(2) {
        for of_moment in rows[bounds[0]..bounds[1]].chunk_by(|a, b| time(a) == time(b)) {
            if of_moment.len() == 1 {
                continue;
            }
            moment.clear();
            moment.extend_from_slice(of_moment);
            // Stable, so that of equal rows the first in the file stays.
            moment.sort_by_key(|&row| key(row));
            for pair in moment.windows(2) {
                if key(pair[0]) == key(pair[1]) {
                    keep[pair[1] as usize] = false;
                    n_dropped += 1;
                }
            }
        }
    }
    if n_dropped > 0 {
        events.retain(&keep);
    }
    n_dropped
}
