//! Detection of a file's format, separator and header from its first bytes.

use std::path::Path;

use super::lists;
use super::packed::FileStart;
use super::text::{Separator, Splitter};
use super::{foreign, json};
use crate::error::DataError;
use crate::log::{FileFormat, Packing, schema};
use crate::value::time;

/// The format of a file that is no text; `None` when it may be one.
///
/// # Errors
/// [`DataError::Content`] for formats that are recognised and not read ([`foreign`]), and for a
/// table that is compressed as a whole.
pub(super) fn binary(path: &Path, start: &FileStart) -> Result<Option<FileFormat>, DataError> {
    let bytes = start.bytes.as_slice();
    if let Some(sentence) = foreign::binary(bytes, start.packing) {
        return Err(DataError::content(path, sentence));
    }
    let format = if bytes.starts_with(b"SQLite format 3\0") {
        Some(FileFormat::Sqlite)
    } else if bytes.starts_with(b"PAR1") || is_named(path, "parquet") {
        Some(FileFormat::Parquet)
    } else {
        None
    };
    match (format, start.packing) {
        (Some(format), packing) if packing != Packing::None => Err(DataError::content(
            path,
            format!(
                "{packing} data with {format} inside; unpack the file first (gunzip, zstd -d)."
            ),
        )),
        (format, _) => Ok(format),
    }
}

/// Tells whether a file's name has an ending.
fn is_named(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// The format of a text, from its beginning as UTF-8.
///
/// # Errors
/// [`DataError::Content`] for JSON that cannot be a log.
pub(super) fn text_format(path: &Path, bytes: &[u8]) -> Result<FileFormat, DataError> {
    if let Some(sentence) = foreign::text(bytes) {
        return Err(DataError::content(path, sentence));
    }
    let name = path.to_string_lossy().to_lowercase();
    let inner = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(&name);
    let ending = inner.rsplit_once('.').map_or("", |(_, ending)| ending);
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut letters = text.iter().filter(|b| !b.is_ascii_whitespace());
    match (letters.next(), letters.next()) {
        (Some(b'{'), _) | (Some(b'['), Some(b'{' | b'[')) => Ok(json_format(text)),
        (Some(b'['), _) if json::are_arrays(text) => Ok(json_format(text)),
        (Some(b'['), _) if ending == "json" => Err(DataError::content(
            path,
            "this is a JSON array of other things than objects; write one object an \
                       event, such as {\"user\": 1, \"item\": 2}.",
        )),
        _ if matches!(ending, "ndjson" | "jsonl") => Ok(FileFormat::Ndjson),
        _ if lists::Kind::of_text(bytes).is_some() => Ok(FileFormat::Lists),
        _ => Ok(FileFormat::Text),
    }
}

fn json_format(text: &[u8]) -> FileFormat {
    if json::is_one_text(text) {
        FileFormat::Json
    } else {
        FileFormat::Ndjson
    }
}

/// Why bytes are no text, if they are none.
pub(super) fn not_text(bytes: &[u8]) -> Option<&'static str> {
    let n_control = bytes
        .iter()
        .filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 1 | 0x1e | 0x1f))
        .count();
    // One byte in fifty: a text with a few NUL bytes is still a text, whose bad rows are listed.
    (n_control * 50 > bytes.len()).then_some(
        "the file holds binary data, not text; open a CSV, TSV, Parquet, JSON or SQLite file.",
    )
}

/// How many records are split to judge a separator.
const JUDGED: usize = 300;

/// The separators that are tried, in order of preference.
const CANDIDATES: [&str; 7] = ["\t", "::", ",", ";", "|", "\u{1}", " "];

/// How a separator divides the head of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Division<'a> {
    /// The separator.
    pub(super) separator: &'a str,
    /// The number of fields that most records have.
    pub(super) n_fields: usize,
    /// Share of records that have it.
    pub(super) share: f64,
    /// Fewest fields of a record.
    pub(super) fewest: usize,
    /// Most fields of a record.
    pub(super) most: usize,
}

/// The separator under which the records are most alike; `None` when none divides them.
pub(super) fn separator(bytes: &[u8], quote: u8) -> Option<Division<'static>> {
    let divisions: Vec<Division<'_>> = CANDIDATES
        .iter()
        .filter_map(|separator| divide(bytes, separator, quote))
        .filter(|d| d.n_fields >= 2)
        .collect();
    let regular: Vec<&Division<'_>> = divisions.iter().filter(|d| d.share >= 0.95).collect();
    // A tab or `::` is never there by chance. Between the others the one that finds most fields
    // wins (`1;2;3,5` has two commas' worth of decimals); blanks only when nothing else divides.
    let sure = regular.iter().find(|d| matches!(d.separator, "\t" | "::"));
    let best = || {
        divisions
            .iter()
            .rev()
            .max_by(|a, b| a.share.total_cmp(&b.share))
    };
    sure.or_else(|| {
        regular
            .iter()
            .filter(|d| d.separator != " ")
            .rev()
            .max_by_key(|d| d.n_fields)
    })
    .or_else(|| regular.first())
    .copied()
    .or_else(best)
    .copied()
}

/// How one separator divides the head.
pub(super) fn divide<'a>(bytes: &[u8], separator: &'a str, quote: u8) -> Option<Division<'a>> {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    let mut splitter = Splitter::new(bytes, Separator::new(separator)).quoted_by(quote);
    let mut n_records = 0;
    while n_records < JUDGED
        && let Some(record) = splitter.next_record()
    {
        *counts.entry(record.n_fields).or_default() += 1;
        n_records += 1;
    }
    let (&n_fields, &n) = counts.iter().max_by_key(|&(&n_fields, &n)| (n, n_fields))?;
    let (fewest, most) = (*counts.keys().next()?, *counts.keys().next_back()?);
    Some(Division {
        separator,
        n_fields,
        share: n as f64 / n_records as f64,
        fewest,
        most,
    })
}

/// Whether the first row names the columns: some name is a known one (or typed, as RecBole's are),
/// or a column of numbers or dates begins with a word.
pub(super) fn header(rows: &[Vec<String>]) -> bool {
    let Some(first) = rows.first() else {
        return false;
    };
    if first.iter().any(|cell| is_datum(cell)) || first.iter().all(|name| name.trim().is_empty()) {
        return false;
    }
    first.iter().any(|name| schema::is_known_name(name)) || has_data_below(rows)
}

/// Whether some column is all numbers or all dates below the first row.
pub(super) fn has_data_below(rows: &[Vec<String>]) -> bool {
    let Some((first, rest)) = rows.split_first() else {
        return false;
    };
    let mut column = (0..first.len()).map(|at| rest.iter().filter_map(move |row| row.get(at)));
    !rest.is_empty() && column.any(|mut cells| cells.all(|cell| is_datum(cell)))
}

fn is_datum(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok() || time::guess([text].into_iter()).is_some()
}

/// Whether a line names columns under whatever separator.
pub(super) fn names_columns(line: &[u8]) -> bool {
    CANDIDATES.iter().any(|separator| {
        let mut splitter = Splitter::new(line, Separator::new(separator));
        splitter
            .next_record()
            .is_some_and(|record| record.n_fields >= 2)
            && splitter
                .texts()
                .flatten()
                .any(|name| schema::is_known_name(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::separator;

    #[test]
    fn separators_are_told_apart() {
        let found =
            |text: &str| separator(text.as_bytes(), b'"').map(|d| (d.separator, d.n_fields));
        assert_eq!(found("1,2,3\n4,5,6\n"), Some((",", 3)));
        assert_eq!(found("1;2;3,5\n4;5;6,5\n"), Some((";", 3)));
        assert_eq!(found("1::2::3\n4::5::6\n"), Some(("::", 3)));
        assert_eq!(found("a,2\tb,3\nc\td\n"), Some(("\t", 2)));
        assert_eq!(
            found("1,2,2024-01-01 10:00:00\n1,2,2024-01-01 10:00:01\n"),
            Some((",", 3))
        );
        assert_eq!(found("  1   2\n 11   3\n"), Some((" ", 2)));
        assert_eq!(found("\"a,b\",2\n\"c\",3\n"), Some((",", 2)));
        assert_eq!(found("word\nother\n"), None);
    }
}
