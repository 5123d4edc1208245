//! Item titles from a table of their own, joined by item id.

use std::collections::HashMap;

use super::source::{self, FileHead, RawCells};
use super::{FileSpec, SideOf, TitleSpec, Vocab, columns, schema, writings};
use crate::error::DataError;
use crate::load_progress::LoadProgress;
use crate::value::cell::trimmed;
use seqscope_base::spec::{Problem, Sentence};

/// Content of a table of titles.
pub(super) struct Titles {
    /// Titles by item id, of the items that the log knows.
    pub(super) by_item: HashMap<String, String>,
    /// Rows that could not be read, columns of the same name.
    pub(super) problems: Vec<Problem>,
}

/// Name of the table in sentences.
const TABLE: &str = "title table";

/// Reads the table of titles for the items of a log.
pub(super) fn read(
    spec: &TitleSpec,
    log: &FileSpec,
    items: &Vocab,
    progress: &dyn LoadProgress,
) -> Result<Titles, DataError> {
    let head = source::head(&FileSpec {
        path: spec.path.clone(),
        ..FileSpec::default()
    })?;
    let item = match &spec.item {
        Some(name) => columns::named(&head, name, TABLE, "data.titles.item")?,
        None => most_matches(&head, log, items)?,
    };
    let title = match &spec.title {
        Some(name) => columns::named(&head, name, TABLE, "data.titles.title")?,
        None => most_like_titles(&head, item)?,
    };
    let rows = source::rows(&head, &[item, title], progress)?;
    let mut titles = HashMap::new();
    if let [RawCells::Text(ids), RawCells::Text(texts)] = rows.columns.as_slice() {
        for (id, text) in std::iter::zip(ids.iter(), texts.iter()) {
            let (id, text) = (
                trimmed(id.unwrap_or_default()),
                text.unwrap_or_default().trim(),
            );
            if let Some(known) = writings::known_as(items, id).filter(|_| !text.is_empty()) {
                // The first row of an item counts.
                titles
                    .entry(known.to_owned())
                    .or_insert_with(|| text.to_owned());
            }
        }
    }
    let mut problems: Vec<Problem> = head
        .problems
        .iter()
        .map(|problem| problem.clone().at("data.titles"))
        .collect();
    if let Some(first) = rows.refused.rows(&rows.lines).first() {
        let sentence = Sentence::from(format!(
            "{} of {} rows of the title table could not be read and were left out; mend them in \
             that file",
            rows.refused.count, rows.n_read,
        ));
        let sentence = sentence.aside(first.in_brackets()).words(".");
        problems.push(Problem::warning("data.titles", sentence));
    }
    Ok(Titles {
        by_item: titles,
        problems,
    })
}

/// The column that holds the log's item ids.
fn most_matches(head: &FileHead, log: &FileSpec, items: &Vocab) -> Result<usize, DataError> {
    columns::most_matches(head, SideOf::Items, log, items)
        .map(|(at, _)| at)
        .ok_or_else(|| {
            DataError::setting(
                "data.titles.item",
                "no column of the title table holds item ids of the log; name the column in \
                   `data.titles.item`, or choose another table in `data.titles.path`.",
            )
        })
}

/// Names of columns of titles, the surest first; as [`schema::normal`] writes names.
const NAMES: [&str; 16] = [
    "title",
    "movietitle",
    "itemtitle",
    "producttitle",
    "itemname",
    "productname",
    "name",
    "booktitle",
    "label",
    "description",
    "商品名称",
    "标题",
    "名称",
    "物品名称",
    "电影名称",
    "产品名称",
];

/// The column that is called a title.
pub(super) fn by_name(head: &FileHead, item: usize) -> Option<usize> {
    let rank = |at: &usize| {
        let name = head
            .columns
            .get(*at)
            .map(|name| schema::normal(name))
            .unwrap_or_default();
        NAMES.iter().position(|known| *known == name)
    };
    (0..head.columns.len())
        .filter(|&at| at != item && rank(&at).is_some())
        .min_by_key(rank)
}

/// The column called a title, else the one of text with most different values.
fn most_like_titles(head: &FileHead, item: usize) -> Result<usize, DataError> {
    by_name(head, item)
        .or_else(|| {
            (0..head.columns.len())
                .filter(|&at| at != item)
                .rev()
                .max_by_key(|at| n_texts(head, *at))
                .filter(|at| n_texts(head, *at) > 0)
        })
        .ok_or_else(|| {
            DataError::setting(
                "data.titles.title",
                "no column of the title table looks like a title; name it in `data.titles.title`.",
            )
        })
}

/// Counts the distinct texts of a column that are no numbers.
fn n_texts(head: &FileHead, at: usize) -> usize {
    let texts: std::collections::HashSet<&str> = schema::cells(head, at)
        .filter(|text| !text.is_empty() && text.parse::<f64>().is_err())
        .collect();
    texts.len()
}
