//! The rows of a log that cannot be read: listed, and written for whoever mends the file.

use std::path::Path;

use super::open::{Opened, listed, rows};
use super::table::{Column, Table};
use super::write_csv;
use super::{FileSpec, RefusedRow, anonymous};
use crate::error::DataError;
use crate::load_progress::LoadProgress;

/// All rows of a log that cannot be read, in order, with their reasons: the account of an opened
/// log lists the first ones.
///
/// # Errors
/// [`DataError`] when the log cannot be read or a setting is wrong.
pub fn refused_rows(
    file: &FileSpec,
    progress: &dyn LoadProgress,
) -> Result<Vec<RefusedRow>, DataError> {
    let Opened {
        mut rows,
        file,
        hidden,
        ..
    } = rows(file, true, progress).map_err(|error| file.pseudonyms.hide_in_error(error))?;
    anonymous::settle(&mut rows, &file);
    Ok(listed(&rows, hidden.is_some()))
}

/// Writes them as CSV: file (where the log is several), line, reason; never over a file that is
/// there.
///
/// # Errors
/// As [`refused_rows`], and where the file cannot be written.
pub fn write_refused_rows(
    file: &FileSpec,
    to: &Path,
    progress: &dyn LoadProgress,
) -> Result<usize, DataError> {
    if to.exists() {
        let reason = "there is such a file already; name another one".to_owned();
        return Err(DataError::Unwritable {
            path: to.to_path_buf(),
            reason,
        });
    }
    let rows = refused_rows(file, progress)?;
    let files = rows.iter().any(|row| row.file.is_some()).then(|| {
        let names = rows
            .iter()
            .map(|row| row.file.clone().unwrap_or_default())
            .collect();
        ("file".to_owned(), Column::Text(names))
    });
    let lines = (
        "line".to_owned(),
        Column::Int(rows.iter().map(|row| row.line as i64).collect()),
    );
    let reasons = (
        "reason".to_owned(),
        Column::Text(rows.iter().map(|row| row.reason.to_string()).collect()),
    );
    write_csv(
        to,
        &Table {
            columns: files.into_iter().chain([lines, reasons]).collect(),
        },
    )?;
    Ok(rows.len())
}
