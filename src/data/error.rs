//! Errors that can arise between a file and its sequences.

use std::path::{Path, PathBuf};

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
        sentence: String,
    },
    /// A setting of the import is wrong.
    #[error("{sentence}")]
    Setting {
        /// Dotted path of the setting, such as `data.roles.user`.
        field: String,
        /// The fault, and the cure.
        sentence: String,
    },
    /// Nothing was left after a step.
    #[error("{sentence}")]
    Nothing {
        /// The step that left nothing.
        step: String,
        /// The fault, and the cure.
        sentence: String,
    },
    /// The user stopped it.
    #[error("stopped")]
    Cancelled,
}

impl DataError {
    /// A file that holds nothing usable.
    pub(crate) fn content(path: &Path, sentence: impl Into<String>) -> Self {
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
    pub(crate) fn setting(field: &str, sentence: impl Into<String>) -> Self {
        Self::Setting {
            field: field.to_owned(),
            sentence: sentence.into(),
        }
    }
}
