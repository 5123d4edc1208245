//! The account of reading and cleaning: what was read, what was refused and why, and what each step
//! left.

use serde::{Deserialize, Serialize};

use super::{FileSpec, JoinReport, PseudonymStamp};
use crate::world::Optimum;
use seqscope_base::spec::{KeptParts, Problem, Sentence};

/// Rows, users and items left after one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// Name of the step, such as `Exact duplicates dropped`.
    pub step: String,
    /// Rows (events) after it.
    pub rows: usize,
    /// Users after it.
    pub users: usize,
    /// Items after it.
    pub items: usize,
    /// Effect of the step; `None` for one that is no step of cleaning (reading), and in older runs.
    #[serde(default)]
    pub effect: Option<StepEffect>,
}

/// Effect of one step of cleaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEffect {
    /// Its place in `data.clean.steps`, from 0; `None` for the settings beside that list.
    pub place: Option<usize>,
    /// Rows before it.
    pub rows_before: usize,
    /// Users before it.
    pub users_before: usize,
    /// Items before it.
    pub items_before: usize,
    /// Rows that it removed.
    pub n_removed: usize,
    /// Rows that it changed and kept.
    pub n_changed: usize,
    /// Rows that it learnt from, when it learnt something.
    pub fitted_on: Option<FittedOn>,
    /// Remark worth making, such as the mean that it found; may be empty.
    pub note: String,
    /// The first few rows that it touched, at most five.
    pub examples: Vec<ExampleRow>,
}

/// Rows that a step learnt from (a mean, a quantile, who has enough events).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
pub enum FittedOn {
    /// Events before the first cut of the split.
    #[strum(to_string = "training part")]
    Training,
    /// All events, those for validation and test among them.
    #[strum(to_string = "all events")]
    Everything,
}

/// A row that a step touched, as a person reads it. Long ids show their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleRow {
    /// Id of the user before the step.
    pub user: String,
    /// Id of the item.
    pub item: String,
    /// When; empty in a log without times.
    pub time: String,
    /// State before: the value, the behaviour, the user or the place, as the step is about; for a
    /// dropped row its behaviour and its value, where there are such columns.
    pub before: String,
    /// State after; `dropped` for a row that went.
    pub after: String,
}

/// A row that could not be read. It is kept as a text that anybody can read, with its examples
/// beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptRefusedRow", into = "KeptRefusedRow")]
pub struct RefusedRow {
    /// Name of its file, where the log is several.
    pub file: Option<String>,
    /// Line in the file, counted from 1 (for tables: the row, counted from 1).
    pub line: usize,
    /// Why, as a sentence part: `expected 4 fields, found 3`.
    pub reason: Sentence,
}

/// A refused row as it lies on disk.
#[derive(Serialize, Deserialize)]
struct KeptRefusedRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: usize,
    reason: String,
    /// Parts of the reason where it quotes the row; absent in older files.
    #[serde(default)]
    parts: KeptParts,
}

impl From<RefusedRow> for KeptRefusedRow {
    fn from(row: RefusedRow) -> Self {
        Self {
            file: row.file,
            line: row.line,
            reason: row.reason.to_string(),
            parts: row.reason.kept_parts(),
        }
    }
}

impl From<KeptRefusedRow> for RefusedRow {
    fn from(kept: KeptRefusedRow) -> Self {
        Self {
            file: kept.file,
            line: kept.line,
            reason: Sentence::from_kept(kept.reason, kept.parts),
        }
    }
}

impl RefusedRow {
    /// Place of the row: `line 3`, or ``line 3 of `part-2.csv` ``.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.file {
            Some(name) => format!("line {} of `{name}`", self.line),
            None => format!("line {}", self.line),
        }
    }

    /// The row as the first of several in a sentence, behind a blank.
    pub(crate) fn in_brackets(&self) -> Sentence {
        Sentence::from(format!(" (the first: {} ", self.place()))
            .then(self.reason.clone())
            .words(")")
    }

    /// The row without what its reason quotes of it.
    #[must_use]
    pub fn without_examples(self) -> Self {
        Self {
            reason: self.reason.without_examples(),
            ..self
        }
    }
}

/// Rows that could not be read for reasons of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedKind {
    /// Why, without what is particular to one row.
    pub reason: String,
    /// How many rows.
    pub rows: usize,
    /// File of the first of them, where the log is several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the first of them.
    pub first_line: usize,
}

impl RefusedKind {
    /// Place of the first one.
    #[must_use]
    pub fn first_place(&self) -> String {
        match &self.file {
            Some(name) => format!("line {} of `{name}`", self.first_line),
            None => format!("line {}", self.first_line),
        }
    }
}

/// The account of reading and cleaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataReport {
    /// Rows in the file, header not counted.
    pub rows_read: usize,
    /// Rows that could not be read.
    pub rows_refused: usize,
    /// The first hundred of them.
    pub refused: Vec<RefusedRow>,
    /// How many there are for each kind of reason, most first; empty in older runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_by_reason: Vec<RefusedKind>,
    /// Counts after each step, in order; the first is the file as read.
    pub steps: Vec<StepCount>,
    /// Accounts of the matches when tables of items and users were joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<JoinReport>,
    /// Remarks worth knowing: times in the future, many ties within a second, cold items dropped.
    pub problems: Vec<Problem>,
    /// The file as it was read, every guess and the whole path filled in; `None` for a world.
    #[serde(default)]
    pub file: Option<FileSpec>,
    /// Best that any model can reach on the test questions of a world. `None` for a file, and where
    /// cleaning changed the world, since its rules then tell no longer what comes next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimum: Option<Optimum>,
    /// With which key ids were replaced; `None` where they stand as in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<PseudonymStamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_row_is_kept_as_a_text_and_loses_what_it_quotes() {
        let reason = Sentence::from("has the time `")
            .example("Ali`ce")
            .words("`");
        let row = RefusedRow {
            file: None,
            line: 3,
            reason,
        };
        let kept = serde_json::to_value(&row).unwrap();
        assert_eq!(kept["reason"], "has the time `Ali`ce`");
        let again: RefusedRow = serde_json::from_value(kept).unwrap();
        assert_eq!(again, row);
        assert_eq!(again.without_examples().reason, "has the time `…`");
        // An older file does not say what of it is the row's.
        let old = serde_json::json!({ "line": 3, "reason": "has the time `Ali`ce`" });
        let old: RefusedRow = serde_json::from_value(old).unwrap();
        assert_eq!(old, row);
        assert!(!old.without_examples().reason.to_string().contains("Ali"));
    }
}
