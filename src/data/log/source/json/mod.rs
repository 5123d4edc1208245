//! JSON: one object or array a line (NDJSON), or events anywhere in one text ([`JsonPlace`]).
//!
//! An object that is plain goes to the parser as it stands. Others are written anew first: arrays
//! get names, what stands inside of objects becomes columns of its own (`user.id`), a list of
//! events inside of one becomes as many events, and what is nearly JSON (NaN, Python's
//! dictionaries) becomes JSON.

mod elements;
mod layout;
mod loose;
mod place;
mod raw;

use std::borrow::Cow;
use std::fmt;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    DataType, JsonFormat, JsonReader, PlSmallStr, PolarsResult, Schema, SerReader,
};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::texts::Texts;
use super::{FileHead, Lines, RawCells, RawRows, Refused, TextHead, whole_text};
use crate::error::DataError;
use crate::load_progress::LoadProgress;
use crate::log::{Encoding, FileFormat, FileSpec};
pub(super) use layout::Layout;
use layout::NameSource;
use place::{JsonPlace, records};
pub(super) use place::{are_arrays, is_one_text};
use seqscope_base::spec::{Sentence, quotable_reason};

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<FileHead, DataError> {
    let place = match file.format {
        Some(FileFormat::Json) => place::place(&text.bytes),
        _ => JsonPlace::Lines,
    };
    let is_cut = place == JsonPlace::Values
        && raw::end_of_value(&text.bytes, raw::blanks(&text.bytes, 0)).is_none();
    if !text.is_whole && (place.is_spread() || is_cut) {
        // Its first events do not stand at its beginning.
        let whole = FileHead::new(file.clone(), Vec::new(), Vec::new());
        let bytes = whole_text(&whole, path, &std::sync::atomic::AtomicBool::new(false))?;
        return head(
            file,
            path,
            &TextHead {
                bytes,
                is_whole: true,
            },
        );
    }
    let (layout, rows, reason) = Layout::of_text(&text.bytes, place, &file, text.is_whole);
    if rows.is_empty() {
        let reason = reason.unwrap_or_else(|| "it holds no lines".into());
        let (what, how) = match file.format {
            Some(FileFormat::Json) => ("a JSON array of objects", "an event"),
            _ => ("NDJSON", "a line"),
        };
        let sentence = Sentence::from(format!("it cannot be read as {what} ("))
            .then(reason)
            .words(format!("); write one JSON object {how}."));
        return Err(DataError::content(path, sentence));
    }
    let problems = layout.assumptions();
    let columns = layout.columns.clone();
    let header = if layout.named == NameSource::ByNothing {
        Some(false)
    } else {
        file.header
    };
    let file = FileSpec { header, ..file };
    Ok(FileHead {
        problems,
        layout,
        ..FileHead::new(file, columns, rows)
    })
}

/// See [`super::rows`].
pub(super) fn rows(
    head: &FileHead,
    path: &Path,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    let bytes = whole_text(head, path, progress)?;
    let rows = parse_rows(&bytes, head, wanted, true)
        .map_err(|sentence| DataError::content(path, sentence))?;
    if rows.lines.len() == 0 {
        return Err(DataError::content(
            path,
            format!(
                "none of its {} lines is a JSON object; write one object a line.",
                rows.n_read
            ),
        ));
    }
    Ok(rows)
}

/// The rows of some lines of a log, or of a whole text.
pub(super) fn parse_rows(
    bytes: &[u8],
    head: &FileHead,
    wanted: &[usize],
    is_first: bool,
) -> Result<RawRows, Sentence> {
    let encoding = head.file.encoding.unwrap_or_default();
    let names: Vec<&str> = wanted
        .iter()
        .filter_map(|&at| head.columns.get(at))
        .map(String::as_str)
        .collect();
    let (mut good, mut lines) = (Vec::with_capacity(bytes.len()), Lines::default());
    let (mut refused, mut n_read) = (Refused::default(), 0);
    let n_header = usize::from(is_first && head.layout.named == NameSource::ByFirst);
    for (line, text) in records(bytes, &head.layout.place, true).skip(n_header) {
        match record(&text, encoding).and_then(|text| head.layout.fits(&text).map(|()| text)) {
            Ok(text) => {
                let n_before = good.len();
                let n_events = head.layout.write(&text, &names, &mut good);
                // Between the marks of an object a line end is a blank; inside of texts there is
                // none.
                if let Some(written) = good.get_mut(n_before..) {
                    layout::one_line(written, n_events);
                }
                n_read += n_events;
                (0..n_events).for_each(|_| lines.push(line));
            }
            Err(reason) => {
                n_read += 1;
                refused.push(line, || reason);
            }
        }
    }
    let columns = parse(&good, &names).map_err(|error| {
        Sentence::from("its lines cannot be parsed (")
            .foreign(&error.to_string())
            .words("); mend them, or convert it to CSV.")
    })?;
    Ok(RawRows {
        columns,
        n_read,
        lines,
        refused,
    })
}

fn parse(lines: &[u8], names: &[&str]) -> PolarsResult<Vec<RawCells>> {
    if lines.is_empty() {
        return Ok(names
            .iter()
            .map(|_| RawCells::Text(Texts::none()))
            .collect());
    }
    let schema: Schema = names
        .iter()
        .map(|&name| (PlSmallStr::from_str(name), DataType::String))
        .collect();
    let frame = JsonReader::new(Cursor::new(lines))
        .with_json_format(JsonFormat::JsonLines)
        .with_schema(Arc::new(schema))
        .set_rechunk(false)
        .finish()?;
    names
        .iter()
        .map(|name| {
            Ok(RawCells::Text(Texts::Chunked(
                frame.column(name)?.str()?.clone(),
            )))
        })
        .collect()
}

/// An object or array as JSON, where it is that or nearly that.
fn record(text: &[u8], encoding: Encoding) -> Result<Cow<'_, [u8]>, Sentence> {
    let Err(reason) = check(text, encoding) else {
        return Ok(Cow::Borrowed(text));
    };
    let strict = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.trim_start().starts_with(['{', '[']))
        .and_then(loose::strict)
        .map(|strict| strict.text.into_bytes());
    match strict {
        Some(strict) if check(&strict, encoding).is_ok() => Ok(Cow::Owned(strict)),
        _ => Err(reason),
    }
}

/// Why a text is neither an object nor an array.
fn check(text: &[u8], encoding: Encoding) -> Result<(), Sentence> {
    if text.trim_ascii_start().first() == Some(&b'[') {
        let text = std::str::from_utf8(text).map_err(|_| format!("is not valid {encoding}"))?;
        return serde_json::from_str::<Vec<IgnoredAny>>(text)
            .map(|_| ())
            .map_err(|error| not_json(&error));
    }
    check_object(text, encoding)
}

fn check_object(line: &[u8], encoding: Encoding) -> Result<(), Sentence> {
    if line.is_empty() {
        return Err("ends the file before the array is closed (`]` is missing)".into());
    }
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err("is no JSON object".into());
    }
    let text = std::str::from_utf8(line).map_err(|_| format!("is not valid {encoding}"))?;
    let Names(names) = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        // Which of them counts would be a matter of luck.
        Some([name, ..]) => Err(Sentence::from("names `").example(name).words("` twice")),
        _ => Ok(()),
    }
}

fn not_json(error: &serde_json::Error) -> Sentence {
    let sentence = Sentence::from(format!("is no JSON object (column {}: ", error.column()));
    // Without its place: the line in it is always 1.
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default();
    let sentence = match error.classify() {
        // What is wrong with the marks is said in words of the crate alone.
        Category::Syntax | Category::Eof => sentence.words(quotable_reason(why)),
        Category::Data | Category::Io => sentence.foreign(why),
    };
    sentence.words(")")
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
