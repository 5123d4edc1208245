//! Wilcoxon's signed-rank test.

use serde::Serialize;

use super::distribution::normal_two_sided;

/// Differences up to which the distribution is counted out.
const MOST_EXACT: usize = 50;

/// Result of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Wilcoxon {
    /// Two-sided p-value.
    pub p: f64,
    /// The smaller sum of ranks of one sign.
    pub statistic: f64,
    /// Differences that are not 0.
    pub n_differing: usize,
    /// Whether the distribution was counted out rather than taken as normal.
    pub is_exact: bool,
}

/// Two-sided signed-rank test of paired differences: do positive ones outweigh negative ones?
/// Nothing that differs gives a p-value of 1; a difference that is no finite number gives NaN.
///
/// # Source
/// Wilcoxon 1945: differences of 0 are dropped, equal ones share their mid-rank. With up to 50 that
/// differ the distribution of the sum, under every pattern of signs of these very ranks, is counted
/// out, tied or not (Hollander & Wolfe 1973, section 3.1); with more it is taken as normal, its
/// variance less `(t³ - t) / 48` for every t that are tied, without continuity correction.
///
/// `scipy.stats.wilcoxon` (1.17.1, by default) gives the same without zeros and ties, and beyond 50
/// that differ. With a zero or a tie among them it counts out up to 13 pairs, zeros included, and
/// takes the distribution as normal from 14 on, which makes p too small where most differences are
/// alike, as those of HR@k are.
#[must_use]
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let mut differing: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let n_differing = differing.len();
    if differing.iter().any(|d| !d.is_finite()) {
        return Wilcoxon {
            p: f64::NAN,
            statistic: f64::NAN,
            n_differing,
            is_exact: false,
        };
    }
    if n_differing == 0 {
        return Wilcoxon {
            p: 1.0,
            statistic: 0.0,
            n_differing,
            is_exact: true,
        };
    }
    differing.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    // Twice the mid-ranks are whole numbers.
    let (mut doubled, mut positive, mut tied) = (Vec::with_capacity(n_differing), 0_usize, 0.0);
    #[expect(
        clippy::float_cmp,
        reason = "a tie is exact equality; anything nearer would invent ties"
    )]
    for level in differing.chunk_by(|a, b| a.abs() == b.abs()) {
        let rank = 2 * doubled.len() + level.len() + 1;
        positive += rank * level.iter().filter(|d| **d > 0.0).count();
        doubled.resize(doubled.len() + level.len(), rank);
        let t = level.len() as f64;
        tied += t * t * t - t;
    }
    let least = positive.min(n_differing * (n_differing + 1) - positive);
    let statistic = least as f64 / 2.0;
    let is_exact = n_differing <= MOST_EXACT;
    let p = if is_exact {
        (2.0 * share_up_to(least, &doubled)).min(1.0)
    } else {
        let n = n_differing as f64;
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tied / 48.0;
        normal_two_sided((statistic - n * (n + 1.0) / 4.0) / variance.sqrt())
    };
    Wilcoxon {
        p,
        statistic,
        n_differing,
        is_exact,
    }
}

/// Share of the 2^n sign patterns of some ranks whose positive ones sum to at most `most`. Each
/// share is a whole number of 2^-n, so that with up to 52 ranks nothing is rounded.
fn share_up_to(most: usize, ranks: &[usize]) -> f64 {
    // patterns[s]: share of the patterns of the ranks so far whose positive ones sum to s. What is
    // above `most` never comes down again.
    let mut patterns = vec![0.0; most + 1];
    if let Some(first) = patterns.first_mut() {
        *first = 1.0;
    }
    for &rank in ranks {
        for sum in (0..patterns.len()).rev() {
            let without = patterns.get(sum).copied().unwrap_or(0.0);
            let with = sum
                .checked_sub(rank)
                .and_then(|rest| patterns.get(rest))
                .copied()
                .unwrap_or(0.0);
            if let Some(share) = patterns.get_mut(sum) {
                *share = f64::midpoint(without, with);
            }
        }
    }
    patterns.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counted_out_by_hand() {
        // Ranks 1 to 4, all positive: the smaller sum is 0, which 1 of 16 patterns reaches: p = 2 /
        // 16.
        let found = wilcoxon(&[1.0, 2.0, 3.0, 4.0, 0.0]);
        assert_eq!(
            found,
            Wilcoxon {
                p: 0.125,
                statistic: 0.0,
                n_differing: 4,
                is_exact: true
            }
        );
        // -1 among them: smaller sum 1, reached by {} and {1}: p = 4 / 16.
        assert!((wilcoxon(&[-1.0, 2.0, 3.0, 4.0]).p - 0.25).abs() < 1e-12);
        // All tied, as hits are: four users that all gain are one of 16 patterns, and so are four
        // that all lose.
        for sign in [1.0, -1.0] {
            let found = wilcoxon(&[sign, 0.0, sign, sign, 0.0, sign]);
            assert_eq!(
                found,
                Wilcoxon {
                    p: 0.125,
                    statistic: 0.0,
                    n_differing: 4,
                    is_exact: true
                }
            );
        }
    }

    #[test]
    fn odd_input_has_its_fate() {
        let nothing = Wilcoxon {
            p: 1.0,
            statistic: 0.0,
            n_differing: 0,
            is_exact: true,
        };
        assert_eq!(wilcoxon(&[]), nothing);
        assert_eq!(wilcoxon(&[0.0, -0.0, 0.0]), nothing, "neither zero differs");
        // One user cannot tell: both patterns are as far.
        assert_eq!(
            wilcoxon(&[-0.3]),
            Wilcoxon {
                p: 1.0,
                statistic: 0.0,
                n_differing: 1,
                is_exact: true
            }
        );
        for broken in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let found = wilcoxon(&[1.0, broken, 0.0]);
            assert!(
                found.p.is_nan() && found.statistic.is_nan() && !found.is_exact,
                "{found:?}"
            );
        }
        // A balance of as many gains as losses is the middle of the distribution.
        assert!((wilcoxon(&[1.0, -1.0, 1.0, -1.0]).p - 1.0).abs() < 1e-15);
        assert!(
            (wilcoxon(&[2.0; 50]).p / 2.0_f64.powi(-49) - 1.0).abs() < 1e-15,
            "2 of 2^50 patterns, not rounded"
        );
        assert!(
            wilcoxon(&vec![2.0; 100_000]).p >= 0.0,
            "far out there is still a number"
        );
    }

    /// `n_gain` users that gain 1 and `n_lose` that lose 1.
    fn hits(n_gain: usize, n_lose: usize) -> Vec<f64> {
        [vec![1.0; n_gain], vec![-1.0; n_lose]].concat()
    }

    #[test]
    fn where_all_are_tied_it_is_the_sign_test() {
        // Twice the share of Binomial(n, 1/2) at most the losses, worked out with Python's
        // math.comb: 2 * sum(comb(n, k) for k in range(n_lose + 1)) / 2**n. Beside them scipy
        // 1.17.1's default, from tests/gold/peers.py: alike up to 13 pairs, too small from 14 on.
        let cases = [
            ((11, 2), 0.022_460_937_5, 0.022_460_937_5),
            ((11, 3), 0.057_373_046_875, 0.032_509_444_645_719_51),
            ((15, 5), 0.041_389_465_332_031_25, 0.025_347_318_677_468_252),
            ((32, 18), 0.064_908_647_072_272_17, 0.047_714_880_237_351_21),
        ];
        for ((n_gain, n_lose), wanted, scipy) in cases {
            let found = wilcoxon(&hits(n_gain, n_lose));
            assert!(
                found.is_exact && (found.p / wanted - 1.0).abs() < 1e-12,
                "{n_gain}:{n_lose}: {found:?}"
            );
            assert!(found.p >= scipy - 1e-15, "{n_gain}:{n_lose}");
        }
        // Beyond 50 both are normal.
        let found = wilcoxon(&hits(33, 18));
        assert!(
            !found.is_exact && (found.p / 0.035_691_900_116_804_41 - 1.0).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn a_published_example_and_values_of_scipy() {
        // Hollander & Wolfe 1973, p. 29: depression before and after, V = 40 of 45, two-sided p =
        // .03906.
        let depression = vec![0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];
        // tests/gold/peers.py: every sign tried; scipy 1.17.1 by default takes it as normal, .0297.
        let tied = [0, 1, -1, 2, 2, -2, 3, 0, 4, 5, -1, 6, 2, 1]
            .map(f64::from)
            .to_vec();
        // 13 distinct ones and a zero: every sign tried; scipy 1.17.1 by default .0046 without the
        // zero, .0071 with it.
        let zero = [1, -2, 3, 4, -5, 6, 7, 8, 9, 10, 11, 12, 13, 0]
            .map(f64::from)
            .to_vec();
        // scipy 1.17.1: wilcoxon([((i * 37) % 61 - 20) / 10 for i in range(60)])
        let many = (0..60)
            .map(|i| f64::from((i * 37) % 61 - 20) / 10.0)
            .collect();
        let known = [
            (depression, 5.0, 0.039_062_5),
            (tied, 11.5, 0.032_714_843_75),
            (zero, 7.0, 0.004_638_671_875),
            (many, 393.5, 0.000_207_192_779_937_279_23),
        ];
        for (differences, statistic, p) in known {
            let found = wilcoxon(&differences);
            assert!((found.statistic - statistic).abs() < 1e-9, "{found:?}");
            assert!((found.p / p - 1.0).abs() < 1e-9, "{found:?} is not {p}");
        }
    }

    /// Every pattern of signs tried, on mid-ranks found by counting who is below and who is beside.
    fn tried(differences: &[f64]) -> f64 {
        let sizes: Vec<f64> = differences
            .iter()
            .filter(|d| **d != 0.0)
            .map(|d| d.abs())
            .collect();
        let is_positive: Vec<bool> = differences
            .iter()
            .filter(|d| **d != 0.0)
            .map(|d| *d > 0.0)
            .collect();
        let ranks: Vec<f64> = sizes
            .iter()
            .map(|size| {
                let below = sizes.iter().filter(|other| *other < size).count() as f64;
                let beside = sizes
                    .iter()
                    .filter(|other| other.total_cmp(size).is_eq())
                    .count() as f64;
                below + f64::midpoint(beside, 1.0)
            })
            .collect();
        let sum = |pattern: &dyn Fn(usize) -> bool| -> f64 {
            ranks
                .iter()
                .enumerate()
                .filter(|(at, _)| pattern(*at))
                .map(|(_, rank)| rank)
                .sum()
        };
        let least = sum(&|at| is_positive[at]).min(sum(&|at| !is_positive[at]));
        let n_patterns = 1_u32 << ranks.len();
        let as_far = (0..n_patterns)
            .filter(|signs| sum(&|at| signs >> at & 1 == 1) <= least)
            .count();
        (2.0 * as_far as f64 / f64::from(n_patterns)).min(1.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_counted_out_is_what_every_sign_pattern_gives(
            differences in prop::collection::vec(prop_oneof![(-2_i32..=2), (-9_i32..=9)], 0..12)
        ) {
            let differences: Vec<f64> = differences.into_iter().map(f64::from).collect();
            let (found, wanted) = (wilcoxon(&differences), tried(&differences));
            prop_assert!((found.p - wanted).abs() < 1e-12, "{:?} is not {wanted}", found);
            let turned: Vec<f64> = differences.iter().rev().map(|d| -d).collect();
            prop_assert_eq!(wilcoxon(&turned), found);
        }
    }
}
