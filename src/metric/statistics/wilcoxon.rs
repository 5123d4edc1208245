//! Wilcoxon's signed-rank test.

use serde::Serialize;

use super::distribution::normal_two_sided;

/// Differences up to which the distribution is counted out, where none are tied.
const MOST_EXACT: usize = 50;

/// What came of the test.
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

/// Two-sided signed-rank test of paired differences: do positive ones outweigh negative ones? Nothing that
/// differs gives a p-value of 1; a difference that is no finite number gives NaN.
///
/// # Source
/// Wilcoxon 1945: differences of 0 are dropped, equal ones share their mid-rank. Up to 50 without ties the
/// distribution is counted out; else it is taken as normal, its variance less `(t³ - t) / 48` for every t
/// that are tied, without continuity correction. These are the defaults of `scipy.stats.wilcoxon`.
#[must_use]
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let mut differing: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let n_differing = differing.len();
    if differing.iter().any(|d| !d.is_finite()) {
        return Wilcoxon { p: f64::NAN, statistic: f64::NAN, n_differing, is_exact: false };
    }
    if n_differing == 0 {
        return Wilcoxon { p: 1.0, statistic: 0.0, n_differing, is_exact: true };
    }
    differing.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut positive, mut tied, mut below) = (0.0, 0.0, 0_usize);
    #[expect(clippy::float_cmp, reason = "a tie is exact equality; anything nearer would invent ties")]
    for level in differing.chunk_by(|a, b| a.abs() == b.abs()) {
        let t = level.len() as f64;
        let rank = below as f64 + f64::midpoint(t, 1.0);
        positive += rank * level.iter().filter(|d| **d > 0.0).count() as f64;
        tied += t * t * t - t;
        below += level.len();
    }
    let n = n_differing as f64;
    let whole = n * (n + 1.0) / 2.0;
    let statistic = positive.min(whole - positive);
    let is_exact = n_differing <= MOST_EXACT && tied == 0.0;
    let p = if is_exact {
        (2.0 * share_up_to(statistic as usize, n_differing)).min(1.0)
    } else {
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tied / 48.0;
        normal_two_sided((statistic - whole / 2.0) / variance.sqrt())
    };
    Wilcoxon { p, statistic, n_differing, is_exact }
}

/// Share of the 2^n sign patterns of the ranks 1 to n whose sum is at most `most`.
fn share_up_to(most: usize, n: usize) -> f64 {
    // patterns[s]: share of the patterns of the ranks so far whose positive ones sum to s.
    let mut patterns = vec![0.0; n * (n + 1) / 2 + 1];
    if let Some(first) = patterns.first_mut() {
        *first = 1.0;
    }
    for rank in 1..=n {
        for sum in (0..patterns.len()).rev() {
            let without = patterns.get(sum).copied().unwrap_or(0.0);
            let with = sum.checked_sub(rank).and_then(|rest| patterns.get(rest)).copied().unwrap_or(0.0);
            if let Some(share) = patterns.get_mut(sum) {
                *share = f64::midpoint(without, with);
            }
        }
    }
    patterns.iter().take(most + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_out_by_hand() {
        // Ranks 1 to 4, all positive: the smaller sum is 0, which 1 of 16 patterns reaches: p = 2 / 16.
        let found = wilcoxon(&[1.0, 2.0, 3.0, 4.0, 0.0]);
        assert_eq!(found, Wilcoxon { p: 0.125, statistic: 0.0, n_differing: 4, is_exact: true });
        // -1 among them: smaller sum 1, reached by {} and {1}: p = 4 / 16.
        assert!((wilcoxon(&[-1.0, 2.0, 3.0, 4.0]).p - 0.25).abs() < 1e-12);
        assert!((wilcoxon(&[0.0; 5]).p - 1.0).abs() < 1e-12);
        assert!(wilcoxon(&[1.0, f64::INFINITY]).p.is_nan());
    }

    #[test]
    fn a_published_example_and_values_of_scipy() {
        // Hollander & Wolfe 1973, p. 29: depression before and after, V = 40 of 45, two-sided p = .03906.
        let depression = vec![0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];
        // scipy 1.14.1: wilcoxon(d, method="approx"), zeros and ties among them.
        let tied = [0, 1, -1, 2, 2, -2, 3, 0, 4, 5, -1, 6, 2, 1].map(f64::from).to_vec();
        // scipy 1.14.1: wilcoxon([((i * 37) % 61 - 20) / 10 for i in range(60)])
        let many = (0..60).map(|i| f64::from((i * 37) % 61 - 20) / 10.0).collect();
        let known = [
            (depression, 5.0, 0.039_062_5),
            (tied, 11.5, 0.029_700_187_087_101_648),
            (many, 393.5, 0.000_207_192_779_937_279_23),
        ];
        for (differences, statistic, p) in known {
            let found = wilcoxon(&differences);
            assert!((found.statistic - statistic).abs() < 1e-9, "{found:?}");
            assert!((found.p / p - 1.0).abs() < 1e-9, "{found:?} is not {p}");
        }
    }
}
