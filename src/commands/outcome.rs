//! Tells how a run ended, in words, as a table beside the references, or as JSON.

use serde_json::{Value, json};

use super::Streams;
use seqscope_base::metric::{AnswerKind, Metric, Metrics, Reliability, Seen};
use seqscope_base::spec::{Entry, Problem};
use seqscope_data::world::Ceiling;
use seqscope_data::{Returned, Returns, TestTies};
use seqscope_engine::error::Error;
use seqscope_engine::report::{
    ReportForm, ReportTable, RunResults, protocol, reliability_table, sampled, tuning_table, words,
};
use seqscope_engine::run::{
    self, Manifest, Pause, References, RunId, RunOutcome, SeenTargetRule, TuningEffect,
    references_ahead,
};
use seqscope_engine::train::Ended;

/// Form of the output: for people or for a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputForm {
    Text,
    Json,
}

impl OutputForm {
    pub(super) fn json_if(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Tells how a run ended, and what it changed where it was fine-tuned. A run that failed is an error, and one that was paused has an exit code
/// of its own; one that was stopped and kept is neither.
pub(super) fn tell(
    manifest: &Manifest,
    ended: &Ended,
    effect: Option<&TuningEffect>,
    form: OutputForm,
    streams: &mut Streams<'_>,
) -> Result<(), Error> {
    if let Some(RunOutcome::Failed { sentence }) = &ended.outcome {
        let hint = match ended.epochs {
            0 => format!("nothing was learnt yet; its folder is `{}`", manifest.id),
            n => format!(
                "the first {n} epochs are kept; `seqscope resume {}` goes on from there",
                manifest.id
            ),
        };
        return Err(Error::edge(sentence.clone(), hint));
    }
    if let Some(pause) = &ended.pause {
        if form == OutputForm::Json {
            streams.json(&json_of(manifest, ended))?;
        }
        return Err(Error::Paused(paused(&manifest.id, pause)));
    }
    let effect = effect.map(tuning_table);
    match form {
        OutputForm::Json => {
            let mut object = json_of(manifest, ended);
            if let Some(effect) = effect {
                let table = serde_json::from_str(&effect.written(ReportForm::Json));
                object["fine_tuning"] = table.unwrap_or(Value::Null);
            }
            streams.json(&object)
        }
        OutputForm::Text => {
            write_text(manifest, ended, streams)?;
            let Some(effect) = effect else { return Ok(()) };
            Ok(write!(
                streams.out,
                "\n{}",
                effect.written(ReportForm::Text)
            )?)
        }
    }
}

/// Says where a run was paused, and how it goes on.
fn paused(id: &RunId, pause: &Pause) -> String {
    let Pause { epoch, step, .. } = pause;
    let at = if *step > 0 {
        format!("after step {step} of epoch {epoch}")
    } else {
        format!("before epoch {epoch}")
    };
    format!(
        "run {id} is paused {at}, its test split unread; `seqscope resume {id}` goes on to the \
         same numbers"
    )
}

fn json_of(manifest: &Manifest, ended: &Ended) -> Value {
    json!({
        "run": manifest.id.0,
        "status": status(ended),
        "epochs": ended.epochs,
        "seconds": ended.train_secs,
        "valid": ended.valid.as_ref().map(metrics_json),
        "test": ended.test.as_ref().map(metrics_json),
        "reliability": ended.reliability.as_ref().map(reliability_json),
        "references": references_json(&ended.references_test),
        "references_left_out": ended.references_left_out.iter().map(|(kind, why)| (kind.to_string(), Value::from(why.as_str()))).collect::<serde_json::Map<_, _>>(),
        "optimum": ended.optimum.as_ref().map(ceiling_json),
        "above_optimum": above_optimum(ended),
        "references_ahead": ended.test.as_ref().map(|test| ahead_json(test, &ended.references_test)),
        "test_ties": ended.test_ties.as_ref().map(ties_json),
        "diverged_epoch": ended.diverged_epoch,
        "problems": manifest.problems.iter().map(problem_json).collect::<Vec<_>>(),
        "seen": seen_json(manifest),
    })
}

/// What became of seen items, why, and how many questions that touches; nothing of a run that ranks
/// no items.
pub(super) fn seen_json(manifest: &Manifest) -> Value {
    if manifest.experiment.answers() != AnswerKind::Ranking {
        return Value::Null;
    }
    json!({
        "left_out": manifest.seen() == Seen::LeftOut,
        "follows_log": manifest.follows_log,
        "returns": manifest.data.returns.as_ref().map(returns_json),
        "seen_targets": match manifest.seen_target {
            SeenTargetRule::Ranked => "ranked, by an older rule",
            SeenTargetRule::Missed => "missed where seen items are left out",
        },
        "sentences": manifest.told_of_seen(),
    })
}

/// How often users come back to items that they had, in training and among the targets of
/// questions.
pub(super) fn returns_json(returns: &Returns) -> Value {
    let counted = |of: Returned| json!({ "of": of.of, "returning": of.n, "share": of.share() });
    json!({
        "training_events": counted(returns.train),
        "valid_targets": counted(returns.valid),
        "test_targets": counted(returns.test),
    })
}

/// A warning with the setting that it is about.
fn problem_json(problem: &Problem) -> Value {
    json!({ "field": problem.field, "sentence": problem.sentence() })
}

/// The references that are ahead of a run, the best first, and by how much.
pub(super) fn ahead_json(test: &Metrics, references: &References) -> Value {
    let ahead = references_ahead(test, references).into_iter();
    ahead
        .map(|(kind, lead)| json!({ "reference": kind.to_string(), "lead": lead }))
        .collect()
}

/// Sentence on the test targets that the order of equal times decides.
pub(super) fn ties_json(ties: &TestTies) -> Value {
    json!({ "tied": ties.n_tied, "asked": ties.n_asked })
}

/// Sentence about a run above a world's best possible score.
fn above_optimum(ended: &Ended) -> Option<String> {
    ended.optimum.as_ref()?.above(ended.test.as_ref()?)
}

/// Status in the words of the list of runs.
fn status(ended: &Ended) -> &'static str {
    match &ended.outcome {
        Some(RunOutcome::Finished) => "finished",
        Some(RunOutcome::Stopped) => "stopped",
        Some(RunOutcome::Failed { .. }) => "failed",
        None if ended.pause.is_some() => "paused",
        None => "discarded",
    }
}

/// The headline metrics under their usual names.
pub(super) fn metrics_json(metrics: &Metrics) -> Value {
    metrics
        .kind
        .headline()
        .iter()
        .map(|metric| (metric.name().to_owned(), json!(metrics.get(*metric))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The reliability table: the bins that have answers.
pub(super) fn reliability_json(table: &Reliability) -> Value {
    table
        .filled()
        .map(|(at, bin)| {
            let (from, to) = Reliability::bounds(at);
            json!({
                "from": from,
                "to": to,
                "n": bin.n,
                "said": bin.confidence,
                "came_true": bin.frequency,
            })
        })
        .collect()
}

/// Metrics of the top-10 lists.
pub(super) fn lists_json(metrics: &Metrics) -> Value {
    LISTS
        .into_iter()
        .filter_map(|metric| Some((metric.name().to_owned(), json!(metrics.get(metric)?))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The metrics among sampled candidates, with how these were drawn.
pub(super) fn sampled_json(manifest: &Manifest, metrics: &Metrics) -> Value {
    let evaluation = &manifest.experiment.evaluation;
    json!({
        "candidates": evaluation.candidates,
        "candidates_seed": evaluation.candidates_seed,
        "metrics": metrics_json(metrics),
    })
}

/// The best possible figures of a world.
pub(super) fn ceiling_json(ceiling: &Ceiling) -> Value {
    let scatter: serde_json::Map<_, _> = ceiling
        .metrics()
        .iter()
        .map(|(metric, _, error)| (metric.name().to_owned(), json!(error)))
        .collect();
    json!({
        "ndcg@10": ceiling.ndcg_at_10,
        "hr@10": ceiling.hr_at_10,
        "hr@1": ceiling.hr_at_1,
        "scatter": ceiling.scatter.is_known().then_some(scatter),
    })
}

fn references_json(references: &References) -> Value {
    references
        .iter()
        .map(|(kind, metrics)| (kind.to_string(), metrics_json(metrics)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The run, how it ended, its epochs and the time they took.
fn heading(manifest: &Manifest, ended: &Ended) -> String {
    let how = match ended.outcome {
        Some(RunOutcome::Stopped) => "stopped and kept",
        _ => "finished",
    };
    let best = match (ended.best_epoch, ended.diverged_epoch) {
        // Weights from after it are none that anyone should take for the best.
        (Some(best), Some(diverged)) if best >= diverged => {
            format!(", diverged in epoch {diverged}")
        }
        (Some(best), Some(diverged)) => format!(", best {best}, diverged in epoch {diverged}"),
        (Some(best), None) => format!(", best {best}"),
        (None, _) => String::new(),
    };
    let epochs = if ended.epochs == 1 { "epoch" } else { "epochs" };
    format!(
        "run {} {how}: {} {epochs} in {}{best}",
        manifest.id,
        ended.epochs,
        words::duration(ended.train_secs)
    )
}

fn write_text(manifest: &Manifest, ended: &Ended, streams: &mut Streams<'_>) -> Result<(), Error> {
    let out = &mut *streams.out;
    writeln!(out, "{}", heading(manifest, ended))?;
    let Some(test) = &ended.test else {
        writeln!(out, "No epoch was judged, so there is nothing to compare.")?;
        return Ok(());
    };
    writeln!(out, "\nTest: {}", protocol(manifest, test.n_users))?;
    for sentence in &ended.told_of_seen {
        writeln!(out, "{sentence}")?;
    }
    write!(out, "{}", results(manifest, ended, test).rows_as_text())?;
    let said = [
        run::verdict(test, &ended.references_test),
        above_optimum(ended),
        ended.test_ties.map(|it| it.sentence()),
    ];
    for sentence in said.into_iter().flatten() {
        writeln!(out, "{sentence}")?;
    }
    for sentence in ended.references_left_out.values() {
        writeln!(out, "{sentence}")?;
    }
    if let Some(table) = &ended.reliability {
        write!(
            out,
            "{}",
            reliability_table(table).written(ReportForm::Text)
        )?;
    }
    let lists = LISTS.into_iter().filter_map(|metric| {
        Some(format!(
            "{} {}",
            metric.title(),
            words::metric(test.get(metric)?)
        ))
    });
    let lists: Vec<String> = lists.collect();
    if !lists.is_empty() {
        writeln!(out, "Top-10 lists: {}", lists.join(", "))?;
    }
    Ok(())
}

/// Test metrics of the run and its references, and the best that a world allows.
fn results(manifest: &Manifest, ended: &Ended, test: &Metrics) -> ReportTable {
    let sampled = sampled(manifest);
    let results = RunResults {
        name: manifest.experiment.model.family().title(),
        model: Some(test),
        sampled: sampled
            .as_ref()
            .map(|(words, metrics)| (words.as_str(), *metrics)),
        references: &ended.references_test,
        optimum: ended.optimum,
    };
    results.table()
}

/// Metrics of whole lists.
const LISTS: [Metric; 4] = [
    Metric::Coverage10,
    Metric::Gini10,
    Metric::Novelty10,
    Metric::PopularityLift10,
];
