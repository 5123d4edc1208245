//! The rules without parameters: the last count, the line through the ends, the season before.
//!
//! Bounds as in Hyndman & Athanasopoulos 2021, table 5.2, with the variance of the one-step errors.

use super::{Band, ForecastError, ForecastKind, Forecaster};

/// A rule and the variance of its errors.
pub(super) struct Simple {
    kind: ForecastKind,
    season: usize,
    variance: f64,
}

impl Simple {
    pub(super) fn fit(
        kind: ForecastKind,
        counts: &[f64],
        season: usize,
    ) -> Result<Self, ForecastError> {
        let lag = if kind == ForecastKind::SeasonalNaive {
            season
        } else {
            1
        };
        if lag < 2 && kind == ForecastKind::SeasonalNaive {
            return Err(ForecastError::LeftOut(
                "Seasonal naive is left out: the period has no season.".to_owned(),
            ));
        }
        if counts.len() <= lag {
            let sentence = format!(
                "Seasonal naive is left out: {} periods before the held-out ones are no more than \
                 a season of {season}.",
                counts.len()
            );
            return Err(ForecastError::LeftOut(sentence));
        }
        let steps: Vec<f64> = counts
            .iter()
            .skip(lag)
            .zip(counts)
            .map(|(now, before)| now - before)
            .collect();
        let n = steps.len() as f64;
        let mean = if kind == ForecastKind::Drift {
            steps.iter().sum::<f64>() / n
        } else {
            0.0
        };
        let free = if kind == ForecastKind::Drift {
            (n - 1.0).max(1.0)
        } else {
            n
        };
        let variance = steps.iter().map(|step| (step - mean).powi(2)).sum::<f64>() / free;
        Ok(Self {
            kind,
            season,
            variance,
        })
    }
}

impl Forecaster for Simple {
    fn ahead(&self, counts: &[f64], horizon: usize) -> Vec<Band> {
        let (Some(&first), Some(&last)) = (counts.first(), counts.last()) else {
            return Vec::new();
        };
        let n = counts.len();
        let between = (n.max(2) - 1) as f64;
        let bands = (1..=horizon).map(|step| {
            let h = step as f64;
            match self.kind {
                ForecastKind::SeasonalNaive => {
                    let rounds = (step - 1) / self.season;
                    let at = n + (step - 1) % self.season;
                    let before = at
                        .checked_sub(self.season)
                        .and_then(|at| counts.get(at))
                        .copied()
                        .unwrap_or(last);
                    Band::around(before, self.variance * (rounds + 1) as f64)
                }
                ForecastKind::Drift => Band::around(
                    last + h * (last - first) / between,
                    self.variance * h * (1.0 + h / between),
                ),
                ForecastKind::Naive | ForecastKind::Ar | ForecastKind::Ma | ForecastKind::Arima => {
                    Band::around(last, self.variance * h)
                }
            }
        });
        bands.collect()
    }
}
