//! A leakage audit as a table for people and as JSON.

use std::io::Write;

use serde_json::{Value, json};

use super::table::{Align, TextTable, count};
use seqscope_base::spec::shown;
use seqscope_data::{Finding, LeakRow, Verdict};

/// Each check with verdict and count; what was found is told below, with rows to look at.
pub(super) fn write(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    let mut table = TextTable::new([
        ("check", Align::Left),
        ("verdict", Align::Left),
        ("count", Align::Right),
    ]);
    for finding in findings {
        table.row([
            finding.check.title().to_owned(),
            finding.verdict.to_string(),
            count(finding.count),
        ]);
    }
    table.write(out)?;
    for finding in findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
    {
        writeln!(
            out,
            "\n{}: {}. {}",
            finding.verdict,
            finding.check.title(),
            finding.sentence
        )?;
        for example in &finding.examples {
            writeln!(out, "  {}", line(example))?;
        }
    }
    Ok(())
}

/// Each check with verdict and count.
pub(super) fn json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "check": finding.check.to_string(),
                "verdict": finding.verdict.to_string(),
                "count": finding.count,
            })
        })
        .collect()
}

fn line(example: &LeakRow) -> String {
    let LeakRow {
        user_id,
        item_id,
        time_secs,
        position,
    } = example;
    let time = time_secs
        .map(|time| format!(" at {time}"))
        .unwrap_or_default();
    format!(
        "user {}, event {position}: item {}{time}",
        shown(user_id),
        shown(item_id)
    )
}
