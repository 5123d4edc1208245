//! Ids as in the file, and their dense indices.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A bijection between ids and `first..first + len`.
///
/// Items start at 1, since 0 is padding; users and behaviours start at 0. Order is that of first
/// occurrence in the cleaned log, so the same log gives the same indices.
///
/// All ids stand in one text, one after another: a log of millions of users costs the letters of
/// their ids and a few bytes each, not an allocation each.
#[derive(Clone, Debug, Default)]
pub struct Vocab {
    /// The ids, without anything between them.
    text: String,
    /// Where each id ends in `text`.
    ends: Vec<usize>,
    /// Positions in `ends`, found by the hash of their id.
    table: HashTable<u32>,
    first: u32,
}

impl Vocab {
    /// An empty vocabulary whose first index is `first`.
    #[must_use]
    pub fn starting_at(first: u32) -> Self {
        Self { first, ..Self::default() }
    }

    /// The index of `id`, given now if it is new.
    pub fn intern(&mut self, id: &str) -> u32 {
        let hash = xxh3_64(id.as_bytes());
        let Self { text, ends, table, first } = self;
        if let Some(&at) = table.find(hash, |&at| id_at(text, ends, at) == Some(id)) {
            return *first + at;
        }
        let at = u32::try_from(ends.len()).unwrap_or(u32::MAX - *first);
        text.push_str(id);
        ends.push(text.len());
        let rehash = |&at: &u32| xxh3_64(id_at(text, ends, at).unwrap_or_default().as_bytes());
        table.insert_unique(hash, at, rehash);
        *first + at
    }

    /// The same ids with indices from `first` on.
    #[must_use]
    pub(super) fn renumbered_from(self, first: u32) -> Self {
        Self { first, ..self }
    }

    /// All ids one after another, and where each ends, in bytes.
    #[must_use]
    pub(super) fn parts(&self) -> (&str, &[usize]) {
        (&self.text, &self.ends)
    }

    /// The vocabulary with these [`Vocab::parts`]; `None` when they are none.
    #[must_use]
    pub(super) fn from_parts(text: String, ends: Vec<usize>, first: u32) -> Option<Self> {
        let is_whole = ends.last().copied().unwrap_or(0) == text.len();
        if !is_whole || u32::try_from(ends.len()).is_err() {
            return None;
        }
        let mut table = HashTable::with_capacity(ends.len());
        for at in 0..ends.len() as u32 {
            // Every id was told from those before it when it was written.
            let id = id_at(&text, &ends, at)?;
            let rehash = |&at: &u32| xxh3_64(id_at(&text, &ends, at).unwrap_or_default().as_bytes());
            table.insert_unique(xxh3_64(id.as_bytes()), at, rehash);
        }
        Some(Self { text, ends, table, first })
    }

    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The index of a known id.
    #[must_use]
    pub fn idx(&self, id: &str) -> Option<u32> {
        let found = self.table.find(xxh3_64(id.as_bytes()), |&at| id_at(&self.text, &self.ends, at) == Some(id));
        found.map(|at| self.first + at)
    }

    /// The id at an index; `None` for padding and for what is out of range.
    #[must_use]
    pub fn id(&self, idx: u32) -> Option<&str> {
        id_at(&self.text, &self.ends, idx.checked_sub(self.first)?)
    }

    /// All ids in order of index.
    #[must_use]
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.ends.len()).map(|at| id_at(&self.text, &self.ends, at as u32).unwrap_or_default())
    }
}

/// The id at a position.
fn id_at<'a>(text: &'a str, ends: &[usize], at: u32) -> Option<&'a str> {
    let at = at as usize;
    let start = match at.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    text.get(start..*ends.get(at)?)
}

/// Equal when the same ids have the same indices.
impl PartialEq for Vocab {
    fn eq(&self, other: &Self) -> bool {
        (self.first, &self.ends, &self.text) == (other.first, &other.ends, &other.text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::Vocab;

    proptest! {
        #[test]
        fn a_vocabulary_is_a_bijection_in_order_of_first_occurrence(
            ids in prop::collection::vec("[ab€]{0,3}|[0-9]{1,4}", 0..200),
            first in 0_u32..3,
        ) {
            let (mut vocab, mut slow) = (Vocab::starting_at(first), HashMap::new());
            for id in &ids {
                let n = first + slow.len() as u32;
                prop_assert_eq!(vocab.intern(id), *slow.entry(id.clone()).or_insert(n));
            }
            prop_assert_eq!(vocab.len(), slow.len());
            for (id, idx) in &slow {
                prop_assert_eq!((vocab.idx(id), vocab.id(*idx)), (Some(*idx), Some(id.as_str())));
            }
            prop_assert_eq!(vocab.ids().map(|id| vocab.idx(id)).collect::<Vec<_>>(), (first..first + slow.len() as u32).map(Some).collect::<Vec<_>>());
            prop_assert_eq!((vocab.idx("not there"), vocab.id(first + slow.len() as u32)), (None, None));
            prop_assert_eq!(vocab.id(first.wrapping_sub(1)), None);
        }
    }
}
