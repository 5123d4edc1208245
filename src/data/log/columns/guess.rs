//! Which columns of a file are meant, and what they hold: told from the first rows.

use std::collections::{BTreeMap, HashSet};

use super::spec::{ColumnKind, FreeColumnSpec};
use crate::log::schema::{cells, listed, normal, style_of};
use crate::log::source::FileHead;
use crate::value::NumberStyle;
use crate::value::missing::is_missing;
use seqscope_base::spec::{Problem, Sentence, did_you_mean};

/// A free column as it is to be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WantedColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    /// Positions of its columns in the file; several only for an embedding.
    pub(crate) at: Vec<usize>,
    /// How many numbers an embedding has.
    pub(crate) width: usize,
    /// How its numbers are written.
    pub(crate) style: NumberStyle,
}

impl WantedColumn {
    /// The column as a setting says it, its kind filled in.
    pub(crate) fn said(&self) -> FreeColumnSpec {
        FreeColumnSpec {
            column: self.name.clone(),
            kind: Some(self.kind),
        }
    }
}

/// Finds the columns that were named in a file's head, and guesses the kinds that were not said.
/// `field` is the path of the list in the settings. What cannot be found is left out, with an
/// error.
pub(crate) fn find(
    head: &FileHead,
    specs: &[FreeColumnSpec],
    field: &str,
) -> (Vec<WantedColumn>, Vec<Problem>) {
    let (mut wanted, mut problems) = (Vec::<WantedColumn>::new(), Vec::new());
    for (place, spec) in specs.iter().enumerate() {
        let path = format!("{field}[{place}].column");
        if wanted.iter().any(|earlier| earlier.name == spec.column) {
            let sentence = format!(
                "the column `{}` is named twice; leave one of the two out.",
                spec.column
            );
            problems.push(Problem::error(path, sentence));
            continue;
        }
        match one(head, spec) {
            Ok(column) => wanted.push(column),
            Err(sentence) => problems.push(Problem::error(path, sentence)),
        }
    }
    (wanted, problems)
}

fn one(head: &FileHead, spec: &FreeColumnSpec) -> Result<WantedColumn, Sentence> {
    let name = spec.column.clone();
    if let Some(prefix) = spec.prefix().filter(|_| !head.columns.contains(&name)) {
        if let Some(kind) = spec.kind.filter(|kind| *kind != ColumnKind::Embedding) {
            return Err(format!(
                "`{name}` means several columns, which are one embedding, and it is said to be \
                 {kind}; name one column, or leave the kind out."
            )
            .into());
        }
        let at: Vec<usize> = (0..)
            .zip(&head.columns)
            .filter(|(_, column)| column.starts_with(prefix))
            .map(|(at, _)| at)
            .collect();
        if at.is_empty() {
            return Err(format!(
                "no column begins with `{prefix}`; the file has {}.",
                listed(&head.columns)
            )
            .into());
        }
        let style = at
            .first()
            .map_or_else(NumberStyle::default, |&at| style_of(head, at));
        return Ok(WantedColumn {
            name,
            kind: ColumnKind::Embedding,
            width: at.len(),
            at,
            style,
        });
    }
    let Some(at) = head.columns.iter().position(|column| *column == name) else {
        let near = did_you_mean(&name, head.columns.iter().map(String::as_str));
        return Err(match near {
            Some(near) => format!("there is no column `{name}`; did you mean `{near}`?"),
            None => format!(
                "there is no column `{name}`; the file has {}.",
                listed(&head.columns)
            ),
        }
        .into());
    };
    let kind = spec.kind.unwrap_or_else(|| guess(head, at));
    let width = if kind == ColumnKind::Embedding {
        usual_width(head, at)
    } else {
        1
    };
    if width == 0 {
        return Err(format!(
            "the column `{name}` is said to be an embedding, and its first rows hold no list of \
             numbers such as `[0.1, 0.2]`; choose another kind."
        )
        .into());
    }
    check(head, at, kind)?;
    Ok(WantedColumn {
        name,
        kind,
        at: vec![at],
        width,
        style: style_of(head, at),
    })
}

/// A column said to be numeric must mostly be so.
fn check(head: &FileHead, at: usize, kind: ColumnKind) -> Result<(), Sentence> {
    let mut filled = cells(head, at).filter(|cell| !is_missing(cell));
    let style = style_of(head, at);
    let is_number = |cell: &str| style.read::<f64>(cell).is_some();
    let (n, n_numbers) = (
        filled.clone().count(),
        filled.clone().filter(|cell| is_number(cell)).count(),
    );
    if kind != ColumnKind::Numeric || 2 * n_numbers >= n {
        return Ok(());
    }
    let name = head.columns.get(at).map_or("", String::as_str);
    let example = filled.find(|cell| !is_number(cell)).unwrap_or_default();
    let such = Sentence::from("such as `").example(example).words("`");
    Err(Sentence::from(format!(
        "the column `{name}` is said to be numeric and holds "
    ))
    .aside_or(such, "words")
    .words("; say `Category` or `Text` there."))
}

/// Lists of numbers are an embedding, numbers are numeric, and words are a text where a cell has
/// several and they mostly differ. Codes that happen to be numbers are told by their name or their
/// leading zeros; of others that are meant as categories one must say so.
fn guess(head: &FileHead, at: usize) -> ColumnKind {
    let filled: Vec<&str> = cells(head, at).filter(|cell| !is_missing(cell)).collect();
    let n = filled.len().max(1);
    let share = |holds: &dyn Fn(&str) -> bool| {
        filled.iter().filter(|cell| holds(cell)).count() as f64 / n as f64
    };
    if share(&|cell| cell.starts_with('[') && list(cell).is_some()) > 0.9 && are_vectors(&filled) {
        return ColumnKind::Embedding;
    }
    let style = style_of(head, at);
    let name = normal(head.columns.get(at).map_or("", String::as_str));
    let is_code = ["id", "code", "zip", "phone"]
        .iter()
        .any(|end| name.ends_with(end))
        || filled.iter().any(|cell| {
            cell.len() > 1 && cell.starts_with('0') && cell.bytes().all(|b| b.is_ascii_digit())
        });
    if !filled.is_empty() && !is_code && share(&|cell| style.read::<f64>(cell).is_some()) > 0.9 {
        return ColumnKind::Numeric;
    }
    let n_distinct = filled.iter().collect::<HashSet<_>>().len();
    let n_words: usize = filled
        .iter()
        .map(|cell| cell.split_whitespace().count())
        .sum();
    if n_words >= 2 * n && 2 * n_distinct > n {
        ColumnKind::Text
    } else {
        ColumnKind::Category
    }
}

/// Whether lists of numbers are vectors: mostly as long as each other, and of measures, of numbers
/// below 0 too, or of marks for yes and no. Whole numbers are ids of something, `[318, 50, 7]`.
fn are_vectors(cells: &[&str]) -> bool {
    let lists: Vec<Vec<f32>> = cells.iter().filter_map(|cell| list(cell)).collect();
    let width = usual(lists.iter().map(Vec::len));
    let mut numbers = lists.iter().flatten();
    let n_alike = lists.iter().filter(|list| list.len() == width).count();
    let are_measures = numbers.clone().any(|n| n.fract() != 0.0) && 2 * n_alike > lists.len();
    let are_codes = (width > 1 && numbers.clone().all(|n| n * (n - 1.0) == 0.0))
        || (width >= 8 && numbers.any(|n| *n < 0.0));
    are_measures || (are_codes && 10 * n_alike >= 9 * lists.len())
}

/// The number that is there most often, the largest of equally many; 0 where there is none.
fn usual(numbers: impl Iterator<Item = usize>) -> usize {
    let mut counts = BTreeMap::<usize, usize>::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(number, n)| (n, number))
        .map_or(0, |(number, _)| number)
}

/// How many numbers most lists of the sample have; 0 when none is a list.
fn usual_width(head: &FileHead, at: usize) -> usize {
    usual(cells(head, at).filter_map(list).map(|list| list.len()))
}

/// A list of numbers: `[0.1, 0.2]`, `0.1 0.2`, `(1;2)`; `None` when something else stands there.
pub(crate) fn list(text: &str) -> Option<Vec<f32>> {
    let inside = text
        .trim()
        .trim_start_matches(['[', '('])
        .trim_end_matches([']', ')']);
    let parts = inside
        .split([',', ';', ' ', '\t'])
        .filter(|part| !part.is_empty());
    let numbers: Option<Vec<f32>> = parts
        .map(|part| part.parse::<f32>().ok().filter(|n| n.is_finite()))
        .collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{are_vectors, list};

    #[test]
    fn lists_of_ids_are_no_vectors() {
        for vectors in [
            &["[0.5, 1]", "[2, 0.25]"][..],
            &["[0, 1, 0]", "[1, 0, 0]"],
            &["[-0.5]", "[1.5]"],
        ] {
            assert!(are_vectors(vectors), "{vectors:?}");
        }
        for ids in [
            &["[318, 50, 7]", "[12, 9, 4]"][..],
            &["[1]", "[1, 2]", "[0]"],
            &["[1.5, 2]", "[1]", "[2.5, 1, 3]"],
            &["[1]"],
        ] {
            assert!(!are_vectors(ids), "{ids:?}");
        }
    }

    #[test]
    fn lists_of_numbers_are_read_however_they_are_written() {
        for text in ["[0.5, -2]", "0.5 -2", " (0.5;-2) ", "[0.5\t-2]"] {
            assert_eq!(list(text), Some(vec![0.5, -2.0]), "{text}");
        }
        for text in ["", "[]", "[a, 1]", "1 inf", "one"] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
