//! A run as files for other programs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::disk::{copy_whole, file_error, write_whole};
use super::history::Part;
use super::id::RunId;
use super::store::{HISTORY_FILE, RunStore};
use super::{RunError, manifest, results};
use crate::data;

impl RunStore {
    /// A folder for [`RunStore::export`] that is not there yet: `exports/RUN` beside the folder of
    /// runs, else `exports/RUN-2`, and so on.
    #[must_use]
    pub fn free_export_folder(&self, id: &RunId) -> PathBuf {
        let exports = self.root.with_file_name("exports");
        let mut folder = exports.join(&id.0);
        let mut n = 1_u32;
        while folder.exists() {
            n += 1;
            folder = exports.join(format!("{id}-{n}"));
        }
        folder
    }

    /// Copies a run to a folder that must be empty or new: manifest, experiment file, history and
    /// log as text, rank and probability of every evaluated user as CSV and Parquet, the best
    /// epoch's weights as safetensors. Returns the files written.
    ///
    /// # Errors
    /// [`RunError`] when the folder is not empty or cannot be written.
    pub fn export(&self, id: &RunId, to: &Path) -> Result<Vec<PathBuf>, RunError> {
        let dir = self.existing(id)?;
        let manifest = self.manifest(id)?;
        let experiment = manifest.experiment.to_text()?;
        make_empty(to)?;

        let mut written = Vec::new();
        let mut next = |name: &str| {
            let path = to.join(name);
            written.push(path.clone());
            path
        };
        write_whole(&next("experiment.ron"), experiment.as_bytes())?;
        let weights = self.best_weights(id);
        let files = [(dir.join(manifest::FILE), manifest::FILE), (dir.join(HISTORY_FILE), HISTORY_FILE)];
        let perhaps = [(dir.join("log.txt"), "log.txt"), (weights, "best.safetensors")];
        for (from, name) in files.into_iter().chain(perhaps.into_iter().filter(|(from, _)| from.exists())) {
            copy_whole(&from, &next(name))?;
        }
        for part in [Part::Valid, Part::Test] {
            if let Some(users) = self.results(id, part)? {
                let table = results::table(&users);
                data::write_parquet(&next(&format!("{part}.parquet")), &table)?;
                data::write_csv(&next(&format!("{part}.csv")), &table)?;
            }
        }
        Ok(written)
    }
}

fn make_empty(to: &Path) -> Result<(), RunError> {
    match fs::read_dir(to).map(|mut entries| entries.next().is_none()) {
        Err(e) if e.kind() == ErrorKind::NotFound => fs::create_dir_all(to).map_err(|e| file_error(to, &e)),
        Err(e) => Err(file_error(to, &e)),
        Ok(true) => Ok(()),
        Ok(false) => Err(RunError::File {
            path: to.to_owned(),
            reason: "the folder is not empty; choose a new one, so that nothing is written over".to_owned(),
        }),
    }
}
