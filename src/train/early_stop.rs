//! When to stop, and which epoch is best.

/// Watches one number that should grow, here NDCG@10 on validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EarlyStop {
    patience: usize,
    best: Option<(usize, f64)>,
    last_epoch: usize,
}

impl EarlyStop {
    /// Stops after `patience` epochs without a better value; 0 never stops.
    #[must_use]
    pub fn new(patience: usize) -> Self {
        Self { patience, ..Self::default() }
    }

    /// As if every `(epoch, value)` had been observed: how a resumed run gets its counters back.
    #[must_use]
    pub fn replayed(patience: usize, values: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let mut stop = Self::new(patience);
        for (epoch, value) in values {
            stop.observe(epoch, value);
        }
        stop
    }

    /// Takes the value of an epoch; whether it is the best so far. An equal value is not better, so
    /// of equals the earliest stays. NaN is never the best.
    pub fn observe(&mut self, epoch: usize, value: f64) -> bool {
        self.last_epoch = epoch;
        let is_best = !value.is_nan() && self.best.is_none_or(|(_, best)| value > best);
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
