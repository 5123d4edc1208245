//! Walls inside the crates: modules import leftwards, pages only read, threads start in one place,
//! nothing panics, files are short. (Walls between crates are a matter of manifests.)

use crate::source::{Source, assert_clean, check_all, flat, paths};

/// Crates of several modules, each with its modules in order: one may import those before it.
const ORDERS: [(&str, &[&str]); 4] = [
    ("base", &["spec", "metric", "manual"]),
    (
        "data",
        &[
            "error",
            "load_progress",
            "value",
            "world",
            "log",
            "dataset",
            "describe",
        ],
    ),
    (
        "engine",
        &[
            "experiment",
            "run",
            "slice",
            "train",
            "sweep",
            "explain",
            "report",
            "figure",
            "cards",
            "catalogue",
            "error",
            "bench",
        ],
    ),
    ("window", &["app", "ui"]),
];

/// What `experiment` must not take of data and models: it knows their settings only.
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

#[test]
fn modules_import_leftwards_only() {
    assert_clean(&check_all(imports));
}

#[test]
fn nothing_is_imported_through_the_face_of_its_own_crate() {
    assert_clean(&check_all(through_the_face));
}

#[test]
fn references_know_no_neural_model() {
    assert_clean(&check_all(references));
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

fn imports(file: &Source) -> Vec<String> {
    let Some((_, order)) = ORDERS.iter().find(|(krate, _)| *krate == file.krate()) else {
        return Vec::new();
    };
    let place = |module: &str| order.iter().position(|known| *known == module);
    let Some(own) = place(file.module()) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for path in file.paths_of_own_crate() {
        let Some(module) = path.first() else { continue };
        if place(module).is_some_and(|at| at > own) {
            let line = file.line_of_import(module);
            complaints.push(format!(
                "{}:{line}: `{}` must not import `{module}`; move what both need into `{}`",
                file.path,
                file.module(),
                file.module()
            ));
        }
    }
    complaints
}

/// What takes the way over the crate's face hides from which layer it comes. (The macros of `base`
/// have no other.)
fn through_the_face(file: &Source) -> Vec<String> {
    if file.krate() == "base" {
        return Vec::new();
    }
    let Some((_, order)) = ORDERS.iter().find(|(krate, _)| *krate == file.krate()) else {
        return Vec::new();
    };
    let named = paths(&file.tokens()).into_iter();
    named
        .filter(|path| path.len() > 1 && path[0] == "crate" && !order.contains(&path[1].as_str()))
        .map(|path| {
            format!(
                "{}:{}: `{}` goes through the crate's face; name the module that it comes from",
                file.path,
                file.line_of_import(&path[1]),
                path.join("::")
            )
        })
        .collect()
}

/// The classical references stand beside the neural models and need nothing of them.
fn references(file: &Source) -> Vec<String> {
    if (file.krate(), file.module()) != ("model", "baseline") {
        return Vec::new();
    }
    let strangers = file.paths_of_own_crate().into_iter();
    strangers
        .filter(|path| path.first().is_some_and(|module| module != "baseline"))
        .map(|path| {
            format!(
                "{}:{}: `{}`: a reference needs no neural model; take what both need from `base`",
                file.path,
                file.line_of(&["crate", &path[0]]),
                path.join("::")
            )
        })
        .collect()
}

fn experiment_takes(file: &Source) -> Vec<String> {
    if (file.krate(), file.module()) != ("engine", "experiment") {
        return Vec::new();
    }
    let named = paths(&file.tokens()).into_iter();
    named
        .filter(|path| path.len() > 1 && path[0].starts_with("seqscope_"))
        .flatten()
        .filter(|name| NOT_FOR_EXPERIMENT.contains(&name.as_str()))
        .map(|name| {
            format!(
                "{}:{}: `experiment` knows settings only, not `{name}`; use it in `train`",
                file.path,
                file.line_of(&[&name])
            )
        })
        .collect()
}

/// Threads start in `app`; and where the command line races two runs, of which only the one whose
/// turn it is computes. Tests may try out what happens to several at once.
fn threads(file: &Source) -> Vec<String> {
    let is_test = file.path.ends_with("/tests.rs");
    let is_race = file.path == "src/commands/race.rs";
    if (file.krate(), file.module()) == ("window", "app") || is_test || is_race {
        return Vec::new();
    }
    let starts = |pair: &[String]| {
        pair[0] == "thread" && ["spawn", "Builder", "scope"].contains(&pair[1].as_str())
    };
    let named = paths(&file.tokens()).into_iter();
    named
        .filter(|path| path.windows(2).any(starts))
        .map(|path| {
            format!(
                "{}:{}: `{}`: threads start in `app` only; hand the work over as a job",
                file.path,
                file.line_of(&["thread"]),
                path.join("::")
            )
        })
        .collect()
}

/// In `ui`, only the window itself (`ui/mod.rs`) holds the application and applies actions to it.
fn pages_that_write(file: &Source) -> Vec<String> {
    if (file.krate(), file.module()) != ("window", "ui") || file.path == "src/window/ui/mod.rs" {
        return Vec::new();
    }
    let tokens = file.tokens_without_tests();
    let mut complaints = Vec::new();
    for wanted in [["&", "mut", "App"], [".", "apply", "("]] {
        let found = tokens
            .windows(3)
            .any(|some| some.iter().zip(wanted).all(|(a, b)| a == b));
        if found {
            complaints.push(format!(
                "{}:{}: `{}`: a page reads the application and pushes actions",
                file.path,
                file.line_of(&wanted),
                wanted.concat()
            ));
        }
    }
    complaints
}

/// Words that end the program when a user's input meets them. Clippy warns of them too; this also
/// sees what a lint's exception would hide.
fn panics(file: &Source) -> Vec<String> {
    const METHODS: [&str; 2] = ["unwrap", "expect"];
    const MACROS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];
    if file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for three in file.tokens_without_tests().windows(3) {
        let [first, second, third] = [&three[0], &three[1], &three[2]].map(String::as_str);
        let is_call = first == "." && METHODS.contains(&second) && third == "(";
        let is_macro = MACROS.contains(&first) && second == "!";
        if is_call || is_macro {
            complaints.push(format!(
                "{}:{}: `{}` ends the program; return an error with its cure",
                file.path,
                file.line_of(&[if is_call { second } else { first }]),
                if is_call { second } else { first }
            ));
        }
    }
    complaints
}

fn shape_of_file(file: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    let path = &file.path;
    if !file.text.starts_with("//!") {
        complaints.push(format!(
            "{path}:1: the first line says what the file is about, `//! …`"
        ));
    }
    let is_tests = path.ends_with("/tests.rs");
    let n_lines = lines_without_tests(file);
    if n_lines > MAX_LINES && !is_tests {
        complaints.push(format!(
            "{path}:{MAX_LINES}: {n_lines} lines without its tests, at most {MAX_LINES}; split it by what \
             it is about"
        ));
    }
    if path.ends_with("/utils.rs") || path.ends_with("/util.rs") || path.contains("/utils/") {
        complaints.push(format!("{path}:1: name the file after what it is about"));
    }
    complaints
}

fn lines_without_tests(file: &Source) -> usize {
    let tests = file.text.find("\n#[cfg(test)]\nmod ");
    let text = tests.map_or(file.text.as_str(), |at| &file.text[..at]);
    text.lines().count()
}

// ---------------------------------------------------------------------------------------------
// Each rule can fail
// ---------------------------------------------------------------------------------------------

#[test]
fn a_planted_import_to_the_right_is_seen() {
    for text in [
        "use crate::train::Control;",
        "use crate::{experiment::Experiment, train};",
        "fn f() { crate::explain::start() }",
        "use super::super::train::Control;",
        "type T = <u8 as crate::train::Observer>::X;",
        "m! { crate::train::x }",
    ] {
        let file = Source::planted("src/engine/run/part.rs", text);
        let told = imports(&file);
        assert!(
            told.len() == 1 && told[0].starts_with("src/engine/run/part.rs:1: "),
            "{text}: {told:?}"
        );
    }
    for text in [
        "use crate::experiment::Experiment;",
        "use super::super::run::RunId;",
        "// use crate::train::Control;\n/* crate::train::x /* nested */ crate::train::y */",
        "const S: &str = \"crate::train::Control\"; const R: &str = r#\"a \" crate::train::x\"#;",
        "fn f<'a>(x: &'a str) -> &'a str { x.train.run }",
    ] {
        let file = Source::planted("src/engine/run/part.rs", text);
        assert_eq!(imports(&file), Vec::<String>::new(), "{text}");
    }
    let file = Source::planted("src/base/spec/a.rs", "use crate::metric::Metric;");
    assert_eq!(imports(&file).len(), 1);
}

#[test]
fn a_planted_import_back_up_inside_data_is_seen() {
    let path = "src/data/log/clean/step.rs";
    for text in [
        "use crate::dataset::Split;",
        "use super::super::super::dataset::Split;",
        "use crate::{dataset::Split, log::Role};",
    ] {
        let told = imports(&Source::planted(path, text));
        let cure = "`log` must not import `dataset`; move what both need into `log`";
        assert_eq!(told, [format!("{path}:1: {cure}")], "{text}");
    }
    for (path, text) in [
        (
            path,
            "use crate::value::TimeFormat; use super::super::Role;",
        ),
        ("src/data/describe/ties.rs", "use crate::dataset::Prepared;"),
        ("src/data/lib.rs", "mod dataset; pub use dataset::Split;"),
    ] {
        let told = imports(&Source::planted(path, text));
        assert_eq!(told, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_planted_way_through_the_face_is_seen() {
    let path = "src/data/log/open.rs";
    let text = "use crate::log::Role;\nfn f(x: crate::Sequences) {}";
    let told = through_the_face(&Source::planted(path, text));
    let cure =
        "`crate::Sequences` goes through the crate's face; name the module that it comes from";
    assert_eq!(told, [format!("{path}:2: {cure}")]);
    let good = Source::planted(path, "use crate::dataset::Sequences;");
    assert!(through_the_face(&good).is_empty());
}

#[test]
fn a_planted_model_in_a_reference_is_seen() {
    let path = "src/model/baseline/markov.rs";
    let bad = Source::planted(path, "use crate::kernel::Buffer;");
    assert_eq!(references(&bad).len(), 1);
    let good = Source::planted(
        path,
        "use crate::baseline::Baseline; use super::tune::Trial;",
    );
    assert!(references(&good).is_empty());
}

#[test]
fn a_planted_thread_is_seen() {
    for text in [
        "fn g() { std::thread::spawn(f); }",
        "use std::thread::{self, Builder};",
        "use std::thread; fn g() { thread::scope(f); }",
    ] {
        let of = |path: &str| threads(&Source::planted(path, text)).len();
        assert_eq!(of("src/engine/train/mod.rs"), 1, "{text}");
        assert_eq!(of("src/window/app/job.rs"), 0, "{text}");
    }
    let sleeps = "fn g() { std::thread::sleep(d); }";
    assert!(threads(&Source::planted("src/engine/train/mod.rs", sleeps)).is_empty());
}

#[test]
fn a_planted_page_that_writes_is_seen() {
    for text in [
        "fn ui(app: &mut App) {}",
        "fn f() { app.apply(Action::Undo); }",
    ] {
        let of = |path: &str| pages_that_write(&Source::planted(path, text)).len();
        assert_eq!(of("src/window/ui/page/data.rs"), 1, "{text}");
        assert_eq!(of("src/window/ui/mod.rs"), 0, "{text}");
    }
    let reads = Source::planted("src/window/ui/page/data.rs", "fn ui(app: &App) {}");
    assert!(pages_that_write(&reads).is_empty());
}

#[test]
fn a_planted_panic_is_seen() {
    for text in [
        "fn f() { x.unwrap(); }",
        "fn f() { x\n    .expect(\"why\"); }",
        "fn f() { panic!(\"no\"); }",
        "fn f() { todo!() }",
        "fn f() { unreachable!() }",
    ] {
        let told = panics(&Source::planted("src/engine/run/a.rs", text));
        assert_eq!(told.len(), 1, "{text}");
    }
    for text in [
        "#[expect(dead_code)] fn f() { x.unwrap_or(1); y.unwrap_or_else(f); std::panic::set_hook(h); }",
        "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { x.unwrap() } }",
        "// x.unwrap()",
        "const S: &str = \"x.unwrap()\";",
    ] {
        let told = panics(&Source::planted("src/engine/run/a.rs", text));
        assert_eq!(told, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_planted_dataset_in_an_experiment_is_seen() {
    let path = "src/engine/experiment/check.rs";
    let bad = Source::planted(path, "use seqscope_data::{DataSpec, Prepared};");
    assert_eq!(experiment_takes(&bad).len(), 1);
    let good = Source::planted(path, "use seqscope_data::{DataSpec, SplitSpec};");
    assert!(experiment_takes(&good).is_empty());
}

#[test]
fn a_planted_long_nameless_or_mute_file_is_seen() {
    let of = |path: &str, text: &str| shape_of_file(&Source::planted(path, text)).len();
    let many = "fn f() {}\n".repeat(MAX_LINES);
    assert_eq!(of("src/data/a.rs", &format!("//! Long.\n{many}")), 1);
    let tested = format!("//! Short.\n#[cfg(test)]\nmod tests {{\n{many}}}\n");
    assert_eq!(of("src/data/a.rs", &tested), 0);
    assert_eq!(of("src/data/a.rs", "fn f() {}"), 1);
    assert_eq!(of("src/data/utils.rs", "//! Things."), 1);
}

#[test]
fn groups_are_written_out() {
    let tokens = flat("use a::{b, c::{d, e}}; x.f::<g::h>();".parse().unwrap());
    let found: Vec<String> = paths(&tokens).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::b", "a::c::d", "a::c::e", "g::h"]);
}
