//! A text read from left to right: digits, words, marks.

use super::words;

/// Rest of a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

/// A run of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits<'a> {
    pub(super) text: &'a str,
    pub(super) value: i64,
}

impl Digits<'_> {
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes a mark if it is next.
    pub(super) fn eat(&mut self, mark: char) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the first of these that is next.
    pub(super) fn eat_any<'b>(&mut self, marks: &[&'b str]) -> Option<&'b str> {
        let found = marks.iter().find(|mark| self.rest.starts_with(**mark))?;
        self.rest = self.rest.get(found.len()..)?;
        Some(found)
    }

    /// Passes over all that `holds`; whether there was any.
    pub(super) fn skip(&mut self, holds: impl FnMut(char) -> bool) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start_matches(holds);
        self.rest.len() < before
    }

    /// Passes over blanks, narrow ones too, which newer programs write before `PM`.
    pub(super) fn skip_blanks(&mut self) -> bool {
        self.skip(char::is_whitespace)
    }

    /// Takes a run of at most so many digits; none when there are more.
    pub(super) fn digits(&mut self, most: usize) -> Option<Digits<'a>> {
        let n = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if n == 0 || n > most {
            return None;
        }
        let (text, rest) = self.rest.split_at_checked(n)?;
        let value = text.parse().ok()?;
        self.rest = rest;
        Some(Digits { text, value })
    }

    /// Takes a run of letters.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        let end = self
            .rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    /// Takes a word that `means` something, and the dot behind it.
    pub(super) fn word_that<T>(&mut self, means: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut after = *self;
        let found = means(after.word()?)?;
        after.eat('.');
        *self = after;
        Some(found)
    }

    /// Passes over blanks, commas and words that mean nothing, days of the week among them.
    pub(super) fn skip_between(&mut self) {
        loop {
            let before = self.rest.len();
            self.skip(|c| c.is_whitespace() || matches!(c, ',' | '、'));
            self.word_that(|word| {
                let is_day = words::is_weekday(word) && words::month(word).is_none();
                (words::is_filler(word) || is_day).then_some(())
            });
            let mut inside = *self;
            if inside.eat('(')
                && inside
                    .word_that(|word| words::is_weekday(word).then_some(()))
                    .is_some()
                && inside.eat(')')
            {
                *self = inside;
            }
            if self.rest.len() == before {
                return;
            }
        }
    }
}
