//! Tails of the normal distribution and of Student's.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::erfc;

/// Probability that a standard normal number lies farther from 0 than `z`, on either side.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)
}

/// The number within which Student's t lies with probability `level`, on either side of 0; NaN
/// without degrees of freedom, which need not be whole.
pub(super) fn t_quantile(level: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |t| t.inverse_cdf(f64::midpoint(1.0, level)))
}

/// Probability that Student's t lies farther from 0 than `t`, on either side; NaN without degrees of
/// freedom.
pub(super) fn t_two_sided(t: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |of| 2.0 * of.cdf(-t.abs()))
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
            let found = t_quantile(0.95, degrees as f64);
            assert!(
                (found / wanted - 1.0).abs() < 1e-9,
                "{degrees}: {found} is not {wanted}"
            );
        }
        assert!(t_quantile(0.95, 0.0).is_nan() && t_two_sided(1.0, 0.0).is_nan());
    }

    const TWO_SIDED: [(f64, f64); 6] = [
        (0.5, 0.617_075_077_451_973_8),
        (1.0, 0.317_310_507_862_914_15),
        (1.96, 0.049_995_790_296_440_87),
        (2.5, 0.012_419_330_651_552_265),
        (4.0, 6.334_248_366_623_973e-5),
        (8.0, 1.244_192_114_854_348e-15),
    ];
    const T_975: [(usize, f64); 8] = [
        (1, 12.706_204_736_432_095),
        (2, 4.302_652_729_696_142),
        (3, 3.182_446_305_284_263),
        (4, 2.776_445_105_197_798_7),
        (9, 2.262_157_162_854_099_3),
        (10, 2.228_138_851_964_938_5),
        (30, 2.042_272_456_301_237_3),
        (1000, 1.962_339_080_826_407_8),
    ];
}
