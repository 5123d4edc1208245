//! Tables of items and users that lie beside a log, found by their names. They are offered and
//! never read unasked.

use std::path::{Path, PathBuf};

use super::spec::SideOf;
use crate::log::FileSpec;
use crate::log::source::resolve;

/// A table that lies beside a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Whom it is about, as its name says.
    pub of: SideOf,
    /// The table.
    pub path: PathBuf,
}

/// Names of tables of items, without their endings.
const ITEMS: [&str; 14] = [
    "items", "item", "movies", "movie", "products", "product", "books", "artists", "songs",
    "tracks", "venues", "pois", "poi", "places",
];
/// Names of tables of users.
const USERS: [&str; 7] = [
    "users",
    "user",
    "customers",
    "members",
    "profiles",
    "userid-profile",
    "user_profile",
];
/// Endings that a table of this kind may have.
const ENDINGS: [&str; 13] = [
    "item", "user", "csv", "tsv", "dat", "txt", "parquet", "json", "jsonl", "ndjson", "gz", "zst",
    "xz",
];

/// Tables beside a log, in order of name; none that the settings name already.
pub(crate) fn beside(file: &FileSpec) -> Vec<Beside> {
    let Ok(log) = resolve(&file.path) else {
        return Vec::new();
    };
    let folder = log
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<Beside> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.file_name() != log.file_name() && path.is_file())
        .filter_map(|path| {
            Some(Beside {
                of: about(&log, &path)?,
                path,
            })
        })
        .filter(|table| match table.of {
            SideOf::Items => file.items.is_none() && file.titles.is_none(),
            SideOf::Users => file.users.is_none(),
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Whom a file is about, when its name says so: `ml-100k.item` beside `ml-100k.inter`, `u.user`
/// beside `u.data`, `movies.csv` beside anything, `shop_items.csv` beside `shop.csv`.
fn about(log: &Path, path: &Path) -> Option<SideOf> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let log_stem = log.file_stem()?.to_str()?.to_lowercase();
    let (stem, ending) = name.split_once('.')?;
    let last = ending.rsplit('.').next().unwrap_or(ending);
    if !ENDINGS.contains(&last) {
        return None;
    }
    if path.file_stem()?.to_str()?.to_lowercase() == log_stem {
        return match last {
            "item" => Some(SideOf::Items),
            "user" => Some(SideOf::Users),
            _ => None,
        };
    }
    let own = stem
        .strip_prefix(log_stem.as_str())
        .map_or(stem, |rest| rest.trim_start_matches(['_', '-', ' ']));
    [(SideOf::Items, &ITEMS[..]), (SideOf::Users, &USERS[..])]
        .into_iter()
        .find(|(_, names)| names.contains(&own))
        .map(|(of, _)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_by_their_names_beside_a_log() {
        let of = |log: &str, path: &str| about(Path::new(log), Path::new(path));
        assert_eq!(of("d/ml-100k.inter", "d/ml-100k.item"), Some(SideOf::Items));
        assert_eq!(of("d/ml-100k.inter", "d/ml-100k.user"), Some(SideOf::Users));
        assert_eq!(of("u.data", "u.user"), Some(SideOf::Users));
        assert_eq!(of("ratings.dat", "movies.dat"), Some(SideOf::Items));
        assert_eq!(of("shop.csv", "Shop_Users.csv.gz"), Some(SideOf::Users));
        for other in [
            "other.item",
            "README.md",
            "ml-100k.csv",
            "items",
            "items.png",
            "notes.txt",
            "",
        ] {
            assert_eq!(of("ml-100k.inter", other), None, "{other}");
        }
    }

    #[test]
    fn only_what_lies_there_and_is_not_named_is_offered() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["log.csv", "items.csv", "users.csv", "notes.md"] {
            std::fs::write(folder.path().join(name), "a").unwrap();
        }
        let mut file = FileSpec {
            path: folder.path().join("log.csv"),
            ..FileSpec::default()
        };
        let names = |file: &FileSpec| -> Vec<String> {
            beside(file)
                .iter()
                .map(|table| format!("{} {}", table.of, table.path.file_name().unwrap().display()))
                .collect()
        };
        assert_eq!(names(&file), ["items items.csv", "users users.csv"]);
        file.users = Some(super::super::SideTable::default());
        assert_eq!(names(&file), ["items items.csv"]);
        file.path = PathBuf::from("nowhere/log.csv");
        assert!(beside(&file).is_empty());
    }
}
