//! Numbers: mean absolute and root mean squared error.

use super::{AnswerKind, Metric, Metrics};

impl Metric {
    /// Returns what one answer adds to the mean absolute error, NaN where it is no number; `None`
    /// for another metric.
    #[must_use]
    pub fn of_number(self, truth: f64, predicted: f64) -> Option<f64> {
        (self == Self::Mae).then(|| (predicted - truth).abs())
    }
}

impl Metrics {
    /// Errors of predicted numbers; no values without questions.
    ///
    /// Where a prediction or a true number is not finite there is no value, with a sentence that
    /// counts them: an error left out would make a broken model look good.
    #[must_use]
    pub fn of_numbers(truth: &[f64], predicted: &[f64]) -> Self {
        let errors: Vec<f64> = truth
            .iter()
            .zip(predicted)
            .map(|(truth, predicted)| predicted - truth)
            .collect();
        let metrics = Self::new(AnswerKind::Number, errors.len());
        let n_broken = errors.iter().filter(|error| !error.is_finite()).count();
        if n_broken > 0 {
            let why = format!(
                "{n_broken} of {} answers are no finite numbers",
                errors.len()
            );
            return metrics
                .without(Metric::Mae, &why)
                .without(Metric::Rmse, &why);
        }
        if errors.is_empty() {
            return metrics;
        }
        let n = errors.len() as f64;
        metrics
            .with(
                Metric::Mae,
                errors.iter().map(|error| error.abs()).sum::<f64>() / n,
            )
            .with(
                Metric::Rmse,
                (errors.iter().map(|error| error * error).sum::<f64>() / n).sqrt(),
            )
    }
}
