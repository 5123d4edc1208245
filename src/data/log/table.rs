//! Plain columns in and out, so that no other module needs polars for a small table.

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column as PolarsColumn, CsvWriter, DataFrame, DataType, ParquetWriter, PlSmallStr,
    PolarsResult, SerWriter,
};

use crate::error::DataError;
use crate::log::source;
use seqscope_base::spec::write_whole;

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

    /// A cell as a person reads it: four digits after the point at most, three in all where it is
    /// tiny; empty where there is none, and for what is not a number.
    #[must_use]
    pub fn cell(&self, row: usize) -> String {
        match self {
            Self::Text(values) => values.get(row).cloned().unwrap_or_default(),
            Self::Int(values) => values.get(row).map(i64::to_string).unwrap_or_default(),
            Self::Float(values) => match values.get(row) {
                Some(&value) if value != 0.0 && value.abs() < 0.001 => format!("{value:.2e}"),
                Some(value) if !value.is_nan() => {
                    let digits = format!("{value:.4}");
                    digits
                        .trim_end_matches('0')
                        .trim_end_matches('.')
                        .to_owned()
                }
                _ => String::new(),
            },
        }
    }
}

/// Named columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name and content of each column.
    pub columns: Vec<(String, Column)>,
}

impl Table {
    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }
}

/// Writes a table as Parquet, atomically (temporary name, then renamed).
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_parquet(path: &Path, table: &Table) -> Result<(), DataError> {
    let mut frame = frame(path, table)?;
    written(path, |file| {
        ParquetWriter::new(file).finish(&mut frame).map(|_| ())
    })
}

/// Writes a table as CSV with a header, atomically.
///
/// # Errors
/// [`DataError::Unwritable`] when the file cannot be written, [`DataError::Content`] when the
/// columns are no table.
pub fn write_csv(path: &Path, table: &Table) -> Result<(), DataError> {
    let mut frame = frame(path, table)?;
    written(path, |file| {
        CsvWriter::new(file).include_header(true).finish(&mut frame)
    })
}

/// Reads back what [`write_parquet`] wrote.
///
/// # Errors
/// [`DataError`] when the file cannot be read.
pub fn read_parquet(path: &Path) -> Result<Table, DataError> {
    let frame = source::read_parquet(path)?;
    let columns = frame
        .columns()
        .iter()
        .map(|column| Ok((column.name().to_string(), plain(column)?)));
    columns
        .collect::<PolarsResult<Vec<_>>>()
        .map(|columns| Table { columns })
        .map_err(|error| {
            DataError::content(
                path,
                format!(
                    "a column of it is neither text nor number ({error}); write the table anew."
                ),
            )
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
    DataFrame::new_infer_height(columns.collect()).map_err(|error| {
        DataError::content(
            path,
            format!(
                "the table cannot be written ({error}); its columns must be of one length and \
             differently named."
            ),
        )
    })
}

fn plain(column: &PolarsColumn) -> PolarsResult<Column> {
    Ok(match column.dtype() {
        DataType::String => Column::Text(
            column
                .str()?
                .iter()
                .map(|cell| cell.unwrap_or_default().to_owned())
                .collect(),
        ),
        DataType::Float32 | DataType::Float64 => {
            let cast = column.cast(&DataType::Float64)?;
            Column::Float(
                cast.f64()?
                    .iter()
                    .map(|cell| cell.unwrap_or(f64::NAN))
                    .collect(),
            )
        }
        _ => {
            let cast = column.cast(&DataType::Int64)?;
            Column::Int(cast.i64()?.iter().map(Option::unwrap_or_default).collect())
        }
    })
}

/// Writes the file whole or not at all.
fn written(
    path: &Path,
    write: impl FnOnce(&mut File) -> PolarsResult<()>,
) -> Result<(), DataError> {
    write_whole(path, write).map_err(|error| DataError::Unwritable {
        path: path.to_path_buf(),
        reason: format!(
            "{error}; choose a folder that is there and that you may write to, with free space"
        ),
    })
}
