//! What the figures of runs may be trusted with.

use super::{Emphasis, ReportCell, ReportColumn, ReportTable};
use crate::run::{
    Comparison, JudgedRun, KeptAnswers, RunId, Summary, Tested, TrustBadge, TrustCheck, TrustMark,
};

/// A run with its badge, or with that of its difference from another.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustedRun {
    /// Name of the run.
    pub id: RunId,
    /// Its badge.
    pub badge: TrustBadge,
}

/// The runs of a comparison with their badges; `all` are the saved runs.
#[must_use]
pub fn trusted_runs(runs: &[Tested<'_>], all: &[Summary]) -> Vec<TrustedRun> {
    runs.iter()
        .map(|run| TrustedRun {
            id: run.manifest.id.clone(),
            badge: TrustBadge::of_run(run.manifest, all, KeptAnswers::of(run.results)),
        })
        .collect()
}

/// The runs after the first of a comparison, each with the badge of its difference from the first;
/// `trusted` are the runs with their own badges.
#[must_use]
pub fn trusted_differences(
    runs: &[Tested<'_>],
    comparison: &Comparison,
    trusted: &[TrustedRun],
    all: &[Summary],
) -> Vec<TrustedRun> {
    let judged: Vec<JudgedRun<'_>> = runs
        .iter()
        .zip(&comparison.runs)
        .zip(trusted)
        .map(|((run, compared), trusted)| JudgedRun {
            manifest: run.manifest,
            compared,
            badge: &trusted.badge,
        })
        .collect();
    let Some((first, others)) = judged.split_first() else {
        return Vec::new();
    };
    others
        .iter()
        .filter_map(|other| {
            Some(TrustedRun {
                id: other.manifest.id.clone(),
                badge: TrustBadge::of_difference(*first, *other, all)?,
            })
        })
        .collect()
}

/// A row a check and a column a run, with the sentence on pointing at it; below the rows what lacks
/// and what is to be said.
#[must_use]
pub fn trust_table(runs: &[TrustedRun]) -> ReportTable {
    table(ReportTable::new("trust", "Trust", columns(runs)), runs)
}

/// Tells the trust in the differences of runs from `first`, each under the name of the other run.
#[must_use]
pub fn trust_of_differences_table(first: &RunId, others: &[TrustedRun]) -> ReportTable {
    let title = format!("Trust of the difference from `{first}`");
    table(
        ReportTable::new("trust-differences", title, columns(others)),
        others,
    )
}

fn columns(runs: &[TrustedRun]) -> impl Iterator<Item = ReportColumn> {
    let of_runs = runs.iter().map(|run| {
        let name = run.id.0.as_str();
        ReportColumn::words(name, name).of_run(&run.id)
    });
    [ReportColumn::words("check", "Check")]
        .into_iter()
        .chain(of_runs)
}

fn table(mut table: ReportTable, runs: &[TrustedRun]) -> ReportTable {
    let topics = runs.first().map_or(&[][..], |run| &run.badge.checks);
    for TrustCheck { topic, .. } in topics {
        let checks = runs
            .iter()
            .map(|run| run.badge.check(*topic).map_or_else(ReportCell::empty, cell));
        table.row([topic.to_string().into()].into_iter().chain(checks));
    }
    let in_all = runs.iter().map(|run| run.badge.words().into());
    table.row(["In all".into()].into_iter().chain(in_all));
    table.notes = notes(runs);
    table
}

fn cell(check: &TrustCheck) -> ReportCell {
    let cell = ReportCell::from(check.mark.to_string()).hover(check.sentence.clone());
    match check.mark {
        TrustMark::Held => cell,
        TrustMark::Say | TrustMark::Lacks => cell.with(Emphasis::Strong),
    }
}

/// What did not hold, each sentence once with the runs that it is about.
fn notes(runs: &[TrustedRun]) -> Vec<String> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for TrustedRun { id, badge } in runs {
        let amiss = badge
            .checks
            .iter()
            .filter(|check| check.mark != TrustMark::Held);
        for check in amiss {
            let sentence = format!("{} ({}): {}", check.topic, check.mark, check.sentence);
            match said.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, ids)) => ids.push(format!("`{id}`")),
                None => said.push((sentence, vec![format!("`{id}`")])),
            }
        }
    }
    let n_runs = runs.len();
    said.into_iter()
        .map(|(sentence, ids)| {
            if ids.len() == n_runs {
                sentence
            } else {
                format!("{sentence} [{}]", ids.join(", "))
            }
        })
        .collect()
}
