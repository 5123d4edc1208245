//! A report as files for others.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CardContent, CardReport, ReportCard, html, markdown, pages};
use crate::figure::{PictureError, pages_set};
use crate::run::RunError;
use crate::run::disk::{file_error, write_whole};

/// Forms of a report that leaves the program.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display, strum::EnumString,
)]
pub enum ReportFormat {
    /// One page that needs nothing else.
    #[default]
    #[strum(to_string = "HTML", serialize = "html", serialize = "htm")]
    Html,
    /// A text, with its charts and tables as files in a folder beside it.
    #[strum(to_string = "Markdown", serialize = "md", serialize = "markdown")]
    Markdown,
    /// Pages of A4.
    #[strum(to_string = "PDF", serialize = "pdf")]
    Pdf,
}

impl ReportFormat {
    /// The form that a file's ending names.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.to_lowercase().parse().ok()
    }

    /// The ending of such a file.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Pdf => "pdf",
        }
    }
}

/// Whether cards that name users or items of the data go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HiddenIds {
    /// Every card goes out as it is. Of a log that was read with pseudonyms it holds these.
    #[default]
    Shown,
    /// They are left out, each with a sentence in its place.
    Hidden,
}

/// Reason why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The disk.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The file's ending names no form.
    #[error("`{0}` does not say by its ending what to write; end it in .html, .md or .pdf")]
    Ending(PathBuf),
}

/// A file beside a report.
pub(super) struct FileBeside {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Writes a report to a file in the form that its ending names, each file whole. Returns the files
/// written, and a sentence about letters that no font has.
///
/// # Errors
/// [`ExportError`] when the ending names no form, a picture cannot be made or the disk refuses.
pub fn write_report(
    report: &CardReport,
    path: &Path,
    ids: HiddenIds,
) -> Result<(Vec<PathBuf>, Option<String>), ExportError> {
    let format = ReportFormat::of_path(path).ok_or_else(|| ExportError::Ending(path.to_owned()))?;
    let report = match ids {
        HiddenIds::Shown => report.clone(),
        HiddenIds::Hidden => without_names(report),
    };
    let mut written = vec![path.to_owned()];
    match format {
        ReportFormat::Html => write_whole(path, html::written(&report).as_bytes())?,
        ReportFormat::Pdf => {
            let set = pages_set(&report.title, &pages::written(&report))?;
            write_whole(path, &set.bytes)?;
            return Ok((written, set.doubt));
        }
        ReportFormat::Markdown => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{stem}-files");
            let (text, beside) = markdown::written(&report, &name.replace(' ', "%20"));
            let folder = path.with_file_name(&name);
            if !beside.is_empty() {
                fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
            }
            for file in beside {
                let path = folder.join(&file.name);
                write_whole(&path, &file.bytes)?;
                written.push(path);
            }
            // Last, so that nothing that it names is not there yet.
            write_whole(path, text.as_bytes())?;
        }
    }
    Ok((written, None))
}

/// The report without the cards that name users or items.
fn without_names(report: &CardReport) -> CardReport {
    let cards = report.cards.iter().map(|card| {
        let is_note = matches!(card.content, CardContent::Note(_));
        if is_note || !card.origin.names_data {
            return card.clone();
        }
        ReportCard::note(
            "*A card is left out here: it names users or items of the data, and ids are hidden.*",
        )
    });
    CardReport {
        title: report.title.clone(),
        cards: cards.collect(),
    }
}
