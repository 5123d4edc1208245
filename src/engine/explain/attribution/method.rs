//! The ways of attributing an answer to events.

use strum::IntoEnumIterator as _;

use super::EventValues;

/// Way of attributing an answer to the events before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum AttributionMethod {
    /// Each event removed in turn.
    Removal,
    /// Gradient × input.
    GradientInput,
    /// Integrated gradients.
    IntegratedGradients,
    /// The last layer's attention.
    Attention,
    /// Attention rollout.
    Rollout,
}

/// Reason why a model lacks a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhyNoMethod(pub &'static str);

impl AttributionMethod {
    /// Name as a person reads it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Removal => "Removal",
            Self::GradientInput => "Gradient × input",
            Self::IntegratedGradients => "Integrated gradients",
            Self::Attention => "Attention",
            Self::Rollout => "Rollout",
        }
    }

    /// Name in files and on the command line.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Removal => "removal",
            Self::GradientInput => "gradient_input",
            Self::IntegratedGradients => "integrated_gradients",
            Self::Attention => "attention",
            Self::Rollout => "rollout",
        }
    }

    /// Meaning of its values, with their unit and source.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Removal => {
                "By how many nats the log-probability of the target falls when the event is taken \
                 out of the history (occlusion; Zeiler & Fergus 2014)"
            }
            Self::GradientInput => {
                "Gradient of the target's log-probability by the vector of the event's item, times \
                 that vector, in nats (Shrikumar et al. 2017)"
            }
            Self::IntegratedGradients => {
                "Gradients along the way from no item to the event's item, times its vector, in \
                 nats: they add up to what all items together did (Sundararajan et al. 2017)"
            }
            Self::Attention => {
                "Weight that the last layer gives to the event where the answer is made, mean over \
                 its heads"
            }
            Self::Rollout => {
                "Share of the event in what attention has brought through all layers to where the \
                 answer is made (Abnar & Zuidema 2020)"
            }
        }
    }

    /// Whether its values say which way an event moved the answer.
    #[must_use]
    pub fn is_signed(self) -> bool {
        match self {
            Self::Removal | Self::GradientInput | Self::IntegratedGradients => true,
            Self::Attention | Self::Rollout => false,
        }
    }

    /// Reason why a model may lack it.
    fn why_not(self) -> WhyNoMethod {
        WhyNoMethod(match self {
            Self::Removal | Self::GradientInput | Self::IntegratedGradients => {
                "This model tells no gradients of what enters it."
            }
            Self::Attention => "This model gives no attention weights.",
            Self::Rollout => {
                "Rollout follows attention from block to block in one pass, and this model has no \
                 such blocks."
            }
        })
    }
}

/// Methods that are not among these values, and why.
pub(super) fn lacking(values: &[EventValues]) -> Vec<(AttributionMethod, WhyNoMethod)> {
    AttributionMethod::iter()
        .filter(|method| values.iter().all(|of| of.method != *method))
        .map(|method| (method, method.why_not()))
        .collect()
}
