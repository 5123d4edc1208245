//! The window in Chinese: switched at run time, every page and view of the run that the program
//! carries, without English left but for names.

use std::cell::RefCell;
use std::collections::BTreeSet;

use egui_kittest::kittest::{By, Queryable as _};
use seqscope::app::{Action, ExplainView, Page, Select, ThemeChoice};
use seqscope::language::Language;
use strum::IntoEnumIterator as _;

use crate::window::Screen;

/// Words of Latin letters that stay as they are in Chinese: names of models, metrics, methods, files,
/// keys and people, and what settings are called in a file.
const NAMES: &str = include_str!("window_language_names.txt");

/// Texts of all controls and labels in sight.
fn texts(screen: &Screen) -> BTreeSet<String> {
    let found = RefCell::new(BTreeSet::new());
    let all = By::new().predicate(|node| {
        let texts = [node.label(), node.value()];
        found.borrow_mut().extend(texts.into_iter().flatten());
        false
    });
    assert_eq!(screen.harness.query_all(all).count(), 0);
    found.into_inner()
}

/// Whether a text has English words that are no names.
fn english(text: &str) -> Vec<&str> {
    let names: BTreeSet<&str> = NAMES.split_whitespace().collect();
    // What stands in such quotation marks, a path, a setting or a command, is no word.
    let outside = text.split('‘').enumerate().map(|(at, part)| match at {
        0 => part,
        _ => part.split_once('’').map_or(part, |(_, after)| after),
    });
    outside
        .flat_map(|part| part.split(|c: char| !(c.is_alphanumeric() || "_.@-'’/".contains(c))))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() >= 3)
        .filter(|word| word.is_ascii() && !word.contains(['_', '/', '@', '.']))
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()))
        .filter(|word| !names.contains(word))
        .collect()
}

#[test]
fn every_page_speaks_chinese_once_it_is_switched() {
    let mut screen = Screen::new([1920.0, 1080.0], ThemeChoice::Light);
    assert!(screen.shows("What did users do"));
    let apply = |screen: &mut Screen, action: Action| {
        screen.harness.state_mut().app_mut().apply(action);
        screen.harness.run_steps(4);
    };
    apply(&mut screen, Action::SetLanguage(Language::Chinese));
    assert!(screen.shows("用户做了什么"), "switched while it runs");
    let mut left: BTreeSet<String> = BTreeSet::new();
    let mut look = |screen: &Screen, at: &str| {
        for text in texts(screen) {
            let words = english(&text);
            if !words.is_empty() {
                left.insert(format!("{at}: {text:?} {words:?}"));
            }
        }
    };
    look(&screen, "first start");
    apply(&mut screen, Action::OpenExample);
    screen.until("a user's view", |window| {
        let app = window.app();
        let run = app.selection.run.as_ref();
        let key = run.and_then(|run| app.selection.view_key(run));
        key.is_some_and(|key| app.views.user(&key).ready().is_some())
    });
    for view in ExplainView::iter() {
        apply(&mut screen, Action::Select(Select::View(view)));
        screen.harness.run_steps(8);
        look(&screen, &format!("{view}"));
    }
    for page in Page::iter().filter(|page| *page != Page::Explain) {
        apply(&mut screen, Action::GoTo(page));
        screen.harness.run_steps(8);
        look(&screen, &format!("{page}"));
    }
    let left: Vec<String> = left.into_iter().collect();
    assert!(
        left.is_empty(),
        "{} in English:\n{}",
        left.len(),
        left.join("\n")
    );
    apply(&mut screen, Action::SetLanguage(Language::English));
    assert!(screen.shows("Data"));
}
