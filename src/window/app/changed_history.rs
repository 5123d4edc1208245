//! A user's history as a person changes it, and what can be undone.

use seqscope_data::{EditedEvent, Prepared};
use seqscope_engine::explain::{Edit, ScenarioError, apply_edits};

/// A history and what a person has made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedHistory {
    /// The history as it is.
    pub base: Vec<EditedEvent>,
    /// The history after the edits.
    pub events: Vec<EditedEvent>,
    pub(super) edits: Vec<Edit>,
    pub(super) past: Vec<Vec<Edit>>,
    pub(super) future: Vec<Vec<Edit>>,
}

impl ChangedHistory {
    pub(super) fn new(base: Vec<EditedEvent>) -> Self {
        Self {
            events: base.clone(),
            base,
            edits: Vec::new(),
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    /// The edits, the first first.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Puts other edits in the place of the present ones; nothing changes where one cannot be made.
    pub(super) fn set(
        &mut self,
        prepared: &Prepared,
        edits: Vec<Edit>,
    ) -> Result<(), ScenarioError> {
        let mut events = self.base.clone();
        apply_edits(&prepared.dataset, &edits, &mut events)?;
        self.events = events;
        self.past.push(std::mem::replace(&mut self.edits, edits));
        self.future.clear();
        Ok(())
    }

    /// Makes the edits again on a history that has become longer; what cannot be made is told, and
    /// then none is.
    pub(super) fn regrown(
        &mut self,
        prepared: &Prepared,
        base: Vec<EditedEvent>,
    ) -> Result<(), ScenarioError> {
        self.base = base;
        self.events = self.base.clone();
        let made = apply_edits(&prepared.dataset, &self.edits, &mut self.events);
        if made.is_err() {
            *self = Self::new(std::mem::take(&mut self.base));
        }
        made
    }

    pub(super) fn undo(&mut self, prepared: &Prepared) -> Result<(), ScenarioError> {
        let Some(edits) = self.past.pop() else {
            return Ok(());
        };
        let future = std::mem::take(&mut self.future);
        let present = self.edits.clone();
        self.set(prepared, edits)?;
        self.past.pop();
        self.future = future;
        self.future.push(present);
        Ok(())
    }

    pub(super) fn redo(&mut self, prepared: &Prepared) -> Result<(), ScenarioError> {
        let Some(edits) = self.future.pop() else {
            return Ok(());
        };
        let future = std::mem::take(&mut self.future);
        self.set(prepared, edits)?;
        self.future = future;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_data::{Dataset, Sequences};

    fn prepared(n_events: usize) -> Prepared {
        Prepared {
            dataset: Dataset {
                sequences: Sequences {
                    offsets: vec![0, n_events],
                    item_idx: (1..=n_events as u32).collect(),
                    ..Sequences::default()
                },
                ..Dataset::default()
            },
            ..Prepared::default()
        }
    }

    /// Two of five events are open, then all: the edit of the second stays.
    #[test]
    fn edits_are_made_again_where_a_history_grows() {
        let prepared = prepared(5);
        let base = |n: usize| prepared.dataset.events_of(0, n);
        let mut history = ChangedHistory::new(base(2));
        let edit = |event: usize| vec![Edit::Delete { event }];
        history.set(&prepared, edit(2)).unwrap();
        history.regrown(&prepared, base(5)).unwrap();
        let items = |history: &ChangedHistory| -> Vec<u32> {
            history.events.iter().map(|event| event.item_idx).collect()
        };
        assert_eq!(items(&history), [1, 3, 4, 5]);
        assert_eq!((history.base.len(), history.edits()), (5, &edit(2)[..]));
        history.undo(&prepared).unwrap();
        assert_eq!(items(&history), [1, 2, 3, 4, 5]);
        // What cannot be made on the new history is told, and the history is as it is.
        history.set(&prepared, edit(4)).unwrap();
        assert!(history.regrown(&prepared, base(3)).is_err());
        assert_eq!((items(&history), history.edits().len()), (vec![1, 2, 3], 0));
    }
}
