//! The language in which this frame is painted.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::LazyLock;

use seqscope_base::language::{Language, Phrasebook};

/// Sentences in Chinese, in gettext's form.
const CHINESE_FILE: &str = include_str!("../../../assets/language/zh.po");

/// The Chinese sentences; an empty book where the file cannot be read, which a test forbids.
static CHINESE: LazyLock<Phrasebook> =
    LazyLock::new(|| Phrasebook::parse(CHINESE_FILE).unwrap_or_default());

/// Sentences whose translations are remembered: many times as many as a page shows, so that only
/// numbers that change are looked up anew.
const REMEMBERED: usize = 4096;

thread_local! {
    /// Painting happens on one thread; a window of another language, as in tests, is on another.
    static CURRENT: Cell<Language> = const { Cell::new(Language::English) };
    static SAID: RefCell<HashMap<String, String>> = RefCell::new(HashMap::new());
}

/// From here on this thread paints in `language`.
pub(super) fn speak(language: Language) {
    if CURRENT.replace(language) != language {
        SAID.with_borrow_mut(HashMap::clear);
    }
}

/// The language of this frame, for what keeps translated words from one frame to the next.
pub(crate) fn spoken() -> Language {
    CURRENT.get()
}

/// A text of the program in the language of this frame. Names, ids and titles of the data do not pass
/// through here: one may look like a sentence of the program.
pub(crate) fn tr(text: impl Into<String>) -> String {
    let english = text.into();
    let book = match CURRENT.get() {
        Language::English => return with_quotes(english),
        Language::Chinese => &CHINESE,
    };
    SAID.with_borrow_mut(|said| {
        if let Some(known) = said.get(&english) {
            return known.clone();
        }
        if said.len() >= REMEMBERED {
            said.clear();
        }
        let translation = with_quotes(book.translation(&english).into_owned());
        said.insert(english, translation.clone());
        translation
    })
}

/// The text with quotation marks where a terminal has backticks.
fn with_quotes(text: String) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // Marks that do not pair are no marks.
    if pieces.len() == 1 || pieces.len().is_multiple_of(2) {
        return text;
    }
    let (first, rest) = pieces.split_at(1);
    let mut quoted = first.concat();
    for (at, piece) in rest.iter().enumerate() {
        quoted.push(if at.is_multiple_of(2) { '‘' } else { '’' });
        quoted.push_str(piece);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_chinese_sentences_can_be_read() {
        let book = Phrasebook::parse(CHINESE_FILE).unwrap();
        assert!(book.len() > 3000, "{}", book.len());
    }

    #[test]
    fn what_a_terminal_has_between_backticks_is_quoted() {
        let said = [
            "train with `split: GlobalTemporal`",
            "`a` and `b`, ``",
            "one ` alone",
        ];
        let painted = [
            "train with ‘split: GlobalTemporal’",
            "‘a’ and ‘b’, ‘’",
            "one ` alone",
        ];
        assert_eq!(said.map(tr), painted);
    }

    #[test]
    fn what_was_said_is_forgotten_with_the_language() {
        assert_eq!(tr("Start training"), "Start training");
        for _ in 0..2 {
            speak(Language::Chinese);
            assert_eq!(tr("Start training"), "开始训练");
            assert_eq!(tr("Start training"), "开始训练");
            speak(Language::English);
            assert_eq!(tr("Start training"), "Start training");
        }
        speak(Language::Chinese);
        for n in 0..2 * REMEMBERED {
            assert_eq!(tr(format!("Epoch {n}")), format!("第 {n} 轮"));
        }
    }
}
