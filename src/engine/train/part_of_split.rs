//! What a split gives to each part: events to learn from, questions to answer.

use crate::run::Part;
use seqscope_data::{EvalCase, Prepared};

/// The questions that a split has for a part.
pub(super) fn cases(prepared: &Prepared, part: Part) -> &[EvalCase] {
    match part {
        Part::Train => &[],
        Part::Valid => &prepared.split.valid,
        Part::Test => &prepared.split.test,
    }
}

/// The events of a user that training may see.
pub(super) fn train_items(prepared: &Prepared, user_idx: usize) -> &[u32] {
    let len = prepared
        .split
        .train_len
        .get(user_idx)
        .map_or(0, |&len| len as usize);
    let items = prepared.dataset.sequences.items(user_idx);
    items.get(..len).unwrap_or(items)
}
