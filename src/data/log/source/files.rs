//! Several files as one log: a pattern in the path names them.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use glob::{MatchOptions, Pattern};

use super::open;
use crate::error::DataError;
use crate::log::FileSpec;

/// Most files of a log: with more, the pattern is too wide.
const MOST_FILES: usize = 10_000;

/// Most names that are looked at, so that a pattern over a whole disk comes to an end.
const MOST_LOOKED_AT: usize = 1_000_000;

/// Longest search: a disk behind a network may take a while for each name.
const LONGEST_SEARCH: Duration = Duration::from_mins(1);

/// Names that begin with a dot are not meant, as in a shell: they are leavings of other programs.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The files that a path names, sorted by name; at least one.
pub(crate) fn find(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let path = open::resolve(path)?;
    if !is_pattern(&path) {
        return Ok(vec![path]);
    }
    let (folder, parts) = divide(&path)?;
    let mut search = Search {
        path: &path,
        found: BTreeSet::new(),
        n_looked_at: 0,
        begin: Instant::now(),
    };
    search.walk(&folder, &parts)?;
    if search.found.is_empty() {
        Err(nothing(&path))
    } else {
        Ok(search.found.into_iter().collect())
    }
}

/// Whether a path is one of the files that a log is read from, or of the tables beside it: it must
/// not be written over.
#[must_use]
pub fn reads(file: &FileSpec, path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    let tables = file.side_tables().map(|(_, table)| &table.path);
    let named = std::iter::once(&file.path).chain(file.titles.as_ref().map(|titles| &titles.path));
    let named = named
        .chain(tables)
        .chain(file.parts().map(|(_, path)| path));
    let found = named.filter_map(|named| find(named).ok()).flatten();
    found
        .filter_map(|found| found.canonicalize().ok())
        .any(|found| found == path)
}

/// The sentence of a pattern that no file matches.
pub(super) fn nothing(path: &Path) -> DataError {
    unreadable(
        path,
        "no file matches this pattern; check the folder and the letters between the stars"
            .to_owned(),
    )
}

/// Whether a file can be opened and is not empty; of a pattern, whether its folder is there.
pub(crate) fn can_open(path: &Path) -> Result<(), DataError> {
    let path = open::resolve(path)?;
    if !is_pattern(&path) {
        return open::file(&path).map(|_| ());
    }
    let (folder, _) = divide(&path)?;
    std::fs::read_dir(&folder)
        .map(|_| ())
        .map_err(|error| open::why(&folder, &error))
}

/// The short name of a log: its file's name without endings, or what a pattern has of letters.
#[must_use]
pub fn name_of(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let packed = path
        .extension()
        .is_some_and(|end| end == "gz" || end == "zst");
    let stem = match stem.rsplit_once('.') {
        Some((name, _)) if packed && !name.is_empty() => name.to_owned(),
        _ => stem,
    };
    let letters = stem.replace(['*', '?', '[', ']'], "");
    let letters = letters.trim_matches(['-', '_', '.', ' ']);
    let above = || {
        path.components()
            .rev()
            .skip(1)
            .find(|part| !is_pattern(Path::new(part)))
    };
    match (letters, above()) {
        ("", Some(Component::Normal(folder))) => folder.to_string_lossy().into_owned(),
        ("", _) => "log".to_owned(),
        (letters, _) => letters.to_owned(),
    }
}

/// A file's name as it stands in sentences.
pub(super) fn short_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Size on disk of all files together.
pub(super) fn n_bytes(paths: &[PathBuf]) -> u64 {
    paths
        .iter()
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|metadata| metadata.len())
        .sum()
}

/// A file may itself have such characters in its name; then it is meant.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

/// One part of a pattern, between two separators.
enum PatternPart {
    /// `**`: any number of folders.
    AnyDepth,
    Name(Pattern),
}

/// The folder in which to begin, and the parts of the pattern below it.
fn divide(path: &Path) -> Result<(PathBuf, Vec<PatternPart>), DataError> {
    let mut folder: PathBuf = path.components().take_while(is_plain).collect();
    if folder.as_os_str().is_empty() {
        folder.push(".");
    }
    let mut parts = Vec::new();
    for part in path.components().skip_while(is_plain) {
        let text = part.as_os_str().to_string_lossy();
        if text != "**" {
            parts.push(PatternPart::Name(pattern(path, &text)?));
        } else if !matches!(parts.last(), Some(PatternPart::AnyDepth)) {
            parts.push(PatternPart::AnyDepth);
        }
    }
    if matches!(parts.last(), Some(PatternPart::AnyDepth)) {
        parts.push(PatternPart::Name(pattern(path, "*")?));
    }
    Ok((folder, parts))
}

/// Tells whether a part of a path is no pattern.
fn is_plain(part: &Component<'_>) -> bool {
    !part.as_os_str().to_string_lossy().contains(['*', '?', '['])
}

fn pattern(path: &Path, text: &str) -> Result<Pattern, DataError> {
    Pattern::new(text).map_err(|error| {
        let reason = format!(
            "`{text}` is no pattern ({}); write one such as `part-*.csv` or `**/*.csv`",
            error.msg
        );
        unreadable(path, reason)
    })
}

fn unreadable(path: &Path, reason: String) -> DataError {
    DataError::Unreadable {
        path: path.to_path_buf(),
        reason,
    }
}

struct Search<'a> {
    path: &'a Path,
    found: BTreeSet<PathBuf>,
    n_looked_at: usize,
    begin: Instant,
}

impl Search<'_> {
    fn walk(&mut self, folder: &Path, parts: &[PatternPart]) -> Result<(), DataError> {
        let Some((part, below)) = parts.split_first() else {
            return Ok(());
        };
        if let PatternPart::AnyDepth = part {
            self.walk(folder, below)?;
        }
        for entry in std::fs::read_dir(folder).map_err(|error| open::why(folder, &error))? {
            let entry = entry.map_err(|error| open::why(folder, &error))?;
            self.count()?;
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            match part {
                // A link to a folder may lead back up, so `**` follows none.
                PatternPart::AnyDepth
                    if !name.starts_with('.')
                        && entry.file_type().is_ok_and(|kind| kind.is_dir()) =>
                {
                    self.walk(&path, parts)?;
                }
                PatternPart::Name(pattern) if pattern.matches_with(&name, OPTIONS) => {
                    if !below.is_empty() && path.is_dir() {
                        self.walk(&path, below)?;
                    } else if below.is_empty() && path.is_file() {
                        self.found.insert(path);
                    }
                }
                _ => {}
            }
        }
        if self.found.len() > MOST_FILES {
            let reason =
                format!("more than {MOST_FILES} files match this pattern; name a narrower one");
            return Err(unreadable(self.path, reason));
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), DataError> {
        self.n_looked_at += 1;
        if self.n_looked_at > MOST_LOOKED_AT || self.begin.elapsed() > LONGEST_SEARCH {
            let reason = format!(
                "the search was given up after {} names; begin the pattern in the folder that \
                 holds the log",
                self.n_looked_at - 1
            );
            return Err(unreadable(self.path, reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, pattern: &str) -> Vec<String> {
        let found = find(&folder.join(pattern)).unwrap();
        found
            .iter()
            .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn patterns_find_files_sorted_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir_all(folder.join("b/c")).unwrap();
        for name in [
            "x2.csv",
            "x1.csv",
            ".x3.csv",
            "y.txt",
            "b/x4.csv",
            "b/c/x5.csv",
            "z[1].csv",
        ] {
            std::fs::write(folder.join(name), "a").unwrap();
        }
        assert_eq!(names(folder, "x*.csv"), ["x1.csv", "x2.csv"]);
        assert_eq!(names(folder, "x?.csv"), ["x1.csv", "x2.csv"]);
        assert_eq!(names(folder, "x[2-9].csv"), ["x2.csv"]);
        assert_eq!(names(folder, "*/x*.csv"), ["b/x4.csv"]);
        assert_eq!(
            names(folder, "**/x*.csv"),
            ["b/c/x5.csv", "b/x4.csv", "x1.csv", "x2.csv"]
        );
        assert_eq!(names(folder, "b/**"), ["b/c/x5.csv", "b/x4.csv"]);
        // A file of just that name is meant, not the pattern.
        assert_eq!(names(folder, "z[1].csv"), ["z[1].csv"]);
        let sentence = find(&folder.join("a**.csv")).unwrap_err().to_string();
        assert!(sentence.contains("`a**.csv` is no pattern ("), "{sentence}");
    }

    #[test]
    fn a_search_without_end_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.csv"), "a").unwrap();
        let path = folder.path().join("**/*.csv");
        let (below, parts) = divide(&path).unwrap();
        let mut search = Search {
            path: &path,
            found: BTreeSet::new(),
            n_looked_at: MOST_LOOKED_AT,
            begin: Instant::now(),
        };
        let sentence = search.walk(&below, &parts).unwrap_err().to_string();
        let expected = "the search was given up after 1000000 names; begin the pattern in the \
                        folder that holds the log";
        assert!(sentence.ends_with(expected), "{sentence}");
        // So is one that takes too long.
        let Some(begin) = Instant::now().checked_sub(LONGEST_SEARCH + Duration::from_secs(1))
        else {
            return;
        };
        let mut search = Search {
            path: &path,
            found: BTreeSet::new(),
            n_looked_at: 0,
            begin,
        };
        let sentence = search.walk(&below, &parts).unwrap_err().to_string();
        assert!(sentence.contains("given up after 0 names"), "{sentence}");
    }

    #[test]
    fn a_log_is_called_by_what_its_pattern_has_of_letters() {
        let named = |path: &str| name_of(Path::new(path));
        assert_eq!(named("data/log.csv"), "log");
        assert_eq!(named("data/log.csv.gz"), "log");
        assert_eq!(named("data/part-*.csv"), "part");
        assert_eq!(named("shop/**/*.parquet"), "shop");
        assert_eq!(named("*.csv"), "log");
    }
}
