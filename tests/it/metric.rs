//! Ranks and means, held against the obvious slow way and against numbers worked out by hand.
#![expect(clippy::float_cmp, reason = "ranks are whole or half numbers and exact")]

use proptest::prelude::*;
use seqscope::metric::{AnswerKind, Metric, Metrics, Rank, hit, mid_rank, mrr_term, ndcg_term};

/// The definition, word by word: who is ahead, who is level, one after the other.
fn slow_rank(scores: &[f32], target: usize, excluded: &[u32]) -> Rank {
    let wanted = scores[target];
    let mut rank = 1.0;
    for (item, &score) in scores.iter().enumerate().skip(1) {
        if item == target || excluded.contains(&(item as u32)) {
            continue;
        }
        if wanted.is_nan() || score > wanted {
            rank += 1.0;
        } else if score == wanted {
            rank += 0.5;
        }
    }
    rank
}

/// Few distinct values, so that ties are common; now and then what a broken model gives.
fn score() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => (-3..=3_i8).prop_map(f32::from),
        1 => Just(-0.0_f32),
        1 => Just(f32::NAN),
        1 => Just(f32::INFINITY),
        1 => Just(f32::NEG_INFINITY),
    ]
}

fn questions() -> impl Strategy<Value = (Vec<f32>, usize, Vec<u32>)> {
    prop::collection::vec(score(), 2..30).prop_flat_map(|scores| {
        let n = scores.len();
        (Just(scores), 1..n, prop::collection::btree_set(0..40_u32, 0..20).prop_map(|set| set.into_iter().collect()))
    })
}

proptest! {
    #[test]
    fn the_rank_equals_its_definition((scores, target, excluded) in questions()) {
        prop_assert_eq!(mid_rank(&scores, target, &excluded), slow_rank(&scores, target, &excluded));
    }

    #[test]
    fn the_rank_lies_within_the_list((scores, target, excluded) in questions()) {
        let rivals = (1..scores.len()).filter(|&i| i != target && !excluded.contains(&(i as u32))).count();
        let rank = mid_rank(&scores, target, &excluded);
        prop_assert!((1.0..=1.0 + rivals as Rank).contains(&rank), "{}", rank);
    }

    #[test]
    fn the_ranks_of_all_items_add_up(scores in prop::collection::vec((-3..=3_i8).prop_map(f32::from), 2..30)) {
        // However many ties there are, n items share the places 1 + 2 + .. + n.
        let n = (scores.len() - 1) as Rank;
        let sum: Rank = (1..scores.len()).map(|item| mid_rank(&scores, item, &[])).sum();
        prop_assert_eq!(sum, n * (n + 1.0) / 2.0);
    }

    #[test]
    fn what_stands_at_padding_does_not_matter((scores, target, excluded) in questions(), padding in score()) {
        let mut other = scores.clone();
        other[0] = padding;
        prop_assert_eq!(mid_rank(&scores, target, &excluded), mid_rank(&other, target, &excluded));
    }
}

#[test]
fn constant_scores_land_in_the_middle() {
    // Five items, all equal: the target shares the places 1 to 5.
    assert_eq!(mid_rank(&[0.7; 6], 2, &[]), 3.0);
    // A model that says nothing must not hit within 10 of 100.
    assert_eq!(hit(mid_rank(&[0.0; 101], 1, &[]), 10), 0.0);
}

#[test]
fn what_is_left_out_does_not_compete() {
    let scores = [9.0, 5.0, 4.0, 3.0, 2.0];
    assert_eq!(mid_rank(&scores, 3, &[]), 3.0);
    assert_eq!(mid_rank(&scores, 3, &[1]), 2.0);
    assert_eq!(mid_rank(&scores, 3, &[1, 3]), 2.0, "the target takes part though it is left out");
    assert_eq!(mid_rank(&scores, 3, &[0, 1, 2, 77]), 1.0);
}

#[test]
fn a_broken_model_ranks_last() {
    assert_eq!(mid_rank(&[f32::NAN; 6], 2, &[]), 5.0);
    assert_eq!(mid_rank(&[0.0, 1.0, f32::NAN, 3.0], 2, &[]), 3.0);
    assert_eq!(mid_rank(&[0.0, f32::NAN, 1.0, f32::NEG_INFINITY], 3, &[]), 2.0, "any number is ahead of NaN");
}

#[test]
fn a_target_that_is_no_item_ranks_last() {
    assert_eq!(mid_rank(&[9.0, 1.0, 2.0], 0, &[]), 2.0);
    assert_eq!(mid_rank(&[9.0, 1.0, 2.0], 3, &[]), 2.0);
    assert_eq!(mid_rank(&[], 1, &[]), 1.0);
}

#[test]
fn terms_of_one_rank() {
    assert_eq!((hit(10.0, 10), hit(10.5, 10), hit(1.0, 1)), (1.0, 0.0, 1.0));
    // 1 / log2(2) = 1, 1 / log2(4) = 0.5, outside of k nothing.
    assert_eq!((ndcg_term(1.0, 10), ndcg_term(3.0, 10), ndcg_term(11.0, 10)), (1.0, 0.5, 0.0));
    assert_eq!((mrr_term(1.0), mrr_term(4.0)), (1.0, 0.25));
}

#[test]
fn means_over_users() {
    // Ranks 1, 3, 7, 20: hits at 1: 1 of 4, at 5: 2, at 10: 3. log2(8) = 3.
    let means = Metrics::of_ranks(&[1.0, 3.0, 7.0, 20.0]);
    let of = |metric| means.get(metric).unwrap();
    assert_eq!((of(Metric::Hr1), of(Metric::Hr5), of(Metric::Hr10), means.n_users), (0.25, 0.5, 0.75, 4));
    assert_eq!((of(Metric::Hr20), of(Metric::Recall20), of(Metric::Recall10)), (1.0, 1.0, 0.75));
    assert!((of(Metric::Ndcg5) - 1.5 / 4.0).abs() < 1e-12);
    assert!((of(Metric::Ndcg10) - (1.5 + 1.0 / 3.0) / 4.0).abs() < 1e-12);
    assert!((of(Metric::Mrr) - (1.0 + 1.0 / 3.0 + 1.0 / 7.0 + 1.0 / 20.0) / 4.0).abs() < 1e-12);
    assert!((of(Metric::Map10) - (1.0 + 1.0 / 3.0 + 1.0 / 7.0) / 4.0).abs() < 1e-12);
    assert_eq!(Metrics::of_ranks(&[]), Metrics::new(AnswerKind::Ranking, 0), "no ranks, no values");
}

#[test]
fn metrics_are_written_under_their_usual_names() {
    let json = serde_json::to_value(Metrics::of_ranks(&[1.0])).unwrap();
    for name in ["ndcg@10", "hr@10", "hr@1", "hr@5", "ndcg@5", "mrr", "n_users"] {
        assert!(json.get(name).is_some(), "{name}");
    }
}
