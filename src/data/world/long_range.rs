//! A cue `lag` steps back.
//!
//! # The rules
//! With probability `follow` the next event is the part after the one `lag` steps back, in that
//! part's series (after the last part comes the first); else it is any item, all alike. A user's
//! first `lag` events are any items.
//!
//! So a user reads `lag` series in turns, and chance now and then puts another in the place of one.
//! The last `lag - 1` events are independent of the next one: unless `lag` is 1, a first-order
//! chain and popularity know nothing at all, and a windowed chain that counts what lies within a
//! window sees the cue among `lag - 1` strangers. People come back to items.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, any, len};
use super::oracle::{Base, WorldForecast};
use super::series::SERIES_LEN;
use super::{Rules, SharedSettings, World, WorldEvent, at_any_time};
use seqscope_base::spec::{Described, described};

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct LongRangeSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
    /// Number of steps back at which the cue lies.
    pub lag: usize,
}

impl Default for LongRangeSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings {
                n_items: 40,
                mean_len: 40,
                ..SharedSettings::default()
            },
            lag: 5,
        }
    }
}

described! { LongRangeSpec {
    lag: Int { min: 1, max: 200 }, Core, "Cue lies back", "steps", "How many steps back the event \
        lies that decides the next one.", "further back than a windowed Markov chain can tell apart";
} }

impl World for LongRangeSpec {
    fn title(&self) -> &'static str {
        "Long-range cue"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let lag = self.lag;
        let known = if lag == 1 {
            "A first-order Markov chain can know all of it."
        } else {
            "The events in between say nothing: popularity and a first-order Markov chain can know \
             nothing of it."
        };
        format!(
            "With {follow} the next event is the part after the one {lag} steps back, in the same \
             series of ten; else it is any item, all alike. {known} People come back to items."
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
        Box::new(LongRange::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct LongRange {
    n_items: usize,
    mean_len: usize,
    follow: f64,
    lag: usize,
    uniform: Law,
}

impl LongRange {
    pub(super) fn new(spec: &LongRangeSpec) -> Self {
        Self {
            n_items: spec.shared.n_items,
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            lag: spec.lag.max(1),
            uniform: Law::uniform(spec.shared.n_items),
        }
    }

    /// The next part of an item's series.
    fn next_part(&self, item: usize) -> usize {
        let first = item / SERIES_LEN * SERIES_LEN;
        let end = (first + SERIES_LEN).min(self.n_items);
        if item + 1 < end { item + 1 } else { first }
    }
}

impl Rules for LongRange {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let mut events: Vec<(usize, usize)> = Vec::with_capacity(len);
        while events.len() < len {
            let cue = events
                .len()
                .checked_sub(self.lag)
                .and_then(|at| events.get(at));
            let item = match cue {
                Some(&(cue, _)) if rng.random_bool(self.follow) => self.next_part(cue),
                _ => any(self.n_items, rng),
            };
            events.push((item, 0));
        }
        at_any_time(events, rng)
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        match history
            .len()
            .checked_sub(self.lag)
            .and_then(|at| history.get(at))
        {
            Some(cue) => {
                let base = Base::new(&self.uniform, 1.0 - self.follow);
                WorldForecast::new(base, [(self.next_part(cue.item), self.follow)])
            }
            None => WorldForecast::new(Base::new(&self.uniform, 1.0), []),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn who_always_follows_reads_as_many_series_in_turns_as_the_cue_lies_back() {
        let mut spec = LongRangeSpec {
            lag: 4,
            ..LongRangeSpec::default()
        };
        (spec.shared.follow, spec.shared.n_items) = (1.0, 23);
        let events = LongRange::new(&spec).user(&mut ChaCha8Rng::seed_from_u64(1));
        assert!(events.len() > 8);
        for pair in events.windows(5) {
            let (cue, next) = (pair[0].item, pair[4].item);
            // Series are 0..10, 10..20 and 20..23.
            let wanted = match cue {
                9 => 0,
                19 => 10,
                22 => 20,
                other => other + 1,
            };
            assert_eq!(next, wanted);
        }
    }
}
