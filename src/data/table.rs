//! Plain columns in and out, so that no other module needs polars for a small table.

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column as PolarsColumn, CsvWriter, DataFrame, DataType, ParquetWriter, PlSmallStr, PolarsResult, SerWriter,
};

use super::{DataError, source};

/// One column of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text.
    Text(Vec<String>),
    /// Whole numbers.
    Int(Vec<i64>),
    /// Real numbers.
    Float(Vec<f64>),
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Float(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name and content of each column.
    pub columns: Vec<(String, Column)>,
}

/// See [`super::write_parquet`].
pub(super) fn write_parquet(path: &Path, table: &Table) -> Result<(), DataError> {
    let mut frame = frame(path, table)?;
    atomically(path, |file| ParquetWriter::new(file).finish(&mut frame).map(|_| ()))
}

/// See [`super::write_csv`].
pub(super) fn write_csv(path: &Path, table: &Table) -> Result<(), DataError> {
    let mut frame = frame(path, table)?;
    atomically(path, |file| CsvWriter::new(file).include_header(true).finish(&mut frame))
}

/// See [`super::read_parquet`].
pub(super) fn read_parquet(path: &Path) -> Result<Table, DataError> {
    let frame = source::read_parquet(path)?;
    let columns = frame.columns().iter().map(|column| Ok((column.name().to_string(), plain(column)?)));
    columns.collect::<PolarsResult<Vec<_>>>().map(|columns| Table { columns }).map_err(|error| DataError::Content {
        path: path.to_path_buf(),
        sentence: format!("a column of it is neither text nor number ({error}); write the table anew."),
    })
}

fn frame(path: &Path, table: &Table) -> Result<DataFrame, DataError> {
    let columns = table.columns.iter().map(|(name, column)| {
        let name = PlSmallStr::from_str(name);
        match column {
            Column::Text(values) => PolarsColumn::new(name, values),
            Column::Int(values) => PolarsColumn::new(name, values),
            Column::Float(values) => PolarsColumn::new(name, values),
        }
    });
    DataFrame::new_infer_height(columns.collect()).map_err(|error| DataError::Content {
        path: path.to_path_buf(),
        sentence: format!(
            "the table cannot be written ({error}); its columns must be of one length and differently named."
        ),
    })
}

fn plain(column: &PolarsColumn) -> PolarsResult<Column> {
    Ok(match column.dtype() {
        DataType::String => {
            Column::Text(column.str()?.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect())
        }
        DataType::Float32 | DataType::Float64 => {
            let cast = column.cast(&DataType::Float64)?;
            Column::Float(cast.f64()?.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect())
        }
        _ => {
            let cast = column.cast(&DataType::Int64)?;
            Column::Int(cast.i64()?.iter().map(Option::unwrap_or_default).collect())
        }
    })
}

/// Writes under a temporary name beside the file, syncs, and renames: a reader sees the old file or
/// the whole new one.
fn atomically(path: &Path, write: impl FnOnce(&mut File) -> PolarsResult<()>) -> Result<(), DataError> {
    let unwritable = |reason: String| DataError::Unreadable { path: path.to_path_buf(), reason };
    let why =
        |error: &std::io::Error| unwritable(format!("it cannot be written: {error}; check the folder and the disk"));
    let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut file = File::create(&temporary).map_err(|error| why(&error))?;
    let written = write(&mut file)
        .map_err(|error| unwritable(format!("it cannot be written: {error}")))
        .and_then(|()| file.sync_all().map_err(|error| why(&error)))
        .and_then(|()| std::fs::rename(&temporary, path).map_err(|error| why(&error)));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
