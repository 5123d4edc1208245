//! Settings of free columns and side tables by their paths: `data.free_features`,
//! `data.items.path`, `data.users.key`, `data.users.columns`.

use std::path::PathBuf;

use strum::IntoEnumIterator;

use super::ExperimentError;
use super::settings::failed;
use super::{file, syntax};
use seqscope_data::{FileSpec, FreeColumnSpec, SideOf, SideTable};

/// All of them, without `data.` before.
pub(super) const KEYS: [&str; 7] = [
    "free_features",
    "items.path",
    "items.key",
    "items.columns",
    "users.path",
    "users.key",
    "users.columns",
];

/// Sets one of them; whether there is one of that name.
pub(super) fn set(
    file: &mut FileSpec,
    path: &str,
    key: &str,
    text: &str,
) -> Result<bool, ExperimentError> {
    if key == "free_features" {
        file.free_features = columns(path, text)?;
        return Ok(true);
    }
    let Some((of, key)) =
        SideOf::iter().find_map(|of| Some((of, key.strip_prefix(&format!("{of}."))?)))
    else {
        return Ok(false);
    };
    let table = file.side_table_mut(of);
    if key == "path" {
        match table {
            Some(table) => table.path = PathBuf::from(text),
            None => {
                *table = Some(SideTable {
                    path: PathBuf::from(text),
                    ..SideTable::default()
                });
            }
        }
        return Ok(true);
    }
    match key {
        "key" => side_table(table, path, of)?.key = (text != "auto").then(|| text.to_owned()),
        "columns" => side_table(table, path, of)?.columns = columns(path, text)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The side table, of which something is to be set.
fn side_table<'a>(
    table: &'a mut Option<SideTable>,
    path: &str,
    of: SideOf,
) -> Result<&'a mut SideTable, ExperimentError> {
    table.as_mut().ok_or_else(|| {
        failed(
            path,
            format!("`{path}` needs a table of {of}; set `data.{of}.path` first"),
        )
    })
}

/// A list as a file writes it, `[(column: "price", kind: Numeric)]`, or names with commas between
/// them, `price:numeric, brand`; `auto` and an empty text are no names.
fn columns(path: &str, text: &str) -> Result<Vec<FreeColumnSpec>, ExperimentError> {
    let text = text.trim();
    if text == "auto" {
        return Ok(Vec::new());
    }
    if text.starts_with('[') {
        return file::options().from_str(text).map_err(|error| {
            match syntax::explain(text, &error) {
                ExperimentError::Syntax { sentence, .. } => failed(
                    path,
                    format!(
                        "{sentence} (columns are written as in a file, `[(column: \"price\", kind: \
                         Numeric)]`, or as `price:numeric, brand`)"
                    ),
                ),
                other => other,
            }
        });
    }
    Ok(text
        .split(',')
        .filter(|name| !name.trim().is_empty())
        .map(FreeColumnSpec::parse)
        .collect())
}
