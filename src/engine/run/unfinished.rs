//! Folders that are made ready under another name, and appear only when they are whole.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::RunError;
use super::disk::file_error;

/// Prefix of a folder's name until it is whole; no list of runs shows such a name.
const NEW: &str = ".new-";

/// Prefix of a folder's name while it is being deleted.
pub(super) const DELETED: &str = ".deleted-";

/// A folder is made or deleted in moments, so one as old as this was left behind by a kill.
const LEFT_BEHIND: Duration = Duration::from_hours(1);

/// Makes a folder: `fill` writes into it, then it takes its name. Nothing stays behind when that
/// fails. `false` when the name is taken.
pub(super) fn place(
    dir: &Path,
    fill: impl FnOnce(&Path) -> Result<(), RunError>,
) -> Result<bool, RunError> {
    let made = unfinished(dir);
    match fs::create_dir(&made) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(e) => return Err(file_error(&made, &e)),
    }
    let placed = fill(&made).and_then(|()| match fs::rename(&made, dir) {
        Ok(()) => Ok(true),
        Err(_) if dir.exists() => Ok(false),
        Err(e) => Err(file_error(dir, &e)),
    });
    if !matches!(placed, Ok(true)) {
        // The reason why it could not be made is what the user must hear of.
        let _ = fs::remove_dir_all(&made);
    }
    placed
}

fn unfinished(dir: &Path) -> PathBuf {
    let name = dir
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    dir.with_file_name(format!("{NEW}{name}"))
}

/// Deletes what kills have left behind. What cannot be deleted is in nobody's way.
pub(super) fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = [NEW, DELETED]
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start));
        let changed = || entry.metadata().and_then(|about| about.modified()).ok();
        let age = || SystemTime::now().duration_since(changed()?).ok();
        if is_ours && age().is_some_and(|age| age > LEFT_BEHIND) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a");
        let failed = place(&dir, |made| {
            fs::write(made.join("manifest.ron"), "half").unwrap();
            assert!(!dir.exists(), "not before it is filled");
            Err(RunError::Busy { id: "a".to_owned() })
        });
        assert!(failed.is_err());
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            0,
            "nothing stays behind"
        );
        let fill = |made: &Path| {
            fs::write(made.join("manifest.ron"), "whole").unwrap();
            Ok(())
        };
        assert!(place(&dir, fill).unwrap());
        assert_eq!(
            fs::read_to_string(dir.join("manifest.ron")).unwrap(),
            "whole"
        );
        assert!(
            !place(&dir, |_| Ok(())).unwrap(),
            "a name that is taken is another run's"
        );
        assert_eq!(
            fs::read_to_string(dir.join("manifest.ron")).unwrap(),
            "whole"
        );
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_kill_left_behind_is_swept_once_it_is_old() {
        let root = tempfile::tempdir().unwrap();
        let names = [".new-old", ".deleted-old", ".new-young", "a-run", ".git"];
        let two_hours_ago = SystemTime::now() - Duration::from_hours(2);
        for name in names {
            let dir = root.path().join(name);
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("manifest.ron"), "").unwrap();
            if name != ".new-young" {
                fs::File::open(&dir)
                    .unwrap()
                    .set_modified(two_hours_ago)
                    .unwrap();
            }
        }
        sweep(root.path());
        let mut left: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".git", ".new-young", "a-run"]);
    }
}
