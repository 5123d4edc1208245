//! The list of rows that could not be read, and the line numbers of those that could.

use crate::data::RefusedRow;

/// How many refused rows are listed; all are counted.
const LISTED: usize = 100;

/// Where a row begins: which file of a log, and its line there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::data) struct Place {
    file: usize,
    line: usize,
}

impl Place {
    /// The place of a row of a part of a file, in the file: so many lines stand before the part.
    pub(in crate::data) fn moved(self, file: usize, n_lines: usize) -> Self {
        Self { file, line: self.line + n_lines }
    }
}

impl From<usize> for Place {
    fn from(line: usize) -> Self {
        Self { file: 0, line }
    }
}

/// Rows that could not be read: all counted, the first ones listed.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Refused {
    /// How many there are.
    pub(in crate::data) count: usize,
    /// The first hundred with their reasons, in order of place.
    first: Vec<(Place, String)>,
}

impl Refused {
    /// Adds a row; the reason is made only if it is listed.
    pub(in crate::data) fn push(&mut self, place: impl Into<Place>, reason: impl FnOnce() -> String) {
        let place = place.into();
        self.count += 1;
        if self.first.len() < LISTED || self.first.last().is_some_and(|last| last.0 > place) {
            let at = self.first.partition_point(|row| row.0 <= place);
            self.first.insert(at, (place, reason()));
            self.first.truncate(LISTED);
        }
    }

    /// Whether one of the listed rows was refused for a reason.
    pub(in crate::data) fn names(&self, reason: &str) -> bool {
        self.first.iter().any(|(_, other)| other == reason)
    }

    /// Takes in the rows that another step refused.
    pub(in crate::data) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.sort_by_key(|row| row.0);
        self.first.truncate(LISTED);
    }

    /// Takes in the rows refused in the file at `file`.
    pub(in crate::data) fn append(&mut self, mut other: Self, file: usize) {
        other.first.iter_mut().for_each(|row| row.0.file = file);
        self.merge(other);
    }

    /// Takes in the rows refused in a later part of the same file, after so many lines.
    pub(in crate::data) fn follow(&mut self, mut other: Self, n_lines: usize) {
        other.first.iter_mut().for_each(|row| row.0.line += n_lines);
        self.merge(other);
    }

    /// The listed rows, with the names of their files where there are several.
    pub(in crate::data) fn rows(&self, lines: &Lines) -> Vec<RefusedRow> {
        let row = |(place, reason): &(Place, String)| RefusedRow {
            file: lines.names.get(place.file).cloned(),
            line: place.line,
            reason: reason.clone(),
        };
        self.first.iter().map(row).collect()
    }
}

/// Which line of which file each readable row began on.
///
/// Rows mostly follow each other line by line, so only the places where they do not are kept.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Lines {
    /// The first row of each stretch without gaps, and where it stands.
    stretches: Vec<(usize, Place)>,
    n_rows: usize,
    /// Names of the files; empty when there is one.
    names: Vec<String>,
}

impl Lines {
    /// Rows that follow each other without gaps from a line.
    pub(in crate::data) fn from_line(first: usize, n_rows: usize) -> Self {
        Self { stretches: vec![(0, first.into())], n_rows, names: Vec::new() }
    }

    /// No rows yet, of the same files.
    pub(in crate::data) fn without_rows(&self) -> Self {
        Self { names: self.names.clone(), ..Self::default() }
    }

    /// Adds the next row.
    pub(in crate::data) fn push(&mut self, place: impl Into<Place>) {
        let place = place.into();
        if self.n_rows == 0 || self.place(self.n_rows) != place {
            self.stretches.push((self.n_rows, place));
        }
        self.n_rows += 1;
    }

    /// Adds the rows of the file at `file`.
    pub(in crate::data) fn append(&mut self, other: Self, file: usize) {
        let moved = other.stretches.into_iter().map(|(row, place)| (row + self.n_rows, Place { file, ..place }));
        self.stretches.extend(moved);
        self.n_rows += other.n_rows;
    }

    /// Adds the rows of a later part of the same file, after so many lines.
    pub(in crate::data) fn follow(&mut self, other: Self, n_lines: usize) {
        for (row, place) in other.stretches {
            let (row, place) = (row + self.n_rows, Place { line: place.line + n_lines, ..place });
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

    /// Where a row stands.
    pub(in crate::data) fn place(&self, row: usize) -> Place {
        let after = self.stretches.partition_point(|&(first, _)| first <= row);
        match after.checked_sub(1).and_then(|at| self.stretches.get(at)) {
            Some(&(first_row, place)) => Place { line: place.line + (row - first_row), ..place },
            None => (row + 1).into(),
        }
    }

    /// Where a row stands, in words.
    pub(in crate::data) fn told(&self, row: usize) -> String {
        let Place { file, line } = self.place(row);
        match self.names.get(file) {
            Some(name) => format!("line {line} of `{name}`"),
            None => format!("line {line}"),
        }
    }

    /// Number of rows.
    pub(in crate::data) fn len(&self) -> usize {
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
        let found: Vec<usize> = (0..expected.len()).map(|row| lines.place(row).line).collect();
        assert_eq!(found, expected);
        assert_eq!(lines.stretches.len(), 4);
    }

    #[test]
    fn all_are_counted_and_the_first_hundred_listed_in_order() {
        let (mut a, mut b) = (Refused::default(), Refused::default());
        (1..=150).for_each(|line| a.push(2 * line, || "even".to_owned()));
        (1..=150).for_each(|line| b.push(2 * line - 1, || "odd".to_owned()));
        a.merge(b);
        assert_eq!((a.count, a.first.len()), (300, 100));
        let lines: Vec<usize> = a.first.iter().map(|row| row.0.line).collect();
        assert_eq!(lines, (1..=100).collect::<Vec<_>>());
    }

    #[test]
    fn parts_of_a_file_follow_each_other() {
        // Lines 2, 3, 4 and then, after four lines, 5, 7.
        let mut lines = Lines::from_line(2, 3);
        let mut later = Lines::from_line(1, 1);
        later.push(3);
        lines.follow(later, 4);
        assert_eq!((0..5).map(|row| lines.place(row).line).collect::<Vec<_>>(), [2, 3, 4, 5, 7]);
        assert_eq!(lines.stretches.len(), 2, "5 follows 4 without a gap");
        let (mut first, mut second) = (Refused::default(), Refused::default());
        first.push(3, || "a".to_owned());
        second.push(1, || "b".to_owned());
        first.follow(second, 4);
        assert_eq!(first.rows(&lines).iter().map(|row| row.line).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn rows_of_several_files_are_told_by_file_and_line() {
        let mut lines = Lines::from_line(2, 3);
        lines.append(Lines::from_line(2, 2), 1);
        lines.name(vec!["a.csv".to_owned(), "b.csv".to_owned()]);
        assert_eq!(
            (lines.len(), lines.told(2), lines.told(3)),
            (5, "line 4 of `a.csv`".to_owned(), "line 2 of `b.csv`".to_owned())
        );
        let (mut first, mut second) = (Refused::default(), Refused::default());
        first.push(9, || "late".to_owned());
        second.push(3, || "early in the second".to_owned());
        first.append(second, 1);
        first.push(lines.place(4), || "by its row".to_owned());
        let told: Vec<String> = first.rows(&lines).iter().map(crate::data::RefusedRow::place).collect();
        assert_eq!(told, ["line 9 of `a.csv`", "line 3 of `b.csv`", "line 3 of `b.csv`"]);
    }
}
