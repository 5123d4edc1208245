//! `seqscope note RUN…`: what a person writes about runs.

use serde_json::{Value, json};

use super::Streams;
use seqscope_engine::error::Error;
use seqscope_engine::run::{AboutChange, AboutRun, RunId, RunStore};

/// Which runs, and what to write of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(required = true, num_args = 1.., value_name = "RUN", help = super::RUN)]
    names: Vec<String>,
    /// Show the run under this label; an empty one shows the experiment's name again
    #[arg(long, visible_alias = "rename", value_name = "LABEL")]
    label: Option<String>,
    /// Add a tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    add_tags: Vec<String>,
    /// Take a tag away; may be repeated
    #[arg(long = "untag", value_name = "TAG")]
    remove_tags: Vec<String>,
    /// Write this note in the place of what was written; an empty one takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Mark the runs with a star; `--star=false` takes it away
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    star: Option<bool>,
    /// Put the runs away: they stay on disk and are not listed unless asked for; `--archive=false`
    /// takes them back
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    archive: Option<bool>,
    /// Print one JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

impl Args {
    fn change(&self) -> AboutChange {
        AboutChange {
            label: self.label.clone(),
            add_tags: self.add_tags.clone(),
            remove_tags: self.remove_tags.clone(),
            note: self.note.clone(),
            starred: self.star,
            archived: self.archive,
        }
    }
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    // All of them are found before anything is written.
    let places = args
        .names
        .iter()
        .map(|name| store.locate(name))
        .collect::<Result<Vec<(RunStore, RunId)>, _>>()?;
    if args.label.as_ref().is_some_and(|label| !label.is_empty()) && places.len() > 1 {
        return Err(Error::edge(
            "one label cannot be that of several runs",
            "name one run with `--label`, or give all of them a `--tag`",
        ));
    }
    let change = args.change();
    let mut written: Vec<(RunId, AboutRun)> = Vec::new();
    for (store, id) in places {
        let about = store.change_about(&id, &change)?;
        written.push((id, about));
    }
    if args.json {
        let runs: Vec<Value> = (written.iter())
            .map(|(id, about)| {
                let mut of_run = json_of(about);
                of_run["run"] = json!(id.0);
                of_run
            })
            .collect();
        return streams.json(&json!({ "runs": runs }));
    }
    for (id, about) in &written {
        writeln!(streams.out, "{id}")?;
        for line in lines(about) {
            writeln!(streams.out, "  {line}")?;
        }
    }
    Ok(())
}

/// What is written about a run, a line each.
fn lines(about: &AboutRun) -> Vec<String> {
    let tags: Vec<&str> = about.tags.iter().map(String::as_str).collect();
    let said = [
        about.label().map(|label| format!("label: {label}")),
        (!tags.is_empty()).then(|| format!("tags: {}", tags.join(", "))),
        about.starred.then(|| "marked with a star".to_owned()),
        (about.archived).then(|| "put away: `seqscope runs --archived` lists it".to_owned()),
    ];
    let mut lines: Vec<String> = said.into_iter().flatten().collect();
    if !about.note.is_empty() {
        lines.push("note:".to_owned());
        lines.extend(about.note.lines().map(|line| format!("  {line}")));
    }
    if lines.is_empty() {
        lines.push("nothing is written of it yet; `--label`, `--tag`, `--note` do".to_owned());
    }
    lines
}

/// What is written about a run, for a script.
pub(super) fn json_of(about: &AboutRun) -> Value {
    json!({
        "label": about.label(),
        "tags": about.tags,
        "note": Some(&about.note).filter(|note| !note.is_empty()),
        "starred": about.starred,
        "archived": about.archived,
    })
}
