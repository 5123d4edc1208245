//! What a log looks like, in numbers small enough to draw.

use super::{Dataset, Sequences};

/// Counts for the charts of a dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// How many users have how many events: `(first length of the bin, last length, users)`, bins
    /// in order, without gaps. Up to 60 bins of equal width.
    pub length_histogram: Vec<LengthBin>,
    /// Number of events of the item of each popularity rank, most popular first: `n_items` values.
    pub popularity: Vec<usize>,
    /// Number of events of each day from the first to the last, empty days included; empty when
    /// the log has no times, times that only order, or spans more than 36,525 days.
    pub events_per_day: Vec<DayCount>,
    /// Share of events that have the same second as the one before them of the same user; `None`
    /// without times or without two events of one user.
    pub zero_gap_share: Option<f64>,
    /// Distinct user-item pairs over all possible pairs.
    pub density: f64,
    /// Mean number of events of a user.
    pub mean_len: f64,
    /// Median number of events of a user.
    pub median_len: f64,
    /// Number of events of each behaviour, in order of behaviour index.
    pub behaviours: Vec<(String, usize)>,
}

/// Users whose number of events lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthBin {
    /// Fewest events.
    pub from: usize,
    /// Most events.
    pub to: usize,
    /// Number of users.
    pub n_users: usize,
}

/// Events of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// Day, counted from 1970-01-01 (UTC).
    pub day: i64,
    /// Number of events.
    pub n_events: usize,
}

/// Most bins of a histogram.
const MAX_BINS: usize = 60;
/// Most days that are counted one by one: a hundred years, so that a wrong time cannot ask for
/// millions of bars.
const MAX_DAYS: i64 = 36_525;

impl Profile {
    /// Counts a dataset.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        let sequences = &dataset.sequences;
        let mut lengths: Vec<usize> = sequences.offsets.windows(2).map(|w| w[1] - w[0]).collect();
        lengths.sort_unstable();
        let n_users = lengths.len();
        let pairs = n_users as f64 * dataset.n_items() as f64;
        let median = match n_users {
            0 => 0.0,
            n => (lengths[(n - 1) / 2] + lengths[n / 2]) as f64 / 2.0,
        };
        Self {
            length_histogram: histogram(&lengths),
            popularity: popularity(sequences, dataset.n_items()),
            events_per_day: if dataset.has_clock() { events_per_day(sequences) } else { Vec::new() },
            zero_gap_share: zero_gap_share(sequences),
            density: if pairs > 0.0 { distinct_pairs(sequences) as f64 / pairs } else { 0.0 },
            mean_len: if n_users > 0 { sequences.n_events() as f64 / n_users as f64 } else { 0.0 },
            median_len: median,
            behaviours: behaviours(dataset),
        }
    }
}

/// Share of events in the same second as the one before them of the same user.
fn zero_gap_share(sequences: &Sequences) -> Option<f64> {
    let (mut n_zero, mut n_gaps) = (0_usize, 0_usize);
    for user in 0..sequences.n_users() {
        let times = sequences.times(user)?;
        n_gaps += times.len().saturating_sub(1);
        n_zero += times.windows(2).filter(|pair| pair[0] == pair[1]).count();
    }
    (n_gaps > 0).then(|| n_zero as f64 / n_gaps as f64)
}

/// Bins of equal width over sorted lengths.
fn histogram(sorted_lengths: &[usize]) -> Vec<LengthBin> {
    let (Some(&shortest), Some(&longest)) = (sorted_lengths.first(), sorted_lengths.last()) else {
        return Vec::new();
    };
    let width = (longest - shortest + 1).div_ceil(MAX_BINS);
    let mut bins: Vec<LengthBin> =
        (shortest..=longest).step_by(width).map(|from| LengthBin { from, to: from + width - 1, n_users: 0 }).collect();
    for length in sorted_lengths {
        bins[(length - shortest) / width].n_users += 1;
    }
    bins
}

fn popularity(sequences: &Sequences, n_items: usize) -> Vec<usize> {
    let mut counts = vec![0; n_items + 1];
    for &item in &sequences.item_idx {
        counts[item as usize] += 1;
    }
    let mut counts = counts.split_off(1);
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

fn events_per_day(sequences: &Sequences) -> Vec<DayCount> {
    let days = || sequences.time_secs.iter().flatten().map(|time| time.div_euclid(86_400));
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return Vec::new() };
    if last - first >= MAX_DAYS {
        return Vec::new();
    }
    let mut counts: Vec<DayCount> = (first..=last).map(|day| DayCount { day, n_events: 0 }).collect();
    days().for_each(|day| counts[(day - first) as usize].n_events += 1);
    counts
}

fn distinct_pairs(sequences: &Sequences) -> usize {
    let mut items = Vec::new();
    (0..sequences.n_users())
        .map(|user| {
            items.clear();
            items.extend_from_slice(sequences.items(user));
            items.sort_unstable();
            items.dedup();
            items.len()
        })
        .sum()
}

fn behaviours(dataset: &Dataset) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = dataset.behaviours.ids().map(|id| (id.to_owned(), 0)).collect();
    for &behaviour in dataset.sequences.behaviour_idx.iter().flatten() {
        counts[usize::from(behaviour)].1 += 1;
    }
    counts
}
