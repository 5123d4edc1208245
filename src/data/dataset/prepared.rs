//! A log after preparation: vocabularies, sequences, titles, split, features.

use serde::{Deserialize, Serialize};

use super::{Feature, Histories, Query, Returns, Sequences, Split, TaskKind, fingerprint};
use crate::log::{DataReport, FreeColumn, Vocab};
use crate::value::{TimeFormat, time};

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
            times.iter().min().map(|secs| time::iso_of_secs(*secs))?,
            times.iter().max().map(|secs| time::iso_of_secs(*secs))?,
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
