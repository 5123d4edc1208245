//! Text files: lines of separated fields.
//!
//! A first pass over the bytes finds where every row begins and ends and refuses the rows that
//! cannot be read, each with its line and reason; polars then parses what is left. polars alone
//! would stop at the first bad row, or lose it without a word.

mod scan;
mod spans;
mod splitter;

use splitter::Record;
pub(super) use splitter::{Separator, Splitter};

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{CsvParseOptions, CsvReadOptions, DataType, PlSmallStr, PolarsResult, Schema, SerReader};

use super::texts::Texts;
use super::{Cells, Head, Rows, SAMPLE_ROWS, TextHead, detect, whole_text};
use crate::data::watch::{Watch, go_on};
use crate::data::{DataError, Encoding, FileSpec};
use crate::spec::{Problem, quotable, quotable_reason};
use scan::{Scanned, Shape, scan};

/// Most columns of a log: each costs memory and time in every row that is looked at.
const MOST_COLUMNS: usize = 50_000;

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<Head, DataError> {
    let content = |sentence: String| DataError::Content { path: path.to_path_buf(), sentence };
    if let Some(sentence) = detect::not_text(&text.bytes) {
        return Err(content(sentence.to_owned()));
    }
    let bytes = whole_lines(without_bom(&text.bytes), text.is_whole).ok_or_else(|| {
        content(format!(
            "the first line is longer than {} bytes; one event a line is expected: check that the lines end with a \
             line feed.",
            super::HEAD_BYTES
        ))
    })?;
    let separator = match &file.separator {
        Some(separator) if separator.is_empty() => {
            return Err(DataError::Setting {
                field: "data.separator".to_owned(),
                sentence: "the separator is empty; write one such as `,`, or leave it out to have it guessed."
                    .to_owned(),
            });
        }
        Some(separator) => separator.clone(),
        None => guess_separator(bytes).map_err(content)?,
    };
    let Sample { first, n_fields, mut rows } =
        sample(bytes, &separator, file.encoding.unwrap_or_default()).map_err(content)?;
    if n_fields > MOST_COLUMNS {
        return Err(content(too_many(n_fields, &separator)));
    }
    let header = file.header.unwrap_or_else(|| {
        let line = bytes.get(first.start..first.end).unwrap_or(&[]);
        detect::header(&rows) || (first.n_fields != n_fields && detect::names_columns(line))
    });
    let names: Vec<String> = if header {
        let names = rows.first().cloned().unwrap_or_default();
        if first.n_fields != n_fields {
            return Err(content(format!(
                "the first line names {} columns, but most lines have {n_fields} fields separated by {}; give the \
                 right `data.separator`, or mend the first line.",
                first.n_fields,
                Separator::new(&separator).described()
            )));
        }
        rows.remove(0);
        names.iter().map(|name| clean_name(name)).collect()
    } else {
        (1..=n_fields).map(|at| format!("column_{at}")).collect()
    };
    rows.retain(|row| row.len() == n_fields);
    if rows.is_empty() {
        return Err(content(if header {
            "it holds a header and no rows; choose a file with events.".to_owned()
        } else {
            "no row of it can be read; check `data.separator`.".to_owned()
        }));
    }
    let file = FileSpec { separator: Some(separator), header: Some(header), ..file };
    let (columns, problem) = unique(names);
    let mut head = Head::new(file, columns, rows);
    head.problems.extend(problem);
    Ok(head)
}

/// See [`super::rows`].
pub(super) fn rows(head: &Head, path: &Path, wanted: &[usize], watch: &dyn Watch) -> Result<Rows, DataError> {
    let bytes = whole_text(head, path, watch)?;
    let content = |sentence: String| DataError::Content { path: path.to_path_buf(), sentence };
    let scanned = scan(without_bom(&bytes), &shape(head, head.file.header.unwrap_or(false)));
    if scanned.lines.len() == 0 {
        let rows = scanned.refused.rows(&scanned.lines);
        let reason = rows.first().map_or_else(String::new, |row| format!(" (line {}: {})", row.line, row.reason));
        return Err(content(format!(
            "none of its {} rows can be read{reason}; check `data.separator` and `data.encoding`.",
            scanned.n_read
        )));
    }
    go_on(watch)?;
    parsed(scanned, head, wanted).map_err(content)
}

/// The rows of some lines of a log; `None` when its last quote may close in the lines after it.
pub(super) fn parse_piece(
    bytes: Vec<u8>,
    head: &Head,
    wanted: &[usize],
    begins_with_header: bool,
) -> Result<Option<Rows>, String> {
    let shape = shape(head, begins_with_header);
    let bytes = match spans::read(bytes, &shape, wanted) {
        Ok(rows) => return Ok(Some(rows)),
        Err(bytes) => bytes,
    };
    let scanned = scan(without_bom(&bytes), &shape);
    if scanned.is_open {
        return Ok(None);
    }
    parsed(scanned, head, wanted).map(Some)
}

fn shape(head: &Head, has_header: bool) -> Shape {
    Shape {
        separator: Separator::new(head.file.separator.as_deref().unwrap_or(",")),
        n_fields: head.columns.len(),
        has_header,
        encoding: head.file.encoding.unwrap_or_default(),
    }
}

fn parsed(scanned: Scanned<'_>, head: &Head, wanted: &[usize]) -> Result<Rows, String> {
    let columns = parse(&scanned, head.columns.len(), wanted).map_err(|error| {
        format!("its rows cannot be parsed ({}); check `data.separator`.", quotable_reason(&error.to_string()))
    })?;
    let Scanned { n_read, lines, refused, .. } = scanned;
    Ok(Rows { columns, n_read, lines, refused })
}

/// Lets polars parse the readable rows into the wanted columns.
fn parse(scanned: &Scanned<'_>, n_fields: usize, wanted: &[usize]) -> PolarsResult<Vec<Cells>> {
    if scanned.lines.len() == 0 {
        // polars takes a text without rows for a mistake.
        return Ok(wanted.iter().map(|_| Cells::Text(Texts::none())).collect());
    }
    // Names may hold anything; positions are safe.
    let name = |at: usize| PlSmallStr::from(format!("{at}"));
    let schema: Schema = (0..n_fields).map(|at| (name(at), DataType::String)).collect();
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
    let frame = options.into_reader_with_file_handle(Cursor::new(scanned.bytes.as_ref())).finish()?;
    wanted.iter().map(|&at| Ok(Cells::Text(Texts::Chunked(frame.column(&name(at))?.str()?.clone())))).collect()
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

fn guess_separator(bytes: &[u8]) -> Result<String, String> {
    let Some(division) = detect::separator(bytes) else {
        return Err("no separator divides its lines into columns; a log needs a user and an item on each line (give \
                    `data.separator` if it is an unusual one)."
            .to_owned());
    };
    if division.share < 0.6 {
        let blanks = detect::divide(bytes, " ");
        if let Some(blanks) = blanks.filter(|d| d.fewest >= 2 && d.most > 2 * d.fewest) {
            return Err(format!(
                "its lines have from {} to {} fields: this looks like one user a line (`user item item …`); write one \
                 event a line (`user item`).",
                blanks.fewest, blanks.most
            ));
        }
    }
    Ok(division.separator.to_owned())
}

/// The first rows of the head.
struct Sample {
    /// The first record.
    first: Record,
    /// Number of fields of most rows.
    n_fields: usize,
    /// The rows that can be decoded; never empty.
    rows: Vec<Vec<String>>,
}

fn sample(bytes: &[u8], separator: &str, encoding: Encoding) -> Result<Sample, String> {
    let mut splitter = Splitter::new(bytes, Separator::new(separator));
    let mut rows = Vec::new();
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    let mut first = None;
    // One more than the sample, for the header.
    while rows.len() <= SAMPLE_ROWS
        && let Some(record) = splitter.next_record()
    {
        let Ok(row) = splitter.texts().collect::<Result<Vec<String>, _>>() else {
            let has_number = splitter.contents().any(|(field, _)| field.first().is_some_and(u8::is_ascii_digit));
            if counts.is_empty() && !has_number {
                return Err(format!(
                    "its first line is not valid {encoding}; give the right `data.encoding` (Utf8, Utf16Le, Utf16Be, \
                     Gb18030), or convert the file to UTF-8 (iconv -t UTF-8)."
                ));
            }
            continue;
        };
        first.get_or_insert(record);
        *counts.entry(record.n_fields).or_default() += 1;
        rows.push(row);
    }
    let most = counts.iter().max_by_key(|&(&n_fields, &n)| (n, n_fields)).map(|(&n_fields, _)| n_fields);
    match (first, most) {
        (Some(first), Some(n_fields)) => Ok(Sample { first, n_fields, rows }),
        _ => Err(format!(
            "it holds no line that is valid {encoding}; give the right `data.encoding`, or convert the file to UTF-8 \
             (iconv -t UTF-8)."
        )),
    }
}

/// A column name without blanks around it and without the type that RecBole's files add
/// (`user_id:token`).
fn clean_name(name: &str) -> String {
    let name = name.trim();
    match name.rsplit_once(':') {
        Some((before, "token" | "token_seq" | "float" | "float_seq")) => before.trim().to_owned(),
        _ => name.to_owned(),
    }
}

fn too_many(n_fields: usize, separator: &str) -> String {
    format!(
        "its lines have {n_fields} fields separated by {}, and a log has at most {MOST_COLUMNS} columns; check \
         `data.separator`, and that the lines end with a line feed.",
        Separator::new(separator).described()
    )
}

/// Names that are all there and all different, and a warning where some had to be changed for it.
pub(super) fn unique(names: Vec<String>) -> (Vec<String>, Option<Problem>) {
    let mut taken = std::collections::HashSet::new();
    // Where to go on counting: a line of a megabyte may be one name, half a million times.
    let mut n_of: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let (mut repeated, mut n_repeated) = (Vec::new(), 0_usize);
    let unique = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let name = if name.is_empty() { format!("column_{}", at + 1) } else { name };
            let mut free = name.clone();
            while !taken.insert(free.clone()) {
                let n = n_of.entry(name.clone()).or_insert(1);
                *n += 1;
                free = format!("{name}_{n}");
            }
            if free != name && repeated.len() < 5 {
                repeated.push(format!("the other `{}` is called `{}`", quotable(&name), quotable(&free)));
            }
            n_repeated += usize::from(free != name);
            free
        })
        .collect();
    let problem = (!repeated.is_empty()).then(|| {
        let more = n_repeated.saturating_sub(5);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let sentence = format!(
            "several columns have the same name: {}{more}; check that the roles take the right one.",
            repeated.join(", ")
        );
        Problem::warning("data.roles", sentence)
    });
    (unique, problem)
}
