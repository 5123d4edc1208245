//! What stands beside the runs of a comparison: their references, and the groups of their seeds.

use super::compare_slice::FirstRun;
use seqscope_base::metric::Metric;
use seqscope_engine::error::Error;
use seqscope_engine::run::{
    BesideReferences, GroupedRuns, Part, RunStore, Tested, against_references, compare_groups,
    own_metrics,
};
use seqscope_engine::train::refit_references;

/// Each run beside its references, as far as it kept their answers.
pub(super) fn beside_references(
    is_refitted: bool,
    tested: &[Tested<'_>],
    stores: &[&RunStore],
    first: Option<&FirstRun>,
    metrics: &[Metric],
) -> Result<Vec<BesideReferences>, Error> {
    let mut references = Vec::new();
    for (run, store) in tested.iter().zip(stores) {
        let kept = match store.reference_results(&run.manifest.id)? {
            None if is_refitted && !run.results.is_empty() => {
                // They are fitted and asked as they were, of everyone.
                let all = store.results(&run.manifest.id, Part::Test)?;
                Some(refit_references(run.manifest, &all.unwrap_or_default())?)
            }
            kept => kept.filter(|_| !run.results.is_empty()),
        };
        let kept = kept.map(|kept| match first {
            Some(first) => first.references_of(kept),
            None => kept,
        });
        let metrics = own_metrics(run.manifest, metrics);
        let rows = kept.map(|kept| against_references(run.results, &kept, &metrics));
        references.push(BesideReferences {
            id: run.manifest.id.clone(),
            rows,
        });
    }
    Ok(references)
}

/// Groups of the runs, beside the references of the first run that kept their answers.
pub(super) fn grouped(
    tested: &[Tested<'_>],
    stores: &[&RunStore],
    first: Option<&FirstRun>,
    metric: Metric,
    metrics: &[Metric],
) -> Result<GroupedRuns, Error> {
    for (run, store) in tested.iter().zip(stores) {
        let kept = store.reference_results(&run.manifest.id)?;
        let Some(kept) = kept.filter(|_| !run.results.is_empty()) else {
            continue;
        };
        let kept = match first {
            Some(first) => first.references_of(kept),
            None => kept,
        };
        return Ok(compare_groups(
            tested,
            Some((run.manifest, &kept)),
            metric,
            metrics,
        ));
    }
    Ok(compare_groups(tested, None, metric, metrics))
}
