//! Columns of a table that is joined: the one that was named, or the one that holds the log's ids.

use crate::data::schema::{cells, listed};
use crate::data::source::Head;
use crate::data::{DataError, Vocab};
use crate::spec::{did_you_mean, quotable};

/// The column of that name. `table` is what a sentence calls the table, `field` the setting.
pub(in crate::data) fn named(head: &Head, name: &str, table: &str, field: &str) -> Result<usize, DataError> {
    head.columns.iter().position(|column| column == name).ok_or_else(|| {
        let near = did_you_mean(name, head.columns.iter().map(String::as_str));
        DataError::Setting {
            field: field.to_owned(),
            sentence: match near {
                Some(near) => {
                    format!("the {table} has no column `{}`; did you mean `{}`?", quotable(name), quotable(&near))
                }
                None => format!("the {table} has no column `{}`; it has {}.", quotable(name), listed(&head.columns)),
            },
        }
    })
}

/// The column whose first rows hold most of the log's ids; of equals the first.
pub(in crate::data) fn most_matches(head: &Head, ids: &Vocab) -> Option<usize> {
    let matches = |at: &usize| cells(head, *at).filter(|id| ids.idx(id).is_some()).count();
    (0..head.columns.len()).rev().max_by_key(matches).filter(|at| matches(at) > 0)
}
