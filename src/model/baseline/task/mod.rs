//! References for answers that are no ranking of items: classes, yes or no, numbers. Plain slices
//! in, plain numbers out; whoever has a task makes the slices.

mod act;
mod classes;
mod number;

pub use act::{BaseRate, RecencyFrequency, Standing};
pub use classes::{MajorityClass, MarkovClass};
pub use number::{LastValue, MeanValue, MedianValue};

use serde::{Deserialize, Serialize};

use super::about::ReferenceWords;
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::{Entry, EntryWords, FixedSetting};

/// The references that run beside every model of another task, those of its kind of answers.
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
    strum::EnumString,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum TaskReference {
    /// The class that training has most of.
    MajorityClass,
    /// Class that came most often after the last one.
    MarkovClass,
    /// The share of those who act.
    BaseRate,
    /// Logistic regression on recency and frequency.
    RecencyFrequency,
    /// The mean of all numbers.
    MeanValue,
    /// The number in the middle.
    MedianValue,
    /// The user's last number.
    LastValue,
}

impl Entry for TaskReference {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn words(&self) -> EntryWords {
        self.in_words().words
    }

    fn fixed(&self) -> Vec<FixedSetting> {
        self.in_words().fixed
    }
}

impl TaskReference {
    /// The kind of answers that it gives.
    #[must_use]
    pub fn answers(self) -> AnswerKind {
        match self {
            Self::MajorityClass | Self::MarkovClass => AnswerKind::Classes,
            Self::BaseRate | Self::RecencyFrequency => AnswerKind::Binary,
            Self::MeanValue | Self::MedianValue | Self::LastValue => AnswerKind::Number,
        }
    }

    fn in_words(self) -> ReferenceWords {
        match self {
            Self::MajorityClass => ReferenceWords::new(
                "Majority class",
                "Each class as likely as its share of the training answers.",
                "the rule of no information, as ZeroR in Witten & Frank 2005",
            ),
            Self::MarkovClass => ReferenceWords::new(
                "Markov chain of classes",
                "Each class as likely as it came after the last one, with one added to every \
                 count.",
                "first-order Markov chain; Laplace's rule of succession",
            ),
            Self::BaseRate => ReferenceWords::new(
                "Base rate",
                "The share of the training samples that acted, for everyone.",
                "climatology of forecast verification, Brier 1950",
            ),
            Self::RecencyFrequency => ReferenceWords::new(
                "Recency and frequency",
                "Logistic regression on the time since the last event and the number of events, \
                 both as logarithms.",
                "the R and F of RFM, Bult & Wansbeek 1995; Newton's method with a ridge, Le Cessie \
                 & Van Houwelingen 1992",
            )
            .with(
                "ridge",
                &act::RIDGE,
                "Penalty on the weights of the standardised logarithms.",
            ),
            Self::MeanValue => ReferenceWords::new(
                "Mean",
                "The mean of the training answers: least squared error.",
                "Gauss 1809",
            ),
            Self::MedianValue => ReferenceWords::new(
                "Median",
                "The median of the training answers: least absolute error.",
                "Laplace 1774",
            ),
            Self::LastValue => ReferenceWords::new(
                "Last value",
                "The user's last number again; the median where there is none.",
                "Hyndman & Athanasopoulos 2021, section 5.2 (naive)",
            ),
        }
    }
}
