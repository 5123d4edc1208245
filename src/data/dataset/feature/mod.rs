//! Facts about an event beside its item: when, where, how soon after the last, with which words.
//! One file a feature.
//!
//! A feature is computed from a [`crate::dataset::Dataset`] and has one value, or one vector, an
//! event, in the order of [`crate::dataset::Sequences`]. None looks into the future: the value of an
//! event depends on it and on events at or before its time, and what is fitted (a mean, the list of
//! known places) is fitted on training events only, which the caller names.

mod behaviour;
mod category;
mod compute;
mod day_index;
mod embedding;
mod gap;
mod grid_cell;
mod hashed_text;
mod hour;
mod intensity;
mod numeric;
mod session_position;
mod spec;
mod summary;
#[cfg(test)]
mod tests;
mod view;
mod weekday;

pub use behaviour::BehaviourType;
pub use category::Category;
pub use compute::{features, training_mask};
pub use day_index::DayIndex;
pub use embedding::ReadyEmbedding;
pub use gap::Gap;
pub use grid_cell::GridCell;
pub(crate) use grid_cell::cell;
pub use hashed_text::{HashedText, words};
pub use hour::Hour;
pub use intensity::Intensity;
pub use numeric::Numeric;
pub use session_position::SessionPosition;
pub use spec::{ColumnFit, Feature, FeatureSpec, FeatureValues};
pub use summary::FeatureSummary;
pub use weekday::Weekday;

pub(crate) use compute::{check, refused};
