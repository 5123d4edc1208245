//! Many trials of one experiment: planned once, trained here or by a scheduler, judged on validation.
//!
//! A sweep is a folder beside the runs (`folder`); its trials are ordinary runs, marked in their
//! manifests. Nothing but the runs tells how far it is, so whoever trains a trial, wherever, needs
//! only its number: a new run, one that goes on, or nothing to do.

mod axes;
mod error;
mod folder;
mod importance;
mod plan;
mod state;
mod trial;

#[cfg(test)]
mod tests;

pub use axes::{SweepAxis, SweepTick, best_so_far};
pub use error::SweepError;
pub use folder::{SweepFolder, TrialRuns};
pub use importance::{SettingImportance, SweepImportance};
pub use plan::{PlannedTrial, SweepPlan};
pub use state::{EpochValue, SweepState, TrialProgress, TrialRun, TrialState};
pub use trial::{TrialEnd, TrialWork};
