//! Too few users and events for what they ask: a lesson in over-fitting.
//!
//! # The rules
//! Every item has one successor, drawn once for the world (an order of all items, so that each is
//! the successor of one). With probability `follow` the next event is the last one's successor;
//! else it is any item, all alike, and so is the first.
//!
//! Nothing could be easier: the optimum is about `follow`, reached by a table with one entry an
//! item. But the entries have nothing to do with each other, and a log of few events shows few of
//! them. A model that is trained to the end knows the training events by heart, its training loss
//! falls to nothing, and its validation loss rises: what was not shown cannot be learnt. With more
//! users the same model reaches the optimum.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, any, len, shuffled};
use super::oracle::{Base, WorldForecast};
use super::{Rules, WorldEvent, WorldSpec, at_any_time};

/// The rules in plain sentences.
pub(super) fn story(follow: &str, spec: &WorldSpec) -> String {
    let (n_items, n_events) = (spec.n_items, spec.n_users.saturating_mul(spec.mean_len));
    format!(
        "Every item has one successor, drawn at random: with {follow} it comes next, else any \
         item. That is {n_items} facts to learn, and about {n_events} events show only some of \
         them. A model learns these by heart and cannot know the others, however long it trains; \
         more users would cure it."
    )
}

/// Facts that the whole world shares.
pub(super) struct TooSmall {
    mean_len: usize,
    follow: f64,
    /// The successor of each item.
    successor: Vec<usize>,
    uniform: Law,
}

impl TooSmall {
    pub(super) fn new(spec: &WorldSpec) -> Self {
        Self {
            mean_len: spec.mean_len,
            follow: spec.follow_probability(),
            successor: shuffled(spec.seed, "world successors", spec.n_items),
            uniform: Law::uniform(spec.n_items),
        }
    }
}

impl Rules for TooSmall {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let mut events: Vec<(usize, usize)> = Vec::with_capacity(len);
        while events.len() < len {
            let item = match events.last() {
                Some(&(last, _)) if rng.random_bool(self.follow) => self.successor[last],
                _ => any(self.successor.len(), rng),
            };
            events.push((item, 0));
        }
        at_any_time(events, rng)
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        let successor = history
            .last()
            .map(|last| (self.successor[last.item], self.follow));
        let told = successor.map_or(0.0, |(_, share)| share);
        WorldForecast::new(Base::new(&self.uniform, 1.0 - told), successor)
    }
}
