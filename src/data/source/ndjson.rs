//! JSON: one object a line (NDJSON), or one array of objects.

use std::borrow::Cow;
use std::fmt;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{DataType, JsonFormat, JsonReader, PlSmallStr, PolarsResult, Schema, SerReader};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::elements::Elements;
use super::texts::Texts;
use super::{Cells, Head, Lines, Refused, Rows, SAMPLE_ROWS, TextHead, whole_text};
use crate::data::watch::Watch;
use crate::data::{DataError, Encoding, FileFormat, FileSpec};
use crate::spec::{quotable, quotable_reason};

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<Head, DataError> {
    let mut columns: Vec<String> = Vec::new();
    let mut objects = Vec::new();
    let mut reason = None;
    for (line, text) in objects_of(&text.bytes, file.format, text.is_whole) {
        if objects.len() == SAMPLE_ROWS {
            break;
        }
        match parse_pairs(text, file.encoding.unwrap_or_default()) {
            Ok(pairs) => {
                columns.extend(new_names(&columns, &pairs));
                objects.push(pairs);
            }
            Err(why) => {
                reason.get_or_insert(format!("line {line} {why}"));
            }
        }
    }
    if objects.is_empty() {
        let reason = reason.unwrap_or_else(|| "it holds no lines".to_owned());
        let sentence = match file.format {
            Some(FileFormat::Json) => {
                format!("it cannot be read as a JSON array of objects ({reason}); write one JSON object an event.")
            }
            _ => format!("it cannot be read as NDJSON ({reason}); write one JSON object a line."),
        };
        return Err(DataError::Content { path: path.to_path_buf(), sentence });
    }
    let text = |pairs: &[(String, Value)], name: &String| {
        pairs.iter().find(|(key, _)| key == name).map_or_else(String::new, |(_, value)| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let rows = objects.iter().map(|pairs| columns.iter().map(|name| text(pairs, name)).collect()).collect();
    Ok(Head::new(file, columns, rows))
}

/// See [`super::rows`].
pub(super) fn rows(head: &Head, path: &Path, wanted: &[usize], watch: &dyn Watch) -> Result<Rows, DataError> {
    let bytes = whole_text(head, path, watch)?;
    let content = |sentence| DataError::Content { path: path.to_path_buf(), sentence };
    let rows = parse_rows(&bytes, head, wanted).map_err(content)?;
    if rows.lines.len() == 0 {
        return Err(content(format!("none of its {} lines is a JSON object; write one object a line.", rows.n_read)));
    }
    Ok(rows)
}

/// The rows of some lines of a log, or of an array.
pub(super) fn parse_rows(bytes: &[u8], head: &Head, wanted: &[usize]) -> Result<Rows, String> {
    let encoding = head.file.encoding.unwrap_or_default();
    let (mut good, mut lines) = (Vec::with_capacity(bytes.len()), Lines::default());
    let (mut refused, mut n_read) = (Refused::default(), 0);
    for (line, text) in objects_of(bytes, head.file.format, true) {
        n_read += 1;
        match check_object(text, encoding) {
            Ok(()) => {
                // Between the marks of an object a line end is a blank; inside of texts there is none.
                good.extend(text.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
                good.push(b'\n');
                lines.push(line);
            }
            Err(reason) => refused.push(line, || reason),
        }
    }
    let names: Vec<&str> = wanted.iter().filter_map(|&at| head.columns.get(at)).map(String::as_str).collect();
    let columns = parse(&good, &names).map_err(|error| {
        format!(
            "its lines cannot be parsed ({}); mend them, or convert it to CSV.",
            quotable_reason(&error.to_string())
        )
    })?;
    Ok(Rows { columns, n_read, lines, refused })
}

fn parse(lines: &[u8], names: &[&str]) -> PolarsResult<Vec<Cells>> {
    if lines.is_empty() {
        return Ok(names.iter().map(|_| Cells::Text(Texts::none())).collect());
    }
    let schema: Schema = names.iter().map(|&name| (PlSmallStr::from_str(name), DataType::String)).collect();
    let frame = JsonReader::new(Cursor::new(lines))
        .with_json_format(JsonFormat::JsonLines)
        .with_schema(Arc::new(schema))
        .set_rechunk(false)
        .finish()?;
    names.iter().map(|name| Ok(Cells::Text(Texts::Chunked(frame.column(name)?.str()?.clone())))).collect()
}

/// The objects of a text, each with the line on which it begins; a cut one at the end only if the
/// text is whole.
fn objects_of(
    bytes: &[u8],
    format: Option<FileFormat>,
    is_whole: bool,
) -> Box<dyn Iterator<Item = (usize, &[u8])> + '_> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match format {
        Some(FileFormat::Json) => Box::new(Elements::new(bytes, is_whole)),
        _ => Box::new(lines(bytes, is_whole)),
    }
}

/// Line numbers and texts of the lines that are not blank; the last one only if the text is whole.
fn lines(bytes: &[u8], is_whole: bool) -> impl Iterator<Item = (usize, &[u8])> {
    let end = if is_whole { bytes.len() } else { bytes.iter().rposition(|&b| b == b'\n').unwrap_or(0) };
    let text = bytes.get(..end).unwrap_or(&[]);
    (1..).zip(text.split(|&b| b == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty())
}

fn check_object(line: &[u8], encoding: Encoding) -> Result<(), String> {
    if line.is_empty() {
        return Err("ends the file before the array is closed (`]` is missing)".to_owned());
    }
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err("is no JSON object".to_owned());
    }
    let text = std::str::from_utf8(line).map_err(|_| format!("is not valid {encoding}"))?;
    let Names(names) = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        // Which of them counts would be a matter of luck.
        Some([name, ..]) => Err(format!("names `{}` twice", quotable(name))),
        _ => Ok(()),
    }
}

fn parse_pairs(line: &[u8], encoding: Encoding) -> Result<Vec<(String, Value)>, String> {
    check_object(line, encoding)?;
    let mut json = serde_json::Deserializer::from_slice(line);
    json.deserialize_map(Pairs).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> String {
    format!("is no JSON object (column {}: {})", error.column(), why(error))
}

/// The error's text without its place: the line in it is always 1.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    quotable_reason(text.split(" at line ").next().unwrap_or_default())
}

fn new_names(known: &[String], pairs: &[(String, Value)]) -> Vec<String> {
    pairs.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).cloned().collect()
}

/// An object's pairs in the order of the file, which a map would not keep.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

/// The names in an object, sorted; its values are checked and not kept.
struct Names<'a>(Vec<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Names<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(NamesVisitor).map(|mut names| {
            names.sort_unstable();
            Self(names)
        })
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some((Name(name), IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(names)
    }
}

/// A name that is copied only where the text writes it with escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
