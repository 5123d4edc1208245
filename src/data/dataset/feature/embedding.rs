//! A free column of vectors that another model made, as it is.

use super::spec::{Computable, Feature, feature_settings};
use super::view::DatasetView;
use crate::log::{ColumnKind, FreeValues};
use seqscope_base::spec::{EntryWords, Problem};

feature_settings! {
    /// A free column of vectors.
    ReadyEmbedding {
        /// The free column.
        column: String = String::new(), Text, "Column", "", "A free column of vectors, such as \
            `emb_*`; `items.` or `users.` before it names one of a joined table.", "none is guessed";
    }
}

impl Computable for ReadyEmbedding {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Ready-made embedding",
            "The vectors of a column, unchanged.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events, width of the column]; none where a row has no vector"
    }

    fn column(&self) -> Option<(&str, &'static [ColumnKind])> {
        Some((&self.column, &[ColumnKind::Embedding]))
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let column = log
            .column(&self.column, &[ColumnKind::Embedding])
            .map_err(|s| Problem::error("column", s))?;
        let FreeValues::Embedding { width, values: all } = column.values else {
            return Ok(Feature::vector(&*self.column, Vec::new(), Vec::new()));
        };
        let none = vec![f32::NAN; *width];
        let mut values = Vec::with_capacity(log.n_events() * width);
        for event in 0..log.n_events() {
            let from = column.row(event).saturating_mul(*width);
            values.extend_from_slice(all.get(from..from.saturating_add(*width)).unwrap_or(&none));
        }
        let names = (0..*width)
            .map(|at| format!("{} {at}", self.column))
            .collect();
        Ok(Feature::vector(&*self.column, names, values))
    }
}
