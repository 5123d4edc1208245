//! Tails of the normal distribution and of Student's.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, PI};

/// Probability that a standard normal number lies farther from 0 than `z`, on either side.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() * FRAC_1_SQRT_2)
}

/// Complementary error function of `x >= 0`, to about 1e-12 of its value.
///
/// # Source
/// Abramowitz & Stegun 1964: the series 7.1.6 below 2, the continued fraction 7.1.14 above.
fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let bell = (-x * x).exp() / PI.sqrt();
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200_u32 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - 2.0 * bell * sum;
    }
    // From the far end, where the rest no longer counts.
    let fraction = (1..=120_u32)
        .rev()
        .fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    bell / fraction
}

/// The number within which Student's t lies with probability `level`, on either side of 0; NaN
/// without degrees of freedom.
pub(super) fn t_quantile(level: f64, degrees: usize) -> f64 {
    if degrees == 0 {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0_f64, 1e6_f64);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if t_within(middle, degrees) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Probability that Student's t lies within `-t..t`.
///
/// # Source
/// Abramowitz & Stegun 1964, 26.7.3 and 26.7.4.
fn t_within(t: f64, degrees: usize) -> f64 {
    let angle = (t / (degrees as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = degrees % 2 == 1;
    if degrees == 1 {
        return FRAC_2_PI * angle;
    }
    let mut term = if is_odd { cosine } else { 1.0 };
    let mut sum = term;
    let mut n = if is_odd { 3 } else { 2 };
    while n < degrees {
        term *= cosine * cosine * (n - 1) as f64 / n as f64;
        sum += term;
        n += 2;
    }
    if is_odd {
        FRAC_2_PI * (angle + sine * sum)
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_scipy() {
        // scipy 1.14: 2 * scipy.stats.norm.sf(z)
        for (z, wanted) in TWO_SIDED {
            let found = normal_two_sided(z);
            assert!(
                (found / wanted - 1.0).abs() < 1e-10,
                "{z}: {found} is not {wanted}"
            );
        }
        assert!((normal_two_sided(0.0) - 1.0).abs() < 1e-15 && normal_two_sided(f64::NAN).is_nan());
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        // scipy 1.14: scipy.stats.t.ppf(0.975, df)
        for (degrees, wanted) in T_975 {
            let found = t_quantile(0.95, degrees);
            assert!(
                (found / wanted - 1.0).abs() < 1e-9,
                "{degrees}: {found} is not {wanted}"
            );
        }
        assert!(t_quantile(0.95, 0).is_nan());
    }

    const TWO_SIDED: [(f64, f64); 6] = [
        (0.5, 0.617_075_077_451_973_8),
        (1.0, 0.317_310_507_862_914_15),
        (1.96, 0.049_995_790_296_440_87),
        (2.5, 0.012_419_330_651_552_265),
        (4.0, 6.334_248_366_623_973e-5),
        (8.0, 1.244_192_114_854_348e-15),
    ];
    const T_975: [(usize, f64); 7] = [
        (1, 12.706_204_736_432_095),
        (2, 4.302_652_729_696_142),
        (3, 3.182_446_305_284_263),
        (4, 2.776_445_105_197_798_7),
        (9, 2.262_157_162_854_099_3),
        (10, 2.228_138_851_964_938_5),
        (30, 2.042_272_456_301_237_3),
    ];
}
