//! A sentence in which what is quoted of a log stands apart from its words.
//!
//! A quote may be an id, in whatever column it stands. So that it can be left out without reading
//! the sentence again, it is kept as what it is; the text is made when it is shown.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{quotable, quotable_reason};

/// Mark that stands for an example that was left out.
const LEFT_OUT: &str = "…";

/// Words in the place of a sentence of which nobody knows what it quotes.
const OF_OLDER_FILE: &str = "(left out: an older version wrote it, and it may quote the log)";

/// A sentence, or a part of one, with its examples.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    parts: Vec<SentencePart>,
}

/// A part of a [`Sentence`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SentencePart {
    /// Words of the program.
    Words(Cow<'static, str>),
    /// Text that stands in a log: a cell, an id, a line, or what another program said of them.
    Example(String),
    /// Words that are said with the examples among them, or not at all.
    Aside {
        /// Parts with examples.
        parts: Vec<SentencePart>,
        /// Words in their place where examples are left out; may be empty.
        otherwise: Cow<'static, str>,
    },
}

impl Sentence {
    /// A sentence without words so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds words of the program.
    #[must_use]
    pub fn words(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(SentencePart::Words(words.into()));
        self
    }

    /// Adds a text of the log, as [`quotable`] shows it.
    #[must_use]
    pub fn example(mut self, text: &str) -> Self {
        self.parts.push(SentencePart::Example(quotable(text)));
        self
    }

    /// Adds a text of the log as it stands.
    #[must_use]
    pub fn raw_example(mut self, text: String) -> Self {
        self.parts.push(SentencePart::Example(text));
        self
    }

    /// Adds what another program said of the log, which may quote it, as [`quotable_reason`] shows
    /// it.
    #[must_use]
    pub fn foreign(mut self, text: &str) -> Self {
        self.parts
            .push(SentencePart::Example(quotable_reason(text)));
        self
    }

    /// Adds texts of the log, each between backticks.
    #[must_use]
    pub fn examples<'a>(mut self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for (at, text) in texts.into_iter().enumerate() {
            let before = if at == 0 { "`" } else { ", `" };
            self = self.words(before).example(text).words("`");
        }
        self
    }

    /// Adds a part that is left out along with its examples.
    #[must_use]
    pub fn aside(self, part: Self) -> Self {
        if part.parts.is_empty() {
            self
        } else {
            self.aside_or(part, "")
        }
    }

    /// Adds a part that gives way to other words where examples are left out.
    #[must_use]
    pub fn aside_or(mut self, part: Self, otherwise: impl Into<Cow<'static, str>>) -> Self {
        self.parts.push(SentencePart::Aside {
            parts: part.parts,
            otherwise: otherwise.into(),
        });
        self
    }

    /// Adds another part with its examples.
    #[must_use]
    pub fn then(mut self, part: Self) -> Self {
        self.parts.extend(part.parts);
        self
    }

    /// Sentence as an older version kept it: one text, of which any piece may be an example.
    fn of_older_file(text: String) -> Self {
        Self::new().aside_or(Self::from(text), OF_OLDER_FILE)
    }

    /// Whether anything in it is of the log.
    #[must_use]
    pub fn has_examples(&self) -> bool {
        self.parts
            .iter()
            .any(|part| !matches!(part, SentencePart::Words(_)))
    }

    /// The sentence without its examples.
    #[must_use]
    pub fn without_examples(&self) -> Self {
        let parts = self.parts.iter().map(|part| match part {
            SentencePart::Words(words) => words.clone(),
            SentencePart::Example(_) => LEFT_OUT.into(),
            SentencePart::Aside { otherwise, .. } => otherwise.clone(),
        });
        Self {
            parts: parts.map(SentencePart::Words).collect(),
        }
    }

    /// Parts to be kept beside the text.
    #[must_use]
    pub fn kept_parts(&self) -> KeptParts {
        let parts = self.has_examples().then(|| self.parts.clone());
        KeptParts(Some(parts.unwrap_or_default()))
    }

    /// Sentence that was kept as a text with [`Sentence::kept_parts`] beside it; an older file has
    /// only the text.
    #[must_use]
    pub fn from_kept(text: String, KeptParts(parts): KeptParts) -> Self {
        match parts {
            None => Self::of_older_file(text),
            Some(parts) if parts.is_empty() => Self::from(text),
            Some(parts) => Self { parts },
        }
    }
}

/// Parts of a sentence beside its text, in a file: empty where it quotes nothing, absent in older
/// files.
#[derive(Clone, Debug, Default)]
pub struct KeptParts(Option<Vec<SentencePart>>);

impl KeptParts {
    /// Parts of a sentence that quotes nothing.
    #[must_use]
    pub fn without_examples() -> Self {
        Self(Some(Vec::new()))
    }

    /// Whether they are not in the file.
    #[must_use]
    pub fn are_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl Serialize for KeptParts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_deref().unwrap_or_default().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Some(Vec::deserialize(deserializer)?)))
    }
}

impl From<String> for Sentence {
    fn from(words: String) -> Self {
        Self::new().words(words)
    }
}

impl From<&str> for Sentence {
    fn from(words: &str) -> Self {
        Self::from(words.to_owned())
    }
}

/// The whole text, examples included.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| part.fmt(f))
    }
}

impl fmt::Display for SentencePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Example(text) => f.write_str(text),
            Self::Aside { parts, .. } => parts.iter().try_for_each(|part| part.fmt(f)),
        }
    }
}

/// Sentences are equal when they read alike: one of an older file has the text alone.
impl PartialEq for Sentence {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts || self.to_string() == other.to_string()
    }
}

impl Eq for Sentence {}

impl PartialEq<str> for Sentence {
    fn eq(&self, other: &str) -> bool {
        rest_after(&self.parts, other).is_some_and(str::is_empty)
    }
}

/// What follows some parts in a text that begins with them.
fn rest_after<'a>(parts: &[SentencePart], text: &'a str) -> Option<&'a str> {
    parts.iter().try_fold(text, |rest, part| match part {
        SentencePart::Words(words) => rest.strip_prefix(words.as_ref()),
        SentencePart::Example(text) => rest.strip_prefix(text.as_str()),
        SentencePart::Aside { parts, .. } => rest_after(parts, rest),
    })
}

impl PartialEq<&str> for Sentence {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of a log that look like what a sentence is made of.
    const ODD: [&str; 9] = [
        "Alice",
        "",
        "`",
        "Ali`ce",
        "a (the first: b`).",
        " (the first: ",
        "Al\nice",
        "(`…`)",
        "warning: Alice",
    ];

    fn refused(cell: &str) -> Sentence {
        let reason = Sentence::new()
            .words("has the time `")
            .example(cell)
            .words("`, which is none");
        let first = Sentence::new()
            .words(" (the first: line 3 ")
            .then(reason)
            .words(")");
        Sentence::from("1 of 9 rows could not be read")
            .aside(first)
            .words(".")
    }

    #[test]
    fn a_sentence_is_its_parts_in_a_row() {
        assert_eq!(
            refused("x").to_string(),
            "1 of 9 rows could not be read (the first: line 3 has the time `x`, which is none)."
        );
        let such = Sentence::from("holds ").aside_or(
            Sentence::from("such as ").examples(["a", "b"]),
            "other words",
        );
        assert_eq!(such.to_string(), "holds such as `a`, `b`");
        assert!(such == "holds such as `a`, `b`" && such != "holds such as `a`");
        assert!(such != "holds such as `a`, `b`.");
        assert_eq!(such.without_examples().to_string(), "holds other words");
    }

    #[test]
    fn what_is_left_of_a_sentence_does_not_depend_on_its_examples() {
        for text in ODD {
            assert_eq!(
                refused(text).without_examples().to_string(),
                "1 of 9 rows could not be read."
            );
            let quoted = Sentence::from("has the time `").example(text).words("`");
            assert_eq!(quoted.without_examples().to_string(), "has the time `…`");
            let foreign = Sentence::from("it cannot be parsed (").foreign(text);
            assert_eq!(
                foreign.without_examples().to_string(),
                "it cannot be parsed (…"
            );
            for sentence in [refused(text), quoted, foreign] {
                assert!(sentence.has_examples() && !sentence.without_examples().has_examples());
            }
        }
    }

    #[test]
    fn a_sentence_that_was_kept_is_the_same_and_still_hides_its_examples() {
        let plain = Sentence::from("nothing is quoted.");
        for sentence in ODD.map(refused).into_iter().chain([plain]) {
            let kept = serde_json::to_string(&sentence.kept_parts()).unwrap();
            let parts = serde_json::from_str(&kept).unwrap();
            let again = Sentence::from_kept(sentence.to_string(), parts);
            assert_eq!(again.to_string(), sentence.to_string());
            assert_eq!(again.without_examples(), sentence.without_examples());
        }
        // Nobody knows what in it is of the log.
        let old = Sentence::from_kept("has the time `Alice`".to_owned(), KeptParts::default());
        assert_eq!(old, "has the time `Alice`");
        assert_eq!(old.without_examples(), OF_OLDER_FILE);
    }
}
