//! Lines of a text beside its header and its rows: `sep=;`, titles, comments, the attributes of
//! ARFF, the borders of a printed table. Such lines are emptied before the rows are split, so that
//! they are neither read nor refused, and the lines after them keep their numbers.

use std::borrow::Cow;

use super::super::detect;
use super::{Separator, Splitter, without_bom};
use crate::log::{FileSpec, schema};
use seqscope_base::spec::{Problem, Sentence};

/// Marks that begin a comment.
const MARKS: [&str; 3] = ["#", "%", "//"];

/// How many lines are judged.
const JUDGED: usize = 300;

/// How many records may stand before the header.
const LONGEST_PREAMBLE: usize = 60;

/// The lines of a text that are no rows.
#[derive(Clone, Debug)]
pub(in crate::log::source) struct Outline {
    /// Separator between fields.
    pub(super) separator: String,
    /// Quote around fields that hold a separator.
    pub(super) quote: u8,
    /// Names of the columns that stand in no line of fields, but in a comment or as attributes.
    pub(super) names: Option<Vec<String>>,
    /// How many bytes stand before the header, or before the first row where no line is one.
    lead: usize,
    /// Mark that begins comments, if there are any.
    comment: Option<&'static str>,
    /// How many fields a row has: a line of as many is a row, whatever it begins with.
    pub(super) n_fields: usize,
    /// Whether there are lines such as `+----+----+`.
    has_borders: bool,
    /// The first line that is passed over, and how many stand before the header.
    example: Option<String>,
    n_passed: usize,
}

impl Default for Outline {
    fn default() -> Self {
        Self {
            separator: ",".to_owned(),
            quote: b'"',
            names: None,
            lead: 0,
            comment: None,
            n_fields: 0,
            has_borders: false,
            example: None,
            n_passed: 0,
        }
    }
}

impl Outline {
    /// The outline of a text, from its beginning: some whole lines.
    ///
    /// `guess` tells the separator of lines that are rows.
    pub(super) fn of_head(
        head: &[u8],
        file: &FileSpec,
        guess: impl FnOnce(&[u8], u8) -> Result<String, String>,
    ) -> Result<Self, String> {
        if let Some(outline) = arff(head) {
            return Ok(outline);
        }
        let mut outline = Self {
            quote: quote_of(head),
            comment: mark_of(head),
            ..Self::default()
        };
        outline.has_borders = lines(head).take(JUDGED).any(|(_, line)| is_border(line));
        let said = file.separator.clone().or_else(|| {
            lines(head)
                .next()
                .and_then(|(_, line)| separator_line(line))
        });
        let rows = outline.likely_rows(head);
        outline.separator = match said {
            Some(separator) => separator,
            None => guess(&rows, outline.quote)?,
        };
        outline.n_fields = usual_count(&rows, &outline.separator, outline.quote);
        outline.pass_over_lead(head);
        if outline.names.is_none() {
            outline.pass_over_titles(head, file.header);
        }
        if !lines(head).any(|(_, line)| outline.is_comment(line)) {
            outline.comment = None;
        }
        Ok(outline)
    }

    /// The text with nothing in the lines that are passed over; `is_first` where it begins the
    /// file.
    pub(super) fn tidy<'a>(&self, bytes: &'a [u8], is_first: bool) -> Cow<'a, [u8]> {
        let lead = if is_first {
            self.lead.min(bytes.len())
        } else {
            0
        };
        if lead == 0 && !self.has_borders && self.comment.is_none() {
            return Cow::Borrowed(bytes);
        }
        let (before, rest) = bytes.split_at(lead);
        let mut out = vec![b'\n'; memchr::memchr_iter(b'\n', before).count()];
        if !self.has_borders && self.comment.is_none() {
            out.extend_from_slice(rest);
            return Cow::Owned(out);
        }
        out.reserve(rest.len());
        for line in rest.split_inclusive(|&byte| byte == b'\n') {
            if self.is_passed_over(line) {
                out.extend(line.last().filter(|&&byte| byte == b'\n'));
            } else {
                out.extend_from_slice(line);
            }
        }
        Cow::Owned(out)
    }

    /// How much of a file must be looked at together, so that its header is found: what stands
    /// before it, and itself.
    pub(in crate::log::source) fn n_first(&self, head: &[u8]) -> usize {
        let rest = head.get(self.lead..).unwrap_or_default();
        let header = lines(rest)
            .next()
            .map_or(0, |(start, line)| start + line.len() + 1);
        (self.lead + header).min(head.len())
    }

    /// Lines that are passed over, in one sentence.
    pub(super) fn passed_over(&self) -> Option<Problem> {
        let mut parts = Vec::new();
        if self.n_passed > 0 {
            let example = self.example.as_deref().map_or_else(Sentence::new, |line| {
                Sentence::from(" (`").example(line).words("`)")
            });
            parts.push(Sentence::from(first_lines(self.n_passed)).aside(example));
        }
        if let Some(mark) = self.comment {
            let begin = if parts.is_empty() {
                "Comments"
            } else {
                "comments"
            };
            parts.push(Sentence::from(format!("{begin} that begin with `{mark}`")));
        }
        if self.has_borders {
            parts.push(Sentence::from(if parts.is_empty() {
                "The borders of the table"
            } else {
                "the borders of the table"
            }));
        }
        if parts.is_empty() {
            return None;
        }
        let is_or_are = if parts.len() == 1 && self.n_passed == 1 {
            "is no row and is"
        } else {
            "are no rows and are"
        };
        let sentence = parts
            .into_iter()
            .reduce(|all, part| all.words(" and ").then(part))?
            .words(format!(" {is_or_are} passed over."));
        Some(Problem::warning("data.path", sentence))
    }

    /// Names that stand in no line of fields, where there is one for each field.
    pub(super) fn names_of_all(&self) -> Option<&Vec<String>> {
        self.names
            .as_ref()
            .filter(|names| names.len() == self.n_fields)
    }

    /// The lines that may be rows: no comment, border or word on the separator is among them.
    fn likely_rows<'a>(&self, head: &'a [u8]) -> Cow<'a, [u8]> {
        if lines(head).all(|(_, line)| self.is_row(line)) {
            return Cow::Borrowed(without_bom(head));
        }
        let mut rows = Vec::with_capacity(head.len());
        for (_, line) in lines(head).filter(|(_, line)| self.is_row(line)) {
            rows.extend_from_slice(line);
            rows.push(b'\n');
        }
        Cow::Owned(rows)
    }

    /// Tells whether a line is no comment, border or separator line.
    fn is_row(&self, line: &[u8]) -> bool {
        let is_comment = self
            .comment
            .is_some_and(|mark| line.starts_with(mark.as_bytes()));
        !is_comment && !is_border(line) && separator_line(line).is_none()
    }

    /// Passes over blank lines, comments, borders and a word on the separator at the beginning. The
    /// last of the comments may name the columns.
    fn pass_over_lead(&mut self, head: &[u8]) {
        let mut last_comment = None;
        for (start, line) in lines(head) {
            let is_comment = self.is_comment(line) || self.names_of(head, line).is_some();
            if is_comment {
                last_comment = Some(line);
            } else if separator_line(line).is_none() {
                break;
            }
            self.pass(line, head, start);
        }
        self.names = last_comment.and_then(|line| self.names_of(head, line));
        if self.names.is_some() {
            // It is read, though not as a row.
            self.n_passed -= 1;
            if self.n_passed == 0 {
                self.example = None;
            }
        }
    }

    fn pass(&mut self, line: &[u8], head: &[u8], start: usize) {
        let end = start + line.len();
        let n_end = head
            .get(end..)
            .and_then(|rest| rest.iter().position(|&byte| byte == b'\n'));
        self.lead = n_end.map_or(head.len(), |n| end + n + 1);
        self.n_passed += 1;
        self.example
            .get_or_insert_with(|| String::from_utf8_lossy(line).trim().to_owned());
    }

    /// The names of columns in a comment, where it has as many fields as a row and none is a
    /// number.
    fn names_of(&self, head: &[u8], comment: &[u8]) -> Option<Vec<String>> {
        let mark = self.comment?;
        let text = comment.strip_prefix(mark.as_bytes())?;
        let text = text
            .strip_prefix(mark.as_bytes())
            .unwrap_or(text)
            .trim_ascii_start();
        let names = match text.strip_prefix(b"Fields:") {
            // As servers write logs in the extended format of W3C, blanks whatever separates the
            // rows.
            Some(text) => fields(text.trim_ascii(), " ", self.quote)?,
            None => fields(text, &self.separator, self.quote)?,
        };
        if text.starts_with(b"Fields:") && names.len() == self.n_fields {
            return Some(names);
        }
        let mut rows = vec![names];
        let below = lines(head)
            .map(|(_, line)| line)
            .filter(|line| !line.starts_with(mark.as_bytes()))
            .take(JUDGED);
        rows.extend(below.filter_map(|line| fields(line, &self.separator, self.quote)));
        let n_known = rows
            .first()?
            .iter()
            .filter(|name| schema::is_known_name(name))
            .count();
        let is_header = detect::header(&rows) && (n_known > 1 || detect::has_data_below(&rows));
        let names = rows.swap_remove(0);
        (names.len() == self.n_fields && is_header).then_some(names)
    }

    /// Passes over the lines of another kind that stand before the header.
    fn pass_over_titles(&mut self, head: &[u8], header: Option<bool>) {
        if header == Some(false) || self.n_fields < 2 {
            return;
        }
        let tidy = self.tidy(head, true).into_owned();
        let mut splitter =
            Splitter::new(&tidy, Separator::new(&self.separator)).quoted_by(self.quote);
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut first = None;
        let mut shorter: Option<(usize, usize)> = None;
        let mut n_before = 0;
        while rows.len() < JUDGED
            && let Some(record) = splitter.next_record()
        {
            let Ok(row) = splitter.texts().collect::<Result<Vec<String>, _>>() else {
                return;
            };
            let n_filled = row.iter().filter(|cell| !cell.trim().is_empty()).count();
            if first.is_none() {
                let is_row = record.n_fields == self.n_fields && n_filled >= 2;
                if !is_row {
                    let n_known = row
                        .iter()
                        .filter(|name| schema::is_known_name(name))
                        .count();
                    if n_known >= 2 {
                        shorter = Some((record.line, n_before));
                    }
                    n_before += 1;
                    if n_before > LONGEST_PREAMBLE {
                        return;
                    }
                    continue;
                }
                first = Some(record.line);
            }
            rows.push(row);
        }
        let Some(mut line) = first.filter(|_| n_before > 0) else {
            return;
        };
        let is_header = header == Some(true) || detect::header(&rows);
        match shorter {
            // A header of fewer names than the rows have fields is the header all the same.
            Some((line_of, before)) if !detect::header(&rows) => {
                (line, n_before) = (line_of, before);
            }
            _ if !is_header => return,
            _ => {}
        }
        if n_before == 0 {
            return;
        }
        let at = start_of_line(head, line);
        let passed = head.get(self.lead..at).unwrap_or_default();
        for (_, text) in lines(passed) {
            self.n_passed += 1;
            self.example
                .get_or_insert_with(|| String::from_utf8_lossy(text).trim().to_owned());
        }
        self.lead = at;
    }

    fn is_passed_over(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        (self.has_borders && is_border(line)) || self.is_comment(line)
    }

    /// Whether a line is a comment: what begins like one and has as many fields as a row may be an
    /// id, unless a blank stands behind the mark.
    fn is_comment(&self, line: &[u8]) -> bool {
        let Some(text) = self
            .comment
            .and_then(|mark| line.strip_prefix(mark.as_bytes()))
        else {
            return false;
        };
        text.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'))
            || fields(line, &self.separator, self.quote)
                .is_none_or(|fields| fields.len() != self.n_fields)
    }
}

fn first_lines(n: usize) -> String {
    if n == 1 {
        "The first line".to_owned()
    } else {
        format!("The first {n} lines")
    }
}

/// Starts of lines that are not blank, and their text without its end; a byte order mark is no part
/// of the first.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = bytes.len() - without_bom(bytes).len();
    let rest = bytes.get(at..).unwrap_or_default();
    rest.split(|&byte| byte == b'\n')
        .map(move |line| {
            let start = at;
            at += line.len() + 1;
            (start, line.trim_ascii_end())
        })
        .filter(|(_, line)| !line.is_empty())
}

/// Start of a line, counted from 1.
fn start_of_line(bytes: &[u8], line: usize) -> usize {
    match line.checked_sub(2) {
        None => 0,
        Some(before) => memchr::memchr_iter(b'\n', bytes)
            .nth(before)
            .map_or(bytes.len(), |end| end + 1),
    }
}

/// The mark of comments: one that lines begin with, but neither all nor, as ids may, most of them.
fn mark_of(head: &[u8]) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| {
        let (mut n, mut n_marked, mut n_spaced) = (0_usize, 0_usize, 0_usize);
        for (_, line) in lines(head) {
            n += 1;
            if let Some(text) = line.strip_prefix(mark.as_bytes()) {
                n_marked += 1;
                n_spaced +=
                    usize::from(text.first().is_none_or(|byte| matches!(byte, b' ' | b'\t')));
            }
        }
        n_marked > 0 && n_marked < n && (2 * n_marked <= n || 2 * n_spaced >= n_marked)
    })
}

/// The separator that a first line such as `sep=;` names.
fn separator_line(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?.trim_matches(['"', '\'']);
    let (word, separator) = text.split_once('=')?;
    let is_word = word.trim().eq_ignore_ascii_case("sep");
    // The end of the line was taken off, and a tab with it.
    let separator = if separator.is_empty() {
        "\t"
    } else {
        separator
    };
    let separator = if separator == "\\t" { "\t" } else { separator };
    (is_word && separator.chars().count() == 1).then(|| separator.to_owned())
}

/// Whether a line is the border of a table that was printed: `+----+----+`, `|---|:--|`.
fn is_border(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    matches!(line.first(), Some(b'+' | b'|'))
        && line.windows(2).any(|two| matches!(two, b"--" | b"=="))
        && line
            .iter()
            .all(|byte| matches!(byte, b'+' | b'-' | b'|' | b'=' | b':' | b' '))
}

/// The mark around fields: single quotes where they stand around fields of nearly all lines.
fn quote_of(head: &[u8]) -> u8 {
    let (mut n, mut n_quoted) = (0, 0);
    for (_, line) in lines(head).take(JUDGED) {
        if line.contains(&b'"') {
            return b'"';
        }
        n += 1;
        n_quoted += usize::from(is_quoted(line));
    }
    if n > 1 && 10 * n_quoted >= 9 * (n - 1) && n_quoted > 0 {
        b'\''
    } else {
        b'"'
    }
}

/// Tells whether a line holds fields in single quotes.
fn is_quoted(line: &[u8]) -> bool {
    let opens = (0..line.len()).any(|at| {
        line.get(at) == Some(&b'\'')
            && is_field_border(at.checked_sub(1).and_then(|before| line.get(before)))
    });
    let closes =
        (0..line.len()).any(|at| line.get(at) == Some(&b'\'') && is_field_border(line.get(at + 1)));
    opens && closes && memchr::memchr_iter(b'\'', line).count().is_multiple_of(2)
}

fn is_field_border(byte: Option<&u8>) -> bool {
    byte.is_none_or(|byte| matches!(byte, b',' | b';' | b'\t' | b'|' | b' '))
}

/// How many fields most records have.
fn usual_count(rows: &[u8], separator: &str, quote: u8) -> usize {
    detect::divide(rows, separator, quote).map_or(0, |division| division.n_fields)
}

/// The fields of one line.
fn fields(line: &[u8], separator: &str, quote: u8) -> Option<Vec<String>> {
    let mut splitter = Splitter::new(line, Separator::new(separator)).quoted_by(quote);
    splitter.next_record()?;
    splitter.texts().collect::<Result<_, _>>().ok()
}

/// The outline of a file of Weka: names stand in lines of their own, rows behind `@data`.
fn arff(head: &[u8]) -> Option<Outline> {
    let mut all = lines(head).filter(|(_, line)| !line.starts_with(b"%"));
    all.next()
        .filter(|(_, line)| starts_with_word(line, "@relation"))?;
    let mut names = Vec::new();
    for (start, line) in all {
        if starts_with_word(line, "@attribute") {
            let text = String::from_utf8_lossy(line.get("@attribute".len()..)?)
                .trim()
                .to_owned();
            let name = match text.chars().next()? {
                quote @ ('\'' | '"') => text.get(1..)?.split(quote).next()?.to_owned(),
                _ => text.split_whitespace().next()?.to_owned(),
            };
            names.push(name);
        } else if starts_with_word(line, "@data") {
            let rest = head.get(start..)?;
            let lead = start
                + rest
                    .iter()
                    .position(|&byte| byte == b'\n')
                    .map_or(rest.len(), |end| end + 1);
            let rows = head.get(lead..).unwrap_or_default();
            let separator = if usual_count(rows, ",", b'"') < 2 && usual_count(rows, "\t", b'"') > 1
            {
                "\t"
            } else {
                ","
            };
            return Some(Outline {
                separator: separator.to_owned(),
                quote: quote_of(rows),
                n_fields: names.len(),
                names: Some(names),
                lead,
                comment: Some("%").filter(|_| lines(rows).any(|(_, line)| line.starts_with(b"%"))),
                ..Outline::default()
            });
        }
    }
    None
}

fn starts_with_word(line: &[u8], word: &str) -> bool {
    line.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}
