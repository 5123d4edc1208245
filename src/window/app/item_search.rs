//! Search for items by id or title, in the background.

use std::sync::Arc;

use super::App;
use super::loadable::Ticket;
use seqscope_data::Dataset;
use seqscope_engine::run::RunId;

/// Items that are found at most.
const MOST_FOUND: usize = 40;

/// Words that are looked for among the items of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemQuery {
    /// The run.
    pub run: RunId,
    /// The words, without room around them.
    pub words: String,
}

/// The latest search, and what it found.
#[derive(Default)]
pub struct ItemSearch {
    ticket: Ticket,
    asked: Option<ItemQuery>,
    found: Option<(ItemQuery, Vec<u32>)>,
}

impl ItemSearch {
    /// Whether this is what was looked for last.
    #[must_use]
    pub fn is_asked(&self, query: &ItemQuery) -> bool {
        self.asked.as_ref() == Some(query)
    }

    /// The items that were found, once they are; at most forty.
    #[must_use]
    pub fn found(&self, query: &ItemQuery) -> Option<&[u32]> {
        let found = self.found.as_ref().filter(|(of, _)| of == query);
        found.map(|(_, items)| items.as_slice())
    }
}

impl App {
    /// Looks through the ids and titles of a run on a thread of its own.
    pub(super) fn find_items(&mut self, query: ItemQuery) {
        let Some(prepared) = self.views.data(&query.run).map(Arc::clone) else {
            return;
        };
        let search = &mut self.item_search;
        search.asked = Some(query.clone());
        let ticket = search.ticket.renew();
        let words = query.words.clone();
        self.jobs.start(
            "find items",
            move || Ok(items_called(&prepared.dataset, &words)),
            move |app, items| {
                let search = &mut app.item_search;
                if let (true, Ok(items)) = (search.ticket == ticket, items) {
                    search.found = Some((query, items));
                }
            },
        );
    }
}

/// Items by id or title: the id itself, titles that begin so, then those that contain it; letters
/// small or large.
fn items_called(dataset: &Dataset, words: &str) -> Vec<u32> {
    let wanted = words.to_lowercase();
    let (mut begins, mut contains) = (Vec::new(), Vec::new());
    for item in 1..=dataset.n_items() as u32 {
        let title = dataset.item_label(item).to_lowercase();
        if title.starts_with(&wanted) {
            begins.push(item);
            if begins.len() >= MOST_FOUND {
                break;
            }
        } else if contains.len() < MOST_FOUND && title.contains(&wanted) {
            contains.push(item);
        }
    }
    let mut all: Vec<u32> = dataset.items.idx(words).into_iter().collect();
    for item in begins.into_iter().chain(contains) {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all.truncate(MOST_FOUND);
    all
}

#[cfg(test)]
mod tests {
    use super::items_called;
    use seqscope_data::{Dataset, Vocab};

    #[test]
    fn an_id_comes_first_then_titles_that_begin_so_then_the_rest() {
        let mut dataset = Dataset {
            items: Vocab::starting_at(1),
            ..Dataset::default()
        };
        for id in ["10", "11", "heat", "13"] {
            dataset.items.intern(id);
        }
        dataset.titles = ["White Heat", "Heat (1995)", "Fargo", "Heathers"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(items_called(&dataset, "heat"), [3, 2, 4, 1]);
        assert_eq!(items_called(&dataset, "fargo"), [3]);
        assert_eq!(items_called(&dataset, "10"), [1]);
        assert!(items_called(&dataset, "alien").is_empty());
    }
}
