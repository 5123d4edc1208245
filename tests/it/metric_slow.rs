//! Every metric there is, for every kind of answer that has it, against its definition written out
//! the slow way.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::Config;
use seqscope::metric::{AnswerKind, Metric, Metrics, N_BINS, Seen, mid_rank};
use strum::IntoEnumIterator as _;

/// Answers of each kind to the same number of questions.
#[derive(Clone, Debug)]
struct Answers {
    /// Of each user the items from the best to the worst, from 1, without those seen, and the true
    /// one.
    lists: Vec<(Vec<u32>, u32)>,
    /// The same with all items, and those that the user had.
    asked: Vec<(Vec<u32>, u32, Vec<u32>)>,
    /// Training events of each item; item 0 is padding.
    n_events: Vec<u32>,
    /// The true class of three, and the probability of each.
    classes: Vec<(usize, [f64; 3])>,
    /// Whether it happened, and its probability.
    yes: Vec<(bool, f64)>,
    /// The true number, and the predicted one.
    numbers: Vec<(f64, f64)>,
}

const N_ITEMS: u32 = 26;

/// Probabilities with ties among them, none on the bound of a bin but 0 and 1.
fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![6 => (0..=14_u16).prop_map(|k| f64::from(k * 22) / 308.0 * 0.999), 1 => Just(0.5), 1 => Just(1.0)]
}

fn answers() -> impl Strategy<Value = Answers> {
    let order = Just((1..=N_ITEMS).collect::<Vec<u32>>()).prop_shuffle();
    let history = prop::collection::vec(1..=N_ITEMS, 0..15);
    let one = (
        (order, 1..=N_ITEMS, history),
        (0..3_usize, prop::array::uniform3(probability())),
        (any::<bool>(), probability()),
        (-4.0..4.0, -4.0..4.0),
    );
    let counts = prop::collection::vec(0..6_u32, N_ITEMS as usize);
    (prop::collection::vec(one, 2..25), counts, 1..4_u32).prop_map(|(all, mut n_events, first)| {
        n_events.insert(0, 0);
        // Somebody did something.
        n_events[1] = first;
        let mut answers = Answers {
            lists: vec![],
            asked: vec![],
            n_events,
            classes: vec![],
            yes: vec![],
            numbers: vec![],
        };
        for (asked, class, yes, number) in all {
            let (order, wanted, history) = &asked;
            let list = order
                .iter()
                .copied()
                .filter(|item| !history.contains(item))
                .collect();
            answers.lists.push((list, *wanted));
            answers.asked.push(asked);
            answers.classes.push(class);
            answers.yes.push(yes);
            answers.numbers.push(number);
        }
        answers
    })
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn one_if(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

/// Mean over users of what `of` says of the list and the one item in it that is relevant.
fn of_lists(answers: &Answers, of: impl Fn(&[u32], u32) -> f64) -> f64 {
    mean(answers.lists.iter().map(|(list, wanted)| of(list, *wanted)))
}

/// DCG over the first `k` places by that of the best list, whose first item is the relevant one.
fn ndcg(list: &[u32], wanted: u32, k: usize) -> f64 {
    let dcg = |list: &[u32]| -> f64 {
        let gains = list.iter().take(k).enumerate();
        gains
            .map(|(at, item)| one_if(*item == wanted) / ((at + 2) as f64).log2())
            .sum()
    };
    dcg(list) / dcg(&[wanted])
}

/// Mean of the precision at each relevant place among the first `k`.
fn average_precision(list: &[u32], wanted: u32, k: usize) -> f64 {
    let precision = |at: usize| mean(list[..=at].iter().map(|item| one_if(*item == wanted)));
    (0..k.min(list.len()))
        .filter(|&at| list[at] == wanted)
        .map(precision)
        .sum()
}

fn holds(list: &[u32], wanted: u32, k: usize) -> f64 {
    one_if(list.iter().take(k).any(|item| *item == wanted))
}

/// Every place of every user's first ten.
fn places(answers: &Answers) -> Vec<u32> {
    answers
        .lists
        .iter()
        .flat_map(|(list, _)| list.iter().take(10).copied())
        .collect()
}

/// Half the mean distance of two items' counts, by the mean count.
fn gini(answers: &Answers) -> f64 {
    let places = places(answers);
    let count = |item: u32| places.iter().filter(|place| **place == item).count() as f64;
    let counts: Vec<f64> = (1..=N_ITEMS).map(count).collect();
    let distances = counts
        .iter()
        .flat_map(|a| counts.iter().map(move |b| (a - b).abs()));
    mean(distances) / 2.0 / mean(counts.clone())
}

fn novelty(answers: &Answers) -> f64 {
    // One event is added to each item.
    let all: u32 = answers.n_events.iter().sum::<u32>() + N_ITEMS;
    let surprise =
        |item: u32| -(f64::from(answers.n_events[item as usize] + 1) / f64::from(all)).log2();
    mean(places(answers).into_iter().map(surprise))
}

fn popularity_lift(answers: &Answers) -> f64 {
    let popularity = |item: u32| f64::from(answers.n_events[item as usize]);
    let events =
        (1..=N_ITEMS).flat_map(|item| (0..answers.n_events[item as usize]).map(move |_| item));
    mean(places(answers).into_iter().map(popularity)) / mean(events.map(popularity))
}

/// Row and column of the truth and the answer; an answer that is tied counts for each by its share.
fn confusion(answers: &Answers) -> [[f64; 3]; 3] {
    let mut matrix = [[0.0; 3]; 3];
    for (truth, row) in &answers.classes {
        let best = row.iter().copied().fold(0.0, f64::max);
        let n_best: f64 = row.iter().map(|p| one_if(*p >= best)).sum();
        for (answer, p) in row.iter().enumerate() {
            matrix[*truth][answer] += one_if(*p >= best) / n_best;
        }
    }
    matrix
}

/// True positives, false positives, and false negatives of a class.
fn counted(matrix: &[[f64; 3]; 3], class: usize) -> [f64; 3] {
    let others = || (0..3).filter(|other| *other != class);
    let [wrong, missed] = [
        others().map(|other| matrix[other][class]).sum::<f64>(),
        others().map(|other| matrix[class][other]).sum::<f64>(),
    ];
    [matrix[class][class], wrong, missed]
}

fn precision([hits, wrong, _]: [f64; 3]) -> f64 {
    share(hits, hits + wrong)
}

fn recall([hits, _, missed]: [f64; 3]) -> f64 {
    share(hits, hits + missed)
}

fn f1(counts: [f64; 3]) -> f64 {
    share(
        2.0 * precision(counts) * recall(counts),
        precision(counts) + recall(counts),
    )
}

/// Mean over the classes that occur in truth or answers.
fn over_classes(answers: &Answers, of: fn([f64; 3]) -> f64) -> f64 {
    let matrix = confusion(answers);
    let every = (0..3).map(|class| counted(&matrix, class));
    mean(
        every
            .filter(|counts| counts.iter().sum::<f64>() > 0.0)
            .map(of),
    )
}

/// Of the counts of all classes together.
fn together(answers: &Answers, of: fn([f64; 3]) -> f64) -> f64 {
    let matrix = confusion(answers);
    let sum = |at: usize| (0..3).map(|class| counted(&matrix, class)[at]).sum::<f64>();
    of([sum(0), sum(1), sum(2)])
}

/// True positives, false positives, and false negatives of yes; a probability of .5 is half a yes.
fn of_yes(answers: &Answers) -> [f64; 3] {
    let call = |p: f64| {
        if p < 0.5 {
            0.0
        } else {
            one_if(p > 0.5).max(0.5)
        }
    };
    let sum = |of: &dyn Fn(bool, f64) -> f64| {
        answers
            .yes
            .iter()
            .map(|(yes, p)| of(*yes, call(*p)))
            .sum::<f64>()
    };
    [
        sum(&|yes, call| one_if(yes) * call),
        sum(&|yes, call| one_if(!yes) * call),
        sum(&|yes, call| one_if(yes) * (1.0 - call)),
    ]
}

fn binary_accuracy(answers: &Answers) -> f64 {
    let [hits, wrong, missed] = of_yes(answers);
    let n = answers.yes.len() as f64;
    (n - wrong - missed).max(hits) / n
}

fn auc(answers: &Answers) -> Option<f64> {
    let of = |wanted: bool| {
        answers
            .yes
            .iter()
            .filter(move |(yes, _)| *yes == wanted)
            .map(|(_, p)| *p)
    };
    let pairs: Vec<f64> = of(true)
        .flat_map(|yes| {
            of(false).map(move |no| {
                if yes < no {
                    0.0
                } else {
                    one_if(yes > no).max(0.5)
                }
            })
        })
        .collect();
    (!pairs.is_empty()).then(|| mean(pairs))
}

/// Precision at each threshold that occurs, times the recall that is new there.
fn pr_auc(answers: &Answers) -> Option<f64> {
    auc(answers)?;
    let mut thresholds: Vec<f64> = answers.yes.iter().map(|(_, p)| *p).collect();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let (mut sum, mut before) = (0.0, 0.0);
    for threshold in thresholds {
        let called: Vec<bool> = answers
            .yes
            .iter()
            .filter(|(_, p)| *p >= threshold)
            .map(|(yes, _)| *yes)
            .collect();
        let hits = called.iter().filter(|yes| **yes).count() as f64;
        let recall = hits / answers.yes.iter().filter(|(yes, _)| *yes).count() as f64;
        sum += (recall - before) * hits / called.len() as f64;
        before = recall;
    }
    Some(sum)
}

/// Guo et al. 2017, eq. 3.
fn ece(pairs: &[(f64, f64)]) -> f64 {
    let of_bin = |bin: usize| {
        let [from, to] = [bin, bin + 1].map(|at| at as f64 / N_BINS as f64);
        let is_in = |p: f64| p >= from && (p < to || bin + 1 == N_BINS);
        let members: Vec<&(f64, f64)> = pairs.iter().filter(|(p, _)| is_in(*p)).collect();
        let gap = mean(members.iter().map(|m| m.0)) - mean(members.iter().map(|m| m.1));
        if members.is_empty() {
            0.0
        } else {
            members.len() as f64 / pairs.len() as f64 * gap.abs()
        }
    };
    (0..N_BINS).map(of_bin).sum()
}

/// Of each answer the surest class's probability, and by how much it is right.
fn surest(answers: &Answers) -> Vec<(f64, f64)> {
    let of = |(truth, row): &(usize, [f64; 3])| {
        let best = row.iter().copied().fold(0.0, f64::max);
        let n_best: f64 = row.iter().map(|p| one_if(*p >= best)).sum();
        (best, one_if(row[*truth] >= best) / n_best)
    };
    answers.classes.iter().map(of).collect()
}

fn log_loss(of_truth: impl Iterator<Item = f64>) -> f64 {
    mean(of_truth.map(|p| -p.max(1e-15).ln()))
}

/// The metric by its definition; `None` where the answers have none.
fn slow(metric: Metric, kind: AnswerKind, answers: &Answers) -> Option<f64> {
    let is_binary = kind == AnswerKind::Binary;
    Some(match metric {
        Metric::Ndcg5 => of_lists(answers, |list, wanted| ndcg(list, wanted, 5)),
        Metric::Ndcg10 => of_lists(answers, |list, wanted| ndcg(list, wanted, 10)),
        Metric::Ndcg20 => of_lists(answers, |list, wanted| ndcg(list, wanted, 20)),
        Metric::Hr1 => of_lists(answers, |list, wanted| holds(list, wanted, 1)),
        Metric::Hr5 => of_lists(answers, |list, wanted| holds(list, wanted, 5)),
        Metric::Hr10 | Metric::Recall10 => {
            of_lists(answers, |list, wanted| holds(list, wanted, 10))
        }
        Metric::Hr20 | Metric::Recall20 => {
            of_lists(answers, |list, wanted| holds(list, wanted, 20))
        }
        Metric::Map10 => of_lists(answers, |list, wanted| average_precision(list, wanted, 10)),
        Metric::Mrr => of_lists(answers, |list, wanted| {
            average_precision(list, wanted, list.len())
        }),
        Metric::Coverage10 => {
            places(answers).into_iter().collect::<BTreeSet<_>>().len() as f64 / f64::from(N_ITEMS)
        }
        Metric::Gini10 => gini(answers),
        Metric::Novelty10 => novelty(answers),
        Metric::PopularityLift10 => popularity_lift(answers),
        Metric::Accuracy if is_binary => binary_accuracy(answers),
        Metric::Accuracy => mean(surest(answers).into_iter().map(|(_, right)| right)),
        Metric::F1Macro => over_classes(answers, f1),
        Metric::PrecisionMacro => over_classes(answers, precision),
        Metric::RecallMacro => over_classes(answers, recall),
        Metric::F1Micro => together(answers, f1),
        Metric::PrecisionMicro => together(answers, precision),
        Metric::RecallMicro => together(answers, recall),
        Metric::Auc => auc(answers)?,
        Metric::PrAuc => pr_auc(answers)?,
        Metric::LogLoss if is_binary => log_loss(
            answers
                .yes
                .iter()
                .map(|(yes, p)| if *yes { *p } else { 1.0 - p }),
        ),
        Metric::LogLoss => log_loss(answers.classes.iter().map(|(truth, row)| row[*truth])),
        Metric::Brier => mean(
            answers
                .yes
                .iter()
                .map(|(yes, p)| (one_if(*yes) - p).powi(2)),
        ),
        Metric::Ece if is_binary => ece(&answers
            .yes
            .iter()
            .map(|(yes, p)| (*p, one_if(*yes)))
            .collect::<Vec<_>>()),
        Metric::Ece => ece(&surest(answers)),
        Metric::F1 => f1(of_yes(answers)),
        Metric::Precision => precision(of_yes(answers)),
        Metric::Recall => recall(of_yes(answers)),
        Metric::Mae => mean(
            answers
                .numbers
                .iter()
                .map(|(truth, found)| (truth - found).abs()),
        ),
        Metric::Rmse => mean(
            answers
                .numbers
                .iter()
                .map(|(truth, found)| (truth - found).powi(2)),
        )
        .sqrt(),
    })
}

/// What the program finds of the same answers.
fn found(kind: AnswerKind, answers: &Answers) -> Vec<Metrics> {
    match kind {
        AnswerKind::Ranking => {
            // Scores that fall along the list.
            let rank = |(list, wanted, history): &(Vec<u32>, u32, Vec<u32>)| {
                let mut scores = vec![0.0; N_ITEMS as usize + 1];
                list.iter()
                    .zip(0_u8..)
                    .for_each(|(item, at)| scores[*item as usize] = -f32::from(at));
                mid_rank(&scores, *wanted as usize, &Seen::LeftOut.excluded(history))
            };
            let lists: Vec<Vec<u32>> = answers
                .lists
                .iter()
                .map(|(list, _)| list[..10].to_vec())
                .collect();
            let ranks: Vec<f64> = answers.asked.iter().map(rank).collect();
            vec![
                Metrics::of_ranks(&ranks),
                Metrics::of_lists(&lists, &answers.n_events),
            ]
        }
        AnswerKind::Classes => {
            let (truth, rows): (Vec<usize>, Vec<[f64; 3]>) =
                answers.classes.iter().copied().unzip();
            vec![Metrics::of_classes(&truth, rows.as_flattened())]
        }
        AnswerKind::Binary => {
            let (labels, probabilities): (Vec<bool>, Vec<f64>) =
                answers.yes.iter().copied().unzip();
            vec![Metrics::of_binary(&labels, &probabilities)]
        }
        AnswerKind::Number => {
            let (truth, predicted): (Vec<f64>, Vec<f64>) = answers.numbers.iter().copied().unzip();
            vec![Metrics::of_numbers(&truth, &predicted)]
        }
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_metric_equals_its_definition(answers in answers()) {
        for kind in AnswerKind::iter() {
            let found = found(kind, &answers);
            for metric in Metric::iter() {
                let ours = found.iter().find_map(|metrics| metrics.get(metric));
                let wanted = metric.kinds().contains(&kind).then(|| slow(metric, kind, &answers)).flatten();
                let near = match (ours, wanted) {
                    (Some(ours), Some(wanted)) => (ours - wanted).abs() < 1e-9,
                    (None, None) => true,
                    _ => false,
                };
                prop_assert!(near, "{} of {}: {:?} and not {:?}", metric, kind, ours, wanted);
            }
        }
    }
}
