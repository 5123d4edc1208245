//! Errors of runs on disk.

use std::path::{Path, PathBuf};

use super::QueueError;
use crate::experiment::ExperimentError;
use seqscope_data::DataError;
use seqscope_model::ModelError;

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
    #[error("{}", unknown(name, root, near.as_deref(), *is_folder))]
    Unknown {
        /// Name that was asked for.
        name: String,
        /// Folder in which it was looked for.
        root: PathBuf,
        /// Name that may be meant.
        near: Option<String>,
        /// Whether it is the path of a folder, which then holds no run.
        is_folder: bool,
    },
    /// Several runs match.
    #[error("`{name}` fits {} runs ({}); write more of the name", .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// Name that was asked for.
        name: String,
        /// The runs that fit.
        candidates: Vec<String>,
    },
    /// A manifest, history or result is damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Sentence that says what is wrong with it.
        reason: String,
    },
    /// The manifest was written by a later version of the program.
    #[error("`{}` has version {found}, this program knows up to {known}: open it with a newer \
             Seqscope", path.display())]
    Newer {
        /// The manifest.
        path: PathBuf,
        /// Version of the file.
        found: u32,
        /// Latest version known here.
        known: u32,
    },
    /// A process is writing the run.
    #[error("run `{id}` is being written by a process; stop that training first")]
    Busy {
        /// The run.
        id: String,
    },
    /// A scenario cannot be called so.
    #[error(
        "a scenario cannot be called `{name}`; write letters, digits, blanks, `-` and `_`, at \
             most 59 of them"
    )]
    ScenarioName {
        /// Name that was asked for.
        name: String,
    },
    /// The run keeps no scenario of that name.
    #[error("the run has no scenario `{name}`; {}", known_scenarios(known))]
    NoScenario {
        /// Name that was asked for.
        name: String,
        /// Names of those that it keeps.
        known: Vec<String>,
    },
    /// A slice cannot be called so.
    #[error(
        "a slice cannot be called `{name}`; write letters, digits, blanks, `-` and `_`, at most 59 \
             of them"
    )]
    SliceName {
        /// Name that was asked for.
        name: String,
    },
    /// A slice of that name has another rule.
    #[error(
        "there is a slice `{name}` already, with another rule; choose another name, or delete \
             that one first"
    )]
    SliceTaken {
        /// Name that was asked for.
        name: String,
    },
    /// No slice of that name is kept.
    #[error("there is no slice `{name}`; {}", known_slices(known))]
    NoSlice {
        /// Name that was asked for.
        name: String,
        /// Names of those that are kept.
        known: Vec<String>,
    },
    /// The queue cannot be changed as asked.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// No deleted run of that name.
    #[error("{}", not_in_bin(name, near.as_deref(), *is_empty))]
    NotInBin {
        /// Name that was asked for.
        name: String,
        /// Name that may be meant.
        near: Option<String>,
        /// Whether the bin is empty.
        is_empty: bool,
    },
    /// A deleted run cannot come back: another has its name.
    #[error("there is a run `{id}` already; delete or export that one first")]
    NameTaken {
        /// Name of both.
        id: String,
    },
    /// A label, tag or note cannot be such.
    #[error("{0}")]
    About(String),
    /// Weights cannot be written.
    #[error(transparent)]
    Weights(#[from] ModelError),
    /// A table of results cannot be written or read.
    #[error(transparent)]
    Table(#[from] DataError),
    /// The experiment cannot be written out.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
}

impl RunError {
    /// The file that the disk refused to a run in progress; the folder of a run that is not there.
    /// `None` of any other error.
    pub(super) fn refused(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. }
            | Self::Weights(ModelError::Weights { path, .. })
            | Self::Table(DataError::Unwritable { path, .. }) => Some(path),
            Self::Unknown { root, .. } => Some(root),
            _ => None,
        }
    }
}

fn known_scenarios(known: &[String]) -> String {
    if known.is_empty() {
        return "it keeps none yet; name a file, or save one from the window (Explain, What if)"
            .to_owned();
    }
    format!("it has `{}`", known.join("`, `"))
}

fn known_slices(known: &[String]) -> String {
    if known.is_empty() {
        return "none is kept in this folder of runs yet; keep one from the window, or by \
                `seqscope users RUN --where EXPRESSION --keep NAME`"
            .to_owned();
    }
    format!("there are `{}`", known.join("`, `"))
}

fn not_in_bin(name: &str, near: Option<&str>, is_empty: bool) -> String {
    let cure = match near {
        _ if is_empty => "the bin is empty".to_owned(),
        Some(near) => format!("did you mean `{near}`? `seqscope runs --bin` lists them"),
        None => "`seqscope runs --bin` lists those that are there".to_owned(),
    };
    format!("there is no run `{name}` in the bin; {cure}")
}

fn unknown(name: &str, root: &Path, near: Option<&str>, is_folder: bool) -> String {
    let cure = near.map_or_else(
        || "`seqscope runs` lists them".to_owned(),
        |near| format!("did you mean `{near}`? `seqscope runs` lists them"),
    );
    let what = if is_folder {
        format!(
            "`{name}` is a folder without a manifest.ron, so it is no run, nor is there one of \
             that name in"
        )
    } else {
        format!("there is no run `{name}` in")
    };
    format!("{what} `{}`; {cure}", root.display())
}
