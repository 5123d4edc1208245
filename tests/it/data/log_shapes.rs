//! Small made logs in the shapes that people really have: each is read as its maker knows it to be,
//! or refused or warned of with a word that names what was seen.
//! `tests/data/log-shapes/expected.json` holds what is right; the folder's README says what each
//! file is.

use std::path::{Path, PathBuf};

use seqscope::data::{DataError, FileSpec, Prepared, Role};
use serde_json::{Map, Value};

use super::prepare_file;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/log-shapes")
}

#[test]
fn logs_of_all_shapes_are_read_as_they_are() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let shapes: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for (name, shape) in &shapes {
        let file = FileSpec {
            path: folder().join(name),
            ..FileSpec::default()
        };
        let opened = prepare_file(&file);
        let complaints = complaints(&shape["exp"], &opened);
        if !complaints.is_empty() {
            let why = shape["why"].as_str().unwrap_or_default();
            wrong.push(format!("{name} ({why}): {}", complaints.join("; ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} shapes are read wrongly:\n{}",
        wrong.len(),
        shapes.len(),
        wrong.join("\n")
    );
}

/// How an opened log differs from what its maker knows of it.
fn complaints(expected: &Value, opened: &Result<Prepared, DataError>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(word) = expected["warn"].as_str() {
        let told = told(opened);
        if !told.to_lowercase().contains(word) {
            found.push(format!("nothing says `{word}`, but: {told}"));
        }
    }
    let counts = [
        ("events", n_events as fn(&Prepared) -> usize),
        ("users", |prepared| prepared.dataset.users.len()),
        ("items", |prepared| prepared.dataset.n_items()),
        ("refused", |prepared| prepared.dataset.report.rows_refused),
    ];
    if !counts.iter().any(|(what, _)| expected[what].is_u64()) {
        return found;
    }
    let prepared = match opened {
        Ok(prepared) => prepared,
        Err(error) => {
            found.push(format!("refused: {error}"));
            return found;
        }
    };
    for (what, count) in counts {
        let count = count(prepared) as u64;
        if expected[what].as_u64().is_some_and(|right| right != count) {
            found.push(format!("{what} {count}, right is {}", expected[what]));
        }
    }
    if expected.get("refused").is_none() && prepared.dataset.report.rows_refused > 2 {
        found.push(format!(
            "{} rows were refused",
            prepared.dataset.report.rows_refused
        ));
    }
    found.extend(wrong_times(expected, prepared));
    found.extend(wrong_roles(expected, prepared));
    let largest = prepared
        .dataset
        .sequences
        .value
        .iter()
        .flatten()
        .copied()
        .fold(f32::MIN, f32::max);
    if expected["vmax"]
        .as_f64()
        .is_some_and(|right| (right - f64::from(largest)).abs() > 1e-3)
    {
        found.push(format!(
            "the largest value is {largest}, right is {}",
            expected["vmax"]
        ));
    }
    found
}

fn wrong_times(expected: &Value, prepared: &Prepared) -> Vec<String> {
    let times = prepared
        .dataset
        .sequences
        .time_secs
        .iter()
        .flatten()
        .copied();
    let ends = [("first", times.clone().min()), ("last", times.max())];
    let moment = |secs: i64| {
        jiff::Timestamp::from_second(secs)
            .map_or_else(|_| format!("{secs} s"), |time| time.to_string())
    };
    ends.into_iter()
        .filter_map(|(which, secs)| {
            let right = expected[which].as_str()?;
            let found = secs
                .filter(|_| prepared.dataset.has_clock())
                .map_or_else(|| "no moment".to_owned(), moment);
            (found != right).then(|| format!("{which} time {found}, right is {right}"))
        })
        .collect()
}

fn wrong_roles(expected: &Value, prepared: &Prepared) -> Vec<String> {
    let roles = &prepared.dataset.report.file.as_ref().unwrap().roles;
    let named = [
        ("user", Role::User),
        ("item", Role::Item),
        ("time", Role::Time),
        ("value", Role::Value),
        ("session", Role::Session),
    ];
    named
        .into_iter()
        .filter_map(|(word, role)| {
            let right = expected[word].as_str()?;
            let found = roles.column(role).unwrap_or("none");
            (found != right).then(|| format!("the {word} is `{found}`, right is `{right}`"))
        })
        .collect()
}

/// Every sentence that a person is shown, or the refusal.
fn told(opened: &Result<Prepared, DataError>) -> String {
    match opened {
        Ok(prepared) => super::warnings(prepared),
        Err(error) => error.to_string(),
    }
}

fn n_events(prepared: &Prepared) -> usize {
    prepared.dataset.sequences.n_events()
}
