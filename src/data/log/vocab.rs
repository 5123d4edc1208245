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
    /// End of each id in `text`.
    ends: Vec<usize>,
    first: u32,
    lookup: Lookup,
    /// Whether ids are only listed, repeats included, and cannot be looked up.
    is_list: bool,
}

impl Vocab {
    /// An empty vocabulary whose first index is `first`.
    #[must_use]
    pub fn starting_at(first: u32) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// An empty list: every id gets an index of its own, and none is looked up. For a part of a
    /// log, whose ids are looked up where the parts are joined.
    #[must_use]
    pub(super) fn list() -> Self {
        Self {
            is_list: true,
            ..Self::default()
        }
    }

    /// Whether it is a [`Vocab::list`].
    #[must_use]
    pub(super) fn is_list(&self) -> bool {
        self.is_list
    }

    /// The index of `id`, given now if it is new.
    pub fn intern(&mut self, id: &str) -> u32 {
        let Self {
            text,
            ends,
            first,
            lookup,
            is_list,
        } = self;
        let at = u32::try_from(ends.len()).unwrap_or(u32::MAX - *first);
        if *is_list {
            text.push_str(id);
            ends.push(text.len());
            return *first + at;
        }
        let key = LookupKey::of_id(id);
        if let Some(known) = lookup.find(key, id, |at| id_at(text, ends, at)) {
            return *first + known;
        }
        text.push_str(id);
        ends.push(text.len());
        lookup.insert(key, at, |at| id_at(text, ends, at));
        *first + at
    }

    /// The indices of these ids, given now where they are new.
    pub(super) fn intern_all(&mut self, ids: &Self) -> Vec<u32> {
        let mut all = Vec::with_capacity(ids.len());
        let mut numbers = [NOWHERE; BATCH];
        let mut start = 0;
        for ends in ids.ends.chunks(BATCH) {
            let first = start;
            for (number, &end) in std::iter::zip(&mut numbers, ends) {
                let id = ids.text.as_bytes().get(start..end).unwrap_or_default();
                *number = number_of(id).unwrap_or(NOWHERE);
                start = end;
            }
            // Nothing else in this loop, so that the processor waits for many places of memory at
            // once.
            for number in &mut numbers {
                *number = self
                    .lookup
                    .numbers
                    .get(*number as usize)
                    .copied()
                    .unwrap_or(NOWHERE);
            }
            start = first;
            for (&at, &end) in std::iter::zip(&numbers, ends) {
                let known = if at == NOWHERE {
                    None
                } else {
                    Some(self.first + at)
                };
                all.push(
                    known.unwrap_or_else(|| {
                        self.intern(ids.text.get(start..end).unwrap_or_default())
                    }),
                );
                start = end;
            }
        }
        all
    }

    /// Copy of the ids with indices from `first` on.
    #[must_use]
    pub(super) fn renumbered_from(self, first: u32) -> Self {
        Self { first, ..self }
    }

    /// All ids one after another, and where each ends, in bytes.
    #[must_use]
    pub(crate) fn parts(&self) -> (&str, &[usize]) {
        (&self.text, &self.ends)
    }

    /// The vocabulary with these [`Vocab::parts`]; `None` when they are none.
    #[must_use]
    pub(crate) fn from_parts(text: String, ends: Vec<usize>, first: u32) -> Option<Self> {
        let is_whole = ends.last().copied().unwrap_or(0) == text.len();
        if !is_whole || u32::try_from(ends.len()).is_err() {
            return None;
        }
        let mut lookup = Lookup::default();
        for at in 0..ends.len() as u32 {
            // Every id was told from those before it when it was written.
            lookup.insert(LookupKey::of_id(id_at(&text, &ends, at)?), at, |at| {
                id_at(&text, &ends, at)
            });
        }
        Some(Self {
            text,
            ends,
            first,
            lookup,
            is_list: false,
        })
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
        let found = self.lookup.find(LookupKey::of_id(id), id, |at| {
            id_at(&self.text, &self.ends, at)
        });
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

/// Positions by id. What an id looks like says where it is kept, so that most ids are found with
/// one or two looks at memory instead of four: that is what opening a large log spends its time on.
#[derive(Clone, Debug, Default)]
struct Lookup {
    /// Positions of ids that are numbers, at their number; [`NOWHERE`] where there is none.
    numbers: Vec<u32>,
    /// Ids that fit in a key, beside it.
    short: HashTable<(u128, u32)>,
    /// All others; the ids themselves are compared.
    long: HashTable<u32>,
}

const NOWHERE: u32 = u32::MAX;

/// Ids that are looked up at once.
const BATCH: usize = 256;

/// The number that an id is: a whole one as it is usually written, below 10⁸.
fn number_of(id: &[u8]) -> Option<u32> {
    let is_number = match id {
        [b'0'] => true,
        [b'1'..=b'9', more @ ..] => more.len() < 8 && more.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_number.then(|| {
        id.iter()
            .fold(0, |number, digit| 10 * number + u32::from(digit - b'0'))
    })
}

/// An id, as it is looked up.
#[derive(Clone, Copy)]
enum LookupKey {
    /// See [`number_of`]; and what it is as a short one.
    Number(u32, u128),
    /// At most 15 bytes, and their count.
    Short(u128),
    Long,
}

impl LookupKey {
    fn of_id(id: &str) -> Self {
        let bytes = id.as_bytes();
        let mut key = [0; 16];
        let Some(place) = key.get_mut(..bytes.len()).filter(|_| bytes.len() < 16) else {
            return Self::Long;
        };
        place.copy_from_slice(bytes);
        // Longer than 15 bytes has returned, so the last byte is free.
        key[15] = bytes.len() as u8;
        let short = u128::from_le_bytes(key);
        number_of(bytes).map_or(Self::Short(short), |number| Self::Number(number, short))
    }
}

fn hash_of(key: u128) -> u64 {
    xxh3_64(&key.to_le_bytes())
}

impl Lookup {
    fn find<'a>(
        &self,
        key: LookupKey,
        id: &str,
        id_at: impl Fn(u32) -> Option<&'a str>,
    ) -> Option<u32> {
        let key = match key {
            LookupKey::Number(number, key) => match self.numbers.get(number as usize) {
                Some(&at) if at != NOWHERE => return Some(at),
                _ => key,
            },
            LookupKey::Short(key) => key,
            LookupKey::Long => {
                return self
                    .long
                    .find(xxh3_64(id.as_bytes()), |&at| id_at(at) == Some(id))
                    .copied();
            }
        };
        self.short
            .find(hash_of(key), |(other, _)| *other == key)
            .map(|&(_, at)| at)
    }

    /// Adds an id that was not found. `at` is its position: also the number of ids before it.
    fn insert<'a>(&mut self, key: LookupKey, at: u32, id_at: impl Fn(u32) -> Option<&'a str>) {
        let key = match key {
            // As long as the table is not much larger than what stands in it.
            LookupKey::Number(number, _) if number / 8 <= at.saturating_add(128) => {
                let number = number as usize;
                if number >= self.numbers.len() {
                    self.numbers
                        .resize((number + 1).next_power_of_two(), NOWHERE);
                }
                if let Some(place) = self.numbers.get_mut(number) {
                    *place = at;
                }
                return;
            }
            LookupKey::Number(_, key) | LookupKey::Short(key) => key,
            LookupKey::Long => {
                let hash = |at: u32| xxh3_64(id_at(at).unwrap_or_default().as_bytes());
                let new = hash(at);
                self.long.insert_unique(new, at, |&at| hash(at));
                return;
            }
        };
        self.short
            .insert_unique(hash_of(key), (key, at), |(key, _)| hash_of(*key));
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
            ids in prop::collection::vec("[ab€]{0,3}|[0-9]{1,4}|0[0-9]|[0-9]{7,9}|[1-3]{15}|[ab]{14,17}", 0..400),
            first in 0_u32..3,
        ) {
            let (mut vocab, mut slow) = (Vocab::starting_at(first), HashMap::new());
            for id in &ids {
                let n = first + slow.len() as u32;
                prop_assert_eq!(vocab.intern(id), *slow.entry(id.clone()).or_insert(n));
            }
            prop_assert_eq!(vocab.len(), slow.len());
            let mut at_once = Vocab::starting_at(first);
            let twice = || ids.iter().chain(ids.iter().rev()).map(String::as_str);
            let expected: Vec<u32> = twice().map(|id| slow[id]).collect();
            let mut list = Vocab::list();
            for id in twice() {
                list.intern(id);
            }
            prop_assert_eq!(at_once.intern_all(&list), expected);
            prop_assert_eq!(&at_once, &vocab);
            for (id, idx) in &slow {
                prop_assert_eq!((vocab.idx(id), vocab.id(*idx)), (Some(*idx), Some(id.as_str())));
            }
            prop_assert_eq!(vocab.ids().map(|id| vocab.idx(id)).collect::<Vec<_>>(), (first..first + slow.len() as u32).map(Some).collect::<Vec<_>>());
            prop_assert_eq!((vocab.idx("not there"), vocab.id(first + slow.len() as u32)), (None, None));
            prop_assert_eq!(vocab.id(first.wrapping_sub(1)), None);
        }
    }
}
