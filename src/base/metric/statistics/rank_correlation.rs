//! Agreement of two orders of the same things.

/// Spearman's rank correlation of two series of the same things, one value each: Pearson's
/// correlation of their ranks, where equals share their mid-rank. `None` where nothing can be
/// said: a value is no number, all values of a side are equal, or there are fewer than two.
///
/// # Source
/// Spearman 1904. The same as `scipy.stats.spearmanr(a, b).statistic`, which gives NaN where this
/// gives `None`.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = comparable(a, b)?;
    let (a, b) = (mid_ranks(a), mid_ranks(b));
    // Mid-ranks always add up to the same, so that both means are this one.
    let mean = f64::midpoint(a.len() as f64, 1.0);
    let products = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let scale = (products(&a, &a) * products(&b, &b)).sqrt();
    (scale > 0.0).then(|| products(&a, &b) / scale)
}

/// Kendall's `τ_b` of two series of the same things, one value each: pairs that both put in the same
/// order less those that they put in opposite ones, over the geometric mean of the pairs that each
/// does not tie. `None` as for [`spearman`].
///
/// # Source
/// Kendall 1945. The same as `scipy.stats.kendalltau(a, b).statistic`, which gives NaN where this
/// gives `None`. Every pair is looked at: time goes with the square of the number of things.
#[must_use]
pub fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = comparable(a, b)?;
    let (mut agreeing, mut untied_a, mut untied_b) = (0_i64, 0_i64, 0_i64);
    for at in 1..a.len() {
        for before in 0..at {
            let of_a = sign(a[at], a[before]);
            let of_b = sign(b[at], b[before]);
            agreeing += of_a * of_b;
            untied_a += of_a.abs();
            untied_b += of_b.abs();
        }
    }
    let scale = (untied_a as f64 * untied_b as f64).sqrt();
    (scale > 0.0).then(|| agreeing as f64 / scale)
}

/// Both series, when each thing has two numbers and there are two things at least.
fn comparable<'a>(a: &'a [f64], b: &'a [f64]) -> Option<(&'a [f64], &'a [f64])> {
    let is_whole = a.len() == b.len() && a.len() > 1;
    let has_numbers = a.iter().chain(b).all(|value| !value.is_nan());
    (is_whole && has_numbers).then_some((a, b))
}

/// 1 where the first is larger, −1 where it is smaller, 0 where both are equal.
fn sign(a: f64, b: f64) -> i64 {
    i64::from(a > b) - i64::from(a < b)
}

/// Rank of each value from 1, the smallest first; equals share the mean of their ranks.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    #[expect(
        clippy::float_cmp,
        reason = "a tie is exact equality; anything nearer would invent ties"
    )]
    for level in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + f64::midpoint(level.len() as f64, 1.0);
        for &at in level {
            ranks[at] = rank;
        }
        before += level.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} and {expected}");
    }

    #[test]
    fn orders_that_are_equal_or_opposite_give_one_and_minus_one() {
        let up = [0.1, 2.0, 3.0, 700.0];
        let down = [5.0, 4.0, -1.0, -2.0];
        near(spearman(&up, &up), 1.0);
        near(spearman(&up, &down), -1.0);
        near(kendall(&up, &up), 1.0);
        near(kendall(&up, &down), -1.0);
    }

    /// The numbers are scipy 1.17.1's: `tests/gold/peers.py`.
    #[test]
    fn ties_are_counted_as_scipy_counts_them() {
        let a = [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 8.0, 8.0, 0.5, -1.0];
        let b = [2.0, 1.0, 4.0, 4.0, 4.0, 9.0, 7.0, 8.0, 0.0, 0.0];
        near(spearman(&a, &b), 0.943_75);
        near(kendall(&a, &b), 0.853_658_536_585_365_8);
        let (a, b) = (
            [0.0, 0.0, 0.0, 1.0, 1.0, 2.0],
            [3.0, 1.0, 2.0, 6.0, 4.0, 5.0],
        );
        near(spearman(&a, &b), 0.833_238_089_795_296_5);
        near(kendall(&a, &b), 0.700_649_049_745_370_7);
        let a = [0.1, -2.0, 7.0, 3.0, 11.0, 5.0, 4.0];
        let b = [4.0, 2.0, 5.0, 9.0, 1.0, 8.0, 3.0];
        near(spearman(&a, &b), -0.071_428_571_428_571_44);
        near(kendall(&a, &b), -0.047_619_047_619_047_62);
    }

    #[test]
    fn what_has_no_order_has_no_correlation() {
        for of in [spearman, kendall] {
            assert_eq!(of(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
            assert_eq!(of(&[1.0, f64::NAN], &[1.0, 2.0]), None);
            assert_eq!(of(&[1.0], &[2.0]), None);
            assert_eq!(of(&[1.0, 2.0], &[2.0]), None);
            assert_eq!(of(&[], &[]), None);
            near(of(&[0.0, -0.0, 1.0], &[0.0, 0.0, f64::INFINITY]), 1.0);
        }
    }

    proptest::proptest! {
        /// The order is all that counts, and which series comes first does not.
        #[test]
        fn what_keeps_the_order_keeps_the_correlation(
            pairs in proptest::collection::vec((0_u8..6, 0_u8..6), 2..30),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) =
                pairs.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
            let stretched: Vec<f64> = a.iter().map(|a| a.exp() - 3.0).collect();
            let turned: Vec<f64> = b.iter().map(|b| -b).collect();
            for of in [spearman, kendall] {
                let found = of(&a, &b);
                proptest::prop_assert_eq!(found, of(&b, &a));
                proptest::prop_assert_eq!(found, of(&stretched, &b));
                proptest::prop_assert!(found.is_none_or(|found| found.abs() <= 1.0 + 1e-12));
                if let (Some(found), Some(turned)) = (found, of(&a, &turned)) {
                    proptest::prop_assert!((found + turned).abs() < 1e-12);
                }
            }
        }
    }
}
