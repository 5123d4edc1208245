//! A number, such as an amount or a gap: the mean, the median, the user's last one. NaN is no
//! answer and is passed over.

/// The mean of the training answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanValue(f64);

/// The median of the training answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MedianValue(f64);

/// The user's last number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastValue {
    otherwise: MedianValue,
}

impl MeanValue {
    /// The mean; 0 of no answers.
    #[must_use]
    pub fn fit(answers: &[f64]) -> Self {
        let known: Vec<f64> = answers
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        Self(known.iter().sum::<f64>() / known.len().max(1) as f64)
    }

    /// Returns the answer for everyone.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl MedianValue {
    /// The median, of two in the middle their mean; 0 of no answers.
    #[must_use]
    pub fn fit(answers: &[f64]) -> Self {
        let mut known: Vec<f64> = answers
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        known.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| known.get(place).copied().unwrap_or(0.0);
        let half = known.len() / 2;
        Self(if known.len().is_multiple_of(2) {
            f64::midpoint(at(half.saturating_sub(1)), at(half))
        } else {
            at(half)
        })
    }

    /// Returns the answer for everyone.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl LastValue {
    /// Takes the median of the answers for users without a number.
    #[must_use]
    pub fn fit(answers: &[f64]) -> Self {
        Self {
            otherwise: MedianValue::fit(answers),
        }
    }

    /// The last number of a history (oldest first).
    #[must_use]
    pub fn value(self, history: &[f64]) -> f64 {
        history
            .iter()
            .rev()
            .copied()
            .find(|value| !value.is_nan())
            .unwrap_or(self.otherwise.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let answers = [1.0, 2.0, f64::NAN, 9.0];
        assert!((MeanValue::fit(&answers).value() - 4.0).abs() < 1e-15);
        assert!((MedianValue::fit(&answers).value() - 2.0).abs() < 1e-15);
        assert!((MedianValue::fit(&[4.0, 1.0, 2.0, 9.0]).value() - 3.0).abs() < 1e-15);
        assert!((LastValue::fit(&answers).value(&[7.0, 5.0, f64::NAN]) - 5.0).abs() < 1e-15);
        assert!((LastValue::fit(&answers).value(&[]) - 2.0).abs() < 1e-15);
        assert_eq!(
            (MeanValue::fit(&[]).value(), MedianValue::fit(&[]).value()),
            (0.0, 0.0)
        );
    }
}
