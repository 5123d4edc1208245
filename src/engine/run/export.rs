//! A run as files for other programs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::disk::{copy_whole, file_error, read_text, write_whole};
use super::histograms::HISTOGRAMS_FILE;
use super::history::Part;
use super::id::RunId;
use super::latent::LATENT_FILE;
use super::live_change::CHANGES_FILE;
use super::machine::MACHINE_FILE;
use super::pseudonymise::{self, RunPseudonyms};
use super::store::{HISTORY_FILE, LOG_FILE, RunStore};
use super::{Checksums, RunError, export_tables, manifest};
use seqscope_data::{self as data, Pseudonyms};

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
    /// log as text, what was answered to every evaluated user by the model and by the references,
    /// in the words of the task, and which row of the weights is which item as CSV and Parquet, the
    /// best epoch's weights as safetensors; and what its figures may be trusted with. Returns the
    /// files written.
    ///
    /// # Errors
    /// [`RunError`] when the folder is not empty or cannot be written.
    pub fn export(&self, id: &RunId, to: &Path) -> Result<Vec<PathBuf>, RunError> {
        self.export_hiding(id, to, Pseudonyms::Off)
    }

    /// [`RunStore::export`] with ids replaced under the key in use. Those that were replaced when
    /// the log was read stay as they are.
    ///
    /// # Errors
    /// [`RunError`] as there, and when the ids of the run were replaced under another key.
    pub fn export_hiding(
        &self,
        id: &RunId,
        to: &Path,
        hidden: Pseudonyms,
    ) -> Result<Vec<PathBuf>, RunError> {
        let dir = self.existing(id)?;
        let mut manifest = self.manifest(id)?;
        let pseudonyms = RunPseudonyms::new(&manifest, hidden)?;
        let (experiment, answers) = (
            manifest.experiment.to_text()?,
            manifest.experiment.answers(),
        );
        make_empty(to)?;

        let mut written = Vec::new();
        let mut next = |name: &str| {
            let path = to.join(name);
            written.push(path.clone());
            path
        };
        write_whole(&next("experiment.ron"), experiment.as_bytes())?;
        let weights = self.best_weights(id);
        let files = [(dir.join(HISTORY_FILE), HISTORY_FILE)];
        let mut perhaps = vec![
            (weights, "best.safetensors"),
            (dir.join(LATENT_FILE), LATENT_FILE),
            (dir.join(HISTOGRAMS_FILE), HISTOGRAMS_FILE),
            (dir.join(MACHINE_FILE), MACHINE_FILE),
            (dir.join(CHANGES_FILE), CHANGES_FILE),
        ];
        let log = dir.join(LOG_FILE);
        match &pseudonyms {
            None => {
                copy_whole(&dir.join(manifest::FILE), &next(manifest::FILE))?;
                perhaps.push((log, LOG_FILE));
            }
            Some(pseudonyms) => {
                if log.exists() {
                    let text = pseudonymise::log(&read_text(&log)?, &manifest);
                    write_whole(&next(LOG_FILE), text.as_bytes())?;
                }
                pseudonyms.hide_in_manifest(&mut manifest);
                // They are of the files with the ids.
                manifest.checksums = Checksums::default();
                next(manifest::FILE);
                manifest.write(to)?;
            }
        }
        for (from, name) in files
            .into_iter()
            .chain(perhaps.into_iter().filter(|(from, _)| from.exists()))
        {
            self.check_file(id, &from)?;
            copy_whole(&from, &next(name))?;
        }
        for part in [Part::Valid, Part::Test] {
            if let Some(mut users) = self.results(id, part)? {
                if let Some(pseudonyms) = &pseudonyms {
                    pseudonyms.hide_in_results(&mut users, answers);
                }
                let table = export_tables::table(&users, answers);
                data::write_parquet(&next(&format!("{part}.parquet")), &table)?;
                data::write_csv(&next(&format!("{part}.csv")), &table)?;
            }
        }
        // Of the manifest as it was written: where ids are hidden, no sentence quotes the log.
        let trust = self.trust(&manifest)?;
        let title = format!("What the figures of {id} may be trusted with");
        write_whole(&next(TRUST_FILE), trust.markdown(&title).as_bytes())?;
        for (name, table) in self.vocabulary(id, pseudonyms.as_ref())? {
            data::write_parquet(&next(&format!("{name}.parquet")), &table)?;
            data::write_csv(&next(&format!("{name}.csv")), &table)?;
        }
        if let Some(mut references) = self.reference_results(id)? {
            if let Some(pseudonyms) = &pseudonyms {
                pseudonyms.hide_in_references(&mut references, answers);
            }
            let table = export_tables::references_table(&references, answers);
            data::write_parquet(&next("test.references.parquet"), &table)?;
            data::write_csv(&next("test.references.csv"), &table)?;
        }
        Ok(written)
    }
}

/// File of an export that says what the run's figures may be trusted with.
const TRUST_FILE: &str = "trust.md";

fn make_empty(to: &Path) -> Result<(), RunError> {
    match fs::read_dir(to).map(|mut entries| entries.next().is_none()) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(to).map_err(|e| file_error(to, &e))
        }
        Err(e) => Err(file_error(to, &e)),
        Ok(true) => Ok(()),
        Ok(false) => Err(RunError::File {
            path: to.to_owned(),
            reason: "the folder is not empty; choose a new one, so that nothing is written over"
                .to_owned(),
        }),
    }
}
