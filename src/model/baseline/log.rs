//! Training data that references are fitted on.

use super::{EaseMemory, ItemContents, Stop};
use seqscope_base::metric::Seen;

/// The training part of a log, as plain slices.
#[derive(Clone, Debug)]
pub struct TrainingLog<'a> {
    /// Number of items; their indices are `1..=n_items`.
    pub n_items: usize,
    /// The training events of each user, oldest first; indices out of range are passed over.
    pub sequences: Vec<&'a [u32]>,
    /// Times of the same events, where the log has times: seconds, or numbers that only order.
    pub times: Option<Vec<&'a [i64]>>,
    /// Known texts of the items, where there are some.
    pub contents: Option<&'a ItemContents>,
    /// Whether the fitting is to be given up.
    pub stop: Stop<'a>,
    /// Limits on the memory that EASE may take.
    pub ease_memory: EaseMemory,
    /// Treatment of seen items in the rankings that settings are chosen by.
    pub seen: Seen,
}

impl<'a> TrainingLog<'a> {
    /// A log of items alone, for rankings without seen items.
    pub fn new(n_items: usize, sequences: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let sequences = sequences.into_iter().collect();
        let (stop, ease_memory) = (Stop::default(), EaseMemory::default());
        Self {
            n_items,
            sequences,
            times: None,
            contents: None,
            stop,
            ease_memory,
            seen: Seen::LeftOut,
        }
    }
}

/// Why a reference has nothing to say here: a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LeftOut(pub String);
