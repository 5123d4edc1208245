//! Words for items: a column of the table of items, groups of their vectors, or the items
//! themselves.

use std::collections::HashMap;
use std::sync::Arc;

use super::{RulesError, TreeQuestion};
use crate::explain::QuestionError;
use crate::explain::inside::{item_map, training_counts};
use seqscope_base::spec::{quotable, thousands};
use seqscope_data::{Dataset, FreeColumn, FreeValues};

/// What items are called in the rules of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleBy {
    /// The column that tells most, else groups, else the items themselves.
    #[default]
    Auto,
    /// A column of words of the table of items, by its name.
    Column(String),
    /// Groups of the model's own item vectors.
    Groups,
    /// The items themselves.
    Items,
}

/// Items up to which each is called by its own name rather than by a group, where the log has no
/// column of words about them.
const FEW_ITEMS: usize = 24;

/// Words that a column may have for the items and still be chosen where nothing is asked for.
const MOST_WORDS: usize = 200;

/// Letters of the title that stands in the name of a group: that of its most popular item.
const TITLE_LETTERS: usize = 32;

/// Words for each item.
pub(super) struct ItemWords {
    /// Whether they are groups of vectors.
    pub(super) are_groups: bool,
    /// What they are: `genres`, `group`, `item`.
    pub(super) what: String,
    /// Numbers of the words of each item, by item index; none where there is none.
    pub(super) of: Vec<Vec<u32>>,
    /// The words.
    pub(super) names: Arc<Vec<String>>,
    /// Sentence on what was taken, and why.
    pub(super) note: String,
}

impl ItemWords {
    /// Finds the words that were asked for.
    pub(super) fn new(asked: &TreeQuestion<'_>) -> Result<Self, RulesError> {
        let dataset = &asked.prepared.dataset;
        match &asked.by {
            RuleBy::Column(_) if !asked.tells_columns => Err(RulesError::HiddenColumns),
            RuleBy::Column(name) => column(dataset, name),
            RuleBy::Groups => groups(asked)?.ok_or(RulesError::NoVectors),
            RuleBy::Items => Ok(Self::items(asked, "that was asked for")),
            RuleBy::Auto => {
                let telling = asked.tells_columns.then(|| telling_column(dataset));
                if let Some(found) = telling.flatten() {
                    return Ok(of_column(found));
                }
                if dataset.n_items() > FEW_ITEMS
                    && let Some(groups) = groups(asked)?
                {
                    return Ok(groups);
                }
                let why = if dataset.n_items() <= FEW_ITEMS {
                    "the log has no column of words about them, and they are few"
                } else {
                    "the log has no column of words about them, and the model no item vectors"
                };
                Ok(Self::items(asked, why))
            }
        }
    }

    /// Every item by its own name, for a reason.
    pub(super) fn items(asked: &TreeQuestion<'_>, why: &str) -> Self {
        let dataset = &asked.prepared.dataset;
        let n_items = dataset.n_items() as u32;
        let counts = training_counts(asked.prepared);
        let known = counts.iter().filter(|count| **count > 0).count();
        Self {
            are_groups: false,
            what: "item".to_owned(),
            of: std::iter::once(Vec::new())
                .chain((0..n_items).map(|word| vec![word]))
                .collect(),
            names: Arc::new((1..=n_items).map(|item| (asked.label)(item)).collect()),
            note: format!(
                "Items are called by their own names, since {why} ({} of them occur in training).",
                thousands(known)
            ),
        }
    }

    /// The word by which an item is counted: the first that it has.
    pub(super) fn first_of(&self, item: u32) -> Option<u32> {
        self.of.get(item as usize)?.first().copied()
    }

    pub(super) fn all_of(&self, item: u32) -> &[u32] {
        self.of.get(item as usize).map_or(&[], Vec::as_slice)
    }
}

/// A mark between several words in one cell, as MovieLens has it.
const BETWEEN_WORDS: char = '|';

/// The words in some cells: those between bars where there are any, else each cell as it is.
pub(super) fn words_of(values: &FreeValues) -> Option<CellWords> {
    let FreeValues::Category(cells) = values else {
        return None;
    };
    let mut names: Vec<String> = Vec::new();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut of_text: Vec<Vec<u32>> = vec![Vec::new()];
    for text in cells.vocab.ids() {
        let mut words = Vec::new();
        for word in text.split(BETWEEN_WORDS).map(str::trim) {
            if word.is_empty() {
                continue;
            }
            let next = names.len() as u32;
            let number = *numbers.entry(word).or_insert(next);
            if number == next {
                names.push(quotable(word));
            }
            if !words.contains(&number) {
                words.push(number);
            }
        }
        of_text.push(words);
    }
    let of_row = |idx: &u32| of_text.get(*idx as usize).cloned().unwrap_or_default();
    Some(CellWords {
        of: cells.idx.iter().map(of_row).collect(),
        names,
    })
}

/// Words of the cells of a column, row by row.
pub(super) struct CellWords {
    pub(super) of: Vec<Vec<u32>>,
    pub(super) names: Vec<String>,
}

/// A column of words about the items, and its words.
struct FoundColumn<'a> {
    name: &'a str,
    words: CellWords,
}

/// The columns of words about the items.
fn columns(dataset: &Dataset) -> impl Iterator<Item = FoundColumn<'_>> {
    dataset
        .item_columns
        .iter()
        .filter_map(|FreeColumn { name, values }| {
            Some(FoundColumn {
                name,
                words: words_of(values)?,
            })
        })
}

/// The first column that has two words or more, not too many, and a word for half of the items.
fn telling_column(dataset: &Dataset) -> Option<FoundColumn<'_>> {
    columns(dataset).find(|FoundColumn { words, .. }| {
        let n_known = words.of.iter().filter(|words| !words.is_empty()).count();
        (2..=MOST_WORDS).contains(&words.names.len()) && 2 * n_known >= words.of.len()
    })
}

fn column(dataset: &Dataset, name: &str) -> Result<ItemWords, RulesError> {
    let found = columns(dataset).find(|found| found.name == name);
    found.map(of_column).ok_or_else(|| {
        let names: Vec<String> = columns(dataset).map(|found| quotable(found.name)).collect();
        RulesError::NoColumn {
            cure: if names.is_empty() {
                "the run's data have no column of words about items; choose groups or items"
                    .to_owned()
            } else {
                format!("choose one of {}, or groups or items", names.join(", "))
            },
        }
    })
}

fn of_column(found: FoundColumn<'_>) -> ItemWords {
    let FoundColumn { name, words } = found;
    let several = words.of.iter().any(|words| words.len() > 1);
    let mut note = format!("Items are called by their column `{}`", quotable(name));
    if several {
        note += "; an item of several words is counted by the first, and a rule about an item asks \
                 for any of them";
    }
    // Items are numbered from 1.
    let of = std::iter::once(Vec::new()).chain(words.of).collect();
    ItemWords {
        are_groups: false,
        what: name.to_owned(),
        of,
        names: Arc::new(words.names),
        note: note + ".",
    }
}

/// Groups of the model's item vectors, named by their most popular items.
fn groups(asked: &TreeQuestion<'_>) -> Result<Option<ItemWords>, RulesError> {
    let Some(table) = asked.model.item_table()? else {
        return Ok(None);
    };
    let map = match item_map(&table, None, asked.prepared, asked.seed, &|_| true) {
        Ok(map) => map,
        Err(QuestionError::Model(error)) => return Err(error.into()),
        Err(QuestionError::Stopped) => return Ok(None),
    };
    let n_groups = map
        .clusters
        .iter()
        .max()
        .map_or(0, |most| usize::from(*most) + 1);
    if n_groups < 2 {
        return Ok(None);
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); n_groups];
    for (item, group) in (1_u32..).zip(&map.clusters) {
        members[usize::from(*group)].push(item);
    }
    let names = (1..).zip(&mut members).map(|(number, members)| {
        let count = |item: &u32| map.counts.get(*item as usize - 1).copied().unwrap_or(0);
        members.sort_by_key(|item| std::cmp::Reverse(count(item)));
        let title = members.first().map(|item| (asked.label)(*item));
        format!(
            "group {number} ({}, …)",
            beginning(&title.unwrap_or_default())
        )
    });
    let names: Arc<Vec<String>> = Arc::new(names.collect());
    let of = map.clusters.iter().map(|group| vec![u32::from(*group)]);
    Ok(Some(ItemWords {
        are_groups: true,
        what: "group".to_owned(),
        of: std::iter::once(Vec::new()).chain(of).collect(),
        note: format!(
            "Items are called by {n_groups} groups of the model's own item vectors (k-means), each \
             named by its most popular item."
        ),
        names,
    }))
}

/// The beginning of a title that fits into a sentence.
fn beginning(title: &str) -> String {
    if title.chars().count() <= TITLE_LETTERS {
        return title.to_owned();
    }
    let letters: String = title.chars().take(TITLE_LETTERS).collect();
    // A word cut in two looks like another word.
    let whole = letters
        .rsplit_once(' ')
        .map_or(&*letters, |(whole, _)| whole);
    whole.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::{Vocab, Words};

    fn column_of(cells: &[&str]) -> FreeValues {
        let mut vocab = Vocab::starting_at(1);
        let idx = cells.iter().map(|cell| {
            if cell.is_empty() {
                0
            } else {
                vocab.intern(cell)
            }
        });
        let idx = idx.collect();
        FreeValues::Category(Words { idx, vocab })
    }

    #[test]
    fn bars_divide_a_cell_into_words() {
        let found = words_of(&column_of(&["Drama|War", "", "War", "Drama| |Drama"])).unwrap();
        assert_eq!(found.names, ["Drama", "War"]);
        assert_eq!(found.of, [vec![0, 1], vec![], vec![1], vec![0]]);
        assert!(words_of(&FreeValues::Numeric(vec![1.0])).is_none());
    }

    #[test]
    fn a_column_of_one_word_or_mostly_empty_tells_nothing() {
        let column = |name: &str, cells: &[&str]| FreeColumn {
            name: name.to_owned(),
            values: column_of(cells),
        };
        let dataset = Dataset {
            item_columns: vec![
                column("one", &["a", "a", "a"]),
                column("rare", &["a", "", ""]),
                column("genre", &["a", "b", ""]),
            ],
            ..Dataset::default()
        };
        assert_eq!(telling_column(&dataset).unwrap().name, "genre");
        let refused = super::column(&dataset, "year").err().unwrap().to_string();
        assert!(refused.contains("one, rare, genre"), "{refused}");
    }
}
