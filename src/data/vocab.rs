//! Ids as in the file, and their dense indices.

use std::collections::HashMap;

/// A bijection between ids and `first..first + len`.
///
/// Items start at 1, since 0 is padding; users and behaviours start at 0. Order is that of first
/// occurrence in the cleaned log, so the same log gives the same indices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocab {
    ids: Vec<String>,
    idx_from_id: HashMap<String, u32>,
    first: u32,
}

impl Vocab {
    /// An empty vocabulary whose first index is `first`.
    #[must_use]
    pub fn starting_at(first: u32) -> Self {
        Self { first, ..Self::default() }
    }

    /// The vocabulary of these ids, in this order; they must be without repeats.
    pub(super) fn from_ids(first: u32, ids: Vec<String>) -> Self {
        let idx_from_id = ids.iter().zip(first..).map(|(id, idx)| (id.clone(), idx)).collect();
        Self { ids, idx_from_id, first }
    }

    /// The index of `id`, given now if it is new.
    pub fn intern(&mut self, id: &str) -> u32 {
        if let Some(&idx) = self.idx_from_id.get(id) {
            return idx;
        }
        let idx = self.first + u32::try_from(self.ids.len()).unwrap_or(u32::MAX - self.first);
        self.ids.push(id.to_owned());
        self.idx_from_id.insert(id.to_owned(), idx);
        idx
    }

    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The index of a known id.
    #[must_use]
    pub fn idx(&self, id: &str) -> Option<u32> {
        self.idx_from_id.get(id).copied()
    }

    /// The id at an index; `None` for padding and for what is out of range.
    #[must_use]
    pub fn id(&self, idx: u32) -> Option<&str> {
        let at = idx.checked_sub(self.first)?;
        self.ids.get(at as usize).map(String::as_str)
    }

    /// All ids in order of index.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}
