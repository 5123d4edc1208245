//! Answers attributed to events: by asking again without them, held against histories that are
//! built anew, and by attention.

use seqscope::data::{DataShape, FeatureValues, Histories, Prepared};
use seqscope::explain::{
    AnswerAttribution, AnswerQuestion, AnswerTarget, AttributionEffort, AttributionError,
    AttributionMethod, CellArithmetic, DeletionOrder, QuestionError, attribute, attribute_watched,
};
use seqscope::model::{
    Bert4RecSpec, Blueprint, HeadPlace, LstmSpec, ModelKind, ModelSpec, NormPlace, Positions,
    SlopeQuestion, StepInputs, Trainable, TransformerSpec, open_device,
};
use strum::IntoEnumIterator as _;

use crate::fake::{LEN, N_ITEMS, walks, walks_of};
use crate::model::OPTIMIZER;

/// The family with sizes that a test has time for, and a window shorter than the walks.
fn small(kind: ModelKind) -> ModelSpec {
    let mut spec = ModelSpec::of_kind(kind);
    for (name, value) in [
        ("d_model", 8),
        ("d_ff", 12),
        ("d_hidden", 10),
        ("d_state", 9),
        ("d_latent", 6),
        ("n_heads", 2),
        ("seq_len", 5),
    ] {
        // A family without the setting is left as it is.
        let _ = spec.described_mut().set_text(name, &value.to_string());
    }
    spec
}

/// A model that has learnt a little, so that its answers are not even.
fn taught(spec: &ModelSpec, prepared: &Prepared) -> Box<dyn Trainable> {
    let plan = Blueprint::for_data(DataShape {
        n_users: prepared.dataset.users.len(),
        n_items: N_ITEMS,
        n_events: prepared.dataset.sequences.item_idx.len(),
        max_len: LEN,
    });
    let device = open_device("cpu").unwrap();
    let mut model = spec.family().build(&plan, OPTIMIZER, &device, 5).unwrap();
    let n_users = prepared.dataset.users.len();
    let histories = prepared.histories((0..n_users).map(|user| (user, LEN)));
    for step in 0..12 {
        let inputs = StepInputs {
            lr: 0.03,
            step,
            n_steps: 12,
            seed: step as u64,
        };
        model.train_step(&histories, inputs).unwrap();
    }
    model
}

fn asked(user_idx: usize, history_len: usize, target: AnswerTarget) -> AnswerQuestion<'static> {
    AnswerQuestion {
        user_idx,
        history_len,
        target,
        filter_seen: true,
        tells_test: true,
        features: &[],
        effort: AttributionEffort {
            n_steps: 8,
            n_orders: 3,
            ..AttributionEffort::default()
        },
    }
}

/// Log-probability and mid-rank of an item after a history of its own, worked out from the scores
/// one by one; `seen` are not ranked.
fn said(model: &dyn Trainable, items: &[u32], target: u32, seen: &[u32]) -> (f64, f64) {
    let scores = model.scores(&Histories::of_items(items)).unwrap();
    let exp: Vec<f64> = scores.iter().map(|score| f64::from(*score).exp()).collect();
    let chance = exp[target as usize] / exp[1..].iter().sum::<f64>();
    let own = scores[target as usize];
    let rivals = (1..=N_ITEMS as u32).filter(|item| *item != target && !seen.contains(item));
    let rank = 1.0
        + rivals
            .map(|item| match scores[item as usize] {
                score if score > own => 1.0,
                score if score < own => 0.0,
                _ => 0.5,
            })
            .sum::<f64>();
    (chance.ln(), rank)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 2e-5 * (1.0 + b.abs())
}

/// Events that are read of user 3's history of seven: the walk 4, 5, … of which a model with a
/// window sees the last five.
fn read(found: &AnswerAttribution) -> Vec<u32> {
    (4..4 + 7).skip(found.first).collect()
}

/// Two rows; of the second, whose events are 30, 40 and 50, the last and the first two.
#[test]
fn picked_events_keep_what_is_known_of_them() {
    let histories = Histories {
        time_secs: vec![1, 2, 3, 4, 5],
        beside: vec![
            FeatureValues::Index {
                idx: vec![1, 2, 3, 4, 5],
                n: 9,
            },
            FeatureValues::Real {
                width: 2,
                values: (0..10).map(|at| at as f32).collect(),
            },
        ],
        ..[&[10, 20][..], &[30, 40, 50]].into_iter().collect()
    };
    let kept = [&[2][..], &[0, 1], &[], &[7]];
    let picked = histories.picked(1, kept);
    let rows: Vec<&[u32]> = picked.rows().collect();
    assert_eq!(rows, [&[50][..], &[30, 40], &[], &[]]);
    assert_eq!(picked.time_secs, [5, 3, 4]);
    let idx = FeatureValues::Index {
        idx: vec![5, 3, 4],
        n: 9,
    };
    let real = FeatureValues::Real {
        width: 2,
        values: vec![8.0, 9.0, 4.0, 5.0, 6.0, 7.0],
    };
    assert_eq!(picked.beside, [idx, real]);
}

#[test]
fn removal_is_asking_again_after_a_history_without_the_event() {
    let prepared = walks();
    for kind in ModelKind::iter() {
        let model = taught(&small(kind), &prepared);
        let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
        let is_bag = matches!(kind, ModelKind::Vae | ModelKind::Autoencoder);
        assert_eq!(found.first, if is_bag { 0 } else { 2 }, "{kind}");
        let items = read(&found);
        assert_eq!((&found.items, found.target, found.n_older), (&items, 11, 0));
        // The whole history's items stay out of the ranking, whatever is removed.
        let seen: Vec<u32> = (4..11).collect();
        let whole = said(&*model, &items, 11, &seen);
        assert!(near(found.answer.log_probability, whole.0), "{kind}");
        assert!(near(found.answer.rank, whole.1), "{kind}");
        let removal = found.values_of(AttributionMethod::Removal).unwrap();
        for (at, value) in removal.iter().enumerate() {
            let mut rest = items.clone();
            rest.remove(at);
            let without = said(&*model, &rest, 11, &seen);
            let told = found.without[at];
            assert!(near(told.log_probability, without.0), "{kind} {at}");
            assert!(near(told.rank, without.1), "{kind} {at}");
            assert!(near(*value, whole.0 - without.0), "{kind} {at}");
        }
        // Every family has gradients, and with many steps their integral is whole.
        let history = prepared.histories([(3, 7)]);
        let many = SlopeQuestion {
            history: &history,
            target: 11,
            n_steps: 1500,
        };
        let whole = model.slopes(&many).unwrap().unwrap();
        let gap = whole.completeness_gap().abs();
        assert!(gap < 0.02 && found.path.is_some(), "{kind}: {gap}");
        assert!(found.values_of(AttributionMethod::GradientInput).is_some());
        let attention = found.values_of(AttributionMethod::Attention);
        let has_attention = matches!(
            kind,
            ModelKind::Transformer | ModelKind::Bert4Rec | ModelKind::EncoderDecoder
        );
        assert_eq!(attention.is_some(), has_attention, "{kind}");
        if let Some(look) = attention {
            assert!((look.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{kind}");
        }
        assert_eq!(found.values.len() + found.lacking.len(), 5, "{kind}");
    }
}

#[test]
fn a_deletion_curve_is_asking_again_without_the_first_ones_of_the_order() {
    let prepared = walks();
    let model = taught(&small(ModelKind::Transformer), &prepared);
    let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::First)).unwrap();
    let items = read(&found);
    let chance = |rest: &[u32]| said(&*model, rest, found.target, &[]).0.exp();
    assert_eq!(found.curves.len(), found.values.len() + 1);
    for curve in &found.curves {
        let stops: Vec<usize> = curve.points.iter().map(|(n, _)| *n).collect();
        assert_eq!(stops, [0, 1, 2, 3, 4, 5]);
        assert!(near(curve.points[0].1, chance(&items)));
        assert!(near(curve.points[5].1, chance(&[])));
        // Trapezoids of equal width.
        let heights: Vec<f64> = curve.points.iter().map(|(_, height)| *height).collect();
        let inner: f64 = heights[1..5].iter().sum();
        assert!(near(
            curve.area,
            (inner + f64::midpoint(heights[0], heights[5])) / 5.0
        ));
        let DeletionOrder::By(method) = curve.order else {
            let mean = found.random_areas.iter().sum::<f64>() / found.random_areas.len() as f64;
            assert!(near(curve.area, mean) && found.random_areas.len() == 3);
            continue;
        };
        let mut left: Vec<(u32, f64)> = items
            .iter()
            .copied()
            .zip(found.values_of(method).unwrap().iter().copied())
            .collect();
        for (n, height) in heights.iter().enumerate().take(5).skip(1) {
            let mut most = 0;
            for (at, (_, value)) in left.iter().enumerate() {
                // Of equals the later one.
                if *value >= left[most].1 {
                    most = at;
                }
            }
            left.remove(most);
            let rest: Vec<u32> = left.iter().map(|(item, _)| *item).collect();
            assert!(near(*height, chance(&rest)), "{method:?} {n}");
        }
    }
    let again = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::First)).unwrap();
    assert_eq!(found, again);
}

#[test]
fn attention_is_the_last_layers_look_from_where_the_answer_is_made() {
    let prepared = walks();
    for kind in [
        ModelKind::Transformer,
        ModelKind::Bert4Rec,
        ModelKind::EncoderDecoder,
    ] {
        let model = taught(&small(kind), &prepared);
        let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
        let maps = model
            .attention(&prepared.histories([(3, 7)]))
            .unwrap()
            .unwrap();
        let last = |head: usize| &maps.head(maps.n_layers - 1, head)[maps.len * (maps.len - 1)..];
        let look = found.values_of(AttributionMethod::Attention).unwrap();
        assert_eq!((maps.len, look.len()), (5, 5));
        let of_heads: Vec<f64> = (0..5)
            .map(|at| (0..2).map(|head| f64::from(last(head)[at])).sum::<f64>() / 2.0)
            .collect();
        for (a, b) in look.iter().zip(&of_heads) {
            assert!((a - b).abs() < 1e-5, "{kind}: {look:?} {of_heads:?}");
        }
    }
    // Of one block: half of its look, and half of the place itself.
    let spec = ModelSpec::Transformer(TransformerSpec {
        d_model: 8,
        n_layers: 1,
        seq_len: 5,
        ..TransformerSpec::default()
    });
    let model = taught(&spec, &prepared);
    let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
    let look = found.values_of(AttributionMethod::Attention).unwrap();
    let rollout = found.values_of(AttributionMethod::Rollout).unwrap();
    for at in 0..5 {
        let own = if at == 4 { 0.5 } else { 0.0 };
        assert!((rollout[at] - (0.5 * look[at] + own)).abs() < 1e-6);
    }
    // In BERT4Rec that place is the mask, which is no event.
    let spec = ModelSpec::Bert4Rec(Bert4RecSpec {
        d_model: 8,
        n_layers: 1,
        n_heads: 1,
        seq_len: 5,
        ..Bert4RecSpec::default()
    });
    let model = taught(&spec, &prepared);
    let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
    let look = found.values_of(AttributionMethod::Attention).unwrap();
    let rollout = found.values_of(AttributionMethod::Rollout).unwrap();
    assert!(look.iter().zip(rollout).all(|(a, b)| (a - b).abs() < 1e-6));
    // States of an LSTM that look back at each other are no stack of blocks.
    let spec = ModelSpec::Lstm(LstmSpec {
        d_model: 8,
        d_hidden: 8,
        seq_len: 5,
        attention: true,
        ..LstmSpec::default()
    });
    let model = taught(&spec, &prepared);
    let found = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
    assert!(found.values_of(AttributionMethod::Attention).is_some());
    assert_eq!(found.lacking[0].0, AttributionMethod::Rollout);
    assert!(
        found.verdict.sentence.contains("ttention"),
        "{}",
        found.verdict.sentence
    );
}

/// Forms of positions and norms, and intervals: the weights worked out from a head's terms are those
/// that attention tells.
#[test]
fn the_terms_of_a_head_give_its_weights() {
    let prepared = walks();
    for (positions, norm, intervals) in [
        (Positions::Learned, NormPlace::Before, false),
        (Positions::Rotary, NormPlace::After, false),
        (Positions::None, NormPlace::Before, true),
    ] {
        let spec = ModelSpec::Transformer(TransformerSpec {
            d_model: 8,
            n_layers: 2,
            n_heads: 2,
            seq_len: 5,
            positions,
            norm,
            intervals,
            ..TransformerSpec::default()
        });
        let model = taught(&spec, &prepared);
        let mut history = prepared.histories([(3, 7)]);
        history.time_secs = (0..7).map(|at| at * at * 1000).collect();
        let maps = model.attention(&history).unwrap().unwrap();
        for at in 0..4 {
            let (layer, head) = (at / 2, at % 2);
            let place = HeadPlace { layer, head };
            let terms = model.head_terms(&history, place).unwrap().unwrap();
            assert_eq!((terms.first, terms.len, terms.d_head), (2, 5, 4));
            for cell in 0..25 {
                let (row, col) = (cell / 5, cell % 5);
                let found = CellArithmetic::of(&terms, row, col).unwrap().weight;
                let expected = f64::from(maps.head(layer, head)[cell]);
                assert!((found - expected).abs() < 1e-5, "{positions} {at} {cell}");
            }
        }
        let beyond = HeadPlace { layer: 2, head: 0 };
        assert_eq!(model.head_terms(&history, beyond).unwrap(), None);
    }
}

#[test]
fn what_cannot_be_explained_says_why() {
    let prepared = walks_of(&[LEN, LEN, LEN, LEN, 1]);
    let model = taught(&small(ModelKind::Lstm), &prepared);
    let why = |question: AnswerQuestion<'_>| attribute(&*model, &prepared, &question).unwrap_err();
    let first = why(asked(3, 0, AnswerTarget::First));
    assert!(matches!(first, AttributionError::NoEvents));
    assert!(matches!(
        why(asked(3, 0, AnswerTarget::Came)),
        AttributionError::NoEvents
    ));
    assert!(matches!(
        why(asked(3, LEN, AnswerTarget::Came)),
        AttributionError::NothingCame
    ));
    for item in [0, N_ITEMS as u32 + 1] {
        let question = asked(3, 5, AnswerTarget::Item(item));
        assert!(matches!(why(question), AttributionError::UnknownItem));
    }
    let test = AnswerQuestion {
        tells_test: false,
        ..asked(3, LEN - 1, AnswerTarget::Came)
    };
    assert!(matches!(why(test), AttributionError::HeldBack));
    let validation = AnswerQuestion {
        history_len: LEN - 2,
        ..test
    };
    assert!(attribute(&*model, &prepared, &validation).is_ok());
    // One event alone: its removal leaves nothing, and nothing is said of agreement.
    let alone = attribute(&*model, &prepared, &asked(4, 1, AnswerTarget::First)).unwrap();
    assert_eq!((alone.n_events(), alone.verdict.spearman), (1, None));
    assert!(
        alone
            .agreements
            .iter()
            .all(|found| found.spearman.is_none())
    );
}

#[test]
fn only_the_latest_events_are_explained_where_that_is_asked() {
    let prepared = walks();
    let model = taught(&small(ModelKind::Vae), &prepared);
    let whole = attribute(&*model, &prepared, &asked(3, 7, AnswerTarget::Came)).unwrap();
    let mut question = asked(3, 7, AnswerTarget::Came);
    question.effort.most_events = 2;
    let latest = attribute(&*model, &prepared, &question).unwrap();
    assert_eq!((latest.first, latest.n_older, latest.n_events()), (5, 5, 2));
    for values in &latest.values {
        let all = whole.values_of(values.method).unwrap();
        let same = values.values.iter().zip(&all[5..]);
        assert!(same.clone().count() == 2);
        same.for_each(|(a, b)| assert!(near(*a, *b), "{:?}", values.method));
    }
    // Of the five older ones none goes.
    let curve = &latest.curves[0];
    let rest: Vec<u32> = (4..9).collect();
    let chance = said(&*model, &rest, latest.target, &[]).0.exp();
    assert!(near(curve.points[2].1, chance));
}

/// Watched it gives the same, tells how far it is from nothing to all, and ends where it is told to.
#[test]
fn a_watched_attribution_tells_how_far_it_is_and_can_be_ended() {
    let prepared = walks();
    for kind in [ModelKind::Transformer, ModelKind::Vae] {
        let model = taught(&small(kind), &prepared);
        let question = asked(3, 7, AnswerTarget::Came);
        let shares = std::cell::RefCell::new(Vec::new());
        let watched = attribute_watched(&*model, &prepared, &question, &|share| {
            shares.borrow_mut().push(share);
            true
        });
        let whole = attribute(&*model, &prepared, &question).unwrap();
        assert_eq!(watched.unwrap(), whole, "{kind}");
        let shares = shares.into_inner();
        assert!(
            shares.is_sorted() && shares.len() > 10,
            "{kind}: {shares:?}"
        );
        assert!(
            (shares[shares.len() - 1] - 1.0).abs() < 1e-6,
            "{kind}: {shares:?}"
        );
        let stopped = attribute_watched(&*model, &prepared, &question, &|share| share < 0.4);
        assert!(
            matches!(
                stopped,
                Err(AttributionError::Question(QuestionError::Stopped))
            ),
            "{kind}"
        );
    }
}
