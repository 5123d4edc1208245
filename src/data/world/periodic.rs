//! Weekly habits: what is next depends on the slot of the week that it falls in.
//!
//! # The rules
//! A week is divided into `period` slots, and each user acts once in every slot, at any moment in
//! it. Users are of [`N_TYPES`] types, all alike common. A type has one habit for each slot: an
//! item, drawn once for the world; no two habits are the same item where the catalogue is large
//! enough. With probability `follow` an event is the habit of the user's type in its slot; else it
//! is any item, all alike. Users begin in any slot of the first eight weeks.
//!
//! # What can be known
//! The slot of the next event is the one after the last event's, which its time tells. The type is
//! never told, but after a few events only one is likely, and the oracle weighs them by Bayes'
//! rule. A model that sees items only can know nearly as much: a habit's item tells type and slot
//! at once, so after one it is clear what comes next; after an event by chance it must look further
//! back, which a first-order Markov chain cannot. People come back to items every week.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, any, len, shuffled};
use super::oracle::{Base, WorldForecast};
use super::{DAY, Rules, SharedSettings, WORLD_BEGINS, World, WorldEvent};
use seqscope_base::spec::{Described, described};

/// Number of types of users.
const N_TYPES: usize = 4;

const WEEK: i64 = 7 * DAY;

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct PeriodicSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
    /// Number of slots of a week.
    pub period: usize,
}

impl Default for PeriodicSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings::default(),
            period: 7,
        }
    }
}

described! { PeriodicSpec {
    period: Int { min: 1, max: 168 }, Core, "Slots of a week", "", "Into how many slots a week is \
        divided; each user acts once in each. 7 are weekdays, 168 are hours.", "weekdays";
} }

impl World for PeriodicSpec {
    fn title(&self) -> &'static str {
        "Weekly habits"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let period = self.period;
        format!(
            "A week has {period} slots, and everybody acts once in each. Users are of {N_TYPES} \
             types, and a type has one item for each slot: with {follow} it is what comes, else \
             any item. The next slot is known; the type shows after a few events. A first-order \
             Markov chain loses its way after each event by chance. People come back to items."
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
        Box::new(Periodic::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct Periodic {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    period: usize,
    slot_secs: i64,
    /// Items in an order drawn for the world; the first ones are the habits.
    shuffled: Vec<usize>,
    uniform: Law,
}

impl Periodic {
    pub(super) fn new(spec: &PeriodicSpec) -> Self {
        let period = spec.period.clamp(1, 168);
        Self {
            n_items: spec.shared.n_items,
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            period,
            slot_secs: WEEK / period as i64,
            shuffled: shuffled(spec.shared.seed, "world habits", spec.shared.n_items),
            uniform: Law::uniform(spec.shared.n_items),
        }
    }

    /// The item that users of a type take in a slot of the week.
    fn habit(&self, kind: usize, slot: usize) -> usize {
        self.shuffled[(kind * self.period + slot) % self.n_items]
    }

    /// The slot of the week at some time.
    fn slot(&self, time_secs: i64) -> usize {
        ((time_secs - WORLD_BEGINS).div_euclid(self.slot_secs) as usize) % self.period
    }

    /// How likely each type is after a history; they add up to 1.
    fn types(&self, history: &[WorldEvent]) -> [f64; N_TYPES] {
        let by_chance = (1.0 - self.follow) / self.n_items as f64;
        let mut logs = [0.0_f64; N_TYPES];
        for event in history {
            let slot = self.slot(event.time_secs);
            for (kind, log) in logs.iter_mut().enumerate() {
                let is_habit = self.habit(kind, slot) == event.item;
                *log += (by_chance + if is_habit { self.follow } else { 0.0 }).ln();
            }
        }
        let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            // No type could have done this: it is no history of this world, and says nothing.
            return [1.0 / N_TYPES as f64; N_TYPES];
        }
        let weights = logs.map(|log| (log - max).exp());
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    }
}

impl Rules for Periodic {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let kind = any(N_TYPES, rng);
        let first = rng.random_range(0..8 * self.period as i64);
        let event = |at: usize| {
            let begins = WORLD_BEGINS + (first + at as i64) * self.slot_secs;
            let time_secs = begins + rng.random_range(0..self.slot_secs);
            let item = if rng.random_bool(self.follow) {
                self.habit(kind, self.slot(time_secs))
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
        let Some(last) = history.last() else {
            return WorldForecast::new(Base::new(&self.uniform, 1.0), []);
        };
        let slot = (self.slot(last.time_secs) + 1) % self.period;
        let types = self.types(history);
        let habits = types
            .iter()
            .enumerate()
            .map(|(kind, p)| (self.habit(kind, slot), self.follow * p));
        WorldForecast::new(Base::new(&self.uniform, 1.0 - self.follow), habits)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn who_always_follows_repeats_every_week() {
        for period in [1, 5, 7, 168] {
            let shared = SharedSettings {
                follow: 1.0,
                mean_len: 400,
                n_items: 700,
                ..SharedSettings::default()
            };
            let spec = PeriodicSpec { shared, period };
            let events = Periodic::new(&spec).user(&mut ChaCha8Rng::seed_from_u64(2));
            assert!(events.len() >= 200);
            assert!(
                events
                    .windows(2)
                    .all(|pair| pair[0].time_secs < pair[1].time_secs)
            );
            assert!(
                events
                    .windows(period + 1)
                    .all(|week| week[0].item == week[period].item),
                "{period} slots"
            );
            let mut items: Vec<usize> = events.iter().map(|event| event.item).collect();
            items.sort_unstable();
            items.dedup();
            assert_eq!(items.len(), period, "no two habits are the same item");
        }
    }

    #[test]
    fn one_habit_tells_the_type() {
        // By Bayes: the habit has 0.8 + 0.2/120 under its type, 0.2/120 under each of the other
        // three.
        let rules = Periodic::new(&PeriodicSpec::default());
        let event = WorldEvent {
            item: rules.habit(2, 0),
            time_secs: WORLD_BEGINS,
            behaviour: 0,
        };
        let (hit, miss) = (0.8 + 0.2 / 120.0, 0.2 / 120.0);
        assert!((rules.types(&[event])[2] - hit / (hit + 3.0 * miss)).abs() < 1e-12);
    }
}
