//! What a person writes about a run: a label, tags, a note, a star, whether it is put away. A small
//! text in its folder that no training ever writes, so that it may be edited at any time.

use std::collections::BTreeSet;
use std::path::Path;

use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use super::disk::{read_text, remove_if_there, write_whole};
use super::{RunError, RunId, RunStore};
use seqscope_base::spec::{quotable, quotable_reason};

/// Name of the file in a run's folder; a run of which nobody wrote anything has none.
pub(super) const FILE: &str = "about.ron";

/// Version of the file that this program writes.
const VERSION: u32 = 1;

/// Longest label, in letters: a line of a table.
const MAX_LABEL: usize = 120;

/// Longest tag, in letters.
const MAX_TAG: usize = 40;

/// Longest note, in letters: some pages.
const MAX_NOTE: usize = 20_000;

/// Words of a person about a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutRun {
    /// Name that is shown in the place of the experiment's; empty for that one. The folder keeps its
    /// own name.
    pub label: String,
    /// Words by which runs are found and told apart.
    pub tags: BTreeSet<String>,
    /// Text of any length; empty where none was written.
    pub note: String,
    /// Whether the run is marked as one to come back to.
    pub starred: bool,
    /// Whether the run is put away: kept, and not listed unless asked for.
    pub archived: bool,
    /// Sentence that says why the file cannot be read, in which case all else is as if it were not
    /// there.
    pub fault: Option<String>,
}

/// Change of what is written about a run; what is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutChange {
    /// The label; empty to show the experiment's name again.
    pub label: Option<String>,
    /// Tags to add.
    pub add_tags: Vec<String>,
    /// Tags to take away.
    pub remove_tags: Vec<String>,
    /// The note; empty to take it away.
    pub note: Option<String>,
    /// Whether it is marked.
    pub starred: Option<bool>,
    /// Whether it is put away.
    pub archived: Option<bool>,
}

/// Content of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutFile {
    version: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    starred: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    archived: bool,
}

/// Version of the file, whatever else stands in it.
#[derive(Deserialize)]
struct AboutVersion {
    version: u32,
}

impl AboutRun {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The label, where there is one.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        Some(self.label.as_str()).filter(|label| !label.is_empty())
    }

    /// Reads the file in a run's folder, which may be missing.
    pub(super) fn read(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = read_text(&path)?;
        let newer = |found: u32| RunError::Newer {
            path: path.clone(),
            found,
            known: VERSION,
        };
        let file: AboutFile = ron::from_str(&text).map_err(|error| {
            let head: Result<AboutVersion, _> = ron::from_str(&text);
            match head.ok().map(|head| head.version).filter(|v| *v > VERSION) {
                Some(version) => newer(version),
                None => RunError::Damaged {
                    path: path.clone(),
                    reason: format!(
                        "{}; mend it, or delete it and write anew what you know of the run",
                        quotable_reason(&error.to_string())
                    ),
                },
            }
        })?;
        if file.version > VERSION {
            return Err(newer(file.version));
        }
        Ok(Self {
            label: file.label,
            tags: file.tags,
            note: file.note,
            starred: file.starred,
            archived: file.archived,
            fault: None,
        })
    }

    /// [`AboutRun::read`], with the fault in the place of an error.
    pub(super) fn read_or_fault(dir: &Path) -> Self {
        Self::read(dir).unwrap_or_else(|error| Self {
            fault: Some(error.to_string()),
            ..Self::default()
        })
    }

    fn write(&self, dir: &Path) -> Result<(), RunError> {
        let path = dir.join(FILE);
        if self.is_empty() {
            return remove_if_there(&path);
        }
        let file = AboutFile {
            version: VERSION,
            label: self.label.clone(),
            tags: self.tags.clone(),
            note: self.note.clone(),
            starred: self.starred,
            archived: self.archived,
        };
        let pretty = PrettyConfig::new().new_line("\n").depth_limit(2);
        let text =
            ron::ser::to_string_pretty(&file, pretty).map_err(|error| RunError::Damaged {
                path: path.clone(),
                reason: format!("{error}; write it anew"),
            })?;
        write_whole(&path, (text + "\n").as_bytes())
    }
}

impl AboutChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is written once it is made.
    ///
    /// # Errors
    /// [`RunError::About`] where a label, tag or note cannot be such.
    pub fn applied(&self, to: &AboutRun) -> Result<AboutRun, RunError> {
        let mut about = to.clone();
        if let Some(label) = &self.label {
            about.label = checked_label(label)?;
        }
        for tag in &self.remove_tags {
            about.tags.remove(tag.trim());
        }
        for tag in &self.add_tags {
            about.tags.insert(checked_tag(tag)?);
        }
        if let Some(note) = &self.note {
            about.note = checked_note(note)?;
        }
        about.starred = self.starred.unwrap_or(about.starred);
        about.archived = self.archived.unwrap_or(about.archived);
        Ok(about)
    }
}

/// A label is one line.
fn checked_label(label: &str) -> Result<String, RunError> {
    let label = label.trim();
    if label.chars().count() <= MAX_LABEL && !label.chars().any(char::is_control) {
        return Ok(label.to_owned());
    }
    Err(RunError::About(format!(
        "a run cannot be called `{}`; write one line of at most {MAX_LABEL} letters",
        quotable(label)
    )))
}

/// A tag is a word, so that it can be named on the command line and in an expression.
fn checked_tag(tag: &str) -> Result<String, RunError> {
    let tag = tag.trim();
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    if !tag.is_empty() && tag.chars().count() <= MAX_TAG && tag.chars().all(is_letter) {
        return Ok(tag.to_owned());
    }
    Err(RunError::About(format!(
        "`{}` cannot be a tag; write letters, digits, `-`, `_`, `.`, `/` and `:`, at most {MAX_TAG} \
         of them",
        quotable(tag)
    )))
}

fn checked_note(note: &str) -> Result<String, RunError> {
    let note = note.trim();
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if note.chars().count() <= MAX_NOTE && !note.chars().any(is_odd) {
        return Ok(note.to_owned());
    }
    Err(RunError::About(format!(
        "a note has at most {MAX_NOTE} letters and no control characters; shorten it, or keep the \
         text in a file and name that"
    )))
}

impl RunStore {
    /// Words of a person about a run.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or its file cannot be read.
    pub fn about(&self, id: &RunId) -> Result<AboutRun, RunError> {
        AboutRun::read(&self.existing(id)?)
    }

    /// Changes what is written about a run, and returns what is written now. A file that cannot be
    /// read is left as it is: it holds what somebody wrote.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, its file cannot be read or written, or a label, tag
    /// or note cannot be such.
    pub fn change_about(&self, id: &RunId, change: &AboutChange) -> Result<AboutRun, RunError> {
        let dir = self.existing(id)?;
        let before = AboutRun::read(&dir)?;
        let about = change.applied(&before)?;
        if about != before {
            about.write(&dir)?;
        }
        Ok(about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn a_run() -> (tempfile::TempDir, RunStore, RunId) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("r")).unwrap();
        let store = RunStore::at(folder.path());
        (folder, store, RunId("r".to_owned()))
    }

    #[test]
    fn what_is_written_about_a_run_comes_back_and_an_empty_one_leaves_no_file() {
        let (folder, store, id) = a_run();
        let path = folder.path().join("r").join(FILE);
        assert_eq!(store.about(&id).unwrap(), AboutRun::default());
        let change = AboutChange {
            label: Some("  Baseline \"一\" ".to_owned()),
            add_tags: vec!["paper".to_owned(), "v1.2/a".to_owned()],
            note: Some("first line\nsecond, \"quoted\"".to_owned()),
            starred: Some(true),
            ..AboutChange::default()
        };
        let written = store.change_about(&id, &change).unwrap();
        assert_eq!(written.label(), Some("Baseline \"一\""));
        assert_eq!(store.about(&id).unwrap(), written);
        let text = read_text(&path).unwrap();
        assert!(
            !text.contains("archived"),
            "what is not said is left out: {text}"
        );

        let other = AboutChange {
            remove_tags: vec!["paper".to_owned(), "never".to_owned()],
            archived: Some(true),
            ..AboutChange::default()
        };
        let now = store.change_about(&id, &other).unwrap();
        assert_eq!(now.tags.iter().collect::<Vec<_>>(), ["v1.2/a"]);
        assert!(now.archived && now.starred && now.note == written.note);

        let nothing = AboutChange {
            label: Some(String::new()),
            remove_tags: vec!["v1.2/a".to_owned()],
            note: Some(String::new()),
            starred: Some(false),
            archived: Some(false),
            ..AboutChange::default()
        };
        assert!(store.change_about(&id, &nothing).unwrap().is_empty());
        assert!(!path.exists());
    }

    #[test]
    fn what_cannot_be_a_label_tag_or_note_is_refused_with_the_cure() {
        let (folder, store, id) = a_run();
        let label = |text: &str| AboutChange {
            label: Some(text.to_owned()),
            ..AboutChange::default()
        };
        let tag = |text: &str| AboutChange {
            add_tags: vec![text.to_owned()],
            ..AboutChange::default()
        };
        let note = AboutChange {
            note: Some("a\u{1b}[2Jb".to_owned()),
            ..AboutChange::default()
        };
        for (change, cure) in [
            (label("two\nlines"), "one line"),
            (label(&"x".repeat(121)), "at most 120"),
            (tag("two words"), "letters, digits"),
            (tag(""), "letters, digits"),
            (tag(&"x".repeat(41)), "at most 40"),
            (note, "no control characters"),
        ] {
            let refused = store.change_about(&id, &change).unwrap_err().to_string();
            assert!(refused.contains(cure), "{refused}");
        }
        assert!(!folder.path().join("r").join(FILE).exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_never_written_over() {
        let (folder, store, id) = a_run();
        let path = folder.path().join("r").join(FILE);
        let star = AboutChange {
            starred: Some(true),
            ..AboutChange::default()
        };
        for (text, said) in [
            ("(version: 1, label: \"a\", lable: 3)", "mend it"),
            ("(version: 2, colour: \"red\")", "newer Seqscope"),
            ("", "mend it"),
        ] {
            fs::write(&path, text).unwrap();
            let error = store.change_about(&id, &star).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            let read = AboutRun::read_or_fault(&folder.path().join("r"));
            assert!(read.fault.is_some_and(|fault| fault.contains(said)));
        }
    }
}
