//! `seqscope check FILE.ron…`: every problem of experiment files at once, what their questions are
//! like, and the layers of each model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::grouped::GroupedSentences;
use super::progress::OpeningBar;
use super::{Streams, layers};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::Problem;
use seqscope_data::{self as data, DataSource};
use seqscope_engine::error::Error;
use seqscope_engine::experiment::Experiment;

/// Which files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Experiment files
    #[arg(required = true, value_name = "FILE.ron")]
    files: Vec<PathBuf>,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, streams: &mut Streams<'_>) -> Result<(), Error> {
    let mut n_bad = 0;
    let mut warnings = GroupedSentences::default();
    let mut told = Vec::new();
    for file in &args.files {
        let (experiment, problems) = opened(file);
        n_bad += usize::from(problems.iter().any(Problem::is_error));
        if args.json {
            told.push(json!({ "file": file, "problems": problems.iter().map(problem_json).collect::<Vec<_>>() }));
            continue;
        }
        if problems.is_empty() {
            writeln!(streams.out, "{}: nothing wrong", file.display())?;
        }
        for problem in &problems {
            if problem.is_error() {
                writeln!(streams.out, "{}: error: {problem}", file.display())?;
            } else {
                warnings.add(&file.display().to_string(), &problem.to_string());
            }
        }
        if let Some(experiment) = experiment
            .as_ref()
            .filter(|_| !problems.iter().any(Problem::is_error))
        {
            n_bad += usize::from(tell_of_data(file, experiment, &mut warnings, streams)?);
        }
        // Data that are not there yet say nothing against the model.
        if let Some(experiment) = experiment.filter(|_| {
            !problems
                .iter()
                .any(|problem| problem.is_error() && problem.field.is_within("model"))
        }) {
            layers::write(
                experiment.model.family().title(),
                &layers::of_experiment(&experiment),
                streams.out,
            )?;
        }
    }
    // What several files have in common is said once.
    for (sentence, files) in warnings.all() {
        writeln!(streams.out, "{}: warning: {sentence}", files.join(", "))?;
    }
    if args.json {
        streams.json(&json!({ "files": told }))?;
    }
    if n_bad == 0 {
        return Ok(());
    }
    let sentence = match args.files.as_slice() {
        [only] => format!("`{}` cannot be trained as it is", only.display()),
        files => format!(
            "{n_bad} of {} files cannot be trained as they are",
            files.len()
        ),
    };
    Err(Error::edge(
        sentence,
        "`seqscope describe` says what each setting may be",
    ))
}

/// Opens the data and tells of the questions that their split asks; returns whether they cannot be
/// opened.
fn tell_of_data(
    file: &Path,
    experiment: &Experiment,
    warnings: &mut GroupedSentences,
    streams: &mut Streams<'_>,
) -> Result<bool, Error> {
    let watch = OpeningBar::new(Arc::default());
    let prepared = data::prepare(&experiment.data, experiment.split, &watch);
    drop(watch);
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            writeln!(
                streams.out,
                "{}: error: {}",
                file.display(),
                Problem::error("data", error.to_string())
            )?;
            return Ok(true);
        }
    };
    if experiment.answers() != AnswerKind::Ranking {
        return Ok(false);
    }
    let (evaluation, returns) = (experiment.evaluation, &prepared.returns);
    if let Some(problem) = evaluation.check_returns(returns) {
        warnings.add(&file.display().to_string(), &problem.to_string());
    }
    writeln!(streams.out, "{}", evaluation.reason(returns))?;
    match returns.sentence(evaluation.resolved(returns).seen()) {
        Some(sentence) => writeln!(streams.out, "{sentence}")?,
        None => writeln!(
            streams.out,
            "No validation or test target is an item that the user already had."
        )?,
    }
    Ok(false)
}

/// A file that cannot be read has one problem: that.
fn opened(file: &Path) -> (Option<Experiment>, Vec<Problem>) {
    match Experiment::open(file) {
        Ok(experiment) => {
            let mut problems = experiment.check();
            if problems.iter().any(Problem::is_of_times) && is_timeless(&experiment) {
                problems.retain(|problem| !problem.is_of_times());
            }
            (Some(experiment), problems)
        }
        Err(e) => (None, vec![Problem::error("", e.to_string())]),
    }
}

/// Whether the log is there and has no times, as far as its head tells.
fn is_timeless(experiment: &Experiment) -> bool {
    let DataSource::File(file) = &experiment.data.source else {
        return false;
    };
    data::preview(file).is_ok_and(|preview| !preview.has_clock())
}

fn problem_json(problem: &Problem) -> Value {
    let severity = if problem.is_error() {
        "error"
    } else {
        "warning"
    };
    json!({ "field": problem.field, "severity": severity, "sentence": problem.sentence() })
}
