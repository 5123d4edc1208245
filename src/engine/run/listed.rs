//! Manifests as a list reads them: what ten thousand runs have in common (the stamp of their data, the
//! figures of their references) is parsed once and held once.
//!
//! An index beside the runs would be quicker still, and could disagree with them; this cannot: every
//! manifest is read, and a part is taken over only where its text is the same.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::manifest::{DataStamp, Manifest, References};
use super::shared::Shared;
use serde::de::DeserializeOwned;

/// Length and hash of a part's text. Two different texts of thirty thousand have the same with a
/// chance of 1 in 10¹⁰.
type PartKey = (usize, u64);

/// Parts of one kind by their texts.
type PartsByText<T> = Mutex<HashMap<PartKey, Shared<T>>>;

/// Parts that the manifests of a folder have in common.
#[derive(Debug, Default)]
pub(super) struct CommonParts {
    hasher: RandomState,
    data: PartsByText<DataStamp>,
    references: PartsByText<References>,
}

/// The data's stamp of nothing, which stands in for one that is taken over.
static NO_DATA: LazyLock<String> =
    LazyLock::new(|| ron::to_string(&DataStamp::default()).unwrap_or_default());

/// References of nothing, for the same end.
const NO_REFERENCES: &str = "{}";

impl CommonParts {
    /// The manifest of a text, without the sums of files, which no list shows. `None` where it is not
    /// written as the program writes it, or not whole: then it must be read as a whole, to the same
    /// end or to the error.
    pub(super) fn manifest(&self, text: &str) -> Option<Manifest> {
        let fields = fields_of(text)?;
        let mut rest = String::with_capacity(text.len() / 4);
        rest.push('(');
        let (mut data, mut valid, mut test) = (None, None, None);
        for Field { name, value } in fields {
            let stand_in = match name {
                "data" => {
                    data = Some(self.data_of(value)?);
                    NO_DATA.as_str()
                }
                "references_valid" => {
                    valid = Some(self.references_of(value)?);
                    NO_REFERENCES
                }
                "references_test" => {
                    test = Some(self.references_of(value)?);
                    NO_REFERENCES
                }
                "checksums" => continue,
                _ => value,
            };
            rest.extend([name, ":", stand_in, ","]);
        }
        rest.push(')');
        let mut manifest: Manifest = ron::from_str(&rest).ok()?;
        manifest.data = data?;
        // Manifests without references have none of these fields.
        manifest.references_valid = valid.unwrap_or_default();
        manifest.references_test = test.unwrap_or_default();
        Some(manifest)
    }

    /// Forgets the parts that no manifest has any more.
    pub(super) fn forget_unused(&self) {
        locked(&self.data).retain(|_, part| part.is_held_elsewhere());
        locked(&self.references).retain(|_, part| part.is_held_elsewhere());
    }

    fn data_of(&self, text: &str) -> Option<Shared<DataStamp>> {
        self.part(&self.data, text, |text| ron::from_str(text).ok())
    }

    fn references_of(&self, text: &str) -> Option<Shared<References>> {
        self.part(&self.references, text, |text| {
            // Their names are no RON identifiers: a map of texts, as in the manifest.
            serde_json::from_value(parsed(text)?).ok()
        })
    }

    fn part<T>(
        &self,
        known: &PartsByText<T>,
        text: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Shared<T>> {
        let key = (text.len(), self.hasher.hash_one(text));
        if let Some(part) = locked(known).get(&key) {
            return Some(part.clone());
        }
        // Read without the lock: others look theirs up meanwhile.
        let part = Shared::from(read(text)?);
        Some(locked(known).entry(key).or_insert(part).clone())
    }
}

fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    ron::from_str(text).ok()
}

fn locked<T>(parts: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    parts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A field of a struct as text.
struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

/// The fields of a text `(name: value, …)`. `None` of what is written otherwise: comments between the
/// fields, raw texts and letters in quotes do not occur in what the program writes.
fn fields_of(text: &str) -> Option<Vec<Field<'_>>> {
    let inside = text.strip_prefix('(')?;
    let (mut fields, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let (mut is_text, mut is_escaped) = (false, false);
    let mut before = b' ';
    for (at, byte) in inside.bytes().enumerate() {
        if is_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_text = false,
                _ => {}
            }
            before = b' ';
            continue;
        }
        match byte {
            b'"' if before == b'r' || before == b'#' => return None,
            b'\'' | b'/' => return None,
            b'"' => is_text = true,
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                let last = inside.get(start..at)?;
                if !last.trim().is_empty() {
                    fields.push(field(last)?);
                }
                return Some(fields);
            }
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                fields.push(field(inside.get(start..at)?)?);
                start = at + 1;
            }
            _ => {}
        }
        before = byte;
    }
    None
}

fn field(text: &str) -> Option<Field<'_>> {
    let (name, value) = text.split_once(':')?;
    Some(Field {
        name: name.trim(),
        value: value.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RunMemory, RunStore};

    /// The example's manifest, with a sum so that there is one to leave out.
    fn example() -> (tempfile::TempDir, RunStore, String) {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let id = store.add_example().unwrap();
        store.add_checksums(&id).unwrap();
        let text = std::fs::read_to_string(store.dir(&id).join("manifest.ron")).unwrap();
        (folder, store, text)
    }

    #[test]
    fn a_list_reads_what_a_whole_reading_reads() {
        let (_folder, store, text) = example();
        let whole = Manifest {
            checksums: crate::run::Checksums::default(),
            ..ron::from_str(&text).unwrap()
        };
        let parts = CommonParts::default();
        let first = parts.manifest(&text).unwrap();
        assert_eq!(first, whole);
        assert_eq!(parts.manifest(&text).unwrap(), whole);
        let id = store.list().unwrap()[0].id.clone();
        let listed = store.list().unwrap()[0].manifest.clone().unwrap();
        assert_eq!(listed.test, store.manifest(&id).unwrap().test);

        // One that differs in a part by a letter is no other's.
        let other = text.replacen("n_users: 400", "n_users: 401", 2);
        assert_ne!(other, text);
        let read = parts.manifest(&other).unwrap();
        let whole: Manifest = ron::from_str(&other).unwrap();
        assert!(read.data == whole.data && read.data != first.data);
        assert_eq!(locked(&parts.data).len(), 2);
        drop((first, read));
        parts.forget_unused();
        assert_eq!(locked(&parts.data).len(), 0);
    }

    #[test]
    fn what_is_not_written_by_the_program_is_left_to_the_whole_reading() {
        let (_folder, _store, text) = example();
        let parts = CommonParts::default();
        for odd in [
            text.replacen("name: \"world\"", "name: r\"world\"", 1),
            text.replacen("    program:", "    // by hand\n    program:", 1),
            text.replacen("references_test: {", "references_test: {{", 1),
            text.replacen("    data: (", "    date: (", 1),
            text[..text.len() / 2].to_owned(),
            String::new(),
        ] {
            assert!(parts.manifest(&odd).is_none());
        }
        // Signs of the grammar within texts are texts.
        let tricky = "a, b: (c) \\\" } ' // \\\\";
        let named = text.replacen("name: \"world\"", &format!("name: \"{tricky}\""), 1);
        let read = parts.manifest(&named).unwrap();
        assert_eq!(read.data.name, "a, b: (c) \" } ' // \\");
    }

    #[test]
    fn runs_of_the_same_data_hold_its_stamp_once() {
        let (folder, store, text) = example();
        for name in ["a", "b"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("manifest.ron"), &text).unwrap();
        }
        let memory = RunMemory::default();
        let runs = store.list_again(&memory).unwrap();
        let stamps: Vec<*const DataStamp> = runs
            .iter()
            .map(|run| &raw const *run.manifest.as_ref().unwrap().data)
            .collect();
        assert!(stamps.len() == 3 && stamps.iter().all(|stamp| *stamp == stamps[0]));
    }
}
