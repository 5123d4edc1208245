//! What references are fitted on.

use super::{EaseMemory, ItemContents, Stop};

/// The training part of a log, as plain slices.
#[derive(Clone, Debug, Default)]
pub struct TrainingLog<'a> {
    /// Number of items; their indices are `1..=n_items`.
    pub n_items: usize,
    /// The training events of each user, oldest first; indices out of range are passed over.
    pub sequences: Vec<&'a [u32]>,
    /// Times of the same events, where the log has times: seconds, or numbers that only order.
    pub times: Option<Vec<&'a [i64]>>,
    /// What is told of the items, where something is.
    pub contents: Option<&'a ItemContents>,
    /// Whether the fitting is to be given up.
    pub stop: Stop<'a>,
    /// What EASE may take of the machine's memory.
    pub ease_memory: EaseMemory,
}

impl<'a> TrainingLog<'a> {
    /// A log of items alone.
    pub fn new(n_items: usize, sequences: impl IntoIterator<Item = &'a [u32]>) -> Self {
        Self { n_items, sequences: sequences.into_iter().collect(), ..Self::default() }
    }
}

/// Why a reference has nothing to say here: a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LeftOut(pub String);
