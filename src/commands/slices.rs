//! `seqscope slices`: the slices that are kept beside the runs: listed, shown, renamed, deleted.

use super::Streams;
use super::format::{TableFormat, write_tables};
use seqscope_base::spec::{counted, quotable};
use seqscope_engine::error::Error;
use seqscope_engine::report::{ReportCell, ReportColumn, ReportTable};
use seqscope_engine::run::{KeptSlice, RunStore, SliceRule};

/// Which slice, and what is to become of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show the whole rule of this slice; without it, all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Give it this name
    #[arg(long, value_name = "NEW", requires = "name", conflicts_with = "delete")]
    rename: Option<String>,
    /// Delete it; the runs stay as they are
    #[arg(long, requires = "name")]
    delete: bool,
    /// Form of the table
    #[arg(long, value_name = "FORM", default_value_t)]
    format: TableFormat,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let Some(name) = &args.name else {
        return list(args, store, streams);
    };
    if args.delete {
        return delete(name, store, streams);
    }
    if let Some(new) = &args.rename {
        store.rename_slice(name, new.trim())?;
        let (name, new) = (quotable(name), quotable(new.trim()));
        return Ok(writeln!(
            streams.out,
            "The slice `{name}` is called `{new}` now."
        )?);
    }
    let slice = store.named_slice(name)?;
    write_tables(&[rule_table(name, &slice.rule)], args.format, streams)
}

fn list(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let kept = store.kept_slices()?;
    if kept.is_empty() && args.format == TableFormat::Text {
        let root = store.root.display();
        return Ok(writeln!(
            streams.out,
            "No slices beside the runs in `{root}` yet; `seqscope users RUN --where EXPRESSION \
             --keep NAME` keeps one."
        )?);
    }
    write_tables(&[list_table(&kept)], args.format, streams)
}

/// Deletes a slice that is there, whether or not it can be read.
fn delete(name: &str, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    if !store.slice_names()?.iter().any(|known| known == name) {
        // It tells what there is.
        store.named_slice(name)?;
    }
    store.delete_slice(name)?;
    let name = quotable(name);
    Ok(writeln!(streams.out, "The slice `{name}` is deleted.")?)
}

/// Kind of a rule.
fn kind_of(rule: &SliceRule) -> &'static str {
    match rule {
        SliceRule::Users(_) => "users",
        SliceRule::Targets(_) => "targets",
        SliceRule::Where(_) => "expression",
    }
}

fn list_table(kept: &[KeptSlice]) -> ReportTable {
    let columns = [
        ReportColumn::words("slice", "Slice"),
        ReportColumn::words("kind", "Kind"),
        ReportColumn::words("rule", "Rule"),
    ];
    let mut table = ReportTable::new("slices", "", columns);
    for slice in kept {
        let (kind, rule) = match &slice.rule {
            Ok(rule) => (ReportCell::from(kind_of(rule)), short_words(rule)),
            Err(why) => (
                ReportCell::unknown_because("it cannot be read"),
                why.clone(),
            ),
        };
        table.row([slice.name.clone().into(), kind, rule.into()]);
    }
    table
}

/// Rule in a line: the expression, or how many ids there are and the first of them.
fn short_words(rule: &SliceRule) -> String {
    let (ids, noun) = match rule {
        SliceRule::Where(text) => return text.clone(),
        SliceRule::Users(ids) => (ids, "user"),
        SliceRule::Targets(ids) => (ids, "item"),
    };
    let first: Vec<&str> = ids.iter().take(3).map(String::as_str).collect();
    let more = if ids.len() > first.len() { ", …" } else { "" };
    format!("{}: {}{more}", counted(ids.len(), noun), first.join(", "))
}

/// The whole rule: an expression in one row, ids in one row each.
fn rule_table(name: &str, rule: &SliceRule) -> ReportTable {
    let name = quotable(name);
    let (title, column, rows) = match rule {
        SliceRule::Where(text) => (
            format!("Users who fulfil the expression of `{name}`"),
            ReportColumn::words("expression", "Expression"),
            std::slice::from_ref(text),
        ),
        SliceRule::Users(ids) => (
            format!("Users of `{name}`"),
            ReportColumn::words("user", "User"),
            ids.as_slice(),
        ),
        SliceRule::Targets(ids) => (
            format!("Items of `{name}`: its users are those who are asked for one of them"),
            ReportColumn::words("item", "Item"),
            ids.as_slice(),
        ),
    };
    let mut table = ReportTable::new("slice", title, [column]);
    for row in rows {
        table.row([row.clone().into()]);
    }
    table
}
