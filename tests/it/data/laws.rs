//! What holds for every log, tried on random small ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use seqscope::data::{CleanSpec, DataError, Prepared, SplitSpec};

use super::{OnDisk, prepare_cleaned};

/// One event: user, item, moment.
type Row = (u8, u8, u32);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0_u8..6, 0_u8..9, 0_u32..40), 20..80)
}

const BEGIN: i64 = 1_600_000_000;

fn csv(rows: &[Row]) -> String {
    let lines = rows.iter().map(|(u, i, t)| format!("u{u},i{i},{}\n", BEGIN + i64::from(*t) * 3_600));
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
        let items = dataset.sequences.items(user).iter().map(|&item| dataset.items.id(item).unwrap().to_owned());
        items.zip(dataset.sequences.times(user).unwrap().iter().copied()).collect()
    };
    dataset.users.ids().iter().enumerate().map(|(user, id)| (id.clone(), of_user(user))).collect()
}

const CORE: CleanSpec = CleanSpec { drop_duplicates: true, min_user_events: 3, min_item_events: 2, steps: Vec::new() };
const TEMPORAL: SplitSpec = SplitSpec::GlobalTemporal { valid_fraction: 0.2, test_fraction: 0.2 };

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_vocabulary_is_a_bijection(rows in rows()) {
        let Some(prepared) = prepared(&csv(&rows), CORE, SplitSpec::LeaveOneOut) else { return Ok(()) };
        for (vocab, first) in [(&prepared.dataset.items, 1_u32), (&prepared.dataset.users, 0)] {
            let distinct: BTreeSet<&String> = vocab.ids().iter().collect();
            prop_assert_eq!(distinct.len(), vocab.len());
            for (at, id) in vocab.ids().iter().enumerate() {
                let idx = first + at as u32;
                prop_assert_eq!(vocab.idx(id), Some(idx));
                prop_assert_eq!(vocab.id(idx), Some(id.as_str()));
            }
            prop_assert_eq!(vocab.id(first + vocab.len() as u32), None);
        }
        prop_assert_eq!(prepared.dataset.items.id(0), None);
        // Every index occurs, and none beyond.
        let used: BTreeSet<u32> = prepared.dataset.sequences.item_idx.iter().copied().collect();
        prop_assert_eq!(used, (1..=prepared.dataset.n_items() as u32).collect::<BTreeSet<_>>());
    }

    #[test]
    fn no_split_leaks(rows in rows(), temporal in any::<bool>()) {
        let split = if temporal { TEMPORAL } else { SplitSpec::LeaveOneOut };
        let Some(Prepared { dataset, split }) = prepared(&csv(&rows), CleanSpec::default(), split) else { return Ok(()) };
        let valid: BTreeMap<u32, u32> = split.valid.iter().map(|case| (case.user_idx, case.target_pos)).collect();
        for case in split.valid.iter().chain(&split.test) {
            let len = dataset.sequences.range(case.user_idx as usize).len() as u32;
            prop_assert!(case.history_len >= 1);
            prop_assert!(case.history_len <= case.target_pos && case.target_pos < len);
            // Training ends before every target.
            prop_assert!(split.train_len[case.user_idx as usize] <= case.target_pos);
        }
        for case in &split.test {
            prop_assert!(valid.get(&case.user_idx).is_none_or(|&target_pos| target_pos < case.target_pos));
        }
        if temporal {
            let time = |user: u32, at: u32| dataset.sequences.times(user as usize).unwrap()[at as usize];
            let train_end = split.train_len.iter().enumerate().filter(|&(_, &len)| len > 0)
                .map(|(user, &len)| time(user as u32, len - 1)).max().unwrap();
            let valid_times: Vec<i64> = split.valid.iter().map(|c| time(c.user_idx, c.target_pos)).collect();
            let test_times: Vec<i64> = split.test.iter().map(|c| time(c.user_idx, c.target_pos)).collect();
            prop_assert!(valid_times.iter().all(|&t| t > train_end));
            prop_assert!(test_times.iter().min() > valid_times.iter().max());
        }
    }

    #[test]
    fn the_order_of_lines_does_not_matter_where_times_differ(rows in rows(), seed in any::<u64>()) {
        // All times are made different.
        let rows: Vec<Row> = rows.iter().enumerate().map(|(at, (u, i, _))| (*u, *i, at as u32)).collect();
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| xxhash_rust::xxh3::xxh3_64_with_seed(format!("{row:?}").as_bytes(), seed));
        let before = prepared(&csv(&rows), CORE, SplitSpec::LeaveOneOut);
        let after = prepared(&csv(&shuffled), CORE, SplitSpec::LeaveOneOut);
        prop_assert_eq!(before.as_ref().map(histories), after.as_ref().map(histories));
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
