//! The classical references: fitted in a second, no gradient. Pure CPU, no burn.
//!
//! # Fallback and ties
//! Every reference knows items that it has no evidence for. Popularity speaks for them: each score
//! carries [`TIE_BREAK`] times the item's share of the most popular item's count. So after an item
//! that was never seen in training the Markov chains answer with popularity, and among items with
//! equal counts the more popular comes first, as far as `f32` can tell them apart (the step beside
//! 1 is 1.2e-7, so about eight grades of popularity). What is still equal shares its rank.

mod markov;
mod popularity;
mod transitions;
mod window;

use serde::{Deserialize, Serialize};

pub use window::{DECAYS, LAST_ITEMS, ROW_NORM_EXPONENT, WINDOW};

use markov::Markov;
use popularity::Popularity;
use window::MarkovWindow;

/// How much popularity counts beside one observed transition: enough to order what is tied, too
/// little to overrule anything that was observed.
pub const TIE_BREAK: f32 = 1e-6;

/// Scores the whole catalogue after a history.
pub trait Baseline: Send + Sync {
    /// Score of every item after `history` (oldest first): `scores[i]` for item `i`,
    /// `scores.len() == n_items + 1`, index 0 is padding and 0.0.
    ///
    /// Whatever `scores` held is overwritten. Unknown items in `history` are passed over.
    fn scores(&self, history: &[u32], scores: &mut [f32]);
}

/// The references that run beside every model.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
pub enum BaselineKind {
    /// Number of training events of an item.
    #[strum(to_string = "popularity")]
    #[serde(rename = "popularity")]
    Popularity,
    /// First-order Markov chain.
    #[strum(to_string = "markov")]
    #[serde(rename = "markov")]
    Markov,
    /// Windowed Markov chain.
    #[strum(to_string = "markov-window")]
    #[serde(rename = "markov-window")]
    MarkovWindow,
}

impl BaselineKind {
    /// Fits on the training sequences (item indices ≥ 1, oldest first; others are passed over).
    ///
    /// The same sequences in the same order give the same scores, bit for bit. The windowed chain
    /// also chooses its recency decay among [`DECAYS`], on these sequences alone.
    #[must_use]
    pub fn fit<'a>(self, n_items: usize, sequences: impl Iterator<Item = &'a [u32]>) -> Box<dyn Baseline> {
        let sequences: Vec<&[u32]> = sequences.collect();
        match self {
            Self::Popularity => Box::new(Popularity::fit(n_items, &sequences)),
            Self::Markov => Box::new(Markov::fit(n_items, &sequences)),
            Self::MarkovWindow => Box::new(MarkovWindow::fit(n_items, &sequences)),
        }
    }

    /// Name as a person reads it, such as `Windowed Markov chain`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Popularity => "Popularity",
            Self::Markov => "Markov chain",
            Self::MarkovWindow => "Windowed Markov chain",
        }
    }
}
