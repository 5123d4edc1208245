//! Records and fields of a text: separators of any length, quotes, line ends.

use std::ops::Range;

/// Separator between two fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::log::source) enum Separator {
    /// One byte.
    Byte(u8),
    /// Several bytes, such as `::`.
    Bytes(Vec<u8>),
    /// Any number of blanks and tabs; also before the first and after the last field.
    Blanks,
}

impl Separator {
    /// The separator of that name; a single blank means any number of blanks.
    pub(in crate::log::source) fn new(separator: &str) -> Self {
        match separator.as_bytes() {
            b" " => Self::Blanks,
            [byte] => Self::Byte(*byte),
            bytes => Self::Bytes(bytes.to_vec()),
        }
    }

    /// Name for a person.
    pub(in crate::log::source) fn described(&self) -> String {
        match self {
            Self::Byte(b'\t') => "a tab".to_owned(),
            Self::Byte(byte) => format!("`{}`", char::from(*byte).escape_default()),
            Self::Bytes(bytes) => format!(
                "`{}`",
                seqscope_base::spec::quotable(&String::from_utf8_lossy(bytes))
            ),
            Self::Blanks => "blanks".to_owned(),
        }
    }

    /// Length of the separator if one stands at `at`.
    fn len_at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::Byte(byte) => (bytes.get(at) == Some(byte)).then_some(1),
            Self::Bytes(wanted) => bytes.get(at..)?.starts_with(wanted).then_some(wanted.len()),
            Self::Blanks => Some(blanks(bytes, at)).filter(|&n| n > 0),
        }
    }
}

fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes
        .iter()
        .skip(at)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count()
}

/// Longest quoted field that may hold line ends; a quote that is not closed within is a plain
/// character, so that one stray quote cannot swallow the rest of a file.
const LONGEST_QUOTED: usize = 1 << 16;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::log::source) struct TextRecord {
    /// The line on which it begins, counted from 1.
    pub(in crate::log::source) line: usize,
    /// Its first byte.
    pub(in crate::log::source) start: usize,
    /// One past its last byte, line end not counted.
    pub(in crate::log::source) end: usize,
    /// Number of fields.
    pub(in crate::log::source) n_fields: usize,
}

/// Walks over the records of a text. Blank lines are passed over.
pub(in crate::log::source) struct Splitter<'a> {
    bytes: &'a [u8],
    separator: Separator,
    at: usize,
    line: usize,
    fields: Vec<FieldSpan>,
    is_open: bool,
    quote: u8,
}

/// Bounds of a field's content, and whether it stood in quotes.
#[derive(Clone, Debug)]
struct FieldSpan {
    range: Range<usize>,
    quoted: bool,
}

impl<'a> Splitter<'a> {
    /// From the first byte, line 1.
    pub(in crate::log::source) fn new(bytes: &'a [u8], separator: Separator) -> Self {
        Self {
            bytes,
            separator,
            at: 0,
            line: 1,
            fields: Vec::new(),
            is_open: false,
            quote: b'"',
        }
    }

    /// Copy with another quote around fields.
    pub(in crate::log::source) fn quoted_by(self, quote: u8) -> Self {
        Self { quote, ..self }
    }

    /// The next record; its fields are then [`Splitter::contents`].
    pub(in crate::log::source) fn next_record(&mut self) -> Option<TextRecord> {
        self.skip_blank_lines();
        let (line, start) = (self.line, self.at);
        if start >= self.bytes.len() {
            return None;
        }
        self.fields.clear();
        if self.separator == Separator::Blanks {
            self.at += blanks(self.bytes, self.at);
        }
        loop {
            self.field();
            if self.line_end().is_some() || self.at >= self.bytes.len() {
                break;
            }
            self.at += self.separator.len_at(self.bytes, self.at).unwrap_or(1);
            if self.separator == Separator::Blanks
                && (self.line_end().is_some() || self.at >= self.bytes.len())
            {
                break;
            }
        }
        let end = self.at;
        if let Some(n) = self.line_end() {
            self.at += n;
            self.line += 1;
        }
        Some(TextRecord {
            line,
            start,
            end,
            n_fields: self.fields.len(),
        })
    }

    /// Whether a quote was met so far that more text might close.
    pub(in crate::log::source) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The bytes of the present record's fields, quotes taken off (doubled ones inside stay).
    pub(in crate::log::source) fn contents(&self) -> impl Iterator<Item = (&'a [u8], bool)> {
        self.fields.iter().map(|field| {
            (
                self.bytes.get(field.range.clone()).unwrap_or(&[]),
                field.quoted,
            )
        })
    }

    /// The present record's fields as text; an error where they are no UTF-8.
    pub(in crate::log::source) fn texts(
        &self,
    ) -> impl Iterator<Item = Result<String, std::str::Utf8Error>> {
        self.contents().map(|(bytes, quoted)| {
            let text = std::str::from_utf8(bytes)?;
            let quote = char::from(self.quote);
            Ok(if quoted {
                text.replace(&format!("{quote}{quote}"), &quote.to_string())
            } else {
                text.to_owned()
            })
        })
    }

    fn skip_blank_lines(&mut self) {
        loop {
            let skipped = blanks(self.bytes, self.at);
            let after = self.at + skipped;
            let end = line_end(self.bytes, after);
            // A line of tabs is a record of empty fields where the tab separates.
            let is_record = skipped > 0 && self.separator == Separator::Byte(b'\t');
            match end {
                Some(n) if !is_record => {
                    self.at = after + n;
                    self.line += 1;
                }
                None if after >= self.bytes.len() => {
                    self.at = after;
                    return;
                }
                _ => return,
            }
        }
    }

    fn line_end(&self) -> Option<usize> {
        line_end(self.bytes, self.at)
    }

    /// Reads one field; afterwards `at` is at a separator, a line end or the end.
    fn field(&mut self) {
        let open = self.at + self.padding(self.at);
        if self.bytes.get(open) == Some(&self.quote)
            && let Some((close, after)) = self.closing_quote(open)
        {
            let range = open + 1..close;
            let content = self.bytes.get(range.clone()).unwrap_or(&[]);
            self.line += content.split(|&b| b == b'\n').count() - 1;
            self.fields.push(FieldSpan {
                range,
                quoted: true,
            });
            self.at = after;
            return;
        }
        let start = self.at;
        while self.at < self.bytes.len()
            && self.line_end().is_none()
            && self.separator.len_at(self.bytes, self.at).is_none()
        {
            self.at += 1;
        }
        self.fields.push(FieldSpan {
            range: start..self.at,
            quoted: false,
        });
    }

    /// Number of blanks at `at` that may stand between a separator and a quote.
    fn padding(&self, at: usize) -> usize {
        if self.separator == Separator::Blanks || self.separator == Separator::Byte(b' ') {
            return 0;
        }
        self.bytes
            .iter()
            .skip(at)
            .take_while(|&&byte| byte == b' ')
            .count()
    }

    /// Finds where the quote that opens at `open` closes, and where the field ends behind it:
    /// before a separator, a line end or the end.
    fn closing_quote(&mut self, open: usize) -> Option<(usize, usize)> {
        let mut at = open + 1;
        let limit = self.bytes.len().min(at + LONGEST_QUOTED);
        while at < limit {
            if self.bytes.get(at) == Some(&self.quote) {
                if self.bytes.get(at + 1) == Some(&self.quote) {
                    at += 2;
                    continue;
                }
                let after = at + 1 + self.padding(at + 1);
                let closes = after >= self.bytes.len()
                    || line_end(self.bytes, after).is_some()
                    || self.separator.len_at(self.bytes, after).is_some();
                return closes.then_some((at, after));
            }
            at += 1;
        }
        self.is_open |= limit == self.bytes.len();
        None
    }
}

/// Length of the line end at `at`, if there is one.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'\n' => Some(1),
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some(2),
        b'\r' if at + 1 == bytes.len() => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, separator: &str) -> Vec<(usize, Vec<String>)> {
        let mut splitter = Splitter::new(text.as_bytes(), Separator::new(separator));
        let mut records = Vec::new();
        while let Some(record) = splitter.next_record() {
            records.push((record.line, splitter.texts().map(Result::unwrap).collect()));
        }
        records
    }

    #[test]
    fn quotes_may_hold_separators_and_line_ends() {
        let records = split("a,\"b,\nc\",\"d\"\"e\"\r\n\n1,2,3", ",");
        let expected = [(1, vec!["a", "b,\nc", "d\"e"]), (4, vec!["1", "2", "3"])];
        assert_eq!(records.len(), 2);
        for ((line, fields), (expected_line, expected_fields)) in records.iter().zip(&expected) {
            assert_eq!(line, expected_line);
            assert_eq!(fields, expected_fields);
        }
    }

    #[test]
    fn a_stray_quote_is_a_character() {
        assert_eq!(
            split("1,\"a b\" c,2\n3,\"x,4\n", ","),
            [
                (
                    1,
                    vec!["1".to_owned(), "\"a b\" c".to_owned(), "2".to_owned()]
                ),
                (2, vec!["3".to_owned(), "\"x".to_owned(), "4".to_owned()]),
            ]
        );
    }

    #[test]
    fn blanks_around_quotes_are_no_part_of_a_field() {
        let fields = |text: &str| split(text, ",").remove(0).1;
        assert_eq!(
            fields("101, P206, \"a, b\", 17\n"),
            ["101", " P206", "a, b", " 17"]
        );
        assert_eq!(fields("\"a\" ,  \"b\"  \n"), ["a", "b"]);
        assert_eq!(fields("1, \"a b\" c,2\n"), ["1", " \"a b\" c", "2"]);
        let mut single = Splitter::new(b"'a, b','it''s'\n", Separator::new(",")).quoted_by(b'\'');
        single.next_record();
        assert_eq!(
            single.texts().map(Result::unwrap).collect::<Vec<_>>(),
            ["a, b", "it's"]
        );
    }

    #[test]
    fn blanks_separate_in_any_number() {
        assert_eq!(
            split("  a \t b\n\nc  d  \n", " "),
            [
                (1, vec!["a".to_owned(), "b".to_owned()]),
                (3, vec!["c".to_owned(), "d".to_owned()]),
            ]
        );
    }

    #[test]
    fn empty_fields_are_fields() {
        assert_eq!(split(",a,\n\t\n", ",")[0].1, ["", "a", ""]);
        assert_eq!(
            split("\t\n", "\t"),
            [(1, vec![String::new(), String::new()])]
        );
        assert_eq!(split("a::::b", "::")[0].1, ["a", "", "b"]);
    }
}
