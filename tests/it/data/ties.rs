//! Ties in time: told at the log's own resolution, in warnings, profile, audit and beside the
//! figures of a test.

use std::path::Path;

use seqscope::data::{
    Check, DataSource, DataSpec, FileSpec, Prepared, Profile, SplitSpec, TaskSpec, TestTies,
    Verdict, audit,
};

use super::{OnDisk, prepare_cleaned, prepare_file, warnings};

/// A made log of `tests/data/log-shapes`.
fn shape(name: &str) -> Prepared {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/log-shapes")
        .join(name);
    prepare_file(&FileSpec {
        path,
        ..FileSpec::default()
    })
    .unwrap()
}

fn time_ties(prepared: &Prepared) -> (usize, Verdict) {
    let data = DataSpec {
        source: DataSource::default(),
        ..DataSpec::default()
    };
    let findings = audit(prepared, &data);
    let found = findings
        .iter()
        .find(|finding| finding.check == Check::TimeTies)
        .unwrap();
    (found.count, found.verdict)
}

#[test]
fn what_only_the_fraction_of_a_second_orders_is_no_tie() {
    let prepared = shape("c11-fraction.csv");
    let gaps = Profile::new(&prepared.dataset).gaps.unwrap();
    // Each user has nine events, some in one second, and none at one moment.
    assert_eq!((gaps.n_gaps, gaps.n_zero), (64, 0));
    let spread = gaps.spread.unwrap();
    assert!(
        spread.is_fine && spread.bins[0].n_gaps > 0,
        "gaps below a second are told as such: {spread:?}"
    );
    assert!(
        spread.quartiles_secs[0] > 0.0 && spread.quartiles_secs[0] < 1.0,
        "{:?}",
        spread.quartiles_secs
    );
    assert_eq!(time_ties(&prepared), (0, Verdict::Pass));
    assert_eq!(
        TestTies::of_task(&prepared, &TaskSpec::NextItem),
        Some(TestTies {
            n_tied: 0,
            n_asked: 8
        })
    );
    assert!(
        !warnings(&prepared).contains("Ties in time"),
        "{}",
        warnings(&prepared)
    );
}

#[test]
fn events_in_threes_of_one_second_decide_every_test_target() {
    let prepared = shape("t2-ties.csv");
    let ties = TestTies::of_task(&prepared, &TaskSpec::NextItem).unwrap();
    assert_eq!(
        ties.n_tied, ties.n_asked,
        "each user's last event is one of three"
    );
    assert!(ties.sentence().contains("(100.0 %)"), "{}", ties.sentence());
    assert!(time_ties(&prepared).0 > 0);
    assert!(
        warnings(&prepared).contains("66.7 % of events")
            || warnings(&prepared).contains("Ties in time")
    );
    assert!(
        !warnings(&prepared).contains("newest"),
        "the file runs forwards: {}",
        warnings(&prepared)
    );
}

#[test]
fn ties_of_a_file_that_runs_backwards_are_most_likely_turned_round() {
    let told = warnings(&shape("c20-ties-reverse.csv"));
    assert!(
        told.contains("Ties in time") && told.contains("from the newest event to the oldest"),
        "{told}"
    );
}

/// Users of five events each, the last two at one second and so many microseconds apart.
fn log(micros_apart: u32, last: [&str; 2]) -> OnDisk {
    let mut rows = "user_id,item_id,timestamp\n".to_owned();
    for user in 0..12 {
        for at in 0..3 {
            rows += &format!(
                "u{user},i{},{}\n",
                (user + at) % 7,
                1_600_000_000 + 1_000 * at
            );
        }
        for (at, item) in last.iter().enumerate() {
            rows += &format!(
                "u{user},{item},1600009000.{:06}\n",
                at as u32 * micros_apart
            );
        }
    }
    OnDisk::new("log.csv", rows)
}

#[test]
fn a_microsecond_tells_a_tie_from_none_in_every_split() {
    for split in [
        SplitSpec::LeaveOneOut,
        SplitSpec::PerUserTemporal {
            valid_fraction: 0.2,
            test_fraction: 0.2,
        },
        SplitSpec::GlobalTemporal {
            valid_fraction: 0.2,
            test_fraction: 0.4,
        },
    ] {
        let n_tied = |log: &OnDisk| {
            let prepared =
                prepare_cleaned(&log.spec, seqscope::data::CleanSpec::default(), split).unwrap();
            let TestTies { n_tied, n_asked } =
                TestTies::of_task(&prepared, &TaskSpec::NextItem).unwrap();
            assert!(n_asked > 0);
            (n_tied > 0).then(|| assert_eq!(n_tied, n_asked)).is_some()
        };
        assert!(
            n_tied(&log(0, ["i0", "i1"])),
            "{split:?}: the file's order chose i1"
        );
        assert!(
            !n_tied(&log(1, ["i0", "i1"])),
            "{split:?}: i1 came a microsecond later"
        );
    }
}
