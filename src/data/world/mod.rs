//! Synthetic worlds: seeded generators whose rules are known.

use serde::{Deserialize, Serialize};

/// A world of users who follow a few rules; see [`super::world`].
///
/// The catalogue falls into groups (genres). A user walks through a group's items in a fixed cyclic
/// order with probability `follow`, and otherwise jumps by popularity; a cue seen two steps back
/// decides in which direction. A first-order chain therefore sees only part of the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldSpec {
    /// Number of users.
    pub n_users: usize,
    /// Number of items.
    pub n_items: usize,
    /// Mean number of events of a user.
    pub mean_len: usize,
    /// Probability that an event follows the rule, in [0, 1].
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
    n_items: Int { min: 1, max: 20_000 }, Core, "Items", "", "How many items the catalogue has.", "small enough to train in half a minute";
    mean_len: Int { min: 1, max: 1_000 }, Core, "Mean length", "events", "Mean number of events of a user.", "small enough to train in half a minute";
    follow: Float { min: 0.0, max: 1.0 }, Core, "Rule-following", "", "Probability that an event follows the rule rather than popularity.", "leaves noise that no model can predict";
    seed: Int { min: 0, max: i64::MAX }, More, "World seed", "", "The same seed gives the same world.", "any number";
} }
