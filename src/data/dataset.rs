//! What a log became: vocabularies, sequences, titles, and the account of every step.

use serde::{Deserialize, Serialize};

use super::world::Optimum;
use super::{FileSpec, Sequences, Split, Vocab};
use crate::spec::Problem;

/// A cleaned, coded log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Short name, from the file or the world.
    pub name: String,
    /// Hash of the coded sequences and vocabularies, as 16 hexadecimal digits: two runs with the
    /// same fingerprint saw the same events.
    pub fingerprint: String,
    /// Users, from index 0.
    pub users: Vocab,
    /// Items, from index 1; 0 is padding.
    pub items: Vocab,
    /// Behaviour types, from index 0; empty when the log has none.
    pub behaviours: Vocab,
    /// Events of every user, oldest first.
    pub sequences: Sequences,
    /// Title of each item, at `item_idx - 1`; empty strings where there is none. Empty when no
    /// title table was joined.
    pub titles: Vec<String>,
    /// The account of reading and cleaning.
    pub report: DataReport,
}

impl Dataset {
    /// Number of items, padding not counted. Valid item indices are `1..=n_items`.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Title of an item if there is one, else its id; `(none)` for padding and the unknown.
    #[must_use]
    pub fn item_label(&self, item_idx: u32) -> &str {
        let title = (item_idx as usize).checked_sub(1).and_then(|at| self.titles.get(at));
        match title {
            Some(title) if !title.is_empty() => title,
            _ => self.items.id(item_idx).unwrap_or("(none)"),
        }
    }

    /// Sizes that a model needs to know before it is built.
    #[must_use]
    pub fn shape(&self) -> DataShape {
        DataShape {
            n_users: self.users.len(),
            n_items: self.n_items(),
            n_events: self.sequences.n_events(),
            max_len: self.sequences.max_len(),
        }
    }
}

/// Sizes of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataShape {
    /// Number of users.
    pub n_users: usize,
    /// Number of items, padding not counted.
    pub n_items: usize,
    /// Number of events.
    pub n_events: usize,
    /// Length of the longest sequence.
    pub max_len: usize,
}

/// Rows, users and items left after one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// What was done, such as `Exact duplicates dropped`.
    pub step: String,
    /// Rows (events) after it.
    pub rows: usize,
    /// Users after it.
    pub users: usize,
    /// Items after it.
    pub items: usize,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Line in the file, counted from 1 (for Parquet: the row, counted from 1).
    pub line: usize,
    /// Why, as a sentence part: `expected 4 fields, found 3`.
    pub reason: String,
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
    /// Counts after each step, in order; the first is the file as read.
    pub steps: Vec<StepCount>,
    /// What is worth knowing: times in the future, many ties within a second, cold items dropped.
    pub problems: Vec<Problem>,
    /// The file as it was read, every guess filled in; `None` for a world.
    #[serde(default)]
    pub file: Option<FileSpec>,
    /// Of a world: the best that any model can reach on the test questions. `None` for a file, and
    /// where cleaning changed the world, since its rules then tell no longer what comes next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimum: Option<Optimum>,
}

/// A dataset and its split: all that training, evaluation and explanation need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// The events.
    pub dataset: Dataset,
    /// Which of them are for training, validation and test.
    pub split: Split,
}
