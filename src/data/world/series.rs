//! Two series read in turns: the cue lies two steps back. The world of the quick start.
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
//! and only a model that looks exactly two steps back reaches the ceiling.
//!
//! An event is a `buy` when the events two and four steps before it are of the same series, and a
//! `view` otherwise. Times say nothing.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, Lottery, len};
use super::oracle::{Base, WorldForecast};
use super::{Rules, SharedSettings, World, WorldEvent, at_any_time, names};

/// Number of parts of a series; the last series of a catalogue may have fewer.
pub const SERIES_LEN: usize = 10;

/// Settings of the world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
}

impl World for SeriesSpec {
    fn title(&self) -> &'static str {
        "Series read in turns"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        format!(
            "Items are parts of series of ten, and a user reads two series in turns. With {follow} \
             the next event is the next part of the series two steps back; of the rest, half are a \
             neighbour of the last event and half something popular. Nobody takes an item twice, \
             and a first-order Markov chain sees only the neighbours."
        )
    }

    fn shared(&self) -> &SharedSettings {
        &self.shared
    }

    fn shared_mut(&mut self) -> &mut SharedSettings {
        &mut self.shared
    }

    fn rules(&self) -> Box<dyn Rules> {
        Box::new(SeriesWorld::new(self))
    }
}

/// Title of a part, such as `Crime: Silent Harbour 3`.
pub(super) fn title(item: usize) -> String {
    format!(
        "{} {}",
        names::series(item / SERIES_LEN),
        item % SERIES_LEN + 1
    )
}

/// Facts that the whole world shares: the catalogue and its popularity.
pub(super) struct SeriesWorld {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    popularity: Lottery,
    law: Law,
}

impl SeriesWorld {
    pub(super) fn new(spec: &SeriesSpec) -> Self {
        let popularity = Lottery::of_popularity(spec.shared.seed, spec.shared.n_items);
        Self {
            n_items: spec.shared.n_items,
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            law: popularity.law(),
            popularity,
        }
    }

    /// The next part of `item`'s series that was not yet had; after the last part comes the first.
    fn next_part(&self, item: usize, had: &Had) -> Option<usize> {
        let first = item / SERIES_LEN * SERIES_LEN;
        let end = (first + SERIES_LEN).min(self.n_items);
        (item + 1..end)
            .chain(first..item)
            .find(|&part| !had.has(part))
    }

    /// Item at this place in the next series, where there is one that was not yet had.
    fn neighbour(&self, item: usize, had: &Had) -> Option<usize> {
        let same_part = item + SERIES_LEN;
        let neighbour = if same_part < self.n_items {
            same_part
        } else {
            item % SERIES_LEN
        };
        Some(neighbour).filter(|&neighbour| !had.has(neighbour))
    }

    /// One user's items, oldest first.
    fn items(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let len = len(self.mean_len, rng);
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
        for _ in 0..64 {
            let item = self.popularity.draw(rng);
            if !had.has(item) {
                return item;
            }
        }
        // Almost everything has been had: draw among the rest alone.
        let rest = self
            .popularity
            .tickets
            .iter()
            .enumerate()
            .filter(|&(item, _)| !had.has(item));
        let mut ticket = rng.random_range(0..rest.clone().map(|(_, w)| w).sum::<u64>().max(1));
        for (item, &weight) in rest {
            match ticket.checked_sub(weight) {
                Some(left) => ticket = left,
                None => return item,
            }
        }
        0
    }

    /// Whether the event at `at` and the ones two and four steps before are of one series.
    fn bought(items: &[usize], at: usize) -> bool {
        at >= 4
            && series_before(items, at, 0) == series_before(items, at, 2)
            && series_before(items, at, 2) == series_before(items, at, 4)
    }
}

/// Series of the item that stands some places before another.
fn series_before(items: &[usize], at: usize, back: usize) -> Option<usize> {
    items
        .get(at.wrapping_sub(back))
        .map(|item| item / SERIES_LEN)
}

impl Rules for SeriesWorld {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let items = self.items(rng);
        let events = items
            .iter()
            .enumerate()
            .map(|(at, &item)| (item, usize::from(Self::bought(&items, at))));
        at_any_time(events.collect(), rng)
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        let mut had = Had::new(self.n_items);
        for event in history {
            had.take(event.item);
        }
        let (by_cue, by_habit) = match history {
            [.., a, b] => (self.next_part(a.item, &had), self.neighbour(b.item, &had)),
            _ => (None, None),
        };
        let other = (1.0 - self.follow) / 2.0;
        // A rule with nothing left hands its share to popularity among the items not yet had.
        let extra = [(by_cue, self.follow), (by_habit, other)];
        let told: f64 = extra
            .iter()
            .filter(|(item, _)| item.is_some())
            .map(|(_, share)| share)
            .sum();
        let open: f64 = (0..self.n_items)
            .filter(|item| !had.has(*item))
            .map(|item| self.law.probability(item))
            .sum();
        let base = Base {
            closed: had.flags,
            ..Base::new(&self.law, (1.0 - told) / open)
        };
        WorldForecast::new(
            base,
            extra
                .into_iter()
                .filter_map(|(item, share)| Some((item?, share))),
        )
    }

    fn title(&self, item: usize) -> String {
        title(item)
    }

    fn behaviours(&self) -> &'static [&'static str] {
        &["view", "buy"]
    }
}

/// Which items a user has had in the present round; when all were had, a new round begins.
struct Had {
    flags: Vec<bool>,
    n_open: usize,
}

impl Had {
    fn new(n_items: usize) -> Self {
        Self {
            flags: vec![false; n_items],
            n_open: n_items,
        }
    }

    fn has(&self, item: usize) -> bool {
        self.flags[item]
    }

    fn take(&mut self, item: usize) {
        if self.flags[item] {
            return;
        }
        self.flags[item] = true;
        self.n_open -= 1;
        if self.n_open == 0 {
            *self = Self::new(self.flags.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::world::{WorldSpec, best_hr_at_1};
    use seqscope_base::spec::derive_seed;

    fn with(shared: SharedSettings) -> SeriesSpec {
        SeriesSpec { shared }
    }

    #[test]
    fn following_always_means_reading_two_series_in_turns() {
        let spec = with(SharedSettings {
            n_users: 1,
            follow: 1.0,
            mean_len: 12,
            ..SharedSettings::default()
        });
        let rules = SeriesWorld::new(&spec);
        let items = rules.items(&mut ChaCha8Rng::seed_from_u64(1));
        let mut had = Had::new(spec.shared.n_items);
        for (at, &item) in items.iter().enumerate() {
            if at >= 2 {
                assert_eq!(
                    Some(item),
                    rules.next_part(items[at - 2], &had),
                    "{items:?}"
                );
            }
            had.take(item);
        }
        assert!((best_hr_at_1(&WorldSpec::Series(spec)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_ceiling_is_what_an_oracle_reaches() {
        // An oracle that always says the next part of the series seen two steps back is right for
        // as many of many users as the ceiling says.
        let spec = with(SharedSettings {
            n_users: 20_000,
            ..SharedSettings::default()
        });
        let rules = SeriesWorld::new(&spec);
        let mut right = 0;
        for user in 0..spec.shared.n_users {
            let mut rng =
                ChaCha8Rng::seed_from_u64(derive_seed(spec.shared.seed, "world user", user as u64));
            let items = rules.items(&mut rng);
            let mut had = Had::new(spec.shared.n_items);
            for &item in &items[..items.len() - 1] {
                had.take(item);
            }
            right += usize::from(
                Some(items[items.len() - 1]) == rules.next_part(items[items.len() - 3], &had),
            );
        }
        let (oracle, ceiling) = (
            right as f64 / spec.shared.n_users as f64,
            best_hr_at_1(&WorldSpec::Series(spec)),
        );
        assert!(
            (oracle - ceiling).abs() < 0.01,
            "oracle {oracle}, ceiling {ceiling}"
        );
    }

    #[test]
    fn a_catalogue_smaller_than_a_history_starts_a_new_round() {
        let spec = with(SharedSettings {
            n_users: 3,
            n_items: 4,
            mean_len: 30,
            ..SharedSettings::default()
        });
        let items = SeriesWorld::new(&spec).items(&mut ChaCha8Rng::seed_from_u64(3));
        assert!(items.len() >= 15);
        for round in items.chunks_exact(4) {
            let mut sorted = round.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
    }

    /// The greatest probability that the rules give to any item after `history`, item by item.
    fn best_probability(rules: &SeriesWorld, history: &[usize]) -> f64 {
        let [.., a, b] = *history else { return 0.0 };
        let mut had = Had::new(rules.n_items);
        for &item in history {
            had.take(item);
        }
        let (by_cue, by_habit) = (rules.next_part(a, &had), rules.neighbour(b, &had));
        let other = (1.0 - rules.follow) / 2.0;
        let mut by_popularity = other;
        by_popularity += if by_cue.is_some() { 0.0 } else { rules.follow };
        by_popularity += if by_habit.is_some() { 0.0 } else { other };
        let open = || (0..rules.n_items).filter(|&item| !had.has(item));
        let total: u64 = open().map(|item| rules.popularity.tickets[item]).sum();
        let probability = |item: usize| {
            let mut p = by_popularity * rules.popularity.tickets[item] as f64 / total.max(1) as f64;
            p += if by_cue == Some(item) {
                rules.follow
            } else {
                0.0
            };
            p + if by_habit == Some(item) { other } else { 0.0 }
        };
        open().map(probability).fold(0.0, f64::max)
    }

    #[test]
    fn the_ceiling_is_the_mean_of_the_greatest_probabilities() {
        let spec = with(SharedSettings {
            n_users: 200,
            ..SharedSettings::default()
        });
        let rules = SeriesWorld::new(&spec);
        let best = |user: u64| {
            let items = rules.items(&mut ChaCha8Rng::seed_from_u64(derive_seed(
                spec.shared.seed,
                "world user",
                user,
            )));
            best_probability(&rules, &items[..items.len() - 1])
        };
        let mean = (0..200).map(best).sum::<f64>() / 200.0;
        assert!(
            (mean - best_hr_at_1(&WorldSpec::Series(spec))).abs() < 1e-12,
            "{mean}"
        );
    }
}
