//! Reports on disk: one text a report in the folder `reports` of the folder of runs.

use std::fs;
use std::path::PathBuf;

use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::CardReport;
use crate::run::disk::{
    file_error, is_plain_name, names_in, read_text, remove_if_there, write_whole,
};
use crate::run::{RunError, RunStore};
use seqscope_base::spec::quotable;

/// Folder of the reports in that of the runs.
pub const REPORTS: &str = "reports";

/// Ending of a report's file.
const ENDING: &str = ".ron";

/// Version of the file of a report.
const VERSION: u32 = 1;

/// Reason why a report could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// The disk, or the file itself.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no report of this name.
    #[error("there is no report `{name}`; {}", known_words(.known))]
    Unknown {
        /// Name that was asked for.
        name: String,
        /// Names that there are.
        known: Vec<String>,
    },
    /// The name cannot be that of a file.
    #[error(
        "`{name}` cannot be the name of a report; use up to 59 letters, digits, blanks, `-`, `_`, \
         commas and brackets"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Another report has the name.
    #[error("there is a report `{name}` already; choose another name")]
    Taken {
        /// The name.
        name: String,
    },
}

fn known_words(known: &[String]) -> String {
    if known.is_empty() {
        return "add a chart to one in the window first, or name runs to report on".to_owned();
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("there are {}", names.join(", "))
}

#[derive(Serialize)]
struct Kept<'a> {
    version: u32,
    report: &'a CardReport,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    report: CardReport,
}

/// Version of a report, whatever else stands in its file.
#[derive(Deserialize)]
struct VersionAlone {
    version: u32,
}

impl RunStore {
    /// Names of the reports that are kept, in order.
    ///
    /// # Errors
    /// [`CardError`] when the folder cannot be read.
    pub fn report_names(&self) -> Result<Vec<String>, CardError> {
        Ok(names_in(&self.root.join(REPORTS), ENDING)?)
    }

    /// A report by its name.
    ///
    /// # Errors
    /// [`CardError`] when there is none of that name, or its file cannot be read.
    pub fn report(&self, name: &str) -> Result<CardReport, CardError> {
        let path = self.report_file(name)?;
        if !path.exists() {
            return Err(CardError::Unknown {
                name: quotable(name),
                known: self.report_names()?,
            });
        }
        let text = read_text(&path)?;
        let newer = |found: u32| RunError::Newer {
            path: path.clone(),
            found,
            known: VERSION,
        };
        match ron::from_str::<Read>(&text) {
            Ok(read) if read.version > VERSION => Err(newer(read.version).into()),
            Ok(read) => Ok(read.report),
            Err(error) => {
                // A later version may have cards that only look like damage.
                let head = ron::from_str::<VersionAlone>(&text).ok();
                let version = head.map(|head| head.version).filter(|v| *v > VERSION);
                Err(version.map_or_else(
                    || RunError::Damaged {
                        path: path.clone(),
                        reason: format!(
                            "line {}: the text of the report is damaged; mend that line, or delete \
                             the file",
                            error.span.start.line
                        ),
                    },
                    newer,
                )
                .into())
            }
        }
    }

    /// Keeps a report, whole or not at all; one of the same name is written over.
    ///
    /// # Errors
    /// [`CardError`] when the name cannot be that of a file, or the disk refuses.
    pub fn keep_report(&self, name: &str, report: &CardReport) -> Result<(), CardError> {
        let path = self.report_file(name)?;
        let kept = Kept {
            version: VERSION,
            report,
        };
        // Numbers of a chart lie side by side: a line each would make a report of a thousand pages.
        let pretty = PrettyConfig::new().new_line("\n").depth_limit(4);
        let text =
            ron::ser::to_string_pretty(&kept, pretty).map_err(|error| RunError::Damaged {
                path: path.clone(),
                reason: format!("{error}; make the card anew"),
            })?;
        let folder = self.root.join(REPORTS);
        fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
        Ok(write_whole(&path, (text + "\n").as_bytes())?)
    }

    /// Gives a report another name.
    ///
    /// # Errors
    /// [`CardError`] when there is none, or the new name is taken or none of a file.
    pub fn rename_report(&self, from: &str, to: &str) -> Result<(), CardError> {
        if from == to {
            return Ok(());
        }
        let report = self.report(from)?;
        if self.report_file(to)?.exists() {
            return Err(CardError::Taken { name: quotable(to) });
        }
        self.keep_report(to, &report)?;
        self.delete_report(from)
    }

    /// Deletes a report, if it is there.
    ///
    /// # Errors
    /// [`CardError`] when it cannot be deleted.
    pub fn delete_report(&self, name: &str) -> Result<(), CardError> {
        Ok(remove_if_there(&self.report_file(name)?)?)
    }

    fn report_file(&self, name: &str) -> Result<PathBuf, CardError> {
        if !is_plain_name(name) {
            return Err(CardError::Name {
                name: quotable(name),
            });
        }
        Ok(self.root.join(REPORTS).join(format!("{name}{ENDING}")))
    }
}
