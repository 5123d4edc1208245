//! Files written whole or not at all, and why the disk refused, in words.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::RunError;
use seqscope_base::spec;

/// The error of a file operation, with its cure.
pub(super) fn file_error(path: &Path, error: &io::Error) -> RunError {
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
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    spec::write_whole(path, |file| file.write_all(bytes))
        .map_err(|e: io::Error| file_error(path, &e))
}

/// Copies a file, whole or not at all.
pub(super) fn copy_whole(from: &Path, to: &Path) -> Result<(), RunError> {
    let mut source = File::open(from).map_err(|e| file_error(from, &e))?;
    spec::write_whole(to, |file| io::copy(&mut source, file).map(|_| ()))
        .map_err(|e: io::Error| file_error(to, &e))
}

/// Deletes a file if it is there.
pub(super) fn remove_if_there(path: &Path) -> Result<(), RunError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(file_error(path, &e)),
        _ => Ok(()),
    }
}

/// Reads a text file. Bytes that are no UTF-8 become U+FFFD, for the parser to complain about.
pub(super) fn read_text(path: &Path) -> Result<String, RunError> {
    let bytes = fs::read(path).map_err(|e| file_error(path, &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Longest name that a person gives to a file, in letters: at most 240 bytes with its ending, below
/// the 255 of file systems.
const MAX_NAME: usize = 59;

/// Whether a file may be called so by a person: letters, digits and a few signs, none of them of a
/// path.
pub(super) fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | ',' | '(' | ')');
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MAX_NAME
        && name.chars().all(is_plain)
}

/// Names that people gave to the files of this ending in a folder, in order; none where there is no
/// such folder.
pub(super) fn names_in(folder: &Path, ending: &str) -> Result<Vec<String>, RunError> {
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
