//! `SQLite` databases: one table, or what one query gives, read without writing anything.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};

use super::text::unique;
use super::{FileHead, Lines, RawCells, RawRows, Refused, SAMPLE_ROWS, open};
use crate::error::DataError;
use crate::load_progress::{LoadProgress, Stage, check_cancelled_at};
use crate::log::{FileSpec, schema};
use seqscope_base::spec::{Sentence, guarded, quotable};

/// See [`super::head`].
pub(super) fn head(mut file: FileSpec, path: &Path) -> Result<FileHead, DataError> {
    let database = connect(path)?;
    if file.query.is_none() && file.table.is_none() {
        file.table = Some(guess_table(&database, path)?);
    }
    let mut statement = prepare(&database, &file, path)?;
    let names = names(&statement).ok_or_else(|| {
        DataError::content(
            path,
            "the name of a column is not valid UTF-8; name it anew, or copy the database again."
                .to_owned(),
        )
    })?;
    let (columns, problem) = unique(names);
    let n_columns = columns.len();
    let mut sample = Vec::new();
    let mut rows = statement
        .query([])
        .map_err(|error| unreadable(path, &error))?;
    while sample.len() < SAMPLE_ROWS
        && let Some(row) = rows.next().map_err(|error| unreadable(path, &error))?
    {
        sample.push(
            (0..n_columns)
                .map(|at| row.get_ref(at).map_or_else(|_| String::new(), seen))
                .collect(),
        );
    }
    if sample.is_empty() {
        let of = file.table.as_deref().map_or_else(
            || "the query".to_owned(),
            |name| format!("the table `{}`", quotable(name)),
        );
        return Err(DataError::content(
            path,
            format!("{of} gives no rows; name another in `data.table` or `data.query`."),
        ));
    }
    let mut head = FileHead::new(file, columns, sample);
    head.problems.extend(problem);
    Ok(head)
}

/// See [`super::rows`].
pub(super) fn rows(
    head: &FileHead,
    path: &Path,
    wanted: &[usize],
    progress: &dyn LoadProgress,
) -> Result<RawRows, DataError> {
    // How many rows a query gives is known when it has given them.
    progress.reached(Stage::Reading, None);
    let database = connect(path)?;
    let mut statement = prepare(&database, &head.file, path)?;
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); wanted.len()];
    let (mut lines, mut refused, mut n_read) = (Lines::default(), Refused::default(), 0);
    let mut rows = statement
        .query([])
        .map_err(|error| unreadable(path, &error))?;
    while let Some(row) = rows.next().map_err(|error| unreadable(path, &error))? {
        check_cancelled_at(n_read, progress)?;
        n_read += 1;
        let cells: Result<Vec<Option<String>>, Sentence> = wanted
            .iter()
            .map(|&at| {
                row.get_ref(at)
                    .map_err(|error| {
                        Sentence::from("cannot be read (")
                            .raw_example(error.to_string())
                            .words(")")
                    })
                    .and_then(text)
            })
            .collect();
        match cells {
            Ok(cells) => {
                lines.push(n_read);
                std::iter::zip(&mut columns, cells).for_each(|(column, cell)| column.push(cell));
            }
            Err(reason) => refused.push(n_read, || reason),
        }
    }
    let columns = columns
        .into_iter()
        .map(|cells| RawCells::Text(cells.into_iter().collect()))
        .collect();
    Ok(RawRows {
        columns,
        n_read,
        lines,
        refused,
    })
}

/// Why a query is not run, if it is not.
pub(crate) fn refused_query(query: &str) -> Option<String> {
    let first = query.split_whitespace().next().unwrap_or_default();
    let is_question = first.eq_ignore_ascii_case("select") || first.eq_ignore_ascii_case("with");
    (!is_question).then(|| {
        "a query only reads: begin `data.query` with SELECT, such as `SELECT user, item, time FROM \
         events`."
            .to_owned()
    })
}

/// Opens a database for reading only: neither the file nor one beside it is written.
fn connect(path: &Path) -> Result<Connection, DataError> {
    open::file(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|error| unreadable(path, &error))
}

fn prepare<'a>(
    database: &'a Connection,
    file: &FileSpec,
    path: &Path,
) -> Result<Statement<'a>, DataError> {
    if let Some(query) = &file.query {
        if let Some(sentence) = refused_query(query) {
            return Err(DataError::setting("data.query", sentence));
        }
        let statement = database
            .prepare(query.trim().trim_end_matches(';'))
            .map_err(|error| {
                DataError::setting(
                    "data.query",
                    Sentence::from("the query cannot be run (")
                        .foreign(&error.to_string())
                        .words("); mend `data.query`."),
                )
            })?;
        if !statement.readonly() {
            return Err(DataError::setting(
                "data.query",
                "the query would write; `data.query` may only SELECT.".to_owned(),
            ));
        }
        return Ok(statement);
    }
    let table = file.table.as_deref().unwrap_or_default();
    let known = tables(database, path)?;
    if !known.iter().any(|name| name.eq_ignore_ascii_case(table)) {
        let sentence = format!(
            "the database has no table `{}`; it has {}.",
            quotable(table),
            schema::listed(&known)
        );
        return Err(DataError::setting("data.table", sentence));
    }
    database
        .prepare(&format!("SELECT * FROM {}", quoted(table)))
        .map_err(|error| unreadable(path, &error))
}

/// The only table, or the only one whose columns look like a log's.
fn guess_table(database: &Connection, path: &Path) -> Result<String, DataError> {
    let known = tables(database, path)?;
    let name = match known.as_slice() {
        [] => {
            return Err(DataError::content(
                path,
                "the database holds no table; choose one that holds a log.".to_owned(),
            ));
        }
        [only] => Some(only),
        several => {
            let logs: Vec<&String> = several
                .iter()
                .filter(|table| {
                    let statement = database.prepare(&format!("SELECT * FROM {}", quoted(table)));
                    statement.is_ok_and(|statement| {
                        names(&statement).is_some_and(|names| schema::looks_like_a_log(&names))
                    })
                })
                .collect();
            // A view is made of tables, and mostly shows what one of them holds.
            let tables: Vec<&String> = logs
                .iter()
                .filter(|name| {
                    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
                    database.query_row(sql, [name.as_str()], |_| Ok(())).is_ok()
                })
                .copied()
                .collect();
            match (logs.as_slice(), tables.as_slice()) {
                ([only], _) | (_, [only]) => Some(*only),
                _ => None,
            }
        }
    };
    name.cloned().ok_or_else(|| {
        DataError::setting(
            "data.table",
            format!(
                "the database has several tables; name the log in `data.table`: {}.",
                schema::listed(&known)
            ),
        )
    })
}

/// Tables and views, in order of name.
fn tables(database: &Connection, path: &Path) -> Result<Vec<String>, DataError> {
    let sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE \
               'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = database.prepare(sql)?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    read().map_err(|error| unreadable(path, &error))
}

/// Names of columns; `None` when one is no text, at which rusqlite panics.
fn names(statement: &Statement<'_>) -> Option<Vec<String>> {
    guarded(|| {
        statement
            .column_names()
            .map(|name| name.trim().to_owned())
            .collect()
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value of any type as a cell. Whole numbers kept as reals lose their `.0`, so that ids stay
/// ids; bytes that are no text are written in hexadecimal digits.
fn text(value: ValueRef<'_>) -> Result<Option<String>, Sentence> {
    Ok(match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        // Below 2^53 a real that is whole is that number exactly.
        ValueRef::Real(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => {
            Some(format!("{number:.0}"))
        }
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(_) => return Err("is not valid UTF-8".into()),
        },
        ValueRef::Blob(bytes) => {
            Some(std::str::from_utf8(bytes).map_or_else(|_| hexadecimal(bytes), str::to_owned))
        }
    })
}

/// A value as it is looked at in a head: of a picture or a book, the beginning.
fn seen(value: ValueRef<'_>) -> String {
    const LONGEST: usize = 4_096;
    let shorter = match value {
        ValueRef::Blob(bytes) => ValueRef::Blob(bytes.get(..LONGEST).unwrap_or(bytes)),
        value => value,
    };
    text(shorter).ok().flatten().unwrap_or_default()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(
        String::with_capacity(2 * bytes.len()),
        |mut digits, byte| {
            digits.push_str(&format!("{byte:02x}"));
            digits
        },
    )
}

fn unreadable(path: &Path, error: &rusqlite::Error) -> DataError {
    let sentence = Sentence::from("it is not a readable SQLite database (")
        .foreign(&error.to_string())
        .words("); check it (sqlite3 FILE 'PRAGMA integrity_check'), or copy it again.");
    DataError::content(path, sentence)
}
