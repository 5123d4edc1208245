//! How many events users have.

use rayon::prelude::*;

use super::quantile_at;
use crate::dataset::Sequences;

/// Numbers of events of the users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lengths {
    /// How many users have how many events, bins in order, without gaps. Up to 60 bins of equal
    /// width.
    pub bins: Vec<LengthBin>,
    /// Mean number of events of a user; 0 without users.
    pub mean: f64,
    /// Shortest, quartiles, 90th and 99th hundredth, longest; empty without users.
    pub quantiles: Vec<LengthQuantile>,
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

/// So many events at most has this share of the users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LengthQuantile {
    /// Share of the users, 0 to 1.
    pub p: f64,
    /// Number of events; between two users' numbers where the share lies between them.
    pub n_events: f64,
}

/// Most bins of the histogram.
const MAX_BINS: usize = 60;
/// Shares of the users whose number of events is told.
const QUANTILES: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0];

impl Lengths {
    pub(super) fn new(sorted_lengths: &[usize]) -> Self {
        let n_users = sorted_lengths.len();
        let n_events: usize = sorted_lengths.iter().sum();
        let quantiles = QUANTILES.iter().filter_map(|&p| {
            let (at, weight) = quantile_at(n_users, p);
            let lower = *sorted_lengths.get(at)? as f64;
            let upper = sorted_lengths
                .get(at + 1)
                .map_or(lower, |&length| length as f64);
            Some(LengthQuantile {
                p,
                n_events: lower + weight * (upper - lower),
            })
        });
        Self {
            bins: histogram(sorted_lengths),
            mean: if n_users > 0 {
                n_events as f64 / n_users as f64
            } else {
                0.0
            },
            quantiles: quantiles.collect(),
        }
    }

    /// Median number of events of a user; 0 without users.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantiles
            .iter()
            .find(|q| (q.p - 0.5).abs() < 1e-9)
            .map_or(0.0, |q| q.n_events)
    }
}

/// Numbers of events of the users, fewest first.
pub(super) fn sorted(sequences: &Sequences) -> Vec<usize> {
    let mut lengths: Vec<usize> = sequences.offsets.windows(2).map(|w| w[1] - w[0]).collect();
    lengths.par_sort_unstable();
    lengths
}

/// Bins of equal width over sorted lengths.
fn histogram(sorted_lengths: &[usize]) -> Vec<LengthBin> {
    let (Some(&shortest), Some(&longest)) = (sorted_lengths.first(), sorted_lengths.last()) else {
        return Vec::new();
    };
    let width = (longest - shortest + 1).div_ceil(MAX_BINS);
    let mut bins: Vec<LengthBin> = (shortest..=longest)
        .step_by(width)
        .map(|from| LengthBin {
            from,
            to: from + width - 1,
            n_users: 0,
        })
        .collect();
    for length in sorted_lengths {
        bins[(length - shortest) / width].n_users += 1;
    }
    bins
}
