//! `seqscope new LOG`: a first experiment for a log, with comments that say why it is so.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Streams;
use super::progress::OpeningBar;
use seqscope_data::name_of;
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;
use seqscope_engine::train::suggest;

/// For which log.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The log
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// The file to write; it must not exist yet [default: the log's name with .ron, here]
    #[arg(long, value_name = "FILE.ron")]
    to: Option<PathBuf>,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let to = args
        .to
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.ron", name_of(&args.log))));
    if args.log.exists() && Experiment::is_file(&args.log) {
        return Err(Error::edge(
            format!("`{}` is an experiment already", args.log.display()),
            "name a log; `seqscope train FILE.ron` trains an experiment",
        ));
    }
    // Before the log is opened, which may take long; and again as it is written.
    if to.exists() {
        return Err(taken(&to));
    }
    let (suggestion, _) = suggest(&args.log, &OpeningBar::new(Arc::default()))?;
    write_new(&to, &suggestion.to_text())?;
    let reasons = &suggestion.reasons;
    let out = &mut *streams.out;
    writeln!(out, "{}: written", to.display())?;
    for sentence in [&reasons.data, &reasons.split, &reasons.model] {
        writeln!(out, "{sentence}")?;
    }
    writeln!(
        out,
        "`seqscope check {0}` looks it over, `seqscope train {0} --seeds 3` trains it.",
        to.display()
    )?;
    streams.warn(&suggestion.preview.problems)
}

/// Writes a file that is not there yet.
fn write_new(to: &Path, text: &str) -> Result<(), Error> {
    let made = OpenOptions::new().write(true).create_new(true).open(to);
    let written = made.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => taken(to),
        _ => Error::edge(
            format!("cannot write `{}`: {error}", to.display()),
            "choose another place with `--to FILE.ron`",
        ),
    })
}

fn taken(to: &Path) -> Error {
    Error::edge(
        format!(
            "`{}` is there already, and nothing is written over it",
            to.display()
        ),
        "choose another name with `--to FILE.ron`",
    )
}
