//! Which events are for training, validation and test.

use serde::{Deserialize, Serialize};

/// How to split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SplitSpec {
    /// Each user's last event is test, the one before it validation. Users with fewer than three
    /// events train only.
    LeaveOneOut,
    /// One cut in time for all users: the last `test_fraction` of all events are test, the
    /// `valid_fraction` before them validation. A user's target is their last event in the part.
    GlobalTemporal {
        /// Share of events for validation, in (0, 0.5).
        valid_fraction: f64,
        /// Share of events for test, in (0, 0.5).
        test_fraction: f64,
    },
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self::LeaveOneOut
    }
}

/// One question put to a model: after these events of this user, what comes next?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalCase {
    /// The user.
    pub user_idx: u32,
    /// Number of the user's events that the model may see: positions `0..history_len`.
    pub history_len: u32,
    /// Position of the true next event in the user's sequence (≥ `history_len`).
    pub target_pos: u32,
}

/// The three parts. Training sees of user `u` the positions `0..train_len[u]` and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Split {
    /// Number of leading events of each user that are for training.
    pub train_len: Vec<u32>,
    /// Validation questions, at most one a user, in order of user.
    pub valid: Vec<EvalCase>,
    /// Test questions, at most one a user, in order of user.
    pub test: Vec<EvalCase>,
    /// Hash of the three parts, as 16 hexadecimal digits.
    pub fingerprint: String,
}
