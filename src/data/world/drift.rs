//! World in which popularity changes with the calendar, so that a global temporal split and
//! leave-one-out differ.
//!
//! # The rules
//! The items lie in a ring. Fashion stands at one of them and walks once round in `drift_days`
//! days. With probability `follow` an event is drawn by that day's fashion: the item `r` places
//! ahead of where fashion stands with a chance in proportion to `1 / (r + 1)²`; else it is any
//! item, all alike. A user has one event a day, for as many days in a row as the history is long;
//! users begin on days spread evenly so that the calendar is about `drift_days` long.
//!
//! # What can be known
//! The day of the next event is the day after the last one, and the day is all that matters: the
//! history says no more than which day it is. Under leave-one-out other users' events of that day
//! and of later ones are in the training data, so a model has seen which items come together; under
//! a global temporal split fashion moves on to items that were rare in training, and what was
//! counted there misleads. The optimum is that of one who knows how fashion walks; see [`super`]
//! for what it is computed on. People come back to items.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, Lottery, any, len};
use super::oracle::{Base, WorldForecast};
use super::{DAY, Rules, SharedSettings, WORLD_BEGINS, World, WorldEvent};
use seqscope_base::spec::{Described, described};

/// Tickets of the item where fashion stands; even the last of the largest catalogue has some.
const TICKETS: u64 = 1_000_000_000_000;

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
    /// Days in which fashion walks once through the catalogue.
    pub drift_days: usize,
}

impl Default for DriftSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings::default(),
            drift_days: 90,
        }
    }
}

described! { DriftSpec {
    drift_days: Int { min: 1, max: 10_000 }, Core, "Fashion's round", "days", "In how many days \
        fashion walks once through the whole catalogue.", "three months";
} }

impl World for DriftSpec {
    fn title(&self) -> &'static str {
        "Drifting popularity"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let drift_days = self.drift_days;
        format!(
            "With {follow} an event follows the day's fashion, which walks once through the \
             catalogue in {drift_days} days; else it is any item. Each user has one event a day. \
             Leave-one-out lets a model see other users' events of the days it is asked about, a \
             global temporal split does not: compare the two. People come back to items."
        )
    }

    fn shared(&self) -> &SharedSettings {
        &self.shared
    }

    fn shared_mut(&mut self) -> &mut SharedSettings {
        &mut self.shared
    }

    fn own(&self) -> Option<&dyn Described> {
        Some(self)
    }

    fn own_mut(&mut self) -> Option<&mut dyn Described> {
        Some(self)
    }

    fn rules(&self) -> Box<dyn Rules> {
        Box::new(Drift::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct Drift {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    /// Days in which fashion walks once round.
    round_days: usize,
    /// How many places ahead of where fashion stands.
    fashion: Lottery,
    /// Law of the fashion, with the share that comes by chance.
    law: Law,
}

impl Drift {
    pub(super) fn new(spec: &DriftSpec) -> Self {
        let follow = spec.shared.follow_probability();
        let fashion = Lottery::new(
            (1..=spec.shared.n_items as u64)
                .map(|r| TICKETS / (r * r))
                .collect(),
        );
        let by_chance = (1.0 - follow) / spec.shared.n_items.max(1) as f64;
        let odds = fashion.law();
        let mixed = (0..spec.shared.n_items)
            .map(|r| follow * odds.probability(r) + by_chance)
            .collect();
        Self {
            n_items: spec.shared.n_items,
            mean_len: spec.shared.mean_len,
            follow,
            round_days: spec.drift_days.max(1),
            fashion,
            law: Law::new(mixed),
        }
    }

    /// The item where fashion stands on a day.
    fn stands_at(&self, day: usize) -> usize {
        day * self.n_items / self.round_days % self.n_items
    }
}

/// Days since the world began.
fn day(time_secs: i64) -> usize {
    (time_secs - WORLD_BEGINS).div_euclid(DAY).max(0) as usize
}

impl Rules for Drift {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let first = any(self.round_days.saturating_sub(len).max(1), rng);
        let event = |at: usize| {
            let time_secs = WORLD_BEGINS + (first + at) as i64 * DAY + rng.random_range(0..DAY);
            let item = if rng.random_bool(self.follow) {
                (self.stands_at(first + at) + self.fashion.draw(rng)) % self.n_items
            } else {
                any(self.n_items, rng)
            };
            WorldEvent {
                item,
                time_secs,
                behaviour: 0,
            }
        };
        (0..len).map(event).collect()
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        let offset = history
            .last()
            .map_or(0, |last| self.stands_at(day(last.time_secs) + 1));
        WorldForecast::new(
            Base {
                offset,
                ..Base::new(&self.law, 1.0)
            },
            [],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fashion_walks_once_round_and_begins_again() {
        // 120 items in 90 days: 4/3 of a place a day.
        let rules = Drift::new(&DriftSpec::default());
        let stands = [0, 1, 2, 3, 89, 90, 93].map(|day| rules.stands_at(day));
        assert_eq!(stands, [0, 1, 2, 4, 118, 0, 4]);
    }
}
