//! What can go wrong with runs on disk.

use std::path::PathBuf;

/// A run that cannot be written, found or read. Each sentence carries its cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file or folder cannot be read or written.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// File or folder.
        path: PathBuf,
        /// Why, with the cure.
        reason: String,
    },
    /// No run of that name.
    #[error("there is no run `{name}` in `{}`; `seqscope runs` lists them", root.display())]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        root: PathBuf,
    },
    /// Several runs match.
    #[error("`{name}` fits {} runs ({}); write more of the name", .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The runs that fit.
        candidates: Vec<String>,
    },
    /// A manifest, history or result is damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
