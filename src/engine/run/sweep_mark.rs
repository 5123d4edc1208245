//! Place of a run in a sweep.

use serde::{Deserialize, Serialize};

/// Sweep that a run belongs to, and its place there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepMark {
    /// Name of the sweep: its folder below `sweeps`.
    pub sweep: String,
    /// Number of the trial, from 1.
    pub trial: usize,
    /// Number of all trials, among which the best is picked.
    pub n_trials: usize,
    /// Place among the seeds of the trial, from 0.
    pub seed_place: usize,
}
