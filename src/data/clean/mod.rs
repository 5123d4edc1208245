//! Cleaning: one step a file, each counted in the report.

mod duplicates;
mod k_core;

pub(super) use duplicates::drop_duplicates;
pub(super) use k_core::k_core;
