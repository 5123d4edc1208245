//! Columns that not every log has: sessions, places, free columns.

use super::super::Vocab;
use super::spec::ColumnKind;

/// A free column and what stands in its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FreeColumn {
    /// Name, as in the file.
    pub name: String,
    /// One value a row.
    pub values: FreeValues,
}

/// The values of a column, one a row.
#[derive(Clone, Debug, PartialEq)]
pub enum FreeValues {
    /// Numbers; NaN where there was none.
    Numeric(Vec<f32>),
    /// Words or codes.
    Category(Words),
    /// Texts.
    Text(Words),
    /// Vectors of one width, one after another; a row without one is NaN throughout.
    Embedding {
        /// How many numbers a row has.
        width: usize,
        /// `rows * width` numbers.
        values: Vec<f32>,
    },
}

/// Texts by number: each different one is kept once.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Number of each row's text, from 1; 0 where there was none.
    pub idx: Vec<u32>,
    /// The different texts.
    pub vocab: Vocab,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            idx: Vec::new(),
            vocab: Vocab::starting_at(1),
        }
    }
}

impl Words {
    /// Adds a row; an empty text is none.
    pub(crate) fn push(&mut self, text: &str) {
        let idx = if text.is_empty() {
            0
        } else {
            self.vocab.intern(text)
        };
        self.idx.push(idx);
    }

    /// The text of a row, if there is one.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        self.vocab.id(*self.idx.get(row)?)
    }

    /// Some rows in an order of their own, numbered anew in that order; `None` is a row without
    /// text.
    fn picked(&self, rows: impl Iterator<Item = Option<usize>>) -> Self {
        let mut new_idx = vec![0_u32; self.vocab.len() + 1];
        let mut picked = Self::default();
        for row in rows {
            let old = row.and_then(|row| self.idx.get(row)).copied().unwrap_or(0);
            let slot = new_idx.get_mut(old as usize);
            let idx = match (self.vocab.id(old), slot) {
                (Some(text), Some(slot)) => {
                    if *slot == 0 {
                        *slot = picked.vocab.intern(text);
                    }
                    *slot
                }
                _ => 0,
            };
            picked.idx.push(idx);
        }
        picked
    }

    fn append(&mut self, later: &Self) {
        let new_idx: Vec<u32> = later.vocab.ids().map(|id| self.vocab.intern(id)).collect();
        let known = |idx: u32| {
            (idx as usize)
                .checked_sub(1)
                .and_then(|at| new_idx.get(at))
                .copied()
                .unwrap_or(0)
        };
        self.idx.extend(later.idx.iter().map(|&idx| known(idx)));
    }
}

impl FreeValues {
    /// Kind of its values.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Numeric(_) => ColumnKind::Numeric,
            Self::Category(_) => ColumnKind::Category,
            Self::Text(_) => ColumnKind::Text,
            Self::Embedding { .. } => ColumnKind::Embedding,
        }
    }

    /// Whether no row has a value.
    #[must_use]
    pub fn is_all_missing(&self) -> bool {
        match self {
            Self::Numeric(values) | Self::Embedding { values, .. } => {
                values.iter().all(|value| value.is_nan())
            }
            Self::Category(words) | Self::Text(words) => words.idx.iter().all(|&idx| idx == 0),
        }
    }

    /// Some rows in an order of their own; `None` is a row without a value.
    pub(crate) fn picked(&self, rows: impl Iterator<Item = Option<usize>>) -> Self {
        match self {
            Self::Numeric(values) => Self::Numeric(picked(values, rows)),
            Self::Category(words) => Self::Category(words.picked(rows)),
            Self::Text(words) => Self::Text(words.picked(rows)),
            Self::Embedding { width, values } => {
                let mut out = Vec::new();
                for row in rows {
                    let vector = row.and_then(|row| values.get(row * width..(row + 1) * width));
                    match vector {
                        Some(vector) => out.extend_from_slice(vector),
                        None => out.extend(std::iter::repeat_n(f32::NAN, *width)),
                    }
                }
                Self::Embedding {
                    width: *width,
                    values: out,
                }
            }
        }
    }

    /// Adds the rows of a later part of the same log. Parts of one log are read by one plan, so
    /// kinds and widths agree.
    fn append(&mut self, later: Self) {
        match (self, later) {
            (Self::Numeric(values), Self::Numeric(more))
            | (Self::Embedding { values, .. }, Self::Embedding { values: more, .. }) => {
                values.extend(more);
            }
            (Self::Category(words), Self::Category(more))
            | (Self::Text(words), Self::Text(more)) => {
                words.append(&more);
            }
            _ => {}
        }
    }
}

/// Numbers of some rows; NaN for a row that is not there.
fn picked(values: &[f32], rows: impl Iterator<Item = Option<usize>>) -> Vec<f32> {
    rows.map(|row| {
        row.and_then(|row| values.get(row))
            .copied()
            .unwrap_or(f32::NAN)
    })
    .collect()
}

/// The columns of a log beside those of [`super::super::events::Events`], in the order of its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extra {
    pub(crate) sessions: Option<Words>,
    /// Degrees north; NaN where unknown.
    pub(crate) latitude: Option<Vec<f32>>,
    /// Degrees east; NaN where unknown.
    pub(crate) longitude: Option<Vec<f32>>,
    pub(crate) free: Vec<FreeColumn>,
}

impl Extra {
    fn is_empty(&self) -> bool {
        self.sessions.is_none()
            && self.latitude.is_none()
            && self.longitude.is_none()
            && self.free.is_empty()
    }

    /// Some rows in an order of their own.
    pub(crate) fn picked(&self, rows: impl Iterator<Item = usize> + Clone) -> Self {
        let rows = rows.map(Some);
        let numbers = |column: &Option<Vec<f32>>| {
            column.as_deref().map(|column| picked(column, rows.clone()))
        };
        let free = |column: &FreeColumn| FreeColumn {
            name: column.name.clone(),
            values: column.values.picked(rows.clone()),
        };
        Self {
            sessions: self
                .sessions
                .as_ref()
                .map(|words| words.picked(rows.clone())),
            latitude: numbers(&self.latitude),
            longitude: numbers(&self.longitude),
            free: self.free.iter().map(free).collect(),
        }
    }

    /// Keeps the rows whose flag is set.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        if !self.is_empty() {
            let kept = keep
                .iter()
                .enumerate()
                .filter(|&(_, &kept)| kept)
                .map(|(row, _)| row);
            *self = self.picked(kept);
        }
    }

    /// Puts the rows in another order: `order` names for each place the row that comes to it.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        if !self.is_empty() {
            *self = self.picked(order.iter().copied());
        }
    }

    /// Adds the rows of a later part of the same log.
    pub(crate) fn append(&mut self, later: Self) {
        if let (Some(words), Some(more)) = (&mut self.sessions, &later.sessions) {
            words.append(more);
        }
        for (column, more) in [
            (&mut self.latitude, later.latitude),
            (&mut self.longitude, later.longitude),
        ] {
            if let (Some(column), Some(more)) = (column, more) {
                column.extend(more);
            }
        }
        for (column, more) in std::iter::zip(&mut self.free, later.free) {
            column.values.append(more.values);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(texts: &[&str]) -> Words {
        let mut words = Words::default();
        for text in texts {
            words.push(text);
        }
        words
    }

    fn texts(words: &Words) -> Vec<String> {
        (0..words.idx.len())
            .map(|row| words.text(row).unwrap_or_default().to_owned())
            .collect()
    }

    /// One row as text, the slow and obvious way to compare.
    fn rows(extra: &Extra) -> Vec<String> {
        let n = extra.latitude.as_ref().map_or(0, Vec::len);
        (0..n)
            .map(|row| {
                let free: Vec<String> = extra
                    .free
                    .iter()
                    .map(|column| match &column.values {
                        FreeValues::Numeric(values) => values[row].to_string(),
                        FreeValues::Category(words) | FreeValues::Text(words) => {
                            format!("{:?}", words.text(row))
                        }
                        FreeValues::Embedding { width, values } => {
                            format!("{:?}", &values[row * width..(row + 1) * width])
                        }
                    })
                    .collect();
                let session = extra.sessions.as_ref().unwrap().text(row);
                format!(
                    "{session:?} {} {free:?}",
                    extra.latitude.as_ref().unwrap()[row]
                )
            })
            .collect()
    }

    fn extra(cells: &[(usize, f32)]) -> Extra {
        let word = |n: usize| ["", "a", "b", "long word"][n % 4];
        let column = |name: &str, values| FreeColumn {
            name: name.to_owned(),
            values,
        };
        let texts: Vec<&str> = cells.iter().map(|(n, _)| word(*n)).collect();
        let numbers: Vec<f32> = cells.iter().map(|(_, number)| *number).collect();
        Extra {
            sessions: Some(words(&texts)),
            latitude: Some(numbers.clone()),
            longitude: None,
            free: vec![
                column("n", FreeValues::Numeric(numbers.clone())),
                column("c", FreeValues::Category(words(&texts))),
                column(
                    "e",
                    FreeValues::Embedding {
                        width: 2,
                        values: numbers.iter().flat_map(|n| [*n, -n]).collect(),
                    },
                ),
            ],
        }
    }

    proptest! {
        /// Rows stay whole, whichever of them are kept, moved or joined.
        #[test]
        fn rows_stay_whole(
            cells in prop::collection::vec((0..8_usize, -5.0..5.0_f32), 1..40),
            keep in prop::collection::vec(any::<bool>(), 40),
            cut in 0..40_usize,
            turn in 0..40_usize,
        ) {
            let whole = extra(&cells);
            let lines = rows(&whole);
            let n = cells.len();
            let mut kept = whole.clone();
            kept.retain(&keep[..n]);
            let expected: Vec<String> = (0..n).filter(|&row| keep[row]).map(|row| lines[row].clone()).collect();
            prop_assert_eq!(rows(&kept), expected);
            let order: Vec<usize> = (0..n).map(|at| (at + turn) % n).collect();
            let mut moved = whole.clone();
            moved.reorder(&order);
            prop_assert_eq!(rows(&moved), order.iter().map(|&row| lines[row].clone()).collect::<Vec<_>>());
            let cut = cut.min(n);
            let mut joined = extra(&cells[..cut]);
            joined.append(extra(&cells[cut..]));
            prop_assert_eq!(&joined, &whole);
        }
    }

    #[test]
    fn texts_are_numbered_anew_in_the_order_they_are_picked() {
        let all = words(&["x", "", "y", "x", "z"]);
        assert_eq!(all.idx, [1, 0, 2, 1, 3]);
        let some = all.picked([Some(4), Some(1), None, Some(0), Some(4), Some(99)].into_iter());
        assert_eq!(some.idx, [1, 0, 0, 2, 1, 0]);
        assert_eq!(
            (texts(&some), some.vocab.len()),
            (["z", "", "", "x", "z", ""].map(str::to_owned).into(), 2)
        );
        assert!(words(&["", ""]).idx.iter().all(|&idx| idx == 0));
        assert!(FreeValues::Text(words(&["", ""])).is_all_missing());
        assert!(!FreeValues::Text(all).is_all_missing());
    }
}
