//! Logs and worlds become sequences: what a user is promised about data.

mod audit;
mod clean;
mod columns;
mod detection;
mod files;
mod formats;
mod ids;
mod kept;
mod known;
mod laws;
mod log_shapes;
mod packed;
mod public_logs;
mod several;
mod sqlite;
mod tables;
mod ties;
mod times;
mod world;
mod worlds;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use seqscope::data::{
    CleanSpec, DataError, DataSource, DataSpec, FileSpec, Prepared, SplitSpec, prepare,
};
use seqscope::spec::Problem;
use tempfile::TempDir;

/// A file on disk as long as this lives.
pub(crate) struct OnDisk {
    pub(crate) folder: TempDir,
    pub(crate) spec: FileSpec,
}

impl OnDisk {
    pub(crate) fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self {
            folder,
            spec: FileSpec {
                path,
                ..FileSpec::default()
            },
        }
    }

    pub(crate) fn prepare(&self) -> Result<Prepared, DataError> {
        prepare_file(&self.spec)
    }

    /// Another file in the same folder.
    pub(crate) fn beside(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

pub(crate) fn prepare_file(file: &FileSpec) -> Result<Prepared, DataError> {
    prepare_cleaned(file, CleanSpec::default(), SplitSpec::LeaveOneOut)
}

pub(crate) fn prepare_cleaned(
    file: &FileSpec,
    clean: CleanSpec,
    split: SplitSpec,
) -> Result<Prepared, DataError> {
    let data = DataSpec {
        source: DataSource::File(file.clone()),
        clean,
        ..DataSpec::default()
    };
    prepare(&data, split, &AtomicBool::new(false))
}

/// One user's item ids, oldest first.
pub(crate) fn history<'a>(prepared: &'a Prepared, user: &str) -> Vec<&'a str> {
    let dataset = &prepared.dataset;
    let user_idx = dataset.users.idx(user).unwrap();
    dataset
        .sequences
        .items(user_idx as usize)
        .iter()
        .map(|&item| dataset.items.id(item).unwrap())
        .collect()
}

/// All warnings, one a line.
pub(crate) fn warnings(prepared: &Prepared) -> String {
    let sentences = prepared
        .dataset
        .report
        .problems
        .iter()
        .map(Problem::sentence);
    sentences.collect::<Vec<_>>().join("\n")
}
