//! How sure the differences between the ticked runs are: worked out on a thread, when a page asks.

use std::sync::Arc;

use super::job::sentence;
use super::{App, Loadable, RunSeries};
use seqscope_engine::report::{
    ReportTable, SlicedRun, TrustedRun, against_references_table, by_metric, by_slice, by_user,
    trust_of_differences_table, trusted_differences, trusted_runs,
};
use seqscope_engine::run::{
    AgainstReference, Comparison, ReferenceResults, RunId, Slice, Summary, Tested,
    against_references, compare, measured, slices,
};

/// Runs compared with the first of them, and the slices of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Significance {
    /// Intervals, tests, seeds, trials.
    pub comparison: Comparison,
    /// Test results of each run by slice, in the order of the runs.
    pub slices: Vec<Vec<Slice>>,
    /// The first run against the references that ran beside it; `None` where it kept none of their
    /// answers.
    pub references: Option<Vec<AgainstReference>>,
    /// The runs after the first, each with what its difference from the first may be trusted with.
    pub trusted_differences: Vec<TrustedRun>,
    /// All of it as tables.
    pub tables: SignificanceTables,
}

/// The findings as they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignificanceTables {
    /// The runs by the metric of the comparison.
    pub by_user: ReportTable,
    /// The runs by every metric; `None` where they tell none.
    pub by_metric: Option<ReportTable>,
    /// The first run against its references.
    pub references: Option<ReportTable>,
    /// The runs by slice; `None` where they have none.
    pub by_slice: Option<ReportTable>,
    /// What the differences may be trusted with; `None` of one run.
    pub trust: Option<ReportTable>,
}

/// Things that a comparison was made of: the runs with the number of their test results, and the
/// list of runs.
pub(super) type SignificanceKey = (Vec<(RunId, usize)>, u64);

impl App {
    /// The comparison of run A with the ticked runs, and of run B.
    #[must_use]
    pub fn significance(&self) -> &Loadable<Arc<Significance>> {
        &self.views.significance
    }

    /// Whether the comparison is not that of the runs now chosen, all of which have been read.
    #[must_use]
    pub fn significance_is_due(&self) -> bool {
        if self.views.significance.is_loading() {
            return false;
        }
        let chosen = self.chosen_runs();
        !chosen.is_empty()
            && chosen.iter().all(|run| {
                !matches!(
                    self.views.series(run),
                    Loadable::Idle | Loadable::Loading(_)
                )
            })
            && self.views.significance_of != Some(self.significance_key())
    }

    /// Run A, then the ticked ones, then run B.
    fn chosen_runs(&self) -> Vec<RunId> {
        let mut chosen: Vec<RunId> = Vec::new();
        for run in self.selection.runs() {
            if !chosen.contains(run) {
                chosen.push(run.clone());
            }
        }
        chosen
    }

    fn significance_key(&self) -> SignificanceKey {
        let n_results = |run: &RunId| {
            self.views
                .series(run)
                .ready()
                .map_or(0, |series| series.test_results.len())
        };
        let runs = self
            .chosen_runs()
            .into_iter()
            .map(|run| (run.clone(), n_results(&run)))
            .collect();
        (runs, self.runs.revision())
    }

    pub(super) fn test_differences(&mut self) {
        let series: Vec<Arc<RunSeries>> = self
            .chosen_runs()
            .iter()
            .filter_map(|run| self.views.series(run).ready().cloned())
            .collect();
        let all: Vec<Summary> = self.runs.ready().cloned().unwrap_or_default();
        self.views.significance_of = Some(self.significance_key());
        self.views.significance = Loadable::Loading("Drawing users again and again".to_owned());
        // Run A itself may be one that cannot be read: then the next one is the first.
        let first = series.first().map(|series| series.manifest.id.clone());
        let store = self.runs.store.clone();
        self.jobs.start(
            "comparison",
            move || {
                let references = first
                    .map(|run| store.reference_results(&run))
                    .transpose()
                    .map_err(sentence)?
                    .flatten();
                Ok(Arc::new(significance(&series, &all, references.as_ref())))
            },
            |app, found| app.views.significance = found.into(),
        );
    }
}

fn significance(
    series: &[Arc<RunSeries>],
    all: &[Summary],
    references: Option<&ReferenceResults>,
) -> Significance {
    let kind = series
        .first()
        .map(|series| series.manifest.experiment.answers())
        .unwrap_or_default();
    let metric = kind.by_user();
    let tested: Vec<Tested<'_>> = series
        .iter()
        .map(|of| Tested {
            manifest: &of.manifest,
            results: &of.test_results,
        })
        .collect();
    let comparison = compare(&tested, all, metric, kind.compared());
    let slices: Vec<Vec<Slice>> = series
        .iter()
        .map(|of| slices(&of.test_results, metric))
        .collect();
    let first = tested.first().filter(|first| !first.results.is_empty());
    let references = first
        .zip(references)
        .map(|(run, kept)| against_references(run.results, kept, kind.compared()));
    let measured = measured(&tested, &comparison, kind.compared());
    let sliced: Vec<SlicedRun<'_>> = tested
        .iter()
        .zip(&slices)
        .map(|(run, slices)| SlicedRun {
            id: &run.manifest.id,
            slices,
        })
        .collect();
    let trusted = trusted_runs(&tested, all);
    let trusted_differences = trusted_differences(&tested, &comparison, &trusted, all);
    let tables = SignificanceTables {
        by_user: by_user(&comparison),
        by_metric: by_metric(&measured),
        references: first
            .zip(references.as_ref())
            .map(|(run, rows)| against_references_table(&run.manifest.id, rows, &[])),
        by_slice: by_slice(&sliced, metric),
        trust: tested
            .first()
            .filter(|_| !trusted_differences.is_empty())
            .map(|first| trust_of_differences_table(&first.manifest.id, &trusted_differences)),
    };
    Significance {
        comparison,
        slices,
        references,
        trusted_differences,
        tables,
    }
}
