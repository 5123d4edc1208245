//! `seqscope runs`: what was trained, newest first.

use serde_json::{Value, json};

use super::Streams;
use super::outcome::{metrics_json, reliability_json, seen_json};
use super::table::{Align, TextTable, metric};
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_engine::error::Error;
use seqscope_engine::run::{Manifest, RunOutcome, RunStatus, RunStore, Summary};

/// How to print.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let runs = store.list()?;
    if args.json {
        return streams.json(&json!({ "runs": runs.iter().map(json_of).collect::<Vec<_>>() }));
    }
    if runs.is_empty() {
        let root = store.root.display();
        writeln!(
            streams.out,
            "No runs in `{root}` yet; `seqscope train FILE.ron` makes one."
        )?;
        return Ok(());
    }
    let (left, right) = (Align::Left, Align::Right);
    // Runs that are judged by other metrics than the first say by which.
    let manifests = runs.iter().filter_map(|run| run.manifest.as_deref());
    let headline = manifests
        .map(headline)
        .next()
        .unwrap_or_else(|| two(AnswerKind::default()));
    let [first, second] = headline;
    let columns = [
        ("run", left),
        ("model", left),
        ("epochs", right),
        (first.title(), right),
        (second.title(), right),
        ("", left),
        ("audit", left),
        ("status", left),
    ];
    let mut table = TextTable::new(columns);
    for run in &runs {
        table.row(cells(run, headline));
    }
    table.write(streams.out)?;
    if runs
        .iter()
        .filter_map(|run| run.manifest.as_deref())
        .any(|manifest| manifest.counted_before().is_some())
    {
        writeln!(
            streams.out,
            "{OLD_RULE}: true items that the user already had were ranked while the other seen \
             items were left out; they are misses now, so train anew to compare."
        )?;
    }
    Ok(())
}

/// The mark of figures that were counted by an older rule.
const OLD_RULE: &str = "older rule";

/// The two metrics that say most of a kind of answers.
fn two(kind: AnswerKind) -> [Metric; 2] {
    match kind.headline() {
        [first, second, ..] => [*first, *second],
        _ => [kind.primary(), kind.primary()],
    }
}

fn headline(manifest: &Manifest) -> [Metric; 2] {
    two(manifest.experiment.answers())
}

fn cells(run: &Summary, columns: [Metric; 2]) -> [String; 8] {
    let Some(manifest) = &run.manifest else {
        return [
            run.id.0.clone(),
            String::new(),
            String::new(),
            metric(None),
            metric(None),
            String::new(),
            String::new(),
            status(&run.status),
        ];
    };
    let (metrics, part) = match (&manifest.test, &manifest.valid) {
        (Some(test), _) => (Some(test), "test"),
        (None, Some(valid)) => (Some(valid), "validation"),
        (None, None) => (None, ""),
    };
    let [first, second] = std::array::from_fn(|at| {
        let of_run = headline(manifest)[at];
        let value = metric(metrics.and_then(|metrics| metrics.get(of_run)));
        if columns[at] == of_run {
            value
        } else {
            format!("{} {value}", of_run.title())
        }
    });
    [
        run.id.0.clone(),
        manifest.experiment.model.family().title().to_owned(),
        manifest.epochs.to_string(),
        first,
        second,
        if manifest.counted_before().is_some() {
            format!("{part}, {OLD_RULE}")
        } else {
            part.to_owned()
        },
        manifest.data.audit_word().unwrap_or("–").to_owned(),
        status(&run.status),
    ]
}

/// One word, and the reason where there is one.
pub(super) fn status(status: &RunStatus) -> String {
    match status {
        RunStatus::Running => "running".to_owned(),
        RunStatus::Paused => "paused".to_owned(),
        RunStatus::Interrupted => "interrupted".to_owned(),
        RunStatus::Ended(RunOutcome::Finished) => "finished".to_owned(),
        RunStatus::Ended(RunOutcome::Stopped) => "stopped".to_owned(),
        RunStatus::Ended(RunOutcome::Failed { sentence }) => format!("failed: {sentence}"),
        RunStatus::Damaged(why) => format!("damaged: {why}"),
    }
}

fn json_of(run: &Summary) -> Value {
    let manifest = run.manifest.as_ref();
    json!({
        "run": run.id.0,
        "status": status(&run.status),
        "model": manifest.map(|m| m.experiment.model.family().title()),
        "data": manifest.map(|m| m.data.name.clone()),
        "epochs": manifest.map(|m| m.epochs),
        "seconds": manifest.map(|m| m.train_secs),
        "valid": manifest.and_then(|m| m.valid.as_ref().map(metrics_json)),
        "audit": manifest.map(|m| super::audit::json(&m.data.audit)),
        "test": manifest.and_then(|m| m.test.as_ref().map(metrics_json)),
        "seen": manifest.map(|m| seen_json(m)),
        "remarks": manifest.map(|m| m.remarks().map(|remark| remark.sentence).collect::<Vec<_>>()),
        "reliability": manifest.and_then(|m| m.reliability.as_ref().map(reliability_json)),
    })
}
