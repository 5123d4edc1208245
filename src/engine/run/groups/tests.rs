//! Groups against scipy and statsmodels (`tests/gold/groups/groups.py`), and what is no difference.

use serde_json::Value;

use super::*;
use crate::experiment::Experiment;
use crate::run::{DataStamp, ReferenceAnswers, UserResult};
use seqscope_base::metric::{AnswerKind, Metrics};
use seqscope_model::baseline::BaselineKind;
use seqscope_model::{DeviceInfo, DeviceKind, GruSpec, LstmSpec, ModelSpec};

fn manifest(id: &str, change: impl FnOnce(&mut Manifest)) -> Manifest {
    let data = DataStamp {
        fingerprint: "a".to_owned(),
        split_fingerprint: "b".to_owned(),
        ..DataStamp::default()
    };
    let device = DeviceInfo {
        key: "cpu".to_owned(),
        name: "cpu".to_owned(),
        backend: "flex".to_owned(),
        kind: DeviceKind::Cpu,
    };
    let mut manifest = Manifest::new(Experiment::default(), data, device, 1);
    manifest.id = RunId(id.to_owned());
    change(&mut manifest);
    manifest
}

fn results(ranks: &[f64]) -> Vec<UserResult> {
    let result = |(at, &rank): (usize, &f64)| UserResult {
        user_id: format!("u{at:02}"),
        item_id: "i".to_owned(),
        rank,
        probability: 0.1,
        predicted: None,
        answered: None,
        facts: None,
    };
    ranks.iter().enumerate().map(result).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

fn gold() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/gold/groups/groups.json"
    );
    let told: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    told["groups"].clone()
}

/// The runs of the gold file: three models of three seeds, with their answers.
fn gold_runs(told: &Value) -> (Vec<Manifest>, Vec<Vec<UserResult>>) {
    let models = [
        ("a", ModelSpec::default()),
        ("b", ModelSpec::Lstm(LstmSpec::default())),
        ("c", ModelSpec::Gru(GruSpec::default())),
    ];
    let (mut manifests, mut answered) = (Vec::new(), Vec::new());
    for (name, model) in models {
        for (seed, ranks) in told["ranks"][name].as_array().unwrap().iter().enumerate() {
            manifests.push(manifest(&format!("{name}{seed}"), |m| {
                (m.experiment.model, m.experiment.seed) = (model.clone(), seed as u64);
            }));
            answered.push(results(&numbers(ranks)));
        }
    }
    (manifests, answered)
}

fn tested<'a>(manifests: &'a [Manifest], answered: &'a [Vec<UserResult>]) -> Vec<Tested<'a>> {
    manifests
        .iter()
        .zip(answered)
        .map(|(manifest, results)| Tested { manifest, results })
        .collect()
}

#[track_caller]
fn assert_near(what: &str, found: f64, wanted: &Value) {
    let wanted = wanted.as_f64().unwrap();
    assert!(
        (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-3),
        "{what}: {found} is not {wanted}"
    );
}

#[test]
fn groups_and_pairs_are_those_of_scipy_and_statsmodels() {
    let told = gold();
    let (manifests, answered) = gold_runs(&told);
    let runs = tested(&manifests, &answered);
    let found = compare_groups(&runs, None, Metric::Mrr, &[Metric::Hr1]);
    assert_eq!(
        (found.groups.len(), found.pairs.len(), found.n_tests),
        (3, 3, 3)
    );
    let labels: Vec<&str> = found
        .groups
        .iter()
        .map(|group| group.label.as_str())
        .collect();
    assert_eq!(labels, ["Transformer", "LSTM", "GRU"]);
    for (group, name) in found.groups.iter().zip(["a", "b", "c"]) {
        let (measure, wanted) = (group.measure(Metric::Mrr).unwrap(), &told["groups"][name]);
        assert_eq!(
            (group.ids.len(), group.intervals_by()),
            (3, IntervalSource::Seeds)
        );
        assert_near("mean", measure.mean, &wanted["mean"]);
        assert_near(
            "deviation",
            measure.deviation.unwrap(),
            &wanted["deviation"],
        );
        assert_near("low", measure.interval.unwrap().low, &wanted["low"]);
        assert_near("high", measure.interval.unwrap().high, &wanted["high"]);
    }
    let place = |name: &Value| "abc".find(name.as_str().unwrap()).unwrap();
    for wanted in told["pairs"].as_array().unwrap() {
        let [one, other] = [&wanted["one"], &wanted["other"]].map(place);
        let pair = found.pairs.iter().find(|pair| {
            let sides = [pair.better, pair.other];
            sides.contains(&Contestant::Group(one)) && sides.contains(&Contestant::Group(other))
        });
        let pair = pair.unwrap();
        let difference = pair.found.as_ref().unwrap();
        // Theirs is the first over the second, ours the better over the other.
        let sign = if pair.better == Contestant::Group(one) {
            1.0
        } else {
            -1.0
        };
        let both = difference.both.unwrap();
        assert!(difference.gain >= 0.0);
        assert_near("gain", sign * difference.gain, &wanted["gain"]);
        assert_near(
            "d_z",
            sign * difference.paired.effect.d_z.unwrap(),
            &wanted["d_z"],
        );
        assert_near("error", both.error, &wanted["error"]);
        assert_near("degrees", both.degrees, &wanted["degrees"]);
        assert_near("p", both.p, &wanted["p"]);
        assert_near(
            "p by Holm",
            difference.both_corrected.unwrap(),
            &wanted["p_holm"],
        );
        assert_near("flips", difference.paired.randomisation.p, &wanted["flips"]);
        assert_near(
            "flips by Holm",
            difference.paired.corrected[0],
            &wanted["flips_holm"],
        );
        assert_near("ranks", difference.paired.wilcoxon.p, &wanted["ranks"]);
        assert_near(
            "ranks by Holm",
            difference.paired.corrected[1],
            &wanted["ranks_holm"],
        );
    }
}

#[test]
fn the_order_of_runs_and_seeds_changes_nothing() {
    let told = gold();
    let (manifests, answered) = gold_runs(&told);
    let runs = tested(&manifests, &answered);
    let mut turned = runs.clone();
    turned.reverse();
    let [ours, theirs] = [runs, turned].map(|runs| compare_groups(&runs, None, Metric::Mrr, &[]));
    let mut labels: Vec<&str> = theirs
        .groups
        .iter()
        .map(|group| group.label.as_str())
        .collect();
    labels.reverse();
    let wanted: Vec<&str> = ours
        .groups
        .iter()
        .map(|group| group.label.as_str())
        .collect();
    assert_eq!(labels, wanted);
    let differences = |of: &GroupedRuns| {
        let mut all: Vec<GroupDifference> = of
            .pairs
            .iter()
            .map(|pair| pair.found.clone().unwrap())
            .collect();
        all.sort_by(|a, b| a.gain.total_cmp(&b.gain));
        all
    };
    assert_eq!(differences(&ours), differences(&theirs));
}

#[test]
fn a_seed_counts_once_and_one_seed_has_the_interval_over_users() {
    let of_seed = |id: &str, seed, epochs| {
        manifest(id, |m| {
            (m.experiment.seed, m.epochs) = (seed, epochs);
        })
    };
    let other = manifest("d", |m| m.experiment.training.lr = 0.5);
    let manifests = [
        of_seed("a", 1, 3),
        of_seed("b", 1, 8),
        of_seed("c", 2, 8),
        other,
    ];
    let answered = [
        [1.0, 2.0, 4.0],
        [2.0, 2.0, 4.0],
        [4.0, 2.0, 1.0],
        [1.0, 1.0, 1.0],
    ]
    .map(|r| results(&r));
    let found = compare_groups(&tested(&manifests, &answered), None, Metric::Mrr, &[]);
    let ids: Vec<&str> = found.groups[0].ids.iter().map(|id| id.0.as_str()).collect();
    assert_eq!(
        (ids, found.groups[0].seeds.clone()),
        (vec!["b", "c"], vec![1, 2])
    );
    assert_eq!(found.groups[1].intervals_by(), IntervalSource::Users);
    let alone = found.groups[1].measure(Metric::Mrr).unwrap();
    assert_eq!((alone.deviation, alone.interval.unwrap().low), (None, 1.0));
    assert_eq!(
        [&found.groups[0].label, &found.groups[1].label],
        ["Transformer, lr 0.001", "Transformer, lr 0.5"]
    );
    // One of the groups has one seed, so what other seeds would give is not known.
    let difference = found.pairs[0].found.as_ref().unwrap();
    assert_eq!((difference.both, difference.both_corrected), (None, None));
    assert_eq!(found.pairs[0].better, Contestant::Group(1));
}

#[test]
fn a_group_is_held_against_the_reference_that_validation_chose() {
    let metrics = |value| Metrics::new(AnswerKind::Ranking, 3).with(Metric::Ndcg10, value);
    let of_seed = |seed| {
        manifest(&format!("s{seed}"), |m| {
            m.experiment.seed = seed;
            m.references_valid = BTreeMap::from([
                (BaselineKind::Popularity.into(), metrics(0.1)),
                (BaselineKind::Markov.into(), metrics(0.3)),
            ])
            .into();
        })
    };
    let manifests = [of_seed(1), of_seed(2)];
    let answered = [[2.0, 2.0, 4.0, 1.0], [4.0, 2.0, 4.0, 1.0]].map(|ranks| results(&ranks));
    let kept = ReferenceResults::beside(
        &answered[0],
        [
            (
                BaselineKind::Popularity.into(),
                ReferenceAnswers::of_ranks(vec![1.0; 4]),
            ),
            (
                BaselineKind::Markov.into(),
                ReferenceAnswers::of_ranks(vec![1.0, 2.0, 2.0, 1.0]),
            ),
        ]
        .into(),
    );
    let runs = tested(&manifests, &answered);
    let found = compare_groups(&runs, Some((&manifests[0], &kept)), Metric::Mrr, &[]);
    assert_eq!(found.best_reference, Some(BaselineKind::Markov.into()));
    // Popularity is first on test, and yet it is not the one that is tested.
    assert_eq!(found.references[0].kind, BaselineKind::Popularity.into());
    assert_eq!((found.pairs.len(), found.n_tests), (1, 1));
    let pair = &found.pairs[0];
    assert_eq!(
        (pair.better, pair.other),
        (
            Contestant::Reference(BaselineKind::Markov.into()),
            Contestant::Group(0)
        )
    );
    let difference = pair.found.as_ref().unwrap();
    // Over seeds the users have .375, .5, .25 and 1; the reference 1, .5, .5 and 1.
    assert!((difference.gain - (0.625 + 0.25) / 4.0).abs() < 1e-12);
    // A reference has no seed: of the two sources the group's seeds alone stand beside the users.
    let both = difference.both.unwrap();
    let means = [
        (0.5 + 0.5 + 0.25 + 1.0) / 4.0,
        (0.25 + 0.5 + 0.25 + 1.0) / 4.0,
    ];
    let of_seeds = (means[0] - means[1]) * (means[0] - means[1]) / 2.0 / 2.0;
    let gains = [0.625, 0.0, 0.25, 0.0];
    let mean: f64 = gains.iter().sum::<f64>() / 4.0;
    let of_users: f64 = gains.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / 3.0 / 4.0;
    assert!((both.error * both.error - (of_seeds + of_users)).abs() < 1e-12);
}

#[test]
fn what_must_not_be_compared_says_why_and_is_no_test() {
    let manifests = [
        manifest("a", |_| {}),
        manifest("b", |m| m.data.split_fingerprint.push('x')),
        manifest("c", |m| m.experiment.training.lr = 0.5),
    ];
    let answered = [[1.0, 2.0], [1.0, 2.0], [2.0, 2.0]].map(|ranks| results(&ranks));
    let found = compare_groups(&tested(&manifests, &answered), None, Metric::Mrr, &[]);
    assert_eq!((found.pairs.len(), found.n_tests), (3, 1));
    assert_eq!(found.pairs[0].found.as_ref().unwrap_err(), "other split");
    let none = [Vec::new(), answered[1].clone(), answered[2].clone()];
    let found = compare_groups(&tested(&manifests, &none), None, Metric::Mrr, &[]);
    let why = found.pairs[1].found.as_ref().unwrap_err();
    assert!(why.contains("no test results"), "{why}");
}

#[test]
fn a_shuffled_twin_tells_what_order_is_worth() {
    let own = manifest("a", |_| {});
    let shuffled = manifest("b", |m| {
        m.experiment = m.experiment.with_order_shuffled().unwrap();
        m.experiment.seed = 9;
    });
    assert_eq!(
        why_not_comparable(&own, &shuffled),
        None,
        "the questions are the same"
    );
    let manifests = [own, shuffled];
    let answered = [[1.0, 2.0, 1.0], [2.0, 2.0, 4.0]].map(|ranks| results(&ranks));
    let found = compare_groups(&tested(&manifests, &answered), None, Metric::Mrr, &[]);
    let labels: Vec<&str> = found
        .groups
        .iter()
        .map(|group| group.label.as_str())
        .collect();
    assert_eq!(
        labels,
        ["Transformer, in order", "Transformer, order shuffled"]
    );
    assert_eq!(found.order.len(), 1);
    assert!(
        found.order[0].contains("what the order of the training events is worth")
            && found.order[0].ends_with(": 0.4167 MRR."),
        "{}",
        found.order[0]
    );
    let other = manifest("c", |m| m.experiment.training.lr = 0.5);
    assert_eq!(
        order_is_worth(&manifests[1], &other),
        None,
        "more than the order differs"
    );
}
