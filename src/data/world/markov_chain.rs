//! A first-order Markov chain with a known transition matrix.
//!
//! # The rules
//! Each item has `branches` successors, drawn once for the world, none of them the item itself.
//! With probability `follow` the next event is one of the last event's successors, the r-th with a
//! chance in proportion to `1 / r`; else it is any item, all alike, and so is a user's first event.
//!
//! So row `i` of the transition matrix has `follow · (1/r) / (1 + 1/2 + … + 1/branches)` at the
//! r-th successor and `(1 - follow) / n_items` added everywhere. The last event says all that can
//! be known: a chain that has counted enough reaches the optimum, and no deep model can do better.
//! People come back to items.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, Lottery, any, len};
use super::oracle::{Base, WorldForecast};
use super::{Rules, SharedSettings, World, WorldEvent, at_any_time};
use seqscope_base::spec::{Described, derive_seed, described};

/// Tickets of the first successor: divided by each number up to 20 without a rest.
const TICKETS: u64 = 232_792_560;

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkovChainSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
    /// Number of successors of each item.
    pub branches: usize,
}

impl Default for MarkovChainSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings::default(),
            branches: 3,
        }
    }
}

described! { MarkovChainSpec {
    branches: Int { min: 1, max: 20 }, Core, "Branches", "", "How many successors each item has; \
        the r-th has a chance in proportion to 1/r.", "enough that the best guess is often wrong";
} }

impl World for MarkovChainSpec {
    fn title(&self) -> &'static str {
        "Markov chain"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let branches = self.branches;
        format!(
            "Each item has {branches} successors, drawn at random; with {follow} one of them comes \
             next, the r-th with a chance in proportion to 1/r, else any item. The last event says \
             all that can be known, so a first-order Markov chain with enough data is the best \
             possible model. People come back to items."
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
        Box::new(MarkovChain::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct MarkovChain {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    /// The successors of each item, likeliest first.
    successors: Vec<Vec<usize>>,
    /// Which of them.
    branch: Lottery,
    uniform: Law,
}

impl MarkovChain {
    pub(super) fn new(spec: &MarkovChainSpec) -> Self {
        let n_branches = spec
            .branches
            .clamp(1, 20)
            .min(spec.shared.n_items.saturating_sub(1).max(1));
        Self {
            n_items: spec.shared.n_items,
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            successors: (0..spec.shared.n_items)
                .map(|item| successors(item, n_branches, &spec.shared))
                .collect(),
            branch: Lottery::new((1..=n_branches as u64).map(|r| TICKETS / r).collect()),
            uniform: Law::uniform(spec.shared.n_items),
        }
    }
}

/// `n_branches` different items that are not `item`; the only item of a catalogue follows itself.
fn successors(item: usize, n_branches: usize, world: &SharedSettings) -> Vec<usize> {
    if world.n_items < 2 {
        return vec![item];
    }
    let mut rng =
        ChaCha8Rng::seed_from_u64(derive_seed(world.seed, "world successors", item as u64));
    let mut chosen: Vec<usize> = Vec::with_capacity(n_branches);
    while chosen.len() < n_branches {
        // The k-th of the items not yet taken, so that a small catalogue needs no second try.
        let mut taken: Vec<usize> = chosen.iter().copied().chain([item]).collect();
        taken.sort_unstable();
        let mut next = any(world.n_items - taken.len(), &mut rng);
        for gone in taken {
            next += usize::from(next >= gone);
        }
        chosen.push(next);
    }
    chosen
}

impl Rules for MarkovChain {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let mut events: Vec<(usize, usize)> = Vec::with_capacity(len);
        while events.len() < len {
            let item = match events.last() {
                Some(&(last, _)) if rng.random_bool(self.follow) => {
                    self.successors[last][self.branch.draw(rng)]
                }
                _ => any(self.n_items, rng),
            };
            events.push((item, 0));
        }
        at_any_time(events, rng)
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        let Some(last) = history.last() else {
            return WorldForecast::new(Base::new(&self.uniform, 1.0), []);
        };
        let law = self.branch.law();
        let branches = self.successors[last.item]
            .iter()
            .enumerate()
            .map(|(r, &item)| (item, self.follow * law.probability(r)));
        WorldForecast::new(Base::new(&self.uniform, 1.0 - self.follow), branches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Oracle, WorldSpec};

    #[test]
    fn successors_differ_and_are_never_the_item_itself() {
        for (n_items, branches) in [(2, 1), (3, 2), (21, 20), (120, 3)] {
            let world = SharedSettings {
                n_items,
                ..SharedSettings::default()
            };
            for item in 0..n_items {
                let mut of = successors(item, branches, &world);
                assert!(of.iter().all(|&next| next != item && next < n_items));
                of.sort_unstable();
                of.dedup();
                assert_eq!(of.len(), branches, "{n_items} items, {branches} branches");
            }
        }
    }

    #[test]
    fn a_row_of_the_matrix_by_hand() {
        // Three branches: shares 6/11, 3/11, 2/11 of 0.8, and 0.2 / 120 everywhere.
        let spec = MarkovChainSpec::default();
        let of = successors(17, 3, &spec.shared);
        let row = Oracle::new(&WorldSpec::MarkovChain(spec)).probabilities(&[WorldEvent {
            item: 17,
            time_secs: 0,
            behaviour: 0,
        }]);
        for (item, p) in row.iter().enumerate() {
            let share = of
                .iter()
                .position(|&next| next == item)
                .map_or(0.0, |r| [6.0, 3.0, 2.0][r] / 11.0);
            assert!(
                (p - (0.8 * share + 0.2 / 120.0)).abs() < 1e-12,
                "{item}: {p}"
            );
        }
    }
}
