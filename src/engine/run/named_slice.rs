//! Slices of users that a person has named, kept beside the runs: one text a slice in the folder
//! `slices` of the folder of runs, since a slice is asked of any of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::disk::{file_error, is_plain_name, names_in, read_text, remove_if_there, write_whole};
use super::{RunError, RunStore};
use seqscope_base::spec::quotable;

/// Folder of the slices in that of the runs; folders from before there were any have none.
const FOLDER: &str = "slices";

/// Ending of a slice's file.
const ENDING: &str = ".ron";

/// Version of the file of a slice.
const VERSION: u32 = 1;

/// Rule by which users are in a slice. Ids are those of the data: of a log that was read with
/// pseudonyms these, and no true one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SliceRule {
    /// Users by id.
    Users(Vec<String>),
    /// Users of whom one of these items is asked, by id.
    Targets(Vec<String>),
    /// Users who fulfil an expression, such as `length >= 20 and hit@10`.
    Where(String),
}

impl SliceRule {
    /// Makes the rule that lists these users.
    #[must_use]
    pub fn of_users(ids: impl IntoIterator<Item = String>) -> Self {
        Self::Users(in_order(ids))
    }

    /// Makes the rule that lists these items as targets.
    #[must_use]
    pub fn of_targets(ids: impl IntoIterator<Item = String>) -> Self {
        Self::Targets(in_order(ids))
    }
}

/// Each id once, in order, so that equal lists are equal rules.
fn in_order(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    ids.into_iter()
        .collect::<BTreeSet<String>>()
        .into_iter()
        .collect()
}

/// A rule and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSlice {
    /// Name that a person gave it; empty of one that is not kept.
    pub name: String,
    /// Rule by which users are in it.
    pub rule: SliceRule,
}

/// A slice as it lies in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSlice {
    /// Its name.
    pub name: String,
    /// Its rule; the sentence where it cannot be read.
    pub rule: Result<SliceRule, String>,
}

/// Content of the file of a slice.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceFile {
    version: u32,
    rule: SliceRule,
}

/// Version of a slice, whatever else stands in its file.
#[derive(Deserialize)]
struct SliceVersion {
    version: u32,
}

impl RunStore {
    /// Names of the slices that are kept, in order.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be read.
    pub fn slice_names(&self) -> Result<Vec<String>, RunError> {
        names_in(&self.root.join(FOLDER), ENDING)
    }

    /// Every slice that is kept, in order of their names.
    ///
    /// # Errors
    /// [`RunError`] when the folder cannot be read; of a file that cannot be read the slice itself
    /// tells.
    pub fn kept_slices(&self) -> Result<Vec<KeptSlice>, RunError> {
        let names = self.slice_names()?.into_iter();
        let read = |name: String| {
            let slice = self.named_slice(&name);
            KeptSlice {
                name,
                rule: slice
                    .map(|slice| slice.rule)
                    .map_err(|error| error.to_string()),
            }
        };
        Ok(names.map(read).collect())
    }

    /// A slice by its name.
    ///
    /// # Errors
    /// [`RunError`] when there is none of that name, or its file cannot be read.
    pub fn named_slice(&self, name: &str) -> Result<NamedSlice, RunError> {
        let path = self.slice_file(name)?;
        if !path.exists() {
            return Err(RunError::NoSlice {
                name: quotable(name),
                known: self.slice_names()?,
            });
        }
        let text = read_text(&path)?;
        let read: Result<SliceFile, _> = options().from_str(&text);
        let newer = |found: u32| RunError::Newer {
            path: path.clone(),
            found,
            known: VERSION,
        };
        let file = read.map_err(|error| {
            // A later version may have rules that only look like faults.
            let head: Result<SliceVersion, _> = options().from_str(&text);
            match head.ok().map(|head| head.version).filter(|v| *v > VERSION) {
                Some(version) => newer(version),
                None => RunError::Damaged {
                    path: path.clone(),
                    reason: format!(
                        "line {}: {}; delete the slice and keep it anew, such as (version: 1, \
                         rule: Where(\"length > 20\"))",
                        error.span.start.line, error.code
                    ),
                },
            }
        })?;
        if file.version > VERSION {
            return Err(newer(file.version));
        }
        Ok(NamedSlice {
            name: name.to_owned(),
            rule: file.rule,
        })
    }

    /// Keeps a slice. One that is kept already, with the same rule, stays as it is.
    ///
    /// # Errors
    /// [`RunError`] when the name cannot be that of a file or belongs to another rule, or the disk
    /// refuses.
    pub fn keep_slice(&self, slice: &NamedSlice) -> Result<(), RunError> {
        let path = self.slice_file(&slice.name)?;
        if path.exists() {
            let kept = self.named_slice(&slice.name).ok();
            // One that cannot be read is somebody's, too.
            return match kept.filter(|kept| kept.rule == slice.rule) {
                Some(_) => Ok(()),
                None => Err(RunError::SliceTaken {
                    name: slice.name.clone(),
                }),
            };
        }
        let file = SliceFile {
            version: VERSION,
            rule: slice.rule.clone(),
        };
        let pretty = PrettyConfig::new().new_line("\n").depth_limit(3);
        let text =
            options()
                .to_string_pretty(&file, pretty)
                .map_err(|error| RunError::Damaged {
                    path: path.clone(),
                    reason: format!("{error}; write the rule anew"),
                })?;
        let folder = self.root.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|e| file_error(&folder, &e))?;
        write_whole(&path, (text + "\n").as_bytes())
    }

    /// Gives a slice another name.
    ///
    /// # Errors
    /// [`RunError`] as for [`RunStore::named_slice`] and [`RunStore::keep_slice`].
    pub fn rename_slice(&self, from: &str, to: &str) -> Result<(), RunError> {
        if from == to {
            return Ok(());
        }
        let slice = self.named_slice(from)?;
        self.keep_slice(&NamedSlice {
            name: to.to_owned(),
            rule: slice.rule,
        })?;
        self.delete_slice(from)
    }

    /// Deletes a slice, if it is there.
    ///
    /// # Errors
    /// [`RunError`] when the name is none of a file, or it cannot be deleted.
    pub fn delete_slice(&self, name: &str) -> Result<(), RunError> {
        remove_if_there(&self.slice_file(name)?)
    }

    fn slice_file(&self, name: &str) -> Result<PathBuf, RunError> {
        if !is_plain_name(name) {
            return Err(RunError::SliceName {
                name: quotable(name),
            });
        }
        Ok(self.root.join(FOLDER).join(format!("{name}{ENDING}")))
    }
}

fn options() -> ron::Options {
    ron::Options::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(name: &str, rule: SliceRule) -> NamedSlice {
        NamedSlice {
            name: name.to_owned(),
            rule,
        }
    }

    #[test]
    fn slices_are_kept_by_name_for_all_runs_and_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        assert_eq!(store.kept_slices().unwrap(), []);
        let of = |ids: [&str; 3]| ids.map(str::to_owned);
        let all = [
            slice("a", SliceRule::of_users(of(["u2", "u1", "u2"]))),
            slice("b", SliceRule::of_targets(of(["i\"3", "影響", ""]))),
            slice("c", SliceRule::Where("last_behaviour = \"buy\"".to_owned())),
        ];
        for one in &all {
            store.keep_slice(one).unwrap();
            assert_eq!(store.named_slice(&one.name).unwrap(), *one);
        }
        assert_eq!(
            all[0].rule,
            SliceRule::Users(vec!["u1".to_owned(), "u2".to_owned()])
        );
        let kept: Vec<String> = store
            .kept_slices()
            .unwrap()
            .into_iter()
            .map(|kept| kept.name)
            .collect();
        assert_eq!(kept, ["a", "b", "c"]);
        assert!(store.list().unwrap().is_empty(), "the folder is no run");
        store.delete_slice("c").unwrap();
        store.delete_slice("c").unwrap();
        let unknown = store.named_slice("c").unwrap_err().to_string();
        assert!(unknown.contains("there are `a`, `b`"), "{unknown}");
    }

    #[test]
    fn a_name_that_is_taken_by_another_rule_is_nobodys_to_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        let short = slice("short", SliceRule::Where("length < 5".to_owned()));
        store.keep_slice(&short).unwrap();
        store.keep_slice(&short).unwrap();
        let other = slice("short", SliceRule::Where("length < 9".to_owned()));
        let refused = store.keep_slice(&other).unwrap_err().to_string();
        assert!(refused.contains("choose another name"), "{refused}");
        assert_eq!(store.named_slice("short").unwrap(), short);

        store.keep_slice(&slice("long", other.rule)).unwrap();
        assert!(store.rename_slice("long", "short").is_err());
        store.rename_slice("long", "up to nine").unwrap();
        assert_eq!(store.slice_names().unwrap(), ["short", "up to nine"]);
        fs::write(folder.path().join("slices/odd.ron"), "(").unwrap();
        let odd = slice("odd", SliceRule::Where("length < 5".to_owned()));
        assert!(matches!(
            store.keep_slice(&odd),
            Err(RunError::SliceTaken { .. })
        ));
        let kept = store.kept_slices().unwrap();
        assert!(kept.iter().any(|it| it.name == "odd" && it.rule.is_err()));
    }

    #[test]
    fn a_later_version_and_a_name_of_a_path_are_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::at(folder.path());
        fs::create_dir(folder.path().join("slices")).unwrap();
        for text in [
            "(version: 2, rule: Where(\"length > 2\"))",
            "(version: 7, rule: Near(3), of: [])",
        ] {
            fs::write(folder.path().join("slices/new.ron"), text).unwrap();
            let refused = store.named_slice("new").unwrap_err().to_string();
            assert!(refused.contains("open it with a newer"), "{refused}");
        }
        for name in ["", "../a", "a/b", ".a", "a.b", " a", &"a".repeat(60)] {
            let odd = slice(name, SliceRule::Where("length > 2".to_owned()));
            let refused = store.keep_slice(&odd).unwrap_err().to_string();
            assert!(refused.contains("letters, digits"), "{name}: {refused}");
        }
    }
}
