//! Apache Parquet: only the columns that are needed are read, so that one of a type that cannot be
//! read stops nothing.

mod nested;
mod raw;

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    ArrowField, Column as PolarsColumn, DataType, ParquetReader, PolarsResult, SerReader,
    StringChunked, TimeUnit,
};

use super::texts::Texts;
use super::{ColumnType, FileHead, Lines, RawCells, RawRows, Refused, SAMPLE_ROWS, open};
use crate::error::DataError;
use crate::log::FileSpec;
use crate::value::time;
pub(super) use nested::Nested;
use raw::Raw;
use seqscope_base::spec::{Sentence, guarded, quotable, quotable_reason};

/// How a column is read.
#[derive(Clone, Debug)]
enum Way {
    Typed(DataType),
    Raw(Raw),
    /// It cannot be read; the name of its type.
    No(String),
}

impl Way {
    fn of_field(field: &ArrowField) -> Self {
        if let Some(raw) = Raw::of_type(&field.dtype) {
            return Self::Raw(raw);
        }
        // There are types of which the reader only panics.
        match guarded(|| DataType::from_arrow_field(field)) {
            Some(dtype) => Self::Typed(dtype),
            None => Self::No(format!("{:?}", field.dtype)),
        }
    }
}

/// The columns of a file, without reading them.
fn columns(path: &Path) -> Result<Vec<(String, Way)>, DataError> {
    read(path, |mut reader| {
        Ok(reader
            .schema()?
            .iter()
            .map(|(name, field)| (name.to_string(), Way::of_field(field)))
            .collect())
    })
}

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path) -> Result<FileHead, DataError> {
    let all = columns(path)?;
    let n_rows = read(path, |mut reader| reader.num_rows())?.min(SAMPLE_ROWS);
    if n_rows == 0 {
        let sentence = "it holds columns and no rows; choose a file with events.".to_owned();
        return Err(DataError::content(path, sentence));
    }
    let readable: Vec<usize> = (0..all.len())
        .filter(|at| !matches!(all.get(*at), Some((_, Way::No(_))) | None))
        .collect();
    let mut found = read_columns(path, &all, &readable, Some(RowRange { first: 0, n_rows }))?;
    let mut problems = Vec::new();
    let nested = Nested::find(&found);
    let names: Vec<String> = match &nested {
        Some(nested) => {
            problems.push(nested.warning());
            let (frame, _) = nested
                .explode(found)
                .map_err(|error| broken(path, &error.to_string()))?;
            found = frame
                .columns()
                .iter()
                .map(|column| column.head(Some(SAMPLE_ROWS)))
                .collect();
            found
                .iter()
                .map(|column| column.name().to_string())
                .collect()
        }
        None => all.iter().map(|(name, _)| name.clone()).collect(),
    };
    let n_rows = found.first().map_or(n_rows, PolarsColumn::len);
    let texts: Vec<Vec<String>> = names
        .iter()
        .map(
            |name| match found.iter().find(|column| column.name().as_str() == name) {
                Some(column) => sample(column),
                None => vec![placeholder(&all, name); n_rows],
            },
        )
        .collect();
    let rows = (0..n_rows)
        .map(|row| {
            texts
                .iter()
                .map(|column| column.get(row).cloned().unwrap_or_default())
                .collect()
        })
        .collect();
    let types = names
        .iter()
        .map(|name| {
            let column = found.iter().find(|column| column.name().as_str() == name);
            column.map_or(ColumnType::Other, |column| column_type(column.dtype()))
        })
        .collect();
    Ok(FileHead {
        problems,
        types,
        nested,
        ..FileHead::new(file, names, rows)
    })
}

/// Text that a preview shows for the cells of a column that cannot be read.
fn placeholder(all: &[(String, Way)], name: &str) -> String {
    match all.iter().find(|(other, _)| other == name) {
        Some((_, Way::No(dtype))) => format!("({dtype})"),
        _ => String::new(),
    }
}

fn column_type(dtype: &DataType) -> ColumnType {
    match dtype {
        DataType::Float32 => ColumnType::Float32,
        DataType::Duration(_) => ColumnType::Duration,
        _ => ColumnType::Other,
    }
}

/// See [`super::rows`].
pub(super) fn rows(head: &FileHead, path: &Path, wanted: &[usize]) -> Result<RawRows, DataError> {
    slice(ColumnSelection { head, path, wanted }, None)
}

/// Columns of some rows, in the order that they are asked for in.
fn read_columns(
    path: &Path,
    all: &[(String, Way)],
    wanted: &[usize],
    slice: Option<RowRange>,
) -> Result<Vec<PolarsColumn>, DataError> {
    let mut typed: Vec<usize> = wanted
        .iter()
        .copied()
        .filter(|at| matches!(all.get(*at), Some((_, Way::Typed(_)))))
        .collect();
    typed.sort_unstable();
    typed.dedup();
    let frame = if typed.is_empty() {
        None
    } else {
        Some(read(path, |reader| {
            reader
                .with_projection(Some(typed))
                .with_slice(slice.map(|rows| (rows.first, rows.n_rows)))
                .finish()
        })?)
    };
    let column = |&at: &usize| -> Result<PolarsColumn, DataError> {
        match all.get(at) {
            Some((name, Way::Typed(dtype))) => frame
                .as_ref()
                .and_then(|frame| frame.column(name).ok().cloned())
                .ok_or_else(|| unreadable_column(path, name, &dtype.to_string())),
            Some((name, Way::Raw(raw))) => {
                let (file, _) = open::file(path)?;
                read(path, |reader| {
                    raw.read(reader, file, name, slice.unwrap_or(RowRange::ALL))
                })
            }
            Some((name, Way::No(dtype))) => Err(unreadable_column(path, name, dtype)),
            None => Err(unreadable_column(path, "", "it is not there")),
        }
    };
    wanted.iter().map(column).collect()
}

/// Error of a column whose type cannot be read.
fn unreadable_column(path: &Path, name: &str, dtype: &str) -> DataError {
    DataError::content(
        path,
        format!(
            "the column `{}` is of a type that cannot be read ({}); choose another column.",
            quotable(name),
            quotable_reason(dtype)
        ),
    )
}

/// Some row groups at a time.
pub(crate) struct Groups<'a> {
    how: ColumnSelection<'a>,
    pieces: Vec<RowRange>,
    n_taken: usize,
}

/// Rows that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowRange {
    first: usize,
    n_rows: usize,
}

impl RowRange {
    /// All rows of a file.
    const ALL: Self = Self {
        first: 0,
        n_rows: usize::MAX,
    };
}

/// Some row groups.
pub(crate) struct RowGroup<'a> {
    how: ColumnSelection<'a>,
    slice: RowRange,
}

/// Parts of a file to be read, and how.
#[derive(Clone, Copy)]
struct ColumnSelection<'a> {
    head: &'a FileHead,
    path: &'a Path,
    wanted: &'a [usize],
}

/// Fewest rows of a piece that is not the last one. Tests see many borders.
const PIECE_ROWS: usize = if cfg!(test) { 4 } else { 1 << 18 };

impl<'a> Groups<'a> {
    /// The pieces of a file; `None` for one of a single piece, and for one with a wanted column of
    /// floats or bytes: whether they are whole numbers or texts is told from all of them.
    pub(super) fn of_file(
        head: &'a FileHead,
        path: &'a Path,
        wanted: &'a [usize],
    ) -> Result<Option<Self>, DataError> {
        let all = columns(path)?;
        let needs_all = |at: &usize| match all.get(*at) {
            Some((_, Way::Typed(dtype))) => {
                matches!(
                    dtype,
                    DataType::Float32
                        | DataType::Float64
                        | DataType::Binary
                        | DataType::BinaryOffset
                )
            }
            Some((_, Way::Raw(raw))) => *raw == Raw::Half,
            _ => true,
        };
        if head.nested.is_some() || wanted.iter().any(needs_all) {
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
        Ok((pieces.len() > 1).then_some(Self {
            how: ColumnSelection { head, path, wanted },
            pieces,
            n_taken: 0,
        }))
    }

    pub(super) fn share(&self) -> f32 {
        self.n_taken as f32 / self.pieces.len().max(1) as f32
    }
}

impl<'a> Iterator for Groups<'a> {
    type Item = RowGroup<'a>;

    fn next(&mut self) -> Option<RowGroup<'a>> {
        let slice = *self.pieces.get(self.n_taken)?;
        self.n_taken += 1;
        Some(RowGroup {
            how: self.how,
            slice,
        })
    }
}

impl RowGroup<'_> {
    pub(super) fn rows(&self) -> Result<RawRows, DataError> {
        slice(self.how, Some(self.slice))
    }
}

/// Rows of pieces that are made of whole row groups.
fn pieces(heights: &[usize]) -> Vec<RowRange> {
    let mut pieces: Vec<RowRange> = Vec::new();
    let mut first = 0;
    for &n_rows in heights {
        match pieces.last_mut().filter(|piece| piece.n_rows < PIECE_ROWS) {
            Some(piece) => piece.n_rows += n_rows,
            None => pieces.push(RowRange { first, n_rows }),
        }
        first += n_rows;
    }
    pieces
}

/// The wanted columns of a part of the file, or of all of it; lines are counted from its beginning.
fn slice(how: ColumnSelection<'_>, slice: Option<RowRange>) -> Result<RawRows, DataError> {
    let ColumnSelection { head, path, wanted } = how;
    let all = columns(path)?;
    let place = |name: &str| all.iter().position(|(other, _)| other == name);
    let (found, lines) = if let Some(nested) = &head.nested {
        let names = wanted
            .iter()
            .map(|&at| column_name(head, at))
            .chain(nested.lists.iter().map(String::as_str));
        let positions: std::collections::BTreeSet<usize> = names.filter_map(place).collect();
        let positions: Vec<usize> = positions.into_iter().collect();
        let (frame, rows) = nested
            .explode(read_columns(path, &all, &positions, slice)?)
            .map_err(|error| broken(path, &error.to_string()))?;
        let column = |&at: &usize| {
            frame
                .column(column_name(head, at))
                .cloned()
                .map_err(|error| broken(path, &error.to_string()))
        };
        let found: Vec<PolarsColumn> = wanted.iter().map(column).collect::<Result<_, _>>()?;
        let mut lines = Lines::default();
        for row in rows {
            lines.push(row + 1);
        }
        (found, lines)
    } else {
        let positions: Vec<usize> = wanted
            .iter()
            .map(|&at| place(column_name(head, at)).unwrap_or(usize::MAX))
            .collect();
        let found = read_columns(path, &all, &positions, slice)?;
        let n_rows = found.first().map_or(0, PolarsColumn::len);
        (found, Lines::from_line(1, n_rows))
    };
    let cells = |(column, &at): (&PolarsColumn, &usize)| {
        cells(column).map_err(|error| {
            let name = quotable(column_name(head, at));
            let sentence = Sentence::from(format!(
                "the column `{name}` cannot be read as text or time ("
            ))
            .foreign(&error.to_string())
            .words("); choose another column.");
            DataError::content(path, sentence)
        })
    };
    let columns = std::iter::zip(&found, wanted)
        .map(cells)
        .collect::<Result<_, _>>()?;
    Ok(RawRows {
        columns,
        n_read: lines.len(),
        lines,
        refused: Refused::default(),
    })
}

/// Name of a column, empty where there is none.
fn column_name(head: &FileHead, at: usize) -> &str {
    head.columns.get(at).map_or("", String::as_str)
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
        Some(Err(error)) => error.to_string(),
        None => "the reader gave up".to_owned(),
    };
    Err(broken(path, &reason))
}

fn broken(path: &Path, reason: &str) -> DataError {
    let sentence = Sentence::from("it is not a readable Parquet file (")
        .foreign(reason)
        .words("); write it anew, or open the log in another format.");
    DataError::content(path, sentence)
}

/// A column as text, or as microseconds where its type is a time.
fn cells(column: &PolarsColumn) -> PolarsResult<RawCells> {
    match column.dtype() {
        DataType::Datetime(unit, _) | DataType::Duration(unit) => match unit {
            TimeUnit::Nanoseconds => micros(column, 1, 1_000),
            TimeUnit::Microseconds => micros(column, 1, 1),
            TimeUnit::Milliseconds => micros(column, 1_000, 1),
        },
        DataType::Date => micros(column, 86_400_000_000, 1),
        DataType::Binary | DataType::BinaryOffset => bytes(&column.cast(&DataType::Binary)?)
            .map(|cells| RawCells::Text(Texts::Chunked(cells))),
        _ => text(column).map(|cells| RawCells::Text(Texts::Chunked(cells))),
    }
}

/// A column of whole numbers as microseconds: `times` / `over` of them each.
fn micros(column: &PolarsColumn, times: i64, over: i64) -> PolarsResult<RawCells> {
    let numbers = column.cast(&DataType::Int64)?;
    Ok(RawCells::Micros(
        numbers
            .i64()?
            .iter()
            .map(|number| Some(number?.checked_mul(times)?.div_euclid(over)))
            .collect(),
    ))
}

/// A column as text. Whole numbers kept as floats (as pandas keeps ids with gaps) lose their `.0`.
fn text(column: &PolarsColumn) -> PolarsResult<StringChunked> {
    if matches!(column.dtype(), DataType::Float32 | DataType::Float64) {
        let floats = column.cast(&DataType::Float64)?;
        let floats = floats.f64()?;
        if floats
            .iter()
            .flatten()
            .all(|number| number.is_nan() || is_whole(number))
        {
            return Ok(floats
                .iter()
                .map(|number| {
                    number.and_then(|number| (!number.is_nan()).then(|| format!("{number:.0}")))
                })
                .collect());
        }
    }
    Ok(column.cast(&DataType::String)?.str()?.clone())
}

/// Below 2^53 a float that is whole is that number exactly.
fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 9.0e15
}

/// A column of bytes: texts where all are; else UUIDs where all have 16 bytes, else hexadecimal
/// digits.
fn bytes(column: &PolarsColumn) -> PolarsResult<StringChunked> {
    let bytes = column.binary()?;
    let filled = || bytes.iter().flatten();
    if filled().all(|bytes| std::str::from_utf8(bytes).is_ok()) {
        return Ok(bytes
            .iter()
            .map(|bytes| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
            .collect());
    }
    let are_uuids = filled().all(|bytes| bytes.len() == 16);
    Ok(bytes
        .iter()
        .map(|bytes| bytes.map(|bytes| hex_digits(bytes, are_uuids)))
        .collect())
}

/// Writes bytes in hexadecimal digits, as a UUID where they are one.
fn hex_digits(bytes: &[u8], is_uuid: bool) -> String {
    let mut digits = String::with_capacity(2 * bytes.len() + 4);
    for (at, byte) in bytes.iter().enumerate() {
        if is_uuid && matches!(at, 4 | 6 | 8 | 10) {
            digits.push('-');
        }
        digits.push_str(&format!("{byte:02x}"));
    }
    digits
}

/// The first rows of a column as a person reads them.
fn sample(column: &PolarsColumn) -> Vec<String> {
    match cells(column) {
        Ok(RawCells::Text(text)) => text
            .iter()
            .map(|cell| cell.unwrap_or_default().to_owned())
            .collect(),
        Ok(RawCells::Micros(micros)) => {
            // A span is shown as seconds.
            let shown = |micros: i64| match column_type(column.dtype()) {
                ColumnType::Duration => format!("{}", micros as f64 / 1e6),
                _ => time::iso(micros),
            };
            micros
                .into_iter()
                .map(|micros| micros.map_or_else(String::new, shown))
                .collect()
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
            RawCells::Micros(micros) => micros[0],
            RawCells::Text(_) => None,
        }
    }

    #[test]
    fn typed_times_of_every_unit_are_microseconds() {
        let unit = |unit| DataType::Datetime(unit, None);
        assert_eq!(
            micros(&unit(TimeUnit::Milliseconds), 1_500),
            Some(1_500_000)
        );
        assert_eq!(micros(&unit(TimeUnit::Microseconds), 1_500), Some(1_500));
        assert_eq!(micros(&unit(TimeUnit::Nanoseconds), -1_500), Some(-2));
        assert_eq!(micros(&unit(TimeUnit::Milliseconds), i64::MAX), None);
        let day = PolarsColumn::new("t".into(), [2_i32])
            .cast(&DataType::Date)
            .unwrap();
        assert_eq!(sample(&day), ["1970-01-03T00:00:00Z"]);
        // A span is shown in seconds, and orders.
        let span = DataType::Duration(TimeUnit::Milliseconds);
        assert_eq!(micros(&span, 1_500), Some(1_500_000));
        let spans = PolarsColumn::new("t".into(), [1_500_i64, 86_400_000])
            .cast(&span)
            .unwrap();
        assert_eq!(
            (sample(&spans), column_type(&span)),
            (
                vec!["1.5".to_owned(), "86400".to_owned()],
                ColumnType::Duration
            )
        );
    }

    #[test]
    fn floats_that_are_whole_are_written_whole() {
        let texts = |numbers: &[Option<f64>]| sample(&PolarsColumn::new("n".into(), numbers));
        assert_eq!(texts(&[Some(12.0), None, Some(f64::NAN)]), ["12", "", ""]);
        assert_eq!(texts(&[Some(12.5), Some(3.0)]), ["12.5", "3.0"]);
    }

    #[test]
    fn bytes_are_texts_or_uuids_or_digits() {
        let texts = |cells: Vec<&[u8]>| sample(&PolarsColumn::new("b".into(), cells));
        assert_eq!(
            texts(vec![b"ann", "caf\u{e9}".as_bytes()]),
            ["ann", "caf\u{e9}"]
        );
        assert_eq!(texts(vec![&[0xff, 0x0a], b"ann"]), ["ff0a", "616e6e"]);
        let uuid = [
            0xf1, 0xb1, 0xcf, 0x71, 0xbd, 0x35, 0x4e, 0x99, 0x86, 0x24, 0x24, 0xa6, 0xe1, 0x5f,
            0x13, 0x3a,
        ];
        assert_eq!(texts(vec![&uuid]), ["f1b1cf71-bd35-4e99-8624-24a6e15f133a"]);
    }

    #[test]
    fn a_column_of_lists_is_an_error_and_no_panic() {
        use polars::prelude::NamedFrom;
        let inner = PolarsColumn::new("x".into(), [1_i64, 2]);
        let lists =
            polars::prelude::Series::new("l".into(), [inner.as_materialized_series().clone()]);
        let column = PolarsColumn::from(lists);
        // Whatever it becomes, it has one cell a row.
        assert_eq!(sample(&column).len(), 1);
    }
}
