//! Layout of the events of a JSON text: told from the first of them, and one for all.

use std::borrow::Cow;

use serde_json::Value;

use super::place::{self, JsonPlace, records};
use super::raw::{self, members};
use super::{loose, record};
use crate::log::source::{SAMPLE_ROWS, detect};
use crate::log::{FileSpec, Role, schema};
use seqscope_base::spec::{Problem, Sentence, quotable};

/// How deep inside of objects cells are looked for.
const DEEPEST: usize = 5;

/// Most columns that objects inside of objects may make.
const MOST_COLUMNS: usize = 2_000;

/// How the events are written.
#[derive(Clone, Debug, Default)]
pub(in crate::log::source) struct Layout {
    pub(super) place: JsonPlace,
    pub(super) columns: Vec<String>,
    /// Names of the elements of events that are arrays.
    names: Option<Vec<String>>,
    /// Source of the names of the elements of arrays.
    pub(super) named: NameSource,
    /// The members whose elements are the events, or the cells of as many events.
    lists: Vec<String>,
    /// Whether some columns stand inside of objects.
    is_deep: bool,
    is_python: bool,
}

/// Source of the names of the elements of events that are arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NameSource {
    /// They are objects, or their columns are named beside them.
    #[default]
    Elsewhere,
    /// The first array.
    ByFirst,
    /// Nothing.
    ByNothing,
}

/// A cell: its column, and its value as it is written.
type JsonCell<'a> = (Cow<'a, str>, &'a [u8]);

impl Layout {
    /// The layout of a text, its first rows, and why some are none.
    pub(super) fn of_text(
        bytes: &[u8],
        place: JsonPlace,
        file: &FileSpec,
        is_whole: bool,
    ) -> (Self, Vec<Vec<String>>, Option<Sentence>) {
        let encoding = file.encoding.unwrap_or_default();
        let mut layout = Self {
            place,
            ..Self::default()
        };
        let (mut sample, mut reason) = (Vec::new(), None);
        for (line, text) in records(bytes, &layout.place, is_whole) {
            if sample.len() > SAMPLE_ROWS {
                break;
            }
            match record(&text, encoding) {
                Ok(strict) => {
                    let is_changed = matches!(strict, Cow::Owned(_)) && !layout.is_python;
                    layout.is_python |= is_changed
                        && std::str::from_utf8(&text)
                            .ok()
                            .and_then(loose::strict)
                            .is_some_and(|strict| strict.is_python);
                    sample.push(strict.into_owned());
                }
                Err(why) => {
                    reason.get_or_insert(Sentence::from(format!("line {line} ")).then(why));
                }
            }
        }
        let n_arrays = sample
            .iter()
            .filter(|text| raw::first(text) == Some(b'['))
            .count();
        if 2 * n_arrays > sample.len() {
            sample.retain(|text| raw::first(text) == Some(b'['));
            layout.name_arrays(bytes, file, &sample);
            if layout.named == NameSource::ByFirst {
                sample.remove(0);
            }
        } else {
            sample.retain(|text| raw::first(text) == Some(b'{'));
            layout.find_lists(&sample);
        }
        let rows = layout.rows(&sample, file);
        (layout, rows, reason)
    }

    /// Assumptions made about the events, one sentence each.
    pub(super) fn assumptions(&self) -> Vec<Problem> {
        let mut sentences = Vec::new();
        if self.is_python {
            sentences.push(
                "the lines are no JSON but Python dictionaries (`{'user': 1}`), which are read as \
                 well as that goes; write JSON (json.dumps) if rows are refused."
                    .to_owned(),
            );
        }
        match self.lists.as_slice() {
            [] => {}
            [one] => sentences.push(format!(
                "each object holds a list of events in `{}`, a list cell: every element of it is \
                 taken as one event, in its order, with what stands beside the list.",
                quotable(one)
            )),
            several => sentences.push(format!(
                "each object holds lists of the same length ({}), list cells: their elements are \
                 taken as the events, in their order, with what stands beside the lists.",
                schema::listed(several)
            )),
        }
        if let JsonPlace::Array(names) = &self.place
            && !names.is_empty()
        {
            sentences.push(format!(
                "the events are those in `{}` of the object.",
                quotable(&names.join("."))
            ));
        }
        sentences
            .into_iter()
            .map(|sentence| Problem::warning("data.format", sentence))
            .collect()
    }

    /// Fails for an array among objects, and for an object among arrays.
    pub(super) fn fits(&self, text: &[u8]) -> Result<(), Sentence> {
        match (raw::first(text) == Some(b'['), self.names.is_some()) {
            (true, false) => Err("is no JSON object".into()),
            (false, true) => Err("is no JSON array".into()),
            _ => Ok(()),
        }
    }

    /// Writes the events of a record, each as an object on a line of its own; gives how many they
    /// are.
    ///
    /// Only the cells called `wanted` need be there.
    pub(super) fn write(&self, text: &[u8], wanted: &[&str], out: &mut Vec<u8>) -> usize {
        let is_array = raw::first(text) == Some(b'[');
        if !is_array && self.lists.is_empty() && !self.is_deep {
            out.extend_from_slice(text);
            out.push(b'\n');
            return 1;
        }
        let events = self.events(text);
        for cells in &events {
            let cells = cells
                .iter()
                .filter(|(name, _)| wanted.contains(&name.as_ref()));
            out.extend(place::object(
                cells.map(|(name, value)| (name.as_ref(), *value)),
            ));
            out.push(b'\n');
        }
        events.len()
    }

    /// Gives names to the elements of arrays.
    fn name_arrays(&mut self, bytes: &[u8], file: &FileSpec, sample: &[Vec<u8>]) {
        if let JsonPlace::Split(path) = &self.place {
            self.names = place::split_names(bytes, path);
        }
        let n = sample
            .iter()
            .map(|array| raw::elements(array).len())
            .max()
            .unwrap_or(0);
        if self.names.is_none() {
            let rows: Vec<Vec<String>> = sample
                .iter()
                .map(|array| raw::elements(array).into_iter().map(shown).collect())
                .collect();
            let are_texts = sample.first().is_some_and(|array| {
                let cells = raw::elements(array);
                !cells.is_empty() && cells.iter().all(|cell| cell.first() == Some(&b'"'))
            });
            let has_header = are_texts
                && sample.len() > 1
                && file.header.unwrap_or_else(|| detect::header(&rows));
            self.named = if has_header {
                NameSource::ByFirst
            } else {
                NameSource::ByNothing
            };
            self.names = if has_header {
                rows.into_iter().next()
            } else {
                Some(Vec::new())
            };
        }
        if let Some(names) = &mut self.names {
            let first = names.len() + 1;
            names.extend((first..=n).map(|at| format!("column_{at}")));
        }
    }

    /// Finds the lists whose elements are events: where an object without them is no event, and
    /// lists of one length are there in most objects.
    fn find_lists(&mut self, sample: &[Vec<u8>]) {
        let all: Vec<_> = sample.iter().filter_map(|object| members(object)).collect();
        let mut names: Vec<String> = Vec::new();
        let mut lists: Vec<(String, usize, bool)> = Vec::new();
        for member in all.iter().flatten() {
            let is_list = member.value.first() == Some(&b'[');
            if !is_list {
                if !names.contains(&member.name) {
                    names.push(member.name.clone());
                }
                continue;
            }
            let inner = raw::first(member.value.get(1..).unwrap_or_default());
            let of_objects = inner == Some(b'{');
            match lists.iter_mut().find(|(name, ..)| *name == member.name) {
                Some((_, n, holds)) => {
                    *n += 1;
                    *holds |= of_objects;
                }
                None => lists.push((member.name.clone(), 1, of_objects)),
            }
        }
        names.retain(|name| lists.iter().all(|(list, ..)| list != name));
        if lists.is_empty() || schema::looks_like_a_log(&names) || has_item(&names) {
            return;
        }
        lists.retain(|(_, n, _)| 2 * n >= all.len());
        let of_events = lists.iter().find(|(list, _, of_objects)| {
            let inner = |object: &Vec<raw::Member<'_>>| -> Option<Vec<String>> {
                let list = object.iter().find(|member| member.name == *list)?;
                let event = raw::elements(list.value).into_iter().next()?;
                Some(members(event)?.into_iter().map(|cell| cell.name).collect())
            };
            *of_objects
                && all
                    .iter()
                    .find_map(inner)
                    .is_some_and(|inner| has_item(&inner) || has_time(&inner))
        });
        if let Some((list, ..)) = of_events {
            self.lists = vec![list.clone()];
            return;
        }
        lists.retain(|(.., of_objects)| !of_objects);
        let Some((first, ..)) = lists
            .iter()
            .find(|(name, ..)| is_item_list(name))
            .or_else(|| lists.first().filter(|_| lists.len() == 1))
        else {
            return;
        };
        let first = first.clone();
        let is_aligned = |name: &str| {
            all.iter()
                .all(|object| n_elements(object, name) == n_elements(object, &first))
        };
        self.lists = lists
            .iter()
            .map(|(name, ..)| name.clone())
            .filter(|name| is_aligned(name))
            .collect();
    }

    /// The cells of each event of a record.
    fn events<'a>(&'a self, text: &'a [u8]) -> Vec<Vec<JsonCell<'a>>> {
        if let (Some(names), Some(b'[')) = (&self.names, raw::first(text)) {
            let cells = std::iter::zip(names, raw::elements(text));
            return vec![
                cells
                    .map(|(name, cell)| (Cow::Borrowed(name.as_str()), cell))
                    .collect(),
            ];
        }
        let all = members(text).unwrap_or_default();
        let mut outer: Vec<JsonCell<'a>> = Vec::new();
        for member in all
            .iter()
            .filter(|member| !self.lists.contains(&member.name))
        {
            flatten(
                Cow::Owned(member.name.clone()),
                member.value,
                DEEPEST,
                &mut outer,
            );
        }
        if self.lists.is_empty() {
            return vec![outer];
        }
        let lists: Vec<(&str, Vec<&'a [u8]>)> = self
            .lists
            .iter()
            .filter_map(|list| Some((list, all.iter().find(|member| member.name == *list)?)))
            .map(|(list, member)| (list.as_str(), raw::elements(member.value)))
            .collect();
        let n = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(0);
        let event = |at: usize| {
            let mut cells = outer.clone();
            for (list, elements) in &lists {
                let Some(&element) = elements.get(at) else {
                    continue;
                };
                match members(element).filter(|_| self.lists.len() == 1) {
                    Some(inner) => {
                        for cell in inner {
                            let is_taken = outer.iter().any(|(name, _)| *name == cell.name);
                            let name = if is_taken {
                                format!("{list}.{}", cell.name)
                            } else {
                                cell.name
                            };
                            flatten(Cow::Owned(name), cell.value, DEEPEST, &mut cells);
                        }
                    }
                    None => cells.push((Cow::Borrowed(list), element)),
                }
            }
            cells
        };
        (0..n).map(event).collect()
    }

    /// The first rows, and from them the columns.
    fn rows(&mut self, sample: &[Vec<u8>], file: &FileSpec) -> Vec<Vec<String>> {
        self.is_deep = true;
        let mut rows: Vec<Vec<(String, String)>> = Vec::new();
        let mut columns: Vec<String> = self.names.clone().unwrap_or_default();
        for text in sample {
            for cells in self.events(text) {
                if rows.len() >= SAMPLE_ROWS {
                    break;
                }
                let row: Vec<(String, String)> = cells
                    .into_iter()
                    .map(|(name, value)| (name.into_owned(), shown(value)))
                    .collect();
                columns.extend(
                    row.iter()
                        .map(|(name, _)| name)
                        .filter(|name| !columns.contains(name))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                rows.push(row);
            }
        }
        let plain: Vec<String> = sample
            .iter()
            .filter_map(|text| members(text))
            .flatten()
            .map(|member| member.name)
            .fold(Vec::new(), |mut names, name| {
                if !names.contains(&name) {
                    names.push(name);
                }
                names
            });
        // A column that was named before its parts were columns is what it was: the object as a
        // text.
        let keeps_objects = self.lists.is_empty()
            && plain.iter().any(|name| {
                let is_role = <Role as strum::IntoEnumIterator>::iter()
                    .any(|role| file.roles.column(role) == Some(name));
                is_role && !columns.contains(name) && plain.contains(name)
            });
        self.is_deep = self.names.is_some()
            || (columns != plain && !keeps_objects && columns.len() <= MOST_COLUMNS);
        if !self.is_deep && self.lists.is_empty() {
            columns = plain;
            rows = sample
                .iter()
                .take(SAMPLE_ROWS)
                .filter_map(|text| members(text))
                .map(|cells| {
                    cells
                        .into_iter()
                        .map(|cell| (cell.name, shown(cell.value)))
                        .collect()
                })
                .collect();
        }
        let rows = rows
            .iter()
            .map(|row| columns.iter().map(|name| cell_of(row, name)).collect())
            .collect();
        self.columns = columns;
        rows
    }
}

fn cell_of(row: &[(String, String)], name: &str) -> String {
    row.iter()
        .find(|(key, _)| key == name)
        .map_or_else(String::new, |(_, value)| value.clone())
}

fn n_elements(object: &[raw::Member<'_>], name: &str) -> Option<usize> {
    object
        .iter()
        .find(|member| member.name == name)
        .map(|member| raw::elements(member.value).len())
}

/// The cells of a value: one, or those of the objects in it. What stands in a wrapper such as
/// `{"$oid": "5f"}` is the value.
fn flatten<'a>(name: Cow<'a, str>, value: &'a [u8], depth: usize, into: &mut Vec<JsonCell<'a>>) {
    let inner = if depth > 0 && value.first() == Some(&b'{') {
        members(value)
    } else {
        None
    };
    match inner.as_deref() {
        Some([only]) if only.name.starts_with('$') => flatten(name, only.value, depth - 1, into),
        Some([]) | None => into.push((name, value)),
        Some(several) => {
            for member in several {
                flatten(
                    Cow::Owned(format!("{name}.{}", member.name)),
                    member.value,
                    depth - 1,
                    into,
                );
            }
        }
    }
}

/// A value as a person reads it.
fn shown(value: &[u8]) -> String {
    match serde_json::from_slice::<Value>(value) {
        Ok(Value::Null) => String::new(),
        Ok(Value::String(text)) => text,
        _ => String::from_utf8_lossy(value).into_owned(),
    }
}

/// Makes one line of each of the objects that were written: only blanks and line ends between their
/// marks change.
pub(super) fn one_line(written: &mut [u8], n_events: usize) {
    if n_events != 1 {
        return;
    }
    if let Some((_, text)) = written.split_last_mut() {
        text.iter_mut()
            .filter(|byte| **byte == b'\n')
            .for_each(|byte| *byte = b' ');
    }
}

fn has_item(names: &[String]) -> bool {
    let user = "user".to_owned();
    names
        .iter()
        .any(|name| schema::looks_like_a_log(&[user.clone(), name.clone()]))
}

fn has_time(names: &[String]) -> bool {
    names.iter().any(|name| schema::is_time_name(name))
}

/// Whether a list is called as one of items is.
fn is_item_list(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "item", "history", "sequence", "events", "clicks", "products", "movies", "tracks", "songs",
        "pages",
    ];
    words.iter().any(|word| name.contains(word)) && !name.contains("time")
}
