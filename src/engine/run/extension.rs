//! Epochs that were added to a run after its end.

use serde::{Deserialize, Serialize};

use super::Manifest;
use seqscope_base::spec::{Problem, counted};

/// Course of what depends on the length of a run (a rate that falls to 0 with its last step, a beta
/// that grows over a share of it) in epochs that are added to it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum ExtendedSchedule {
    /// As a run of the new length has it from here on.
    Continue,
    /// Anew, warm-up included, over the added epochs alone: a warm restart (Loshchilov & Hutter
    /// 2017).
    Restart,
}

/// Epochs that were added to a run after its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Epochs done before.
    pub after: usize,
    /// Most epochs in all before, as the run was to have.
    pub planned: usize,
    /// Most epochs in all from then on.
    pub epochs: usize,
    /// Course of what depends on the length; `None` where nothing does, so that the run is the same
    /// as one that was to have so many epochs from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ExtendedSchedule>,
    /// Patience that had run out and was set aside for the added epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
}

impl Extension {
    /// The extension in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let Self {
            after,
            epochs,
            schedule,
            ..
        } = self;
        let added = counted(epochs.saturating_sub(*after), "epoch");
        let course = match schedule {
            None => String::new(),
            Some(schedule) => format!(", schedule {schedule}"),
        };
        format!("extended after epoch {after} by {added}{course}")
    }

    /// Remarks that must stand beside the figures of a run that was extended so.
    #[must_use]
    pub fn remarks(&self) -> Vec<Problem> {
        let mut remarks = Vec::new();
        if let Some(patience) = self.patience {
            let sentence = format!(
                "Its patience of {patience} had run out after epoch {}: the epochs that were added are \
                 trained whatever validation says, as with `training.patience` 0 from the start.",
                self.after
            );
            remarks.push(Problem::warning("training.patience", sentence));
        }
        if let Some(schedule) = self.schedule {
            let how = match schedule {
                ExtendedSchedule::Continue => "goes on as that of the new length",
                ExtendedSchedule::Restart => "begins anew over them",
            };
            let sentence = format!(
                "{}, and what depends on the length of a run {how}: it is not the run that \
                 so many epochs from the start would have made.",
                first_upper(&self.words())
            );
            remarks.push(Problem::warning("training.epochs", sentence));
        }
        remarks
    }
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

impl Manifest {
    /// Extensions that make a run of it which no experiment alone would make.
    pub(super) fn odd_extensions(&self) -> Vec<&Extension> {
        let all = self.extensions.iter();
        all.filter(|extension| extension.schedule.is_some())
            .collect()
    }
}
