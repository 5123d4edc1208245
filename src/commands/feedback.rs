//! `seqscope feedback RUN FILE.csv`: keeps with a run what people said of its lists.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::Streams;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Sentence;
use seqscope_data::ReadAnswers;
use seqscope_engine::error::Error;
use seqscope_engine::report::words::counted;
use seqscope_engine::run::{Feedback, FeedbackCounts, Manifest, RunStore};
use seqscope_engine::train::data_of_run_watched;

/// Lines that are told of one by one; the rest are counted.
const TOLD_LINES: usize = 10;

/// Which run, and what was said.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "RUN", help = super::RUN)]
    run: String,
    /// A table of what was shown and accepted: columns for user, item, perhaps time, and one called
    /// `accepted` or `clicked` with 1 and 0; without it, what is kept is counted
    #[arg(value_name = "FILE.csv")]
    file: Option<PathBuf>,
    /// Forget all feedback that is kept with the run, before any is added
    #[arg(long)]
    forget: bool,
    /// Print one JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, store: &RunStore, streams: &mut Streams<'_>) -> Result<(), Error> {
    let (store, id) = store.locate(&args.run)?;
    let manifest = store.manifest(&id)?;
    if args.forget {
        store.save_feedback(&id, &[])?;
    }
    let mut refused = 0;
    if let Some(file) = &args.file {
        let taken = read(&manifest, file, streams)?;
        refused = taken.refused;
        store.add_feedback(&id, &taken.answers)?;
    }
    let kept = store.feedback(&id)?;
    let counts = FeedbackCounts::of(&kept);
    if args.json {
        return streams.json(&json!({
            "run": id.0,
            "users": counts.users,
            "accepted": counts.accepted,
            "rejected": counts.rejected,
            "refused": refused,
        }));
    }
    if kept.is_empty() {
        writeln!(
            streams.out,
            "Run {id} keeps no feedback yet; `seqscope feedback {id} FILE.csv` adds some."
        )?;
        return Ok(());
    }
    writeln!(
        streams.out,
        "Run {id} keeps feedback of {}: {} accepted, {} rejected. `seqscope fine-tune {id}` learns \
         from it.",
        counted(counts.users, "user"),
        counts.accepted,
        counts.rejected
    )?;
    Ok(())
}

/// What was taken of a table.
pub(super) struct TakenFeedback {
    pub(super) answers: Vec<Feedback>,
    refused: usize,
}

/// Reads a table of answers to the lists of a run, and tells of the lines that say nothing of it.
pub(super) fn read(
    manifest: &Manifest,
    file: &std::path::Path,
    streams: &mut Streams<'_>,
) -> Result<TakenFeedback, Error> {
    if manifest.experiment.answers() != AnswerKind::Ranking {
        return Err(Error::edge(
            format!(
                "run {} makes no lists of items that anybody could accept or reject",
                manifest.id
            ),
            "take a run whose task is the next item; `seqscope runs` lists them",
        ));
    }
    let prepared = data_of_run_watched(manifest, &AtomicBool::new(false))?;
    let ReadAnswers {
        answers,
        refused,
        n_not_shown,
    } = prepared.dataset.read_answers(file)?;
    tell_refused(&refused, streams)?;
    if n_not_shown > 0 {
        writeln!(
            streams.err,
            "warning: {} not shown, so nobody answered them.",
            if n_not_shown == 1 {
                "1 row is of an item that was".to_owned()
            } else {
                format!("{n_not_shown} rows are of items that were")
            }
        )?;
    }
    if answers.is_empty() {
        return Err(Error::edge(
            format!(
                "`{}` holds no answer to the lists of run {}",
                file.display(),
                manifest.id
            ),
            "write a row for each shown item, with the ids of the run's log and 1 or 0 in a column \
             `accepted`",
        ));
    }
    let now = Feedback::now(&prepared);
    let answers = answers.into_iter().map(Feedback::from);
    let answers = answers.map(|answer| Feedback {
        time: answer.time.or(now),
        ..answer
    });
    Ok(TakenFeedback {
        answers: answers.collect(),
        refused: refused.len(),
    })
}

fn tell_refused(refused: &[Sentence], streams: &mut Streams<'_>) -> Result<(), Error> {
    for sentence in refused.iter().take(TOLD_LINES) {
        writeln!(streams.err, "warning: {sentence}.")?;
    }
    if let Some(more) = refused
        .len()
        .checked_sub(TOLD_LINES)
        .filter(|more| *more > 0)
    {
        writeln!(
            streams.err,
            "warning: {} more of the table {} left out for such reasons.",
            counted(more, "line"),
            if more == 1 { "was" } else { "were" }
        )?;
    }
    Ok(())
}
