//! Errors of experiment files.

use std::path::PathBuf;

/// An experiment that cannot be read, set or written. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// The text is no experiment.
    #[error("line {line}: {sentence}")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// Description of what is wrong and what to do.
        sentence: String,
    },
    /// The file is of a later version of the program.
    #[error(
        "this file has version {found}, this program knows up to {known}: open it with a newer \
         Seqscope"
    )]
    Newer {
        /// Version of the file.
        found: u32,
        /// Latest version known here.
        known: u32,
    },
    /// A setting cannot be set by name.
    #[error("{sentence}")]
    Set {
        /// Path of the setting.
        field: String,
        /// Description of what is wrong and what to do.
        sentence: String,
    },
    /// A value cannot be written as RON.
    #[error("cannot write the experiment: {0}")]
    Write(String),
}
