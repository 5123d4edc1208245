//! A table with one row for each item or user, joined by the ids of a log, and the account of what
//! did not match. Events are never multiplied: of several rows with one id the first counts.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::coding::{free, settle_free};
use super::guess::{WantedColumn, find};
use super::key::{most_matches, named};
use super::spec::{FreeColumnSpec, SideOf, SideTable};
use super::values::FreeColumn;
use crate::error::DataError;
use crate::load_progress::LoadProgress;
use crate::log::source::{self, FileHead, Lines, RawCells, RawRows, Refused};
use crate::log::{FileSpec, Vocab, titles, writings};
use crate::value::Missing;
use crate::value::cell::trimmed;
use seqscope_base::spec::{Problem, Sentence, quotable};

/// How many ids are shown of each kind of trouble.
const EXAMPLES: usize = 5;

/// Account of the match when a table was joined to a log as it was read, before cleaning.
///
/// Every row of the table is counted once: `rows = matched + rows_without_event + rows_repeated +
/// rows_without_key + rows_unreadable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinReport {
    /// Whom the table is about.
    pub of: SideOf,
    /// The table.
    pub path: PathBuf,
    /// Its column with the ids.
    pub key: String,
    /// Rows of the table, header not counted.
    pub rows: usize,
    /// Items or users of the log that have a row.
    pub matched: usize,
    /// Items or users of the log without a row.
    pub without_row: usize,
    /// The first of them.
    pub without_row_examples: Vec<String>,
    /// Rows whose id no event has.
    pub rows_without_event: usize,
    /// The first of their ids.
    pub rows_without_event_examples: Vec<String>,
    /// Rows whose id an earlier row has; they were left out.
    pub rows_repeated: usize,
    /// The first of their ids.
    pub rows_repeated_examples: Vec<String>,
    /// Rows without an id.
    pub rows_without_key: usize,
    /// Rows that could not be read.
    pub rows_unreadable: usize,
    /// The columns that were joined, with their kinds.
    pub columns: Vec<FreeColumnSpec>,
    /// Columns among them in which no joined row has a value.
    pub empty_columns: Vec<String>,
}

impl JoinReport {
    /// Leaves out the ids that are shown as examples.
    pub fn forget_ids(&mut self) {
        self.without_row_examples.clear();
        self.rows_without_event_examples.clear();
        self.rows_repeated_examples.clear();
    }
}

/// A joined table.
pub(crate) struct JoinedTable {
    /// Row in `columns` of each id of the log that has one.
    row_of: HashMap<String, usize>,
    columns: Vec<FreeColumn>,
    /// Titles by item id, where the table has a column that is called one.
    pub(crate) titles: Option<HashMap<String, String>>,
    pub(crate) report: JoinReport,
    /// Doubts and errors about the table.
    pub(crate) problems: Vec<Problem>,
}

impl JoinedTable {
    /// The table's columns with one row for each of these ids.
    pub(crate) fn aligned<'a>(
        &self,
        ids: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<FreeColumn> {
        let rows = ids.map(|id| self.row_of.get(id).copied());
        self.columns
            .iter()
            .map(|column| FreeColumn {
                name: column.name.clone(),
                values: column.values.picked(rows.clone()),
            })
            .collect()
    }

    /// Replaces the ids by others; the account shows none as examples.
    pub(crate) fn hide(&mut self, name: impl Fn(&str) -> String) {
        self.row_of = self
            .row_of
            .drain()
            .map(|(id, row)| (name(&id), row))
            .collect();
        self.report.forget_ids();
    }
}

impl SideOf {
    /// Path of the table's setting.
    pub(crate) fn field(self) -> String {
        format!("data.{self}")
    }
}

/// Reads the table for the ids of a log as it was read; `None` where none is joined.
pub(crate) fn read(
    of: SideOf,
    log: &FileSpec,
    ids: &Vocab,
    progress: &dyn LoadProgress,
) -> Result<Option<JoinedTable>, DataError> {
    let Some(spec) = log
        .side_tables()
        .find_map(|(other, table)| (other == of).then_some(table))
    else {
        return Ok(None);
    };
    let table = ReadTable::read(of, spec, log, ids, progress)?;
    let keys = texts(&table.cells, table.key);
    let joined = KeyMatches::new(&keys, ids);
    let mut problems = table.doubts_about_head();
    let columns = table.columns(&joined, &mut problems)?;
    let titles = table.titles(&keys, &joined, ids);
    let report = JoinReport {
        path: spec.path.clone(),
        key: table
            .head
            .columns
            .get(table.key)
            .cloned()
            .unwrap_or_default(),
        rows: table.n_read,
        rows_unreadable: table.refused.count,
        columns: table.wanted.iter().map(WantedColumn::said).collect(),
        empty_columns: columns
            .iter()
            .filter(|c| c.values.is_all_missing())
            .map(|c| c.name.clone())
            .collect(),
        ..joined.report(of, ids)
    };
    problems.extend(table.refusals());
    problems.extend(table.doubt_about_key(&report));
    problems.extend(warnings(&report, &joined, &table.lines));
    Ok(Some(JoinedTable {
        row_of: joined.row_of,
        columns,
        titles,
        report,
        problems,
    }))
}

/// A table as it was read from its file.
struct ReadTable<'a> {
    of: SideOf,
    spec: &'a SideTable,
    head: FileHead,
    /// Position of the column of ids, and whether no other may be meant.
    key: usize,
    is_key_sure: bool,
    /// Columns to join.
    wanted: Vec<WantedColumn>,
    /// Position of the column of titles.
    title: Option<usize>,
    /// Cells of every column that is needed, by its position.
    cells: HashMap<usize, RawCells>,
    n_read: usize,
    lines: Lines,
    refused: Refused,
}

impl<'a> ReadTable<'a> {
    fn read(
        of: SideOf,
        spec: &'a SideTable,
        log: &FileSpec,
        ids: &Vocab,
        progress: &dyn LoadProgress,
    ) -> Result<Self, DataError> {
        let head = source::head(&FileSpec {
            path: spec.path.clone(),
            ..FileSpec::default()
        })?;
        let (key, is_key_sure) = key(of, spec, &head, log, ids)?;
        let wanted = wanted(of, spec, &head, key)?;
        let title = if of == SideOf::Items {
            titles::by_name(&head, key)
        } else {
            None
        };
        let mut positions = vec![key];
        positions.extend(
            wanted
                .iter()
                .flat_map(|column| column.at.iter().copied())
                .chain(title),
        );
        positions.sort_unstable();
        positions.dedup();
        let RawRows {
            columns: cells,
            n_read,
            lines,
            refused,
        } = source::rows(&head, &positions, progress)?;
        Ok(Self {
            of,
            spec,
            head,
            key,
            is_key_sure,
            wanted,
            title,
            cells: positions.into_iter().zip(cells).collect(),
            n_read,
            lines,
            refused,
        })
    }

    fn doubts_about_head(&self) -> Vec<Problem> {
        let problems = self.head.problems.iter();
        problems
            .map(|problem| problem.clone().at(self.of.field()))
            .collect()
    }

    /// The wanted columns with their joined rows, in the order of those; a column of times is left
    /// out with a warning, unless it was named.
    fn columns(
        &self,
        joined: &KeyMatches,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<FreeColumn>, DataError> {
        let field = format!("{}.columns", self.of.field());
        let mut columns = Vec::new();
        for column in &self.wanted {
            let cells: Vec<RawCells> = column
                .at
                .iter()
                .filter_map(|at| self.cells.get(at))
                .cloned()
                .collect();
            let is_typed = cells
                .iter()
                .any(|cells| matches!(cells, RawCells::Micros(_)));
            if is_typed && self.spec.columns.is_empty() {
                let sentence = format!(
                    "the column `{}` of the table of {} holds times and was left out; join it as \
                     text or as numbers.",
                    column.name, self.of
                );
                problems.push(Problem::warning(&*field, sentence));
                continue;
            }
            let mut read = free(column, &cells, &field, &Missing::default())?;
            problems.extend(settle_free(&mut read, &field, |row| {
                self.lines.place_in_words(row)
            }));
            read.values = read.values.picked(joined.rows.iter().copied().map(Some));
            columns.push(read);
        }
        Ok(columns)
    }

    /// Titles by the log's item id; `None` where the table has no column of titles.
    fn titles(
        &self,
        keys: &[String],
        joined: &KeyMatches,
        ids: &Vocab,
    ) -> Option<HashMap<String, String>> {
        let texts = texts(&self.cells, self.title?);
        let titles = joined.rows.iter().filter_map(|&row| {
            let id = writings::known_as(ids, keys.get(row)?)?;
            let title = texts.get(row).filter(|title| !title.is_empty())?;
            Some((id.to_owned(), title.clone()))
        });
        Some(titles.collect())
    }

    /// Warns of rows that could not be read.
    fn refusals(&self) -> Option<Problem> {
        let rows = self.refused.rows(&self.lines);
        let first = rows.first()?;
        let sentence = Sentence::from(format!(
            "{} of {} rows of the table of {} could not be read and were left out; mend them in \
             that file",
            self.refused.count, self.n_read, self.of,
        ));
        let sentence = sentence.aside(first.in_brackets()).words(".");
        Some(Problem::warning(self.of.field(), sentence))
    }

    /// Warns where another column may hold the ids.
    fn doubt_about_key(&self, report: &JoinReport) -> Option<Problem> {
        (!self.is_key_sure).then(|| {
            let field = format!("{}.key", self.of.field());
            let sentence = format!(
                "the column `{}` was taken for the ids of the table of {}, and others hold such \
                 ids, too; name the right one in `{field}`.",
                report.key, self.of
            );
            Problem::warning(field, sentence)
        })
    }
}

/// Position of the column of ids, and whether no other may be meant.
fn key(
    of: SideOf,
    spec: &SideTable,
    head: &FileHead,
    log: &FileSpec,
    ids: &Vocab,
) -> Result<(usize, bool), DataError> {
    let field = format!("{}.key", of.field());
    if let Some(name) = &spec.key {
        return Ok((named(head, name, &format!("table of {of}"), &field)?, true));
    }
    most_matches(head, of, log, ids).ok_or_else(|| DataError::setting(&*field, format!(
            "no column of the table of {of} holds ids of the log's {of} in its first rows; name \
             the column in `{field}`, or choose another table in `{}.path`.",
            of.field()
        )))
}

/// The columns to join: those that were named, or all but the key.
fn wanted(
    of: SideOf,
    spec: &SideTable,
    head: &FileHead,
    key: usize,
) -> Result<Vec<WantedColumn>, DataError> {
    let field = format!("{}.columns", of.field());
    let others = head.columns.iter().enumerate().filter(|&(at, _)| at != key);
    let all: Vec<FreeColumnSpec> = others
        .map(|(_, name)| FreeColumnSpec::named(name))
        .collect();
    let named = if spec.columns.is_empty() {
        &all
    } else {
        &spec.columns
    };
    let (wanted, problems) = find(head, named, &field);
    match problems.into_iter().next() {
        Some(problem) => Err(problem.into()),
        None => Ok(wanted),
    }
}

/// The trimmed cells of a column; empty where it is none of text.
fn texts(cells: &HashMap<usize, RawCells>, at: usize) -> Vec<String> {
    match cells.get(&at) {
        Some(RawCells::Text(column)) => column
            .iter()
            .map(|cell| trimmed(cell.unwrap_or_default()).to_owned())
            .collect(),
        Some(RawCells::Micros(times)) => vec![String::new(); times.len()],
        None => Vec::new(),
    }
}

/// Which row goes to which id.
#[derive(Default)]
struct KeyMatches {
    /// Place in `rows` of each id of the log that has a row.
    row_of: HashMap<String, usize>,
    /// Rows of the table that are joined.
    rows: Vec<usize>,
    strangers: Vec<usize>,
    repeated: Vec<usize>,
    n_without_key: usize,
    keys: Vec<String>,
    /// How many ids the log writes in another way, and the first of them with how.
    otherwise: Option<(usize, String, String)>,
}

impl KeyMatches {
    fn new(keys: &[String], ids: &Vocab) -> Self {
        let mut joined = Self {
            keys: keys.to_vec(),
            ..Self::default()
        };
        let (mut strangers, missing) = (HashSet::<&str>::new(), Missing::default());
        for (row, id) in keys.iter().enumerate() {
            if missing.is_no_id(id) {
                joined.n_without_key += 1;
                continue;
            }
            let known = writings::known_as(ids, id);
            if known.is_some_and(|id| joined.row_of.contains_key(id))
                || strangers.contains(id.as_str())
            {
                joined.repeated.push(row);
            } else if let Some(known) = known {
                if known != id {
                    joined
                        .otherwise
                        .get_or_insert_with(|| (0, id.clone(), known.to_owned()))
                        .0 += 1;
                }
                joined.row_of.insert(known.to_owned(), joined.rows.len());
                joined.rows.push(row);
            } else {
                strangers.insert(id);
                joined.strangers.push(row);
            }
        }
        joined
    }

    /// The ids of the first of some rows.
    fn examples(&self, rows: &[usize]) -> Vec<String> {
        rows.iter()
            .filter_map(|&row| self.keys.get(row))
            .take(EXAMPLES)
            .map(|id| quotable(id))
            .collect()
    }

    fn report(&self, of: SideOf, ids: &Vocab) -> JoinReport {
        let without_row = ids.ids().filter(|id| !self.row_of.contains_key(*id));
        JoinReport {
            of,
            path: PathBuf::new(),
            key: String::new(),
            rows: self.keys.len(),
            matched: self.rows.len(),
            without_row: without_row.clone().count(),
            without_row_examples: without_row.take(EXAMPLES).map(quotable).collect(),
            rows_without_event: self.strangers.len(),
            rows_without_event_examples: self.examples(&self.strangers),
            rows_repeated: self.repeated.len(),
            rows_repeated_examples: self.examples(&self.repeated),
            rows_without_key: self.n_without_key,
            rows_unreadable: 0,
            columns: Vec::new(),
            empty_columns: Vec::new(),
        }
    }
}

/// Warnings about a join. Rows without an event are usual: a catalogue is larger than what was
/// bought.
fn warnings(report: &JoinReport, joined: &KeyMatches, lines: &Lines) -> Vec<Problem> {
    let JoinReport { of, key, .. } = report;
    let field = of.field();
    let mut problems = Vec::new();
    if let Some(&first) = joined.repeated.first() {
        let sentence = Sentence::from(format!(
            "{} rows of the table of {of} have an id that an earlier row has; the first row of \
             each id counts and no event is doubled: make the column `{key}` unique in the table, \
             or name another in `{field}.key`",
            report.rows_repeated,
        ));
        let example = Sentence::from(" (the first: ")
            .then(quoted(&report.rows_repeated_examples))
            .words(format!(", on {})", lines.place_in_words(first)));
        let sentence = sentence.aside(example).words(".");
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if let Some((n, written, known)) = &joined.otherwise {
        let example = Sentence::from(" (the first: `")
            .example(written)
            .words("` in the table is `")
            .example(known)
            .words("` in the log)");
        let sentence = Sentence::from(format!(
            "{n} ids of the table of {of} are written otherwise in the log and taken as the same"
        ));
        let sentence = sentence.aside(example).words(".");
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if report.without_row > 0 {
        let sentence = Sentence::from(format!(
            "{} of {} {of} have no row in the table of {of}, and its columns are missing for them; \
             check `{field}.key`, or add their rows",
            report.without_row,
            report.without_row + report.matched,
        ));
        let example = Sentence::from(" (the first: ")
            .then(quoted(&report.without_row_examples))
            .words(")");
        let sentence = sentence.aside(example).words(".");
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if !report.empty_columns.is_empty() {
        let sentence = format!(
            "the table of {of} has nothing in {} for any of the log's {of}; list the columns that \
             are wanted in `{field}.columns`.",
            listed(&report.empty_columns),
        );
        problems.push(Problem::warning(format!("{field}.columns"), sentence));
    }
    problems
}

/// Names of columns, each between backticks.
fn listed(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Ids, each between backticks.
fn quoted(ids: &[String]) -> Sentence {
    Sentence::new().examples(ids.iter().map(String::as_str))
}
