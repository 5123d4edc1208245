//! The list of rows that could not be read, and the line numbers of those that could.

use crate::data::RefusedRow;

/// How many refused rows are listed; all are counted.
const LISTED: usize = 100;

/// Rows that could not be read: all counted, the first ones listed.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Refused {
    /// How many there are.
    pub(in crate::data) count: usize,
    /// The first hundred, in order of line.
    pub(in crate::data) first: Vec<RefusedRow>,
}

impl Refused {
    /// Adds a row; the reason is made only if it is listed.
    pub(in crate::data) fn push(&mut self, line: usize, reason: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < LISTED || self.first.last().is_some_and(|last| last.line > line) {
            let at = self.first.partition_point(|row| row.line <= line);
            self.first.insert(at, RefusedRow { line, reason: reason() });
            self.first.truncate(LISTED);
        }
    }

    /// Takes in the rows that another step refused.
    pub(in crate::data) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.sort_by_key(|row| row.line);
        self.first.truncate(LISTED);
    }
}

/// Which line of the file each readable row began on.
///
/// Rows mostly follow each other line by line, so only the places where they do not are kept.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Lines {
    /// `(row, line)` of the first row of each stretch without gaps.
    stretches: Vec<(usize, usize)>,
    n_rows: usize,
}

impl Lines {
    /// Rows that follow each other without gaps from a line.
    pub(in crate::data) fn from_line(first: usize, n_rows: usize) -> Self {
        Self { stretches: vec![(0, first)], n_rows }
    }

    /// Adds the next row.
    pub(in crate::data) fn push(&mut self, line: usize) {
        if self.n_rows == 0 || self.line(self.n_rows) != line {
            self.stretches.push((self.n_rows, line));
        }
        self.n_rows += 1;
    }

    /// The line of a row.
    pub(in crate::data) fn line(&self, row: usize) -> usize {
        let after = self.stretches.partition_point(|&(first, _)| first <= row);
        match after.checked_sub(1).and_then(|at| self.stretches.get(at)) {
            Some(&(first_row, line)) => line + (row - first_row),
            None => row + 1,
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
        let found: Vec<usize> = (0..expected.len()).map(|row| lines.line(row)).collect();
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
        let lines: Vec<usize> = a.first.iter().map(|row| row.line).collect();
        assert_eq!(lines, (1..=100).collect::<Vec<_>>());
    }
}
