//! The crate's error: the sum of the modules' errors, and what a person is shown of one.

use std::fmt;

use crate::experiment::ExperimentError;
use crate::explain::QuestionError;
use crate::run::RunError;
use crate::sweep::SweepError;
use crate::train::TrainError;
use seqscope_base::spec::Problem;
use seqscope_data::DataError;
use seqscope_model::ModelError;

/// Anything that can go wrong, as it reaches the edge of the program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A log.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An experiment file.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// A model or its device.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A run on disk.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A run that cannot start or go on.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A sweep.
    #[error(transparent)]
    Sweep(SweepError),
    /// Standard output cannot be written to.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// Left at the system's word, to go on later: nothing is wrong.
    #[error("{0}")]
    Paused(String),
    /// What only the edge can tell: no such user, no display.
    #[error("{sentence}")]
    Edge {
        /// Sentence that says what is wrong.
        sentence: String,
        /// Cure: what to do about it.
        hint: Option<String>,
    },
}

impl From<QuestionError> for Error {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::Model(error) => error.into(),
            QuestionError::Stopped => Self::Paused(error.to_string()),
        }
    }
}

impl From<SweepError> for Error {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Run(error) => error.into(),
            SweepError::Experiment(error) => error.into(),
            SweepError::Train(error) => error.into(),
            other => Self::Sweep(other),
        }
    }
}

impl Error {
    /// An error of the edge itself.
    pub fn edge(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Edge {
            sentence: sentence.into(),
            hint: Some(hint.into()),
        }
    }

    /// Hint at what to try next, where the sentence alone does not say it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(e) | Self::Train(TrainError::Data(e)) => hint_for_data(e),
            Self::Experiment(e) | Self::Train(TrainError::Experiment(e)) => hint_for_experiment(e),
            Self::Model(e) | Self::Train(TrainError::Model(e)) => hint_for_model(e),
            Self::Train(TrainError::Problems(_)) => Some(
                "`seqscope check FILE.ron` lists every problem; `seqscope describe` says what each \
                 setting may be"
                    .to_owned(),
            ),
            Self::Edge { hint, .. } => hint.clone(),
            Self::Run(_) | Self::Train(_) | Self::Sweep(_) | Self::Output(_) | Self::Paused(_) => None,
        }
    }

    /// With what the process ends: 1, or 75 (`EX_TEMPFAIL` of sysexits.h: try again later) for what
    /// was paused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Paused(_)) {
            75
        } else {
            1
        }
    }

    /// Sentences that a person is shown.
    #[must_use]
    pub fn report(&self) -> Report {
        let (sentence, causes) = match self {
            Self::Train(TrainError::Problems(problems)) => summary_of(problems),
            _ => (self.to_string(), causes_of(self)),
        };
        Report {
            sentence,
            causes,
            hint: self.hint(),
        }
    }
}

/// A data sentence carries its own cure; what it cannot know is where the person says the columns.
fn hint_for_data(error: &DataError) -> Option<String> {
    match error {
        DataError::Setting { field, .. } if field.is_within("data.roles") => Some(
            "`seqscope data FILE --user COLUMN --item COLUMN` tries it out; an experiment file \
             says `roles: (user: \"COLUMN\")`"
                .to_owned(),
        ),
        DataError::Setting { field, .. } if field.is_within("data.titles") => Some(
            "`seqscope data FILE --titles TABLE --titles-item COLUMN --titles-title COLUMN` tries \
             it out; an experiment file says `titles: (path: \"TABLE\", item: \"COLUMN\")`"
                .to_owned(),
        ),
        DataError::Setting { field, .. }
            if field.is_within("data.items") || field.is_within("data.users") =>
        {
            Some(
                "`seqscope data FILE --items TABLE --items-key COLUMN` tries it out (`--users` \
             likewise); an experiment file says `items: (path: \"TABLE\", key: \"COLUMN\")`"
                    .to_owned(),
            )
        }
        _ => None,
    }
}

fn hint_for_experiment(error: &ExperimentError) -> Option<String> {
    match error {
        ExperimentError::Syntax { .. } | ExperimentError::Set { .. } => {
            Some("`seqscope describe` lists every setting with its range and default".to_owned())
        }
        ExperimentError::Unreadable { .. }
        | ExperimentError::Newer { .. }
        | ExperimentError::Write(_) => None,
    }
}

fn hint_for_model(error: &ModelError) -> Option<String> {
    match error {
        ModelError::Device { .. } => {
            Some("`seqscope devices` lists what this machine has".to_owned())
        }
        _ => None,
    }
}

/// One sentence for several problems, and a line for each; warnings come last and stop nothing.
fn summary_of(problems: &[Problem]) -> (String, Vec<String>) {
    let (errors, warnings): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| problem.is_error());
    let warned = warnings.iter().map(|warning| format!("warning: {warning}"));
    match errors.as_slice() {
        [only] => (only.to_string(), warned.collect()),
        _ => {
            let lines = errors
                .iter()
                .map(ToString::to_string)
                .chain(warned)
                .collect();
            (
                format!("{} settings stop this experiment", errors.len()),
                lines,
            )
        }
    }
}

/// The chain below the error; a transparent error stands for its source and is not told twice.
fn causes_of(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |e| e.source())
        .map(ToString::to_string)
        .collect()
}

/// An error as it is shown: the command line prints it, the window makes a notice of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Sentence that says what is wrong.
    pub sentence: String,
    /// Causes that lie behind it, one line each.
    pub causes: Vec<String>,
    /// Hint at what to try next.
    pub hint: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.sentence)?;
        for cause in &self.causes {
            writeln!(f, "  {cause}")?;
        }
        match &self.hint {
            Some(hint) => writeln!(f, "hint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_its_sentence_its_lines_and_its_hint() {
        let problems = vec![
            Problem::error("model.n_heads", "Heads is 3."),
            Problem::error("", "Too few users."),
        ];
        let text = Error::from(TrainError::Problems(problems))
            .report()
            .to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "error: 2 settings stop this experiment",
                "  model.n_heads: Heads is 3.",
                "  Too few users."
            ]
        );
        assert!(lines[3].starts_with("hint: `seqscope check"));

        let one = vec![
            Problem::warning("split", "Cut in time."),
            Problem::error("", "Too few users."),
        ];
        let text = Error::from(TrainError::Problems(one)).report().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            ["error: Too few users.", "  warning: split: Cut in time."],
            "a warning stops nothing"
        );
    }

    #[test]
    fn a_transparent_error_is_told_once() {
        let error = Error::from(TrainError::from(DataError::Cancelled));
        assert_eq!(
            error.report(),
            Report {
                sentence: "stopped".to_owned(),
                causes: Vec::new(),
                hint: None
            }
        );
    }
}
