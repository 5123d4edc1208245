//! `seqscope runs`: what was trained, newest first.

use serde_json::{Value, json};

use super::Streams;
use super::bin::BinArgs;
use super::note;
use super::outcome::{metrics_json, reliability_json, seen_json};
use seqscope_engine::error::Error;
use seqscope_engine::report::words::counted;
use seqscope_engine::report::{OLDER_RULE, RunField, lineage_table, runs_table, status_word};
use seqscope_engine::run::{RunOutcome, RunStatus, RunStore, Summary, lineage_tree};

/// What is told of each run.
const FIELDS: [RunField; 12] = [
    RunField::Run,
    RunField::Label,
    RunField::Tags,
    RunField::Family,
    RunField::Epochs,
    RunField::Valid,
    RunField::First,
    RunField::Second,
    RunField::Third,
    RunField::Audit,
    RunField::Status,
    RunField::Note,
];

/// How to print.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also list the runs that were put away
    #[arg(long)]
    archived: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Draw which run began with which, and what makes it another run, instead of figures
    #[arg(long)]
    tree: bool,
    #[command(flatten)]
    bin: BinArgs,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    if args.bin.is_asked_for() {
        return args.bin.run(store, args.json, streams);
    }
    let mut runs = store.list()?;
    let n_all = runs.len();
    runs.retain(|run| args.archived || !run.about.archived);
    let n_archived = n_all - runs.len();
    if args.json {
        return write_json(&runs, streams);
    }
    if runs.is_empty() && n_archived == 0 {
        let root = store.root.display();
        writeln!(
            streams.out,
            "No runs in `{root}` yet; `seqscope train FILE.ron` makes one."
        )?;
        return Ok(());
    }
    if args.tree {
        let tree = lineage_table(&lineage_tree(&runs));
        write!(streams.out, "{}", tree.rows_as_text())?;
        return Ok(());
    }
    write!(streams.out, "{}", runs_table(&runs, &FIELDS).rows_as_text())?;
    if n_archived > 0 {
        writeln!(
            streams.out,
            "{} put away; `seqscope runs --archived` lists {}.",
            counted(n_archived, "run"),
            if n_archived == 1 { "it" } else { "them" }
        )?;
    }
    if runs
        .iter()
        .filter_map(|run| run.manifest.as_deref())
        .any(|manifest| manifest.counted_before().is_some())
    {
        writeln!(
            streams.out,
            "{OLDER_RULE}: true items that the user already had were ranked while the other seen \
             items were left out; they are misses now, so train anew to compare."
        )?;
    }
    Ok(())
}

/// One object, written a run at a time: all of ten thousand at once would take much memory.
fn write_json(runs: &[Summary], streams: &mut Streams<'_>) -> Result<(), Error> {
    write!(streams.out, "{{\"runs\":[")?;
    for (at, run) in runs.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let run = json_of(run).to_string();
        write!(streams.out, "{comma}{run}")?;
    }
    Ok(writeln!(streams.out, "]}}")?)
}

/// One word, and the reason where there is one.
fn status(status: &RunStatus) -> String {
    let word = status_word(status);
    match status {
        RunStatus::Ended(RunOutcome::Failed { sentence }) => format!("{word}: {sentence}"),
        RunStatus::Damaged(why) => format!("{word}: {why}"),
        RunStatus::Running | RunStatus::Paused | RunStatus::Interrupted | RunStatus::Ended(_) => {
            word.to_owned()
        }
    }
}

fn json_of(run: &Summary) -> Value {
    let manifest = run.manifest.as_ref();
    json!({
        "run": run.id.0,
        "status": status(&run.status),
        "about": note::json_of(&run.about),
        "model": manifest.map(|m| m.experiment.model.family().title()),
        "data": manifest.map(|m| m.data.name.clone()),
        "epochs": manifest.map(|m| m.epochs),
        "seconds": manifest.map(|m| m.train_secs),
        "valid": manifest.and_then(|m| m.valid.as_ref().map(metrics_json)),
        "audit": manifest.map(|m| super::audit::json(&m.data.audit)),
        "test": manifest.and_then(|m| m.test.as_ref().map(metrics_json)),
        "seen": manifest.map(|m| seen_json(m)),
        "lineage": manifest.and_then(|m| m.lineage.as_ref()),
        "fork": manifest.and_then(|m| m.fork.as_ref()),
        "extensions": manifest.map(|m| &m.extensions),
        "live_changes": manifest.map(|m| &m.live_changes),
        "remarks": manifest.map(|m| m.remarks().map(|remark| remark.sentence()).collect::<Vec<_>>()),
        "reliability": manifest.and_then(|m| m.reliability.as_ref().map(reliability_json)),
    })
}
