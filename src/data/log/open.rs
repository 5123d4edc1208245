//! A log on disk becomes coded rows, with the account of what was read and refused.

use std::collections::HashMap;
use std::path::Path;

use strum::IntoEnumIterator;

use super::coding::{self, CellReading, WantedColumns};
use super::columns::{self, JoinedTable, SideOf};
use super::events::Events;
use super::source::FileHead;
use super::stream::{self, LogRows};
use super::{
    DataReport, DataSource, FileSpec, JoinReport, Pseudonymiser, RefusedKind, RefusedRow, Role,
    StepCount, anonymous, flag, made, plausible, same_rows, schema, source, titles, writings,
};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled};
use crate::value::{Missing, NumberStyle, TimeFormat};
use seqscope_base::spec::{Problem, Sentence, quotable};

/// A log as read: its rows, its titles, and the account so far.
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) events: Events,
    /// Titles by item id; `None` when there is no title table.
    pub(crate) titles: Option<HashMap<String, String>>,
    /// Tables of items and of users, where they were named.
    pub(crate) items: Option<JoinedTable>,
    pub(crate) users: Option<JoinedTable>,
    pub(crate) report: DataReport,
}

/// The rows of a log, before anything was made of them.
pub(super) struct Opened {
    pub(super) head: FileHead,
    /// The file with every guess filled in.
    pub(super) file: FileSpec,
    pub(super) wanted: WantedColumns,
    pub(super) format: TimeFormat,
    pub(super) rows: LogRows,
    /// Doubts about the head.
    pub(super) problems: Vec<Problem>,
    pub(super) hidden: Option<Pseudonymiser>,
}

/// Reads the rows of a log.
pub(super) fn rows(
    file: &FileSpec,
    lists_all_refused: bool,
    progress: &dyn LoadProgress,
) -> Result<Opened, DataError> {
    progress.reached(Stage::Reading, Some(0.0));
    let hidden = Pseudonymiser::new(file.pseudonyms)?;
    let is_encoding_open = file.encoding.is_none();
    let mut head = source::head(file)?;
    let is_format_open = file.time_format.is_none();
    let (mut file, found) = schema::resolve(&head);
    let (errors, mut problems): (Vec<Problem>, Vec<Problem>) =
        found.into_iter().partition(Problem::is_error);
    if let Some(problem) = errors.into_iter().next() {
        return Err(problem.into());
    }
    problems.append(&mut head.problems);
    head.file = file.clone();
    check_cancelled(progress)?;
    let mut wanted = WantedColumns {
        roles: Role::iter()
            .filter_map(|role| Some((role, schema::column_of(&head, &file.roles, role)?)))
            .collect(),
        free: columns::find(&head, &file.free_features, columns::FREE).0,
        how: how(&head, &file, lists_all_refused),
    };
    if hidden.is_some() {
        keep_hidden(&file, &wanted)?;
    }
    wanted.free.extend(flag::wanted(&head, &file)?);
    let open = Open {
        encoding: is_encoding_open,
        time_format: is_format_open,
    };
    let mut rows = rows_of(&mut head, &mut file, &wanted, open, &mut problems, progress)?;
    rows.events.part = head.parts_of(&rows.lines);
    check_cancelled(progress)?;
    let format = file.time_format.clone().unwrap_or(TimeFormat::Order);
    Ok(Opened {
        head,
        file,
        wanted,
        format,
        rows,
        problems,
        hidden,
    })
}

/// The listed rows that could not be read.
pub(super) fn listed(rows: &LogRows, is_hidden: bool) -> Vec<RefusedRow> {
    let listed = rows.refused.rows(&rows.lines);
    if is_hidden {
        // A cell that is no time may be an id that slipped a column.
        listed
            .into_iter()
            .map(RefusedRow::without_examples)
            .collect()
    } else {
        listed
    }
}

/// Opens the log of a file, or makes that of a world.
pub(crate) fn open(source: &DataSource, progress: &dyn LoadProgress) -> Result<Log, DataError> {
    match source {
        DataSource::World(spec) => Ok(made::log(spec)),
        DataSource::File(file) => open_file(file, progress),
    }
}

/// Reads a whole log.
pub(super) fn open_file(file: &FileSpec, progress: &dyn LoadProgress) -> Result<Log, DataError> {
    bare_open(file, progress).map_err(|error| file.pseudonyms.hide_in_error(error))
}

/// A whole log, or an error that may quote it.
fn bare_open(file: &FileSpec, progress: &dyn LoadProgress) -> Result<Log, DataError> {
    let mut opened = rows(file, false, progress)?;
    opened.settle_ids();
    let refused_rows = listed(&opened.rows, opened.hidden.is_some());
    opened.warn_of_times();
    opened.mark_same_rows(progress)?;
    let refused_by_reason = opened.rows.refused.by_reason(&opened.rows.lines);
    opened.warn_of_refused(&refused_rows, &refused_by_reason);
    check_cancelled(progress)?;
    if opened.rows.events.len() == 0 {
        return Err(nothing_left(
            &opened.file.path,
            &refused_rows,
            opened.rows.n_read,
        ));
    }
    let steps = opened.settle_columns()?;
    opened.warn_of_roles();
    let tables = opened.join_tables(progress)?;
    opened.hide_ids()?;
    let report = DataReport {
        rows_read: opened.rows.n_read,
        rows_refused: opened.rows.refused.count,
        refused: refused_rows,
        refused_by_reason,
        steps,
        problems: opened.file.pseudonyms.hide_in_problems(opened.problems),
        joins: tables.reports(),
        file: Some(with_whole_paths(&opened.file)?),
        optimum: None,
        pseudonyms: opened.hidden.map(|hidden| hidden.stamp().clone()),
    };
    Ok(Log {
        name: source::name_of(&opened.file.path),
        events: opened.rows.events,
        titles: tables.titles,
        items: tables.items,
        users: tables.users,
        report,
    })
}

impl Opened {
    /// Settles which rows have which user and item.
    fn settle_ids(&mut self) {
        self.problems
            .extend(anonymous::settle(&mut self.rows, &self.file));
        self.problems
            .extend(writings::settle(&mut self.rows.events));
        self.problems.extend(notes(&self.rows));
    }

    fn warn_of_times(&mut self) {
        let LogRows {
            events,
            lines,
            n_read,
            told,
            ..
        } = &self.rows;
        self.problems.extend(no_time(&self.file));
        self.problems
            .extend(coding::doubtful_times(events, lines, &self.format));
        self.problems
            .extend(coding::told_of_times(*told, *n_read, &self.format));
    }

    fn mark_same_rows(&mut self, progress: &dyn LoadProgress) -> Result<(), DataError> {
        let LogRows { events, lines, .. } = &mut self.rows;
        let problems = same_rows::mark(events, &self.head, &self.wanted, lines, progress)?;
        self.problems.extend(problems);
        Ok(())
    }

    fn warn_of_refused(&mut self, refused: &[RefusedRow], kinds: &[RefusedKind]) {
        self.problems.extend(refusals(refused, kinds, &self.rows));
    }

    /// Settles the columns beside the ids, and leaves out the rows that are no events.
    fn settle_columns(&mut self) -> Result<Vec<StepCount>, DataError> {
        let LogRows { events, lines, .. } = &mut self.rows;
        self.problems.extend(columns::settle(events, lines));
        self.problems.extend(flag::problem(&self.head, &self.file));
        let mut steps = vec![events.count("Read")];
        steps.extend(flag::apply(events, &self.head, &self.file)?);
        Ok(steps)
    }

    /// Warns of roles whose columns are doubtful, by the rows that are taken, not by those beside
    /// them.
    fn warn_of_roles(&mut self) {
        self.problems
            .extend(plausible::check(&self.rows, &self.head, &self.file));
    }

    /// Reads the tables that are joined to the log.
    fn join_tables(&mut self, progress: &dyn LoadProgress) -> Result<Tables, DataError> {
        let mut items = self.items(progress)?;
        let users = self.users(progress)?;
        for table in items.iter().chain(&users) {
            self.problems.extend(table.problems.iter().cloned());
        }
        let titles = self.titles(items.as_mut(), progress)?;
        Ok(Tables {
            items,
            users,
            titles,
        })
    }

    /// Reads the table of items; none is joined where items are hidden, since what is told of an
    /// item is as good as its id.
    fn items(&mut self, progress: &dyn LoadProgress) -> Result<Option<JoinedTable>, DataError> {
        if !self.file.pseudonyms.hides_items() {
            return columns::read(SideOf::Items, &self.file, &self.rows.events.items, progress);
        }
        if self.file.items.is_some() {
            let sentence = "the table of items is left out, since ids of items are hidden.";
            self.problems.push(Problem::warning("data.items", sentence));
        }
        Ok(None)
    }

    /// Reads the table of users, and hides its ids where they are hidden.
    fn users(&self, progress: &dyn LoadProgress) -> Result<Option<JoinedTable>, DataError> {
        let mut users =
            columns::read(SideOf::Users, &self.file, &self.rows.events.users, progress)?;
        if let (Some(hidden), Some(users)) = (&self.hidden, &mut users) {
            let JoinReport { key, columns, .. } = &users.report;
            if columns.iter().any(|column| column.column == *key) {
                return Err(not_hidden("data.users.columns", key));
            }
            users.hide(|id| hidden.user(id));
        }
        Ok(users)
    }

    /// Reads the titles, unless items are hidden: a title is as good as an id.
    fn titles(
        &mut self,
        items: Option<&mut JoinedTable>,
        progress: &dyn LoadProgress,
    ) -> Result<Option<HashMap<String, String>>, DataError> {
        let Some(spec) = &self.file.titles else {
            // A table of items that has titles serves them too.
            return Ok(items.and_then(|table| table.titles.take()));
        };
        if self.file.pseudonyms.hides_items() {
            self.problems.push(Problem::warning(
                "data.titles",
                "titles are left out, since ids of items are hidden.",
            ));
            return Ok(None);
        }
        let titles::Titles { by_item, problems } =
            titles::read(spec, &self.file, &self.rows.events.items, progress)?;
        self.problems.extend(problems);
        Ok(Some(by_item))
    }

    /// Replaces the ids of the events by pseudonyms, where they are hidden.
    fn hide_ids(&mut self) -> Result<(), DataError> {
        if let Some(hidden) = &self.hidden {
            hidden.hide(&mut self.rows.events)?;
            self.problems.extend(hidden.warning());
        }
        Ok(())
    }
}

/// Tables that were joined to a log.
struct Tables {
    items: Option<JoinedTable>,
    users: Option<JoinedTable>,
    /// Titles by item id; `None` when there is no title table.
    titles: Option<HashMap<String, String>>,
}

impl Tables {
    fn reports(&self) -> Vec<JoinReport> {
        let tables = self.items.iter().chain(&self.users);
        tables.map(|table| table.report.clone()).collect()
    }
}

/// Settings that were left to the program.
#[derive(Clone, Copy)]
struct Open {
    encoding: bool,
    time_format: bool,
}

/// The rows of the log, read again where later ones show that the head misled.
fn rows_of(
    head: &mut source::FileHead,
    file: &mut FileSpec,
    wanted: &WantedColumns,
    open: Open,
    problems: &mut Vec<Problem>,
    progress: &dyn LoadProgress,
) -> Result<LogRows, DataError> {
    let timing = schema::timing(head, file);
    let mut joined = stream::open(head, wanted, &timing, progress)?;
    if open.encoding && joined.refused.names("is not valid UTF-8") {
        // Its letters begin behind the head, from which the encoding was told.
        if let Some((encoding, doubt)) = source::other_encoding(head, progress)? {
            head.file.encoding = Some(encoding);
            file.encoding = Some(encoding);
            problems.push(doubt);
            joined = stream::open(head, wanted, &timing, progress)?;
        }
    }
    check_cancelled(progress)?;
    if joined.told.swapped > 0 && open.time_format {
        // A later row shows that day and month were taken for each other.
        let other = timing.swapped();
        let again = stream::open(head, wanted, &other, progress)?;
        if again.refused.count < joined.refused.count {
            problems.retain(|problem| problem.field != schema::TIME_FORMAT);
            problems.push(schema::swapped(&other));
            file.time_format = Some(other.format.clone());
            joined = again;
        }
    }
    Ok(joined)
}

/// The file with paths that hold from any folder, so that a run finds its data again.
fn with_whole_paths(file: &FileSpec) -> Result<FileSpec, DataError> {
    let mut file = file.clone();
    file.path = whole_path(&file.path)?;
    for path in [&mut file.valid_path, &mut file.test_path]
        .into_iter()
        .flatten()
    {
        *path = whole_path(path)?;
    }
    if let Some(titles) = &mut file.titles {
        titles.path = whole_path(&titles.path)?;
    }
    for table in [&mut file.items, &mut file.users].into_iter().flatten() {
        table.path = whole_path(&table.path)?;
    }
    Ok(file)
}

fn whole_path(path: &Path) -> Result<std::path::PathBuf, DataError> {
    let resolved = source::resolve(path)?;
    Ok(std::path::absolute(&resolved).unwrap_or(resolved))
}

/// Fails where a column of hidden ids is kept as a feature, too.
fn keep_hidden(file: &FileSpec, wanted: &WantedColumns) -> Result<(), DataError> {
    let mut hidden = wanted
        .roles
        .iter()
        .filter(|(role, _)| is_hidden(file, *role))
        .map(|(_, at)| at);
    match hidden.find_map(|at| wanted.free.iter().find(|column| column.at.contains(at))) {
        Some(column) => Err(not_hidden("data.free_features", &column.name)),
        None => Ok(()),
    }
}

/// Tells whether the ids of a role are to become pseudonyms.
fn is_hidden(file: &FileSpec, role: Role) -> bool {
    role == Role::User || (role == Role::Item && file.pseudonyms.hides_items())
}

fn not_hidden(field: &str, column: &str) -> DataError {
    DataError::setting(
        field,
        format!(
            "the column `{}` holds ids that are hidden; leave it out of `{field}`.",
            quotable(column)
        ),
    )
}

pub(super) fn no_time(file: &FileSpec) -> Option<Problem> {
    (file.roles.column(Role::Time).is_none()).then(|| {
        Problem::warning(
            "data.roles.time",
            "this log has no time column: each user's events are taken in the order of the file, \
             and repeats are kept.",
        )
    })
}

/// How the cells of a log are read, as its first rows tell.
fn how(head: &FileHead, file: &FileSpec, lists_all_refused: bool) -> CellReading {
    CellReading {
        missing: Missing::new(file.missing.as_deref().unwrap_or_default()),
        values: style_of_role(head, file, Role::Value).unwrap_or_default(),
        degrees: style_of_role(head, file, Role::Latitude).unwrap_or_default(),
        lists_all_refused,
    }
}

/// Style that the numbers of a role's column are written in.
fn style_of_role(head: &FileHead, file: &FileSpec, role: Role) -> Option<NumberStyle> {
    schema::column_of(head, &file.roles, role).map(|at| schema::style_of(head, at))
}

/// Remarks on cells that are not as they should be, where the rows were kept.
fn notes(log: &LogRows) -> Vec<Problem> {
    let LogRows {
        notes,
        lines,
        events,
        ..
    } = log;
    let value = notes.values.first(lines).map(|first| {
        let example = Sentence::from(format!(" (the first: {} has `", first.place()))
            .then(first.reason)
            .words("`): check `data.roles.value`");
        let sentence = Sentence::from(format!(
            "{} of {} rows have a value that is no number; it is taken as missing, and the events \
             stay",
            notes.values.count,
            events.len(),
        ));
        Problem::warning("data.roles.value", sentence.aside(example).words("."))
    });
    let marks = notes.marks.first(lines).map(|first| {
        let place = first.place();
        let example = Sentence::from(" (the first: `")
            .then(first.reason)
            .words(format!("` on {place})"));
        let sentence = Sentence::from(format!(
            "{} ids had marks around them that nobody sees, such as a byte order mark; they were \
             taken off",
            notes.marks.count
        ));
        Problem::warning("data.roles", sentence.aside(example).words("."))
    });
    value.into_iter().chain(marks).collect()
}

/// Sentence on rows that were left out: for which reasons, and where to look first.
fn refusals(refused: &[RefusedRow], kinds: &[RefusedKind], log: &LogRows) -> Option<Problem> {
    let first = refused.first()?;
    let (count, n_read) = (log.refused.count, log.n_read);
    let by_reason = match kinds {
        [] | [_] => String::new(),
        kinds => format!(
            ": {}",
            kinds
                .iter()
                .take(3)
                .map(|kind| format!("{} {}", kind.rows, kind.reason))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let sentence = Sentence::from(format!(
        "{count} of {n_read} rows could not be read and were left out{by_reason}; mend them in the \
         file, or choose another column or format; `seqscope data FILE --refused LIST.csv` lists \
         them all"
    ));
    let sentence = sentence.aside(first.in_brackets()).words(".");
    Some(Problem::warning("data", sentence))
}

fn nothing_left(path: &Path, refused: &[RefusedRow], n_read: usize) -> DataError {
    let first = refused.first().map_or_else(Sentence::new, |row| {
        Sentence::from(format!(" ({} ", row.place()))
            .then(row.reason.clone())
            .words(")")
    });
    let sentence = Sentence::from(format!("none of its {n_read} rows can be used"))
        .then(first)
        .words("; check `data.roles` and `data.time_format`.");
    DataError::content(path, sentence)
}
