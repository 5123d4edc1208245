//! The file of the queue: `queue/queue.ron` in the folder of runs, read and written whole under a
//! lock, so that no two programs change it at once.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::{Queue, QueueEntry, QueueError, RunQueue};
use crate::run::RunError;
use crate::run::disk::{file_error, read_text, write_whole};
use crate::run::lock::{RunLock, is_file_held};
use seqscope_base::spec::quotable_reason;

/// Folder of the queue in that of the runs.
const FOLDER: &str = "queue";

/// Name of its file.
const FILE: &str = "queue.ron";

/// Name of the file that is locked while the queue is changed.
const LOCK: &str = "lock";

/// Version of the file that this program writes.
const VERSION: u32 = 1;

/// Tries for the lock, 10 ms apart: a change takes some milliseconds, and many may stand in line.
const TRIES: usize = 500;

/// Content of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueFile {
    version: u32,
    /// Whether nothing is begun until it goes on.
    is_paused: bool,
    /// Number of the next entry.
    next_number: u64,
    entries: Vec<QueueEntry>,
}

/// Version of a queue, whatever else stands in its file.
#[derive(Deserialize)]
struct QueueVersion {
    version: u32,
}

impl RunQueue {
    /// Path of its file, which need not be there.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder().join(FILE)
    }

    fn folder(&self) -> PathBuf {
        self.store.root.join(FOLDER)
    }

    /// The file that is locked by whoever works on an entry.
    pub(super) fn entry_lock(&self, number: u64) -> PathBuf {
        self.folder().join(format!("{number:04}.lock"))
    }

    /// The queue as it stands, and which of its entries are held.
    ///
    /// # Errors
    /// [`RunError`] when its file cannot be read.
    pub fn list(&self) -> Result<Queue, RunError> {
        let mut queue = self.read()?;
        for entry in queue.entries.iter_mut().filter(|entry| entry.is_open()) {
            entry.is_held = is_file_held(&self.entry_lock(entry.number));
        }
        Ok(queue)
    }

    /// Reads the file; an empty queue where there is none.
    pub(super) fn read(&self) -> Result<Queue, RunError> {
        let path = self.path();
        if let Err(e) = fs::metadata(&path)
            && e.kind() == ErrorKind::NotFound
        {
            return Ok(Queue::default());
        }
        let text = read_text(&path)?;
        let newer = |found: u32| RunError::Newer {
            path: path.clone(),
            found,
            known: VERSION,
        };
        let read: Result<QueueFile, _> = ron::from_str(&text);
        let file = read.map_err(|error| {
            // A later version may have work that only looks like a fault.
            let head: Result<QueueVersion, _> = ron::from_str(&text);
            match head.ok().map(|head| head.version).filter(|v| *v > VERSION) {
                Some(version) => newer(version),
                None => RunError::Damaged {
                    path: path.clone(),
                    reason: format!(
                        "line {}: {}; mend that line, or move the file away and add the \
                         experiments anew (the runs themselves are whole)",
                        error.span.start.line,
                        quotable_reason(&error.code.to_string())
                    ),
                },
            }
        })?;
        if file.version > VERSION {
            return Err(newer(file.version));
        }
        Ok(Queue {
            is_paused: file.is_paused,
            next_number: file.next_number,
            entries: file.entries,
        })
    }

    /// Changes the queue: what `change` makes of it is on disk when this returns. Where it refuses,
    /// or changes nothing, the file stays as it is.
    ///
    /// # Errors
    /// [`RunError`] when another program holds the queue, its file cannot be read or written, or
    /// `change` refuses.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Queue) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let folder = self.folder();
        fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
        let Some(_lock) = RunLock::take_file(&folder.join(LOCK), TRIES)? else {
            return Err(QueueError::Busy.into());
        };
        let before = self.list()?;
        let mut queue = before.clone();
        let made = change(&mut queue)?;
        if queue != before {
            self.write(queue)?;
        }
        Ok(made)
    }

    fn write(&self, queue: Queue) -> Result<(), RunError> {
        let path = self.path();
        let file = QueueFile {
            version: VERSION,
            is_paused: queue.is_paused,
            next_number: queue.next_number,
            entries: queue.entries,
        };
        let pretty = PrettyConfig::new().new_line("\n");
        let text =
            ron::ser::to_string_pretty(&file, pretty).map_err(|error| RunError::Damaged {
                path: path.clone(),
                reason: format!("cannot be written: {error}; add the experiments anew"),
            })?;
        write_whole(&path, format!("{text}\n").as_bytes())
    }
}
