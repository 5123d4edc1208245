//! ARIMA(p, d, q): differences, last values, last errors (Box & Jenkins 1976).

use super::fit::{arma, autoregression, differenced};
use super::{Band, Forecaster};

/// Lags of values, differences, lags of errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArimaOrder {
    /// Lags of values.
    pub p: usize,
    /// Differences.
    pub d: usize,
    /// Lags of errors.
    pub q: usize,
}

/// Parameters of an ARMA model of one row of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    /// Mean of the row.
    pub(super) level: f64,
    /// Weights of the last values, the latest first.
    pub(super) ar: Vec<f64>,
    /// Weights of the last errors, the latest first.
    pub(super) ma: Vec<f64>,
}

impl Parameters {
    /// The errors of the row from its place `skip` on; those before count as 0.
    pub(super) fn errors(&self, row: &[f64], skip: usize) -> Vec<f64> {
        let mut errors: Vec<f64> = Vec::with_capacity(row.len().saturating_sub(skip));
        for (at, value) in row.iter().enumerate().skip(skip) {
            let before = row.get(..at).unwrap_or(&[]);
            let error = value - self.expected(before, &errors);
            errors.push(error);
        }
        errors
    }

    /// Returns the expected next value after some values and the errors so far.
    fn expected(&self, before: &[f64], errors: &[f64]) -> f64 {
        let of_values = self
            .ar
            .iter()
            .zip(before.iter().rev())
            .map(|(weight, value)| weight * (value - self.level));
        let of_errors = self
            .ma
            .iter()
            .zip(errors.iter().rev())
            .map(|(weight, error)| weight * error);
        self.level + of_values.sum::<f64>() + of_errors.sum::<f64>()
    }
}

/// A fitted ARIMA. Without differences it has a level; with them it has none, so that forecasts
/// keep to the last level (`d` = 1) or slope (`d` = 2).
#[derive(Clone, Debug, PartialEq)]
pub struct Arima {
    order: ArimaOrder,
    parameters: Parameters,
    /// Variance of an error.
    variance: f64,
}

impl Arima {
    /// Fits the parameters of an order: AR by least squares, the others by the conditional sum of
    /// squares. `None` where the counts are too few for the order, or AR's lags tell the same.
    #[must_use]
    pub fn fit(counts: &[f64], order: ArimaOrder) -> Option<Self> {
        let ArimaOrder { p, d, q } = order;
        let row = differenced(counts, d);
        let has_level = d == 0;
        let parameters = if q == 0 {
            autoregression(&row, p, has_level)
        } else {
            arma(&row, p, q, has_level)
        }?;
        let errors = parameters.errors(&row, p.max(q));
        let n_free = p + q + usize::from(has_level);
        let free = errors.len().checked_sub(n_free).filter(|free| *free > 0)?;
        let variance = errors.iter().map(|error| error * error).sum::<f64>() / free as f64;
        (!variance.is_nan()).then_some(Self {
            order,
            parameters,
            variance,
        })
    }

    /// Bands of the `horizon` steps after `counts`, whose past is taken as the fit takes it.
    #[must_use]
    pub fn forecast(&self, counts: &[f64], horizon: usize) -> Vec<Band> {
        self.ahead(counts, horizon)
    }

    /// Its order.
    #[must_use]
    pub fn order(&self) -> ArimaOrder {
        self.order
    }

    /// Mean of the counts, or of their differences (0).
    #[must_use]
    pub fn level(&self) -> f64 {
        self.parameters.level
    }

    /// Weights of the last values, the latest first: always stationary.
    #[must_use]
    pub fn ar(&self) -> &[f64] {
        &self.parameters.ar
    }

    /// Weights of the last errors, the latest first: always invertible.
    #[must_use]
    pub fn ma(&self) -> &[f64] {
        &self.parameters.ma
    }

    /// Variance of the one-step errors, degrees of freedom taken off.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Akaike's criterion on the counts, `n ln(RSS / n) + 2 k`, without the first `skip` errors, so
    /// that orders are compared on the same counts. `None` where none are left.
    pub(super) fn aic(&self, counts: &[f64], skip: usize) -> Option<f64> {
        let ArimaOrder { p, d, q } = self.order;
        let errors = self.parameters.errors(&differenced(counts, d), p.max(q));
        let errors = errors
            .get(skip - p.max(q).min(skip)..)
            .filter(|errors| !errors.is_empty())?;
        let n = errors.len() as f64;
        let mean = errors.iter().map(|error| error * error).sum::<f64>() / n;
        // The variance is a parameter too.
        let n_free = p + q + usize::from(d == 0) + 1;
        Some(n * mean.max(f64::MIN_POSITIVE).ln() + 2.0 * n_free as f64)
    }

    /// Weights of past errors in a count so many steps ahead, from the error of that step itself
    /// (1) on: `ψ` of Box & Jenkins, with the differences taken back.
    fn error_weights(&self, n: usize) -> Vec<f64> {
        let mut weights: Vec<f64> = Vec::with_capacity(n);
        for at in 0..n {
            let own = if at == 0 {
                1.0
            } else {
                self.parameters.ma.get(at - 1).copied().unwrap_or(0.0)
            };
            let passed_on: f64 = self
                .parameters
                .ar
                .iter()
                .zip(weights.iter().rev())
                .map(|(a, w)| a * w)
                .sum();
            weights.push(own + passed_on);
        }
        for _ in 0..self.order.d {
            let mut sum = 0.0;
            for weight in &mut weights {
                sum += *weight;
                *weight = sum;
            }
        }
        weights
    }
}

impl Forecaster for Arima {
    fn ahead(&self, counts: &[f64], horizon: usize) -> Vec<Band> {
        let ArimaOrder { p, d, q } = self.order;
        let mut row = differenced(counts, d);
        let mut errors = self.parameters.errors(&row, p.max(q));
        let n = row.len();
        for _ in 0..horizon {
            row.push(self.parameters.expected(&row, &errors));
            errors.push(0.0);
        }
        let mut ahead = row.split_off(n);
        for times in (0..d).rev() {
            let mut sum = differenced(counts, times).last().copied().unwrap_or(0.0);
            for value in &mut ahead {
                sum += *value;
                *value = sum;
            }
        }
        let mut spread = 0.0;
        ahead
            .into_iter()
            .zip(self.error_weights(horizon))
            .map(|(mean, weight)| {
                spread += weight * weight;
                Band::around(mean, self.variance * spread)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ar1() -> Arima {
        let parameters = Parameters {
            level: 10.0,
            ar: vec![0.5],
            ma: Vec::new(),
        };
        Arima {
            order: ArimaOrder { p: 1, d: 0, q: 0 },
            parameters,
            variance: 4.0,
        }
    }

    #[test]
    fn ar_of_order_one_goes_back_to_its_level_in_closed_form() {
        // After 18: 10 + 8 · 0.5^h, with variance 4 (1 − 0.25^h) / (1 − 0.25).
        let ahead = ar1().ahead(&[3.0, 18.0], 6);
        for (h, band) in (1..).zip(&ahead) {
            let (mean, variance) = (
                10.0 + 8.0 * 0.5_f64.powi(h),
                4.0 * (1.0 - 0.25_f64.powi(h)) / 0.75,
            );
            assert!((band.mean - mean).abs() < 1e-12, "{h}: {band:?}");
            assert!(
                (band.high - mean - 1.959_963_984_540_054 * variance.sqrt()).abs() < 1e-9,
                "{h}: {band:?}"
            );
        }
    }

    #[test]
    fn a_random_walk_spreads_with_the_root_of_time_and_two_differences_keep_the_slope() {
        let walk = Arima {
            order: ArimaOrder { p: 0, d: 1, q: 0 },
            parameters: Parameters {
                level: 0.0,
                ar: Vec::new(),
                ma: Vec::new(),
            },
            variance: 1.0,
        };
        let ahead = walk.ahead(&[90.0, 100.0], 4);
        assert!(ahead.iter().all(|band| (band.mean - 100.0).abs() < 1e-12));
        assert!(
            ((ahead[3].high - 100.0) / (ahead[0].high - 100.0) - 2.0).abs() < 1e-12,
            "the root of 4"
        );
        let slope = Arima {
            order: ArimaOrder { p: 0, d: 2, q: 0 },
            ..walk
        };
        let means: Vec<f64> = slope
            .ahead(&[90.0, 100.0], 3)
            .iter()
            .map(|band| band.mean)
            .collect();
        assert_eq!(means, [110.0, 120.0, 130.0]);
    }

    #[test]
    fn an_error_of_a_moving_average_is_forgotten_after_q_steps() {
        let average = Arima {
            order: ArimaOrder { p: 0, d: 0, q: 1 },
            parameters: Parameters {
                level: 10.0,
                ar: Vec::new(),
                ma: vec![0.5],
            },
            variance: 1.0,
        };
        // Errors from place 1 on, 0 before: 12 − 10 = 2, then 15 − (10 + 1) = 4: next 10 + 2, then
        // 10.
        let ahead = average.ahead(&[10.0, 12.0, 15.0], 3);
        assert_eq!(
            ahead.iter().map(|band| band.mean).collect::<Vec<_>>(),
            [12.0, 10.0, 10.0]
        );
        let reach = |band: &Band| (band.high - band.mean) / 1.959_963_984_540_054;
        assert!(
            (reach(&ahead[0]) - 1.0).abs() < 1e-12
                && (reach(&ahead[1]) - 1.25_f64.sqrt()).abs() < 1e-12
        );
        assert!((reach(&ahead[2]) - 1.25_f64.sqrt()).abs() < 1e-12);
    }

    /// A row of a known ARMA, its errors without a pattern.
    fn made(n: usize, parameters: &Parameters) -> Vec<f64> {
        let mut state = 12_345_u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut row, mut errors): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let error = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            row.push(parameters.expected(&row, &errors) + error);
            errors.push(error);
        }
        row
    }

    #[test]
    fn the_parameters_of_a_long_row_come_back() {
        for (p, q) in [(1, 0), (2, 0), (0, 1), (0, 2), (1, 1)] {
            let ar = [0.6, -0.3][..p].to_vec();
            let ma = [0.5, 0.2][..q].to_vec();
            let truth = Parameters {
                level: 50.0,
                ar,
                ma,
            };
            let row = made(6_000, &truth);
            let found = Arima::fit(&row, ArimaOrder { p, d: 0, q }).unwrap();
            let pairs = found
                .ar()
                .iter()
                .zip(&truth.ar)
                .chain(found.ma().iter().zip(&truth.ma));
            // Three standard errors, which are about 1 / √n.
            assert!(
                pairs
                    .clone()
                    .all(|(a, b)| (a - b).abs() < 3.0 / 6_000_f64.sqrt() * 1.3),
                "{p},{q}: {found:?}"
            );
            assert!(
                (found.level() - 50.0).abs() < 0.2 && (found.variance() - 1.0).abs() < 0.06,
                "{p},{q}: {found:?}"
            );
        }
    }

    #[test]
    fn least_squares_and_the_sum_of_squares_agree_where_both_can() {
        let row = made(
            300,
            &Parameters {
                level: 20.0,
                ar: vec![0.7],
                ma: Vec::new(),
            },
        );
        let direct = autoregression(&row, 1, true).unwrap();
        let sought = arma(&row, 1, 0, true).unwrap();
        assert!(
            (direct.ar[0] - sought.ar[0]).abs() < 1e-4
                && (direct.level - sought.level).abs() < 1e-2,
            "{direct:?} {sought:?}"
        );
    }

    #[test]
    fn what_explodes_is_drawn_in() {
        let row: Vec<f64> = (0..40).map(|t| 1.3_f64.powi(t)).collect();
        let found = Arima::fit(&row, ArimaOrder { p: 1, d: 0, q: 0 }).unwrap();
        assert!(
            found.ar()[0].abs() < 1.0 && found.variance().is_finite(),
            "{found:?}"
        );
        assert!(
            found
                .ahead(&row, 50)
                .iter()
                .all(|band| band.mean.is_finite())
        );
    }
}
