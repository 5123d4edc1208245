//! `seqscope describe [WHAT]`: every setting with its meaning, range, default and source.

use std::io::Write;

use strum::IntoEnumIterator;

use super::{Streams, catalogue, layers};
use seqscope_base::spec::{FieldKind, did_you_mean};
use seqscope_engine::catalogue::{EntryList, ListedEntry};
use seqscope_engine::error::Error;
use seqscope_engine::report::{ReportColumn, ReportTable};

/// What to describe.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model (transformer, lstm, vae, ...), presets (models as in their papers),
    /// names (sasrec, gru4rec, ... as `train --model` takes them), task,
    /// training, loss, augment, gan, evaluation, fine-tune, references, metrics, statistics, data,
    /// times (how a log writes them), clean (the steps of cleaning), features, split, or a
    /// synthetic world (series, longrange, ...)
    #[arg(value_name = "WHAT")]
    what: Option<String>,
    /// Print one JSON object: families, references, metrics, statistics, losses and tasks
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    if args.json {
        return match &args.what {
            None => streams.json(&catalogue::json()),
            Some(what) => Err(Error::edge(
                format!("`--json` describes everything at once, and `{what}` is one part of it"),
                "leave `--json` or the name out",
            )),
        };
    }
    let entries: Vec<ListedEntry> = EntryList::iter().flat_map(EntryList::entries).collect();
    let Some(what) = &args.what else {
        return Ok(overview(&entries, streams.out)?);
    };
    let wanted: Vec<&ListedEntry> = entries
        .iter()
        .filter(|listed| listed.word.eq_ignore_ascii_case(what))
        .collect();
    if wanted.is_empty() {
        return Err(unknown(what, &entries));
    }
    for (at, listed) in wanted.into_iter().enumerate() {
        if at > 0 {
            writeln!(streams.out)?;
        }
        whole(listed, streams.out)?;
    }
    Ok(())
}

fn overview(entries: &[ListedEntry], out: &mut dyn Write) -> std::io::Result<()> {
    let columns = [
        ReportColumn::words("name", ""),
        ReportColumn::words("title", ""),
        ReportColumn::words("settings", "Settings"),
    ];
    let mut table = ReportTable::new("sections", "", columns);
    for listed in entries {
        let settings = listed.entry.settings();
        let keys: Vec<&str> = settings.iter().map(|field| field.key).collect();
        table.row([
            listed.word.as_str().into(),
            listed.heading.as_str().into(),
            keys.join(", ").into(),
        ]);
    }
    write!(out, "{}", table.rows_as_text())?;
    writeln!(
        out,
        "\n`seqscope describe NAME` tells each setting's meaning, range and default."
    )
}

fn whole(listed: &ListedEntry, out: &mut dyn Write) -> std::io::Result<()> {
    let ListedEntry {
        entry,
        heading,
        layers,
        ..
    } = listed;
    writeln!(out, "{heading}\n{}\n", entry.full_text())?;
    let fields = entry.settings();
    for field in &fields {
        let unit = if field.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", field.unit)
        };
        writeln!(
            out,
            "{}.{} = {}{unit}   {}",
            entry.path(),
            field.key,
            field.value,
            allowed(&field.kind)
        )?;
        writeln!(out, "    {}: {}", field.label, field.help)?;
        writeln!(out, "    Default from: {}", field.source)?;
    }
    if layers.is_empty() {
        return Ok(());
    }
    if !fields.is_empty() {
        writeln!(out)?;
    }
    layers::write(heading, layers, out)
}

fn allowed(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Int { min, max: i64::MAX } => format!("(a whole number from {min})"),
        FieldKind::Int { min, max } => format!("(a whole number from {min} to {max})"),
        FieldKind::Float { min, max } => format!("(a number from {min} to {max})"),
        FieldKind::Bool => "(true or false)".to_owned(),
        FieldKind::Choice(words) => format!("(one of {})", words.join(", ")),
        FieldKind::Text => "(text)".to_owned(),
    }
}

fn unknown(what: &str, entries: &[ListedEntry]) -> Error {
    let mut names: Vec<&str> = entries.iter().map(|listed| listed.word.as_str()).collect();
    names.dedup();
    let hint = match did_you_mean(&what.to_lowercase(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", names.join(", ")),
    };
    Error::edge(
        format!("there is nothing called `{what}` to describe"),
        hint,
    )
}
