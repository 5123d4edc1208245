//! Which row of a run's weights is which item, and which number which user: what makes the weights
//! usable without the program. Ids that are hidden in the data are hidden here too.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk::file_error;
use super::pseudonymise::RunPseudonyms;
use super::{RunError, RunId, RunStore, RunWriter};
use seqscope_data::{self as data, Column, Dataset, Table};

/// Name of the folder in a run's own.
const FOLDER: &str = "vocabulary";

const ITEMS: &str = "items";
const USERS: &str = "users";
const BEHAVIOURS: &str = "behaviours";

/// What there is of a dataset, by name: numbers first, then the id as the data have it.
fn tables(dataset: &Dataset) -> Vec<(&'static str, Table)> {
    let numbers = |n: usize, from: i64| Column::Int((from..).take(n).collect());
    let named = |columns: Vec<(&str, Column)>| Table {
        columns: columns
            .into_iter()
            .map(|(name, column)| (name.to_owned(), column))
            .collect(),
    };
    let texts =
        |ids: &mut dyn Iterator<Item = &str>| Column::Text(ids.map(str::to_owned).collect());
    let Dataset {
        items,
        users,
        behaviours,
        titles,
        ..
    } = dataset;
    let (n_items, n_users, n_behaviours) = (items.len(), users.len(), behaviours.len());
    let mut of_items = vec![
        // Most arrays have a first row for padding; those of the autoencoders have not.
        ("row", numbers(n_items, 1)),
        ("row_without_padding", numbers(n_items, 0)),
        ("id", texts(&mut items.ids())),
    ];
    if titles.len() == n_items && titles.iter().any(|title| !title.is_empty()) {
        of_items.push(("title", Column::Text(titles.clone())));
    }
    let of_users = vec![
        ("number", numbers(n_users, 0)),
        ("id", texts(&mut users.ids())),
    ];
    let of_behaviours = vec![
        ("class", numbers(n_behaviours, 0)),
        ("id", texts(&mut behaviours.ids())),
    ];
    let all = [
        (ITEMS, named(of_items)),
        (USERS, named(of_users)),
        (BEHAVIOURS, named(of_behaviours)),
    ];
    all.into_iter()
        .filter(|(name, _)| *name != BEHAVIOURS || n_behaviours > 0)
        .collect()
}

impl RunWriter {
    /// Writes which row is which item, user and behaviour, where the run does not say it yet.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn save_vocabulary(&self, dataset: &Dataset) -> Result<(), RunError> {
        let folder = self.dir().join(FOLDER);
        fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
        for (name, table) in tables(dataset) {
            let path = file(&folder, name);
            if !path.exists() {
                data::write_parquet(&path, &table)?;
            }
        }
        Ok(())
    }
}

impl RunStore {
    /// The tables of a run by name, as they may be shown; none of a run from before they were kept.
    pub(super) fn vocabulary(
        &self,
        id: &RunId,
        pseudonyms: Option<&RunPseudonyms>,
    ) -> Result<Vec<(&'static str, Table)>, RunError> {
        let folder = self.existing(id)?.join(FOLDER);
        let mut found = Vec::new();
        for name in [ITEMS, USERS, BEHAVIOURS] {
            let path = file(&folder, name);
            if path.exists() {
                let mut table = data::read_parquet(&path)?;
                self.check_file(id, &path)?;
                if let Some(pseudonyms) = pseudonyms {
                    hide(&mut table, name, pseudonyms);
                }
                found.push((name, table));
            }
        }
        Ok(found)
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.parquet"))
}

/// A title is as good as an id.
fn hide(table: &mut Table, name: &str, pseudonyms: &RunPseudonyms) {
    let is_hidden = match name {
        ITEMS => pseudonyms.hides_items(),
        USERS => true,
        _ => false,
    };
    if !is_hidden {
        return;
    }
    table.columns.retain(|(column, _)| column != "title");
    for (column, values) in &mut table.columns {
        if let (Column::Text(ids), "id") = (values, column.as_str()) {
            for id in ids {
                if name == ITEMS {
                    pseudonyms.item(id);
                } else {
                    pseudonyms.user(id);
                }
            }
        }
    }
}
