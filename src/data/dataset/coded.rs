//! Rows of a log become one time-ordered list a user.

use std::sync::Arc;

use rayon::prelude::*;

use super::Sequences;
use crate::log::{ByUser, Events, SplitPart, Vocab, compact};

/// Sequences and the vocabularies that they are written in.
pub(super) struct Coded {
    pub(super) users: Vocab,
    pub(super) items: Vocab,
    pub(super) behaviours: Vocab,
    pub(super) sequences: Sequences,
    /// Share of events at the very moment of the one before them of the same user; `None` without
    /// times or without two events of one user.
    pub(super) zero_gap_share: Option<f64>,
    /// Whether the rows run from each user's newest to the oldest.
    pub(super) runs_backwards: bool,
    /// How many of each user's events are training's, and how many training's or validation's,
    /// where the parts have files of their own.
    pub(super) ends: Option<Vec<[u32; 2]>>,
}

impl Coded {
    /// One time-ordered list a user, and vocabularies without what no row has any more.
    ///
    /// Within a user the sort is stable: events of the same moment keep the order of the file.
    pub(super) fn of_events(mut events: Events) -> Self {
        let users = compact(&mut events.user_idx, std::mem::take(&mut events.users), 0);
        if users.is_renumbered {
            events.forget_order();
        }
        events.users = users.vocab;
        let items = compact(&mut events.item_idx, std::mem::take(&mut events.items), 1).vocab;
        let runs_backwards = events.runs_backwards();
        let by_user = events.by_user_in_time();
        events.forget_order();
        let ByUser {
            offsets,
            mut rows,
            mut times,
        } = Arc::unwrap_or_clone(by_user);
        // A user's events are in order of the parts, and within each in order of time.
        let ends = events
            .part
            .take()
            .map(|parts| in_order_of_parts(&parts, &offsets, &mut rows, &mut times));
        // Columns that are done with go at once: a log may be as large as the memory allows.
        events.user_idx = Vec::new();
        events.same = None;
        let has_times = events.time_ticks.take().is_some();
        let zero_gap_share = zero_gap_share(&times, &offsets);
        let item_idx = gather(&std::mem::take(&mut events.item_idx), &rows, |item| item);
        let per_sec = events.ticks_per_sec.max(1);
        let has_parts = per_sec > 1 && times.par_iter().any(|ticks| ticks.rem_euclid(per_sec) != 0);
        // Ticks are whole seconds or microseconds.
        let micros = has_parts.then(|| {
            times
                .par_iter()
                .map(|ticks| ticks.rem_euclid(per_sec) as u32)
                .collect()
        });
        times
            .par_iter_mut()
            .for_each(|ticks| *ticks = ticks.div_euclid(per_sec));
        let extra = events.extra.picked(rows.iter().map(|&row| row as usize));
        let sequences = Sequences {
            item_idx,
            time_secs: has_times.then_some(times),
            micros,
            behaviour_idx: events
                .behaviour_idx
                .as_deref()
                .map(|column| gather(column, &rows, |behaviour| behaviour)),
            value: events
                .value
                .as_deref()
                .map(|column| gather(column, &rows, |value| value)),
            session_idx: extra.sessions.map(|words| words.idx),
            latitude: extra.latitude,
            longitude: extra.longitude,
            free: extra.free,
            offsets,
        };
        let (users, behaviours) = (events.users, events.behaviours);
        Self {
            users,
            items,
            behaviours,
            sequences,
            zero_gap_share,
            runs_backwards,
            ends,
        }
    }
}

/// Puts each user's rows in order of their parts, as they were within each, and tells where
/// training and validation end.
fn in_order_of_parts(
    parts: &[SplitPart],
    offsets: &[usize],
    rows: &mut [u32],
    times: &mut [i64],
) -> Vec<[u32; 2]> {
    let part = |row: u32| parts.get(row as usize).copied().unwrap_or_default();
    let mut ends = Vec::with_capacity(offsets.len());
    for bounds in offsets.windows(2) {
        let range = bounds[0]..bounds[1];
        let of_user = rows.get(range.clone()).unwrap_or(&[]).to_vec();
        let n_until =
            |last: SplitPart| of_user.iter().filter(|&&row| part(row) <= last).count() as u32;
        ends.push([n_until(SplitPart::Train), n_until(SplitPart::Valid)]);
        let mut order: Vec<usize> = (0..of_user.len()).collect();
        order.sort_by_key(|&at| part(of_user[at]));
        let times_of_user = times.get(range.clone()).unwrap_or(&[]).to_vec();
        for (to, &from) in range.zip(&order) {
            if let Some(slot) = rows.get_mut(to) {
                *slot = of_user[from];
            }
            if let (Some(slot), Some(&time)) = (times.get_mut(to), times_of_user.get(from)) {
                *slot = time;
            }
        }
    }
    ends
}

/// Counted in ticks: events of one second may well be in order.
fn zero_gap_share(times: &[i64], offsets: &[usize]) -> Option<f64> {
    let (mut n_zero, mut n_gaps) = (0_usize, 0_usize);
    for bounds in offsets.windows(2) {
        for pair in times.get(bounds[0]..bounds[1]).unwrap_or(&[]).windows(2) {
            n_gaps += 1;
            n_zero += usize::from(pair[0] == pair[1]);
        }
    }
    (n_gaps > 0).then(|| n_zero as f64 / n_gaps as f64)
}

fn gather<T: Copy + Send + Sync>(
    column: &[T],
    rows: &[u32],
    read: impl Fn(T) -> T + Sync,
) -> Vec<T> {
    rows.par_iter()
        .with_min_len(1 << 14)
        .map(|&row| read(column[row as usize]))
        .collect()
}
