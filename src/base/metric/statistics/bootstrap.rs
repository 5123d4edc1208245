//! Percentile bootstrap over users.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::SEED;
use crate::spec::derive_seed;

/// Resamples of an interval.
///
/// # Source
/// Efron & Tibshirani 1993, section 13.3: 1,000 or more for percentile intervals.
pub const N_RESAMPLES: usize = 2000;

/// Share of resamples that lie within an interval.
pub const LEVEL: f64 = 0.95;

/// Interval in which a mean would lie with other users.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies within, bounds included.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half of its width.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// Percentile interval of the mean of some users' values; `None` for fewer than two users, or where
/// a value is no finite number.
///
/// # Source
/// Efron 1979; percentile method (Efron & Tibshirani 1993, section 13.3) with [`N_RESAMPLES`]
/// resamples, [`LEVEL`] and the seed [`SEED`]; quantiles interpolated between neighbours as
/// `numpy.percentile` does.
#[must_use]
pub fn bootstrap_mean(values: &[f64]) -> Option<Interval> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    bootstrap(values.len(), |drawn| {
        let sum: f64 = drawn.iter().filter_map(|&at| values.get(at as usize)).sum();
        Some(sum / drawn.len() as f64)
    })
}

/// Percentile interval of any statistic of `n_users` users. It is given places of users, some more
/// than once; a resample of which it makes nothing (`None`, or no finite number) is left out, and
/// with more than half of them left out there is no interval.
#[must_use]
pub fn bootstrap(n_users: usize, statistic: impl Fn(&[u32]) -> Option<f64>) -> Option<Interval> {
    let mut found = Vec::with_capacity(N_RESAMPLES);
    resample(n_users, |drawn| found.extend(statistic(drawn)));
    interval(found)
}

/// Percentile intervals of several statistics of the same resamples, the ones that [`bootstrap`]
/// draws. The statistics are told how often each user was drawn, `counts[n_users]`, and write one
/// number each; what is no finite number is left out as there.
///
/// # Shapes
/// `[n_statistics]`, in the order in which they are written.
#[must_use]
pub fn bootstrap_all(
    n_users: usize,
    n_statistics: usize,
    mut statistics: impl FnMut(&[u32], &mut [f64]),
) -> Vec<Option<Interval>> {
    let mut counts = vec![0_u32; n_users];
    let mut written = vec![f64::NAN; n_statistics];
    let mut found = vec![Vec::with_capacity(N_RESAMPLES); n_statistics];
    resample(n_users, |drawn| {
        counts.fill(0);
        for &user in drawn {
            if let Some(count) = counts.get_mut(user as usize) {
                *count += 1;
            }
        }
        written.fill(f64::NAN);
        statistics(&counts, &mut written);
        found
            .iter_mut()
            .zip(&written)
            .for_each(|(found, value)| found.push(*value));
    });
    found.into_iter().map(interval).collect()
}

/// Draws users with replacement, as many as there are; nothing for fewer than two.
fn resample(n_users: usize, mut each: impl FnMut(&[u32])) {
    if n_users < 2 {
        return;
    }
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(SEED, "bootstrap", 0));
    let mut drawn = vec![0_u32; n_users];
    for _ in 0..N_RESAMPLES {
        for place in &mut drawn {
            *place = random.random_range(0..n_users as u32);
        }
        each(&drawn);
    }
}

/// The middle [`LEVEL`] of what was found; `None` where less than half is a number.
fn interval(mut found: Vec<f64>) -> Option<Interval> {
    found.retain(|value| value.is_finite());
    if found.len() * 2 < N_RESAMPLES {
        return None;
    }
    found.sort_by(f64::total_cmp);
    let outside = (1.0 - LEVEL) / 2.0;
    Some(Interval {
        low: quantile(&found, outside),
        high: quantile(&found, 1.0 - outside),
    })
}

/// A quantile of sorted numbers, interpolated between neighbours; NaN of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (
        sorted.get(at.floor() as usize),
        sorted.get(at.ceil() as usize),
    );
    match (below, above) {
        (Some(below), Some(above)) => below + (above - below) * at.fract(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy 2.1: np.percentile([1, 2, 3, 4, 10], [2.5, 50, 97.5]) -> [1.1, 3., 9.4]
        let sorted = [1.0, 2.0, 3.0, 4.0, 10.0];
        for (share, wanted) in [(0.025, 1.1), (0.5, 3.0), (0.975, 9.4)] {
            assert!((quantile(&sorted, share) - wanted).abs() < 1e-12);
        }
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_interval_of_a_mean_has_the_width_that_theory_says() {
        // 400 zeros and ones, half each: standard error .5 / sqrt(400) = .025, so .5 ± 1.96 * .025.
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 2)).collect();
        let interval = bootstrap_mean(&values).unwrap();
        assert!(
            (interval.low - 0.451).abs() < 0.004 && (interval.high - 0.549).abs() < 0.004,
            "{interval:?}"
        );
        assert_eq!(bootstrap_mean(&values), Some(interval), "the same again");
    }

    #[test]
    fn what_cannot_vary_has_no_interval_or_an_empty_one() {
        assert_eq!(bootstrap_mean(&[]), None);
        assert_eq!(bootstrap_mean(&[0.5]), None);
        assert_eq!(bootstrap_mean(&[0.5, f64::NAN]), None);
        assert_eq!(
            bootstrap_mean(&[0.25; 9]),
            Some(Interval {
                low: 0.25,
                high: 0.25
            })
        );
        assert_eq!(bootstrap(9, |_| None), None);
        assert_eq!(bootstrap_all(1, 1, |_, out| out.fill(1.0)), [None]);
        assert_eq!(
            bootstrap_all(9, 2, |_, _| {}),
            [None, None],
            "what is not written is no number"
        );
    }

    #[test]
    fn counts_are_of_the_same_resamples() {
        let values = [0.0, 1.0, 1.0, 4.0, 9.0, 2.0];
        let both = bootstrap_all(values.len(), 2, |counts, out| {
            assert_eq!(counts.iter().sum::<u32>(), 6);
            let sum = |of: fn(f64) -> f64| {
                counts
                    .iter()
                    .zip(values)
                    .map(|(n, v)| f64::from(*n) * of(v))
                    .sum::<f64>()
            };
            out.copy_from_slice(&[sum(|v| v) / 6.0, sum(|v| v * v) / 6.0]);
        });
        for (found, wanted) in both.iter().zip([values, values.map(|v| v * v)]) {
            let (found, wanted) = (found.unwrap(), bootstrap_mean(&wanted).unwrap());
            assert!(
                (found.low - wanted.low).abs() < 1e-12 && (found.high - wanted.high).abs() < 1e-12
            );
        }
    }
}
