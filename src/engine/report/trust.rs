//! What the figures of runs may be trusted with.

use strum::IntoEnumIterator as _;

use super::{Emphasis, ReportCell, ReportColumn, ReportTable};
use crate::run::{RunId, TrustBadge, TrustCheck, TrustMark, TrustTopic};

/// A run with its badge.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustedRun {
    /// Name of the run.
    pub id: RunId,
    /// Its badge.
    pub badge: TrustBadge,
}

/// A row a check and a column a run, with the sentence on pointing at it; below the rows what lacks
/// and what is to be said.
#[must_use]
pub fn trust_table(runs: &[TrustedRun]) -> ReportTable {
    let of_runs = runs.iter().map(|run| {
        let name = run.id.0.as_str();
        ReportColumn::words(name, name).of_run(&run.id)
    });
    let first = [ReportColumn::words("check", "Check")];
    let mut table = ReportTable::new("trust", "Trust", first.into_iter().chain(of_runs));
    for topic in TrustTopic::iter() {
        let checks = runs
            .iter()
            .map(|run| run.badge.check(topic).map_or_else(ReportCell::empty, cell));
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
