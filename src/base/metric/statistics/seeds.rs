//! Runs that differ in their seed alone: their mean, and where it would lie with other seeds.

use serde::Serialize;

use super::bootstrap::{Interval, LEVEL};
use super::distribution::t_quantile;

/// Mean of a metric over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedGroup {
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation over the runs, with `n - 1`.
    pub deviation: f64,
    /// Student's t interval of the mean, at [`LEVEL`].
    pub interval: Interval,
    /// Number of runs.
    pub n_runs: usize,
}

/// The group of some runs' values; `None` for fewer than two runs or where a value is no finite
/// number.
///
/// # Source
/// Student 1908: mean ± t · s / √n. A bootstrap of three runs knows three numbers only.
#[must_use]
pub fn seed_group(values: &[f64]) -> Option<SeedGroup> {
    if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation =
        (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let half = t_quantile(LEVEL, n - 1.0) * deviation / n.sqrt();
    Some(SeedGroup {
        mean,
        deviation,
        interval: Interval {
            low: mean - half,
            high: mean + half,
        },
        n_runs: values.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_seeds_by_hand() {
        // Mean 2, deviation 1, t(.975, 2) = 4.302653: half-width 4.302653 / sqrt(3) = 2.484138.
        let found = seed_group(&[1.0, 2.0, 3.0]).unwrap();
        assert!((found.mean - 2.0).abs() < 1e-12 && (found.deviation - 1.0).abs() < 1e-12);
        assert!(
            (found.interval.half_width() - 2.484_138).abs() < 1e-5,
            "{found:?}"
        );
        assert_eq!(seed_group(&[1.0]), None);
        assert_eq!(seed_group(&[]), None);
        assert_eq!(seed_group(&[1.0, f64::NAN]), None);
        let same = seed_group(&[0.1; 3]).unwrap();
        assert!(
            same.deviation < 1e-15 && same.interval.half_width() < 1e-15,
            "{same:?}"
        );
    }
}
