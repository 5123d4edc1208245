//! Certainty of a difference: intervals and tests over users, the correction for many, effect
//! sizes.

mod bootstrap;
mod distribution;
mod holm;
mod paired;
mod rank_correlation;
mod seeds;
mod two_sources;
mod wilcoxon;
mod words;

pub use bootstrap::{Interval, LEVEL, N_RESAMPLES, bootstrap, bootstrap_all, bootstrap_mean};
pub use holm::holm;
pub use paired::{Effect, Randomisation, effect, randomisation};
pub use rank_correlation::{kendall, spearman};
pub use seeds::{SeedGroup, seed_group};
pub use two_sources::{TwoSources, two_sources};
pub use wilcoxon::{Wilcoxon, wilcoxon};
pub use words::Statistic;

/// The seed of every resampling, so that the same figures come again. It is fixed and stated, not a
/// setting: a seed that can be chosen can be chosen well.
pub const SEED: u64 = 20_240_229;
