//! A column's cells as text, wherever they are kept.

use std::sync::Arc;

use polars::prelude::{PolarsResult, StringChunked};

/// Cells of a column; `None` or empty where there is nothing.
#[derive(Clone, Debug)]
pub(crate) enum Texts {
    /// Cells as polars has read them.
    Chunked(StringChunked),
    /// Cells as they stand in the file.
    Spans(Spans),
}

/// Cells that were not copied out of a text.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    /// Some whole lines.
    pub(super) text: Arc<String>,
    /// Bounds of each cell.
    pub(super) bounds: Vec<(u32, u32)>,
}

impl Texts {
    /// A column without cells.
    pub(crate) fn none() -> Self {
        Self::Chunked(StringChunked::default())
    }

    /// Number of cells.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Chunked(cells) => cells.len(),
            Self::Spans(spans) => spans.bounds.len(),
        }
    }

    /// The cells in order.
    pub(crate) fn iter(&self) -> TextsIter<'_> {
        match self {
            Self::Chunked(cells) => TextsIter::Chunked(Box::new(cells.iter())),
            Self::Spans(spans) => spans.iter(),
        }
    }

    /// Adds the cells of a later part.
    pub(super) fn append(&mut self, later: &Self) -> PolarsResult<()> {
        let mut all = self.chunked();
        all.append(&later.chunked())?;
        *self = Self::Chunked(all);
        Ok(())
    }

    fn chunked(&self) -> StringChunked {
        match self {
            Self::Chunked(cells) => cells.clone(),
            Self::Spans(spans) => spans.iter().collect(),
        }
    }
}

impl Spans {
    fn iter(&self) -> TextsIter<'_> {
        TextsIter::Spans {
            text: &self.text,
            bounds: self.bounds.iter(),
        }
    }
}

/// The cells of [`Texts`].
pub(crate) enum TextsIter<'a> {
    Chunked(Box<dyn Iterator<Item = Option<&'a str>> + 'a>),
    Spans {
        text: &'a str,
        bounds: std::slice::Iter<'a, (u32, u32)>,
    },
}

impl<'a> Iterator for TextsIter<'a> {
    type Item = Option<&'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Chunked(cells) => cells.next(),
            Self::Spans { text, bounds } => bounds
                .next()
                .map(|&(start, end)| text.get(start as usize..end as usize)),
        }
    }
}

impl<T> FromIterator<T> for Texts
where
    StringChunked: FromIterator<T>,
{
    fn from_iter<I: IntoIterator<Item = T>>(cells: I) -> Self {
        Self::Chunked(cells.into_iter().collect())
    }
}
