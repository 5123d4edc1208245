//! Changes that a step makes in a log, with the count and examples of them.

use std::iter::zip;

use crate::log::events::Events;
use crate::log::{ExampleRow, FreeValues, Vocab};
use crate::value::time;
use seqscope_base::spec::quotable;

/// A change that is to be made in a log.
#[derive(Debug)]
pub(crate) enum LogChange {
    /// Rows whose flag is not set go.
    Keep(Vec<bool>),
    /// Other values.
    Values(Vec<f32>),
    /// Other values, and other numbers in some of the free columns.
    Numbers {
        value: Vec<f32>,
        free: Vec<(usize, Vec<f32>)>,
    },
    /// Other behaviours.
    Behaviours(Vec<u16>, Vocab),
    /// Other users.
    Users(Vec<u32>, Vocab),
    /// Another order: for each place the row that comes to it; and the rows that stood too late.
    Order(Vec<usize>, Vec<usize>),
}

/// Result of a step.
#[derive(Debug)]
pub(crate) struct StepOutcome {
    pub(crate) change: LogChange,
    /// Remark worth making, such as the mean that was found; may be empty.
    pub(crate) note: String,
    /// Doubts: the step's own field, and a sentence.
    pub(crate) warnings: Vec<(&'static str, String)>,
}

impl From<LogChange> for StepOutcome {
    fn from(change: LogChange) -> Self {
        Self {
            change,
            note: String::new(),
            warnings: Vec::new(),
        }
    }
}

impl StepOutcome {
    pub(crate) fn with_note(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// Most rows that are shown of each step.
const MOST_EXAMPLES: usize = 5;

impl LogChange {
    /// Rows that are touched, in order.
    pub(super) fn touched<'a>(
        &'a self,
        events: &'a Events,
    ) -> Box<dyn Iterator<Item = usize> + 'a> {
        match self {
            Self::Keep(keep) => rows_where_not(Box::new(keep.iter().copied())),
            Self::Values(after) => rows_where_not(Box::new(
                zip(events.value.as_deref().unwrap_or(&[]), after).map(|(b, a)| is_same(*b, *a)),
            )),
            Self::Numbers { .. } => rows_where_not(Box::new(
                (0..events.len()).map(|row| self.number(events, row).is_none()),
            )),
            Self::Behaviours(idx, names) => {
                let before = events.behaviour_idx.as_deref().unwrap_or(&[]);
                let is_same = |(b, a): (&u16, &u16)| {
                    events.behaviours.id(u32::from(*b)) == names.id(u32::from(*a))
                };
                rows_where_not(Box::new(zip(before, idx).map(is_same)))
            }
            Self::Users(idx, ids) => rows_where_not(Box::new(
                zip(&events.user_idx, idx).map(|(b, a)| events.users.id(*b) == ids.id(*a)),
            )),
            Self::Order(_, late) => Box::new(late.iter().copied()),
        }
    }

    /// The first number of a row that changes: of the value or of the named column, before and
    /// after.
    fn number<'a>(&self, events: &'a Events, row: usize) -> Option<(Option<&'a str>, f32, f32)> {
        let Self::Numbers { value, free } = self else {
            return None;
        };
        let of_value = (None, events.value.as_deref().unwrap_or(&[]), value);
        let of_free = free.iter().filter_map(|(at, after)| {
            let column = events.extra.free.get(*at)?;
            let FreeValues::Numeric(before) = &column.values else {
                return None;
            };
            Some((Some(column.name.as_str()), before.as_slice(), after))
        });
        std::iter::once(of_value)
            .chain(of_free)
            .find_map(|(name, before, after)| {
                let (before, after) = (*before.get(row)?, *after.get(row)?);
                (!is_same(before, after)).then_some((name, before, after))
            })
    }

    /// The first few touched rows as a person reads them.
    pub(super) fn examples(&self, events: &Events, only_orders: bool) -> Vec<ExampleRow> {
        self.touched(events)
            .take(MOST_EXAMPLES)
            .map(|row| self.example(events, row, only_orders))
            .collect()
    }

    fn example(&self, events: &Events, row: usize, only_orders: bool) -> ExampleRow {
        let user = quoted_id(&events.users, events.user_idx.get(row).copied());
        let (before, after) = match self {
            Self::Keep(_) => {
                let column = events.behaviour_idx.as_deref().unwrap_or(&[]);
                let parts = [
                    quoted_id(&events.behaviours, behaviour_at(row, column)),
                    value_at(row, events.value.as_deref()),
                ];
                let told: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                (told.join(", "), "dropped".to_owned())
            }
            Self::Values(after) => (
                value_at(row, events.value.as_deref()),
                value_at(row, Some(after)),
            ),
            Self::Numbers { .. } => {
                self.number(events, row)
                    .map_or_else(Default::default, |(name, before, after)| {
                        let of_column = |number| match name {
                            Some(name) => format!("{}: {}", quotable(name), shown(number)),
                            None => shown(number),
                        };
                        (of_column(before), of_column(after))
                    })
            }
            Self::Behaviours(idx, names) => {
                let before = events.behaviour_idx.as_deref().unwrap_or(&[]);
                (
                    quoted_id(&events.behaviours, behaviour_at(row, before)),
                    quoted_id(names, behaviour_at(row, idx)),
                )
            }
            Self::Users(idx, ids) => (user.clone(), quoted_id(ids, idx.get(row).copied())),
            Self::Order(order, _) => {
                let place = order.iter().position(|&from| from == row).unwrap_or(row);
                (format!("row {}", row + 1), format!("row {}", place + 1))
            }
        };
        let item = quoted_id(&events.items, events.item_idx.get(row).copied());
        ExampleRow {
            user,
            item,
            time: moment(events, row, only_orders),
            before,
            after,
        }
    }

    /// Carries it out.
    pub(super) fn apply(self, events: &mut Events) {
        match self {
            Self::Keep(keep) => {
                if keep.iter().any(|kept| !kept) {
                    events.retain(&keep);
                }
            }
            Self::Values(values) => events.value = Some(values),
            Self::Numbers { value, free } => {
                events.value = Some(value);
                for (at, numbers) in free {
                    if let Some(column) = events.extra.free.get_mut(at) {
                        column.values = FreeValues::Numeric(numbers);
                    }
                }
            }
            Self::Behaviours(idx, names) => {
                events.behaviour_idx = Some(idx);
                events.behaviours = names;
            }
            Self::Users(idx, ids) => events.set_users(idx, ids),
            Self::Order(order, _) => events.reorder(&order),
        }
    }
}

fn value_at(row: usize, column: Option<&[f32]>) -> String {
    column
        .and_then(|column| column.get(row))
        .map_or_else(String::new, |value| shown(*value))
}

fn behaviour_at(row: usize, column: &[u16]) -> Option<u32> {
    column.get(row).copied().map(u32::from)
}

fn quoted_id(vocab: &Vocab, idx: Option<u32>) -> String {
    idx.and_then(|idx| vocab.id(idx))
        .map_or_else(String::new, quotable)
}

/// Rows whose flag is not set.
fn rows_where_not<'a>(
    same: Box<dyn Iterator<Item = bool> + 'a>,
) -> Box<dyn Iterator<Item = usize> + 'a> {
    Box::new(
        same.enumerate()
            .filter(|(_, is_same)| !is_same)
            .map(|(row, _)| row),
    )
}

/// Whether a number stays as it is; a missing one that stays missing does.
fn is_same(before: f32, after: f32) -> bool {
    before.to_bits() == after.to_bits() || before.is_nan() && after.is_nan()
}

/// A value as a person reads it.
fn shown(value: f32) -> String {
    if value.is_nan() {
        "missing".to_owned()
    } else {
        value.to_string()
    }
}

fn moment(events: &Events, row: usize, only_orders: bool) -> String {
    let Some(ticks) = events.time_ticks.as_ref().and_then(|times| times.get(row)) else {
        return String::new();
    };
    let per_sec = events.ticks_per_sec.max(1);
    if only_orders {
        return (*ticks as f64 / per_sec as f64).to_string();
    }
    time::iso(ticks.saturating_mul(time::MICROS_PER_SEC / per_sec))
}
