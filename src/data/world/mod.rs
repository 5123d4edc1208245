//! Synthetic worlds: seeded generators whose rules, and so the best possible score, are known.
//!
//! # The rules
//! The catalogue is a shelf of series of [`SERIES_LEN`] parts; after the last part comes the first.
//! A user reads two series in turns. With `a` the event two steps back and `b` the last one, the
//! next event is
//! 1. with probability `follow` the next part of `a`'s series (the *cue two steps back*),
//! 2. with half of the rest the same part of the series after `b`'s (a habit of one step),
//! 3. with the other half any item, in proportion to its popularity (`1 / (rank + 3)`, ranks drawn
//!    once for the world).
//!
//! A user's first two events come by popularity. Nobody takes an item twice before having had all:
//! the *next part* is the next one not yet had, and where rule 1 or 2 has nothing left, popularity
//! decides among the other items. So item counts tell something, a first-order chain a little more
//! (rule 2), a windowed chain sees rule 1 but cannot tell it from what else lies two steps apart,
//! and only a model that looks exactly two steps back reaches [`best_hr_at_1`].
//!
//! An event is a `buy` when the events two and four steps before it are of the same series, and a
//! `view` otherwise. Gaps are half a minute to half an hour, and before one event in four six hours to
//! three days. All of it is whole-number arithmetic, so every machine makes the same world.

mod names;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::events::Events;
use crate::spec::derive_seed;

/// Number of parts of a series; the last series of a catalogue may have fewer.
pub const SERIES_LEN: usize = 10;

/// A world of users who follow a few rules; see [`super::world`] for the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldSpec {
    /// Number of users.
    pub n_users: usize,
    /// Number of items.
    pub n_items: usize,
    /// Mean number of events of a user; lengths lie evenly between half and one and a half of it.
    pub mean_len: usize,
    /// Probability that an event follows the cue two steps back, in [0, 1].
    pub follow: f64,
    /// Seed of the world.
    pub seed: u64,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self { n_users: 600, n_items: 120, mean_len: 30, follow: 0.8, seed: 7 }
    }
}

crate::spec::described! { WorldSpec {
    n_users: Int { min: 1, max: 100_000 }, Core, "Users", "", "How many users the world has.", "small enough to train in half a minute";
    n_items: Int { min: 1, max: 20_000 }, Core, "Items", "", "How many items the catalogue has, in series of ten.", "small enough to train in half a minute";
    mean_len: Int { min: 1, max: 1_000 }, Core, "Mean length", "events", "Mean number of events of a user.", "small enough to train in half a minute";
    follow: Float { min: 0.0, max: 1.0 }, Core, "Rule-following", "", "Probability that an event continues the series seen two steps back.", "leaves noise that no model can predict";
    seed: Int { min: 0, max: i64::MAX }, More, "World seed", "", "The same seed gives the same world.", "any number";
} }

/// The world's log, one user after another, oldest event first.
pub(super) fn events(spec: &WorldSpec) -> Events {
    let rules = Rules::new(spec);
    let mut events = Events::with_times();
    let behaviours = ["view", "buy"].map(|word| events.behaviours.intern(word) as u16);
    let mut behaviour_idx = Vec::new();
    let item_idx: Vec<u32> =
        (0..spec.n_items).map(|item| events.items.intern(&numbered("i", item, spec.n_items))).collect();
    for user in 0..spec.n_users {
        let user_idx = events.users.intern(&numbered("u", user, spec.n_users));
        let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(spec.seed, "world user", user as u64));
        let items = rules.user(&mut rng);
        let mut time = WORLD_BEGINS + rng.random_range(0..60 * DAY);
        for (at, &item) in items.iter().enumerate() {
            time +=
                if rng.random_ratio(1, 4) { rng.random_range(DAY / 4..3 * DAY) } else { rng.random_range(30..1_800) };
            events.push(user_idx, item_idx[item], time);
            behaviour_idx.push(behaviours[usize::from(Rules::bought(&items, at))]);
        }
    }
    events.behaviour_idx = Some(behaviour_idx);
    events
}

/// Title of every item id of the world, such as `Crime: Silent Harbour 3`.
pub(super) fn titles(spec: &WorldSpec) -> impl Iterator<Item = (String, String)> {
    let n_items = spec.n_items;
    (0..n_items).map(move |item| {
        let title = format!("{} {}", names::series(item / SERIES_LEN), item % SERIES_LEN + 1);
        (numbered("i", item, n_items), title)
    })
}

/// The HR@1 on each user's last event of a model that knows the rules (but not the dice), when
/// seen items are left out of the ranking: the ceiling for every model under leave-one-out.
///
/// It is the mean, over users with at least three events, of the greatest probability that the
/// rules give to any item after the history. 0 when there is no such user.
#[must_use]
pub fn best_hr_at_1(spec: &WorldSpec) -> f64 {
    let rules = Rules::new(spec);
    let (mut sum, mut n_cases) = (0.0, 0_usize);
    for user in 0..spec.n_users {
        let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(spec.seed, "world user", user as u64));
        let items = rules.user(&mut rng);
        if let [history @ .., _] = items.as_slice()
            && history.len() >= 2
        {
            sum += rules.best_probability(history);
            n_cases += 1;
        }
    }
    if n_cases == 0 { 0.0 } else { sum / n_cases as f64 }
}

const DAY: i64 = 86_400;
/// 2024-01-01 00:00:00 UTC.
const WORLD_BEGINS: i64 = 1_704_067_200;

/// What the whole world shares: the catalogue and its popularity.
struct Rules {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    /// How many tickets each item has in the lottery of popularity.
    weights: Vec<u64>,
    /// Running sums of `weights`.
    cumulative: Vec<u64>,
}

impl Rules {
    fn new(spec: &WorldSpec) -> Self {
        let mut ranks: Vec<u64> = (0..spec.n_items as u64).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(spec.seed, "world popularity", 0));
        for at in (1..ranks.len()).rev() {
            ranks.swap(at, rng.random_range(0..=at as u64) as usize);
        }
        let weights: Vec<u64> = ranks.iter().map(|rank| 1_000_000 / (rank + 3)).collect();
        let cumulative = weights
            .iter()
            .scan(0, |sum, &w| {
                Some(*{
                    *sum += w;
                    sum
                })
            })
            .collect();
        // NaN and values out of range are reported by the settings' check; here they must only
        // not panic.
        let follow = if spec.follow.is_nan() { 0.0 } else { spec.follow.clamp(0.0, 1.0) };
        Self { n_items: spec.n_items, mean_len: spec.mean_len, follow, weights, cumulative }
    }

    /// The next part of `item`'s series that was not yet had; after the last part comes the first.
    fn next_part(&self, item: usize, had: &Had) -> Option<usize> {
        let first = item / SERIES_LEN * SERIES_LEN;
        let end = (first + SERIES_LEN).min(self.n_items);
        (item + 1..end).chain(first..item).find(|&part| !had.has(part))
    }

    /// The same part of the next series, where there is one that was not yet had.
    fn neighbour(&self, item: usize, had: &Had) -> Option<usize> {
        let same_part = item + SERIES_LEN;
        let neighbour = if same_part < self.n_items { same_part } else { item % SERIES_LEN };
        Some(neighbour).filter(|&neighbour| !had.has(neighbour))
    }

    /// One user's items, oldest first.
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        if self.n_items == 0 {
            return Vec::new();
        }
        let half = self.mean_len / 2;
        let len = rng.random_range((self.mean_len - half) as u64..=(self.mean_len + half) as u64).max(1) as usize;
        let mut items = Vec::with_capacity(len);
        let mut had = Had::new(self.n_items);
        while items.len() < len {
            let next = match items.as_slice() {
                [.., a, b] => {
                    if rng.random_bool(self.follow) {
                        self.next_part(*a, &had)
                    } else if rng.random_ratio(1, 2) {
                        self.neighbour(*b, &had)
                    } else {
                        None
                    }
                }
                _ => None,
            };
            let next = next.unwrap_or_else(|| self.by_popularity(&had, rng));
            had.take(next);
            items.push(next);
        }
        items
    }

    /// An item not yet had, in proportion to its weight.
    fn by_popularity(&self, had: &Had, rng: &mut ChaCha8Rng) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(1);
        for _ in 0..64 {
            let ticket = rng.random_range(0..total);
            let item = self.cumulative.partition_point(|&sum| sum <= ticket);
            if !had.has(item) {
                return item;
            }
        }
        // Almost everything has been had: draw among the rest alone.
        let rest = || self.weights.iter().enumerate().filter(|&(item, _)| !had.has(item));
        let mut ticket = rng.random_range(0..rest().map(|(_, w)| w).sum::<u64>().max(1));
        for (item, &weight) in rest() {
            match ticket.checked_sub(weight) {
                Some(left) => ticket = left,
                None => return item,
            }
        }
        0
    }

    /// Whether the event at `at` and the ones two and four steps before are of one series.
    fn bought(items: &[usize], at: usize) -> bool {
        let series = |back: usize| items.get(at.wrapping_sub(back)).map(|item| item / SERIES_LEN);
        at >= 4 && series(0) == series(2) && series(2) == series(4)
    }

    /// The greatest probability that the rules give to any item after `history` (two or more).
    fn best_probability(&self, history: &[usize]) -> f64 {
        let [.., a, b] = *history else { return 0.0 };
        let mut had = Had::new(self.n_items);
        for &item in history {
            had.take(item);
        }
        let (by_cue, by_habit) = (self.next_part(a, &had), self.neighbour(b, &had));
        let other = (1.0 - self.follow) / 2.0;
        // A rule with nothing left hands its share to popularity.
        let mut by_popularity = other;
        by_popularity += if by_cue.is_some() { 0.0 } else { self.follow };
        by_popularity += if by_habit.is_some() { 0.0 } else { other };
        let open = || (0..self.n_items).filter(|&item| !had.has(item));
        let total: u64 = open().map(|item| self.weights[item]).sum();
        let probability = |item: usize| {
            let mut p = by_popularity * self.weights[item] as f64 / total.max(1) as f64;
            p += if by_cue == Some(item) { self.follow } else { 0.0 };
            p + if by_habit == Some(item) { other } else { 0.0 }
        };
        open().map(probability).fold(0.0, f64::max)
    }
}

/// Which items a user has had in the present round; when all were had, a new round begins.
struct Had {
    flags: Vec<bool>,
    n_open: usize,
}

impl Had {
    fn new(n_items: usize) -> Self {
        Self { flags: vec![false; n_items], n_open: n_items }
    }

    fn has(&self, item: usize) -> bool {
        self.flags[item]
    }

    fn take(&mut self, item: usize) {
        self.flags[item] = true;
        self.n_open -= 1;
        if self.n_open == 0 {
            *self = Self::new(self.flags.len());
        }
    }
}

/// `i007` of 120.
fn numbered(prefix: &str, at: usize, n: usize) -> String {
    let width = n.to_string().len();
    format!("{prefix}{:0width$}", at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_always_means_reading_two_series_in_turns() {
        let spec = WorldSpec { n_users: 1, follow: 1.0, mean_len: 12, ..WorldSpec::default() };
        let rules = Rules::new(&spec);
        let items = rules.user(&mut ChaCha8Rng::seed_from_u64(1));
        let mut had = Had::new(spec.n_items);
        for (at, &item) in items.iter().enumerate() {
            if at >= 2 {
                assert_eq!(Some(item), rules.next_part(items[at - 2], &had), "{items:?}");
            }
            had.take(item);
        }
        assert!((best_hr_at_1(&spec) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_ceiling_is_what_an_oracle_reaches() {
        // An oracle that always says the next part of the series seen two steps back is right for
        // as many of many users as the ceiling says.
        let spec = WorldSpec { n_users: 20_000, ..WorldSpec::default() };
        let rules = Rules::new(&spec);
        let mut right = 0;
        for user in 0..spec.n_users {
            let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(spec.seed, "world user", user as u64));
            let items = rules.user(&mut rng);
            let mut had = Had::new(spec.n_items);
            for &item in &items[..items.len() - 1] {
                had.take(item);
            }
            right += usize::from(Some(items[items.len() - 1]) == rules.next_part(items[items.len() - 3], &had));
        }
        let (oracle, ceiling) = (right as f64 / spec.n_users as f64, best_hr_at_1(&spec));
        assert!((oracle - ceiling).abs() < 0.01, "oracle {oracle}, ceiling {ceiling}");
    }

    #[test]
    fn a_catalogue_smaller_than_a_history_starts_a_new_round() {
        let spec = WorldSpec { n_users: 3, n_items: 4, mean_len: 30, ..WorldSpec::default() };
        let items = Rules::new(&spec).user(&mut ChaCha8Rng::seed_from_u64(3));
        assert!(items.len() >= 15);
        for round in items.chunks_exact(4) {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
    }
}
