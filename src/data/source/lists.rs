//! One user a line: `user item item …`, as the data of S3-Rec and TIGER are written; behind a tab
//! there may be a number for each item, the seconds since the user's event before it.

use std::path::Path;

use super::{Cells, Head, Lines, Refused, Rows, SAMPLE_ROWS, TextHead, whole_text};
use crate::data::watch::Watch;
use crate::data::{DataError, Encoding, FileSpec, TimeFormat};
use crate::spec::quotable;

/// How many lines are judged.
const JUDGED: usize = 300;

/// Whether a text is of this kind: numbers only, from line to line of different count, and no
/// columns.
pub(super) fn are_lists(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> =
        text.split(|&b| b == b'\n').filter(|line| !line.trim_ascii().is_empty()).take(JUDGED).collect();
    // The last line of a head may be cut.
    let judged = lines.split_last().map_or(&[][..], |(_, whole)| if whole.len() > 1 { whole } else { &lines });
    let events: Vec<Vec<Event<'_>>> = judged.iter().filter_map(|line| parse(line, Encoding::Utf8).ok()).collect();
    let is_number = |event: &Event<'_>| event.item.bytes().chain(event.user.bytes()).all(|b| b.is_ascii_digit());
    let counts = || events.iter().map(Vec::len);
    let differ = counts().max() > counts().min().map(|fewest| 2 * fewest);
    judged.len() > 1 && events.len() == judged.len() && differ && events.iter().flatten().all(is_number)
}

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<Head, DataError> {
    let encoding = file.encoding.unwrap_or_default();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut reason = None;
    let mut lines = numbered(&text.bytes).peekable();
    while let Some((line, bytes)) = lines.next() {
        // A line that is cut at the end of a head is passed over.
        if rows.len() >= SAMPLE_ROWS || (lines.peek().is_none() && !text.is_whole) {
            break;
        }
        match parse(bytes, encoding) {
            Ok(events) => rows.extend(events.iter().map(Event::cells)),
            Err(why) => {
                reason.get_or_insert(format!("line {line} {why}"));
            }
        }
    }
    if rows.is_empty() {
        let reason = reason.unwrap_or_else(|| "it holds no lines".to_owned());
        let sentence = format!("it cannot be read as one user a line ({reason}); write `user item item …` on each.");
        return Err(DataError::Content { path: path.to_path_buf(), sentence });
    }
    rows.truncate(SAMPLE_ROWS);
    let has_times = rows.iter().any(|row| row.get(2).is_some_and(|time| !time.is_empty()));
    let mut columns = vec!["user".to_owned(), "item".to_owned()];
    let mut file = file;
    if has_times {
        columns.push("time".to_owned());
        // Seconds since the user's own first event: they order, and name no day.
        file.time_format.get_or_insert(TimeFormat::Order);
    } else {
        for row in &mut rows {
            row.truncate(2);
        }
    }
    Ok(Head::new(file, columns, rows))
}

/// See [`super::rows`].
pub(super) fn rows(head: &Head, path: &Path, wanted: &[usize], watch: &dyn Watch) -> Result<Rows, DataError> {
    Ok(parse_rows(&whole_text(head, path, watch)?, head, wanted))
}

/// The rows of some lines of a log.
pub(super) fn parse_rows(bytes: &[u8], head: &Head, wanted: &[usize]) -> Rows {
    let encoding = head.file.encoding.unwrap_or_default();
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); wanted.len()];
    let (mut lines, mut refused, mut n_read) = (Lines::default(), Refused::default(), 0);
    for (line, bytes) in numbered(bytes) {
        match parse(bytes, encoding) {
            Ok(events) => {
                n_read += events.len();
                for event in &events {
                    let mut cells = event.cells();
                    lines.push(line);
                    for (column, &at) in std::iter::zip(&mut columns, wanted) {
                        column.push(cells.get_mut(at).map(std::mem::take));
                    }
                }
            }
            Err(reason) => {
                n_read += 1;
                refused.push(line, || reason);
            }
        }
    }
    let columns = columns.into_iter().map(|cells| Cells::Text(cells.into_iter().collect())).collect();
    Rows { columns, n_read, lines, refused }
}

/// One event of a line.
struct Event<'a> {
    user: &'a str,
    item: &'a str,
    /// Seconds since the user's first event.
    time: Option<i64>,
}

impl Event<'_> {
    fn cells(&self) -> Vec<String> {
        let time = self.time.map_or_else(String::new, |time| time.to_string());
        vec![self.user.to_owned(), self.item.to_owned(), time]
    }
}

/// Line numbers and texts of the lines that are not blank.
fn numbered(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    (1..).zip(bytes.split(|&b| b == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// The events of a line, or why it has none.
fn parse(line: &[u8], encoding: Encoding) -> Result<Vec<Event<'_>>, String> {
    let text = std::str::from_utf8(line).map_err(|_| format!("is not valid {encoding}"))?;
    let (ids, gaps) = text.trim().split_once('\t').unwrap_or((text, ""));
    let mut ids = ids.split_whitespace();
    let user = ids.next().ok_or_else(|| "has no user".to_owned())?;
    let items: Vec<&str> = ids.collect();
    if items.is_empty() {
        return Err("has a user and no items".to_owned());
    }
    let gaps: Vec<&str> = gaps.split_whitespace().collect();
    if gaps.is_empty() {
        return Ok(items.into_iter().map(|item| Event { user, item, time: None }).collect());
    }
    if gaps.len() != items.len() {
        return Err(format!("has {} items and {} times", items.len(), gaps.len()));
    }
    let mut now = 0_i64;
    let mut events = Vec::with_capacity(items.len());
    for (item, gap) in std::iter::zip(items, gaps) {
        let gap: i64 =
            gap.parse().map_err(|_| format!("has the time `{}`, which is no whole number", quotable(gap)))?;
        now = now.checked_add(gap).ok_or_else(|| "has times that are too far apart".to_owned())?;
        events.push(Event { user, item, time: Some(now) });
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_from_tables() {
        assert!(are_lists(b"1 2 3 4\n2 5 6\n3 1\n4 7 8 9 10\n5 1 2\n"));
        assert!(are_lists(b"1 2 3 4\t0 5 6\n2 5\t0\n3 1 2\t0 9\n4 7 8 9\t0 1 1\n"));
        for table in [
            "1 2\n1 3\n2 4\n",
            "1\t2\t3\n1\t2\t3\n",
            "the cat sat\non the\nmat and went away again\nx y\n",
            "1,2\n3,4\n",
        ] {
            assert!(!are_lists(table.as_bytes()), "{table}");
        }
    }

    #[test]
    fn gaps_add_up_to_times() {
        let events = parse(b"7 1 2 3\t0 10 5\r", Encoding::Utf8).unwrap();
        let told: Vec<Vec<String>> = events.iter().map(Event::cells).collect();
        assert_eq!(told, [["7", "1", "0"], ["7", "2", "10"], ["7", "3", "15"]]);
        let why = |line: &str| parse(line.as_bytes(), Encoding::Utf8).err().unwrap();
        assert_eq!(why("7"), "has a user and no items");
        assert_eq!(why("7 1 2\t0"), "has 2 items and 1 times");
        assert_eq!(why("7 1\tx"), "has the time `x`, which is no whole number");
        assert_eq!(why(&format!("7 1 2\t{0} {0}", i64::MAX)), "has times that are too far apart");
    }
}
