//! The tasks: what a model is asked about a user's history.

use serde::{Deserialize, Serialize};

use super::Output;
use seqscope_base::spec::{Described, Entry, EntryWords, Field, SetError, Value};

/// Task of a model: what it is to tell from a history.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::EnumDiscriminants,
)]
#[strum_discriminants(
    name(TaskKind),
    derive(
        strum::EnumIter,
        strum::Display,
        strum::IntoStaticStr,
        strum::VariantNames,
        Hash
    )
)]
pub enum TaskSpec {
    /// Which item comes next.
    #[default]
    NextItem,
    /// Which kind of behaviour comes next.
    NextBehaviour,
    /// Whether the user does something before a given time.
    WillAct(WillAct),
    /// The gap to the next event, or its value.
    NextNumber(NextNumber),
}

/// Whether the user does something in the time after the moment of the question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WillAct {
    /// The behaviour that is meant; empty for any event.
    pub behaviour: String,
    /// Length of the time that is asked about.
    pub horizon_hours: f64,
}

impl Default for WillAct {
    fn default() -> Self {
        Self {
            behaviour: String::new(),
            horizon_hours: 24.0,
        }
    }
}

seqscope_base::spec::described! { WillAct {
    behaviour: Text, Core, "Behaviour", "", "What the user must do for the answer to be yes, as \
                                             the log names it, such as buy; empty for any event.", "any event";
    horizon_hours: Float { min: 0.001, max: 1e6 }, Core, "Horizon", "hours", "Within how many \
        hours after the moment of the question. It must fit into the validation part and into the \
        test part of the split.", "a day";
} }

/// Which number.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::VariantNames,
)]
pub enum NumberOf {
    /// Hours until the next event.
    #[default]
    Gap,
    /// The value of the next event, such as a rating or an amount.
    Value,
}
seqscope_base::spec::choice!(NumberOf);

/// A number of the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NextNumber {
    /// Which number.
    pub of: NumberOf,
    /// Whether the model learns `ln(1 + x)` of it.
    pub log1p: bool,
}

impl Default for NextNumber {
    fn default() -> Self {
        Self {
            of: NumberOf::Gap,
            log1p: true,
        }
    }
}

seqscope_base::spec::described! { NextNumber {
    of: Choice(<NumberOf as strum::VariantNames>::VARIANTS.to_vec()), Core, "Number", "", "Gap: \
        hours until the next event. Value: the rating or amount of the next event.", "Gap";
    log1p: Bool, Core, "Logarithm", "", "Learn ln(1 + x) of it: gaps and amounts run over orders \
                                         of magnitude. Errors are told in the number's own unit \
                                         all the same. Needs numbers of at least 0.", "gaps and amounts have heavy tails; off for ratings";
} }

/// The settings of the chosen task; some have none.
impl Described for TaskSpec {
    fn fields(&self) -> Vec<Field> {
        match self {
            Self::NextItem | Self::NextBehaviour => Vec::new(),
            Self::WillAct(task) => task.fields(),
            Self::NextNumber(task) => task.fields(),
        }
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), SetError> {
        match self {
            Self::NextItem | Self::NextBehaviour => Err(SetError::Unknown {
                key: key.to_owned(),
                suggestion: None,
                known: Vec::new(),
            }),
            Self::WillAct(task) => task.set(key, value),
            Self::NextNumber(task) => task.set(key, value),
        }
    }
}

impl TaskSpec {
    /// Which task.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        self.into()
    }

    /// Output of the model for it, on a log with so many kinds of behaviour.
    #[must_use]
    pub fn output(&self, n_behaviours: usize) -> Output {
        match self {
            Self::NextItem => Output::Catalogue,
            Self::NextBehaviour => Output::Classes(n_behaviours.max(2)),
            Self::WillAct(_) => Output::Chance,
            Self::NextNumber(_) => Output::Number,
        }
    }
}

impl TaskKind {
    /// The task with its first settings.
    #[must_use]
    pub fn spec(self) -> TaskSpec {
        match self {
            Self::NextItem => TaskSpec::NextItem,
            Self::NextBehaviour => TaskSpec::NextBehaviour,
            Self::WillAct => TaskSpec::WillAct(WillAct::default()),
            Self::NextNumber => TaskSpec::NextNumber(NextNumber::default()),
        }
    }
}

impl Entry for TaskKind {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        match self {
            Self::NextItem => EntryWords::new(
                "Next item",
                "Ranks the whole catalogue by how likely each item comes next.",
                "Rendle et al. 2010 (next-item recommendation from sequences)",
            ),
            Self::NextBehaviour => EntryWords::new(
                "Next behaviour",
                "Tells how likely each kind of behaviour comes next: view, cart, buy.",
                "classification of the next event's type by softmax, as in multi-behaviour logs",
            ),
            Self::WillAct => EntryWords::new(
                "Will act in time",
                "Tells how likely the user does something within a time after a moment; asked at \
                 the split's cut in time.",
                "conversion and churn prediction with an index date (Fader et al. 2005 for the \
                 data): binary, sigmoid",
            ),
            Self::NextNumber => EntryWords::new(
                "Gap or value of the next event",
                "Tells how long until the next event, or the next rating or amount.",
                "regression of the gap or amount (Du et al. 2016 for gaps); squared error of ln(1 \
                 + x)",
            ),
        }
    }

    fn path(&self) -> &'static str {
        "task"
    }

    fn settings(&self) -> Vec<Field> {
        self.spec().fields()
    }

    fn notes(&self) -> Vec<String> {
        let settings = if self.settings().is_empty() {
            ""
        } else {
            "(..)"
        };
        vec![format!("In a file: task: {}{settings}", self.name())]
    }
}
