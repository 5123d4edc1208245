//! A log after preparation: vocabularies, sequences, titles, and the account of every step.

use serde::{Deserialize, Serialize};

use super::{Feature, Histories, Query, Returns, Sequences, Split, TaskKind, fingerprint};
use crate::log::{FileSpec, FreeColumn, JoinReport, PseudonymStamp, TimeFormat, Vocab};
use crate::value::time;
use crate::world::Optimum;
use seqscope_base::spec::Problem;

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
    /// Columns of the table of items, one row an item at `item_idx - 1`; empty without such a
    /// table.
    pub item_columns: Vec<FreeColumn>,
    /// Columns of the table of users, one row a user; empty without such a table.
    pub user_columns: Vec<FreeColumn>,
    /// The account of reading and cleaning.
    pub report: DataReport,
}

impl Dataset {
    /// Hash of users, items, times, behaviours and values alone, whatever columns stand beside
    /// them.
    #[must_use]
    pub fn events_fingerprint(&self) -> String {
        fingerprint::of_dataset(self)
    }

    /// Whether times are moments; `false` for a log whose times only order its events.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        let format = self
            .report
            .file
            .as_ref()
            .and_then(|file| file.time_format.as_ref());
        self.sequences.time_secs.is_some() && !format.is_some_and(TimeFormat::only_orders)
    }

    /// The first and the last moment of the log, in UTC as ISO 8601 writes it; `None` for one whose
    /// times only order its events, and for one without any.
    #[must_use]
    pub fn time_span(&self) -> Option<(String, String)> {
        let times = self
            .sequences
            .time_secs
            .as_deref()
            .filter(|_| self.has_clock())?;
        Some((
            times.iter().min().map(|secs| iso_of_secs(*secs))?,
            times.iter().max().map(|secs| iso_of_secs(*secs))?,
        ))
    }

    /// Number of items, padding not counted. Valid item indices are `1..=n_items`.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Title of an item if there is one, else its id; `(none)` for padding and the unknown.
    #[must_use]
    pub fn item_label(&self, item_idx: u32) -> &str {
        let title = (item_idx as usize)
            .checked_sub(1)
            .and_then(|at| self.titles.get(at));
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

/// Writes a moment in seconds since 1970 as a date.
fn iso_of_secs(secs: i64) -> String {
    time::iso(secs.saturating_mul(time::MICROS_PER_SEC))
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

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Name of its file, where the log is several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in the file, counted from 1 (for tables: the row, counted from 1).
    pub line: usize,
    /// Why, as a sentence part: `expected 4 fields, found 3`.
    pub reason: String,
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

/// A dataset and its split: all that training, evaluation and explanation need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// The events.
    pub dataset: Dataset,
    /// Which of them are for training, validation and test.
    pub split: Split,
    /// Input to models for every event, beside its item: numbers with mean 0 and variance 1 over
    /// the training events, classes as they are.
    pub features: Vec<Feature>,
    /// How often users come back to items that they had, as [`Returns::of_split`] counts it.
    pub returns: Returns,
}

impl Prepared {
    /// The first events of some users, with their times and features: so many of each.
    #[must_use]
    pub fn histories(&self, rows: impl IntoIterator<Item = (usize, usize)>) -> Histories {
        let sequences = &self.dataset.sequences;
        let mut histories = Histories::new();
        for (user, len) in rows {
            let range = sequences.range(user);
            let len = len.min(range.len());
            let items = sequences.items(user).get(..len).unwrap_or(&[]);
            let times = sequences.times(user).filter(|_| self.dataset.has_clock());
            let times = times.and_then(|times| times.get(..len)).unwrap_or(&[]);
            histories.push_events(items, times, &self.features, range.start);
        }
        histories
    }

    /// One history of which the items alone are known: its features are missing, and all its events
    /// are at the moment at which the log ends, where times count. A task that is not the next item
    /// is asked right after the last of them.
    #[must_use]
    pub fn typed(&self, items: &[u32], task: TaskKind) -> Histories {
        let mut histories = Histories::new();
        let end = self
            .dataset
            .sequences
            .time_secs
            .as_deref()
            .and_then(|times| times.iter().max().copied());
        histories.push(items);
        if let Some(end) = end.filter(|_| self.dataset.has_clock()) {
            histories.time_secs = vec![end; items.len()];
        }
        histories.beside = self
            .features
            .iter()
            .map(|feature| feature.values.unknown(items.len()))
            .collect();
        if task != TaskKind::NextItem {
            let position = items.len().saturating_sub(1);
            histories.asked = vec![Query {
                row: 0,
                position,
                elapsed_secs: 0.0,
                target: f32::NAN,
            }];
        }
        histories
    }
}
