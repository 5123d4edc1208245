//! The numbers of one epoch: told by a run, kept in its history, and read back from there.

use strum::IntoEnumIterator as _;

use super::curve::Curves;
use super::history::{EVENTS, HistoryPlace, HistoryPoint, Part};
use seqscope_base::metric::{AnswerKind, Metric, Metrics};
use seqscope_base::spec::Entry;

/// Numbers of one epoch that was trained and judged on validation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Optimiser steps done.
    pub step: usize,
    /// Mean training loss of the epoch, nats an event.
    pub train_loss: f64,
    /// Mean negative log-probability of the held-out items, nats.
    pub valid_loss: f64,
    /// Metrics on validation.
    pub valid: Metrics,
    /// Whether this is the best epoch so far; never where training has diverged.
    pub is_best: bool,
    /// Learning rate at the end of the epoch.
    pub lr: f64,
    /// Mean norm of the gradient.
    pub grad_norm: f64,
    /// Kullback–Leibler term a user, in nats, mean over the steps; for a VAE.
    pub kl: Option<f64>,
    /// Negative log-likelihood of the reconstruction, nats an event, mean over the epoch; for a VAE.
    pub reconstruction: Option<f64>,
    /// Training events answered so far, those of every epoch counted again; `None` where the run
    /// was begun by a program that did not count them.
    pub events_seen: Option<f64>,
    /// Training events a second.
    pub events_per_sec: f64,
    /// Training time so far, pauses left out, in seconds.
    pub train_secs: f64,
}

/// Names of the numbers in a history, beside those of the metrics.
const LOSS: &str = "loss";
const LR: &str = "lr";
const GRAD_NORM: &str = "grad_norm";
const KL: &str = "kl";
const RECONSTRUCTION: &str = "reconstruction";
const EVENTS_PER_SEC: &str = "events_per_sec";
const SECS: &str = "secs";

impl EpochRecord {
    /// The numbers as a history keeps them.
    #[must_use]
    pub fn points(&self) -> Vec<HistoryPoint> {
        let train = HistoryPlace {
            step: self.step,
            epoch: self.epoch,
            part: Part::Train,
        };
        let numbers = [
            (LOSS, self.train_loss),
            (LR, self.lr),
            (GRAD_NORM, self.grad_norm),
        ];
        let times = [
            (EVENTS_PER_SEC, self.events_per_sec),
            (SECS, self.train_secs),
        ];
        let valid = HistoryPlace {
            part: Part::Valid,
            ..train
        };
        train
            .points(numbers)
            .chain(train.points(self.kl.map(|kl| (KL, kl))))
            .chain(train.points(self.reconstruction.map(|nll| (RECONSTRUCTION, nll))))
            .chain(train.points(self.events_seen.map(|seen| (EVENTS, seen))))
            .chain(train.points(times))
            .chain(valid.judged(self.valid_loss, &self.valid))
            .collect()
    }

    /// The numbers of all epochs that a history tells of, whose answers were of this kind. What it
    /// does not tell is NaN; which epoch was the best until then is found again, though not whether
    /// training had diverged.
    #[must_use]
    pub fn of_curves(curves: &Curves, kind: AnswerKind) -> Vec<Self> {
        let judged = curves.get(Part::Valid, LOSS).map(|curve| curve.iter());
        let mut best = f64::NAN;
        let mut epochs: Vec<Self> = Vec::new();
        for &[at, valid_loss] in judged.into_iter().flatten() {
            let number = |name: &str| curves.value(Part::Train, name, at);
            let primary = kind.primary();
            let value = curves.value(Part::Valid, primary.name(), at);
            let value = value.unwrap_or(f64::NAN);
            let is_best = primary.is_better(value, best);
            if is_best {
                best = value;
            }
            let epoch = at as usize;
            epochs.push(Self {
                epoch,
                step: curves.step_of(epoch).unwrap_or_default(),
                train_loss: number(LOSS).unwrap_or(f64::NAN),
                valid_loss,
                valid: metrics_at(curves, kind, at),
                is_best,
                lr: number(LR).unwrap_or(f64::NAN),
                grad_norm: number(GRAD_NORM).unwrap_or(f64::NAN),
                kl: number(KL),
                reconstruction: number(RECONSTRUCTION),
                events_seen: number(EVENTS),
                events_per_sec: number(EVENTS_PER_SEC).unwrap_or(f64::NAN),
                train_secs: number(SECS).unwrap_or(f64::NAN),
            });
        }
        epochs
    }
}

/// Metrics on validation after an epoch; how many users they are of, curves do not tell.
fn metrics_at(curves: &Curves, kind: AnswerKind, epoch: f64) -> Metrics {
    let known = Metric::iter().filter_map(|metric| {
        let value = curves.value(Part::Valid, metric.name(), epoch)?;
        value.is_finite().then_some((metric, value))
    });
    known.fold(Metrics::new(kind, 0), |metrics, (metric, value)| {
        metrics.with(metric, value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::History;

    fn record(epoch: usize, ndcg: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            step: epoch * 10,
            train_loss: 3.0 - 0.5 * epoch as f64,
            valid_loss: 3.25,
            valid: Metrics::new(AnswerKind::Ranking, 0)
                .with(Metric::Ndcg10, ndcg)
                .with(Metric::Mrr, 0.125),
            is_best: true,
            lr: 1e-3,
            grad_norm: 0.75,
            kl: Some(1.5),
            reconstruction: Some(2.25),
            events_seen: Some(900.0 * epoch as f64),
            events_per_sec: 1234.5,
            train_secs: 2.0 * epoch as f64,
        }
    }

    #[test]
    fn an_epoch_comes_back_from_the_history_as_it_was_told() {
        let worse = EpochRecord {
            is_best: false,
            kl: None,
            reconstruction: None,
            events_seen: None,
            ..record(2, 0.25)
        };
        let told = vec![record(1, 0.5), worse, record(3, 0.75)];
        let points = told.iter().flat_map(EpochRecord::points).collect();
        let curves = Curves::of_history(&History { points });
        assert_eq!(EpochRecord::of_curves(&curves, AnswerKind::Ranking), told);
    }

    #[test]
    fn what_a_history_does_not_tell_is_no_number() {
        let judged = HistoryPlace {
            step: 10,
            epoch: 1,
            part: Part::Valid,
        };
        let points = judged.points([(LOSS, 4.0)]).collect();
        let curves = Curves::of_history(&History { points });
        let found = EpochRecord::of_curves(&curves, AnswerKind::Ranking);
        let [epoch] = found.as_slice() else {
            panic!("one epoch: {found:?}")
        };
        assert!(epoch.train_loss.is_nan() && epoch.train_secs.is_nan());
        assert_eq!((epoch.kl, epoch.is_best, epoch.step), (None, false, 10));
    }
}
