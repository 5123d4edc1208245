//! Large charts of the Train page: which there are, and in which order. State like any other:
//! changed by actions, kept from one start to the next.

use serde::{Deserialize, Serialize};

/// A chart of Train that can stand among the large ones.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, Serialize, Deserialize,
)]
pub enum TrainChart {
    /// Loss of training and validation.
    #[strum(to_string = "Loss")]
    Loss,
    /// The chosen metric on validation.
    #[strum(to_string = "Metric on validation")]
    Metric,
    /// Learning rate of each epoch.
    #[strum(to_string = "Learning rate")]
    LearningRate,
    /// Norm of the gradient before clipping.
    #[strum(to_string = "Gradient norm")]
    GradientNorm,
    /// Events learnt of in a second.
    #[strum(to_string = "Throughput")]
    Throughput,
    /// First term of a variational loss.
    #[strum(to_string = "Reconstruction")]
    Reconstruction,
    /// Second term of a variational loss.
    #[strum(to_string = "Kullback–Leibler term")]
    Divergence,
}

/// Change to the large charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartChange {
    /// Put this chart after the others, or take it away.
    Toggle(TrainChart),
    /// Let this chart change places with the one before it.
    Earlier(TrainChart),
    /// Loss and metric, as at first.
    Usual,
}

/// The large charts in their order, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<TrainChart>", into = "Vec<TrainChart>")]
pub struct TrainCharts(Vec<TrainChart>);

impl Default for TrainCharts {
    fn default() -> Self {
        Self(vec![TrainChart::Loss, TrainChart::Metric])
    }
}

impl From<Vec<TrainChart>> for TrainCharts {
    fn from(kept: Vec<TrainChart>) -> Self {
        let mut charts = Vec::new();
        for chart in kept {
            if !charts.contains(&chart) {
                charts.push(chart);
            }
        }
        Self(charts)
    }
}

impl From<TrainCharts> for Vec<TrainChart> {
    fn from(charts: TrainCharts) -> Self {
        charts.0
    }
}

impl TrainCharts {
    /// The large charts in their order.
    #[must_use]
    pub fn shown(&self) -> &[TrainChart] {
        &self.0
    }

    /// Whether a chart is among them.
    #[must_use]
    pub fn shows(&self, chart: TrainChart) -> bool {
        self.0.contains(&chart)
    }

    /// Whether a change can be made.
    ///
    /// # Errors
    /// The reason why not.
    pub(super) fn enabled(&self, change: ChartChange) -> Result<(), &'static str> {
        match change {
            ChartChange::Earlier(chart) if !self.shows(chart) => Err("This chart is not shown."),
            ChartChange::Earlier(chart) if self.0.first() == Some(&chart) => {
                Err("This chart is the first.")
            }
            ChartChange::Usual if *self == Self::default() => {
                Err("The usual charts are shown in their usual order.")
            }
            ChartChange::Toggle(_) | ChartChange::Earlier(_) | ChartChange::Usual => Ok(()),
        }
    }

    pub(super) fn change(&mut self, change: ChartChange) {
        match change {
            ChartChange::Toggle(chart) if self.shows(chart) => {
                self.0.retain(|other| *other != chart);
            }
            ChartChange::Toggle(chart) => self.0.push(chart),
            ChartChange::Earlier(chart) => {
                let at = self.0.iter().position(|other| *other == chart);
                if let Some((at, before)) = at.and_then(|at| Some((at, at.checked_sub(1)?))) {
                    self.0.swap(at, before);
                }
            }
            ChartChange::Usual => *self = Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrainChart::{GradientNorm, Loss, Metric};

    #[test]
    fn charts_come_go_and_change_places() {
        let mut charts = TrainCharts::default();
        assert!(charts.enabled(ChartChange::Usual).is_err());
        for change in [
            ChartChange::Toggle(GradientNorm),
            ChartChange::Earlier(GradientNorm),
            ChartChange::Toggle(Loss),
        ] {
            assert_eq!(charts.enabled(change), Ok(()));
            charts.change(change);
        }
        assert_eq!(charts.shown(), [GradientNorm, Metric]);
        assert!(charts.enabled(ChartChange::Earlier(GradientNorm)).is_err());
        assert!(charts.enabled(ChartChange::Earlier(Loss)).is_err());
        charts.change(ChartChange::Earlier(GradientNorm));
        assert_eq!(charts.shown(), [GradientNorm, Metric], "the first stays");
        charts.change(ChartChange::Usual);
        assert_eq!(charts, TrainCharts::default());
    }

    #[test]
    fn what_is_kept_has_each_chart_once() {
        let kept = TrainCharts::from(vec![Metric, Loss, Metric]);
        assert_eq!(kept.shown(), [Metric, Loss]);
        assert_eq!(Vec::from(kept), [Metric, Loss]);
    }
}
