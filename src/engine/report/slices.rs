//! Test results of runs by slice, the runs beside each other.

use super::{CellValue, ReportCell, ReportColumn, ReportTable};
use crate::run::{RunId, Slice, SliceBy};
use seqscope_base::metric::Metric;
use seqscope_base::spec::Entry;

/// One run's results by slice.
#[derive(Clone, Copy, Debug)]
pub struct SlicedRun<'a> {
    /// Name of the run.
    pub id: &'a RunId,
    /// Its slices; empty where it kept nothing to slice its results by.
    pub slices: &'a [Slice],
}

/// Each slice with its users and every run's value; `None` where no run has slices.
#[must_use]
pub fn by_slice(runs: &[SlicedRun<'_>], metric: Metric) -> Option<ReportTable> {
    let names = names(runs);
    if names.is_empty() {
        return None;
    }
    let first = [
        ReportColumn::words("by", "By"),
        ReportColumn::words("slice", "Slice"),
        ReportColumn::numbers("users", "Users"),
    ];
    let of_runs = runs.iter().flat_map(|run| run_columns(run.id));
    let of = match runs {
        [one] => format!(" of `{}`", one.id),
        _ => String::new(),
    };
    let title = format!("{}{of} on test by slice", metric.title());
    let mut table = ReportTable::new("slices", title, first.into_iter().chain(of_runs));
    for (by, name) in names {
        let found: Vec<Option<&Slice>> = runs
            .iter()
            .map(|run| {
                run.slices
                    .iter()
                    .find(|slice| slice.by == by && slice.name == name)
            })
            .collect();
        let n_users = found.iter().flatten().map(|slice| slice.n_users).max();
        let front: [ReportCell; 3] = [
            by.to_string().into(),
            slice_cell(by, name),
            n_users.map(CellValue::Count).into(),
        ];
        table.row(front.into_iter().chain(found.into_iter().flat_map(cells)));
    }
    table.notes = runs
        .iter()
        .filter(|run| run.slices.is_empty())
        .map(|run| kept_nothing(run.id))
        .collect();
    Some(table)
}

/// Name of a slice; behaviours, and names that a person gave, are of the data.
fn slice_cell(by: SliceBy, name: &str) -> ReportCell {
    let cell = ReportCell::from(name);
    let is_of_program = matches!(
        by,
        SliceBy::HistoryLength | SliceBy::Popularity | SliceBy::Warmth | SliceBy::Return
    );
    if is_of_program { cell } else { cell.of_data() }
}

/// Sentence about a run without slices.
#[must_use]
pub fn kept_nothing(id: &RunId) -> String {
    format!("`{id}` keeps nothing to slice its test results by; runs trained anew do.")
}

/// Value and interval of one run.
fn run_columns(id: &RunId) -> [ReportColumn; 2] {
    [
        ReportColumn::numbers(id.0.clone(), id.0.clone()).of_run(id),
        ReportColumn::intervals(format!("{id}_interval"), "Interval").detail(),
    ]
}

/// Slices that any run has, by their facts; within a fact in the order in which they are told.
fn names<'a>(runs: &[SlicedRun<'a>]) -> Vec<(SliceBy, &'a str)> {
    let mut names: Vec<(SliceBy, &str)> = Vec::new();
    for slice in runs.iter().flat_map(|run| run.slices) {
        if !names.contains(&(slice.by, &slice.name)) {
            names.push((slice.by, &slice.name));
        }
    }
    names.sort_by_key(|(by, _)| *by);
    names
}

fn cells(slice: Option<&Slice>) -> [ReportCell; 2] {
    [
        slice.map(|slice| CellValue::Metric(slice.value)).into(),
        slice
            .and_then(|slice| slice.interval)
            .map(CellValue::Interval)
            .into(),
    ]
}
