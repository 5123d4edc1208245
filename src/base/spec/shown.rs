//! Foreign text as it may be shown: an id or a title comes from a file, and a terminal obeys what
//! stands in it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Whether a terminal or a window would obey the character, or hide it, instead of showing it:
/// control characters (C0, delete and C1, so a bell and the beginnings of escape sequences), line
/// and paragraph separators, what turns the direction of writing, and what has no width. The
/// joiners of Persian, Hindi and emoji are text.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// The text in one line, in which whatever would be obeyed stands as `\u001b`: as in JSON, so that
/// one writing is right in both.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, is_obeyed)
}

/// Does what [`shown`] does, but lines stay lines and tabs stay tabs.
#[must_use]
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| !matches!(c, '\n' | '\t') && is_obeyed(c))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            // Writing to a text cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A stream to people, on which nothing foreign is obeyed, whoever forgot to ask.
pub struct ShownStream<'a> {
    inner: &'a mut dyn Write,
    /// The beginning of a character whose end is still to come.
    cut: Vec<u8>,
}

impl<'a> ShownStream<'a> {
    /// Writes to `inner`.
    pub fn new(inner: &'a mut dyn Write) -> Self {
        Self {
            inner,
            cut: Vec::new(),
        }
    }
}

impl Write for ShownStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        for chunk in all.utf8_chunks() {
            self.inner
                .write_all(shown_lines(chunk.valid()).as_bytes())?;
            let is_last = chunk.invalid().as_ptr_range().end == all.as_ptr_range().end;
            if is_last && may_go_on(chunk.invalid()) {
                self.cut = chunk.invalid().to_vec();
            } else if !chunk.invalid().is_empty() {
                self.inner.write_all("\u{FFFD}".as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Whether bytes that are no character may be the beginning of one.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_is_shown_and_all_else_stays() {
        assert_eq!(shown("ding\u{7}"), r"ding\u0007");
        assert_eq!(shown("\u{1b}[31mred\u{9b}0m"), r"\u001b[31mred\u009b0m");
        assert_eq!(shown("a\tb\r\nc\u{7f}"), r"a\u0009b\u000d\u000ac\u007f");
        assert_eq!(shown("exe\u{202e}gpj\u{2066}"), r"exe\u202egpj\u2066");
        assert_eq!(
            shown("\u{feff}a\u{200b}b\u{2028}c"),
            r"\ufeffa\u200bb\u2028c"
        );
        for text in [
            "",
            "Heat (1995)",
            "霸王别姬 🎬👨‍👩‍👧",
            "می‌خواهم",
            r"C:\u0041",
            "naïve",
        ] {
            assert!(
                matches!(shown(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
        assert_eq!(shown_lines("a\n\tb\u{8}"), "a\n\tb\\u0008");
    }

    #[test]
    fn a_stream_shows_the_same_however_it_is_cut() {
        let text = "film 霸王\u{1b}[2J\u{9b}31m\u{202e}é\n";
        let expected = "film 霸王\\u001b[2J\\u009b31m\\u202eé\n";
        for size in 1..=text.len() {
            let mut out = Vec::new();
            let mut stream = ShownStream::new(&mut out);
            text.as_bytes()
                .chunks(size)
                .for_each(|part| stream.write_all(part).unwrap());
            assert_eq!(
                String::from_utf8(out).unwrap(),
                expected,
                "{size} bytes at a time"
            );
        }
        let mut out = Vec::new();
        ShownStream::new(&mut out).write_all(b"a\xffb\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\u{fffd}b\n");
    }

    #[test]
    fn json_stays_json_with_the_same_meaning() {
        let value = serde_json::json!({ "item": "a\u{7}\u{7f}\u{9b}31m\u{202e}b\n\"\\" });
        let mut out = Vec::new();
        writeln!(ShownStream::new(&mut out), "{value}").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.trim_end().chars().all(|c| !is_obeyed(c)), "{text:?}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
