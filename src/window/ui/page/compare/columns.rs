//! What the table of runs shows in its columns, in which order, and what is best among all: worked
//! out when list, order or run A change, for all runs have to be looked at.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use strum::IntoEnumIterator as _;

use crate::ui::widget::run_words;
use seqscope_base::metric::{AnswerKind, Metric, Metrics};
use seqscope_engine::run::{Manifest, RunId, Summary, why_not_comparable};
use seqscope_model::baseline::ReferenceKind;

/// Column of the table of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
pub(super) enum RunColumn {
    Name,
    Family,
    Status,
    Valid,
    /// A headline metric on test, by its place.
    First,
    Second,
    Third,
    ToBeat,
    Optimum,
    Audit,
    Epochs,
    Time,
    Params,
    Device,
    #[default]
    Started,
}

impl RunColumn {
    /// The metric on test that it shows, of those of a kind of answers.
    pub(super) fn metric(self, kind: AnswerKind) -> Option<Metric> {
        let place = match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Third => 2,
            Self::Valid | Self::ToBeat => return Some(kind.primary()),
            _ => return None,
        };
        kind.headline().get(place).copied()
    }

    /// Header, what it means, width. Metrics are those of run A's kind of answers.
    pub(super) fn words(self, kind: AnswerKind) -> (&'static str, &'static str, f32) {
        let test = |width| {
            let title = self.metric(kind).map_or("", Metric::title);
            (
                title,
                "On test, all items ranked, best epoch's weights",
                width,
            )
        };
        match self {
            Self::Started => ("Started", "Start of the run, UTC", 112.0),
            Self::Name => ("Run", "Name of the experiment", 116.0),
            Self::Family => ("Model", "Family of the model", 80.0),
            Self::Status => (
                "Status",
                "How it stands, and why it may not be compared with run A",
                84.0,
            ),
            Self::Valid => (
                "Best on validation",
                "The metric that runs are chosen by, and in which epoch",
                120.0,
            ),
            Self::Epochs => ("Epochs", "Epochs finished", 54.0),
            Self::First => test(66.0),
            Self::Second | Self::Third => test(58.0),
            Self::ToBeat => (
                "To beat",
                "Test figure of the reference to beat: of items the windowed Markov chain",
                56.0,
            ),
            Self::Optimum => (
                "Best possible",
                "NDCG@10 that the rules of the synthetic world allow",
                88.0,
            ),
            Self::Audit => (
                "Audit",
                "Whether data and split leak from test into training",
                52.0,
            ),
            Self::Device => ("Device", "Where it was trained", 92.0),
            Self::Time => ("Time", "Training time, pauses left out", 94.0),
            Self::Params => ("Parameters", "Learnt numbers", 78.0),
        }
    }

    /// Returns what runs are ordered by: a number, or text; `None` comes last in either direction.
    ///
    /// A run of another kind of answers than the columns' has nothing to be ordered by in theirs.
    fn key(self, summary: &Summary, kind: AnswerKind) -> Option<SortKey> {
        let manifest = summary.manifest.as_ref()?;
        if self.is_metric() && manifest.experiment.answers() != kind {
            return None;
        }
        let test = |column: Self| manifest.test.as_ref()?.get(column.metric(kind)?);
        let number = |n: Option<f64>| n.filter(|n| n.is_finite()).map(SortKey::Number);
        match self {
            Self::Started => number(Some(manifest.started_secs as f64)),
            Self::Name => Some(SortKey::Text(manifest.experiment.name.to_lowercase())),
            Self::Family => Some(SortKey::Text(
                manifest.experiment.model.family().title().to_owned(),
            )),
            Self::Status => Some(SortKey::Text(run_words::status(&summary.status).to_owned())),
            Self::Valid => number(manifest.valid.as_ref().and_then(|m| m.primary().1)),
            Self::Epochs => number(Some(manifest.epochs as f64)),
            Self::First | Self::Second | Self::Third => number(test(self)),
            Self::ToBeat => number(to_beat(manifest)),
            Self::Optimum => number(manifest.optimum().map(|best| best.ndcg_at_10)),
            Self::Audit => manifest
                .data
                .audit_word()
                .map(|word| SortKey::Text(word.to_owned())),
            Self::Device => manifest
                .device
                .as_ref()
                .map(|d| SortKey::Text(d.name.to_lowercase())),
            Self::Time => number(Some(manifest.train_secs)),
            Self::Params => number(Some(manifest.n_params as f64)),
        }
    }

    /// The columns of a table: only worlds have rules that are known, and some kinds of answers
    /// have two metrics.
    fn shown(runs: &[Summary], kind: AnswerKind) -> Vec<Self> {
        let has_optimum = runs
            .iter()
            .any(|run| run.manifest.as_ref().is_some_and(|m| m.optimum().is_some()));
        Self::iter()
            .filter(|column| match column {
                Self::Optimum => has_optimum,
                Self::First | Self::Second | Self::Third => column.metric(kind).is_some(),
                _ => true,
            })
            .collect()
    }

    /// Whether the number is one that must not be compared across data.
    pub(super) fn is_metric(self) -> bool {
        matches!(
            self,
            Self::Valid | Self::First | Self::Second | Self::Third | Self::ToBeat | Self::Optimum
        )
    }
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum SortKey {
    Number(f64),
    Text(String),
}

pub(super) fn to_beat(manifest: &Manifest) -> Option<f64> {
    manifest
        .references_test
        .get(&ReferenceKind::to_beat(manifest.experiment.answers()))?
        .primary()
        .1
}

/// Order, columns and best numbers of all runs: kept until they, the order or run A change.
#[derive(Default)]
pub(super) struct WorkedOut {
    of: Option<SortedList>,
    pub(super) order: Vec<usize>,
    pub(super) columns: Vec<RunColumn>,
    /// The kind of answers that columns are of: that of run A, else of the first run.
    pub(super) kind: AnswerKind,
    pub(super) best: Best,
}

/// A list of runs in an order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortedList {
    /// Revision of the list.
    pub(super) revision: u64,
    pub(super) by: RunColumn,
    pub(super) is_falling: bool,
    /// Run A, beside which the others are shown.
    pub(super) primary: Option<RunId>,
}

impl WorkedOut {
    pub(super) fn refresh(&mut self, runs: &[Summary], primary: Option<&Manifest>, of: SortedList) {
        if self.of.as_ref() == Some(&of) {
            return;
        }
        self.kind = primary
            .or_else(|| runs.iter().find_map(|run| run.manifest.as_deref()))
            .map(|m| m.experiment.answers())
            .unwrap_or_default();
        self.order = order(runs, of.by, of.is_falling, self.kind);
        self.columns = RunColumn::shown(runs, self.kind);
        self.best = Best::among(runs, primary, self.kind);
        self.of = Some(of);
    }
}

/// Places in `runs` in the order wanted; what has no value comes last in either direction.
fn order(runs: &[Summary], by: RunColumn, is_falling: bool, kind: AnswerKind) -> Vec<usize> {
    let mut keyed: Vec<(Option<SortKey>, usize)> = runs
        .iter()
        .enumerate()
        .map(|(at, run)| (by.key(run, kind), at))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
            if is_falling { order.reverse() } else { order }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// The best test numbers among the runs that may be compared.
#[derive(Clone, Default)]
pub(super) struct Best(BTreeMap<Metric, f64>);

impl Best {
    /// Whether nothing better was found.
    pub(super) fn is_best(&self, metric: Metric, value: f64) -> bool {
        self.0
            .get(&metric)
            .is_some_and(|&best| !metric.is_better(best, value))
    }

    fn among(runs: &[Summary], primary: Option<&Manifest>, kind: AnswerKind) -> Self {
        let manifests = runs.iter().filter_map(|s| s.manifest.as_ref());
        let alike =
            manifests.filter(|m| primary.is_none_or(|p| why_not_comparable(p, m).is_none()));
        let mut best = BTreeMap::new();
        for (metric, value) in alike
            .filter_map(|m| m.test.as_ref())
            .filter(|m| m.kind == kind)
            .flat_map(Metrics::iter)
        {
            let best = best.entry(metric).or_insert(value);
            if metric.is_better(value, *best) {
                *best = value;
            }
        }
        Self(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_engine::run::RunStatus;

    #[test]
    fn a_run_without_a_value_comes_last_in_either_direction() {
        let damaged = |name: &str| Summary {
            id: RunId(name.to_owned()),
            status: RunStatus::Damaged(String::new()),
            manifest: None,
        };
        let runs = [damaged("a"), damaged("b")];
        for is_falling in [true, false] {
            assert_eq!(
                order(&runs, RunColumn::First, is_falling, AnswerKind::Ranking),
                [0, 1],
                "the order of the list stays"
            );
        }
    }
}
