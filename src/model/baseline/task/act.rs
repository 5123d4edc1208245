//! Whether a user will act: as many as ever do, and by when and how often they acted.

/// Penalty on the weights: so little that it matters only where classes can be told apart without
/// fail, and weights would grow without end.
pub(super) const RIDGE: f64 = 1e-3;

/// Steps of Newton's method; it needs about six.
const STEPS: usize = 50;

/// The share of those who act.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseRate {
    share: f64,
}

impl BaseRate {
    /// Counts labels; one half where there are none.
    #[must_use]
    pub fn fit(labels: &[bool]) -> Self {
        let n_yes = labels.iter().filter(|label| **label).count() as f64;
        Self {
            share: if labels.is_empty() {
                0.5
            } else {
                n_yes / labels.len() as f64
            },
        }
    }

    /// Probability of acting, the same for everyone.
    #[must_use]
    pub fn probability(self) -> f64 {
        self.share
    }
}

/// State of a user at the moment of the question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Time since the last event, in any unit, the same for all samples; below 0 counts as 0.
    pub elapsed: f64,
    /// Events so far.
    pub n_events: f64,
}

impl Standing {
    fn logarithms(self) -> [f64; 2] {
        [self.elapsed, self.n_events].map(|value| value.max(0.0).ln_1p())
    }
}

/// Logistic regression on the logarithms of [`Standing`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecencyFrequency {
    means: [f64; 2],
    spreads: [f64; 2],
    /// Weights of a constant, of recency, of frequency, the last two standardised.
    weights: [f64; 3],
}

impl RecencyFrequency {
    /// Fits by Newton's method; samples and labels beyond the shorter list are passed over. With
    /// labels of one kind, or none, it gives the base rate, drawn in by one imagined sample of each
    /// kind.
    #[must_use]
    pub fn fit(samples: &[Standing], labels: &[bool]) -> Self {
        let points: Vec<[f64; 2]> = samples.iter().map(|sample| sample.logarithms()).collect();
        let n = points.len().max(1) as f64;
        let means = sum(points.iter().copied()).map(|sum| sum / n);
        let [mean_r, mean_f] = means;
        let squares = points
            .iter()
            .map(|[r, f]| [(r - mean_r).powi(2), (f - mean_f).powi(2)]);
        let spreads = sum(squares).map(|sum| sum / n);
        // What does not vary says nothing: it is divided by 1, and is 0.
        let spreads = spreads.map(|variance| if variance > 0.0 { variance.sqrt() } else { 1.0 });
        let n_yes = labels.iter().filter(|label| **label).count() as f64;
        let start = (n_yes + 1.0) / (labels.len() as f64 + 2.0);
        let mut fitted = Self {
            means,
            spreads,
            weights: [(start / (1.0 - start)).ln(), 0.0, 0.0],
        };
        let is_one_kind = n_yes == 0.0 || n_yes >= labels.len() as f64;
        if !is_one_kind {
            for _ in 0..STEPS {
                let step = fitted.step(&points, labels);
                fitted
                    .weights
                    .iter_mut()
                    .zip(step)
                    .for_each(|(weight, step)| *weight += step);
                if step.iter().all(|step| step.abs() < 1e-10) {
                    break;
                }
            }
        }
        fitted
    }

    /// Probability of acting.
    #[must_use]
    pub fn probability(&self, standing: Standing) -> f64 {
        self.probability_at(standing.logarithms())
    }

    /// Weights of the standardised logarithms of elapsed time and of the number of events.
    #[must_use]
    pub fn weights(&self) -> [f64; 2] {
        let [_, recency, frequency] = self.weights;
        [recency, frequency]
    }

    fn features(&self, [r, f]: [f64; 2]) -> [f64; 3] {
        let ([mean_r, mean_f], [spread_r, spread_f]) = (self.means, self.spreads);
        [1.0, (r - mean_r) / spread_r, (f - mean_f) / spread_f]
    }

    fn probability_at(&self, point: [f64; 2]) -> f64 {
        let sum: f64 = self
            .features(point)
            .iter()
            .zip(&self.weights)
            .map(|(x, w)| x * w)
            .sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// One step: the solution of `(XᵀWX + λ) step = Xᵀ(y − p) − λ w`, the constant not penalised.
    fn step(&self, points: &[[f64; 2]], labels: &[bool]) -> [f64; 3] {
        let mut curve = [[0.0_f64; 3]; 3];
        let mut slope = [0.0_f64; 3];
        for (point, label) in points.iter().zip(labels) {
            let (x, p) = (self.features(*point), self.probability_at(*point));
            let (weight, off) = (p * (1.0 - p), f64::from(u8::from(*label)) - p);
            for ((line, total), left) in curve.iter_mut().zip(&mut slope).zip(x) {
                *total += left * off;
                line.iter_mut()
                    .zip(x)
                    .for_each(|(sum, right)| *sum += weight * left * right);
            }
        }
        for (at, ((line, total), weight)) in curve
            .iter_mut()
            .zip(&mut slope)
            .zip(self.weights)
            .enumerate()
        {
            let ridge = if at == 0 { 1e-9 } else { RIDGE };
            if let Some(own) = line.get_mut(at) {
                *own += ridge;
            }
            if at > 0 {
                *total -= ridge * weight;
            }
        }
        // As far as the ends of the curve, where it is flat: no step longer than this.
        solved(curve, slope).map(|step| {
            if step.is_nan() {
                0.0
            } else {
                step.clamp(-4.0, 4.0)
            }
        })
    }
}

fn sum(points: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    points.fold([0.0; 2], |[a, b], [x, y]| [a + x, b + y])
}

fn determinant([a1, a2, a3]: [f64; 3], [b1, b2, b3]: [f64; 3], [c1, c2, c3]: [f64; 3]) -> f64 {
    a1 * (b2 * c3 - b3 * c2) - a2 * (b1 * c3 - b3 * c1) + a3 * (b1 * c2 - b2 * c1)
}

/// Cramer's rule for three unknowns.
fn solved([a, b, c]: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    // The matrix is symmetric, so its rows are its columns.
    let whole = determinant(a, b, c);
    [
        determinant(right, b, c),
        determinant(a, right, c),
        determinant(a, b, right),
    ]
    .map(|part| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_rate_is_the_share() {
        assert!((BaseRate::fit(&[true, false, false, false]).probability() - 0.25).abs() < 1e-15);
        assert!((BaseRate::fit(&[]).probability() - 0.5).abs() < 1e-15);
    }

    #[test]
    fn with_one_feature_of_two_values_the_fit_is_the_shares() {
        // Elapsed 0: 3 of 4 act; elapsed 9: 1 of 5 acts. With as many weights as groups, the fit is
        // exact.
        let sample = |elapsed| Standing {
            elapsed,
            n_events: 2.0,
        };
        let samples: Vec<Standing> = [0.0; 4].into_iter().chain([9.0; 5]).map(sample).collect();
        let labels = [true, true, true, false, true, false, false, false, false];
        let fitted = RecencyFrequency::fit(&samples, &labels);
        assert!(
            (fitted.probability(sample(0.0)) - 0.75).abs() < 1e-3,
            "{fitted:?}"
        );
        assert!(
            (fitted.probability(sample(9.0)) - 0.2).abs() < 1e-3,
            "{fitted:?}"
        );
        assert!(
            fitted.weights()[0] < 0.0 && fitted.weights()[1].abs() < 1e-9,
            "{fitted:?}"
        );
    }

    #[test]
    fn what_can_be_told_apart_and_what_is_of_one_kind_stay_finite() {
        let samples: Vec<Standing> = (0..20)
            .map(|n| Standing {
                elapsed: 0.0,
                n_events: f64::from(n),
            })
            .collect();
        let labels: Vec<bool> = (0..20).map(|n| n >= 10).collect();
        let fitted = RecencyFrequency::fit(&samples, &labels);
        assert!(fitted.weights().iter().all(|w| w.is_finite()), "{fitted:?}");
        assert!(
            fitted.probability(samples[19]) > 0.95 && fitted.probability(samples[0]) < 0.05,
            "{fitted:?}"
        );
        let always = RecencyFrequency::fit(&samples, &[true; 20]);
        assert!(
            (always.probability(samples[3]) - 21.0 / 22.0).abs() < 1e-12,
            "{always:?}"
        );
        assert!(
            (RecencyFrequency::fit(&[], &[]).probability(Standing::default()) - 0.5).abs() < 1e-12
        );
    }
}
