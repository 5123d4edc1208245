//! `seqscope help`: a chapter of the manual, or the options of a command.

use strum::IntoEnumIterator;

use super::Streams;
use super::request::{help_of, names_of_commands};
use seqscope_base::manual::Chapter;
use seqscope_base::spec::did_you_mean;
use seqscope_engine::error::Error;

/// What to read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A chapter of the manual (data, models, evaluation, runs, slices, speed), or a command
    topic: Option<String>,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let Some(topic) = &args.topic else {
        write!(streams.out, "{}", help_of(None).unwrap_or_default())?;
        writeln!(streams.out, "\nThe manual, chapter by chapter:")?;
        for chapter in Chapter::iter() {
            writeln!(
                streams.out,
                "  seqscope help {:<12} {}",
                chapter.name(),
                chapter.title()
            )?;
        }
        return Ok(());
    };
    // What is both (`data`, `runs`) is a chapter first: a command tells its options with --help.
    if let Some(chapter) = Chapter::named(topic) {
        writeln!(streams.out, "{}", chapter.text().trim_end())?;
        if names_of_commands()
            .iter()
            .any(|command| command == chapter.name())
        {
            writeln!(
                streams.out,
                "\nOptions of the command: seqscope {} --help",
                chapter.name()
            )?;
        }
        return Ok(());
    }
    if let Some(options) = help_of(Some(topic)) {
        return Ok(write!(streams.out, "{options}")?);
    }
    let mut known = names_of_commands();
    known.extend(Chapter::iter().map(|chapter| chapter.name().to_owned()));
    let nearest = did_you_mean(topic, known.iter().map(String::as_str));
    Err(Error::Edge {
        sentence: format!("there is no chapter and no command `{topic}`"),
        hint: Some(nearest.map_or_else(
            || "the chapters are data, models, evaluation, runs, slices and speed; `seqscope help` lists the commands".to_owned(),
            |nearest| format!("did you mean `seqscope help {nearest}`?"),
        )),
    })
}
