//! A run against the references that ran beside it, and what may be claimed of that.

use super::comparison::{intervals, n_tests};
use super::contrast::{gain_cells, gain_columns};
use super::{CellValue, ReportCell, ReportColumn, ReportTable, words};
use crate::run::{AgainstReference, Claim, ClaimVerdict, RunId};
use seqscope_base::metric::statistics::LEVEL;
use seqscope_base::spec::Entry;

/// A run against its references, with the answer to each claim below.
#[must_use]
pub fn against_references_table(
    id: &RunId,
    rows: &[AgainstReference],
    claims: &[Claim],
) -> ReportTable {
    let columns = [
        ReportColumn::words("metric", "Metric"),
        ReportColumn::words("reference", "Reference"),
        ReportColumn::numbers("than", "Reference's"),
        ReportColumn::numbers("value", "Run's"),
    ];
    let columns = columns.into_iter().chain(gain_columns("the reference"));
    let title = format!("`{id}` against its references on test, the best first");
    let mut table = ReportTable::new("references", title, columns);
    table.lead.push(format!(
        "gains of the run, positive where it is better, also as a share of the reference's value; \
         {}; two-sided p of sign flips and of Wilcoxon's signed ranks, by Holm over {}.",
        intervals(),
        n_tests(rows.iter().map(|row| &row.contrast))
    ));
    for AgainstReference {
        reference,
        contrast,
    } in rows
    {
        let metric = contrast.metric;
        let front: [ReportCell; 4] = [
            ReportCell::from(metric.title()).hover(metric.hover()),
            reference.title().into(),
            CellValue::Metric(contrast.than).into(),
            CellValue::Metric(contrast.value).into(),
        ];
        table.row(front.into_iter().chain(gain_cells(contrast)));
    }
    table.notes = claims
        .iter()
        .map(|claim| claim_words(claim, rows))
        .collect();
    table
}

/// A claim, the answer to it, and why.
fn claim_words(claim: &Claim, rows: &[AgainstReference]) -> String {
    let (title, least) = (claim.metric.title(), claim.percent);
    let Some((deciding, verdict)) = claim.judged(rows) else {
        return format!(
            "Claim that {title} is at least {least} % better than every reference's: nothing is \
             known by it."
        );
    };
    let why = match verdict {
        ClaimVerdict::Shown => format!("the whole interval is at or above {least} %"),
        ClaimVerdict::Refuted => format!("the whole interval is below {least} %"),
        ClaimVerdict::Open => {
            format!("the interval holds {least} %, or there is none, so these users cannot tell")
        }
    };
    let contrast = &deciding.contrast;
    let best = if verdict == ClaimVerdict::Shown {
        "the best, "
    } else {
        ""
    };
    let none = || words::NONE.to_owned();
    format!(
        "Claim that {title} is at least {least} % better than every reference's: {verdict}. \
         Against {best}{}, the relative difference is {} ({:.0} % interval {}): {why}.",
        deciding.reference.title(),
        contrast.relative.map_or_else(none, words::relative),
        LEVEL * 100.0,
        contrast
            .relative_interval
            .map_or_else(none, words::relative_interval),
    )
}
