//! How long it takes until a user's next event.

use std::ops::Range;

use super::{add_up, over_users, quantile_at, share};
use crate::dataset::Sequences;

/// Gaps between neighbouring events of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gaps {
    /// How many: each user's events less one.
    pub n_gaps: usize,
    /// How many are zero: two events at the same time, whose order is that of the file.
    pub n_zero: usize,
    /// How long they are; `None` when the times only order, since then they have no unit.
    pub spread: Option<GapSpread>,
}

/// How long gaps are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GapSpread {
    /// Whether the log has times between the seconds, so that a gap below a second need not be
    /// zero.
    pub is_fine: bool,
    /// How many gaps are how long; always the same bins, each some three to five times the one
    /// before.
    pub bins: Vec<GapBin>,
    /// First quartile, median, third quartile, in seconds.
    pub quartiles_secs: [f64; 3],
}

/// Gaps whose length lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapBin {
    /// Shortest, in seconds.
    pub from_secs: u64,
    /// Start of the next bin; `None` for the last one, which has no end.
    pub until_secs: Option<u64>,
    /// Number of gaps.
    pub n_gaps: usize,
}

/// Microseconds in a second: the gaps of a log that has times between the seconds are counted in
/// them.
const MICROS: u64 = 1_000_000;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// Starts of the bins: the first holds the gaps below a second, which are zero where times are
/// whole seconds.
const BINS: [u64; 17] = [
    0,
    1,
    5,
    15,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    4 * HOUR,
    12 * HOUR,
    DAY,
    3 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3 * 365 * DAY,
];

impl Gaps {
    /// Share of gaps that are zero.
    #[must_use]
    pub fn zero_share(&self) -> f64 {
        share(self.n_zero, self.n_gaps).unwrap_or(0.0)
    }
}

/// `None` without times or without two events of one user.
pub(super) fn count(sequences: &Sequences, has_clock: bool) -> Option<Gaps> {
    sequences.time_secs.as_ref()?;
    let n_bins = BINS.len();
    let unit = unit(sequences);
    // The bins, then the fine ones that the quartiles are sought in, whose first holds the gaps of
    // zero alone.
    let count = |users: Range<usize>| {
        let mut counts = vec![0_usize; n_bins + N_FINE];
        for gap in gaps_of(sequences, users) {
            counts[BINS.partition_point(|&from| from <= gap / unit) - 1] += 1;
            counts[n_bins + fine_bin(gap)] += 1;
        }
        counts
    };
    let counts = over_users(sequences, count, |sum, other| add_up(sum, &other))?;
    let (bins, fine) = counts.split_at(n_bins);
    let n_gaps: usize = bins.iter().sum();
    if n_gaps == 0 {
        return None;
    }
    let spread = has_clock.then(|| GapSpread {
        is_fine: unit > 1,
        bins: bins
            .iter()
            .enumerate()
            .map(|(at, &n_gaps)| GapBin {
                from_secs: BINS[at],
                until_secs: end_of_bin(at),
                n_gaps,
            })
            .collect(),
        quartiles_secs: quartiles(sequences, fine, n_gaps).map(|gap| gap / unit as f64),
    });
    Some(Gaps {
        n_gaps,
        n_zero: fine.first().copied().unwrap_or(0),
        spread,
    })
}

fn end_of_bin(at: usize) -> Option<u64> {
    BINS.get(at + 1).copied()
}

/// How many units of a gap are a second: 1, or a million where the log has times between the
/// seconds.
fn unit(sequences: &Sequences) -> u64 {
    if sequences.micros.is_some() {
        MICROS
    } else {
        1
    }
}

/// Gaps between neighbouring events of these users, in [`unit()`]s. A user's times are in order.
fn gaps_of(sequences: &Sequences, users: Range<usize>) -> impl Iterator<Item = u64> {
    let per_unit = MICROS / unit(sequences);
    users.flat_map(move |user| {
        (1..sequences.range(user).len())
            .map(move |at| sequences.gap_micros(user, at).unwrap_or(0) / per_unit)
    })
}

/// Bits of a gap that the fine bins tell apart.
const FINE_BITS: u32 = 10;
const N_FINE: usize = (64 - FINE_BITS as usize + 1) << FINE_BITS;

/// Bins for the search of a quartile: below 2¹¹ each gap has its own, above each holds the gaps
/// that agree in their first eleven bits. Larger gaps have larger bins.
fn fine_bin(gap: u64) -> usize {
    let shift = gap.max(1).ilog2().saturating_sub(FINE_BITS);
    ((shift as usize) << FINE_BITS) + (gap >> shift) as usize
}

/// The quartiles, exact: the fine bins say in which of them a quartile lies, and only the gaps of
/// those bins are sorted. Sorting all gaps would take eight bytes for each event.
fn quartiles(sequences: &Sequences, fine: &[usize], n_gaps: usize) -> [f64; 3] {
    let places = [0.25, 0.5, 0.75].map(|p| quantile_at(n_gaps, p));
    let ranks: Vec<usize> = places
        .iter()
        .flat_map(|&(at, _)| [at, (at + 1).min(n_gaps - 1)])
        .collect();
    let found: Vec<(usize, usize)> = ranks.iter().map(|&rank| bin_of_rank(fine, rank)).collect();
    let mut wanted: Vec<usize> = found.iter().map(|&(bin, _)| bin).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let pick = |users: Range<usize>| -> Vec<Vec<u64>> {
        let mut picked = vec![Vec::new(); wanted.len()];
        for gap in gaps_of(sequences, users) {
            if let Ok(at) = wanted.binary_search(&fine_bin(gap)) {
                // A bin of one length alone needs one of its gaps.
                if fine_bin(gap) >= 2 << FINE_BITS || picked[at].is_empty() {
                    picked[at].push(gap);
                }
            }
        }
        picked
    };
    let mut picked = over_users(sequences, pick, join).unwrap_or_default();
    for gaps in &mut picked {
        gaps.sort_unstable();
    }
    let values: Vec<f64> = found
        .iter()
        .map(|(bin, within)| {
            let at = wanted.binary_search(bin).ok();
            let gaps = at.and_then(|at| picked.get(at));
            gaps.and_then(|gaps| gaps.get(*within).or(gaps.last()))
                .map_or(f64::NAN, |&gap| gap as f64)
        })
        .collect();
    std::array::from_fn(|quartile| {
        let (lower, upper) = (values[2 * quartile], values[2 * quartile + 1]);
        lower + places[quartile].1 * (upper - lower)
    })
}

fn join(mut all: Vec<Vec<u64>>, other: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    all.iter_mut()
        .zip(other)
        .for_each(|(all, more)| all.extend(more));
    all
}

/// The bin that holds the gap of this rank, and its rank there.
fn bin_of_rank(fine: &[usize], rank: usize) -> (usize, usize) {
    let mut before = 0;
    for (bin, &n) in fine.iter().enumerate() {
        if rank < before + n {
            return (bin, rank - before);
        }
        before += n;
    }
    (fine.len(), 0)
}

#[cfg(test)]
mod tests {
    use super::{FINE_BITS, N_FINE, fine_bin};

    #[test]
    fn fine_bins_grow_with_the_gap_and_end_where_they_should() {
        let gaps: Vec<u64> = (0..70)
            .flat_map(|bit| [1_u64.checked_shl(bit).unwrap_or(u64::MAX); 3])
            .collect();
        let gaps = gaps
            .iter()
            .zip([0, 1, 77].into_iter().cycle())
            .map(|(gap, more)| gap.saturating_add(more));
        let mut bins: Vec<(u64, usize)> = gaps.map(|gap| (gap, fine_bin(gap))).collect();
        bins.sort_unstable();
        assert!(bins.is_sorted_by_key(|(_, bin)| bin));
        assert!(fine_bin(u64::MAX) < N_FINE);
        // Below 2¹¹ each length has a bin of its own.
        assert!((0..2 << FINE_BITS).all(|gap| fine_bin(gap) == gap as usize));
        assert!((2 << FINE_BITS..9_999).all(|gap| fine_bin(gap) >= 2 << FINE_BITS));
    }
}
