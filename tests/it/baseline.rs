//! The references score as their definitions say, and reach the figures known for public data.
#![expect(clippy::print_stdout, reason = "a skipped test says so, and figures are shown beside what is asserted")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use seqscope::baseline::{Baseline, BaselineKind, DECAYS, LAST_ITEMS, ROW_NORM_EXPONENT, TIE_BREAK, WINDOW};
use seqscope::metric::{Metric, Metrics, mid_rank};

fn fit(kind: BaselineKind, n_items: usize, sequences: &[Vec<u32>]) -> Box<dyn Baseline> {
    kind.fit(n_items, sequences.iter().map(Vec::as_slice))
}

fn scores(baseline: &dyn Baseline, n_items: usize, history: &[u32]) -> Vec<f32> {
    let mut scores = vec![f32::NAN; n_items + 1];
    baseline.scores(history, &mut scores);
    scores
}

fn assert_close(got: &[f32], wanted: &[f64]) {
    assert_eq!(got.len(), wanted.len());
    for (item, (&g, &w)) in got.iter().zip(wanted).enumerate() {
        assert!((f64::from(g) - w).abs() <= 1e-5 * w.abs().max(1e-3), "item {item}: got {g}, wanted {w}");
    }
}

#[test]
fn popularity_counts_training_events() {
    // 1 2 2 | 2 3: item 1 once, item 2 three times, item 3 once, item 4 never.
    let popularity = fit(BaselineKind::Popularity, 4, &[vec![1, 2, 2], vec![2, 3]]);
    assert_eq!(scores(&*popularity, 4, &[3]), [0.0, 1.0, 3.0, 1.0, 0.0]);
    assert_eq!(scores(&*popularity, 4, &[]), [0.0, 1.0, 3.0, 1.0, 0.0]);
}

#[test]
fn markov_counts_direct_successors_and_leaves_ties_to_popularity() {
    // After 1 came 2 twice and 3 once; 4 and 5 never, but 5 is as popular as the most popular item.
    let sequences = [vec![1, 2], vec![1, 2], vec![1, 3], vec![5], vec![5], vec![5], vec![4]];
    let markov = fit(BaselineKind::Markov, 5, &sequences);
    let after_1 = scores(&*markov, 5, &[4, 1]);
    let third = f64::from(TIE_BREAK) / 3.0;
    assert_close(&after_1, &[0.0, 3.0 * third, 2.0 + 2.0 * third, 1.0 + third, third, 3.0 * third]);
    assert!(after_1[5] > after_1[4], "what never followed is ordered by popularity");
}

#[test]
fn a_sequence_does_not_run_into_the_next_one() {
    let markov = fit(BaselineKind::Markov, 3, &[vec![1], vec![2], vec![3]]);
    assert!(scores(&*markov, 3, &[1]).iter().all(|&score| score <= TIE_BREAK));
}

#[test]
fn what_was_never_seen_falls_back_to_popularity() {
    for kind in [BaselineKind::Markov, BaselineKind::MarkovWindow] {
        let chain = fit(kind, 4, &[vec![1, 2, 1], vec![1, 3, 2]]);
        for history in [vec![], vec![4], vec![99], vec![0]] {
            let scores = scores(&*chain, 4, &history);
            assert!(scores[1] > scores[2] && scores[2] > scores[3] && scores[3] > scores[4], "{kind}: {scores:?}");
            assert_eq!(scores[0].to_bits(), 0.0_f32.to_bits());
        }
    }
}

#[test]
fn items_out_of_range_are_passed_over() {
    for kind in [BaselineKind::Popularity, BaselineKind::Markov, BaselineKind::MarkovWindow] {
        let clean = fit(kind, 3, &[vec![1, 2, 3], vec![2, 1]]);
        let dirty = fit(kind, 3, &[vec![1, 2, 7, 3, 0], vec![2, 1], vec![], vec![u32::MAX]]);
        assert_eq!(scores(&*clean, 3, &[1, 2]), scores(&*dirty, 3, &[1, 2]), "{kind}");
        let mut short = [9.0; 2];
        clean.scores(&[1], &mut short);
        let mut long = [9.0; 6];
        clean.scores(&[1], &mut long);
        assert_eq!(long[4..], [0.0, 0.0], "{kind}");
    }
}

#[test]
fn nothing_to_fit_on_gives_zeros() {
    for kind in [BaselineKind::Popularity, BaselineKind::Markov, BaselineKind::MarkovWindow] {
        assert_eq!(scores(&*fit(kind, 2, &[]), 2, &[1]), [0.0, 0.0, 0.0], "{kind}");
        assert_eq!(scores(&*fit(kind, 0, &[vec![]]), 0, &[1]), [0.0], "{kind}");
    }
}

/// The windowed chain as its definition reads, with a map of pairs and no thought of speed.
fn slow_window(n_items: usize, sequences: &[Vec<u32>], history: &[u32], decay: f64) -> Vec<f64> {
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    for sequence in sequences {
        for (at, &item) in sequence.iter().enumerate() {
            *counts.entry(item).or_default() += 1.0;
            for d in 1..=WINDOW.min(at) {
                *pairs.entry((sequence[at - d], item)).or_default() += 1.0 / d as f64;
            }
        }
    }
    let most = counts.values().copied().fold(1.0, f64::max);
    (0..=n_items as u32)
        .map(|item| {
            let popular = f64::from(TIE_BREAK) * counts.get(&item).copied().unwrap_or(0.0) / most;
            let from = |(k, &seen): (usize, &u32)| {
                let row: f64 = pairs.iter().filter(|((from, _), _)| *from == seen).map(|(_, w)| w).sum();
                let weight = pairs.get(&(seen, item)).copied().unwrap_or(0.0);
                if row > 0.0 { decay.powi(k as i32) * weight / row.powf(ROW_NORM_EXPONENT) } else { 0.0 }
            };
            popular + history.iter().rev().take(LAST_ITEMS).enumerate().map(from).sum::<f64>()
        })
        .collect()
}

fn logs() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(1..=9_u32, 0..15), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_window_equals_its_definition(log in logs(), history in prop::collection::vec(1..=10_u32, 0..14)) {
        let got = scores(&*fit(BaselineKind::MarkovWindow, 10, &log), 10, &history);
        let agrees = DECAYS.iter().any(|&decay| {
            let wanted = slow_window(10, &log, &history, f64::from(decay));
            got.iter().zip(&wanted).all(|(&g, &w)| (f64::from(g) - w).abs() <= 1e-5 * w.max(1e-3))
        });
        prop_assert!(agrees, "no decay gives {got:?}");
    }

    #[test]
    fn the_chain_counts_pairs(log in logs(), last in 1..=9_u32) {
        let got = scores(&*fit(BaselineKind::Markov, 9, &log), 9, &[last]);
        for next in 1..=9_u32 {
            let pairs = log.iter().flat_map(|s| s.windows(2)).filter(|w| w[0] == last && w[1] == next).count();
            prop_assert!((got[next as usize] - pairs as f32).abs() <= 2.0 * TIE_BREAK);
        }
    }

    #[test]
    fn a_fit_repeats_bit_for_bit(log in logs(), history in prop::collection::vec(1..=9_u32, 0..14)) {
        for kind in [BaselineKind::Popularity, BaselineKind::Markov, BaselineKind::MarkovWindow] {
            let once = scores(&*fit(kind, 9, &log), 9, &history);
            let again = scores(&*fit(kind, 9, &log), 9, &history);
            prop_assert!(once.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}

#[test]
fn without_evidence_the_first_decay_is_taken() {
    // Everyone walks the same circle, so every decay ranks the held-out events first.
    let circle: Vec<Vec<u32>> = (0..40_u32).map(|u| (0..20).map(|t| 1 + (u + t) % 12).collect()).collect();
    let wanted = slow_window(12, &circle, &[3, 1, 2], f64::from(DECAYS[0]));
    assert_close(&scores(&*fit(BaselineKind::MarkovWindow, 12, &circle), 12, &[3, 1, 2]), &wanted);
}

/// A folder of public data, or `None` (said in one line) where it is not given.
fn public_data(folder: &str) -> Option<PathBuf> {
    let path = std::env::var_os("SEQSCOPE_DATA").map(|root| PathBuf::from(root).join(folder)).filter(|p| p.is_dir());
    if path.is_none() {
        println!("skipped: set SEQSCOPE_DATA to a folder that holds {folder}/");
    }
    path
}

/// Sequences in a file with `user item` a line, or `user item rating time` with a header. Read here
/// rather than by `data`, so that a figure that is off points at the references alone.
fn read_log(path: &std::path::Path, separator: char) -> (usize, Vec<Vec<u32>>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut vocab: BTreeMap<&str, u32> = BTreeMap::new();
    let mut users: BTreeMap<&str, Vec<(f64, u32)>> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let fields: Vec<&str> = line.split(separator).collect();
        let known = vocab.len() as u32 + 1;
        let item = *vocab.entry(fields[1]).or_insert(known);
        let time = fields.get(3).map_or(0.0, |time| time.parse().unwrap());
        users.entry(fields[0]).or_default().push((time, item));
    }
    let in_order = |mut events: Vec<(f64, u32)>| {
        events.sort_by(|a, b| a.0.total_cmp(&b.0)); // stable: the file's order within a second
        events.into_iter().map(|(_, item)| item).collect()
    };
    (vocab.len(), users.into_values().map(in_order).collect())
}

/// HR@10 and NDCG@10 on the last event of every user, after a fit on all but the last two.
fn leave_one_out(kind: BaselineKind, n_items: usize, log: &[Vec<u32>]) -> Metrics {
    let baseline = kind.fit(n_items, log.iter().map(|s| &s[..s.len() - 2]));
    let mut scores = vec![0.0; n_items + 1];
    let mut rank = |sequence: &Vec<u32>| {
        let (&target, history) = sequence.split_last().unwrap();
        let mut seen = history.to_vec();
        seen.sort_unstable();
        seen.dedup();
        baseline.scores(history, &mut scores);
        mid_rank(&scores, target as usize, &seen)
    };
    Metrics::of_ranks(&log.iter().map(&mut rank).collect::<Vec<_>>())
}

fn assert_figures(log: &(usize, Vec<Vec<u32>>), tolerance: f64, wanted: [(BaselineKind, f64, f64); 3]) {
    for (kind, hr, ndcg) in wanted {
        let got = leave_one_out(kind, log.0, &log.1);
        println!(
            "{kind}: HR@10 {:.4}, NDCG@10 {:.4}",
            got.get(Metric::Hr10).unwrap(),
            got.get(Metric::Ndcg10).unwrap()
        );
        assert!(
            (got.get(Metric::Hr10).unwrap() - hr).abs() <= tolerance,
            "{kind}: HR@10 {} is not {hr}",
            got.get(Metric::Hr10).unwrap()
        );
        assert!(
            (got.get(Metric::Ndcg10).unwrap() - ndcg).abs() <= tolerance,
            "{kind}: NDCG@10 {} is not {ndcg}",
            got.get(Metric::Ndcg10).unwrap()
        );
    }
}

#[test]
fn figures_on_movielens_100k() {
    let Some(folder) = public_data("ml-100k") else { return };
    let wanted = [
        (BaselineKind::Popularity, 0.084, 0.044),
        (BaselineKind::Markov, 0.141, 0.075),
        (BaselineKind::MarkovWindow, 0.202, 0.109),
    ];
    assert_figures(&read_log(&folder.join("ml-100k.inter"), '\t'), 0.001, wanted);
}

#[test]
fn figures_on_movielens_1m() {
    let Some(folder) = public_data("ml-1m-sasrec") else { return };
    let wanted = [
        (BaselineKind::Popularity, 0.037, 0.018),
        (BaselineKind::Markov, 0.212, 0.124),
        (BaselineKind::MarkovWindow, 0.266, 0.154),
    ];
    assert_figures(&read_log(&folder.join("ml-1m.txt"), ' '), 0.001, wanted);
}

#[test]
fn figures_on_amazon_beauty() {
    let Some(folder) = public_data("beauty-5core") else { return };
    // One line a user: the user, then the items, which are numbered from 1 already.
    let text = std::fs::read_to_string(folder.join("Beauty.txt")).unwrap();
    let items = |line: &str| line.split(' ').skip(1).map(|item| item.parse().unwrap()).collect::<Vec<u32>>();
    let log: Vec<Vec<u32>> = text.lines().map(items).collect();
    let n_items = log.iter().flatten().copied().max().unwrap() as usize;
    let wanted = [
        (BaselineKind::Popularity, 0.011, 0.005),
        (BaselineKind::Markov, 0.066, 0.043),
        // Known for the last 3 items and a decay of 0.5; ours looks at 10 and chooses 0.7.
        (BaselineKind::MarkovWindow, 0.083, 0.053),
    ];
    assert_figures(&(n_items, log), 0.0015, wanted);
}
