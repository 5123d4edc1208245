//! Two runs on the same users: effect size, and the sign-flip randomisation test.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::SEED;
use crate::spec::derive_seed;

/// Users up to whom every flip is tried.
const MOST_EXACT: usize = 16;
/// Flips beyond that: so many, or fewer where there are very many users.
const MOST_FLIPS: usize = 9_999;
const FEWEST_FLIPS: usize = 999;
/// Signs that are drawn in all, at most.
const MOST_SIGNS: usize = 200_000_000;

/// Size of an effect, from the differences of users.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Mean of the differences.
    pub mean: f64,
    /// Mean over standard deviation of the differences (Cohen 1988, `d_z`, with `n - 1`); `None`
    /// where they do not vary. Pingouin's `cohen_d` of paired samples divides by the mean deviation
    /// of the two samples instead (`d_av`), and so do others: both are called d.
    pub d_z: Option<f64>,
    /// Share of users with a positive difference.
    pub share_better: f64,
    /// Share of users with a negative difference.
    pub share_worse: f64,
    /// Number of users.
    pub n_users: usize,
}

/// The effect of some differences, positive where the second is better; `None` for fewer than two
/// users or where a difference is no finite number.
#[must_use]
pub fn effect(differences: &[f64]) -> Option<Effect> {
    let n = differences.len() as f64;
    if differences.len() < 2 || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n;
    let deviation = (differences
        .iter()
        .map(|d| (d - mean) * (d - mean))
        .sum::<f64>()
        / (n - 1.0))
        .sqrt();
    // Equal differences have a mean that is off by rounding, and so a deviation that is nothing
    // else.
    let rounding = 1e-12 * differences.iter().map(|d| d.abs()).fold(0.0, f64::max);
    let share = |of: fn(&&f64) -> bool| differences.iter().filter(of).count() as f64 / n;
    Some(Effect {
        mean,
        d_z: (deviation > rounding).then(|| mean / deviation),
        share_better: share(|d| **d > 0.0),
        share_worse: share(|d| **d < 0.0),
        n_users: differences.len(),
    })
}

/// Result of a randomisation test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Randomisation {
    /// Two-sided p-value.
    pub p: f64,
    /// Flips that were tried; all there are where `is_exact`.
    pub n_flips: usize,
    /// Whether every flip was tried.
    pub is_exact: bool,
}

/// Sign-flip randomisation test of paired differences: how often random signs give a mean at least
/// as far from 0. All differences 0 give a p-value of 1; one that is no finite number gives NaN.
///
/// # Source
/// Fisher 1935, section 21; every flip is tried for at most 16 users that differ, else up to 9,999
/// are drawn and the one observed is counted with them (Phipson & Smyth 2010), so that p is never
/// 0.
#[must_use]
pub fn randomisation(differences: &[f64]) -> Randomisation {
    if differences.iter().any(|d| !d.is_finite()) {
        return Randomisation {
            p: f64::NAN,
            n_flips: 0,
            is_exact: false,
        };
    }
    // Zeros stay zeros under any sign.
    let differing: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    // Sums of the same numbers in another order may differ in the last bits.
    let scale: f64 = differing.iter().map(|d| d.abs()).sum();
    let observed = differing.iter().sum::<f64>().abs() - 1e-12 * scale;
    if differing.len() <= MOST_EXACT {
        let n_flips = 1_usize << differing.len();
        let as_far = (0..n_flips as u64)
            .filter(|signs| flipped(&differing, &[*signs]).abs() >= observed)
            .count();
        return Randomisation {
            p: as_far as f64 / n_flips as f64,
            n_flips,
            is_exact: true,
        };
    }
    let n_flips = (MOST_SIGNS / differing.len()).clamp(FEWEST_FLIPS, MOST_FLIPS);
    let mut random = ChaCha8Rng::seed_from_u64(derive_seed(SEED, "randomisation", 0));
    let mut signs = vec![0_u64; differing.len().div_ceil(64)];
    let mut as_far = 0_usize;
    for _ in 0..n_flips {
        for word in &mut signs {
            *word = random.random();
        }
        as_far += usize::from(flipped(&differing, &signs).abs() >= observed);
    }
    Randomisation {
        p: (as_far + 1) as f64 / (n_flips + 1) as f64,
        n_flips,
        is_exact: false,
    }
}

/// The sum with the signs of some bits.
fn flipped(differences: &[f64], signs: &[u64]) -> f64 {
    let words = differences.chunks(64).zip(signs);
    words
        .map(|(chunk, word)| {
            let bits = chunk.iter().enumerate();
            bits.map(|(at, d)| if word >> at & 1 == 1 { -d } else { *d })
                .sum::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flip_of_four_users_by_hand() {
        // Differences 1, 2, 3, 4: of 16 signs only all plus and all minus reach a sum of 10: p = 2
        // / 16.
        let found = randomisation(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            found,
            Randomisation {
                p: 0.125,
                n_flips: 16,
                is_exact: true
            }
        );
        // -1, 2, 3, 4 sums to 8: of |sum| >= 8 there are ++++ (10), -+++ (8) and their mirrors: 4 /
        // 16.
        assert!((randomisation(&[-1.0, 2.0, 3.0, 4.0]).p - 0.25).abs() < 1e-12);
        assert!(
            (randomisation(&[0.0; 9]).p - 1.0).abs() < 1e-12,
            "no difference at all"
        );
        assert!(randomisation(&[1.0, f64::NAN]).p.is_nan());
    }

    #[test]
    fn drawn_flips_come_near_to_the_normal_tail() {
        // 100 differences of +1 and 60 of -1: z = 40 / sqrt(160) = 3.162; with a lattice of 2
        // between sums the tail from 39 on is 2 * (1 - Phi(39 / sqrt(160))) = .00205.
        let differences: Vec<f64> = (0..160)
            .map(|at| if at < 100 { 1.0 } else { -1.0 })
            .collect();
        let found = randomisation(&differences);
        assert!(!found.is_exact && found.n_flips == 9_999);
        assert!((0.001..0.0035).contains(&found.p), "{found:?}");
        assert_eq!(found, randomisation(&differences), "the same again");
    }

    #[test]
    fn an_effect_by_hand() {
        // Mean .5, deviations .5, .5, -.5, -.5: variance 1 / 3, d_z = .5 * sqrt(3).
        let found = effect(&[1.0, 1.0, 0.0, 0.0]).unwrap();
        assert!((found.d_z.unwrap() - 0.5 * 3.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(
            (found.share_better, found.share_worse, found.n_users),
            (0.5, 0.0, 4)
        );
        // 3, 4, 5, 6 after 1, 3, 5, 4: tests/gold/peers.py, where pingouin 0.7.0 calls .8257
        // Cohen's d of the pairs.
        assert!(
            (effect(&[2.0, 1.0, 0.0, 2.0]).unwrap().d_z.unwrap() - 1.305_582_419_667_733_7).abs()
                < 1e-12
        );
        assert_eq!(effect(&[1.0]), None);
        assert_eq!(effect(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn what_does_not_vary_has_no_effect_size_and_one_user_tells_nothing() {
        // Three times .1 has the mean .10000000000000002: a deviation of rounding alone.
        for same in [vec![0.5, 0.5], vec![0.1; 3], vec![-1e-9; 7], vec![0.0; 4]] {
            assert_eq!(effect(&same).unwrap().d_z, None, "{same:?}");
        }
        let nothing = Randomisation {
            p: 1.0,
            n_flips: 1,
            is_exact: true,
        };
        assert_eq!(randomisation(&[]), nothing);
        assert_eq!(randomisation(&[-0.0, 0.0]), nothing);
        assert_eq!(
            randomisation(&[0.3]),
            Randomisation {
                p: 1.0,
                n_flips: 2,
                is_exact: true
            }
        );
        // Equal gains: of 2^n signs two are as far, however the sum is rounded.
        assert!((randomisation(&[0.1; 16]).p - 2.0 / 65_536.0).abs() < 1e-15);
        assert!((randomisation(&[0.1; 17]).p - 1.0 / 10_000.0).abs() < 2e-4);
        assert!(randomisation(&[1.0, f64::NEG_INFINITY]).p.is_nan());
    }
}
