//! Histories that a person has changed: all that a model is told of them follows every change.
//!
//! Features are computed anew by the code that computed those of the log, on a small log which holds
//! the changed histories and, beside them, the first training event of every class that the log's
//! features know. So classes keep their numbers, and numbers are brought to scale as those of the
//! log were; nothing is fitted on what a person made up.

use std::sync::Arc;

use super::feature::{self, Feature, FeatureSpec, FeatureValues};
use super::{Dataset, Histories, Prepared, Sequences};
use crate::error::DataError;
use crate::log::FreeColumn;
use crate::value::time::moment_text;
use crate::value::{MICROS_PER_SEC, moment_micros};
use seqscope_base::spec::{Problem, quotable};

/// One event of a changed history.
#[derive(Clone, Debug, PartialEq)]
pub struct EditedEvent {
    /// Position of the user's event that it was, from 0; `None` for one that was put in.
    pub from: Option<usize>,
    /// Item index (≥ 1).
    pub item_idx: u32,
    /// Seconds since 1970, or a number that only orders; 0 in a log without times.
    pub time_secs: i64,
    /// Index of its behaviour; `None` where it is unknown, or the log has none.
    pub behaviour_idx: Option<u16>,
    /// Amount, rating or dwell; `None` where it is unknown, or the log has none.
    pub value: Option<f32>,
}

/// Maker of inputs from changed histories.
///
/// An event keeps its session, its place and its free columns wherever it is moved to. Of one that
/// was put in these are unknown, as its behaviour and value are unless they are said: class 0, or
/// no number. What is told of items and users follows from its item and its user.
pub struct HistoryEditor<'a> {
    prepared: &'a Prepared,
    basis: Arc<EditorBasis>,
}

/// Whatever an editor takes of a log, found by looking through all its events: to be kept where
/// histories of one log are changed again and again.
#[derive(Debug)]
pub struct EditorBasis {
    /// The features, each as it is computed before anything is fitted.
    specs: Vec<FeatureSpec>,
    /// What the log says beside its events.
    beside: Dataset,
    witnesses: Vec<Witness>,
}

impl EditorBasis {
    /// Looks through a log whose features were computed from `specs`, in their order.
    #[must_use]
    pub fn new(prepared: &Prepared, specs: &[FeatureSpec]) -> Self {
        let dataset = &prepared.dataset;
        let mut beside = Dataset::default();
        if !prepared.features.is_empty() {
            beside.behaviours = dataset.behaviours.clone();
            beside.report = dataset.report.clone();
        }
        // Only a feature of a column reads these, and each small log gets a copy.
        if specs.iter().any(FeatureSpec::is_of_column) {
            beside.titles.clone_from(&dataset.titles);
            beside.item_columns.clone_from(&dataset.item_columns);
        }
        Self {
            specs: specs.iter().cloned().map(unfitted).collect(),
            beside,
            witnesses: witnesses(prepared),
        }
    }
}

impl<'a> HistoryEditor<'a> {
    /// Makes the editor of a log whose features were computed from `specs`, in their order.
    #[must_use]
    pub fn new(prepared: &'a Prepared, specs: &[FeatureSpec]) -> Self {
        Self::on(prepared, Arc::new(EditorBasis::new(prepared, specs)))
    }

    /// Makes the editor of a log that was looked through before.
    #[must_use]
    pub fn on(prepared: &'a Prepared, basis: Arc<EditorBasis>) -> Self {
        Self { prepared, basis }
    }

    /// The log.
    #[must_use]
    pub fn prepared(&self) -> &'a Prepared {
        self.prepared
    }

    /// Inputs of a model: one row for each of these histories of one user.
    ///
    /// # Errors
    /// [`DataError::Setting`] when the features are not those that the log was prepared with.
    pub fn histories(
        &self,
        user_idx: usize,
        rows: &[Vec<EditedEvent>],
    ) -> Result<Histories, DataError> {
        let features = self.features(user_idx, rows)?;
        let has_clock = self.prepared.dataset.has_clock();
        let mut histories = Histories::new();
        let mut start = self.basis.witnesses.len();
        for row in rows {
            let items: Vec<u32> = row.iter().map(|event| event.item_idx).collect();
            let times: Vec<i64> = if has_clock {
                row.iter().map(|event| event.time_secs).collect()
            } else {
                Vec::new()
            };
            histories.push_events(&items, &times, &features, start);
            start += row.len();
        }
        Ok(histories)
    }

    /// Features of every event of the small log.
    fn features(
        &self,
        user_idx: usize,
        rows: &[Vec<EditedEvent>],
    ) -> Result<Vec<Feature>, DataError> {
        let fitted = &self.prepared.features;
        if fitted.is_empty() {
            return Ok(Vec::new());
        }
        let EditorBasis {
            specs, witnesses, ..
        } = self.basis.as_ref();
        if fitted.len() != specs.len() {
            let sentence = "the data were prepared with other features than these; open the run \
                            again.";
            return Err(Problem::error("data.features", sentence).into());
        }
        let small = self.small_log(user_idx, rows);
        let training: Vec<bool> = witnesses.iter().map(|it| it.is_training).collect();
        let mut features = feature::features(&small, specs, &training)?;
        for (made, spec) in features.iter_mut().zip(specs) {
            if let (FeatureSpec::Behaviour(_), FeatureValues::Index { idx, .. }) =
                (spec, &mut made.values)
            {
                let events = rows.iter().flatten();
                for (class, event) in idx.iter_mut().skip(witnesses.len()).zip(events) {
                    if event.behaviour_idx.is_none() {
                        *class = 0;
                    }
                }
            }
        }
        Ok(features
            .into_iter()
            .zip(fitted)
            .map(|(made, fitted)| made.fitted_as(fitted))
            .collect())
    }

    /// The witnesses, each as a user of its own, then the changed histories, each as one more.
    fn small_log(&self, user_idx: usize, rows: &[Vec<EditedEvent>]) -> Dataset {
        let Dataset {
            sequences,
            user_columns,
            ..
        } = &self.prepared.dataset;
        let EditorBasis {
            beside, witnesses, ..
        } = self.basis.as_ref();
        let first = sequences.range(user_idx).start;
        let witnessed = witnesses.iter().map(|it| Some(it.event));
        let edited = rows.iter().flatten();
        let from: Vec<Option<usize>> = witnessed
            .chain(edited.map(|event| event.from.map(|at| first + at)))
            .collect();
        let mut small = gathered(sequences, &from);
        let n_witnesses = witnesses.len();
        for (at, event) in rows.iter().flatten().enumerate() {
            event.write(&mut small, n_witnesses + at);
        }
        let mut end = n_witnesses;
        small.offsets = (0..=n_witnesses).collect();
        for row in rows {
            end += row.len();
            small.offsets.push(end);
        }
        let users = witnesses.iter().map(|it| it.user);
        let users: Vec<usize> = users
            .chain(std::iter::repeat_n(user_idx, rows.len()))
            .collect();
        Dataset {
            sequences: small,
            user_columns: picked(user_columns, &users.iter().map(|&user| Some(user))),
            ..beside.clone()
        }
    }
}

impl EditedEvent {
    /// Writes down what a person may have changed, over what the event was.
    fn write(&self, sequences: &mut Sequences, at: usize) {
        fn set<T>(column: Option<&mut Vec<T>>, at: usize, value: T) {
            if let Some(slot) = column.and_then(|column| column.get_mut(at)) {
                *slot = value;
            }
        }
        set(Some(&mut sequences.item_idx), at, self.item_idx);
        set(sequences.time_secs.as_mut(), at, self.time_secs);
        let behaviour = self.behaviour_idx.unwrap_or(0);
        set(sequences.behaviour_idx.as_mut(), at, behaviour);
        set(sequences.value.as_mut(), at, self.value.unwrap_or(f32::NAN));
    }
}

impl Dataset {
    /// The first events of a user as they are: so many of them.
    #[must_use]
    pub fn events_of(&self, user_idx: usize, n_events: usize) -> Vec<EditedEvent> {
        let sequences = &self.sequences;
        let (times, behaviours, values) = (
            sequences.times(user_idx).unwrap_or(&[]),
            sequences.behaviours(user_idx).unwrap_or(&[]),
            sequences.values(user_idx).unwrap_or(&[]),
        );
        let items = sequences.items(user_idx).iter().enumerate().take(n_events);
        items
            .map(|(at, &item_idx)| EditedEvent {
                from: Some(at),
                item_idx,
                time_secs: times.get(at).copied().unwrap_or(0),
                behaviour_idx: behaviours.get(at).copied(),
                value: values.get(at).copied().filter(|value| !value.is_nan()),
            })
            .collect()
    }

    /// A moment of the log in words, in UTC as ISO 8601 writes it; the number where times only
    /// order.
    #[must_use]
    pub fn time_text(&self, secs: i64) -> String {
        moment_text(secs, self.has_clock())
    }

    /// Seconds since 1970 of a moment in words, or the number where times only order.
    ///
    /// # Errors
    /// A sentence with the cure where the log has no times, the text is no moment, or it lies before
    /// the log begins.
    pub fn time_of(&self, text: &str) -> Result<i64, String> {
        let Some((first, _)) = self.sequences.first_and_last_secs() else {
            return Err("this log has no times; leave the time out".to_owned());
        };
        let begins = self.time_text(first);
        let secs = if self.has_clock() {
            moment_micros(text)?.div_euclid(MICROS_PER_SEC)
        } else {
            text.trim().parse().map_err(|_| {
                format!(
                    "the times of this log are numbers that only order its events, and `{}` is no \
                     whole number; write one such as {begins}",
                    quotable(text)
                )
            })?
        };
        if secs < first {
            // The day of an event counts from the log's first, which is fitted.
            return Err(format!(
                "{} is before the log begins; choose {begins} or later",
                self.time_text(secs)
            ));
        }
        Ok(secs)
    }
}

/// Event of the log that teaches the small one what was fitted.
#[derive(Debug)]
struct Witness {
    event: usize,
    user: usize,
    is_training: bool,
}

/// The earliest event, and of every class of every feature the training event that it was numbered
/// by, in order of time as classes are numbered.
fn witnesses(prepared: &Prepared) -> Vec<Witness> {
    let classes: Vec<(&[u32], usize)> = prepared
        .features
        .iter()
        .filter_map(|feature| match &feature.values {
            FeatureValues::Index { idx, n } => Some((idx.as_slice(), *n)),
            FeatureValues::Real { .. } => None,
        })
        .collect();
    if prepared.features.is_empty() {
        return Vec::new();
    }
    let sequences = &prepared.dataset.sequences;
    let times = sequences.time_secs.as_deref().unwrap_or(&[]);
    let mut firsts: Vec<Vec<Option<Placed>>> =
        classes.iter().map(|(_, n)| vec![None; n + 1]).collect();
    let mut earliest: Option<Placed> = None;
    for user in 0..sequences.n_users() {
        let range = sequences.range(user);
        let n_train = prepared
            .split
            .train_len
            .get(user)
            .map_or(0, |&n| n as usize);
        for event in range.clone() {
            let placed = Placed {
                time: times.get(event).copied().unwrap_or(0),
                event,
                user,
                is_training: event - range.start < n_train,
            };
            keep_earlier(&mut earliest, placed);
            if placed.is_training {
                for ((idx, _), firsts) in classes.iter().zip(&mut firsts) {
                    let class = idx.get(event).map_or(0, |&class| class as usize);
                    if let Some(first) = firsts.get_mut(class).filter(|_| class > 0) {
                        keep_earlier(first, placed);
                    }
                }
            }
        }
    }
    let mut all: Vec<Placed> = firsts
        .into_iter()
        .flatten()
        .flatten()
        .chain(earliest)
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .map(|placed| Witness {
            event: placed.event,
            user: placed.user,
            is_training: placed.is_training,
        })
        .collect()
}

/// Event in the order in which classes are numbered: by time, of equals as they lie in the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    time: i64,
    event: usize,
    user: usize,
    is_training: bool,
}

fn keep_earlier(kept: &mut Option<Placed>, placed: Placed) {
    if kept.is_none_or(|kept| placed < kept) {
        *kept = Some(placed);
    }
}

/// The feature before anything is fitted on training events.
fn unfitted(spec: FeatureSpec) -> FeatureSpec {
    match spec {
        FeatureSpec::Numeric(numeric) => FeatureSpec::Numeric(feature::Numeric {
            standardise: false,
            ..numeric
        }),
        other => other,
    }
}

/// Columns of some events; what is unknown is item 0, no session, no number.
fn gathered(sequences: &Sequences, from: &[Option<usize>]) -> Sequences {
    Sequences {
        offsets: Vec::new(),
        item_idx: column(&sequences.item_idx, from, 0),
        time_secs: sequences
            .time_secs
            .as_deref()
            .map(|all| column(all, from, 0)),
        micros: None,
        behaviour_idx: sequences
            .behaviour_idx
            .as_deref()
            .map(|all| column(all, from, 0)),
        value: sequences
            .value
            .as_deref()
            .map(|all| column(all, from, f32::NAN)),
        session_idx: sequences
            .session_idx
            .as_deref()
            .map(|all| column(all, from, 0)),
        latitude: sequences
            .latitude
            .as_deref()
            .map(|all| column(all, from, f32::NAN)),
        longitude: sequences
            .longitude
            .as_deref()
            .map(|all| column(all, from, f32::NAN)),
        free: picked(&sequences.free, &from.iter().copied()),
    }
}

fn column<T: Copy>(all: &[T], from: &[Option<usize>], unknown: T) -> Vec<T> {
    from.iter()
        .map(|at| at.and_then(|at| all.get(at)).copied().unwrap_or(unknown))
        .collect()
}

/// Free columns of some rows.
fn picked(
    columns: &[FreeColumn],
    rows: &(impl Iterator<Item = Option<usize>> + Clone),
) -> Vec<FreeColumn> {
    columns
        .iter()
        .map(|column| FreeColumn {
            name: column.name.clone(),
            values: column.values.picked(rows.clone()),
        })
        .collect()
}
