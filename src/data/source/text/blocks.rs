//! A plain text file piece by piece: a log of any size is read in a few megabytes of memory.
//!
//! Every block ends where a line does, so each can be scanned and parsed by itself, many at once. A
//! quoted field may hold line ends; a file with quotes is therefore read as a whole, and so is one
//! that is packed or not UTF-8.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::scan::{Scanned, Shape, scan};
use super::{Separator, parse, without_bom};
use crate::data::source::{Head, Rows, open};
use crate::data::{DataError, Encoding, FileFormat, Packing};
use crate::spec::quotable_reason;

/// Size of a block; the lines that begin in it are all there. Tests see many borders.
const BLOCK_BYTES: usize = if cfg!(test) { 64 } else { 4 << 20 };

/// The blocks of a file, one after another.
pub(in crate::data) struct Blocks {
    file: File,
    path: PathBuf,
    separator: u8,
    n_fields: usize,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    /// Whether the next block begins with the line that names the columns.
    has_header: bool,
    is_first: bool,
    is_over: bool,
}

/// Some whole lines of a file.
pub(in crate::data) struct Block {
    bytes: Vec<u8>,
    shape: Shape,
    path: PathBuf,
}

/// What a block holds.
pub(in crate::data) struct BlockRows {
    /// Its readable and refused rows; lines are counted from the beginning of the block.
    pub(in crate::data) rows: Rows,
    /// Number of lines.
    pub(in crate::data) n_lines: usize,
}

impl Blocks {
    /// The blocks of a log; `None` for one that must be read as a whole, or is small enough to be.
    pub(in crate::data) fn of(head: &Head) -> Result<Option<Self>, DataError> {
        let file = &head.file;
        let is_plain = matches!(file.format, Some(FileFormat::Text) | None)
            && head.packing == Packing::None
            && file.encoding.unwrap_or_default() == Encoding::default();
        let ([path], Separator::Byte(separator)) =
            (head.paths.as_slice(), Separator::new(file.separator.as_deref().unwrap_or(",")))
        else {
            return Ok(None);
        };
        if !is_plain || head.n_bytes <= 2 * BLOCK_BYTES as u64 {
            return Ok(None);
        }
        Ok(Some(Self {
            file: open::file(path)?.0,
            path: path.clone(),
            separator,
            n_fields: head.columns.len(),
            rest: Vec::new(),
            has_header: file.header.unwrap_or(false),
            is_first: true,
            is_over: false,
        }))
    }

    /// The next block; `None` after the last one.
    pub(in crate::data) fn next_block(&mut self) -> Result<Option<Block>, DataError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut wanted = BLOCK_BYTES;
        while !self.is_over {
            let before = bytes.len();
            let read = (&self.file).take(wanted as u64).read_to_end(&mut bytes);
            let n_read = read.map_err(|error| open::why(&self.path, &error))?;
            self.is_over = n_read < wanted;
            let end = bytes.get(before..).and_then(|new| new.iter().rposition(|&byte| byte == b'\n'));
            if let (Some(end), false) = (end, self.is_over) {
                self.rest = bytes.split_off(before + end + 1);
                break;
            }
            // A line longer than a block: the more has been read, the more is read at once.
            wanted = bytes.len().max(BLOCK_BYTES);
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let shape = Shape {
            separator: Separator::Byte(self.separator),
            n_fields: self.n_fields,
            has_header: std::mem::take(&mut self.has_header),
            encoding: Encoding::default(),
        };
        if std::mem::take(&mut self.is_first) {
            let n_mark = bytes.len() - without_bom(&bytes).len();
            bytes.drain(..n_mark);
        }
        Ok(Some(Block { bytes, shape, path: self.path.clone() }))
    }
}

impl Block {
    /// The wanted columns of the block's rows; `None` when it has quotes.
    #[expect(clippy::naive_bytecount, reason = "the compiler counts many bytes at once here")]
    pub(in crate::data) fn rows(&self, wanted: &[usize]) -> Result<Option<BlockRows>, DataError> {
        if self.bytes.contains(&b'"') {
            return Ok(None);
        }
        let n_lines = self.bytes.iter().filter(|&&byte| byte == b'\n').count();
        let scanned = scan(&self.bytes, &self.shape);
        let columns = parse(&scanned, self.shape.n_fields, wanted).map_err(|error| DataError::Content {
            path: self.path.clone(),
            sentence: format!(
                "its rows cannot be parsed ({}); check `data.separator`.",
                quotable_reason(&error.to_string())
            ),
        })?;
        let Scanned { n_read, lines, refused, .. } = scanned;
        Ok(Some(BlockRows { rows: Rows { columns, n_read, lines, refused }, n_lines }))
    }
}
