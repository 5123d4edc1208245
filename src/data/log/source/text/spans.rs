//! The quick way through a text: fields are found where they stand, and nothing is copied.
//!
//! It is for what nearly all large logs are: one byte between fields, no quotes, nothing that must
//! be refused but for its number of fields. The rest goes the way of `scan`.

use std::string::FromUtf8Error;
use std::sync::Arc;

use memchr::{memchr2, memchr2_iter};

use super::scan::{LONGEST_RECORD, TextShape, wrong_count};
use super::{Separator, without_bom};
use crate::log::source::texts::{Spans, Texts};
use crate::log::source::{Lines, RawCells, RawRows, Refused};

/// The wanted columns of some whole lines, or the lines again when they must be scanned with more
/// care.
pub(super) fn read(
    bytes: Vec<u8>,
    shape: &TextShape,
    wanted: &[usize],
) -> Result<RawRows, Vec<u8>> {
    let Separator::Byte(mark) = shape.separator else {
        return Err(bytes);
    };
    if memchr2(shape.quote, 0, &bytes).is_some() || u32::try_from(bytes.len()).is_err() {
        return Err(bytes);
    }
    let text = String::from_utf8(bytes).map_err(FromUtf8Error::into_bytes)?;
    match found(&text, mark, shape, wanted) {
        Some(CellBounds {
            bounds,
            n_read,
            lines,
            refused,
        }) => {
            let text = Arc::new(text);
            Ok(RawRows {
                columns: bounds
                    .into_iter()
                    .map(|bounds| {
                        RawCells::Text(Texts::Spans(Spans {
                            text: Arc::clone(&text),
                            bounds,
                        }))
                    })
                    .collect(),
                n_read,
                lines,
                refused,
            })
        }
        None => Err(text.into_bytes()),
    }
}

/// Bounds of the wanted cells, and the account of the rows.
struct CellBounds {
    bounds: Vec<Vec<(u32, u32)>>,
    n_read: usize,
    lines: Lines,
    refused: Refused,
}

fn found(text: &str, mark: u8, shape: &TextShape, wanted: &[usize]) -> Option<CellBounds> {
    let mut reader = Reader {
        text,
        shape,
        wanted,
        bounds: vec![Vec::with_capacity(text.len() / 32); wanted.len()],
        lines: Lines::default(),
        refused: Refused::default(),
        n_read: 0,
        line: 0,
        is_header_left: shape.has_header,
    };
    // A mark of the order of bytes may stand before the first line.
    let n_mark = text.len() - without_bom(text.as_bytes()).len();
    let (mut start, mut ends) = (n_mark, Vec::with_capacity(shape.n_fields));
    for at in memchr2_iter(mark, b'\n', text.as_bytes().get(n_mark..)?).map(|at| n_mark + at) {
        ends.push(at as u32);
        if text.as_bytes().get(at) == Some(&b'\n') {
            reader.line(start, &ends)?;
            start = at + 1;
            ends.clear();
        }
    }
    if start < text.len() {
        ends.push(text.len() as u32);
        reader.line(start, &ends)?;
    }
    let Reader {
        bounds,
        lines,
        refused,
        n_read,
        ..
    } = reader;
    Some(CellBounds {
        bounds,
        n_read,
        lines,
        refused,
    })
}

struct Reader<'a> {
    text: &'a str,
    shape: &'a TextShape,
    wanted: &'a [usize],
    /// Bounds of the cells of each wanted column.
    bounds: Vec<Vec<(u32, u32)>>,
    lines: Lines,
    refused: Refused,
    n_read: usize,
    line: usize,
    is_header_left: bool,
}

impl Reader<'_> {
    /// Takes in the line that begins at `start` and whose fields end at `ends`; `None` for one that
    /// must be looked at with more care.
    fn line(&mut self, start: usize, ends: &[u32]) -> Option<()> {
        let end = *ends.last()?;
        let record = self.text.get(start..end as usize)?;
        self.line += 1;
        if ends.len() == 1
            && record
                .bytes()
                .all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        {
            return Some(());
        }
        if std::mem::take(&mut self.is_header_left) {
            return Some(());
        }
        if record.len() > LONGEST_RECORD {
            return None;
        }
        self.n_read += 1;
        if ends.len() != self.shape.n_fields {
            self.refused.push(self.line, || {
                wrong_count(record.as_bytes(), self.shape.n_fields, ends.len())
            });
            return Some(());
        }
        for (bounds, &at) in std::iter::zip(&mut self.bounds, self.wanted) {
            let begin = match at.checked_sub(1) {
                Some(before) => ends.get(before)? + 1,
                None => start as u32,
            };
            bounds.push((begin, *ends.get(at)?));
        }
        self.lines.push(self.line);
        Some(())
    }
}
