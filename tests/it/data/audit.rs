//! The leakage audit: every count against a slow obvious one, and a log whose counts are plain.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use seqscope::data::{
    AuditMark, Calendar, Check, CleanSpec, DataError, DataSource, DataSpec, Finding, Prepared,
    SplitPart, SplitSpec, Verdict, audit,
};
use strum::IntoEnumIterator;

use super::{OnDisk, prepare_cleaned};

const WHOLE: CleanSpec = CleanSpec {
    drop_duplicates: true,
    min_user_events: 0,
    min_item_events: 0,
    steps: Vec::new(),
};
const CORE: CleanSpec = CleanSpec {
    drop_duplicates: true,
    min_user_events: 3,
    min_item_events: 2,
    steps: Vec::new(),
};

fn audited(prepared: &Prepared, clean: &CleanSpec) -> Vec<Finding> {
    audit(
        prepared,
        &DataSpec {
            source: DataSource::default(),
            clean: clean.clone(),
            ..DataSpec::default()
        },
    )
}

fn of(findings: &[Finding], check: Check) -> &Finding {
    findings
        .iter()
        .find(|finding| finding.check == check)
        .unwrap()
}

/// One event as a person would write it down.
#[derive(Clone, Debug)]
struct Row {
    user: String,
    item: String,
    time: i64,
    position: usize,
    part: SplitPart,
}

fn rows_of(prepared: &Prepared) -> Vec<Row> {
    let (dataset, split) = (&prepared.dataset, &prepared.split);
    let mut rows = Vec::new();
    for (user, id) in dataset.users.ids().enumerate() {
        for (position, item) in dataset.sequences.items(user).iter().enumerate() {
            rows.push(Row {
                user: id.to_owned(),
                item: dataset.items.id(*item).unwrap().to_owned(),
                time: dataset.sequences.times(user).unwrap()[position],
                position,
                part: split.part(user, position),
            });
        }
    }
    rows
}

/// User, history and answer of each question, and where the answer stands.
fn questions(prepared: &Prepared, part: SplitPart) -> Vec<(String, Vec<String>, String, usize)> {
    let rows = rows_of(prepared);
    let cases = if part == SplitPart::Test {
        &prepared.split.test
    } else {
        &prepared.split.valid
    };
    let ask = |case: &seqscope::data::EvalCase| {
        let user = prepared.dataset.users.id(case.user_idx).unwrap().to_owned();
        let of_user: Vec<&Row> = rows.iter().filter(|row| row.user == user).collect();
        let history = of_user
            .iter()
            .take(case.history_len as usize)
            .map(|row| row.item.clone())
            .collect();
        (
            user,
            history,
            of_user[case.target_pos as usize].item.clone(),
            case.target_pos as usize,
        )
    };
    cases.iter().map(ask).collect()
}

/// Every count by the words of its definition.
fn slow_counts(prepared: &Prepared, clean: &CleanSpec) -> BTreeMap<Check, usize> {
    let rows = rows_of(prepared);
    let train: Vec<&Row> = rows
        .iter()
        .filter(|row| row.part == SplitPart::Train)
        .collect();
    let cut = rows
        .iter()
        .filter(|row| row.part == SplitPart::Test)
        .map(|row| row.time)
        .min()
        .unwrap();
    let items: BTreeSet<&String> = rows.iter().map(|row| &row.item).collect();
    let users: BTreeSet<&String> = rows.iter().map(|row| &row.user).collect();
    let is_trained = |item: &str| train.iter().any(|row| row.item == item);
    let first_seen = |item: &str| {
        rows.iter()
            .filter(|row| row.item == item)
            .map(|row| row.time)
            .min()
            .unwrap()
    };

    let n_of_user = |user: &str| train.iter().filter(|row| row.user == user).count();
    let n_of_item = |item: &str| train.iter().filter(|row| row.item == item).count();
    let few_users = users
        .iter()
        .filter(|user| n_of_user(user) < clean.min_user_events)
        .count();
    let few_items = items
        .iter()
        .filter(|item| n_of_item(item) < clean.min_item_events)
        .count();
    let has_filter = clean.min_user_events > 1 || clean.min_item_events > 1;

    let train_of = |user: &str| -> Vec<String> {
        train
            .iter()
            .filter(|row| row.user == user)
            .map(|row| row.item.clone())
            .collect()
    };
    let (valid, test) = (
        questions(prepared, SplitPart::Valid),
        questions(prepared, SplitPart::Test),
    );
    let is_copied = |(user, history, answer, _): &(String, Vec<String>, String, usize)| {
        let mut whole = history.clone();
        whole.push(answer.clone());
        users
            .iter()
            .any(|other| *other != user && train_of(other).starts_with(&whole))
    };

    let all: Vec<_> = valid.iter().chain(&test).collect();
    let mut boundaries: BTreeSet<(&str, usize)> = all
        .iter()
        .map(|(user, .., at)| (user.as_str(), *at))
        .collect();
    boundaries.extend(
        all.iter()
            .map(|(user, ..)| (user.as_str(), n_of_user(user))),
    );
    let time_of = |user: &str, at: usize| {
        rows.iter()
            .find(|row| row.user == user && row.position == at)
            .unwrap()
            .time
    };
    let is_tie =
        |(user, at): &&(&str, usize)| *at > 0 && time_of(user, at - 1) == time_of(user, *at);

    BTreeMap::from([
        (
            Check::TrainingAfterTest,
            train.iter().filter(|row| row.time > cut).count(),
        ),
        (
            Check::ItemsAfterCut,
            items
                .iter()
                .filter(|item| first_seen(item) > cut && is_trained(item))
                .count(),
        ),
        (
            Check::VocabularyBeyondTraining,
            items.iter().filter(|item| !is_trained(item)).count(),
        ),
        (
            Check::FiltersFittedOnAll,
            if has_filter { few_users + few_items } else { 0 },
        ),
        (
            Check::IdenticalSequences,
            test.iter().filter(|question| is_copied(question)).count(),
        ),
        (
            Check::TargetInInput,
            all.iter()
                .filter(|(_, history, answer, _)| history.contains(answer))
                .count(),
        ),
        (Check::TimeTies, boundaries.iter().filter(is_tie).count()),
    ])
}

fn csv(rows: &[(u8, u8, u32)]) -> String {
    let lines = rows
        .iter()
        .map(|(u, i, t)| format!("u{u},i{i},{}\n", 1_600_000_000 + i64::from(*t) * 3_600));
    format!("user,item,time\n{}", lines.collect::<Vec<_>>().concat())
}

fn prepared(text: &str, clean: CleanSpec, split: SplitSpec) -> Option<Prepared> {
    match prepare_cleaned(&OnDisk::new("log.csv", text).spec, clean, split) {
        Ok(prepared) => Some(prepared),
        Err(DataError::Nothing { .. } | DataError::Setting { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

fn splits() -> impl Strategy<Value = SplitSpec> {
    prop::sample::select(vec![
        SplitSpec::LeaveOneOut,
        SplitSpec::GlobalTemporal {
            valid_fraction: 0.2,
            test_fraction: 0.2,
        },
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_count_is_that_of_its_definition(
        rows in prop::collection::vec((0_u8..9, 0_u8..6, 0_u32..30), 20..70),
        n_items in 2_u8..6, split in splits(), with_core in any::<bool>(),
    ) {
        // Few items give repeated and copied sequences, many give items that training lacks.
        let rows: Vec<(u8, u8, u32)> = rows.iter().map(|(u, i, t)| (*u, i % n_items, *t)).collect();
        let clean = if with_core { CORE } else { WHOLE };
        let Some(prepared) = prepared(&csv(&rows), clean.clone(), split) else { return Ok(()) };
        let findings = audited(&prepared, &clean);
        let counts: BTreeMap<Check, usize> = findings.iter().map(|finding| (finding.check, finding.count)).collect();
        prop_assert_eq!(&counts, &slow_counts(&prepared, &clean));
        let order: Vec<Check> = findings.iter().map(|finding| finding.check).collect();
        prop_assert_eq!(order, Check::iter().collect::<Vec<_>>());
        let all = rows_of(&prepared);
        for finding in &findings {
            prop_assert_eq!(finding.verdict == Verdict::Pass, finding.count == 0, "{:?}", finding);
            prop_assert_eq!(finding.examples.len(), finding.count.min(5), "{:?}", finding);
            prop_assert!(finding.sentence.ends_with('.'), "{}", finding.sentence);
            for example in &finding.examples {
                let is_it = |row: &Row| row.user == example.user_id && row.position + 1 == example.position;
                let row = all.iter().find(|row| is_it(row)).unwrap();
                prop_assert_eq!((&row.item, Some(row.time)), (&example.item_id, example.time_secs));
            }
        }
        if split.needs_times() {
            for check in [Check::TrainingAfterTest, Check::ItemsAfterCut, Check::VocabularyBeyondTraining] {
                prop_assert_eq!(of(&findings, check).verdict, Verdict::Pass);
            }
        }
    }

    #[test]
    fn the_calendar_holds_every_event_once_at_its_day(
        rows in prop::collection::vec((0_u8..6, 0_u8..5, 0_u32..9_000), 20..60), split in splits(),
    ) {
        let Some(prepared) = prepared(&csv(&rows), WHOLE, split) else { return Ok(()) };
        let (calendar, all) = (Calendar::new(&prepared), rows_of(&prepared));
        prop_assert!(calendar.bars.len() <= 240);
        for bar in &calendar.bars {
            let days = bar.day..bar.day + calendar.days_per_bar;
            let count = |part| all.iter().filter(|r| r.part == part && days.contains(&r.time.div_euclid(86_400))).count();
            let slow = [SplitPart::Train, SplitPart::Valid, SplitPart::Test].map(count);
            prop_assert_eq!([bar.n_train, bar.n_valid, bar.n_test], slow);
        }
        prop_assert_eq!(calendar.bars.iter().map(|bar| bar.n_train + bar.n_valid + bar.n_test).sum::<usize>(), all.len());
    }
}

/// Days 1 to 9. `ann` and `bob` do the same, but bob goes on; `eve` comes late with something new.
const PLAIN: &str = "user,item,time
ann,tea,2024-01-01
ann,cup,2024-01-02
ann,pot,2024-01-03
ann,jug,2024-01-03
bob,tea,2024-01-01
bob,cup,2024-01-02
bob,pot,2024-01-04
bob,jug,2024-01-05
bob,tea,2024-01-06
bob,tea,2024-01-07
eve,tea,2024-01-06
eve,new,2024-01-07
eve,mug,2024-01-08
eve,mat,2024-01-09
";

#[test]
fn a_plain_log_split_by_leave_one_out_has_the_counts_worked_out_by_hand() {
    let prepared = prepared(PLAIN, WHOLE, SplitSpec::LeaveOneOut).unwrap();
    let findings = audited(&prepared, &WHOLE);
    let counts: Vec<(String, usize, Verdict)> = findings
        .iter()
        .map(|finding| (finding.check.to_string(), finding.count, finding.verdict))
        .collect();
    let wanted = [
        // The earliest test event is ann's jug on the 3rd; later in training are bob's pot and jug
        // (his first four train) and eve's tea and new.
        ("training_after_test", 4, Verdict::Warn),
        // Of the items first seen after the 3rd (new, mug, mat) training has new.
        ("items_after_cut", 1, Verdict::Warn),
        // Training lacks mug and mat; jug is in bob's.
        ("vocabulary_beyond_training", 2, Verdict::Warn),
        ("filters_fitted_on_all", 0, Verdict::Pass),
        // Bob's training begins with all that ann did: one of three questions.
        ("identical_sequences", 1, Verdict::Fail),
        // Both of bob's answers are tea, which he began with.
        ("target_in_input", 2, Verdict::Warn),
        // Ann's pot and jug were bought on one day.
        ("time_ties", 1, Verdict::Warn),
    ];
    assert_eq!(
        counts,
        wanted.map(|(check, count, verdict)| (check.to_owned(), count, verdict))
    );
    let late = of(&findings, Check::ItemsAfterCut);
    let example = &late.examples[0];
    assert_eq!(
        (
            example.user_id.as_str(),
            example.item_id.as_str(),
            example.position
        ),
        ("eve", "new", 2)
    );
    assert!(late.sentence.contains("2024-01-03"), "{}", late.sentence);
    let leak = &of(&findings, Check::TrainingAfterTest).sentence;
    // The last training event is eve's new on the 7th: only ann's question (3rd) is before it.
    assert!(
        leak.starts_with("4 of 8 training events are later"),
        "{leak}"
    );
    assert!(
        leak.contains("1 of 3 test questions") && leak.contains("GlobalTemporal"),
        "{leak}"
    );
    assert_eq!(Finding::worst(&findings), Some(Verdict::Fail));
    let mark = |check| of(&findings, check).own_mark();
    assert_eq!(
        mark(Check::TrainingAfterTest),
        AuditMark::Note,
        "leave-one-out is the choice of a protocol"
    );
    assert_eq!(mark(Check::ItemsAfterCut), AuditMark::Note);
    assert_eq!(
        (mark(Check::TimeTies), mark(Check::IdenticalSequences)),
        (AuditMark::Warn, AuditMark::Leak)
    );
    assert_eq!(
        Finding::mark(&findings),
        Some(AuditMark::Leak),
        "a copy of a user is really wrong"
    );
}

#[test]
fn a_choice_of_protocol_and_what_cannot_be_told_are_notes_and_no_leaks() {
    // Nobody is a copy of anybody, everything in test occurs in training, nothing is tied.
    let log = "user,item,time\nann,a,1600000000\nann,b,1600000100\nann,c,1600000200\nann,d,1600000300\nbob,c,1600000400\nbob,d,1600000500\nbob,b,1600000600\nbob,a,1600000700\neve,d,1600000800\neve,a,1600000900\neve,c,1600001000\neve,b,1600001100\n";
    let with_times = prepared(log, WHOLE, SplitSpec::LeaveOneOut).unwrap();
    let found = audited(&with_times, &WHOLE);
    assert!(of(&found, Check::TrainingAfterTest).count > 0);
    assert_eq!(Finding::mark(&found), Some(AuditMark::Note), "{found:?}");
    // An older run has it as a failure.
    let mut older = found.clone();
    older
        .iter_mut()
        .filter(|f| f.check == Check::TrainingAfterTest)
        .for_each(|f| f.verdict = Verdict::Fail);
    assert_eq!(Finding::mark(&older), Some(AuditMark::Note));
    let timeless: String = log
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n")
        .collect();
    let found = audited(
        &prepared(&timeless, WHOLE, SplitSpec::LeaveOneOut).unwrap(),
        &WHOLE,
    );
    assert!(
        of(&found, Check::TimeTies)
            .sentence
            .contains("cannot be told")
    );
    assert_eq!(Finding::mark(&found), Some(AuditMark::Note), "{found:?}");
}

#[test]
fn a_log_without_times_is_told_that_nothing_can_be_told() {
    let timeless: Vec<&str> = PLAIN
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    let timeless = timeless.join("\n");
    let prepared = prepared(&timeless, WHOLE, SplitSpec::LeaveOneOut).unwrap();
    let findings = audited(&prepared, &WHOLE);
    for check in [
        Check::TrainingAfterTest,
        Check::ItemsAfterCut,
        Check::TimeTies,
    ] {
        let finding = of(&findings, check);
        assert_eq!((finding.count, finding.verdict), (0, Verdict::Warn));
        assert!(
            finding.sentence.contains("data.roles.time"),
            "{}",
            finding.sentence
        );
    }
    assert_eq!(
        of(&findings, Check::IdenticalSequences).count,
        1,
        "order is enough for this one"
    );
    assert!(Calendar::new(&prepared).bars.is_empty());
}

#[test]
fn a_filter_that_saw_more_than_training_is_told_with_whom_it_kept() {
    // Four users do the same four things; leave-one-out leaves the first two of each for training.
    let rows: String = (0..4)
        .flat_map(|user| (0..4).map(move |item| format!("u{user},i{item},{}\n", item * 10 + user)))
        .collect();
    let clean = CleanSpec {
        min_user_events: 4,
        min_item_events: 3,
        ..WHOLE
    };
    let prepared = prepared(
        &format!("user,item,time\n{rows}"),
        clean.clone(),
        SplitSpec::LeaveOneOut,
    )
    .unwrap();
    let findings = audited(&prepared, &clean);
    let filters = of(&findings, Check::FiltersFittedOnAll);
    // Four users with two training events of four; items 2 and 3 have no training event.
    assert_eq!((filters.count, filters.verdict), (6, Verdict::Warn));
    assert!(
        filters
            .sentence
            .contains("4 users and 2 items have fewer in training"),
        "{}",
        filters.sentence
    );
}
