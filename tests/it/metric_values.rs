//! Metrics of classes, of yes or no, of numbers and of lists, held against the obvious slow way and
//! against published or reference values.

use proptest::prelude::*;
use proptest::test_runner::Config;
use seqscope::metric::{AnswerKind, Better, Metric, Metrics, N_BINS, Reliability};
use seqscope::spec::Entry;
use strum::IntoEnumIterator as _;

fn close(found: Option<f64>, wanted: f64) -> bool {
    found.is_some_and(|found| (found - wanted).abs() < 1e-9)
}

/// Settings of every property here: nothing is written beside the tests.
fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}

/// Few distinct probabilities, so that ties are common; now and then what a broken model gives.
fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![9 => (0..=8_u8).prop_map(|p| f64::from(p) / 8.0), 1 => Just(f64::NAN)]
}

// ---------------------------------------------------------------------------------------------
// Yes or no
// ---------------------------------------------------------------------------------------------

/// Every pair of a yes and a no: in order 1, tied one half. NaN is the worst that it can be.
fn slow_auc(labels: &[bool], probabilities: &[f64]) -> f64 {
    let place = |at: usize| match (probabilities[at].is_nan(), labels[at]) {
        (true, true) => f64::NEG_INFINITY,
        (true, false) => f64::INFINITY,
        (false, _) => probabilities[at],
    };
    let (mut right, mut pairs) = (0.0, 0.0);
    for yes in (0..labels.len()).filter(|&at| labels[at]) {
        for no in (0..labels.len()).filter(|&at| !labels[at]) {
            pairs += 1.0;
            right += match place(yes).partial_cmp(&place(no)).unwrap() {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    right / pairs
}

/// At every threshold that occurs: precision, times the recall that is new.
fn slow_average_precision(labels: &[bool], probabilities: &[f64]) -> f64 {
    let mut thresholds = probabilities.to_vec();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let n_yes = labels.iter().filter(|yes| **yes).count() as f64;
    let (mut sum, mut recall_before) = (0.0, 0.0);
    for threshold in thresholds {
        let called: Vec<bool> = probabilities.iter().map(|p| *p >= threshold).collect();
        let hits = called
            .iter()
            .zip(labels)
            .filter(|(called, yes)| **called && **yes)
            .count() as f64;
        let recall = hits / n_yes;
        sum += (recall - recall_before) * hits
            / called.iter().filter(|called| **called).count() as f64;
        recall_before = recall;
    }
    sum
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn yes_or_no_equals_its_definitions(pairs in prop::collection::vec((any::<bool>(), probability()), 1..40)) {
        let (labels, probabilities): (Vec<bool>, Vec<f64>) = pairs.into_iter().unzip();
        let found = Metrics::of_binary(&labels, &probabilities);
        let n = labels.len() as f64;
        let outcome = |at: usize| f64::from(u8::from(labels[at]));
        let judged = |at: usize| if probabilities[at].is_nan() { 1.0 - outcome(at) } else { probabilities[at] };
        let brier = (0..labels.len()).map(|at| (judged(at) - outcome(at)).powi(2)).sum::<f64>() / n;
        prop_assert!(close(found.get(Metric::Brier), brier));
        let of_truth = |at: usize| if labels[at] { judged(at) } else { 1.0 - judged(at) };
        let log_loss = (0..labels.len()).map(|at| -of_truth(at).max(1e-15).ln()).sum::<f64>() / n;
        prop_assert!(close(found.get(Metric::LogLoss), log_loss));
        let call = |at: usize| match judged(at) { p if p > 0.5 => 1.0, p if p < 0.5 => 0.0, _ => 0.5 };
        let right = (0..labels.len()).map(|at| 1.0 - (call(at) - outcome(at)).abs()).sum::<f64>() / n;
        prop_assert!(close(found.get(Metric::Accuracy), right));

        let has_both = labels.iter().any(|yes| *yes) && labels.iter().any(|yes| !*yes);
        prop_assert_eq!(found.get(Metric::Auc).is_some(), has_both);
        prop_assert_eq!(found.why_missing(Metric::Auc).is_some(), !has_both);
        if has_both {
            prop_assert!(close(found.get(Metric::Auc), slow_auc(&labels, &probabilities)));
            if probabilities.iter().all(|p| !p.is_nan()) {
                prop_assert!(close(found.get(Metric::PrAuc), slow_average_precision(&labels, &probabilities)));
            }
        }
    }

    #[test]
    fn constant_probabilities_get_what_chance_gets(labels in prop::collection::vec(any::<bool>(), 2..40)) {
        let n_yes = labels.iter().filter(|yes| **yes).count();
        prop_assume!(n_yes > 0 && n_yes < labels.len());
        let found = Metrics::of_binary(&labels, &vec![0.5; labels.len()]);
        prop_assert!(close(found.get(Metric::Auc), 0.5) && close(found.get(Metric::Accuracy), 0.5));
        prop_assert!(close(found.get(Metric::PrAuc), n_yes as f64 / labels.len() as f64));
        let broken = Metrics::of_binary(&labels, &vec![f64::NAN; labels.len()]);
        prop_assert!(close(broken.get(Metric::Auc), 0.0) && close(broken.get(Metric::Brier), 1.0));
    }

    #[test]
    fn calibration_equals_its_definition(
        // Numbers that lie on no bound but the last: 1 / 307 of odd steps.
        pairs in prop::collection::vec((0..=307_u16, any::<bool>()), 1..60)
    ) {
        let pairs: Vec<(f64, f64)> =
            pairs.into_iter().map(|(p, yes)| (f64::from(p) / 307.0, f64::from(u8::from(yes)))).collect();
        let table = Reliability::from_pairs(pairs.iter().copied());
        let mut slow = 0.0;
        for bin in 0..N_BINS {
            let (from, to) = Reliability::bounds(bin);
            let is_in = |p: f64| p >= from && (p < to || bin == N_BINS - 1);
            let members: Vec<&(f64, f64)> = pairs.iter().filter(|(p, _)| is_in(*p)).collect();
            let n = members.len() as f64;
            if n > 0.0 {
                let mean = |of: fn(&(f64, f64)) -> f64| members.iter().map(|m| of(m)).sum::<f64>() / n;
                slow += n / pairs.len() as f64 * (mean(|m| m.0) - mean(|m| m.1)).abs();
            }
        }
        prop_assert!((table.ece() - slow).abs() < 1e-9, "{} {}", table.ece(), slow);
        prop_assert_eq!(table.bins.iter().map(|bin| bin.n).sum::<usize>(), pairs.len());
    }
}

#[test]
fn yes_or_no_as_scikit_learn_has_it() {
    // The examples of the pages of `roc_auc_score` and `average_precision_score`.
    let found = Metrics::of_binary(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8]);
    assert!(
        close(found.get(Metric::Auc), 0.75)
            && close(found.get(Metric::PrAuc), 0.833_333_333_333_333_3)
    );
    // scikit-learn 1.5.2, ties among them: roc_auc_score, average_precision_score, log_loss,
    // brier_score_loss, and accuracy, precision, recall and f1 of `p > .5`.
    let labels = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0].map(|label| label == 1);
    let found = Metrics::of_binary(
        &labels,
        &[0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.2, 0.7, 0.6],
    );
    for (metric, wanted) in [
        (Metric::Auc, 0.8),
        (Metric::PrAuc, 0.839_285_714_285_714_3),
        (Metric::LogLoss, 0.491_773_791_366_177_4),
        (Metric::Brier, 0.165_25),
        (Metric::Accuracy, 0.7),
        (Metric::Precision, 0.75),
        (Metric::Recall, 0.6),
        (Metric::F1, 0.666_666_666_666_666_6),
    ] {
        assert!(
            close(found.get(metric), wanted),
            "{metric}: {:?} is not {wanted}",
            found.get(metric)
        );
    }
}

// ---------------------------------------------------------------------------------------------
// Classes
// ---------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(config())]

    #[test]
    fn classes_equal_their_definitions(
        rows in prop::collection::vec((0..3_usize, prop::array::uniform3(0..=4_u8)), 1..30)
    ) {
        let truth: Vec<usize> = rows.iter().map(|(class, _)| *class).collect();
        let probabilities: Vec<f64> = rows.iter().flat_map(|(_, row)| row.map(|p| f64::from(p) / 4.0)).collect();
        let found = Metrics::of_classes(&truth, &probabilities);
        // The confusion matrix, an answer that is tied shared out.
        let mut matrix = [[0.0_f64; 3]; 3];
        for (class, row) in &rows {
            let best = *row.iter().max().unwrap();
            let n_best: f64 = row.iter().map(|p| if *p == best { 1.0 } else { 0.0 }).sum();
            for (answer, p) in row.iter().enumerate() {
                matrix[*class][answer] += if *p == best { 1.0 / n_best } else { 0.0 };
            }
        }
        let n = rows.len() as f64;
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let (mut f1, mut precision, mut recall, mut n_classes) = (0.0, 0.0, 0.0, 0.0);
        for (class, row) in matrix.iter().enumerate() {
            let (hits, of_class) = (row[class], row.iter().sum::<f64>());
            let answered: f64 = (0..3).map(|other| matrix[other][class]).sum();
            if of_class + answered > 0.0 {
                n_classes += 1.0;
                let (p, r) = (share(hits, answered), share(hits, of_class));
                precision += p;
                recall += r;
                f1 += share(2.0 * p * r, p + r);
            }
        }
        let accuracy = (0..3).map(|class| matrix[class][class]).sum::<f64>() / n;
        for (metric, wanted) in [
            (Metric::Accuracy, accuracy),
            (Metric::F1Micro, accuracy),
            (Metric::PrecisionMacro, precision / n_classes),
            (Metric::RecallMacro, recall / n_classes),
            (Metric::F1Macro, f1 / n_classes),
        ] {
            prop_assert!(close(found.get(metric), wanted), "{}: {:?} is not {}", metric, found.get(metric), wanted);
        }
        let by_answer = rows.iter().enumerate().map(|(at, (class, _))| {
            Metric::Accuracy.of_class(*class, &probabilities[3 * at..3 * at + 3]).unwrap()
        });
        prop_assert!((by_answer.sum::<f64>() / n - accuracy).abs() < 1e-9, "accuracy is a mean \
            over answers");
    }
}

#[test]
fn classes_as_scikit_learn_has_them() {
    // scikit-learn 1.5.2: accuracy_score, precision_score, recall_score and f1_score with
    // average="macro", log_loss.
    let truth = [0, 1, 2, 2, 1, 0, 2, 1];
    let probabilities = [
        0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.5, 0.2, 0.3, 0.2, 0.5, 0.3, 0.1, 0.3, 0.6,
        0.1, 0.2, 0.7, 0.6, 0.3, 0.1,
    ];
    let found = Metrics::of_classes(&truth, &probabilities);
    for (metric, wanted) in [
        (Metric::Accuracy, 0.625),
        (Metric::PrecisionMacro, 0.666_666_666_666_666_6),
        (Metric::RecallMacro, 0.611_111_111_111_111),
        (Metric::F1Macro, 0.622_222_222_222_222_2),
        (Metric::F1Micro, 0.625),
        (Metric::LogLoss, 0.907_057_756_658_961_6),
    ] {
        assert!(
            close(found.get(metric), wanted),
            "{metric}: {:?} is not {wanted}",
            found.get(metric)
        );
    }
}

#[test]
fn a_model_of_classes_that_says_nothing_or_is_broken_does_not_look_good() {
    let same = Metrics::of_classes(&[0, 0, 0, 1], &[0.5; 8]);
    assert!(
        close(same.get(Metric::Accuracy), 0.5),
        "not the .75 of always saying the first"
    );
    let broken = Metrics::of_classes(&[0, 1], &[f64::NAN, 0.5, 0.9, f64::NAN]);
    assert!(
        close(broken.get(Metric::Accuracy), 0.0) && broken.get(Metric::LogLoss).unwrap() > 30.0
    );
    assert!(close(broken.get(Metric::Ece), 1.0), "sure and wrong");
    assert_eq!(
        Metrics::of_classes(&[], &[]),
        Metrics::new(AnswerKind::Classes, 0)
    );
}

// ---------------------------------------------------------------------------------------------
// Numbers and lists
// ---------------------------------------------------------------------------------------------

#[test]
fn numbers_as_scikit_learn_has_them() {
    // The example of the pages of `mean_absolute_error` and `mean_squared_error`: .5 and .375.
    let found = Metrics::of_numbers(&[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0]);
    assert!(close(found.get(Metric::Mae), 0.5) && close(found.get(Metric::Rmse), 0.375_f64.sqrt()));
    let broken = Metrics::of_numbers(&[1.0, 2.0], &[1.0, f64::NAN]);
    assert_eq!(broken.get(Metric::Mae), None);
    assert!(
        broken
            .why_missing(Metric::Mae)
            .is_some_and(|why| why.starts_with("1 of 2"))
    );
}

#[test]
fn lists_by_hand() {
    // Four items with 4, 2, 1 and 0 training events; two lists: items 1, 2 and items 1, 3. Item 9
    // is none.
    let found = Metrics::of_lists(&[vec![1, 2], vec![1, 3, 9]], &[0, 4, 2, 1, 0]);
    assert!(close(found.get(Metric::Coverage10), 0.75));
    // Listed 0, 1, 1, 2 times: (-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4).
    assert!(close(found.get(Metric::Gini10), 6.0 / 16.0));
    // Shares (c + 1) / 11: 5, 5, 3 and 2 elevenths.
    let novelty = [5.0, 5.0, 3.0, 2.0]
        .map(|c: f64| -(c / 11.0).log2())
        .iter()
        .sum::<f64>()
        / 4.0;
    assert!(close(found.get(Metric::Novelty10), novelty));
    // In lists (4 + 4 + 2 + 1) / 4; in histories (16 + 4 + 1) / 7.
    assert!(close(found.get(Metric::PopularityLift10), 2.75 / 3.0));
    assert_eq!(
        Metrics::of_lists(&[], &[0, 1]),
        Metrics::new(AnswerKind::Ranking, 0)
    );
}

// ---------------------------------------------------------------------------------------------
// The list of metrics
// ---------------------------------------------------------------------------------------------

#[test]
fn every_metric_says_what_it_is() {
    let mut names = std::collections::BTreeSet::new();
    for metric in Metric::iter() {
        let words = metric.words();
        assert!(names.insert(metric.name()), "{metric} twice");
        assert_eq!(metric.name().parse(), Ok(metric));
        assert!(
            !words.title.is_empty() && words.summary.ends_with('.') && !words.source.is_empty(),
            "{metric}"
        );
        assert!(!metric.kinds().is_empty(), "{metric} belongs to a task");
    }
    for kind in AnswerKind::iter() {
        let primary = kind.primary();
        assert_eq!(kind.headline().first(), Some(&primary), "{kind}");
        assert!(
            kind.headline()
                .iter()
                .all(|metric| metric.kinds().contains(&kind)),
            "{kind}"
        );
        assert!(
            primary.better() != Better::Neither && kind.by_user().is_by_user(),
            "{kind}"
        );
    }
}

#[test]
fn better_is_higher_or_lower_and_never_nan() {
    assert!(Metric::Auc.is_better(0.6, 0.5) && !Metric::Auc.is_better(0.5, 0.5));
    assert!(Metric::Mae.is_better(1.0, 2.0) && !Metric::Mae.is_better(2.0, 1.0));
    assert!(!Metric::Mae.is_better(f64::NAN, 2.0) && Metric::Mae.is_better(2.0, f64::NAN));
    assert!(
        (Metric::Mae.gain(1.0, 2.0) - 1.0).abs() < 1e-12
            && (Metric::Auc.gain(0.25, 0.5) + 0.25).abs() < 1e-12
    );
}
