//! How a line reads: one thing has one name, parameters have names, and docs begin with a noun or a
//! verb.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use crate::source::{Source, assert_clean, check_all, is_test, sources};

/// Names that every command, module or list has one of, told apart by where they stand.
const COMMON_NAMES: [&str; 3] = ["Args", "Error", "Kind"];

/// Beginnings after which a reader still waits for the thing.
const WEAK_BEGINNINGS: [&str; 4] = ["Of", "That of", "Those of", "The same"];

#[test]
fn parameters_are_no_nameless_tuples() {
    assert_clean(&check_all(nameless_tuples));
}

#[test]
fn docs_begin_with_a_noun_or_a_verb() {
    assert_clean(&check_all(weak_docs));
}

#[test]
fn a_type_that_leaves_its_file_has_a_name_of_its_own() {
    assert_clean(&names_used_twice(&sources()));
}

/// Functions, methods and closures' types are looked at; traits of others decide theirs themselves.
struct Signatures<'a> {
    file: &'a Source,
    complaints: Vec<String>,
    is_foreign: bool,
}

impl Signatures<'_> {
    fn look_at(&mut self, signature: &syn::Signature) {
        if self.is_foreign {
            return;
        }
        for input in &signature.inputs {
            let syn::FnArg::Typed(input) = input else {
                continue;
            };
            if is_tuple(&input.ty) {
                self.complaints.push(format!(
                    "{}:{}: `{}` takes a nameless tuple; give it two parameters, or a struct with names",
                    self.file.path,
                    self.file.line_of(&["fn ", &signature.ident.to_string()]),
                    signature.ident
                ));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Signatures<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.is_foreign = item.trait_.is_some();
        visit::visit_item_impl(self, item);
        self.is_foreign = false;
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.look_at(signature);
        visit::visit_signature(self, signature);
    }
}

/// `(A, B)` and references to it; `()` is none.
fn is_tuple(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Tuple(tuple) => tuple.elems.len() > 1,
        syn::Type::Reference(reference) => is_tuple(&reference.elem),
        syn::Type::Paren(paren) => is_tuple(&paren.elem),
        _ => false,
    }
}

fn nameless_tuples(file: &Source) -> Vec<String> {
    if file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let mut signatures = Signatures {
        file,
        complaints: Vec::new(),
        is_foreign: false,
    };
    file.items().for_each(|item| signatures.visit_item(item));
    signatures.complaints
}

fn weak_docs(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut is_inside = false;
    for (at, line) in file.text.lines().enumerate() {
        let line = line.trim_start();
        let doc = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        let Some(doc) = doc.map(str::trim_start) else {
            is_inside = false;
            continue;
        };
        let begins = !is_inside;
        is_inside = true;
        let begins_with = |weak: &&&str| {
            let rest = doc.strip_prefix(**weak);
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        let weak = WEAK_BEGINNINGS.iter().find(begins_with);
        if let (true, Some(weak)) = (begins, weak) {
            complaints.push(format!(
                "{}:{}: a doc that begins with `{}`; begin with the thing or with what is done",
                file.path,
                at + 1,
                weak
            ));
        }
    }
    complaints
}

/// Where a type is defined.
struct Definition {
    path: String,
    line: usize,
    is_private: bool,
}

fn names_used_twice(files: &[Source]) -> Vec<String> {
    let mut named: BTreeMap<(String, String), Vec<Definition>> = BTreeMap::new();
    for file in files
        .iter()
        .filter(|file| !file.path.ends_with("/tests.rs"))
    {
        for item in file.items() {
            let (word, name, visibility) = match item {
                syn::Item::Struct(item) => ("struct ", &item.ident, &item.vis),
                syn::Item::Enum(item) => ("enum ", &item.ident, &item.vis),
                syn::Item::Trait(item) => ("trait ", &item.ident, &item.vis),
                syn::Item::Type(item) => ("type ", &item.ident, &item.vis),
                _ => continue,
            };
            let key = (file.krate().to_owned(), name.to_string());
            named.entry(key).or_default().push(Definition {
                path: file.path.clone(),
                line: file.line_of(&[word, &name.to_string()]),
                is_private: matches!(visibility, syn::Visibility::Inherited),
            });
        }
    }
    let mut complaints = Vec::new();
    for ((_, name), places) in named {
        let leaves = places.iter().any(|place| !place.is_private);
        if places.len() < 2 || !leaves || COMMON_NAMES.contains(&name.as_str()) {
            continue;
        }
        if let [first, others @ ..] = &places[..] {
            complaints.extend(others.iter().map(|other| {
                format!(
                    "{}:{}: `{name}` is also a type in {}:{}; give one of them a name of its own",
                    other.path, other.line, first.path, first.line
                )
            }));
        }
    }
    complaints
}

// ---------------------------------------------------------------------------------------------
// Each rule can fail
// ---------------------------------------------------------------------------------------------

#[test]
fn a_planted_tuple_parameter_is_seen() {
    for text in [
        "fn f((a, b): (u8, u8)) {}",
        "fn f(pair: (u8, u8)) {}",
        "fn f(pair: &(u8, u8)) {}",
        "struct S; impl S { fn f(&self, (a, b): (u8, u8)) {} }",
        "trait T { fn f(&self, pair: (u8, u8)); }",
    ] {
        let told = nameless_tuples(&Source::planted("src/data/a.rs", text));
        assert!(
            told.len() == 1 && told[0].starts_with("src/data/a.rs:1: `f`"),
            "{text}: {told:?}"
        );
    }
    for text in [
        "fn f(a: u8, b: u8) -> (u8, u8) { (a, b) }",
        "fn f(pairs: &[(u8, u8)], g: impl Fn((u8, u8))) {}",
        "struct S; impl Other for S { fn f(&self, pair: (u8, u8)) {} }",
        "#[cfg(test)]\nmod tests { fn f(pair: (u8, u8)) {} }",
    ] {
        let told = nameless_tuples(&Source::planted("src/data/a.rs", text));
        assert!(told.is_empty(), "{text}: {told:?}");
    }
}

#[test]
fn a_planted_weak_doc_is_seen() {
    for text in [
        "/// Of each user.\nstruct A;",
        "//! The same, sorted.",
        "struct A {\n    /// That of the last.\n    b: u8,\n}",
    ] {
        let told = weak_docs(&Source::planted("src/data/a.rs", text));
        assert_eq!(told.len(), 1, "{text}");
    }
    for text in [
        "/// Rank of each user.\nstruct A;",
        "/// Ranks\n/// Of each user.\nstruct A;",
        "/// Offsets of rows.\nstruct A;",
        "// Of each user.\nstruct A;",
    ] {
        let told = weak_docs(&Source::planted("src/data/a.rs", text));
        assert!(told.is_empty(), "{text}: {told:?}");
    }
}

#[test]
fn a_planted_second_name_is_seen() {
    let two = |first: &str, second: &str| {
        let files = [
            Source::planted("src/data/a.rs", first),
            Source::planted("src/data/b.rs", second),
        ];
        names_used_twice(&files)
    };
    let told = two("pub struct Step;", "enum Step {}");
    assert!(
        told.len() == 1
            && told[0].starts_with("src/data/b.rs:1: `Step` is also a type in src/data/a.rs:1"),
        "{told:?}"
    );
    assert!(
        two("struct Step;", "struct Step;").is_empty(),
        "neither leaves its file"
    );
    assert!(
        two("pub struct Args;", "pub struct Args;").is_empty(),
        "a common name"
    );
    assert!(
        two(
            "pub struct Step;",
            "#[cfg(test)]\nmod tests { pub struct Step; }"
        )
        .is_empty()
    );
    let elsewhere = [
        Source::planted("src/data/a.rs", "pub struct Step;"),
        Source::planted("src/model/b.rs", "pub struct Step;"),
    ];
    assert!(names_used_twice(&elsewhere).is_empty(), "another crate");
}
