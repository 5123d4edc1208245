//! What a person can read off the history of a question: items and behaviours at its end, gaps,
//! counts, the hour, and what is known of the user.

use std::sync::Arc;

use super::TreeQuestion;
use super::feature::{RuleFeature, RuleUnit, RuleValues};
use super::item_words::{CellWords, ItemWords, words_of};
use crate::explain::inside::training_counts;
use seqscope_base::spec::quotable;
use seqscope_data::{Dataset, FreeColumn, FreeValues, Sample, WEEKDAYS};

/// Last events whose items and behaviours are told one by one.
const PLACES: [&str; 3] = ["last", "second last", "third last"];

/// Events of which a mean or a most frequent word is told.
const RECENT: usize = 10;

/// Behaviours whose events are counted: the first of the log.
const MOST_BEHAVIOURS: usize = 8;

/// Columns beside the chosen one that are told of the last item.
const MOST_COLUMNS: usize = 6;

const DAY_SECS: i64 = 86_400;

/// Everything that is told of some questions, as features in a fixed order. What is the same in
/// every history is left out.
pub(super) fn known(
    asked: &TreeQuestion<'_>,
    samples: &[Sample],
    words: Option<&ItemWords>,
) -> Vec<RuleFeature> {
    let dataset = &asked.prepared.dataset;
    let histories: Vec<KnownHistory<'_>> = samples
        .iter()
        .map(|sample| KnownHistory::of(dataset, sample))
        .collect();
    let mut features = Vec::new();
    if let Some(words) = words {
        features.extend(of_items(&histories, words));
    }
    if dataset.sequences.behaviour_idx.is_some() {
        features.extend(of_behaviours(&histories, dataset));
    }
    if dataset.has_clock() {
        features.extend(of_times(&histories));
    }
    features.extend(of_counts(&histories, asked));
    if dataset.sequences.value.is_some() {
        features.extend(of_values(&histories));
    }
    if asked.tells_columns {
        let chosen = words.map(|words| words.what.as_str());
        features.extend(of_columns(&histories, dataset, chosen));
    }
    features.extend(of_users(&histories, dataset));
    features.retain(|feature| tells_apart(&feature.values));
    features
}

/// The events of one question.
struct KnownHistory<'a> {
    user: usize,
    items: &'a [u32],
    times: &'a [i64],
    behaviours: &'a [u16],
    values: &'a [f32],
    /// Seconds from the last event to the moment that is asked about.
    elapsed: f64,
}

impl<'a> KnownHistory<'a> {
    fn of(dataset: &'a Dataset, sample: &Sample) -> Self {
        fn first<T>(all: &[T], n: usize) -> &[T] {
            all.get(..n).unwrap_or(all)
        }
        let (user, n) = (sample.user_idx as usize, sample.history_len as usize);
        let sequences = &dataset.sequences;
        Self {
            user,
            items: first(sequences.items(user), n),
            times: first(sequences.times(user).unwrap_or(&[]), n),
            behaviours: first(sequences.behaviours(user).unwrap_or(&[]), n),
            values: first(sequences.values(user).unwrap_or(&[]), n),
            elapsed: f64::from(sample.elapsed_secs),
        }
    }

    /// Seconds before the event so many places from the end, from 0.
    fn gap(&self, back: usize) -> Option<f64> {
        let later = self.times.len().checked_sub(1 + back)?;
        let earlier = later.checked_sub(1)?;
        let gap = self
            .times
            .get(later)?
            .saturating_sub(*self.times.get(earlier)?);
        Some(gap.max(0) as f64)
    }
}

/// Value of an event so many places from the end, from 0.
fn from_end<T: Copy>(all: &[T], back: usize) -> Option<T> {
    all.iter().rev().nth(back).copied()
}

/// The latest events, at most [`RECENT`].
fn recent<T>(all: &[T]) -> &[T] {
    all.get(all.len().saturating_sub(RECENT)..).unwrap_or(all)
}

fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0_usize);
    for value in of {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / n as f64)
}

/// The most frequent of some words, of equals the one that came last.
fn most_frequent(words: impl Iterator<Item = u32>) -> Option<u32> {
    let all: Vec<u32> = words.collect();
    let count = |word: &u32| all.iter().filter(|other| *other == word).count();
    // Of equals `max_by_key` takes the last.
    all.iter().max_by_key(|word| count(word)).copied()
}

fn numbers<'a>(
    name: impl Into<String>,
    unit: RuleUnit,
    histories: &'a [KnownHistory<'a>],
    of: impl Fn(&KnownHistory<'a>) -> Option<f64>,
) -> RuleFeature {
    let of = histories.iter().map(|history| {
        of(history)
            .filter(|value| value.is_finite())
            .unwrap_or(f64::NAN)
    });
    RuleFeature {
        name: name.into(),
        values: RuleValues::Numbers {
            of: of.collect(),
            unit,
        },
    }
}

fn words<'a>(
    name: impl Into<String>,
    names: &Arc<Vec<String>>,
    histories: &'a [KnownHistory<'a>],
    of: impl Fn(&KnownHistory<'a>) -> Vec<u32>,
) -> RuleFeature {
    RuleFeature {
        name: name.into(),
        values: RuleValues::Words {
            of: histories.iter().map(of).collect(),
            names: Arc::clone(names),
        },
    }
}

fn of_items(histories: &[KnownHistory<'_>], told: &ItemWords) -> Vec<RuleFeature> {
    let what = &told.what;
    let mut features: Vec<RuleFeature> = PLACES
        .iter()
        .enumerate()
        .map(|(back, place)| {
            let name = if what == "item" {
                format!("the {place} item")
            } else {
                format!("the {place} item's {what}")
            };
            words(name, &told.names, histories, |history| {
                let item = from_end(history.items, back);
                item.map_or_else(Vec::new, |item| told.all_of(item).to_vec())
            })
        })
        .collect();
    let name = format!("the most frequent {what} of the last {RECENT} events");
    features.push(words(name, &told.names, histories, |history| {
        let latest = recent(history.items).iter();
        let most = most_frequent(latest.filter_map(|item| told.first_of(*item)));
        most.into_iter().collect()
    }));
    features
}

fn of_behaviours(histories: &[KnownHistory<'_>], dataset: &Dataset) -> Vec<RuleFeature> {
    let names: Arc<Vec<String>> = Arc::new(dataset.behaviours.ids().map(quotable).collect());
    let mut features: Vec<RuleFeature> = PLACES
        .iter()
        .enumerate()
        .map(|(back, place)| {
            words(
                format!("the {place} behaviour"),
                &names,
                histories,
                |history| {
                    let behaviour = from_end(history.behaviours, back).map(u32::from);
                    behaviour.into_iter().collect()
                },
            )
        })
        .collect();
    for (behaviour, name) in (0_u16..).zip(names.iter()).take(MOST_BEHAVIOURS) {
        let name = format!("the number of {name} events");
        features.push(numbers(name, RuleUnit::Count, histories, |history| {
            let all = history.behaviours.iter();
            Some(all.filter(|other| **other == behaviour).count() as f64)
        }));
    }
    features
}

fn of_times(histories: &[KnownHistory<'_>]) -> Vec<RuleFeature> {
    let last = |history: &KnownHistory<'_>| history.times.last().copied();
    let weekdays = Arc::new(WEEKDAYS.map(str::to_owned).to_vec());
    vec![
        numbers(
            "the gap before the last event",
            RuleUnit::Seconds,
            histories,
            |history| history.gap(0),
        ),
        numbers(
            "the gap before the second last event",
            RuleUnit::Seconds,
            histories,
            |history| history.gap(1),
        ),
        numbers(
            format!("the mean gap of the last {RECENT} events"),
            RuleUnit::Seconds,
            histories,
            |history| mean((0..RECENT).filter_map(|back| history.gap(back))),
        ),
        numbers(
            "the time since the last event",
            RuleUnit::Seconds,
            histories,
            |history| Some(history.elapsed),
        ),
        numbers(
            "the hour of the last event",
            RuleUnit::Hour,
            histories,
            |history| Some((last(history)?.rem_euclid(DAY_SECS) / 3600) as f64),
        ),
        words(
            "the weekday of the last event",
            &weekdays,
            histories,
            |history| {
                // 1970 began on a Thursday, which is three days after Monday.
                let day = last(history).map(|secs| (secs.div_euclid(DAY_SECS) + 3).rem_euclid(7));
                day.map(|day| day as u32).into_iter().collect()
            },
        ),
    ]
}

fn of_counts(histories: &[KnownHistory<'_>], asked: &TreeQuestion<'_>) -> Vec<RuleFeature> {
    let counts = training_counts(asked.prepared);
    let distinct = |items: &[u32]| {
        let mut items = items.to_vec();
        items.sort_unstable();
        items.dedup();
        items.len() as f64
    };
    vec![
        numbers(
            "the number of events",
            RuleUnit::Count,
            histories,
            |history| Some(history.items.len() as f64),
        ),
        numbers(
            "the number of different items",
            RuleUnit::Count,
            histories,
            |history| Some(distinct(history.items)),
        ),
        numbers(
            "the number of times the last item came",
            RuleUnit::Count,
            histories,
            |history| {
                let last = history.items.last()?;
                Some(history.items.iter().filter(|item| *item == last).count() as f64)
            },
        ),
        numbers(
            "the number of training events of the last item",
            RuleUnit::Count,
            histories,
            |history| {
                counts
                    .get(*history.items.last()? as usize)
                    .map(|n| f64::from(*n))
            },
        ),
    ]
}

fn of_values(histories: &[KnownHistory<'_>]) -> Vec<RuleFeature> {
    let known = |values: &[f32]| -> Vec<f64> {
        let values = values.iter().filter(|value| !value.is_nan());
        values.copied().map(f64::from).collect()
    };
    vec![
        numbers("the last value", RuleUnit::Number, histories, |history| {
            history.values.last().copied().map(f64::from)
        }),
        numbers(
            format!("the mean value of the last {RECENT} events"),
            RuleUnit::Number,
            histories,
            |history| mean(known(recent(history.values)).into_iter()),
        ),
    ]
}

/// Columns of the table of items, of the last item.
fn of_columns(
    histories: &[KnownHistory<'_>],
    dataset: &Dataset,
    chosen: Option<&str>,
) -> Vec<RuleFeature> {
    let columns = dataset.item_columns.iter();
    let others = columns.filter(|column| Some(column.name.as_str()) != chosen);
    let told = others.filter_map(|column| {
        let name = format!("the last item's {}", quotable(&column.name));
        of_column(name, column, histories, |history| {
            // Items are numbered from 1, rows from 0.
            (*history.items.last()? as usize).checked_sub(1)
        })
    });
    told.take(MOST_COLUMNS).collect()
}

/// Columns of the table of users.
fn of_users(histories: &[KnownHistory<'_>], dataset: &Dataset) -> Vec<RuleFeature> {
    let told = dataset.user_columns.iter().filter_map(|column| {
        let name = format!("the user's {}", quotable(&column.name));
        of_column(name, column, histories, |history| Some(history.user))
    });
    told.collect()
}

/// A column as a feature, by the row that each history has in it; none of texts and vectors.
fn of_column<'a>(
    name: String,
    column: &FreeColumn,
    histories: &'a [KnownHistory<'a>],
    row: impl Fn(&KnownHistory<'a>) -> Option<usize>,
) -> Option<RuleFeature> {
    if let FreeValues::Numeric(values) = &column.values {
        return Some(numbers(name, RuleUnit::Number, histories, |history| {
            values.get(row(history)?).copied().map(f64::from)
        }));
    }
    let CellWords { of, names } = words_of(&column.values)?;
    Some(words(name, &Arc::new(names), histories, |history| {
        let cell = row(history).and_then(|row| of.get(row));
        cell.cloned().unwrap_or_default()
    }))
}

/// Whether two questions differ in it.
fn tells_apart(values: &RuleValues) -> bool {
    match values {
        RuleValues::Numbers { of, .. } => {
            let mut known = of.iter().filter(|value| !value.is_nan());
            let first = known.next();
            known.any(|value| Some(value) != first)
        }
        RuleValues::Words { of, .. } => of.iter().any(|words| Some(words) != of.first()),
    }
}
