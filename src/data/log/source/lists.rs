//! One user a line: `user item item …`, as the data of S3-Rec and TIGER are written; behind a tab
//! there may be a number for each item, the seconds since the user's event before it.
//!
//! Lines may also name no user: then each is one, by its number ([`Kind`]).

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use super::{FileHead, Lines, RawCells, RawRows, Refused, SAMPLE_ROWS, TextHead, whole_text};
use crate::error::DataError;
use crate::load_progress::LoadProgress;
use crate::log::{Encoding, FileSpec};
use crate::value::TimeFormat;
use seqscope_base::spec::{Problem, Sentence};

/// How many lines are judged.
const JUDGED: usize = 300;

/// Marks that may stand between the items of a basket.
const MARKS: [char; 4] = [',', ';', '|', '\t'];

/// Content of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user and items.
    #[default]
    Users,
    /// The number of items, and so many: the user is the line.
    Counted,
    /// SPMF sequences: `-1` ends a set of items, `-2` the line; the user is the line.
    Spmf,
    /// Items alone: the user is the line.
    Lines,
    /// Names of items with a mark between them, in no order: the user is the line.
    Baskets(char),
}

impl Kind {
    /// Whether the user is the line, so that lines must be counted from the beginning.
    pub(super) fn counts_lines(self) -> bool {
        self != Self::Users
    }

    /// The kind of a text: its lines are of different length and have no columns.
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let lines: Vec<&[u8]> = judged(text);
        let fields: Vec<Vec<&[u8]>> = lines.iter().map(|line| tokens(line)).collect();
        if fields.len() > 1
            && fields
                .iter()
                .all(|line| line.iter().all(is_signed) && line.ends_with(&[b"-1", b"-2"]))
        {
            return Some(Self::Spmf);
        }
        // What stands before the lists may be words.
        let n_words = fields
            .iter()
            .take(3)
            .take_while(|line| !line.iter().all(is_number))
            .count();
        let fields = fields.get(n_words..).unwrap_or_default();
        if fields.len() > 1 && fields.iter().all(|line| line.iter().all(is_number)) {
            return Self::of_numbers(fields, n_words > 0);
        }
        let whole: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii_end()).collect();
        let has_times = whole.len() > 1
            && whole
                .iter()
                .all(|line| parse(line, Self::Users, 0, Encoding::Utf8).is_ok());
        if has_times && whole.iter().any(|line| line.contains(&b'\t')) && are_users(&whole) {
            return Some(Self::Users);
        }
        MARKS
            .into_iter()
            .find(|mark| are_baskets(&lines, *mark) && !are_columns(&lines, *mark))
            .map(Self::Baskets)
    }

    fn of_numbers(fields: &[Vec<&[u8]>], has_words: bool) -> Option<Self> {
        let counts = fields.iter().map(Vec::len);
        let (fewest, most) = (counts.clone().min()?, counts.max()?);
        if most > fewest
            && fields
                .iter()
                .all(|line| said_count(line) == Some(line.len() - 1))
        {
            return Some(Self::Counted);
        }
        let firsts: HashSet<&[u8]> = fields
            .iter()
            .filter_map(|line| line.first().copied())
            .collect();
        let are_users = 20 * firsts.len() >= 19 * fields.len() && fewest > 1;
        match are_users {
            true if most > 2 * fewest && !has_words => Some(Self::Users),
            // Numbers that nearly all differ may be users, some of whom have no items.
            false if most > 2 * fewest && most > 2 && 10 * firsts.len() < 7 * fields.len() => {
                Some(Self::Lines)
            }
            _ => None,
        }
    }

    /// Assumption made about the lines.
    fn assumption(self) -> Option<Problem> {
        let taken = "each line is taken as one user, by its number";
        let sentence = match self {
            Self::Users => return None,
            Self::Counted => {
                format!("each line begins with the count of its items and names no user: {taken}.")
            }
            Self::Spmf => format!(
                "these are sequences as SPMF writes them (`-1` ends a set of items, `-2` a line): \
                 {taken}, and items of one set stand in the order of the file."
            ),
            Self::Lines => {
                format!("these are lists of items, one a line, and no line names a user: {taken}.")
            }
            Self::Baskets(_) => format!(
                "these are baskets, one a line, without a user or a time: {taken}, and the order \
                 in the basket for that of time; a log with one event a line (`user,item,time`) \
                 tells more."
            ),
        };
        Some(Problem::warning("data.format", sentence))
    }
}

/// Tells whether a field holds digits alone.
fn is_number(field: &&[u8]) -> bool {
    field.iter().all(u8::is_ascii_digit)
}

/// Tells whether a field is a number with or without a sign, or a mark such as `<1>`.
fn is_signed(field: &&[u8]) -> bool {
    is_number(&field.strip_prefix(b"-").unwrap_or(field)) || field.starts_with(b"<")
}

/// Count that a line begins with.
fn said_count(line: &[&[u8]]) -> Option<usize> {
    std::str::from_utf8(line.first()?)
        .ok()?
        .parse::<usize>()
        .ok()
}

/// The lines by which a text is judged: comments are none, and the last one of a head may be cut.
fn judged(text: &[u8]) -> Vec<&[u8]> {
    let lines = numbered(text)
        .map(|(_, line)| line)
        .filter(|line| !is_comment(line));
    let lines: Vec<&[u8]> = lines.take(JUDGED).collect();
    match lines.split_last() {
        Some((_, whole)) if whole.len() > 1 => whole.to_vec(),
        _ => lines,
    }
}

fn is_comment(line: &[u8]) -> bool {
    matches!(line.trim_ascii_start().first(), Some(b'#' | b'%' | b'@'))
}

fn tokens(line: &[u8]) -> Vec<&[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty())
        .collect()
}

/// Whether lines with gaps behind a tab are of users: numbers only, from line to line of different
/// count.
fn are_users(lines: &[&[u8]]) -> bool {
    let events: Vec<Vec<LineEvent<'_>>> = lines
        .iter()
        .filter_map(|line| parse(line, Kind::Users, 0, Encoding::Utf8).ok())
        .collect();
    let counts = events.iter().map(Vec::len);
    let differ = counts.clone().max() > counts.min().map(|fewest| 2 * fewest);
    events.len() == lines.len()
        && differ
        && events.iter().flatten().all(|event| {
            event
                .item
                .bytes()
                .chain(event.user.bytes())
                .all(|b| b.is_ascii_digit())
        })
}

/// Whether lines are names with a mark between them: of different count, no numbers, the same ones
/// again and again, none twice on a line.
fn are_baskets(lines: &[&[u8]], mark: char) -> bool {
    let Ok(mark) = u8::try_from(mark) else {
        return false;
    };
    let baskets: Vec<Vec<&[u8]>> = lines
        .iter()
        .map(|line| {
            line.split(|&byte| byte == mark)
                .map(<[u8]>::trim_ascii)
                .collect::<Vec<_>>()
        })
        .map(|mut items| {
            while items.last().is_some_and(|item| item.is_empty()) {
                items.pop();
            }
            items
        })
        .collect();
    let counts = baskets.iter().map(Vec::len);
    let usual = counts.clone().max().map_or(0, |most| {
        (0..=most)
            .map(|n| counts.clone().filter(|&of| of == n).count())
            .max()
            .unwrap_or(0)
    });
    let all: Vec<&[u8]> = baskets.iter().flatten().copied().collect();
    let distinct: HashSet<&[u8]> = all.iter().copied().collect();
    let n_named = all.iter().filter(|item| is_name(item)).count();
    let n_sets = baskets
        .iter()
        .filter(|items| items.iter().collect::<HashSet<_>>().len() == items.len())
        .count();
    baskets.len() >= 8
        && counts.clone().max() >= counts.min().map(|fewest| 3 * fewest.max(1))
        && 10 * usual < 6 * baskets.len()
        && 20 * n_named >= 19 * all.len()
        && 2 * distinct.len() < all.len()
        && 20 * n_sets >= 19 * baskets.len()
}

fn is_name(item: &&[u8]) -> bool {
    !item.is_empty()
        && item.len() <= 60
        && item.iter().any(u8::is_ascii_alphabetic)
        && !item.contains(&b'"')
}

/// Whether another mark divides most lines into the same number of columns: then this one stands
/// inside of cells.
fn are_columns(lines: &[&[u8]], mark: char) -> bool {
    let is_table = |other: char| {
        let n_marks = |line: &&[u8]| {
            line.iter()
                .filter(|&&byte| char::from(byte) == other)
                .count()
        };
        let Some(first) = lines.first().map(n_marks).filter(|n| *n > 0) else {
            return false;
        };
        10 * lines.iter().filter(|line| n_marks(line) == first).count() >= 6 * lines.len()
    };
    MARKS
        .into_iter()
        .filter(|other| *other != mark)
        .any(is_table)
}

/// See [`super::head`].
pub(super) fn head(file: FileSpec, path: &Path, text: &TextHead) -> Result<FileHead, DataError> {
    let encoding = file.encoding.unwrap_or_default();
    let kind = Kind::of_text(&text.bytes).unwrap_or_default();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut reason = None;
    let mut n_passed = 0;
    let mut lines = numbered(&text.bytes).peekable();
    while let Some((line, bytes)) = lines.next() {
        // A line that is cut at the end of a head is passed over.
        if rows.len() >= SAMPLE_ROWS || (lines.peek().is_none() && !text.is_whole) {
            break;
        }
        if kind.counts_lines() && is_comment(bytes) {
            n_passed += 1;
            continue;
        }
        match parse(bytes, kind, line, encoding) {
            Ok(events) => rows.extend(events.iter().map(LineEvent::cells)),
            Err(why) => {
                reason.get_or_insert(Sentence::from(format!("line {line} ")).then(why));
            }
        }
    }
    if rows.is_empty() {
        let reason = reason.unwrap_or_else(|| "it holds no lines".into());
        let sentence = Sentence::from("it cannot be read as one user a line (")
            .then(reason)
            .words("); write `user item item …` on each.");
        return Err(DataError::content(path, sentence));
    }
    rows.truncate(SAMPLE_ROWS);
    let has_times = rows
        .iter()
        .any(|row| row.get(2).is_some_and(|time| !time.is_empty()));
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
    let mut problems: Vec<Problem> = kind.assumption().into_iter().collect();
    if n_passed > 0 {
        problems.push(Problem::warning(
            "data.path",
            "lines that begin with `%`, `#` or `@` are no lists and are passed over.",
        ));
    }
    Ok(FileHead {
        problems,
        kind,
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
    Ok(parse_rows(&whole_text(head, path, progress)?, head, wanted))
}

/// The rows of some lines of a log.
pub(super) fn parse_rows(bytes: &[u8], head: &FileHead, wanted: &[usize]) -> RawRows {
    let encoding = head.file.encoding.unwrap_or_default();
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); wanted.len()];
    let (mut lines, mut refused, mut n_read) = (Lines::default(), Refused::default(), 0);
    for (line, bytes) in numbered(bytes) {
        if head.kind.counts_lines() && is_comment(bytes) {
            continue;
        }
        match parse(bytes, head.kind, line, encoding) {
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
    let columns = columns
        .into_iter()
        .map(|cells| RawCells::Text(cells.into_iter().collect()))
        .collect();
    RawRows {
        columns,
        n_read,
        lines,
        refused,
    }
}

/// One event of a line.
struct LineEvent<'a> {
    user: Cow<'a, str>,
    item: &'a str,
    /// Seconds since the user's first event.
    time: Option<i64>,
}

impl LineEvent<'_> {
    fn cells(&self) -> Vec<String> {
        let time = self.time.map_or_else(String::new, |time| time.to_string());
        vec![self.user.clone().into_owned(), self.item.to_owned(), time]
    }
}

/// Line numbers and texts of the lines that are not blank.
fn numbered(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    (1..)
        .zip(bytes.split(|&b| b == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// The events of a line, or why it has none.
fn parse(
    line: &[u8],
    kind: Kind,
    number: usize,
    encoding: Encoding,
) -> Result<Vec<LineEvent<'_>>, Sentence> {
    let text = std::str::from_utf8(line).map_err(|_| format!("is not valid {encoding}"))?;
    if kind.counts_lines() {
        return items(text, kind, number);
    }
    let (ids, gaps) = text.trim().split_once('\t').unwrap_or((text, ""));
    let mut ids = ids.split_whitespace();
    let user = Cow::Borrowed(ids.next().ok_or("has no user")?);
    let items: Vec<&str> = ids.collect();
    if items.is_empty() {
        return Err("has a user and no items".into());
    }
    let gaps: Vec<&str> = gaps.split_whitespace().collect();
    if gaps.is_empty() {
        return Ok(items
            .into_iter()
            .map(|item| LineEvent {
                user: user.clone(),
                item,
                time: None,
            })
            .collect());
    }
    if gaps.len() != items.len() {
        return Err(format!("has {} items and {} times", items.len(), gaps.len()).into());
    }
    let mut now = 0_i64;
    let mut events = Vec::with_capacity(items.len());
    for (item, gap) in std::iter::zip(items, gaps) {
        let gap: i64 = gap.parse().map_err(|_| {
            Sentence::from("has the time `")
                .example(gap)
                .words("`, which is no whole number")
        })?;
        now = now
            .checked_add(gap)
            .ok_or("has times that are too far apart")?;
        events.push(LineEvent {
            user: user.clone(),
            item,
            time: Some(now),
        });
    }
    Ok(events)
}

/// The items of a line that is a user by its number.
fn items(text: &str, kind: Kind, number: usize) -> Result<Vec<LineEvent<'_>>, Sentence> {
    let mut items: Vec<&str> = match kind {
        Kind::Baskets(mark) => text
            .split(mark)
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect(),
        _ => text.split_whitespace().collect(),
    };
    match kind {
        Kind::Counted => {
            let n = items.first().and_then(|n| n.parse::<usize>().ok());
            if n != Some(items.len() - 1) {
                return Err(format!(
                    "does not begin with the number of its {} items",
                    items.len() - 1
                )
                .into());
            }
            items.remove(0);
        }
        Kind::Spmf => items.retain(|item| !matches!(*item, "-1" | "-2") && !item.starts_with('<')),
        Kind::Lines
            if items
                .iter()
                .any(|item| !item.bytes().all(|byte| byte.is_ascii_digit())) =>
        {
            return Err("holds words, not items".into());
        }
        Kind::Users | Kind::Lines | Kind::Baskets(_) => {}
    }
    if items.is_empty() {
        return Err("has no items".into());
    }
    Ok(items
        .into_iter()
        .map(|item| LineEvent {
            user: Cow::Owned(number.to_string()),
            item,
            time: None,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_from_tables() {
        for (text, kind) in [
            ("1 2 3 4\n2 5 6\n3 1\n4 7 8 9 10\n5 1 2\n", Kind::Users),
            (
                "1 2 3 4\t0 5 6\n2 5\t0\n3 1 2\t0 9\n4 7 8 9\t0 1 1\n",
                Kind::Users,
            ),
            ("3 7 8 9\n1 7\n2 8 7\n4 1 2 3 4\n1 9\n", Kind::Counted),
            ("1 -1 3 2 -1 -2\n4 -1 -2\n2 -1 1 -1 -2\n", Kind::Spmf),
            (
                "@CONVERTED_FROM_TEXT\n@ITEM=1=a\n1 -1 2 -1 -2\n4 -1 -2\n2 -1 -2\n",
                Kind::Spmf,
            ),
            (
                "% words\n\nnews tech\n\n1 1\n2\n3 2 2 4 2\n1 1\n1\n6 7\n",
                Kind::Lines,
            ),
            (
                "12 15 18\n12 3 9 44 51\n12\n9 12\n7 1 3 5 8 9\n9 1\n",
                Kind::Lines,
            ),
            (
                "milk,bread\nsoda\nmilk,soda,bread,butter\nbutter\nmilk,bread,soda\nsoda,bread\nmilk\nbutter,milk\nbread\n",
                Kind::Baskets(','),
            ),
        ] {
            assert_eq!(Kind::of_text(text.as_bytes()), Some(kind), "{text}");
        }
        for table in [
            "1 2\n1 3\n2 4\n",
            "1\t2\t3\n1\t2\t3\n",
            "the cat sat\non the\nmat and went away again\nx y\n",
            "1,2\n3,4\n",
            "user,item\na,x\na,y\nb\nb,z\nc,x\nc,y\na,z\nb,x\nc,z\n",
            "2 1 5\n2 1 4\n2 2 3\n",
        ] {
            assert_eq!(Kind::of_text(table.as_bytes()), None, "{table}");
        }
    }

    #[test]
    fn a_line_without_a_user_is_one() {
        let told = |line: &str, kind: Kind| -> Vec<(String, String)> {
            let events = parse(line.as_bytes(), kind, 7, Encoding::Utf8).unwrap();
            events
                .iter()
                .map(|event| (event.user.to_string(), event.item.to_owned()))
                .collect()
        };
        let expected = |items: &[&str]| {
            items
                .iter()
                .map(|item| ("7".to_owned(), (*item).to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(told("2 8 9\r", Kind::Counted), expected(&["8", "9"]));
        assert_eq!(
            told("<0> 1 -1 <4> 3 2 -1 -2", Kind::Spmf),
            expected(&["1", "3", "2"])
        );
        assert_eq!(
            told("whole milk, soda,,", Kind::Baskets(',')),
            expected(&["whole milk", "soda"])
        );
        assert!(parse(b"3 8 9", Kind::Counted, 7, Encoding::Utf8).is_err());
        assert!(parse(b"news tech", Kind::Lines, 7, Encoding::Utf8).is_err());
    }

    #[test]
    fn gaps_add_up_to_times() {
        let events = parse(b"7 1 2 3\t0 10 5\r", Kind::Users, 1, Encoding::Utf8).unwrap();
        let told: Vec<Vec<String>> = events.iter().map(LineEvent::cells).collect();
        assert_eq!(told, [["7", "1", "0"], ["7", "2", "10"], ["7", "3", "15"]]);
        let why = |line: &str| {
            parse(line.as_bytes(), Kind::Users, 1, Encoding::Utf8)
                .err()
                .unwrap()
        };
        assert_eq!(why("7"), "has a user and no items");
        assert_eq!(why("7 1 2\t0"), "has 2 items and 1 times");
        assert_eq!(why("7 1\tx"), "has the time `x`, which is no whole number");
        assert_eq!(
            why(&format!("7 1 2\t{0} {0}", i64::MAX)),
            "has times that are too far apart"
        );
    }
}
