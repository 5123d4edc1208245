//! Which events are for training, validation and test.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::{DataError, Sequences};

/// How to split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SplitSpec {
    /// Each user's last event is test, the one before it validation. Users with fewer than three
    /// events train only.
    #[default]
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

/// Said of a log without times.
pub(super) const NEEDS_TIMES: &str = "a global temporal split needs times, and this log has no time column; name one in \
                                      `data.roles.time`, or split by leave-one-out.";

/// The two moments of a global temporal split: training is before the first, test from the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cuts {
    pub(super) valid_from: i64,
    pub(super) test_from: i64,
}

impl Cuts {
    /// The cuts such that about the wanted shares of all events lie after them. Events of one
    /// moment are never divided, so the shares are met only as nearly as the times allow.
    ///
    /// # Errors
    /// A [`DataError`] when there are no times, or too few different ones.
    pub(super) fn new(times: Option<&[i64]>, valid_fraction: f64, test_fraction: f64) -> Result<Self, DataError> {
        let Some(times) = times else {
            return Err(DataError::Setting { field: "split".to_owned(), sentence: NEEDS_TIMES.to_owned() });
        };
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let at = |share: f64| {
            let position = (sorted.len() as f64 * share).floor() as usize;
            sorted.get(position.min(sorted.len().saturating_sub(1))).copied()
        };
        match (sorted.first(), at(1.0 - valid_fraction - test_fraction), at(1.0 - test_fraction)) {
            (Some(&first), Some(valid_from), Some(test_from)) if first < valid_from && valid_from < test_from => {
                Ok(Self { valid_from, test_from })
            }
            _ => Err(DataError::Setting {
                field: "split".to_owned(),
                sentence: "the times of this log are too much alike for a global temporal split: no moment has \
                           training events before it and validation events before the test; split by leave-one-out, \
                           or choose other shares."
                    .to_owned(),
            }),
        }
    }
}

/// Divides every user's sequence. `cuts` are those of a global temporal split, and `None` means
/// leave-one-out.
pub(super) fn divide(sequences: &Sequences, cuts: Option<Cuts>) -> Split {
    let mut split = Split::default();
    for user in 0..sequences.n_users() {
        let n_events = sequences.range(user).len() as u32;
        let (train_len, valid_len) = match cuts {
            None if n_events >= 3 => (n_events - 2, n_events - 1),
            None => (n_events, n_events),
            Some(cuts) => {
                let times = sequences.times(user).unwrap_or(&[]);
                let before = |moment| times.partition_point(|&time| time < moment) as u32;
                (before(cuts.valid_from), before(cuts.test_from))
            }
        };
        split.train_len.push(train_len);
        split.valid.extend(last_of_part(user as u32, train_len, valid_len));
        split.test.extend(last_of_part(user as u32, valid_len, n_events));
    }
    split.fingerprint = split.hash();
    split
}

/// The question whose answer is the last event of the part `start..end`, when the part has an
/// event and a history before it.
fn last_of_part(user_idx: u32, start: u32, end: u32) -> Option<EvalCase> {
    let target_pos = end.checked_sub(1).filter(|&last| last >= start && last >= 1)?;
    Some(EvalCase { user_idx, history_len: target_pos, target_pos })
}

impl Split {
    /// Hash of the three parts, the same on every machine.
    fn hash(&self) -> String {
        let mut hash = Fingerprint::new();
        hash.numbers(self.train_len.iter().map(|&len| u64::from(len)));
        for cases in [&self.valid, &self.test] {
            hash.numbers(cases.iter().map(|case| u64::from(case.user_idx)));
            hash.numbers(cases.iter().map(|case| u64::from(case.history_len)));
            hash.numbers(cases.iter().map(|case| u64::from(case.target_pos)));
        }
        hash.digits()
    }
}
