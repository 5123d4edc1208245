//! Ids replaced by keyed hashes, so that a log can be worked on and its results be shown without
//! saying whose they are.
//!
//! An id becomes the first 80 bits of BLAKE3 in keyed mode, over the kind of id and the id, written
//! in 16 letters behind `u-` or `i-`. Without the key nobody can tell by trying ids which one it
//! was; with it everybody can. Of `n` ids any two collide with a probability below n² / 2^81: for
//! ten million ids, one in twenty thousand million. Two that do are refused, not merged.
//!
//! Right after reading, the vocabularies are written anew in the same order, so that everything
//! that follows (cleaning's examples, the audit's, a run's results) knows pseudonyms only, and
//! every figure is the one that the true ids give. One step knows ids by their letters: a sample of
//! users draws others. The fingerprint of the data is that of the pseudonyms: one over true ids
//! could be tried out against a log that somebody has.
//!
//! Sentences leave out what they quote of the log: a cell in the wrong column may be an id.
//!
//! What is not an id stays: times, behaviours, values, free columns and those of joined tables,
//! titles of items (unless items are hidden too), the file's path, and whatever a query to a
//! database spells out.
//!
//! # Source
//! O'Connor, Aumasson, Neves & Wilcox-O'Hearn 2020, BLAKE3, section 2.3 (`keyed_hash`,
//! `derive_key`).

mod key;

use serde::{Deserialize, Serialize};

pub use key::{KEY_VARIABLE, PseudonymKey, use_key};

use super::events::Events;
use super::{Role, Vocab};
use crate::error::DataError;
use crate::log::Preview;
use seqscope_base::spec::Problem;

/// Which ids are replaced.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
)]
pub enum Pseudonyms {
    /// None.
    #[default]
    #[strum(to_string = "as in the log")]
    Off,
    /// Hides the ids of users.
    #[strum(to_string = "users hidden")]
    Users,
    /// Hides the ids of users and of items; titles of items are then left out.
    #[strum(to_string = "users and items hidden")]
    UsersAndItems,
}

impl Pseudonyms {
    /// Whether ids stay as they are.
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }

    /// Whether ids of items are replaced.
    #[must_use]
    pub fn hides_items(self) -> bool {
        self == Self::UsersAndItems
    }

    /// The error as it may be shown: where ids are hidden without what it quotes of the log, since
    /// any cell may be an id that slipped a column.
    pub(super) fn hide_in_error(self, error: DataError) -> DataError {
        if self.is_off() {
            error
        } else {
            error.without_examples()
        }
    }

    /// Problems as they may be shown, as [`Pseudonyms::hide_in_error`] shows an error.
    pub(super) fn hide_in_problems(self, problems: Vec<Problem>) -> Vec<Problem> {
        if self.is_off() {
            problems
        } else {
            problems
                .into_iter()
                .map(Problem::without_examples)
                .collect()
        }
    }
}

/// With which key ids were replaced; tells a wrong key, and nothing of the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PseudonymStamp {
    /// Which ids are pseudonyms.
    pub hidden: Pseudonyms,
    /// Hash of a constant under the key.
    pub key_check: String,
    /// Whether the key was drawn by the program, and is gone when it ends.
    pub is_passing: bool,
}

impl PseudonymStamp {
    /// Fails when the key in use is not the one of this stamp.
    ///
    /// # Errors
    /// [`DataError::Setting`] with the cure.
    pub fn check(&self) -> Result<(), DataError> {
        if key::in_use()?.0.check_value() == self.key_check {
            return Ok(());
        }
        let sentence = if self.is_passing {
            "its ids were replaced under a random key that ended with the program that drew it; \
             train anew, with a key of your own in SEQSCOPE_KEY or --key-file"
        } else {
            "its ids were replaced under another key; give that key in SEQSCOPE_KEY or --key-file"
        };
        Err(key::refused(sentence))
    }
}

/// Makes pseudonyms under the key in use.
#[derive(Clone, Debug)]
pub struct Pseudonymiser {
    key: PseudonymKey,
    stamp: PseudonymStamp,
}

impl Pseudonymiser {
    /// Under the key that was given, else that of the environment variable, else a random one that
    /// lasts as long as the program runs. `None` when nothing is to be hidden.
    ///
    /// # Errors
    /// [`DataError::Setting`] when the key that was given is none.
    pub fn new(hidden: Pseudonyms) -> Result<Option<Self>, DataError> {
        if hidden.is_off() {
            return Ok(None);
        }
        let (key, is_passing) = key::in_use()?;
        let stamp = PseudonymStamp {
            hidden,
            key_check: key.check_value(),
            is_passing,
        };
        Ok(Some(Self { key, stamp }))
    }

    /// Stamp that is kept with the data.
    #[must_use]
    pub fn stamp(&self) -> &PseudonymStamp {
        &self.stamp
    }

    /// A user's pseudonym.
    #[must_use]
    pub fn user(&self, id: &str) -> String {
        pseudonym(&self.key, "u", id)
    }

    /// An item's pseudonym, or its id where items are not hidden.
    #[must_use]
    pub fn item(&self, id: &str) -> String {
        if self.stamp.hidden.hides_items() {
            pseudonym(&self.key, "i", id)
        } else {
            id.to_owned()
        }
    }

    /// Replaces the ids of a log; indices stay.
    pub(super) fn hide(&self, events: &mut Events) -> Result<(), DataError> {
        events.users = renamed(&events.users, |id| self.user(id))?;
        if self.stamp.hidden.hides_items() {
            events.items = renamed(&events.items, |id| self.item(id))?;
        }
        Ok(())
    }

    /// Replaces the ids in the head of a file.
    pub(super) fn hide_head(&self, preview: &mut Preview) {
        let [user, item] = [Role::User, Role::Item].map(|role| {
            let name = preview.file.roles.column(role)?;
            preview.columns.iter().position(|column| column == name)
        });
        for row in &mut preview.rows {
            hide_cell(row, user, |id| self.user(id));
            hide_cell(row, item, |id| self.item(id));
        }
    }

    /// A warning where the key passes away.
    pub(super) fn warning(&self) -> Option<Problem> {
        self.stamp.is_passing.then(|| {
            Problem::warning(
                "data.pseudonyms",
                "no key was given, so ids were replaced under a random one that ends with this \
                 program: other openings give other pseudonyms, and a run can then be neither \
                 resumed nor explained; set SEQSCOPE_KEY or name --key-file to keep them.",
            )
        })
    }
}

/// Replaces the id in a row's cell; a blank one stays.
fn hide_cell(row: &mut [String], at: Option<usize>, new: impl Fn(&str) -> String) {
    if let Some(cell) = at
        .and_then(|at| row.get_mut(at))
        .filter(|cell| !cell.trim().is_empty())
    {
        *cell = new(cell.trim());
    }
}

/// Sixteen letters that say nothing of the id without the key.
fn pseudonym(key: &PseudonymKey, kind: &str, id: &str) -> String {
    // Neither of the letters that are taken for digits.
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut hasher = blake3::Hasher::new_keyed(key.bytes());
    // The kinds are of one length, so that no id of one runs into an id of another.
    let digest = hasher
        .update(kind.as_bytes())
        .update(id.as_bytes())
        .finalize();
    let bits = digest
        .as_bytes()
        .iter()
        .take(10)
        .fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
    let letter = |at: u32| {
        LETTERS
            .get((bits >> (5 * at) & 31) as usize)
            .copied()
            .map_or('0', char::from)
    };
    format!("{kind}-{}", (0..16).rev().map(letter).collect::<String>())
}

/// A vocabulary with other ids at the same indices.
fn renamed(ids: &Vocab, new: impl Fn(&str) -> String) -> Result<Vocab, DataError> {
    let mut renamed = Vocab::default();
    for (n, id) in ids.ids().enumerate() {
        renamed.intern(&new(id));
        if renamed.len() != n + 1 {
            return Err(key::refused(
                "two ids have the same pseudonym under this key; choose another key",
            ));
        }
    }
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PseudonymKey {
        PseudonymKey::from_text("a key of more than sixteen letters").unwrap()
    }

    #[test]
    fn a_pseudonym_is_the_head_of_the_keyed_hash_in_letters() {
        let digest = blake3::keyed_hash(key().bytes(), b"uAlice");
        let digits = digest
            .to_hex()
            .chars()
            .take(20)
            .fold(String::new(), |bits, digit| {
                format!("{bits}{:04b}", digit.to_digit(16).unwrap())
            });
        let letters: String = (0..16)
            .map(|at| usize::from_str_radix(&digits[5 * at..5 * at + 5], 2).unwrap())
            .map(|n| "0123456789abcdefghjkmnpqrstvwxyz".chars().nth(n).unwrap())
            .collect();
        assert_eq!(pseudonym(&key(), "u", "Alice"), format!("u-{letters}"));
        let others = [("u", "Alicf"), ("i", "Alice"), ("u", "alice")];
        assert!(
            others
                .iter()
                .all(|(kind, id)| pseudonym(&key(), kind, id)[2..] != letters)
        );
        let other = PseudonymKey::from_text("a key of more than sixteen lettert").unwrap();
        assert_ne!(pseudonym(&other, "u", "Alice")[2..], letters);
    }

    #[test]
    fn vocabularies_keep_their_order_and_collisions_are_refused() {
        let mut ids = Vocab::default();
        for id in ["b", "a", "c"] {
            ids.intern(id);
        }
        let new = renamed(&ids, |id| pseudonym(&key(), "u", id)).unwrap();
        for id in ["b", "a", "c"] {
            assert_eq!(new.idx(&pseudonym(&key(), "u", id)), ids.idx(id));
        }
        let sentence = renamed(&ids, |_| "u-same".to_owned())
            .unwrap_err()
            .to_string();
        assert_eq!(
            sentence,
            "two ids have the same pseudonym under this key; choose another key."
        );
    }
}
