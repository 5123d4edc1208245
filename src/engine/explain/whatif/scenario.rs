//! A list of edits of one user's history, as text and as what comes of it.

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use serde::{Deserialize, Serialize};

use seqscope_base::spec::quotable;
use seqscope_data::{Dataset, EditedEvent, Vocab};

/// Version of the file of a scenario.
const VERSION: u32 = 1;

/// One edit. Events are numbered from 1, the oldest first, as the history stands by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Edit {
    /// Takes an event out.
    Delete {
        /// Number of the event.
        event: usize,
    },
    /// Puts an event in. With a time it goes behind all events up to that time; with a number it
    /// becomes that event, at the time of the one before it (of the one after it, where none is);
    /// with neither it comes last.
    Insert {
        /// Id of the item.
        item: String,
        /// Number that it is to have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<usize>,
        /// Moment, as a date or time (UTC); a number where times only order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
        /// Behaviour; unknown where it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behaviour: Option<String>,
        /// Amount, rating or dwell; unknown where it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<f32>,
    },
    /// Gives an event another item; it keeps its time, its behaviour and all else that is its own.
    Replace {
        /// Number of the event.
        event: usize,
        /// Id of the item.
        item: String,
    },
    /// Moves an event to another place; its time becomes the nearest that fits between its new
    /// neighbours.
    Move {
        /// Number of the event.
        event: usize,
        /// Number that it is to have.
        to: usize,
    },
    /// Gives an event another time; it goes behind all events up to that time.
    Time {
        /// Number of the event.
        event: usize,
        /// Moment, as a date or time (UTC); a number where times only order.
        time: String,
    },
    /// Gives an event another behaviour.
    Behaviour {
        /// Number of the event.
        event: usize,
        /// Behaviour, as in the log.
        behaviour: String,
    },
    /// Gives an event another amount, rating or dwell.
    Value {
        /// Number of the event.
        event: usize,
        /// New value.
        value: f32,
    },
}

/// Edits of one user's history, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    version: u32,
    /// The user, by id as in the log.
    pub user: String,
    /// Fingerprint of the data: in others the events' numbers mean something else.
    pub data: String,
    /// The edits, the first first.
    pub edits: Vec<Edit>,
}

/// Why a scenario cannot be read, or an edit not be made; each sentence says the cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct ScenarioError {
    /// Sentence that says what is wrong, with the cure.
    pub sentence: String,
}

/// Version of a scenario, whatever else stands in it.
#[derive(Deserialize)]
struct VersionLine {
    version: u32,
}

impl ScenarioError {
    fn newer(version: u32) -> Self {
        Self::new(format!(
            "the scenario has version {version}, this program knows up to {VERSION}: open it with \
             a newer Seqscope"
        ))
    }

    fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
        }
    }
}

impl Scenario {
    /// A scenario of a user of these data.
    #[must_use]
    pub fn new(dataset: &Dataset, user: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            version: VERSION,
            user: user.into(),
            data: dataset.fingerprint.clone(),
            edits,
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`ScenarioError`] where it is no scenario, or one of a later version.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        // Some editors put a mark before the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read: Result<Self, _> = options().from_str(text);
        let scenario = read.map_err(|error| {
            // A later version may have edits that only look like faults.
            let head: Result<VersionLine, _> = options().from_str(text);
            if let Some(version) = head.ok().map(|head| head.version).filter(|v| *v > VERSION) {
                return ScenarioError::newer(version);
            }
            ScenarioError::new(format!(
                "this is no scenario: line {}: {}; it is written as the window saves it, such as \
                 (version: 1, user: \"17\", data: \"..\", edits: [Delete(event: 3)])",
                error.span.start.line, error.code
            ))
        })?;
        if scenario.version > VERSION {
            return Err(ScenarioError::newer(scenario.version));
        }
        if scenario.version == 0 {
            return Err(ScenarioError::new(
                "there is no version 0 of a scenario; write version: 1, or save it anew",
            ));
        }
        Ok(scenario)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// [`ScenarioError`] where a number cannot be written.
    pub fn to_text(&self) -> Result<String, ScenarioError> {
        let pretty = PrettyConfig::new().new_line("\n").depth_limit(2);
        let text = options().to_string_pretty(self, pretty);
        let text = text.map_err(|error| {
            ScenarioError::new(format!("{error}; take the last edit back and save again"))
        })?;
        Ok(text + "\n")
    }

    /// Checks whose it is.
    ///
    /// # Errors
    /// [`ScenarioError`] where it was written for other data or for another user.
    pub fn check(&self, dataset: &Dataset, user: &str) -> Result<(), ScenarioError> {
        if self.data != dataset.fingerprint {
            return Err(ScenarioError::new(
                "this scenario was written for other data, in which its events have other numbers; \
                 open the run it was saved with, or make it anew for this one",
            ));
        }
        if self.user != user {
            return Err(ScenarioError::new(
                "this scenario is of another user; choose the user it was saved for, or make it \
                 anew for this one",
            ));
        }
        Ok(())
    }
}

impl Edit {
    /// Reads one edit, such as `Delete(event: 3)`.
    ///
    /// # Errors
    /// [`ScenarioError`] where the text is no edit.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let read: Result<Self, _> = options().from_str(text);
        read.map_err(|error| {
            ScenarioError::new(format!(
                "`{}` is no edit: {}; write one such as Delete(event: 3), Insert(item: \"17\"), \
                 Replace(event: 3, item: \"17\"), Move(event: 3, to: 5), Time(event: 3, time: \
                 \"2024-01-31\"), Behaviour(event: 3, behaviour: \"buy\") or Value(event: 3, value: \
                 4.5)",
                quotable(text),
                error.code
            ))
        })
    }

    /// Text of it, as [`Edit::parse`] reads it; empty for a number that cannot be written.
    #[must_use]
    pub fn text(&self) -> String {
        options().to_string(self).unwrap_or_default()
    }

    /// Item that it brings in, to be looked up.
    pub fn item_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Insert { item, .. } | Self::Replace { item, .. } => Some(item),
            Self::Delete { .. }
            | Self::Move { .. }
            | Self::Time { .. }
            | Self::Behaviour { .. }
            | Self::Value { .. } => None,
        }
    }

    /// Makes the edit.
    ///
    /// # Errors
    /// [`ScenarioError`] where there is no such event, item or behaviour, or the log has no such
    /// column; the history is then as it was.
    pub fn apply(
        &self,
        dataset: &Dataset,
        events: &mut Vec<EditedEvent>,
    ) -> Result<(), ScenarioError> {
        match self {
            Self::Delete { event } => {
                let at = place_of(events, *event)?;
                events.remove(at);
            }
            Self::Insert {
                item,
                event,
                time,
                behaviour,
                value,
            } => {
                let new = EditedEvent {
                    from: None,
                    item_idx: item_of(dataset, item)?,
                    time_secs: 0,
                    behaviour_idx: behaviour
                        .as_deref()
                        .map(|name| behaviour_of(dataset, name))
                        .transpose()?,
                    value: value.map(|value| value_in(dataset, value)).transpose()?,
                };
                insert(
                    dataset,
                    events,
                    new,
                    Place::new(dataset, *event, time.as_deref())?,
                )?;
            }
            Self::Replace { event, item } => {
                let at = place_of(events, *event)?;
                let item = item_of(dataset, item)?;
                change(events, at, |event| event.item_idx = item);
            }
            Self::Move { event, to } => {
                let (at, to) = (place_of(events, *event)?, place_of(events, *to)?);
                let mut moved = events.remove(at);
                let before = to.checked_sub(1).and_then(|at| events.get(at));
                let least = before.map_or(i64::MIN, |event| event.time_secs);
                let most = events.get(to).map_or(i64::MAX, |event| event.time_secs);
                moved.time_secs = moved.time_secs.min(most).max(least);
                events.insert(to, moved);
            }
            Self::Time { event, time } => {
                let at = place_of(events, *event)?;
                let secs = dataset.time_of(time).map_err(ScenarioError::new)?;
                let mut moved = events.remove(at);
                moved.time_secs = secs;
                events.insert(behind(events, secs), moved);
            }
            Self::Behaviour { event, behaviour } => {
                let at = place_of(events, *event)?;
                let behaviour = behaviour_of(dataset, behaviour)?;
                change(events, at, |event| event.behaviour_idx = Some(behaviour));
            }
            Self::Value { event, value } => {
                let at = place_of(events, *event)?;
                let value = value_in(dataset, *value)?;
                change(events, at, |event| event.value = Some(value));
            }
        }
        Ok(())
    }
}

/// Makes edits, one after the other.
///
/// # Errors
/// [`ScenarioError`] of the first that cannot be made, which it names by its number.
pub fn apply_edits(
    dataset: &Dataset,
    edits: &[Edit],
    events: &mut Vec<EditedEvent>,
) -> Result<(), ScenarioError> {
    for (at, edit) in edits.iter().enumerate() {
        edit.apply(dataset, events)
            .map_err(|error| ScenarioError::new(format!("edit {}: {}", at + 1, error.sentence)))?;
    }
    Ok(())
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

fn change(events: &mut [EditedEvent], at: usize, change: impl FnOnce(&mut EditedEvent)) {
    if let Some(event) = events.get_mut(at) {
        change(event);
    }
}

/// Place where an event is put in.
#[derive(Clone, Copy)]
enum Place {
    /// Position from 0; behind the last where there is none.
    At(Option<usize>),
    /// Seconds since 1970, or a number that orders.
    Time(i64),
}

impl Place {
    fn new(
        dataset: &Dataset,
        event: Option<usize>,
        time: Option<&str>,
    ) -> Result<Self, ScenarioError> {
        match (event, time) {
            (Some(_), Some(_)) => Err(ScenarioError::new(
                "an event goes where its time is, or where its number says; leave `event` or \
                 `time` out",
            )),
            (None, Some(time)) => dataset
                .time_of(time)
                .map(Self::Time)
                .map_err(ScenarioError::new),
            (Some(0), None) => Err(ScenarioError::new(
                "there is no event 0; events are numbered from 1, the oldest first",
            )),
            (event, None) => Ok(Self::At(event.map(|event| event - 1))),
        }
    }
}

fn insert(
    dataset: &Dataset,
    events: &mut Vec<EditedEvent>,
    mut new: EditedEvent,
    place: Place,
) -> Result<(), ScenarioError> {
    let at = match place {
        Place::Time(secs) => {
            new.time_secs = secs;
            behind(events, secs)
        }
        Place::At(at) => {
            let at = at.unwrap_or(events.len());
            if at > events.len() {
                return Err(out_of_range(at + 1, events.len() + 1));
            }
            let neighbour = at
                .checked_sub(1)
                .map_or(events.first(), |at| events.get(at));
            new.time_secs = neighbour.map_or_else(|| end_of(dataset), |event| event.time_secs);
            at
        }
    };
    events.insert(at, new);
    Ok(())
}

/// The log's last moment.
fn end_of(dataset: &Dataset) -> i64 {
    let span = dataset.sequences.first_and_last_secs();
    span.map_or(0, |(_, last)| last)
}

/// Position behind all events up to a time.
fn behind(events: &[EditedEvent], secs: i64) -> usize {
    events.partition_point(|event| event.time_secs <= secs)
}

/// Position of an event, from 0.
fn place_of(events: &[EditedEvent], number: usize) -> Result<usize, ScenarioError> {
    number
        .checked_sub(1)
        .filter(|at| *at < events.len())
        .ok_or_else(|| out_of_range(number, events.len()))
}

fn out_of_range(number: usize, n_events: usize) -> ScenarioError {
    ScenarioError::new(match n_events {
        0 => "the history is empty by then; put an event in first".to_owned(),
        1 => format!("there is no event {number} by then, only event 1; choose that one"),
        n => format!("there is no event {number} by then; choose from 1 to {n}"),
    })
}

fn item_of(dataset: &Dataset, id: &str) -> Result<u32, ScenarioError> {
    dataset.items.idx(id).ok_or_else(|| {
        ScenarioError::new(format!(
            "the run's data have no item `{}`; write an id as in the log",
            quotable(id)
        ))
    })
}

fn behaviour_of(dataset: &Dataset, name: &str) -> Result<u16, ScenarioError> {
    let behaviours: &Vocab = &dataset.behaviours;
    let known = behaviours.idx(name).and_then(|idx| u16::try_from(idx).ok());
    known.ok_or_else(|| {
        let names: Vec<String> = behaviours.ids().map(quotable).collect();
        ScenarioError::new(if names.is_empty() {
            "this log has no behaviours; leave the behaviour out".to_owned()
        } else {
            format!(
                "this log has no behaviour `{}`; choose one of {}",
                quotable(name),
                names.join(", ")
            )
        })
    })
}

/// Largest value whose square, of which norms are made, is far inside the range of `f32`.
const LARGEST_VALUE: f32 = 1e15;

fn value_in(dataset: &Dataset, value: f32) -> Result<f32, ScenarioError> {
    if dataset.sequences.value.is_none() {
        return Err(ScenarioError::new(
            "this log has no values; leave the value out",
        ));
    }
    if !value.is_finite() {
        return Err(ScenarioError::new("a value is a finite number; write one"));
    }
    if value.abs() > LARGEST_VALUE {
        return Err(ScenarioError::new(format!(
            "the value {value:e} is too large for a model to tell from infinity; write one of at \
             most {LARGEST_VALUE:e}"
        )));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::Sequences;

    /// Items a to d; views and buys; nothing happened before 100.
    fn dataset() -> Dataset {
        let mut dataset = Dataset {
            items: Vocab::starting_at(1),
            fingerprint: "f".to_owned(),
            ..Dataset::default()
        };
        for id in ["a", "b", "c", "d"] {
            dataset.items.intern(id);
        }
        for name in ["view", "buy"] {
            dataset.behaviours.intern(name);
        }
        dataset.sequences = Sequences {
            offsets: vec![0, 1, 2],
            time_secs: Some(vec![100, 500]),
            value: Some(vec![1.0, 2.0]),
            ..Sequences::default()
        };
        dataset
    }

    fn history() -> Vec<EditedEvent> {
        [(1, 100), (2, 200), (3, 300)]
            .into_iter()
            .enumerate()
            .map(|(at, (item_idx, time_secs))| EditedEvent {
                from: Some(at),
                item_idx,
                time_secs,
                behaviour_idx: Some(0),
                value: Some(1.0),
            })
            .collect()
    }

    /// Item, time and origin of each event after edits.
    fn after(edits: &[&str]) -> Result<Vec<(u32, i64, Option<usize>)>, String> {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|text| Edit::parse(text).unwrap())
            .collect();
        let mut events = history();
        apply_edits(&dataset(), &edits, &mut events).map_err(|error| error.sentence)?;
        Ok(events
            .iter()
            .map(|event| (event.item_idx, event.time_secs, event.from))
            .collect())
    }

    #[test]
    fn each_edit_does_what_it_says_and_the_events_stay_in_order_of_time() {
        let (a, b, c) = ((1, 100, Some(0)), (2, 200, Some(1)), (3, 300, Some(2)));
        assert_eq!(after(&["Delete(event: 2)"]).unwrap(), [a, c]);
        // By number at the time of the event before it, by time behind all up to it, else last.
        let inserted = after(&["Insert(item: \"d\", event: 2)"]).unwrap();
        assert_eq!(inserted, [a, (4, 100, None), b, c]);
        let first = after(&["Insert(item: \"d\", event: 1)"]).unwrap();
        assert_eq!(first[0], (4, 100, None));
        let timed = after(&["Insert(item: \"d\", time: \"200\")"]).unwrap();
        assert_eq!(timed, [a, b, (4, 200, None), c]);
        let last = after(&["Insert(item: \"d\")"]).unwrap();
        assert_eq!(last[3], (4, 300, None));
        let replaced = after(&["Replace(event: 2, item: \"d\")"]).unwrap();
        assert_eq!(replaced[1], (4, 200, Some(1)));
        // Moved to the front, c may not be later than what follows; to the back, a not earlier.
        let moved = after(&["Move(event: 3, to: 1)"]).unwrap();
        assert_eq!(moved, [(3, 100, Some(2)), a, b]);
        let back = after(&["Move(event: 1, to: 3)"]).unwrap();
        assert_eq!(back, [b, c, (1, 300, Some(0))]);
        let later = after(&["Time(event: 1, time: \"250\")"]).unwrap();
        assert_eq!(later, [b, (1, 250, Some(0)), c]);
        // Numbers are those of the history as it stands by then; of nothing the log's end is the
        // time.
        let emptied = ["Delete(event: 1)"; 3];
        let filled = [&emptied[..], &["Insert(item: \"a\")"]].concat();
        assert_eq!(after(&filled).unwrap(), [(1, 500, None)]);
    }

    #[test]
    fn behaviour_and_value_are_changed_and_of_what_is_put_in_unknown_unless_said() {
        let mut events = history();
        let edits = [
            "Behaviour(event: 1, behaviour: \"buy\")",
            "Value(event: 1, value: 4.5)",
            "Insert(item: \"d\")",
            "Insert(item: \"d\", behaviour: \"view\", value: 2)",
        ];
        let edits: Vec<Edit> = edits
            .iter()
            .map(|text| Edit::parse(text).unwrap())
            .collect();
        apply_edits(&dataset(), &edits, &mut events).unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|event| (event.behaviour_idx, event.value))
            .collect();
        let (plain, changed) = ((Some(0), Some(1.0)), (Some(1), Some(4.5)));
        assert_eq!(
            told,
            [changed, plain, plain, (None, None), (Some(0), Some(2.0))]
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_the_cure_and_names_the_edit() {
        let refused = |edits: &[&str]| after(edits).unwrap_err();
        for (edit, words) in [
            (
                "Delete(event: 4)",
                "there is no event 4 by then; choose from 1 to 3",
            ),
            ("Delete(event: 0)", "choose from 1 to 3"),
            ("Move(event: 1, to: 9)", "no event 9 by then"),
            ("Insert(item: \"d\", event: 5)", "choose from 1 to 4"),
            ("Insert(item: \"d\", event: 0)", "no event 0"),
            ("Insert(item: \"x\")", "no item `x`; write an id"),
            (
                "Insert(item: \"d\", event: 1, time: \"200\")",
                "leave `event` or `time` out",
            ),
            (
                "Time(event: 1, time: \"99\")",
                "before the log begins; choose 1970-01-01T00:01:40Z or later",
            ),
            ("Time(event: 1, time: \"x\")", "`x`"),
            (
                "Behaviour(event: 1, behaviour: \"cart\")",
                "choose one of view, buy",
            ),
            ("Value(event: 1, value: inf)", "finite"),
        ] {
            let sentence = refused(&["Delete(event: 1)", "Insert(item: \"a\")", edit]);
            assert!(
                sentence.starts_with("edit 3: ") && sentence.contains(words),
                "{edit}: {sentence}"
            );
        }
        let all = ["Delete(event: 1)"; 4];
        assert!(refused(&all).contains("edit 4: the history is empty"));
        let wrong = Edit::parse("Delete(3)").unwrap_err().sentence;
        assert!(
            wrong.contains("is no edit") && wrong.contains("Delete(event: 3)"),
            "{wrong}"
        );
    }

    #[test]
    fn a_scenario_is_read_as_it_was_written_and_knows_whose_it_is() {
        let edits = [
            "Insert(item: \"d\", time: \"2024-01-31\", value: 0.1)",
            "Delete(event: 3)",
            "Behaviour(event: 1, behaviour: \"say \\\"yes\\\"\")",
        ];
        let edits = edits
            .iter()
            .map(|text| Edit::parse(text).unwrap())
            .collect();
        let scenario = Scenario::new(&dataset(), "u 1", edits);
        let text = scenario.to_text().unwrap();
        assert_eq!(Scenario::parse(&text).unwrap(), scenario, "{text}");
        assert_eq!(scenario.check(&dataset(), "u 1"), Ok(()));
        let other = scenario.check(&dataset(), "u2").unwrap_err().sentence;
        assert!(other.contains("of another user"), "{other}");
        let data = Dataset {
            fingerprint: "g".to_owned(),
            ..dataset()
        };
        let other = scenario.check(&data, "u 1").unwrap_err().sentence;
        assert!(other.contains("other data"), "{other}");
        let marked = format!("\u{feff}{text}");
        assert_eq!(Scenario::parse(&marked).unwrap(), scenario);
        let none = text.replace("version: 1", "version: 0");
        let none = Scenario::parse(&none).unwrap_err().sentence;
        assert!(none.contains("no version 0"), "{none}");
        let newer = text.replace("version: 1", "version: 2");
        let newer = Scenario::parse(&newer).unwrap_err().sentence;
        assert!(newer.contains("a newer Seqscope"), "{newer}");
        let later = Scenario::parse("(version: 2, user: \"u\", edits: [Swap(1, 2)])");
        let later = later.unwrap_err().sentence;
        assert!(later.contains("a newer Seqscope"), "{later}");
        let broken = Scenario::parse("(version: 1, user: 3)")
            .unwrap_err()
            .sentence;
        assert!(broken.contains("no scenario: line 1"), "{broken}");
    }
}
