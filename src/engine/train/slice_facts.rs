//! Facts about each question beside its answer.

use crate::run::Facts;
use crate::slice::{n_train_events, popularity_deciles};
use seqscope_data::{EvalCase, Prepared};

/// Tells of questions what slices go by.
pub(super) struct SliceFacts<'a> {
    prepared: &'a Prepared,
    /// Tenth of each item, by number; 0 for one that training does not know.
    deciles: Vec<u32>,
}

impl<'a> SliceFacts<'a> {
    pub(super) fn new(prepared: &'a Prepared) -> Self {
        Self {
            prepared,
            deciles: popularity_deciles(&n_train_events(prepared)),
        }
    }

    /// The facts of a question.
    pub(super) fn facts(&self, case: EvalCase) -> Facts {
        let (user, position) = (case.user_idx as usize, case.target_pos as usize);
        let sequences = &self.prepared.dataset.sequences;
        let item = sequences.items(user).get(position).copied().unwrap_or(0) as usize;
        let behaviour = sequences
            .behaviours(user)
            .and_then(|all| all.get(position))
            .map(|&idx| u32::from(idx));
        let name = behaviour
            .and_then(|idx| self.prepared.dataset.behaviours.id(idx))
            .unwrap_or_default();
        Facts {
            history_len: case.history_len,
            popularity_decile: Some(self.deciles.get(item).copied().unwrap_or(0)),
            behaviour: name.to_owned(),
            is_return: Some(self.prepared.is_return(case)),
        }
    }
}
