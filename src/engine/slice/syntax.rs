//! From the text of an expression to its parts, by recursive descent:
//!
//! ```text
//! any       = all { "or" all }
//! all       = negation { "and" negation }
//! negation  = "not" negation | primary
//! primary   = "(" any ")" | "known" "(" name ")" | term [ comparison ]
//! comparison = sign term | [ "not" ] "in" "(" constant { "," constant } ")" | "contains" text
//! term      = constant | name
//! name      = word | word "(" text ")" | word "@" number | word "." ( word | text )
//! ```

use strum::IntoEnumIterator as _;

use super::ExpressionError;
use super::field::{Follows, SliceField};
use super::token::{CompareSign, Token, TokenKind, tokens};
use seqscope_base::spec::{did_you_mean, quotable};

/// Deepest nesting of brackets and `not`: no person writes more, and the stack has an end.
const MAX_DEPTH: usize = 64;

/// Words that stand between conditions and values.
const KEYWORDS: [&str; 6] = ["and", "or", "not", "in", "contains", "known"];

/// Cure of what no example fits better.
const SUCH: &str = "write a condition such as `length >= 20`";

/// A condition, and from which letter to which it stands, from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clause {
    pub(super) condition: Condition,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Clause>),
    Any(Vec<Clause>),
    Not(Box<Clause>),
    /// A name that is yes or no.
    Holds(Term),
    /// Whether a value is there.
    Known(Term),
    Compare {
        left: Term,
        sign: CompareSign,
        right: Term,
    },
    OneOf {
        left: Term,
        among: Vec<Term>,
    },
    /// Whether a text occurs in another, letters large or small.
    Contains {
        left: Term,
        text: String,
    },
}

/// A value of a comparison, and the letter at which it begins, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) column: usize,
    pub(super) value: TermValue,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TermValue {
    Number(f64),
    Text(String),
    Name(SliceField, Argument),
}

/// What follows a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Nothing,
    /// A behaviour or an item in brackets.
    Bracket(String),
    Places(usize),
    Column(String),
}

/// Reads an expression.
pub(super) fn parsed(text: &str) -> Result<Clause, ExpressionError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        end: text.chars().count(),
    };
    let part = parser.any()?;
    match parser.peek() {
        None => Ok(part),
        Some(token) => Err(left_over(token)),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Letters of the text.
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn kind(&self) -> Option<&TokenKind> {
        self.peek().map(|token| &token.kind)
    }

    /// Letter of the present piece, or behind the last.
    fn column(&self) -> usize {
        self.peek().map_or(self.end, |token| token.start) + 1
    }

    /// Letter behind the piece before the present one.
    fn end_before(&self) -> usize {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(0, |token| token.end)
    }

    /// Goes past a word, if it is there.
    fn took_word(&mut self, wanted: &str) -> bool {
        let is_there = self.is_word(0, wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn is_word(&self, ahead: usize, wanted: &str) -> bool {
        let token = self.tokens.get(self.at + ahead);
        matches!(token.map(|token| &token.kind), Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case(wanted))
    }

    fn took(&mut self, wanted: &TokenKind) -> bool {
        let is_there = self.kind() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    /// Goes one level down; the depth is given back by the caller.
    fn deeper(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(ExpressionError::at(
            self.column(),
            format!("more than {MAX_DEPTH} brackets stand within each other"),
            "leave out those that are not needed",
        ))
    }

    fn any(&mut self) -> Result<Clause, ExpressionError> {
        self.joined("or", Self::all, Condition::Any)
    }

    fn all(&mut self) -> Result<Clause, ExpressionError> {
        self.joined("and", Self::negation, Condition::All)
    }

    /// Conditions with a word between them; a single one stays as it is.
    fn joined(
        &mut self,
        word: &str,
        one: fn(&mut Self) -> Result<Clause, ExpressionError>,
        join: fn(Vec<Clause>) -> Condition,
    ) -> Result<Clause, ExpressionError> {
        let first = one(self)?;
        if !self.is_word(0, word) {
            return Ok(first);
        }
        let start = first.start;
        let mut parts = vec![first];
        while self.took_word(word) {
            parts.push(one(self)?);
        }
        Ok(Clause {
            condition: join(parts),
            start,
            end: self.end_before(),
        })
    }

    fn negation(&mut self) -> Result<Clause, ExpressionError> {
        let start = self.column() - 1;
        if !self.took_word("not") {
            return self.primary();
        }
        self.deeper()?;
        let part = self.negation()?;
        self.depth -= 1;
        Ok(Clause {
            end: part.end,
            condition: Condition::Not(Box::new(part)),
            start,
        })
    }

    fn primary(&mut self) -> Result<Clause, ExpressionError> {
        let start = self.column() - 1;
        if self.took(&TokenKind::Open) {
            self.deeper()?;
            let inside = self.any()?;
            self.depth -= 1;
            self.close(start)?;
            return Ok(Clause {
                start,
                end: self.end_before(),
                ..inside
            });
        }
        let condition = if self.is_word(0, "known") {
            self.known()?
        } else {
            self.comparison()?
        };
        Ok(Clause {
            condition,
            start,
            end: self.end_before(),
        })
    }

    /// The bracket that ends what one at letter `start`, from 0, began.
    fn close(&mut self, start: usize) -> Result<(), ExpressionError> {
        if self.took(&TokenKind::Close) {
            return Ok(());
        }
        match self.peek() {
            Some(token) if !matches!(token.kind, TokenKind::Comma) => Err(left_over(token)),
            _ => Err(ExpressionError::at(
                start + 1,
                "a bracket begins here and has no end",
                "end it with `)`",
            )),
        }
    }

    /// The question whether a value is there, of which the word is the present piece.
    fn known(&mut self) -> Result<Condition, ExpressionError> {
        let column = self.column();
        self.at += 1;
        let is_open = self.took(&TokenKind::Open);
        if is_open && matches!(self.kind(), Some(TokenKind::Word(_))) {
            let term = self.term()?;
            if self.took(&TokenKind::Close) {
                return Ok(Condition::Known(term));
            }
        }
        Err(ExpressionError::at(
            column,
            "`known` asks whether a value is there, and needs a name in brackets",
            "write it like `known(last_gap_days)`",
        ))
    }

    fn comparison(&mut self) -> Result<Condition, ExpressionError> {
        let left = self.term()?;
        if let Some(&TokenKind::Compare(sign)) = self.kind() {
            self.at += 1;
            let right = self.right()?;
            if let Some(TokenKind::Compare(_)) = self.kind() {
                return Err(ExpressionError::at(
                    self.column(),
                    "a comparison has two sides, and here a third begins",
                    "join two by `and`, such as `length >= 5 and length <= 20`",
                ));
            }
            return Ok(Condition::Compare { left, sign, right });
        }
        if self.is_word(0, "not") && self.is_word(1, "in") {
            let start = self.column() - 1;
            self.at += 1;
            let inside = self.one_of(left)?;
            let part = Clause {
                condition: inside,
                start,
                end: self.end_before(),
            };
            return Ok(Condition::Not(Box::new(part)));
        }
        if self.is_word(0, "in") {
            return self.one_of(left);
        }
        if self.took_word("contains") {
            let column = self.column();
            let Some(TokenKind::Text(text)) = self.kind().cloned() else {
                return Err(ExpressionError::at(
                    column,
                    "`contains` needs a text behind it",
                    "write it like `target_title contains \"alien\"`",
                ));
            };
            self.at += 1;
            return Ok(Condition::Contains { left, text });
        }
        Ok(Condition::Holds(left))
    }

    /// The list behind `in`, which is the present word.
    fn one_of(&mut self, left: Term) -> Result<Condition, ExpressionError> {
        self.at += 1;
        let open = self.column();
        if !self.took(&TokenKind::Open) {
            return Err(ExpressionError::at(
                open,
                "`in` needs a list in brackets",
                "write it like `last_behaviour in (\"cart\", \"buy\")`",
            ));
        }
        let mut among = vec![self.constant()?];
        while self.took(&TokenKind::Comma) {
            among.push(self.constant()?);
        }
        self.close(open - 1)?;
        Ok(Condition::OneOf { left, among })
    }

    /// A number or text.
    fn constant(&mut self) -> Result<Term, ExpressionError> {
        let column = self.column();
        let term = match self.kind() {
            Some(TokenKind::Word(_)) => None,
            _ => Some(self.term()?),
        };
        term.ok_or_else(|| {
            ExpressionError::at(
                column,
                "a list holds numbers and texts, and here a word stands",
                "put texts in quotes, such as (\"cart\", \"buy\")",
            )
        })
    }

    /// The right side of a comparison: a word that is no name is meant as a text.
    fn right(&mut self) -> Result<Term, ExpressionError> {
        let column = self.column();
        if let Some(TokenKind::Word(word)) = self.kind()
            && SliceField::of_word(word).is_none()
            && near_name(word).is_none()
        {
            let word = quotable(word);
            return Err(ExpressionError::at(
                column,
                format!("there is no name `{word}`"),
                format!("put a text in quotes: \"{word}\""),
            ));
        }
        self.term()
    }

    fn term(&mut self) -> Result<Term, ExpressionError> {
        let column = self.column();
        let value = match self.kind().cloned() {
            Some(TokenKind::Number(number)) => {
                self.at += 1;
                TermValue::Number(number)
            }
            Some(TokenKind::Minus) => {
                self.at += 1;
                let Some(&TokenKind::Number(number)) = self.kind() else {
                    return Err(ExpressionError::at(
                        column,
                        "a `-` stands before a number only",
                        "names cannot be added or taken away from each other; compare them",
                    ));
                };
                self.at += 1;
                TermValue::Number(-number)
            }
            Some(TokenKind::Text(text)) => {
                self.at += 1;
                TermValue::Text(text)
            }
            Some(TokenKind::Word(word)) => self.name(&word)?,
            Some(_) => {
                return Err(ExpressionError::at(
                    column,
                    "a condition is expected here",
                    SUCH,
                ));
            }
            None => {
                return Err(ExpressionError::at(
                    column,
                    "the expression ends before its last condition does",
                    SUCH,
                ));
            }
        };
        Ok(Term { column, value })
    }

    /// A name, of which the word is the present piece, with what follows it.
    fn name(&mut self, word: &str) -> Result<TermValue, ExpressionError> {
        let column = self.column();
        let Some(field) = SliceField::of_word(word) else {
            return Err(unknown(word, column));
        };
        self.at += 1;
        if field == SliceField::User && self.kind() == Some(&TokenKind::Dot) {
            return Err(self.meant_users(column));
        }
        let (argument, needs) = match field.follows() {
            Follows::Nothing => (Some(Argument::Nothing), ""),
            Follows::Bracket => (self.bracket(), "a text in brackets"),
            Follows::Places => (self.places(), "`@` and a whole number from 1"),
            Follows::Column => (self.column_name(), "`.` and the name of a column"),
        };
        match argument {
            Some(argument) => Ok(TermValue::Name(field, argument)),
            None => Err(ExpressionError::at(
                column,
                format!("`{}` needs {needs} behind it", field.word()),
                format!("write it like `{}`", field.example()),
            )),
        }
    }

    /// Fault of a column of the table of users that is written behind the name of the id.
    fn meant_users(&self, column: usize) -> ExpressionError {
        let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
        let cure = match next {
            Some(TokenKind::Word(name)) => format!("did you mean `users.{}`?", quotable(name)),
            _ => format!("write it like `{}`", SliceField::Users.example()),
        };
        let what = "`user` is the id of a user, and no column follows it";
        ExpressionError::at(column, what, cure)
    }

    fn bracket(&mut self) -> Option<Argument> {
        let is_open = self.took(&TokenKind::Open);
        let Some(TokenKind::Text(text)) = self.kind().filter(|_| is_open).cloned() else {
            return None;
        };
        self.at += 1;
        self.took(&TokenKind::Close)
            .then_some(Argument::Bracket(text))
    }

    fn places(&mut self) -> Option<Argument> {
        let is_at = self.took(&TokenKind::At);
        let Some(&TokenKind::Number(k)) = self.kind().filter(|_| is_at) else {
            return None;
        };
        self.at += 1;
        let is_place = (1.0..=1e9).contains(&k) && k.fract() == 0.0;
        is_place.then_some(Argument::Places(k as usize))
    }

    fn column_name(&mut self) -> Option<Argument> {
        let is_dot = self.took(&TokenKind::Dot);
        let (TokenKind::Word(name) | TokenKind::Text(name)) =
            self.kind().filter(|_| is_dot).cloned()?
        else {
            return None;
        };
        self.at += 1;
        Some(Argument::Column(name))
    }
}

/// Fault of a piece behind a whole condition.
fn left_over(token: &Token) -> ExpressionError {
    let column = token.start + 1;
    match &token.kind {
        TokenKind::Close => ExpressionError::at(
            column,
            "a bracket ends here that did not begin",
            "leave it out",
        ),
        TokenKind::Word(word) if SliceField::of_word(word).is_none() => {
            let near = did_you_mean(&word.to_lowercase(), KEYWORDS);
            let cure = near.map_or_else(
                || "join two conditions by `and` or `or`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let what = format!("`{}` does not go on from what is before", quotable(word));
            ExpressionError::at(column, what, cure)
        }
        _ => ExpressionError::at(
            column,
            "this does not go on from what is before",
            "join two conditions by `and` or `or`",
        ),
    }
}

/// The name that is most like a word.
fn near_name(word: &str) -> Option<String> {
    did_you_mean(
        &word.to_lowercase(),
        SliceField::iter().map(SliceField::word),
    )
}

fn unknown(word: &str, column: usize) -> ExpressionError {
    let small = word.to_lowercase();
    if KEYWORDS.contains(&small.as_str()) {
        let what = format!("`{small}` stands where a condition is expected");
        return ExpressionError::at(column, what, SUCH);
    }
    let cure = match near_name(word) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`seqscope describe slice` lists the names".to_owned(),
    };
    ExpressionError::at(column, format!("there is no `{}`", quotable(word)), cure)
}

/// Names and words that go on from what is typed before letter `cursor`, from 0, in the order of
/// the names: for a field that completes them.
pub(super) fn completions(text: &str, cursor: usize) -> Vec<String> {
    let begun = begun_word(text, cursor).to_lowercase();
    if begun.is_empty() {
        return Vec::new();
    }
    let names = SliceField::iter().map(SliceField::typed);
    let words = KEYWORDS.iter().map(|word| (*word).to_owned());
    names
        .chain(words)
        .filter(|name| name.starts_with(&begun) && *name != begun)
        .collect()
}

/// The word that ends at a letter; empty in a text and behind a sign.
pub(super) fn begun_word(text: &str, cursor: usize) -> String {
    let before: Vec<char> = text.chars().take(cursor).collect();
    let (mut quote, mut word) = (None, String::new());
    let mut is_column = false;
    for letter in before {
        match quote {
            Some(open) => {
                if letter == open {
                    quote = None;
                }
            }
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                word.clear();
            }
            None if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            None => {
                word.clear();
                is_column = letter == '.';
            }
        }
    }
    if quote.is_some() || is_column || word.starts_with(|c: char| c.is_ascii_digit()) {
        return String::new();
    }
    word
}
