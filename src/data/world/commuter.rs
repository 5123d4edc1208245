//! Commuters: home, work and lunch on a grid of places, by the hour of the day.
//!
//! # The rules
//! The items are places, one in each cell of a square grid (the last row may be short). Every user
//! has a home and a place of work, both anywhere, and a place for lunch in the block round work; a
//! *block* is a cell with its up to eight neighbours. A day has four events: work at 8, lunch at
//! 12, work again at 14, home at 19 o'clock, each within half an hour. With probability `follow`
//! the user is at the place of the hour; else on an errand, at any place of the block round it,
//! that place included. Users begin on any of the first sixty days, at any of the four hours.
//!
//! # What can be known
//! The next hour follows from the last event's time. Home, work and lunch are never told; the
//! oracle weighs every place that could be one by Bayes' rule, errands (which are near) and the
//! nearness of lunch and work included. Each user's places are their own, so popularity and what
//! follows what among other people say little: a model has to look back one day, four steps, at the
//! same user. A model that sees items only can know nearly as much, since the order of the hours
//! never changes.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, any, len};
use super::oracle::{Base, WorldForecast};
use super::{DAY, HOUR, Rules, SharedSettings, WORLD_BEGINS, World, WorldEvent, names};

/// Hour and role of the four events of a day.
const DAY_PLAN: [(i64, PlaceRole); 4] = [
    (8, PlaceRole::Work),
    (12, PlaceRole::Lunch),
    (14, PlaceRole::Work),
    (19, PlaceRole::Home),
];

/// An event comes so many seconds after its hour at most.
const LATE_SECS: i64 = HOUR / 2;

/// Role of a place for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlaceRole {
    Home,
    Work,
    Lunch,
}

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct CommuterSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
}

impl Default for CommuterSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings {
                n_items: 100,
                mean_len: 40,
                ..SharedSettings::default()
            },
        }
    }
}

impl World for CommuterSpec {
    fn title(&self) -> &'static str {
        "Commuters on a grid"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        format!(
            "Places on a grid: everybody has a home, a place of work and a lunch place beside \
             work. At 8 and 14 o'clock people are at work, at 12 at lunch, at 19 at home, with \
             {follow}; else on an errand next door. Each user's places are their own, so a model \
             must look back to the same hour of the day before, four steps; a first-order Markov \
             chain knows only who shares work and lunch. People come back to places."
        )
    }

    fn shared(&self) -> &SharedSettings {
        &self.shared
    }

    fn shared_mut(&mut self) -> &mut SharedSettings {
        &mut self.shared
    }

    fn rules(&self) -> Box<dyn Rules> {
        Box::new(Commuter::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct Commuter {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    /// Cells in a row of the grid.
    side: usize,
    /// Law of work or home for a user of whom nothing is known.
    anywhere: Law,
    /// Law of lunch for such a user.
    lunch_anywhere: Law,
}

/// How often a user was at each place in one role.
type Counts = BTreeMap<usize, f64>;

impl Commuter {
    pub(super) fn new(spec: &CommuterSpec) -> Self {
        let n_items = spec.shared.n_items;
        let mut rules = Self {
            n_items,
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            side: side_of(n_items),
            anywhere: Law::uniform(n_items),
            lunch_anywhere: Law::uniform(n_items),
        };
        let all = (0..n_items).map(|place| (place, 1.0 / n_items as f64));
        let lunch: Vec<(usize, f64)> = all
            .clone()
            .flat_map(|(work, p)| rules.lunches(work, p))
            .collect();
        let anywhere = rules.spread(all);
        let lunch_anywhere = rules.spread(lunch);
        rules.anywhere = rules.law(&anywhere);
        rules.lunch_anywhere = rules.law(&lunch_anywhere);
        rules
    }

    /// The cell and its neighbours.
    fn block(&self, place: usize) -> impl Iterator<Item = usize> {
        let (row, col) = (place / self.side, place % self.side);
        let (side, n_items) = (self.side, self.n_items);
        near(row)
            .flat_map(move |row| near(col).map(move |col| (row, col)))
            .filter(move |&(_, col)| col < side)
            .map(move |(row, col)| row * side + col)
            .filter(move |&place| place < n_items)
    }

    /// The probability to be at `at` when the hour's place is `place`.
    fn presence(&self, at: usize, place: usize) -> f64 {
        let errand = if self.block(place).any(|near| near == at) {
            1.0 / self.block(place).count() as f64
        } else {
            0.0
        };
        (1.0 - self.follow) * errand + if at == place { self.follow } else { 0.0 }
    }

    /// The lunch places of a place of work, which share its probability.
    fn lunches(&self, work: usize, probability: f64) -> impl Iterator<Item = (usize, f64)> {
        let share = probability / self.block(work).count() as f64;
        self.block(work).map(move |lunch| (lunch, share))
    }

    /// Probabilities of a user's next place, from those of the place of the hour.
    fn spread(&self, places: impl IntoIterator<Item = (usize, f64)>) -> BTreeMap<usize, f64> {
        let mut at = BTreeMap::new();
        for (place, p) in places {
            let errand = (1.0 - self.follow) * p / self.block(place).count() as f64;
            *at.entry(place).or_insert(0.0) += self.follow * p;
            for near in self.block(place) {
                *at.entry(near).or_insert(0.0) += errand;
            }
        }
        at
    }

    fn law(&self, at: &BTreeMap<usize, f64>) -> Law {
        Law::new(
            (0..self.n_items)
                .map(|place| at.get(&place).copied().unwrap_or(0.0))
                .collect(),
        )
    }

    /// The logarithm of how likely these presences are when `place` is the place of the hour.
    fn log_likelihood(&self, counts: &Counts, place: usize) -> f64 {
        counts
            .iter()
            .map(|(&at, n)| n * self.presence(at, place).ln())
            .sum()
    }

    /// Home by its probabilities; empty when nothing is known of it.
    fn homes(&self, counts: &Counts) -> Vec<(usize, f64)> {
        let Some((&one, _)) = counts.first_key_value() else {
            return Vec::new();
        };
        // Whoever was at `one` lives in the block round it: nearness goes both ways.
        normalised(
            self.block(one)
                .map(|home| (home, self.log_likelihood(counts, home)))
                .collect(),
        )
    }

    /// Work and lunch by their joint probabilities; empty when nothing is known of either.
    fn work_and_lunch(&self, work: &Counts, lunch: &Counts) -> Vec<((usize, usize), f64)> {
        let mut works: Vec<usize> = match (work.first_key_value(), lunch.first_key_value()) {
            (Some((&at, _)), _) => self.block(at).collect(),
            (None, Some((&at, _))) => self.block(at).flat_map(|lunch| self.block(lunch)).collect(),
            (None, None) => Vec::new(),
        };
        works.sort_unstable();
        works.dedup();
        let mut pairs = Vec::new();
        for place in works {
            let log = self.log_likelihood(work, place) - (self.block(place).count() as f64).ln();
            pairs.extend(
                self.block(place)
                    .map(|near| ((place, near), log + self.log_likelihood(lunch, near))),
            );
        }
        normalised(pairs)
    }
}

fn near(at: usize) -> std::ops::RangeInclusive<usize> {
    at.saturating_sub(1)..=at + 1
}

/// Cells in a row of the smallest square grid that holds so many.
fn side_of(n_items: usize) -> usize {
    let side = n_items.isqrt();
    if side * side < n_items {
        side + 1
    } else {
        side.max(1)
    }
}

/// Logarithms of weights as probabilities that add up to 1; empty when none is possible.
fn normalised<T>(logs: Vec<(T, f64)>) -> Vec<(T, f64)> {
    let max = logs
        .iter()
        .map(|(_, log)| *log)
        .fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return Vec::new();
    }
    let sum: f64 = logs.iter().map(|(_, log)| (log - max).exp()).sum();
    logs.into_iter()
        .map(|(of, log)| (of, (log - max).exp() / sum))
        .collect()
}

/// Which event of the day plan one at this time is.
fn slot(time_secs: i64) -> usize {
    let hour = (time_secs - WORLD_BEGINS).rem_euclid(DAY) / HOUR;
    DAY_PLAN
        .iter()
        .rposition(|(begins, _)| *begins <= hour)
        .unwrap_or(0)
}

impl Rules for Commuter {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let pick_near = |place: usize, rng: &mut ChaCha8Rng| {
            let nth = any(self.block(place).count(), rng);
            self.block(place).nth(nth).unwrap_or(place)
        };
        let (home, work) = (any(self.n_items, rng), any(self.n_items, rng));
        let lunch = pick_near(work, rng);
        let first = any(60 * DAY_PLAN.len(), rng);
        let event = |at: usize| {
            let (day, slot) = ((first + at) / DAY_PLAN.len(), (first + at) % DAY_PLAN.len());
            let (hour, role) = DAY_PLAN[slot];
            let place = match role {
                PlaceRole::Home => home,
                PlaceRole::Work => work,
                PlaceRole::Lunch => lunch,
            };
            let time_secs =
                WORLD_BEGINS + day as i64 * DAY + hour * HOUR + rng.random_range(0..LATE_SECS);
            let item = if rng.random_bool(self.follow) {
                place
            } else {
                pick_near(place, rng)
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
        let [mut home, mut work, mut lunch] = [Counts::new(), Counts::new(), Counts::new()];
        for event in history {
            let counts = match DAY_PLAN[slot(event.time_secs)].1 {
                PlaceRole::Home => &mut home,
                PlaceRole::Work => &mut work,
                PlaceRole::Lunch => &mut lunch,
            };
            *counts.entry(event.item).or_insert(0.0) += 1.0;
        }
        let next = history
            .last()
            .map_or(0, |last| (slot(last.time_secs) + 1) % DAY_PLAN.len());
        let role = DAY_PLAN[next].1;
        let places: Vec<(usize, f64)> = match role {
            PlaceRole::Home => self.homes(&home),
            PlaceRole::Work => self
                .work_and_lunch(&work, &lunch)
                .into_iter()
                .map(|((w, _), p)| (w, p))
                .collect(),
            PlaceRole::Lunch => self
                .work_and_lunch(&work, &lunch)
                .into_iter()
                .map(|((_, l), p)| (l, p))
                .collect(),
        };
        let unknown = if role == PlaceRole::Lunch {
            &self.lunch_anywhere
        } else {
            &self.anywhere
        };
        let scale = if places.is_empty() { 1.0 } else { 0.0 };
        WorldForecast::new(Base::new(unknown, scale), self.spread(places))
    }

    /// Such as `Silent Harbour, cell C4`: columns have letters, rows have numbers.
    fn title(&self, item: usize) -> String {
        let (mut col, mut letters) = (item % self.side + 1, String::new());
        while col > 0 {
            letters.insert(0, char::from(b'A' + ((col - 1) % 26) as u8));
            col = (col - 1) / 26;
        }
        format!(
            "{}, cell {letters}{}",
            names::place(item),
            item / self.side + 1
        )
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn rules(n_items: usize, follow: f64) -> Commuter {
        let mut spec = CommuterSpec::default();
        (spec.shared.n_items, spec.shared.follow) = (n_items, follow);
        Commuter::new(&spec)
    }

    #[test]
    fn a_block_is_a_cell_and_its_neighbours_within_the_grid() {
        // Ten places: rows 0..4, 4..8 and 8..10.
        let block = |place| rules(10, 0.8).block(place).collect::<Vec<_>>();
        assert_eq!(block(0), [0, 1, 4, 5]);
        assert_eq!(block(5), [0, 1, 2, 4, 5, 6, 8, 9]);
        assert_eq!(block(7), [2, 3, 6, 7]);
        assert_eq!(rules(1, 0.8).block(0).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn titles_tell_the_cell() {
        assert!(
            rules(100, 0.8).title(32).ends_with(", cell C4"),
            "{}",
            rules(100, 0.8).title(32)
        );
        assert!(rules(20_000, 0.8).title(27).ends_with(", cell AB1"));
    }

    #[test]
    fn who_always_follows_does_the_same_every_day_and_eats_near_work() {
        let rules = rules(100, 1.0);
        let events = rules.user(&mut ChaCha8Rng::seed_from_u64(4));
        assert!(events.windows(5).all(|day| day[0].item == day[4].item));
        for pair in events
            .windows(2)
            .filter(|pair| slot(pair[1].time_secs) == 1)
        {
            assert!(rules.block(pair[0].item).any(|near| near == pair[1].item));
        }
    }

    #[test]
    fn what_is_inferred_is_what_counting_every_possible_user_gives() {
        // A slow Bayes over all homes, works and lunches of a small grid.
        let rules = rules(12, 0.6);
        for seed in 0..40 {
            let events = rules.user(&mut ChaCha8Rng::seed_from_u64(seed));
            let history = &events[..=(seed as usize % 9)];
            let next = (slot(history[history.len() - 1].time_secs) + 1) % 4;
            let (mut slow, mut total) = (vec![0.0; 12], 0.0);
            for home in 0..12 {
                for work in 0..12 {
                    for lunch in rules.block(work) {
                        let place = |at: usize| match DAY_PLAN[at].1 {
                            PlaceRole::Home => home,
                            PlaceRole::Work => work,
                            PlaceRole::Lunch => lunch,
                        };
                        let lived = history
                            .iter()
                            .map(|e| rules.presence(e.item, place(slot(e.time_secs))));
                        let weight = lived.product::<f64>() / rules.block(work).count() as f64;
                        total += weight;
                        for (at, sum) in slow.iter_mut().enumerate() {
                            *sum += weight * rules.presence(at, place(next));
                        }
                    }
                }
            }
            let forecast = rules.forecast(history);
            for (at, sum) in slow.iter().enumerate() {
                assert!(
                    (forecast.probability(at) - sum / total).abs() < 1e-9,
                    "seed {seed}, place {at}"
                );
            }
        }
    }
}
