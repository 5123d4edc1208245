//! Columns of a table that is joined: the one that was named, or the one that holds the log's ids.

use crate::error::DataError;
use crate::log::schema::{cells, listed, normal};
use crate::log::source::FileHead;
use crate::log::{FileSpec, Role, SideOf, Vocab, writings};
use seqscope_base::spec::{did_you_mean, quotable};

/// The column of that name. `table` is what a sentence calls the table, `field` the setting.
pub(crate) fn named(
    head: &FileHead,
    name: &str,
    table: &str,
    field: &str,
) -> Result<usize, DataError> {
    head.columns
        .iter()
        .position(|column| column == name)
        .ok_or_else(|| {
            let near = did_you_mean(name, head.columns.iter().map(String::as_str));
            DataError::setting(
                field,
                match near {
                    Some(near) => {
                        format!(
                            "the {table} has no column `{}`; did you mean `{}`?",
                            quotable(name),
                            quotable(&near)
                        )
                    }
                    None => format!(
                        "the {table} has no column `{}`; it has {}.",
                        quotable(name),
                        listed(&head.columns)
                    ),
                },
            )
        })
}

/// The column that holds the log's ids, and whether that is sure.
///
/// Among the columns with any id in their first rows it is the one that is called as in the log,
/// else one that is called after what it is of, else the one with most; of equals the first. Where
/// a name says nothing and several columns match, it is a guess: a running number matches ids, too.
pub(crate) fn most_matches(
    head: &FileHead,
    of: SideOf,
    log: &FileSpec,
    ids: &Vocab,
) -> Option<(usize, bool)> {
    let (own, other) = match of {
        SideOf::Items => (Role::Item, Role::User),
        SideOf::Users => (Role::User, Role::Item),
    };
    let as_in_log = |name: &str, role| {
        log.roles
            .column(role)
            .is_some_and(|column| normal(column) == name)
    };
    let is_of =
        |name: &str, role: Role| as_in_log(name, role) || name.contains(&normal(&role.to_string()));
    let candidates: Vec<usize> = (0..head.columns.len())
        .rev()
        .filter(|&at| n_matches(head, ids, at) > 0)
        .collect();
    let best = candidates.iter().copied().max_by_key(|&at| {
        let name = normal_name(head, at);
        (
            as_in_log(&name, own),
            is_of(&name, own),
            !is_of(&name, other),
            n_matches(head, ids, at),
        )
    })?;
    Some((
        best,
        candidates.len() == 1 || is_of(&normal_name(head, best), own),
    ))
}

/// Counts the cells of a column that are ids of the log.
fn n_matches(head: &FileHead, ids: &Vocab, at: usize) -> usize {
    cells(head, at)
        .filter(|id| writings::known_as(ids, id).is_some())
        .count()
}

/// Name of a column, without what names differ in.
fn normal_name(head: &FileHead, at: usize) -> String {
    normal(head.columns.get(at).map_or("", String::as_str))
}
