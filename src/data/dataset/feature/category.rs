//! A free column of words or codes, as classes.

use super::spec::{Computable, Feature, feature_settings};
use super::view::DatasetView;
use crate::log::{ColumnKind, FreeValues};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// A free column of words or codes.
    Category {
        /// The free column.
        column: String = String::new(), Text, "Column", "", "A free column of words or codes; \
            `items.` or `users.` before it names one of a joined table.", "none is guessed";
    }
}

impl Computable for Category {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Category",
            "The words of a column, numbered from 1 in the order in which training events \
             have them first; others are 0.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events], an index; 0 without a word, and for one that training does not \
         know"
    }

    fn column(&self) -> Option<(&str, &'static [ColumnKind])> {
        Some((&self.column, &[ColumnKind::Category]))
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let column = log
            .column(&self.column, &[ColumnKind::Category])
            .map_err(|s| Problem::error("column", s))?;
        let FreeValues::Category(words) = column.values else {
            return Ok(Feature::index(&*self.column, Vec::new(), 0));
        };
        let (idx, n) = log.dense(
            &(0..log.n_events())
                .map(|event| {
                    words
                        .idx
                        .get(column.row(event))
                        .copied()
                        .filter(|&idx| idx > 0)
                })
                .collect::<Vec<_>>(),
        );
        Ok(Feature::index(&*self.column, idx, n).with_note(format!(
            "{n} of {} words known from training",
            words.vocab.len()
        )))
    }
}
