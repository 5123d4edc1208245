//! Whether the numbers of two runs may stand side by side.

use super::Manifest;
use seqscope_base::metric::AnswerKind;

/// Why the metrics of `other` say nothing beside those of `primary`; `None` when they may be
/// compared.
///
/// The fingerprint that counts is of the sequences after cleaning, so neither a cleaning step that
/// changed nothing nor features that one model alone was told of stand in the way. The length of
/// lists is in a metric's name: figures of different lengths never meet.
#[must_use]
pub fn why_not_comparable(primary: &Manifest, other: &Manifest) -> Option<&'static str> {
    let (ours, theirs) = (&primary.experiment, &other.experiment);
    if ours.task != theirs.task {
        Some("another task")
    } else if primary.data.events() != other.data.events() {
        let is_cleaned_otherwise =
            ours.data.source == theirs.data.source && ours.data.clean != theirs.data.clean;
        Some(if is_cleaned_otherwise {
            "cleaned otherwise"
        } else {
            "other data"
        })
    } else if primary.data.split_fingerprint != other.data.split_fingerprint {
        Some("other split")
    } else if ours.answers() == AnswerKind::Ranking && primary.seen() != other.seen() {
        Some("seen items ranked in one, left out in the other")
    } else if primary.seen_target != other.seen_target
        && [primary, other].iter().all(|run| run.leaves_out_targets())
    {
        Some("targets seen before: ranked in one, by an older rule, and missed in the other")
    } else if ours.evaluation.candidates() != theirs.evaluation.candidates() {
        Some("other candidates")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{DataStamp, References, RunId, SeenTargetRule};
    use seqscope_data::{Check, Finding, Returned, Returns, Verdict};

    fn manifest(change: impl FnOnce(&mut Manifest)) -> Manifest {
        let mut manifest = Manifest {
            version: 1,
            id: RunId("run".to_owned()),
            program: String::new(),
            experiment: Experiment::default(),
            follows_log: false,
            seen_target: SeenTargetRule::Missed,
            lineage: None,
            sweep: None,
            fork: None,
            extensions: Vec::new(),
            live_changes: Vec::new(),
            data: DataStamp {
                fingerprint: "a".to_owned(),
                split_fingerprint: "b".to_owned(),
                ..DataStamp::default()
            }
            .into(),
            device: None,
            n_params: 0,
            started_secs: 0,
            train_secs: 0.0,
            energy: None,
            epochs: 0,
            best_epoch: None,
            diverged_epoch: None,
            valid: None,
            test: None,
            test_sampled: None,
            reliability: None,
            references_valid: References::new().into(),
            references_test: References::new().into(),
            references_left_out: crate::run::LeftOutReferences::new(),
            problems: Vec::new(),
            outcome: None,
            pause: None,
            checksums: crate::run::Checksums::default(),
            is_altered: false,
        };
        change(&mut manifest);
        manifest
    }

    #[test]
    fn what_is_not_comparable_says_why() {
        let primary = manifest(|_| {});
        let with = |change: fn(&mut Manifest)| why_not_comparable(&primary, &manifest(change));
        assert_eq!(
            with(|m| m.experiment.seed = 7),
            None,
            "another seed, another model: comparable"
        );
        assert_eq!(with(|m| m.data.fingerprint.push('x')), Some("other data"));
        let features = with(|m| {
            (m.data.fingerprint, m.data.events_fingerprint) = ("c".to_owned(), "a".to_owned());
        });
        assert_eq!(features, None, "the same events, with columns beside them");
        assert_eq!(
            with(|m| m.data.events_fingerprint.push('x')),
            Some("other data")
        );
        assert_eq!(
            with(|m| m.data.split_fingerprint.push('x')),
            Some("other split")
        );
        let seen = with(|m| m.experiment.evaluation.filter_seen = false.into());
        assert_eq!(
            seen,
            Some("seen items ranked in one, left out in the other")
        );
    }

    /// A run from before a seen target was a miss, beside one from after: only where seen items are
    /// left out, and where a target was seen or nobody knows, do their figures differ by the rule.
    #[test]
    fn runs_that_counted_seen_targets_otherwise_are_kept_apart_where_that_matters() {
        let returns = |n| {
            Some(Returns {
                test: Returned { of: 9, n },
                ..Returns::default()
            })
        };
        let finding = |count| Finding {
            check: Check::TargetInInput,
            verdict: Verdict::Warn,
            count,
            sentence: String::new(),
            examples: Vec::new(),
        };
        let old = |audit: Vec<Finding>, filter_seen: bool| {
            manifest(|m| {
                m.seen_target = SeenTargetRule::Ranked;
                m.data.audit = audit;
                m.experiment.evaluation.filter_seen = filter_seen.into();
            })
        };
        let new = |n, filter_seen: bool| {
            manifest(|m| {
                m.data.returns = returns(n);
                m.experiment.evaluation.filter_seen = filter_seen.into();
            })
        };
        let apart =
            Some("targets seen before: ranked in one, by an older rule, and missed in the other");
        assert_eq!(
            why_not_comparable(&old(Vec::new(), true), &new(3, true)),
            apart
        );
        assert_eq!(
            why_not_comparable(&new(3, true), &old(vec![finding(3)], true)),
            apart,
            "either way round"
        );
        assert_eq!(
            why_not_comparable(&old(Vec::new(), true), &new(0, true)),
            None,
            "nobody returned, as the new one knows"
        );
        assert_eq!(
            why_not_comparable(&old(vec![finding(0)], true), &new(0, true)),
            None
        );
        assert_eq!(
            why_not_comparable(&old(Vec::new(), false), &new(3, false)),
            None,
            "seen items are ranked in both"
        );
        assert_eq!(
            why_not_comparable(&old(Vec::new(), true), &old(Vec::new(), true)),
            None,
            "one rule for both"
        );
        let told = |m: &Manifest| {
            m.counted_before()
                .map(|problem| problem.sentence())
                .unwrap_or_default()
        };
        assert!(told(&old(Vec::new(), true)).contains("does not say how many"));
        assert!(told(&old(vec![finding(3)], true)).contains("3 validation and test targets"));
        assert_eq!(told(&old(vec![finding(0)], true)), "");
        assert_eq!(told(&old(vec![finding(3)], false)), "");
        assert_eq!(told(&new(3, true)), "");
    }
}
