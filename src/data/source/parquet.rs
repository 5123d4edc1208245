//! Apache Parquet.

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column as PolarsColumn, DataType, ParquetReader, PolarsResult, SerReader, StringChunked, TimeUnit,
};

use super::texts::Texts;
use super::{Cells, Head, Lines, Refused, Rows, SAMPLE_ROWS, open};
use crate::data::{DataError, FileSpec, time};
use crate::spec::{guarded, quotable, quotable_reason};

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path) -> Result<Head, DataError> {
    let frame = read(path, |reader| reader.with_slice(Some((0, SAMPLE_ROWS))).finish())?;
    let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    if frame.height() == 0 {
        let sentence = "it holds columns and no rows; choose a file with events.".to_owned();
        return Err(DataError::Content { path: path.to_path_buf(), sentence });
    }
    let texts: Vec<Vec<String>> = frame.columns().iter().map(sample).collect();
    let rows = (0..frame.height())
        .map(|row| texts.iter().map(|column| column.get(row).cloned().unwrap_or_default()).collect())
        .collect();
    Ok(Head::new(file, columns, rows))
}

/// See [`super::rows`].
pub(super) fn rows(head: &Head, path: &Path, wanted: &[usize]) -> Result<Rows, DataError> {
    slice(How { head, path, wanted }, None)
}

/// Some row groups at a time.
pub(in crate::data) struct Groups<'a> {
    how: How<'a>,
    /// First row and number of rows of each piece.
    pieces: Vec<(usize, usize)>,
    n_taken: usize,
}

/// Some row groups.
pub(in crate::data) struct Group<'a> {
    how: How<'a>,
    slice: (usize, usize),
}

/// What is read of a file.
#[derive(Clone, Copy)]
struct How<'a> {
    head: &'a Head,
    path: &'a Path,
    wanted: &'a [usize],
}

/// Fewest rows of a piece that is not the last one. Tests see many borders.
const PIECE_ROWS: usize = if cfg!(test) { 4 } else { 1 << 18 };

impl<'a> Groups<'a> {
    /// The pieces of a file; `None` for one of a single piece, and for one with a wanted column of
    /// floats: whether they are written as whole numbers is told from all of them.
    pub(super) fn of(head: &'a Head, path: &'a Path, wanted: &'a [usize]) -> Result<Option<Self>, DataError> {
        let types = read(path, |reader| reader.with_slice(Some((0, 0))).finish())?.dtypes();
        let is_float = |at: &usize| matches!(types.get(*at), Some(DataType::Float32 | DataType::Float64) | None);
        if wanted.iter().any(is_float) {
            return Ok(None);
        }
        let heights = read(path, |mut reader| {
            let mut heights = Vec::new();
            for group in &reader.get_metadata()?.row_groups {
                heights.push(group.num_rows());
            }
            Ok(heights)
        })?;
        let pieces = pieces(&heights);
        Ok((pieces.len() > 1).then_some(Self { how: How { head, path, wanted }, pieces, n_taken: 0 }))
    }

    pub(super) fn share(&self) -> f32 {
        self.n_taken as f32 / self.pieces.len().max(1) as f32
    }
}

impl<'a> Iterator for Groups<'a> {
    type Item = Group<'a>;

    fn next(&mut self) -> Option<Group<'a>> {
        let slice = *self.pieces.get(self.n_taken)?;
        self.n_taken += 1;
        Some(Group { how: self.how, slice })
    }
}

impl Group<'_> {
    pub(super) fn rows(&self) -> Result<Rows, DataError> {
        slice(self.how, Some(self.slice))
    }
}

/// First row and number of rows of pieces that are made of whole row groups.
fn pieces(heights: &[usize]) -> Vec<(usize, usize)> {
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut n_rows = 0;
    for &height in heights {
        match pieces.last_mut().filter(|(_, rows)| *rows < PIECE_ROWS) {
            Some((_, rows)) => *rows += height,
            None => pieces.push((n_rows, height)),
        }
        n_rows += height;
    }
    pieces
}

/// The wanted columns of a part of the file, or of all of it; lines are counted from its beginning.
fn slice(how: How<'_>, slice: Option<(usize, usize)>) -> Result<Rows, DataError> {
    let How { head, path, wanted } = how;
    let mut projection = wanted.to_vec();
    projection.sort_unstable();
    projection.dedup();
    let frame = read(path, |reader| reader.with_projection(Some(projection)).with_slice(slice).finish())?;
    let n_rows = frame.height();
    let name = |at: usize| head.columns.get(at).map_or("", String::as_str);
    let columns = wanted
        .iter()
        .map(|&at| {
            let column = frame.column(name(at)).and_then(cells);
            column.map_err(|error| DataError::Content {
                path: path.to_path_buf(),
                sentence: format!(
                    "the column `{}` cannot be read as text or time ({}); choose another column.",
                    quotable(name(at)),
                    quotable_reason(&error.to_string())
                ),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Rows { columns, n_read: n_rows, lines: Lines::from_line(1, n_rows), refused: Refused::default() })
}

/// Opens and reads; whatever is wrong with the file's inside is one sentence.
pub(super) fn read<T>(
    path: &Path,
    finish: impl FnOnce(ParquetReader<File>) -> PolarsResult<T>,
) -> Result<T, DataError> {
    let (file, _) = open::file(path)?;
    // The reader checks much of a file, but not all: a damaged one may still make it panic.
    let reason = match guarded(|| finish(ParquetReader::new(file))) {
        Some(Ok(found)) => return Ok(found),
        Some(Err(error)) => quotable_reason(&error.to_string()),
        None => "the reader gave up".to_owned(),
    };
    Err(DataError::Content {
        path: path.to_path_buf(),
        sentence: format!(
            "it is not a readable Parquet file ({reason}); write it anew, or open the log in another format."
        ),
    })
}

/// A column as text, or as microseconds where its type is a time.
fn cells(column: &PolarsColumn) -> PolarsResult<Cells> {
    let per_unit = |unit: &TimeUnit| match unit {
        TimeUnit::Nanoseconds => (1, 1_000),
        TimeUnit::Microseconds => (1, 1),
        TimeUnit::Milliseconds => (1_000, 1),
    };
    let micros = |(times, over): (i64, i64)| -> PolarsResult<Cells> {
        let numbers = column.cast(&DataType::Int64)?;
        let to_micros = |number: i64| number.checked_mul(times).map(|n| n.div_euclid(over));
        Ok(Cells::Micros(numbers.i64()?.iter().map(|number| number.and_then(to_micros)).collect()))
    };
    match column.dtype() {
        DataType::Datetime(unit, _) => micros(per_unit(unit)),
        DataType::Date => micros((86_400_000_000, 1)),
        _ => text(column).map(|cells| Cells::Text(Texts::Chunked(cells))),
    }
}

/// A column as text. Whole numbers kept as floats (as pandas keeps ids with gaps) lose their `.0`.
fn text(column: &PolarsColumn) -> PolarsResult<StringChunked> {
    if matches!(column.dtype(), DataType::Float32 | DataType::Float64) {
        let floats = column.cast(&DataType::Float64)?;
        let floats = floats.f64()?;
        // Below 2^53 a float that is whole is that number exactly.
        let is_whole = |number: f64| number.fract() == 0.0 && number.abs() < 9.0e15;
        if floats.iter().flatten().all(|number| number.is_nan() || is_whole(number)) {
            let whole = |number: f64| (!number.is_nan()).then(|| format!("{number:.0}"));
            return Ok(floats.iter().map(|number| number.and_then(whole)).collect());
        }
    }
    Ok(column.cast(&DataType::String)?.str()?.clone())
}

/// The first rows of a column as a person reads them.
fn sample(column: &PolarsColumn) -> Vec<String> {
    match cells(column) {
        Ok(Cells::Text(text)) => text.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect(),
        Ok(Cells::Micros(micros)) => {
            micros.into_iter().map(|micros| micros.map_or_else(String::new, time::iso)).collect()
        }
        Err(_) => vec![format!("({})", column.dtype()); column.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(dtype: &DataType, number: i64) -> Option<i64> {
        let column = PolarsColumn::new("t".into(), [number]).cast(dtype).unwrap();
        match cells(&column).unwrap() {
            Cells::Micros(micros) => micros[0],
            Cells::Text(_) => None,
        }
    }

    #[test]
    fn typed_times_of_every_unit_are_microseconds() {
        let unit = |unit| DataType::Datetime(unit, None);
        assert_eq!(micros(&unit(TimeUnit::Milliseconds), 1_500), Some(1_500_000));
        assert_eq!(micros(&unit(TimeUnit::Microseconds), 1_500), Some(1_500));
        assert_eq!(micros(&unit(TimeUnit::Nanoseconds), -1_500), Some(-2));
        assert_eq!(micros(&unit(TimeUnit::Milliseconds), i64::MAX), None);
        let day = PolarsColumn::new("t".into(), [2_i32]).cast(&DataType::Date).unwrap();
        assert_eq!(sample(&day), ["1970-01-03T00:00:00Z"]);
    }

    #[test]
    fn floats_that_are_whole_are_written_whole() {
        let texts = |numbers: &[Option<f64>]| sample(&PolarsColumn::new("n".into(), numbers));
        assert_eq!(texts(&[Some(12.0), None, Some(f64::NAN)]), ["12", "", ""]);
        assert_eq!(texts(&[Some(12.5), Some(3.0)]), ["12.5", "3.0"]);
    }

    #[test]
    fn a_column_of_lists_is_an_error_and_no_panic() {
        use polars::prelude::NamedFrom;
        let inner = PolarsColumn::new("x".into(), [1_i64, 2]);
        let lists = polars::prelude::Series::new("l".into(), [inner.as_materialized_series().clone()]);
        let column = PolarsColumn::from(lists);
        // Whatever it becomes, it has one cell a row.
        assert_eq!(sample(&column).len(), 1);
    }
}
