//! Files written whole or not at all, and why the disk refused, in words.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::RunError;
use seqscope_base::spec;

/// The error of a file operation, with its cure.
pub(crate) fn file_error(path: &Path, error: &io::Error) -> RunError {
    RunError::File {
        path: path.to_owned(),
        reason: reason(error),
    }
}

fn reason(error: &io::Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => {
            "there is no such file or folder; check the path, or choose the folder of runs with \
             `--runs`"
        }
        ErrorKind::PermissionDenied => {
            "no permission; choose another folder for runs or change its rights"
        }
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another folder for runs",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space and resume the run"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is where a folder should be; choose another folder for runs"
        }
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => {
            "no valid name for a file here; choose a shorter one"
        }
        _ => return format!("{error}; check the disk, or choose another folder for runs"),
    };
    known.to_owned()
}

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    spec::write_whole(path, |file| file.write_all(bytes))
        .map_err(|e: io::Error| file_error(path, &e))
}

/// Adds to a file, all of it or nothing: what the disk took of a part goes again, so that it can be
/// tried once more. On disk when this returns where `is_waited_for`.
pub(super) fn append_whole(file: &mut File, bytes: &[u8], is_waited_for: bool) -> io::Result<()> {
    let before = file.metadata()?.len();
    let mut written = file.write_all(bytes);
    if is_waited_for {
        written = written.and_then(|()| file.sync_data());
    }
    if written.is_err() {
        // The error that matters is the first one.
        let _ = file.set_len(before);
    }
    written
}

/// Adds lines to a file as [`append_whole`] does, under a first line where there is none yet.
pub(super) fn append_under(
    path: &Path,
    first_line: &str,
    lines: &str,
    is_waited_for: bool,
) -> Result<(), RunError> {
    let add = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        let text = if is_new {
            first_line.to_owned() + lines
        } else {
            lines.to_owned()
        };
        append_whole(&mut file, text.as_bytes(), is_waited_for)
    };
    add().map_err(|e| file_error(path, &e))
}

/// Copies a file, whole or not at all.
pub(super) fn copy_whole(from: &Path, to: &Path) -> Result<(), RunError> {
    let mut source = File::open(from).map_err(|e| file_error(from, &e))?;
    spec::write_whole(to, |file| io::copy(&mut source, file).map(|_| ()))
        .map_err(|e: io::Error| file_error(to, &e))
}

/// Deletes a file if it is there.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), RunError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(file_error(path, &e)),
        _ => Ok(()),
    }
}

/// Reads a text file. Bytes that are no UTF-8 become U+FFFD, for the parser to complain about.
pub(crate) fn read_text(path: &Path) -> Result<String, RunError> {
    let bytes = fs::read(path).map_err(|e| file_error(path, &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Longest name that a person gives to a file, in letters: at most 240 bytes with its ending, below
/// the 255 of file systems.
const MAX_NAME: usize = 59;

/// Whether a file may be called so by a person: letters, digits and a few signs, none of them of a
/// path.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | ',' | '(' | ')');
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MAX_NAME
        && name.chars().all(is_plain)
}

/// Names that people gave to the files of this ending in a folder, in order; none where there is no
/// such folder.
pub(crate) fn names_in(folder: &Path, ending: &str) -> Result<Vec<String>, RunError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(file_error(folder, &e)),
    };
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = files
        .filter_map(|file| file.strip_suffix(ending).map(str::to_owned))
        .filter(|name| is_plain_name(name))
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_under_a_first_one_that_stands_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        for lines in ["1\n", "2\n3\n"] {
            append_under(&path, "n\n", lines, true).unwrap();
        }
        // An empty file is what a full disk leaves of the first try.
        let empty = folder.path().join("b.csv");
        fs::write(&empty, "").unwrap();
        append_under(&empty, "n\n", "1\n", false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "n\n1\n2\n3\n");
        assert_eq!(fs::read_to_string(&empty).unwrap(), "n\n1\n");
    }

    #[test]
    fn every_refusal_of_the_disk_says_what_to_do() {
        let kinds = [
            ErrorKind::NotFound,
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
            ErrorKind::NotADirectory,
            ErrorKind::AlreadyExists,
            ErrorKind::InvalidFilename,
            ErrorKind::InvalidInput,
            ErrorKind::Interrupted,
            ErrorKind::Other,
        ];
        let cures = ["choose", "free some space"];
        for kind in kinds {
            let sentence = file_error(Path::new("runs/a"), &io::Error::from(kind)).to_string();
            let (problem, cure) = sentence
                .rsplit_once("; ")
                .unwrap_or_else(|| panic!("{sentence}"));
            assert!(problem.starts_with("`runs/a`: "), "{sentence}");
            assert!(cures.iter().any(|word| cure.contains(word)), "{sentence}");
        }
    }
}
