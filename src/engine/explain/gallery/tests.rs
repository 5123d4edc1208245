//! Galleries of what runs kept, against sorting everything in the plainest way.

use super::*;
use crate::run::{SliceRule, UserResult};
use crate::slice::members;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use seqscope_data::{Dataset, EvalCase, Prepared, Returns, Sequences, Split, Vocab};

const N: usize = 40;

/// Forty users of four events each, the last one the target.
fn data() -> Prepared {
    let mut dataset = Dataset {
        items: Vocab::starting_at(1),
        ..Dataset::default()
    };
    let mut split = Split::default();
    let mut sequences = Sequences::default();
    sequences.offsets.push(0);
    for item in 1..=5 {
        dataset.items.intern(&format!("i{item}"));
    }
    for user in 0..N as u32 {
        dataset.users.intern(&format!("u{user}"));
        sequences.item_idx.extend([1, 2, 3, 4]);
        sequences.offsets.push(sequences.item_idx.len());
        split.train_len.push(2);
        split.valid_len.push(3);
        split.test.push(EvalCase {
            user_idx: user,
            history_len: 3,
            target_pos: 3,
        });
    }
    dataset.sequences = sequences;
    Prepared {
        dataset,
        split,
        features: Vec::new(),
        returns: Returns::default(),
    }
}

fn results(seed: u64) -> Vec<UserResult> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let ranks = [1.0, 1.5, 2.0, 3.0, 5.0, f64::INFINITY];
    (0..N)
        .map(|at| UserResult {
            user_id: format!("u{at}"),
            item_id: "i4".to_owned(),
            rank: ranks[random.random_range(0..6)],
            probability: [0.5, 0.25, 0.125][random.random_range(0..3)],
            predicted: None,
            answered: None,
            facts: None,
        })
        .collect()
}

fn everyone(source: &SliceSource<'_>) -> SliceMembers {
    members(&SliceRule::Where("length >= 0".to_owned()), source).unwrap()
}

#[test]
#[expect(clippy::float_cmp, reason = "ranks are the very same numbers")]
fn best_and_worst_are_the_ends_of_all_results_in_order() {
    let prepared = data();
    for seed in 0..30 {
        let results = results(seed);
        let source = SliceSource::new(&prepared, AnswerKind::Ranking, &results);
        let of = everyone(&source);
        // Bubble sort: whoever is better goes before, of equals the smaller number.
        let mut slow: Vec<usize> = (0..N).collect();
        for _ in 0..N {
            for at in 1..N {
                let (a, b) = (&results[slow[at - 1]], &results[slow[at]]);
                let is_better =
                    b.rank < a.rank || (b.rank == a.rank && b.probability > a.probability);
                if is_better {
                    slow.swap(at - 1, at);
                }
            }
        }
        let best = best_or_worst(GalleryKind::Best, &source, &of, 7);
        let users: Vec<usize> = best.shown.iter().map(|it| it.user as usize).collect();
        assert_eq!(users, slow[..7], "seed {seed}");
        assert_eq!((best.n_asked, best.n_fit), (N, N));
        assert!(best.shown.iter().all(|it| it.history_len == 3));

        let worst = best_or_worst(GalleryKind::Worst, &source, &of, N);
        let ends: Vec<&UserResult> = worst
            .shown
            .iter()
            .map(|it| &results[it.user as usize])
            .collect();
        assert!(ends.windows(2).all(|pair| {
            pair[0].rank > pair[1].rank
                || (pair[0].rank == pair[1].rank && pair[0].probability <= pair[1].probability)
        }));
        let n_misses = results.iter().filter(|it| it.rank.is_infinite()).count();
        assert_eq!(worst.n_fit, N - n_misses);
        assert_eq!(worst.notes.is_empty(), n_misses == 0);
    }
}

#[test]
fn a_gallery_stays_within_its_slice_and_an_empty_one_says_so() {
    let (prepared, results) = (data(), results(1));
    let source = SliceSource::new(&prepared, AnswerKind::Ranking, &results);
    let rule = SliceRule::of_users(["u3", "u9"].map(str::to_owned));
    let of = members(&rule, &source).unwrap();
    let best = best_or_worst(GalleryKind::Best, &source, &of, 7);
    let mut users: Vec<u32> = best.shown.iter().map(|it| it.user).collect();
    users.sort_unstable();
    assert_eq!(users, [3, 9]);
    let nobody = members(&SliceRule::of_users(["x".to_owned()]), &source).unwrap();
    let empty = best_or_worst(GalleryKind::Worst, &source, &nobody, 7);
    assert!(empty.shown.is_empty() && empty.notes[0].contains("choose another slice"));
}

#[test]
fn a_change_is_the_ratio_of_ranks_and_a_miss_is_behind_all_items() {
    let (prepared, now, before) = (data(), results(2), results(3));
    let source = SliceSource::new(&prepared, AnswerKind::Ranking, &now);
    let other = SliceSource::new(&prepared, AnswerKind::Ranking, &before);
    let gallery = changed_between_runs(&source, &everyone(&source), &other, N);
    // Five items, so a miss stands at 6.
    let place = |rank: f64| if rank.is_infinite() { 6.0 } else { rank };
    let change = |at: usize| (place(before[at].rank) / place(now[at].rank)).ln();
    let n_changed = (0..N).filter(|at| change(*at) != 0.0).count();
    assert_eq!((gallery.n_asked, gallery.shown.len()), (N, n_changed));
    for user in &gallery.shown {
        let found = user.change.unwrap();
        assert!((found - change(user.user as usize)).abs() < 1e-12);
    }
    let extents: Vec<f64> = gallery
        .shown
        .iter()
        .map(|it| it.change.unwrap().abs())
        .collect();
    assert!(extents.windows(2).all(|pair| pair[0] >= pair[1]));
    let same = changed_between_runs(&source, &everyone(&source), &source, N);
    assert_eq!(same.n_fit, 0);
}

#[test]
fn numbers_and_chances_have_rules_of_their_own() {
    let prepared = data();
    let mut results = results(4);
    for (at, result) in results.iter_mut().enumerate() {
        result.item_id = "10".to_owned();
        result.predicted = Some(10.0 + at as f64);
        result.rank = f64::NAN;
        result.probability = f64::NAN;
    }
    let source = SliceSource::new(&prepared, AnswerKind::Number, &results);
    let of = everyone(&source);
    let worst = best_or_worst(GalleryKind::Worst, &source, &of, 2);
    let found: Vec<(u32, Option<f64>)> = worst
        .shown
        .iter()
        .map(|it| (it.user, it.answer.error))
        .collect();
    assert_eq!(found, [(39, Some(39.0)), (38, Some(38.0))]);
    assert!(GalleryKind::Surprising.rule(AnswerKind::Number).is_err());
    for (at, result) in results.iter_mut().enumerate() {
        result.probability = at as f64 / N as f64;
    }
    let source = SliceSource::new(&prepared, AnswerKind::Binary, &results);
    let worst = best_or_worst(GalleryKind::Worst, &source, &of, 1);
    assert_eq!(worst.shown[0].user, 0);
}
