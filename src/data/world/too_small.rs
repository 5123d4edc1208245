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
use super::{Rules, SharedSettings, World, WorldEvent, at_any_time};

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct TooSmallSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
}

impl Default for TooSmallSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings {
                n_users: 30,
                n_items: 400,
                mean_len: 8,
                follow: 0.9,
                ..SharedSettings::default()
            },
        }
    }
}

impl World for TooSmallSpec {
    fn title(&self) -> &'static str {
        "Too small to learn from"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let SharedSettings {
            n_users,
            n_items,
            mean_len,
            ..
        } = self.shared;
        let n_events = n_users.saturating_mul(mean_len);
        format!(
            "Every item has one successor, drawn at random: with {follow} it comes next, else any \
             item. That is {n_items} facts to learn, and about {n_events} events show only some of \
             them. A model learns these by heart and cannot know the others, however long it \
             trains; more users would cure it."
        )
    }

    fn shared(&self) -> &SharedSettings {
        &self.shared
    }

    fn shared_mut(&mut self) -> &mut SharedSettings {
        &mut self.shared
    }

    fn rules(&self) -> Box<dyn Rules> {
        Box::new(TooSmall::new(self))
    }
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
    pub(super) fn new(spec: &TooSmallSpec) -> Self {
        Self {
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            successor: shuffled(spec.shared.seed, "world successors", spec.shared.n_items),
            uniform: Law::uniform(spec.shared.n_items),
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
