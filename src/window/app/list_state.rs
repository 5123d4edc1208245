//! The recommendation list of the Explain page: what was asked for last, and what came of it.

use std::sync::Arc;

use super::{Loadable, ViewKey};
use seqscope_base::metric::Seen;
use seqscope_engine::explain::{Recommendation, ScoreSource};

/// A list for the user that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ListAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Whether items that the user had compete.
    pub seen: Seen,
    /// Weight of each source of scores.
    pub weights: Vec<(ScoreSource, f64)>,
}

/// The list that was asked for last.
#[derive(Default)]
pub struct ListState {
    /// List that is wanted now.
    pub(super) wanted: Option<ListAsk>,
    /// List that `made` answers.
    pub(super) answered: Option<ListAsk>,
    /// The list; it stays while the next one is on its way.
    pub(super) made: Loadable<Arc<Recommendation>>,
}

impl ListState {
    /// Whether this is what was asked for last.
    #[must_use]
    pub fn is_wanted(&self, ask: &ListAsk) -> bool {
        self.wanted.as_ref() == Some(ask)
    }

    /// The list of this user: the one asked for, or the one before it while that is on its way.
    #[must_use]
    pub fn list_of(&self, key: &ViewKey) -> Option<&Loadable<Arc<Recommendation>>> {
        self.answered
            .as_ref()
            .filter(|ask| ask.key == *key)
            .map(|_| &self.made)
    }

    /// List that is wanted and not made yet.
    pub(super) fn open(&self) -> Option<&ListAsk> {
        self.wanted
            .as_ref()
            .filter(|wanted| self.answered.as_ref() != Some(wanted))
    }
}
