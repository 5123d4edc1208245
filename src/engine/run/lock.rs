//! Tells a run that is being written from one whose process was killed.
//!
//! The writer holds an exclusive lock on the file `lock` for as long as it lives. The operating
//! system gives it back when the process ends, however it ends; a process id in a file would stay
//! behind after a kill and might by then belong to another program.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::RunError;
use super::disk::file_error;

/// Held while a run is written, or an entry of the queue is worked off.
#[derive(Debug)]
pub(super) struct RunLock {
    _file: File,
}

/// Name of the file that is locked.
pub(super) const FILE: &str = "lock";

/// Someone who lists the runs holds a shared lock for some microseconds.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

impl RunLock {
    /// Takes the lock of a run's folder; `None` when another writer has it.
    pub(super) fn take(dir: &Path) -> Result<Option<Self>, RunError> {
        Self::take_file(&dir.join(FILE), TRIES)
    }

    /// Takes the lock on this file, which is made where it is not there; `None` when another has it
    /// and keeps it over so many tries, 10 ms apart.
    pub(super) fn take_file(path: &Path, tries: usize) -> Result<Option<Self>, RunError> {
        let open = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path);
        let file = open.map_err(|e| file_error(path, &e))?;
        for _ in 0..tries {
            match file.try_lock() {
                // Some network folders know no locks; the run then shows as interrupted while it
                // is written, which is better than no run at all.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Some(Self { _file: file })),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        Ok(None)
    }
}

/// Whether a process is writing the run in this folder.
pub(super) fn is_held(dir: &Path) -> bool {
    is_file_held(&dir.join(FILE))
}

/// Whether a process writes the run in this folder and goes on doing so: one whose run has just
/// ended lets go within a moment.
pub(super) fn stays_held(dir: &Path) -> bool {
    const TRIES_UNTIL_LET_GO: usize = 100;
    (0..TRIES_UNTIL_LET_GO).all(|at| {
        if at > 0 {
            std::thread::sleep(PAUSE);
        }
        is_held(dir)
    })
}

/// Whether a process holds the lock on this file.
pub(super) fn is_file_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
