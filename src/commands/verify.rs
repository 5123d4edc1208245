//! `seqscope verify RUN…`: whether the files of runs are as they were written.

use serde_json::{Value, json};

use super::Streams;
use seqscope_engine::error::Error;
use seqscope_engine::report::words::counted;
use seqscope_engine::run::{FileCheck, RunId, RunStore};

/// Which runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// Check every run of the folder
    #[arg(long, conflicts_with = "names", required_unless_present = "names")]
    all: bool,
    /// Give the files of runs from before there were checksums theirs, so that a later change is told
    #[arg(long)]
    add: bool,
    /// Print one JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let places: Vec<(RunStore, RunId)> = if args.all {
        let runs = store.list()?.into_iter();
        runs.map(|run| (store.clone(), run.id)).collect()
    } else {
        let found = args.names.iter().map(|name| store.locate(name));
        found.collect::<Result<_, _>>()?
    };
    let (mut checked, mut n_broken) = (Vec::new(), 0);
    for (store, id) in places {
        let found = if args.add {
            store.add_checksums(&id)
        } else {
            store.check_files(&id)
        };
        // One that cannot be read hides none of the others.
        let found = found.map_err(|error| error.to_string());
        n_broken += usize::from(!found.as_ref().is_ok_and(FileCheck::is_whole));
        if !args.json {
            for line in lines(&id, &found) {
                writeln!(streams.out, "{line}")?;
            }
        }
        checked.push((id, found));
    }
    if args.json {
        let runs: Vec<Value> = checked
            .iter()
            .map(|(id, found)| json_of(id, found))
            .collect();
        streams.json(&json!({ "runs": runs }))?;
    }
    if n_broken == 0 {
        return Ok(());
    }
    Err(Error::edge(
        format!("{} no longer what was written", of_runs(n_broken)),
        "restore its files from a copy, or train it anew; a run whose weights alone have changed \
         still has its figures",
    ))
}

fn of_runs(n: usize) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(n, "run"))
}

/// What is told of a run.
fn lines(id: &RunId, found: &Result<FileCheck, String>) -> Vec<String> {
    let found = match found {
        Ok(found) => found,
        Err(why) => return vec![format!("{id}: {why}")],
    };
    let mut lines = Vec::new();
    if found.is_whole() && found.without_sum.is_empty() {
        lines.push(format!(
            "{id}: all {} are as they were written",
            counted(found.n_whole, "file")
        ));
    } else if found.is_whole() {
        lines.push(format!(
            "{id}: {} as they were written; {} without a checksum, of which nothing can be said (of \
             an ended run `seqscope verify {id} --add` adds them)",
            counted(found.n_whole, "file"),
            found.without_sum.len()
        ));
    } else {
        lines.push(format!("{id}: damaged"));
    }
    lines.extend(
        found
            .altered
            .iter()
            .map(|name| format!("  {name} has changed")),
    );
    lines.extend(found.missing.iter().map(|name| format!("  {name} is gone")));
    lines
}

fn json_of(id: &RunId, found: &Result<FileCheck, String>) -> Value {
    match found {
        Ok(found) => json!({
            "run": id.0,
            "whole": found.is_whole(),
            "files": found.n_whole,
            "altered": found.altered,
            "missing": found.missing,
            "without_checksum": found.without_sum,
        }),
        Err(why) => json!({ "run": id.0, "whole": false, "error": why }),
    }
}
