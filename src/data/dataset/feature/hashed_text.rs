//! The words of a text, hashed into a vector of a fixed length.

use xxhash_rust::xxh3::xxh3_64;

use super::spec::{Computable, Feature, feature_settings};
use super::view::DatasetView;
use crate::log::{ColumnKind, FreeValues};
use seqscope_base::spec::{EntryWords, Problem};

/// The name by which the log's item titles are meant.
pub(super) const TITLES: &str = "titles";

feature_settings! {
    /// Words of a text as counts in hashed buckets.
    HashedText {
        /// The free column of text.
        column: String = String::new(), Text, "Column", "", "A free column of text; `items.` or \
            `users.` before it names one of a joined table, and `titles` the items' titles.", "none is guessed";
        /// Number of buckets.
        buckets: usize = 32, Int { min: 2, max: 1024 }, "Buckets", "", "Length of the vector: two \
            words fall on each other with a chance of 1 / buckets.", "our choice: few enough to keep beside every event";
        /// Whether a hash bit says if a word adds or takes away.
        signed: bool = true, Bool, "Signed", "", "A second bit of the hash decides whether a word \
            counts +1 or −1, so that words that fall on each other do not add up on average.", "Weinberger et al. 2009, equation 1";
    }
}

impl Computable for HashedText {
    fn words(&self) -> EntryWords {
        EntryWords::new(
            "Text as hashed words",
            "Every word adds ±1 to the bucket of its XXH3 hash (Weinberger et al. 2009); \
             words are in small letters, and each Chinese, Japanese or Korean character is a \
             word of its own.",
            "",
        )
    }

    fn shape(&self) -> &'static str {
        "[n_events, buckets], counts; none without a text"
    }

    fn column(&self) -> Option<(&str, &'static [ColumnKind])> {
        Some((&self.column, &[ColumnKind::Text, ColumnKind::Category]))
    }

    fn is_own_name(&self, log: &DatasetView<'_>) -> bool {
        self.column == TITLES && !log.dataset.titles.is_empty()
    }

    fn compute(&self, log: &DatasetView<'_>) -> Result<Feature, Problem> {
        let vectors = |texts: Vec<&str>| -> Vec<Vec<f32>> {
            texts.into_iter().map(|text| self.vector(text)).collect()
        };
        let none = vec![f32::NAN; self.buckets];
        let mut values = Vec::with_capacity(log.n_events() * self.buckets);
        let mut add = |vector: Option<&Vec<f32>>| values.extend_from_slice(vector.unwrap_or(&none));
        if self.is_own_name(log) {
            let titles = vectors(log.dataset.titles.iter().map(String::as_str).collect());
            for item in &log.sequences().item_idx {
                add((*item as usize)
                    .checked_sub(1)
                    .filter(|at| {
                        log.dataset
                            .titles
                            .get(*at)
                            .is_some_and(|title| !title.is_empty())
                    })
                    .and_then(|at| titles.get(at)));
            }
        } else {
            let kinds = [ColumnKind::Text, ColumnKind::Category];
            let column = log
                .column(&self.column, &kinds)
                .map_err(|sentence| Problem::error("column", sentence))?;
            if let FreeValues::Text(words) | FreeValues::Category(words) = column.values {
                // Each different text is hashed once.
                let known = vectors(words.vocab.ids().collect());
                for event in 0..log.n_events() {
                    let idx = words.idx.get(column.row(event)).copied().unwrap_or(0);
                    add((idx as usize).checked_sub(1).and_then(|at| known.get(at)));
                }
            }
        }
        let names = (0..self.buckets)
            .map(|bucket| format!("{} {bucket}", self.column))
            .collect();
        Ok(Feature {
            unit: "words",
            ..Feature::vector(format!("{} hashed", self.column), names, values)
        })
    }
}

impl HashedText {
    /// The counts of a text's words, `[buckets]`.
    pub(super) fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.buckets];
        for word in words(text) {
            let hash = xxh3_64(word.as_bytes());
            // The bucket comes from the low bits, the sign from the highest one.
            let bucket = (hash % self.buckets.max(1) as u64) as usize;
            let sign = if self.signed && hash >> 63 == 1 {
                -1.0
            } else {
                1.0
            };
            if let Some(count) = vector.get_mut(bucket) {
                *count += sign;
            }
        }
        vector
    }
}

/// Words in small letters: runs of letters and digits, and every character of a script that writes
/// without blanks.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        let stands_alone = matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{323af}');
        if (stands_alone || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if stands_alone {
            words.push(letter.to_string());
        } else if letter.is_alphanumeric() {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
