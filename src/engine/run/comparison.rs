//! Honest comparison: how sure the difference between runs is, from what they kept of every user.

use super::contrast::{Contrast, Paired, against_first, values_by_user};
use super::manifest::{Manifest, Summary};
use super::{RunId, UserResult, differ_by_seed_alone};
use seqscope_base::metric::Metric;
use seqscope_base::metric::statistics::{Interval, SeedGroup, bootstrap_mean, seed_group};
use seqscope_base::spec::Entry;
use seqscope_model::ModelKind;

/// A run as it is compared with others.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// Manifest of the run.
    pub manifest: &'a Manifest,
    /// Its test results; empty when it has none.
    pub results: &'a [UserResult],
}

/// Some runs compared with the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Metric of the comparison.
    pub metric: Metric,
    /// The runs, in the order given.
    pub runs: Vec<Compared>,
    /// How many differences were tested together, by all metrics: every p-value is corrected by
    /// Holm over so many.
    pub n_tests: usize,
    /// Groups of two or more of them that differ in nothing but their seed.
    pub groups: Vec<Seeds>,
}

/// One run of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Name of the run.
    pub id: RunId,
    /// Mean over its test users; `None` without results.
    pub value: Option<f64>,
    /// Bootstrap interval of it over users.
    pub interval: Option<Interval>,
    /// Saved runs of the same data, split, task and family, this one counted: so many trials stand
    /// behind it, if it was picked from among them.
    pub n_trials: usize,
    /// How it stands to the first run; the reason where the two must not be compared with each
    /// other. `None` for the first run itself.
    pub against_first: Option<Result<Versus, String>>,
    /// Its differences from the first run by all metrics that both tell; empty for the first run
    /// itself, and where the two must not be compared.
    pub contrasts: Vec<Contrast>,
}

/// One run against the first, user by user.
#[derive(Clone, Debug, PartialEq)]
pub struct Versus {
    /// Effect and tests of the gains over the first run, positive where this one is better.
    pub paired: Paired,
    /// Bootstrap interval of the mean gain over users.
    pub interval: Option<Interval>,
}

/// Runs that differ in their seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Seeds {
    /// The runs.
    pub ids: Vec<RunId>,
    /// Mean and interval over the seeds.
    pub group: SeedGroup,
}

/// Compares runs with the first of them by a metric that is a mean over users, and by `others`
/// beside it, all corrected together; users are matched by id. `all` are the saved runs, among
/// which trials are counted.
#[must_use]
pub fn compare(
    runs: &[Tested<'_>],
    all: &[Summary],
    metric: Metric,
    others: &[Metric],
) -> Comparison {
    let mut metrics = others.to_vec();
    if !metrics.contains(&metric) {
        metrics.push(metric);
    }
    let mut found = against_first(runs, &metrics).into_iter();
    let mut compared: Vec<Compared> = Vec::with_capacity(runs.len());
    for (place, run) in runs.iter().enumerate() {
        // A run of another task has answers that the metric says nothing of.
        let is_meant = metric.kinds().contains(&run.manifest.experiment.answers());
        let results = if is_meant { run.results } else { &[] };
        let values = values_by_user(results, metric).unwrap_or_default();
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        let first = runs.first().filter(|_| place > 0);
        let contrasts = first.and_then(|_| found.next());
        compared.push(Compared {
            id: run.manifest.id.clone(),
            value: mean.filter(|mean| mean.is_finite()),
            interval: bootstrap_mean(&values),
            n_trials: n_trials(run.manifest, all),
            against_first: first.zip(contrasts.as_ref()).map(|(first, contrasts)| {
                versus(
                    *first,
                    *run,
                    metric,
                    contrasts.as_deref().map_err(String::clone)?,
                )
            }),
            contrasts: contrasts.and_then(Result::ok).unwrap_or_default(),
        });
    }
    let tested = compared.iter().flat_map(|run| &run.contrasts);
    Comparison {
        metric,
        groups: seed_groups(runs, &compared),
        n_tests: tested.filter(|contrast| contrast.paired.is_some()).count(),
        runs: compared,
    }
}

/// Each run by itself, by a metric that is a mean over users, with nothing tested: where groups of
/// runs are compared in their place.
#[must_use]
pub fn each_alone(runs: &[Tested<'_>], all: &[Summary], metric: Metric) -> Comparison {
    let alone = |run: &Tested<'_>| compare(&[*run], all, metric, &[]).runs;
    let compared: Vec<Compared> = runs.iter().flat_map(alone).collect();
    Comparison {
        metric,
        groups: seed_groups(runs, &compared),
        n_tests: 0,
        runs: compared,
    }
}

/// Saved runs of the same data, split, task and family as this one, itself counted.
#[must_use]
pub fn n_trials(of: &Manifest, all: &[Summary]) -> usize {
    let family = ModelKind::from(&of.experiment.model);
    1 + all
        .iter()
        .filter_map(|run| run.manifest.as_deref())
        .filter(|other| {
            other.id != of.id
                && other.data.events() == of.data.events()
                && other.data.split_fingerprint == of.data.split_fingerprint
                && other.experiment.task == of.experiment.task
                && ModelKind::from(&other.experiment.model) == family
        })
        .count()
}

/// The difference by one metric, of those that were found; the reason where it is not among them.
fn versus(
    first: Tested<'_>,
    other: Tested<'_>,
    metric: Metric,
    found: &[Contrast],
) -> Result<Versus, String> {
    for run in [first, other] {
        if values_by_user(run.results, metric).is_none_or(|values| values.is_empty()) {
            return Err(format!(
                "`{}` keeps no test results of users by {}",
                run.manifest.id,
                metric.title()
            ));
        }
    }
    let contrast = found.iter().find(|contrast| contrast.metric == metric);
    let paired = contrast.and_then(|contrast| contrast.paired.clone());
    Ok(Versus {
        paired: paired.ok_or("fewer than two users are in both runs, or a result is no number")?,
        interval: contrast.and_then(|contrast| contrast.gain_interval),
    })
}

/// The runs that differ in nothing but their seed, and may be compared.
fn seed_groups(runs: &[Tested<'_>], compared: &[Compared]) -> Vec<Seeds> {
    type Members = Vec<(RunId, f64)>;
    let mut groups: Vec<(&Manifest, Members)> = Vec::new();
    for (run, found) in runs.iter().zip(compared) {
        let Some(value) = found.value else { continue };
        let one = (found.id.clone(), value);
        let group = groups
            .iter_mut()
            .find(|(first, _)| differ_by_seed_alone(first, run.manifest));
        match group {
            Some((_, members)) => members.push(one),
            None => groups.push((run.manifest, vec![one])),
        }
    }
    let group = |members: Members| {
        let (ids, values): (Vec<RunId>, Vec<f64>) = members.into_iter().unzip();
        Some(Seeds {
            group: seed_group(&values)?,
            ids,
        })
    };
    groups
        .into_iter()
        .filter_map(|(_, members)| group(members))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::run::{DataStamp, RunStatus};
    use seqscope_data::TaskSpec;
    use seqscope_model::{LstmSpec, ModelSpec};

    fn manifest(id: &str, change: impl FnOnce(&mut Manifest)) -> Manifest {
        let data = DataStamp {
            fingerprint: "a".to_owned(),
            split_fingerprint: "b".to_owned(),
            ..DataStamp::default()
        };
        let device = seqscope_model::DeviceInfo {
            key: "cpu".to_owned(),
            name: "cpu".to_owned(),
            backend: "flex".to_owned(),
            kind: seqscope_model::DeviceKind::Cpu,
        };
        let mut manifest = Manifest::new(Experiment::default(), data, device, 1);
        manifest.id = RunId(id.to_owned());
        change(&mut manifest);
        manifest
    }

    /// Users u0, u1, … with these ranks.
    fn results(ranks: &[f64]) -> Vec<UserResult> {
        let result = |(at, &rank): (usize, &f64)| UserResult {
            user_id: format!("u{at}"),
            item_id: "i".to_owned(),
            rank,
            probability: 0.1,
            predicted: None,
            answered: None,
            facts: None,
        };
        ranks.iter().enumerate().map(result).collect()
    }

    #[test]
    fn users_are_matched_by_id_and_gains_are_told() {
        let (a, b) = (
            manifest("a", |_| {}),
            manifest("b", |m| m.experiment.training.lr = 0.5),
        );
        let first = results(&[1.0, 2.0, 4.0, 1.0]);
        // The same users in another order: gains of 0, .5, .75 and 0 in MRR.
        let mut second = results(&[1.0, 1.0, 1.0, 1.0]);
        second.reverse();
        let runs = [
            Tested {
                manifest: &a,
                results: &first,
            },
            Tested {
                manifest: &b,
                results: &second,
            },
        ];
        let found = compare(&runs, &[], Metric::Mrr, &[]);
        assert_eq!(
            (found.runs[0].value, found.runs[1].value),
            (Some(2.75 / 4.0), Some(1.0))
        );
        assert!(found.runs[0].against_first.is_none() && found.groups.is_empty());
        let versus = found.runs[1].against_first.clone().unwrap().unwrap();
        assert!((versus.paired.effect.mean - 1.25 / 4.0).abs() < 1e-12);
        assert_eq!(
            (
                versus.paired.effect.share_better,
                versus.paired.effect.share_worse,
                versus.paired.effect.n_users
            ),
            (0.5, 0.0, 4)
        );
        // Two users differ, in one direction: of four flips two are as far from 0.
        let found = [
            versus.paired.randomisation.p,
            versus.paired.wilcoxon.p,
            versus.paired.corrected[0],
            versus.paired.corrected[1],
        ];
        assert!(
            found.iter().all(|p| (p - 0.5).abs() < 1e-12),
            "one comparison needs no correction: {found:?}"
        );
    }

    #[test]
    fn two_comparisons_are_corrected_together() {
        let runs =
            ["a", "b", "c"].map(|id| manifest(id, |m| m.experiment.training.lr = id.len() as f64));
        let of = [vec![9.0; 8], vec![1.0; 8], vec![2.0; 8]].map(|ranks| results(&ranks));
        let tested: Vec<Tested<'_>> = runs
            .iter()
            .zip(&of)
            .map(|(manifest, results)| Tested { manifest, results })
            .collect();
        let found = compare(&tested, &[], Metric::Mrr, &[]);
        for run in &found.runs[1..] {
            let versus = run.against_first.clone().unwrap().unwrap();
            // All eight users gain alike: 2 of 256 flips; times two by Holm.
            assert!((versus.paired.randomisation.p - 2.0 / 256.0).abs() < 1e-12);
            assert!((versus.paired.corrected[0] - 4.0 / 256.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_difference_has_one_p_value_whichever_metric_it_is_looked_at_by() {
        let runs =
            ["a", "b"].map(|id| manifest(id, |m| m.experiment.training.lr = id.len() as f64));
        let of = [vec![9.0; 8], vec![1.0; 8]].map(|ranks| results(&ranks));
        let tested: Vec<Tested<'_>> = runs
            .iter()
            .zip(&of)
            .map(|(manifest, results)| Tested { manifest, results })
            .collect();
        let found = compare(&tested, &[], Metric::Mrr, &[Metric::Ndcg10, Metric::Hr1]);
        let run = &found.runs[1];
        assert_eq!((found.n_tests, run.contrasts.len()), (3, 3));
        let versus = run.against_first.clone().unwrap().unwrap();
        let same = run
            .contrasts
            .iter()
            .find(|contrast| contrast.metric == Metric::Mrr);
        assert_eq!(Some(&versus.paired), same.unwrap().paired.as_ref());
        assert_eq!(versus.interval, same.unwrap().gain_interval);
        // 2 of 256 flips, times three by Holm.
        assert!((versus.paired.corrected[0] - 6.0 / 256.0).abs() < 1e-12);
    }

    #[test]
    fn what_must_not_be_compared_says_why() {
        let first = manifest("a", |_| {});
        let split = manifest("b", |m| m.data.split_fingerprint.push('x'));
        let found = results(&[1.0, 2.0]);
        let runs = [&first, &split].map(|manifest| Tested {
            manifest,
            results: &found,
        });
        let compared = compare(&runs, &[], Metric::Ndcg10, &[]);
        assert_eq!(
            compared.runs[1].against_first,
            Some(Err("other split".to_owned()))
        );
        assert!(
            compared.runs[1].interval.is_some(),
            "by itself it may still be looked at"
        );

        let task = manifest("c", |m| m.experiment.task = TaskSpec::NextBehaviour);
        let other = Tested {
            manifest: &task,
            results: &found,
        };
        let compared = compare(&[runs[0], other], &[], Metric::Ndcg10, &[]);
        assert_eq!(
            compared.runs[1].against_first,
            Some(Err("another task".to_owned()))
        );
        assert_eq!(
            (compared.runs[1].value, compared.runs[1].interval),
            (None, None),
            "not by this metric"
        );

        let without = Tested {
            manifest: &first,
            results: &[],
        };
        let why = compare(&[runs[0], without], &[], Metric::Ndcg10, &[]).runs[1]
            .against_first
            .clone();
        assert!(why.unwrap().unwrap_err().contains("no test results"));
        let why = compare(&[runs[0], runs[0]], &[], Metric::Auc, &[]).runs[1]
            .against_first
            .clone();
        assert!(
            why.unwrap().unwrap_err().contains("by AUC"),
            "AUC is no mean over users"
        );
    }

    #[test]
    fn seeds_are_grouped_and_trials_counted() {
        let seeds =
            [1, 2, 3].map(|seed| manifest(&format!("s{seed}"), |m| m.experiment.seed = seed));
        let other = manifest("lstm", |m| {
            m.experiment.model = ModelSpec::Lstm(LstmSpec::default());
        });
        let of = [
            results(&[1.0, 2.0]),
            results(&[1.0, 4.0]),
            results(&[2.0, 2.0]),
            results(&[1.0, 1.0]),
        ];
        let runs: Vec<&Manifest> = seeds.iter().chain([&other]).collect();
        let tested: Vec<Tested<'_>> = runs
            .iter()
            .zip(&of)
            .map(|(manifest, results)| Tested { manifest, results })
            .collect();
        let all: Vec<Summary> = runs
            .iter()
            .map(|m| Summary {
                id: m.id.clone(),
                status: RunStatus::Interrupted,
                manifest: Some(std::sync::Arc::new((*m).clone())),
                about: crate::run::AboutRun::default(),
            })
            .collect();
        let found = compare(&tested, &all, Metric::Mrr, &[]);
        assert_eq!(
            found
                .runs
                .iter()
                .map(|run| run.n_trials)
                .collect::<Vec<_>>(),
            [3, 3, 3, 1]
        );
        assert_eq!(found.groups.len(), 1);
        assert_eq!(found.groups[0].ids.len(), 3);
        // .75, .625 and .5.
        assert!((found.groups[0].group.mean - 0.625).abs() < 1e-12);
    }
}
