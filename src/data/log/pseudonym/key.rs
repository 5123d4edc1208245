//! The key that pseudonyms are made with: in memory only, and in no text that the program writes.
//!
//! There is one key a process, as there is one environment: it is given once, by a person, for all
//! logs that this process opens, and a setting that carried it would end up in a file.

use std::env::VarError;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rand::TryRng as _;
use rand::rngs::SysRng;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::DataError;

/// The environment variable that a key is taken from where none is given otherwise.
pub const KEY_VARIABLE: &str = "SEQSCOPE_KEY";

/// Fewest letters of a key: what is shorter can be found by trying.
const FEWEST_LETTERS: usize = 16;

/// Largest key file; what is larger is another file, picked by mistake.
const MOST_BYTES: u64 = 4_096;

/// Separates this use of a text from any other.
const CONTEXT: &str = "seqscope 2026-11-22 pseudonyms of ids in behaviour logs";

/// The key in use, and whether it was drawn here.
static IN_USE: Mutex<Option<(PseudonymKey, bool)>> = Mutex::new(None);

/// A secret; its memory is wiped when it is dropped, and it shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PseudonymKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(hidden)")
    }
}

impl PseudonymKey {
    /// The key of a text of at least 16 letters; blanks around it do not count.
    ///
    /// The text is taken for random: a password that can be guessed makes pseudonyms that can be
    /// undone by trying.
    ///
    /// # Errors
    /// [`DataError::Setting`] when the text is too short.
    pub fn from_text(text: &str) -> Result<Self, DataError> {
        let text = text.trim();
        if text.chars().count() < FEWEST_LETTERS {
            return Err(refused(
                "the key has fewer than 16 letters, so it could be found by trying; make one with \
                 `openssl rand -hex 32`",
            ));
        }
        Ok(Self(Zeroizing::new(blake3::derive_key(
            CONTEXT,
            text.as_bytes(),
        ))))
    }

    /// Overwrites the text of a key where it was typed.
    pub fn wipe(text: &mut String) {
        text.zeroize();
    }

    /// The key of a file's text.
    ///
    /// # Errors
    /// [`DataError`] when the file cannot be read or its text is no key.
    pub fn from_file(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|error| {
            DataError::unreadable(
                path,
                format!("{error}; name the file that holds the key in --key-file"),
            )
        })?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
        file.take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| {
                DataError::unreadable(
                    path,
                    format!("{error}; name the file that holds the key in --key-file"),
                )
            })?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if bytes.len() as u64 <= MOST_BYTES => Self::from_text(text),
            _ => Err(DataError::unreadable(
                path,
                "it is no key: one line of text is expected, such as `openssl rand -hex 32` writes"
                    .to_owned(),
            )),
        }
    }

    /// A key that nobody knows.
    fn random() -> Result<Self, DataError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SysRng
            .try_fill_bytes(bytes.as_mut_slice())
            .map_err(|error| {
                refused(&format!(
                    "this system gives no random numbers ({error}); give a key in {KEY_VARIABLE}"
                ))
            })?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Hash of a constant: tells two keys apart, and nothing of either.
    pub(super) fn check_value(&self) -> String {
        let digest = blake3::keyed_hash(self.bytes(), b"check value of the key of pseudonyms");
        digest.to_hex().chars().take(16).collect()
    }
}

/// Makes pseudonyms under this key from now on, in place of that of the environment variable, or
/// else a random one.
pub fn use_key(key: PseudonymKey) {
    *IN_USE.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, false));
}

/// The key in use, and whether it was drawn here.
pub(super) fn in_use() -> Result<(PseudonymKey, bool), DataError> {
    let mut slot = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = slot.as_ref() {
        return Ok(key.clone());
    }
    let said = match std::env::var(KEY_VARIABLE) {
        Err(VarError::NotUnicode(_)) => {
            return Err(refused(&format!(
                "the key in {KEY_VARIABLE} is no text; make one with `openssl rand -hex 32`"
            )));
        }
        said => said
            .ok()
            .map(Zeroizing::new)
            .filter(|text| !text.trim().is_empty()),
    };
    let key = match said {
        Some(text) => (PseudonymKey::from_text(&text)?, false),
        None => (PseudonymKey::random()?, true),
    };
    Ok(slot.insert(key).clone())
}

/// Fault of a key, as an error of its setting.
pub(super) fn refused(sentence: &str) -> DataError {
    DataError::setting("data.pseudonyms", format!("{sentence}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef-secret";

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = PseudonymKey::from_text(TEXT).unwrap();
        let digits = blake3::Hash::from_bytes(*key.bytes()).to_hex();
        let shown = format!("{key:?} {:?} {}", Some(&key), key.check_value());
        assert!(
            !shown.contains("secret") && !shown.contains(&digits[..8]),
            "{shown}"
        );
        assert_eq!(key.check_value().len(), 16);
        assert_ne!(
            key.check_value(),
            PseudonymKey::from_text("another key of enough letters")
                .unwrap()
                .check_value()
        );
    }

    #[test]
    fn keys_come_from_texts_and_files_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("{TEXT}\n")).unwrap();
        assert_eq!(
            PseudonymKey::from_file(&path).unwrap(),
            PseudonymKey::from_text(TEXT).unwrap()
        );
        assert_ne!(
            PseudonymKey::random().unwrap(),
            PseudonymKey::random().unwrap()
        );
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            PseudonymKey::from_file(&path).unwrap_err().to_string()
        };
        let short = "the key has fewer than 16 letters, so it could be found by trying; make one \
                     with `openssl rand -hex 32`.";
        assert_eq!(of(b"hunter2"), short);
        assert_eq!(of(b""), short);
        for bytes in [&b"\xff\xfe and more than sixteen"[..], &[b'x'; 5_000]] {
            assert!(of(bytes).ends_with(
                "it is no key: one line of text is expected, such as `openssl rand -hex 32` writes"
            ));
        }
        let missing = PseudonymKey::from_file(Path::new("/no/such/key"))
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("cannot read `/no/such/key`: ") && missing.contains("--key-file"),
            "{missing}"
        );
    }
}
