//! Sums of a run's files in its manifest, so that a file that changed on disk is told and never
//! believed.
//!
//! A file that is written once (weights and state of an epoch, vocabulary) has its sum as soon as
//! the manifest says that it is there; every other gets it when the run ends or is paused, and loses
//! it before the run goes on. So a sum on disk is always of a file that nobody is writing, and what
//! does not fit has changed outside the program. What people write (`about.ron`, scenarios, their
//! feedback) has none. The manifest's own sum is its last line.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::disk::{file_error, read_text};
use super::lock::{self, RunLock};
use super::manifest::{self, Manifest};
use super::writer::RunWriter;
use super::{RunError, RunId, RunStore, about};
use seqscope_data::{checksum, file_checksum};

/// Words before the manifest's own sum, which is of all that stands above them. A comment, so that
/// every reader of RON passes over it.
const SEAL: &str = "// blake3 of all above: ";

/// BLAKE3 sums of a run's files, 64 hexadecimal digits each, by their paths in its folder with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checksums(BTreeMap<String, String>);

/// Part of a manifest that holds the sums.
#[derive(Deserialize)]
struct SumsOfManifest {
    #[serde(default)]
    checksums: Checksums,
}

/// Findings of a check of all files of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCheck {
    /// Number of files that are as they were written.
    pub n_whole: usize,
    /// Files that have changed since.
    pub altered: Vec<String>,
    /// Files that were written and are gone.
    pub missing: Vec<String>,
    /// Files without a sum: of a run in progress or one from before there were sums, or added since.
    pub without_sum: Vec<String>,
}

impl FileCheck {
    /// Whether nothing has changed and nothing is gone.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.altered.is_empty() && self.missing.is_empty()
    }
}

impl Checksums {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the sum of a file that was written a moment ago.
    pub(super) fn add(&mut self, dir: &Path, path: &Path) -> Result<(), RunError> {
        if let Some(name) = name_in(dir, path) {
            let sum = file_checksum(path).map_err(|e| file_error(path, &e))?;
            self.0.insert(name, sum);
        }
        Ok(())
    }

    /// Forgets the sum of a file that is about to go.
    pub(super) fn forget(&mut self, dir: &Path, path: &Path) {
        if let Some(name) = name_in(dir, path) {
            self.0.remove(&name);
        }
    }

    /// Forgets the sums of all files that a run which goes on may write again.
    pub(super) fn forget_what_grows(&mut self) {
        self.0.retain(|name, _| is_written_once(name));
    }

    /// Sums up every file of a folder that has no sum yet or may have been written again, and
    /// forgets those that are gone.
    pub(super) fn complete(&mut self, dir: &Path) -> Result<(), RunError> {
        let mut all = BTreeMap::new();
        for name in files_in(dir)? {
            let known = self.0.remove(&name).filter(|_| is_written_once(&name));
            let sum = match known {
                Some(sum) => sum,
                None => {
                    let path = dir.join(&name);
                    file_checksum(&path).map_err(|e| file_error(&path, &e))?
                }
            };
            all.insert(name, sum);
        }
        self.0 = all;
        Ok(())
    }
}

/// A manifest's text with its sum as the last line.
pub(super) fn sealed(text: &str) -> String {
    format!("{text}{SEAL}{}\n", checksum(text.as_bytes()))
}

/// Whether a text that was sealed has changed since; not known, and so not so, of one without a
/// seal.
pub(super) fn is_altered(text: &str) -> bool {
    text.rfind(SEAL).is_some_and(|at| {
        let (above, line) = text.split_at(at);
        line.trim_end().strip_prefix(SEAL) != Some(checksum(above.as_bytes()).as_str())
    })
}

impl RunWriter {
    /// Gives every file of the run its sum in the manifest, which is then to be written: no file is
    /// written after this until [`RunWriter::unseal`].
    pub(super) fn seal(&mut self) -> Result<(), RunError> {
        let dir = self.dir().to_owned();
        self.manifest.checksums.complete(&dir)
    }

    /// Takes the sums of what will be written again out of the manifest on disk.
    pub(super) fn unseal(&mut self) -> Result<(), RunError> {
        self.manifest.checksums.forget_what_grows();
        self.save_manifest()
    }
}

impl RunStore {
    /// Checks a file of a run against its sum in the manifest; one without a sum passes.
    ///
    /// # Errors
    /// [`RunError::Damaged`] when it has changed since it was written.
    pub fn check_file(&self, id: &RunId, path: &Path) -> Result<(), RunError> {
        let dir = self.existing(id)?;
        let Some(name) = name_in(&dir, path) else {
            return Ok(());
        };
        let is_as_written = || -> Result<bool, RunError> {
            let Some(kept) = kept_sums(&dir)?.0.remove(&name) else {
                return Ok(true);
            };
            let sum = file_checksum(path).map_err(|e| file_error(path, &e))?;
            Ok(sum == kept)
        };
        // Looked at twice: the run may have begun to go on between the reading of its manifest and
        // that of the file, and then the sum is gone by now.
        if is_as_written()? || is_as_written()? {
            return Ok(());
        }
        Err(RunError::Damaged {
            path: path.to_owned(),
            reason: format!(
                "it has changed since the run wrote it (its checksum is another than in \
                 manifest.ron); restore it from a copy, or train the run anew: `seqscope verify {id}` \
                 checks all files"
            ),
        })
    }

    /// Checks every file of a run, the manifest too.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or its folder or manifest cannot be read.
    pub fn check_files(&self, id: &RunId) -> Result<FileCheck, RunError> {
        let dir = self.existing(id)?;
        let manifest = Manifest::read(&dir)?;
        let mut sums = manifest.checksums.0;
        let mut found = FileCheck::default();
        if manifest.is_altered {
            found.altered.push(manifest::FILE.to_owned());
        }
        for name in files_in(&dir)? {
            let path = dir.join(&name);
            match sums.remove(&name) {
                None => found.without_sum.push(name),
                Some(kept) => {
                    let sum = file_checksum(&path).map_err(|e| file_error(&path, &e))?;
                    if sum == kept {
                        found.n_whole += 1;
                    } else {
                        found.altered.push(name);
                    }
                }
            }
        }
        found.missing = sums.into_keys().collect();
        Ok(found)
    }

    /// Gives every file of a run without sums its sum: from here on a change is told. A run that has
    /// some keeps them.
    ///
    /// # Errors
    /// [`RunError`] when a process writes the run, files of it have changed or are gone, or the disk
    /// refuses.
    pub fn add_checksums(&self, id: &RunId) -> Result<FileCheck, RunError> {
        let dir = self.existing(id)?;
        let Some(_lock) = RunLock::take(&dir)? else {
            return Err(RunError::Busy { id: id.0.clone() });
        };
        let found = self.check_files(id)?;
        if !found.is_whole() {
            return Ok(found);
        }
        let mut manifest = Manifest::read(&dir)?;
        // Of a run that was cut off some files will be written again.
        if manifest.outcome.is_some() || manifest.pause.is_some() {
            manifest.checksums.complete(&dir)?;
            manifest.write(&dir)?;
        }
        self.check_files(id)
    }
}

/// The sums that a manifest keeps; none where it cannot be read, of which its other readers tell.
fn kept_sums(dir: &Path) -> Result<Checksums, RunError> {
    let text = read_text(&dir.join(manifest::FILE))?;
    let read: Result<SumsOfManifest, _> = ron::from_str(&text);
    Ok(read.map(|of| of.checksums).unwrap_or_default())
}

/// Path of a file within a run's folder, with `/` on every system; `None` of one elsewhere.
fn name_in(dir: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(dir).ok()?.iter();
    let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}

/// Files of a run by their names in its folder, in order: those that the program writes and that
/// say something, half-written ones left out.
fn files_in(dir: &Path) -> Result<Vec<String>, RunError> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(file_error(&folder, &e)),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            match name_in(dir, &path) {
                Some(name) if !is_hidden && !is_of_people(&name) => {
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        found.push(name);
                    }
                }
                Some(_) | None => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether people may change a file at any time, or it says of itself whether it is whole.
fn is_of_people(name: &str) -> bool {
    [
        about::FILE,
        lock::FILE,
        manifest::FILE,
        "scenarios",
        "feedback/given.jsonl",
    ]
    .contains(&name)
}

/// Whether a file never changes once the manifest speaks of it. The best weights do, with the best
/// epoch.
fn is_written_once(name: &str) -> bool {
    let is_weights = name.starts_with("epochs/") && name != "epochs/best.safetensors";
    is_weights || name.starts_with("vocabulary/") || name == "feedback/learnt.jsonl"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Part;

    #[test]
    fn a_sealed_text_tells_of_every_changed_bit() {
        let text = sealed("(\n    a: 0.1423,\n)\n");
        assert!(!is_altered(&text) && ron::from_str::<ron::Value>(&text).is_ok());
        assert!(!is_altered("(a: 1)\n"), "an older one has no seal");
        let mut n_unseen = 0;
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8_lossy(&bytes);
                n_unseen += usize::from(!is_altered(&changed));
                let is_above = at < text.len() - SEAL.len() - 65;
                assert!(is_altered(&changed) || !is_above, "byte {at}, bit {bit}");
            }
        }
        // What is changed in the seal's words alone unseals the text, whose content is whole; the
        // line's end may become another blank.
        assert!(n_unseen <= (SEAL.len() + 1) * 8, "{n_unseen}");
    }

    /// Flips bits of every file of the example, one at a time.
    #[test]
    fn a_flipped_bit_in_any_file_of_a_run_is_told_and_no_figure_is_made_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        let dir = store.dir(&id);
        let before = store.check_files(&id).unwrap();
        assert!(
            before.is_whole() && before.n_whole == 0,
            "the example is from before there were sums: {before:?}"
        );
        let sealed = store.add_checksums(&id).unwrap();
        assert_eq!((sealed.n_whole, sealed.without_sum.len()), (25, 0));
        assert!(store.results(&id, Part::Test).unwrap().is_some());

        let mut n_flipped = 0;
        for name in files_in(&dir).unwrap() {
            let path = dir.join(&name);
            let whole = fs::read(&path).unwrap();
            // The first byte, the last, and some between them, at a step that meets every bit.
            let step = (whole.len() / 23).max(1);
            let places = (0..whole.len()).step_by(step).chain([whole.len() - 1]);
            for (turn, at) in places.enumerate() {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << (turn % 8);
                fs::write(&path, &flipped).unwrap();
                let found = store.check_files(&id).unwrap();
                assert_eq!(found.altered, std::slice::from_ref(&name), "byte {at}");
                assert!(
                    read_as_figures(&store, &id, &name).is_err(),
                    "{name}, byte {at}"
                );
                n_flipped += 1;
            }
            fs::write(&path, &whole).unwrap();
        }
        assert!(n_flipped > 25 * 20, "{n_flipped}");
        assert_eq!(
            store.check_files(&id).unwrap(),
            sealed,
            "all is whole again"
        );

        fs::remove_file(dir.join("log.txt")).unwrap();
        assert_eq!(store.check_files(&id).unwrap().missing, ["log.txt"]);
    }

    /// Reads a file in the way that its figures are read.
    fn read_as_figures(store: &RunStore, id: &RunId, name: &str) -> Result<(), RunError> {
        match name {
            "history.csv" => store.history(id).map(drop),
            "log.txt" => store.breaks(id).map(drop),
            "results/valid.parquet" => store.results(id, Part::Valid).map(drop),
            "results/test.parquet" => store.results(id, Part::Test).map(drop),
            "results/test.references.parquet" => store.reference_results(id).map(drop),
            name if name.starts_with("vocabulary/") => store.vocabulary(id, None).map(drop),
            weights => store.check_file(id, &store.dir(id).join(weights)),
        }
    }

    #[test]
    fn what_people_write_has_no_sum_and_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        store.add_checksums(&id).unwrap();
        let star = crate::run::AboutChange {
            starred: Some(true),
            ..Default::default()
        };
        store.change_about(&id, &star).unwrap();
        store.save_scenario(&id, "a", "text").unwrap();
        store.save_feedback(&id, &[]).unwrap();
        let found = store.check_files(&id).unwrap();
        assert!(
            found.is_whole() && found.without_sum.is_empty(),
            "{found:?}"
        );
    }

    #[test]
    fn a_manifest_that_was_changed_by_hand_is_read_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        store.add_checksums(&id).unwrap();
        let path = store.dir(&id).join(manifest::FILE);
        let text = read_text(&path).unwrap();
        let said = |store: &RunStore| {
            let manifest = store.manifest(&id).unwrap();
            manifest
                .remarks()
                .any(|problem| problem.sentence().contains("checksum"))
        };
        assert!(!said(&store));
        fs::write(&path, text.replacen("train_secs: ", "train_secs: 1", 1)).unwrap();
        assert!(said(&store));
        assert_eq!(store.check_files(&id).unwrap().altered, [manifest::FILE]);
    }
}
