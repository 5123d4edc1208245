//! The classical references: fitted in seconds, no gradient. Pure CPU, no burn.
//!
//! # Fallback and ties
//! Every reference knows items that it has no evidence for. Popularity speaks for them: each score
//! carries [`TIE_BREAK`] times the item's share of the most popular item's count. So after an item
//! that was never seen in training the Markov chains answer with popularity, and among items with
//! equal counts the more popular comes first, as far as `f32` can tell them apart (the step beside
//! 1 is 1.2e-7, so about eight grades of popularity). What is still equal shares its rank. The
//! chain of second order needs no such share: its smoothing ends in popularity.
//!
//! # Settings
//! What depends on the data is chosen on the training part alone, as `tune` says; everything else
//! is a constant with a name, told by its [`Entry::fixed`](seqscope_base::spec::Entry::fixed).

mod about;
mod baskets;
mod content;
mod ease;
pub mod forecast;
mod item_knn;
mod judge;
mod kind;
mod log;
mod markov;
mod markov2;
mod popularity;
mod recent;
mod reference;
mod repeat;
pub mod task;
mod transitions;
mod tune;
mod user_knn;
mod watched;
mod window;

pub use baskets::LONGEST_BASKET;
pub use content::{BUCKETS, ItemContents};
pub use ease::{EASE_DECAYS, EASE_MEGABYTES, EaseMemory, RIDGE};
pub use item_knn::{FEWEST_NEIGHBOURS, KNN_DECAYS, LIKENESSES, SHRINKAGES};
pub use judge::{Question, ranks, ranks_until};
pub use kind::BaselineKind;
pub use log::{LeftOut, TrainingLog};
pub use recent::RECENT_SHARE;
pub use reference::ReferenceKind;
pub use repeat::REPEAT_DECAYS;
pub use tune::TUNING_USERS;
pub use user_knn::{MOST_USER_PAIRS, NEAREST_USERS};
pub use watched::{Stop, beside, watched};
pub use window::{DECAYS, LAST_ITEMS, ROW_NORM_EXPONENT, WINDOW};

/// Whether this is the number of an item, 1 to `n_items`.
fn is_item(item: u32, n_items: usize) -> bool {
    (1..=n_items).contains(&(item as usize))
}

/// Weight of popularity beside one observed transition: enough to order what is tied, too little to
/// overrule anything that was observed.
pub const TIE_BREAK: f32 = 1e-6;

/// Scores the whole catalogue after a history.
pub trait Baseline: Send + Sync {
    /// Score of every item after `history` (oldest first): `scores[i]` for item `i`,
    /// `scores.len() == n_items + 1`, index 0 is padding and 0.0.
    ///
    /// Whatever `scores` held is overwritten. Unknown items in `history` are passed over.
    fn scores(&self, history: &[u32], scores: &mut [f32]);
}
