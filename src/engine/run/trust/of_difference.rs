//! What the difference between two runs may be trusted with.

use super::of_run::{SEEDS_WANTED, n_tested_seeds};
use super::{TrustBadge, TrustCheck, TrustCure, TrustMark, TrustTopic};
use crate::run::{Compared, Manifest, Summary, Versus};
use seqscope_base::metric::statistics::LEVEL;

/// How many times as many trials one of two runs may have behind it before that is worth a remark:
/// the best of many trials is luckier than the best of few (Ferrari Dacrema et al. 2019, "Are we
/// really making much progress?", on baselines that were tuned less).
const UNEVEN_TRIALS: usize = 3;

/// One of two runs whose difference is looked at.
#[derive(Clone, Copy, Debug)]
pub struct JudgedRun<'a> {
    /// Manifest of it.
    pub manifest: &'a Manifest,
    /// How it came out of the comparison.
    pub compared: &'a Compared,
    /// Its own badge.
    pub badge: &'a TrustBadge,
}

impl TrustBadge {
    /// The badge of the difference of a run from the first of a comparison; `all` are the saved
    /// runs, among which those of other seeds are found. `None` where `other` is the first itself.
    #[must_use]
    pub fn of_difference(
        first: JudgedRun<'_>,
        other: JudgedRun<'_>,
        all: &[Summary],
    ) -> Option<Self> {
        let versus = other.compared.against_first.as_ref()?;
        let runs = [first, other];
        Some(Self {
            checks: vec![
                comparable(other, versus.as_ref().map_err(String::as_str)),
                difference(versus.as_ref().ok()),
                seeds(runs, all),
                trials(runs),
                each_by_itself(runs),
            ],
        })
    }
}

fn comparable(other: JudgedRun<'_>, versus: Result<&Versus, &str>) -> TrustCheck {
    let topic = TrustTopic::Comparable;
    match versus {
        Ok(_) => TrustCheck::held(topic, "Both answer the same questions, counted alike."),
        Err(why) => TrustCheck::lacks(
            topic,
            format!("Their figures are not to be put beside each other: {why}."),
            TrustCure::Change,
        )
        .about(&other.manifest.id),
    }
}

fn difference(versus: Option<&Versus>) -> TrustCheck {
    let topic = TrustTopic::Difference;
    let Some(versus) = versus else {
        return TrustCheck::say(topic, "Nothing was tested.");
    };
    let [flips, wilcoxon] = versus.paired.corrected;
    let is_sure = versus
        .interval
        .is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0);
    let level = 1.0 - LEVEL;
    match (is_sure, flips < level) {
        (true, true) => TrustCheck::held(
            topic,
            format!(
                "The interval of the gain does not hold 0, and p is below {level:.2} after Holm's \
                 correction (sign flips {flips:.4}, signed ranks {wilcoxon:.4})."
            ),
        ),
        _ => TrustCheck::say(
            topic,
            format!(
                "These users cannot tell it from none: the interval of the gain holds 0, or p is \
                 not below {level:.2} after Holm's correction (sign flips {flips:.4}, signed ranks \
                 {wilcoxon:.4}). Do not call one better."
            ),
        ),
    }
}

fn seeds(runs: [JudgedRun<'_>; 2], all: &[Summary]) -> TrustCheck {
    let topic = TrustTopic::Seeds;
    let [of_first, of_other] = runs.map(|run| n_tested_seeds(run.manifest, all));
    let [first, other] = runs;
    let run = if of_other <= of_first { other } else { first };
    let told = format!("Seeds tested, {of_first} of the first and {of_other} of the other");
    let check = match of_first.min(of_other) {
        n if n >= SEEDS_WANTED => TrustCheck::held(topic, format!("{told}.")),
        0 => TrustCheck::lacks(
            topic,
            format!("{told}: let both come to their end."),
            TrustCure::Resume,
        ),
        1 => TrustCheck::lacks(
            topic,
            format!(
                "{told}: with one seed a difference may be that of the seeds; train \
                 {SEEDS_WANTED} of each."
            ),
            TrustCure::AnotherSeed,
        ),
        _ => TrustCheck::say(topic, format!("{told}: train {SEEDS_WANTED} of each."))
            .with_cure(TrustCure::AnotherSeed),
    };
    check.about(&run.manifest.id)
}

fn trials(runs: [JudgedRun<'_>; 2]) -> TrustCheck {
    let topic = TrustTopic::Trials;
    let [first, other] = runs.map(|run| run.compared.n_trials);
    if first.max(other) >= UNEVEN_TRIALS * first.min(other).max(1) {
        TrustCheck::say(
            topic,
            format!(
                "The first is one of {first} saved runs of its family on these data, the other one \
                 of {other}: the best of many is luckier than the best of few, so try as many of \
                 both."
            ),
        )
    } else {
        TrustCheck::held(
            topic,
            format!(
                "The first is one of {first} saved runs of its family on these data, the other one \
                 of {other}."
            ),
        )
    }
}

fn each_by_itself(runs: [JudgedRun<'_>; 2]) -> TrustCheck {
    let topic = TrustTopic::Runs;
    // Seeds are counted for both above.
    let lacking = |run: JudgedRun<'_>| -> Vec<String> {
        run.badge
            .checks
            .iter()
            .filter(|check| check.mark == TrustMark::Lacks && check.topic != TrustTopic::Seeds)
            .map(|check| check.topic.to_string())
            .collect()
    };
    let told: Vec<String> = runs
        .into_iter()
        .filter_map(|run| {
            let lacking = lacking(run);
            (!lacking.is_empty())
                .then(|| format!("`{}` lacks: {}", run.manifest.id, lacking.join(", ")))
        })
        .collect();
    if told.is_empty() {
        return TrustCheck::held(topic, "Neither lacks anything by itself.");
    }
    TrustCheck {
        mark: TrustMark::Lacks,
        ..TrustCheck::say(topic, format!("{}. See their own badges.", told.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{
        DataStamp, KeptAnswers, RunId, RunOutcome, RunStatus, Tested, UserResult, compare,
    };
    use seqscope_base::metric::{AnswerKind, Metric, Metrics};
    use seqscope_model::{DeviceInfo, DeviceKind, LstmSpec, ModelSpec};

    fn manifest(id: &str, seed: u64, lr: f64) -> Manifest {
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let mut experiment = Experiment {
            seed,
            ..Experiment::default()
        };
        experiment.training.lr = lr;
        let data = DataStamp {
            fingerprint: "a".to_owned(),
            split_fingerprint: "b".to_owned(),
            ..DataStamp::default()
        };
        let mut manifest = Manifest::new(experiment, data, device, 1);
        manifest.id = RunId(id.to_owned());
        manifest.outcome = Some(RunOutcome::Finished);
        manifest.test = Some(Metrics::new(AnswerKind::Ranking, 40).with(Metric::Mrr, 0.5));
        manifest
    }

    fn results(rank: impl Fn(usize) -> f64) -> Vec<UserResult> {
        let result = |at: usize| UserResult {
            user_id: format!("u{at}"),
            item_id: "i".to_owned(),
            rank: rank(at),
            probability: 0.1,
            predicted: None,
            answered: None,
            facts: None,
        };
        (0..40).map(result).collect()
    }

    /// The badge of the difference of two runs with these ranks, beside so many seeds of each, and
    /// with what is done to the second.
    fn badge(
        ranks: [fn(usize) -> f64; 2],
        n_seeds: [u64; 2],
        change: fn(&mut Manifest),
    ) -> TrustBadge {
        let mut runs = [manifest("a-1", 1, 0.1), manifest("b-1", 1, 0.2)];
        change(&mut runs[1]);
        let answers = ranks.map(results);
        let mut all: Vec<Manifest> = Vec::new();
        for ((n, name), lr) in n_seeds.into_iter().zip(["a", "b"]).zip([0.1, 0.2]) {
            for seed in 1..=n {
                let mut one = manifest(&format!("{name}-{seed}"), seed, lr);
                if name == "b" {
                    change(&mut one);
                }
                all.push(one);
            }
        }
        let listed: Vec<Summary> = all
            .into_iter()
            .map(|run| Summary {
                id: run.id.clone(),
                status: RunStatus::Ended(RunOutcome::Finished),
                manifest: Some(Arc::new(run)),
                about: crate::run::AboutRun::default(),
            })
            .collect();
        let tested: Vec<Tested<'_>> = runs
            .iter()
            .zip(&answers)
            .map(|(manifest, results)| Tested { manifest, results })
            .collect();
        let found = compare(&tested, &listed, Metric::Mrr, &[]);
        let badges = runs
            .each_ref()
            .map(|run| TrustBadge::of_run(run, &listed, KeptAnswers::Kept));
        let judged = |at: usize| JudgedRun {
            manifest: &runs[at],
            compared: &found.runs[at],
            badge: &badges[at],
        };
        assert!(TrustBadge::of_difference(judged(0), judged(0), &listed).is_none());
        TrustBadge::of_difference(judged(0), judged(1), &listed).unwrap()
    }

    fn mark(badge: &TrustBadge, topic: TrustTopic) -> TrustMark {
        badge.check(topic).unwrap().mark
    }

    #[test]
    fn a_difference_that_users_can_tell_holds_and_another_does_not() {
        let better = badge([|_| 9.0, |_| 1.0], [3, 3], |_| {});
        for topic in [
            TrustTopic::Comparable,
            TrustTopic::Difference,
            TrustTopic::Seeds,
            TrustTopic::Trials,
        ] {
            assert_eq!(mark(&better, topic), TrustMark::Held, "{better:?}");
        }
        // References and audit lack in both, by themselves.
        let check = better.check(TrustTopic::Runs).unwrap();
        assert_eq!(check.mark, TrustMark::Lacks);
        assert!(
            check.sentence.contains("`a-1` lacks: Audit, References"),
            "{}",
            check.sentence
        );

        let luck: [fn(usize) -> f64; 2] = [
            |at| if at % 2 == 0 { 1.0 } else { 2.0 },
            |at| if at % 2 == 0 { 2.0 } else { 1.0 },
        ];
        let even = badge(luck, [3, 3], |_| {});
        assert_eq!(mark(&even, TrustTopic::Difference), TrustMark::Say);
    }

    #[test]
    fn few_seeds_uneven_trials_and_other_questions_are_told_with_whom_to_cure() {
        let one = badge([|_| 9.0, |_| 1.0], [3, 1], |_| {});
        let seeds = one.check(TrustTopic::Seeds).unwrap();
        assert_eq!(
            (seeds.mark, seeds.cure, seeds.run.clone()),
            (
                TrustMark::Lacks,
                Some(TrustCure::AnotherSeed),
                Some(RunId("b-1".to_owned()))
            )
        );
        let other = badge([|_| 9.0, |_| 1.0], [3, 3], |run| {
            run.data.split_fingerprint.push('x');
        });
        assert_eq!(mark(&other, TrustTopic::Comparable), TrustMark::Lacks);
        assert_eq!(mark(&other, TrustTopic::Difference), TrustMark::Say);
        let many = badge([|_| 9.0, |_| 1.0], [3, 1], |run| {
            run.experiment.model = ModelSpec::Lstm(LstmSpec::default());
        });
        assert_eq!(mark(&many, TrustTopic::Trials), TrustMark::Say);
    }
}
