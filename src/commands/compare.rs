//! `seqscope compare RUN…`: metrics side by side, how sure their differences from each other and
//! from the references are, and what differs in the settings.

use serde_json::{Value, json};
use strum::IntoEnumIterator as _;

use super::contrast::{BesideReferences, Measured};
use super::grouped::{GroupedSentences, of_runs};
use super::outcome::{
    ahead_json, ceiling_json, lists_json, metrics_json, protocol, sampled, sampled_json, seen_json,
    ties_json,
};
use super::table::{Align, TextTable, duration, metric};
use super::{Streams, contrast, significance};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_data::world::Ceiling;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::{Difference, differences};
use seqscope_engine::run::{
    Claim, Comparison, Manifest, Part, RunId, RunStore, Slice, Tested, against_references, compare,
    measures, slices, verdict, why_not_comparable,
};
use seqscope_engine::train::refit_references;
use seqscope_model::broken_weights;

/// Which runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(required = true, num_args = 1.., value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// Metric of the intervals and tests, such as hr@10; it must be a mean over users
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Also show each run's slices: by history length, popularity, behaviour, cold or warm (always
    /// shown for a single run)
    #[arg(long)]
    slices: bool,
    /// Also compare each run with its references, by HR@1 (accuracy), recall and NDCG, or by the
    /// metrics of its task (always done for a single run); `--references=refit` fits the references
    /// anew where an old run kept none of their answers
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "kept")]
    references: Option<WhichReferences>,
    /// Test the claim that a run beats its best reference by at least so many percent, such as
    /// hr@1=10 or recall@10=5; may be repeated
    #[arg(long = "claim", value_name = "METRIC=PERCENT")]
    claims: Vec<String>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// References whose answers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum WhichReferences {
    /// The answers that the run kept
    Kept,
    /// The answers that the run kept; where there are none, references fitted anew
    Refit,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    // Where each is: runs may lie in several folders.
    let mut places: Vec<(RunStore, RunId)> = Vec::new();
    for name in &args.names {
        let place = store.locate(name)?;
        // A run that is named twice stands for itself once: it is no second seed.
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let stores: Vec<&RunStore> = places.iter().map(|(store, _)| store).collect();
    let manifests = places
        .iter()
        .map(|(store, id)| store.manifest(id))
        .collect::<Result<Vec<_>, _>>()?;
    let metric = metric_of(args, &manifests)?;
    let claims = args
        .claims
        .iter()
        .map(|text| contrast::claim(text, answers(&manifests)))
        .collect::<Result<Vec<Claim>, Error>>()?;
    let found = found(args, &manifests, metric, &claims, &stores)?;
    let differences = differences(&manifests.iter().map(|m| &m.experiment).collect::<Vec<_>>());
    let doubts = doubts(&manifests);
    let damaged: Vec<String> = places
        .iter()
        .filter_map(|(store, id)| damaged(store, id))
        .collect();
    if args.json {
        let different: serde_json::Map<_, _> = differences
            .into_iter()
            .map(|d| (d.field, json!(d.values)))
            .collect();
        return streams.json(&json!({
            "runs": found.runs_json(&manifests),
            "differences": different,
            "not_comparable": doubts,
            "damaged_weights": damaged,
            "comparison": significance::json_of(&found.comparison),
            "metrics": contrast::measures_json(&found.measured),
            "references": found.references_json(&claims),
        }));
    }
    warn(&manifests, doubts.iter().chain(&damaged), streams)?;
    write_metrics(&manifests, streams)?;
    significance::write(&found.comparison, streams)?;
    contrast::write_measures(&found.measured, streams)?;
    for references in &found.references {
        contrast::write_references(references, &claims, streams)?;
    }
    for (manifest, slices) in manifests
        .iter()
        .zip(&found.slices)
        .filter(|_| args.slices || manifests.len() == 1)
    {
        significance::write_slices(&manifest.id, slices, metric, streams)?;
    }
    if manifests.len() < 2 {
        return Ok(());
    }
    write_differences(&manifests, &differences, streams)
}

fn warn<'a>(
    manifests: &[Manifest],
    doubts: impl Iterator<Item = &'a String>,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    let mut said = GroupedSentences::default();
    for manifest in manifests {
        let failed: Vec<String> = manifest
            .data
            .leaks()
            .map(|leak| format!("{} ({})", leak.check, leak.count))
            .collect();
        if !failed.is_empty() {
            said.add(
                &manifest.id.0,
                &format!("the split leaks: {}", failed.join(", ")),
            );
        }
    }
    for doubt in doubts {
        writeln!(streams.err, "warning: {doubt}")?;
    }
    // What was told of the runs themselves: a test split read twice, a model below the reference.
    for manifest in manifests {
        manifest
            .remarks()
            .for_each(|problem| said.add(&manifest.id.0, &problem.sentence));
    }
    for (sentence, runs) in said.all() {
        writeln!(
            streams.err,
            "warning: {}: {sentence}",
            of_runs(runs, manifests.len())
        )?;
    }
    Ok(())
}

/// Kind of answers that the first run gives: the others may be compared only where they give the
/// same.
fn answers(manifests: &[Manifest]) -> AnswerKind {
    manifests
        .first()
        .map(|first| first.experiment.answers())
        .unwrap_or_default()
}

/// The metric that was asked for, else the first run's own.
fn metric_of(args: &Args, manifests: &[Manifest]) -> Result<Metric, Error> {
    let kind = answers(manifests);
    let Some(name) = &args.metric else {
        return Ok(kind.by_user());
    };
    let known: Vec<Metric> = Metric::iter()
        .filter(|metric| metric.is_by_user() && metric.kinds().contains(&kind))
        .collect();
    known
        .iter()
        .copied()
        .find(|metric| metric.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|metric| metric.name()).collect();
            let hint = format!("known here: {}", names.join(", "));
            Error::edge(
                format!("`{name}` is no metric that is a mean over users of this task"),
                hint,
            )
        })
}

/// Comparisons of the test results of some runs.
struct ComparisonReport {
    /// Comparison by the one metric.
    comparison: Comparison,
    slices: Vec<Vec<Slice>>,
    /// Each run by every metric.
    measured: Vec<Measured>,
    references: Vec<BesideReferences>,
}

impl ComparisonReport {
    /// The runs with their slices.
    fn runs_json(&self, manifests: &[Manifest]) -> Vec<Value> {
        let mut runs: Vec<_> = manifests.iter().map(json_of).collect();
        for (run, slices) in runs.iter_mut().zip(&self.slices) {
            run["slices"] = significance::slices_json(slices);
        }
        runs
    }

    /// Each run beside its references.
    fn references_json(&self, claims: &[Claim]) -> Vec<Value> {
        self.references
            .iter()
            .map(|of| contrast::references_json(of, claims))
            .collect()
    }
}

/// The comparisons by user and each run's slices, from what the runs kept.
fn found(
    args: &Args,
    manifests: &[Manifest],
    metric: Metric,
    claims: &[Claim],
    stores: &[&RunStore],
) -> Result<ComparisonReport, Error> {
    let mut results = Vec::with_capacity(manifests.len());
    for (manifest, store) in manifests.iter().zip(stores) {
        results.push(store.results(&manifest.id, Part::Test)?.unwrap_or_default());
    }
    let tested: Vec<Tested<'_>> = manifests
        .iter()
        .zip(&results)
        .map(|(manifest, results)| Tested { manifest, results })
        .collect();
    let mut metrics = answers(manifests).compared().to_vec();
    for wanted in claims.iter().map(|claim| claim.metric).chain([metric]) {
        if !metrics.contains(&wanted) {
            metrics.push(wanted);
        }
    }
    let mut references = Vec::new();
    let is_asked_for = args.references.is_some() || !claims.is_empty() || manifests.len() == 1;
    let is_refitted = args.references == Some(WhichReferences::Refit);
    for (run, store) in tested.iter().zip(stores).filter(|_| is_asked_for) {
        let kept = match store.reference_results(&run.manifest.id)? {
            None if is_refitted && !run.results.is_empty() => {
                Some(refit_references(run.manifest, run.results)?)
            }
            kept => kept.filter(|_| !run.results.is_empty()),
        };
        let metrics = metrics_of(run.manifest, &metrics);
        let rows = kept.map(|kept| against_references(run.results, &kept, &metrics));
        references.push(BesideReferences {
            id: run.manifest.id.clone(),
            rows,
        });
    }
    let mut listed = Vec::new();
    for (at, store) in stores.iter().enumerate() {
        if !stores.iter().take(at).any(|before| before == store) {
            listed.extend(store.list()?);
        }
    }
    let comparison = compare(&tested, &listed, metric, &metrics);
    let measured = tested
        .iter()
        .zip(&comparison.runs)
        .map(|(run, compared)| Measured {
            id: run.manifest.id.clone(),
            measures: measures(run.results, &metrics_of(run.manifest, &metrics)),
            against_first: compared
                .against_first
                .as_ref()
                .map(|against| match against {
                    Err(why) if compared.contrasts.is_empty() => Err(why.clone()),
                    _ => Ok(compared.contrasts.clone()),
                }),
        });
    let measured = measured.collect();
    Ok(ComparisonReport {
        comparison,
        slices: results
            .iter()
            .map(|results| slices(results, metric))
            .collect(),
        measured,
        references,
    })
}

/// The metrics by which a run is judged, of those that were asked for; its own, where none of them
/// belongs to its task.
fn metrics_of(manifest: &Manifest, metrics: &[Metric]) -> Vec<Metric> {
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

/// Reasons why the numbers of these runs must not be compared with each other.
fn doubts(manifests: &[Manifest]) -> Vec<String> {
    let Some(first) = manifests.first() else {
        return Vec::new();
    };
    let mut said = GroupedSentences::default();
    for other in manifests.iter().skip(1) {
        if let Some(why) = why_not_comparable(first, other) {
            said.add(
                &format!("`{}`", other.id),
                &format!("not comparable with `{}`: {why}", first.id),
            );
        }
    }
    for manifest in manifests.iter().filter(|m| m.test.is_none()) {
        said.add(
            &format!("`{}`", manifest.id),
            "without test metrics: not trained to an end",
        );
    }
    said.all()
        .map(|(what, of)| {
            let is = if of.len() == 1 { "is" } else { "are" };
            format!("{} {is} {what}", of.join(", "))
        })
        .collect()
}

/// Says that the best weights of a run are no numbers any more: its figures were computed before.
fn damaged(store: &RunStore, id: &RunId) -> Option<String> {
    let broken = broken_weights(&store.best_weights(id))?;
    Some(format!(
        "the best weights of `{id}` are damaged: {broken}; its figures cannot be made again, so \
         train it anew"
    ))
}

fn write_metrics(manifests: &[Manifest], streams: &mut Streams<'_>) -> Result<(), Error> {
    let tested = manifests
        .iter()
        .filter_map(|manifest| manifest.test.as_ref().map(|test| (manifest, test)));
    let mut protocols: Vec<String> = tested.map(|(m, test)| protocol(m, test.n_users)).collect();
    protocols.dedup();
    match protocols.as_slice() {
        [] => {}
        [one] => writeln!(streams.out, "Test: {one}")?,
        _ => writeln!(
            streams.out,
            "Test: not of one protocol, so figures may be compared only where no warning says \
             otherwise"
        )?,
    }
    let mut of_seen: Vec<String> = manifests.iter().flat_map(Manifest::told_of_seen).collect();
    of_seen.dedup();
    for sentence in of_seen
        .iter()
        .filter(|_| manifests.len() == 1 || of_seen.len() <= 2)
    {
        writeln!(streams.out, "{sentence}")?;
    }
    let (left, right) = (Align::Left, Align::Right);
    let headline = headline(manifests);
    let metrics = headline.iter().map(|metric| (metric.title(), right));
    let columns = ["best epoch", "epochs", "time", "parameters"].map(|name| (name, right));
    let names = [("run", left), ("model", left)].into_iter();
    let mut table = TextTable::new(
        names
            .chain(metrics)
            .chain(columns)
            .chain([("audit", left), ("device", left)]),
    );
    for manifest in manifests {
        table.row(cells(manifest, headline));
        if let Some((words, metrics)) = sampled(manifest) {
            let values = headline.iter().map(|&of| metric(metrics.get(of)));
            table.row([String::new(), words].into_iter().chain(values));
        }
    }
    let mut optima: Vec<(&str, Ceiling)> = Vec::new();
    for found in manifests
        .iter()
        .filter_map(|m| Some((m.data.name.as_str(), m.optimum()?)))
    {
        if !optima.contains(&found) {
            optima.push(found);
        }
    }
    for (world, best) in optima {
        let [ndcg, hr] = [best.ndcg_at_10, best.hr_at_10].map(|value| metric(Some(value)));
        let said = [
            "best possible".to_owned(),
            format!("the rules of `{world}`"),
            ndcg,
            hr,
        ];
        table.row(said);
    }
    table.write(streams.out)?;
    write_sentences(manifests, streams)
}

/// What must be known beside the table: how many targets chance decided, and who is above a bound
/// that is an expectation.
fn write_sentences(manifests: &[Manifest], streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut ties: Vec<String> = manifests
        .iter()
        .filter_map(|m| Some(m.data.test_ties?.sentence()))
        .collect();
    ties.dedup();
    match ties.as_slice() {
        [one] => writeln!(streams.out, "{one}")?,
        _ => {
            for manifest in manifests {
                if let Some(ties) = manifest.data.test_ties {
                    writeln!(streams.out, "`{}`: {}", manifest.id, ties.sentence())?;
                }
            }
        }
    }
    for manifest in manifests {
        let of_references = manifest
            .test
            .as_ref()
            .and_then(|test| verdict(test, &manifest.references_test));
        for sentence in of_references.into_iter().chain(above_optimum(manifest)) {
            writeln!(streams.out, "`{}`: {sentence}", manifest.id)?;
        }
    }
    Ok(())
}

/// Sentence about a run above a world's best possible score.
fn above_optimum(manifest: &Manifest) -> Option<String> {
    manifest.optimum()?.above(manifest.test.as_ref()?)
}

/// The metrics that the first run is judged by.
fn headline(manifests: &[Manifest]) -> &'static [Metric] {
    answers(manifests).headline()
}

fn cells(manifest: &Manifest, headline: &[Metric]) -> impl Iterator<Item = String> {
    let values = headline
        .iter()
        .map(|&of| metric(manifest.test.as_ref().and_then(|test| test.get(of))));
    let names = [
        manifest.id.0.clone(),
        manifest.experiment.model.family().title().to_owned(),
    ];
    let rest = [
        manifest
            .best_epoch
            .map_or_else(|| "–".to_owned(), |epoch| epoch.to_string()),
        manifest.epochs.to_string(),
        duration(manifest.train_secs),
        super::table::count(manifest.n_params),
        manifest.data.audit_word().unwrap_or("–").to_owned(),
        manifest
            .device
            .as_ref()
            .map(|device| device.name.clone())
            .unwrap_or_default(),
    ];
    names.into_iter().chain(values).chain(rest)
}

fn write_differences(
    manifests: &[Manifest],
    differences: &[Difference],
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    if differences.is_empty() {
        writeln!(streams.out, "\nNo setting differs.")?;
        return Ok(());
    }
    writeln!(streams.out, "\nSettings that differ:")?;
    let runs = manifests.iter().map(|m| (m.id.0.as_str(), Align::Left));
    let mut table = TextTable::new([("", Align::Left)].into_iter().chain(runs));
    for difference in differences {
        let values = difference
            .values
            .iter()
            .map(|value| value.clone().unwrap_or_else(|| "–".to_owned()));
        table.row([difference.field.clone()].into_iter().chain(values));
    }
    Ok(table.write(streams.out)?)
}

fn json_of(manifest: &Manifest) -> serde_json::Value {
    json!({
        "run": manifest.id.0,
        "model": manifest.experiment.model.family().title(),
        "valid": manifest.valid.as_ref().map(metrics_json),
        "test": manifest.test.as_ref().map(metrics_json),
        "test_sampled": manifest.test_sampled.as_ref().map(|sampled| sampled_json(manifest, sampled)),
        "lists": manifest.test.as_ref().map(lists_json),
        "optimum": manifest.optimum().as_ref().map(ceiling_json),
        "above_optimum": above_optimum(manifest),
        "references_ahead": manifest.test.as_ref().map(|test| ahead_json(test, &manifest.references_test)),
        "test_ties": manifest.data.test_ties.as_ref().map(ties_json),
        "diverged_epoch": manifest.diverged_epoch,
        "seen": seen_json(manifest),
        "audit": super::audit::json(&manifest.data.audit),
        "best_epoch": manifest.best_epoch,
        "epochs": manifest.epochs,
        "seconds": manifest.train_secs,
        "parameters": manifest.n_params,
        "device": manifest.device.as_ref().map(|device| device.name.clone()),
    })
}
