//! What if: a user's history is changed, and the model asked again.
//!
//! A [`Scenario`] is a list of [`Edit`]s of one user's history; all that a model is told of the
//! events follows them ([`HistoryEditor`]). [`WhatIf`] asks the model before and after; it looks
//! for the smallest edit that changes the first recommendation ([`Flip`]), and draws what may come
//! next ([`Draw`]).

mod answer;
mod flip;
mod sample;
mod scenario;
#[cfg(test)]
mod tests;

pub use answer::{Change, Moved, Standing, WhatIfAnswer, WhatIfAsk};
pub use flip::{Flip, FlipAsk, FlipFound, FlipProgress, FlipStage, FlipTried, not_counted};
pub use sample::{Draw, Drawn, DrawnPath, nucleus};
pub use scenario::{Edit, Scenario, ScenarioError, apply_edits};

use super::ranked::SeenItems;
use seqscope_base::metric::Seen;
use seqscope_data::{DataError, EditedEvent, FeatureSpec, Histories, HistoryEditor, Prepared};
use seqscope_model::{ModelError, Trainable};

/// Why there is no answer; each sentence says the cure.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// An edit cannot be made.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A number of the question is out of range.
    #[error("{0}")]
    Setting(String),
    /// The features cannot be computed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The model's answer is no number.
    #[error(
        "the model's answer is no number: its weights have diverged, or a changed value is far outside the log's; take that edit back, or choose an epoch before training diverged"
    )]
    NoNumber,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// One user's history, ready to be changed, and the model that is asked.
pub struct WhatIf<'a> {
    model: &'a dyn Trainable,
    editor: HistoryEditor<'a>,
    user_idx: usize,
    base: Vec<EditedEvent>,
    seen: Seen,
}

impl<'a> WhatIf<'a> {
    /// Takes the first `n_events` events of a user as the history; `specs` are the features that the
    /// data were prepared with, and `seen` says whether items of a history are listed after it.
    #[must_use]
    pub fn new(
        model: &'a dyn Trainable,
        prepared: &'a Prepared,
        specs: &[FeatureSpec],
        of: HistoryOf,
        seen: Seen,
    ) -> Self {
        Self::on(model, HistoryEditor::new(prepared, specs), of, seen)
    }

    /// Does what [`WhatIf::new`] does, by an editor that is there already.
    #[must_use]
    pub fn on(
        model: &'a dyn Trainable,
        editor: HistoryEditor<'a>,
        of: HistoryOf,
        seen: Seen,
    ) -> Self {
        let dataset = &editor.prepared().dataset;
        Self {
            model,
            base: dataset.events_of(of.user_idx, of.n_events),
            editor,
            user_idx: of.user_idx,
            seen,
        }
    }

    /// The history as it is.
    #[must_use]
    pub fn base(&self) -> &[EditedEvent] {
        &self.base
    }

    /// The history after some edits.
    ///
    /// # Errors
    /// [`ScenarioError`] of the first edit that cannot be made.
    pub fn edited(&self, edits: &[Edit]) -> Result<Vec<EditedEvent>, ScenarioError> {
        let mut events = self.base.clone();
        apply_edits(&self.editor.prepared().dataset, edits, &mut events)?;
        Ok(events)
    }

    /// Input of the model for some histories, one a row.
    fn histories(&self, rows: &[Vec<EditedEvent>]) -> Result<Histories, DataError> {
        self.editor.histories(self.user_idx, rows)
    }

    /// The model's scores after each of these histories, `[rows, n_items + 1]`.
    fn scores(&self, rows: &[Vec<EditedEvent>]) -> Result<Vec<f32>, WhatIfError> {
        self.numbers(self.model.scores(&self.histories(rows)?)?)
    }

    /// Scores in which every item has a number, be it infinite.
    fn numbers(&self, scores: Vec<f32>) -> Result<Vec<f32>, WhatIfError> {
        // The first column is padding and means nothing.
        let mut rows = scores.chunks(self.n_columns());
        if rows.any(|row| row.iter().skip(1).any(|score| score.is_nan())) {
            return Err(WhatIfError::NoNumber);
        }
        Ok(scores)
    }

    fn n_columns(&self) -> usize {
        self.editor.prepared().dataset.n_items() + 1
    }

    /// Items that are not listed after such a history.
    fn seen_in(&self, events: &[EditedEvent]) -> SeenItems {
        let items: Vec<u32> = events.iter().map(|event| event.item_idx).collect();
        SeenItems::after(&items, self.seen == Seen::LeftOut)
    }
}

/// The first events of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryOf {
    /// The user.
    pub user_idx: usize,
    /// Number of events.
    pub n_events: usize,
}

impl HistoryOf {
    /// All events of a user, or those before the validation event: until a run has ended nobody may
    /// choose by the test split, and after the validation event the test question is asked.
    #[must_use]
    pub fn user(prepared: &Prepared, user_idx: usize, is_test_open: bool) -> Self {
        let n_events = prepared.dataset.sequences.items(user_idx).len();
        let before_validation = || {
            let split = &prepared.split;
            let valid = super::question_of(&split.valid, user_idx);
            let n_training = split.train_len.get(user_idx).map(|&len| len as usize);
            let asked = valid.map(|case| case.history_len as usize);
            asked.or(n_training).unwrap_or(n_events).min(n_events)
        };
        Self {
            user_idx,
            n_events: if is_test_open {
                n_events
            } else {
                before_validation()
            },
        }
    }
}
