//! Matrices of ratings: one row a user, one column an item, and in most cells nothing.

use std::collections::HashSet;

use super::{Expand, Expansion, FileHead, filled};
use crate::log::{Role, schema};
use seqscope_base::spec::quotable;

/// A matrix of ratings.
#[derive(Clone, Debug)]
pub(in crate::log::source) struct ItemMatrix {
    /// The items, by column; the first column is the user.
    items: Vec<String>,
    /// Whether a zero says that there is no rating.
    zero_is_none: bool,
}

/// Fewest items: tables of fewer columns are told of users.
const LEAST_ITEMS: usize = 6;

/// The matrix that a table is, if it is one.
pub(super) fn find(head: &FileHead) -> Result<Option<Expansion>, String> {
    let n_items = head.columns.len().saturating_sub(1);
    if n_items < LEAST_ITEMS
        || head
            .columns
            .iter()
            .skip(1)
            .any(|name| schema::is_known_name(name))
    {
        return Ok(None);
    }
    let numbers = (1..=n_items).flat_map(|at| filled(head, at));
    let mut values: HashSet<&str> = HashSet::new();
    let mut n_zero = 0;
    for cell in numbers.clone() {
        let Ok(number) = cell.parse::<f64>() else {
            return Ok(None);
        };
        if !(-100.0..=100.0).contains(&number) {
            return Ok(None);
        }
        n_zero += usize::from(number == 0.0);
        values.insert(cell);
    }
    let n_cells = n_items * head.rows.len();
    let n_filled = numbers.count();
    let users: HashSet<&str> = filled(head, 0).collect();
    let zero_is_none = n_filled == n_cells && 10 * n_zero >= 3 * n_cells;
    let is_sparse = zero_is_none || 10 * n_filled <= 8 * n_cells;
    if values.len() > 21 || !is_sparse || head.rows.len() < 3 || users.len() != head.rows.len() {
        return Ok(None);
    }
    if head.file.header == Some(false) {
        return Err(
            "this looks like a matrix of ratings (a row a user, a column an item) without names of \
             the items; write one rating a line (`user,item,rating`), or name the columns in the \
             first line."
                .to_owned(),
        );
    }
    let user = head
        .columns
        .first()
        .filter(|name| !name.starts_with("column_"))
        .map_or("user", String::as_str);
    let zeros = if zero_is_none { " and zeros" } else { "" };
    Ok(Some(Expansion {
        told: format!(
            "this is a matrix of ratings: each row is taken as a user (`{}`), each of the \
             {n_items} other columns as an item, each cell as the value of an event; empty \
             cells{zeros} are no events, and nothing tells their time.",
            quotable(user)
        ),
        columns: vec![user.to_owned(), "item".to_owned(), "value".to_owned()],
        roles: vec![(Role::User, 0), (Role::Item, 1), (Role::Value, 2)],
        expand: Expand::Matrix(ItemMatrix {
            items: head.columns.iter().skip(1).cloned().collect(),
            zero_is_none,
        }),
    }))
}

impl ItemMatrix {
    pub(super) fn events(&self, row: &[&str]) -> Vec<Vec<String>> {
        let Some((user, cells)) = row.split_first() else {
            return Vec::new();
        };
        std::iter::zip(&self.items, cells)
            .map(|(item, cell)| (item, cell.trim()))
            .filter(|(_, cell)| !is_none(cell, self.zero_is_none))
            .map(|(item, cell)| vec![(*user).to_owned(), item.clone(), cell.to_owned()])
            .collect()
    }
}

/// Tells whether a cell says that there is no event.
fn is_none(cell: &str, zero_is_none: bool) -> bool {
    cell.is_empty()
        || cell.eq_ignore_ascii_case("nan")
        || (zero_is_none && cell.parse() == Ok(0.0_f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_holds_something_is_an_event() {
        let matrix = |zero_is_none| ItemMatrix {
            items: ["a", "b", "c"].map(str::to_owned).to_vec(),
            zero_is_none,
        };
        assert_eq!(
            matrix(false).events(&["u", "", "0", " 5 "]),
            [["u", "b", "0"], ["u", "c", "5"]]
        );
        assert_eq!(
            matrix(true).events(&["u", "0", "0.0", "5"]),
            [["u", "c", "5"]]
        );
    }
}
