//! A log piece by piece, so that one of any size is read in a few megabytes of memory.
//!
//! A piece of a text ends where a line does, so that each can be parsed by itself, many at once; a
//! piece of a Parquet file is some of its row groups. What cannot be cut is read as a whole: a JSON
//! array, a `SQLite` database, a text in UTF-16 or with the line ends of old Macs.

use std::path::Path;

use super::packed::Unpacked;
use super::{FileHead, RawRows, encoding, json, lists, parquet, text};
use crate::error::DataError;
use crate::log::{Encoding, FileFormat, Packing};
use seqscope_base::spec::Sentence;

/// Size of a piece of text; the lines that begin in it are all there. Tests see many borders.
const PIECE_BYTES: usize = if cfg!(test) { 64 } else { 1 << 20 };

/// Pieces for each thread at a time: with several, one that takes longer holds nobody up.
const PIECES_A_THREAD: usize = 4;

/// The pieces of a log, one after another.
pub(crate) enum Pieces<'a> {
    Text(TextPieces<'a>),
    Parquet(parquet::Groups<'a>),
}

/// Some rows of a log, not parsed yet.
pub(crate) enum Piece<'a> {
    Text(TextPiece<'a>),
    Parquet(parquet::RowGroup<'a>),
}

/// Content of a piece.
pub(crate) struct PieceRows {
    /// Its readable and refused rows; lines are counted from the beginning of the piece.
    pub(crate) rows: RawRows,
    /// Number of lines.
    pub(crate) n_lines: usize,
}

impl<'a> Pieces<'a> {
    /// The pieces of a log's file; `None` for one that must be read as a whole, or is small enough
    /// to be.
    ///
    /// `file` is the number of the file, `wanted` are the positions of the columns that are read.
    pub(crate) fn of_file(
        head: &'a FileHead,
        file: usize,
        wanted: &'a [usize],
    ) -> Result<Option<Self>, DataError> {
        let path = head.file_to_read(file)?;
        match head.file.format.unwrap_or(FileFormat::Text) {
            FileFormat::Parquet => {
                Ok(parquet::Groups::of_file(head, path, wanted)?.map(Self::Parquet))
            }
            FileFormat::Json | FileFormat::Sqlite => Ok(None),
            _ => {
                let file = Unpacked::open(path)?;
                let is_small =
                    file.packing() == Packing::None && file.n_bytes() <= 2 * PIECE_BYTES as u64;
                // Elsewhere than in UTF-16 a byte that looks like a line end is one.
                let is_wide = matches!(
                    head.file.encoding,
                    Some(Encoding::Utf16Le | Encoding::Utf16Be)
                );
                if is_small || is_wide || head.is_mac || head.kind.counts_lines() {
                    return Ok(None);
                }
                Ok(Some(Self::Text(TextPieces::new(
                    file,
                    PieceReading { head, path, wanted },
                ))))
            }
        }
    }

    /// The next piece; `None` after the last one.
    fn next_piece(&mut self) -> Result<Option<Piece<'a>>, DataError> {
        Ok(match self {
            Self::Text(pieces) => pieces.next_piece()?.map(Piece::Text),
            Self::Parquet(groups) => groups.next().map(Piece::Parquet),
        })
    }

    /// Returns as many pieces as keep all threads at work.
    pub(crate) fn wave(&mut self) -> Result<Vec<Piece<'a>>, DataError> {
        let mut wave = Vec::new();
        while wave.len() < PIECES_A_THREAD * rayon::current_num_threads()
            && let Some(piece) = self.next_piece()?
        {
            wave.push(piece);
        }
        Ok(wave)
    }

    /// How much of the log was handed out, from 0 to 1.
    pub(crate) fn share(&self) -> f32 {
        match self {
            Self::Text(pieces) => pieces.file.share(),
            Self::Parquet(groups) => groups.share(),
        }
    }
}

impl Piece<'_> {
    /// The wanted columns of the piece's rows; `None` when the log cannot be cut here.
    pub(crate) fn rows(self) -> Result<Option<PieceRows>, DataError> {
        match self {
            Self::Text(piece) => piece.rows(),
            Self::Parquet(group) => {
                let rows = group.rows()?;
                Ok(Some(PieceRows {
                    n_lines: rows.n_read,
                    rows,
                }))
            }
        }
    }
}

/// The pieces of a text.
pub(crate) struct TextPieces<'a> {
    file: Unpacked,
    how: PieceReading<'a>,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    is_first: bool,
    is_over: bool,
}

/// Some whole lines of a text.
pub(crate) struct TextPiece<'a> {
    bytes: Vec<u8>,
    how: PieceReading<'a>,
    is_first: bool,
}

/// How pieces are read.
#[derive(Clone, Copy)]
struct PieceReading<'a> {
    head: &'a FileHead,
    path: &'a Path,
    wanted: &'a [usize],
}

impl<'a> TextPieces<'a> {
    fn new(file: Unpacked, how: PieceReading<'a>) -> Self {
        Self {
            file,
            how,
            rest: Vec::new(),
            is_first: true,
            is_over: false,
        }
    }

    fn next_piece(&mut self) -> Result<Option<TextPiece<'a>>, DataError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut n_wanted = if self.is_first {
            PIECE_BYTES.max(self.how.head.n_first)
        } else {
            PIECE_BYTES
        };
        while !self.is_over {
            let before = bytes.len();
            let n_read = self.file.read(n_wanted, &mut bytes)?;
            self.is_over = n_read < n_wanted;
            let end = bytes
                .get(before..)
                .and_then(|new| new.iter().rposition(|&byte| byte == b'\n'));
            if let (Some(end), false) = (end, self.is_over) {
                self.rest = bytes.split_off(before + end + 1);
                break;
            }
            // A line longer than a piece: the more has been read, the more is read at once.
            n_wanted = bytes.len().max(PIECE_BYTES);
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        Ok(Some(TextPiece {
            bytes,
            how: self.how,
            is_first: std::mem::take(&mut self.is_first),
        }))
    }
}

impl TextPiece<'_> {
    fn rows(self) -> Result<Option<PieceRows>, DataError> {
        let PieceReading { head, path, wanted } = self.how;
        let n_lines = memchr::memchr_iter(b'\n', &self.bytes).count();
        let bytes = encoding::decode(self.bytes, head.file.encoding.unwrap_or_default(), true);
        let bytes = encoding::tidy(bytes, false);
        let rows = match head.file.format {
            Some(FileFormat::Ndjson) => Some(
                json::parse_rows(&bytes, head, wanted, self.is_first)
                    .map_err(content_error(path))?,
            ),
            Some(FileFormat::Lists) => Some(lists::parse_rows(&bytes, head, wanted)),
            _ => text::parse_piece(bytes, head, wanted, self.is_first)
                .map_err(content_error(path))?,
        };
        Ok(rows.map(|rows| PieceRows { rows, n_lines }))
    }
}

/// A sentence about a file's content as an error.
fn content_error(path: &Path) -> impl FnOnce(Sentence) -> DataError {
    move |sentence| DataError::content(path, sentence)
}
