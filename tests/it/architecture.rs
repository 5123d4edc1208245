//! The architecture page's rules, checked on the source text: who imports whom, where the heavy
//! crates live, how long a file may be, and what stands at the top of the repository.
//!
//! Each rule is a function from text to complaints, so that the tests below can also show it a
//! planted violation: a guard that cannot fail guards nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Modules in the order of the import table. A module may import those of a smaller rank.
const RANKS: [(&str, u32); 15] = [
    ("spec", 0),
    ("metric", 1),
    ("baseline", 2),
    ("data", 2),
    ("model", 3),
    ("experiment", 4),
    ("run", 5),
    ("train", 6),
    ("explain", 7),
    ("error", 8),
    ("bench", 9),
    ("app", 10),
    ("cli", 10),
    ("ui", 11),
    ("main", 12),
];

/// Crates (by the start of their names) and the modules that may name them.
const HOMES: [(&str, &[&str]); 23] = [
    ("polars", &["data"]),
    ("rusqlite", &["data"]),
    ("rayon", &["baseline", "bench", "data", "model", "run"]),
    ("gemm", &["baseline", "model"]),
    ("pulp", &["model"]),
    ("hashbrown", &["data"]),
    ("memchr", &["data"]),
    ("bytemuck", &["data"]),
    ("dirs", &["data"]),
    ("blake3", &["data"]),
    ("zeroize", &["data"]),
    ("burn", &["model"]),
    ("cubecl", &["model"]),
    ("ron", &["experiment", "run"]),
    ("egui", &["ui"]),
    ("eframe", &["ui"]),
    ("egui_plot", &["ui"]),
    ("egui_extras", &["ui"]),
    ("rfd", &["ui"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
    ("signal_hook", &["cli"]),
];

/// Files outside `app` that may start threads, each with its reason.
const THREAD_ALLOWANCES: [(&str, &str); 0] = [];

/// What `experiment` must not take from the modules to its left: it knows their settings only.
const NOT_FOR_EXPERIMENT: [&str; 9] = [
    "prepare",
    "preview",
    "Prepared",
    "Dataset",
    "Sequences",
    "Histories",
    "Trainable",
    "OpenDevice",
    "open_device",
];

/// Longest file, its test module not counted.
const MAX_LINES: usize = 600;

/// Everything visible at the top of the repository.
const TOP_LEVEL: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "assets",
    "experiments",
    "src",
    "tests",
];

// ---------------------------------------------------------------------------------------------
// The rules on the real tree
// ---------------------------------------------------------------------------------------------

#[test]
fn modules_import_leftwards_only() {
    assert_clean(&check_all(imports));
}

#[test]
fn heavy_crates_stay_at_home() {
    assert_clean(&check_all(heavy_crates));
}

#[test]
fn threads_start_in_one_place() {
    assert_clean(&check_all(threads));
}

#[test]
fn experiment_takes_only_settings() {
    assert_clean(&check_all(experiment_takes));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    assert_clean(&check_all(shape_of_file));
}

#[test]
fn pages_only_read_the_application() {
    assert_clean(&check_all(pages_that_write));
}

#[test]
fn no_source_file_can_panic_by_choice() {
    assert_clean(&check_all(panics));
}

#[test]
fn every_module_of_the_tree_has_a_rank() {
    let ranked: BTreeMap<&str, u32> = RANKS.into_iter().collect();
    let unranked: Vec<String> = sources()
        .iter()
        .map(|file| file.module().to_owned())
        .filter(|module| module != "lib" && !ranked.contains_key(module.as_str()))
        .collect();
    assert!(
        unranked.is_empty(),
        "give these modules a place in the import table: {unranked:?}"
    );
}

#[test]
fn the_top_of_the_repository_is_the_agreed_list() {
    let unexpected: Vec<String> = top_level()
        .into_iter()
        .filter(|n| !TOP_LEVEL.contains(&n.as_str()))
        .collect();
    assert!(
        unexpected.is_empty(),
        "not on the agreed list: {unexpected:?}"
    );
}

#[test]
fn a_panic_unwinds_in_release_builds_too() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("panic = \"abort\""),
        "a panic in training must become a failed run"
    );
}

#[test]
fn the_architecture_page_names_every_module() {
    let page = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for (module, _) in RANKS.iter().filter(|(m, _)| *m != "main") {
        assert!(
            page.contains(&format!("[`{module}`]")),
            "src/lib.rs does not say what `{module}` is for"
        );
    }
}

#[test]
fn tests_that_the_architecture_page_names_exist() {
    let page = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let everything: String = rust_files("tests")
        .into_iter()
        .chain(rust_files("src"))
        .map(|file| file.text)
        .collect::<Vec<_>>()
        .concat();
    let named = tests_named(&page);
    assert!(
        named.len() >= 12,
        "each of the twelve invariants names its test, found {named:?}"
    );
    let missing: Vec<&String> = named
        .iter()
        .filter(|name| !everything.contains(&format!("fn {name}(")))
        .collect();
    assert!(
        missing.is_empty(),
        "src/lib.rs names tests that do not exist: {missing:?}"
    );
}

// ---------------------------------------------------------------------------------------------
// The rules
// ---------------------------------------------------------------------------------------------

/// A source file: path with `/` from the repository's root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn planted(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Names below `src`: `src/data/mod.rs` → `data`; `src/data/source/text.rs` → `data`, `source`,
    /// `text`.
    fn module_path(&self) -> Vec<&str> {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inside = inside.strip_suffix(".rs").unwrap_or(inside);
        inside.split('/').filter(|part| *part != "mod").collect()
    }

    fn module(&self) -> &str {
        self.module_path().first().copied().unwrap_or("lib")
    }

    fn code_paths(&self) -> Vec<Vec<String>> {
        paths(&tokens(&self.text))
    }
}

/// Modules of ours that the file names, through `crate::`, `seqscope::` or enough `super::`.
fn ours(file: &Source) -> Vec<(String, Vec<String>)> {
    let depth = file.module_path().len();
    let mut found = Vec::new();
    for path in file.code_paths() {
        let mut parts = path
            .iter()
            .map(String::as_str)
            .skip_while(|part| *part == "self")
            .peekable();
        let climbs = std::iter::from_fn(|| parts.next_if_eq(&"super")).count();
        let at_root = match parts.peek() {
            Some(&"crate" | &"seqscope") if climbs == 0 => parts.next().is_some(),
            _ => climbs > 0 && climbs >= depth,
        };
        if let (true, Some(module)) = (at_root, parts.next()) {
            found.push((module.to_owned(), parts.map(str::to_owned).collect()));
        }
    }
    found
}

fn imports(file: &Source) -> Vec<String> {
    let ranked: BTreeMap<&str, u32> = RANKS.into_iter().collect();
    let Some(own) = ranked.get(file.module()) else {
        return Vec::new();
    };
    ours(file)
        .iter()
        .filter(|(module, _)| {
            module != file.module() && ranked.get(module.as_str()).is_some_and(|rank| rank >= own)
        })
        .map(|(module, _)| {
            format!(
                "{}: `{}` must not import `{module}`",
                file.path,
                file.module()
            )
        })
        .collect()
}

fn experiment_takes(file: &Source) -> Vec<String> {
    if file.module() != "experiment" {
        return Vec::new();
    }
    ours(file)
        .iter()
        .flat_map(|(_, rest)| rest)
        .filter(|name| NOT_FOR_EXPERIMENT.contains(&name.as_str()))
        .map(|name| {
            format!(
                "{}: `experiment` knows settings only, not `{name}`",
                file.path
            )
        })
        .collect()
}

fn heavy_crates(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in file.code_paths() {
        let Some(first) = path.first() else { continue };
        for (heavy, homes) in HOMES {
            let names_it = first == heavy
                || first
                    .strip_prefix(heavy)
                    .is_some_and(|rest| rest.starts_with('_'));
            if names_it && !homes.contains(&file.module()) {
                complaints.push(format!("{}: `{first}` lives in {homes:?} only", file.path));
            }
        }
    }
    complaints
}

fn threads(file: &Source) -> Vec<String> {
    let allowed = THREAD_ALLOWANCES.iter().any(|(path, _)| *path == file.path);
    if file.module() == "app" || allowed {
        return Vec::new();
    }
    let starts = |pair: &[String]| {
        pair.first().is_some_and(|p| p == "thread")
            && pair
                .get(1)
                .is_some_and(|p| ["spawn", "Builder", "scope"].contains(&p.as_str()))
    };
    file.code_paths()
        .iter()
        .filter(|path| path.windows(2).any(starts))
        .map(|path| {
            format!(
                "{}: `{}`: threads start in `app` only",
                file.path,
                path.join("::")
            )
        })
        .collect()
}

/// In `ui`, only the window itself (`ui/mod.rs`) holds the application and applies actions to it.
fn pages_that_write(file: &Source) -> Vec<String> {
    if file.module() != "ui" || file.path == "src/ui/mod.rs" {
        return Vec::new();
    }
    let words = tokens(before_tests(&file.text));
    let has = |wanted: &[&str]| {
        words
            .windows(wanted.len())
            .any(|some| some.iter().zip(wanted).all(|(a, b)| a == b))
    };
    [["&", "mut", "App"], [".", "apply", "("]]
        .iter()
        .filter(|wanted| has(*wanted))
        .map(|wanted| {
            format!(
                "{}: `{}`: a page reads the application and pushes actions",
                file.path,
                wanted.concat()
            )
        })
        .collect()
}

/// Words that end the program when a user's input meets them. Clippy warns of them too; this also
/// sees what a lint's exception would hide.
fn panics(file: &Source) -> Vec<String> {
    const METHODS: [&str; 2] = ["unwrap", "expect"];
    const MACROS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];
    if file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let words = tokens(before_tests(&file.text));
    let mut complaints = Vec::new();
    for three in words.windows(3) {
        let [first, second, third] = [&three[0], &three[1], &three[2]].map(String::as_str);
        let is_call = first == "." && METHODS.contains(&second) && third == "(";
        let is_macro = MACROS.contains(&first) && second == "!";
        if is_call || is_macro {
            complaints.push(format!(
                "{}: `{}` ends the program",
                file.path,
                if is_call { second } else { first }
            ));
        }
    }
    complaints
}

/// The text above the file's test module.
fn before_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ")
        .map_or(text, |at| &text[..at])
}

fn shape_of_file(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    if !file.text.starts_with("//!") {
        complaints.push(format!(
            "{}: the first line says what the file is about, `//! …`",
            file.path
        ));
    }
    let n_lines = before_tests(&file.text).lines().count();
    if n_lines > MAX_LINES {
        complaints.push(format!(
            "{}: {n_lines} lines without its tests, at most {MAX_LINES}",
            file.path
        ));
    }
    if file.path.ends_with("/utils.rs")
        || file.path.ends_with("/util.rs")
        || file.path.contains("/utils/")
    {
        complaints.push(format!(
            "{}: name the file after what it is about",
            file.path
        ));
    }
    complaints
}

/// Names in the page's form "(test `name`)" and "(tests `a`, `b`)".
fn tests_named(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in page.split("(test").skip(1) {
        let inside = part.split(')').next().unwrap_or("");
        names.extend(
            inside
                .split('`')
                .skip(1)
                .step_by(2)
                .map(|name| name.rsplit(':').next().unwrap_or(name).to_owned()),
        );
    }
    names
}

// ---------------------------------------------------------------------------------------------
// Reading Rust, roughly
// ---------------------------------------------------------------------------------------------

/// Identifiers, `::` and single characters; comments, strings and character literals left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        if c == '/' && next == Some('/') {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if c == '/' && next == Some('*') {
            at = after_block_comment(&chars, at);
        } else if let Some(end) = raw_string_end(&chars, at) {
            at = end;
        } else if c == '"' {
            at = after_quoted(&chars, at + 1, '"');
        } else if c == '\'' && (next == Some('\\') || chars.get(at + 2) == Some(&'\'')) {
            at = after_quoted(&chars, at + 1, '\'');
        } else if c.is_alphabetic() || c == '_' {
            let word: String = chars[at..]
                .iter()
                .take_while(|c| c.is_alphanumeric() || **c == '_')
                .collect();
            at += word.chars().count();
            tokens.push(word);
        } else if c == ':' && next == Some(':') {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            at += 1;
        }
    }
    tokens
}

fn after_block_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn after_quoted(chars: &[char], mut at: usize, quote: char) -> usize {
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// The end of `r"…"`, `r#"…"#`, `br"…"` that starts at `at`.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    if at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') {
        return None;
    }
    let start = at + usize::from(chars.get(at) == Some(&'b'));
    if chars.get(start) != Some(&'r') {
        return None;
    }
    let hashes = chars
        .get(start + 1..)?
        .iter()
        .take_while(|c| **c == '#')
        .count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let mut end = open + 1;
    while end < chars.len() {
        let closes = chars[end] == '"'
            && chars
                .get(end + 1..=end + hashes)
                .is_some_and(|h| h.iter().all(|c| *c == '#'));
        if closes {
            return Some(end + 1 + hashes);
        }
        end += 1;
    }
    Some(end)
}

/// Every `a::b::c` of the text, groups written out: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
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
    while let Some(token) = tokens.get(at) {
        if !is_word(token) {
            break;
        }
        path.push(token.clone());
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            break;
        }
        at += 1;
        if tokens.get(at).map(String::as_str) == Some("{") {
            return group_from(tokens, at + 1, &path, found);
        }
    }
    // A lone word is a path only in `use word;`; elsewhere it is a variable, a type or a keyword.
    let is_used = prefix.is_empty() && path.len() == 1 && {
        let before = at
            .checked_sub(2)
            .and_then(|i| tokens.get(i))
            .map(String::as_str);
        matches!(before, Some("use" | "crate"))
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

// ---------------------------------------------------------------------------------------------
// Reading the tree
// ---------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let files = rust_files("src");
    assert!(files.len() > 20, "found only {} source files", files.len());
    files
}

fn rust_files(under: &str) -> Vec<Source> {
    let mut folders = vec![root().join(under)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(Source {
                    path: slashed(&path),
                    text: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn slashed(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap();
    inside
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// Visible names at the top: as git knows them, or as they lie in the folder where git is not
/// there.
fn top_level() -> Vec<String> {
    let listed = std::process::Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output();
    let mut names: Vec<String> = match listed {
        Ok(out) if out.status.success() && !out.stdout.is_empty() => {
            String::from_utf8_lossy(&out.stdout)
                .lines()
                .filter_map(|line| line.split('/').next().map(str::to_owned))
                .collect()
        }
        _ => std::fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    };
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names.dedup();
    names
}

fn check_all(rule: fn(&Source) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(rule).collect()
}

#[track_caller]
fn assert_clean(complaints: &[String]) {
    let listed = complaints.iter().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    });
    assert!(complaints.is_empty(), "{listed}");
}

// ---------------------------------------------------------------------------------------------
// Each rule can fail
// ---------------------------------------------------------------------------------------------

#[test]
fn a_planted_import_to_the_right_is_seen() {
    for text in [
        "use crate::app::App;",
        "use crate::{spec::Problem, train};",
        "fn f() { crate::ui::start() }",
        "use super::super::run::RunId;",
        "use seqscope::explain;",
        "type T = <u8 as crate::train::Observer>::X;",
    ] {
        assert_eq!(
            imports(&Source::planted("src/model/part.rs", text)).len(),
            1,
            "{text}"
        );
    }
    for text in [
        "use crate::data::Histories;",
        "use super::super::spec::Problem;",
        "// use crate::app::App;\n/* crate::ui::x /* nested */ crate::ui::y */",
        "const S: &str = \"crate::app::App\"; const R: &str = r#\"a \" crate::ui::x\"#; const C: \
         char = '\"';",
        "fn f<'a>(x: &'a str) -> &'a str { x.app.ui }",
    ] {
        assert_eq!(
            imports(&Source::planted("src/model/part.rs", text)),
            Vec::<String>::new(),
            "{text}"
        );
    }
    assert_eq!(
        imports(&Source::planted(
            "src/metric/a.rs",
            "use crate::baseline::Baseline;"
        ))
        .len(),
        1
    );
}

#[test]
fn a_planted_heavy_crate_is_seen() {
    for (path, text) in [
        ("src/train/mod.rs", "use burn::tensor::Tensor;"),
        ("src/train/mod.rs", "fn f(t: burn_wgpu::Wgpu) {}"),
        ("src/app/mod.rs", "use egui;"),
        ("src/app/mod.rs", "use eframe::egui::Context;"),
        ("src/run/mod.rs", "use polars::prelude::*;"),
        ("src/data/mod.rs", "let text = ron::to_string(&x);"),
        ("src/main.rs", "#[derive(clap::Parser)] struct A;"),
        ("src/ui/mod.rs", "use {indicatif::ProgressBar};"),
    ] {
        assert_eq!(
            heavy_crates(&Source::planted(path, text)).len(),
            1,
            "{text}"
        );
    }
    for (path, text) in [
        ("src/data/source/text.rs", "use polars::prelude::*;"),
        (
            "src/model/family/lstm.rs",
            "use burn::{module::Module, tensor::Tensor};",
        ),
        (
            "src/train/mod.rs",
            "//! Knows no `burn::Tensor`.\nlet burn = 1; self.egui::<u8>();",
        ),
    ] {
        assert_eq!(
            heavy_crates(&Source::planted(path, text)),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn a_planted_thread_is_seen() {
    for text in [
        "std::thread::spawn(f);",
        "use std::thread::{self, Builder};",
        "use std::thread; thread::scope(f);",
    ] {
        assert_eq!(
            threads(&Source::planted("src/train/mod.rs", text)).len(),
            1,
            "{text}"
        );
        assert!(
            threads(&Source::planted("src/app/job.rs", text)).is_empty(),
            "{text}"
        );
    }
    assert!(
        threads(&Source::planted(
            "src/train/mod.rs",
            "std::thread::sleep(d);"
        ))
        .is_empty()
    );
}

#[test]
fn a_planted_page_that_writes_is_seen() {
    for text in ["fn ui(app: &mut App) {}", "app.apply(Action::Undo);"] {
        assert_eq!(
            pages_that_write(&Source::planted("src/ui/page/data.rs", text)).len(),
            1,
            "{text}"
        );
        assert!(
            pages_that_write(&Source::planted("src/ui/mod.rs", text)).is_empty(),
            "{text}"
        );
    }
    assert!(
        pages_that_write(&Source::planted(
            "src/ui/page/data.rs",
            "fn ui(app: &App) {}"
        ))
        .is_empty()
    );
}

#[test]
fn a_planted_panic_is_seen() {
    for text in [
        "x.unwrap();",
        "x\n    .expect(\"why\");",
        "panic!(\"no\");",
        "fn f() { todo!() }",
        "unreachable!()",
    ] {
        assert_eq!(
            panics(&Source::planted("src/run/a.rs", text)).len(),
            1,
            "{text}"
        );
    }
    let fine = "x.unwrap_or(1); #[expect(dead_code)] y.unwrap_or_else(f); std::panic::set_hook(h);";
    let tested = "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { x.unwrap() } }";
    for text in [
        fine,
        tested,
        "// x.unwrap()",
        "const S: &str = \"x.unwrap()\";",
    ] {
        assert_eq!(
            panics(&Source::planted("src/run/a.rs", text)),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn a_planted_dataset_in_an_experiment_is_seen() {
    let bad = Source::planted(
        "src/experiment/check.rs",
        "use crate::data::{DataSpec, Prepared};",
    );
    assert_eq!(experiment_takes(&bad).len(), 1);
    let good = Source::planted(
        "src/experiment/check.rs",
        "use crate::data::{DataSpec, SplitSpec};",
    );
    assert!(experiment_takes(&good).is_empty());
}

#[test]
fn a_planted_long_nameless_or_mute_file_is_seen() {
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(MAX_LINES));
    assert_eq!(
        shape_of_file(&Source::planted("src/data/a.rs", &long)).len(),
        1
    );
    let tested = format!(
        "//! Short.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
        "fn f() {}\n".repeat(MAX_LINES)
    );
    assert!(shape_of_file(&Source::planted("src/data/a.rs", &tested)).is_empty());
    assert_eq!(
        shape_of_file(&Source::planted("src/data/a.rs", "fn f() {}")).len(),
        1
    );
    assert_eq!(
        shape_of_file(&Source::planted("src/data/utils.rs", "//! Things.")).len(),
        1
    );
}

#[test]
fn a_planted_test_name_is_read_from_the_page() {
    assert_eq!(
        tests_named("ends once (test `a::ends_once`), and more (tests `b`, `c`)."),
        ["ends_once", "b", "c"]
    );
}
