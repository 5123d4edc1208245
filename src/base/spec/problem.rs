//! One thing that is wrong or doubtful, at the field that it concerns.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FieldPath, KeptParts, Sentence};

/// Severity of a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing; the work goes on.
    Warning,
    /// The work cannot start, or has stopped.
    Error,
}

/// Kind of a [`Problem`], where something is decided by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    /// Nothing is decided by it.
    #[default]
    Other,
    /// A split that cuts each user at another moment, which says nothing of a log without times.
    SplitIgnoresTimes,
    /// A reference that needs no training is better than the model.
    BelowReference,
    /// Few dimensions of a latent vector are used.
    LatentCollapsed,
    /// A run has read the test split more than once.
    TestReadAgain,
}

impl ProblemKind {
    /// Whether nothing is decided by it.
    #[must_use]
    pub fn is_other(&self) -> bool {
        *self == Self::Other
    }
}

/// One sentence with its cure, at one field.
///
/// It is kept as a text that anybody can read, with its examples beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "KeptProblem", into = "KeptProblem")]
pub struct Problem {
    /// Path of the setting; that of the whole when it concerns the whole.
    pub field: FieldPath,
    /// Severity.
    pub severity: Severity,
    /// Kind.
    pub kind: ProblemKind,
    /// The whole sentence, cure included.
    sentence: Sentence,
}

/// A problem as it lies on disk.
#[derive(Serialize, Deserialize)]
struct KeptProblem {
    field: FieldPath,
    severity: Severity,
    #[serde(default, skip_serializing_if = "ProblemKind::is_other")]
    kind: ProblemKind,
    sentence: String,
    /// Parts of the sentence where it quotes the log; absent in older files.
    #[serde(default)]
    parts: KeptParts,
}

impl From<Problem> for KeptProblem {
    fn from(problem: Problem) -> Self {
        Self {
            sentence: problem.sentence.to_string(),
            parts: problem.sentence.kept_parts(),
            kind: problem.kind,
            severity: problem.severity,
            field: problem.field,
        }
    }
}

impl From<KeptProblem> for Problem {
    fn from(kept: KeptProblem) -> Self {
        let is_old = kept.parts.are_absent();
        // What is said of other settings than those of the data quotes no log.
        let parts = if is_old && !kept.field.is_within("data") {
            KeptParts::without_examples()
        } else {
            kept.parts
        };
        let kind = match kept.field.as_str() {
            "model" if is_old => ProblemKind::BelowReference,
            "model.beta" if is_old => ProblemKind::LatentCollapsed,
            // Nothing else was ever said of it in a run.
            "training.epochs" => ProblemKind::TestReadAgain,
            _ => kept.kind,
        };
        Self {
            field: kept.field,
            severity: kept.severity,
            kind,
            sentence: Sentence::from_kept(kept.sentence, parts),
        }
    }
}

/// Problems are equal when they say the same at the same place; their kind follows from it.
impl PartialEq for Problem {
    fn eq(&self, other: &Self) -> bool {
        self.field == other.field
            && self.severity == other.severity
            && self.sentence == other.sentence
    }
}

impl Eq for Problem {}

/// Field and sentence on one line; the sentence alone when it concerns the whole.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_whole() {
            self.sentence.fmt(f)
        } else {
            write!(f, "{}: {}", self.field, self.sentence)
        }
    }
}

impl Problem {
    /// A problem that stops the work.
    pub fn error(field: impl Into<FieldPath>, sentence: impl Into<Sentence>) -> Self {
        Self::new(Severity::Error, field, sentence)
    }

    /// A problem that is told and kept, while the work goes on.
    pub fn warning(field: impl Into<FieldPath>, sentence: impl Into<Sentence>) -> Self {
        Self::new(Severity::Warning, field, sentence)
    }

    fn new(severity: Severity, field: impl Into<FieldPath>, sentence: impl Into<Sentence>) -> Self {
        Self {
            field: field.into(),
            severity,
            kind: ProblemKind::Other,
            sentence: sentence.into(),
        }
    }

    /// Returns this problem as one of a kind.
    #[must_use]
    pub fn of_kind(self, kind: ProblemKind) -> Self {
        Self { kind, ..self }
    }

    /// Returns this problem at another field.
    #[must_use]
    pub fn at(self, field: impl Into<FieldPath>) -> Self {
        Self {
            field: field.into(),
            ..self
        }
    }

    /// Returns this problem with `prefix.` before its field.
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        Self {
            field: self.field.under(prefix),
            ..self
        }
    }

    /// The whole sentence, cure and examples included.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.sentence.to_string()
    }

    /// The sentence with its examples apart.
    #[must_use]
    pub fn into_sentence(self) -> Sentence {
        self.sentence
    }

    /// Returns this problem without what it quotes of the log.
    #[must_use]
    pub fn without_examples(self) -> Self {
        Self {
            sentence: self.sentence.without_examples(),
            ..self
        }
    }

    /// Whether it is a problem only where the log has times: without them there is no other way to
    /// split it.
    #[must_use]
    pub fn is_of_times(&self) -> bool {
        self.kind == ProblemKind::SplitIgnoresTimes
    }

    /// Whether the work must stop.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoting() -> Problem {
        let first = Sentence::from(" (the first: `")
            .example("Alice")
            .words("`)");
        let sentence = Sentence::from("2 ids are odd").aside(first).words(".");
        Problem::warning("data.roles.user", sentence).of_kind(ProblemKind::BelowReference)
    }

    #[test]
    fn a_problem_is_kept_as_a_text_with_its_examples_beside_it() {
        let kept = serde_json::to_string(&quoting()).unwrap();
        assert!(
            kept.contains("\"sentence\":\"2 ids are odd (the first: `Alice`).\""),
            "{kept}"
        );
        let again: Problem = serde_json::from_str(&kept).unwrap();
        assert_eq!((&again, again.kind), (&quoting(), quoting().kind));
        assert_eq!(
            again.without_examples().to_string(),
            "data.roles.user: 2 ids are odd."
        );
    }

    #[test]
    fn a_problem_of_an_older_file_is_left_out_where_it_may_quote_the_log() {
        let old = |field: &str| -> Problem {
            let kept = serde_json::json!({
                "field": field, "severity": "Warning", "sentence": "of `Alice`"
            });
            serde_json::from_value(kept).unwrap()
        };
        for (field, kind, is_left_out) in [
            ("data", ProblemKind::Other, true),
            ("data.roles.user", ProblemKind::Other, true),
            ("split", ProblemKind::Other, false),
            ("model", ProblemKind::BelowReference, false),
            ("model.beta", ProblemKind::LatentCollapsed, false),
        ] {
            let problem = old(field);
            assert_eq!(
                (problem.sentence().as_str(), problem.kind),
                ("of `Alice`", kind)
            );
            let hidden = problem.without_examples().sentence();
            assert_eq!(!hidden.contains("Alice"), is_left_out, "{field}: {hidden}");
        }
    }
}
