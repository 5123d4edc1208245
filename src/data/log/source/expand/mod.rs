//! Tables of text whose rows are not one event each: a matrix of ratings, lists in cells,
//! impressions of which some were clicked, and the log of a web server, whose fields are not
//! columns as they stand.
//!
//! Rows are split as those of any text and then become events; which table it is, is told from the
//! first of them.

mod lists;
mod matrix;
mod weblog;

pub(super) use weblog::are_requests;

use super::{FileHead, RawCells, RawRows, Refused, SAMPLE_ROWS};
use crate::log::{FileFormat, Role};
use seqscope_base::spec::{Problem, Sentence};

/// How rows become events.
#[derive(Clone, Debug)]
pub(super) enum Expand {
    /// One row a user, one column an item.
    Matrix(matrix::ItemMatrix),
    /// Cells hold lists, or items stand in columns that are numbered.
    Lists(lists::ListColumns),
    /// A cell lists what was shown, and marks what was clicked.
    Impressions(lists::Impressions),
    /// A request a row.
    WebLog(weblog::WebLog),
}

/// A way to expand a table, and why it was taken.
struct Expansion {
    expand: Expand,
    columns: Vec<String>,
    roles: Vec<(Role, usize)>,
    told: String,
}

/// The head of a table of text, as events where its rows are none by themselves.
///
/// # Errors
/// The sentence of a table that is recognised and cannot be read.
pub(super) fn guessed(head: FileHead) -> Result<FileHead, String> {
    if let Some(found) = weblog::find(&head) {
        return Ok(found.into_head(head));
    }
    if let Some(found) = lists::find_impressions(&head).or_else(|| lists::find(&head)) {
        return Ok(found.into_head(head));
    }
    match matrix::find(&head)? {
        Some(found) => Ok(found.into_head(head)),
        None => Ok(head),
    }
}

/// Expands a table of which it was said what it is.
pub(super) fn said(head: FileHead) -> Result<FileHead, String> {
    let format = head.file.format.unwrap_or(FileFormat::Text);
    let found = match format {
        FileFormat::WebLog => weblog::find(&head),
        FileFormat::Impressions => lists::find_impressions(&head),
        FileFormat::ListCells => lists::find(&head),
        FileFormat::Matrix => matrix::find(&head)?,
        _ => None,
    };
    match found.filter(|found| found.expand.format() == format) {
        Some(found) => Ok(found.into_head(head)),
        None => Err(format!(
            "it is not {format}, as `data.format` says; leave that out to have it guessed."
        )),
    }
}

impl Expand {
    fn format(&self) -> FileFormat {
        match self {
            Self::Matrix(_) => FileFormat::Matrix,
            Self::Lists(_) => FileFormat::ListCells,
            Self::Impressions(_) => FileFormat::Impressions,
            Self::WebLog(_) => FileFormat::WebLog,
        }
    }

    /// The events of a row, or why it has none.
    fn events(&self, row: &[&str]) -> Result<Vec<Vec<String>>, Sentence> {
        match self {
            Self::Matrix(matrix) => Ok(matrix.events(row)),
            Self::Lists(lists) => Ok(lists.events(row)),
            Self::Impressions(shown) => Ok(shown.events(row)),
            Self::WebLog(log) => log.events(row).map(|event| vec![event]),
        }
    }

    /// Rows of all columns of the file as events of the `wanted` ones.
    pub(super) fn rows(&self, rows: &RawRows, wanted: &[usize]) -> RawRows {
        let columns: Vec<Vec<&str>> = rows.columns.iter().map(texts).collect();
        let (mut cells, mut lines) = (vec![Vec::new(); wanted.len()], rows.lines.without_rows());
        let mut refused = Refused::default();
        let mut row = Vec::with_capacity(columns.len());
        for at in 0..rows.lines.len() {
            row.clear();
            row.extend(
                columns
                    .iter()
                    .map(|column| column.get(at).copied().unwrap_or_default()),
            );
            match self.events(&row) {
                Ok(events) => {
                    for mut event in events {
                        lines.push(rows.lines.place(at));
                        for (column, &at) in std::iter::zip(&mut cells, wanted) {
                            column.push(
                                event
                                    .get_mut(at)
                                    .map(std::mem::take)
                                    .filter(|cell| !cell.is_empty()),
                            );
                        }
                    }
                }
                Err(reason) => refused.push(rows.lines.place(at), || reason),
            }
        }
        refused.merge(rows.refused.clone());
        let columns = cells
            .into_iter()
            .map(|cells| RawCells::Text(cells.into_iter().collect()))
            .collect();
        RawRows {
            columns,
            n_read: lines.len() + refused.count,
            lines,
            refused,
        }
    }
}

fn texts(cells: &RawCells) -> Vec<&str> {
    cells
        .text()
        .map(|texts| texts.iter().map(Option::unwrap_or_default).collect())
        .unwrap_or_default()
}

impl Expansion {
    fn into_head(self, mut head: FileHead) -> FileHead {
        let Self {
            expand,
            columns,
            roles,
            told,
        } = self;
        let events = head.rows.iter().filter_map(|row| {
            let row: Vec<&str> = row.iter().map(String::as_str).collect();
            expand.events(&row).ok()
        });
        head.rows = events.flatten().take(SAMPLE_ROWS).collect();
        head.columns = columns;
        head.told_roles = roles;
        head.file.format = Some(expand.format());
        if let Expand::WebLog(_) = expand {
            // Nothing else of a request is what a person did, or how much.
            for role in [Role::Behaviour, Role::Value] {
                head.file
                    .roles
                    .slot_mut(role)
                    .get_or_insert_with(String::new);
            }
        }
        head.problems.push(Problem::warning("data.format", told));
        head.expand = Some(expand);
        head
    }
}

/// The cells of a column of the first rows that hold something.
fn filled(head: &FileHead, at: usize) -> impl Iterator<Item = &str> + Clone {
    head.rows
        .iter()
        .filter_map(move |row| row.get(at))
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
}

/// Whether nearly all of the cells are so; an empty column is not.
fn nearly_all<'a>(cells: impl Iterator<Item = &'a str> + Clone, is: impl Fn(&str) -> bool) -> bool {
    let n = cells.clone().count();
    n > 0 && 10 * cells.filter(|cell| is(cell)).count() >= 9 * n
}
