//! The list of references, and how each is fitted.

use serde::{Deserialize, Serialize};

use super::content::ContentBased;
use super::ease::Ease;
use super::item_knn::ItemKnn;
use super::markov::Markov;
use super::markov2::MarkovSecond;
use super::popularity::PopularityScores;
use super::recent::RecentPopularity;
use super::repeat::RepeatLast;
use super::user_knn::UserKnn;
use super::window::MarkovWindow;
use super::{Baseline, LeftOut, TrainingLog};

/// The references that run beside every model of the next item.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum BaselineKind {
    /// Number of training events of an item.
    Popularity,
    /// Number of events of an item at the end of training.
    RecentPopularity,
    /// The user's own items again.
    RepeatLast,
    /// First-order Markov chain.
    Markov,
    /// Second-order Markov chain with Witten-Bell smoothing.
    MarkovSecond,
    /// Windowed Markov chain.
    MarkovWindow,
    /// Items that the same users had.
    ItemKnn,
    /// Items of the most similar users.
    UserKnn,
    /// Items told of in the same words.
    Content,
    /// One linear layer in closed form.
    Ease,
}

impl BaselineKind {
    /// Fits on the training part of a log.
    ///
    /// The same log gives the same scores, bit for bit, on any number of threads. What is chosen by
    /// trial, such as a recency decay, is chosen on this log alone.
    ///
    /// # Errors
    /// [`LeftOut`] where the log lacks what the reference goes by, or is too large for it.
    pub fn fit(self, log: &TrainingLog<'_>) -> Result<Box<dyn Baseline>, LeftOut> {
        let (n_items, sequences) = (log.n_items, log.sequences.as_slice());
        Ok(match self {
            Self::Popularity => Box::new(PopularityScores::fit(n_items, sequences)),
            Self::RecentPopularity => Box::new(RecentPopularity::fit(log)),
            Self::RepeatLast => Box::new(RepeatLast::fit(log)),
            Self::Markov => Box::new(Markov::fit(n_items, sequences)),
            Self::MarkovSecond => Box::new(MarkovSecond::fit(n_items, sequences)),
            Self::MarkovWindow => Box::new(MarkovWindow::fit(log)),
            Self::ItemKnn => Box::new(ItemKnn::fit(log)),
            Self::UserKnn => Box::new(UserKnn::fit(log)?),
            Self::Content => Box::new(ContentBased::fit(log)?),
            Self::Ease => Box::new(Ease::fit(log)?),
        })
    }
}
