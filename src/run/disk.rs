//! Files written whole or not at all, and why the disk refused, in words.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::RunError;

/// The error of a file operation, with its cure.
pub(super) fn file_error(path: &Path, error: &io::Error) -> RunError {
    RunError::File { path: path.to_owned(), reason: reason(error) }
}

fn reason(error: &io::Error) -> String {
    let known = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder",
        ErrorKind::PermissionDenied => "no permission; choose another folder for runs or change its rights",
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another folder for runs",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full; free some space and resume the run",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is where a folder should be; choose another folder for runs"
        }
        ErrorKind::InvalidFilename | ErrorKind::InvalidInput => "no valid name for a file here; choose a shorter one",
        _ => return error.to_string(),
    };
    known.to_owned()
}

/// The name that a file has until it is whole; passed over by every reader.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".tmp-{name}"))
}

/// Writes a file under a temporary name, syncs it and renames it: a reader sees the old content or
/// the new one, never a part.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let part = temporary(path);
    let write = || -> io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| file_error(&part, &e))?;
    put_in_place(&part, path)
}

/// Renames a finished temporary file to its name.
pub(super) fn put_in_place(part: &Path, path: &Path) -> Result<(), RunError> {
    fs::rename(part, path).map_err(|e| file_error(path, &e))
}

/// Copies a file under a temporary name, then renames it.
pub(super) fn copy_whole(from: &Path, to: &Path) -> Result<(), RunError> {
    let part = temporary(to);
    let at_fault = |e: &io::Error| if e.kind() == ErrorKind::NotFound { from } else { to };
    fs::copy(from, &part).map_err(|e| file_error(at_fault(&e), &e))?;
    put_in_place(&part, to)
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
