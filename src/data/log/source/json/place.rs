//! Place of the events in a JSON text: one a line, one behind the other, in an array, in an array
//! inside of an object, or in columns.

use std::borrow::Cow;
use std::collections::HashSet;

use super::elements::Elements;
use super::raw::{self, Member, members};
use crate::log::schema;

/// How deep inside of objects an array of events may stand.
const DEEPEST: usize = 5;

/// Place of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::log::source) enum JsonPlace {
    /// One a line.
    #[default]
    Lines,
    /// One behind the other, over lines or without any.
    Values,
    /// An array: the whole text, or the member of these names.
    Array(Vec<String>),
    /// The member `data`, beside one with the names of the columns.
    Split(Vec<String>),
    /// One member a column: an array of cells, or an object of them by row.
    Columns,
    /// One member a row.
    Rows,
    /// One member a user: an array of items or of events.
    Users,
}

impl JsonPlace {
    /// Whether a beginning of the text is not enough to read the first events.
    pub(super) fn is_spread(&self) -> bool {
        matches!(
            self,
            Self::Split(_) | Self::Columns | Self::Rows | Self::Users
        )
    }
}

/// Whether a text that begins with a bracket is read as a whole, as JSON over all its lines, and
/// not line by line.
pub(in crate::log::source) fn is_one_text(bytes: &[u8]) -> bool {
    let mut lines = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let Some(first) = lines.next() else {
        return false;
    };
    let second = lines.next();
    let end = raw::end_of_value(first, 0);
    match (first.first(), end) {
        (Some(b'['), None) => true,
        // It goes on below, unless the next line begins another.
        (_, None) => {
            first.ends_with(b"[")
                || first.ends_with(b",")
                || second.is_none_or(|line| line.first() != Some(&b'{'))
        }
        // One array a line; the elements of an array on lines of their own end with a comma.
        (Some(b'['), Some(end)) => second.is_none() || end < first.len(),
        (_, Some(end)) => match raw::first(first.get(end..).unwrap_or_default()) {
            Some(b'{' | b',') => true,
            Some(_) => false,
            None => second.is_none() && holds_events(first),
        },
    }
}

/// Whether a text that begins with a bracket is one of arrays, one a line.
pub(in crate::log::source) fn are_arrays(bytes: &[u8]) -> bool {
    let mut lines = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(3);
    lines.next().is_some_and(is_long_array)
        && lines.next().is_some_and(is_long_array)
        && lines.next().is_none_or(is_long_array)
}

fn is_long_array(line: &[u8]) -> bool {
    serde_json::from_slice::<Vec<serde::de::IgnoredAny>>(line).is_ok_and(|all| all.len() > 1)
}

/// Whether an object alone is no event but holds some: an array or objects that are like them.
fn holds_events(object: &[u8]) -> bool {
    place(object) != JsonPlace::Values
}

/// Finds the place of the events in a text that is read as a whole, from its beginning.
pub(super) fn place(bytes: &[u8]) -> JsonPlace {
    if raw::first(bytes) == Some(b'[') {
        return JsonPlace::Array(Vec::new());
    }
    let start = raw::blanks(bytes, 0);
    let is_alone =
        raw::end_of_value(bytes, start).is_none_or(|end| raw::blanks(bytes, end) >= bytes.len());
    let found = if is_alone { members(bytes) } else { None };
    match found {
        Some(members) if is_alone => spread(&members)
            .or_else(|| within(&members, DEEPEST))
            .unwrap_or(JsonPlace::Values),
        _ => JsonPlace::Values,
    }
}

/// A table whose cells do not stand row by row.
fn spread(members: &[Member<'_>]) -> Option<JsonPlace> {
    let named = |name: &str| {
        members
            .iter()
            .find(|member| member.name == name && begins(member, b'['))
    };
    if let (Some(_), Some(data)) = (
        named("columns"),
        members.iter().find(|member| member.name == "data"),
    ) && data.value.first() == Some(&b'[')
    {
        return Some(JsonPlace::Split(vec!["data".to_owned()]));
    }
    if members.len() < 2 {
        let only = members
            .first()
            .filter(|member| !member.is_whole && begins(member, b'{'))?;
        // The first column is longer than the beginning.
        let cells = raw::members(only.value)?;
        return (cells.len() > 2 && cells.iter().all(|cell| is_number(&cell.name)))
            .then_some(JsonPlace::Columns);
    }
    if members.iter().all(|member| begins(member, b'{')) {
        let first = raw::members(members.first()?.value)?;
        let are_cells = !first.is_empty() && first.iter().all(|cell| is_number(&cell.name));
        let are_scalars = first
            .iter()
            .all(|cell| !matches!(cell.value.first(), Some(b'{' | b'[')));
        return if are_cells && are_scalars {
            Some(JsonPlace::Columns)
        } else {
            let (one, other) = (
                member_names(members.first()?)?,
                member_names(members.get(1)?)?,
            );
            // Rows have the same cells; parts of an answer do not.
            (one.len() > 1 && 2 * one.intersection(&other).count() >= one.len())
                .then_some(JsonPlace::Rows)
        };
    }
    if members.iter().all(|member| begins(member, b'[')) {
        if members.iter().all(|member| is_number(&member.name)) {
            return Some(JsonPlace::Users);
        }
        let n = n_cells(members.first()?);
        let is_table = n > 1
            && members.iter().all(holds_scalars)
            && members
                .iter()
                .all(|member| !member.is_whole || n_cells(member) == n);
        return if is_table {
            Some(JsonPlace::Columns)
        } else {
            let are_ids = members.len() > 20 || members.iter().all(holds_scalars);
            are_ids.then_some(JsonPlace::Users)
        };
    }
    None
}

/// Tells whether a member's value begins with a mark.
fn begins(member: &Member<'_>, byte: u8) -> bool {
    member.value.first() == Some(&byte)
}

fn holds_scalars(member: &Member<'_>) -> bool {
    let inner = raw::first(member.value.get(1..).unwrap_or_default());
    !matches!(inner, Some(b'{' | b'['))
}

fn n_cells(member: &Member<'_>) -> usize {
    raw::elements(member.value).len()
}

fn member_names(member: &Member<'_>) -> Option<HashSet<String>> {
    Some(
        raw::members(member.value)?
            .into_iter()
            .map(|cell| cell.name)
            .collect(),
    )
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The array of events inside of an object: the longest of those that hold objects or arrays.
fn within(members: &[Member<'_>], depth: usize) -> Option<JsonPlace> {
    let arrays = members.iter().filter(|member| {
        member.value.first() == Some(&b'[')
            && matches!(
                raw::first(member.value.get(1..).unwrap_or_default()),
                Some(b'{' | b'[')
            )
    });
    // Beside the name of a user they are that user's events, and the object is one of many.
    let is_users = members.iter().any(|member| {
        let is_scalar = !matches!(member.value.first(), Some(b'{' | b'['));
        is_scalar && schema::looks_like_a_log(&[member.name.clone(), "item".to_owned()])
    });
    if is_users {
        return None;
    }
    if let Some(longest) = arrays.max_by_key(|member| member.value.len()) {
        return Some(JsonPlace::Array(vec![longest.name.clone()]));
    }
    let deeper = members
        .iter()
        .filter(|member| depth > 0 && member.value.first() == Some(&b'{'));
    deeper
        .max_by_key(|member| member.value.len())
        .and_then(|member| {
            let inner = raw::members(member.value)?;
            match spread(&inner).or_else(|| within(&inner, depth - 1))? {
                JsonPlace::Array(mut names) => {
                    names.insert(0, member.name.clone());
                    Some(JsonPlace::Array(names))
                }
                JsonPlace::Split(mut names) => {
                    names.insert(0, member.name.clone());
                    Some(JsonPlace::Split(names))
                }
                _ => None,
            }
        })
}

/// A record with the line on which it begins.
pub(super) type JsonRecord<'a> = (usize, Cow<'a, [u8]>);

/// The records of a text; a cut one at the end only if the text is whole.
pub(super) fn records<'a>(
    bytes: &'a [u8],
    place: &JsonPlace,
    is_whole: bool,
) -> Box<dyn Iterator<Item = JsonRecord<'a>> + 'a> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let borrowed = |(line, text)| (line, Cow::Borrowed(text));
    match place {
        JsonPlace::Lines => Box::new(lines(bytes, is_whole).map(borrowed)),
        JsonPlace::Values => Box::new(
            Values {
                bytes,
                at: 0,
                line: 1,
                is_whole,
            }
            .map(borrowed),
        ),
        JsonPlace::Array(names) | JsonPlace::Split(names) => match member(bytes, names) {
            Some((start, array)) => {
                let line = 1 + n_lines(bytes.get(..start).unwrap_or_default());
                // What stands behind the array does not belong to it.
                let is_cut = start + array.len() >= bytes.len();
                let elements = Elements::new(array, is_whole || !is_cut);
                Box::new(elements.map(move |(at, text)| (line + at - 1, Cow::Borrowed(text))))
            }
            None => Box::new(std::iter::empty()),
        },
        JsonPlace::Columns => Box::new(columns(bytes).into_iter()),
        JsonPlace::Rows => Box::new(
            members(bytes)
                .unwrap_or_default()
                .into_iter()
                .map(|row| (1, Cow::Borrowed(row.value))),
        ),
        JsonPlace::Users => Box::new(users(bytes).into_iter()),
    }
}

/// The names of the columns that stand beside the data.
pub(super) fn split_names(bytes: &[u8], names: &[String]) -> Option<Vec<String>> {
    let (_, above) = names.split_last()?;
    let path: Vec<String> = above
        .iter()
        .cloned()
        .chain(["columns".to_owned()])
        .collect();
    let (_, array) = member(bytes, &path)?;
    Some(
        raw::elements(array)
            .into_iter()
            .map(|text| {
                serde_json::from_slice::<String>(text)
                    .ok()
                    .unwrap_or_else(|| String::from_utf8_lossy(text).into_owned())
            })
            .collect(),
    )
}

/// The value of a member by the names that lead to it, and where it begins.
fn member<'a>(bytes: &'a [u8], names: &[String]) -> Option<(usize, &'a [u8])> {
    let (mut start, mut value) = (0, bytes);
    for name in names {
        let found = members(value)?
            .into_iter()
            .find(|member| member.name == *name)?;
        start += found.start;
        value = found.value;
    }
    Some((start, value))
}

/// Cells with the names of their rows.
type Keyed<'a> = Vec<(String, &'a [u8])>;

/// The rows of a table that is written column by column.
fn columns(bytes: &[u8]) -> Vec<JsonRecord<'_>> {
    let columns: Vec<(String, Keyed<'_>)> = members(bytes)
        .unwrap_or_default()
        .into_iter()
        .map(|column| {
            let cells = match members(column.value) {
                Some(cells) => cells
                    .into_iter()
                    .map(|cell| (cell.name, cell.value))
                    .collect(),
                None => raw::elements(column.value)
                    .into_iter()
                    .map(|cell| (String::new(), cell))
                    .collect(),
            };
            (column.name, cells)
        })
        .collect();
    let n_rows = columns
        .iter()
        .map(|(_, cells)| cells.len())
        .max()
        .unwrap_or(0);
    let Some((_, keys)) = columns.first() else {
        return Vec::new();
    };
    let by_key: Vec<std::collections::HashMap<&str, &[u8]>> = columns
        .iter()
        .map(|(_, cells)| {
            cells
                .iter()
                .map(|(key, cell)| (key.as_str(), *cell))
                .collect()
        })
        .collect();
    let row = |at: usize| {
        let key = keys.get(at).map_or("", |(key, _)| key.as_str());
        let cells = std::iter::zip(&columns, &by_key).filter_map(|((name, cells), by_key)| {
            let cell = if key.is_empty() {
                cells.get(at).map(|(_, cell)| *cell)
            } else {
                by_key.get(key).copied()
            };
            Some((name.as_str(), cell?))
        });
        (1, Cow::Owned(object(cells)))
    };
    (0..n_rows).map(row).collect()
}

/// The events of users, each of whom has an array.
fn users(bytes: &[u8]) -> Vec<JsonRecord<'_>> {
    let mut records = Vec::new();
    for user in members(bytes).unwrap_or_default() {
        let id = serde_json::to_string(&user.name).unwrap_or_default();
        for event in raw::elements(user.value) {
            let own = members(event).unwrap_or_default();
            let cells = own.iter().map(|cell| (cell.name.as_str(), cell.value));
            let first = std::iter::once(("user", id.as_bytes()))
                .filter(|_| own.iter().all(|cell| cell.name != "user"));
            let record = if event.first() == Some(&b'{') {
                object(first.chain(cells))
            } else {
                object(first.chain([("item", event)]))
            };
            records.push((1, Cow::Owned(record)));
        }
    }
    records
}

/// An object of such members.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (name, value) in members {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(serde_json::to_string(name).unwrap_or_default().as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.push(b'}');
    out
}

/// Line numbers and texts of the lines that are not blank; the last one only if the text is whole.
fn lines(bytes: &[u8], is_whole: bool) -> impl Iterator<Item = (usize, &[u8])> {
    let end = if is_whole {
        bytes.len()
    } else {
        bytes.iter().rposition(|&b| b == b'\n').unwrap_or(0)
    };
    let text = bytes.get(..end).unwrap_or(&[]);
    (1..)
        .zip(text.split(|&b| b == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

fn n_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// Walks over values that stand one behind the other.
struct Values<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    is_whole: bool,
}

impl<'a> Iterator for Values<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(&byte) = self
            .bytes
            .get(self.at)
            .filter(|byte| byte.is_ascii_whitespace() || **byte == b',')
        {
            self.line += usize::from(byte == b'\n');
            self.at += 1;
        }
        if self.at >= self.bytes.len() {
            return None;
        }
        let end = raw::end_of_value(self.bytes, self.at);
        if end.is_none() && !self.is_whole {
            self.at = self.bytes.len();
            return None;
        }
        let (start, line) = (self.at, self.line);
        // A value is never empty, so the walk goes on.
        self.at = end.unwrap_or(self.bytes.len()).max(start + 1);
        let value = self.bytes.get(start..self.at).unwrap_or_default();
        self.line += n_lines(value);
        Some((line, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (JsonPlace, Vec<(usize, String)>) {
        let place = place(text.as_bytes());
        let all = records(text.as_bytes(), &place, true)
            .map(|(line, text)| (line, String::from_utf8_lossy(&text).into_owned()))
            .collect();
        (place, all)
    }

    fn texts(text: &str) -> Vec<String> {
        read(text).1.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn events_are_found_wherever_they_stand() {
        assert_eq!(
            texts(r#"{"a":1}{"a":2} {"a":3}"#),
            [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#]
        );
        assert_eq!(
            read("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n")
                .1
                .iter()
                .map(|r| r.0)
                .collect::<Vec<_>>(),
            [1, 4]
        );
        let (place, all) =
            read("{\"status\": \"ok\",\n\"n\": [1],\n\"data\": [\n{\"a\": 1},\n{\"a\": 2}]}");
        assert_eq!(place, JsonPlace::Array(vec!["data".to_owned()]));
        assert_eq!(
            all,
            [(4, "{\"a\": 1}".to_owned()), (5, "{\"a\": 2}".to_owned())]
        );
        let deep = r#"{"took": 3, "hits": {"total": {"n": 2}, "hits": [{"a": 1}, {"a": 2}]}}"#;
        assert_eq!(
            read(deep).0,
            JsonPlace::Array(vec!["hits".to_owned(), "hits".to_owned()])
        );
        assert_eq!(texts(deep), [r#"{"a": 1}"#, r#"{"a": 2}"#]);
        assert_eq!(read("[[1,2],[3,4]]").1.len(), 2);
    }

    #[test]
    fn tables_of_pandas_become_rows() {
        let expected = [r#"{"u":"a","i":5}"#, r#"{"u":"b","i":6}"#];
        assert_eq!(
            texts(r#"{"u": {"0": "a", "1": "b"}, "i": {"0": 5, "1": 6}}"#),
            expected
        );
        assert_eq!(texts(r#"{"u": ["a", "b"], "i": [5, 6]}"#), expected);
        assert_eq!(
            texts(r#"{"0": {"u":"a","i":5}, "1": {"u":"b","i":6}}"#),
            expected
        );
        let split = r#"{"columns":["u","i"],"index":[0,1],"data":[["a",5],["b",6]]}"#;
        assert_eq!(
            (read(split).0, texts(split)),
            (
                JsonPlace::Split(vec!["data".to_owned()]),
                vec![r#"["a",5]"#.to_owned(), r#"["b",6]"#.to_owned()]
            )
        );
        assert_eq!(
            split_names(split.as_bytes(), &["data".to_owned()]),
            Some(vec!["u".to_owned(), "i".to_owned()])
        );
        let users = r#"{"7": [1, 2], "8": [3]}"#;
        assert_eq!(
            texts(users),
            [
                r#"{"user":"7","item":1}"#,
                r#"{"user":"7","item":2}"#,
                r#"{"user":"8","item":3}"#
            ]
        );
    }

    #[test]
    fn one_text_is_told_from_one_a_line() {
        for (text, is_one) in [
            ("{\"a\":1}\n{\"a\":2}\n", false),
            ("{\"a\":1}{\"a\":2}\n", true),
            ("{\n\"a\":1}\n", true),
            ("{\"a\":1}\n", false),
            ("{\"data\":[{\"a\":1}]}\n", true),
            ("{\"a\":1\n{\"a\":2}\n", false),
            ("[1,2]\n[3,4]\n", false),
            ("[[1,2],[3,4]]\n", true),
            ("[\n{\"a\":1},\n{\"a\":2}\n]", true),
            ("[{\"a\":1},\n{\"a\":2}]\n", true),
            ("[[1,2],\n[3,4]]\n", true),
            ("{\"a\":1},\n{\"a\":2}\n", true),
            ("{\"n\": 2, \"data\": [\n{\"a\":1},\n{\"a\":2}]}\n", true),
        ] {
            assert_eq!(is_one_text(text.as_bytes()), is_one, "{text}");
        }
    }
}
