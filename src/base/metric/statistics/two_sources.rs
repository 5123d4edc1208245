//! The difference of two groups of runs, which other users would change, and other seeds too.

use serde::Serialize;

use super::bootstrap::{Interval, LEVEL};
use super::distribution::{t_quantile, t_two_sided};

/// A mean gain with what scatters it: the users who were asked, and the seeds that were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TwoSources {
    /// Mean gain over users.
    pub gain: f64,
    /// Its standard error, with other users and other seeds.
    pub error: f64,
    /// Share of the error's square that is of the users.
    pub of_users: f64,
    /// Degrees of freedom by Satterthwaite.
    pub degrees: f64,
    /// Two-sided p of Student's t.
    pub p: f64,
    /// Student's t interval of the gain, at [`LEVEL`].
    pub interval: Interval,
}

/// Tests the gain of one group of runs over another against 0.
///
/// `gains` has one number a user: the difference of the groups' means over seeds. `seeds` has, for
/// each group that chance is in, the metric of each of its runs; a method without chance, such as a
/// reference, is left out. `None` for fewer than two users or two runs of a group, without any
/// group, where a number is not finite, and where nothing varies.
///
/// # Assumptions
/// Users are drawn independently, and so are the seeds of each group; the mean over users and that
/// over seeds are about normal. Groups may differ in their variance over seeds. What a user gains by
/// one seed alone is in both terms, and so is counted twice: the test errs towards no difference, by
/// little with many users.
///
/// # Source
/// Variances of means over crossed samples add (Owen 2007, "The pigeonhole bootstrap", section 3);
/// s² / n each, with degrees of freedom by Satterthwaite 1946, eq. 17, as in Welch 1947.
#[must_use]
pub fn two_sources(gains: &[f64], seeds: &[&[f64]]) -> Option<TwoSources> {
    let of_users = Variance::of_mean(gains)?;
    let of_seeds = seeds
        .iter()
        .map(|values| Variance::of_mean(values))
        .collect::<Option<Vec<_>>>()?;
    if of_seeds.is_empty() {
        return None;
    }
    let gain = gains.iter().sum::<f64>() / gains.len() as f64;
    let terms = || of_seeds.iter().chain([&of_users]);
    let sum: f64 = terms().map(|term| term.variance).sum();
    if sum <= 0.0 {
        return None;
    }
    let below: f64 = terms()
        .map(|term| term.variance * term.variance / term.degrees)
        .sum();
    let (error, degrees) = (sum.sqrt(), sum * sum / below);
    let half = t_quantile(LEVEL, degrees) * error;
    Some(TwoSources {
        gain,
        error,
        of_users: of_users.variance / sum,
        degrees,
        p: t_two_sided(gain / error, degrees),
        interval: Interval {
            low: gain - half,
            high: gain + half,
        },
    })
}

/// Variance of a mean, and how sure it is.
struct Variance {
    variance: f64,
    degrees: f64,
}

impl Variance {
    /// Variance of the mean of some numbers, s² / n; that of equal numbers is 0, whatever their sum
    /// rounds to.
    fn of_mean(values: &[f64]) -> Option<Self> {
        if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let is_flat = values
            .windows(2)
            .all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
        let sum: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Some(Self {
            variance: if is_flat { 0.0 } else { sum / (n - 1.0) / n },
            degrees: n - 1.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_numbers_are_those_of_scipy() {
        let told = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/gold/groups/groups.json"
        ))
        .unwrap();
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let numbers = |value: &serde_json::Value| -> Vec<f64> {
            let list = value.as_array().unwrap();
            list.iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let cases = told["two_sources"].as_array().unwrap();
        assert!(cases.len() >= 4);
        for case in cases {
            let seeds = case["seeds"].as_array().unwrap();
            let seeds: Vec<Vec<f64>> = seeds.iter().map(numbers).collect();
            let seeds: Vec<&[f64]> = seeds.iter().map(Vec::as_slice).collect();
            let found = two_sources(&numbers(&case["gains"]), &seeds).unwrap();
            for (name, value) in [
                ("gain", found.gain),
                ("error", found.error),
                ("of_users", found.of_users),
                ("degrees", found.degrees),
                ("p", found.p),
                ("low", found.interval.low),
                ("high", found.interval.high),
            ] {
                let wanted = case[name].as_f64().unwrap();
                assert!(
                    (value - wanted).abs() <= 1e-8 * wanted.abs().max(1e-6),
                    "{name}: {value} is not {wanted}"
                );
            }
        }
    }

    /// Runs of two groups without any difference, 3 seeds each and 300 users, in which seeds scatter
    /// as much as they do in practice: told by users alone, far more than 5 % of such pairs look
    /// different; told by both, 5 % or fewer.
    #[test]
    fn seeds_that_scatter_are_no_difference() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut normal = || -> f64 { (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0 };
        let (n_users, n_pairs) = (300, 1_000);
        let mut rejected = [0, 0];
        for _ in 0..n_pairs {
            let users: Vec<f64> = (0..n_users).map(|_| normal() * 0.3).collect();
            let mut group = || -> (Vec<f64>, Vec<f64>) {
                let taste: Vec<f64> = users.iter().map(|user| user + normal() * 0.2).collect();
                let mut of_users = vec![0.0; n_users];
                let mut of_seeds = Vec::new();
                for _ in 0..3 {
                    let luck = normal() * 0.02;
                    let values: Vec<f64> = taste
                        .iter()
                        .map(|taste| taste + luck + normal() * 0.1)
                        .collect();
                    of_seeds.push(values.iter().sum::<f64>() / n_users as f64);
                    of_users
                        .iter_mut()
                        .zip(&values)
                        .for_each(|(sum, value)| *sum += value / 3.0);
                }
                (of_users, of_seeds)
            };
            let ((one, seeds), (other, others)) = (group(), group());
            let gains: Vec<f64> = one.iter().zip(&other).map(|(a, b)| a - b).collect();
            let both = two_sources(&gains, &[&seeds, &others]).unwrap();
            let of_users = Variance::of_mean(&gains).unwrap();
            let alone = t_two_sided(both.gain / of_users.variance.sqrt(), of_users.degrees);
            rejected[0] += usize::from(alone < 0.05);
            rejected[1] += usize::from(both.p < 0.05);
        }
        assert!(
            rejected[0] > 150,
            "by users alone: {} of {n_pairs}",
            rejected[0]
        );
        assert!(rejected[1] <= 65, "by both: {} of {n_pairs}", rejected[1]);
        assert!(
            rejected[1] >= 5,
            "it can still find something: {}",
            rejected[1]
        );
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        let gains = [0.1, 0.3, -0.2, 0.4];
        assert!(two_sources(&gains, &[&[0.1, 0.2]]).is_some());
        assert_eq!(
            two_sources(&gains, &[&[0.1]]),
            None,
            "one seed has no scatter"
        );
        assert_eq!(
            two_sources(&gains, &[]),
            None,
            "nor has a method without chance"
        );
        assert_eq!(two_sources(&[0.1], &[&[0.1, 0.2]]), None);
        assert_eq!(two_sources(&[0.1, f64::NAN], &[&[0.1, 0.2]]), None);
        assert_eq!(two_sources(&gains, &[&[0.1, f64::INFINITY]]), None);
        assert_eq!(two_sources(&[0.1; 9], &[&[0.2; 3]]), None, "nothing varies");
        // Seeds that agree to the last digit leave the users alone: a paired t test.
        let found = two_sources(&gains, &[&[0.1; 3], &[0.3; 3]]).unwrap();
        assert!((found.of_users - 1.0).abs() < 1e-15 && (found.degrees - 3.0).abs() < 1e-12);
    }
}
