//! A model that is asked about one item after changed histories.

use std::ops::Range;

use super::super::watched::Watched;
use super::{AnswerQuestion, AttributionError};
use seqscope_base::metric::{Odds, Rank, Seen, mid_rank};
use seqscope_data::{DataError, EditedEvent, Histories, HistoryEditor};
use seqscope_model::{ModelError, Trainable};

/// Word of a model on one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetAnswer {
    /// Natural logarithm of its probability over all items.
    pub log_probability: f64,
    /// Its mid-rank; [`MISS`](seqscope_base::metric::MISS) where it is left out with the seen items.
    pub rank: Rank,
}

impl TargetAnswer {
    /// Its probability over all items.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.log_probability.exp()
    }
}

/// Most histories that are put to a model at a time.
const AT_A_TIME: usize = 256;

/// Most scores in memory at a time: 4 million, 16 MB.
const MAX_SCORES: usize = 4_000_000;

/// A model, a history and an item.
///
/// Histories without some of their events are made by a [`HistoryEditor`], as those that a person
/// edits: what is told of the events that stay follows, such as the gap to the event before. Older
/// events that the model does not read are there when that is worked out, and left away then.
pub(super) struct Asker<'a> {
    model: &'a dyn Trainable,
    editor: HistoryEditor<'a>,
    user_idx: usize,
    events: Vec<EditedEvent>,
    target: u32,
    /// Items that are not ranked: those of the whole history, whatever is removed of it, so that a
    /// removed item does not compete where it did not before.
    excluded: Vec<u32>,
    /// Places of the events that the model reads.
    read: Range<usize>,
    watched: Watched<'a>,
}

impl<'a> Asker<'a> {
    /// A model that is asked about `target` after a user's first events, of which it reads these;
    /// each answer is a piece of what is watched.
    pub(super) fn new(
        model: &'a dyn Trainable,
        editor: HistoryEditor<'a>,
        asked: &AnswerQuestion<'_>,
        target: u32,
        read: Range<usize>,
        watched: Watched<'a>,
    ) -> Self {
        let dataset = &editor.prepared().dataset;
        let events = dataset.events_of(asked.user_idx, asked.history_len);
        let items: Vec<u32> = events.iter().map(|event| event.item_idx).collect();
        Self {
            model,
            editor,
            user_idx: asked.user_idx,
            events,
            target,
            excluded: Seen::filtered(asked.filter_seen).excluded(&items),
            read,
            watched,
        }
    }

    /// The answer after all events.
    pub(super) fn whole(&self) -> Result<TargetAnswer, AttributionError> {
        let answers = self.after(&[self.read.clone().collect()])?;
        Ok(answers.first().copied().ok_or_else(no_answer)?)
    }

    /// The answer without each of these events.
    pub(super) fn without_each(
        &self,
        events: Range<usize>,
    ) -> Result<Vec<TargetAnswer>, AttributionError> {
        let kept: Vec<Vec<usize>> = events
            .map(|gone| self.read.clone().filter(|&event| event != gone).collect())
            .collect();
        self.after(&kept)
    }

    /// Places of the events that are read but for those that are `gone`.
    pub(super) fn but(&self, gone: &[usize]) -> Vec<usize> {
        self.read
            .clone()
            .filter(|event| !gone.contains(event))
            .collect()
    }

    /// The answer after each of these choices among the events.
    pub(super) fn after(&self, kept: &[Vec<usize>]) -> Result<Vec<TargetAnswer>, AttributionError> {
        let mut answers = Vec::with_capacity(kept.len());
        let mut at_a_time = 1;
        let mut rest = kept;
        while !rest.is_empty() {
            let (block, later) = rest.split_at(at_a_time.min(rest.len()));
            rest = later;
            let histories = self.histories(block)?;
            let scores = self.model.scores(&histories)?;
            // How long a row is, the first one tells.
            let n_columns = (scores.len() / block.len()).max(1);
            if scores.len() != n_columns * block.len() || n_columns <= self.target as usize {
                return Err(no_answer().into());
            }
            at_a_time = (MAX_SCORES / n_columns).clamp(1, AT_A_TIME);
            answers.extend(scores.chunks_exact(n_columns).map(|row| self.judged(row)));
            self.watched.did(block.len())?;
        }
        Ok(answers)
    }

    /// The events that are kept, as the model is told of them where the others never were.
    fn histories(&self, kept: &[Vec<usize>]) -> Result<Histories, DataError> {
        let unread = 0..self.read.start;
        let rows: Vec<Vec<EditedEvent>> = kept
            .iter()
            .map(|kept| {
                let all = unread.clone().chain(kept.iter().copied());
                all.filter_map(|at| self.events.get(at).cloned()).collect()
            })
            .collect();
        let whole = self.editor.histories(self.user_idx, &rows)?;
        let lens: Vec<usize> = kept.iter().map(Vec::len).collect();
        Ok(whole.tails(&lens))
    }

    fn judged(&self, row: &[f32]) -> TargetAnswer {
        let target = self.target as usize;
        TargetAnswer {
            log_probability: Odds::from_scores(row).log_probability(row, target),
            rank: mid_rank(row, target, &self.excluded),
        }
    }
}

fn no_answer() -> ModelError {
    ModelError::Compute {
        sentence: "the model gave no score to the item that was asked about".to_owned(),
    }
}
