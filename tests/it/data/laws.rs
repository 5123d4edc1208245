//! What holds for every log, tried on random small ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use seqscope::data::{CleanSpec, DataError, Prepared, SplitPart, SplitSpec};

use super::{OnDisk, prepare_cleaned};

/// One event: user, item, moment.
type Row = (u8, u8, u32);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0_u8..6, 0_u8..9, 0_u32..40), 20..80)
}

const BEGIN: i64 = 1_600_000_000;

fn csv(rows: &[Row]) -> String {
    let lines = rows
        .iter()
        .map(|(u, i, t)| format!("u{u},i{i},{}\n", BEGIN + i64::from(*t) * 3_600));
    format!("user,item,time\n{}", lines.collect::<Vec<_>>().concat())
}

fn prepared(text: &str, clean: CleanSpec, split: SplitSpec) -> Option<Prepared> {
    let log = OnDisk::new("log.csv", text);
    match prepare_cleaned(&log.spec, clean, split) {
        Ok(prepared) => Some(prepared),
        // Random logs may be too small after cleaning; that is a sentence, tested elsewhere.
        Err(DataError::Nothing { .. } | DataError::Setting { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

fn histories(prepared: &Prepared) -> BTreeMap<String, Vec<(String, i64)>> {
    let dataset = &prepared.dataset;
    let of_user = |user: usize| {
        let items = dataset
            .sequences
            .items(user)
            .iter()
            .map(|&item| dataset.items.id(item).unwrap().to_owned());
        items
            .zip(dataset.sequences.times(user).unwrap().iter().copied())
            .collect()
    };
    dataset
        .users
        .ids()
        .enumerate()
        .map(|(user, id)| (id.to_owned(), of_user(user)))
        .collect()
}

const CORE: CleanSpec = CleanSpec {
    drop_duplicates: true,
    min_user_events: 3,
    min_item_events: 2,
    steps: Vec::new(),
};
const TEMPORAL: SplitSpec = SplitSpec::GlobalTemporal {
    valid_fraction: 0.2,
    test_fraction: 0.2,
};

fn splits() -> impl Strategy<Value = SplitSpec> {
    prop::sample::select(vec![
        SplitSpec::LeaveOneOut,
        TEMPORAL,
        SplitSpec::PerUserTemporal {
            valid_fraction: 0.25,
            test_fraction: 0.3,
        },
        SplitSpec::RollingWindows {
            n_windows: 2,
            window: 1,
            horizon_fraction: 0.2,
        },
        SplitSpec::RollingWindows {
            n_windows: 2,
            window: 2,
            horizon_fraction: 0.2,
        },
    ])
}

/// Each user's training events, and where the questions' answers stand.
fn parts(prepared: &Prepared) -> BTreeMap<String, (u32, Vec<u32>)> {
    let split = &prepared.split;
    let of_user = |(user, id): (usize, &str)| {
        let cases = split
            .valid
            .iter()
            .chain(&split.test)
            .filter(|case| case.user_idx as usize == user);
        (
            id.to_owned(),
            (
                split.train_len[user],
                cases.map(|case| case.target_pos).collect(),
            ),
        )
    };
    prepared
        .dataset
        .users
        .ids()
        .enumerate()
        .map(of_user)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_vocabulary_is_a_bijection(rows in rows()) {
        let Some(prepared) = prepared(&csv(&rows), CORE, SplitSpec::LeaveOneOut) else { return Ok(()) };
        for (vocab, first) in [(&prepared.dataset.items, 1_u32), (&prepared.dataset.users, 0)] {
            let distinct: BTreeSet<&str> = vocab.ids().collect();
            prop_assert_eq!(distinct.len(), vocab.len());
            for (at, id) in vocab.ids().enumerate() {
                let idx = first + at as u32;
                prop_assert_eq!(vocab.idx(id), Some(idx));
                prop_assert_eq!(vocab.id(idx), Some(id));
            }
            prop_assert_eq!(vocab.id(first + vocab.len() as u32), None);
        }
        prop_assert_eq!(prepared.dataset.items.id(0), None);
        // Every index occurs, and none beyond.
        let used: BTreeSet<u32> = prepared.dataset.sequences.item_idx.iter().copied().collect();
        prop_assert_eq!(used, (1..=prepared.dataset.n_items() as u32).collect::<BTreeSet<_>>());
    }

    #[test]
    fn no_split_leaks(rows in rows(), spec in splits()) {
        let Some(Prepared { dataset, split, .. }) = prepared(&csv(&rows), CleanSpec::default(), spec) else { return Ok(()) };
        let valid: BTreeMap<u32, u32> = split.valid.iter().map(|case| (case.user_idx, case.target_pos)).collect();
        for case in split.valid.iter().chain(&split.test) {
            let len = dataset.sequences.range(case.user_idx as usize).len() as u32;
            prop_assert!(case.history_len >= 1);
            prop_assert!(case.history_len <= case.target_pos && case.target_pos < len);
            // Training ends before every target, and no target is older than its history.
            prop_assert!(split.train_len[case.user_idx as usize] <= case.target_pos);
            let times = dataset.sequences.times(case.user_idx as usize).unwrap();
            let (history, target) = (&times[..case.history_len as usize], times[case.target_pos as usize]);
            prop_assert!(history.iter().all(|&time| time <= target));
            // What is asked for is of the part that asks.
            let part = if split.test.contains(case) { SplitPart::Test } else { SplitPart::Valid };
            prop_assert_eq!(split.part(case.user_idx as usize, case.target_pos as usize), part);
        }
        for case in &split.test {
            prop_assert!(valid.get(&case.user_idx).is_none_or(|&target_pos| target_pos < case.target_pos));
        }
        if spec.needs_times() {
            let times_of = |part| -> Vec<i64> {
                let mut found = Vec::new();
                for user in 0..dataset.users.len() {
                    let times = dataset.sequences.times(user).unwrap().iter().enumerate();
                    found.extend(times.filter(|(at, _)| split.part(user, *at) == part).map(|(_, &time)| time));
                }
                found
            };
            let [train, valid, test] = [SplitPart::Train, SplitPart::Valid, SplitPart::Test].map(times_of);
            prop_assert!(!train.is_empty() && !valid.is_empty() && !test.is_empty());
            prop_assert!(train.iter().max() < valid.iter().min());
            prop_assert!(valid.iter().max() < test.iter().min());
        }
    }

    #[test]
    fn windows_lie_end_to_end_and_the_last_one_ends_with_the_log(rows in rows()) {
        // All times are made different, and every item comes early, so that none is dropped as
        // cold.
        let n_items = 5;
        let rows: Vec<Row> = rows.iter().enumerate().map(|(at, (u, _, _))| (*u, (at % n_items) as u8, at as u32)).collect();
        let of = |window| prepared(&csv(&rows), CleanSpec::default(),
            SplitSpec::RollingWindows { n_windows: 3, window, horizon_fraction: 0.15 });
        let [Some(first), Some(second), Some(third)] = [1, 2, 3].map(of) else { return Ok(()) };
        let test_times = |prepared: &Prepared| -> BTreeSet<i64> {
            let (sequences, split) = (&prepared.dataset.sequences, &prepared.split);
            (0..sequences.n_users()).flat_map(|user| {
                let from = split.valid_len[user] as usize;
                sequences.times(user).unwrap()[from..].to_vec()
            }).collect()
        };
        let windows = [&first, &second, &third].map(test_times);
        let last = BEGIN + (rows.len() as i64 - 1) * 3_600;
        prop_assert_eq!(windows[2].last(), Some(&last));
        for pair in windows.windows(2) {
            // One event an hour: the next window begins an hour after the one before it ends.
            prop_assert_eq!(pair[0].last().unwrap() + 3_600, *pair[1].first().unwrap());
        }
        // What comes after a window is not there at all.
        prop_assert_eq!(first.dataset.sequences.time_secs.iter().flatten().max(), windows[0].last());
        let dropped = first.dataset.report.steps.iter().any(|step| step.step == "Events after the \
            window dropped");
        prop_assert!(dropped);
    }

    #[test]
    fn a_users_last_share_is_held_out_and_every_part_has_an_event(
        rows in rows(), valid_fraction in 0.01_f64..0.49, test_fraction in 0.01_f64..0.49,
    ) {
        let spec = SplitSpec::PerUserTemporal { valid_fraction, test_fraction };
        let Some(Prepared { dataset, split, .. }) = prepared(&csv(&rows), CleanSpec::default(), spec) else { return Ok(()) };
        for user in 0..dataset.users.len() {
            let n = dataset.sequences.range(user).len() as u32;
            let (train, valid) = (split.train_len[user], split.valid_len[user]);
            if n < 3 {
                prop_assert_eq!((train, valid), (n, n));
                continue;
            }
            let near = |n_part: u32, fraction: f64| n_part == 1 || (f64::from(n_part) - f64::from(n) * fraction).abs() <= 0.5;
            prop_assert!(train >= 1 && valid > train && n > valid);
            prop_assert!(near(n - valid, test_fraction) || n - valid == n - 2);
            prop_assert!(near(valid - train, valid_fraction) || train == 1);
        }
        let asked: Vec<u32> = split.test.iter().map(|case| case.user_idx).collect();
        let long = (0..dataset.users.len()).filter(|&user| dataset.sequences.range(user).len() >= 3);
        prop_assert_eq!(asked, long.map(|user| user as u32).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_lines_does_not_matter_where_times_differ(rows in rows(), seed in any::<u64>(), spec in splits()) {
        // All times are made different.
        let rows: Vec<Row> = rows.iter().enumerate().map(|(at, (u, i, _))| (*u, *i, at as u32)).collect();
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| xxhash_rust::xxh3::xxh3_64_with_seed(format!("{row:?}").as_bytes(), seed));
        let before = prepared(&csv(&rows), CORE, spec);
        let after = prepared(&csv(&shuffled), CORE, spec);
        prop_assert_eq!(before.as_ref().map(histories), after.as_ref().map(histories));
        prop_assert_eq!(before.as_ref().map(parts), after.as_ref().map(parts));
        // Indices follow first occurrence, so the fingerprints agree where that stays: the first
        // line of every user and item is brought to the front, in its order.
        let is_first = |row: &Row| {
            let at = rows.iter().position(|other| other == row).unwrap();
            rows[..at].iter().all(|other| other.0 != row.0) || rows[..at].iter().all(|other| other.1 != row.1)
        };
        let mut fronted: Vec<Row> = rows.iter().copied().filter(is_first).collect();
        fronted.extend(shuffled.iter().copied().filter(|row| !is_first(row)));
        let whole = CleanSpec { drop_duplicates: true, min_user_events: 0, min_item_events: 0, steps: Vec::new() };
        let prints = |rows: &[Row]| prepared(&csv(rows), whole.clone(), SplitSpec::LeaveOneOut)
            .map(|prepared| (prepared.dataset.fingerprint, prepared.split.fingerprint));
        prop_assert_eq!(prints(&fronted), prints(&rows));
    }

    #[test]
    fn cleaning_a_cleaned_log_changes_nothing(rows in rows()) {
        let Some(once) = prepared(&csv(&rows), CORE, SplitSpec::LeaveOneOut) else { return Ok(()) };
        let histories_once = histories(&once);
        for history in histories_once.values() {
            prop_assert!(history.len() >= 3);
        }
        let lines: String = histories_once.iter()
            .flat_map(|(user, events)| events.iter().map(move |(item, time)| format!("{user},{item},{time}\n")))
            .collect();
        let twice = prepared(&format!("user,item,time\n{lines}"), CORE, SplitSpec::LeaveOneOut).unwrap();
        prop_assert_eq!(histories(&twice), histories_once);
        let report = &twice.dataset.report;
        prop_assert!(report.steps.iter().all(|step| step.rows == report.rows_read));
    }
}
