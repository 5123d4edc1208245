//! Objects that are nearly JSON, written as JSON: Python's dictionaries, NaN and infinity, commas
//! before a closing bracket, names without quotes, and the wrappers of the shell of `MongoDB`.

use std::iter::Peekable;
use std::str::Chars;

/// Result of making a text strict JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Strict {
    pub(super) text: String,
    /// Whether it was written as Python writes dictionaries.
    pub(super) is_python: bool,
}

/// A text as JSON; `None` where it is neither that nor near it. Whether it is JSON now is for a
/// parser to say.
pub(super) fn strict(text: &str) -> Option<Strict> {
    let mut writer = Writer {
        letters: text.chars().peekable(),
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        is_python: false,
    };
    while let Some(letter) = writer.letters.next() {
        writer.take(letter)?;
    }
    writer.open.is_empty().then_some(Strict {
        text: writer.out,
        is_python: writer.is_python,
    })
}

struct Writer<'a> {
    letters: Peekable<Chars<'a>>,
    out: String,
    /// Closing brackets that are still to come; `None` for those of a wrapper, which are left out.
    open: Vec<Option<char>>,
    is_python: bool,
}

impl Writer<'_> {
    fn take(&mut self, letter: char) -> Option<()> {
        match letter {
            '"' => self.string('"')?,
            '\'' => {
                self.is_python = true;
                self.string('\'')?;
            }
            '{' => self.opens('{', '}'),
            '[' => self.opens('[', ']'),
            '(' => {
                self.is_python = true;
                self.opens('[', ']');
            }
            '}' | ']' | ')' => {
                if let Some(closing) = self.open.pop()? {
                    let is_pair = closing == letter || (letter == ')' && closing == ']');
                    self.out.push(is_pair.then_some(closing)?);
                }
            }
            ',' => {
                while self.letters.next_if(|next| next.is_whitespace()).is_some() {}
                let closes = matches!(self.letters.peek(), Some('}' | ']' | ')'));
                if !closes || self.out.ends_with([',', '{', '[']) {
                    self.out.push(',');
                }
            }
            letter if letter.is_alphabetic() || letter == '_' || letter == '$' => {
                self.word(letter)?;
            }
            letter => self.out.push(letter),
        }
        Some(())
    }

    fn opens(&mut self, opening: char, closing: char) {
        self.out.push(opening);
        self.open.push(Some(closing));
    }

    fn word(&mut self, first: char) -> Option<()> {
        let mut word = String::from(first);
        while let Some(letter) = self
            .letters
            .next_if(|next| next.is_alphanumeric() || matches!(next, '_' | '$'))
        {
            word.push(letter);
        }
        if matches!(word.as_str(), "u" | "U" | "b" | "r")
            && let Some(quote) = self.letters.next_if(|next| matches!(next, '"' | '\''))
        {
            self.is_python = true;
            return self.string(quote);
        }
        if self.out.ends_with(|last: char| last.is_ascii_digit()) {
            // An exponent, or the mark of a long number in Python 2.
            if word == "L" {
                self.is_python = true;
            } else {
                self.out.push_str(&word);
            }
            return Some(());
        }
        while self.letters.next_if(|next| next.is_whitespace()).is_some() {}
        match (word.as_str(), self.letters.peek()) {
            (_, Some(':')) => self.out.push_str(&format!("\"{word}\"")),
            (
                "ObjectId" | "ISODate" | "NumberLong" | "NumberInt" | "NumberDecimal" | "Decimal"
                | "UUID",
                Some('('),
            ) => {
                self.letters.next();
                self.open.push(None);
            }
            ("true" | "false" | "null", _) => self.out.push_str(&word),
            ("True" | "False" | "None", _) => {
                self.is_python = true;
                self.out.push_str(match word.as_str() {
                    "True" => "true",
                    "False" => "false",
                    _ => "null",
                });
            }
            ("NaN" | "nan" | "Infinity" | "inf" | "undefined", _) => {
                if self.out.ends_with(['-', '+']) {
                    self.out.pop();
                }
                self.out.push_str("null");
            }
            _ => return None,
        }
        Some(())
    }

    /// A string whose opening quote was taken.
    fn string(&mut self, quote: char) -> Option<()> {
        self.out.push('"');
        loop {
            match self.letters.next()? {
                letter if letter == quote => break,
                '"' => self.out.push_str("\\\""),
                '\\' => self.escaped()?,
                letter if u32::from(letter) < 0x20 => {
                    self.out.push_str(&format!("\\u{:04x}", u32::from(letter)));
                }
                letter => self.out.push(letter),
            }
        }
        self.out.push('"');
        Some(())
    }

    fn escaped(&mut self) -> Option<()> {
        match self.letters.next()? {
            letter @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                self.out.push('\\');
                self.out.push(letter);
            }
            '\'' => self.out.push('\''),
            'x' => {
                let digits: String = self.letters.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).ok()?;
                self.out.push_str(&format!("\\u00{digits}"));
            }
            'U' => {
                let digits: String = self.letters.by_ref().take(8).collect();
                self.out
                    .push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (String, bool) {
        let Strict { text, is_python } = strict(text).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        (value.to_string(), is_python)
    }

    #[test]
    fn what_is_nearly_json_becomes_json() {
        for (text, expected, is_python) in [
            (
                r#"{"a": NaN, "b": -Infinity, "c": 1.5e-3}"#,
                r#"{"a":null,"b":null,"c":0.0015}"#,
                false,
            ),
            (
                r#"{"a": [1, 2,], "b": {},}"#,
                r#"{"a":[1,2],"b":{}}"#,
                false,
            ),
            (
                r#"{u'a': u'it"s', 'b': "it's", 'c': None, 'd': (1, True)}"#,
                r#"{"a":"it\"s","b":"it's","c":null,"d":[1,true]}"#,
                true,
            ),
            (
                r"{'a': 'caf\xe9 \u00e9 \'x\'', 'n': 5L}",
                "{\"a\":\"café é 'x'\",\"n\":5}",
                true,
            ),
            (
                r#"{_id: ObjectId("5f"), n: NumberLong(7), at: ISODate("2024-01-31T13:30:05Z")}"#,
                r#"{"_id":"5f","at":"2024-01-31T13:30:05Z","n":7}"#,
                false,
            ),
            (
                r#"{"a": "NaN, None", "b": 1}"#,
                r#"{"a":"NaN, None","b":1}"#,
                false,
            ),
        ] {
            assert_eq!(written(text), (expected.to_owned(), is_python), "{text}");
        }
    }

    #[test]
    fn what_is_broken_stays_broken() {
        let is_json = |text: &str| {
            strict(text).is_some_and(|strict| {
                serde_json::from_str::<serde_json::Value>(&strict.text).is_ok()
            })
        };
        for text in [
            r#"{"a":1,,}"#,
            r#"{"a":"#,
            "{'a': 'b}",
            "{a b}",
            "{'a': datetime.now()}",
            "{]",
            r#"{"a":,}"#,
            "}",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }
}
