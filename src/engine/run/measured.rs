//! Runs by several metrics at once: each by itself, against the first, and beside its references.

use super::contrast::{AgainstReference, Contrast, Measure, measures};
use super::{Comparison, Manifest, RunId, Tested};
use seqscope_base::metric::Metric;

/// One run by several metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRun {
    /// Name of the run.
    pub id: RunId,
    /// Each metric that its results tell.
    pub measures: Vec<Measure>,
    /// How it stands to the first run by each of them; the reason where the two must not be compared.
    /// `None` for the first run itself.
    pub against_first: Option<Result<Vec<Contrast>, String>>,
}

/// One run beside the references that ran with it.
#[derive(Clone, Debug, PartialEq)]
pub struct BesideReferences {
    /// Name of the run.
    pub id: RunId,
    /// The run against each reference by each metric; `None` where the run kept none of their
    /// answers.
    pub rows: Option<Vec<AgainstReference>>,
}

/// Runs of a comparison by every metric that was asked for, in the order of the comparison.
#[must_use]
pub fn measured(
    runs: &[Tested<'_>],
    comparison: &Comparison,
    metrics: &[Metric],
) -> Vec<MeasuredRun> {
    let compared = runs.iter().zip(&comparison.runs);
    compared
        .map(|(run, compared)| MeasuredRun {
            id: run.manifest.id.clone(),
            measures: measures(run.results, &own_metrics(run.manifest, metrics)),
            against_first: compared
                .against_first
                .as_ref()
                .map(|against| match against {
                    Err(why) if compared.contrasts.is_empty() => Err(why.clone()),
                    _ => Ok(compared.contrasts.clone()),
                }),
        })
        .collect()
}

/// Metrics by which a run is judged, among those that were asked for; its own, where none of them
/// belongs to its task.
#[must_use]
pub fn own_metrics(manifest: &Manifest, metrics: &[Metric]) -> Vec<Metric> {
    let kind = manifest.experiment.answers();
    let known: Vec<Metric> = metrics
        .iter()
        .copied()
        .filter(|metric| metric.kinds().contains(&kind))
        .collect();
    if known.is_empty() {
        kind.compared().to_vec()
    } else {
        known
    }
}
