//! A log on disk becomes coded rows, with the account of what was read and refused.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use strum::IntoEnumIterator;

use super::coding::{self, CodedRows, RoleCells, Wanted};
use super::columns::{self, Side, SideOf};
use super::events::Events;
use super::prepare::go_on;
use super::stream::{self, Joined};
use super::{DataError, DataReport, FileSpec, Preview, RefusedRow, Role, TimeFormat, schema, source, titles};
use crate::spec::Problem;

/// A log as read: its rows, its titles, and the account so far.
pub(super) struct Log {
    pub(super) name: String,
    pub(super) events: Events,
    /// Titles by item id; `None` when there is no title table.
    pub(super) titles: Option<HashMap<String, String>>,
    /// Tables of items and of users, where they were named.
    pub(super) items: Option<Side>,
    pub(super) users: Option<Side>,
    pub(super) report: DataReport,
}

/// How many rows a preview shows.
const PREVIEW_ROWS: usize = 50;

/// See [`super::preview`].
pub(super) fn preview(file: &FileSpec) -> Result<Preview, DataError> {
    let head = source::head(file)?;
    let (file, mut problems) = schema::resolve(&head);
    problems.extend(head.problems.iter().cloned());
    if !problems.iter().any(Problem::is_error) {
        problems.extend(no_time(&file));
    }
    let n_files = head.n_files();
    let rows = head.rows.into_iter().take(PREVIEW_ROWS).map(|row| row.into_iter().map(cut).collect()).collect();
    let beside = columns::beside(&file);
    Ok(Preview {
        file,
        columns: head.columns,
        rows,
        n_bytes: head.n_bytes,
        packing: head.packing,
        n_files,
        beside,
        problems,
    })
}

/// A cell as it is shown: a text of a megabyte would stop the window.
fn cut(cell: String) -> String {
    const SHOWN: usize = 500;
    match cell.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", cell.get(..end).unwrap_or_default()),
        None => cell,
    }
}

/// Reads a whole log.
pub(super) fn open(file: &FileSpec, cancel: &AtomicBool) -> Result<Log, DataError> {
    let mut head = source::head(file)?;
    let (file, found) = schema::resolve(&head);
    let (errors, mut problems): (Vec<Problem>, Vec<Problem>) = found.into_iter().partition(Problem::is_error);
    if let Some(Problem { field, sentence, .. }) = errors.into_iter().next() {
        return Err(DataError::Setting { field, sentence });
    }
    problems.append(&mut head.problems);
    head.file = file.clone();
    go_on(cancel)?;
    let wanted = Wanted {
        roles: Role::iter().filter_map(|role| Some((role, schema::column_of(&head, &file.roles, role)?))).collect(),
        free: columns::find(&head, &file.free_features, columns::FREE).0,
    };
    let format = file.time_format.unwrap_or(TimeFormat::Order);
    let Joined { mut events, lines, refused, n_read, .. } = match source::Blocks::of(&head)? {
        Some(blocks) => match stream::code(blocks, &wanted, format, cancel)? {
            Some(joined) => joined,
            None => whole(&head, &wanted, format)?,
        },
        None => whole(&head, &wanted, format)?,
    };
    go_on(cancel)?;
    problems.extend(no_time(&file));
    problems.extend(coding::doubtful_times(&events, &lines, format));
    let refused_rows = refused.rows(&lines);
    problems.extend(refusals(&refused_rows, refused.count, n_read));
    go_on(cancel)?;
    if events.len() == 0 {
        return Err(nothing_left(&file.path, &refused_rows, n_read));
    }
    problems.extend(columns::settle(&mut events, &lines));
    let side = |of: SideOf, table: &Option<columns::SideTable>, ids| {
        table.as_ref().map(|table| columns::read(of, table, ids)).transpose()
    };
    let mut items = side(SideOf::Items, &file.items, &events.items)?;
    let users = side(SideOf::Users, &file.users, &events.users)?;
    problems.extend(items.iter().chain(&users).flat_map(|table| table.problems.iter().cloned()));
    let titles = match &file.titles {
        Some(spec) => {
            let titles::Titles { by_item, problems: doubtful } = titles::read(spec, &events.items)?;
            problems.extend(doubtful);
            Some(by_item)
        }
        // A table of items that has titles serves them too.
        None => items.as_mut().and_then(|table| table.titles.take()),
    };
    let report = DataReport {
        rows_read: n_read,
        rows_refused: refused.count,
        refused: refused_rows,
        steps: vec![events.count("Read")],
        problems,
        joins: items.iter().chain(&users).map(|table| table.report.clone()).collect(),
        file: Some(with_whole_paths(&file)?),
        optimum: None,
    };
    Ok(Log { name: source::name_of(&file.path), events, titles, items, users, report })
}

/// Reads a log that does not come in blocks.
fn whole(head: &source::Head, wanted: &Wanted, format: TimeFormat) -> Result<Joined, DataError> {
    let source::Rows { columns, n_read, lines, refused } = source::rows(head, &wanted.positions())?;
    let mut coded = coding::code(&RoleCells::new(wanted, columns)?, format, lines)?;
    coded.refused.merge(refused);
    let CodedRows { events, lines, refused } = coded;
    Ok(Joined { events, lines, refused, n_read, ..Joined::default() })
}

/// The file with paths that hold from any folder, so that a run finds its data again.
fn with_whole_paths(file: &FileSpec) -> Result<FileSpec, DataError> {
    let whole = |path: &Path| -> Result<std::path::PathBuf, DataError> {
        let resolved = source::resolve(path)?;
        Ok(std::path::absolute(&resolved).unwrap_or(resolved))
    };
    let mut file = file.clone();
    file.path = whole(&file.path)?;
    if let Some(titles) = &mut file.titles {
        titles.path = whole(&titles.path)?;
    }
    for table in [&mut file.items, &mut file.users].into_iter().flatten() {
        table.path = whole(&table.path)?;
    }
    Ok(file)
}

fn no_time(file: &FileSpec) -> Option<Problem> {
    (file.roles.column(Role::Time).is_none()).then(|| {
        Problem::warning(
            "data.roles.time",
            "this log has no time column: each user's events are taken in the order of the file, and repeats are kept.",
        )
    })
}

fn refusals(refused: &[RefusedRow], count: usize, n_read: usize) -> Option<Problem> {
    let first = refused.first()?;
    let sentence = format!(
        "{count} of {n_read} rows could not be read and were left out (the first: {} {}).",
        first.place(),
        first.reason
    );
    Some(Problem::warning("data", sentence))
}

fn nothing_left(path: &Path, refused: &[RefusedRow], n_read: usize) -> DataError {
    let first = refused.first().map_or_else(String::new, |row| format!(" ({} {})", row.place(), row.reason));
    DataError::Content {
        path: path.to_path_buf(),
        sentence: format!("none of its {n_read} rows can be used{first}; check `data.roles` and `data.time_format`."),
    }
}
