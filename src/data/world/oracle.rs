//! Forecasts from the rules of a world: the probability of every next item, and the best possible
//! score.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::lottery::Law;
use super::{Rules, Scatter, WorldEvent, WorldSpec, user_events};
use seqscope_base::metric::Seen;

/// How deep the lists are that HR@10 and NDCG@10 look at.
const TOP: usize = 10;

/// The best that any model can reach, in expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// Share of users whose true item is ranked first.
    pub hr_at_1: f64,
    /// Share of users whose true item is among the first ten.
    pub hr_at_10: f64,
    /// NDCG@10.
    pub ndcg_at_10: f64,
    /// How far luck scatters each over the users that were asked.
    #[serde(default)]
    pub scatter: Scatter,
}

/// The ceiling in both ways of ranking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Optimum {
    /// When seen items are left out.
    pub seen_left_out: Ceiling,
    /// When seen items are ranked too.
    pub seen_ranked: Ceiling,
}

impl Optimum {
    /// The one of this way of ranking.
    #[must_use]
    pub fn when(&self, seen: Seen) -> Ceiling {
        match seen {
            Seen::LeftOut => self.seen_left_out,
            Seen::Ranked => self.seen_ranked,
        }
    }
}

/// Knows a world's rules, but not its dice.
pub struct Oracle {
    rules: Box<dyn Rules>,
    n_items: usize,
}

impl Oracle {
    /// The oracle of a world.
    #[must_use]
    pub fn new(spec: &WorldSpec) -> Self {
        Self {
            rules: spec.world().rules(),
            n_items: spec.shared().n_items,
        }
    }

    /// The probability of every item to be next, at the item's number; they add up to 1.
    ///
    /// An empty history, which no protocol asks about, and one with items beyond the catalogue get
    /// the same probability for all.
    #[must_use]
    pub fn probabilities(&self, history: &[WorldEvent]) -> Vec<f64> {
        if history.is_empty() || history.iter().any(|event| event.item >= self.n_items) {
            return vec![1.0 / self.n_items.max(1) as f64; self.n_items];
        }
        let forecast = self.rules.forecast(history);
        (0..self.n_items)
            .map(|item| forecast.probability(item))
            .collect()
    }
}

/// The best that any model can reach on each user's last event (leave-one-out, users with at least
/// three events); `None` when the world has no such user. The [module](super) says what exactly the
/// oracle knows.
#[must_use]
pub fn ceiling(spec: &WorldSpec, seen: Seen) -> Option<Ceiling> {
    optimum(spec, |_, n_events| {
        n_events.checked_sub(1).filter(|&history| history >= 2)
    })
    .map(|optimum| optimum.when(seen))
}

/// The HR@1 of [`ceiling`] when seen items are left out; 0 when no user has three events.
#[must_use]
pub fn best_hr_at_1(spec: &WorldSpec) -> f64 {
    ceiling(spec, Seen::LeftOut).map_or(0.0, |ceiling| ceiling.hr_at_1)
}

/// The optimum, as a mean over the users for whom `history_len(user, n_events)` says how much of
/// them is known.
pub(crate) fn optimum(
    spec: &WorldSpec,
    history_len: impl Fn(usize, usize) -> Option<usize>,
) -> Option<Optimum> {
    let (rules, shared) = (spec.world().rules(), spec.shared());
    let (mut left_out, mut ranked, mut n_cases) = (Ceiling::default(), Ceiling::default(), 0_usize);
    let nothing = BTreeSet::new();
    for user in 0..shared.n_users {
        let events = user_events(rules.as_ref(), shared, user);
        let Some(history) = history_len(user, events.len()).and_then(|len| events.get(..len))
        else {
            continue;
        };
        if history.is_empty() {
            continue;
        }
        let forecast = rules.forecast(history);
        let seen: BTreeSet<usize> = history.iter().map(|event| event.item).collect();
        left_out.add(forecast.best(&seen));
        ranked.add(forecast.best(&nothing));
        n_cases += 1;
    }
    let mean = |sum: Ceiling| sum.scaled(n_cases);
    (n_cases > 0).then(|| Optimum {
        seen_left_out: mean(left_out),
        seen_ranked: mean(ranked),
    })
}

impl Ceiling {
    fn add(&mut self, other: Self) {
        self.hr_at_1 += other.hr_at_1;
        self.hr_at_10 += other.hr_at_10;
        self.ndcg_at_10 += other.ndcg_at_10;
        self.scatter.add(other.scatter);
    }

    /// The mean of a sum over so many questions.
    fn scaled(self, n: usize) -> Self {
        let by = 1.0 / n as f64;
        Self {
            hr_at_1: self.hr_at_1 * by,
            hr_at_10: self.hr_at_10 * by,
            ndcg_at_10: self.ndcg_at_10 * by,
            scatter: self.scatter.of_mean(n),
        }
    }
}

/// The probability of every item to be next: a law over the whole catalogue, and what some items
/// have beyond it. So a question costs as much as the few items that stand out, not the catalogue.
pub(super) struct WorldForecast<'a> {
    pub(super) base: Base<'a>,
    /// Probability of some items beyond the base.
    pub(super) extra: BTreeMap<usize, f64>,
}

/// A law over the catalogue, scaled.
pub(super) struct Base<'a> {
    pub(super) law: &'a Law,
    /// The law's item 0 is this item; after the last item comes the first.
    pub(super) offset: usize,
    /// Factor of the law's probabilities.
    pub(super) scale: f64,
    /// Items that cannot come, by number.
    pub(super) closed: Vec<bool>,
}

impl<'a> Base<'a> {
    pub(super) fn new(law: &'a Law, scale: f64) -> Self {
        Self {
            law,
            offset: 0,
            scale,
            closed: Vec::new(),
        }
    }

    fn is_open(&self, item: usize) -> bool {
        !self.closed.get(item).copied().unwrap_or(false)
    }

    fn probability(&self, item: usize) -> f64 {
        let n = self.law.len().max(1);
        if self.is_open(item) {
            self.scale * self.law.probability((item + n - self.offset % n) % n)
        } else {
            0.0
        }
    }

    /// The items that can come, likeliest first.
    fn descending(&self) -> impl Iterator<Item = usize> {
        let n = self.law.len().max(1);
        self.law
            .descending()
            .map(move |item| (item + self.offset) % n)
            .filter(|&item| self.is_open(item))
    }
}

impl<'a> WorldForecast<'a> {
    /// A base, and probability beyond it; an item may come more than once.
    pub(super) fn new(base: Base<'a>, extra: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let mut sums = BTreeMap::new();
        for (item, probability) in extra {
            *sums.entry(item).or_insert(0.0) += probability;
        }
        Self { base, extra: sums }
    }

    pub(super) fn probability(&self, item: usize) -> f64 {
        self.base.probability(item) + self.extra.get(&item).copied().unwrap_or(0.0)
    }

    /// Best ranking's scores when the items of `seen` are left out: a user who returns to one of
    /// them is missed by any ranking.
    fn best(&self, seen: &BTreeSet<usize>) -> Ceiling {
        let standing_out = self
            .extra
            .keys()
            .copied()
            .filter(|item| !seen.contains(item));
        let others = self
            .base
            .descending()
            .filter(|item| !seen.contains(item) && !self.extra.contains_key(item));
        let mut top: Vec<f64> = standing_out
            .chain(others.take(TOP))
            .map(|item| self.probability(item))
            .collect();
        top.sort_by(|a, b| b.total_cmp(a));
        top.truncate(TOP);
        let hr_at_1 = top.first().copied().unwrap_or(0.0);
        let hr_at_10 = top.iter().sum::<f64>();
        let gains = |power: i32| -> f64 {
            top.iter()
                .zip(2..)
                .map(|(p, place)| p / f64::from(place).log2().powi(power))
                .sum()
        };
        let ndcg_at_10 = gains(1);
        let scatter = Scatter::of_question(hr_at_1, hr_at_10, ndcg_at_10, gains(2));
        Ceiling {
            hr_at_1,
            hr_at_10,
            ndcg_at_10,
            scatter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_ranking_of_a_small_law_by_hand() {
        // 0.5 extra on item 3; the other half by the law (4, 3, 2, 1)/10, so 0.2, 0.15, 0.1, 0.55.
        let law = Law::new(vec![0.4, 0.3, 0.2, 0.1]);
        let forecast = WorldForecast::new(Base::new(&law, 0.5), [(3, 0.25), (3, 0.25)]);
        let all = forecast.best(&BTreeSet::new());
        assert!((all.hr_at_1 - 0.55).abs() < 1e-12);
        assert!((all.hr_at_10 - 1.0).abs() < 1e-12);
        let by_hand = 0.55 + 0.2 / 3_f64.log2() + 0.15 / 4_f64.log2() + 0.1 / 5_f64.log2();
        assert!((all.ndcg_at_10 - by_hand).abs() < 1e-12);
        // Without items 3 and 0: what comes of them (0.75) is missed, then come 0.15 and 0.1.
        let rest = forecast.best(&BTreeSet::from([0, 3]));
        assert!((rest.hr_at_1 - 0.15).abs() < 1e-12 && (rest.hr_at_10 - 0.25).abs() < 1e-12);
        assert!((rest.ndcg_at_10 - (0.15 + 0.1 / 3_f64.log2())).abs() < 1e-12);
        let nothing = forecast.best(&BTreeSet::from([0, 1, 2, 3]));
        assert_eq!(nothing, Ceiling::default(), "nothing is left to rank");
    }

    #[test]
    fn an_offset_turns_the_law_and_what_is_closed_cannot_come() {
        let law = Law::new(vec![0.7, 0.2, 0.1]);
        let base = Base {
            offset: 2,
            closed: vec![false, true, false],
            ..Base::new(&law, 1.0)
        };
        let forecast = WorldForecast::new(base, []);
        for (item, wanted) in [0.2, 0.0, 0.7].into_iter().enumerate() {
            assert!(
                (forecast.probability(item) - wanted).abs() < 1e-12,
                "{item}"
            );
        }
        assert_eq!(forecast.base.descending().collect::<Vec<_>>(), [2, 0]);
    }
}
