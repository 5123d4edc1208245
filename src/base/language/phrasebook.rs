//! Sentences in English and what they are in another language.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::template::{Template, TemplateError};

/// How many characters of a template's beginning or end it is looked up by.
const KEY: usize = 3;

/// What stands between two sentences.
const FULL_STOP: &str = ". ";

/// The sentences of the program in another language, found by what they are in English.
///
/// The program makes its sentences in English, wherever they arise: a run keeps them on disk, the
/// command line prints them. A window in another language looks each up as it is shown. So one run
/// is read in any language, and a sentence stands in the source where it is made.
#[derive(Debug, Default)]
pub struct Phrasebook {
    /// Those without holes.
    whole: HashMap<String, String>,
    /// Those with holes.
    open: Vec<Phrase>,
    /// Places in `open`, by how their English begins.
    by_start: HashMap<String, Vec<usize>>,
    /// Places in `open`, by how their English ends, where it begins with a hole.
    by_end: HashMap<String, Vec<usize>>,
    /// Places in `open` whose English begins and ends too shortly to be looked up.
    others: Vec<usize>,
}

#[derive(Debug)]
struct Phrase {
    english: Template,
    translation: Template,
}

/// What is wrong with a file of sentences.
#[derive(Debug, thiserror::Error)]
pub enum PhrasebookError {
    /// A text that is no template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A sentence and its translation do not have the same holes.
    #[error("`{english}`: its translation `{translation}` has other holes")]
    Holes {
        /// The sentence in English.
        english: String,
        /// Its translation.
        translation: String,
    },
    /// The file is not in gettext's form.
    #[error("no file of sentences: {0}")]
    File(String),
    /// A sentence that stands there twice.
    #[error("`{english}` stands there twice")]
    Twice {
        /// The sentence in English.
        english: String,
    },
}

impl Phrasebook {
    /// Makes a phrasebook of pairs of a sentence and its translation, each written as a template.
    ///
    /// # Errors
    /// The first pair that cannot be used.
    pub fn of_pairs<'p>(
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, PhrasebookError> {
        let mut book = Self::default();
        let mut seen = HashSet::new();
        for (english, translation) in pairs {
            if !seen.insert(english) {
                return Err(PhrasebookError::Twice {
                    english: english.to_owned(),
                });
            }
            book.add(english, translation)?;
        }
        // The more of a template stands fast, the better it says what a text is.
        let open = &book.open;
        let lists = book.by_start.values_mut().chain(book.by_end.values_mut());
        for places in lists.chain([&mut book.others]) {
            places.sort_by_key(|at| Reverse(open.get(*at).map(|phrase| phrase.english.fixed())));
        }
        Ok(book)
    }

    /// Reads a file in gettext's form (`.po`): `msgid` is the sentence in English, `msgstr` its
    /// translation. A sentence whose translation is empty is left out.
    ///
    /// # Errors
    /// A file that cannot be read, and the first pair that cannot be used.
    pub fn parse(file: &str) -> Result<Self, PhrasebookError> {
        let catalog = polib::po_file::parse_from_reader(file.as_bytes())
            .map_err(|error| PhrasebookError::File(error.to_string()))?;
        let pairs = catalog.messages().filter_map(|message| {
            let translation = message.msgstr().ok().filter(|text| !text.is_empty())?;
            Some((message.msgid(), translation))
        });
        Self::of_pairs(pairs)
    }

    /// Number of sentences.
    #[must_use]
    pub fn len(&self) -> usize {
        self.whole.len() + self.open.len()
    }

    /// Whether there is no sentence.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn add(&mut self, english: &str, translation: &str) -> Result<(), PhrasebookError> {
        let phrase = Phrase {
            english: Template::parse(english)?,
            translation: Template::parse(translation)?,
        };
        let holes: BTreeSet<usize> = phrase.english.holes().collect();
        if phrase.translation.holes().collect::<BTreeSet<_>>() != holes
            || !holes.iter().copied().eq(1..=holes.len())
        {
            return Err(PhrasebookError::Holes {
                english: english.to_owned(),
                translation: translation.to_owned(),
            });
        }
        if let (Some(english), Some(translation)) =
            (phrase.english.whole(), phrase.translation.whole())
        {
            self.whole.insert(english, translation);
            return Ok(());
        }
        let at = self.open.len();
        let places = if let Some(start) = beginning(phrase.english.start()) {
            self.by_start.entry(start.to_owned()).or_default()
        } else if let Some(end) = ending(phrase.english.end()) {
            self.by_end.entry(end.to_owned()).or_default()
        } else {
            &mut self.others
        };
        places.push(at);
        self.open.push(phrase);
        Ok(())
    }

    /// The translation of a text that the program has made in English; the text itself where there
    /// is none.
    ///
    /// Of several templates that fit, the one with the most characters of its own is meant. A text of
    /// several lines or sentences that is no sentence of the book as a whole is translated part by
    /// part.
    #[must_use]
    pub fn translation<'t>(&self, english: &'t str) -> Cow<'t, str> {
        // What stands in a hole may hold a full stop, such as `Mr. Smith`; but where each sentence is
        // known by itself, two sentences are meant.
        self.by_sentences(english)
            .or_else(|| self.found(english))
            .map_or_else(|| self.by_parts(english), Cow::Owned)
    }

    /// The translations of two sentences or more, where each of them is known.
    fn by_sentences(&self, english: &str) -> Option<String> {
        if !english.contains(FULL_STOP) || self.whole.contains_key(english) {
            return None;
        }
        let mut text = String::new();
        for part in english.split_inclusive(FULL_STOP) {
            let sentence = part.strip_suffix(' ').unwrap_or(part);
            let is_between = sentence.len() < part.len();
            let translation = self.found(sentence)?;
            text.push_str(&translation);
            // A Chinese full stop carries its own space.
            if is_between && !translation.ends_with('。') {
                text.push(' ');
            }
        }
        Some(text)
    }

    /// Whether there is a translation of this text as a whole.
    #[must_use]
    pub fn has(&self, english: &str) -> bool {
        self.found(english).is_some()
    }

    fn found(&self, english: &str) -> Option<String> {
        if let Some(translation) = self.whole.get(english) {
            return Some(translation.clone());
        }
        let (_, phrase, fillings) = self
            .candidates(english)
            .filter_map(|phrase| {
                let fillings = phrase.english.fillings(english)?;
                Some((phrase.english.fixed(), phrase, fillings))
            })
            .max_by_key(|(fixed, _, _)| *fixed)?;
        let by_number: HashMap<usize, &str> = phrase.english.holes().zip(fillings).collect();
        Some(phrase.translation.filled(
            |number| by_number.get(&number).copied(),
            |words| self.translation(words).into_owned(),
        ))
    }

    /// The templates that may fit: of each list the first that does is its best.
    fn candidates(&self, english: &str) -> impl Iterator<Item = &Phrase> {
        let by_start = beginning(english).and_then(|start| self.by_start.get(start));
        let by_end = ending(english).and_then(|end| self.by_end.get(end));
        [by_start, by_end, Some(&self.others)]
            .into_iter()
            .flatten()
            .filter_map(|places| {
                places
                    .iter()
                    .filter_map(|at| self.open.get(*at))
                    .find(|phrase| phrase.english.fillings(english).is_some())
            })
    }

    fn by_parts<'t>(&self, english: &'t str) -> Cow<'t, str> {
        for between in ["\n", FULL_STOP, "; ", ": "] {
            let mut parts = english.split_inclusive(between).peekable();
            let mut text = String::new();
            let mut is_changed = false;
            while let Some(part) = parts.next() {
                let (words, after) = match between {
                    // The full stop belongs to its sentence.
                    ". " => part
                        .strip_suffix(' ')
                        .map_or((part, ""), |words| (words, " ")),
                    _ => part
                        .strip_suffix(between)
                        .map_or((part, ""), |words| (words, between)),
                };
                if after.is_empty() && parts.peek().is_none() && words.len() == english.len() {
                    break;
                }
                let translation = self.translation(words);
                is_changed |= matches!(translation, Cow::Owned(_));
                text.push_str(&translation);
                // A Chinese full stop carries its own space.
                if !(after == " " && translation.ends_with('。')) {
                    text.push_str(after);
                }
            }
            if is_changed {
                return Cow::Owned(text);
            }
        }
        Cow::Borrowed(english)
    }
}

/// The first characters of a text, by which templates are looked up, where it has so many.
fn beginning(text: &str) -> Option<&str> {
    let (end, character) = text.char_indices().nth(KEY - 1)?;
    text.get(..end + character.len_utf8())
}

/// The last characters of a text, by which templates are looked up, where it has so many.
fn ending(text: &str) -> Option<&str> {
    let (start, _) = text.char_indices().nth_back(KEY - 1)?;
    text.get(start..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Phrasebook {
        Phrasebook::of_pairs([
            ("Train", "训练"),
            ("train", "训练"),
            ("{1} user", "{1} 位用户"),
            ("{1} users", "{1} 位用户"),
            ("{1} of {2}", "{2} 中的 {1:words}"),
            ("Nothing is known of `{1}`.", "对 `{1}` 一无所知。"),
            ("Open {1}", "打开{1:words}"),
            ("Open the run {1}", "打开运行 {1}"),
            ("{1}: {2}", "{1:words}：{2}"),
        ])
        .unwrap()
    }

    #[test]
    fn a_sentence_is_found_whatever_stands_in_it() {
        let book = book();
        for (english, chinese) in [
            ("Train", "训练"),
            ("1 user", "1 位用户"),
            ("3 users of 5 users", "3 users of 5 位用户"),
            ("Open Train", "打开训练"),
            ("Open the run Train", "打开运行 Train"),
            ("Nothing is known of `Train`.", "对 `Train` 一无所知。"),
            ("Train: Train", "训练：Train"),
            ("Nothing is known of `a`. Train", "对 `a` 一无所知。训练"),
            ("Train\nTrain", "训练\n训练"),
            ("Strained", "Strained"),
            ("", ""),
            ("…", "…"),
            ("电影", "电影"),
        ] {
            assert_eq!(book.translation(english), chinese, "{english}");
        }
    }

    #[test]
    fn a_pair_that_cannot_be_used_is_told() {
        let error = |pairs: &[(&str, &str)]| {
            Phrasebook::of_pairs(pairs.iter().copied())
                .unwrap_err()
                .to_string()
        };
        assert!(error(&[("{1} users", "用户")]).contains("other holes"));
        assert!(error(&[("{2} users", "{2} 用户")]).contains("other holes"));
        assert!(error(&[("Train", "训练"), ("Train", "练")]).contains("twice"));
        assert!(error(&[("{n}", "{n}")]).contains("a hole is written"));
    }
}
