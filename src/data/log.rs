//! A log on disk becomes coded rows, with the account of what was read and refused.

use std::collections::HashMap;
use std::path::Path;

use strum::IntoEnumIterator;

use super::coding::{self, How, Wanted};
use super::columns::{self, Side, SideOf};
use super::events::Events;
use super::missing::Missing;
use super::source::Head;
use super::stream::{self, Joined};
use super::watch::{Stage, Watch, go_on};
use super::{
    DataError, DataReport, FileSpec, Preview, Pseudonymiser, RefusedKind, RefusedRow, Role,
    TimeFormat, anonymous, flag, plausible, same_rows, schema, source, titles,
    without_first_refused, without_quoted, writings,
};
use crate::spec::{Problem, quotable};

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
    problems.extend(flag::problem(&head, &file));
    if !problems.iter().any(Problem::is_error) {
        problems.extend(no_time(&file));
    }
    let n_files = head.n_files();
    let rows = head
        .rows
        .into_iter()
        .take(PREVIEW_ROWS)
        .map(|row| row.into_iter().map(cut).collect())
        .collect();
    let beside = columns::beside(&file);
    let hidden = Pseudonymiser::new(file.pseudonyms)?;
    let (columns, n_bytes, packing) = (head.columns, head.n_bytes, head.packing);
    let mut preview = Preview {
        file,
        columns,
        rows,
        n_bytes,
        packing,
        n_files,
        beside,
        problems,
    };
    if let Some(hidden) = hidden {
        hidden.hide_head(&mut preview);
    }
    Ok(preview)
}

/// A cell as it is shown: a text of a megabyte would stop the window.
fn cut(cell: String) -> String {
    const SHOWN: usize = 500;
    match cell.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", cell.get(..end).unwrap_or_default()),
        None => cell,
    }
}

/// The rows of a log, before anything was made of them.
struct Opened {
    head: Head,
    /// The file with every guess filled in.
    file: FileSpec,
    wanted: Wanted,
    format: TimeFormat,
    rows: Joined,
    /// Doubts about the head.
    problems: Vec<Problem>,
    hidden: Option<Pseudonymiser>,
}

/// Reads the rows of a log.
fn rows(file: &FileSpec, lists_all_refused: bool, watch: &dyn Watch) -> Result<Opened, DataError> {
    watch.reached(Stage::Reading, Some(0.0));
    let hidden = Pseudonymiser::new(file.pseudonyms)?;
    let is_encoding_open = file.encoding.is_none();
    let mut head = source::head(file)?;
    let is_format_open = file.time_format.is_none();
    let (mut file, found) = schema::resolve(&head);
    let (errors, mut problems): (Vec<Problem>, Vec<Problem>) =
        found.into_iter().partition(Problem::is_error);
    if let Some(Problem {
        field, sentence, ..
    }) = errors.into_iter().next()
    {
        return Err(DataError::Setting { field, sentence });
    }
    problems.append(&mut head.problems);
    head.file = file.clone();
    go_on(watch)?;
    let mut wanted = Wanted {
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
    let mut rows = rows_of(&mut head, &mut file, &wanted, open, &mut problems, watch)?;
    rows.events.part = head.parts_of(&rows.lines);
    go_on(watch)?;
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

/// See [`super::refused_rows`].
pub(super) fn refused_rows(
    file: &FileSpec,
    watch: &dyn Watch,
) -> Result<Vec<RefusedRow>, DataError> {
    let Opened {
        mut rows,
        file,
        hidden,
        ..
    } = rows(file, true, watch)?;
    anonymous::settle(&mut rows, &file);
    Ok(listed(&rows, hidden.is_some()))
}

/// The listed rows that could not be read.
fn listed(rows: &Joined, is_hidden: bool) -> Vec<RefusedRow> {
    let mut listed = rows.refused.rows(&rows.lines);
    if is_hidden {
        // A cell that is no time may be an id that slipped a column.
        for row in &mut listed {
            row.reason = without_quoted(&row.reason);
        }
    }
    listed
}

/// Reads a whole log.
pub(super) fn open(file: &FileSpec, watch: &dyn Watch) -> Result<Log, DataError> {
    let Opened {
        head,
        file,
        wanted,
        format,
        mut rows,
        mut problems,
        hidden,
    } = rows(file, false, watch)?;
    // What is quoted may be an id.
    let without_ids = |problem: Problem| match hidden {
        Some(_) => Problem {
            sentence: without_first_refused(&problem.sentence),
            ..problem
        },
        None => problem,
    };
    let mut of_ids = anonymous::settle(&mut rows, &file);
    of_ids.extend(writings::settle(&mut rows.events));
    of_ids.extend(notes(&rows));
    problems.extend(of_ids.into_iter().map(without_ids));
    let refused_rows = listed(&rows, hidden.is_some());
    let Joined {
        mut events,
        lines,
        refused,
        n_read,
        told,
        ..
    } = rows;
    problems.extend(no_time(&file));
    problems.extend(coding::doubtful_times(&events, &lines, &format));
    problems.extend(coding::told_of_times(told, n_read, &format));
    problems.extend(same_rows::mark(&mut events, &head, &wanted, &lines, watch)?);
    let refused_by_reason = refused.by_reason(&lines);
    problems.extend(refusals(
        &refused_rows,
        &refused_by_reason,
        (refused.count, n_read),
    ));
    go_on(watch)?;
    if events.len() == 0 {
        return Err(nothing_left(&file.path, &refused_rows, n_read));
    }
    problems.extend(columns::settle(&mut events, &lines));
    problems.extend(flag::problem(&head, &file));
    let mut steps = vec![events.count("Read")];
    steps.extend(flag::apply(&mut events, &head, &file)?);
    // Of the rows that are taken, not of those beside them.
    let doubts = plausible::check(&events, &head, &file, (refused.count, n_read));
    problems.extend(doubts.into_iter().map(without_ids));
    let hides_items = file.pseudonyms.hides_items();
    if hides_items && file.items.is_some() {
        // What is told of an item is as good as its id.
        let sentence = "the table of items is left out, since ids of items are hidden.";
        problems.push(Problem::warning("data.items", sentence));
    }
    let mut items = if hides_items {
        None
    } else {
        columns::read(SideOf::Items, &file, &events.items, watch)?
    };
    let mut users = columns::read(SideOf::Users, &file, &events.users, watch)?;
    if let (Some(hidden), Some(users)) = (&hidden, &mut users) {
        if users
            .report
            .columns
            .iter()
            .any(|column| column.column == users.report.key)
        {
            return Err(not_hidden("data.users.columns", &users.report.key));
        }
        users.hide(|id| hidden.user(id));
    }
    problems.extend(
        items
            .iter()
            .chain(&users)
            .flat_map(|table| table.problems.iter().cloned()),
    );
    let titles = match &file.titles {
        // A title is as good as an id.
        Some(_) if hides_items => {
            problems.push(Problem::warning(
                "data.titles",
                "titles are left out, since ids of items are hidden.",
            ));
            None
        }
        Some(spec) => {
            let titles::Titles {
                by_item,
                problems: doubtful,
            } = titles::read(spec, &file, &events.items, watch)?;
            problems.extend(doubtful.into_iter().map(without_ids));
            Some(by_item)
        }
        // A table of items that has titles serves them too.
        None => items.as_mut().and_then(|table| table.titles.take()),
    };
    if let Some(hidden) = &hidden {
        hidden.hide(&mut events)?;
        problems.extend(hidden.warning());
    }
    let report = DataReport {
        rows_read: n_read,
        rows_refused: refused.count,
        refused: refused_rows,
        refused_by_reason,
        steps,
        problems,
        joins: items
            .iter()
            .chain(&users)
            .map(|table| table.report.clone())
            .collect(),
        file: Some(with_whole_paths(&file)?),
        optimum: None,
        pseudonyms: hidden.map(|hidden| hidden.stamp().clone()),
    };
    Ok(Log {
        name: source::name_of(&file.path),
        events,
        titles,
        items,
        users,
        report,
    })
}

/// Settings that were left to the program.
#[derive(Clone, Copy)]
struct Open {
    encoding: bool,
    time_format: bool,
}

/// The rows of the log, read again where later ones show that the head misled.
fn rows_of(
    head: &mut source::Head,
    file: &mut FileSpec,
    wanted: &Wanted,
    open: Open,
    problems: &mut Vec<Problem>,
    watch: &dyn Watch,
) -> Result<Joined, DataError> {
    let timing = schema::timing(head, file);
    let mut joined = stream::open(head, wanted, &timing, watch)?;
    if open.encoding && joined.refused.names("is not valid UTF-8") {
        // Its letters begin behind the head, from which the encoding was told.
        if let Some((encoding, doubt)) = source::other_encoding(head, watch)? {
            head.file.encoding = Some(encoding);
            file.encoding = Some(encoding);
            problems.push(doubt);
            joined = stream::open(head, wanted, &timing, watch)?;
        }
    }
    go_on(watch)?;
    if joined.told.swapped > 0 && open.time_format {
        // A later row shows that day and month were taken for each other.
        let other = timing.swapped();
        let again = stream::open(head, wanted, &other, watch)?;
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
    let whole = |path: &Path| -> Result<std::path::PathBuf, DataError> {
        let resolved = source::resolve(path)?;
        Ok(std::path::absolute(&resolved).unwrap_or(resolved))
    };
    let mut file = file.clone();
    file.path = whole(&file.path)?;
    for path in [&mut file.valid_path, &mut file.test_path]
        .into_iter()
        .flatten()
    {
        *path = whole(path)?;
    }
    if let Some(titles) = &mut file.titles {
        titles.path = whole(&titles.path)?;
    }
    for table in [&mut file.items, &mut file.users].into_iter().flatten() {
        table.path = whole(&table.path)?;
    }
    Ok(file)
}

/// Fails where a column of hidden ids is kept as a feature, too.
fn keep_hidden(file: &FileSpec, wanted: &Wanted) -> Result<(), DataError> {
    let is_hidden =
        |role: Role| role == Role::User || (role == Role::Item && file.pseudonyms.hides_items());
    let mut hidden = wanted
        .roles
        .iter()
        .filter(|(role, _)| is_hidden(*role))
        .map(|(_, at)| at);
    match hidden.find_map(|at| wanted.free.iter().find(|column| column.at.contains(at))) {
        Some(column) => Err(not_hidden("data.free_features", &column.name)),
        None => Ok(()),
    }
}

fn not_hidden(field: &str, column: &str) -> DataError {
    DataError::Setting {
        field: field.to_owned(),
        sentence: format!(
            "the column `{}` holds ids that are hidden; leave it out of `{field}`.",
            quotable(column)
        ),
    }
}

fn no_time(file: &FileSpec) -> Option<Problem> {
    (file.roles.column(Role::Time).is_none()).then(|| {
        Problem::warning(
            "data.roles.time",
            "this log has no time column: each user's events are taken in the order of the file, \
             and repeats are kept.",
        )
    })
}

/// How the cells of a log are read, as its first rows tell.
fn how(head: &Head, file: &FileSpec, lists_all_refused: bool) -> How {
    let style =
        |role| schema::column_of(head, &file.roles, role).map(|at| schema::style_of(head, at));
    How {
        missing: Missing::new(file.missing.as_deref().unwrap_or_default()),
        values: style(Role::Value).unwrap_or_default(),
        degrees: style(Role::Latitude).unwrap_or_default(),
        lists_all_refused,
    }
}

/// Remarks on cells that are not as they should be, where the rows were kept.
fn notes(log: &Joined) -> Vec<Problem> {
    let Joined {
        notes,
        lines,
        events,
        ..
    } = log;
    let value = notes.values.first(lines).map(|first| {
        let sentence = format!(
            "{} of {} rows have a value that is no number; it is taken as missing, and the events \
             stay (the first: {} has `{}`): check `data.roles.value`.",
            notes.values.count,
            events.len(),
            first.place(),
            first.reason
        );
        Problem::warning("data.roles.value", sentence)
    });
    let marks = notes.marks.first(lines).map(|first| {
        let sentence = format!(
            "{} ids had marks around them that nobody sees, such as a byte order mark; they were \
             taken off (the first: `{}` on {}).",
            notes.marks.count,
            first.reason,
            first.place()
        );
        Problem::warning("data.roles", sentence)
    });
    value.into_iter().chain(marks).collect()
}

/// Sentence on rows that were left out: for which reasons, and where to look first.
fn refusals(
    refused: &[RefusedRow],
    kinds: &[RefusedKind],
    (count, n_read): (usize, usize),
) -> Option<Problem> {
    let first = refused.first()?;
    let counted = |kind: &RefusedKind| format!("{} {}", kind.rows, kind.reason);
    let by_reason = match kinds {
        [] | [_] => String::new(),
        kinds => format!(
            ": {}",
            kinds
                .iter()
                .take(3)
                .map(counted)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let sentence = format!(
        "{count} of {n_read} rows could not be read and were left out{by_reason}; mend them in the \
         file, or choose another column or format; `seqscope data FILE --refused LIST.csv` lists \
         them all (the first: {} {}).",
        first.place(),
        first.reason
    );
    Some(Problem::warning("data", sentence))
}

fn nothing_left(path: &Path, refused: &[RefusedRow], n_read: usize) -> DataError {
    let first = refused.first().map_or_else(String::new, |row| {
        format!(" ({} {})", row.place(), row.reason)
    });
    DataError::Content {
        path: path.to_path_buf(),
        sentence: format!(
            "none of its {n_read} rows can be used{first}; check `data.roles` and \
             `data.time_format`."
        ),
    }
}
