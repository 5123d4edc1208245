//! The first pass over a text: which rows are readable, and why the others are not.

use std::borrow::Cow;

use super::super::{Lines, Refused};
use super::{Separator, Splitter};
use crate::log::Encoding;

/// Longest record; longer ones are no events.
pub(super) const LONGEST_RECORD: usize = 1 << 20;

/// Marks that polars separates by when the file's own would not do (quotes, several characters).
const FIELD_MARK: u8 = 0x1f;
const ROW_MARK: u8 = 0x1e;

/// The readable rows of a text, ready to be parsed without quotes.
pub(super) struct Scanned<'a> {
    /// The rows: the file's own bytes where all of them are readable as they stand.
    pub(super) bytes: Cow<'a, [u8]>,
    /// Stands between fields.
    pub(super) field_mark: u8,
    /// Stands between rows.
    pub(super) row_mark: u8,
    /// Number of rows, refused ones included.
    pub(super) n_read: usize,
    /// Line of each readable row.
    pub(super) lines: Lines,
    /// Rows that cannot be read.
    pub(super) refused: Refused,
    /// Whether a quote stands open at the end: with more text the rows might be others.
    pub(super) is_open: bool,
}

/// Shape of a text, as said.
pub(super) struct TextShape {
    /// Separator between fields.
    pub(super) separator: Separator,
    /// How many fields a row has.
    pub(super) n_fields: usize,
    /// Whether the first line names the columns.
    pub(super) has_header: bool,
    /// Encoding of the text, before it became UTF-8.
    pub(super) encoding: Encoding,
    /// Quote around fields that hold a separator.
    pub(super) quote: u8,
}

/// Divides a text into readable and refused rows.
pub(super) fn scan<'a>(bytes: &'a [u8], shape: &TextShape) -> Scanned<'a> {
    match shape.separator {
        Separator::Byte(mark) if !bytes.contains(&shape.quote) => plain(bytes, mark, shape),
        _ => rewritten(bytes, shape),
    }
}

/// One-byte separator and no quotes: rows are lines, and stay where they are. Bytes are copied only
/// from the first refused or blank line on.
fn plain<'a>(bytes: &'a [u8], mark: u8, shape: &TextShape) -> Scanned<'a> {
    let n_fields = shape.n_fields;
    let (mut lines, mut refused, mut n_read) = (Lines::default(), Refused::default(), 0);
    let valid = std::str::from_utf8(bytes).is_ok();
    let (mut at, mut line, mut header_left) = (0, 0, shape.has_header);
    // Where the rows begin, once blank lines and the header are passed.
    let mut body = None;
    let mut copy: Option<Vec<u8>> = None;
    while at < bytes.len() {
        let start = at;
        let found = Line::starting_at(bytes, start, mark);
        let record = &bytes[start..found.end];
        at = found.end + 1;
        line += 1;
        if body.is_none() && (found.is_blank || header_left) {
            header_left &= found.is_blank;
            continue;
        }
        let body = *body.get_or_insert(start);
        let is_whole = found.n_marks + 1 == n_fields;
        let reason = if is_whole {
            unreadable(record, found.has_nul, valid, shape.encoding)
        } else {
            None
        };
        if found.is_blank || !is_whole || reason.is_some() {
            copy.get_or_insert_with(|| bytes[body..start].to_vec());
            if !found.is_blank {
                n_read += 1;
                refused.push(line, || {
                    reason.unwrap_or_else(|| wrong_count(record, n_fields, found.n_marks + 1))
                });
            }
            continue;
        }
        n_read += 1;
        lines.push(line);
        if let Some(copy) = &mut copy {
            copy.extend_from_slice(record);
            copy.push(b'\n');
        }
    }
    let bytes = copy.map_or_else(
        || Cow::Borrowed(&bytes[body.unwrap_or(bytes.len())..]),
        Cow::Owned,
    );
    Scanned {
        bytes,
        field_mark: mark,
        row_mark: b'\n',
        n_read,
        lines,
        refused,
        is_open: false,
    }
}

/// Result of one pass over a line.
struct Line {
    end: usize,
    n_marks: usize,
    has_nul: bool,
    is_blank: bool,
}

impl Line {
    fn starting_at(bytes: &[u8], start: usize, mark: u8) -> Self {
        let mut line = Self {
            end: bytes.len(),
            n_marks: 0,
            has_nul: false,
            is_blank: true,
        };
        for (offset, &byte) in bytes[start..].iter().enumerate() {
            if byte == b'\n' {
                line.end = start + offset;
                break;
            }
            line.n_marks += usize::from(byte == mark);
            line.has_nul |= byte == 0;
            line.is_blank &= byte != mark && matches!(byte, b' ' | b'\t' | b'\r');
        }
        line
    }
}

/// Quotes or an unusual separator: the readable rows are written anew, with marks that no field
/// holds.
fn rewritten<'a>(bytes: &'a [u8], shape: &TextShape) -> Scanned<'a> {
    let n_fields = shape.n_fields;
    let mut splitter = Splitter::new(bytes, shape.separator.clone()).quoted_by(shape.quote);
    let mut out = Vec::with_capacity(bytes.len());
    let (mut lines, mut refused, mut n_read) = (Lines::default(), Refused::default(), 0);
    if shape.has_header {
        splitter.next_record();
    }
    while let Some(found) = splitter.next_record() {
        n_read += 1;
        let record = &bytes[found.start..found.end];
        if found.n_fields != n_fields {
            refused.push(found.line, || wrong_count(record, n_fields, found.n_fields));
            continue;
        }
        let has_mark = splitter.contents().any(|(field, _)| {
            field
                .iter()
                .any(|byte| *byte == FIELD_MARK || *byte == ROW_MARK)
        });
        let reason = if has_mark {
            Some("holds a control character (0x1E or 0x1F)".to_owned())
        } else {
            unreadable(record, record.contains(&0), false, shape.encoding)
        };
        if let Some(reason) = reason {
            refused.push(found.line, || reason);
            continue;
        }
        lines.push(found.line);
        for (field, quoted) in splitter.contents() {
            write_field(&mut out, field, quoted.then_some(shape.quote));
            out.push(FIELD_MARK);
        }
        out.pop();
        out.push(ROW_MARK);
    }
    let is_open = splitter.is_open();
    Scanned {
        bytes: Cow::Owned(out),
        field_mark: FIELD_MARK,
        row_mark: ROW_MARK,
        n_read,
        lines,
        refused,
        is_open,
    }
}

fn write_field(out: &mut Vec<u8>, field: &[u8], quote: Option<u8>) {
    let mut after_quote = false;
    for &byte in field {
        // Inside quotes a quote is written twice; the second one is dropped.
        let doubled = quote == Some(byte) && after_quote;
        after_quote = quote == Some(byte) && !doubled;
        if !doubled {
            out.push(byte);
        }
    }
}

/// Why a record of the right number of fields cannot be read, if it cannot.
fn unreadable(
    record: &[u8],
    has_nul: bool,
    known_valid: bool,
    encoding: Encoding,
) -> Option<String> {
    if has_nul {
        return Some("holds a NUL byte".to_owned());
    }
    if record.len() > LONGEST_RECORD {
        return Some(format!("is {} bytes long", record.len()));
    }
    (!known_valid && std::str::from_utf8(record).is_err())
        .then(|| format!("is not valid {encoding}"))
}

pub(super) fn wrong_count(record: &[u8], expected: usize, found: usize) -> String {
    let reason = format!("expected {expected} fields, found {found}");
    if record.len() > LONGEST_RECORD {
        return format!("{reason}, and is {} bytes long", record.len());
    }
    let fits = |separator: &&&str| {
        let mut splitter = Splitter::new(record, Separator::new(separator));
        splitter
            .next_record()
            .is_some_and(|found| found.n_fields == expected)
    };
    if let Some(other) = [",", "\t", ";", "|", "::"].iter().find(fits) {
        return format!(
            "{reason} (it seems to be separated by {})",
            Separator::new(other).described()
        );
    }
    reason
}
