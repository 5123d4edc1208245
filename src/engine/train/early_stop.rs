//! Decides when to stop, and which epoch is best.

use seqscope_base::metric::Metric;

/// Watches one metric on validation.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStop {
    metric: Metric,
    patience: usize,
    best: Option<(usize, f64)>,
    last_epoch: usize,
    /// Whether the last epoch is taken, whatever its value.
    takes_last: bool,
}

impl EarlyStop {
    /// Stops after `patience` epochs without a better value; 0 never stops.
    #[must_use]
    pub fn new(metric: Metric, patience: usize) -> Self {
        Self {
            metric,
            patience,
            best: None,
            last_epoch: 0,
            takes_last: false,
        }
    }

    /// Takes the last of all epochs for the best, and never stops.
    #[must_use]
    pub fn at_the_last(metric: Metric) -> Self {
        Self {
            takes_last: true,
            ..Self::new(metric, 0)
        }
    }

    /// Observes every `(epoch, value)` again: how a resumed run gets its counters back.
    #[must_use]
    pub fn replayed(
        metric: Metric,
        patience: usize,
        values: impl IntoIterator<Item = (usize, Option<f64>)>,
    ) -> Self {
        Self::new(metric, patience).after(values)
    }

    /// Observes every `(epoch, value)` in turn.
    #[must_use]
    pub fn after(mut self, values: impl IntoIterator<Item = (usize, Option<f64>)>) -> Self {
        for (epoch, value) in values {
            self.observe(epoch, value);
        }
        self
    }

    /// Takes the value of an epoch; whether it is the best so far. An equal value is not better, so
    /// of equals the earliest stays. NaN and no value at all are never the best.
    pub fn observe(&mut self, epoch: usize, value: Option<f64>) -> bool {
        self.last_epoch = epoch;
        let value = value.unwrap_or(f64::NAN);
        let is_best = self.takes_last
            || self
                .metric
                .is_better(value, self.best.map_or(f64::NAN, |(_, best)| best));
        if is_best {
            self.best = Some((epoch, value));
        }
        is_best
    }

    /// The best epoch so far.
    #[must_use]
    pub fn best_epoch(&self) -> Option<usize> {
        self.best.map(|(epoch, _)| epoch)
    }

    /// Whether patience has run out.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let since = self.last_epoch - self.best_epoch().unwrap_or(0);
        self.patience > 0 && since >= self.patience
    }
}
