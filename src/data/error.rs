//! Errors that can arise between a file and its sequences.

use std::path::{Path, PathBuf};

use seqscope_base::spec::{FieldPath, Problem, Sentence};

/// A log that cannot be opened or prepared. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file cannot be read at all.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// The file was read and holds nothing usable.
    #[error("`{}`: {sentence}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The fault, and the cure.
        sentence: Sentence,
    },
    /// A setting of the import is wrong.
    #[error("{sentence}")]
    Setting {
        /// Dotted path of the setting, such as `data.roles.user`.
        field: FieldPath,
        /// The fault, and the cure.
        sentence: Sentence,
    },
    /// Nothing was left after a step.
    #[error("{sentence}")]
    Nothing {
        /// The step that left nothing.
        step: String,
        /// The fault, and the cure.
        sentence: Sentence,
    },
    /// The user stopped it.
    #[error("stopped")]
    Cancelled,
}

impl DataError {
    /// A file that holds nothing usable.
    pub(crate) fn content(path: &Path, sentence: impl Into<Sentence>) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            sentence: sentence.into(),
        }
    }

    /// File that cannot be read at all.
    pub(crate) fn unreadable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unreadable {
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }

    /// A setting that is wrong.
    pub(crate) fn setting(field: impl Into<FieldPath>, sentence: impl Into<Sentence>) -> Self {
        Self::Setting {
            field: field.into(),
            sentence: sentence.into(),
        }
    }

    /// The error without what it quotes of the log.
    #[must_use]
    pub fn without_examples(self) -> Self {
        match self {
            Self::Content { path, sentence } => Self::Content {
                path,
                sentence: sentence.without_examples(),
            },
            Self::Setting { field, sentence } => Self::Setting {
                field,
                sentence: sentence.without_examples(),
            },
            Self::Nothing { step, sentence } => Self::Nothing {
                step,
                sentence: sentence.without_examples(),
            },
            Self::Unreadable { .. } | Self::Unwritable { .. } | Self::Cancelled => self,
        }
    }
}

/// A problem that stops the work, as what stopped it.
impl From<Problem> for DataError {
    fn from(problem: Problem) -> Self {
        Self::setting(problem.field.clone(), problem.into_sentence())
    }
}
