//! Lists in the cells of a table: a user's items in one cell, items in numbered columns, and what
//! was shown to a user with a mark at what was clicked.

use std::collections::HashSet;

use super::{Expand, Expansion, FileHead, filled, nearly_all};
use crate::log::{Role, schema};
use seqscope_base::spec::quotable;

/// Marks that may stand between the elements of a list.
const MARKS: [char; 5] = ['|', ';', ',', '\t', ' '];

/// Cells that hold lists, or columns that are a list together.
#[derive(Clone, Debug)]
pub(in crate::log::source) struct ListColumns {
    /// The columns that hold lists, each with the mark between elements.
    cells: Vec<(usize, char)>,
    /// The columns that are a list together; they follow each other.
    numbered: Vec<usize>,
    /// The columns that hold one cell.
    plain: Vec<usize>,
}

/// The lists that a table holds, where its other columns name no item.
pub(super) fn find(head: &FileHead) -> Option<Expansion> {
    find_numbered(head).or_else(|| {
        let cells: Vec<(usize, char)> = (0..head.columns.len())
            .filter_map(|at| Some((at, mark_of(head, at)?)))
            .collect();
        let plain: Vec<usize> = (0..head.columns.len())
            .filter(|at| cells.iter().all(|(cell, _)| cell != at))
            .collect();
        let name = |at: &usize| head.columns.get(*at);
        if cells.is_empty()
            || plain.is_empty()
            || plain.iter().filter_map(name).any(|name| names_item(name))
        {
            return None;
        }
        let is_items = |at: usize| {
            head.columns
                .get(at)
                .is_some_and(|name| names_item(name) || is_item_list(name))
        };
        let (first, _) = *cells
            .iter()
            .find(|(at, _)| is_items(*at))
            .or_else(|| cells.first().filter(|_| plain.len() == 1))?;
        // Lists of other lengths are told of the user, and no part of the events; those of the
        // same, such as the times, are, though no element comes twice.
        let n_of = |row: &[String], (at, mark): (usize, char)| {
            row.get(at).map_or(0, |cell| elements(cell, mark).count())
        };
        let (_, mark) = *cells.iter().find(|(at, _)| *at == first)?;
        let is_aligned = |at: usize, mark: char| {
            head.rows
                .iter()
                .all(|row| n_of(row, (at, mark)) == n_of(row, (first, mark)))
        };
        let cells: Vec<(usize, char)> = (0..head.columns.len())
            .filter(|&at| is_aligned(at, mark))
            .map(|at| (at, mark))
            .collect();
        let plain: Vec<usize> = plain
            .into_iter()
            .filter(|at| cells.iter().all(|(cell, _)| cell != at))
            .collect();
        if plain.is_empty() {
            return None;
        }
        Some(found(
            head,
            ListColumns {
                cells,
                numbered: Vec::new(),
                plain,
            },
            first,
        ))
    })
}

/// Tells whether a name is one of items.
fn names_item(name: &str) -> bool {
    schema::looks_like_a_log(&["user".to_owned(), name.to_owned()])
}

/// Items that stand in columns called `item_1`, `item_2`, …
fn find_numbered(head: &FileHead) -> Option<Expansion> {
    let stem = |name: &String| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let first = (0..head.columns.len()).find(|&at| {
        let (Some(name), Some(next)) = (head.columns.get(at), head.columns.get(at + 1)) else {
            return false;
        };
        let stem = stem(name);
        let number = |name: &String| {
            name.get(stem.len()..)
                .and_then(|number| number.parse::<usize>().ok())
        };
        !stem.is_empty()
            && next.starts_with(&stem)
            && number(name).is_some_and(|n| n <= 1 && number(next) == Some(n + 1))
            && schema::looks_like_a_log(&[
                "user".to_owned(),
                stem.trim_end_matches(['_', ' ', '-', '.']).to_owned(),
            ])
    })?;
    let stem = stem(head.columns.get(first)?);
    let numbered: Vec<usize> = (first..head.columns.len())
        .take_while(|at| {
            head.columns
                .get(*at)
                .and_then(|name| name.strip_prefix(&stem))
                .is_some_and(|rest| rest.parse::<usize>().is_ok())
        })
        .collect();
    let plain: Vec<usize> = (0..head.columns.len())
        .filter(|at| !numbered.contains(at))
        .collect();
    let has_user = plain
        .iter()
        .filter_map(|&at| head.columns.get(at))
        .any(|name| schema::looks_like_a_log(&[name.clone(), "item".to_owned()]));
    (numbered.len() > 2 && has_user).then(|| {
        found(
            head,
            ListColumns {
                cells: Vec::new(),
                numbered,
                plain,
            },
            first,
        )
    })
}

fn found(head: &FileHead, lists: ListColumns, item: usize) -> Expansion {
    let is_one = lists.numbered.is_empty();
    let mut columns: Vec<String> = lists
        .plain
        .iter()
        .map(|&at| column_name(head, at))
        .collect();
    let at_item = columns.len()
        + lists
            .cells
            .iter()
            .position(|(at, _)| *at == item)
            .unwrap_or(0);
    columns.extend(lists.cells.iter().map(|(at, _)| column_name(head, *at)));
    let told = if is_one {
        let names: Vec<String> = lists
            .cells
            .iter()
            .map(|(at, _)| column_name(head, *at))
            .collect();
        format!(
            "each row holds several items in one list cell ({}): every element of it is taken as \
             one event, in its order, with what stands beside the list.",
            schema::listed(&names)
        )
    } else {
        columns.push("item".to_owned());
        format!(
            "the items of a row stand in {} numbered columns (from `{}` on): each cell of them is \
             taken as one event, in their order, as a list cell would be.",
            lists.numbered.len(),
            quotable(&column_name(head, item))
        )
    };
    // The only column beside the list says whose it is.
    let mut roles = vec![(Role::Item, at_item)];
    if lists.plain.len() == 1 {
        roles.push((Role::User, 0));
    }
    Expansion {
        expand: Expand::Lists(lists),
        columns,
        roles,
        told,
    }
}

/// Name of a column.
fn column_name(head: &FileHead, at: usize) -> String {
    head.columns.get(at).cloned().unwrap_or_default()
}

impl ListColumns {
    pub(super) fn events(&self, row: &[&str]) -> Vec<Vec<String>> {
        let plain: Vec<String> = self
            .plain
            .iter()
            .map(|at| cell_of(row, *at).to_owned())
            .collect();
        let event = |own: Vec<String>| plain.iter().cloned().chain(own).collect::<Vec<String>>();
        if !self.numbered.is_empty() {
            let items = self
                .numbered
                .iter()
                .map(|at| cell_of(row, *at).trim())
                .filter(|item| !item.is_empty());
            return items.map(|item| event(vec![item.to_owned()])).collect();
        }
        let lists: Vec<Vec<&str>> = self
            .cells
            .iter()
            .map(|(at, mark)| elements(cell_of(row, *at), *mark).collect())
            .collect();
        let n = lists.iter().map(Vec::len).max().unwrap_or(0);
        (0..n)
            .map(|at| {
                event(
                    lists
                        .iter()
                        .map(|list| list.get(at).copied().unwrap_or_default().to_owned())
                        .collect(),
                )
            })
            .collect()
    }
}

/// Cell of a row, empty where the row is too short.
fn cell_of<'a>(row: &[&'a str], at: usize) -> &'a str {
    row.get(at).copied().unwrap_or_default()
}

/// The elements of a list, in brackets and quotes or without.
fn elements(cell: &str, mark: char) -> impl Iterator<Item = &str> {
    let cell = cell.trim();
    let inner = cell
        .strip_prefix(['[', '(', '{'])
        .and_then(|cell| cell.strip_suffix([']', ')', '}']));
    let cell = inner.unwrap_or(cell);
    cell.split(mark)
        .map(|element| element.trim().trim_matches(['"', '\'']))
        .filter(|element| !element.is_empty())
}

/// The mark between the elements of a column of lists: most cells hold several, of different
/// number, and the same ones again and again.
fn mark_of(head: &FileHead, at: usize) -> Option<char> {
    let cells = filled(head, at);
    let n = cells.clone().count();
    let is_bracketed = n > 0
        && cells
            .clone()
            .all(|cell| cell.starts_with(['[', '(']) && cell.ends_with([']', ')']));
    MARKS.into_iter().find(|&mark| {
        let all: Vec<&str> = cells
            .clone()
            .flat_map(|cell| elements(cell, mark))
            .collect();
        let counts: Vec<usize> = cells
            .clone()
            .map(|cell| elements(cell, mark).count())
            .collect();
        let n_several = counts.iter().filter(|&&n| n > 1).count();
        let distinct: HashSet<&str> = all.iter().copied().collect();
        // Words of a sentence, the parts of a date and a name with a comma are no ids.
        let is_id = |element: &&str| {
            !element.contains(char::is_whitespace)
                && element.len() <= 64
                && (mark == '|' || is_bracketed || element.contains(|c: char| c.is_ascii_digit()))
        };
        let is_time = crate::value::time::guess(cells.clone()).is_some();
        n > 1
            && 2 * n_several > n
            && all.len() >= 3 * n
            && distinct.len() < all.len()
            && 20 * all.iter().filter(|element| is_id(element)).count() >= 19 * all.len()
            && !is_time
    })
}

/// Whether a column is called as a list of items is.
fn is_item_list(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "item", "history", "sequence", "click", "product", "movie", "track", "song", "basket",
        "visited",
    ]
    .iter()
    .any(|word| name.contains(word))
        && !name.contains("time")
}

/// A column that lists what was shown, each with `-1` where it was clicked and `-0` where not.
#[derive(Clone, Debug)]
pub(in crate::log::source) struct Impressions {
    shown: usize,
    plain: Vec<usize>,
}

/// The impressions of a table, as those of MIND.
pub(super) fn find_impressions(head: &FileHead) -> Option<Expansion> {
    let shown = (1..head.columns.len()).rev().find(|at| {
        nearly_all(filled(head, *at), is_marked_list)
            && filled(head, *at).any(|cell| cell.contains("-0"))
            && nearly_all(filled(head, *at), |cell| cell.contains(' '))
    })?;
    // Histories before the impressions are lists, too, and no part of an event.
    let is_history = |at: usize| {
        let several = filled(head, at).filter(|cell| cell.contains(' ')).count();
        2 * several > filled(head, at).count()
            && crate::value::time::guess(filled(head, at)).is_none()
    };
    let plain: Vec<usize> = (0..head.columns.len())
        .filter(|&at| at != shown && !is_history(at))
        .collect();
    let mut columns: Vec<String> = plain
        .iter()
        .filter_map(|&at| head.columns.get(at))
        .cloned()
        .collect();
    let roles = vec![(Role::Item, columns.len())];
    columns.push("clicked".to_owned());
    let name = head.columns.get(shown)?;
    Some(Expansion {
        told: format!(
            "the column `{}` holds impressions: those that were clicked (`-1`) are taken as \
             events; what was only shown (`-0`) and the histories beside it are left out.",
            quotable(name)
        ),
        columns,
        roles,
        expand: Expand::Impressions(Impressions { shown, plain }),
    })
}

fn is_marked_list(cell: &str) -> bool {
    cell.split_whitespace()
        .all(|shown| shown.len() > 2 && (shown.ends_with("-1") || shown.ends_with("-0")))
}

impl Impressions {
    pub(super) fn events(&self, row: &[&str]) -> Vec<Vec<String>> {
        let clicked = cell_of(row, self.shown)
            .split_whitespace()
            .filter_map(|shown| shown.strip_suffix("-1"));
        clicked
            .map(|item| {
                self.plain
                    .iter()
                    .map(|at| cell_of(row, *at).to_owned())
                    .chain([item.to_owned()])
                    .collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_of_a_list_is_an_event() {
        let lists = ListColumns {
            cells: vec![(1, '|'), (2, ',')],
            numbered: Vec::new(),
            plain: vec![0],
        };
        assert_eq!(
            lists.events(&["u", "a|b", "[1, 2]"]),
            [["u", "a", "1"], ["u", "b", "2"]]
        );
        assert_eq!(
            elements("['a', \"b\"]", ',').collect::<Vec<_>>(),
            ["a", "b"]
        );
        let numbered = ListColumns {
            cells: Vec::new(),
            numbered: vec![1, 2, 3],
            plain: vec![0],
        };
        assert_eq!(
            numbered.events(&["u", "a", " b", ""]),
            [["u", "a"], ["u", "b"]]
        );
    }

    #[test]
    fn what_was_clicked_is_an_event() {
        let shown = Impressions {
            shown: 2,
            plain: vec![0, 1],
        };
        assert_eq!(
            shown.events(&["u", "t", "N1-0 N2-1 N-3-1"]),
            [["u", "t", "N2"], ["u", "t", "N-3"]]
        );
    }
}
