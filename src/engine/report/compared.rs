//! All that a comparison of runs found, as tables.

use super::{ReportTable, SlicedRun};
use super::{
    TrustedRun, settings_that_differ, tested_runs, trust_of_differences_table, trust_table,
};
use super::{
    against_references_table, by_metric, by_slice, by_user, group_metrics_table, group_tables,
    kept_nothing,
};
use crate::experiment::Difference;
use crate::run::{
    BesideReferences, Claim, Comparison, GroupedRuns, Manifest, MeasuredRun, RunId, Slice,
    order_is_worth,
};

/// Findings about some runs, in the order of the runs.
#[derive(Clone, Copy, Debug)]
pub struct ComparedRuns<'a> {
    /// Manifests of the runs.
    pub manifests: &'a [Manifest],
    /// The comparison by one metric; each run by itself where groups are compared.
    pub comparison: &'a Comparison,
    /// Groups of runs that differ in their seed alone, which are then compared in place of runs.
    pub groups: Option<&'a GroupedRuns>,
    /// Each run by every metric.
    pub measured: &'a [MeasuredRun],
    /// Runs beside their references, as far as that was asked for.
    pub references: &'a [BesideReferences],
    /// Claims that the references decide.
    pub claims: &'a [Claim],
    /// Slices of the runs; empty where they were not asked for.
    pub slices: &'a [Vec<Slice>],
    /// Settings that differ.
    pub differences: &'a [Difference],
    /// Each run with what its figures may be trusted with.
    pub trusted: &'a [TrustedRun],
    /// The runs after the first, each with what its difference from the first may be trusted with.
    pub trusted_differences: &'a [TrustedRun],
}

impl ComparedRuns<'_> {
    /// The tables: runs, comparison of runs or of groups, every metric, references of each run, slices, settings, trust of
    /// the runs and of their differences. What has nothing to show is told below the comparison.
    #[must_use]
    pub fn tables(&self) -> Vec<ReportTable> {
        let (mut compared, metrics) = match self.groups {
            None => {
                let mut table = by_user(self.comparison);
                table.notes.extend(self.order());
                (vec![table], by_metric(self.measured))
            }
            Some(groups) => (group_tables(groups), group_metrics_table(groups)),
        };
        let slices = self.slices();
        let more: Vec<ReportTable> = metrics
            .into_iter()
            .chain(self.references())
            .chain(slices)
            .chain(self.settings())
            .chain(self.trust())
            .collect();
        if let Some(first) = compared.first_mut() {
            first.notes.extend(self.nothing_to_show());
        }
        std::iter::once(tested_runs(self.manifests))
            .chain(compared)
            .chain(more)
            .collect()
    }

    /// Sentences on runs that differ from the first in the order of what they learnt alone.
    fn order(&self) -> Vec<String> {
        let Some((first, others)) = self.manifests.split_first() else {
            return Vec::new();
        };
        let said = |other: &Manifest| {
            let what = order_is_worth(first, other)?;
            Some(format!("`{}` and `{}` {what}.", first.id, other.id))
        };
        others.iter().filter_map(said).collect()
    }

    fn ids(&self) -> Vec<&RunId> {
        self.manifests.iter().map(|manifest| &manifest.id).collect()
    }

    fn sliced(&self) -> Vec<SlicedRun<'_>> {
        let runs = self.manifests.iter().zip(self.slices);
        runs.map(|(manifest, slices)| SlicedRun {
            id: &manifest.id,
            slices,
        })
        .collect()
    }

    fn slices(&self) -> Option<ReportTable> {
        by_slice(&self.sliced(), self.comparison.metric)
    }

    fn references(&self) -> impl Iterator<Item = ReportTable> {
        self.references.iter().filter_map(|run| {
            let rows = run.rows.as_ref()?;
            Some(against_references_table(&run.id, rows, self.claims))
        })
    }

    fn settings(&self) -> Option<ReportTable> {
        (!self.differences.is_empty()).then(|| settings_that_differ(&self.ids(), self.differences))
    }

    fn trust(&self) -> impl Iterator<Item = ReportTable> {
        let of_runs = (!self.trusted.is_empty()).then(|| trust_table(self.trusted));
        let first = self.trusted.first().map(|run| &run.id);
        let others = self.trusted_differences;
        let of_differences = first
            .filter(|_| !others.is_empty())
            .map(|first| trust_of_differences_table(first, others));
        of_runs.into_iter().chain(of_differences)
    }

    /// Sentences in the place of tables that would be empty.
    fn nothing_to_show(&self) -> Vec<String> {
        let without = self.references.iter().filter(|run| run.rows.is_none());
        let mut sentences: Vec<String> = without
            .map(|run| {
                format!(
                    "`{}` keeps no answers of its references by user, so it cannot be \
                     compared with them; once it has been tested, `--references=refit` fits them \
                     anew on its data.",
                    run.id
                )
            })
            .collect();
        let sliced = self.sliced();
        if sliced.iter().all(|run| run.slices.is_empty()) {
            sentences.extend(sliced.iter().map(|run| kept_nothing(run.id)));
        }
        if self.manifests.len() > 1 && self.differences.is_empty() {
            sentences.push("No setting differs.".to_owned());
        }
        sentences
    }
}
