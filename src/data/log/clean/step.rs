//! The list of cleaning steps: one variant a step, in the order in which a menu offers them.

use serde::{Deserialize, Serialize};

use super::bots::Bots;
use super::change::StepOutcome;
use super::date_window::DateWindow;
use super::duplicates::Duplicates;
use super::impossible_times::ImpossibleTimes;
use super::k_core::KCore;
use super::keep_behaviours::KeepBehaviours;
use super::merge_behaviours::MergeBehaviours;
use super::missing::MissingValues;
use super::outliers::Outliers;
use super::repeats::Repeats;
use super::sample_users::SampleUsers;
use super::sessions::Sessions;
use super::smooth::Smooth;
use super::sort_times::SortTimes;
use super::threshold::Threshold;
use super::transform::Transform;
use super::view::LogView;
use crate::log::Role;
use seqscope_base::spec::{Described, Entry, EntryWords, Field, Problem, Value};

/// One step of cleaning with its settings.
#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::EnumIter, strum::IntoStaticStr,
)]
pub enum CleanStep {
    /// Rows that are in the log twice.
    Duplicates(Duplicates),
    /// Makes one event of repeats within seconds.
    Repeats(Repeats),
    /// Users that act faster than people.
    Bots(Bots),
    /// Moments that cannot be true.
    ImpossibleTimes(ImpossibleTimes),
    /// Rows that stand before earlier ones.
    SortTimes(SortTimes),
    /// A part of the calendar.
    DateWindow(DateWindow),
    /// Values that are not there.
    MissingValues(MissingValues),
    /// Values far from the others.
    Outliers(Outliers),
    /// Values evened out along time.
    Smooth(Smooth),
    /// Values on another scale.
    Transform(Transform),
    /// From values to implicit feedback.
    Threshold(Threshold),
    /// Some behaviours only.
    KeepBehaviours(KeepBehaviours),
    /// Behaviours under other names.
    MergeBehaviours(MergeBehaviours),
    /// Users and items with enough events.
    KCore(KCore),
    /// Visits in the place of users.
    Sessions(Sessions),
    /// Some users only.
    SampleUsers(SampleUsers),
}

/// What a step needs and does, with the settings that it has now.
pub(crate) struct StepFacts {
    /// Columns that it cannot do without.
    pub(crate) needs: &'static [Role],
    /// Whether it learns something from the rows (a mean, a quantile, who has enough events).
    pub(crate) is_fitted: bool,
    /// Whether doing it twice in a row does no more than doing it once.
    pub(crate) is_idempotent: bool,
    /// Advice for when it leaves nothing.
    pub(crate) cure: &'static str,
}

/// Behaviour that every step has. A step reads the log and says what is to change; it changes
/// nothing itself, so that counts and examples are made in one place.
pub(crate) trait CleaningRule: Described {
    /// Title and summary, with the settings that it has now.
    fn words(&self) -> EntryWords;

    /// What it needs and does, with the settings that it has now.
    fn facts(&self) -> StepFacts;

    /// Problems beyond the ranges of single settings; fields are the step's own.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// Changes to make in this log.
    ///
    /// # Errors
    /// The problem, at a field of the step, when it cannot be done with this log.
    fn outcome(&self, log: &LogView<'_>) -> Result<StepOutcome, Problem>;
}

/// The settings of whichever step it is; the one list of all of them beside the enum.
macro_rules! settings_of {
    ($step:expr) => {
        match $step {
            CleanStep::Duplicates(step) => step,
            CleanStep::Repeats(step) => step,
            CleanStep::Bots(step) => step,
            CleanStep::ImpossibleTimes(step) => step,
            CleanStep::SortTimes(step) => step,
            CleanStep::DateWindow(step) => step,
            CleanStep::MissingValues(step) => step,
            CleanStep::Outliers(step) => step,
            CleanStep::Smooth(step) => step,
            CleanStep::Transform(step) => step,
            CleanStep::Threshold(step) => step,
            CleanStep::KeepBehaviours(step) => step,
            CleanStep::MergeBehaviours(step) => step,
            CleanStep::KCore(step) => step,
            CleanStep::Sessions(step) => step,
            CleanStep::SampleUsers(step) => step,
        }
    };
}

impl CleanStep {
    pub(crate) fn step(&self) -> &dyn CleaningRule {
        settings_of!(self)
    }

    /// The step's settings, to be changed.
    pub fn described_mut(&mut self) -> &mut dyn Described {
        settings_of!(self)
    }

    /// The step's settings.
    #[must_use]
    pub fn described(&self) -> &dyn Described {
        self.step()
    }

    /// Columns that it cannot do without.
    #[must_use]
    pub fn needs(&self) -> &'static [Role] {
        self.step().facts().needs
    }

    /// Whether it learns something from the rows: a mean, a quantile, who has enough events.
    #[must_use]
    pub fn is_fitted(&self) -> bool {
        self.step().facts().is_fitted
    }

    /// Whether doing it twice in a row does no more than doing it once.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.step().facts().is_idempotent
    }

    /// Whether it is done; one that is off keeps its place and its settings.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.described()
            .fields()
            .iter()
            .any(|field| field.key == "on" && field.value == Value::Bool(true))
    }
}

impl Entry for CleanStep {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        self.step().words()
    }

    fn path(&self) -> &'static str {
        "data.clean.steps[0]"
    }

    fn settings(&self) -> Vec<Field> {
        self.described().fields()
    }

    /// Says how it is written, what it needs, and whether it learns.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("In a file: clean: (steps: [{}(..)])", self.name())];
        let needs = self.needs().iter();
        let needs: Vec<String> = needs.map(|role| role.to_string().to_lowercase()).collect();
        if !needs.is_empty() {
            notes.push(format!("Needs a column of: {}.", needs.join(", ")));
        }
        if self.is_fitted() {
            notes.push(
                "Learns from the training part where the split is a global cut in time, else from \
                 all rows."
                    .to_owned(),
            );
        }
        if self.is_idempotent() {
            notes.push("Doing it twice in a row does no more than doing it once.".to_owned());
        }
        notes
    }
}

/// A step's settings: a struct with `on` and these fields, its defaults, and its words.
macro_rules! step_settings {
    ($(#[$about:meta])* $name:ident {
        $($(#[$doc:meta])* $key:ident : $type:ty = $default:expr, $kind:expr, $label:expr, $unit:expr, $help:expr, $source:expr;)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            /// Whether the step is done; one that is off keeps its place and its settings.
            pub on: bool,
            $($(#[$doc])* pub $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { on: true, $($key: $default,)* }
            }
        }

        seqscope_base::spec::described! { $name {
            on: Bool, Core, "On", "", "A step that is off keeps its place and its settings.", "a step that was added is wanted";
            $($key: $kind, Core, $label, $unit, $help, $source;)*
        } }
    };
}
pub(super) use step_settings;
