//! The ways to split, as the user writes them, with the settings of each.

use serde::{Deserialize, Serialize};

use super::Dataset;
use crate::value::time::day_of_secs;
use crate::value::{NamedMoment, day_text};
use seqscope_base::spec::{
    Described, Entry, EntryWords, Field, FieldGroup, FieldKind, FieldValue, Problem, SetError,
    Value, did_you_mean,
};

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
        #[serde(default = "tenth")]
        valid_fraction: f64,
        /// Share of events for test, in (0, 0.5).
        #[serde(default = "tenth")]
        test_fraction: f64,
    },
    /// One cut in time for all users, at moments that are named: events from `test_from` on are
    /// test, those from `validation_from` to there validation, all before that training.
    AtDates {
        /// The first moment of validation: a date, or a number where times only order.
        #[serde(default)]
        validation_from: NamedMoment,
        /// The first moment of the test.
        #[serde(default)]
        test_from: NamedMoment,
    },
    /// The parts are files of their own: `data.path` is training, `data.test_path` the test,
    /// `data.valid_path` validation. Without the last, validation is each user's last training
    /// event.
    OwnFiles,
    /// Each user's last `test_fraction` of events are test, the `valid_fraction` before them
    /// validation, at least one event in each part. Users with fewer than three events train only.
    ///
    /// Only the last event of a part is a question, as with the other splits: every figure is a
    /// mean over users, and intervals and paired tests draw users. Asking about every event would
    /// let a few heavy users decide the figure, with answers that depend on one another.
    PerUserTemporal {
        /// Share of a user's events for validation, in (0, 0.5).
        #[serde(default = "tenth")]
        valid_fraction: f64,
        /// Share of a user's events for test, in (0, 0.5).
        #[serde(default = "tenth")]
        test_fraction: f64,
    },
    /// One of a series of global cuts, each `horizon_fraction` of all events later than the one
    /// before; the last one ends with the log. The window's test part is one horizon long, the
    /// horizon before it is validation, all before that is training. What comes after the window
    /// is dropped.
    RollingWindows {
        /// Number of windows.
        #[serde(default = "three")]
        n_windows: usize,
        /// Which of them, from 1, oldest first.
        #[serde(default = "three")]
        window: usize,
        /// Share of all events in a window's test part, in (0, 0.5).
        #[serde(default = "tenth")]
        horizon_fraction: f64,
    },
}

// What an experiment file leaves out; `SplitSpec::all` has the same.

fn tenth() -> f64 {
    0.1
}

fn three() -> usize {
    3
}

impl SplitSpec {
    /// One cut in time with a tenth of the events in each held-out part: the way to split a log
    /// whose times are of one clock.
    pub const RECOMMENDED: Self = Self::GlobalTemporal {
        valid_fraction: 0.1,
        test_fraction: 0.1,
    };

    /// Every way to split with its first settings, the recommended one first.
    #[must_use]
    pub fn all() -> [Self; 6] {
        [
            Self::RECOMMENDED,
            Self::AtDates {
                validation_from: NamedMoment::default(),
                test_from: NamedMoment::default(),
            },
            Self::LeaveOneOut,
            Self::PerUserTemporal {
                valid_fraction: 0.1,
                test_fraction: 0.1,
            },
            Self::RollingWindows {
                n_windows: 3,
                window: 3,
                horizon_fraction: 0.1,
            },
            Self::OwnFiles,
        ]
    }

    /// Name in the middle of a sentence.
    #[must_use]
    pub fn phrase(self) -> String {
        match self {
            Self::LeaveOneOut => "leave-one-out".to_owned(),
            Self::GlobalTemporal { .. } => "global temporal split".to_owned(),
            Self::AtDates {
                validation_from,
                test_from,
            } => {
                format!(
                    "split at named dates (validation from {validation_from}, test from \
                     {test_from})"
                )
            }
            Self::PerUserTemporal { .. } => "per-user temporal split".to_owned(),
            Self::OwnFiles => "own train and test files".to_owned(),
            Self::RollingWindows {
                n_windows, window, ..
            } => format!("rolling window {window} of {n_windows}"),
        }
    }

    /// Sentence on what may mislead in figures made with it; `None` for those that cut all users at
    /// one moment.
    #[must_use]
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::LeaveOneOut => Some(
                "leave-one-out cuts each user at another moment, so training sees events later \
                 than other users' test events, and figures come out higher than in use; where the \
                 log has times, split by GlobalTemporal.",
            ),
            Self::PerUserTemporal { .. } => Some(
                "a per-user split cuts each user at another moment, so training sees events later \
                 than other users' test events, and figures come out higher than in use; where the \
                 log has times, split by GlobalTemporal.",
            ),
            Self::GlobalTemporal { .. }
            | Self::AtDates { .. }
            | Self::RollingWindows { .. }
            | Self::OwnFiles => None,
        }
    }

    /// Whether it cuts all users at one moment, for which the log must have times.
    #[must_use]
    pub fn needs_times(self) -> bool {
        matches!(
            self,
            Self::GlobalTemporal { .. } | Self::AtDates { .. } | Self::RollingWindows { .. }
        )
    }

    /// A split at the dates nearest to those that leave a tenth of the events to each held-out
    /// part; `None` where the log has no dates, or all its events lie on too few days.
    #[must_use]
    pub fn usual_dates(dataset: &Dataset) -> Option<Self> {
        let mut times = dataset
            .sequences
            .time_secs
            .clone()
            .filter(|_| dataset.has_clock())?;
        times.sort_unstable();
        let day_of = |tenths: usize| Some(day_of_secs(*times.get(times.len() * tenths / 10)?));
        let (first, valid, test) = (day_of_secs(*times.first()?), day_of(8)?, day_of(9)?);
        let [validation_from, test_from] =
            [valid, test].map(|day| NamedMoment::from(day_text(day).as_str()));
        (first < valid && valid < test).then_some(Self::AtDates {
            validation_from,
            test_from,
        })
    }

    /// Problems with its settings, each at its field under `split`.
    pub(super) fn setting_problems(self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for Field { key, value, .. } in self.fields() {
            if let Value::Float(share) = value
                && !(share > 0.0 && share < 0.5)
            {
                let sentence =
                    format!("`split.{key}` is {share}; choose a share between 0 and 0.5.");
                problems.push(wrong(key, sentence));
            }
        }
        problems.extend(self.date_problems());
        problems.extend(self.window_problems());
        problems
    }

    fn date_problems(self) -> Vec<Problem> {
        let Self::AtDates {
            validation_from,
            test_from,
        } = self
        else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        let read = [
            ("validation_from", validation_from),
            ("test_from", test_from),
        ]
        .map(|(key, moment)| {
            moment
                .secs_of_any()
                .map_err(|why| problems.push(wrong(key, format!("`split.{key}`: {why}."))))
                .ok()
        });
        if let [Some(valid), Some(test)] = read
            && valid >= test
        {
            let sentence = format!(
                "`split.test_from` ({test_from}) is not after `split.validation_from` \
                 ({validation_from}), so nothing is left to validate on; name a later moment, or \
                 exchange the two."
            );
            problems.push(wrong("test_from", sentence));
        }
        problems
    }

    fn window_problems(self) -> Vec<Problem> {
        let Self::RollingWindows {
            n_windows,
            window,
            horizon_fraction,
        } = self
        else {
            return Vec::new();
        };
        let mut problems = Vec::new();
        if n_windows == 0 || n_windows > MOST_WINDOWS {
            let sentence = format!(
                "`split.n_windows` is {n_windows}; choose a whole number from 1 to {MOST_WINDOWS}."
            );
            problems.push(wrong("n_windows", sentence));
        } else if window == 0 || window > n_windows {
            let sentence =
                format!("`split.window` is {window}; choose one of the windows 1 to {n_windows}.");
            problems.push(wrong("window", sentence));
        }
        // The oldest window needs training events before its validation part.
        let needed = (n_windows as f64 + 1.0) * horizon_fraction;
        if n_windows <= MOST_WINDOWS && horizon_fraction < 0.5 && needed >= 1.0 {
            let sentence = format!(
                "{n_windows} windows of {horizon_fraction} and the validation part before them \
                 leave nothing to train on; make `split.horizon_fraction` smaller than {:.3}, or \
                 choose fewer windows.",
                1.0 / (n_windows + 1) as f64
            );
            problems.push(wrong("horizon_fraction", sentence));
        }
        problems
    }
}

impl Entry for SplitSpec {
    fn name(&self) -> &'static str {
        match self {
            Self::LeaveOneOut => "LeaveOneOut",
            Self::GlobalTemporal { .. } => "GlobalTemporal",
            Self::AtDates { .. } => "AtDates",
            Self::OwnFiles => "OwnFiles",
            Self::PerUserTemporal { .. } => "PerUserTemporal",
            Self::RollingWindows { .. } => "RollingWindows",
        }
    }

    /// Its title is its name, by which it is chosen.
    fn words(&self) -> EntryWords {
        let summary = match self {
            Self::LeaveOneOut => {
                "Each user's last event is test, the one before it validation. The usual protocol."
            }
            Self::GlobalTemporal { .. } => {
                "One cut for all users: nothing after it is seen in training. Closest to use; \
                 needs a time column."
            }
            Self::AtDates { .. } => {
                "One cut for all users at dates that you name: validation from the first, test \
                 from the second. Closest to use; needs a time column."
            }
            Self::OwnFiles => {
                "Training, validation and test are files of their own, named in the data: exactly \
                 your split. A user's last event in the test file is the question, and what is \
                 before it is seen. Without a validation file that is each user's last training \
                 event."
            }
            Self::PerUserTemporal { .. } => {
                "The last share of each user's events is test, the share before it validation; \
                 each user's last event in a part is the question. Tests how far ahead a model \
                 holds without new training."
            }
            Self::RollingWindows { .. } => {
                "A series of global cuts, one window later each time: choose one window a run and \
                 compare how figures hold over time. What comes after the window is dropped; needs \
                 a time column."
            }
        };
        EntryWords::new(self.name(), summary, "")
    }

    fn path(&self) -> &'static str {
        "split"
    }

    fn settings(&self) -> Vec<Field> {
        self.fields()
    }

    fn notes(&self) -> Vec<String> {
        let warning = self.warning().map(|warning| format!("Mind: {warning}"));
        warning.into_iter().collect()
    }
}

impl SplitSpec {
    /// The setting of this name, where it is a share.
    fn share_mut(&mut self, key: &str) -> Option<&mut f64> {
        match (key, self) {
            (
                "valid_fraction",
                Self::GlobalTemporal { valid_fraction, .. }
                | Self::PerUserTemporal { valid_fraction, .. },
            ) => Some(valid_fraction),
            (
                "test_fraction",
                Self::GlobalTemporal { test_fraction, .. }
                | Self::PerUserTemporal { test_fraction, .. },
            ) => Some(test_fraction),
            (
                "horizon_fraction",
                Self::RollingWindows {
                    horizon_fraction, ..
                },
            ) => Some(horizon_fraction),
            _ => None,
        }
    }
}

/// An error of a setting of the split.
fn wrong(key: &str, sentence: String) -> Problem {
    Problem::error(format!("split.{key}"), sentence)
}

/// Most windows of a series.
const MOST_WINDOWS: usize = 100;

/// Source of the shares.
const TENTH: &str = "usual: 80, 10 and 10 %";

fn field(key: &'static str, value: Value) -> Field {
    let share = FieldKind::Float { min: 0.0, max: 0.5 };
    let windows = FieldKind::Int {
        min: 1,
        max: MOST_WINDOWS as i64,
    };
    let (label, kind, help, source) = match key {
        "valid_fraction" => (
            "Validation",
            share,
            "Share of events, the latest before the test part. More than 0, less than 0.5.",
            TENTH,
        ),
        "test_fraction" => (
            "Test",
            share,
            "Share of events, the latest ones. More than 0, less than 0.5.",
            TENTH,
        ),
        "validation_from" => (
            "Validation from",
            FieldKind::Text,
            "The first moment of validation, such as 2024-02-01 or 2024-02-01T12:00:00Z (UTC); all \
             before it is training. A whole number where the times of the log only order its \
             events.",
            "none: you name it",
        ),
        "test_from" => (
            "Test from",
            FieldKind::Text,
            "The first moment of the test, later than that of validation; it ends with the log.",
            "none: you name it",
        ),
        "n_windows" => (
            "Windows",
            windows,
            "How many windows the series has; they lie end to end, and the last one ends with the \
             log.",
            "rolling origin, Tashman 2000; 3 is ours",
        ),
        "window" => (
            "Window",
            windows,
            "Which window this run is judged on: 1 is the oldest.",
            "the latest",
        ),
        _ => (
            "Horizon",
            share,
            "Share of all events in a window's test part; the same share before it is validation. \
             More than 0, less than 0.5.",
            TENTH,
        ),
    };
    Field {
        key,
        label,
        help,
        unit: "",
        kind,
        group: FieldGroup::Core,
        source,
        value,
    }
}

impl Described for SplitSpec {
    fn fields(&self) -> Vec<Field> {
        match self {
            Self::LeaveOneOut | Self::OwnFiles => Vec::new(),
            Self::GlobalTemporal {
                valid_fraction,
                test_fraction,
            }
            | Self::PerUserTemporal {
                valid_fraction,
                test_fraction,
            } => vec![
                field("valid_fraction", valid_fraction.to_value()),
                field("test_fraction", test_fraction.to_value()),
            ],
            Self::AtDates {
                validation_from,
                test_from,
            } => vec![
                field("validation_from", Value::Text(validation_from.to_string())),
                field("test_from", Value::Text(test_from.to_string())),
            ],
            Self::RollingWindows {
                n_windows,
                window,
                horizon_fraction,
            } => vec![
                field("n_windows", n_windows.to_value()),
                field("window", window.to_value()),
                field("horizon_fraction", horizon_fraction.to_value()),
            ],
        }
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        if let Some(share) = self.share_mut(key) {
            *share = f64::from_value(key, value)?;
            return Ok(());
        }
        match (key, &mut *self) {
            (
                "validation_from",
                Self::AtDates {
                    validation_from: moment,
                    ..
                },
            )
            | (
                "test_from",
                Self::AtDates {
                    test_from: moment, ..
                },
            ) => {
                *moment = NamedMoment::from(String::from_value(key, value)?.as_str());
            }
            (
                "n_windows",
                Self::RollingWindows {
                    n_windows: number, ..
                },
            )
            | ("window", Self::RollingWindows { window: number, .. }) => {
                *number = usize::from_value(key, value)?;
            }
            _ => {
                let known: Vec<String> = self
                    .fields()
                    .iter()
                    .map(|field| field.key.to_owned())
                    .collect();
                let suggestion = did_you_mean(key, known.iter().map(String::as_str));
                return Err(SetError::Unknown {
                    key: key.to_owned(),
                    suggestion,
                    known,
                });
            }
        }
        Ok(())
    }
}
