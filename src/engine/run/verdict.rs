//! References that are ahead of a run.

use super::References;
use seqscope_base::metric::Metrics;
use seqscope_base::spec::Entry;
use seqscope_model::baseline::ReferenceKind;

/// The references that are better than a run by the metric that runs are chosen by, the best first,
/// each with how much better it is.
#[must_use]
pub fn references_ahead(test: &Metrics, references: &References) -> Vec<(ReferenceKind, f64)> {
    let (metric, Some(own)) = test.primary() else {
        return Vec::new();
    };
    let mut ahead: Vec<(ReferenceKind, f64)> = references
        .iter()
        .filter_map(|(kind, metrics)| {
            let value = metrics
                .get(metric)
                .filter(|value| metric.is_better(*value, own))?;
            Some((*kind, metric.gain(value, own)))
        })
        .collect();
    ahead.sort_by(|a, b| b.1.total_cmp(&a.1));
    ahead
}

/// The verdict on a run beside its references in a sentence; `None` where there is nothing to hold
/// it against.
#[must_use]
pub fn verdict(test: &Metrics, references: &References) -> Option<String> {
    let (metric, own) = test.primary();
    own?;
    let n = references
        .values()
        .filter(|reference| reference.get(metric).is_some())
        .count();
    if n == 0 {
        return None;
    }
    let ahead = references_ahead(test, references);
    let named = |(kind, lead): &(ReferenceKind, f64)| format!("{} by {lead:.4}", kind.title());
    let named: Vec<String> = ahead.iter().map(named).collect();
    let title = metric.title();
    Some(match (named.as_slice(), n) {
        ([], 1) => format!("The one reference is not ahead of this run by {title}."),
        ([], _) => format!("None of {n} references is ahead of this run by {title}."),
        ([one], _) => format!("Ahead of this run by {title}: {one}."),
        _ => format!(
            "{} of {n} references are ahead of this run by {title}: {}.",
            named.len(),
            named.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::{AnswerKind, Metric};
    use seqscope_model::baseline::BaselineKind;

    #[test]
    fn all_that_are_ahead_are_named_the_best_first() {
        let ndcg = |value| Metrics::new(AnswerKind::Ranking, 9).with(Metric::Ndcg10, value);
        let references: References = [
            (BaselineKind::Popularity.into(), ndcg(0.1)),
            (BaselineKind::ItemKnn.into(), ndcg(0.25)),
            (BaselineKind::Ease.into(), ndcg(0.3)),
            (BaselineKind::Markov.into(), ndcg(0.2)),
        ]
        .into();
        let said = |value| verdict(&ndcg(value), &references).unwrap();
        assert_eq!(
            said(0.2),
            "2 of 4 references are ahead of this run by NDCG@10: EASE by 0.1000, Item-kNN by \
             0.0500."
        );
        assert_eq!(said(0.27), "Ahead of this run by NDCG@10: EASE by 0.0300.");
        assert_eq!(
            said(0.3),
            "None of 4 references is ahead of this run by NDCG@10."
        );
        assert_eq!(references_ahead(&ndcg(0.05), &references).len(), 4);
        assert_eq!(verdict(&ndcg(0.2), &References::new()), None);
        assert_eq!(
            verdict(&Metrics::new(AnswerKind::Ranking, 0), &references),
            None
        );
        // A lower error is better.
        let mae = |value| Metrics::new(AnswerKind::Number, 9).with(Metric::Mae, value);
        let median = ReferenceKind::to_beat(AnswerKind::Number);
        assert!(
            verdict(&mae(2.0), &[(median, mae(1.5))].into())
                .unwrap()
                .ends_with("by 0.5000.")
        );
    }
}
