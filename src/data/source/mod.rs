//! A file as rows of text, whatever its format; what cannot be read is listed, never lost.
//!
//! Two steps, so that a person sees at once what the program makes of a file: [`head`] reads the
//! first megabyte and guesses format, separator and header; [`rows`] reads the wanted columns of
//! the whole file with exactly those.

mod detect;
mod ndjson;
mod open;
mod parquet;
mod refused;
mod text;

use polars::prelude::{DataFrame, SerReader, StringChunked};

pub(super) use open::resolve;
pub(super) use refused::{Lines, Refused};

use super::{DataError, FileFormat, FileSpec};
use crate::spec::Problem;

/// How many bytes of a file are read to guess what it is.
const HEAD_BYTES: usize = 1 << 20;
/// How many rows of the head are kept to guess from.
const SAMPLE_ROWS: usize = 1_000;

/// The first rows of a file, and what was guessed from them.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// The file with format, separator and header filled in.
    pub(super) file: FileSpec,
    /// Column names, all different.
    pub(super) columns: Vec<String>,
    /// The first readable rows, each as long as `columns`.
    pub(super) rows: Vec<Vec<String>>,
    /// Size of the file.
    pub(super) n_bytes: u64,
    /// What is doubtful about the rows.
    pub(super) problems: Vec<Problem>,
}

/// The wanted columns of a whole file.
#[derive(Debug)]
pub(super) struct Rows {
    /// One for each wanted column, in that order; all as long as there are readable rows.
    pub(super) columns: Vec<Cells>,
    /// Number of rows in the file, refused ones included, header not.
    pub(super) n_read: usize,
    /// The line of each readable row.
    pub(super) lines: Lines,
    /// Rows that could not be read.
    pub(super) refused: Refused,
}

/// One column of a file.
#[derive(Clone, Debug)]
pub(super) enum Cells {
    /// Text as in the file; `None` or empty where there is nothing.
    Text(StringChunked),
    /// Microseconds since 1970-01-01 UTC, from a file that types its times.
    Micros(Vec<Option<i64>>),
}

/// Reads the head of a file.
pub(super) fn head(file: &FileSpec) -> Result<Head, DataError> {
    let path = resolve(&file.path)?;
    let (bytes, n_bytes) = open::head_bytes(&path, HEAD_BYTES)?;
    let format = match file.format {
        Some(format) => format,
        None => detect::format(&path, &bytes)?,
    };
    let file = FileSpec { format: Some(format), ..file.clone() };
    match format {
        FileFormat::Text => text::head(file, &path, &bytes, n_bytes),
        FileFormat::Parquet => parquet::head(file, &path, n_bytes),
        FileFormat::Ndjson => ndjson::head(file, &path, &bytes, n_bytes),
    }
}

/// Reads the columns at `wanted` (positions in `head.columns`) of the whole file.
pub(super) fn rows(head: &Head, wanted: &[usize]) -> Result<Rows, DataError> {
    let path = resolve(&head.file.path)?;
    match head.file.format {
        Some(FileFormat::Parquet) => parquet::rows(head, &path, wanted),
        Some(FileFormat::Ndjson) => ndjson::rows(head, &path, wanted),
        Some(FileFormat::Text) | None => text::rows(head, &path, wanted),
    }
}

/// Whether a file can be opened and is not empty.
pub(super) fn can_open(path: &std::path::Path) -> Result<(), DataError> {
    open::file(&resolve(path)?).map(|_| ())
}

/// All of a Parquet file.
pub(super) fn read_parquet(path: &std::path::Path) -> Result<DataFrame, DataError> {
    parquet::read(path, SerReader::finish)
}
