//! Exact duplicates: rows that a log holds twice by mistake.

use crate::data::events::Events;

/// Drops rows that equal an earlier one in user, item, time, behaviour and value, and gives their
/// number. Without times nothing is dropped: there a repeat is behaviour, not a mistake.
pub(in crate::data) fn drop_duplicates(events: &mut Events) -> usize {
    let Some(times) = &events.time_ticks else { return 0 };
    let behaviour = |row: usize| events.behaviour_idx.as_ref().map_or(0, |column| column[row]);
    // Bits, so that two missing values (NaN) are equal.
    let value = |row: usize| events.value.as_ref().map_or(0, |column| column[row].to_bits());
    let key = |row: usize| (times[row], events.item_idx[row], behaviour(row), value(row));
    let mut keep = vec![true; events.len()];
    let mut n_dropped = 0;
    let (offsets, mut rows) = events.rows_by_user();
    for bounds in offsets.windows(2) {
        let of_user = &mut rows[bounds[0]..bounds[1]];
        // Stable, so that of equal rows the first in the file stays.
        of_user.sort_by_key(|&row| key(row));
        for pair in of_user.windows(2) {
            if key(pair[0]) == key(pair[1]) {
                keep[pair[1]] = false;
                n_dropped += 1;
            }
        }
    }
    if n_dropped > 0 {
        events.retain(&keep);
    }
    n_dropped
}
