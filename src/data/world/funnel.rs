//! A funnel: a view is followed by a cart and a buy of the same item, each `delay` steps later.
//!
//! # The rules
//! With `a` the event `delay` steps back: when `a` is a view, the next event is with probability
//! `follow` a cart of the same item; when it is a cart, a buy of it. Else, and after a buy, it is a
//! view of an item by popularity (`1 / (rank + 3)`, ranks drawn once for the world). A user's first
//! `delay` events are views. Behaviours are recorded.
//!
//! # What can be known
//! Item and behaviour of the event `delay` steps back are all that matters. A model that sees items
//! only can tell the behaviour nearly always: an item that stands `delay` and twice `delay` steps
//! back was put into the cart, one that stands there a third time was bought. Unless `delay` is 1,
//! a first-order Markov chain and popularity know what is often viewed and nothing of the funnel.
//! People come back to items, by design.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::lottery::{Law, Lottery, len};
use super::oracle::{Base, WorldForecast};
use super::{Rules, SharedSettings, World, WorldEvent, at_any_time};
use seqscope_base::spec::{Described, described};

/// Numbers of the behaviours: each goes over into the next, up to the last.
const BEHAVIOURS: [&str; 3] = ["view", "cart", "buy"];
const VIEW: usize = 0;
const BUY: usize = 2;

/// Settings of the world.
#[derive(Clone, Debug, PartialEq)]
pub struct FunnelSpec {
    /// Settings that every world has.
    pub shared: SharedSettings,
    /// Steps from a view to its cart, and from a cart to its buy.
    pub delay: usize,
}

impl Default for FunnelSpec {
    fn default() -> Self {
        Self {
            shared: SharedSettings::default(),
            delay: 3,
        }
    }
}

described! { FunnelSpec {
    delay: Int { min: 1, max: 100 }, Core, "Delay", "steps", "Steps from a view to its cart, and \
        from a cart to its buy.", "further back than a first-order Markov chain sees";
} }

impl World for FunnelSpec {
    fn title(&self) -> &'static str {
        "View, cart, buy"
    }

    fn story(&self) -> String {
        let follow = self.shared.follow_percent();
        let delay = self.delay;
        let steps = if delay == 1 {
            "one step".to_owned()
        } else {
            format!("{delay} steps")
        };
        let known = if delay == 1 {
            "that it comes again"
        } else {
            "only what is popular"
        };
        format!(
            "{steps} after a view, with {follow}, the same item goes into the cart, and {steps} \
             after that it is bought, with {follow} again; everything else is a view of something \
             popular. A first-order Markov chain sees {known}. People come back to items, so seen \
             items must be ranked."
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
        Box::new(Funnel::new(self))
    }
}

/// Facts that the whole world shares.
pub(super) struct Funnel {
    mean_len: usize,
    follow: f64,
    delay: usize,
    popularity: Lottery,
    law: Law,
}

impl Funnel {
    pub(super) fn new(spec: &FunnelSpec) -> Self {
        let popularity = Lottery::of_popularity(spec.shared.seed, spec.shared.n_items);
        Self {
            mean_len: spec.shared.mean_len,
            follow: spec.shared.follow_probability(),
            delay: spec.delay.max(1),
            law: popularity.law(),
            popularity,
        }
    }
}

impl Rules for Funnel {
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
        let len = len(self.mean_len, rng);
        let mut events: Vec<(usize, usize)> = Vec::with_capacity(len);
        while events.len() < len {
            let before = events
                .len()
                .checked_sub(self.delay)
                .and_then(|at| events.get(at));
            let event = match before {
                Some(&(item, behaviour)) if behaviour < BUY && rng.random_bool(self.follow) => {
                    (item, behaviour + 1)
                }
                _ => (self.popularity.draw(rng), VIEW),
            };
            events.push(event);
        }
        at_any_time(events, rng)
    }

    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_> {
        let before = history
            .len()
            .checked_sub(self.delay)
            .and_then(|at| history.get(at));
        match before {
            Some(event) if event.behaviour < BUY => WorldForecast::new(
                Base::new(&self.law, 1.0 - self.follow),
                [(event.item, self.follow)],
            ),
            _ => WorldForecast::new(Base::new(&self.law, 1.0), []),
        }
    }

    fn behaviours(&self) -> &'static [&'static str] {
        &BEHAVIOURS
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn who_always_follows_buys_all_that_was_viewed() {
        let mut spec = FunnelSpec {
            delay: 2,
            ..FunnelSpec::default()
        };
        (spec.shared.follow, spec.shared.mean_len) = (1.0, 24);
        let events = Funnel::new(&spec).user(&mut ChaCha8Rng::seed_from_u64(5));
        assert!(events.len() >= 12);
        for (at, event) in events.iter().enumerate() {
            // Two views, two carts, two buys, and again.
            assert_eq!(event.behaviour, at / 2 % 3, "at {at}");
            if event.behaviour > 0 {
                assert_eq!(event.item, events[at - 2].item);
            }
        }
    }
}
