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
use crate::data::coding::trimmed;
use crate::data::missing::Missing;
use crate::data::source::{self, Cells, Head, Lines, Rows};
use crate::data::watch::Watch;
use crate::data::{DataError, FileSpec, Vocab, titles, without_first_refused, writings};
use crate::spec::{Problem, quotable};

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
    pub(crate) fn forget_ids(&mut self) {
        self.without_row_examples.clear();
        self.rows_without_event_examples.clear();
        self.rows_repeated_examples.clear();
    }
}

/// A joined table.
pub(in crate::data) struct Side {
    /// Row in `columns` of each id of the log that has one.
    row_of: HashMap<String, usize>,
    columns: Vec<FreeColumn>,
    /// Titles by item id, where the table has a column that is called one.
    pub(in crate::data) titles: Option<HashMap<String, String>>,
    pub(in crate::data) report: JoinReport,
    /// Doubts and errors about the table.
    pub(in crate::data) problems: Vec<Problem>,
}

impl Side {
    /// The table's columns with one row for each of these ids.
    pub(in crate::data) fn aligned<'a>(
        &self,
        ids: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<FreeColumn> {
        let rows = ids.map(|id| self.row_of.get(id).copied());
        let one = |column: &FreeColumn| FreeColumn {
            name: column.name.clone(),
            values: column.values.picked(rows.clone()),
        };
        self.columns.iter().map(one).collect()
    }

    /// Replaces the ids by others; what was told with ids as examples is told without.
    pub(in crate::data) fn hide(&mut self, name: impl Fn(&str) -> String) {
        self.row_of = self
            .row_of
            .drain()
            .map(|(id, row)| (name(&id), row))
            .collect();
        self.report.forget_ids();
        for problem in &mut self.problems {
            problem.sentence = without_first_refused(&problem.sentence);
        }
    }
}

impl SideOf {
    /// Path of the table's setting.
    pub(in crate::data) fn field(self) -> String {
        format!("data.{self}")
    }
}

/// Reads the table for the ids of a log as it was read; `None` where none is joined.
pub(in crate::data) fn read(
    of: SideOf,
    log: &FileSpec,
    ids: &Vocab,
    watch: &dyn Watch,
) -> Result<Option<Side>, DataError> {
    let Some(spec) = log
        .side_tables()
        .find_map(|(other, table)| (other == of).then_some(table))
    else {
        return Ok(None);
    };
    let field = of.field();
    let head = source::head(&FileSpec {
        path: spec.path.clone(),
        ..FileSpec::default()
    })?;
    let (key, is_sure) = key((of, spec), &head, log, ids)?;
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
    let Rows {
        columns: cells,
        n_read,
        lines,
        refused,
    } = source::rows(&head, &positions, watch)?;
    let cells: HashMap<usize, Cells> = positions.into_iter().zip(cells).collect();
    let keys = texts(&cells, key);
    let joined = Joined::new(&keys, ids);
    let mut problems: Vec<Problem> = head
        .problems
        .iter()
        .map(|problem| Problem::warning(&*field, problem.sentence.clone()))
        .collect();
    let mut columns = Vec::new();
    for column in &wanted {
        let is_typed = column
            .at
            .iter()
            .any(|at| matches!(cells.get(at), Some(Cells::Micros(_))));
        if is_typed && spec.columns.is_empty() {
            let sentence = format!(
                "the column `{}` of the table of {of} holds times and was left out; join it as \
                 text or as numbers.",
                column.name
            );
            problems.push(Problem::warning(format!("{field}.columns"), sentence));
            continue;
        }
        let of_column: Vec<Cells> = column
            .at
            .iter()
            .filter_map(|at| cells.get(at))
            .cloned()
            .collect();
        let mut read = free(
            column,
            &of_column,
            &format!("{field}.columns"),
            &Missing::default(),
        )?;
        problems.extend(settle_free(&mut read, &format!("{field}.columns"), |row| {
            lines.told(row)
        }));
        // Only joined rows are kept, in their order.
        read.values = read.values.picked(joined.rows.iter().copied().map(Some));
        columns.push(read);
    }
    let titles = title.map(|at| {
        let title_texts = texts(&cells, at);
        let known = |id: &String| writings::known_as(ids, id).map(str::to_owned);
        let of_row = |&row: &usize| (keys.get(row).and_then(known), title_texts.get(row).cloned());
        let pairs = joined
            .rows
            .iter()
            .map(of_row)
            .filter_map(|(id, title)| Some((id?, title.filter(|t| !t.is_empty())?)));
        pairs.collect()
    });
    let report = JoinReport {
        of,
        path: spec.path.clone(),
        key: head.columns.get(key).cloned().unwrap_or_default(),
        rows: n_read,
        rows_unreadable: refused.count,
        columns: wanted.iter().map(WantedColumn::said).collect(),
        empty_columns: columns
            .iter()
            .filter(|c| c.values.is_all_missing())
            .map(|c| c.name.clone())
            .collect(),
        ..joined.report(of, ids)
    };
    if let Some(first) = refused.rows(&lines).first() {
        let sentence = format!(
            "{} of {n_read} rows of the table of {of} could not be read and were left out; mend \
             them in that file (the first: {} {}).",
            refused.count,
            first.place(),
            first.reason
        );
        problems.push(Problem::warning(&*field, sentence));
    }
    if !is_sure {
        let sentence = format!(
            "the column `{}` was taken for the ids of the table of {of}, and others hold such ids, \
             too; name the right one in `{field}.key`.",
            report.key
        );
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    problems.extend(told(&report, &joined, &lines));
    Ok(Some(Side {
        row_of: joined.row_of,
        columns,
        titles,
        report,
        problems,
    }))
}

fn key(
    (of, spec): (SideOf, &SideTable),
    head: &Head,
    log: &FileSpec,
    ids: &Vocab,
) -> Result<(usize, bool), DataError> {
    let field = format!("{}.key", of.field());
    if let Some(name) = &spec.key {
        return Ok((named(head, name, &format!("table of {of}"), &field)?, true));
    }
    most_matches(head, of, log, ids).ok_or_else(|| DataError::Setting {
        sentence: format!(
            "no column of the table of {of} holds ids of the log's {of} in its first rows; name \
             the column in `{field}`, or choose another table in `{}.path`.",
            of.field()
        ),
        field,
    })
}

/// The columns to join: those that were named, or all but the key.
fn wanted(
    of: SideOf,
    spec: &SideTable,
    head: &Head,
    key: usize,
) -> Result<Vec<WantedColumn>, DataError> {
    let field = format!("{}.columns", of.field());
    let others = || head.columns.iter().enumerate().filter(|&(at, _)| at != key);
    let all: Vec<FreeColumnSpec> = others()
        .map(|(_, name)| FreeColumnSpec::named(name))
        .collect();
    let named = if spec.columns.is_empty() {
        &all
    } else {
        &spec.columns
    };
    let (wanted, problems) = find(head, named, &field);
    match problems.into_iter().next() {
        Some(Problem {
            field, sentence, ..
        }) => Err(DataError::Setting { field, sentence }),
        None => Ok(wanted),
    }
}

/// The trimmed cells of a column; empty where it is none of text.
fn texts(cells: &HashMap<usize, Cells>, at: usize) -> Vec<String> {
    match cells.get(&at) {
        Some(Cells::Text(column)) => column
            .iter()
            .map(|cell| trimmed(cell.unwrap_or_default()).to_owned())
            .collect(),
        Some(Cells::Micros(times)) => vec![String::new(); times.len()],
        None => Vec::new(),
    }
}

/// Which row goes to which id.
#[derive(Default)]
struct Joined {
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

impl Joined {
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

    fn report(&self, of: SideOf, ids: &Vocab) -> JoinReport {
        let without = || ids.ids().filter(|id| !self.row_of.contains_key(*id));
        let shown = |rows: &[usize]| {
            rows.iter()
                .filter_map(|&row| self.keys.get(row))
                .take(EXAMPLES)
                .map(|id| quotable(id))
                .collect()
        };
        JoinReport {
            of,
            path: PathBuf::new(),
            key: String::new(),
            rows: self.keys.len(),
            matched: self.rows.len(),
            without_row: without().count(),
            without_row_examples: without().take(EXAMPLES).map(quotable).collect(),
            rows_without_event: self.strangers.len(),
            rows_without_event_examples: shown(&self.strangers),
            rows_repeated: self.repeated.len(),
            rows_repeated_examples: shown(&self.repeated),
            rows_without_key: self.n_without_key,
            rows_unreadable: 0,
            columns: Vec::new(),
            empty_columns: Vec::new(),
        }
    }
}

/// Warnings about a join. Rows without an event are usual: a catalogue is larger than what was
/// bought.
fn told(report: &JoinReport, joined: &Joined, lines: &Lines) -> Vec<Problem> {
    let JoinReport { of, key, .. } = report;
    let field = of.field();
    let mut problems = Vec::new();
    if let Some(&first) = joined.repeated.first() {
        let sentence = format!(
            "{} rows of the table of {of} have an id that an earlier row has; the first row of \
             each id counts and no event is doubled: make the column `{key}` unique in the table, \
             or name another in `{field}.key` (the first: {}, on {}).",
            report.rows_repeated,
            quoted(&report.rows_repeated_examples),
            lines.told(first),
        );
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if let Some((n, written, known)) = &joined.otherwise {
        let sentence = format!(
            "{n} ids of the table of {of} are written otherwise in the log and taken as the same \
             (the first: `{}` in the table is `{}` in the log).",
            quotable(written),
            quotable(known)
        );
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if report.without_row > 0 {
        let sentence = format!(
            "{} of {} {of} have no row in the table of {of}, and its columns are missing for them; \
             check `{field}.key`, or add their rows (the first: {}).",
            report.without_row,
            report.without_row + report.matched,
            quoted(&report.without_row_examples),
        );
        problems.push(Problem::warning(format!("{field}.key"), sentence));
    }
    if !report.empty_columns.is_empty() {
        let sentence = format!(
            "the table of {of} has nothing in {} for any of the log's {of}; list the columns that \
             are wanted in `{field}.columns`.",
            quoted(&report.empty_columns),
        );
        problems.push(Problem::warning(format!("{field}.columns"), sentence));
    }
    problems
}

fn quoted(ids: &[String]) -> String {
    ids.iter()
        .map(|id| format!("`{id}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
