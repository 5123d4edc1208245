//! Changed histories that are kept with a run: texts in its folder `scenarios`, by name.

use std::fs;
use std::path::PathBuf;

use super::disk::{file_error, is_plain_name, names_in, read_text, remove_if_there, write_whole};
use super::{RunError, RunId, RunStore};
use seqscope_base::spec::quotable;

/// Folder of the scenarios in that of a run; runs from before there were any have none.
const FOLDER: &str = "scenarios";

/// Ending of a scenario's file.
const ENDING: &str = ".ron";

impl RunStore {
    /// Names of the scenarios that are kept with a run, in order.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the folder cannot be read.
    pub fn scenarios(&self, id: &RunId) -> Result<Vec<String>, RunError> {
        let folder = self.existing(id)?.join(FOLDER);
        names_in(&folder, ENDING)
    }

    /// Text of a scenario.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run or scenario, or it cannot be read.
    pub fn scenario(&self, id: &RunId, name: &str) -> Result<String, RunError> {
        let path = self.scenario_file(id, name)?;
        if !path.exists() {
            let known = self.scenarios(id)?;
            return Err(RunError::NoScenario {
                name: quotable(name),
                known,
            });
        }
        read_text(&path)
    }

    /// Keeps the text of a scenario with a run, in place of one of the same name.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, the name cannot be that of a file, or the disk
    /// refuses.
    pub fn save_scenario(&self, id: &RunId, name: &str, text: &str) -> Result<(), RunError> {
        let path = self.scenario_file(id, name)?;
        let folder = self.existing(id)?.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
        write_whole(&path, text.as_bytes())
    }

    /// Deletes a scenario, if it is there.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or it cannot be deleted.
    pub fn delete_scenario(&self, id: &RunId, name: &str) -> Result<(), RunError> {
        remove_if_there(&self.scenario_file(id, name)?)
    }

    fn scenario_file(&self, id: &RunId, name: &str) -> Result<PathBuf, RunError> {
        let folder = self.existing(id)?.join(FOLDER);
        if !is_plain_name(name) {
            return Err(RunError::ScenarioName {
                name: quotable(name),
            });
        }
        Ok(folder.join(format!("{name}{ENDING}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_kept_by_name_and_a_run_without_any_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (store, id) = (RunStore::at(folder.path()), RunId("r".to_owned()));
        fs::create_dir(folder.path().join("r")).unwrap();
        assert_eq!(store.scenarios(&id).unwrap(), Vec::<String>::new());
        store.save_scenario(&id, "without Alien", "a").unwrap();
        store.save_scenario(&id, "影響", "b").unwrap();
        store.save_scenario(&id, "without Alien", "c").unwrap();
        fs::write(folder.path().join("r/scenarios/notes.txt"), "").unwrap();
        assert_eq!(store.scenarios(&id).unwrap(), ["without Alien", "影響"]);
        assert_eq!(store.scenario(&id, "without Alien").unwrap(), "c");
        store.delete_scenario(&id, "影響").unwrap();
        store.delete_scenario(&id, "影響").unwrap();
        let unknown = store.scenario(&id, "影響").unwrap_err().to_string();
        assert!(unknown.contains("it has `without Alien`"), "{unknown}");
        assert!(store.scenarios(&RunId("other".to_owned())).is_err());
    }

    #[test]
    fn a_name_that_is_none_of_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (store, id) = (RunStore::at(folder.path()), RunId("r".to_owned()));
        fs::create_dir(folder.path().join("r")).unwrap();
        let long = "a".repeat(60);
        for name in [
            "", " a", "../a", "a/b", "a\\b", ".a", "a\0", "a:b", "a.b", &long,
        ] {
            let refused = store.save_scenario(&id, name, "").unwrap_err().to_string();
            assert!(refused.contains("letters, digits"), "{name}: {refused}");
        }
        assert!(!folder.path().join("r/scenarios").exists());
    }
}
