//! Columns of a type that the reader of tables does not know: decimals and half floats. They are
//! read as the whole numbers or bytes that they are stored as, and written as numbers here.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use polars::io::parquet::read::_internal::to_deserializer;
use polars::prelude::{
    ArrowDataType, ArrowField, Column as PolarsColumn, DataType, IntoColumn, NamedFrom,
    ParquetReader, PlSmallStr, PolarsResult, Series, StringChunked,
};

use super::RowRange;

/// A type that is read so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// A number with so many digits behind the point.
    Decimal(usize),
    /// A float of two bytes.
    Half,
}

impl Raw {
    pub(super) fn of_type(dtype: &ArrowDataType) -> Option<Self> {
        match dtype {
            ArrowDataType::Decimal(_, scale)
            | ArrowDataType::Decimal32(_, scale)
            | ArrowDataType::Decimal64(_, scale)
            | ArrowDataType::Decimal256(_, scale) => Some(Self::Decimal(*scale)),
            ArrowDataType::Float16 => Some(Self::Half),
            _ => None,
        }
    }

    /// A column of the row groups that begin among these rows, as text, or as numbers
    /// where they are floats; no more rows than that.
    pub(super) fn read(
        self,
        mut reader: ParquetReader<File>,
        mut file: File,
        name: &str,
        rows: RowRange,
    ) -> PolarsResult<PolarsColumn> {
        let metadata = reader.get_metadata()?.clone();
        let (mut at, mut all) = (0, Vec::new());
        for group in &metadata.row_groups {
            let is_wanted = at >= rows.first && at < rows.first.saturating_add(rows.n_rows);
            at += group.num_rows();
            let Some(chunk) = group
                .columns_under_root_iter(name)
                .and_then(|mut chunks| chunks.next())
            else {
                continue;
            };
            if !is_wanted {
                continue;
            }
            let range = chunk.byte_range();
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(range.start))?;
            Read::by_ref(&mut file)
                .take(range.end.saturating_sub(range.start))
                .read_to_end(&mut bytes)?;
            let stored = stored_as(&format!(
                "{:?}",
                chunk.descriptor().descriptor.primitive_type.physical_type
            ));
            let field = ArrowField::new(name.into(), stored, true);
            let (arrays, _) = to_deserializer(vec![(chunk, bytes.into())], field, None)?;
            let series = Series::try_from((PlSmallStr::from_str(name), arrays))?;
            self.write(&series, &mut all)?;
        }
        all.truncate(rows.n_rows);
        let name = PlSmallStr::from_str(name);
        Ok(match self {
            Self::Decimal(_) => StringChunked::from_iter(all).with_name(name).into_column(),
            Self::Half => {
                let numbers: Vec<Option<f64>> = all
                    .into_iter()
                    .map(|number| number.and_then(|number| number.parse().ok()))
                    .collect();
                Series::new(name, numbers).into_column()
            }
        })
    }

    fn write(self, stored: &Series, into: &mut Vec<Option<String>>) -> PolarsResult<()> {
        if *stored.dtype() == DataType::Binary {
            let bytes = stored.binary()?;
            into.extend(
                bytes
                    .iter()
                    .map(|bytes| bytes.map(|bytes| self.of_bytes(bytes))),
            );
        } else {
            let numbers = stored.cast(&DataType::Int64)?;
            into.extend(
                numbers
                    .i64()?
                    .iter()
                    .map(|number| number.map(|number| self.of_digits(&number.to_string()))),
            );
        }
        Ok(())
    }

    fn of_bytes(self, bytes: &[u8]) -> String {
        match self {
            Self::Half => half(bytes).to_string(),
            Self::Decimal(_) => self.of_digits(&whole(bytes)),
        }
    }

    /// A whole number with the point in its place; zeros at the end behind it are none of the
    /// number.
    fn of_digits(self, digits: &str) -> String {
        let Self::Decimal(scale) = self else {
            return digits.to_owned();
        };
        let (sign, digits) = digits
            .strip_prefix('-')
            .map_or(("", digits), |digits| ("-", digits));
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, behind) = padded.split_at(padded.len() - scale);
        let behind = behind.trim_end_matches('0');
        if behind.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{behind}")
        }
    }
}

/// The type that a column is stored as.
fn stored_as(physical: &str) -> ArrowDataType {
    let n_bytes = physical
        .strip_prefix("FixedLenByteArray(")
        .and_then(|rest| rest.strip_suffix(')')?.parse().ok());
    match (physical, n_bytes) {
        (_, Some(n)) => ArrowDataType::FixedSizeBinary(n),
        ("Int32", None) => ArrowDataType::Int32,
        ("Int64", None) => ArrowDataType::Int64,
        _ => ArrowDataType::BinaryView,
    }
}

/// A whole number of any size, from the bytes of its two's complement, the highest first.
fn whole(bytes: &[u8]) -> String {
    let is_negative = bytes.first().is_some_and(|&byte| byte >= 0x80);
    // Of a negative number, one less than its size are the bytes turned round.
    let mut size: Vec<u8> = bytes
        .iter()
        .map(|&byte| if is_negative { !byte } else { byte })
        .collect();
    if is_negative {
        for byte in size.iter_mut().rev() {
            let (sum, carries) = byte.overflowing_add(1);
            *byte = sum;
            if !carries {
                break;
            }
        }
    }
    let mut digits = Vec::new();
    while size.iter().any(|&byte| byte != 0) {
        let mut rest = 0_u32;
        for byte in &mut size {
            let number = rest * 256 + u32::from(*byte);
            *byte = (number / 10) as u8;
            rest = number % 10;
        }
        digits.push(char::from(b'0' + rest as u8));
    }
    let digits: String = digits.into_iter().rev().collect();
    match (is_negative, digits.is_empty()) {
        (_, true) => "0".to_owned(),
        (true, false) => format!("-{digits}"),
        (false, false) => digits,
    }
}

/// A float of two bytes, the lower one first (IEEE 754, binary16).
fn half(bytes: &[u8]) -> f64 {
    let bits = match bytes {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => return f64::NAN,
    };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1_024.0) * 2.0_f64.powi(exponent - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_their_point() {
        let written = |digits: &str, scale| Raw::Decimal(scale).of_digits(digits);
        assert_eq!(written("12345", 2), "123.45");
        assert_eq!(written("12300", 2), "123");
        assert_eq!(written("-5", 3), "-0.005");
        assert_eq!(
            (written("101", 0), written("0", 2)),
            ("101".to_owned(), "0".to_owned())
        );
        assert_eq!(whole(&[0xff, 0x85]), "-123");
        assert_eq!(whole(&i128::MIN.to_be_bytes()), i128::MIN.to_string());
        assert_eq!(
            whole(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            "18446744073709551616"
        );
        assert_eq!((whole(&[0]), whole(&[])), ("0".to_owned(), "0".to_owned()));
    }

    #[test]
    fn half_floats_are_numbers() {
        // 1.5, −2, the smallest one and infinity.
        let numbers =
            [0x3e00_u16, 0xc000, 0x0001, 0x7c00].map(|bits| half(&bits.to_le_bytes()).to_bits());
        assert_eq!(
            numbers,
            [1.5, -2.0, 2.0_f64.powi(-24), f64::INFINITY].map(f64::to_bits)
        );
    }
}
