//! Identity of the copy of a log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::dataset::{DataSpec, SplitSpec};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::log::{DataSource, source};

/// Changes with the way in which copies are written.
const FORMAT: u32 = 2;

/// How much of a file is hashed at once, by one thread.
const PIECE_BYTES: u64 = 4 << 20;

/// Pieces between two looks at whether to go on.
const PIECES_AT_ONCE: usize = 64;

/// Two logs with the same key are the same, byte for byte, read in the same way.
pub(crate) struct CacheKey {
    hash: u128,
    /// The files as they were before their bytes were looked at.
    files: Vec<FileStamp>,
}

/// A file, its size, and when it was written.
#[derive(PartialEq, Eq)]
struct FileStamp {
    path: PathBuf,
    n_bytes: u64,
    written: Option<SystemTime>,
}

impl CacheKey {
    /// See [`super::Cache::key`].
    pub(super) fn of_log(
        data: &DataSpec,
        split: SplitSpec,
        least_bytes: u64,
        progress: &dyn LoadProgress,
    ) -> Result<Option<Self>, DataError> {
        let DataSource::File(file) = &data.source else {
            return Ok(None);
        };
        // Pseudonyms depend on a key, and nothing that depends on it is kept. Free columns and
        // joined tables have no place in a copy.
        let has_more_columns =
            !file.free_features.is_empty() || file.side_tables().next().is_some();
        let has_more_columns = has_more_columns || file.parts().next().is_some();
        if !file.pseudonyms.is_off() || has_more_columns {
            return Ok(None);
        }
        let named = [
            Some(&file.path),
            file.titles.as_ref().map(|titles| &titles.path),
        ];
        let Ok(paths) = named
            .into_iter()
            .flatten()
            .map(|path| source::files_of(path))
            .collect::<Result<Vec<_>, _>>()
        else {
            return Ok(None);
        };
        let paths: Vec<PathBuf> = paths.into_iter().flatten().collect();
        let Some(files) = paths
            .iter()
            .map(|path| FileStamp::of_file(path))
            .collect::<Option<Vec<FileStamp>>>()
        else {
            return Ok(None);
        };
        let total: u64 = files.iter().map(|file| file.n_bytes).sum();
        let (Some(settings), Some(program)) = (settings(data, split), program()) else {
            return Ok(None);
        };
        if total < least_bytes {
            return Ok(None);
        }
        let mut hash = Xxh3::new();
        let mut add = |part: &[u8]| {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(&FORMAT.to_le_bytes());
        add(program.as_bytes());
        add(settings.as_bytes());
        let mut n_before = 0;
        for FileStamp {
            path,
            n_bytes: size,
            ..
        } in &files
        {
            let told = |n: u64| {
                progress.reached(Stage::Looking, Some((n_before + n) as f32 / total as f32));
            };
            let Some(content) = hash_of(path, *size, &told, progress)? else {
                return Ok(None);
            };
            add(std::path::absolute(path)
                .unwrap_or_default()
                .to_string_lossy()
                .as_bytes());
            add(&content.to_le_bytes());
            n_before += size;
        }
        Ok(Some(Self {
            hash: hash.digest128(),
            files,
        }))
    }

    /// Whether the files are still those that were looked at.
    pub(super) fn still_holds(&self) -> bool {
        self.files
            .iter()
            .all(|file| FileStamp::of_file(&file.path).as_ref() == Some(file))
    }

    /// Thirty-two hexadecimal digits.
    pub(super) fn digits(&self) -> String {
        format!("{:032x}", self.hash)
    }
}

/// Settings of the log that decide its content; those of the split only where they decide which
/// events there are.
fn settings(data: &DataSpec, split: SplitSpec) -> Option<String> {
    serde_json::to_string(&(data, split.needs_times().then_some(split))).ok()
}

/// Which build of the program reads: another one may read differently.
fn program() -> Option<String> {
    let metadata = std::env::current_exe().ok()?.metadata().ok()?;
    let modified = metadata
        .modified()
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    Some(format!(
        "{} {} {modified}",
        env!("CARGO_PKG_VERSION"),
        metadata.len()
    ))
}

impl FileStamp {
    /// `None` for what is no file, such as a pipe, which can be read only once, and for a database
    /// whose last changes lie in a file beside it.
    fn of_file(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let mut beside = path.as_os_str().to_owned();
        beside.push("-wal");
        if Path::new(&beside).exists() {
            return None;
        }
        Some(Self {
            path: path.to_path_buf(),
            n_bytes: metadata.len(),
            written: metadata.modified().ok(),
        })
    }
}

/// Hash of a file's bytes, piece by piece on all processors; `None` when it cannot be read.
fn hash_of(
    path: &Path,
    size: u64,
    told: &dyn Fn(u64),
    progress: &dyn LoadProgress,
) -> Result<Option<u128>, DataError> {
    let starts: Vec<u64> = (0..size.div_ceil(PIECE_BYTES))
        .map(|at| at * PIECE_BYTES)
        .collect();
    let mut hash = Xxh3::new();
    hash.update(&size.to_le_bytes());
    for starts in starts.chunks(PIECES_AT_ONCE) {
        check_cancelled(progress)?;
        told(starts.first().copied().unwrap_or_default());
        let piece = |buffer: &mut Vec<u8>, &start: &u64| -> Option<u64> {
            buffer.clear();
            let mut file = File::open(path).ok()?;
            file.seek(SeekFrom::Start(start)).ok()?;
            file.take(PIECE_BYTES).read_to_end(buffer).ok()?;
            Some(xxh3_64(buffer))
        };
        let Some(hashes) = starts
            .par_iter()
            .map_init(Vec::new, piece)
            .collect::<Option<Vec<u64>>>()
        else {
            return Ok(None);
        };
        for piece in hashes {
            hash.update(&piece.to_le_bytes());
        }
    }
    Ok(Some(hash.digest128()))
}
