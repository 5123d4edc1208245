//! Plain numbers in, explanations out: what a model thought at each step of one user's history.

use crate::data::Prepared;
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

/// Looks at one user through one model.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub fn user_view(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    filter_seen: bool,
) -> Result<UserView, ModelError> {
    let _ = (model.n_params(), prepared, user_idx, filter_seen);
    todo!()
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
    let _ = (model.n_params(), history, top, filter_seen);
    todo!()
}
