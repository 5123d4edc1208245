//! Which events are for training, validation and test.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use super::{Sequences, SplitSpec};
use crate::error::DataError;
use crate::log::SplitPart;
use crate::value::NamedMoment;
use crate::value::time::moment_text;

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
    /// Number of leading events of each user that are for training or validation; the rest are
    /// test.
    pub valid_len: Vec<u32>,
    /// Validation questions, at most one a user, in order of user.
    pub valid: Vec<EvalCase>,
    /// Test questions, at most one a user, in order of user.
    pub test: Vec<EvalCase>,
    /// Hash of training lengths and questions, as 16 hexadecimal digits.
    pub fingerprint: String,
}

/// Said of a log without times.
pub(super) const NEEDS_TIMES: &str = "a global temporal split needs times, and this log has no \
                                      time column; name one in `data.roles.time`, or split by \
                                      leave-one-out.";

/// The moments of a global temporal split: training is before the first, test from the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cuts {
    pub(super) valid_from: i64,
    pub(super) test_from: i64,
    /// End of the test part, when the log goes on after it.
    pub(super) test_until: Option<i64>,
}

/// Places of the cuts, as shares of all events before them.
struct Shares {
    valid_from: f64,
    test_from: f64,
    test_until: Option<f64>,
}

impl Cuts {
    /// The cuts of a split that cuts all users at one moment, such that about the wanted shares of
    /// all events lie between them; `None` for the others. Events of one moment are never divided,
    /// so the shares are met only as nearly as the times allow.
    ///
    /// # Errors
    /// A [`DataError`] when there are no times, or too few different ones.
    ///
    /// `only_orders`: the times are numbers without a clock.
    pub(super) fn new(
        times: Option<&[i64]>,
        split: SplitSpec,
        only_orders: bool,
    ) -> Result<Option<Self>, DataError> {
        let shares = match split {
            SplitSpec::LeaveOneOut | SplitSpec::PerUserTemporal { .. } | SplitSpec::OwnFiles => {
                return Ok(None);
            }
            SplitSpec::GlobalTemporal {
                valid_fraction,
                test_fraction,
            } => Shares {
                valid_from: 1.0 - valid_fraction - test_fraction,
                test_from: 1.0 - test_fraction,
                test_until: None,
            },
            SplitSpec::AtDates {
                validation_from,
                test_from,
            } => {
                return Self::named(times, [validation_from, test_from], only_orders).map(Some);
            }
            SplitSpec::RollingWindows {
                n_windows,
                window,
                horizon_fraction,
            } => {
                // Every bound by one formula, so that a window begins exactly where the one before
                // it ends.
                let before_end = |n_windows: usize| 1.0 - n_windows as f64 * horizon_fraction;
                let n_later = n_windows.saturating_sub(window);
                Shares {
                    valid_from: before_end(n_later + 2),
                    test_from: before_end(n_later + 1),
                    test_until: (n_later > 0).then(|| before_end(n_later)),
                }
            }
        };
        let Some(times) = times else {
            return Err(DataError::setting("split", NEEDS_TIMES));
        };
        Self::at_shares(times, &shares).map(Some).ok_or_else(|| DataError::setting("split", format!(
                "the times of this log are too much alike for a {}: no moment has training events \
                 before it and validation events before the test; split by leave-one-out, or \
                 choose other shares.",
                split.phrase()
            )))
    }

    /// The cuts at moments that a person named, each within the log.
    fn named(
        times: Option<&[i64]>,
        [validation_from, test_from]: [NamedMoment; 2],
        only_orders: bool,
    ) -> Result<Self, DataError> {
        let times = times.unwrap_or_default();
        let (Some(&first), Some(&last)) = (times.iter().min(), times.iter().max()) else {
            return refused("", NEEDS_TIMES.to_owned());
        };
        let range = format!(
            "the log goes from {} to {}",
            moment_text(first, !only_orders),
            moment_text(last, !only_orders)
        );
        let mut cuts = [0, 0];
        for (slot, (key, named)) in cuts.iter_mut().zip([
            ("validation_from", validation_from),
            ("test_from", test_from),
        ]) {
            match named.secs(only_orders) {
                Err(why) => return refused(key, format!("`split.{key}`: {why}; {range}.")),
                Ok(secs) if secs <= first => {
                    let sentence = format!(
                        "`split.{key}` ({named}) is not after the first event, so nothing is left \
                         to train on: {range}; name a later moment."
                    );
                    return refused(key, sentence);
                }
                Ok(secs) if secs > last => {
                    let part = if key == "test_from" {
                        "test"
                    } else {
                        "validate"
                    };
                    let sentence = format!(
                        "`split.{key}` ({named}) is after the last event, so nothing is left to \
                         {part} on: {range}; name an earlier moment."
                    );
                    return refused(key, sentence);
                }
                Ok(secs) => *slot = secs,
            }
        }
        let [valid_from, test_from_secs] = cuts;
        if !times
            .iter()
            .any(|time| (valid_from..test_from_secs).contains(time))
        {
            let sentence = format!(
                "no event lies from {validation_from} on and before {test_from}, so nothing is \
                 left to validate on: name moments further apart."
            );
            return refused("test_from", sentence);
        }
        Ok(Self {
            valid_from,
            test_from: test_from_secs,
            test_until: None,
        })
    }

    /// `None` when a part would be without a moment of its own.
    fn at_shares(times: &[i64], shares: &Shares) -> Option<Self> {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let at = |share: f64| {
            let position = (sorted.len() as f64 * share).floor() as usize;
            sorted
                .get(position.min(sorted.len().saturating_sub(1)))
                .copied()
        };
        let (&first, valid_from, test_from) = (
            sorted.first()?,
            at(shares.valid_from)?,
            at(shares.test_from)?,
        );
        let test_until = shares.test_until.and_then(at);
        let is_in_order = first < valid_from
            && valid_from < test_from
            && test_until.is_none_or(|until| test_from < until);
        is_in_order.then_some(Self {
            valid_from,
            test_from,
            test_until,
        })
    }
}

/// An error of a setting of the split; of the split itself without a key.
fn refused<T>(key: &str, sentence: String) -> Result<T, DataError> {
    let field = if key.is_empty() {
        "split".to_owned()
    } else {
        format!("split.{key}")
    };
    Err(DataError::setting(field, sentence))
}

/// Divides every user's sequence. `cuts` are those of [`Cuts::new`] for the same split. `ends` tell
/// where each user's training and validation end, where the parts have files of their own.
pub(super) fn divide(
    sequences: &Sequences,
    spec: SplitSpec,
    cuts: Option<Cuts>,
    ends: Option<&[[u32; 2]]>,
) -> Split {
    let mut split = Split::default();
    for user in 0..sequences.n_users() {
        let n_events = sequences.range(user).len() as u32;
        let (train_len, valid_len) = match (spec, cuts) {
            (_, Some(cuts)) => {
                let times = sequences.times(user).unwrap_or(&[]);
                let before = |moment| times.partition_point(|&time| time < moment) as u32;
                (before(cuts.valid_from), before(cuts.test_from))
            }
            (SplitSpec::OwnFiles, None) => {
                let [train_len, valid_len] = ends
                    .and_then(|ends| ends.get(user))
                    .copied()
                    .unwrap_or([n_events; 2]);
                (train_len, valid_len)
            }
            _ if n_events < 3 => (n_events, n_events),
            (
                SplitSpec::PerUserTemporal {
                    valid_fraction,
                    test_fraction,
                },
                None,
            ) => per_user(n_events, valid_fraction, test_fraction),
            (_, None) => leave_one_out(n_events),
        };
        split.train_len.push(train_len);
        split.valid_len.push(valid_len);
        split
            .valid
            .extend(last_of_part(user as u32, train_len, valid_len));
        split
            .test
            .extend(last_of_part(user as u32, valid_len, n_events));
    }
    split.fingerprint = split.hash();
    split
}

/// Starts of validation and test among `n_events` ≥ 3: the last event is the test, the one before
/// it validation.
fn leave_one_out(n_events: u32) -> (u32, u32) {
    (n_events - 2, n_events - 1)
}

/// Starts of validation and test among `n_events` ≥ 3: shares rounded to the nearest event, each
/// part with one event at least.
fn per_user(n_events: u32, valid_fraction: f64, test_fraction: f64) -> (u32, u32) {
    let n_test = n_of_share(n_events, test_fraction, n_events - 2);
    let n_valid = n_of_share(n_events, valid_fraction, n_events - n_test - 1);
    (n_events - n_test - n_valid, n_events - n_test)
}

/// Counts the events that a share of a user's makes, at least one.
fn n_of_share(n_events: u32, fraction: f64, most: u32) -> u32 {
    ((f64::from(n_events) * fraction).round() as u32).clamp(1, most.max(1))
}

/// The question whose answer is the last event of the part `start..end`, when the part has an
/// event and a history before it.
fn last_of_part(user_idx: u32, start: u32, end: u32) -> Option<EvalCase> {
    let target_pos = end
        .checked_sub(1)
        .filter(|&last| last >= start && last >= 1)?;
    Some(EvalCase {
        user_idx,
        history_len: target_pos,
        target_pos,
    })
}

impl Split {
    /// Part to which the event at a position of a user's sequence belongs.
    #[must_use]
    pub fn part(&self, user_idx: usize, position: usize) -> SplitPart {
        let is_before = |len: Option<&u32>| len.is_some_and(|&len| position < len as usize);
        if is_before(self.train_len.get(user_idx)) {
            SplitPart::Train
        } else if is_before(self.valid_len.get(user_idx)) {
            SplitPart::Valid
        } else {
            SplitPart::Test
        }
    }

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
