//! The classical references: fitted in a second, no gradient. Pure CPU, no burn.

use serde::{Deserialize, Serialize};

/// Scores the whole catalogue after a history.
pub trait Baseline: Send + Sync {
    /// Score of every item after `history` (oldest first): `scores[i]` for item `i`,
    /// `scores.len() == n_items + 1`, index 0 is padding and 0.0.
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
    /// Fits on the training sequences (item indices ≥ 1, oldest first).
    #[must_use]
    pub fn fit<'a>(self, n_items: usize, sequences: impl Iterator<Item = &'a [u32]>) -> Box<dyn Baseline> {
        todo!("baseline {n_items} {}", sequences.count())
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
