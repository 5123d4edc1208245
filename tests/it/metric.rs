//! Ranks and means, held against the obvious slow way and against numbers worked out by hand.
#![expect(
    clippy::float_cmp,
    reason = "ranks are whole or half numbers and exact"
)]

use proptest::prelude::*;
use seqscope::metric::{
    AnswerKind, MISS, Metric, Metrics, Rank, Seen, hit, map_term, mid_rank, mrr_term, ndcg_term,
};
use strum::IntoEnumIterator as _;

/// The definition, word by word: the list without what is left out, and in it who is ahead and who
/// is level, one after the other. Who is not in the list has no place.
fn slow_rank(scores: &[f32], target: usize, excluded: &[u32]) -> Rank {
    let list: Vec<usize> = (1..scores.len())
        .filter(|&item| !excluded.contains(&(item as u32)))
        .collect();
    if !list.contains(&target) {
        return Rank::INFINITY;
    }
    let wanted = scores[target];
    let mut rank = 1.0;
    for item in list {
        let score = scores[item];
        if item == target {
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
        (
            Just(scores),
            1..n,
            prop::collection::btree_set(0..40_u32, 0..20).prop_map(|set| set.into_iter().collect()),
        )
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
        let is_in = !excluded.contains(&(target as u32));
        prop_assert_eq!(is_in, (1.0..=1.0 + rivals as Rank).contains(&rank), "{}", rank);
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
    assert_eq!(mid_rank(&scores, 3, &[0, 1, 2, 77]), 1.0);
}

/// Items 1 to 4 score 5, 4, 3 and 2, and the user had 1 and 3: the list is 2, 4. A return to 3 is
/// in no such list, though nothing that is left scores more than it but 2; a user who had nothing,
/// and one who is asked for 4, are ranked as ever.
#[test]
fn a_seen_target_is_a_miss_where_seen_items_are_left_out() {
    let scores = [9.0, 5.0, 4.0, 3.0, 2.0];
    let rank =
        |target, history: &[u32], seen: Seen| mid_rank(&scores, target, &seen.excluded(history));
    assert_eq!(rank(3, &[3, 1, 3], Seen::LeftOut), MISS);
    assert_eq!(rank(3, &[3, 1, 3], Seen::Ranked), 3.0);
    assert_eq!(rank(4, &[3, 1, 3], Seen::LeftOut), 2.0);
    assert_eq!(rank(1, &[], Seen::LeftOut), 1.0);
    // However well it scores, and whatever else is left: a list of seen items alone is empty.
    assert_eq!(rank(1, &[1], Seen::LeftOut), MISS);
    assert_eq!(mid_rank(&[0.0, f32::NAN, 1.0], 1, &[1, 2]), MISS);
    assert_eq!(
        mid_rank(&[0.0, 1.0, 2.0], 0, &[0]),
        2.0,
        "padding is no item: last, as ever"
    );
    assert_eq!(Seen::LeftOut.excluded(&[3, 1, 3]), [1, 3]);
    assert_eq!(Seen::Ranked.excluded(&[3, 1, 3]), [0_u32; 0]);
}

/// Of four users two are missed and two are first and second: exactly half of what the two alone
/// reach.
#[test]
fn a_miss_adds_nothing_to_any_metric() {
    assert_eq!(
        [
            hit(MISS, usize::MAX),
            ndcg_term(MISS, 10),
            map_term(MISS, 10),
            mrr_term(MISS)
        ],
        [0.0; 4]
    );
    let (with, without) = (
        Metrics::of_ranks(&[1.0, MISS, 2.0, MISS]),
        Metrics::of_ranks(&[1.0, 2.0]),
    );
    for metric in Metric::iter().filter(|metric| metric.of_rank(1.0).is_some()) {
        assert_eq!(metric.of_rank(MISS), Some(0.0), "{metric}");
        assert_eq!(
            with.get(metric).unwrap(),
            without.get(metric).unwrap() / 2.0,
            "{metric}"
        );
    }
    assert_eq!(with.get(Metric::Mrr), Some(0.375), "(1 + 1/2) / 4");
    assert_eq!(Metrics::of_ranks(&[MISS]).get(Metric::Ndcg10), Some(0.0));
}

#[test]
fn a_broken_model_ranks_last() {
    assert_eq!(mid_rank(&[f32::NAN; 6], 2, &[]), 5.0);
    assert_eq!(mid_rank(&[0.0, 1.0, f32::NAN, 3.0], 2, &[]), 3.0);
    assert_eq!(
        mid_rank(&[0.0, f32::NAN, 1.0, f32::NEG_INFINITY], 3, &[]),
        2.0,
        "any number is ahead of NaN"
    );
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
    assert_eq!(
        (ndcg_term(1.0, 10), ndcg_term(3.0, 10), ndcg_term(11.0, 10)),
        (1.0, 0.5, 0.0)
    );
    assert_eq!((mrr_term(1.0), mrr_term(4.0)), (1.0, 0.25));
}

#[test]
fn means_over_users() {
    // Ranks 1, 3, 7, 20: hits at 1: 1 of 4, at 5: 2, at 10: 3. log2(8) = 3.
    let means = Metrics::of_ranks(&[1.0, 3.0, 7.0, 20.0]);
    let of = |metric| means.get(metric).unwrap();
    assert_eq!(
        (
            of(Metric::Hr1),
            of(Metric::Hr5),
            of(Metric::Hr10),
            means.n_users
        ),
        (0.25, 0.5, 0.75, 4)
    );
    assert_eq!(
        (of(Metric::Hr20), of(Metric::Recall20), of(Metric::Recall10)),
        (1.0, 1.0, 0.75)
    );
    assert!((of(Metric::Ndcg5) - 1.5 / 4.0).abs() < 1e-12);
    assert!((of(Metric::Ndcg10) - (1.5 + 1.0 / 3.0) / 4.0).abs() < 1e-12);
    assert!((of(Metric::Mrr) - (1.0 + 1.0 / 3.0 + 1.0 / 7.0 + 1.0 / 20.0) / 4.0).abs() < 1e-12);
    assert!((of(Metric::Map10) - (1.0 + 1.0 / 3.0 + 1.0 / 7.0) / 4.0).abs() < 1e-12);
    assert_eq!(
        Metrics::of_ranks(&[]),
        Metrics::new(AnswerKind::Ranking, 0),
        "no ranks, no values"
    );
}

#[test]
fn metrics_are_written_under_their_usual_names() {
    let json = serde_json::to_value(Metrics::of_ranks(&[1.0])).unwrap();
    for name in [
        "ndcg@10", "hr@10", "hr@1", "hr@5", "ndcg@5", "mrr", "n_users",
    ] {
        assert!(json.get(name).is_some(), "{name}");
    }
}
