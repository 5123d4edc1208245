//! A leakage audit as a table for people and as JSON.

use std::io::Write;

use serde_json::{Value, json};

use seqscope_base::spec::shown;
use seqscope_data::{Finding, LeakRow, Verdict};
use seqscope_engine::report::audit_table;

/// Each check with verdict and count; what was found is told below, with rows to look at.
pub(super) fn write(findings: &[Finding], out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "{}", audit_table(findings).rows_as_text())?;
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
