//! Settings of a log on disk by their path, `data.separator`.

use std::path::PathBuf;

use strum::IntoEnumIterator;

use super::settings::{failed, parsed, word_refused};
use super::{ExperimentError, columns, file as ron_file};
use seqscope_data::{Encoding, FileFormat, FileSpec, Pseudonyms, Role, TimeFormat, TitleSpec};

/// Settings of a log on disk, by their last name; all are text or a word, and for all but the two
/// paths `auto` means "guess".
pub(super) const KEYS: [&str; 17] = [
    "path",
    "format",
    "encoding",
    "separator",
    "header",
    "table",
    "query",
    "time_format",
    "only_where",
    "valid_path",
    "test_path",
    "titles.path",
    "titles.item",
    "titles.title",
    "pseudonyms",
    "missing",
    "sessions_for_users",
];

/// Sets one setting of a log on disk; whether there is one of that name.
pub(super) fn set(
    file: &mut FileSpec,
    path: &str,
    key: &str,
    text: &str,
) -> Result<bool, ExperimentError> {
    let said = (text != "auto").then_some(text);
    match key {
        "format" => {
            file.format = said
                .map(|text| word(path, text, FileFormat::iter()))
                .transpose()?;
        }
        "encoding" => {
            file.encoding = said
                .map(|text| word(path, text, Encoding::iter()))
                .transpose()?;
        }
        "separator" => file.separator = said.map(|text| text.replace("\\t", "\t")),
        "valid_path" => file.valid_path = said.map(PathBuf::from),
        "test_path" => file.test_path = said.map(PathBuf::from),
        "only_where" => file.only_where = said.map(str::to_owned),
        "table" => file.table = said.map(str::to_owned),
        "query" => file.query = said.map(str::to_owned),
        "header" => {
            file.header = said
                .map(|text| parsed(path, text, "true, false or auto"))
                .transpose()?;
        }
        "time_format" => file.time_format = said.map(|text| time_format(path, text)).transpose()?,
        "pseudonyms" => {
            file.pseudonyms = said.map_or(Ok(Pseudonyms::Off), |text| {
                word(path, text, Pseudonyms::iter())
            })?;
        }
        "missing" => file.missing = said.map(|text| marks(path, text)).transpose()?,
        "sessions_for_users" => {
            file.sessions_for_users = said
                .map(|text| parsed(path, text, "true, false or auto"))
                .transpose()?;
        }
        "titles.path" => match &mut file.titles {
            Some(titles) => titles.path = PathBuf::from(text),
            titles @ None => {
                *titles = Some(TitleSpec {
                    path: PathBuf::from(text),
                    ..TitleSpec::default()
                });
            }
        },
        "titles.item" => title_table(file, path)?.item = said.map(str::to_owned),
        "titles.title" => title_table(file, path)?.title = said.map(str::to_owned),
        _ => {
            if columns::set(file, path, key, text)? {
                return Ok(true);
            }
            let role = key.strip_prefix("roles.");
            let Some(role) = Role::iter().find(|r| role == Some(&r.to_string().to_lowercase()))
            else {
                return Ok(false);
            };
            *file.roles.slot_mut(role) = said.map(str::to_owned);
        }
    }
    Ok(true)
}

/// The name of a format of times, or a pattern.
fn time_format(path: &str, text: &str) -> Result<TimeFormat, ExperimentError> {
    TimeFormat::named(text).ok_or_else(|| {
        let names: Vec<String> = std::iter::once("auto".to_owned())
            .chain(TimeFormat::iter().map(|format| format!("{format:?}")))
            .collect();
        let refused = word_refused(path, text, names.iter().map(String::as_str));
        failed(
            path,
            format!("{refused} Or write a pattern such as `%d/%m/%Y %H:%M:%S`."),
        )
    })
}

/// Marks as a file writes them, `["NA", "-"]`, or with commas between them, `NA, -`.
fn marks(path: &str, text: &str) -> Result<Vec<String>, ExperimentError> {
    if text.starts_with('[') {
        return ron_file::options().from_str(text).map_err(|_| {
            failed(
                path,
                format!("`{path}` is a list of marks, such as `[\"NA\"]` or `NA, -`"),
            )
        });
    }
    Ok(text
        .split(',')
        .map(|mark| mark.trim().to_owned())
        .filter(|mark| !mark.is_empty())
        .collect())
}

/// The table of titles, of which a column is to be named.
fn title_table<'a>(
    file: &'a mut FileSpec,
    path: &str,
) -> Result<&'a mut TitleSpec, ExperimentError> {
    file.titles.as_mut().ok_or_else(|| {
        failed(
            path,
            format!("`{path}` needs a table of titles; set `data.titles.path` first"),
        )
    })
}

/// The variant whose name in the file is `text`.
fn word<T: std::fmt::Debug>(
    path: &str,
    text: &str,
    all: impl Iterator<Item = T>,
) -> Result<T, ExperimentError> {
    let mut names = vec!["auto".to_owned()];
    for value in all {
        let name = format!("{value:?}");
        if name.eq_ignore_ascii_case(text) {
            return Ok(value);
        }
        names.push(name);
    }
    Err(failed(
        path,
        word_refused(path, text, names.iter().map(String::as_str)),
    ))
}
