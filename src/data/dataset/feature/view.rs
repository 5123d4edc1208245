//! A log as a feature sees it: users' events in order, free columns, and which events are for
//! training.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use crate::dataset::{Dataset, Sequences};
use crate::log::{ColumnKind, FreeColumn, FreeValues};
use seqscope_base::spec::did_you_mean;

/// A log, and which of its events may be learnt from.
#[derive(Clone, Copy)]
pub(super) struct DatasetView<'a> {
    pub(super) dataset: &'a Dataset,
    /// Training flag of each event, in the order of the sequences; a missing flag is `false`.
    pub(super) training: &'a [bool],
}

/// A column that a log must have for a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub(super) enum Need {
    /// Times that are moments.
    #[strum(to_string = "times")]
    Clock,
    #[strum(to_string = "behaviours")]
    Behaviour,
    #[strum(to_string = "places (latitude and longitude)")]
    Place,
    #[strum(to_string = "sessions or times")]
    SessionOrClock,
}

/// A column, and which of its rows belongs to each event.
pub(super) struct EventColumn<'a> {
    pub(super) values: &'a FreeValues,
    rows: RowOf<'a>,
}

enum RowOf<'a> {
    Event,
    /// Item of each event; rows begin with item 1.
    Item(&'a [u32]),
    /// User of each event.
    User(Vec<u32>),
}

impl EventColumn<'_> {
    /// The column's row of an event.
    pub(super) fn row(&self, event: usize) -> usize {
        match &self.rows {
            RowOf::Event => event,
            RowOf::Item(items) => items
                .get(event)
                .map_or(usize::MAX, |&item| (item as usize).wrapping_sub(1)),
            RowOf::User(users) => users.get(event).map_or(usize::MAX, |&user| user as usize),
        }
    }
}

impl<'a> DatasetView<'a> {
    pub(super) fn sequences(&self) -> &'a Sequences {
        &self.dataset.sequences
    }

    pub(super) fn n_events(&self) -> usize {
        self.sequences().n_events()
    }

    /// Seconds since 1970 of every event; empty without times, which [`Need::Clock`] has refused.
    pub(super) fn times(&self) -> &'a [i64] {
        self.sequences().time_secs.as_deref().unwrap_or(&[])
    }

    /// The events of each user, in order.
    pub(super) fn users(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let sequences = self.sequences();
        (0..sequences.n_users()).map(|user| sequences.range(user))
    }

    pub(super) fn is_training(&self, event: usize) -> bool {
        self.training.get(event).copied().unwrap_or(false)
    }

    /// Whether the log has not what is needed: the sentence with the cure.
    pub(super) fn lacks(&self, need: Need) -> Option<String> {
        let sequences = self.sequences();
        let (is_there, what, cure) = match need {
            Need::Clock => return self.lacks_clock(),
            Need::SessionOrClock if sequences.session_idx.is_some() => return None,
            Need::SessionOrClock => {
                let (true, cure) = (
                    self.lacks_clock().is_some(),
                    "`data.roles.session` or `data.roles.time`",
                ) else {
                    return None;
                };
                (false, "neither sessions nor times that are moments", cure)
            }
            Need::Behaviour => (
                sequences.behaviour_idx.is_some(),
                "no behaviours",
                "`data.roles.behaviour`",
            ),
            Need::Place => {
                let has_both = sequences.latitude.is_some() && sequences.longitude.is_some();
                (
                    has_both,
                    "no places",
                    "`data.roles.latitude` and `data.roles.longitude`",
                )
            }
        };
        (!is_there).then(|| {
            format!("this log has {what}; name the column in {cure}, or leave the feature out.")
        })
    }

    fn lacks_clock(&self) -> Option<String> {
        if self.dataset.has_clock() {
            return None;
        }
        Some(if self.sequences().time_secs.is_some() {
            "the times of this log only order events; say how they are written in \
             `data.time_format`, or leave the feature out."
                .to_owned()
        } else {
            "this log has no times; name the column in `data.roles.time`, or leave the feature out."
                .to_owned()
        })
    }

    /// All columns that a feature may name, with their names: free columns as they are, those of
    /// tables behind `items.` and `users.`.
    pub(super) fn columns(&self) -> Vec<(String, ColumnKind)> {
        let Dataset {
            item_columns,
            user_columns,
            sequences,
            ..
        } = self.dataset;
        [
            prefixed("", &sequences.free),
            prefixed("items.", item_columns),
            prefixed("users.", user_columns),
        ]
        .concat()
    }

    /// The column of that name, when it is of one of these kinds; else the sentence with the cure.
    pub(super) fn column(
        &self,
        name: &str,
        kinds: &[ColumnKind],
    ) -> Result<EventColumn<'a>, String> {
        let Dataset {
            item_columns,
            user_columns,
            sequences,
            ..
        } = self.dataset;
        let (found, rows) = match (
            named(&sequences.free, name),
            of_table(item_columns, "items.", name),
            of_table(user_columns, "users.", name),
        ) {
            (Some(column), _, _) => (column, RowOf::Event),
            (_, Some(column), _) => (column, RowOf::Item(&sequences.item_idx)),
            (_, _, Some(column)) => (column, RowOf::User(self.user_of_each_event())),
            _ => return Err(self.no_column(name)),
        };
        let kind = found.values.kind();
        if kinds.contains(&kind) {
            return Ok(EventColumn {
                values: &found.values,
                rows,
            });
        }
        let wanted: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        Err(format!(
            "the column `{name}` is {kind}, and this feature takes {}; say its kind where the \
             column is listed.",
            wanted.join(" or ")
        ))
    }

    fn no_column(&self, name: &str) -> String {
        let known: Vec<String> = self.columns().into_iter().map(|(name, _)| name).collect();
        if known.is_empty() {
            return format!(
                "there is no free column `{name}`; list it in `data.free_features`, or join a \
                 table in `data.items` or `data.users`."
            );
        }
        match did_you_mean(name, known.iter().map(String::as_str)) {
            Some(near) => format!("there is no free column `{name}`; did you mean `{near}`?"),
            None => format!(
                "there is no free column `{name}`; there are `{}`.",
                known.join("`, `")
            ),
        }
    }

    fn user_of_each_event(&self) -> Vec<u32> {
        (0_u32..)
            .zip(self.users())
            .flat_map(|(user, events)| std::iter::repeat_n(user, events.len()))
            .collect()
    }

    /// Numbers for keys: those of training events, from 1, in the order of time in which they come
    /// first; 0 for no key and for one that training does not know. So a number tells nothing of
    /// what comes later. Without times the order is that of the sequences.
    pub(super) fn dense<K: Hash + Eq + Copy>(&self, keys: &[Option<K>]) -> (Vec<u32>, usize) {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        if let Some(times) = &self.sequences().time_secs {
            order.sort_by_key(|&event| times.get(event).copied());
        }
        let mut idx = HashMap::<K, u32>::new();
        for event in order.into_iter().filter(|&event| self.is_training(event)) {
            if let Some(key) = keys.get(event).copied().flatten() {
                let next = idx.len() as u32 + 1;
                idx.entry(key).or_insert(next);
            }
        }
        (
            keys.iter()
                .map(|key| key.and_then(|key| idx.get(&key)).copied().unwrap_or(0))
                .collect(),
            idx.len(),
        )
    }
}

/// Column of a side table that is meant by a name with the table's prefix.
fn of_table<'a>(columns: &'a [FreeColumn], prefix: &str, name: &str) -> Option<&'a FreeColumn> {
    name.strip_prefix(prefix)
        .and_then(|name| named(columns, name))
}

/// Column of a name.
fn named<'a>(columns: &'a [FreeColumn], name: &str) -> Option<&'a FreeColumn> {
    columns.iter().find(|column| column.name == name)
}

/// Names, behind a prefix, and kinds of columns.
fn prefixed(prefix: &str, columns: &[FreeColumn]) -> Vec<(String, ColumnKind)> {
    columns
        .iter()
        .map(|column| (format!("{prefix}{}", column.name), column.values.kind()))
        .collect()
}
