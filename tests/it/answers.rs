//! What every family promises of its answers: they are those of its scores, whoever computes them.

use seqscope::data::Histories;
use seqscope::metric::{MISS, mid_rank};
use seqscope::model::{Layers, ModelSpec, Questions, RankAnswer, Trainable};

use crate::model::{N_ITEMS, build, cpu, families, train};

/// Histories of every length from none to longer than the window.
fn questions(filter_seen: bool) -> Questions {
    let history = |row: u32| {
        (0..row % 17)
            .map(|at| (row * 7 + at * at) % N_ITEMS as u32 + 1)
            .collect::<Vec<u32>>()
    };
    let histories: Vec<Vec<u32>> = (0..60).map(history).collect();
    Questions {
        histories: histories.iter().map(Vec::as_slice).collect(),
        targets: (0..60).map(|row| (row * 3) % N_ITEMS as u32 + 1).collect(),
        filter_seen,
        n_items: N_ITEMS,
    }
}

fn trained(spec: &ModelSpec, layers: Layers) -> Box<dyn Trainable> {
    let mut model = build(spec, &cpu().with_layers(layers), 1);
    train(&mut *model, 0, 3);
    model
}

/// Whether two ranks are both a miss, or no further apart than `most`.
fn are_within(a: f64, b: f64, most: f64) -> bool {
    (a == MISS && b == MISS) || (a - b).abs() <= most
}

/// Our own forward pass rounds otherwise than burn's: items that score within 10⁻⁴ of the target
/// may change places with it.
#[test]
fn answers_are_those_of_the_scores() {
    for spec in families() {
        for (layers, filter_seen) in [
            (Layers::Fused, true),
            (Layers::Fused, false),
            (Layers::Plain, true),
        ] {
            let (model, questions) = (trained(&spec, layers), questions(filter_seen));
            let scores = model.scores(&questions.histories).unwrap();
            let answers = model.answers(&questions).unwrap();
            assert_eq!(answers.len(), questions.len());
            for (at, (answer, row)) in answers
                .iter()
                .zip(scores.chunks_exact(N_ITEMS + 1))
                .enumerate()
            {
                let what = format!("{}, {layers:?}, question {at}", spec.family().title());
                let target = questions.target(at) as usize;
                let sum: f64 = row[1..].iter().map(|&score| f64::from(score).exp()).sum();
                let log_probability = f64::from(row[target]) - sum.ln();
                assert!(
                    (answer.log_probability - log_probability).abs() < 1e-4,
                    "{what}: {answer:?}"
                );
                let rank = mid_rank(row, target, &questions.excluded(at));
                let n_near = row[1..]
                    .iter()
                    .filter(|score| (*score - row[target]).abs() < 1e-4)
                    .count()
                    - 1;
                assert!(
                    are_within(answer.rank, rank, n_near as f64),
                    "{what}: {answer:?}, not {rank}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_the_questions_and_their_neighbours_change_no_answer() {
    for spec in families() {
        let (model, questions) = (trained(&spec, Layers::Fused), questions(true));
        let ask = |rows: &[usize]| -> Vec<RankAnswer> {
            let histories: Histories = rows
                .iter()
                .map(|&row| questions.histories.row(row))
                .collect();
            let targets = rows.iter().map(|&row| questions.target(row)).collect();
            model
                .answers(&Questions {
                    histories,
                    targets,
                    ..questions.clone()
                })
                .unwrap()
        };
        let together = ask(&(0..60).collect::<Vec<_>>());
        let turned = ask(&(0..60).rev().collect::<Vec<_>>());
        for (at, answer) in together.iter().enumerate() {
            let near = |other: &RankAnswer| {
                are_within(answer.rank, other.rank, 0.2)
                    && (answer.log_probability - other.log_probability).abs() < 1e-5
            };
            assert!(
                near(&turned[59 - at]) && near(&ask(&[at])[0]),
                "{}, question {at}",
                spec.family().title()
            );
        }
    }
}

#[test]
fn an_item_that_is_not_in_the_catalogue_is_refused_and_nothing_asked_is_nothing_answered() {
    for spec in families() {
        let model = build(&spec, &cpu(), 1);
        let strange = Questions {
            histories: [&[N_ITEMS as u32 + 1][..]].into_iter().collect(),
            targets: vec![1],
            ..questions(true)
        };
        assert!(
            model
                .answers(&strange)
                .unwrap_err()
                .to_string()
                .contains("not in the model's catalogue")
        );
        let none = Questions {
            histories: Histories::new(),
            targets: Vec::new(),
            ..questions(true)
        };
        assert!(model.answers(&none).unwrap().is_empty());
        let no_item = Questions {
            histories: [&[1_u32][..]].into_iter().collect(),
            targets: vec![N_ITEMS as u32 + 1],
            ..questions(true)
        };
        let answer = model.answers(&no_item).unwrap()[0];
        assert!((answer.rank - N_ITEMS as f64).abs() < 1e-9 && answer.log_probability.is_nan());
    }
}
