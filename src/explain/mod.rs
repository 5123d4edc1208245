//! Plain numbers in, explanations out: what a model thought at each step of one user's history.

mod ranked;

use ranked::{Contest, Seen};

use crate::data::{Histories, Prepared};
use crate::metric::mid_rank;
use crate::model::{AttentionMaps, ModelError, Trainable};
use crate::run::Part;

/// One item with the model's probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The item.
    pub item_idx: u32,
    /// Softmax over the ranked items (seen ones left out when they are filtered).
    pub probability: f32,
}

/// What the model expected before one event, and what came.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineStep {
    /// Position of the event in the user's sequence, from 0.
    pub position: usize,
    /// What came.
    pub item_idx: u32,
    /// Part of the split that the event belongs to.
    pub part: Part,
    /// Its mid-rank; `None` for a history's first event when the model needs one event at least.
    pub rank: Option<f64>,
    /// The model's probability of it.
    pub probability: Option<f32>,
    /// The five items that the model expected most.
    pub top: Vec<Scored>,
}

impl TimelineStep {
    /// Whether the true item was among the first `k`.
    #[must_use]
    pub fn is_hit(&self, k: usize) -> Option<bool> {
        self.rank.map(|rank| crate::metric::hit(rank, k) > 0.5)
    }
}

/// One user as one model sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct UserView {
    /// The user.
    pub user_idx: usize,
    /// Every event that the model's window reaches, oldest first.
    pub timeline: Vec<TimelineStep>,
    /// What the model expects after the last event: the ten most likely items.
    pub next: Vec<Scored>,
    /// Attention over the history; `None` for a model that has none.
    pub attention: Option<AttentionMaps>,
}

/// Looks at one user through one model, along the whole of their sequence.
///
/// The step at position `p` asks what the model expected after the events before `p`, as an
/// evaluation would: the same ranking, seen items left out when `filter_seen` says so, the true
/// item always in it. The first position shown has no such question. An unknown user has no events.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn user_view(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    filter_seen: bool,
) -> Result<UserView, ModelError> {
    let items = prepared.dataset.sequences.items(user_idx);
    let after = model.step_scores(items)?;
    let parts = Parts::of(prepared, user_idx);
    let mut seen = Seen::after(items.get(..after.first).unwrap_or(items), filter_seen);
    let mut timeline = Vec::with_capacity(after.n_rows());
    for (position, &item_idx) in items.iter().enumerate().skip(after.first) {
        let expected = position.checked_sub(after.first + 1).map(|row| after.row(row)).filter(|row| !row.is_empty());
        timeline.push(step(position, item_idx, parts.part(position), expected, &seen));
        seen.add(item_idx);
    }
    let next = match after.n_rows().checked_sub(1) {
        Some(last) => Contest::new(after.row(last), &seen, None).top(N_NEXT),
        None => recommend(model, items, N_NEXT, filter_seen)?,
    };
    let attention = if items.is_empty() { None } else { model.attention(items)? };
    Ok(UserView { user_idx, timeline, next, attention })
}

/// The `top` most likely next items after a history.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn recommend(
    model: &dyn Trainable,
    history: &[u32],
    top: usize,
    filter_seen: bool,
) -> Result<Vec<Scored>, ModelError> {
    let scores = model.scores(&Histories::from_iter([history]))?;
    Ok(Contest::new(&scores, &Seen::after(history, filter_seen), None).top(top))
}

/// Items listed for each step of a timeline.
const N_TOP: usize = 5;

/// Items listed after the last event.
const N_NEXT: usize = 10;

fn step(position: usize, item_idx: u32, part: Part, expected: Option<&[f32]>, seen: &Seen) -> TimelineStep {
    let contest = expected.map(|scores| Contest::new(scores, seen, Some(item_idx)));
    TimelineStep {
        position,
        item_idx,
        part,
        rank: expected.map(|scores| mid_rank(scores, item_idx as usize, seen.excluded())),
        probability: contest.as_ref().map(|contest| contest.probability(item_idx)),
        top: contest.map(|contest| contest.top(N_TOP)).unwrap_or_default(),
    }
}

/// Where the parts of the split begin in one user's sequence.
struct Parts {
    train_len: usize,
    valid_end: usize,
}

impl Parts {
    fn of(prepared: &Prepared, user_idx: usize) -> Self {
        let split = &prepared.split;
        let train_len = split.train_len.get(user_idx).map_or(0, |&len| len as usize);
        let found = split.valid.binary_search_by_key(&user_idx, |case| case.user_idx as usize);
        let valid_target = found.ok().and_then(|at| split.valid.get(at));
        Self { train_len, valid_end: valid_target.map_or(train_len, |case| case.target_pos as usize + 1) }
    }

    fn part(&self, position: usize) -> Part {
        match position {
            p if p < self.train_len => Part::Train,
            p if p < self.valid_end => Part::Valid,
            _ => Part::Test,
        }
    }
}
