//! Statistics of the first cells of a column, from which its role is guessed.

use std::collections::HashSet;

use crate::value::{Missing, NumberStyle, TimeFormat, time};

/// The doubt of numbers that are the size of no time of today: a name may say that they are one,
/// their content alone does not.
pub(super) const NO_TIME: u8 = 3;

/// Statistics of the sample of a column.
pub(super) struct ColumnStats {
    pub(super) share_numeric: f64,
    /// Share of the numbers that are no whole ones.
    pub(super) share_fractions: f64,
    pub(super) largest: f64,
    pub(super) n_distinct: usize,
    /// Cells that hold something, and all.
    pub(super) n_filled: usize,
    pub(super) n_cells: usize,
    pub(super) time: Option<time::TimeGuess>,
    /// How doubtful it is that the column is the time, from 0: ids look like times too.
    pub(super) time_doubt: u8,
}

impl ColumnStats {
    pub(super) fn new<'a>(cells: impl Iterator<Item = &'a str> + Clone, missing: &Missing) -> Self {
        let n_cells = cells.clone().count();
        let filled: Vec<&str> = cells.filter(|text| !missing.is_no_id(text)).collect();
        let style = NumberStyle::of_cells(filled.iter().copied());
        let mut numbers: Vec<f64> = filled.iter().filter_map(|text| style.read(text)).collect();
        numbers.sort_by(f64::total_cmp);
        let time = time::look(filled.iter().map(|text| (*text, None)));
        let middle = numbers.get(numbers.len() / 2).copied().unwrap_or_default();
        // Between 1990 and 2043.
        let is_recent = |per_sec: f64| (6.3e8..2.3e9).contains(&(middle / per_sec));
        let needs_name = time.as_ref().is_some_and(|seen| seen.needs_name);
        let time_doubt = match time.as_ref().map(|seen| &seen.format) {
            _ if needs_name => NO_TIME,
            Some(
                TimeFormat::Date
                | TimeFormat::MonthFirst
                | TimeFormat::DayFirst
                | TimeFormat::YearFirst,
            ) => 0,
            Some(TimeFormat::Seconds) if is_recent(1.0) => 1,
            Some(TimeFormat::Milliseconds) if is_recent(1e3) => 1,
            Some(TimeFormat::Microseconds | TimeFormat::Nanoseconds) => 2,
            _ => NO_TIME,
        };
        Self {
            share_numeric: numbers.len() as f64 / filled.len().max(1) as f64,
            share_fractions: numbers.iter().filter(|n| n.fract() != 0.0).count() as f64
                / filled.len().max(1) as f64,
            n_filled: filled.len(),
            n_cells,
            largest: numbers
                .iter()
                .copied()
                .fold(0.0, |largest, number| number.abs().max(largest)),
            n_distinct: filled.iter().collect::<HashSet<_>>().len(),
            time,
            time_doubt,
        }
    }

    /// Whether the column holds times that are moments.
    pub(super) fn is_time(&self) -> bool {
        let time = self.time.as_ref();
        time.is_some_and(|seen| !seen.format.only_orders())
    }

    /// Whether the column holds a few different words, as kinds of behaviour are.
    pub(super) fn is_of_few_words(&self) -> bool {
        self.share_numeric < 0.1 && self.n_distinct <= 20
    }

    /// Whether its numbers are few and small, as ratings are; category numbers are larger.
    pub(super) fn is_of_ratings(&self) -> bool {
        self.share_numeric > 0.9 && self.n_distinct <= 20 && self.largest <= 100.0
    }

    /// Whether a column of ids has one for all rows, or a new one for each: then another of the
    /// same name is more likely meant.
    pub(super) fn is_doubtful_id(&self) -> bool {
        const FEW: usize = 20;
        self.n_filled >= FEW && (self.n_distinct == 1 || self.n_distinct == self.n_filled)
    }
}
