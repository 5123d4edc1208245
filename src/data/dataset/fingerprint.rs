//! Hashes that say whether two runs saw the same events; the same on every machine.

use xxhash_rust::xxh3::Xxh3;

use super::Dataset;
use crate::log::{FreeValues, Vocab};

/// An XXH3 hash over columns, each preceded by its length so that no two tables run together.
pub(super) struct Fingerprint(Xxh3);

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 1 << 16;

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(Xxh3::new())
    }

    /// Adds a column of numbers, in little-endian order.
    pub(super) fn numbers(&mut self, column: impl ExactSizeIterator<Item = u64>) {
        self.0.update(&(column.len() as u64).to_le_bytes());
        // The hash is fed in large pieces: eight bytes at a time it would cost more than a sort.
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        for number in column {
            piece.extend_from_slice(&number.to_le_bytes());
            if piece.len() >= PIECE_BYTES {
                self.0.update(&piece);
                piece.clear();
            }
        }
        self.0.update(&piece);
    }

    /// Adds the ids of a vocabulary.
    fn ids(&mut self, vocab: &Vocab) {
        self.0.update(&(vocab.len() as u64).to_le_bytes());
        for id in vocab.ids() {
            self.0.update(&(id.len() as u64).to_le_bytes());
            self.0.update(id.as_bytes());
        }
    }

    /// Adds a column of real numbers.
    fn floats(&mut self, column: &[f32]) {
        self.numbers(column.iter().map(|value| u64::from(value.to_bits())));
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// Sixteen hexadecimal digits.
    pub(super) fn digits(&self) -> String {
        format!("{:016x}", self.0.digest())
    }
}

/// Hash of the coded sequences and vocabularies. Titles and the report do not count, nor do
/// sessions, places and free columns: runs of before they were known keep their data.
pub(super) fn of_dataset(dataset: &Dataset) -> String {
    sequences(dataset).digits()
}

/// Fingerprint that includes sessions, places, free columns and joined tables, for a log that
/// features are made of.
pub(super) fn with_columns(dataset: &Dataset) -> String {
    let mut hash = sequences(dataset);
    let Dataset {
        sequences,
        item_columns,
        user_columns,
        ..
    } = dataset;
    let sessions = sequences.session_idx.as_deref().unwrap_or(&[]);
    hash.numbers(sessions.iter().map(|&session| u64::from(session)));
    for degrees in [&sequences.latitude, &sequences.longitude] {
        hash.floats(degrees.as_deref().unwrap_or(&[]));
    }
    for column in sequences
        .free
        .iter()
        .chain(item_columns)
        .chain(user_columns)
    {
        hash.text(&column.name);
        match &column.values {
            FreeValues::Numeric(values) | FreeValues::Embedding { values, .. } => {
                hash.floats(values);
            }
            FreeValues::Category(words) | FreeValues::Text(words) => {
                hash.numbers(words.idx.iter().map(|&idx| u64::from(idx)));
                hash.ids(&words.vocab);
            }
        }
    }
    hash.text(&dataset.titles.join("\n"));
    hash.digits()
}

fn sequences(dataset: &Dataset) -> Fingerprint {
    let mut hash = Fingerprint::new();
    let sequences = &dataset.sequences;
    hash.numbers(sequences.offsets.iter().map(|&offset| offset as u64));
    hash.numbers(sequences.item_idx.iter().map(|&item| u64::from(item)));
    let times = sequences.time_secs.as_deref().unwrap_or(&[]);
    hash.numbers(times.iter().map(|&time| time as u64));
    let behaviours = sequences.behaviour_idx.as_deref().unwrap_or(&[]);
    hash.numbers(behaviours.iter().map(|&behaviour| u64::from(behaviour)));
    let values = sequences.value.as_deref().unwrap_or(&[]);
    hash.numbers(values.iter().map(|value| u64::from(value.to_bits())));
    for vocab in [&dataset.users, &dataset.items, &dataset.behaviours] {
        hash.ids(vocab);
    }
    hash
}
