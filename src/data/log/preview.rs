//! The head of a log, as it will be read.

use super::open::no_time;
use super::{Beside, FileSpec, Packing, Pseudonymiser, Role, columns, flag, schema, source};
use crate::error::DataError;
use crate::value::TimeFormat;
use seqscope_base::spec::Problem;

/// The head of a file as it will be read, with what was guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The file with every guess filled in: format, encoding, separator, header, roles, time
    /// format.
    pub file: FileSpec,
    /// Column names.
    pub columns: Vec<String>,
    /// The first rows as text, at most 50; each as long as `columns`.
    pub rows: Vec<Vec<String>>,
    /// Size on disk, of all files together.
    pub n_bytes: u64,
    /// How the file is packed.
    pub packing: Packing,
    /// How many files the path names; the rows are those of the first.
    pub n_files: usize,
    /// Tables of items and users that lie beside the file, as their names say; none of them is read
    /// unless the settings name it.
    pub beside: Vec<Beside>,
    /// Doubts and gaps: no item column found, no time.
    pub problems: Vec<Problem>,
}

impl Preview {
    /// Whether it has times that are moments. Times that only order are left out, since they may
    /// count each user's own steps.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        self.file.roles.column(Role::Time).is_some()
            && !self
                .file
                .time_format
                .as_ref()
                .is_some_and(TimeFormat::only_orders)
    }
}

/// How many rows a preview shows.
const PREVIEW_ROWS: usize = 50;

/// Reads the head of a file and guesses what was not said.
///
/// # Errors
/// [`DataError`] when the file cannot be read or holds no rows.
pub fn preview(file: &FileSpec) -> Result<Preview, DataError> {
    bare_preview(file).map_err(|error| file.pseudonyms.hide_in_error(error))
}

/// A preview, or an error that may quote the log.
fn bare_preview(file: &FileSpec) -> Result<Preview, DataError> {
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
    let problems = file.pseudonyms.hide_in_problems(problems);
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
