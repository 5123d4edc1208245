//! What the figures of one run may be trusted with.

use super::{KeptAnswers, TrustBadge, TrustCheck, TrustCure, TrustTopic};
use crate::run::{Manifest, RunOutcome, Summary, differ_by_seed_alone, references_ahead};
use seqscope_base::metric::{AnswerKind, Seen};
use seqscope_base::spec::{Entry, Problem, ProblemKind};
use seqscope_data::{AuditMark, Finding, SplitSpec};

/// Seeds from which a spread over seeds can be told.
pub(super) const SEEDS_WANTED: usize = 3;

/// Questions from which an interval over users is narrow enough to be of use: with 100 of them a
/// hit rate of one half is known to ± 0.10.
const QUESTIONS_WANTED: usize = 100;

/// Share of test targets decided by the order of equal times from which that is worth a remark.
const TIED_SHARE: f64 = 0.01;

impl TrustBadge {
    /// The badge of a run; `all` are the saved runs, among which those of other seeds are found.
    /// `answers` says whether the answers to its test questions are still in its folder.
    #[must_use]
    pub fn of_run(manifest: &Manifest, all: &[Summary], answers: KeptAnswers) -> Self {
        let checks = [
            test(manifest),
            audit(manifest),
            split(manifest),
            ties(manifest),
            candidates(manifest),
            returned_targets(manifest),
            seeds(manifest, all),
            intervals(manifest, answers),
            references(manifest),
            energy(manifest),
            warnings(manifest),
        ];
        let checks = checks.into_iter().chain(trials(manifest));
        Self {
            checks: checks.map(|check| check.about(&manifest.id)).collect(),
        }
    }
}

/// A run of a sweep may have been picked for its luck on validation (Cawley & Talbot 2010, "On
/// Over-fitting in Model Selection"); of one that was started by itself nothing is said.
fn trials(manifest: &Manifest) -> Option<TrustCheck> {
    let mark = manifest.sweep.as_ref()?;
    let topic = TrustTopic::Trials;
    if mark.n_trials < 2 {
        return Some(TrustCheck::held(topic, "The only trial of its sweep."));
    }
    Some(TrustCheck::say(
        topic,
        format!(
            "Trial {} of the {} of a sweep: if it was picked as their best, say best of {} beside \
             its figures. On validation the best of many is luckier than it will be; its test \
             figures chose nothing, and may be told.",
            mark.trial, mark.n_trials, mark.n_trials
        ),
    ))
}

fn test(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Test;
    let is_read_again = |problem: &Problem| problem.kind == ProblemKind::TestReadAgain;
    if let Some(problem) = manifest
        .problems
        .iter()
        .find(|problem| is_read_again(problem))
    {
        return TrustCheck::say(topic, problem.sentence()).with_cure(TrustCure::Change);
    }
    match (&manifest.outcome, &manifest.test) {
        (Some(RunOutcome::Finished), Some(_)) => TrustCheck::held(
            topic,
            "Trained to its end; the test part was read once, with the weights that validation \
             chose.",
        ),
        (Some(RunOutcome::Stopped), Some(_)) => TrustCheck::say(
            topic,
            "Stopped by hand before its end; the test part was read with the best weights until \
             then. Train it anew to its end: resumed, it would read the test part again.",
        )
        .with_cure(TrustCure::Change),
        (Some(RunOutcome::Failed { .. }), _) => TrustCheck::lacks(
            topic,
            "The run failed, so the test part was not read: change its settings and train again.",
            TrustCure::Change,
        ),
        (_, None) | (None, Some(_)) => TrustCheck::lacks(
            topic,
            "The run has not come to its end, so there are no test figures yet: resume it.",
            TrustCure::Resume,
        ),
    }
}

fn audit(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Audit;
    let findings = &manifest.data.audit;
    let of_mark = |mark: AuditMark| {
        let found = findings
            .iter()
            .filter(move |found| found.own_mark() == mark);
        let sentences: Vec<&str> = found.map(|found| found.sentence.as_str()).collect();
        sentences.join(" ")
    };
    match Finding::mark(findings) {
        None => TrustCheck::lacks(
            topic,
            "The run is from before there was an audit of leaks: train it anew.",
            TrustCure::Change,
        ),
        Some(AuditMark::Leak) => {
            TrustCheck::lacks(topic, of_mark(AuditMark::Leak), TrustCure::Change)
        }
        Some(AuditMark::Warn) => TrustCheck::say(topic, of_mark(AuditMark::Warn)),
        Some(AuditMark::Note | AuditMark::Pass) => {
            TrustCheck::held(topic, "Nothing leaks from test into training.")
        }
    }
}

/// A model that is trained on events from after a test question may know what became popular
/// later (Ji et al. 2023, "A critical study on data leakage in recommender system offline
/// evaluation").
fn split(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Split;
    let later = || {
        TrustCheck::say(
            topic,
            "Each user is cut at another moment, so training holds events from after some test \
             questions; say so, or train with `split: GlobalTemporal` as well.",
        )
        .with_cure(TrustCure::Change)
    };
    match manifest.experiment.split {
        SplitSpec::GlobalTemporal { .. }
        | SplitSpec::AtDates { .. }
        | SplitSpec::RollingWindows { .. } => TrustCheck::held(
            topic,
            "One cut in time for all users: nothing is learnt of what comes after it.",
        ),
        SplitSpec::OwnFiles => TrustCheck::say(
            topic,
            "The parts are files of their own; whether one cut in time made them is for whoever \
             gives them to say.",
        ),
        SplitSpec::LeaveOneOut | SplitSpec::PerUserTemporal { .. }
            if !manifest.data.has_clock() =>
        {
            TrustCheck::held(
                topic,
                "The log has no times, so each user's last events are the test.",
            )
        }
        SplitSpec::LeaveOneOut | SplitSpec::PerUserTemporal { .. } => later(),
    }
}

fn ties(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Ties;
    match manifest.data.test_ties {
        Some(ties) if ties.n_tied as f64 > TIED_SHARE * ties.n_asked as f64 => {
            TrustCheck::say(topic, ties.sentence())
        }
        Some(ties) => TrustCheck::held(topic, ties.sentence()),
        None => TrustCheck::held(
            topic,
            "No order of equal times decides a test target, or none was counted.",
        ),
    }
}

fn candidates(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Candidates;
    if manifest.experiment.answers() != AnswerKind::Ranking {
        return TrustCheck::held(topic, "This task ranks nothing.");
    }
    let n_items = manifest.data.shape.n_items;
    match manifest.experiment.evaluation.candidates() {
        None => TrustCheck::held(
            topic,
            format!("The true item is ranked among all {n_items} items."),
        ),
        Some((drawn, _)) => TrustCheck::say(
            topic,
            format!(
                "Figures among {drawn} drawn items stand beside those of the whole catalogue; \
                 report the latter, for the former can put models in another order."
            ),
        ),
    }
}

fn returned_targets(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::ReturnedTargets;
    if let Some(problem) = manifest.counted_before() {
        return TrustCheck::lacks(topic, problem.sentence(), TrustCure::Change);
    }
    if manifest.experiment.answers() != AnswerKind::Ranking {
        return TrustCheck::held(topic, "This task ranks nothing.");
    }
    let Some(returns) = manifest.data.returns else {
        return TrustCheck::say(
            topic,
            "The run is from before targets that the user already had were counted: train it anew \
             to know how many there are.",
        )
        .with_cure(TrustCure::Change);
    };
    let told = returns.sentence(manifest.seen());
    match (told, manifest.seen()) {
        (Some(told), Seen::LeftOut) => TrustCheck::say(topic, told),
        (Some(told), Seen::Ranked) => TrustCheck::held(topic, told),
        (None, _) => TrustCheck::held(topic, "No test target is an item that the user had."),
    }
}

/// How many seeds of the run's experiment were trained and tested, its own among them.
pub(super) fn n_tested_seeds(manifest: &Manifest, all: &[Summary]) -> usize {
    let with_own = manifests(all).chain([manifest]);
    seeds_of(manifest, with_own.filter(|other| other.test.is_some())).len()
}

/// Seeds of the runs that differ from this one in nothing else, in order.
fn seeds_of<'a>(manifest: &Manifest, all: impl Iterator<Item = &'a Manifest>) -> Vec<u64> {
    let mut seeds: Vec<u64> = all
        .filter(|other| differ_by_seed_alone(manifest, other))
        .map(|other| other.experiment.seed)
        .collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}

fn manifests(all: &[Summary]) -> impl Iterator<Item = &Manifest> {
    all.iter().filter_map(|summary| summary.manifest.as_deref())
}

/// The seed after those of all runs of this experiment, whether they were tested or not.
#[must_use]
pub fn next_seed(manifest: &Manifest, all: &[Summary]) -> u64 {
    let with_own = manifests(all).chain([manifest]);
    let last = seeds_of(manifest, with_own).last().copied();
    last.unwrap_or(manifest.experiment.seed).saturating_add(1)
}

fn seeds(manifest: &Manifest, all: &[Summary]) -> TrustCheck {
    let topic = TrustTopic::Seeds;
    match n_tested_seeds(manifest, all) {
        0 => TrustCheck::lacks(
            topic,
            "No seed of this experiment was tested yet: let it come to its end.",
            TrustCure::Resume,
        ),
        n if n >= SEEDS_WANTED => TrustCheck::held(
            topic,
            format!("{n} seeds of this experiment were trained and tested."),
        ),
        1 => TrustCheck::lacks(
            topic,
            format!(
                "One seed says nothing of the spread over seeds: train {} more.",
                SEEDS_WANTED - 1
            ),
            TrustCure::AnotherSeed,
        ),
        n => TrustCheck::say(
            topic,
            format!("{n} seeds tell little of the spread over seeds: train one more."),
        )
        .with_cure(TrustCure::AnotherSeed),
    }
}

fn intervals(manifest: &Manifest, answers: KeptAnswers) -> TrustCheck {
    let topic = TrustTopic::Intervals;
    match &manifest.test {
        None => TrustCheck::lacks(
            topic,
            "Without test figures there are no intervals.",
            TrustCure::Resume,
        ),
        Some(_) if answers == KeptAnswers::Missing => TrustCheck::lacks(
            topic,
            "The answers to its test questions are not in its folder any more, so its figures \
             have no intervals and cannot be tested against others': train it anew.",
            TrustCure::Change,
        ),
        Some(test) if test.n_users < QUESTIONS_WANTED => TrustCheck::say(
            topic,
            format!(
                "Only {} questions were asked, so intervals are wide: give them with every figure.",
                test.n_users
            ),
        ),
        Some(test) => TrustCheck::held(
            topic,
            format!(
                "The answer to each of {} questions is kept, so every figure has its interval.",
                test.n_users
            ),
        ),
    }
}

fn references(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::References;
    let Some(test) = &manifest.test else {
        return TrustCheck::lacks(
            topic,
            "Without test figures no reference can stand beside them.",
            TrustCure::Resume,
        );
    };
    if manifest.references_test.is_empty() {
        return TrustCheck::lacks(
            topic,
            "No classical reference was judged beside this run: train it anew, or compare it with \
             `--references=refit`.",
            TrustCure::Change,
        );
    }
    let n = manifest.references_test.len();
    let ahead = references_ahead(test, &manifest.references_test);
    let left_out = match manifest.references_left_out.len() {
        0 => String::new(),
        one_or_more => format!(" {one_or_more} had nothing to say, or too little memory."),
    };
    match ahead.first() {
        None => TrustCheck::held(
            topic,
            format!("None of {n} references is ahead of it.{left_out}"),
        ),
        Some((best, _)) => TrustCheck::say(
            topic,
            format!(
                "{} of {n} references are ahead of it, {} the farthest.{left_out}",
                ahead.len(),
                best.title()
            ),
        ),
    }
}

/// Tells the energy; no figure is worth less for want of it, so it always holds.
fn energy(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Energy;
    let Some(energy) = manifest.energy else {
        return TrustCheck::held(
            topic,
            "No energy is told of this run: give its device and its training time instead.",
        );
    };
    let of_cpu = energy
        .cpu_wh
        .map(|wh| format!("{wh:.3} Wh of the processors, with what other programs did meanwhile"));
    let of_gpu = energy.gpu_wh.map(|wh| format!("{wh:.3} Wh of the GPU"));
    let told: Vec<String> = of_cpu.into_iter().chain(of_gpu).collect();
    TrustCheck::held(
        topic,
        format!(
            "Training took {}, told of {} of {} epochs.",
            told.join(", and "),
            energy.epochs,
            manifest.epochs
        ),
    )
}

fn warnings(manifest: &Manifest) -> TrustCheck {
    let topic = TrustTopic::Warnings;
    let sentences: Vec<String> = manifest
        .remarks()
        .filter(|problem| !has_a_check(problem))
        .map(|problem| problem.sentence())
        .collect();
    if sentences.is_empty() {
        TrustCheck::held(topic, "The run had no other warnings.")
    } else {
        TrustCheck::say(topic, sentences.join(" "))
    }
}

/// Whether another topic tells of it.
fn has_a_check(problem: &Problem) -> bool {
    match problem.kind {
        ProblemKind::SplitIgnoresTimes
        | ProblemKind::BelowReference
        | ProblemKind::TestReadAgain => true,
        ProblemKind::LatentCollapsed | ProblemKind::Other => {
            problem.field == "evaluation.filter_seen"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::TrustMark;
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{DataStamp, RunId, RunStatus, TrainingEnergy};
    use seqscope_base::metric::{Metric, Metrics};
    use seqscope_data::{Check, Returned, Returns, TestTies, Verdict};
    use seqscope_model::baseline::BaselineKind;
    use seqscope_model::{DeviceInfo, DeviceKind};

    /// A run that lacks nothing but other seeds.
    fn sound(seed: u64) -> Manifest {
        let device = DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: DeviceKind::Cpu,
        };
        let experiment = Experiment {
            seed,
            name: format!("run of seed {seed}"),
            split: SplitSpec::GlobalTemporal {
                valid_fraction: 0.1,
                test_fraction: 0.1,
            },
            ..Experiment::default()
        };
        let data = DataStamp {
            fingerprint: "a".to_owned(),
            audit: vec![finding(Check::TimeTies, Verdict::Pass)],
            returns: Some(Returns::default()),
            test_ties: Some(TestTies {
                n_tied: 2,
                n_asked: 200,
            }),
            ..DataStamp::default()
        };
        let figures = |value| Metrics::new(AnswerKind::Ranking, 200).with(Metric::Ndcg10, value);
        let mut run = Manifest::new(experiment, data, device, 1);
        run.id = RunId(format!("run-{seed}"));
        run.outcome = Some(RunOutcome::Finished);
        run.test = Some(figures(0.2));
        run.references_test
            .insert(BaselineKind::Popularity.into(), figures(0.1));
        run
    }

    fn finding(check: Check, verdict: Verdict) -> Finding {
        Finding {
            check,
            verdict,
            count: 3,
            sentence: format!("{check} {verdict}"),
            examples: Vec::new(),
        }
    }

    fn listed(runs: &[Manifest]) -> Vec<Summary> {
        let summary = |run: &Manifest| Summary {
            id: run.id.clone(),
            status: RunStatus::Ended(RunOutcome::Finished),
            manifest: Some(Arc::new(run.clone())),
            about: crate::run::AboutRun::default(),
        };
        runs.iter().map(summary).collect()
    }

    fn badge_of(run: &Manifest, all: &[Summary]) -> TrustBadge {
        TrustBadge::of_run(run, all, KeptAnswers::Kept)
    }

    #[test]
    fn answers_that_were_deleted_are_missed() {
        let all = listed(&[sound(1), sound(2), sound(3)]);
        let badge = TrustBadge::of_run(&sound(1), &all, KeptAnswers::Missing);
        assert_eq!(badge.words(), "1 lacking");
        let check = badge.check(TrustTopic::Intervals).unwrap();
        assert_eq!(
            (check.mark, check.run.clone()),
            (TrustMark::Lacks, Some(RunId("run-1".to_owned())))
        );
    }

    #[test]
    fn energy_is_told_where_the_machine_tells_it_and_never_stands_in_the_way() {
        let all = listed(&[sound(1), sound(2), sound(3)]);
        let told = |run: &Manifest| {
            let badge = badge_of(run, &all);
            let check = badge.check(TrustTopic::Energy).unwrap();
            assert_eq!(check.mark, TrustMark::Held);
            check.sentence.clone()
        };
        let mut run = sound(1);
        assert!(told(&run).starts_with("No energy is told"));
        run.epochs = 4;
        run.energy = Some(TrainingEnergy {
            epochs: 3,
            cpu_wh: Some(1.25),
            gpu_wh: Some(0.5),
        });
        assert_eq!(
            told(&run),
            "Training took 1.250 Wh of the processors, with what other programs did meanwhile, and \
             0.500 Wh of the GPU, told of 3 of 4 epochs."
        );
    }

    #[test]
    fn a_run_of_three_seeds_on_one_cut_with_references_lacks_nothing() {
        let all = listed(&[sound(1), sound(2), sound(3)]);
        let badge = badge_of(&sound(2), &all);
        assert_eq!(badge.mark(), TrustMark::Held, "{badge:?}");
        assert_eq!(badge.words(), "all checks held");
        let text = badge.markdown("Trust");
        assert!(
            text.starts_with("# Trust\n\nall checks held\n")
                && text.contains("**Seeds** (held): 3")
        );
    }

    /// A fault, and how the check of its topic is to come out.
    type Fault = (TrustTopic, TrustMark, fn(&mut Manifest));

    /// Each fault is found by its own check, and by no other.
    #[test]
    fn each_fault_is_told_by_its_own_check() {
        use TrustMark::{Lacks, Say};
        let seeds = [sound(1), sound(2), sound(3)];
        let faults: [Fault; 16] = [
            (TrustTopic::Test, Say, |run| {
                let again = Problem::warning("training.epochs", "read again");
                run.problems.push(again.of_kind(ProblemKind::TestReadAgain));
            }),
            (TrustTopic::ReturnedTargets, Say, |run| {
                run.data.returns = None;
            }),
            (TrustTopic::Test, Say, |run| {
                run.outcome = Some(RunOutcome::Stopped);
            }),
            (TrustTopic::Test, Lacks, |run| run.outcome = None),
            (TrustTopic::Audit, Lacks, |run| run.data.audit.clear()),
            (TrustTopic::Audit, Lacks, |run| {
                run.data
                    .audit
                    .push(finding(Check::TargetInInput, Verdict::Fail));
            }),
            (TrustTopic::Audit, Say, |run| {
                run.data.audit.push(finding(Check::TimeTies, Verdict::Warn));
            }),
            (TrustTopic::Split, Say, |run| {
                run.experiment.split = SplitSpec::LeaveOneOut;
            }),
            (TrustTopic::Split, Say, |run| {
                run.experiment.split = SplitSpec::OwnFiles;
            }),
            (TrustTopic::Ties, Say, |run| {
                run.data.test_ties = Some(TestTies {
                    n_tied: 3,
                    n_asked: 200,
                });
            }),
            (TrustTopic::Candidates, Say, |run| {
                run.experiment.evaluation.candidates = 100;
            }),
            (TrustTopic::ReturnedTargets, Say, |run| {
                run.experiment.evaluation.filter_seen = true.into();
                let test = Returned { of: 200, n: 4 };
                run.data.returns = Some(Returns {
                    test,
                    ..Returns::default()
                });
            }),
            (TrustTopic::Intervals, Say, |run| {
                run.test = Some(Metrics::new(AnswerKind::Ranking, 99).with(Metric::Ndcg10, 0.2));
            }),
            (TrustTopic::References, Lacks, |run| {
                run.references_test.clear();
            }),
            (TrustTopic::References, Say, |run| {
                let better = Metrics::new(AnswerKind::Ranking, 200).with(Metric::Ndcg10, 0.3);
                run.references_test
                    .insert(BaselineKind::Ease.into(), better);
            }),
            (TrustTopic::Warnings, Say, |run| {
                run.problems
                    .push(Problem::warning("training.device", "another device"));
            }),
        ];
        for (topic, mark, fault) in faults {
            // All three seeds are alike, so that the seeds' check holds.
            let mut runs = seeds.clone();
            runs.iter_mut().for_each(fault);
            let badge = badge_of(&runs[0], &listed(&runs));
            for check in &badge.checks {
                let expected = if check.topic == topic {
                    mark
                } else {
                    TrustMark::Held
                };
                assert_eq!(check.mark, expected, "{topic} {mark}: {check:?}");
            }
            assert_eq!(badge.mark(), mark);
        }
    }

    #[test]
    fn only_tested_runs_of_the_same_experiment_count_as_seeds() {
        let seeds_of = |all: &[Manifest]| {
            let badge = badge_of(&sound(1), &listed(all));
            badge.check(TrustTopic::Seeds).unwrap().clone()
        };
        assert_eq!(seeds_of(&[]).mark, TrustMark::Lacks);
        assert_eq!(
            seeds_of(&[sound(1), sound(1)]).mark,
            TrustMark::Lacks,
            "one seed twice"
        );
        let two = seeds_of(&[sound(1), sound(2)]);
        assert_eq!(
            (two.mark, two.cure),
            (TrustMark::Say, Some(TrustCure::AnotherSeed))
        );
        let mut others = [sound(2), sound(3), sound(4)];
        assert_eq!(
            next_seed(&sound(2), &listed(&others)),
            5,
            "the untested one counts"
        );
        others[0].experiment.training.lr = 0.5;
        others[1].data.fingerprint = "b".to_owned();
        others[2].test = None;
        assert_eq!(seeds_of(&others).mark, TrustMark::Lacks);
    }

    #[test]
    fn a_run_cut_off_is_to_be_resumed() {
        let mut run = sound(1);
        (run.outcome, run.test) = (None, None);
        let badge = badge_of(&run, &[]);
        let test = badge.check(TrustTopic::Test).unwrap();
        assert_eq!(
            (test.mark, test.cure),
            (TrustMark::Lacks, Some(TrustCure::Resume))
        );
        assert_eq!(badge.words(), "4 lacking");
    }
}
