//! Cleaning: an ordered list of steps, one a file, each counted in the report.
//!
//! A step reads the log and says what is to change (`change`); the `pipeline` counts it, keeps a
//! few examples and carries it out. `step` is the list.

mod bots;
mod change;
mod date_window;
mod denoiser;
mod duplicates;
mod impossible_times;
mod k_core;
mod keep_behaviours;
mod learned_fill;
mod merge_behaviours;
mod missing;
mod outliers;
mod pipeline;
mod repeats;
mod sample_users;
mod sessions;
mod smooth;
mod sort_times;
mod step;
#[cfg(test)]
mod tests;
mod threshold;
mod transform;
mod view;

pub use bots::Bots;
pub use date_window::DateWindow;
pub use duplicates::Duplicates;
pub use impossible_times::ImpossibleTimes;
pub use k_core::KCore;
pub use keep_behaviours::KeepBehaviours;
pub use merge_behaviours::MergeBehaviours;
pub use missing::{Fill, MissingValues};
pub use outliers::{OutlierAction, OutlierRule, Outliers};
pub(crate) use pipeline::{Circumstances, check, run};
pub use repeats::Repeats;
pub use sample_users::SampleUsers;
pub use sessions::Sessions;
pub use smooth::{Smooth, SmoothMethod};
pub use sort_times::SortTimes;
pub use step::CleanStep;
pub use threshold::Threshold;
pub use transform::{Transform, ValueScale};
