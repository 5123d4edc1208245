//! Rows that are taken only where a column says so: logs of what was shown often tell in a column
//! of 0 and 1 which of it was clicked.

use super::FileSpec;
use super::StepCount;
use super::columns::{ColumnKind, FreeColumn, FreeValues, WantedColumn};
use super::events::Events;
use super::schema::{cells, listed, normal};
use super::source::FileHead;
use crate::error::DataError;
use crate::value::NumberStyle;
use seqscope_base::spec::{Problem, Sentence, did_you_mean, quotable};

/// Path of the setting.
const FIELD: &str = "data.only_where";

/// Names of columns that tell whether something was done with what was shown.
const NAMES: [&str; 28] = [
    "click",
    "clicked",
    "clicks",
    "isclick",
    "isclicked",
    "clickflag",
    "clk",
    "label",
    "labels",
    "target",
    "purchased",
    "purchase",
    "ispurchase",
    "ispurchased",
    "buy",
    "bought",
    "isbuy",
    "converted",
    "conversion",
    "isconverted",
    "ordered",
    "isordered",
    "positive",
    "ispositive",
    "interacted",
    "response",
    "viewed",
    "isplayed",
];

/// Which rows are taken, as a setting says it: `click = 1`, or `click` for the same.
struct OnlyWhere<'a> {
    column: &'a str,
    at: usize,
    value: &'a str,
}

impl<'a> OnlyWhere<'a> {
    /// `None` where all rows are taken.
    fn of_settings(head: &FileHead, file: &'a FileSpec) -> Result<Option<Self>, Problem> {
        let text = file.only_where.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        // A column may have such a mark in its own name.
        let (column, value) = match text.split_once('=') {
            Some((column, value)) if position(head, text).is_none() => {
                (column.trim(), value.trim_start_matches('=').trim())
            }
            _ => (text, "1"),
        };
        if value.is_empty() || column.is_empty() || column.ends_with(['!', '<', '>']) {
            return refused(format!(
                "`{}` does not say which rows are taken; write a column and its value, such as \
                 `click = 1`.",
                quotable(text)
            ));
        }
        let value = value
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.strip_suffix(['"', '\'']))
            .unwrap_or(value);
        match position(head, column) {
            Some(at) => Ok(Some(Self { column, at, value })),
            None => {
                let near = did_you_mean(column, head.columns.iter().map(String::as_str));
                let cure = match near {
                    Some(near) => format!("did you mean `{}`?", quotable(&near)),
                    None => format!("the file has {}.", listed(&head.columns)),
                };
                refused(format!(
                    "there is no column `{}` to take rows by; {cure}",
                    quotable(column)
                ))
            }
        }
    }

    /// Whether a cell has the value; numbers and yes or no are one however they are written.
    fn takes(&self, cell: Option<&str>) -> bool {
        cell.is_some_and(|cell| {
            cell.eq_ignore_ascii_case(self.value) || plain(cell) == plain(self.value)
        })
    }
}

/// Place of the column of a name.
fn position(head: &FileHead, name: &str) -> Option<usize> {
    head.columns.iter().position(|column| column == name)
}

fn refused<T>(sentence: String) -> Result<T, Problem> {
    Err(Problem::error(FIELD, sentence))
}

/// A cell in the one way in which its like are compared.
fn plain(cell: &str) -> String {
    match cell.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" => "1".to_owned(),
        "false" | "f" | "no" | "n" => "0".to_owned(),
        text => text
            .parse::<f64>()
            .map_or_else(|_| text.to_owned(), |number| number.to_string()),
    }
}

/// Problem with the setting; where there is no setting, advice on a column that asks for one.
pub(super) fn problem(head: &FileHead, file: &FileSpec) -> Option<Problem> {
    match OnlyWhere::of_settings(head, file) {
        Err(problem) => Some(problem),
        Ok(Some(_)) => None,
        Ok(None) if file.only_where.is_some() => None,
        Ok(None) => proposal(head, file),
    }
}

/// A column called like a click that holds 0 as well as 1: rows of 0 are no events of the user.
fn proposal(head: &FileHead, file: &FileSpec) -> Option<Problem> {
    if head.file.header == Some(false) || file.roles.column(super::Role::User).is_none() {
        return None;
    }
    let at = (0..head.columns.len()).find(|&at| is_flag(head, at))?;
    let name = quotable(head.columns.get(at).map_or("", String::as_str));
    let n_zero = cells(head, at).filter(|cell| plain(cell) == "0").count();
    let sentence = format!(
        "the column `{name}` holds 0 in {n_zero} of the first {} rows, as if these had only been \
         shown, and all rows are taken as events: write \"{name} = 1\" in `{FIELD}` to take the \
         others only, or \"\" there to keep all.",
        head.rows.len()
    );
    Some(Problem::warning(FIELD, sentence))
}

/// Tells whether a column is named as flags are and holds both 0 and 1 and nothing else.
fn is_flag(head: &FileHead, at: usize) -> bool {
    let name = normal(head.columns.get(at).map_or("", String::as_str));
    let values: Vec<String> = cells(head, at)
        .filter(|cell| !cell.is_empty())
        .map(plain)
        .collect();
    NAMES.contains(&name.as_str())
        && values.iter().all(|value| value == "0" || value == "1")
        && ["0", "1"]
            .iter()
            .all(|wanted| values.iter().any(|value| value == wanted))
}

/// The column that rows are taken by, to be read beside the others; it comes last.
pub(super) fn wanted(head: &FileHead, file: &FileSpec) -> Result<Option<WantedColumn>, DataError> {
    match OnlyWhere::of_settings(head, file) {
        Ok(only) => Ok(only.map(|only| WantedColumn {
            name: format!("{FIELD} {}", only.column),
            kind: ColumnKind::Category,
            at: vec![only.at],
            width: 1,
            style: NumberStyle::default(),
        })),
        Err(problem) => Err(problem.into()),
    }
}

/// Leaves out the rows that are not taken, as a counted step, and the column that said so; nothing
/// where all rows are.
pub(super) fn apply(
    events: &mut Events,
    head: &FileHead,
    file: &FileSpec,
) -> Result<Option<StepCount>, DataError> {
    let Ok(Some(only)) = OnlyWhere::of_settings(head, file) else {
        return Ok(None);
    };
    let Some(FreeColumn {
        values: FreeValues::Category(words),
        ..
    }) = events.extra.free.pop()
    else {
        return Ok(None);
    };
    let takes: Vec<bool> = (1..)
        .zip(words.vocab.ids())
        .map(|(_, word): (u32, &str)| only.takes(Some(word)))
        .collect();
    let keep: Vec<bool> = words
        .idx
        .iter()
        .map(|idx| {
            (*idx as usize)
                .checked_sub(1)
                .and_then(|at| takes.get(at))
                .copied()
                .unwrap_or(false)
        })
        .collect();
    if !keep.contains(&true) {
        let found = Sentence::from("; it has ").examples(words.vocab.ids().take(5));
        let sentence = Sentence::from(format!(
            "no row has `{}` in the column `{}`",
            quotable(only.value),
            quotable(only.column)
        ))
        .aside(found)
        .words(format!(": choose one of its values in `{FIELD}`."));
        return Err(DataError::setting(FIELD, sentence));
    }
    events.retain(&keep);
    Ok(Some(events.count(format!(
        "Rows where {} is not {} left out",
        only.column, only.value
    ))))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn one_and_yes_are_one_however_they_are_written() {
        assert!(
            ["1", "1.0", "true", "TRUE", "Yes", "t"]
                .iter()
                .all(|cell| plain(cell) == "1")
        );
        assert!(
            ["0", "0.0", "False", "no"]
                .iter()
                .all(|cell| plain(cell) == "0")
        );
        assert_eq!(plain("Buy"), "buy");
    }
}
