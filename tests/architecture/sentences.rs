//! Sentences of the window: each has its Chinese.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::ToTokens as _;

use crate::source::{Source, assert_clean, root, sources};

/// Files whose sentences are said while there is no window yet.
const BEFORE_THE_WINDOW: [&str; 1] = ["src/window/ui/run.rs"];

#[test]
fn every_sentence_of_the_window_has_its_chinese() {
    let path = root().join("assets/language/zh.po");
    let known = known_sentences(&std::fs::read_to_string(path).unwrap());
    assert!(known.len() > 3000, "{}", known.len());
    let files = sources();
    let complaints = files.iter().flat_map(|file| without_chinese(file, &known));
    assert_clean(&complaints.collect::<Vec<_>>());
}

/// Sentences of a file in gettext's form, as templates; `{1:words}` is a hole like `{1}`.
fn known_sentences(file: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut sentence: Option<String> = None;
    for line in file.lines() {
        let quoted = match (line.strip_prefix("msgid "), &sentence) {
            (Some(quoted), _) => {
                sentence = Some(String::new());
                Some(quoted)
            }
            (None, Some(_)) if line.starts_with('"') => Some(line),
            _ => None,
        };
        match (quoted, sentence.as_mut()) {
            (Some(quoted), Some(sentence)) => {
                let text: syn::LitStr = syn::parse_str(quoted.trim()).unwrap();
                sentence.push_str(&text.value());
            }
            _ => known.extend(sentence.take()),
        }
    }
    known.extend(sentence);
    known
        .iter()
        .map(|text| text.replace(":words}", "}"))
        .collect()
}

/// Complaints about texts of the window that read as sentences, or that are translated where they
/// stand, and have no translation.
fn without_chinese(file: &Source, known: &BTreeSet<String>) -> Vec<String> {
    let is_said = file.krate() == "window"
        && !file.path.ends_with("/tests.rs")
        && !BEFORE_THE_WINDOW.contains(&file.path.as_str());
    if !is_said {
        return Vec::new();
    }
    let mut texts = Vec::new();
    for item in file.items() {
        read(item.to_token_stream(), false, &mut texts);
    }
    let unknown = texts
        .into_iter()
        .filter(|text| !known.contains(&template(text)));
    unknown
        .map(|text| {
            // A long text goes on in the next line.
            let beginning: String = text.chars().take(16).collect();
            let line = file.line_of(&[&beginning]);
            let path = &file.path;
            format!(
                "{path}:{line}: {text:?} has no Chinese; give it an entry in assets/language/zh.po"
            )
        })
        .collect()
}

/// Texts of a stream that people may read. Of attributes only names of variants are read.
fn read(stream: TokenStream, is_translated: bool, texts: &mut Vec<String>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let before = |steps: usize| {
            let tree = at.checked_sub(steps).and_then(|at| trees.get(at));
            tree.map(ToString::to_string).unwrap_or_default()
        };
        match tree {
            TokenTree::Group(group) => {
                let inside = group.stream();
                let is_attribute = before(1) == "#";
                if !is_attribute || inside.to_string().starts_with("strum (") {
                    let is_format = before(1) == "!" && before(2) == "format";
                    let of_tr = before(1) == "tr" || is_format && is_translated && at == 2;
                    read(inside, of_tr, texts);
                }
            }
            TokenTree::Literal(literal) => {
                let is_first = at == 0;
                texts.extend(read_by_people(literal, is_translated && is_first));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The text of a literal that reads as a sentence: words, the first with a capital.
fn read_by_people(literal: &Literal, is_translated: bool) -> Option<String> {
    let text: syn::LitStr = syn::parse_str(&literal.to_string()).ok()?;
    let text = text.value();
    let words = outside_holes(&text);
    // What has Chinese in it already needs none.
    let is_english = text
        .chars()
        .all(|c| !('\u{3000}'..='\u{9fff}').contains(&c));
    let has_word = words
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| word.len() > 2);
    let is_sentence =
        words.trim().contains(' ') && text.starts_with(|c: char| c.is_ascii_uppercase());
    (is_english && has_word && (is_translated || is_sentence)).then_some(text)
}

/// Parts of a format: text, and what stands between braces.
fn parts(format: &str) -> Vec<(bool, String)> {
    let mut parts: Vec<(bool, String)> = Vec::new();
    let mut rest = format;
    while !rest.is_empty() {
        let doubled = ["{{", "}}"].into_iter().find(|sign| rest.starts_with(sign));
        let hole = rest.strip_prefix('{').and_then(|rest| rest.find('}'));
        let (is_hole, len) = match (doubled, hole) {
            (Some(_), _) => (false, 2),
            (None, Some(end)) => (true, end + 2),
            (None, None) => (false, rest.chars().next().map_or(1, char::len_utf8)),
        };
        let (part, after) = rest.split_at(len);
        match parts.last_mut() {
            Some((was_hole, last)) if *was_hole == is_hole => last.push_str(part),
            _ => parts.push((is_hole, part.to_owned())),
        }
        rest = after;
    }
    parts
}

fn outside_holes(format: &str) -> String {
    let parts = parts(format).into_iter();
    let texts = parts.map(|(is_hole, part)| if is_hole { "7".to_owned() } else { part });
    texts.collect()
}

/// A format with its holes numbered, as a file of sentences has it; two side by side are one.
fn template(format: &str) -> String {
    let mut n_holes = 0;
    let mut number = |(is_hole, part): (bool, String)| {
        if !is_hole {
            return part;
        }
        n_holes += 1;
        format!("{{{n_holes}}}")
    };
    parts(format).into_iter().map(&mut number).collect()
}

#[test]
fn a_planted_sentence_without_chinese_is_seen() {
    let known = known_sentences(
        "msgid \"\"\nmsgstr \"\"\n\"Language: zh_CN\\n\"\n\nmsgid \"\"\n\"{1} of \"\n\"{2:words}\"\nmsgstr \"{2:words} 中的 {1}\"\n\nmsgid \"Train now\"\nmsgstr \"训练\"\n",
    );
    let told = |text: &str| {
        let file = Source::planted("src/window/ui/page/a.rs", text);
        without_chinese(&file, &known)
    };
    for text in [
        "fn f() { ui.label(tr(\"train\")); }",
        "fn f() { tr(format!(\"{n} items in {m:.2}\")); }",
        "const WHY: &str = \"It is not to be.\";",
        "enum E { #[strum(to_string = \"How sure\")] A }",
        "fn f() -> String { format!(\"Choose {what} first\") }",
    ] {
        let told = told(text);
        assert!(
            told.len() == 1 && told[0].starts_with("src/window/ui/page/a.rs:1: "),
            "{text}: {told:?}"
        );
    }
    for text in [
        "fn f() { ui.label(tr(\"Train now\")); tr(format!(\"{a} of {}\", b.c())); tr(\"%\"); }",
        "/// Words of a doc.\n#[expect(dead_code, reason = \"Not to be said\")]\nfn f() {}",
        "const ID: &str = \"panel of runs\";",
        "const BOTH: &str = \"Language / 语言\";",
        "#[cfg(test)]\nmod tests { const WHY: &str = \"It is not to be.\"; }",
    ] {
        assert!(told(text).is_empty(), "{text}: {:?}", told(text));
    }
    let elsewhere = Source::planted("src/engine/a.rs", "const A: &str = \"Not to be\";");
    assert!(without_chinese(&elsewhere, &known).is_empty());
}
