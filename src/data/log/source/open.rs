//! Paths and files: every way in which a file cannot be opened is one sentence with its cure.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::DataError;

const FOLDER: &str = "it is a folder; choose the file in it that holds the log, or name several \
                      with a pattern such as `folder/*.csv`";

/// The path with `$NAME` at its start replaced by that environment variable.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, DataError> {
    let text = path.to_string_lossy();
    let Some(rest) = text.strip_prefix('$') else {
        return Ok(path.to_path_buf());
    };
    let (name, below) = rest.split_once(['/', '\\']).unwrap_or((rest, ""));
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        Some(folder) => Ok(Path::new(&folder).join(below)),
        None => Err(DataError::setting(
            "data.path",
            format!(
                "`{text}` begins with the environment variable `{name}`, which is not set; set it \
                 to the folder that holds the data, or write the path out."
            ),
        )),
    }
}

/// Opens a file for reading and gives its size.
pub(super) fn file(path: &Path) -> Result<(File, u64), DataError> {
    let file = File::open(path).map_err(|error| why(path, &error))?;
    let metadata = file.metadata().map_err(|error| why(path, &error))?;
    if metadata.is_dir() {
        return Err(DataError::Unreadable {
            path: path.to_path_buf(),
            reason: FOLDER.to_owned(),
        });
    }
    if metadata.is_file() && metadata.len() == 0 {
        return Err(DataError::content(
            path,
            "the file is empty; choose one that holds a log.",
        ));
    }
    Ok((file, metadata.len()))
}

/// Why a file cannot be read, with the cure.
pub(super) fn why(path: &Path, error: &std::io::Error) -> DataError {
    let reason = match error.kind() {
        ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
        ErrorKind::PermissionDenied => {
            "you have no permission to read it; ask its owner, or choose a copy of your own"
                .to_owned()
        }
        ErrorKind::IsADirectory => FOLDER.to_owned(),
        _ => format!("{error}; check the disk, or copy the file and try again"),
    };
    DataError::Unreadable {
        path: path.to_path_buf(),
        reason,
    }
}
