//! Synthetic worlds: seeded generators whose rules, and so the best possible score, are known.
//!
//! One file a world, each with its rules at the top, then its settings; [`WorldSpec`] lists them. A
//! world draws its users one by one, each from a seed of its own, so that the same settings make
//! the same log on every machine: all draws are whole-number arithmetic. [`Oracle`] says what the
//! rules make of a history and [`ceiling`] what the best possible model reaches.
//!
//! | world | what decides the next event | what a first-order Markov chain can know of it |
//! |---|---|---|
//! | [`Series`](WorldKind::Series) | the event two steps back | the second, weaker rule |
//! | [`MarkovChain`](WorldKind::MarkovChain) | the last event | all |
//! | [`Periodic`](WorldKind::Periodic) | the user's type and the slot of the week | all but what to do after chance |
//! | [`LongRange`](WorldKind::LongRange) | the event `lag` steps back | nothing |
//! | [`Drift`](WorldKind::Drift) | the day | near items follow near items |
//! | [`Funnel`](WorldKind::Funnel) | item and behaviour `delay` steps back | popularity |
//! | [`Commuter`](WorldKind::Commuter) | the user's own place at this hour | who shares work and lunch |
//! | [`TooSmall`](WorldKind::TooSmall) | the last event | what little it saw |
//!
//! # For which protocol the optimum holds
//! The question is the program's own: after the events of one user up to a moment, which item is
//! next, ranked among the whole catalogue; under leave-one-out the moment is just before the last
//! event. The oracle knows the rules, all that was drawn once for the world (popularity,
//! successors, habits of a type) and the user's history with items, times and behaviours. It does
//! not know the dice, nor what was drawn for the user (type, home): that it infers, exactly, by
//! Bayes' rule. Users are independent of each other given the rules, so other users' events could
//! tell it no more.
//!
//! Whoever ranks by falling probability does best in HR@k and NDCG@k alike, since both only fall
//! with the rank. Where seen items are left out of the ranking, a user who comes back to one is
//! missed by every list, and the best answer ranks the others. The optimum says what that gives:
//! the exact bound of the protocol, and a reason to rank seen items too wherever people come back
//! to them.

mod commuter;
mod drift;
mod file;
mod funnel;
mod long_range;
mod lottery;
mod luck;
mod markov_chain;
mod names;
mod oracle;
mod periodic;
mod series;
mod spec;
mod too_small;

pub use commuter::CommuterSpec;
pub use drift::DriftSpec;
pub use funnel::FunnelSpec;
pub use long_range::LongRangeSpec;
pub use luck::Scatter;
pub use markov_chain::MarkovChainSpec;
pub use oracle::{Ceiling, Optimum, Oracle, best_hr_at_1, ceiling};
pub use periodic::PeriodicSpec;
pub use series::{SERIES_LEN, SeriesSpec};
pub use spec::{SharedSettings, WorldKind, WorldSpec};
pub use too_small::TooSmallSpec;

pub(crate) use oracle::optimum;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use oracle::WorldForecast;
use seqscope_base::spec::derive_seed;
use spec::World;

/// One event of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorldEvent {
    /// Number of the item in the catalogue, from 0.
    pub item: usize,
    /// Seconds since 1970-01-01 UTC.
    pub time_secs: i64,
    /// Number of the behaviour, from 0; 0 where the world records none.
    pub behaviour: usize,
}

/// Rules of a world: how its users act, and what follows from what.
trait Rules {
    /// One user's events, oldest first, at strictly rising times.
    fn user(&self, rng: &mut ChaCha8Rng) -> Vec<WorldEvent>;

    /// Forecast after a history of at least one event of this world.
    fn forecast(&self, history: &[WorldEvent]) -> WorldForecast<'_>;

    /// Title of an item.
    fn title(&self, item: usize) -> String {
        series::title(item)
    }

    /// The behaviours that it records.
    fn behaviours(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Words for the behaviours that the world records.
pub(crate) fn behaviours(spec: &WorldSpec) -> &'static [&'static str] {
    spec.world().rules().behaviours()
}

/// Id of every item of the world.
pub(crate) fn item_ids(spec: &WorldSpec) -> impl Iterator<Item = String> {
    let n_items = spec.shared().n_items;
    (0..n_items).map(move |item| numbered("i", item, n_items))
}

/// Every user's id and events, oldest first.
pub(crate) fn users(spec: &WorldSpec) -> impl Iterator<Item = (String, Vec<WorldEvent>)> {
    let (rules, shared) = (spec.world().rules(), spec.shared());
    (0..shared.n_users).map(move |user| {
        let id = numbered("u", user, shared.n_users);
        (id, user_events(rules.as_ref(), shared, user))
    })
}

/// Title of every item id of the world, such as `Crime: Silent Harbour 3`.
pub(crate) fn titles(spec: &WorldSpec) -> impl Iterator<Item = (String, String)> {
    let (rules, n_items) = (spec.world().rules(), spec.shared().n_items);
    (0..n_items).map(move |item| (numbered("i", item, n_items), rules.title(item)))
}

/// One user's events; none where there is no item.
fn user_events(rules: &dyn Rules, shared: &SharedSettings, user: usize) -> Vec<WorldEvent> {
    if shared.n_items == 0 {
        return Vec::new();
    }
    rules.user(&mut ChaCha8Rng::seed_from_u64(derive_seed(
        shared.seed,
        "world user",
        user as u64,
    )))
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// 2024-01-01 00:00:00 UTC, a Monday.
const WORLD_BEGINS: i64 = 1_704_067_200;

/// Gives items and behaviours times that say nothing: gaps of half a minute to half an hour, and
/// before one event in four six hours to three days.
fn at_any_time(events: Vec<(usize, usize)>, rng: &mut ChaCha8Rng) -> Vec<WorldEvent> {
    let mut time_secs = WORLD_BEGINS + rng.random_range(0..60 * DAY);
    let timed = |(item, behaviour)| {
        time_secs += if rng.random_ratio(1, 4) {
            rng.random_range(DAY / 4..3 * DAY)
        } else {
            rng.random_range(30..1_800)
        };
        WorldEvent {
            item,
            time_secs,
            behaviour,
        }
    };
    events.into_iter().map(timed).collect()
}

/// `i007` of 120.
fn numbered(prefix: &str, at: usize, n: usize) -> String {
    let width = n.to_string().len();
    format!("{prefix}{:0width$}", at + 1)
}
