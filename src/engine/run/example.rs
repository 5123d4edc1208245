//! A finished run that the program carries, so that there is something to look at before anything
//! was trained.

use std::fs;

use super::disk::{file_error, write_whole};
use super::{RunError, RunId, RunStore, manifest};

/// Name of its folder.
const NAME: &str = "example";

/// A file of the run: its path in the folder, and its bytes.
struct CarriedFile {
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! carried {
    ($($path:literal),* $(,)?) => {
        [$(CarriedFile {
            path: $path,
            bytes: include_bytes!(concat!("../../../assets/example-run/", $path)),
        }),*]
    };
}

/// Everything of the run, its manifest last: a folder without one is no run yet.
static FILES: [CarriedFile; 26] = carried![
    "history.csv",
    "log.txt",
    "epochs/0001.safetensors",
    "epochs/0002.safetensors",
    "epochs/0003.safetensors",
    "epochs/0004.safetensors",
    "epochs/0005.safetensors",
    "epochs/0006.safetensors",
    "epochs/0007.safetensors",
    "epochs/0008.safetensors",
    "epochs/0009.safetensors",
    "epochs/0010.safetensors",
    "epochs/0011.safetensors",
    "epochs/0012.safetensors",
    "epochs/0013.safetensors",
    "epochs/0014.safetensors",
    "epochs/0015.safetensors",
    "epochs/0016.safetensors",
    "epochs/best.safetensors",
    "results/valid.parquet",
    "results/test.parquet",
    "results/test.references.parquet",
    "vocabulary/items.parquet",
    "vocabulary/users.parquet",
    "vocabulary/behaviours.parquet",
    "manifest.ron",
];

impl RunStore {
    /// Puts the example run among the others, and names it. It is `experiments/example.ron`,
    /// trained. One that is there already is left as it is.
    ///
    /// # Errors
    /// [`RunError::File`] when the folder cannot be written.
    pub fn add_example(&self) -> Result<RunId, RunError> {
        let id = RunId(NAME.to_owned());
        let dir = self.dir(&id);
        if dir.join(manifest::FILE).exists() {
            return Ok(id);
        }
        for CarriedFile { path, bytes } in &FILES {
            let path = dir.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|error| file_error(parent, &error))?;
            }
            write_whole(&path, bytes)?;
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::FILES;
    use crate::run::RunStore;

    fn files_below(dir: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, root, found);
            } else {
                let path = path.strip_prefix(root).unwrap();
                found.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn every_file_of_the_example_is_carried() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/example-run");
        let mut there = BTreeSet::new();
        files_below(&root, &root, &mut there);
        let carried: BTreeSet<String> = FILES.iter().map(|file| file.path.to_owned()).collect();
        assert_eq!(carried, there);
    }

    #[test]
    fn the_example_is_put_there_once_and_left_alone_after_that() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path().join("runs"));
        let id = store.add_example().unwrap();
        assert_eq!(store.epochs(&id).unwrap().len(), 16);
        std::fs::write(store.dir(&id).join("log.txt"), "mine").unwrap();
        assert_eq!(store.add_example().unwrap(), id);
        let log = std::fs::read_to_string(store.dir(&id).join("log.txt")).unwrap();
        assert_eq!(log, "mine");
        assert_eq!(store.list().unwrap().len(), 1);
    }
}
