//! Text files: lines of separated fields.
//!
//! A first pass over the bytes finds where every row begins and ends and refuses the rows that
//! cannot be read, each with its line and reason; polars then parses what is left. polars alone
//! would stop at the first bad row, or lose it without a word.

mod names;
mod outline;
mod scan;
mod spans;
mod splitter;

pub(super) use names::unique;
pub(super) use outline::Outline;
use splitter::TextRecord;
pub(super) use splitter::{Separator, Splitter};

use std::borrow::Cow;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    CsvParseOptions, CsvReadOptions, DataType, PlSmallStr, PolarsResult, Schema, SerReader,
};

use super::texts::Texts;
use super::{FileHead, RawCells, RawRows, SAMPLE_ROWS, TextHead, detect, expand, whole_text};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, check_cancelled};
use crate::log::{Encoding, FileSpec, Role};
use scan::{Scanned, TextShape, scan};
use seqscope_base::spec::{Problem, Sentence};

/// Most columns of a log: each costs memory and time in every row that is looked at.
const MOST_COLUMNS: usize = 50_000;

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<FileHead, DataError> {
    if let Some(sentence) = detect::not_text(&text.bytes) {
        return Err(DataError::content(path, sentence.to_owned()));
    }
    let bytes = whole_lines(without_bom(&text.bytes), text.is_whole).ok_or_else(|| {
        DataError::content(path, format!(
            "the first line is longer than {} bytes; one event a line is expected: check that the \
             lines end with a line feed.",
            super::HEAD_BYTES
        ))
    })?;
    if file.separator.as_deref() == Some("") {
        return Err(DataError::setting(
            "data.separator",
            "the separator is empty; write one such as `,`, or leave it out to have it guessed.",
        ));
    }
    let mut outline = Outline::of_head(bytes, &file, guess_separator)
        .map_err(|sentence| DataError::content(path, sentence))?;
    let tidy = outline.tidy(bytes, true);
    let separator = outline.separator.clone();
    let sample = sample(&tidy, &outline, file.encoding.unwrap_or_default())
        .map_err(|sentence| DataError::content(path, sentence))?;
    let tidy = tidy.into_owned();
    outline.n_fields = sample.n_fields;
    if sample.n_fields > MOST_COLUMNS {
        return Err(DataError::content(
            path,
            too_many(sample.n_fields, &separator),
        ));
    }
    let has_header = has_header(&outline, &file, &sample, &tidy);
    let mut problems: Vec<Problem> = outline.passed_over().into_iter().collect();
    let NamedRows { columns, rows } = named(sample, &outline, has_header, &mut problems)
        .map_err(|sentence| DataError::content(path, sentence))?;
    if rows.is_empty() {
        return Err(DataError::content(
            path,
            if has_header {
                "it holds a header and no rows; choose a file with events.".to_owned()
            } else {
                "no row of it can be read; check `data.separator`.".to_owned()
            },
        ));
    }
    let file = FileSpec {
        separator: Some(separator),
        header: Some(has_header),
        ..file
    };
    let (columns, problem) = unique(columns.iter().map(|name| names::clean(name)).collect());
    problems.extend(problem);
    let n_first = outline.n_first(bytes);
    let numbers_rows = !has_header
        && outline.n_fields > 2
        && names::are_row_numbers(
            rows.iter()
                .filter_map(|row| row.first())
                .map(|cell| cell.trim()),
        );
    if numbers_rows {
        let sentence = "the first column only numbers the rows, so it is neither the user nor the \
                        item; name it in `data.roles` if it is.";
        problems.push(Problem::warning("data.roles", sentence));
    }
    let told_roles = roles_of_server_log(&columns);
    Ok(FileHead {
        problems,
        outline,
        n_first,
        numbers_rows,
        told_roles,
        ..FileHead::new(file, columns, rows)
    })
}

/// Whether the names of the columns stand in the text, before the rows or in the first of them.
fn has_header(outline: &Outline, file: &FileSpec, sample: &HeadSample, tidy: &[u8]) -> bool {
    let HeadSample {
        first,
        n_fields,
        rows,
    } = sample;
    outline.names_of_all().is_some()
        || file.header.unwrap_or_else(|| {
            let line = tidy.get(first.start..first.end).unwrap_or(&[]);
            detect::header(rows) || (first.n_fields != *n_fields && detect::names_columns(line))
        })
}

/// The rows of a head under the names of their columns.
struct NamedRows {
    columns: Vec<String>,
    /// The rows that have as many fields as there are columns.
    rows: Vec<Vec<String>>,
}

/// Takes the names of the columns from the lines before the rows, else from the first row, else
/// numbers them.
fn named(
    sample: HeadSample,
    outline: &Outline,
    has_header: bool,
    problems: &mut Vec<Problem>,
) -> Result<NamedRows, String> {
    let HeadSample {
        first,
        n_fields,
        mut rows,
    } = sample;
    let columns: Vec<String> = if let Some(names) = outline.names_of_all() {
        names.clone()
    } else if has_header {
        let fitted = names::fit(rows.remove(0), n_fields, &rows);
        let names::FittedNames { columns, problem } = fitted.ok_or_else(|| {
            format!(
                "the first line names {} columns, but most lines have {n_fields} fields separated \
                 by {}; give the right `data.separator`, or mend the first line.",
                first.n_fields,
                Separator::new(&outline.separator).described()
            )
        })?;
        problems.extend(problem);
        columns
    } else {
        (1..=n_fields).map(|at| format!("column_{at}")).collect()
    };
    rows.retain(|row| row.len() == n_fields);
    Ok(NamedRows { columns, rows })
}

/// Roles in a server's log in the extended format of W3C: who asked for what.
fn roles_of_server_log(columns: &[String]) -> Vec<(Role, usize)> {
    match (
        position_of(columns, "c-ip"),
        position_of(columns, "cs-uri-stem"),
    ) {
        (Some(client), Some(page)) => vec![(Role::User, client), (Role::Item, page)],
        _ => Vec::new(),
    }
}

/// Place of the column of a name.
fn position_of(columns: &[String], name: &str) -> Option<usize> {
    columns.iter().position(|column| column == name)
}

/// See [`super::rows`].
pub(super) fn rows(
    head: &FileHead,
    path: &Path,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    let bytes = whole_text(head, path, progress)?;
    let bytes = head.outline.tidy(&bytes, true);
    let scanned = scan(without_bom(&bytes), &shape(head, true));
    if scanned.lines.len() == 0 {
        let rows = scanned.refused.rows(&scanned.lines);
        let reason = rows.first().map_or_else(Sentence::new, |row| {
            Sentence::from(format!(" (line {}: ", row.line))
                .then(row.reason.clone())
                .words(")")
        });
        let sentence = Sentence::from(format!("none of its {} rows can be read", scanned.n_read));
        return Err(DataError::content(
            path,
            sentence
                .then(reason)
                .words("; check `data.separator` and `data.encoding`."),
        ));
    }
    check_cancelled(progress)?;
    parsed(scanned, head, wanted).map_err(|sentence| DataError::content(path, sentence))
}

/// The columns that are parsed for the wanted ones: all, where rows are not yet events.
fn to_parse<'a>(head: &FileHead, wanted: &'a [usize]) -> Cow<'a, [usize]> {
    match head.expand {
        Some(_) => Cow::Owned((0..head.outline.n_fields).collect()),
        None => Cow::Borrowed(wanted),
    }
}

fn as_events(head: &FileHead, rows: RawRows, wanted: &[usize]) -> RawRows {
    match &head.expand {
        Some(expand) => expand.rows(&rows, wanted),
        None => rows,
    }
}

/// The rows of some lines of a log; `None` when its last quote may close in the lines after it.
pub(super) fn parse_piece(
    bytes: Vec<u8>,
    head: &FileHead,
    wanted: &[usize],
    is_first: bool,
) -> Result<Option<RawRows>, Sentence> {
    let shape = shape(head, is_first);
    let bytes = match head.outline.tidy(&bytes, is_first) {
        Cow::Borrowed(_) => bytes,
        Cow::Owned(bytes) => bytes,
    };
    let bytes = match spans::read(bytes, &shape, &to_parse(head, wanted)) {
        Ok(rows) => return Ok(Some(as_events(head, rows, wanted))),
        Err(bytes) => bytes,
    };
    let scanned = scan(without_bom(&bytes), &shape);
    if scanned.is_open {
        return Ok(None);
    }
    parsed(scanned, head, wanted).map(Some)
}

/// Shape of a text as said, or of its part, which begins the file or does not.
fn shape(head: &FileHead, is_first: bool) -> TextShape {
    let is_named = head.file.header.unwrap_or(false) && head.outline.names.is_none();
    TextShape {
        separator: Separator::new(head.file.separator.as_deref().unwrap_or(",")),
        n_fields: head.outline.n_fields,
        has_header: is_first && is_named,
        encoding: head.file.encoding.unwrap_or_default(),
        quote: head.outline.quote,
    }
}

fn parsed(scanned: Scanned<'_>, head: &FileHead, wanted: &[usize]) -> Result<RawRows, Sentence> {
    let columns =
        parse(&scanned, head.outline.n_fields, &to_parse(head, wanted)).map_err(|error| {
            Sentence::from("its rows cannot be parsed (")
                .foreign(&error.to_string())
                .words("); check `data.separator`.")
        })?;
    let Scanned {
        n_read,
        lines,
        refused,
        ..
    } = scanned;
    Ok(as_events(
        head,
        RawRows {
            columns,
            n_read,
            lines,
            refused,
        },
        wanted,
    ))
}

/// Lets polars parse the readable rows into the wanted columns.
fn parse(scanned: &Scanned<'_>, n_fields: usize, wanted: &[usize]) -> PolarsResult<Vec<RawCells>> {
    if scanned.lines.len() == 0 {
        // polars takes a text without rows for a mistake.
        return Ok(wanted
            .iter()
            .map(|_| RawCells::Text(Texts::none()))
            .collect());
    }
    // Names may hold anything; positions are safe.
    let schema: Schema = (0..n_fields)
        .map(|at| (field_name(at), DataType::String))
        .collect();
    let mut projection = wanted.to_vec();
    projection.sort_unstable();
    projection.dedup();
    let options = CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(Arc::new(schema)))
        .with_projection(Some(Arc::new(projection)))
        .with_parse_options(
            CsvParseOptions::default()
                .with_separator(scanned.field_mark)
                .with_eol_char(scanned.row_mark)
                .with_quote_char(None)
                .with_missing_is_null(false),
        );
    let frame = options
        .into_reader_with_file_handle(Cursor::new(scanned.bytes.as_ref()))
        .finish()?;
    wanted
        .iter()
        .map(|&at| {
            Ok(RawCells::Text(Texts::Chunked(
                frame.column(&field_name(at))?.str()?.clone(),
            )))
        })
        .collect()
}

/// Name that polars knows a field by.
fn field_name(at: usize) -> PlSmallStr {
    PlSmallStr::from(format!("{at}"))
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The head up to its last line end, unless it is the whole file; `None` when no line ends in it.
fn whole_lines(head: &[u8], is_whole: bool) -> Option<&[u8]> {
    if is_whole {
        return Some(head);
    }
    let end = head.iter().rposition(|&b| b == b'\n')?;
    head.get(..=end)
}

fn guess_separator(bytes: &[u8], quote: u8) -> Result<String, String> {
    if expand::are_requests(bytes) {
        return Ok(" ".to_owned());
    }
    let Some(division) = detect::separator(bytes, quote) else {
        return Err(
            "no separator divides its lines into columns; a log needs a user and an item on \
                    each line (give `data.separator` if it is an unusual one)."
                .to_owned(),
        );
    };
    if division.share < 0.6 {
        let blanks = detect::divide(bytes, " ", quote);
        if let Some(blanks) = blanks.filter(|d| d.fewest >= 2 && d.most > 2 * d.fewest) {
            return Err(format!(
                "its lines have from {} to {} fields: this looks like one user a line (`user item \
                 item …`); write one event a line (`user item`).",
                blanks.fewest, blanks.most
            ));
        }
    }
    Ok(division.separator.to_owned())
}

/// The first rows of the head.
struct HeadSample {
    /// The first record.
    first: TextRecord,
    /// Number of fields of most rows.
    n_fields: usize,
    /// The rows that can be decoded; never empty.
    rows: Vec<Vec<String>>,
}

fn sample(bytes: &[u8], outline: &Outline, encoding: Encoding) -> Result<HeadSample, String> {
    let mut splitter =
        Splitter::new(bytes, Separator::new(&outline.separator)).quoted_by(outline.quote);
    let mut rows = Vec::new();
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    let mut first = None;
    // One more than the sample, for the header.
    while rows.len() <= SAMPLE_ROWS
        && let Some(record) = splitter.next_record()
    {
        let Ok(row) = splitter.texts().collect::<Result<Vec<String>, _>>() else {
            let has_number = splitter
                .contents()
                .any(|(field, _)| field.first().is_some_and(u8::is_ascii_digit));
            if counts.is_empty() && !has_number {
                return Err(format!(
                    "its first line is not valid {encoding}; give the right `data.encoding` (Utf8, \
                     Utf16Le, Windows1252, Gb18030, …), or convert the file to UTF-8 (iconv -t \
                     UTF-8)."
                ));
            }
            continue;
        };
        first.get_or_insert(record);
        *counts.entry(record.n_fields).or_default() += 1;
        rows.push(row);
    }
    let most = counts
        .iter()
        .max_by_key(|&(&n_fields, &n)| (n, n_fields))
        .map(|(&n_fields, _)| n_fields);
    match (first, most) {
        (Some(first), Some(n_fields)) => Ok(HeadSample {
            first,
            n_fields,
            rows,
        }),
        _ => Err(format!(
            "it holds no line that is valid {encoding}; give the right `data.encoding`, or convert \
             the file to UTF-8 (iconv -t UTF-8)."
        )),
    }
}

fn too_many(n_fields: usize, separator: &str) -> String {
    format!(
        "its lines have {n_fields} fields separated by {}, and a log has at most {MOST_COLUMNS} \
         columns; check `data.separator`, and that the lines end with a line feed.",
        Separator::new(separator).described()
    )
}
