//! Problems that the settings alone tell.

use super::DataSpec;
use super::SplitSpec;
use crate::error::DataError;
use crate::log::{DataSource, FileSpec, Role, source};
use crate::value::{TimeFormat, time};
use seqscope_base::spec::{Described, Problem};
use strum::IntoEnumIterator;

/// Problems that can be told from the settings alone, without reading the file (a missing file
/// included). Fields are paths under `data` and `split`.
#[must_use]
pub fn check(data: &DataSpec, split: SplitSpec) -> Vec<Problem> {
    let mut problems = check_settings(data, split);
    if let DataSource::File(file) = &data.source {
        problems.extend(readable(&file.path, "data.path"));
        for (part, path) in file.parts() {
            problems.extend(readable(path, &format!("data.{}_path", part.key())));
        }
        if let Some(titles) = &file.titles {
            problems.extend(readable(&titles.path, "data.titles.path"));
        }
        for (of, table) in file.side_tables() {
            problems.extend(readable(&table.path, &format!("data.{of}.path")));
        }
    }
    problems
}

/// Problems of [`check()`] for which no file is looked at: quick enough for every keystroke.
#[must_use]
pub fn check_settings(data: &DataSpec, split: SplitSpec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = data
        .clean
        .problems()
        .into_iter()
        .map(|problem| problem.under("data.clean"))
        .collect();
    problems.extend(crate::log::clean::check(&data.clean.steps, &data.source));
    problems.extend(super::feature::check(&data.features));
    match &data.source {
        DataSource::World(world) => problems.extend(
            world
                .problems()
                .into_iter()
                .map(|problem| problem.under("data")),
        ),
        DataSource::File(file) => problems.extend(file_settings(file)),
    }
    problems.extend(split.setting_problems());
    problems.extend(own_files(&data.source, split));
    if let DataSource::File(FileSpec { roles, .. }) = &data.source {
        let is_timeless = roles.said(Role::Time) == Some("");
        if is_timeless && split.needs_times() {
            problems.push(Problem::error("split", super::split::NEEDS_TIMES));
        }
    }
    problems
}

/// A split by own files needs a test file, and a test file such a split.
fn own_files(source: &DataSource, split: SplitSpec) -> Option<Problem> {
    let (valid, test) = match source {
        DataSource::File(file) => (file.valid_path.is_some(), file.test_path.is_some()),
        DataSource::World(_) => (false, false),
    };
    match (split == SplitSpec::OwnFiles, valid, test) {
        (true, _, false) => {
            let sentence = "the split takes its parts from files of their own, and no test file is \
                            named; name it in `data.test_path`, or split in another way.";
            Some(Problem::error("split", sentence))
        }
        (false, true, _) | (false, _, true) => {
            let named = if test {
                "data.test_path"
            } else {
                "data.valid_path"
            };
            let sentence = format!(
                "`{named}` names a file of a part, and the split is by {}; write `split: \
                 OwnFiles`, or leave `{named}` out.",
                split.phrase()
            );
            Some(Problem::error("split", sentence))
        }
        _ => None,
    }
}

fn file_settings(file: &FileSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    if file.path.as_os_str().is_empty() {
        problems.push(Problem::error(
            "data.path",
            "no file is named; write the path of a log in `data.path`.",
        ));
    }
    if file.separator.as_deref() == Some("") {
        let sentence =
            "the separator is empty; write one such as `,`, or leave it out to have it guessed.";
        problems.push(Problem::error("data.separator", sentence));
    }
    if file
        .separator
        .as_deref()
        .is_some_and(|separator| separator.contains(['"', '\n', '\r']))
    {
        let sentence = "the separator holds a quote or a line end; choose characters that only \
                        stand between fields.";
        problems.push(Problem::error("data.separator", sentence));
    }
    if let Some(sentence) = file.query.as_deref().and_then(source::refused_query) {
        problems.push(Problem::error("data.query", sentence));
    }
    if file.query.is_some() && file.table.is_some() {
        let sentence = "both `data.table` and `data.query` are given; leave one of them out.";
        problems.push(Problem::error("data.table", sentence));
    }
    if let Some(TimeFormat::Pattern(pattern)) = &file.time_format
        && let Some(sentence) = time::refused_pattern(pattern)
    {
        problems.push(Problem::error("data.time_format", sentence));
    }
    if file.roles.column(Role::Clock).is_some() && file.roles.said(Role::Time) == Some("") {
        let sentence =
            "a clock needs the day beside it; name the column of days in `data.roles.time`.";
        problems.push(Problem::error("data.roles.clock", sentence));
    }
    for (of, _) in file
        .side_tables()
        .filter(|(_, table)| table.path.as_os_str().is_empty())
    {
        let sentence =
            format!("no file is named for the table of {of}; write its path in `data.{of}.path`.");
        problems.push(Problem::error(format!("data.{of}.path"), sentence));
    }
    let said: Vec<(Role, &str)> = Role::iter()
        .filter_map(|role| Some((role, file.roles.column(role)?)))
        .collect();
    for (at, (role, name)) in said.iter().enumerate() {
        if let Some((other, _)) = said.iter().take(at).find(|(_, earlier)| earlier == name) {
            let (role, other) = (
                role.to_string().to_lowercase(),
                other.to_string().to_lowercase(),
            );
            let sentence = format!(
                "the column `{name}` cannot be both the {other} and the {role}; choose another for \
                 one of them."
            );
            problems.push(Problem::error(format!("data.roles.{role}"), sentence));
        }
    }
    problems
}

/// Whether a file can be opened.
fn readable(path: &std::path::Path, field: &str) -> Option<Problem> {
    if path.as_os_str().is_empty() {
        return None;
    }
    match source::can_open(path) {
        Ok(()) => None,
        Err(DataError::Setting { sentence, .. }) => Some(Problem::error(field, sentence)),
        Err(error) => Some(Problem::error(field, format!("{error}."))),
    }
}
