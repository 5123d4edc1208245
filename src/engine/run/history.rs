//! The series of a run: one number a line, append-only.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RunError;
use seqscope_base::metric::Metrics;
use seqscope_base::spec::Entry;

/// Part of the data that a number belongs to.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
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
    /// `loss` and the names of [`seqscope_base::metric::Metric`]; for training also `lr`,
    /// `grad_norm`, `kl`, `reconstruction`, `events` (events answered since the start), `events_per_sec` and `secs`
    /// (training time since the start); for validation of a variational model `kl` and `active_units`, and at its end
    /// `ndcg@10_own_latent` and `ndcg@10_other_latent`.
    pub metric: String,
    /// The number.
    pub value: f64,
}

/// Place in a run to which some numbers belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPlace {
    /// Optimiser steps done.
    pub step: usize,
    /// Epochs done, from 1; 0 before the first.
    pub epoch: usize,
    /// Part of the data.
    pub part: Part,
}

impl HistoryPlace {
    /// Numbers by their names, as points of a history.
    pub fn points(
        self,
        numbers: impl IntoIterator<Item = (&'static str, f64)>,
    ) -> impl Iterator<Item = HistoryPoint> {
        let Self { step, epoch, part } = self;
        numbers
            .into_iter()
            .map(move |(metric, value)| HistoryPoint {
                step,
                epoch,
                part,
                metric: metric.to_owned(),
                value,
            })
    }

    /// The loss of answers and their metrics, as points of a history.
    pub fn judged(self, loss: f64, metrics: &Metrics) -> impl Iterator<Item = HistoryPoint> {
        let named = metrics.iter().map(|(metric, value)| (metric.name(), value));
        let numbers: Vec<(&'static str, f64)> = [("loss", loss)].into_iter().chain(named).collect();
        self.points(numbers)
    }
}

/// All series of a run, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The points.
    pub points: Vec<HistoryPoint>,
}

/// Name of the number of training events answered so far.
pub(super) const EVENTS: &str = "events";

/// First line of the file.
const HEADER: &str = "step,epoch,split,metric,value\n";

impl History {
    /// One series as `(epoch, step, value)`.
    #[must_use]
    pub fn series(&self, part: Part, metric: &str) -> Vec<(usize, usize, f64)> {
        self.points
            .iter()
            .filter(|p| p.part == part && p.metric == metric)
            .map(|p| (p.epoch, p.step, p.value))
            .collect()
    }

    /// Training events answered until the end of an epoch; `None` where the run did not count them.
    #[must_use]
    pub fn events_seen(&self, epoch: usize) -> Option<f64> {
        let counted = self.series(Part::Train, EVENTS).into_iter();
        counted
            .rev()
            .find(|(of, ..)| *of == epoch)
            .map(|(.., events)| events)
    }

    /// The whole file. Numbers are written with as many digits as bring back the same bits.
    pub(super) fn to_text(&self) -> String {
        format!("{HEADER}{}", lines(&self.points))
    }

    /// Reads the file. What a cut-off write left at the end (a line without its end, or one that
    /// cannot be read) is passed over; damage before that is an error.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, RunError> {
        let damaged = |line: usize, reason: &str| RunError::Damaged {
            path: path.to_owned(),
            reason: format!("line {line}: {reason}; delete that line to read the rest"),
        };
        let whole_lines = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut points = Vec::new();
        let mut lines = whole_lines.lines().enumerate().skip(1).peekable();
        while let Some((at, line)) = lines.next() {
            match point(line) {
                Some(point) => points.push(point),
                None if lines.peek().is_none() => break,
                None => return Err(damaged(at + 1, "expected step,epoch,split,metric,value")),
            }
        }
        Ok(Self { points })
    }
}

/// The lines of some points.
pub(super) fn lines(points: &[HistoryPoint]) -> String {
    points.iter().fold(String::new(), |mut text, p| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{}",
            p.step, p.epoch, p.part, p.metric, p.value
        );
        text
    })
}

fn point(line: &str) -> Option<HistoryPoint> {
    let mut fields = line.split(',');
    let point = HistoryPoint {
        step: fields.next()?.parse().ok()?,
        epoch: fields.next()?.parse().ok()?,
        part: fields.next()?.parse().ok()?,
        metric: fields.next().filter(|m| !m.is_empty())?.to_owned(),
        value: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(point)
}
