//! Where well-known libraries count otherwise: our number beside theirs. `tests/gold/peers.py`
//! prints theirs.

use seqscope::baseline::forecast::{Arima, ArimaOrder};
use seqscope::metric::statistics::Statistic;
use seqscope::metric::{Metric, Metrics, Reliability, mid_rank, ndcg_term};
use strum::IntoEnumIterator as _;

use crate::place::Place;

fn close(found: f64, wanted: f64, within: f64) -> bool {
    (found - wanted).abs() < within
}

#[test]
fn a_tied_item_has_the_gain_of_the_middle_place() {
    // Tied with two others: the middle of the first three places is the second, 1 / log2(3).
    // scikit-learn 1.9.1's ndcg_score averages the three gains: .7103.
    let rank = mid_rank(&[0.0, 0.5, 0.5, 0.5], 1, &[]);
    assert!(close(ndcg_term(rank, 10), 0.630_929_753_571_457_4, 1e-12));
    assert!(!close(ndcg_term(rank, 10), 0.710_309_917_857_152_4, 0.05));
    // Tied with 19: place 10.5 of 20 is none of the first ten. scikit-learn with k = 10: .2272.
    let mut scores = vec![0.5; 21];
    scores[0] = 0.0;
    assert!(close(ndcg_term(mid_rank(&scores, 7, &[]), 10), 0.0, 1e-15));
    let of = |rank: f64| Metrics::of_ranks(&[rank]).get(Metric::Ndcg10).unwrap();
    // RecTools 0.19.0's NDCG(k=10): .2201, .1389, .1100 at places 1, 2, 3; with
    // divide_by_achievable as here. LensKit 2025.8.1's NDCG(10): 1, 1, .6309.
    for (place, wanted) in [
        (1.0, 1.0),
        (2.0, 0.630_929_753_571_457_4),
        (3.0, 0.5),
        (11.0, 0.0),
    ] {
        assert!(close(of(place), wanted, 1e-12), "{place}");
    }
    // RecTools 0.19.0's MRR(k=10) at place 12: 0.
    assert!(close(
        Metrics::of_ranks(&[12.0]).get(Metric::Mrr).unwrap(),
        1.0 / 12.0,
        1e-12
    ));
}

#[test]
fn an_edge_belongs_to_the_bin_above_it() {
    // .2 is the edge of the third and fourth of 15 bins. scikit-learn 1.9.1's calibration_curve
    // puts it with .17 (mean .185, half of them true), ours with .25.
    let table = Reliability::of_binary(&[true, false, false], &[0.2, 0.17, 0.25]);
    let filled: Vec<(usize, usize)> = table.filled().map(|(at, bin)| (at, bin.n)).collect();
    assert_eq!(filled, [(2, 1), (3, 2)]);
    assert!(
        close(table.bins[3].confidence, 0.225, 1e-12) && close(table.bins[3].frequency, 0.5, 1e-12)
    );
    // A yes that was called impossible: -ln 1e-15. scikit-learn 1.9.1's log_loss: 36.0437.
    let found = Metrics::of_binary(&[true], &[0.0])
        .get(Metric::LogLoss)
        .unwrap();
    assert!(close(found, 34.538_776_394_910_68, 1e-9), "{found}");
}

/// Thirty counts that rise and have a rhythm.
const COUNTS: [f64; 30] = [
    12.0, 15.0, 11.0, 18.0, 22.0, 17.0, 14.0, 19.0, 25.0, 21.0, 16.0, 20.0, 27.0, 24.0, 18.0, 23.0,
    30.0, 26.0, 21.0, 25.0, 32.0, 28.0, 24.0, 27.0, 35.0, 30.0, 26.0, 31.0, 38.0, 33.0,
];

#[test]
fn moving_averages_are_of_the_conditional_sum_of_squares() {
    let fit = |p, d, q| Arima::fit(&COUNTS, ArimaOrder { p, d, q }).unwrap();
    // The conditional sum of squares by scipy's Nelder-Mead: lag .8433, level 23.5861. statsmodels
    // 0.15.0's ARIMA, by the exact likelihood: .8642 and 23.3335.
    let found = fit(0, 0, 1);
    assert!(
        close(found.ma()[0], 0.843_29, 2e-3) && close(found.level(), 23.586_1, 2e-2),
        "{found:?}"
    );
    // By scipy -.6468; by statsmodels -.6221.
    let found = fit(0, 1, 1);
    assert!(close(found.ma()[0], -0.646_84, 5e-3), "{found:?}");
    // No drift, as statsmodels. pmdarima 2.1.1's ARIMA((0, 1, 0)) adds one of .7241 a step: 33.72,
    // 34.45, 35.17.
    let means: Vec<f64> = fit(0, 1, 0)
        .forecast(&COUNTS, 3)
        .iter()
        .map(|band| band.mean)
        .collect();
    assert_eq!(means, [33.0; 3]);
}

#[test]
fn what_is_described_says_who_counts_otherwise() {
    let place = Place::new();
    let metrics = place.seqscope("describe metrics").ok().out;
    for said in [".7103", ".2201", "LensKit", "(lo, hi]", "36.04", "[lo, hi)"] {
        assert!(metrics.contains(said), "{said}: {metrics}");
    }
    let references = place.seqscope("describe references").ok().out;
    for said in [
        "exact likelihood",
        "conditional sum of squares",
        "pmdarima",
        "a drift",
    ] {
        assert!(references.contains(said), "{said}: {references}");
    }
    let statistics = place.seqscope("describe statistics").ok().out;
    for said in ["d_av", "1.17.1", ".0325", ".0574", "Holm", "Student 1908"] {
        assert!(statistics.contains(said), "{said}: {statistics}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&place.seqscope("describe --json").ok().out).unwrap();
    assert_eq!(
        json["statistics"].as_array().unwrap().len(),
        Statistic::iter().count()
    );
    let ndcg = json["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|metric| metric["name"] == "ndcg@10")
        .unwrap();
    assert!(
        ndcg["elsewhere"].as_str().unwrap().contains("RecTools"),
        "{ndcg}"
    );
    let mae = json["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|metric| metric["name"] == "mae")
        .unwrap();
    assert!(mae["elsewhere"].is_null());
}
