//! Columns of text that line up.

use std::io::Write;

use unicode_width::UnicodeWidthStr as _;

use seqscope_base::spec::shown;

/// Side on which a column's cells line up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows under a heading. Widths are those on a terminal, where a Chinese letter is two columns
/// wide; what a terminal would obey in a cell is shown.
pub(super) struct TextTable {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let columns = columns
            .into_iter()
            .map(|(name, align)| (name.to_owned(), align))
            .collect();
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(
            cells
                .into_iter()
                .map(|cell| shown(&cell).into_owned())
                .collect(),
        );
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| self.width(at)).collect();
        for row in std::iter::once(&heading).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, (_, align)), width) in row.iter().zip(&self.columns).zip(&widths) {
                let room = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => line.extend([cell.as_str(), &room]),
                    Align::Right => line.extend([&room, cell.as_str()]),
                }
                line.push_str("  ");
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn width(&self, at: usize) -> usize {
        let heading = self.columns.get(at).map_or(0, |(name, _)| name.width());
        self.rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.width())
            .fold(heading, usize::max)
    }
}

/// A metric with four digits, or a dash where there is none.
pub(super) fn metric(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"))
}

/// A count with thousands apart: `1,000,209`.
pub(super) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span of time in its two largest units: `2 min 5 s`.
pub(super) fn duration(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{secs:.1} s"),
        (0, min, sec) => format!("{min} min {sec} s"),
        (hours, min, _) => format!("{hours} h {min} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = TextTable::new([
            ("name", Align::Left),
            ("n", Align::Right),
            ("title", Align::Left),
        ]);
        table.row(["a", "1", "短"].map(str::to_owned));
        table.row(["longer", "100", ""].map(str::to_owned));
        let mut text = Vec::new();
        table.write(&mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "name      n  title\na         1  短\nlonger  100\n"
        );
    }

    #[test]
    fn columns_line_up_whatever_an_id_holds() {
        let mut table = TextTable::new([("item", Align::Left), ("n", Align::Right)]);
        table.row(["霸王别姬", "1"].map(str::to_owned));
        table.row(["a\u{7}\nb", "20"].map(str::to_owned));
        let mut text = Vec::new();
        table.write(&mut text).unwrap();
        let expected = "item             n\n霸王别姬         1\na\\u0007\\u000ab  20\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1000, 1_000_209].map(count),
            ["0", "999", "1,000", "1,000,209"]
        );
        assert_eq!(
            [0.26, 59.7, 125.0, 7_260.0].map(duration),
            ["0.3 s", "1 min 0 s", "2 min 5 s", "2 h 1 min"]
        );
        assert_eq!(metric(None), "–");
    }
}
