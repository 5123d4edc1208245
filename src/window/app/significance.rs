//! How sure the differences between the ticked runs are: worked out on a thread, when a page asks.

use std::sync::Arc;

use super::job::sentence;
use super::slices::SliceTrial;
use super::{App, Loadable, RunSeries};
use seqscope_base::metric::Metric;
use seqscope_engine::report::{
    ReportTable, SliceBeside, SlicedRun, TrustedRun, against_references_table, beside_everyone,
    by_metric, by_slice, by_user, group_tables, trust_of_differences_table, trusted_differences,
    trusted_runs,
};
use seqscope_engine::run::{
    AgainstReference, Comparison, KeptSlice, ReferenceResults, RunId, Slice, Summary, Tested,
    UserMean, UserResult, against_references, compare, compare_groups, measured, slices,
};
use seqscope_engine::slice::{NamedRows, SliceMembers, named_rows, words_of_slice};

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
    /// Groups of runs that differ in their seed alone, and how they differ; none where there is no
    /// such group.
    pub groups: Vec<ReportTable>,
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
    /// Each run over the chosen slice and over everyone; `None` where everyone is looked at.
    pub beside: Option<ReportTable>,
}

/// Users whom a comparison is of, as run A has them.
struct SliceOfFirst {
    words: String,
    members: Arc<SliceMembers>,
    trial: SliceTrial,
}

/// Things that a comparison is made from.
struct ComparedSeries {
    series: Vec<Arc<RunSeries>>,
    all: Vec<Summary>,
    references: Option<ReferenceResults>,
    slice: Option<SliceOfFirst>,
    kept: Vec<KeptSlice>,
    /// Run A with its data, so that kept slices can be told.
    first: Option<SliceTrial>,
}

/// Things that a comparison was made of: the runs with the number of their test results, the list of
/// runs, and the slices.
pub(super) type SignificanceKey = (Vec<(RunId, usize)>, u64, u64);

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
        let of_slice = chosen.first().and_then(|run| self.slice_users(run));
        let is_slice_known = !matches!(of_slice, Some(Loadable::Loading(_) | Loadable::Idle));
        is_slice_known
            && !chosen.is_empty()
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
        (runs, self.runs.revision(), self.slices.all_revision())
    }

    /// The chosen slice as the first of these runs has it; why it cannot be told, or that nobody is
    /// in it.
    fn slice_of_first(&self, first: Option<&RunId>) -> Result<Option<SliceOfFirst>, String> {
        let (Some(words), Some(run)) = (self.slice_words(), first) else {
            return Ok(None);
        };
        let unknown = || "The users of the slice are not known for run A yet.".to_owned();
        let members = match self.slice_users(run) {
            Some(Loadable::Ready(members)) => Arc::clone(members),
            Some(Loadable::Failed(why)) => return Err(why.clone()),
            Some(Loadable::Loading(_) | Loadable::Idle) | None => return Err(unknown()),
        };
        if let Some(why) = &members.why_empty {
            return Err(why.clone());
        }
        let trial = self.trial_of(run).ok_or_else(unknown)?;
        Ok(Some(SliceOfFirst {
            words,
            members,
            trial,
        }))
    }

    pub(super) fn test_differences(&mut self) {
        let series: Vec<Arc<RunSeries>> = self
            .chosen_runs()
            .iter()
            .filter_map(|run| self.views.series(run).ready().cloned())
            .collect();
        let all: Vec<Summary> = self.runs.ready().cloned().unwrap_or_default();
        self.views.significance_of = Some(self.significance_key());
        // Run A itself may be one that cannot be read: then the next one is the first.
        let first = series.first().map(|series| series.manifest.id.clone());
        let slice = match self.slice_of_first(first.as_ref()) {
            Ok(slice) => slice,
            Err(why) => {
                self.views.significance = Loadable::Failed(why);
                return;
            }
        };
        self.views.significance = Loadable::Loading("Drawing users again and again".to_owned());
        let kept = self.slices.kept().to_vec();
        let of_first = first.as_ref().and_then(|run| self.trial_of(run));
        let store = self.runs.store.clone();
        self.jobs.start(
            "comparison",
            move || {
                let references = first
                    .map(|run| store.reference_results(&run))
                    .transpose()
                    .map_err(sentence)?
                    .flatten();
                Ok(Arc::new(significance(&ComparedSeries {
                    series,
                    all,
                    references,
                    slice,
                    kept,
                    first: of_first,
                })))
            },
            |app, found| app.views.significance = found.into(),
        );
    }
}

/// Answers of each run that are compared: those about the users of the slice, or all.
fn compared_results(of: &ComparedSeries) -> Vec<Vec<UserResult>> {
    let results = of.series.iter().map(|series| &series.test_results);
    let Some(slice) = &of.slice else {
        return results.cloned().collect();
    };
    let users = &slice.trial.prepared().dataset.users;
    results
        .map(|results| slice.members.answers_of(users, results))
        .collect()
}

fn significance(of: &ComparedSeries) -> Significance {
    let kind = of
        .series
        .first()
        .map(|series| series.manifest.experiment.answers())
        .unwrap_or_default();
    let metric = kind.by_user();
    let results = compared_results(of);
    let tested: Vec<Tested<'_>> = of
        .series
        .iter()
        .zip(&results)
        .map(|(of, results)| Tested {
            manifest: &of.manifest,
            results,
        })
        .collect();
    let comparison = compare(&tested, &of.all, metric, kind.compared());
    let mut sliced: Vec<Vec<Slice>> = results.iter().map(|of| slices(of, metric)).collect();
    let all: Vec<&[UserResult]> = results.iter().map(Vec::as_slice).collect();
    let named = of.first.as_ref().map_or_else(NamedRows::default, |first| {
        named_rows(&of.kept, &first.source(), &all, metric)
    });
    for (slices, more) in sliced.iter_mut().zip(named.of_runs) {
        slices.extend(more);
    }
    let first = tested.first().filter(|first| !first.results.is_empty());
    let kept = of.references.as_ref().map(|kept| match &of.slice {
        None => kept.clone(),
        Some(slice) => {
            let ids = slice.members.ids(&slice.trial.prepared().dataset.users);
            kept.of_users(|id| ids.contains(id))
        }
    });
    let references = first
        .zip(kept.as_ref())
        .map(|(run, kept)| against_references(run.results, kept, kind.compared()));
    let measured = measured(&tested, &comparison, kind.compared());
    let by_slices: Vec<SlicedRun<'_>> = tested
        .iter()
        .zip(&sliced)
        .map(|(run, slices)| SlicedRun {
            id: &run.manifest.id,
            slices,
        })
        .collect();
    let trusted = trusted_runs(&tested, &of.all);
    let trusted_differences = trusted_differences(&tested, &comparison, &trusted, &of.all);
    let beside = first.map(|run| run.manifest).zip(kept.as_ref());
    let grouped = compare_groups(&tested, beside, metric, kind.headline());
    let mut tables = SignificanceTables {
        groups: if grouped.has_seeds() {
            group_tables(&grouped)
        } else {
            Vec::new()
        },
        by_user: by_user(&comparison),
        by_metric: by_metric(&measured),
        references: first
            .zip(references.as_ref())
            .map(|(run, rows)| against_references_table(&run.manifest.id, rows, &[])),
        by_slice: by_slice(&by_slices, metric),
        trust: tested
            .first()
            .filter(|_| !trusted_differences.is_empty())
            .map(|first| trust_of_differences_table(&first.manifest.id, &trusted_differences)),
        beside: None,
    };
    if let Some(table) = &mut tables.by_slice {
        let slice = of.slice.as_ref();
        table.lead = slice.map_or_else(Vec::new, |it| words_of_slice(&it.words, &it.members));
        table.notes.extend(named.notes);
    }
    if let Some(slice) = &of.slice {
        tables.beside = Some(slice_beside(slice, &of.series, &results, metric));
    }
    Significance {
        comparison,
        slices: sliced,
        references,
        trusted_differences,
        tables,
    }
}

/// Each run over the users of the slice and over everyone.
fn slice_beside(
    slice: &SliceOfFirst,
    series: &[Arc<RunSeries>],
    results: &[Vec<UserResult>],
    metric: Metric,
) -> ReportTable {
    let runs: Vec<SliceBeside> = series
        .iter()
        .zip(results)
        .map(|(series, results)| SliceBeside {
            id: series.manifest.id.clone(),
            slice: UserMean::of_results(results, metric),
            everyone: UserMean::of_results(&series.test_results, metric),
        })
        .collect();
    let mut table = beside_everyone(&runs, metric);
    table.lead = words_of_slice(&slice.words, &slice.members);
    table
}
