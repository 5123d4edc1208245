//! The list of rows that could not be read, and the line numbers of those that could.

use std::collections::BTreeMap;

use crate::log::{RefusedKind, RefusedRow};
use seqscope_base::spec::Sentence;

/// How many refused rows are listed; all are counted.
const LISTED: usize = 100;

/// How many kinds of reasons are told, and how many are counted apart.
const KINDS: usize = 12;
const MOST_KINDS: usize = 500;
const OTHER: &str = "has another fault";

/// Place where a row begins: which file of a log, and its line there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowPlace {
    file: usize,
    line: usize,
}

impl RowPlace {
    /// The place of a row of a part of a file, in the file: so many lines stand before the part.
    pub(crate) fn moved(self, file: usize, n_lines: usize) -> Self {
        Self {
            file,
            line: self.line + n_lines,
        }
    }
}

impl From<usize> for RowPlace {
    fn from(line: usize) -> Self {
        Self { file: 0, line }
    }
}

/// Rows that could not be read: all counted, by reason too, and the first ones listed.
///
/// A part of a log lists all of its own; where parts are joined, no more are kept than are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refused {
    /// How many there are.
    pub(crate) count: usize,
    /// How many have each kind of reason, and the first of them.
    kinds: BTreeMap<String, (usize, RowPlace)>,
    /// Rows with their reasons.
    listed: Vec<(RowPlace, Sentence)>,
    /// Whether all of a log are listed.
    lists_all: bool,
}

impl Refused {
    /// Copy that lists the rows of all parts that it takes in, or the first ones.
    pub(crate) fn listing(self, lists_all: bool) -> Self {
        Self { lists_all, ..self }
    }

    /// How many rows of a log are listed.
    fn most(&self) -> usize {
        if self.lists_all { usize::MAX } else { LISTED }
    }

    /// Adds a row.
    pub(crate) fn push<R: Into<Sentence>>(
        &mut self,
        place: impl Into<RowPlace>,
        reason: impl FnOnce() -> R,
    ) {
        let (place, reason) = (place.into(), reason().into());
        self.count += 1;
        self.add_kind(&kind(&reason), 1, place);
        self.listed.push((place, reason));
    }

    fn add_kind(&mut self, kind: &str, n: usize, first: RowPlace) {
        // Reasons that are all different say nothing by their kinds.
        let is_told = self.kinds.len() < MOST_KINDS || self.kinds.contains_key(kind);
        let kind = if is_told { kind } else { OTHER };
        match self.kinds.get_mut(kind) {
            Some((count, earliest)) => (*count, *earliest) = (*count + n, first.min(*earliest)),
            None => {
                self.kinds.insert(kind.to_owned(), (n, first));
            }
        }
    }

    /// Whether one of the listed rows was refused for a reason.
    pub(crate) fn names(&self, reason: &str) -> bool {
        self.listed.iter().any(|(_, other)| *other == *reason)
    }

    /// Whether rows were refused for a reason of this kind.
    pub(crate) fn has_kind(&self, kind: &str) -> bool {
        self.kinds.contains_key(kind)
    }

    /// The first row, and how it was told.
    pub(crate) fn first(&self, lines: &Lines) -> Option<RefusedRow> {
        self.rows(lines).into_iter().next()
    }

    /// Takes in the rows that another step refused.
    pub(crate) fn merge(&mut self, other: Self) {
        self.take_in(other, |place| place, usize::MAX);
    }

    /// Takes in the rows refused in the file at `file`.
    pub(crate) fn append(&mut self, other: Self, file: usize) {
        self.take_in(other, |place| RowPlace { file, ..place }, self.most());
    }

    /// Takes in the rows refused in a later part of the same file, after so many lines.
    pub(crate) fn follow(&mut self, other: Self, n_lines: usize) {
        self.take_in(
            other,
            |place| RowPlace {
                line: place.line + n_lines,
                ..place
            },
            self.most(),
        );
    }

    fn take_in(&mut self, other: Self, moved: impl Fn(RowPlace) -> RowPlace, most: usize) {
        self.count += other.count;
        for (kind, (n, first)) in other.kinds {
            self.add_kind(&kind, n, moved(first));
        }
        self.listed.extend(
            other
                .listed
                .into_iter()
                .map(|(place, reason)| (moved(place), reason)),
        );
        if self.listed.len() > most {
            self.listed.sort_by_key(|row| row.0);
            self.listed.truncate(most);
        }
    }

    /// The first rows, with the names of their files where there are several.
    pub(crate) fn rows(&self, lines: &Lines) -> Vec<RefusedRow> {
        let mut listed: Vec<&(RowPlace, Sentence)> = self.listed.iter().collect();
        listed.sort_by_key(|row| row.0);
        listed
            .into_iter()
            .take(self.most())
            .map(|(place, reason)| RefusedRow {
                file: lines.names.get(place.file).cloned(),
                line: place.line,
                reason: reason.clone(),
            })
            .collect()
    }

    /// How many rows have each kind of reason, most first.
    pub(crate) fn by_reason(&self, lines: &Lines) -> Vec<RefusedKind> {
        let mut kinds: Vec<RefusedKind> = self
            .kinds
            .iter()
            .map(|(reason, (n, first))| RefusedKind {
                reason: reason.clone(),
                rows: *n,
                file: lines.names.get(first.file).cloned(),
                first_line: first.line,
            })
            .collect();
        kinds.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.reason.cmp(&b.reason)));
        // A file that is no log at all has as many reasons as rows.
        if let Some(more) = kinds.len().checked_sub(KINDS).filter(|more| *more > 0) {
            let rest = kinds.split_off(KINDS - 1);
            let first = rest
                .iter()
                .min_by_key(|kind| (kind.file.clone(), kind.first_line));
            if let Some(first) = first.cloned() {
                let rows = rest.iter().map(|kind| kind.rows).sum();
                kinds.push(RefusedKind {
                    reason: format!("{} other reasons", more + 1),
                    rows,
                    ..first
                });
            }
        }
        kinds
    }
}

/// Text that rows with a reason of this kind have in common: without what is quoted of a row, and
/// without marks and numbers that differ from row to row.
fn kind(reason: &Sentence) -> String {
    let reason = reason.without_examples().to_string();
    let mut kind = String::with_capacity(reason.len());
    for (at, part) in reason.split('`').enumerate() {
        kind.push_str(if at % 2 == 0 { part } else { "`…`" });
    }
    let kind = kind.replace(" (`…`)", "");
    let kind = kind.split(" at line ").next().unwrap_or_default();
    let mut words: Vec<&str> = Vec::new();
    for word in kind.split(' ') {
        let is_count = word.bytes().next().is_some_and(|b| b.is_ascii_digit());
        let is_wanted = words.last() == Some(&"expected");
        words.push(if is_count && !is_wanted { "…" } else { word });
    }
    words.join(" ")
}

/// Which line of which file each readable row began on.
///
/// Rows mostly follow each other line by line, so only the places where they do not are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// The first row of each stretch without gaps, and where it stands.
    stretches: Vec<(usize, RowPlace)>,
    n_rows: usize,
    /// Names of the files; empty when there is one.
    names: Vec<String>,
}

impl Lines {
    /// Rows that follow each other without gaps from a line.
    pub(crate) fn from_line(first: usize, n_rows: usize) -> Self {
        Self {
            stretches: vec![(0, first.into())],
            n_rows,
            names: Vec::new(),
        }
    }

    /// No rows yet, of the same files.
    pub(crate) fn without_rows(&self) -> Self {
        Self {
            names: self.names.clone(),
            ..Self::default()
        }
    }

    /// Adds the next row.
    pub(crate) fn push(&mut self, place: impl Into<RowPlace>) {
        let place = place.into();
        if self.n_rows == 0 || self.place(self.n_rows) != place {
            self.stretches.push((self.n_rows, place));
        }
        self.n_rows += 1;
    }

    /// Places of the rows whose flag is set.
    pub(crate) fn kept(&self, keep: &[bool]) -> Self {
        let mut kept = self.without_rows();
        for (row, _) in keep.iter().enumerate().filter(|&(_, &is_kept)| is_kept) {
            kept.push(self.place(row));
        }
        kept
    }

    /// Adds the rows of the file at `file`.
    pub(crate) fn append(&mut self, other: Self, file: usize) {
        let moved = other
            .stretches
            .into_iter()
            .map(|(row, place)| (row + self.n_rows, RowPlace { file, ..place }));
        self.stretches.extend(moved);
        self.n_rows += other.n_rows;
    }

    /// Adds the rows of a later part of the same file, after so many lines.
    pub(crate) fn follow(&mut self, other: Self, n_lines: usize) {
        for (row, place) in other.stretches {
            let (row, place) = (
                row + self.n_rows,
                RowPlace {
                    line: place.line + n_lines,
                    ..place
                },
            );
            // A stretch that goes on where the last part ended is the same one.
            if row == 0 || self.place(row) != place {
                self.stretches.push((row, place));
            }
        }
        self.n_rows += other.n_rows;
    }

    /// Says what the files are called.
    pub(super) fn name(&mut self, names: Vec<String>) {
        self.names = names;
    }

    /// Place of a row.
    pub(crate) fn place(&self, row: usize) -> RowPlace {
        let after = self.stretches.partition_point(|&(first, _)| first <= row);
        match after.checked_sub(1).and_then(|at| self.stretches.get(at)) {
            Some(&(first_row, place)) => RowPlace {
                line: place.line + (row - first_row),
                ..place
            },
            None => (row + 1).into(),
        }
    }

    /// Which file each row stands in.
    pub(crate) fn files(&self) -> impl Iterator<Item = usize> {
        let ends = self
            .stretches
            .iter()
            .skip(1)
            .map(|&(row, _)| row)
            .chain([self.n_rows]);
        let stretches = self.stretches.iter().zip(ends);
        stretches.flat_map(|(&(row, place), end)| {
            std::iter::repeat_n(place.file, end.saturating_sub(row))
        })
    }

    /// Place of a row, in words.
    pub(crate) fn place_in_words(&self, row: usize) -> String {
        let RowPlace { file, line } = self.place(row);
        match self.names.get(file) {
            Some(name) => format!("line {line} of `{name}`"),
            None => format!("line {line}"),
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.n_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_again_across_gaps() {
        let mut lines = Lines::default();
        let expected = [2, 3, 4, 7, 8, 20, 22, 23];
        for line in expected {
            lines.push(line);
        }
        let found: Vec<usize> = (0..expected.len())
            .map(|row| lines.place(row).line)
            .collect();
        assert_eq!(found, expected);
        assert_eq!(lines.stretches.len(), 4);
    }

    #[test]
    fn all_are_counted_and_the_first_hundred_listed_in_order() {
        let (mut a, mut b) = (Refused::default(), Refused::default());
        (1..=150).for_each(|line| a.push(2 * line, || "even".to_owned()));
        (1..=150).for_each(|line| b.push(2 * line - 1, || "odd".to_owned()));
        a.merge(b);
        let mut log = Refused::default();
        log.follow(a, 0);
        assert_eq!((log.count, log.listed.len()), (300, 100));
        let lines: Vec<usize> = log
            .rows(&Lines::default())
            .iter()
            .map(|row| row.line)
            .collect();
        assert_eq!(lines, (1..=100).collect::<Vec<_>>());
        let kinds: Vec<(String, usize, usize)> = log
            .by_reason(&Lines::default())
            .into_iter()
            .map(|kind| (kind.reason, kind.rows, kind.first_line))
            .collect();
        assert_eq!(
            kinds,
            [("even".to_owned(), 150, 2), ("odd".to_owned(), 150, 1)]
        );
    }

    #[test]
    fn reasons_are_of_one_kind_whatever_they_quote() {
        for (reason, expected) in [
            (Sentence::from("has no user"), "has no user"),
            (
                Sentence::from("has no user (`").example("NULL").words("`)"),
                "has no user",
            ),
            (
                Sentence::from("expected 4 fields, found 3"),
                "expected 4 fields, found …",
            ),
            (
                Sentence::from("has an item of 5000 bytes, which is no id"),
                "has an item of … bytes, which is no id",
            ),
            (
                Sentence::from("has the time `")
                    .example("a `b at line 1")
                    .words("`, which cannot be read as date text"),
                "has the time `…`, which cannot be read as date text",
            ),
            (
                Sentence::from("is no JSON: expected value at line 1 column 5"),
                "is no JSON: expected value",
            ),
        ] {
            assert_eq!(kind(&reason), expected);
        }
        let mut many = Refused::default();
        for line in 1..=40_usize {
            many.push(line, || format!("is {}", "x".repeat(line)));
        }
        let kinds = many.by_reason(&Lines::default());
        assert_eq!(
            (
                kinds.len(),
                kinds.iter().map(|kind| kind.rows).sum::<usize>()
            ),
            (KINDS, 40)
        );
        assert_eq!(
            kinds.last().map(|kind| kind.reason.as_str()),
            Some("29 other reasons")
        );
    }

    #[test]
    fn parts_of_a_file_follow_each_other() {
        // Lines 2, 3, 4 and then, after four lines, 5, 7.
        let mut lines = Lines::from_line(2, 3);
        let mut later = Lines::from_line(1, 1);
        later.push(3);
        lines.follow(later, 4);
        assert_eq!(
            (0..5).map(|row| lines.place(row).line).collect::<Vec<_>>(),
            [2, 3, 4, 5, 7]
        );
        assert_eq!(lines.stretches.len(), 2, "5 follows 4 without a gap");
        let (mut first, mut second) = (Refused::default(), Refused::default());
        first.push(3, || "a".to_owned());
        second.push(1, || "b".to_owned());
        first.follow(second, 4);
        assert_eq!(
            first
                .rows(&lines)
                .iter()
                .map(|row| row.line)
                .collect::<Vec<_>>(),
            [3, 5]
        );
    }

    #[test]
    fn rows_of_several_files_are_told_by_file_and_line() {
        let mut lines = Lines::from_line(2, 3);
        lines.append(Lines::from_line(2, 2), 1);
        lines.name(vec!["a.csv".to_owned(), "b.csv".to_owned()]);
        assert_eq!(
            (
                lines.len(),
                lines.place_in_words(2),
                lines.place_in_words(3)
            ),
            (
                5,
                "line 4 of `a.csv`".to_owned(),
                "line 2 of `b.csv`".to_owned()
            )
        );
        let (mut first, mut second) = (Refused::default(), Refused::default());
        first.push(9, || "late".to_owned());
        second.push(3, || "early in the second".to_owned());
        first.append(second, 1);
        first.push(lines.place(4), || "by its row".to_owned());
        let told: Vec<String> = first
            .rows(&lines)
            .iter()
            .map(crate::log::RefusedRow::place)
            .collect();
        assert_eq!(
            told,
            [
                "line 9 of `a.csv`",
                "line 3 of `b.csv`",
                "line 3 of `b.csv`"
            ]
        );
    }
}
