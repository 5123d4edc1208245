//! A log as `seqscope data` tells of it: how it was read, what was refused, what each step of
//! cleaning did.

use std::io::Write;

use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::super::{audit, columns};
use seqscope_base::spec::Problem;
use seqscope_data::{
    DataReport, Dataset, Finding, Packing, Preview, RefusedRow, Role, Roles, StepCount,
};
use seqscope_engine::report::words::count;
use seqscope_engine::report::{ReportColumn, ReportTable, steps_table};

/// Doubts about a file's head, and those about its rows that its head had not raised.
pub(super) fn warnings(preview: &Preview, report: &DataReport) -> (Vec<Problem>, Vec<Problem>) {
    let of_rows = report
        .problems
        .iter()
        .filter(|problem| !preview.problems.contains(problem));
    (preview.problems.clone(), of_rows.cloned().collect())
}

pub(super) fn json_of(preview: &Preview, dataset: &Dataset, audited: Option<&[Finding]>) -> Value {
    let (shape, span) = (dataset.shape(), dataset.time_span());
    let (of_head, of_rows) = warnings(preview, &dataset.report);
    let roles: serde_json::Map<_, _> = shown_roles(&preview.file.roles)
        .map(|role| {
            (
                role.to_string().to_lowercase(),
                json!(preview.file.roles.column(role)),
            )
        })
        .collect();
    let mut object = json!({
        "rows_read": dataset.report.rows_read,
        "rows_refused": dataset.report.rows_refused,
        "users": shape.n_users,
        "items": shape.n_items,
        "events": shape.n_events,
        "first": span.as_ref().map(|(first, _)| first),
        "last": span.as_ref().map(|(_, last)| last),
        "roles": roles,
        "steps": dataset.report.steps.iter().map(step_json).collect::<Vec<_>>(),
        "file": preview.file,
        "refused": dataset.report.refused.iter().map(refused_json).collect::<Vec<_>>(),
        "warnings": of_head.iter().chain(&of_rows).map(Problem::sentence).collect::<Vec<_>>(),
    });
    if !dataset.report.refused_by_reason.is_empty()
        && let Some(object) = object.as_object_mut()
    {
        object.insert(
            "refused_by_reason".to_owned(),
            json!(dataset.report.refused_by_reason),
        );
    }
    if let Some(object) = object.as_object_mut() {
        columns::add_json(preview, &dataset.report, object);
        if let Some(findings) = audited {
            object.insert("audit".to_owned(), audit::json(findings));
        }
    }
    object
}

/// A row that could not be read; with its file, where the log is several.
fn refused_json(row: &RefusedRow) -> Value {
    let reason = row.reason.to_string();
    match &row.file {
        Some(file) => json!({ "file": file, "line": row.line, "reason": reason }),
        None => json!({ "line": row.line, "reason": reason }),
    }
}

/// Counts after a step, and for a step of cleaning what it did.
fn step_json(count: &StepCount) -> Value {
    let mut json = json!({ "step": count.step, "rows": count.rows, "users": count.users, "items": count.items });
    if let (Some(effect), Some(fields)) = (&count.effect, json.as_object_mut())
        && let Ok(Value::Object(effect)) = serde_json::to_value(effect)
    {
        fields.extend(effect);
    }
    json
}

/// Writes what was guessed or said, so that a wrong guess is seen at once.
pub(super) fn write_reading(preview: &Preview, out: &mut dyn Write) -> std::io::Result<()> {
    let file = &preview.file;
    writeln!(
        out,
        "{}: {}",
        file.path.display(),
        file_words(preview).join(", ")
    )?;
    let columns = [
        ReportColumn::words("role", "Role"),
        ReportColumn::words("column", "Column"),
        ReportColumn::words("first_row", "First row"),
    ];
    let mut table = ReportTable::new("roles", "", columns);
    for role in shown_roles(&file.roles) {
        let column = file.roles.column(role);
        let at = column.and_then(|name| preview.columns.iter().position(|c| c == name));
        let first = at
            .and_then(|at| preview.rows.first()?.get(at))
            .cloned()
            .unwrap_or_default();
        let written = match (role, &file.time_format) {
            (Role::Time, Some(format)) if column.is_some() => format!(" ({format})"),
            _ => String::new(),
        };
        let name = role.to_string().to_lowercase();
        table.row([
            name.into(),
            column.unwrap_or("none").into(),
            format!("{first}{written}").into(),
        ]);
    }
    write!(out, "{}", table.rows_as_text())?;
    if let Some(only) = file
        .only_where
        .as_ref()
        .filter(|only| !only.trim().is_empty())
    {
        writeln!(out, "only rows where: {only}")?;
    }
    columns::write_reading(preview, out)
}

/// Properties of the file, in words: format, table, number of files, packing, encoding, separator
/// and header.
fn file_words(preview: &Preview) -> Vec<String> {
    let file = &preview.file;
    let mut how = Vec::new();
    if let Some(format) = file.format {
        how.push(format.to_string());
    }
    if let Some(table) = &file.table {
        how.push(format!("table {table:?}"));
    }
    if preview.n_files > 1 {
        how.push(format!("{} files", count(preview.n_files)));
    }
    if preview.packing != Packing::None {
        how.push(preview.packing.to_string());
    }
    if let Some(encoding) = file.encoding {
        how.push(encoding.to_string());
    }
    if let Some(separator) = &file.separator {
        how.push(format!("separator {separator:?}"));
    }
    if let Some(header) = file.header {
        how.push(
            if header {
                "with a header"
            } else {
                "without a header"
            }
            .to_owned(),
        );
    }
    how
}

/// The five roles of every log, and of the others those that this one has.
fn shown_roles(roles: &Roles) -> impl Iterator<Item = Role> {
    let always = [
        Role::User,
        Role::Item,
        Role::Time,
        Role::Behaviour,
        Role::Value,
    ];
    Role::iter().filter(move |role| always.contains(role) || roles.column(*role).is_some())
}

pub(super) fn write_report(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "\n{}", steps_table(&report.steps).rows_as_text())?;
    write_effects(report, out)?;
    writeln!(
        out,
        "\n{} rows read, {} refused",
        count(report.rows_read),
        count(report.rows_refused)
    )?;
    if report.refused_by_reason.len() > 1 {
        for kind in &report.refused_by_reason {
            writeln!(
                out,
                "  {} {} (the first: {})",
                count(kind.rows),
                kind.reason,
                kind.first_place()
            )?;
        }
        writeln!(out, "The first of them, `--refused FILE.csv` writes all:")?;
    }
    for refused in report.refused.iter().take(10) {
        writeln!(out, "  {}: {}", refused.place(), refused.reason)?;
    }
    match report.rows_refused.saturating_sub(10) {
        0 => {}
        more => writeln!(out, "  and {} more", count(more))?,
    }
    columns::write_joins(report, out)
}

/// Writes what each step of cleaning found, and the first rows that it touched.
fn write_effects(report: &DataReport, out: &mut dyn Write) -> std::io::Result<()> {
    for step in &report.steps {
        let Some(effect) = step
            .effect
            .as_ref()
            .filter(|effect| !effect.note.is_empty() || !effect.examples.is_empty())
        else {
            continue;
        };
        let learnt = effect.fitted_on.map(|from| format!("learnt from {from}"));
        let said: Vec<String> = [effect.note.clone()]
            .into_iter()
            .chain(learnt)
            .filter(|s| !s.is_empty())
            .collect();
        writeln!(
            out,
            "\n{}{}{}",
            step.step,
            if said.is_empty() { "" } else { ": " },
            said.join("; ")
        )?;
        for row in &effect.examples {
            let time = if row.time.is_empty() {
                String::new()
            } else {
                format!(", {}", row.time)
            };
            let before = if row.before.is_empty() {
                String::new()
            } else {
                format!("{} ", row.before)
            };
            writeln!(
                out,
                "  user {}, item {}{time}: {before}→ {}",
                row.user, row.item, row.after
            )?;
        }
    }
    Ok(())
}
