//! A file as rows of text, whatever its format; what cannot be read is listed, never lost.
//!
//! Two steps, so that a person sees at once what the program makes of a file: [`head`] reads the
//! first megabyte and guesses format, encoding, separator and header; [`rows`] reads the wanted
//! columns of the whole file with exactly those. A pattern in the path names several files, which
//! are one log.

mod detect;
mod encoding;
mod expand;
mod files;
mod foreign;
mod json;
mod lists;
mod open;
mod packed;
mod parquet;
mod pieces;
mod refused;
mod sqlite;
mod text;
mod texts;

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, SerReader};

pub(crate) use files::{can_open, find as files_of};
pub use files::{name_of, reads};
pub(super) use open::resolve;
pub(super) use pieces::{Piece, PieceRows, Pieces};
pub(super) use refused::{Lines, Refused, RowPlace};
pub(crate) use sqlite::refused_query;
pub(super) use texts::Texts;

use super::{Encoding, FileFormat, FileSpec, Packing, Role, schema};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::log::SplitPart;
use seqscope_base::spec::Problem;

/// How many bytes of a file are read to guess what it is.
const HEAD_BYTES: usize = 1 << 20;
/// How many rows of the head are kept to guess from.
const SAMPLE_ROWS: usize = 1_000;
/// How many files of a log are looked into before it is read: a preview does not wait for more.
const COMPARED_FILES: usize = 50;

/// The first rows of a file, and what was guessed from them.
#[derive(Clone, Debug)]
pub(super) struct FileHead {
    /// The file with format, encoding, separator and header filled in.
    pub(super) file: FileSpec,
    /// Column names, all different.
    pub(super) columns: Vec<String>,
    /// The first readable rows, each as long as `columns`.
    pub(super) rows: Vec<Vec<String>>,
    /// Size on disk, of all files together.
    pub(super) n_bytes: u64,
    /// How the file is packed.
    pub(super) packing: Packing,
    /// Doubts about the rows.
    pub(super) problems: Vec<Problem>,
    /// Types that a file gives its columns; empty for one that gives none.
    pub(super) types: Vec<ColumnType>,
    /// The files of the log; the head is that of the first one.
    paths: Vec<PathBuf>,
    /// Which part of the split each file is, where they are named as such.
    parts: Option<Vec<SplitPart>>,
    /// Format and encoding as the content tells them, whatever was said.
    seen: (FileFormat, Encoding),
    /// Whether lines end as on old Macs, with a carriage return alone.
    is_mac: bool,
    /// Lines of a text beside its header and its rows.
    outline: text::Outline,
    /// How the events of a JSON text are written.
    layout: json::Layout,
    /// Content of a line of lists.
    kind: lists::Kind,
    /// How the rows of a text become events, where they are none as they stand.
    expand: Option<expand::Expand>,
    /// The lists in the cells of a Parquet file whose elements are the events.
    nested: Option<parquet::Nested>,
    /// How many bytes of a text hold its header and what stands before it.
    n_first: usize,
    /// Whether the first column only numbers the rows.
    pub(super) numbers_rows: bool,
    /// The columns of the roles that the format itself tells.
    pub(super) told_roles: Vec<(Role, usize)>,
}

impl FileHead {
    fn new(file: FileSpec, columns: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        let seen = (
            file.format.unwrap_or(FileFormat::Text),
            file.encoding.unwrap_or_default(),
        );
        Self {
            file,
            columns,
            rows,
            n_bytes: 0,
            packing: Packing::None,
            problems: Vec::new(),
            types: Vec::new(),
            paths: Vec::new(),
            parts: None,
            seen,
            is_mac: false,
            outline: text::Outline::default(),
            layout: json::Layout::default(),
            kind: lists::Kind::default(),
            expand: None,
            nested: None,
            n_first: 0,
            numbers_rows: false,
            told_roles: Vec::new(),
        }
    }

    /// Type that the file gives a column.
    pub(super) fn column_type(&self, at: usize) -> ColumnType {
        self.types.get(at).copied().unwrap_or_default()
    }

    /// The file at `at`, once it was seen to be of the first one's kind.
    fn file_to_read(&self, at: usize) -> Result<&Path, DataError> {
        let (Some(first), Some(path)) = (self.paths.first(), self.paths.get(at)) else {
            return Err(files::nothing(&self.file.path));
        };
        if at > 0 {
            agree(self, first, path)?;
        }
        Ok(path)
    }

    /// Fails where the file at `at` types its times and those before it do not, or the other way
    /// round; `typed` is what was seen of those.
    pub(super) fn check_times(
        &self,
        at: usize,
        typed: &mut Option<bool>,
        is_typed: bool,
    ) -> Result<(), DataError> {
        if typed
            .replace(is_typed)
            .is_none_or(|before| before == is_typed)
        {
            return Ok(());
        }
        let path = self.paths.get(at).cloned().unwrap_or_default();
        Err(DataError::content(&path, OTHER_TIMES))
    }

    /// Says what the files are called, where there are several.
    pub(super) fn name_files(&self, lines: &mut Lines) {
        if self.n_files() > 1 {
            lines.name(
                self.paths
                    .iter()
                    .map(|path| files::short_name(path))
                    .collect(),
            );
        }
    }

    /// The part of the split that each row belongs to, where the parts have files of their own.
    pub(super) fn parts_of(&self, lines: &Lines) -> Option<Vec<SplitPart>> {
        let parts = self.parts.as_ref()?;
        Some(
            lines
                .files()
                .map(|file| parts.get(file).copied().unwrap_or_default())
                .collect(),
        )
    }

    /// How many files the log is.
    pub(super) fn n_files(&self) -> usize {
        self.paths.len()
    }
}

/// Type that a file gives a column, where that bears on times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ColumnType {
    #[default]
    Other,
    /// Numbers of 24 significant bits.
    Float32,
    /// Spans of time.
    Duration,
}

/// The wanted columns of a whole file.
#[derive(Debug)]
pub(super) struct RawRows {
    /// One for each wanted column, in that order; all as long as there are readable rows.
    pub(super) columns: Vec<RawCells>,
    /// Number of rows in the file, refused ones included, header not.
    pub(super) n_read: usize,
    /// The line of each readable row.
    pub(super) lines: Lines,
    /// Rows that could not be read.
    pub(super) refused: Refused,
}

/// One column of a file.
#[derive(Clone, Debug)]
pub(super) enum RawCells {
    /// Text as in the file; `None` or empty where there is nothing.
    Text(Texts),
    /// Microseconds since 1970-01-01 UTC, or spans of time, from a file that types its times.
    Micros(Vec<Option<i64>>),
}

impl RawCells {
    /// The cells as text; `None` where the file types them as times.
    pub(super) fn text(&self) -> Option<&Texts> {
        match self {
            Self::Text(column) => Some(column),
            Self::Micros(_) => None,
        }
    }
}

/// The beginning of a text, as UTF-8.
struct TextHead {
    bytes: Vec<u8>,
    /// Whether that is all of the text.
    is_whole: bool,
}

/// Reads the head of a file, or of the first file of several.
pub(super) fn head(file: &FileSpec) -> Result<FileHead, DataError> {
    let mut paths = files::find(&file.path)?;
    let mut parts = vec![SplitPart::Train; paths.len()];
    for (part, path) in file.parts() {
        let of_part = files::find(path)?;
        if let Some(twice) = of_part.iter().find(|path| paths.contains(path)) {
            let sentence = format!(
                "`{}` is named for two parts of the split, which would then be one; name a file of \
                 its own for each.",
                files::short_name(twice)
            );
            return Err(DataError::setting(
                format!("data.{}_path", part.key()),
                sentence,
            ));
        }
        parts.extend(vec![part; of_part.len()]);
        paths.extend(of_part);
    }
    let (first, others) = paths
        .split_first()
        .ok_or_else(|| files::nothing(&file.path))?;
    let mut head = one_head(file, first, look(first)?)?;
    for other in others.iter().take(COMPARED_FILES) {
        agree(&head, first, other)?;
    }
    head.n_bytes = files::n_bytes(&paths);
    head.paths = paths;
    head.parts = file.parts().next().is_some().then_some(parts);
    Ok(head)
}

/// Reads the columns at `wanted` (positions in `head.columns`) of all files of a log.
pub(super) fn rows(
    head: &FileHead,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    let mut all = rows_of_file(head, 0, wanted, progress)?;
    for at in 1..head.n_files() {
        check_cancelled(progress)?;
        let path = head.file_to_read(at)?;
        let RawRows {
            columns,
            n_read,
            lines,
            refused,
        } = one_rows(head, path, wanted, progress)?;
        for (column, more) in std::iter::zip(&mut all.columns, columns) {
            append(column, more, path)?;
        }
        all.n_read += n_read;
        all.lines.append(lines, at);
        all.refused.append(refused, at);
    }
    head.name_files(&mut all.lines);
    Ok(all)
}

/// Reads the rows of one of its files in this way.
pub(super) fn rows_of_file(
    head: &FileHead,
    at: usize,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    one_rows(head, head.file_to_read(at)?, wanted, progress)
}

/// Another encoding than UTF-8 for a log whose letters begin behind its head, and what is told of
/// it; `None` where most of its lines are UTF-8.
pub(super) fn other_encoding(
    head: &FileHead,
    progress: &dyn LoadProgress,
) -> Result<Option<(Encoding, Problem)>, DataError> {
    const PIECE_BYTES: usize = 4 << 20;
    let mut letters = encoding::Letters::default();
    for path in &head.paths {
        let mut file = packed::Unpacked::open(path)?;
        let mut bytes = Vec::new();
        while file.read(PIECE_BYTES, &mut bytes)? > 0 {
            check_cancelled(progress)?;
            progress.reached(Stage::Reading, Some(file.share()));
            let end = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
            let rest = bytes.split_off(end);
            letters.look_at(&bytes);
            bytes = rest;
        }
        letters.look_at(&bytes);
    }
    Ok(letters
        .are_of_one_byte()
        .then(|| (Encoding::Windows1252, letters.doubt())))
}

/// Content of a file as detected, whatever was said of it.
struct DetectedFile {
    format: FileFormat,
    encoding: Encoding,
    /// The beginning as it stands on disk, unpacked.
    start: packed::FileStart,
}

fn look(path: &Path) -> Result<DetectedFile, DataError> {
    let start = packed::start(path, HEAD_BYTES)?;
    if let Some(format) = detect::binary(path, &start)? {
        return Ok(DetectedFile {
            format,
            encoding: Encoding::Utf8,
            start,
        });
    }
    let encoding = encoding::guess(&start.bytes);
    let text = encoding::decode(start.bytes.clone(), encoding, start.is_whole);
    let is_mac = encoding::is_mac(&text);
    let text = encoding::tidy(text, is_mac);
    Ok(DetectedFile {
        format: detect::text_format(path, &text)?,
        encoding,
        start,
    })
}

/// The head of a file, read as it is said, or else as it looks.
fn one_head(file: &FileSpec, path: &Path, seen: DetectedFile) -> Result<FileHead, DataError> {
    let DetectedFile {
        format: seen_format,
        encoding: seen_encoding,
        start,
    } = seen;
    let format = file.format.unwrap_or(seen_format);
    let is_text = !matches!(format, FileFormat::Parquet | FileFormat::Sqlite);
    let encoding = is_text.then(|| file.encoding.unwrap_or(seen_encoding));
    let packing = start.packing;
    let doubt = encoding.and_then(|taken| encoding::doubt(&start.bytes, taken, file));
    let bytes = match encoding {
        Some(encoding) => encoding::decode(start.bytes, encoding, start.is_whole),
        None => Vec::new(),
    };
    let is_mac = encoding::is_mac(&bytes);
    let text = TextHead {
        bytes: encoding::tidy(bytes, is_mac),
        is_whole: start.is_whole,
    };
    let is_said = file.format.is_some();
    let file = FileSpec {
        format: Some(format),
        encoding,
        ..file.clone()
    };
    let mut head = match format {
        FileFormat::Text if !is_said => text::head(file, path, &text).and_then(|head| {
            expand::guessed(head).map_err(|sentence| DataError::content(path, sentence))
        }),
        FileFormat::Text => text::head(file, path, &text),
        FileFormat::Matrix
        | FileFormat::ListCells
        | FileFormat::Impressions
        | FileFormat::WebLog => text::head(file, path, &text).and_then(|head| {
            expand::said(head).map_err(|sentence| DataError::content(path, sentence))
        }),
        FileFormat::Ndjson | FileFormat::Json => json::head(file, path, &text),
        FileFormat::Lists => lists::head(file, path, &text),
        FileFormat::Parquet => parquet::head(file, path),
        FileFormat::Sqlite => sqlite::head(file, path),
    }?;
    head.packing = packing;
    head.seen = (seen_format, seen_encoding);
    head.is_mac = is_mac;
    head.problems.extend(doubt);
    Ok(head)
}

fn one_rows(
    head: &FileHead,
    path: &Path,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    match head.file.format {
        Some(FileFormat::Lists) => lists::rows(head, path, wanted, progress),
        Some(FileFormat::Parquet) => {
            progress.reached(Stage::Reading, None);
            parquet::rows(head, path, wanted)
        }
        Some(FileFormat::Sqlite) => sqlite::rows(head, path, wanted, progress),
        Some(FileFormat::Ndjson | FileFormat::Json) => json::rows(head, path, wanted, progress),
        _ => text::rows(head, path, wanted, progress),
    }
}

/// All of a text, as UTF-8.
fn whole_text(
    head: &FileHead,
    path: &Path,
    progress: &dyn LoadProgress,
) -> Result<Vec<u8>, DataError> {
    let bytes = encoding::decode(
        packed::all(path, progress)?,
        head.file.encoding.unwrap_or_default(),
        true,
    );
    Ok(encoding::tidy(bytes, head.is_mac))
}

/// Whether another file of a log is of the first one's kind.
fn agree(head: &FileHead, first: &Path, path: &Path) -> Result<(), DataError> {
    let seen = look(path)?;
    let first = files::short_name(first);
    if seen.format != head.seen.0 {
        return Err(differs(
            path,
            &format!("it is {}, but `{first}` is {}", seen.format, head.seen.0),
        ));
    }
    if seen.encoding != head.seen.1 {
        return Err(differs(
            path,
            &format!(
                "it is written in {}, but `{first}` in {}",
                seen.encoding, head.seen.1
            ),
        ));
    }
    let other = one_head(&head.file, path, seen)?;
    // Objects may leave out names, so those of one head say nothing against those of another.
    let has_names = !matches!(
        head.file.format,
        Some(FileFormat::Ndjson | FileFormat::Json)
    );
    if has_names && other.columns != head.columns {
        let (own, expected) = (
            schema::listed(&other.columns),
            schema::listed(&head.columns),
        );
        return Err(differs(
            path,
            &format!("it has the columns {own}, but `{first}` has {expected}"),
        ));
    }
    Ok(())
}

/// Error of a file that is not like the first of its log.
fn differs(path: &Path, what: &str) -> DataError {
    DataError::content(
        path,
        format!(
            "{what}; the files of one log must be alike, so narrow the pattern in `data.path`."
        ),
    )
}

/// The sentence of files that write times in different ways.
const OTHER_TIMES: &str = "it writes times in another way than the files before it; the files of \
                           one log must be alike, so narrow the pattern in `data.path`.";

/// Adds the cells of another file to a column.
fn append(column: &mut RawCells, more: RawCells, path: &Path) -> Result<(), DataError> {
    match (column, more) {
        (RawCells::Text(cells), RawCells::Text(more)) => cells.append(&more).map_err(|error| {
            DataError::content(
                path,
                format!("its rows cannot be added to those before ({error}); read it alone."),
            )
        }),
        (RawCells::Micros(times), RawCells::Micros(more)) => {
            times.extend(more);
            Ok(())
        }
        _ => Err(DataError::content(path, OTHER_TIMES.to_owned())),
    }
}

/// All of a Parquet file.
pub(crate) fn read_parquet(path: &std::path::Path) -> Result<DataFrame, DataError> {
    parquet::read(path, SerReader::finish)
}
