//! `seqscope compare RUN…`: metrics side by side, how sure their differences from each other and
//! from the references are, and what differs in the settings.

use clap::ValueEnum as _;
use serde_json::{Value, json};
use strum::IntoEnumIterator as _;

use super::agreement::{self, RunPlace, UserArgs};
use super::compare_beside::{beside_references, grouped};
use super::compare_slice::FirstRun;
use super::format::{TableFormat, write_tables};
use super::grouped::{GroupedSentences, of_runs};
use super::outcome::{
    ahead_json, ceiling_json, lists_json, metrics_json, sampled_json, seen_json, ties_json,
};
use super::slice_args::SliceArgs;
use super::{Streams, contrast, significance};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Difference;
use seqscope_engine::report::{
    ComparedRuns, ReportTable, TrustedRun, trusted_differences, trusted_runs,
};
use seqscope_engine::run::{
    BesideReferences, Claim, Comparison, GroupedRuns, Manifest, MeasuredRun, Part, RunId, RunStore,
    Slice, Tested, TrustBadge, UserResult, compare, differ_by_seed_alone, each_alone, measured,
    run_differences, slices, why_not_comparable,
};
use seqscope_engine::slice::NamedRows;
use seqscope_model::broken_weights;

/// Which runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(required = true, num_args = 1.., value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// Metric of the intervals and tests, such as hr@10; it must be a mean over users
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Compare each run by itself with the first; without it runs that differ in their seed alone
    /// are one group, and groups are compared with each other
    #[arg(long)]
    each: bool,
    /// Also show each run's slices: by history length, popularity, behaviour, cold or warm (always
    /// shown for a single run), and those that are kept beside the runs
    #[arg(long)]
    slices: bool,
    #[command(flatten)]
    slice: SliceArgs,
    /// Also compare each run with its references, by HR@1 (accuracy), recall and NDCG, or by the
    /// metrics of its task (always done for a single run); `--references=refit` fits the references
    /// anew where an old run kept none of their answers
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "kept")]
    references: Option<WhichReferences>,
    /// Test the claim that a run beats its best reference by at least so many percent, such as
    /// hr@1=10 or recall@10=5; may be repeated
    #[arg(long = "claim", value_name = "METRIC=PERCENT")]
    claims: Vec<String>,
    /// Print only these tables
    #[arg(long = "table", value_name = "TABLE", value_delimiter = ',')]
    tables: Vec<ComparedTable>,
    /// Form of the tables; `json` is what --json prints
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
    /// Print one JSON object instead of tables
    #[arg(long, conflicts_with_all = ["format", "tables"])]
    json: bool,
    #[command(flatten)]
    users: UserArgs,
}

/// Tables of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ComparedTable {
    /// Test metrics, epochs, time
    Runs,
    /// The one metric by user: intervals, gains, tests; of groups both of their tables
    Comparison,
    /// Groups of seeds and their references
    Groups,
    /// How groups differ
    Pairs,
    /// Every metric
    Metrics,
    /// Each run against its references
    References,
    /// Results by slice
    Slices,
    /// Settings that differ
    Settings,
    /// What the figures may be trusted with
    Trust,
}

impl ComparedTable {
    fn is(self, table: &ReportTable) -> bool {
        let name = self.to_possible_value();
        name.is_some_and(|value| {
            value.get_name() == table.key
                || self == Self::Trust && table.key == "trust-differences"
                || self == Self::Comparison && ["groups", "pairs"].contains(&table.key.as_str())
        })
    }
}

impl Args {
    /// What another command asks of some runs.
    pub(super) fn asking(
        names: &[String],
        metric: Option<&str>,
        slice: &SliceArgs,
        tables: &[ComparedTable],
    ) -> Self {
        Self {
            names: names.to_vec(),
            metric: metric.map(str::to_owned),
            each: true,
            slices: false,
            slice: slice.clone(),
            references: None,
            claims: Vec::new(),
            tables: tables.to_vec(),
            format: TableFormat::default(),
            json: false,
            users: UserArgs::default(),
        }
    }

    /// Asks for slices and references, too.
    pub(super) fn ask_all(&mut self) {
        self.slices = true;
        self.references = Some(WhichReferences::Kept);
    }

    fn form(&self) -> TableFormat {
        if self.json {
            TableFormat::Json
        } else {
            self.format
        }
    }

    /// Whether a table is wanted by its name, or for another reason.
    fn is_asked_for(&self, table: ComparedTable, otherwise: bool) -> bool {
        otherwise || self.tables.contains(&table)
    }
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
    if args.users.are_wanted()? {
        return users(args, store, streams);
    }
    let of_runs = FoundOfRuns::of(args, store)?;
    let doubts = of_runs.doubts();
    let damaged = of_runs.damaged();
    let manifests = &of_runs.manifests;
    let found = &of_runs.found;
    if args.form() == TableFormat::Json {
        let claims = &of_runs.claims;
        let mut all = found.json(manifests, claims, &of_runs.differences(), &doubts, &damaged);
        if let Some(slice) = of_runs.first.as_ref().and_then(FirstRun::json) {
            all["slice"] = slice;
        }
        return streams.json(&all);
    }
    warn(manifests, doubts.iter().chain(&damaged), streams)?;
    write_tables(&of_runs.tables(args), args.form(), streams)
}

/// The users whom both of two runs were tested on.
fn users(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let places = places(&args.names, store)?;
    let manifests = manifests(&places)?;
    let stores: Vec<&RunStore> = places.iter().map(|(store, _)| store).collect();
    let first = FirstRun::open(&args.slice, false, &stores, &manifests)?;
    let of = first.as_ref();
    agreement::run(&args.users, args.form(), &places, &manifests, of, streams)
}

/// Where each of the named runs is: they may lie in several folders.
pub(super) fn places(names: &[String], store: &RunStore) -> Result<Vec<RunPlace>, Error> {
    let mut places: Vec<RunPlace> = Vec::new();
    for name in names {
        let place = store.locate(name)?;
        // A run that is named twice stands for itself once: it is no second seed.
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

pub(super) fn manifests(places: &[RunPlace]) -> Result<Vec<Manifest>, Error> {
    let read = places.iter().map(|(store, id)| store.manifest(id));
    Ok(read.collect::<Result<Vec<_>, _>>()?)
}

/// Runs that were named, with all that was found of them.
pub(super) struct FoundOfRuns {
    places: Vec<RunPlace>,
    pub(super) manifests: Vec<Manifest>,
    pub(super) metric: Metric,
    claims: Vec<Claim>,
    first: Option<FirstRun>,
    pub(super) found: Findings,
}

impl FoundOfRuns {
    pub(super) fn of(args: &Args, store: &RunStore) -> Result<Self, Error> {
        let places = places(&args.names, store)?;
        let stores: Vec<&RunStore> = places.iter().map(|(store, _)| store).collect();
        let manifests = manifests(&places)?;
        let metric = metric_of(args, &manifests)?;
        let claims = args
            .claims
            .iter()
            .map(|text| contrast::claim(text, answers(&manifests)))
            .collect::<Result<Vec<Claim>, Error>>()?;
        let first = FirstRun::open(
            &args.slice,
            args.is_asked_for(ComparedTable::Slices, args.slices),
            &stores,
            &manifests,
        )?;
        let found = found(args, &manifests, metric, &claims, &stores, first.as_ref())?;
        Ok(Self {
            places,
            manifests,
            metric,
            claims,
            first,
            found,
        })
    }

    fn differences(&self) -> Vec<Difference> {
        run_differences(&self.manifests.iter().collect::<Vec<_>>())
    }

    /// Reasons why the figures must not be compared.
    pub(super) fn doubts(&self) -> Vec<String> {
        doubts(&self.manifests)
    }

    /// Sentences about runs whose weights are damaged.
    fn damaged(&self) -> Vec<String> {
        let places = self.places.iter();
        places
            .filter_map(|(store, id)| damaged(store, id))
            .collect()
    }

    /// The tables that were asked for.
    pub(super) fn tables(&self, args: &Args) -> Vec<ReportTable> {
        let (manifests, found) = (&self.manifests, &self.found);
        let is_sliced =
            args.is_asked_for(ComparedTable::Slices, args.slices || manifests.len() == 1);
        let differences = self.differences();
        let report = ComparedRuns {
            manifests,
            comparison: &found.comparison,
            groups: found.groups.as_ref(),
            measured: &found.measured,
            references: &found.references,
            claims: &self.claims,
            slices: if is_sliced { &found.slices } else { &[] },
            differences: if manifests.len() > 1 {
                &differences
            } else {
                &[]
            },
            trusted: &found.trusted,
            trusted_differences: &found.trusted_differences,
        };
        let mut tables = report.tables();
        for table in &mut tables {
            let words = self.first.as_ref().map_or_else(Vec::new, FirstRun::words);
            // Of these the figures are of everyone, or of none.
            if !["runs", "settings", "trust"].contains(&table.key.as_str()) {
                table.lead.splice(0..0, words);
            }
            if table.key == "slices" {
                table.notes.extend(found.slice_notes.iter().cloned());
            }
        }
        if !args.tables.is_empty() {
            tables.retain(|table| args.tables.iter().any(|wanted| wanted.is(table)));
        }
        tables
    }
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
            .for_each(|problem| said.add(&manifest.id.0, &problem.sentence()));
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
            let names: Vec<&str> = known.iter().map(Entry::name).collect();
            let hint = format!("known here: {}", names.join(", "));
            Error::edge(
                format!("`{name}` is no metric that is a mean over users of this task"),
                hint,
            )
        })
}

/// Findings about the test results of some runs.
pub(super) struct Findings {
    /// Comparison by the one metric.
    comparison: Comparison,
    pub(super) slices: Vec<Vec<Slice>>,
    /// Sentences on kept slices that cannot be told.
    slice_notes: Vec<String>,
    /// Each run by every metric.
    pub(super) measured: Vec<MeasuredRun>,
    pub(super) references: Vec<BesideReferences>,
    pub(super) trusted: Vec<TrustedRun>,
    /// Each run after the first, by its difference from it; none where groups are compared.
    trusted_differences: Vec<TrustedRun>,
    /// Groups of runs that differ in their seed alone, where there are any and they are wanted.
    groups: Option<GroupedRuns>,
}

impl Findings {
    /// All of it for a script.
    fn json(
        &self,
        manifests: &[Manifest],
        claims: &[Claim],
        differences: &[Difference],
        doubts: &[String],
        damaged: &[String],
    ) -> Value {
        let different: serde_json::Map<_, _> = differences
            .iter()
            .map(|difference| (difference.field.clone(), json!(difference.values)))
            .collect();
        json!({
            "runs": self.runs_json(manifests),
            "differences": different,
            "not_comparable": doubts,
            "damaged_weights": damaged,
            "comparison": significance::json_of(&self.comparison),
            "groups": self.groups.as_ref().map(significance::groups_json),
            "metrics": contrast::measures_json(&self.measured),
            "references": self.references_json(claims),
            "trust_of_differences": self.trusted_differences.iter().map(|other| {
                let mut trust = trust_json(&other.badge);
                trust["run"] = json!(other.id.0);
                trust
            }).collect::<Vec<_>>(),
        })
    }

    /// The runs with their slices.
    fn runs_json(&self, manifests: &[Manifest]) -> Vec<Value> {
        let mut runs: Vec<_> = manifests.iter().map(json_of).collect();
        for (run, slices) in runs.iter_mut().zip(&self.slices) {
            run["slices"] = significance::slices_json(slices);
        }
        for (run, trusted) in runs.iter_mut().zip(&self.trusted) {
            run["trust"] = trust_json(&trusted.badge);
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
    first: Option<&FirstRun>,
) -> Result<Findings, Error> {
    let mut results = Vec::with_capacity(manifests.len());
    for (manifest, store) in manifests.iter().zip(stores) {
        let all = store.results(&manifest.id, Part::Test)?.unwrap_or_default();
        results.push(match first {
            Some(first) => first.answers_of(all),
            None => all,
        });
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
    let is_asked_for = args.is_asked_for(
        ComparedTable::References,
        args.references.is_some() || !claims.is_empty() || manifests.len() == 1,
    );
    let is_refitted = args.references == Some(WhichReferences::Refit);
    let references = if is_asked_for {
        beside_references(is_refitted, &tested, stores, first, &metrics)?
    } else {
        Vec::new()
    };
    let mut listed = Vec::new();
    for (at, store) in stores.iter().enumerate() {
        if !stores.iter().take(at).any(|before| before == store) {
            listed.extend(store.list()?);
        }
    }
    let has_seeds = manifests.iter().enumerate().any(|(at, one)| {
        manifests[..at]
            .iter()
            .any(|other| differ_by_seed_alone(one, other))
    });
    let groups = if has_seeds && !args.each {
        Some(grouped(&tested, stores, first, metric, &metrics)?)
    } else {
        None
    };
    // Where groups are compared, no run is tested against the first: a sister would be among them.
    let comparison = if groups.is_some() {
        each_alone(&tested, &listed, metric)
    } else {
        compare(&tested, &listed, metric, &metrics)
    };
    let measured = measured(&tested, &comparison, &metrics);
    let trusted = trusted_runs(&tested, &listed);
    let trusted_differences = trusted_differences(&tested, &comparison, &trusted, &listed);
    let mut by_slice: Vec<Vec<Slice>> = results.iter().map(|of| slices(of, metric)).collect();
    let all: Vec<&[UserResult]> = results.iter().map(Vec::as_slice).collect();
    let named = first.map_or_else(NamedRows::default, |first| first.named_rows(&all, metric));
    for (slices, more) in by_slice.iter_mut().zip(named.of_runs) {
        slices.extend(more);
    }
    Ok(Findings {
        comparison,
        slices: by_slice,
        slice_notes: named.notes,
        measured,
        references,
        trusted,
        trusted_differences,
        groups,
    })
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

/// Sentence about a run above a world's best possible score.
fn above_optimum(manifest: &Manifest) -> Option<String> {
    manifest.optimum()?.above(manifest.test.as_ref()?)
}

fn trust_json(badge: &TrustBadge) -> Value {
    let checks = badge.checks.iter().map(|check| {
        json!({
            "check": check.topic.to_string(),
            "mark": check.mark.to_string(),
            "sentence": check.sentence,
        })
    });
    json!({ "mark": badge.mark().to_string(), "words": badge.words(), "checks": checks.collect::<Vec<_>>() })
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
