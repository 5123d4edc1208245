//! One thing that is wrong or doubtful, at the field that it concerns.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Severity of a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing; the work goes on.
    Warning,
    /// The work cannot start, or has stopped.
    Error,
}

/// One sentence with its cure, at one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Dotted path of the setting, such as `model.d_model`; empty when it concerns the whole.
    pub field: String,
    /// Severity.
    pub severity: Severity,
    /// The whole sentence, cure included.
    pub sentence: String,
}

/// Field and sentence on one line; the sentence alone when it concerns the whole.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.sentence)
        } else {
            write!(f, "{}: {}", self.field, self.sentence)
        }
    }
}

impl Problem {
    /// A problem that stops the work.
    pub fn error(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            severity: Severity::Error,
            sentence: sentence.into(),
        }
    }

    /// A problem that is told and kept, while the work goes on.
    pub fn warning(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            severity: Severity::Warning,
            sentence: sentence.into(),
        }
    }

    /// Returns this problem with `prefix.` before its field.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.field = if self.field.is_empty() {
            prefix.to_owned()
        } else {
            format!("{prefix}.{}", self.field)
        };
        self
    }

    /// Whether the work must stop.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
