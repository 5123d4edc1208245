//! The names of columns: one for each field of a row, all there and all different.

use seqscope_base::spec::{Problem, quotable};

/// Names for all fields of a row.
pub(super) struct FittedNames {
    pub(super) columns: Vec<String>,
    /// Doubt about what had to be assumed.
    pub(super) problem: Option<Problem>,
}

/// A header as long as the rows; `None` where nothing tells how it is to be read.
///
/// It may be shorter: a separator stands behind the last field of every row, the first column is
/// the name of the row (as R writes tables), or the last name is that of several numbers. It may be
/// longer by a separator at its own end.
pub(super) fn fit(
    mut names: Vec<String>,
    n_fields: usize,
    rows: &[Vec<String>],
) -> Option<FittedNames> {
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| row.len() == n_fields).collect();
    let n_names = names.len();
    if n_names >= n_fields {
        let is_blank = names
            .iter()
            .skip(n_fields)
            .all(|name| name.trim().is_empty());
        names.truncate(n_fields);
        return is_blank.then_some(FittedNames {
            columns: names,
            problem: None,
        });
    }
    if (n_names..n_fields).all(|at| cells(&rows, at).all(str::is_empty)) {
        names.resize(n_fields, String::new());
        return Some(FittedNames {
            columns: names,
            problem: None,
        });
    }
    if n_fields == n_names + 1 && names_rows(cells(&rows, 0)) {
        names.insert(0, "row".to_owned());
        let sentence = "the first line names a column less than the rows have: the first column is \
                        taken as the name of the row, as R writes tables.";
        return Some(FittedNames {
            columns: names,
            problem: Some(Problem::warning("data.header", sentence)),
        });
    }
    let last = names.last()?.trim().to_owned();
    let is_list = n_names >= 3
        && (n_names - 1..n_fields)
            .all(|at| cells(&rows, at).all(|cell| cell.parse::<f64>().is_ok()));
    is_list.then(|| {
        names.extend((2..=n_fields - n_names + 1).map(|at| format!("{last}_{at}")));
        let sentence = format!(
            "the first line names {n_names} columns and the rows have {n_fields}: the last name, \
             `{0}`, is taken as that of a list of {1} numbers (`{0}`, `{0}_2`, …).",
            quotable(&last),
            n_fields - n_names + 1
        );
        FittedNames {
            columns: names,
            problem: Some(Problem::warning("data.header", sentence)),
        }
    })
}

fn cells<'a>(rows: &'a [&Vec<String>], at: usize) -> impl Iterator<Item = &'a str> + Clone {
    rows.iter()
        .filter_map(move |row| row.get(at))
        .map(|cell| cell.trim())
}

/// Whether cells are the names of rows: numbers one after another, or texts that are all different.
fn names_rows<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> bool {
    if are_row_numbers(cells.clone()) {
        return true;
    }
    let n = cells.clone().count();
    let different: std::collections::HashSet<&str> = cells.clone().collect();
    n > 1 && different.len() == n && cells.into_iter().all(|cell| cell.parse::<f64>().is_err())
}

/// Whether cells are whole numbers that go up by one, from 0 or 1 on.
pub(super) fn are_row_numbers<'a>(mut cells: impl Iterator<Item = &'a str>) -> bool {
    let Some(first) = cells
        .next()
        .and_then(|cell| cell.parse::<u64>().ok())
        .filter(|&first| first <= 1)
    else {
        return false;
    };
    let mut n = 1;
    cells.all(|cell| {
        let is_next = cell.parse::<u64>() == Ok(first + n);
        n += 1;
        is_next
    }) && n > 2
}

/// A column name without blanks around it and without the type that RecBole's files add
/// (`user_id:token`).
pub(super) fn clean(name: &str) -> String {
    let name = name.trim();
    match name.rsplit_once(':') {
        Some((before, "token" | "token_seq" | "float" | "float_seq")) => before.trim().to_owned(),
        _ => name.to_owned(),
    }
}

/// Names that are all there and all different, and a warning where some had to be changed for it.
pub(in crate::log::source) fn unique(names: Vec<String>) -> (Vec<String>, Option<Problem>) {
    let mut taken = std::collections::HashSet::new();
    // Where to go on counting: a line of a megabyte may be one name, half a million times.
    let mut n_of: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let (mut repeated, mut n_repeated) = (Vec::new(), 0_usize);
    let unique = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let name = if name.is_empty() {
                format!("column_{}", at + 1)
            } else {
                name
            };
            let mut free = name.clone();
            while !taken.insert(free.clone()) {
                let n = n_of.entry(name.clone()).or_insert(1);
                *n += 1;
                free = format!("{name}_{n}");
            }
            if free != name && repeated.len() < 5 {
                repeated.push(format!(
                    "the other `{}` is called `{}`",
                    quotable(&name),
                    quotable(&free)
                ));
            }
            n_repeated += usize::from(free != name);
            free
        })
        .collect();
    let problem = (!repeated.is_empty()).then(|| {
        let more = n_repeated.saturating_sub(5);
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        let sentence = format!(
            "several columns have the same name: {}{more}; check that the roles take the right \
             one.",
            repeated.join(", ")
        );
        Problem::warning("data.roles", sentence)
    });
    (unique, problem)
}
