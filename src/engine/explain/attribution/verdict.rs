//! One sentence on whether attention tells the truth.

use super::{Agreement, AttributionMethod, DeletionCurve, DeletionOrder, EventValues};
use seqscope_base::spec::counted;

/// Rank correlation from which two methods agree: "strong" in Schober et al. 2018.
pub const STRONG: f64 = 0.7;

/// Rank correlation from which they agree partly: "moderate" in Schober et al. 2018.
pub const MODERATE: f64 = 0.4;

/// Fewest events whose order says something: of four, chance alone gives ρ ≥ 0.8 in one of six.
const FEWEST: usize = 5;

/// Agreement of attention with removal, in a word and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionVerdict {
    /// Spearman's ρ of attention and removal; of integrated gradients and removal where the model
    /// has no attention. None where that cannot be said.
    pub spearman: Option<f64>,
    /// The sentence.
    pub sentence: String,
}

impl AttentionVerdict {
    /// Judges by the rank correlation with removal, and by how fast the probability falls in the
    /// method's order beside random ones.
    pub(super) fn of(
        values: &[EventValues],
        agreements: &[Agreement],
        curves: &[DeletionCurve],
        random_areas: &[f64],
    ) -> Self {
        let n_events = values.first().map_or(0, |of| of.values.len());
        let candidates = [
            AttributionMethod::Attention,
            AttributionMethod::IntegratedGradients,
        ];
        let Some(judged) = candidates
            .into_iter()
            .find(|method| values.iter().any(|of| of.method == *method))
        else {
            return Self {
                spearman: None,
                sentence: "This model tells neither attention nor gradients; removal alone says \
                           what moved the answer."
                    .to_owned(),
            };
        };
        let subject = Subject(judged);
        if n_events < FEWEST {
            let sentence = format!(
                "With {} there is too little to tell whether {} the truth; choose a longer \
                 history.",
                counted(n_events, "event"),
                subject.tells()
            );
            return Self {
                spearman: None,
                sentence,
            };
        }
        let pair = agreements.iter().find(|found| {
            found.methods.contains(&judged) && found.methods.contains(&AttributionMethod::Removal)
        });
        let Some(rho) = pair.and_then(|found| found.spearman) else {
            let sentence = format!(
                "Whether {} the truth cannot be told: one side gives every event the same.",
                subject.tells()
            );
            return Self {
                spearman: None,
                sentence,
            };
        };
        let fall = fall(judged, curves, random_areas);
        Self {
            spearman: Some(rho),
            sentence: format!("{} (ρ {rho:.2}){fall}.", subject.ranks(rho)),
        }
    }
}

/// The method that is judged, as the subject of a sentence.
struct Subject(AttributionMethod);

impl Subject {
    /// `attention tells`.
    fn tells(&self) -> &'static str {
        match self.0 {
            AttributionMethod::Attention => "attention tells",
            AttributionMethod::Removal
            | AttributionMethod::GradientInput
            | AttributionMethod::IntegratedGradients
            | AttributionMethod::Rollout => "integrated gradients tell",
        }
    }

    fn ranks(&self, rho: f64) -> String {
        let (subject, ranks, rank_not) = match self.0 {
            AttributionMethod::Attention => ("Attention", "ranks", "does not rank"),
            AttributionMethod::Removal
            | AttributionMethod::GradientInput
            | AttributionMethod::IntegratedGradients
            | AttributionMethod::Rollout => (
                "This model has no attention; integrated gradients",
                "rank",
                "do not rank",
            ),
        };
        match rho {
            rho if rho >= STRONG => {
                format!("{subject} {ranks} events almost as their removal does")
            }
            rho if rho >= MODERATE => {
                format!("{subject} {ranks} events partly as their removal does")
            }
            _ => format!("{subject} {rank_not} events as their removal does"),
        }
    }
}

/// Words on the speed of the probability's fall in a method's order, beside the random ones.
fn fall(method: AttributionMethod, curves: &[DeletionCurve], random_areas: &[f64]) -> String {
    let area = curves
        .iter()
        .find(|curve| curve.order == DeletionOrder::By(method))
        .map(|curve| curve.area);
    let (Some(area), n @ 1..) = (area, random_areas.len()) else {
        return String::new();
    };
    let beaten = random_areas.iter().filter(|random| area < **random).count();
    match beaten {
        0 => format!(
            "; in its order the probability falls no faster than in any of {n} random orders"
        ),
        beaten if beaten == n => {
            format!("; in its order the probability falls faster than in each of {n} random orders")
        }
        beaten => format!(
            "; in its order the probability falls faster than in {beaten} of {n} random orders"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(method: AttributionMethod, n: usize, rho: Option<f64>, area: f64) -> String {
        let of = |method| EventValues {
            method,
            values: vec![0.1; n],
        };
        let values = [of(AttributionMethod::Removal), of(method)];
        let agreements = [Agreement {
            methods: [AttributionMethod::Removal, method],
            spearman: rho,
            kendall: None,
        }];
        let curves = [DeletionCurve {
            order: DeletionOrder::By(method),
            points: Vec::new(),
            area,
        }];
        AttentionVerdict::of(&values, &agreements, &curves, &[0.2, 0.3, 0.4]).sentence
    }

    #[test]
    fn the_sentence_follows_the_correlation_and_the_area() {
        use AttributionMethod::{Attention, IntegratedGradients};
        assert_eq!(
            verdict(Attention, 9, Some(0.81), 0.1),
            "Attention ranks events almost as their removal does (ρ 0.81); in its order the \
             probability falls faster than in each of 3 random orders."
        );
        assert_eq!(
            verdict(Attention, 9, Some(0.5), 0.25),
            "Attention ranks events partly as their removal does (ρ 0.50); in its order the \
             probability falls faster than in 2 of 3 random orders."
        );
        assert_eq!(
            verdict(Attention, 9, Some(-0.3), 0.4),
            "Attention does not rank events as their removal does (ρ -0.30); in its order the \
             probability falls no faster than in any of 3 random orders."
        );
        assert_eq!(
            verdict(IntegratedGradients, 5, Some(0.7), 0.1),
            "This model has no attention; integrated gradients rank events almost as their \
             removal does (ρ 0.70); in its order the probability falls faster than in each of 3 \
             random orders."
        );
        assert_eq!(
            verdict(Attention, 4, Some(1.0), 0.1),
            "With 4 events there is too little to tell whether attention tells the truth; choose \
             a longer history."
        );
        assert_eq!(
            verdict(Attention, 9, None, 0.1),
            "Whether attention tells the truth cannot be told: one side gives every event the same."
        );
    }
}
