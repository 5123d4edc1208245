//! The map itself and the top of the repository.

use std::process::Command;

use crate::source::{root, rust_files};

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

/// Modules and crates that the map says the purpose of.
const NAMED: [&str; 18] = [
    "spec",
    "manual",
    "metric",
    "baseline",
    "data",
    "model",
    "experiment",
    "run",
    "slice",
    "train",
    "sweep",
    "explain",
    "catalogue",
    "error",
    "bench",
    "app",
    "cli",
    "ui",
];

#[test]
fn the_top_of_the_repository_is_the_agreed_list() {
    let mut unexpected = top_level();
    unexpected.retain(|name| !TOP_LEVEL.contains(&name.as_str()));
    assert!(
        unexpected.is_empty(),
        "not on the agreed list: {unexpected:?}"
    );
}

#[test]
fn the_architecture_page_names_every_module() {
    let page = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for module in NAMED {
        assert!(
            page.contains(&format!("[`{module}`]")),
            "src/lib.rs does not say what `{module}` is for"
        );
    }
}

#[test]
fn tests_that_the_architecture_page_names_exist() {
    let page = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let files = rust_files("tests").into_iter().chain(rust_files("src"));
    let everything: String = files.map(|(_, text)| text).collect();
    let named = tests_named(&page);
    assert!(
        named.len() >= 12,
        "each of the invariants names its test, found {named:?}"
    );
    let mut missing = named;
    missing.retain(|name| !everything.contains(&format!("fn {name}(")));
    assert!(
        missing.is_empty(),
        "src/lib.rs names tests that do not exist: {missing:?}"
    );
}

/// Names in the page's form "(test `name`)" and "(tests `a`, `b`)".
fn tests_named(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in page.split("(test").skip(1) {
        let inside = part.split(')').next().unwrap_or("");
        let quoted = inside.split('`').skip(1).step_by(2);
        names.extend(quoted.map(|name| name.rsplit(':').next().unwrap_or(name).to_owned()));
    }
    names
}

/// Visible names at the top: as git knows them, or as they lie in the folder where git is not
/// there.
fn top_level() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output();
    let mut names: Vec<String> = match listed {
        Ok(out) if out.status.success() && !out.stdout.is_empty() => {
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            let firsts = text.lines().filter_map(|line| line.split('/').next());
            firsts.map(str::to_owned).collect()
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

#[test]
fn a_planted_test_name_is_read_from_the_page() {
    assert_eq!(
        tests_named("ends once (test `a::ends_once`), and more (tests `b`, `c`)."),
        ["ends_once", "b", "c"]
    );
}
