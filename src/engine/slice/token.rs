//! Words, numbers, texts and signs of an expression.

use super::ExpressionError;
use seqscope_base::spec::quotable;

/// Longest expression, in letters: a person writes none, and a list of ids belongs in a slice.
const MAX_LETTERS: usize = 20_000;

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name or a word such as `and`.
    Word(String),
    /// A number without a sign.
    Number(f64),
    /// A text that stood in quotes.
    Text(String),
    /// A comparison.
    Compare(CompareSign),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `.` before a column's name.
    Dot,
    /// `@` before a number of places.
    At,
    /// `-` before a number.
    Minus,
}

/// Comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompareSign {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl CompareSign {
    /// Whether it asks which of two is the larger.
    pub(super) fn is_of_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }
}

/// A piece with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// First letter of it, from 0.
    pub(super) start: usize,
    /// Letter after its last.
    pub(super) end: usize,
}

/// The pieces of an expression.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() > MAX_LETTERS {
        return Err(ExpressionError::at(
            MAX_LETTERS,
            format!("an expression has at most {MAX_LETTERS} letters, and this has more"),
            "keep a list of ids as a slice of users in place of writing it out",
        ));
    }
    let mut reader = Reader { letters, at: 0 };
    let mut found = Vec::new();
    while let Some(letter) = reader.peek(0) {
        let start = reader.at;
        if letter.is_whitespace() {
            reader.at += 1;
            continue;
        }
        let kind = reader.token(letter)?;
        found.push(Token {
            kind,
            start,
            end: reader.at,
        });
    }
    Ok(found)
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    /// Letters from the present one on, as long as they are such.
    fn take_while(&mut self, is_such: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(&is_such) {
            self.at += 1;
        }
        self.letters
            .get(start..self.at)
            .unwrap_or(&[])
            .iter()
            .collect()
    }

    fn token(&mut self, letter: char) -> Result<TokenKind, ExpressionError> {
        if letter.is_alphabetic() || letter == '_' {
            return Ok(TokenKind::Word(
                self.take_while(|c| c.is_alphanumeric() || c == '_'),
            ));
        }
        let is_decimal = letter == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit());
        if letter.is_ascii_digit() || is_decimal {
            return self.number();
        }
        if letter == '"' || letter == '\'' {
            return self.text(letter);
        }
        self.sign(letter)
    }

    fn sign(&mut self, letter: char) -> Result<TokenKind, ExpressionError> {
        use CompareSign::{AtLeast, AtMost, Equal, Less, More, Unequal};
        let next = self.peek(1);
        let (kind, len) = match (letter, next) {
            ('=', Some('=')) => (TokenKind::Compare(Equal), 2),
            ('=', _) => (TokenKind::Compare(Equal), 1),
            ('!', Some('=')) | ('<', Some('>')) => (TokenKind::Compare(Unequal), 2),
            ('≠', _) => (TokenKind::Compare(Unequal), 1),
            ('<', Some('=')) => (TokenKind::Compare(AtMost), 2),
            ('≤', _) => (TokenKind::Compare(AtMost), 1),
            ('<', _) => (TokenKind::Compare(Less), 1),
            ('>', Some('=')) => (TokenKind::Compare(AtLeast), 2),
            ('≥', _) => (TokenKind::Compare(AtLeast), 1),
            ('>', _) => (TokenKind::Compare(More), 1),
            ('(', _) => (TokenKind::Open, 1),
            (')', _) => (TokenKind::Close, 1),
            (',', _) => (TokenKind::Comma, 1),
            ('.', _) => (TokenKind::Dot, 1),
            ('@', _) => (TokenKind::At, 1),
            ('-' | '−', _) => (TokenKind::Minus, 1),
            _ => {
                let cure = match letter {
                    '&' => "join two conditions by `and`",
                    '|' => "join two conditions by `or`",
                    '!' => "write `not` before a condition",
                    _ => "write a condition such as `length >= 20`",
                };
                return Err(ExpressionError::at(
                    self.at + 1,
                    format!(
                        "`{}` is no sign of an expression",
                        quotable(&letter.to_string())
                    ),
                    cure,
                ));
            }
        };
        self.at += len;
        Ok(kind)
    }

    fn number(&mut self) -> Result<TokenKind, ExpressionError> {
        let start = self.at;
        let mut text = self.take_while(|c| c.is_ascii_digit() || c == '.');
        if self.peek(0).is_some_and(|c| c == 'e' || c == 'E') {
            let sign = self.peek(1).is_some_and(|c| c == '-' || c == '+');
            if self
                .peek(1 + usize::from(sign))
                .is_some_and(|c| c.is_ascii_digit())
            {
                text.push('e');
                text.extend(self.peek(1).filter(|_| sign));
                self.at += 1 + usize::from(sign);
                text.push_str(&self.take_while(|c| c.is_ascii_digit()));
            }
        }
        let more = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let number = text.parse::<f64>().ok();
        match number.filter(|number| number.is_finite() && more.is_empty()) {
            Some(number) => Ok(TokenKind::Number(number)),
            None => Err(ExpressionError::at(
                start + 1,
                format!("`{}` is no number", quotable(&(text + &more))),
                "write it like 20, 0.5 or 1e6, and put texts in quotes",
            )),
        }
    }

    /// A text up to the same quote; `\` takes the letter after it as it is.
    fn text(&mut self, quote: char) -> Result<TokenKind, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(letter) = self.peek(0) {
            self.at += 1;
            if letter == quote {
                return Ok(TokenKind::Text(text));
            }
            if letter == '\\' {
                let Some(next) = self.peek(0) else { break };
                self.at += 1;
                text.push(next);
            } else {
                text.push(letter);
            }
        }
        Err(ExpressionError::at(
            start + 1,
            "a text begins here and has no end",
            format!("end it with `{quote}`"),
        ))
    }
}
