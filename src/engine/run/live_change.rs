//! Changes of settings while a run trained, in a file of their own: a line each, append-only.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

use super::disk::{append_whole, file_error, read_text, write_whole};
use super::writer::{RunWriter, append_to};
use super::{RunError, RunId, RunStore};
use crate::experiment::{Experiment, ExperimentError};
use seqscope_base::spec::{Described, Field, Problem, Value};

/// Name of the file.
pub(super) const CHANGES_FILE: &str = "changes.csv";

/// First line of the file.
const HEADER: &str = "after_steps,setting,from,to\n";

/// Settings that can be changed while a run trains: they change how its next steps are taken, not
/// what its weights mean.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
)]
pub enum LiveSetting {
    /// Learning rate, before warm-up and decay.
    #[strum(serialize = "training.lr")]
    LearningRate,
    /// Dropout.
    #[strum(serialize = "model.dropout")]
    Dropout,
    /// Dropout of attention weights.
    #[strum(serialize = "model.attention_dropout")]
    AttentionDropout,
    /// Dropout of what a recurrent layer carries on.
    #[strum(serialize = "model.recurrent_dropout")]
    RecurrentDropout,
    /// Largest weight of the Kullback–Leibler term of a variational model.
    #[strum(serialize = "model.beta")]
    Beta,
}

impl LiveSetting {
    /// Setting of this dotted path.
    ///
    /// # Errors
    /// A sentence with those that can be changed.
    pub fn of_path(path: &str) -> Result<Self, String> {
        path.parse().map_err(|_| {
            let known: Vec<String> = Self::iter().map(|setting| setting.to_string()).collect();
            format!(
                "`{path}` cannot be changed while a run trains; that can be {}: for another setting \
                 fork the run with `seqscope fork RUN --set {path}=VALUE`",
                known.join(", ")
            )
        })
    }

    /// The setting as an experiment describes it, its present value included; `None` where its
    /// model has no such setting.
    #[must_use]
    pub fn field(self, experiment: &Experiment) -> Option<Field> {
        let path = self.to_string();
        let (head, key) = path.split_once('.')?;
        let fields = match head {
            "model" => experiment.model.fields(),
            _ => experiment.training.fields(),
        };
        fields.into_iter().find(|field| field.key == key)
    }

    /// Its present value; `None` where the model has no such setting.
    #[must_use]
    pub fn value(self, experiment: &Experiment) -> Option<f64> {
        match self.field(experiment)?.value {
            Value::Float(value) => Some(value),
            Value::Int(_) | Value::Bool(_) | Value::Choice(_) | Value::Text(_) => None,
        }
    }

    /// The experiment with another value.
    ///
    /// # Errors
    /// A sentence when its model has no such setting, or the value is out of its range.
    pub fn changed(self, experiment: &Experiment, value: f64) -> Result<Experiment, String> {
        let field = self.field(experiment).ok_or_else(|| {
            format!(
                "{} has no `{self}`; change a setting that it has, as `seqscope describe model` \
                 lists them",
                experiment.model.family().title()
            )
        })?;
        let tried = Field {
            value: Value::Float(value),
            ..field
        };
        if let Some(problem) = tried.problem() {
            return Err(problem.sentence());
        }
        let mut changed = experiment.clone();
        changed
            .set(&self.to_string(), &value.to_string())
            .map_err(|error: ExperimentError| error.to_string())?;
        Ok(changed)
    }
}

/// A change of a setting while a run trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChange {
    /// Optimiser steps of the whole run that were taken before it took effect.
    pub after_steps: usize,
    /// Setting that was changed.
    pub setting: LiveSetting,
    /// Value until then.
    pub from: f64,
    /// Value from then on.
    pub to: f64,
}

impl LiveChange {
    /// Sentence such as `after step 500: training.lr 0.001 → 0.0005`.
    #[must_use]
    pub fn words(&self) -> String {
        let Self {
            after_steps,
            setting,
            from,
            to,
        } = self;
        format!("after step {after_steps}: {setting} {from} → {to}")
    }

    /// Remarks that must stand beside the figures of a run that was changed so.
    #[must_use]
    pub fn remark(&self) -> Problem {
        let Self {
            after_steps,
            setting,
            from,
            to,
        } = self;
        let sentence = format!(
            "Changed while it trained, after step {after_steps}: `{setting}` was {from} and is {to} \
             from then on. A run of the same settings is the same only with \
             `--at {after_steps}:{setting}={to}`."
        );
        Problem::warning(setting.to_string().as_str(), sentence)
    }

    fn line(&self) -> String {
        let Self {
            after_steps,
            setting,
            from,
            to,
        } = self;
        format!("{after_steps},{setting},{from},{to}\n")
    }
}

/// The file with these changes.
pub(super) fn text_of(changes: &[LiveChange]) -> String {
    changes.iter().fold(HEADER.to_owned(), |mut text, change| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}", change.line());
        text
    })
}

/// Changes of a text in the order in which they take effect. A line that was cut off is passed over:
/// its change had no effect yet, since it is written first.
fn changes_of(text: &str, path: &Path) -> Result<Vec<LiveChange>, RunError> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    let mut changes = Vec::new();
    for (at, line) in whole.unwrap_or_default().lines().enumerate().skip(1) {
        let change = change_of(line).ok_or_else(|| RunError::Damaged {
            path: path.to_owned(),
            reason: format!("line {} is no change; mend it, or delete that line", at + 1),
        })?;
        changes.push(change);
    }
    // Stable: of several after the same step the later line holds.
    changes.sort_by_key(|change| change.after_steps);
    Ok(changes)
}

fn change_of(line: &str) -> Option<LiveChange> {
    let mut fields = line.split(',');
    let change = LiveChange {
        after_steps: fields.next()?.parse().ok()?,
        setting: fields.next()?.parse().ok()?,
        from: fields.next()?.parse().ok()?,
        to: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(change)
}

fn read(path: &Path) -> Result<Vec<LiveChange>, RunError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    changes_of(&read_text(path)?, path)
}

impl RunStore {
    /// Changes of settings that are kept with a run, those included that it has not come to (again)
    /// yet, in the order in which they take effect.
    ///
    /// # Errors
    /// [`RunError`] when there is no such run, or the file cannot be read.
    pub fn live_changes(&self, id: &RunId) -> Result<Vec<LiveChange>, RunError> {
        read(&self.existing(id)?.join(CHANGES_FILE))
    }
}

impl RunWriter {
    /// Keeps a change with the run, before it takes effect; it is on disk when this returns.
    ///
    /// # Errors
    /// [`RunError`] when it cannot be written.
    pub fn append_change(&self, change: &LiveChange) -> Result<(), RunError> {
        let path = self.dir().join(CHANGES_FILE);
        let kept = if path.exists() {
            read_text(&path)?
        } else {
            String::new()
        };
        if !kept.ends_with('\n') {
            // No file yet, or one whose last line was cut off.
            let changes = changes_of(&kept, &path)?;
            return write_whole(&path, (text_of(&changes) + &change.line()).as_bytes());
        }
        let mut file = append_to(&path)?;
        let written = append_whole(&mut file, change.line().as_bytes(), true);
        written.map_err(|e| file_error(&path, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(after_steps: usize, to: f64) -> LiveChange {
        LiveChange {
            after_steps,
            setting: LiveSetting::LearningRate,
            from: 1e-3,
            to,
        }
    }

    #[test]
    fn changes_are_read_in_the_order_of_their_steps_and_a_cut_line_is_none() {
        // One third has no short decimal number, and must come back bit for bit.
        let changes = [change(500, 1.0 / 3.0), change(20, 2e-4), change(500, 0.5)];
        let text = text_of(&changes) + "900,training.lr,0.00";
        let found = changes_of(&text, Path::new("changes.csv")).unwrap();
        assert_eq!(found, [changes[1], changes[0], changes[2]]);
        assert_eq!(changes_of("", Path::new("x")).unwrap(), []);
        let damaged = changes_of("h\n1,training.batch_size,1,2\n", Path::new("x"));
        let told = damaged.unwrap_err().to_string();
        assert!(told.contains("line 2 is no change; mend it"), "{told}");
    }

    #[test]
    fn a_value_out_of_its_range_and_a_setting_that_is_not_there_are_refused() {
        let experiment = Experiment::default();
        let changed = LiveSetting::Dropout.changed(&experiment, 0.25).unwrap();
        assert_eq!(LiveSetting::Dropout.value(&changed), Some(0.25));
        let high = LiveSetting::Dropout.changed(&experiment, 1.5).unwrap_err();
        assert_eq!(high, "Dropout is 1.5; choose a number from 0 to 0.9.");
        let none = LiveSetting::LearningRate.changed(&experiment, f64::NAN);
        assert!(none.unwrap_err().contains("from 0 to 10"));
        let beta = LiveSetting::Beta.changed(&experiment, 0.5).unwrap_err();
        assert!(beta.contains("has no `model.beta`"), "{beta}");
        let other = LiveSetting::of_path("training.batch_size").unwrap_err();
        assert!(
            other.contains("cannot be changed while a run trains") && other.contains("training.lr"),
            "{other}"
        );
        for setting in LiveSetting::iter() {
            assert_eq!(LiveSetting::of_path(&setting.to_string()), Ok(setting));
        }
    }
}
