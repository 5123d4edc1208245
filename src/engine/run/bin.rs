//! Runs that were deleted and can be brought back: whole folders in the folder `bin` of the folder of
//! runs, which no list shows. It is emptied only when a person says so.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk::file_error;
use super::manifest::{self, Manifest};
use super::unfinished::DELETED;
use super::{AboutRun, RunError, RunId, RunStore, lock};
use seqscope_base::spec::did_you_mean;

/// Folder of the deleted runs in that of the runs.
const FOLDER: &str = "bin";

/// Sign before the number of a run whose name was in the bin already.
const AGAIN: char = '~';

/// A run in the bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinnedRun {
    /// Name of its folder in the bin, by which it is brought back.
    pub name: String,
    /// Label that a person gave it, else the name of its experiment; empty where neither can be read.
    pub title: String,
    /// Size of all its files.
    pub bytes: u64,
}

/// A run's name without the number that told it from another of that name in the bin.
fn id_of(name: &str) -> RunId {
    let id = name.rsplit_once(AGAIN).map_or(name, |(id, _)| id);
    RunId(id.to_owned())
}

impl RunStore {
    fn bin(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// Puts a run into the bin, whole, and names it there.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, a process is writing it, or the disk refuses.
    pub fn put_into_bin(&self, id: &RunId) -> Result<String, RunError> {
        let dir = self.to_delete(id)?;
        let bin = self.bin();
        fs::create_dir_all(&bin).map_err(|e| file_error(&bin, &e))?;
        let names = (2..).map(|n: usize| format!("{id}{AGAIN}{n}"));
        for name in std::iter::once(id.0.clone()).chain(names) {
            let place = bin.join(&name);
            if !place.exists() {
                fs::rename(&dir, &place).map_err(|e| file_error(&dir, &e))?;
                return Ok(name);
            }
        }
        // Names never run out.
        Err(self.unknown(&id.0, &[]))
    }

    /// Takes a run out of the bin, and names it.
    ///
    /// # Errors
    /// [`RunError`] when the bin has none of that name, a run of that name is in the list again, or
    /// the disk refuses.
    pub fn restore_from_bin(&self, name: &str) -> Result<RunId, RunError> {
        let names = self.names_in_bin()?;
        if !names.iter().any(|known| known == name) {
            return Err(RunError::NotInBin {
                name: name.to_owned(),
                near: did_you_mean(name, names.iter().map(String::as_str)),
                is_empty: names.is_empty(),
            });
        }
        let (from, id) = (self.bin().join(name), id_of(name));
        let dir = self.dir(&id);
        if dir.exists() {
            return Err(RunError::NameTaken { id: id.0 });
        }
        fs::rename(&from, &dir).map_err(|e| file_error(&from, &e))?;
        Ok(id)
    }

    /// The runs in the bin with their sizes, in order of their names.
    ///
    /// # Errors
    /// [`RunError`] when the bin cannot be read.
    pub fn binned(&self) -> Result<Vec<BinnedRun>, RunError> {
        let bin = self.bin();
        let names = self.names_in_bin()?;
        let runs = names.into_par_iter().map(|name| {
            let dir = bin.join(&name);
            BinnedRun {
                title: title_of(&dir),
                bytes: bytes_of(&dir),
                name,
            }
        });
        Ok(runs.collect())
    }

    /// Deletes every run in the bin for good.
    ///
    /// # Errors
    /// [`RunError`] when one cannot be deleted.
    pub fn empty_bin(&self) -> Result<Vec<BinnedRun>, RunError> {
        let runs = self.binned()?;
        for run in &runs {
            let dir = self.bin().join(&run.name);
            // Out of the bin first: half a run could be brought back.
            let gone = self.root.join(format!("{DELETED}{}", run.name));
            fs::rename(&dir, &gone).map_err(|e| file_error(&dir, &e))?;
            fs::remove_dir_all(&gone).map_err(|e| file_error(&gone, &e))?;
        }
        Ok(runs)
    }

    /// The folder of a run that may go.
    pub(super) fn to_delete(&self, id: &RunId) -> Result<PathBuf, RunError> {
        let dir = self.existing(id)?;
        if !dir.join(manifest::FILE).exists() {
            // Never delete a folder that only looks like a run by its place.
            return Err(self.unknown(&id.0, &[]));
        }
        if lock::stays_held(&dir) {
            return Err(RunError::Busy { id: id.0.clone() });
        }
        Ok(dir)
    }

    fn names_in_bin(&self) -> Result<Vec<String>, RunError> {
        let bin = self.bin();
        let entries = match fs::read_dir(&bin) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(file_error(&bin, &e)),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut runs: Vec<String> = names
            .filter(|name| bin.join(name).join(manifest::FILE).exists())
            .collect();
        runs.sort();
        Ok(runs)
    }
}

fn title_of(dir: &Path) -> String {
    let about = AboutRun::read_or_fault(dir);
    if let Some(label) = about.label() {
        return label.to_owned();
    }
    let manifest = Manifest::read(dir);
    manifest.map_or_else(|_| String::new(), |manifest| manifest.experiment.name)
}

/// Size of all files below a folder; of what cannot be read 0.
fn bytes_of(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_of(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AboutChange, lock::RunLock};

    #[test]
    fn a_deleted_run_is_listed_no_more_and_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        let label = AboutChange {
            label: Some("mine".to_owned()),
            ..AboutChange::default()
        };
        store.change_about(&id, &label).unwrap();
        let history = store.history(&id).unwrap();
        let bytes = bytes_of(&store.dir(&id));
        let name = store.put_into_bin(&id).unwrap();
        assert_eq!(name, id.0);
        assert_eq!(store.list().unwrap(), []);
        assert!(store.history(&id).is_err());
        let binned = store.binned().unwrap();
        let expected = BinnedRun {
            name,
            title: "mine".to_owned(),
            bytes,
        };
        assert_eq!(binned, [expected]);
        assert_eq!(store.restore_from_bin(&id.0).unwrap(), id);
        assert_eq!(store.history(&id).unwrap(), history);
        assert_eq!(store.about(&id).unwrap().label(), Some("mine"));
        assert_eq!(store.binned().unwrap(), []);
    }

    #[test]
    fn two_runs_of_one_name_have_room_in_the_bin_and_a_name_that_is_taken_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        store.put_into_bin(&id).unwrap();
        store.add_example().unwrap();
        let second = store.put_into_bin(&id).unwrap();
        assert_eq!(second, "example~2");
        assert_eq!(store.restore_from_bin(&second).unwrap(), id);
        let taken = store.restore_from_bin("example").unwrap_err().to_string();
        assert!(
            taken.contains("there is a run `example` already"),
            "{taken}"
        );
        let unknown = store.restore_from_bin("exampel").unwrap_err().to_string();
        assert!(unknown.contains("did you mean `example`?"), "{unknown}");

        let gone = store.empty_bin().unwrap();
        assert_eq!(gone.len(), 1);
        assert_eq!(store.binned().unwrap(), []);
        assert_eq!(store.list().unwrap().len(), 1, "what is listed stays");
        let empty = store.restore_from_bin("example").unwrap_err().to_string();
        assert!(empty.contains("the bin is empty"), "{empty}");
    }

    #[test]
    fn a_run_in_progress_and_a_folder_that_is_no_run_stay() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        let lock = RunLock::take(&store.dir(&id)).unwrap();
        let busy = store.put_into_bin(&id).unwrap_err().to_string();
        assert!(busy.contains("is being written"), "{busy}");
        drop(lock);
        fs::create_dir(folder.path().join("photos")).unwrap();
        for name in ["photos", "..", "bin", "none"] {
            assert!(
                store.put_into_bin(&RunId(name.to_owned())).is_err(),
                "{name}"
            );
        }
        assert_eq!(store.list().unwrap().len(), 1);
    }
}
