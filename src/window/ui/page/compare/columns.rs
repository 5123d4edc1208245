//! What the table of runs shows in its columns, in which order, and what is best among all: worked
//! out when list, order or run A change, for all runs have to be looked at.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::app::RunList;
use seqscope_base::metric::{AnswerKind, Metric, Metrics};
use seqscope_engine::report::{RunField, SortKey};
use seqscope_engine::run::{Manifest, RunId, Summary, why_not_comparable};

/// Fields in the order of the columns.
const FIELDS: [RunField; 16] = [
    RunField::Name,
    RunField::Family,
    RunField::Status,
    RunField::Valid,
    RunField::BestEpoch,
    RunField::First,
    RunField::Second,
    RunField::Third,
    RunField::ToBeat,
    RunField::Optimum,
    RunField::Audit,
    RunField::Epochs,
    RunField::Time,
    RunField::Params,
    RunField::Device,
    RunField::Started,
];

/// Width of a column at first.
pub(super) fn width(field: RunField) -> f32 {
    match field {
        RunField::Run | RunField::Name | RunField::Label | RunField::Tags => 116.0,
        RunField::Family => 80.0,
        RunField::Status => 84.0,
        RunField::Valid => 128.0,
        RunField::BestEpoch => 76.0,
        RunField::First | RunField::Second | RunField::Third => 74.0,
        RunField::ToBeat | RunField::Audit => 56.0,
        RunField::Optimum | RunField::Device | RunField::Note => 92.0,
        RunField::Epochs => 54.0,
        RunField::Time => 94.0,
        RunField::Params => 82.0,
        RunField::Started => 118.0,
    }
}

/// The columns of a table: only worlds have rules that are known, and some kinds of answers have two
/// metrics.
fn shown(runs: &[Summary], kind: AnswerKind) -> Vec<RunField> {
    let has_optimum = runs
        .iter()
        .any(|run| run.manifest.as_ref().is_some_and(|m| m.optimum().is_some()));
    let fields = FIELDS.into_iter();
    fields
        .filter(|field| field.is_known_of(kind) && (*field != RunField::Optimum || has_optimum))
        .collect()
}

/// Order, columns and best numbers of all runs: kept until they, the order or run A change.
#[derive(Default)]
pub(super) struct WorkedOut {
    of: Option<SortedList>,
    pub(super) order: Vec<usize>,
    pub(super) columns: Vec<RunField>,
    /// The kind of answers that columns are of: that of run A, else of the first run.
    pub(super) kind: AnswerKind,
    pub(super) best: Best,
}

/// A list of runs in an order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortedList {
    /// Revision of the list.
    pub(super) revision: u64,
    pub(super) by: RunField,
    pub(super) is_falling: bool,
    /// Run A, beside which the others are shown.
    pub(super) primary: Option<RunId>,
}

impl WorkedOut {
    /// Works all out anew where something has changed. Runs that were put away stand in the table
    /// only where they are shown in lists.
    pub(super) fn refresh(
        &mut self,
        list: &RunList,
        runs: &[Summary],
        primary: Option<&Manifest>,
        of: SortedList,
    ) {
        if self.of.as_ref() == Some(&of) {
            return;
        }
        self.kind = primary
            .or_else(|| runs.iter().find_map(|run| run.manifest.as_deref()))
            .map(|m| m.experiment.answers())
            .unwrap_or_default();
        self.order = order(runs, of.by, of.is_falling, self.kind);
        let is_shown = |at: &usize| runs.get(*at).is_some_and(|run| list.is_shown(run));
        self.order.retain(is_shown);
        self.columns = shown(runs, self.kind);
        self.best = Best::among(runs, primary, self.kind);
        self.of = Some(of);
    }
}

/// Places in `runs` in the order wanted; what has no value comes last in either direction.
fn order(runs: &[Summary], by: RunField, is_falling: bool, kind: AnswerKind) -> Vec<usize> {
    let mut keyed: Vec<(Option<SortKey>, usize)> = runs
        .iter()
        .enumerate()
        .map(|(at, run)| (by.cell(run, kind).value.sort_key(), at))
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
            about: seqscope_engine::run::AboutRun::default(),
        };
        let runs = [damaged("a"), damaged("b")];
        for is_falling in [true, false] {
            assert_eq!(
                order(&runs, RunField::First, is_falling, AnswerKind::Ranking),
                [0, 1],
                "the order of the list stays"
            );
        }
    }
}
