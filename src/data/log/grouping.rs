//! Rows grouped by user and put in order of time.
//!
//! Ten million rows of a million users, written in no order, are more than a processor's caches
//! hold, and a row that must be fetched from memory costs as much as sorting it. So rows are first
//! dealt out, in their order, to ranges of users that are few enough to be worked on in the cache;
//! each range is then grouped and sorted by itself, many at once.

use rayon::prelude::*;

/// Row numbers grouped by user.
#[derive(Clone, Debug)]
pub(crate) struct ByUser {
    /// Start of each user's rows; `n_users + 1` entries.
    pub(crate) offsets: Vec<usize>,
    /// The rows, one user after another.
    pub(crate) rows: Vec<u32>,
    /// The times of `rows`; empty where rows are in file order.
    pub(crate) times: Vec<i64>,
}

/// Users of a range: what is counted of them stays in the nearest cache.
const USERS_AT_ONCE: usize = if cfg!(test) { 4 } else { 1 << 12 };

/// Rows that are dealt out at once, by one thread.
const ROWS_AT_ONCE: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// A row on its way.
#[derive(Clone, Copy, Default)]
struct Entry {
    user: u32,
    row: u32,
    time: i64,
}

/// Some rows in order of their ranges of users, and within one in order of the file.
struct Dealt {
    entries: Vec<Entry>,
    /// Start of each range, and the end of the last one.
    starts: Vec<u32>,
}

/// Result for one range of users.
struct Range<'a> {
    rows: &'a mut [u32],
    times: &'a mut [i64],
    offsets: &'a mut [usize],
}

impl ByUser {
    /// Groups rows by user, oldest first where there are times; in file order where times are equal
    /// or absent.
    pub(crate) fn new(user_idx: &[u32], n_users: usize, times: Option<&[i64]>) -> Self {
        let n_ranges = n_users.div_ceil(USERS_AT_ONCE);
        let starts = (0..user_idx.len())
            .step_by(ROWS_AT_ONCE)
            .collect::<Vec<usize>>();
        let dealt: Vec<Dealt> = starts
            .par_iter()
            .map(|&start| {
                let users = user_idx
                    .get(start..user_idx.len().min(start + ROWS_AT_ONCE))
                    .unwrap_or(&[]);
                deal(users, start, n_ranges, times)
            })
            .collect();
        let mut grouped = Self {
            offsets: vec![0; n_users + 1],
            rows: vec![0; user_idx.len()],
            times: vec![0; times.map_or(0, <[i64]>::len)],
        };
        let mut ranges = Vec::with_capacity(n_ranges);
        let mut before = 0;
        let (mut rows, mut times) = (grouped.rows.as_mut_slice(), grouped.times.as_mut_slice());
        let offsets = grouped.offsets.get_mut(..n_users).unwrap_or_default();
        for (range, offsets) in offsets.chunks_mut(USERS_AT_ONCE).enumerate() {
            let n_rows = dealt
                .iter()
                .map(|dealt| dealt.entries_of_range(range).len())
                .sum::<usize>();
            let (own, rest) = rows.split_at_mut(n_rows);
            let (own_times, rest_times) = times.split_at_mut(n_rows.min(times.len()));
            ranges.push((
                range,
                before,
                Range {
                    rows: own,
                    times: own_times,
                    offsets,
                },
            ));
            (rows, times) = (rest, rest_times);
            before += n_rows;
        }
        ranges
            .into_par_iter()
            .for_each(|(at, before, range)| range.fill(at, before, &dealt));
        if let Some(last) = grouped.offsets.last_mut() {
            *last = user_idx.len();
        }
        grouped
    }
}

/// Deals out the rows from `start` on, whose users these are.
fn deal(users: &[u32], start: usize, n_ranges: usize, times: Option<&[i64]>) -> Dealt {
    let mut starts = vec![0_u32; n_ranges + 1];
    for &user in users {
        starts[range_of(user) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut entries = vec![Entry::default(); users.len()];
    let times = times.and_then(|times| times.get(start..));
    for (at, &user) in users.iter().enumerate() {
        let place = &mut next[range_of(user)];
        let time = times.map_or(0, |times| times[at]);
        entries[*place as usize] = Entry {
            user,
            row: (start + at) as u32,
            time,
        };
        *place += 1;
    }
    Dealt { entries, starts }
}

/// Range of users that a user is in.
fn range_of(user: u32) -> usize {
    user as usize / USERS_AT_ONCE
}

impl Dealt {
    fn entries_of_range(&self, range: usize) -> &[Entry] {
        let bounds = self.starts[range] as usize..self.starts[range + 1] as usize;
        self.entries.get(bounds).unwrap_or(&[])
    }
}

impl Range<'_> {
    /// Groups and sorts the rows of the range at `at`; there are `before` rows of earlier ranges.
    fn fill(self, at: usize, before: usize, dealt: &[Dealt]) {
        let first = at * USERS_AT_ONCE;
        let user = |entry: &Entry| entry.user as usize - first;
        let mut ends = vec![0_usize; self.offsets.len() + 1];
        let entries = dealt.iter().flat_map(|dealt| dealt.entries_of_range(at));
        for entry in entries.clone() {
            ends[user(entry) + 1] += 1;
        }
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        for (offset, start) in std::iter::zip(self.offsets, &ends) {
            *offset = before + start;
        }
        let mut next = ends.clone();
        let mut grouped = vec![(0_i64, 0_u32); self.rows.len()];
        for entry in entries {
            let place = &mut next[user(entry)];
            grouped[*place] = (entry.time, entry.row);
            *place += 1;
        }
        for bounds in ends.windows(2) {
            let own = &mut grouped[bounds[0]..bounds[1]];
            // Logs are mostly written in order of time.
            if !own.is_sorted_by_key(|(time, _)| *time) {
                own.sort_by_key(|(time, _)| *time);
            }
        }
        for (to, (_, row)) in std::iter::zip(self.rows, &grouped) {
            *to = *row;
        }
        for (to, (time, _)) in std::iter::zip(self.times, &grouped) {
            *to = *time;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_grouped_as_a_stable_sort_would(
            rows in prop::collection::vec((0_u32..40, -3_i64..9), 0..200),
            has_times in any::<bool>(),
            n_more in 0_usize..6,
        ) {
            let users: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let times: Vec<i64> = rows.iter().map(|row| row.1).collect();
            // Users that no row has, at the end and in between.
            let n_users = users.iter().max().map_or(0, |most| *most as usize + 1) + n_more;
            let grouped = ByUser::new(&users, n_users, has_times.then_some(times.as_slice()));
            let mut slow: Vec<usize> = (0..rows.len()).collect();
            slow.sort_by_key(|&row| (users[row], if has_times { times[row] } else { 0 }));
            prop_assert_eq!(grouped.rows.iter().map(|&row| row as usize).collect::<Vec<_>>(), slow.clone());
            let starts: Vec<usize> = (0..=n_users).map(|user| users.iter().filter(|&&u| (u as usize) < user).count()).collect();
            prop_assert_eq!(grouped.offsets, starts);
            let expected: Vec<i64> = if has_times { slow.iter().map(|&row| times[row]).collect() } else { Vec::new() };
            prop_assert_eq!(grouped.times, expected);
        }
    }
}
