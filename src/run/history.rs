//! The series of a run: one number a line, append-only.

use serde::{Deserialize, Serialize};

/// Which part of the data a number belongs to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Training events.
    Train,
    /// Validation questions.
    Valid,
    /// Test questions, read once.
    Test,
}

/// One number of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPoint {
    /// Optimiser steps done.
    pub step: usize,
    /// Epochs done, from 1; 0 before the first.
    pub epoch: usize,
    /// Part of the data.
    pub part: Part,
    /// `loss`, `ndcg@10`, `hr@10`, `mrr`, `lr`, `grad_norm`, `events_per_sec`, `kl`.
    pub metric: String,
    /// The number.
    pub value: f64,
}

/// All series of a run, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The points.
    pub points: Vec<HistoryPoint>,
}

impl History {
    /// One series as `(epoch, step, value)`.
    #[must_use]
    pub fn series(&self, part: Part, metric: &str) -> Vec<(usize, usize, f64)> {
        let wanted = |p: &&HistoryPoint| p.part == part && p.metric == metric;
        self.points.iter().filter(wanted).map(|p| (p.epoch, p.step, p.value)).collect()
    }
}
