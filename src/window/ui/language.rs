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

/// A text of the program in the language of this frame. Names, ids and titles of the data do not pass
/// through here: one may look like a sentence of the program.
pub(crate) fn tr(text: impl Into<String>) -> String {
    let english = text.into();
    let book = match CURRENT.get() {
        Language::English => return english,
        Language::Chinese => &CHINESE,
    };
    SAID.with_borrow_mut(|said| {
        if let Some(known) = said.get(&english) {
            return known.clone();
        }
        if said.len() >= REMEMBERED {
            said.clear();
        }
        let translation = book.translation(&english).into_owned();
        said.insert(english, translation.clone());
        translation
    })
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
