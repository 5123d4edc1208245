//! Before and after: the two lists, how far they are apart, where an item stands in each.

use super::{Edit, WhatIf, WhatIfError};
use crate::explain::Scored;
use crate::explain::ranked::{Candidates, SeenItems};
use seqscope_base::metric::Odds;
use seqscope_data::EditedEvent;
use seqscope_model::AttentionMaps;

/// Question: what does the model say after these edits?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIfAsk {
    /// Edits, the first first.
    pub edits: Vec<Edit>,
    /// Length of the lists.
    pub top: usize,
    /// Item whose places are wanted, in the lists or not.
    pub item_idx: Option<u32>,
    /// Whether the attention after the edits is wanted.
    pub with_attention: bool,
}

/// Standing of an item in one list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Place in the whole list, from 1; of equals the item with the smaller index comes first.
    /// `None` where the item is left out, since the history has it.
    pub place: Option<usize>,
    /// Its probability over all items.
    pub probability: f64,
}

/// Kind of a change between the two lists of the best items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Change {
    /// Only in the list after.
    New,
    /// Only in the list before.
    Gone,
    /// Nearer to the top than before.
    Up,
    /// Further from the top than before.
    Down,
    /// At the same place, or in neither list.
    Same,
}

/// One item before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The item.
    pub item_idx: u32,
    /// Standing before the edits.
    pub before: Standing,
    /// Standing after them.
    pub after: Standing,
    /// What became of it in the lists.
    pub change: Change,
}

/// What a model says before and after a history was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfAnswer {
    /// The history after the edits.
    pub events: Vec<EditedEvent>,
    /// Number of events before them.
    pub n_before: usize,
    /// The likeliest items before, best first.
    pub before: Vec<Scored>,
    /// The likeliest items after, best first.
    pub after: Vec<Scored>,
    /// Every item of either list: those of the list after in its order, then those that are gone.
    pub moves: Vec<Moved>,
    /// The item whose places were asked for.
    pub item: Option<Moved>,
    /// Total variation distance of the two distributions over all items, ½ Σ |p − q|: 0 where they
    /// are the same, at most 1. NaN where a score is NaN.
    pub total_variation: f64,
    /// Kullback–Leibler divergence Σ p ln(p / q) of the distribution before, p, from the one after,
    /// q, over all items, in nats. NaN where a score is NaN.
    pub divergence: f64,
    /// Attention over the changed history; `None` where it was not asked for, the history is empty,
    /// or the model has none.
    pub attention: Option<AttentionMaps>,
}

impl WhatIf<'_> {
    /// Asks the model once for the history as it is and as it is after the edits.
    ///
    /// # Errors
    /// [`WhatIfError`] where an edit cannot be made, the list is longer than the catalogue, or the
    /// model fails.
    pub fn answer(&self, asked: &WhatIfAsk) -> Result<WhatIfAnswer, WhatIfError> {
        let n_items = self.n_columns() - 1;
        if asked.top == 0 || asked.top > n_items {
            return Err(WhatIfError::Setting(format!(
                "the catalogue has {n_items} items, so {} cannot be listed; choose from 1 to \
                 {n_items}",
                asked.top
            )));
        }
        let events = self.edited(&asked.edits)?;
        let histories = self.histories(&[self.base.clone(), events.clone()])?;
        let scores = self.numbers(self.model.scores(&histories)?)?;
        let (of_before, of_after) = scores.split_at(self.n_columns().min(scores.len()));
        let seen = self.seen_in(&self.base);
        let before = Side::new(of_before, &seen, asked.top);
        let seen = self.seen_in(&events);
        let after = Side::new(of_after, &seen, asked.top);
        let attention = if asked.with_attention && !events.is_empty() {
            self.model.attention(&histories.select(&[1]))?
        } else {
            None
        };
        let top = asked.top;
        Ok(WhatIfAnswer {
            n_before: self.base.len(),
            moves: moves(&before, &after, top),
            item: asked.item_idx.map(|item| moved(item, &before, &after, top)),
            total_variation: total_variation(of_before, of_after),
            divergence: divergence(of_before, of_after),
            attention,
            before: before.list,
            after: after.list,
            events,
        })
    }
}

/// Words of a model about one history.
struct Side<'a> {
    candidates: Candidates<'a>,
    list: Vec<Scored>,
}

impl<'a> Side<'a> {
    fn new(scores: &'a [f32], seen: &SeenItems, top: usize) -> Self {
        let candidates = Candidates::new(scores, seen);
        let list = candidates.top(top);
        Self { candidates, list }
    }

    fn standing(&self, item_idx: u32) -> Standing {
        Standing {
            place: self.candidates.place(item_idx),
            probability: f64::from(self.candidates.probability(item_idx)),
        }
    }
}

fn moves(before: &Side<'_>, after: &Side<'_>, top: usize) -> Vec<Moved> {
    let kept: Vec<u32> = after.list.iter().map(|scored| scored.item_idx).collect();
    let gone = before.list.iter().map(|scored| scored.item_idx);
    let gone = gone.filter(|item| !kept.contains(item));
    let all = kept.iter().copied().chain(gone);
    all.map(|item| moved(item, before, after, top)).collect()
}

fn moved(item_idx: u32, before: &Side<'_>, after: &Side<'_>, top: usize) -> Moved {
    let (before, after) = (before.standing(item_idx), after.standing(item_idx));
    let listed = |standing: Standing| standing.place.filter(|place| *place <= top);
    let change = match (listed(before), listed(after)) {
        (None, Some(_)) => Change::New,
        (Some(_), None) => Change::Gone,
        (Some(was), Some(is)) if is < was => Change::Up,
        (Some(was), Some(is)) if is > was => Change::Down,
        (Some(_), Some(_)) | (None, None) => Change::Same,
    };
    Moved {
        item_idx,
        before,
        after,
        change,
    }
}

/// Half the sum of what the probabilities of all items differ by.
fn total_variation(p: &[f32], q: &[f32]) -> f64 {
    let (of_p, of_q) = (Odds::from_scores(p), Odds::from_scores(q));
    let differences =
        (1..p.len()).map(|item| (of_p.probability(p, item) - of_q.probability(q, item)).abs());
    differences.sum::<f64>() / 2.0
}

/// Divergence of p from q; an item that has no probability in p adds nothing.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let (of_p, of_q) = (Odds::from_scores(p), Odds::from_scores(q));
    let terms = (1..p.len()).map(|item| {
        let ln_p = of_p.log_probability(p, item);
        if ln_p == f64::NEG_INFINITY {
            0.0
        } else {
            ln_p.exp() * (ln_p - of_q.log_probability(q, item))
        }
    });
    terms.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_two_distributions() {
        // softmax: padding, then 1/4, 3/4 against 1/2, 1/2.
        let p = [9.0, 0.0, 3.0_f32.ln()];
        let q = [-9.0, 1.0, 1.0];
        assert!((total_variation(&p, &q) - 0.25).abs() < 1e-7);
        let expected = 0.25 * 0.5_f64.ln() + 0.75 * 1.5_f64.ln();
        assert!((divergence(&p, &q) - expected).abs() < 1e-7);
        assert_eq!((total_variation(&p, &p), divergence(&p, &p)), (0.0, 0.0));
        let none = [0.0, f32::NEG_INFINITY, 0.0];
        assert!((divergence(&none, &q) - 2.0_f64.ln()).abs() < 1e-7);
        assert!(total_variation(&[0.0, f32::NAN, 1.0], &q).is_nan());
    }

    #[test]
    fn items_move_between_the_lists_and_what_is_seen_has_no_place() {
        // Before: 1 is seen, so 2, 3 | 4. After: 2 is seen, so 4, 3 | 1.
        let (p, q) = ([0.0, 9.0, 3.0, 2.0, 1.0], [0.0, 1.0, 9.0, 2.0, 3.0]);
        let before = Side::new(&p, &SeenItems::after(&[1], true), 2);
        let after = Side::new(&q, &SeenItems::after(&[2], true), 2);
        let told: Vec<_> = moves(&before, &after, 2)
            .iter()
            .map(|m| (m.item_idx, m.before.place, m.after.place, m.change))
            .collect();
        assert_eq!(
            told,
            [
                (4, Some(3), Some(1), Change::New),
                (3, Some(2), Some(2), Change::Same),
                (2, Some(1), None, Change::Gone)
            ]
        );
        let other = moved(1, &before, &after, 2);
        assert_eq!(other.change, Change::Same);
        assert_eq!((other.before.place, other.after.place), (None, Some(3)));
        let up = moved(4, &Side::new(&p, &SeenItems::new(false), 4), &after, 4);
        assert_eq!(up.change, Change::Up);
        let down = moved(2, &before, &Side::new(&p, &SeenItems::new(false), 4), 4);
        assert_eq!(down.change, Change::Down);
    }
}
