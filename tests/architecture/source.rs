//! Reading the tree: parsed files, their tokens, their paths.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// A source file: path with `/` from the repository's root, its text, and what it says.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) file: syn::File,
}

impl Source {
    /// A file as a rule is shown it.
    pub(crate) fn planted(path: &str, text: &str) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{path}: {e}\n{text}"));
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            file,
        }
    }

    /// Name of the crate: `base`, `data`, …, and `seqscope` for the two files at the root.
    pub(crate) fn krate(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside
            .split_once('/')
            .map_or("seqscope", |(krate, _)| krate)
    }

    /// Module of the crate: `src/engine/run/mod.rs` → `run`; empty for the crate's root.
    pub(crate) fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let (_, inside) = inside.split_once('/').unwrap_or(("", inside));
        let first = inside.split('/').next().unwrap_or(inside);
        match first.strip_suffix(".rs").unwrap_or(first) {
            "lib" | "main" => "",
            module => module,
        }
    }

    /// How many modules the file lies below its crate's root.
    fn depth(&self) -> usize {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let parts = inside.split('/').skip(1);
        parts
            .map(|part| part.strip_suffix(".rs").unwrap_or(part))
            .filter(|part| !["mod", "lib", "main"].contains(part))
            .count()
    }

    /// What the file holds beside its tests.
    pub(crate) fn items(&self) -> impl Iterator<Item = &syn::Item> {
        let items = self.file.items.iter();
        items.filter(|item| !is_test(attributes(item)))
    }

    /// The first line that holds these words one after another, whatever is between them but words.
    pub(crate) fn line_of(&self, words: &[&str]) -> usize {
        let holds = |line: &str| {
            let mut rest = line;
            words.iter().all(|word| {
                let found = rest.find(word);
                rest = found.map_or("", |at| &rest[at + word.len()..]);
                found.is_some()
            })
        };
        let code = |line: &str| !line.trim_start().starts_with("//");
        let lines = self.text.lines();
        lines
            .enumerate()
            .find(|(_, line)| code(line) && holds(line))
            .map_or(1, |(at, _)| at + 1)
    }

    /// The line at which a module of the own crate is imported, as far as that is told by its text.
    pub(crate) fn line_of_import(&self, module: &str) -> usize {
        let ways = [format!("crate::{module}"), format!("super::{module}")];
        let lines = ways.iter().map(|way| self.line_of(&[way]));
        // Where no line holds it, the first is named.
        lines
            .filter(|line| *line > 1)
            .min()
            .unwrap_or_else(|| self.line_of(&[module]))
    }

    /// Tokens of all that is compiled, tests too.
    pub(crate) fn tokens(&self) -> Vec<String> {
        flat(self.file.to_token_stream())
    }

    /// Tokens without those of test modules.
    pub(crate) fn tokens_without_tests(&self) -> Vec<String> {
        self.items()
            .flat_map(|item| flat(item.to_token_stream()))
            .collect()
    }

    /// Every path that the file names from its crate's root on, through `crate::` or enough
    /// `super::`.
    pub(crate) fn paths_of_own_crate(&self) -> Vec<Vec<String>> {
        let depth = self.depth();
        paths(&self.tokens())
            .into_iter()
            .filter_map(|path| {
                let climbs = path.iter().take_while(|part| *part == "super").count();
                let rest = if path.first().is_some_and(|part| part == "crate") {
                    path.get(1..)
                } else if climbs > 0 && climbs >= depth {
                    path.get(climbs..)
                } else {
                    None
                };
                rest.map(<[String]>::to_vec)
            })
            .filter(|rest| !rest.is_empty())
            .collect()
    }
}

/// Attributes of an item that may be a test.
fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item is compiled for tests only.
pub(crate) fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .meta
                    .to_token_stream()
                    .to_string()
                    .contains("test"))
    })
}

/// The stream without groups: brackets are tokens, literals are left out, `::` is one.
pub(crate) fn flat(stream: TokenStream) -> Vec<String> {
    let mut tokens = Vec::new();
    push_flat(stream, &mut tokens);
    let mut joined: Vec<String> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match joined.last_mut() {
            Some(last) if token == ":" && last == ":" => "::".clone_into(last),
            _ => joined.push(token),
        }
    }
    joined
}

fn push_flat(stream: TokenStream, tokens: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(word) => tokens.push(word.to_string()),
            TokenTree::Punct(sign) => tokens.push(sign.as_char().to_string()),
            TokenTree::Literal(_) => tokens.push("\"\"".to_owned()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(open.to_owned());
                push_flat(group.stream(), tokens);
                tokens.push(close.to_owned());
            }
        }
    }
}

/// Every `a::b::c` of the tokens, groups written out: `a::{b, c::d}` gives `a::b` and `a::c::d`.
pub(crate) fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // A name after `.` is a method or a field; a leading `::` names a crate like no `::` does.
        if is_word(&tokens[at]) && (at == 0 || tokens[at - 1] != ".") {
            at = path_from(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

fn path_from(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(at).filter(|token| is_word(token)) {
        path.push(token.clone());
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            break;
        }
        at += 1;
        if tokens.get(at).is_some_and(|token| token == "{") {
            return group_from(tokens, at + 1, &path, found);
        }
    }
    // A lone word is a path only in `use word;`; elsewhere it is a variable, a type or a keyword.
    let is_used = prefix.is_empty() && path.len() == 1 && {
        let before = at.checked_sub(2).and_then(|i| tokens.get(i));
        before.is_some_and(|token| ["use", "crate"].contains(&token.as_str()))
    };
    if path.len() > 1 || is_used {
        found.push(path);
    }
    at
}

fn group_from(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "}" => return at + 1,
            word if is_word(word) => at = path_from(tokens, at, prefix, found).max(at + 1),
            _ => at += 1,
        }
    }
    at
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file under `src`, parsed.
pub(crate) fn sources() -> Vec<Source> {
    let files = rust_files("src");
    assert!(files.len() > 20, "found only {} source files", files.len());
    files
        .into_iter()
        .map(|(path, text)| Source::planted(&path, &text))
        .collect()
}

/// Path and text of every Rust file under a folder.
pub(crate) fn rust_files(under: &str) -> Vec<(String, String)> {
    let mut folders = vec![root().join(under)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push((slashed(&path), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn slashed(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap();
    let parts = inside.components();
    let parts: Vec<_> = parts.map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// What a rule says of all files.
pub(crate) fn check_all(rule: fn(&Source) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(rule).collect()
}

/// Fails with one line for each complaint.
#[track_caller]
pub(crate) fn assert_clean(complaints: &[String]) {
    let listed = complaints.iter().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    });
    assert!(complaints.is_empty(), "{listed}");
}
