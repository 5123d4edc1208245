//! Files that are there whole or not at all: the one way in which this program writes a file that
//! it will read again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Writes a file under a temporary name beside it, syncs it and renames it: a reader sees the old
/// content or the new one, never a part. What fails leaves nothing behind.
///
/// # Errors
/// What `write` says, or the disk.
pub fn write_whole<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let part = temporary(path);
    let mut file = File::create(&part)?;
    let written = write(&mut file).and_then(|()| file.sync_all().map_err(E::from));
    // Some systems do not rename a file that is open.
    drop(file);
    let placed = written.and_then(|()| fs::rename(&part, path).map_err(E::from));
    if placed.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&part);
    }
    placed
}

/// The name that a file has until it is whole; passed over by every reader. After a kill the next
/// write of the same file takes it again.
fn temporary(path: &Path) -> PathBuf {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".tmp-{name}"))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{fs, write_whole};

    #[test]
    fn a_write_that_fails_leaves_the_old_content_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_whole(&path, |file| {
            file.write_all(b"half of the ne")?;
            Err(io::Error::other("planted"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "planted");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no temporary file is left behind"
        );
        write_whole(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        // A folder is in the way of the new name: the rename fails, and cleans up too.
        fs::create_dir(folder.path().join("folder")).unwrap();
        write_whole(&folder.path().join("folder"), |file| file.write_all(b"new")).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
